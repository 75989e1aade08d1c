//! From octets to a tree, and the walk over the tree that can say where it is.

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesStart, Event};

use super::lexical::{attribute_value, is_char, is_name, number, reference};
use super::tree::trim;
use super::{
    Attribute, Element, Extra, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAME_OCTETS, MAX_NAMESPACES,
    MAX_OCTETS, Name, Namespace, Node, XmlError, XmlErrorKind,
};
use crate::text::ByteStr;

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// A document that was read: its root element, and its text so that a later error can still name the line.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    source: &'a str,
    root: Element,
}

impl<'a> Document<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`] when it is not well-formed, not UTF-8, beyond a limit of [`super`], or uses what this
    /// reader refuses.
    pub fn parse(octets: &'a [u8]) -> Result<Self, XmlError> {
        let at_start = |kind| XmlError { line: 1, column: 1, path: "/".to_owned(), kind };
        if octets.len() > MAX_OCTETS {
            let kind = XmlErrorKind::TooLarge { what: "octets", limit: MAX_OCTETS, got: octets.len() };
            return Err(at_start(kind));
        }
        let source = std::str::from_utf8(octets).map_err(|_| at_start(XmlErrorKind::Encoding))?;
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        if let Some(at) = source.find(|c| !is_char(c)) {
            let (line, column) = position(source, at);
            return Err(XmlError { line, column, path: "/".to_owned(), kind: XmlErrorKind::Character });
        }
        let mut builder =
            Builder { source, open: Vec::new(), root: None, scope: Vec::new(), elements: 0, at: 0 };
        builder.run().map_err(|kind| builder.error(kind))?;
        match builder.root.take() {
            Some(root) => Ok(Self { source, root }),
            None => Err(builder.error(XmlErrorKind::Malformed("no root element"))),
        }
    }

    /// The root element.
    pub fn root(&self) -> &Element {
        &self.root
    }

    /// The walk over the document, when its root is this element.
    pub(super) fn enter(&self, namespace: Namespace, local: &str) -> Result<Cursor<'_>, XmlError> {
        let cursor = self.cursor();
        if self.root.name.is(namespace.uri, local) {
            Ok(cursor)
        } else {
            Err(cursor.error(XmlErrorKind::Root))
        }
    }

    /// The walk over the document, when its root has this local name in whatever namespace.
    pub(super) fn enter_any(&self, local: &str) -> Result<Cursor<'_>, XmlError> {
        let cursor = self.cursor();
        if self.root.name.local.as_str() == local {
            Ok(cursor)
        } else {
            Err(cursor.error(XmlErrorKind::Root))
        }
    }

    fn cursor(&self) -> Cursor<'_> {
        Cursor { source: self.source, element: &self.root, parent: None }
    }
}

/// Line and column, counted from 1.
fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}

struct Open {
    element: Element,
    /// Text since the last child element; references and CDATA sections split one text into several events.
    text: String,
    /// How many namespace declarations were in force outside of it.
    outer: usize,
}

impl Open {
    fn close_text(&mut self) {
        if !self.text.is_empty() {
            self.element.children.push(Node::Text(std::mem::take(&mut self.text).into()));
        }
    }
}

struct Builder<'a> {
    source: &'a str,
    open: Vec<Open>,
    root: Option<Element>,
    scope: Vec<(ByteStr, ByteStr)>,
    elements: usize,
    at: usize,
}

