//! A document that was read, and the walk over it that can say where it is.

use std::cell::RefCell;

use super::builder::{build, position};
use super::lexical::{boolean, forbidden, number};
use super::{
    Attribute, Beside, Element, Extra, LeafKey, MAX_DEVIATIONS, MAX_OCTETS, Namespace, XmlError, XmlErrorKind,
};
use crate::text::ByteStr;

/// A document that was read: its root element, and its text so that a later error can still name the line.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    source: &'a str,
    root: Element,
    deviations: RefCell<Vec<XmlError>>,
}

impl<'a> Document<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`] when it is not well-formed, not UTF-8, beyond a limit of [`super`], or uses what this
    /// reader refuses.
    pub fn parse(octets: &'a [u8]) -> Result<Self, XmlError> {
        let source = decode(octets)?;
        Ok(Self { source, root: build(source)?, deviations: RefCell::default() })
    }

    /// The root element.
    pub fn root(&self) -> &Element {
        &self.root
    }

    /// The document with another form of its root.
    pub(super) fn with_root(self, change: impl FnOnce(Element) -> Element) -> Self {
        Self { root: change(self.root), ..self }
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

    /// What was noted on the walk and did not end it.
    pub(super) fn into_deviations(self) -> Vec<XmlError> {
        self.deviations.into_inner()
    }

    fn cursor(&self) -> Cursor<'_> {
        Cursor { source: self.source, element: &self.root, parent: None, deviations: &self.deviations }
    }
}

/// The text of a document in the only encoding that is read, without its byte order mark.
fn decode(octets: &[u8]) -> Result<&str, XmlError> {
    let error = |(line, column), kind| XmlError { line, column, path: "/".to_owned(), kind };
    if octets.len() > MAX_OCTETS {
        let kind = XmlErrorKind::TooLarge { what: "octets", limit: MAX_OCTETS, got: octets.len() };
        return Err(error((1, 1), kind));
    }
    if let Some(encoding) = wide_encoding(octets) {
        return Err(error((1, 1), XmlErrorKind::Encoding(encoding)));
    }
    let source = match std::str::from_utf8(octets) {
        Ok(source) => source,
        Err(invalid) => {
            let valid = octets.get(..invalid.valid_up_to()).unwrap_or_default();
            let valid = std::str::from_utf8(valid).unwrap_or_default();
            let kind = XmlErrorKind::Encoding("an octet that UTF-8 does not allow");
            return Err(error(position(valid, valid.len()), kind));
        }
    };
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    match forbidden(source) {
        Some(at) => Err(error(position(source, at), XmlErrorKind::Character)),
        None => Ok(source),
    }
}

/// The encoding of more than one octet for each character that the first octets show.
fn wide_encoding(octets: &[u8]) -> Option<&'static str> {
    match octets {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [b'<', 0, 0, 0, ..] | [0, 0, 0, b'<', ..] => {
            Some("UTF-32 is not read")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => Some("UTF-16 is not read"),
        _ => None,
    }
}

