//! `anyExt`: the elements that later releases added, under `mcptt-Params` and under `mcpttinfo`.

use super::super::lexical::{boolean, number};
use super::super::reader::Cursor;
use super::super::{Attribute, Element, Extra, XmlError, XmlErrorKind};
use super::content::{Slot, is_wrapped};
use super::extension::{Form, form};
use super::{Content, ContentValue, McpttUri, NAMESPACE};
use crate::text::ByteStr;

/// One element of `anyExt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its local name.
    pub name: ByteStr,
    /// Its value.
    pub value: ExtensionValue,
    /// What is in it beside the value.
    pub extra: Extra,
}

/// The value of an [`Extension`], in the form it has on the wire: some senders wrap what others write bare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionValue {
    /// Bare text.
    Text(ByteStr),
    /// Bare boolean.
    Flag(bool),
    /// Bare number.
    Number(u64),
    /// Text in a content wrapper.
    String(Content<ByteStr>),
    /// A URI in a content wrapper.
    Uri(Content<McpttUri>),
    /// A boolean in a content wrapper.
    Boolean(Content<bool>),
    /// A list of URIs.
    UriList(UriList),
    /// The index of a user profile.
    UserProfileIndex(u8),
    /// An element that has a structure or that this project does not know, kept as it is.
    Element(Element),
}

/// A list of URIs: targets of forwarding, participants of an ad hoc alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UriList {
    /// The entries in their order.
    pub entries: Vec<UriEntry>,
    /// What is not known.
    pub extra: Extra,
}

/// An entry of a [`UriList`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UriEntry {
    /// `uri-entry`.
    pub uri: Option<ByteStr>,
    /// `display-name`.
    pub display_name: Option<ByteStr>,
    /// What is not known.
    pub extra: Extra,
}

/// The elements of an `anyExt` in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnyExt {
    /// The elements.
    pub extensions: Vec<Extension>,
    /// Attributes of `anyExt` itself.
    pub attributes: Vec<Attribute>,
}

impl AnyExt {
    /// The first element of this name.
    pub fn find(&self, name: &str) -> Option<&ExtensionValue> {
        self.extensions.iter().find(|extension| extension.is(name)).map(|extension| &extension.value)
    }

