//! `application/resource-lists+xml` (RFC 4826, RFC 5366): the users that are called.

use super::encrypted_uri::EncryptedUri;
use super::lexical::boolean;
use super::open_enum::open_enum;
use super::reader::{Cursor, Document};
use super::{Attribute, Element, Extra, Namespace, XmlError, XmlErrorKind, writer};
use crate::DecodeError;
use crate::sip::{Method, Uri};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:resource-lists", prefix: "" };
/// The namespace of `copyControl` (RFC 5364).
pub const COPY_CONTROL: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:copycontrol", prefix: "cc" };

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceLists {
    /// The lists in their order.
    pub lists: Vec<List>,
    /// What is not known.
    pub extra: Extra,
}

/// A list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Its name.
    pub name: Option<ByteStr>,
    /// `display-name`.
    pub display_name: Option<ByteStr>,
    /// What is in it, in its order.
    pub items: Vec<ListItem>,
    /// Attributes that are not known, and what is beside the display name.
    pub extra: Extra,
}

/// A member of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListItem {
    /// An entry.
    Entry(Entry),
    /// A list in the list.
    List(List),
    /// `entry-ref`: an entry of another document, relative to the root of the XCAP server.
    EntryRef(Reference),
    /// `external`: a list of another document.
    External(Reference),
    /// Anything else.
    Other(Element),
}

/// A reference to another document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// `ref` of an entry, `anchor` of a list.
    pub target: ByteStr,
    /// `display-name`.
    pub display_name: Option<ByteStr>,
    /// What is not known.
    pub extra: Extra,
}

/// An entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The URI, with its parameters and headers.
    pub uri: ByteStr,
    /// Whether the entry is a recipient, and which.
    pub copy_control: Option<CopyControl>,
    /// `anonymize`: whether the other recipients must not see this one; false when absent.
    pub anonymize: Option<bool>,
    /// `display-name`.
    pub display_name: Option<ByteStr>,
    /// What is not known.
    pub extra: Extra,
}

open_enum!(
    /// `copyControl`.
    CopyControl {
        /// A primary recipient.
        To = "to",
        /// A secondary recipient.
        Cc = "cc",
        /// A recipient that the others do not see.
        Bcc = "bcc",
    }
);

impl Entry {
    /// A primary recipient.
    pub fn to(uri: impl Into<ByteStr>) -> Self {
        Self { copy_control: Some(CopyControl::To), ..Self::plain(uri) }
    }

    /// An entry without copy control.
    pub fn plain(uri: impl Into<ByteStr>) -> Self {
        Self { uri: uri.into(), ..Self::default() }
    }

    /// The URI in its parts; its headers are those that a request to it would have.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not a URI.
    pub fn read_uri(&self) -> Result<Uri, DecodeError> {
        Uri::read(&self.uri)
    }

    /// The `method` parameter of the URI: what is to be done with this entry, when it says so.
    pub fn method(&self) -> Option<Method> {
        let uri = self.read_uri().ok()?;
        uri.params.get("method").map(Method::from)
    }

    /// The URI that was encrypted, see [`EncryptedUri::read`].
    ///
    /// # Errors
    /// [`DecodeError`] when it is encrypted and not complete.
    pub fn encrypted_uri(&self) -> Result<Option<EncryptedUri>, DecodeError> {
        EncryptedUri::read(&self.uri)
    }
}

impl ResourceLists {
    /// One list with these entries.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let items = entries.into_iter().map(ListItem::Entry).collect();
        Self { lists: vec![List { items, ..List::default() }], extra: Extra::default() }
    }

    /// All entries in document order, those of lists in lists included.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let mut found = Vec::new();
        self.lists.iter().for_each(|list| list.collect_entries(&mut found));
        found.into_iter()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, or an entry without URI.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "resource-lists")?;
        let mut lists = Self { lists: Vec::new(), extra: root.extra(&[]) };
        for child in root.element_content()? {
            match child.local_in(NAMESPACE) {
                "list" => lists.lists.push(List::read(&child)?),
                _ => child.keep(&mut lists.extra),
            }
        }
        Ok(lists)
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let lists = self.lists.iter().map(List::write);
        let root = NAMESPACE.element("resource-lists").children(lists).extra(&self.extra);
        writer::write(&root, &[NAMESPACE, COPY_CONTROL])
    }
}

