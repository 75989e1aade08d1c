//! [`Headers`]: the header fields of a message or body part in order, each with its spelling on the wire.

use std::fmt;
use std::ops::Range;

use bytes::{BufMut, BytesMut};
use memchr::memchr2;

use super::grammar::is_token_octet;
use super::header::HeaderName;
use super::limits::Limits;
use crate::DecodeError;
use crate::text::ByteStr;

/// An ordered list of header fields.
///
/// A received field is written back octet for octet as long as nobody replaces it; a field that we add is
/// written as `Name: value`. Equality looks at names and values, not at spelling.
#[derive(Clone, Default)]
pub struct Headers {
    fields: Vec<Field>,
    /// The header section that the received fields are lines of.
    received: ByteStr,
    /// Set when the message was received without Content-Length: the length that its body had.
    unannounced_body: Option<usize>,
}

#[derive(Clone)]
struct Field {
    name: HeaderName,
    /// White space around it removed, folds replaced by one space.
    value: ByteStr,
    /// The octets of a received field inside `received`, line end included.
    line: Option<Range<u32>>,
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
        Self { fields: Vec::new(), received: ByteStr::EMPTY, unannounced_body: None }
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &HeaderName) -> Option<&ByteStr> {
        self.fields.iter().find(|field| field.name == *name).map(|field| &field.value)
    }

    /// The values of all fields of that name, one per field.
    pub fn all(&self, name: &HeaderName) -> impl Iterator<Item = &ByteStr> {
        self.fields.iter().filter(move |field| field.name == *name).map(|field| &field.value)
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
        self.fields.iter().any(|field| field.name == *name)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &ByteStr)> {
        self.fields.iter().map(|field| (&field.name, &field.value))
    }

    /// The fields in order with their spelling.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let received = self.received.as_str();
        self.fields.iter().map(move |Field { name, value, line }| {
            let received = line.as_ref().and_then(|line| received.get(as_usize(line)));
            Line { name, value, received }
        })
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Adds a field after all others. A line end in the value becomes a space on the wire.
    pub fn push(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        self.fields.push(Field { name, value: value.into(), line: None });
        self
    }

    /// Adds a field before all others.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        self.fields.insert(0, Field { name, value: value.into(), line: None });
        self
    }

    /// Replaces every field of that name by one, at the place of the first.
    pub fn set(&mut self, name: HeaderName, value: impl Into<ByteStr>) -> &mut Self {
        let Some(place) = self.fields.iter().position(|field| field.name == name) else {
            return self.push(name, value);
        };
        let mut seen = false;
        self.fields.retain(|field| field.name != name || !std::mem::replace(&mut seen, true));
        if let Some(field) = self.fields.get_mut(place) {
            *field = Field { name, value: value.into(), line: None };
        }
        self
    }

    /// Removes every field of that name and tells how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        let before = self.fields.len();
        self.fields.retain(|field| field.name != *name);
        before.saturating_sub(self.fields.len())
    }

    /// Adds the fields of that name of another message, in order, and tells how many there were.
    pub fn copy_from(&mut self, other: &Self, name: &HeaderName) -> usize {
        let before = self.fields.len();
        for value in other.all(name) {
            self.push(name.clone(), value.clone());
        }
        self.fields.len().saturating_sub(before)
    }

    /// Reads the lines of a header section, each with its line end. `text` is what is left to read of
    /// `section`, and `base` the offset of the section in the input.
    pub(super) fn decode(
        section: &ByteStr,
        text: &str,
        base: usize,
        limits: &Limits,
    ) -> Result<Self, DecodeError> {
        let base = base.saturating_add(section.as_bytes().len().saturating_sub(text.len()));
        let mut fields = Vec::with_capacity((text.len() / TYPICAL_FIELD_LEN).min(TYPICAL_FIELDS));
        let mut start = 0_usize;
        while start < text.len() {
            let at = base.saturating_add(start);
            if fields.len() >= limits.headers {
                let got = fields.len().saturating_add(1);
                return Err(DecodeError::too_large(at, "header fields", limits.headers, got));
            }
            let rest = text.get(start..).unwrap_or_default();
            let extent = Extent::of(rest).map_err(|bad| bad.at(at))?;
            if extent.next > limits.header_field {
                return Err(DecodeError::too_large(at, "header field", limits.header_field, extent.next));
            }
            let line = rest.get(..extent.end).unwrap_or_default();
            let next = start.saturating_add(extent.next);
            let (name, value) = split_field(line).ok_or(DecodeError::invalid(at, "header field name"))?;
            let value = if extent.folded { unfold(value).into() } else { section.share(value) };
            let name = HeaderName::shared(section, name);
            // A span beyond u32 cannot occur below any sensible limit; such a field would merely be
            // respelled.
            let line = u32::try_from(start).ok().zip(u32::try_from(next).ok()).map(|(from, to)| from..to);
            fields.push(Field { name, value, line });
            start = next;
        }
        Ok(Self { fields, received: section.share(text), unannounced_body: None })
    }

    /// Notes that the message came without Content-Length, so that it is written back without.
    pub(super) const fn note_unannounced_body(&mut self, length: usize) {
        self.unannounced_body = Some(length);
    }

    /// The length that Content-Length announces; several fields must agree.
    pub(super) fn content_length(&self) -> Result<Option<usize>, DecodeError> {
        let mut announced = None;
        for value in self.all(&HeaderName::ContentLength) {
            let digits = value.bytes().all(|octet| octet.is_ascii_digit());
            let length = digits.then(|| value.parse().ok()).flatten();
            let length: usize = length.ok_or(DecodeError::invalid(0, "Content-Length"))?;
            if announced.is_some_and(|other| other != length) {
                return Err(DecodeError::invalid(0, "Content-Length"));
            }
            announced = Some(length);
        }
        Ok(announced)
    }

    /// About how many octets [`Headers::write`] adds.
    pub(super) fn written_len(&self) -> usize {
        let one = |field: &Field| {
            field.name.as_str().len().saturating_add(field.value.as_bytes().len()).saturating_add(4)
        };
        self.fields.iter().map(one).fold(self.received.as_bytes().len(), usize::saturating_add)
    }

    /// Writes the fields. With a body length, Content-Length is brought in line with it: corrected where it
    /// is wrong, added where it is missing (unless the message was received that way).
    pub(super) fn write(&self, out: &mut BytesMut, body_len: Option<usize>) {
        let mut announced = false;
        for field in &self.fields {
            if field.name == HeaderName::ContentLength && body_len.is_some() {
                announced = true;
                if field.value.parse().ok() != body_len {
                    write_length(out, body_len);
                    continue;
                }
            }
            let line = field.line.as_ref().and_then(|line| self.received.as_bytes().get(as_usize(line)));
            match line {
                Some(line) => out.put_slice(line),
                None => {
                    write_text(out, field.name.as_str());
                    out.put_slice(b": ");
                    write_text(out, field.value.as_str());
                    out.put_slice(b"\r\n");
                }
            }
        }
        if !announced && self.unannounced_body != body_len {
            write_length(out, body_len);
        }
    }
}

