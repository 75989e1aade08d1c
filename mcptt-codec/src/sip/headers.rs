//! [`Headers`]: the header fields of a message or body part in order, each with its spelling on the wire.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::{BufMut, BytesMut};
use memchr::{memchr, memchr2};

use super::header::HeaderName;
use super::header_field::{Field, Fields};
use super::{name_addr, section};
use crate::DecodeError;
use crate::text::ByteStr;

/// An ordered list of header fields.
///
/// A received field is written back octet for octet as long as nobody replaces it; a field that we add is
/// written as `Name: value`. Equality looks at names and values, not at spelling.
#[derive(Clone, Default)]
pub struct Headers {
    /// Of a body part, made when it is first asked for: that its header section can be read is known before. Shared by copies
    /// of a message until one of them is changed: a request is kept, handed on and looked at far more often than changed.
    fields: OnceLock<Arc<Fields>>,
    /// The header section that the received fields are lines of.
    received: ByteStr,
    /// Set when the message was received without Content-Length: the length that its body had.
    unannounced_body: Option<usize>,
}

/// One header field with its spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The name, whatever its spelling.
    pub name: &'a HeaderName,
    /// The value without folds.
    pub value: &'a ByteStr,
    /// The line or lines as they were received, line end included; `None` for a field of our own.
    pub received: Option<&'a str>,
}

impl Headers {
    /// No fields.
    pub const fn new() -> Self {
        Self { fields: OnceLock::new(), received: ByteStr::EMPTY, unannounced_body: None }
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &HeaderName) -> Option<&ByteStr> {
        self.all(name).next()
    }

    /// Like [`Headers::get`] for a look at a value that nobody keeps.
    pub(super) fn peek(&self, name: &HeaderName) -> Option<&str> {
        let index = self.in_order().iter().position(|field| field.name == *name)?;
        std::str::from_utf8(self.fields().octets(index, &self.received)).ok()
    }

    /// The values of all fields of that name, one per field.
    pub fn all(&self, name: &HeaderName) -> impl Iterator<Item = &ByteStr> {
        let fields = self.in_order().iter().enumerate().filter(move |(_, field)| field.name == *name);
        fields.map(|(index, _)| self.fields().value(index, &self.received))
    }

    /// The comma-separated elements of all fields of that name, in order; commas in quotes and angle brackets
    /// do not separate. Only for header fields whose grammar is a list (not Date, not the authentication
    /// fields).
    pub fn values(&self, name: &HeaderName) -> impl Iterator<Item = &str> {
        self.all(name).flat_map(|value| elements(value.as_str()))
    }

    /// Like [`Headers::values`], each element sharing the buffer of its field.
    pub fn shared_values(&self, name: &HeaderName) -> impl Iterator<Item = ByteStr> {
        self.all(name).flat_map(|value| elements(value.as_str()).map(|element| value.share(element)))
    }

    /// Whether one of the elements of the fields of that name is this token, without case: option tags, event
    /// packages, methods.
    pub fn lists(&self, name: &HeaderName, token: &str) -> bool {
        self.values(name).any(|element| element.eq_ignore_ascii_case(token))
    }