impl Builder<'_> {
    fn error(&self, kind: XmlErrorKind) -> XmlError {
        let (line, column) = position(self.source, self.at);
        let mut path: String =
            self.open.iter().flat_map(|open| ["/", open.element.name.local.as_str()]).collect();
        if path.is_empty() {
            path.push('/');
        }
        XmlError { line, column, path, kind }
    }

    fn run(&mut self) -> Result<(), XmlErrorKind> {
        let mut reader = Reader::from_str(self.source);
        reader.config_mut().expand_empty_elements = true;
        loop {
            self.at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event().map_err(|error| {
                self.at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                malformed(&error)
            })?;
            match event {
                Event::Start(start) | Event::Empty(start) => self.start(&start)?,
                Event::End(_) => self.end()?,
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(text) if !self.open.is_empty() => self.push_text(&text.xml10_content()),
                Event::CData(_) => return Err(XmlErrorKind::Malformed("text outside of the root element")),
                Event::GeneralRef(name) => {
                    let character = reference(&name).ok_or(XmlErrorKind::Entity)?;
                    if self.open.is_empty() {
                        return Err(XmlErrorKind::Malformed("text outside of the root element"));
                    }
                    self.push_text(character.encode_utf8(&mut [0; 4]));
                }
                Event::Decl(declaration) if self.at == 0 => check_encoding(&declaration)?,
                Event::Decl(_) => {
                    return Err(XmlErrorKind::Malformed("a declaration that is not at the start"));
                }
                Event::DocType(_) => return Err(XmlErrorKind::DocType),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof if self.open.is_empty() => return Ok(()),
                Event::Eof => return Err(XmlErrorKind::Malformed("an element is not closed")),
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), XmlErrorKind> {
        if self.root.is_some() {
            return Err(XmlErrorKind::Malformed("a second root element"));
        }
        self.elements = self.elements.saturating_add(1);
        within("elements", MAX_ELEMENTS, self.elements)?;
        within("depth", MAX_DEPTH, self.open.len().saturating_add(1))?;
        let outer = self.scope.len();
        let mut plain = Vec::new();
        for (count, attribute) in start.attributes().enumerate() {
            within("attributes", MAX_ATTRIBUTES.saturating_add(MAX_NAMESPACES), count.saturating_add(1))?;
            let attribute = attribute.map_err(|_| XmlErrorKind::Malformed("attribute"))?;
            let value = attribute_value(&attribute.value).ok_or(XmlErrorKind::Entity)?;
            match split(attribute.key.as_ref())? {
                ("", "xmlns") => self.declare("", value, outer)?,
                ("xmlns", prefix) => self.declare(prefix, value, outer)?,
                (prefix, local) => plain.push((prefix.to_owned(), local.to_owned(), value)),
            }
            within("attributes", MAX_ATTRIBUTES, plain.len())?;
        }
        let element_name = start.name();
        let (prefix, local) = split(element_name.as_ref())?;
        if prefix == "xmlns" {
            return Err(XmlErrorKind::Malformed("reserved prefix"));
        }
        let name = self.name(prefix, local, true)?;
        let mut element = Element { offset: self.at, ..Element::new(name) };
        for (prefix, local, value) in plain {
            let name = self.name(&prefix, &local, false)?;
            if element.attributes.iter().any(|other| other.name == name) {
                return Err(XmlErrorKind::Malformed("an attribute is given twice"));
            }
            element.attributes.push(Attribute { name, value: value.into() });
        }
        if let Some(parent) = self.open.last_mut() {
            parent.close_text();
        }
        self.open.push(Open { element, text: String::new(), outer });
        Ok(())
    }

    fn declare(&mut self, prefix: &str, uri: String, outer: usize) -> Result<(), XmlErrorKind> {
        let reserved = XmlErrorKind::Malformed("reserved namespace");
        if prefix == "xml" {
            return if uri == XML { Ok(()) } else { Err(reserved) };
        }
        if prefix == "xmlns" || uri == XML || uri == XMLNS || (uri.is_empty() && !prefix.is_empty()) {
            return Err(reserved);
        }
        if self.scope.iter().skip(outer).any(|(other, _)| other.as_str() == prefix) {
            return Err(XmlErrorKind::Malformed("an attribute is given twice"));
        }
        within("namespaces", MAX_NAMESPACES, self.scope.len().saturating_add(1))?;
        self.scope.push((prefix.into(), uri.into()));
        Ok(())
    }

    fn name(&self, prefix: &str, local: &str, is_element: bool) -> Result<Name, XmlErrorKind> {
        if prefix == "xml" {
            let (namespace, prefix) = (ByteStr::from_static(XML), ByteStr::from_static("xml"));
            return Ok(Name { namespace, prefix, local: local.into() });
        }
        // An attribute without prefix is in no namespace, whatever the default is.
        if prefix.is_empty() && !is_element {
            return Ok(Name::local(local));
        }
        match self.scope.iter().rev().find(|(declared, _)| declared.as_str() == prefix) {
            Some((prefix, uri)) => {
                Ok(Name { namespace: uri.clone(), prefix: prefix.clone(), local: local.into() })
            }
            None if prefix.is_empty() => Ok(Name::local(local)),
            None => Err(XmlErrorKind::Malformed("a prefix is not declared")),
        }
    }

    fn end(&mut self) -> Result<(), XmlErrorKind> {
        let mut open = self.open.pop().ok_or(XmlErrorKind::Malformed("an end tag without start tag"))?;
        open.close_text();
        let Open { element, outer, .. } = open;
        self.scope.truncate(outer);
        match self.open.last_mut() {
            Some(parent) => parent.element.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlErrorKind> {
        if self.open.is_empty() {
            return match trim(text) {
                "" => Ok(()),
                _ => Err(XmlErrorKind::Malformed("text outside of the root element")),
            };
        }
        if text.contains("]]>") {
            return Err(XmlErrorKind::Malformed("]]> in text"));
        }
        self.push_text(text);
        Ok(())
    }

    fn push_text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }
}

fn within(what: &'static str, limit: usize, got: usize) -> Result<(), XmlErrorKind> {
    if got > limit { Err(XmlErrorKind::TooLarge { what, limit, got }) } else { Ok(()) }
}

fn malformed(error: &quick_xml::Error) -> XmlErrorKind {
    XmlErrorKind::Malformed(match error {
        quick_xml::Error::Syntax(_) => "markup is not closed",
        quick_xml::Error::IllFormed(_) => "tags do not match",
        quick_xml::Error::InvalidAttr(_) => "attribute",
        quick_xml::Error::Escape(_) => "reference",
        _ => "syntax",
    })
}

fn check_encoding(declaration: &BytesDecl<'_>) -> Result<(), XmlErrorKind> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(label)) if ["utf-8", "us-ascii"].iter().any(|known| label.eq_ignore_ascii_case(known)) => {
            Ok(())
        }
        Some(_) => Err(XmlErrorKind::Encoding),
    }
}

