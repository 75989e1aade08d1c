//! Values for property tests, made from octets so that a failure shrinks to absent fields and short lists.

use std::time::Duration;

use super::{ElementValue, Label, Present, Switch};
use crate::id::{FunctionalAlias, GroupId, McpttId};
use crate::text::ByteStr;
use crate::xml::{Attribute, Element, Extra, Name, Node};

/// Octets that decide; when they are used up everything is zero, absent and empty.
pub(in crate::xml) struct Source(std::vec::IntoIter<u8>);

impl Source {
    pub(in crate::xml) fn new(octets: Vec<u8>) -> Self {
        Self(octets.into_iter())
    }

    pub(in crate::xml) fn octet(&mut self) -> u8 {
        self.0.next().unwrap_or(0)
    }

    pub(in crate::xml) fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        among[usize::from(self.octet()) % among.len()].clone()
    }
}

/// A type of which values can be made.
pub(in crate::xml) trait Generate: Sized {
    fn generate(source: &mut Source) -> Self;
}

impl<T: Generate> Generate for Option<T> {
    fn generate(source: &mut Source) -> Self {
        (source.octet() % 2 == 1).then(|| T::generate(source))
    }
}

impl<T: Generate> Generate for Vec<T> {
    fn generate(source: &mut Source) -> Self {
        (0..source.octet() % 4).map(|_| T::generate(source)).collect()
    }
}

impl Generate for ByteStr {
    fn generate(source: &mut Source) -> Self {
        source
            .pick(&[
                "",
                "a",
                "sip:alice@mc.example.org",
                "Feuerwehr & Söhne <1>",
                "two words",
                "]]>",
                "\"'",
                "urn:uuid:00000000-0000-4000-8000-0000000000a1",
                "true",
                "17",
            ])
            .into()
    }
}

impl Generate for bool {
    fn generate(source: &mut Source) -> Self {
        source.octet() % 2 == 1
    }
}

impl Generate for u8 {
    fn generate(source: &mut Source) -> Self {
        source.octet()
    }
}

impl Generate for u16 {
    fn generate(source: &mut Source) -> Self {
        u16::from_be_bytes([source.octet(), source.octet()])
    }
}

impl Generate for u32 {
    fn generate(source: &mut Source) -> Self {
        (u32::from(u16::generate(source)) << 16) | u32::from(u16::generate(source))
    }
}

impl Generate for u64 {
    fn generate(source: &mut Source) -> Self {
        (u64::from(u32::generate(source)) << 32) | u64::from(u32::generate(source))
    }
}

impl Generate for Duration {
    fn generate(source: &mut Source) -> Self {
        let nanoseconds = source.pick(&[0, 1, 500_000_000, 999_999_999]);
        Self::new(u32::generate(source).into(), nanoseconds)
    }
}

impl Generate for GroupId {
    fn generate(source: &mut Source) -> Self {
        Self::from(source.pick(&["sip:rescue-1@mc.example.org", "sip:zug-7@bahn.example"]))
    }
}

impl Generate for McpttId {
    fn generate(source: &mut Source) -> Self {
        Self::from(source.pick(&["sip:alice@mc.example.org", "tel:+4930123456"]))
    }
}

impl Generate for FunctionalAlias {
    fn generate(source: &mut Source) -> Self {
        Self::from(source.pick(&["sip:leading-driver@mc.example.org"]))
    }
}

impl Generate for Present {
    fn generate(_: &mut Source) -> Self {
        Self
    }
}

impl Generate for Switch {
    fn generate(source: &mut Source) -> Self {
        Self(bool::generate(source))
    }
}

impl Generate for Label {
    fn generate(source: &mut Source) -> Self {
        Self {
            text: Generate::generate(source),
            language: Generate::generate(source),
            index: Generate::generate(source),
            extra: Generate::generate(source),
        }
    }
}

/// Names that no document knows, in a namespace of their own.
fn foreign(local: &'static str) -> Name {
    Name { namespace: "urn:example:later".into(), prefix: "later".into(), local: local.into() }
}

impl Generate for Element {
    fn generate(source: &mut Source) -> Self {
        let local = source.pick(&["one", "two"]);
        let element = ElementValue::write(&ByteStr::generate(source), foreign(local));
        let children =
            element.children.iter().filter(|node| !matches!(node, Node::Text(text) if text.is_empty()));
        Self { children: children.cloned().collect(), ..element.clone() }
    }
}

impl Generate for Extra {
    fn generate(source: &mut Source) -> Self {
        let attribute: Option<ByteStr> = if source.octet() > 200 { Generate::generate(source) } else { None };
        let attributes = attribute.map(|value| Attribute { name: foreign("mark"), value });
        let children = if source.octet() > 200 { Generate::generate(source) } else { Vec::new() };
        Self { attributes: attributes.into_iter().collect(), children, ..Self::default() }
    }
}