    /// Every element of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ExtensionValue> {
        self.extensions.iter().filter(move |extension| extension.is(name)).map(|extension| &extension.value)
    }

    /// The text or URI of the first element of this name, when it is in the clear.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.find(name)?.as_text()
    }

    /// The boolean of the first element of this name, when it is in the clear.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.find(name)? {
            ExtensionValue::Flag(flag) => Some(*flag),
            ExtensionValue::Boolean(content) => content.value().copied(),
            ExtensionValue::Text(text) => boolean(text),
            _ => None,
        }
    }

    /// The number of the first element of this name.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.find(name)? {
            ExtensionValue::Number(number) => Some(*number),
            value => number(value.as_text()?),
        }
    }

    /// The URIs of the first element of this name, wherever they are in it.
    pub fn uris(&self, name: &str) -> Vec<ByteStr> {
        let mut found = Vec::new();
        match self.find(name) {
            Some(ExtensionValue::UriList(list)) => {
                found.extend(list.entries.iter().filter_map(|entry| entry.uri.clone()));
            }
            Some(ExtensionValue::Element(element)) => collect_uris(element, &mut found),
            _ => {}
        }
        found
    }

    /// The user profile index of the first element of this name.
    pub fn user_profile_index(&self, name: &str) -> Option<u8> {
        match self.find(name)? {
            ExtensionValue::UserProfileIndex(index) => Some(*index),
            _ => None,
        }
    }

    /// Adds an element with text, in the wrapper where the schema has one.
    pub fn push_text(&mut self, name: &'static str, text: impl Into<ByteStr>) {
        let text = text.into();
        let value = match form(name) {
            Some(Form::Uri) => ExtensionValue::Uri(Content::Normal(McpttUri(text))),
            Some(Form::String) => ExtensionValue::String(Content::Normal(text)),
            _ => ExtensionValue::Text(text),
        };
        self.push(name, value);
    }

    /// Adds an element with a boolean, in the wrapper where the schema has one.
    pub fn push_flag(&mut self, name: &'static str, flag: bool) {
        let value = match form(name) {
            Some(Form::Boolean) => ExtensionValue::Boolean(Content::Normal(flag)),
            Some(Form::Flag) => ExtensionValue::Flag(flag),
            _ => ExtensionValue::Text(flag.to_string().into()),
        };
        self.push(name, value);
    }

    /// Adds an element with a number.
    pub fn push_number(&mut self, name: &'static str, number: u64) {
        self.push(name, ExtensionValue::Number(number));
    }

    /// Adds a list of URIs.
    pub fn push_uris(&mut self, name: &'static str, uris: impl IntoIterator<Item = impl Into<ByteStr>>) {
        let entries = uris.into_iter().map(|uri| UriEntry { uri: Some(uri.into()), ..UriEntry::default() });
        let list = UriList { entries: entries.collect(), extra: Extra::default() };
        let value = match form(name) {
            Some(Form::Structure) => ExtensionValue::Element(list.write(NAMESPACE.element(name))),
            _ => ExtensionValue::UriList(list),
        };
        self.push(name, value);
    }

    /// Adds the index of a user profile.
    pub fn push_user_profile_index(&mut self, name: &'static str, index: u8) {
        self.push(name, ExtensionValue::UserProfileIndex(index));
    }

    fn push(&mut self, name: &'static str, value: ExtensionValue) {
        self.extensions.push(Extension { name: ByteStr::from_static(name), value, extra: Extra::default() });
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.extensions.is_empty() && self.attributes.is_empty()
    }

    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let extensions = at.element_content()?.map(|child| Extension::read(&child));
        Ok(Self { extensions: extensions.collect::<Result<_, _>>()?, attributes: at.extra_attributes(&[]) })
    }

    pub(super) fn write(&self) -> Option<Element> {
        if self.is_empty() {
            return None;
        }
        let mut element = NAMESPACE.element("anyExt");
        element.attributes.extend(self.attributes.iter().cloned());
        Some(element.children(self.extensions.iter().map(Extension::write)))
    }
}

fn collect_uris(element: &Element, found: &mut Vec<ByteStr>) {
    if element.name.is(NAMESPACE.uri, "uri-entry") {
        found.push(element.own_text());
    }
    element.elements().for_each(|child| collect_uris(child, found));
}

impl ExtensionValue {
    /// The text or URI, when it is in the clear.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::String(Content::Normal(text)) => Some(text),
            Self::Uri(Content::Normal(uri)) => Some(uri.as_str()),
            _ => None,
        }
    }
}

impl Extension {
    /// Whether this is the element of that name in the namespace of the document.
    fn is(&self, name: &str) -> bool {
        let foreign = match &self.value {
            ExtensionValue::Element(element) => element.name.namespace.as_str() != NAMESPACE.uri,
            _ => false,
        };
        !foreign && self.name.as_str() == name
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let name = at.element().name.local.clone();
        let mut extra = Extra::default();
        let value = Self::read_value(at, &mut extra)?;
        Ok(Self { name, value, extra })
    }

