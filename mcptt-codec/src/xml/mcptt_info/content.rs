//! The content wrapper: a value in the clear, or an encrypted one (TS 24.379 F.1 `contentType`).

use std::fmt;

use super::super::lexical::boolean;
use super::super::reader::Cursor;
use super::super::{Element, Node, XmlError, XmlErrorKind};
use super::NAMESPACE;
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
    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
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

    /// The element of this name, when there is a value.
    pub(super) fn write(value: &Option<Self>, name: &'static str) -> Option<Element> {
        value.as_ref().map(|content| content.to_element(NAMESPACE.element(name)))
    }

    pub(super) fn to_element(&self, element: Element) -> Element {
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

/// An identity in a wrapper must not be empty.
fn identity<T>(text: &ByteStr, make: fn(ByteStr) -> T) -> Option<T> {
    (!text.is_empty()).then(|| make(text.clone()))
}

impl ContentValue for McpttUri {
    const ELEMENT: &'static str = "mcpttURI";
    const EXPECTED: &'static str = "a URI";
    fn read(text: &ByteStr) -> Option<Self> {
        identity(text, Self)
    }
    fn text(&self) -> ByteStr {
        self.0.clone()
    }
}

impl ContentValue for McpttId {
    const ELEMENT: &'static str = "mcpttURI";
    const EXPECTED: &'static str = "a URI";
    fn read(text: &ByteStr) -> Option<Self> {
        identity(text, Self)
    }
    fn text(&self) -> ByteStr {
        self.0.clone()
    }
}

impl ContentValue for GroupId {
    const ELEMENT: &'static str = "mcpttURI";
    const EXPECTED: &'static str = "a URI";
    fn read(text: &ByteStr) -> Option<Self> {
        identity(text, Self)
    }
    fn text(&self) -> ByteStr {
        self.0.clone()
    }
}

impl ContentValue for ClientId {
    const ELEMENT: &'static str = "mcpttString";
    const EXPECTED: &'static str = "a client ID";
    fn read(text: &ByteStr) -> Option<Self> {
        identity(text, Self)
    }
    fn text(&self) -> ByteStr {
        self.0.clone()
    }
}

impl ContentValue for AccessToken {
    const ELEMENT: &'static str = "mcpttString";
    const EXPECTED: &'static str = "a token";
    fn read(text: &ByteStr) -> Option<Self> {
        identity(text, Self)
    }
    fn text(&self) -> ByteStr {
        self.0.clone()
    }
}
