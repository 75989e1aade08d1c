//! From octets to a tree, within the limits of [`super`].

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesStart, Event};

use super::lexical::{attribute_value, is_name, reference};
use super::tree::trim;
use super::{
    Attribute, Element, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAME_OCTETS, MAX_NAMESPACES,
    MAX_SHARED_OCTETS, MAX_TEXT_OCTETS, Name, Node, XmlError, XmlErrorKind,
};
use crate::text::ByteStr;

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The root element of a document without byte order mark.
pub(super) fn build(source: &str) -> Result<Element, XmlError> {
    // One copy of a small document serves all names and values; a large one is not kept alive by one of them.
    let shared = (source.len() <= MAX_SHARED_OCTETS).then(|| ByteStr::from(source));
    let text = shared.as_deref().unwrap_or(source);
    let mut builder = Builder {
        source: text,
        shared: shared.as_ref(),
        open: Vec::with_capacity(8),
        root: None,
        scope: Vec::new(),
        elements: 0,
        at: 0,
    };
    builder.run().map_err(|kind| builder.error(kind))?;
    builder.root.take().ok_or_else(|| builder.error(XmlErrorKind::Malformed("no root element")))
}

/// Line and column, counted from 1.
pub(super) fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}

struct Open {
    element: Element,
    /// Text since the last child element.
    text: ByteStr,
    /// The same once it came in several pieces: references and CDATA sections split one text.
    joined: String,
    /// How many namespace declarations were in force outside of it.
    outer: usize,
}

impl Open {
    fn close_text(&mut self) {
        let text = match self.joined.is_empty() {
            true => std::mem::take(&mut self.text),
            false => std::mem::take(&mut self.joined).into(),
        };
        if !text.is_empty() {
            if self.element.children.is_empty() {
                // Most elements hold one text and nothing else.
                self.element.children.reserve_exact(1);
            }
            self.element.children.push(Node::Text(text));
        }
    }
}

struct Builder<'a> {
    source: &'a str,
    shared: Option<&'a ByteStr>,
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

    fn piece(&self, text: &str) -> ByteStr {
        match self.shared {
            Some(shared) if !text.is_empty() => shared.share(text),
            _ => text.into(),
        }
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
                Event::CData(text) if !self.open.is_empty() => self.push_text(&text.xml10_content())?,
                Event::CData(_) => return Err(XmlErrorKind::Malformed("text outside of the root element")),
                Event::GeneralRef(name) => {
                    let character = reference(&name).ok_or(XmlErrorKind::Entity)?;
                    if self.open.is_empty() {
                        return Err(XmlErrorKind::Malformed("text outside of the root element"));
                    }
                    self.push_text(character.encode_utf8(&mut [0; 4]))?;
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
        let has_attributes = !trim(start.attributes_raw()).is_empty();
        if has_attributes {
            self.declarations(start, outer)?;
        }
        let element_name = start.name();
        let (prefix, local) = split(element_name.as_ref())?;
        if prefix == "xmlns" {
            return Err(XmlErrorKind::Malformed("reserved prefix"));
        }
        let name = self.name(prefix, local, true)?;
        let mut element = Element { offset: self.at, ..Element::new(name) };
        if has_attributes {
            element.attributes = self.attributes(start)?;
        }
        if let Some(parent) = self.open.last_mut() {
            parent.close_text();
        }
        self.open.push(Open { element, text: ByteStr::EMPTY, joined: String::new(), outer });
        Ok(())
    }

    /// First pass over the attributes: what the prefixes stand for.
    fn declarations(&mut self, start: &BytesStart<'_>, outer: usize) -> Result<(), XmlErrorKind> {
        let mut plain = 0_usize;
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| XmlErrorKind::Malformed("attribute"))?;
            let prefix = match split(attribute.key.as_ref())? {
                ("", "xmlns") => "",
                ("xmlns", prefix) => prefix,
                _ => {
                    plain = plain.saturating_add(1);
                    within("attributes", MAX_ATTRIBUTES, plain)?;
                    continue;
                }
            };
            let uri = attribute_value(&attribute.value).ok_or(XmlErrorKind::Entity)?;
            self.declare(prefix, &uri, outer)?;
        }
        Ok(())
    }

    /// Second pass: the attributes that are none of those.
    fn attributes(&self, start: &BytesStart<'_>) -> Result<Vec<Attribute>, XmlErrorKind> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| XmlErrorKind::Malformed("attribute"))?;
            let (prefix, local) = split(attribute.key.as_ref())?;
            if prefix == "xmlns" || (prefix.is_empty() && local == "xmlns") {
                continue;
            }
            let name = self.name(prefix, local, false)?;
            if attributes.iter().any(|other| other.name == name) {
                return Err(XmlErrorKind::Malformed("an attribute is given twice"));
            }
            let value = match attribute_value(&attribute.value).ok_or(XmlErrorKind::Entity)? {
                Cow::Borrowed(value) => self.piece(value),
                Cow::Owned(value) => value.into(),
            };
            within("text", MAX_TEXT_OCTETS, value.len())?;
            if attributes.is_empty() {
                attributes.reserve_exact(1);
            }
            attributes.push(Attribute { name, value });
        }
        Ok(attributes)
    }

    fn declare(&mut self, prefix: &str, uri: &str, outer: usize) -> Result<(), XmlErrorKind> {
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
        // Writing repeats the name of a namespace wherever it has to be declared.
        within("name", MAX_NAME_OCTETS, uri.len())?;
        let binding = (self.piece(prefix), self.piece(uri));
        self.scope.push(binding);
        Ok(())
    }

    fn name(&self, prefix: &str, local: &str, is_element: bool) -> Result<Name, XmlErrorKind> {
        let local = self.piece(local);
        if prefix == "xml" {
            let (namespace, prefix) = (ByteStr::from_static(XML), ByteStr::from_static("xml"));
            return Ok(Name { namespace, prefix, local });
        }
        // An attribute without prefix is in no namespace, whatever the default is.
        if prefix.is_empty() && !is_element {
            return Ok(Name::local(local));
        }
        match self.scope.iter().rev().find(|(declared, _)| declared.as_str() == prefix) {
            Some((prefix, uri)) => Ok(Name { namespace: uri.clone(), prefix: prefix.clone(), local }),
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
        self.push_text(text)
    }

    fn push_text(&mut self, text: &str) -> Result<(), XmlErrorKind> {
        let piece = self.piece(text);
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let before = open.text.len().saturating_add(open.joined.len());
        within("text", MAX_TEXT_OCTETS, before.saturating_add(text.len()))?;
        if before == 0 {
            open.text = piece;
            return Ok(());
        }
        if open.joined.is_empty() {
            open.joined.push_str(&std::mem::take(&mut open.text));
        }
        open.joined.push_str(text);
        Ok(())
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
        Some(_) => Err(XmlErrorKind::Encoding("the declaration names another encoding")),
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
