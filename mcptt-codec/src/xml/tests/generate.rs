//! What the generators of all bodies are made of, and the law that they prove.

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::*;
use crate::text::ByteStr;

/// Text that a reader does not trim, with everything that a writer has to escape.
pub(in crate::xml) fn text() -> impl Strategy<Value = ByteStr> {
    "[a-z<>&\"'=\u{e9}\u{1f600}]{1,6}( [a-z\\]>]{1,6})?".prop_map(ByteStr::from)
}

/// A URI.
pub(in crate::xml) fn uri() -> impl Strategy<Value = ByteStr> {
    "sip:[a-z0-9]{1,8}@mc\\.example\\.org(;gr=[a-z]{1,3})?".prop_map(ByteStr::from)
}

/// A value that may be there or not.
pub(in crate::xml) fn maybe<T: Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    option::weighted(0.4, value)
}

/// A few values.
pub(in crate::xml) fn some<T: Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<T>> {
    vec(value, 0..3)
}

/// An element that no document type knows.
pub(in crate::xml) fn foreign() -> impl Strategy<Value = Element> {
    let name = ("[a-c]", "urn:[x-z]").prop_map(|(local, namespace)| Name {
        namespace: namespace.into(),
        prefix: ByteStr::from_static("f"),
        local: local.into(),
    });
    let leaf = (name, attributes(), maybe(text())).prop_map(|(name, attributes, text)| {
        let element = Element { attributes, ..Element::new(name) };
        text.into_iter().fold(element, Element::text)
    });
    leaf.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), some(inner)).prop_map(|(element, children)| element.children(children))
    })
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    maybe(text()).prop_map(|value| {
        let name = Name { namespace: "urn:att".into(), prefix: "f".into(), local: "odd".into() };
        value.map(|value| Attribute { name, value }).into_iter().collect()
    })
}

/// What a document type does not know.
pub(in crate::xml) fn extra() -> impl Strategy<Value = Extra> {
    (attributes(), vec(foreign(), 0..2)).prop_map(|(attributes, children)| Extra {
        attributes,
        children,
        ..Extra::default()
    })
}

/// What was written is read again, and no damage to it makes a reader panic or break its laws.
pub(in crate::xml) fn survives<T: PartialEq + Debug>(
    value: &T,
    write: impl Fn(&T) -> String,
    parse: impl Fn(&[u8]) -> Result<T, XmlError>,
    damage: (prop::sample::Index, u8),
    laws: impl Fn(&[u8]),
) -> Result<(), TestCaseError> {
    let written = write(value);
    let again = parse(written.as_bytes());
    prop_assert_eq!(again.as_ref(), Ok(value), "{}", written);
    let (at, octet) = damage;
    let mut octets = written.into_bytes();
    let at = at.index(octets.len());
    laws(&octets[..at]);
    octets[at] = octet;
    laws(&octets);
    Ok(())
}