    fn read_value(at: &Cursor<'_>, extra: &mut Extra) -> Result<ExtensionValue, XmlError> {
        let wrapped = is_wrapped(at);
        let plain_form = match form(at.local_in(NAMESPACE)) {
            //= 24.379-6.5:unknown
            None | Some(Form::Structure) => return Ok(ExtensionValue::Element(at.element().clone())),
            Some(Form::UriList) => return UriList::read(at).map(ExtensionValue::UriList),
            Some(Form::UserProfileIndex) => return read_user_profile_index(at, extra),
            // A name of ours with content of its own: another release made a structure of it.
            Some(Form::Text | Form::String | Form::Uri) if !wrapped && at.elements().next().is_some() => {
                return Ok(ExtensionValue::Element(at.element().clone()));
            }
            Some(form) => form,
        };
        let mut beside = Extra::default();
        let value = match plain_form {
            Form::Flag | Form::Boolean if wrapped => ExtensionValue::Boolean(Slot::read(at, &mut beside)?),
            Form::Flag | Form::Boolean => ExtensionValue::Flag(Slot::read(at, &mut beside)?),
            Form::Number if !wrapped => {
                let text: ByteStr = Slot::read(at, &mut beside)?;
                let number = number(&text).ok_or_else(|| at.error(XmlErrorKind::Value("a number")))?;
                ExtensionValue::Number(number)
            }
            Form::Uri if wrapped => ExtensionValue::Uri(Slot::read(at, &mut beside)?),
            _ if wrapped => {
                let content: Content<ByteStr> = Slot::read(at, &mut beside)?;
                ExtensionValue::String(content)
            }
            _ => ExtensionValue::Text(Slot::read(at, &mut beside)?),
        };
        if let Some((_, beside)) = beside.leaves.pop_first() {
            (extra.attributes, extra.children) = (beside.attributes, beside.children);
        }
        Ok(value)
    }

    fn write(&self) -> Element {
        let mut name = NAMESPACE.name("");
        name.local = self.name.clone();
        let element = Element::new(name);
        let element = match &self.value {
            ExtensionValue::Text(text) => element.text(text.clone()),
            ExtensionValue::Flag(flag) => element.text(ContentValue::text(flag)),
            ExtensionValue::Number(number) => element.text(number.to_string()),
            ExtensionValue::String(content) => content.write_into(element),
            ExtensionValue::Uri(content) => content.write_into(element),
            ExtensionValue::Boolean(content) => content.write_into(element),
            ExtensionValue::UriList(list) => list.write(element),
            ExtensionValue::UserProfileIndex(index) => {
                element.child(NAMESPACE.element("user-profile-index").text(index.to_string()))
            }
            ExtensionValue::Element(element) => element.clone(),
        };
        element.extra(&self.extra)
    }
}

fn read_user_profile_index(at: &Cursor<'_>, extra: &mut Extra) -> Result<ExtensionValue, XmlError> {
    *extra = at.extra(&[]);
    let mut index = None;
    for child in at.element_content()? {
        match child.local_in(NAMESPACE) {
            "user-profile-index" => {
                child.once(&mut index, child.small_number("a user profile index")?)?;
                child.leaf(extra);
            }
            _ => child.keep(extra),
        }
    }
    index
        .map(ExtensionValue::UserProfileIndex)
        .ok_or_else(|| at.error(XmlErrorKind::Missing("user-profile-index")))
}

impl UriList {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut list = Self { entries: Vec::new(), extra: at.extra(&[]) };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "entry" => list.entries.push(UriEntry::read(&child)?),
                _ => child.keep(&mut list.extra),
            }
        }
        Ok(list)
    }

    fn write(&self, element: Element) -> Element {
        element.children(self.entries.iter().map(UriEntry::write)).extra(&self.extra)
    }
}

impl UriEntry {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut entry = Self { extra: at.extra(&[]), ..Self::default() };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "uri-entry" => child.once(&mut entry.uri, child.leaf(&mut entry.extra))?,
                "display-name" => child.once(&mut entry.display_name, child.leaf(&mut entry.extra))?,
                _ => child.keep(&mut entry.extra),
            }
        }
        Ok(entry)
    }

    fn write(&self) -> Element {
        NAMESPACE
            .element("entry")
            .children(NAMESPACE.some_text("uri-entry", self.uri.clone()))
            .children(NAMESPACE.some_text("display-name", self.display_name.clone()))
            .extra(&self.extra)
    }
}
