//! The content wrapper: a value in the clear, or an encrypted one (TS 24.379 F.1 `contentType`).

use std::fmt;

use super::super::lexical::boolean;
use super::super::reader::Cursor;
use super::super::{Element, Extra, Node, XmlError, XmlErrorKind};
use super::{NAMESPACE, SessionType};
use crate::id::{ClientId, GroupId, McpttId};
use crate::text::ByteStr;

/// A value that may be protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content<T> {
    /// In the clear, `type="Normal"`.
    Normal(T),
    /// `type="Encrypted"`; the keys are with the caller.
    Encrypted(Encrypted),
}

/// The encrypted form of a value, kept as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// Content of the element, in practice one `xenc:EncryptedData`.
    pub content: Vec<Node>,
}

impl Encrypted {
    /// The base64 text of the first `CipherValue`, wherever it is.
    pub fn cipher_value(&self) -> Option<ByteStr> {
        fn find(element: &Element) -> Option<ByteStr> {
            let own = (element.name.local.as_str() == "CipherValue").then(|| element.own_text());
            own.or_else(|| element.elements().find_map(find))
        }
        self.content.iter().find_map(|node| match node {
            Node::Element(element) => find(element),
            Node::Text(_) => None,
        })
    }
}

/// A type that stands in a content wrapper.
pub trait ContentValue: Sized {
    /// The element that holds the value: `mcpttURI`, `mcpttString` or `mcpttBoolean`.
    const ELEMENT: &'static str;
    /// What the text has to be.
    const EXPECTED: &'static str;
    /// Reads the trimmed text.
    fn read(text: &ByteStr) -> Option<Self>;
    /// The text.
    fn text(&self) -> ByteStr;
}

impl<T> Content<T> {
    /// The value when it is in the clear.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Normal(value) => Some(value),
            Self::Encrypted(_) => None,
        }
    }
}

impl<T> From<T> for Content<T> {
    fn from(value: T) -> Self {
        Self::Normal(value)
    }
}

impl<T: ContentValue> Content<T> {
    /// Reads the wrapper, or bare text of a legacy sender.
    pub(super) fn read_bare(at: &Cursor<'_>) -> Result<Self, XmlError> {
        match at.attribute("type").as_deref() {
            Some("Encrypted") => {
                return Ok(Self::Encrypted(Encrypted { content: at.element().children.clone() }));
            }
            None | Some("Normal") => {}
            Some(_) => return Err(at.error(XmlErrorKind::Value("Normal or Encrypted"))),
        }
        let text = plain(at)?;
        match T::read(&text) {
            Some(value) => Ok(Self::Normal(value)),
            None => Err(at.error(XmlErrorKind::Value(T::EXPECTED))),
        }
    }

    /// The element with the value in it.
    pub(super) fn write_into(&self, element: Element) -> Element {
        match self {
            Self::Normal(value) => {
                element.with("type", "Normal").child(NAMESPACE.element(T::ELEMENT).text(value.text()))
            }
            Self::Encrypted(encrypted) => {
                let mut element = element.with("type", "Encrypted");
                element.children = encrypted.content.clone();
                element
            }
        }
    }
}

/// Whether the element holds its value in a wrapper.
pub(super) fn is_wrapped(at: &Cursor<'_>) -> bool {
    at.attribute("type").is_some() || at.elements().any(|child| is_value(child.local_in(NAMESPACE)))
}

fn is_value(local: &str) -> bool {
    matches!(local, "mcpttURI" | "mcpttString" | "mcpttBoolean")
}

/// What is beside the value of an element without wrapper; a wrapper around it is no news.
pub(super) fn keep_beside_plain(at: &Cursor<'_>, extra: &mut Extra) {
    let known: &[&str] = if at.attribute("type").as_deref() == Some("Normal") { &["type"] } else { &[] };
    at.keep_beside(0, known, |child| is_value(child.local_in(NAMESPACE)), extra);
}

/// The text of an element, whether it is bare or in one of the value elements. Other elements beside the
/// value are ignored: a later release may add some, and they do not change it.
pub(super) fn plain(at: &Cursor<'_>) -> Result<ByteStr, XmlError> {
    let bare = at.text();
    let mut wrapped = None;
    for child in at.elements().filter(|child| is_value(child.local_in(NAMESPACE))) {
        child.once(&mut wrapped, child.text())?;
    }
    match wrapped {
        Some(_) if !bare.is_empty() => Err(at.error(XmlErrorKind::Text)),
        Some(text) => Ok(text),
        None => Ok(bare),
    }
}

/// The text of an element as `xs:boolean`.
pub(super) fn plain_boolean(at: &Cursor<'_>) -> Result<bool, XmlError> {
    boolean(&plain(at)?).ok_or_else(|| at.error(XmlErrorKind::Value("a boolean")))
}

