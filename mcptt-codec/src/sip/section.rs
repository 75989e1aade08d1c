//! Reading a header section: one pass over its lines, no text copied, folds aside.
//!
//! A field is noted as the places of its line and its value; [`Headers`] cuts a value out when somebody asks
//! for it. A message has some twenty fields of which a procedure looks at five.

use std::iter::once_with;
use std::ops::Range;

use bytes::Bytes;
use memchr::{Memchr, memchr, memchr_iter};

use super::grammar::is_token_octet;
use super::header::HeaderName;
use super::header_field::Field;
use super::headers::Headers;
use super::limits::Limits;
use super::multipart::names_multipart;
use crate::DecodeError;
use crate::text::ByteStr;

/// Where a header section lies.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// The octets that may belong to it.
    pub octets: Range<usize>,
    /// What the error says when they end before the section does.
    pub missing_end: &'static str,
    /// Whether their end is as good as an empty line when it is that of a field.
    pub may_end_at_field: bool,
    /// How many fields to make room for.
    pub typical_fields: usize,
}

/// A header section that can be read, its fields still unread.
pub(super) struct Unread {
    pub headers: Headers,
    /// Where the section ends.
    pub end: usize,
    /// Whether its Content-Type is that of a body of several parts.
    pub is_multipart: bool,
}

impl Section {
    /// Reads the fields up to the empty line, and tells where that ends. Offsets of errors count from the start
    /// of `source`.
    pub fn read(&self, source: &Bytes, limits: &Limits) -> Result<(Headers, usize), DecodeError> {
        let mut fields = Vec::with_capacity(self.typical_fields);
        let (received, end) = self.walk(source, limits, |line| line.read_into(&mut fields, source))?;
        Ok((Headers::received(fields, received), end))
    }

    /// Like [`Section::read`] without a list of the fields: of most body parts, only few are looked at.
    pub fn check(&self, source: &Bytes, limits: &Limits) -> Result<Unread, DecodeError> {
        let mut is_multipart = None;
        let (received, end) = self.walk(source, limits, |line| line.check(&mut is_multipart))?;
        Ok(Unread { headers: Headers::unread(received), end, is_multipart: is_multipart.unwrap_or_default() })
    }

    /// Hands over field after field, and returns the lines of all of them and the end of the section.
    fn walk(
        &self,
        source: &Bytes,
        limits: &Limits,
        found: impl FnMut(Line<'_>) -> Option<()>,
    ) -> Result<(ByteStr, usize), DecodeError> {
        let start = self.octets.start;
        let octets = source.get(self.octets.clone()).unwrap_or_default();
        let walked = self.scan(octets, limits, found).and_then(|Scan { end, next, line_ends }| {
            let head = octets.get(..end).unwrap_or_default();
            if memchr_iter(b'\r', head).count() != line_ends {
                return Err(DecodeError::invalid(lone_return(head), LINE_END));
            }
            let received = ByteStr::from_utf8(source.slice_ref(head), "header section")?;
            Ok((received, start.saturating_add(next)))
        });
        walked.map_err(|error| DecodeError { offset: error.offset.saturating_add(start), ..error })
    }

    fn scan(
        &self,
        octets: &[u8],
        limits: &Limits,
        mut found: impl FnMut(Line<'_>) -> Option<()>,
    ) -> Result<Scan, DecodeError> {
        // Places are kept in 32 bits.
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        if octets.len() > most {
            return Err(DecodeError::too_large(0, "message", most, octets.len()));
        }
        let mut line_ends = memchr_iter(b'\n', octets);
        let (mut at, mut fields, mut folds) = (0_usize, 0_usize, 0_usize);
        loop {
            let rest = octets.get(at..).unwrap_or_default();
            let is_end = rest.starts_with(b"\r\n");
            if is_end || (rest.is_empty() && self.may_end_at_field) {
                let next = if is_end { at.saturating_add(2) } else { at };
                return Ok(Scan { end: at, next, line_ends: fields.saturating_add(folds) });
            }
            if fields >= limits.headers {
                let got = fields.saturating_add(1);
                return Err(DecodeError::too_large(at, "header fields", limits.headers, got));
            }
            let mut next = self.line_end(octets, &mut line_ends)?;
            let before = folds;
            while let Some(b' ' | b'\t') = octets.get(next) {
                folds = folds.saturating_add(1);
                next = self.line_end(octets, &mut line_ends)?;
            }
            let length = next.saturating_sub(at);
            if length > limits.header_field {
                return Err(DecodeError::too_large(at, "header field", limits.header_field, length));
            }
            let invalid = DecodeError::invalid(at, "header field name");
            // Looked for beyond the line, since that is faster than in a short one.
            let colon = memchr(b':', rest).filter(|colon| *colon < length).ok_or(invalid)?;
            let text = octets.get(at..next).unwrap_or_default();
            found(Line { text, at, colon, has_folds: folds != before }).ok_or(invalid)?;
            fields = fields.saturating_add(1);
            at = next;
        }
    }

    /// The start of the line after the next line end, which must be a whole one.
    fn line_end(&self, octets: &[u8], line_ends: &mut Memchr<'_>) -> Result<usize, DecodeError> {
        let missing = DecodeError::missing(octets.len(), self.missing_end);
        let end = line_ends.next().ok_or(missing)?;
        match end.checked_sub(1).and_then(|before| octets.get(before)) {
            Some(b'\r') => Ok(end.saturating_add(1)),
            _ => Err(DecodeError::invalid(end, LINE_END)),
        }
    }
}

struct Scan {
    /// Of the last line of the last field.
    end: usize,
    /// Where what follows the section begins.
    next: usize,
    /// How many there are, those inside fields included.
    line_ends: usize,
}

/// The fields of a header section that was checked, its empty line left out.
pub(super) fn fields(received: &ByteStr) -> Vec<Field> {
    const NO_MORE: Limits = Limits { headers: usize::MAX, header_field: usize::MAX, ..Limits::DEFAULT };
    let source = received.as_bytes();
    if source.is_empty() {
        return Vec::new();
    }
    let octets = 0..source.len();
    let section = Section { octets, missing_end: "line end", may_end_at_field: true, typical_fields: 2 };
    let mut fields = Vec::with_capacity(section.typical_fields);
    let read = section.scan(source, &NO_MORE, |line| line.read_into(&mut fields, source));
    debug_assert!(read.is_ok(), "it was checked");
    fields
}

pub(super) const LINE_END: &str = "line end";

/// The first carriage return that no line feed follows.
fn lone_return(octets: &[u8]) -> usize {
    let is_lone = |at: &usize| at.checked_add(1).and_then(|next| octets.get(next)) != Some(&b'\n');
    memchr_iter(b'\r', octets).find(is_lone).unwrap_or_default()
}

/// The lines of one field.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// Line ends included.
    text: &'a [u8],
    /// Its place in the section.
    at: usize,
    /// Place of the colon in the text.
    colon: usize,
    has_folds: bool,
}

impl<'a> Line<'a> {
    /// White space behind it removed.
    #[inline]
    fn name(&self) -> &'a [u8] {
        let mut name = self.text.get(..self.colon).unwrap_or_default();
        // No fold may stand between name and colon.
        while let [shorter @ .., b' ' | b'\t'] = name {
            name = shorter;
        }
        name
    }