    /// Whether there is a field of that name.
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.in_order().iter().any(|field| field.name == *name)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &ByteStr)> {
        let fields = self.in_order().iter().enumerate();
        fields.map(|(index, field)| (&field.name, self.fields().value(index, &self.received)))
    }

    /// The fields in order with their spelling.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let received = self.received.as_str();
        self.iter().zip(self.in_order()).map(move |((name, value), field)| {
            let line = field.line().and_then(|line| received.get(line));
            Line { name, value, received: line }
        })
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.in_order().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.in_order().is_empty()
    }

    /// Adds a field after all others. A line end in the value becomes a space on the wire.
    pub fn push(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        self.fields_mut().insert(usize::MAX, name, value.into());
        self
    }

    /// Adds a field before all others.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        self.fields_mut().insert(0, name, value.into());
        self
    }

    /// Replaces every field of that name by one, at the place of the first.
    pub fn set(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        let Some(first) = self.in_order().iter().position(|field| field.name == name) else {
            return self.push(name, value);
        };
        let several = self.in_order().iter().filter(|field| field.name == name).nth(1).is_some();
        let fields = self.fields_mut();
        if several {
            let mut seen = false;
            fields.retain(|other| *other != name || !std::mem::replace(&mut seen, true));
        }
        fields.replace(first, name, value.into());
        self
    }

    /// Removes every field of that name and tells how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        let before = self.len();
        if self.contains(name) {
            self.fields_mut().retain(|other| other != name);
        }
        before.saturating_sub(self.len())
    }

    /// Adds the fields of that name of another message, in order, and tells how many there were.
    pub fn copy_from(&mut self, other: &Self, name: &HeaderName) -> usize {
        let before = self.len();
        for value in other.all(name) {
            self.push(name.clone(), value.clone());
        }
        self.len().saturating_sub(before)
    }

    /// Fields as they were received; their places are those inside `received`.
    pub(super) fn received(fields: Vec<Field>, received: ByteStr) -> Self {
        Self { fields: OnceLock::from(Arc::new(Fields::received(fields))), ..Self::unread(received) }
    }

    /// The fields of a header section that [`section::fields`] can read, whenever somebody asks for them.
    pub(super) const fn unread(received: ByteStr) -> Self {
        Self { fields: OnceLock::new(), received, unannounced_body: None }
    }

    fn fields(&self) -> &Fields {
        self.fields.get_or_init(|| Arc::new(Fields::received(section::fields(&self.received))))
    }

    fn in_order(&self) -> &[Field] {
        self.fields().list()
    }

    fn fields_mut(&mut self) -> &mut Fields {
        self.fields();
        Arc::make_mut(self.fields.get_mut().expect("they were just made"))
    }

    /// No fields, with room for so many.
    pub(super) fn with_room(fields: usize) -> Self {
        Self { fields: OnceLock::from(Arc::new(Fields::with_room(fields))), ..Self::new() }
    }

    /// The tag of From or To, without taking the address apart: what a message is matched by. `None` when there is no tag, and when
    /// the field is missing.
    pub fn tag(&self, name: &HeaderName) -> Option<ByteStr> {
        let value = self.get(name)?;
        Some(value.share(name_addr::tag_of(value.as_str())?))
    }

    /// Whether the field has a tag.
    pub fn has_tag(&self, name: &HeaderName) -> bool {
        self.get(name).is_some_and(|value| name_addr::tag_of(value.as_str()).is_some())
    }

    /// Notes that the message came without Content-Length, so that it is written back without.
    pub(super) const fn note_unannounced_body(&mut self, length: usize) {
        self.unannounced_body = Some(length);
    }

    /// The length that Content-Length announces; several fields must agree.
    pub(super) fn content_length(&self) -> Result<Option<usize>, DecodeError> {
        let mut announced = None;
        for (index, field) in self.in_order().iter().enumerate() {
            if !matches!(field.name, HeaderName::ContentLength) {
                continue;
            }
            let length = decimal(self.fields().octets(index, &self.received));
            let length = length.ok_or(DecodeError::invalid(0, "Content-Length"))?;
            if announced.is_some_and(|other| other != length) {
                return Err(DecodeError::invalid(0, "Content-Length"));
            }
            announced = Some(length);
        }
        Ok(announced)
    }

    /// About how many octets [`Headers::write`] adds.
    pub(super) fn written_len(&self) -> usize {
        self.fields().written_len()
    }

    /// Writes the fields. With a body length, Content-Length is brought in line with it: corrected where it
    /// is wrong, added where it is missing (unless the message was received that way).
    pub(super) fn write(&self, out: &mut BytesMut, body_len: Option<usize>) {
        let received = self.received.buffer();
        // Lines that stood side by side are written in one go.
        let mut lines = 0..0;
        let mut announced = false;
        for (index, field) in self.in_order().iter().enumerate() {
            let is_length = field.name == HeaderName::ContentLength && body_len.is_some();
            announced |= is_length;
            let is_wrong = is_length && decimal(self.fields().octets(index, &self.received)) != body_len;
            match field.line() {
                Some(line) if !is_wrong && line.start == lines.end => lines.end = line.end,
                line => {
                    out.put_slice(received.get(std::mem::take(&mut lines)).unwrap_or_default());
                    match line {
                        _ if is_wrong => write_length(out, body_len),
                        Some(line) => lines = line,
                        None => self.fields().write(index, out),
                    }
                }
            }
        }
        out.put_slice(received.get(lines).unwrap_or_default());
        if !announced && self.unannounced_body != body_len {
            write_length(out, body_len);
        }
    }
}

/// A decimal number without sign.
fn decimal(digits: &[u8]) -> Option<usize> {
    let number = digits.iter().try_fold(0_usize, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| usize::from(digit & 0x0f))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.filter(|_| !digits.is_empty())
}

fn write_length(out: &mut BytesMut, body_len: Option<usize>) {
    if let Some(length) = body_len {
        out.put_slice(b"Content-Length: ");
        out.put_slice(length.to_string().as_bytes());
        out.put_slice(b"\r\n");
    }
}

/// Writes text that must not end its line: whatever would is written as a space.
pub(super) fn write_text(out: &mut BytesMut, text: &str) {
    let octets = text.as_bytes();
    if memchr2(b'\r', b'\n', octets).is_none() {
        out.put_slice(octets);
    } else {
        out.extend(octets.iter().map(|octet| if matches!(octet, b'\r' | b'\n') { b' ' } else { *octet }));
    }
}

/// The comma-separated elements of a header value, white space around each removed, empty ones left out.
/// Commas in quotes and angle brackets do not separate.
pub fn elements(value: &str) -> Elements<'_> {
    Elements { rest: Some(value) }
}

/// Iterator of [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: Option<&'a str>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.rest?;
            let end = element_end(rest);
            let element = rest.get(..end).unwrap_or(rest).trim_matches([' ', '\t']);
            self.rest = end.checked_add(1).and_then(|next| rest.get(next..));
            if !element.is_empty() {
                return Some(element);
            }
        }
    }
}

fn element_end(text: &str) -> usize {
    // Most values are one element, which is told faster than where it ends.
    if memchr(b',', text.as_bytes()).is_none() {
        return text.len();
    }
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if !bracketed => quoted = !quoted,
            _ if quoted => {}
            b'<' => bracketed = true,
            b'>' => bracketed = false,
            b',' if !bracketed => return at,
            _ => {}
        }
    }
    text.len()
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.in_order().iter().zip(other.in_order()).enumerate().all(|(index, (ours, theirs))| {
                let (own, other) = (
                    self.fields().octets(index, &self.received),
                    other.fields().octets(index, &other.received),
                );
                ours.name == theirs.name && own == other
            })
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V: Into<ByteStr>> FromIterator<(HeaderName, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (HeaderName, V)>>(fields: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in fields {
            headers.push(name, value);
        }
        headers
    }
}
