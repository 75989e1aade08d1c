//! Elements as records: the documents of group and configuration management are tables of elements, so that
//! their types are written as tables and read and written by one rule.
//!
//! A record knows attributes and child elements by name. What it does not know it keeps in `extra` and writes
//! after what it knows. An element that may occur once is refused the second time. Elements are written in the
//! order of the table, which is the one of the schema.

use std::time::Duration;

use super::lexical::{boolean, number};
use super::reader::{Cursor, Document};
use super::tree::trim;
use super::{Attribute, Element, Extra, Name, Namespace, XmlError, XmlErrorKind, duration};
use crate::id::{FunctionalAlias, GroupId, McpttId};
use crate::text::ByteStr;

#[cfg(test)]
pub(super) mod generate;

/// A value that is the text of an element or of an attribute.
pub(super) trait TextValue: Sized {
    /// What the text has to be, for errors.
    const EXPECTED: &'static str;

    /// Reads the text.
    fn from_text(text: &ByteStr) -> Option<Self>;

    /// The text that is read as this value.
    fn to_text(&self) -> ByteStr;
}

/// A value that an element holds.
pub(super) trait ElementValue: Sized {
    /// Reads the element, which is number `number` of its name. What is in it beside the value goes into
    /// `beside`, the `extra` of its parent, unless the value has a place for it.
    fn read(at: &Cursor<'_>, number: usize, beside: &mut Extra) -> Result<Self, XmlError>;

    /// An element of that name with this value.
    fn write(&self, name: Name) -> Element;
}

impl<T: TextValue> ElementValue for T {
    fn read(at: &Cursor<'_>, number: usize, beside: &mut Extra) -> Result<Self, XmlError> {
        let text = at.leaf_at(number, beside);
        Self::from_text(&text).ok_or_else(|| at.error(XmlErrorKind::Value(Self::EXPECTED)))
    }