/// A place in a document that is being read: an element and the way to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    source: &'a str,
    element: &'a Element,
    parent: Option<&'a Cursor<'a>>,
    deviations: &'a RefCell<Vec<XmlError>>,
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

    /// Notes what is wrong with a part of the document that is kept and not acted on. Only the first
    /// [`MAX_DEVIATIONS`] are told.
    pub(super) fn note(&self, deviation: XmlError) {
        let mut noted = self.deviations.borrow_mut();
        if noted.len() < MAX_DEVIATIONS {
            noted.push(deviation);
        }
    }

    /// The child elements, whatever text is between them.
    pub(super) fn elements(&self) -> impl Iterator<Item = Cursor<'_>> {
        self.element.elements().map(|element| Cursor { element, parent: Some(self), ..*self })
    }

    /// The child elements of an element that must not hold text.
    pub(super) fn element_content(&self) -> Result<impl Iterator<Item = Cursor<'_>>, XmlError> {
        if self.element.own_text().is_empty() {
            Ok(self.elements())
        } else {
            Err(self.error(XmlErrorKind::Text))
        }
    }

    /// The child elements of an element that should not hold text: text between them is noted and passed over, for
    /// documents in which it can be taken for nothing that is there.
    pub(super) fn elements_beside_text(&self) -> impl Iterator<Item = Cursor<'_>> {
        if !self.element.own_text().is_empty() {
            self.note(self.error(XmlErrorKind::Text));
        }
        self.elements()
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
        Extra { attributes: self.extra_attributes(known_attributes), ..Extra::default() }
    }

    /// Keeps an element that the document type does not know.
    pub(super) fn keep(&self, extra: &mut Extra) {
        extra.children.push(self.element.clone());
    }

    /// The text of an element that occurs once and holds nothing but a value. What is beside the value goes
    /// into the `extra` of the parent.
    pub(super) fn leaf(&self, extra: &mut Extra) -> ByteStr {
        self.leaf_at(0, extra)
    }

    /// The same for an element that occurs often: `number` counts those of its name before it.
    pub(super) fn leaf_at(&self, number: usize, extra: &mut Extra) -> ByteStr {
        self.keep_beside(number, &[], |_| false, extra);
        self.text()
    }

    /// Keeps what is in a known element beside the attributes and children that the document type knows.
    pub(super) fn keep_beside(
        &self,
        number: usize,
        known_attributes: &[&str],
        is_known: impl Fn(&Cursor<'_>) -> bool,
        extra: &mut Extra,
    ) {
        let attributes = self.extra_attributes(known_attributes);
        let unknown = self.elements().filter(|child| !is_known(child));
        let children: Vec<_> = unknown.map(|child| child.element.clone()).collect();
        if !attributes.is_empty() || !children.is_empty() {
            let local = self.element.name.local.clone();
            extra.leaves.insert(LeafKey { local, number }, Beside { attributes, children });
        }
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

    /// The text as `xs:boolean`.
    pub(super) fn boolean(&self) -> Result<bool, XmlError> {
        self.value("a boolean", boolean)
    }

    /// The text as a number that fits, `expected` otherwise.
    pub(super) fn small_number<T: TryFrom<u64>>(&self, expected: &'static str) -> Result<T, XmlError> {
        self.value(expected, |text| T::try_from(number(text)?).ok())
    }

    /// Fills the slot of an element that may occur once, where the first one counts: one that occurs again is noted and
    /// kept among what is not known.
    pub(super) fn first<T>(
        &self,
        slot: &mut Option<T>,
        extra: &mut Extra,
        read: impl FnOnce(&Self, &mut Extra) -> Result<T, XmlError>,
    ) -> Result<(), XmlError> {
        if slot.is_some() {
            self.note(self.error(XmlErrorKind::Repeated));
            self.keep(extra);
        } else {
            *slot = Some(read(self, extra)?);
        }
        Ok(())
    }

    /// The same where somebody else keeps what is not taken: tells whether it was.
    pub(super) fn first_of<T>(
        &self,
        slot: &mut Option<T>,
        read: impl FnOnce(&Self) -> Result<T, XmlError>,
    ) -> Result<bool, XmlError> {
        if slot.is_some() {
            self.note(self.error(XmlErrorKind::Repeated));
            return Ok(false);
        }
        *slot = Some(read(self)?);
        Ok(true)
    }

    /// The same for a value that may be no value of its type: then it is noted and kept, and does not count.
    pub(super) fn first_sound<T>(
        &self,
        slot: &mut Option<T>,
        extra: &mut Extra,
        read: impl FnOnce(&Self) -> Result<T, XmlError>,
    ) {
        let refused = match (&slot, read(self)) {
            (Some(_), _) => self.error(XmlErrorKind::Repeated),
            (None, Err(error)) => error,
            (None, Ok(value)) => {
                *slot = Some(value);
                self.leaf(extra);
                return;
            }
        };
        self.note(refused);
        self.keep(extra);
    }

    /// Fills the slot of an element that may occur once.
    pub(super) fn once<T>(&self, slot: &mut Option<T>, value: T) -> Result<(), XmlError> {
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(self.error(XmlErrorKind::Repeated)),
        }
    }
}
