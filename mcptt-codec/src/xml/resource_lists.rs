//! `application/resource-lists+xml` (RFC 4826, RFC 5366): the users that are called.

use super::open_enum::open_enum;
use super::reader::{Cursor, Document};
use super::{Attribute, Element, Extra, Name, Namespace, XmlError, writer};
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
    /// What is in it, in its order.
    pub items: Vec<ListItem>,
    /// Attributes that are not known.
    pub attributes: Vec<Attribute>,
}

/// A member of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListItem {
    /// An entry.
    Entry(Entry),
    /// A list in the list.
    List(List),
    /// Anything else: display name, references.
    Other(Element),
}

/// An entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The URI, with its parameters and headers.
    pub uri: ByteStr,
    /// Whether the entry is a recipient, and which.
    pub copy_control: Option<CopyControl>,
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
        Self { uri: uri.into(), copy_control: None, extra: Extra::default() }
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
                ListItem::Other(_) => {}
            }
        }
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let items = at.element_content()?.map(|child| {
            Ok(match child.local_in(NAMESPACE) {
                "entry" => ListItem::Entry(Entry::read(&child)?),
                "list" => ListItem::List(Self::read(&child)?),
                _ => ListItem::Other(child.element().clone()),
            })
        });
        let items = items.collect::<Result<_, _>>()?;
        Ok(Self { name: at.attribute("name"), items, attributes: at.extra_attributes(&["name"]) })
    }

    fn write(&self) -> Element {
        let mut element = NAMESPACE.element("list").with_some("name", self.name.clone());
        element.attributes.extend(self.attributes.iter().cloned());
        element.children(self.items.iter().map(|item| match item {
            ListItem::Entry(entry) => entry.write(),
            ListItem::List(list) => list.write(),
            ListItem::Other(element) => element.clone(),
        }))
    }
}

impl Entry {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let uri = at.required_attribute("uri")?;
        let mut extra = at.extra(&["uri"]);
        let is_copy_control = |name: &Name| name.is(COPY_CONTROL.uri, "copyControl");
        let place = extra.attributes.iter().position(|attribute| is_copy_control(&attribute.name));
        let copy_control = place.map(|place| CopyControl::read(&extra.attributes.remove(place).value));
        extra.children = at.element_content()?.map(|child| child.element().clone()).collect();
        Ok(Self { uri, copy_control, extra })
    }

    fn write(&self) -> Element {
        let mut element = NAMESPACE.element("entry").with("uri", self.uri.clone());
        if let Some(copy_control) = &self.copy_control {
            let name = COPY_CONTROL.name("copyControl");
            element.attributes.push(Attribute { name, value: copy_control.as_str().into() });
        }
        element.extra(&self.extra)
    }
}