    /// Place of the value in the text, white space around it removed.
    #[inline]
    fn value(&self) -> Range<usize> {
        let rest = self.text.get(self.colon..).unwrap_or_default();
        let spaces = rest.iter().skip(1).take_while(|octet| is_space(**octet)).count();
        let start = self.colon.saturating_add(1).saturating_add(spaces);
        let trailing = rest.iter().rev().take_while(|octet| is_space(**octet)).count();
        start..self.text.len().saturating_sub(trailing).max(start)
    }

    /// Adds the field to a list. `None` when the name is none.
    #[inline]
    fn read_into(self, fields: &mut Vec<Field>, source: &Bytes) -> Option<()> {
        match HeaderName::known(self.name()) {
            Some(name) if !self.has_folds => {
                let value = self.value();
                let value = self.at.saturating_add(value.start)..self.at.saturating_add(value.end);
                let line = self.at..self.at.saturating_add(self.text.len());
                // Unlike `push`, this makes room first and then the field where it is to stand.
                fields.extend(once_with(|| Field::received(name, line, value)));
            }
            known => fields.push(self.unusual(source, known)?),
        }
        Some(())
    }

    /// Looks whether the field has a name, and at the first Content-Type.
    #[inline]
    fn check(self, is_multipart: &mut Option<bool>) -> Option<()> {
        match HeaderName::known(self.name()) {
            None => return is_name(self.name()).then_some(()),
            Some(HeaderName::ContentType) if is_multipart.is_none() => {
                // What is left of a fold is a space, which would end these letters as well.
                let value = self.text.get(self.value()).unwrap_or_default();
                *is_multipart = Some(names_multipart(value));
            }
            Some(_) => {}
        }
        Some(())
    }

    /// A field with folds or with a name that we do not know. `None` when the name is none.
    #[cold]
    fn unusual(self, source: &Bytes, known: Option<HeaderName>) -> Option<Field> {
        let name = match known {
            Some(name) => name,
            None => HeaderName::Other(Box::new(unknown_name(source.slice_ref(self.name()))?)),
        };
        let (line, value) = (self.at..self.at.saturating_add(self.text.len()), self.value());
        let inside = self.text.get(value.clone())?;
        Some(if memchr(b'\n', inside).is_some() {
            Field::folded(name, line, unfold(&String::from_utf8_lossy(inside)).into())
        } else {
            let value = self.at.saturating_add(value.start)..self.at.saturating_add(value.end);
            Field::received(name, line, value)
        })
    }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|octet| is_token_octet(*octet))
}

fn unknown_name(name: Bytes) -> Option<ByteStr> {
    is_name(&name).then(|| ByteStr::from_utf8(name, "header field name").ok()).flatten()
}

/// White space, and the line ends of folds.
const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
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
