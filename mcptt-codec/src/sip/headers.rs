//! [`Headers`]: the header fields of a message or body part in order, each with its spelling on the wire.

use std::fmt;
use std::sync::OnceLock;

use bytes::{BufMut, BytesMut};
use memchr::memchr2;

use super::header::HeaderName;
use super::header_field::Field;
use super::section;
use crate::DecodeError;
use crate::text::ByteStr;

/// An ordered list of header fields.
///
/// A received field is written back octet for octet as long as nobody replaces it; a field that we add is
/// written as `Name: value`. Equality looks at names and values, not at spelling.
#[derive(Clone, Default)]
pub struct Headers {
    /// Of a body part, made when it is first asked for: that its header section can be read is known before.
    fields: OnceLock<Vec<Field>>,
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
        let field = self.fields().iter().find(|field| field.name == *name)?;
        std::str::from_utf8(field.octets(&self.received)).ok()
    }

    /// The values of all fields of that name, one per field.
    pub fn all(&self, name: &HeaderName) -> impl Iterator<Item = &ByteStr> {
        let fields = self.fields().iter().filter(move |field| field.name == *name);
        fields.map(|field| field.value(&self.received))
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
        self.fields().iter().any(|field| field.name == *name)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &ByteStr)> {
        self.fields().iter().map(|field| (&field.name, field.value(&self.received)))
    }

    /// The fields in order with their spelling.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let received = self.received.as_str();
        self.fields().iter().map(move |field| {
            let line = field.line().and_then(|line| received.get(line));
            Line { name: &field.name, value: field.value(&self.received), received: line }
        })
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields().is_empty()
    }

    /// Adds a field after all others. A line end in the value becomes a space on the wire.
    pub fn push(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        self.fields_mut().push(Field::own(name, value.into()));
        self
    }

    /// Adds a field before all others.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        self.fields_mut().insert(0, Field::own(name, value.into()));
        self
    }

    /// Replaces every field of that name by one, at the place of the first.
    pub fn set(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        let Some(place) = self.fields().iter().position(|field| field.name == name) else {
            return self.push(name, value);
        };
        let mut seen = false;
        self.fields_mut().retain(|field| field.name != name || !std::mem::replace(&mut seen, true));
        if let Some(field) = self.fields_mut().get_mut(place) {
            *field = Field::own(name, value.into());
        }
        self
    }

    /// Removes every field of that name and tells how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        let before = self.fields().len();
        self.fields_mut().retain(|field| field.name != *name);
        before.saturating_sub(self.fields().len())
    }

    /// Adds the fields of that name of another message, in order, and tells how many there were.
    pub fn copy_from(&mut self, other: &Self, name: &HeaderName) -> usize {
        let before = self.fields().len();
        for value in other.all(name) {
            self.push(name.clone(), value.clone());
        }
        self.fields().len().saturating_sub(before)
    }

    /// Fields as they were received; their places are those inside `received`.
    pub(super) fn received(fields: Vec<Field>, received: ByteStr) -> Self {
        Self { fields: OnceLock::from(fields), ..Self::unread(received) }
    }

    /// The fields of a header section that [`section::fields`] can read, whenever somebody asks for them.
    pub(super) const fn unread(received: ByteStr) -> Self {
        Self { fields: OnceLock::new(), received, unannounced_body: None }
    }

    fn fields(&self) -> &[Field] {
        self.fields.get_or_init(|| section::fields(&self.received))
    }

    fn fields_mut(&mut self) -> &mut Vec<Field> {
        self.fields();
        self.fields.get_mut().expect("they were just made")
    }

    /// Notes that the message came without Content-Length, so that it is written back without.
    pub(super) const fn note_unannounced_body(&mut self, length: usize) {
        self.unannounced_body = Some(length);
    }

    /// The length that Content-Length announces; several fields must agree.
    pub(super) fn content_length(&self) -> Result<Option<usize>, DecodeError> {
        let mut announced = None;
        for field in self.fields().iter().filter(|field| matches!(field.name, HeaderName::ContentLength)) {
            let length = decimal(field.octets(&self.received));
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
        self.fields().iter().map(Field::written_len).fold(0, usize::saturating_add)
    }

    /// Writes the fields. With a body length, Content-Length is brought in line with it: corrected where it
    /// is wrong, added where it is missing (unless the message was received that way).
    pub(super) fn write(&self, out: &mut BytesMut, body_len: Option<usize>) {
        let received = self.received.as_bytes();
        // Lines that stood side by side are written in one go.
        let mut lines = 0..0;
        let mut announced = false;
        for field in self.fields() {
            let is_length = field.name == HeaderName::ContentLength && body_len.is_some();
            announced |= is_length;
            let is_wrong = is_length && decimal(field.octets(&self.received)) != body_len;
            match field.line() {
                Some(line) if !is_wrong && line.start == lines.end => lines.end = line.end,
                line => {
                    out.put_slice(received.get(std::mem::take(&mut lines)).unwrap_or_default());
                    match line {
                        _ if is_wrong => write_length(out, body_len),
                        Some(line) => lines = line,
                        None => field.write(out),
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
    let number = std::str::from_utf8(digits).ok()?;
    digits.iter().all(u8::is_ascii_digit).then(|| number.parse().ok()).flatten()
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
        self.fields().len() == other.fields().len()
            && self.fields().iter().zip(other.fields()).all(|(ours, theirs)| {
                ours.name == theirs.name && ours.octets(&self.received) == theirs.octets(&other.received)
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
