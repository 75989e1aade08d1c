//! `application/xcap-diff+xml` (RFC 5874): which documents changed, and how.
//!
//! Prefixes in a selector or in the path of a patch are text; the namespaces that they stand for are not kept.

use super::reader::{Cursor, Document};
use super::record::words;
use super::{Attribute, Element, Extra, Namespace, Node, XmlError, XmlErrorKind, writer};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:xcap-diff", prefix: "" };

/// Most documents, elements and attributes that one notification may name, and most operations on one document.
pub const MAX_ITEMS: usize = 4096;

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XcapDiff {
    /// `xcap-root`: what the selectors are relative to.
    pub xcap_root: ByteStr,
    /// What changed, in its order.
    pub items: Vec<XcapDiffItem>,
    /// Attributes that are not known.
    pub attributes: Vec<Attribute>,
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum XcapDiffItem {
    /// A document.
    Document(ChangedDocument),
    /// An element of a document.
    Element(ChangedElement),
    /// An attribute of an element.
    Attribute(ChangedAttribute),
    /// Anything else.
    Other(Element),
}

/// `document`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedDocument {
    /// `sel`: the document, relative to the root. Equal to the selector that was subscribed to.
    pub sel: ByteStr,
    /// `new-etag`: the entity tag that HTTP shows now.
    pub new_etag: Option<ByteStr>,
    /// `previous-etag`: the one before.
    pub previous_etag: Option<ByteStr>,
    /// `body-not-changed`: only the entity tag changed.
    pub body_not_changed: bool,
    /// The operations that make the new document of the previous one, in their order.
    pub operations: Vec<Operation>,
    /// What is not known.
    pub extra: Extra,
}

/// What happened to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is there, and was not known to be there before.
    Created,
    /// It is another one now.
    Modified,
    /// It is gone.
    Removed,
    /// The notification names it without entity tags: it may have changed.
    Unknown,
}

/// An operation of RFC 5261.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What is done.
    pub kind: OperationKind,
    /// `sel`: the place in the document.
    pub sel: ByteStr,
    /// `pos` of `add`: `prepend`, `before` or `after`; absent is at the end.
    pub pos: Option<ByteStr>,
    /// `type` of `add`: an attribute or namespace that is added; absent is elements.
    pub node_type: Option<ByteStr>,
    /// `ws` of `remove`: white space that goes with it.
    pub ws: Option<ByteStr>,
    /// What is added or put in the place.
    pub content: Vec<Node>,
    /// Attributes that are not known.
    pub attributes: Vec<Attribute>,
}

words! {
    /// What an operation does.
    OperationKind {
        /// Adds.
        Add = "add",
        /// Replaces.
        Replace = "replace",
        /// Removes.
        Remove = "remove",
    }
}

/// `element`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedElement {
    /// `sel`: the element, relative to the root.
    pub sel: ByteStr,
    /// `exists`: whether it is there; absent is yes.
    pub exists: Option<bool>,
    /// The element as it is now.
    pub content: Vec<Node>,
    /// Attributes that are not known.
    pub attributes: Vec<Attribute>,
}

/// `attribute`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedAttribute {
    /// `sel`: the attribute, relative to the root.
    pub sel: ByteStr,
    /// `exists`: whether it is there; absent is yes.
    pub exists: Option<bool>,
    /// Its value now.
    pub value: ByteStr,
    /// What is not known.
    pub extra: Extra,
}

impl ChangedDocument {
    /// What happened to the document.
    pub fn change(&self) -> Change {
        match (&self.previous_etag, &self.new_etag) {
            (None, Some(_)) => Change::Created,
            (Some(_), Some(_)) => Change::Modified,
            (Some(_), None) => Change::Removed,
            (None, None) => Change::Unknown,
        }
    }
}

impl XcapDiff {
    /// The documents that changed, in their order.
    pub fn documents(&self) -> impl Iterator<Item = &ChangedDocument> {
        self.items.iter().filter_map(|item| match item {
            XcapDiffItem::Document(document) => Some(document),
            _ => None,
        })
    }

