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

impl Section {
    /// Reads the fields up to the empty line, and tells where that ends. Offsets of errors count from the start
    /// of `source`.
    pub fn read(&self, source: &Bytes, limits: &Limits) -> Result<(Headers, usize), DecodeError> {
        let start = self.octets.start;
        let octets = source.get(self.octets.clone()).unwrap_or_default();
        self.read_all(source, octets, limits)
            .map(|(headers, end)| (headers, start.saturating_add(end)))
            .map_err(|error| DecodeError { offset: error.offset.saturating_add(start), ..error })
    }

    fn read_all(
        &self,
        source: &Bytes,
        octets: &[u8],
        limits: &Limits,
    ) -> Result<(Headers, usize), DecodeError> {
        // Places are kept in 32 bits.
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        if octets.len() > most {
            return Err(DecodeError::too_large(0, "message", most, octets.len()));
        }
        let Scan { fields, end, next, folds } = self.scan(source, octets, limits)?;
        let head = octets.get(..end).unwrap_or_default();
        if memchr_iter(b'\r', head).count() != fields.len().saturating_add(folds) {
            return Err(DecodeError::invalid(lone_return(head), LINE_END));
        }
        let received = ByteStr::from_utf8(source.slice_ref(head), "header section")?;
        Ok((Headers::received(fields, received), next))
    }

    fn scan(&self, source: &Bytes, octets: &[u8], limits: &Limits) -> Result<Scan, DecodeError> {
        let mut fields = Vec::with_capacity(self.typical_fields);
        let mut line_ends = memchr_iter(b'\n', octets);
        let (mut at, mut folds) = (0_usize, 0_usize);
        loop {
            let rest = octets.get(at..).unwrap_or_default();
            if rest.starts_with(b"\r\n") {
                return Ok(Scan { fields, end: at, next: at.saturating_add(2), folds });
            }
            if rest.is_empty() && self.may_end_at_field {
                return Ok(Scan { fields, end: at, next: at, folds });
            }
            if fields.len() >= limits.headers {
                let got = fields.len().saturating_add(1);
                return Err(DecodeError::too_large(at, "header fields", limits.headers, got));
            }
            let mut next = self.line_end(octets, &mut line_ends)?;
            let before = folds;
            while let Some(b' ' | b'\t') = octets.get(next) {
                folds = folds.saturating_add(1);
                next = self.line_end(octets, &mut line_ends)?;
            }
            let line = at..next;
            if line.len() > limits.header_field {
                return Err(DecodeError::too_large(at, "header field", limits.header_field, line.len()));
            }
            let invalid = DecodeError::invalid(at, "header field name");
            // Looked for beyond the line, since that is faster than in a short one.
            let colon = memchr(b':', rest).filter(|colon| *colon < line.len()).ok_or(invalid)?;
            let text = octets.get(line.clone()).unwrap_or_default();
            let Split { name, value } = Split::of(text, colon).ok_or(invalid)?;
            match HeaderName::known(name) {
                Some(name) if folds == before => {
                    let value = at.saturating_add(value.start)..at.saturating_add(value.end);
                    // Unlike `push`, this makes room first and then the field where it is to stand.
                    fields.extend(once_with(|| Field::received(name, line, value)));
                }
                known => fields.push(unusual(source, text, colon, at, known).ok_or(invalid)?),
            }
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
    fields: Vec<Field>,
    /// Of the last line of the last field.
    end: usize,
    /// Where what follows the section begins.
    next: usize,
    /// Line ends inside fields.
    folds: usize,
}

pub(super) const LINE_END: &str = "line end";

/// The first carriage return that no line feed follows.
fn lone_return(octets: &[u8]) -> usize {
    let is_lone = |at: &usize| at.checked_add(1).and_then(|next| octets.get(next)) != Some(&b'\n');
    memchr_iter(b'\r', octets).find(is_lone).unwrap_or_default()
}

/// A field taken apart.
struct Split<'a> {
    /// White space behind it removed.
    name: &'a [u8],
    /// Place of the value, white space around it removed.
    value: Range<usize>,
}

impl<'a> Split<'a> {
    /// The lines of one field, line ends included, and the place of its colon.
    #[inline]
    fn of(text: &'a [u8], colon: usize) -> Option<Self> {
        let (mut name, rest) = text.split_at_checked(colon)?;
        // No fold may stand between name and colon.
        while let [shorter @ .., b' ' | b'\t'] = name {
            name = shorter;
        }
        let spaces = rest.iter().skip(1).take_while(|octet| is_space(**octet)).count();
        let start = colon.saturating_add(1).saturating_add(spaces);
        let trailing = rest.iter().rev().take_while(|octet| is_space(**octet)).count();
        Some(Self { name, value: start..text.len().saturating_sub(trailing).max(start) })
    }
}

/// A field with folds or with a name that we do not know. `None` when the name is none.
#[cold]
fn unusual(
    source: &Bytes,
    text: &[u8],
    colon: usize,
    at: usize,
    known: Option<HeaderName>,
) -> Option<Field> {
    let Split { name, value } = Split::of(text, colon)?;
    let name = match known {
        Some(name) => name,
        None => HeaderName::Other(Box::new(unknown_name(source.slice_ref(name))?)),
    };
    let end = at.saturating_add(text.len());
    let inside = text.get(value.clone())?;
    Some(if memchr(b'\n', inside).is_some() {
        Field::folded(name, at..end, unfold(&String::from_utf8_lossy(inside)).into())
    } else {
        Field::received(name, at..end, at.saturating_add(value.start)..at.saturating_add(value.end))
    })
}

fn unknown_name(name: Bytes) -> Option<ByteStr> {
    let is_token = !name.is_empty() && name.iter().all(|octet| is_token_octet(*octet));
    is_token.then(|| ByteStr::from_utf8(name, "header field name").ok()).flatten()
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