impl List {
    fn collect_entries<'a>(&'a self, found: &mut Vec<&'a Entry>) {
        for item in &self.items {
            match item {
                ListItem::Entry(entry) => found.push(entry),
                ListItem::List(list) => list.collect_entries(found),
                ListItem::EntryRef(_) | ListItem::External(_) | ListItem::Other(_) => {}
            }
        }
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut list = Self { name: at.attribute("name"), extra: at.extra(&["name"]), ..Self::default() };
        for child in at.element_content()? {
            let item = match child.local_in(NAMESPACE) {
                "display-name" => {
                    child.once(&mut list.display_name, child.leaf(&mut list.extra))?;
                    continue;
                }
                "entry" => ListItem::Entry(Entry::read(&child)?),
                "list" => ListItem::List(Self::read(&child)?),
                "entry-ref" => ListItem::EntryRef(Reference::read(&child, "ref")?),
                "external" => ListItem::External(Reference::read(&child, "anchor")?),
                _ => ListItem::Other(child.element().clone()),
            };
            list.items.push(item);
        }
        Ok(list)
    }

    fn write(&self) -> Element {
        let items = self.items.iter().map(|item| match item {
            ListItem::Entry(entry) => entry.write(),
            ListItem::List(list) => list.write(),
            ListItem::EntryRef(reference) => reference.write("entry-ref", "ref"),
            ListItem::External(reference) => reference.write("external", "anchor"),
            ListItem::Other(element) => element.clone(),
        });
        NAMESPACE
            .element("list")
            .with_some("name", self.name.clone())
            .children(display_name(self.display_name.as_ref()))
            .extra(&self.extra)
            .children(items)
    }
}

impl Entry {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut entry = Self { extra: at.extra(&["uri"]), ..Self::plain(at.required_attribute("uri")?) };
        entry.copy_control = take(&mut entry.extra, "copyControl").as_ref().map(CopyControl::read);
        if let Some(anonymize) = take(&mut entry.extra, "anonymize") {
            let value = boolean(anonymize.trim());
            entry.anonymize = Some(value.ok_or_else(|| at.error(XmlErrorKind::Value("a boolean")))?);
        }
        read_display_name(at, &mut entry.display_name, &mut entry.extra)?;
        Ok(entry)
    }

    fn write(&self) -> Element {
        let mut element = NAMESPACE.element("entry").with("uri", self.uri.clone());
        let copy_control = self.copy_control.as_ref().map(|value| ("copyControl", ByteStr::from(value)));
        let anonymize = self.anonymize.map(|value| ("anonymize", ByteStr::from(value.to_string())));
        for (name, value) in copy_control.into_iter().chain(anonymize) {
            element.attributes.push(Attribute { name: COPY_CONTROL.name(name), value });
        }
        element.children(display_name(self.display_name.as_ref())).extra(&self.extra)
    }
}

/// Takes an attribute of copy control out of those that are not known.
fn take(extra: &mut Extra, local: &str) -> Option<ByteStr> {
    let place = extra.attributes.iter().position(|attribute| attribute.name.is(COPY_CONTROL.uri, local))?;
    Some(extra.attributes.remove(place).value)
}

impl Reference {
    fn read(at: &Cursor<'_>, target: &'static str) -> Result<Self, XmlError> {
        let (extra, target) = (at.extra(&[target]), at.required_attribute(target)?);
        let mut reference = Self { target, display_name: None, extra };
        read_display_name(at, &mut reference.display_name, &mut reference.extra)?;
        Ok(reference)
    }

    fn write(&self, name: &'static str, target: &'static str) -> Element {
        NAMESPACE
            .element(name)
            .with(target, self.target.clone())
            .children(display_name(self.display_name.as_ref()))
            .extra(&self.extra)
    }
}

fn read_display_name(at: &Cursor<'_>, slot: &mut Option<ByteStr>, extra: &mut Extra) -> Result<(), XmlError> {
    for child in at.element_content()? {
        match child.local_in(NAMESPACE) {
            "display-name" => child.once(slot, child.leaf(extra))?,
            _ => child.keep(extra),
        }
    }
    Ok(())
}

fn display_name(name: Option<&ByteStr>) -> Option<Element> {
    NAMESPACE.some_text("display-name", name.cloned())
}