    fn write(&self, name: Name) -> Element {
        Element::new(name).text(self.to_text())
    }
}

/// Declares a record: its attributes, then its child elements. Each is `required`, `optional` or, for an
/// element, `many`; `| NAMESPACE` after an element names another namespace it is read from.
macro_rules! record {
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            attributes {
                $($(#[$attribute_doc:meta])* $attribute_kind:ident $attribute:ident: $attribute_type:ty = $attribute_name:literal,)*
            }
            elements {
                $($(#[$element_doc:meta])* $kind:ident $element:ident: $type:ty = $namespace:ident $local:literal $(| $other:ident)?,)*
            }
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$attribute_doc])* pub $attribute: $crate::xml::record::slot!(type $attribute_kind $attribute_type),)*
            $($(#[$element_doc])* pub $element: $crate::xml::record::slot!(type $kind $type),)*
            /// What is not known.
            pub extra: $crate::xml::Extra,
        }

        impl $crate::xml::record::ElementValue for $name {
            fn read(
                at: &$crate::xml::reader::Cursor<'_>,
                _: usize,
                _: &mut $crate::xml::Extra,
            ) -> Result<Self, $crate::xml::XmlError> {
                #[allow(unused_mut, reason = "a record may have attributes only")]
                let mut extra = at.extra(&[$($attribute_name),*]);
                $(let $attribute = $crate::xml::record::attribute(at, $attribute_name)?;)*
                $(let mut $element = $crate::xml::record::slot!(pending $kind $type);)*
                for child in at.element_content()? {
                    let name = &child.element().name;
                    $(
                        if $crate::xml::record::is_child(at, name, $namespace, $local)
                            $(|| $crate::xml::record::is_child(at, name, $other, $local))? {
                            $crate::xml::record::slot!(fill $kind $element child extra);
                            continue;
                        }
                    )*
                    let _ = name;
                    child.keep(&mut extra);
                }
                Ok(Self {
                    $($attribute: $crate::xml::record::slot!(finish $attribute_kind $attribute at $attribute_name),)*
                    $($element: $crate::xml::record::slot!(finish $kind $element at $local),)*
                    extra,
                })
            }

            fn write(&self, name: $crate::xml::Name) -> $crate::xml::Element {
                #[allow(unused_mut, reason = "a record may have neither attributes nor elements")]
                let mut element = $crate::xml::Element::new(name);
                $(
                    let value = &self.$attribute;
                    $crate::xml::record::slot!(attribute $attribute_kind value element $attribute_name);
                )*
                $(
                    let value = &self.$element;
                    $crate::xml::record::slot!(element $kind value element $namespace $local);
                )*
                element.extra(&self.extra)
            }
        }

        #[cfg(test)]
        impl $crate::xml::record::generate::Generate for $name {
            #[allow(unused_variables, reason = "a record may be empty")]
            fn generate(source: &mut $crate::xml::record::generate::Source) -> Self {
                Self {
                    $($attribute: $crate::xml::record::generate::Generate::generate(source),)*
                    $($element: $crate::xml::record::generate::Generate::generate(source),)*
                    extra: $crate::xml::record::generate::Generate::generate(source),
                }
            }
        }
    };
}
pub(super) use record;

/// The places of a record where its three kinds of fields differ.
macro_rules! slot {
    (type required $type:ty) => { $type };
    (type optional $type:ty) => { Option<$type> };
    (type many $type:ty) => { Vec<$type> };
    (pending many $type:ty) => { Vec::<$type>::new() };
    (pending $kind:ident $type:ty) => { None::<$type> };
    (fill many $slot:ident $at:ident $extra:ident) => {
        $slot.push($crate::xml::record::ElementValue::read(&$at, $slot.len(), &mut $extra)?)
    };
    (fill $kind:ident $slot:ident $at:ident $extra:ident) => {
        $at.once(&mut $slot, $crate::xml::record::ElementValue::read(&$at, 0, &mut $extra)?)?
    };
    (finish required $slot:ident $at:ident $name:literal) => {
        $slot.ok_or_else(|| $at.error($crate::xml::XmlErrorKind::Missing($name)))?
    };
    (finish $kind:ident $slot:ident $at:ident $name:literal) => { $slot };
    (attribute required $value:ident $element:ident $name:literal) => {
        $crate::xml::record::write_attribute(&mut $element, $name, $value)
    };
    (attribute optional $value:ident $element:ident $name:literal) => {
        if let Some(value) = $value {
            $crate::xml::record::write_attribute(&mut $element, $name, value);
        }
    };
    (element required $value:ident $element:ident $namespace:ident $local:literal) => {
        let name = $crate::xml::record::child_name(&$element, $namespace, $local);
        $element = $element.child($crate::xml::record::ElementValue::write($value, name));
    };
    (element $kind:ident $value:ident $element:ident $namespace:ident $local:literal) => {
        for value in $value.iter() {
            let name = $crate::xml::record::child_name(&$element, $namespace, $local);
            $element = $element.child($crate::xml::record::ElementValue::write(value, name));
        }
    };
}
pub(super) use slot;

/// Declares an enumeration of text that a record may hold, see [`super::open_enum`].
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ }) => {
        $crate::xml::open_enum::open_enum!($(#[$doc])* $name { $($(#[$word_doc])* $word = $text,)+ });

        impl $crate::xml::record::TextValue for $name {
            const EXPECTED: &'static str = "a word";

            fn from_text(text: &$crate::text::ByteStr) -> Option<Self> {
                Some(Self::read(text))
            }

            fn to_text(&self) -> $crate::text::ByteStr {
                self.into()
            }
        }

        #[cfg(test)]
        impl $crate::xml::record::generate::Generate for $name {
            fn generate(source: &mut $crate::xml::record::generate::Source) -> Self {
                source.pick(&[$(Self::$word,)+ Self::Other("later".into())])
            }
        }
    };
}
pub(super) use words;

/// In a record, the namespace of the element itself: for elements that several documents have.
pub(super) const OWN: Namespace = Namespace { uri: "", prefix: "" };

/// Whether a child element has this name.
pub(super) fn is_child(at: &Cursor<'_>, name: &Name, namespace: Namespace, local: &str) -> bool {
    let namespace = if namespace == OWN { &at.element().name.namespace } else { namespace.uri };
    name.is(namespace, local)
}

/// The name of a child element.
pub(super) fn child_name(element: &Element, namespace: Namespace, local: &'static str) -> Name {
    if namespace == OWN {
        Name { local: ByteStr::from_static(local), ..element.name.clone() }
    } else {
        namespace.name(local)
    }
}

/// Reads a document whose root element is this one.
pub(super) fn document<T: ElementValue>(
    body: &[u8],
    namespace: Namespace,
    root: &'static str,
) -> Result<T, XmlError> {
    let document = Document::parse(body)?;
    T::read(&document.enter(namespace, root)?, 0, &mut Extra::default())
}

/// The value of an attribute without namespace.
pub(super) fn attribute<T: TextValue>(at: &Cursor<'_>, name: &str) -> Result<Option<T>, XmlError> {
    let read = |text| T::from_text(&text).ok_or_else(|| at.error(XmlErrorKind::Value(T::EXPECTED)));
    at.attribute(name).map(read).transpose()
}

/// Adds an attribute without namespace.
pub(super) fn write_attribute<T: TextValue>(element: &mut Element, name: &'static str, value: &T) {
    let name = Name::local(ByteStr::from_static(name));
    element.attributes.push(Attribute { name, value: value.to_text() });
}

impl TextValue for ByteStr {
    const EXPECTED: &'static str = "a text";

    fn from_text(text: &ByteStr) -> Option<Self> {
        Some(text.clone())
    }

    fn to_text(&self) -> ByteStr {
        self.clone()
    }
}

impl TextValue for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_text(text: &ByteStr) -> Option<Self> {
        boolean(trim(text))
    }

    fn to_text(&self) -> ByteStr {
        ByteStr::from_static(if *self { "true" } else { "false" })
    }
}