/// The most fields that room is made for in advance, so that the list of a typical message is allocated once.
const TYPICAL_FIELDS: usize = 24;
/// Few fields are shorter than this.
const TYPICAL_FIELD_LEN: usize = 24;

fn as_usize(span: &Range<u32>) -> Range<usize> {
    // Every target that tokio and this project know has at least 32 bit addresses.
    let wide = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    wide(span.start)..wide(span.end)
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

/// How far a header field reaches in the text that begins with it.
struct Extent {
    /// End of its text, line end excluded.
    end: usize,
    /// Start of what follows.
    next: usize,
    folded: bool,
}

/// A carriage return or line feed that stands alone.
struct LoneLineEnd(usize);

impl LoneLineEnd {
    const fn at(self, base: usize) -> DecodeError {
        DecodeError::invalid(base.saturating_add(self.0), "line end")
    }
}

impl Extent {
    fn of(text: &str) -> Result<Self, LoneLineEnd> {
        let octets = text.as_bytes();
        let mut folded = false;
        let mut from = 0_usize;
        loop {
            let rest = octets.get(from..).unwrap_or_default();
            let Some(found) = memchr2(b'\r', b'\n', rest) else {
                // The caller hands over whole lines only.
                return Err(LoneLineEnd(octets.len()));
            };
            let end = from.saturating_add(found);
            let mut after = octets.iter().skip(end);
            if (after.next(), after.next()) != (Some(&b'\r'), Some(&b'\n')) {
                return Err(LoneLineEnd(end));
            }
            let next = end.saturating_add(2);
            if matches!(after.next(), Some(b' ' | b'\t')) {
                folded = true;
                from = next;
            } else {
                return Ok(Self { end, next, folded });
            }
        }
    }
}

/// Name and value, white space around both removed.
fn split_field(line: &str) -> Option<(&str, &str)> {
    let name_end = line.bytes().position(|octet| !is_token_octet(octet)).filter(|end| *end > 0)?;
    let (name, rest) = line.split_at_checked(name_end)?;
    let value = rest.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    Some((name, value.trim_matches([' ', '\t', '\r', '\n'])))
}

/// A fold, with the white space around it, means one space (RFC 3261 7.3.1).
fn unfold(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    for piece in value.split("\r\n").map(|piece| piece.trim_matches([' ', '\t'])) {
        if !plain.is_empty() && !piece.is_empty() {
            plain.push(' ');
        }
        plain.push_str(piece);
    }
    plain
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
        self.iter().eq(other.iter())
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