/// Prefix and local name, both valid.
fn split(name: &str) -> Result<(&str, &str), XmlErrorKind> {
    let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
    within("name", MAX_NAME_OCTETS, local.len().max(prefix.map_or(0, str::len)))?;
    if is_name(local) && prefix.is_none_or(is_name) {
        Ok((prefix.unwrap_or_default(), local))
    } else {
        Err(XmlErrorKind::Malformed("name"))
    }
}

/// A place in a document that is being read: an element and the way to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    source: &'a str,
    element: &'a Element,
    parent: Option<&'a Cursor<'a>>,
}

impl<'a> Cursor<'a> {
    /// The element.
    pub(super) fn element(&self) -> &'a Element {
        self.element
    }

    /// The local name when the element is in this namespace, else an empty text.
    pub(super) fn local_in(&self, namespace: Namespace) -> &'a str {
        if self.element.name.namespace.as_str() == namespace.uri { &self.element.name.local } else { "" }
    }

    /// The local name when the element is in the same namespace as its parent, else an empty text.
    pub(super) fn local_as_parent(&self) -> &'a str {
        let parent = self.parent.map(|parent| &parent.element.name.namespace);
        if parent == Some(&self.element.name.namespace) { &self.element.name.local } else { "" }
    }

    /// An error at this element.
    pub(super) fn error(&self, kind: XmlErrorKind) -> XmlError {
        let mut names = vec![self.element.name.local.as_str()];
        let mut place = self.parent;
        while let Some(cursor) = place {
            names.push(&cursor.element.name.local);
            place = cursor.parent;
        }
        let path = names.iter().rev().flat_map(|name| ["/", name]).collect();
        let (line, column) = position(self.source, self.element.offset);
        XmlError { line, column, path, kind }
    }

    /// The child elements, whatever text is between them.
    pub(super) fn elements(&self) -> impl Iterator<Item = Cursor<'_>> {
        let source = self.source;
        self.element.elements().map(move |element| Cursor { source, element, parent: Some(self) })
    }

    /// The child elements of an element that must not hold text.
    pub(super) fn element_content(&self) -> Result<impl Iterator<Item = Cursor<'_>>, XmlError> {
        if self.element.own_text().is_empty() {
            Ok(self.elements())
        } else {
            Err(self.error(XmlErrorKind::Text))
        }
    }

    /// The text of an element, trimmed.
    pub(super) fn text(&self) -> ByteStr {
        self.element.own_text()
    }

    /// The value of an attribute without namespace.
    pub(super) fn attribute(&self, local: &str) -> Option<ByteStr> {
        self.element.attributes.iter().find(|a| a.name.is("", local)).map(|a| a.value.clone())
    }

    /// The value of an attribute without namespace that must be there.
    pub(super) fn required_attribute(&self, local: &'static str) -> Result<ByteStr, XmlError> {
        self.attribute(local).ok_or_else(|| self.error(XmlErrorKind::Missing(local)))
    }

    /// The attributes that a document type does not know.
    pub(super) fn extra_attributes(&self, known: &[&str]) -> Vec<Attribute> {
        let unknown = |attribute: &&Attribute| !known.iter().any(|local| attribute.name.is("", local));
        self.element.attributes.iter().filter(unknown).cloned().collect()
    }

    /// What is left when these attributes are known and all children still have to be sorted out.
    pub(super) fn extra(&self, known_attributes: &[&str]) -> Extra {
        Extra { attributes: self.extra_attributes(known_attributes), children: Vec::new() }
    }

    /// The text as a value of a type.
    pub(super) fn value<T>(
        &self,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, XmlError> {
        read(&self.text()).ok_or_else(|| self.error(XmlErrorKind::Value(expected)))
    }

    /// The text as a number.
    pub(super) fn number(&self) -> Result<u64, XmlError> {
        self.value("a number", number)
    }

    /// Fills the slot of an element that may occur once.
    pub(super) fn once<T>(&self, slot: &mut Option<T>, value: T) -> Result<(), XmlError> {
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(self.error(XmlErrorKind::Repeated)),
        }
    }
}