impl TextValue for Duration {
    const EXPECTED: &'static str = "a duration of days, hours, minutes and seconds";

    fn from_text(text: &ByteStr) -> Option<Self> {
        duration::parse(trim(text))
    }

    fn to_text(&self) -> ByteStr {
        duration::format(*self).into()
    }
}

macro_rules! numbers {
    ($($type:ty: $expected:literal),*) => {
        $(
            impl TextValue for $type {
                const EXPECTED: &'static str = $expected;

                fn from_text(text: &ByteStr) -> Option<Self> {
                    number(trim(text))?.try_into().ok()
                }

                fn to_text(&self) -> ByteStr {
                    self.to_string().into()
                }
            }
        )*
    };
}

numbers!(
    u8: "a number from 0 to 255",
    u16: "a number from 0 to 65535",
    u32: "a number from 0 to 4294967295",
    u64: "a number from 0 to 18446744073709551615"
);

macro_rules! identities {
    ($($type:ident),*) => {
        $(
            impl TextValue for $type {
                const EXPECTED: &'static str = "a URI";

                fn from_text(text: &ByteStr) -> Option<Self> {
                    Some(text.share(trim(text))).filter(|text| !text.is_empty()).map(Self)
                }

                fn to_text(&self) -> ByteStr {
                    self.0.clone()
                }
            }
        )*
    };
}

identities!(McpttId, GroupId, FunctionalAlias);

/// An element that says something by being there; a text in it has no meaning and is not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Present;

impl ElementValue for Present {
    fn read(at: &Cursor<'_>, number: usize, beside: &mut Extra) -> Result<Self, XmlError> {
        at.keep_beside(number, &[], |_| false, beside);
        Ok(Self)
    }

    fn write(&self, name: Name) -> Element {
        Element::new(name)
    }
}

/// A switch: `true` or `false`, or an empty element that means true. Sources differ in which of the two some
/// elements are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Switch(pub bool);

impl TextValue for Switch {
    const EXPECTED: &'static str = "true, false or nothing";

    fn from_text(text: &ByteStr) -> Option<Self> {
        if text.is_empty() { Some(Self(true)) } else { bool::from_text(text).map(Self) }
    }

    fn to_text(&self) -> ByteStr {
        self.0.to_text()
    }
}

/// A text for people with its language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The text.
    pub text: ByteStr,
    /// `xml:lang`.
    pub language: Option<ByteStr>,
    /// `index`.
    pub index: Option<ByteStr>,
    /// What is not known.
    pub extra: Extra,
}

impl Label {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";

    /// A text without language.
    pub fn of(text: impl Into<ByteStr>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    fn language_name() -> Name {
        let (namespace, prefix) = (ByteStr::from_static(Self::XML), ByteStr::from_static("xml"));
        Name { namespace, prefix, local: ByteStr::from_static("lang") }
    }
}

impl ElementValue for Label {
    fn read(at: &Cursor<'_>, _: usize, _: &mut Extra) -> Result<Self, XmlError> {
        let mut extra = at.extra(&["index"]);
        let is_language = |attribute: &Attribute| attribute.name.is(Self::XML, "lang");
        let place = extra.attributes.iter().position(is_language);
        let language = place.map(|place| extra.attributes.remove(place).value);
        extra.children = at.element().elements().cloned().collect();
        Ok(Self { text: at.text(), language, index: at.attribute("index"), extra })
    }

    fn write(&self, name: Name) -> Element {
        let mut element = Element::new(name).with_some("index", self.index.clone());
        if let Some(value) = &self.language {
            element.attributes.push(Attribute { name: Self::language_name(), value: value.clone() });
        }
        let element = if self.text.is_empty() { element } else { element.text(self.text.clone()) };
        element.extra(&self.extra)
    }
}
