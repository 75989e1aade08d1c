//! Reading a header section: one pass over its lines, no text copied, folds aside.
//!
//! A field is noted as the places of its line and its value; [`Headers`] cuts a value out when somebody asks
//! for it. A message has some twenty fields of which a procedure looks at five.

use std::ops::Range;

use bytes::Bytes;
use memchr::{Memchr, memchr_iter};

use super::header_field::Field;
use super::grammar::is_token_octet;
use super::header::HeaderName;
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
        let octets = source.slice(self.octets.clone());
        self.read_all(&octets, limits)
            .map(|(headers, end)| (headers, start.saturating_add(end)))
            .map_err(|error| DecodeError { offset: error.offset.saturating_add(start), ..error })
    }

    fn read_all(&self, octets: &Bytes, limits: &Limits) -> Result<(Headers, usize), DecodeError> {
        // Places are kept in 32 bits.
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        if octets.len() > most {
            return Err(DecodeError::too_large(0, "message", most, octets.len()));
        }
        let Scan { fields, end, next, folds } = self.scan(octets, limits)?;
        let head = octets.get(..end).unwrap_or_default();
        if memchr_iter(b'\r', head).count() != fields.len().saturating_add(folds) {
            return Err(DecodeError::invalid(lone_return(head), LINE_END));
        }
        let received = ByteStr::from_utf8(octets.slice(..end), "header section")?;
        Ok((Headers::received(fields, received), next))
    }

    fn scan(&self, octets: &Bytes, limits: &Limits) -> Result<Scan, DecodeError> {
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
            let field = field(octets, line, folds > before);
            fields.push(field.ok_or(DecodeError::invalid(at, "header field name"))?);
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

/// The field in those lines, line ends included. `None` when its name is none.
fn field(octets: &Bytes, lines: Range<usize>, folded: bool) -> Option<Field> {
    let text = octets.get(lines.clone())?;
    let colon = text.iter().position(|octet| *octet == b':')?;
    let (name, rest) = text.split_at_checked(colon)?;
    let mut name = name;
    // No fold may stand between name and colon.
    while let [shorter @ .., b' ' | b'\t'] = name {
        name = shorter;
    }
    let name = match HeaderName::known(name) {
        Some(name) => name,
        None => HeaderName::Other(unknown_name(octets.slice_ref(name))?),
    };
    let rest = rest.get(1..)?;
    let spaces = rest.iter().take_while(|octet| is_space(**octet)).count();
    let start = lines.start.saturating_add(colon).saturating_add(1).saturating_add(spaces);
    let trailing = rest.iter().rev().take_while(|octet| is_space(**octet)).count();
    let value = start..lines.end.saturating_sub(trailing).max(start);
    Some(if folded {
        let text = String::from_utf8_lossy(octets.get(value).unwrap_or_default());
        Field::folded(name, lines, unfold(&text).into())
    } else {
        Field::received(name, lines, value)
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