impl ContentValue for bool {
    const ELEMENT: &'static str = "mcpttBoolean";
    const EXPECTED: &'static str = "a boolean";
    fn read(text: &ByteStr) -> Option<Self> {
        boolean(text)
    }
    fn text(&self) -> ByteStr {
        ByteStr::from_static(if *self { "true" } else { "false" })
    }
}

impl ContentValue for ByteStr {
    const ELEMENT: &'static str = "mcpttString";
    const EXPECTED: &'static str = "text";
    fn read(text: &ByteStr) -> Option<Self> {
        Some(text.clone())
    }
    fn text(&self) -> ByteStr {
        self.clone()
    }
}

/// A URI that may name a user or a group.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct McpttUri(pub ByteStr);

impl McpttUri {
    /// The text as it stands on the wire.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Taken as the identity of a group.
    pub fn to_group_id(&self) -> GroupId {
        GroupId(self.0.clone())
    }

    /// Taken as the identity of a user.
    pub fn to_mcptt_id(&self) -> McpttId {
        McpttId(self.0.clone())
    }
}

impl fmt::Debug for McpttUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "McpttUri({})", self.0)
    }
}

impl fmt::Display for McpttUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for McpttUri {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<&GroupId> for McpttUri {
    fn from(group: &GroupId) -> Self {
        Self(group.0.clone())
    }
}

impl From<&McpttId> for McpttUri {
    fn from(user: &McpttId) -> Self {
        Self(user.0.clone())
    }
}

/// A bearer token: who has it is taken for the user, so it is never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AccessToken(pub ByteStr);

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(hidden)")
    }
}

/// Identities stand in a wrapper as text that is not empty.
macro_rules! identity {
    ($($identity:ident in $element:literal, $expected:literal;)+) => {$(
        impl ContentValue for $identity {
            const ELEMENT: &'static str = $element;
            const EXPECTED: &'static str = $expected;
            fn read(text: &ByteStr) -> Option<Self> {
                (!text.is_empty()).then(|| Self(text.clone()))
            }
            fn text(&self) -> ByteStr {
                self.0.clone()
            }
        }
    )+};
}

identity! {
    McpttUri in "mcpttURI", "a URI";
    McpttId in "mcpttURI", "a URI";
    GroupId in "mcpttURI", "a URI";
    ClientId in "mcpttString", "a client ID";
    AccessToken in "mcpttString", "a token";
}

/// A child of `mcptt-Params`: how it is read from its element, and the element it is written as.
pub(super) trait Slot: Sized {
    /// Reads the element; what is beside its value goes into `extra`.
    fn read(at: &Cursor<'_>, extra: &mut Extra) -> Result<Self, XmlError>;
    /// The element of this name.
    fn to_element(&self, name: &'static str) -> Element;
}

impl<T: ContentValue> Slot for Content<T> {
    fn read(at: &Cursor<'_>, extra: &mut Extra) -> Result<Self, XmlError> {
        let content = Self::read_bare(at)?;
        let is_content = |child: &Cursor<'_>| match content {
            Self::Normal(_) => is_value(child.local_in(NAMESPACE)),
            Self::Encrypted(_) => true,
        };
        at.keep_beside(0, &["type"], is_content, extra);
        Ok(content)
    }
    fn to_element(&self, name: &'static str) -> Element {
        self.write_into(NAMESPACE.element(name))
    }
}

impl Slot for ByteStr {
    fn read(at: &Cursor<'_>, extra: &mut Extra) -> Result<Self, XmlError> {
        keep_beside_plain(at, extra);
        plain(at)
    }
    fn to_element(&self, name: &'static str) -> Element {
        NAMESPACE.element(name).text(self.clone())
    }
}

impl Slot for SessionType {
    fn read(at: &Cursor<'_>, extra: &mut Extra) -> Result<Self, XmlError> {
        Slot::read(at, extra).map(|text| Self::read(&text))
    }
    fn to_element(&self, name: &'static str) -> Element {
        NAMESPACE.element(name).text(self)
    }
}

impl Slot for bool {
    fn read(at: &Cursor<'_>, extra: &mut Extra) -> Result<Self, XmlError> {
        keep_beside_plain(at, extra);
        plain_boolean(at)
    }
    fn to_element(&self, name: &'static str) -> Element {
        NAMESPACE.element(name).text(ContentValue::text(self))
    }
}

impl Slot for Element {
    fn read(at: &Cursor<'_>, _: &mut Extra) -> Result<Self, XmlError> {
        Ok(at.element().clone())
    }
    fn to_element(&self, _: &'static str) -> Element {
        self.clone()
    }
}