    /// The change of the document with this selector. The last one counts.
    pub fn document(&self, sel: &str) -> Option<&ChangedDocument> {
        self.documents().filter(|document| document.sel == *sel).last()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, `xcap-root` or a `sel` missing, a value that is not of its type,
    /// or more than [`MAX_ITEMS`] of a kind.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "xcap-diff")?;
        let items = root.element_content()?.map(|child| {
            Ok(match child.local_in(NAMESPACE) {
                "document" => XcapDiffItem::Document(ChangedDocument::read(&child)?),
                "element" => XcapDiffItem::Element(ChangedElement::read(&child)?),
                "attribute" => XcapDiffItem::Attribute(ChangedAttribute::read(&child)?),
                _ => XcapDiffItem::Other(child.element().clone()),
            })
        });
        let items = items.collect::<Result<Vec<_>, _>>()?;
        bounded(&root, items.len())?;
        let xcap_root = root.required_attribute("xcap-root")?;
        Ok(Self { xcap_root, items, attributes: root.extra_attributes(&["xcap-root"]) })
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let items = self.items.iter().map(|item| match item {
            XcapDiffItem::Document(document) => document.write(),
            XcapDiffItem::Element(element) => element.write(),
            XcapDiffItem::Attribute(attribute) => attribute.write(),
            XcapDiffItem::Other(element) => element.clone(),
        });
        let mut root = NAMESPACE.element("xcap-diff").with("xcap-root", self.xcap_root.clone());
        root.attributes.extend(self.attributes.iter().cloned());
        writer::write(&root.children(items), &[NAMESPACE])
    }
}

impl ChangedDocument {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut document = Self {
            sel: at.required_attribute("sel")?,
            new_etag: at.attribute("new-etag"),
            previous_etag: at.attribute("previous-etag"),
            extra: at.extra(&["sel", "new-etag", "previous-etag"]),
            ..Self::default()
        };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "body-not-changed" if !document.body_not_changed => {
                    child.leaf(&mut document.extra);
                    document.body_not_changed = true;
                }
                "add" | "replace" | "remove" => document.operations.push(Operation::read(&child)?),
                _ => child.keep(&mut document.extra),
            }
        }
        bounded(at, document.operations.len())?;
        Ok(document)
    }

    fn write(&self) -> Element {
        let not_changed = self.body_not_changed.then(|| NAMESPACE.element("body-not-changed"));
        NAMESPACE
            .element("document")
            .with_some("new-etag", self.new_etag.clone())
            .with("sel", self.sel.clone())
            .with_some("previous-etag", self.previous_etag.clone())
            .children(not_changed)
            .children(self.operations.iter().map(Operation::write))
            .extra(&self.extra)
    }
}

impl Operation {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        Ok(Self {
            kind: OperationKind::read(&at.element().name.local),
            sel: at.required_attribute("sel")?,
            pos: at.attribute("pos"),
            node_type: at.attribute("type"),
            ws: at.attribute("ws"),
            content: at.element().children.clone(),
            attributes: at.extra_attributes(&["sel", "pos", "type", "ws"]),
        })
    }

    fn write(&self) -> Element {
        let mut name = NAMESPACE.name("");
        name.local = (&self.kind).into();
        let mut element = Element::new(name)
            .with("sel", self.sel.clone())
            .with_some("pos", self.pos.clone())
            .with_some("type", self.node_type.clone())
            .with_some("ws", self.ws.clone());
        element.attributes.extend(self.attributes.iter().cloned());
        element.children.extend(self.content.iter().cloned());
        element
    }
}

impl ChangedElement {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        Ok(Self {
            sel: at.required_attribute("sel")?,
            exists: exists(at)?,
            content: at.element().children.clone(),
            attributes: at.extra_attributes(&["sel", "exists"]),
        })
    }

    fn write(&self) -> Element {
        let element = NAMESPACE.element("element").with("sel", self.sel.clone());
        let mut element = element.with_some("exists", self.exists.map(text_of));
        element.attributes.extend(self.attributes.iter().cloned());
        element.children.extend(self.content.iter().cloned());
        element
    }
}

impl ChangedAttribute {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut extra = at.extra(&["sel", "exists"]);
        extra.children = at.elements().map(|child| child.element().clone()).collect();
        Ok(Self { sel: at.required_attribute("sel")?, exists: exists(at)?, value: at.text(), extra })
    }

    fn write(&self) -> Element {
        let element = NAMESPACE.element("attribute").with("sel", self.sel.clone());
        let element = element.with_some("exists", self.exists.map(text_of));
        let element = if self.value.is_empty() { element } else { element.text(self.value.clone()) };
        element.extra(&self.extra)
    }
}

fn exists(at: &Cursor<'_>) -> Result<Option<bool>, XmlError> {
    super::record::attribute(at, "exists")
}

fn text_of(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn bounded(at: &Cursor<'_>, got: usize) -> Result<(), XmlError> {
    let kind = XmlErrorKind::TooLarge { what: "changes", limit: MAX_ITEMS, got };
    if got > MAX_ITEMS { Err(at.error(kind)) } else { Ok(()) }
}
