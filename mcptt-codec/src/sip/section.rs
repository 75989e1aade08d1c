//! Reading a header section: one pass over its lines, no text copied, folds aside.
//!
//! A field is noted as the places of its line and its value; its value is cut out when somebody asks for it. A
//! message has some twenty fields of which a procedure looks at five.

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr_iter;

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
    #[inline]
    fn walk(
        &self,
        source: &Bytes,
        limits: &Limits,
        found: impl FnMut(Line<'_>) -> Option<()>,
    ) -> Result<(ByteStr, usize), DecodeError> {
        let start = self.octets.start;
        let octets = source.get(self.octets.clone()).unwrap_or_default();
        let walked = self.scan(octets, limits, found).and_then(|Scan { end, next }| {
            let head = octets.get(..end).unwrap_or_default();
            let received = source.slice(start..start.wrapping_add(end));
            if has_lone_return(head) {
                return Err(DecodeError::invalid(lone_return(head), LINE_END));
            }
            Ok((ByteStr::from_utf8(received, "header section")?, start.wrapping_add(next)))
        });
        walked.map_err(|error| DecodeError { offset: error.offset.saturating_add(start), ..error })
    }

    /// Sums wrap only in name: all of them are places in the octets.
    #[inline]
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
        let mut line_feeds = memchr_iter(b'\n', octets);
        let (mut at, mut fields) = (0_usize, 0_usize);
        loop {
            let rest = octets.get(at..).unwrap_or_default();
            match rest {
                [b'\r', b'\n', ..] => return Ok(Scan { end: at, next: at.wrapping_add(2) }),
                [] if self.may_end_at_field => return Ok(Scan { end: at, next: at }),
                _ => {}
            }
            if fields >= limits.headers {
                let got = fields.saturating_add(1);
                return Err(DecodeError::too_large(at, "header fields", limits.headers, got));
            }
            let length = loop {
                let Some(line_feed) = line_feeds.next() else {
                    return Err(DecodeError::missing(octets.len(), self.missing_end));
                };
                let length = line_feed.wrapping_sub(at).wrapping_add(1);
                match rest.split_at_checked(length) {
                    Some(([.., b'\r', b'\n'], [b' ' | b'\t', ..])) => {}
                    Some(([.., b'\r', b'\n'], _)) => break length,
                    _ => return Err(DecodeError::invalid(line_feed, LINE_END)),
                }
            };
            if length > limits.header_field {
                return Err(DecodeError::too_large(at, "header field", limits.header_field, length));
            }
            let found = colon(rest).and_then(|colon| {
                let (name, value) =
                    rest.get(..length.wrapping_sub(LINE_END_LENGTH))?.split_at_checked(colon)?;
                found(Line { at, length, name, value: value.split_first()?.1 })
            });
            if found.is_none() {
                return Err(DecodeError::invalid(at, "header field name"));
            }
            fields = fields.wrapping_add(1);
            at = at.wrapping_add(length);
        }
    }
}

struct Scan {
    /// Of the last line of the last field.
    end: usize,
    /// Where what follows the section begins.
    next: usize,
}

/// The fields of a header section that was checked, its empty line left out.
pub(super) fn fields(received: &ByteStr) -> Vec<Field> {
    const NO_MORE: Limits = Limits { headers: usize::MAX, header_field: usize::MAX, ..Limits::DEFAULT };
    let source = received.buffer();
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
/// Octets of a line end.
const LINE_END_LENGTH: usize = 2;

/// The place of the first colon. Names are so short that it takes less to look at eight octets at a time than to
/// call `memchr`.
#[inline]
fn colon(octets: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const COLONS: u64 = u64::from_ne_bytes([b':'; 8]);
    let (mut rest, mut before) = (octets, 0_usize);
    while let Some((word, behind)) = rest.split_first_chunk() {
        // An octet is zero where a colon stands; the lowest high bit that is left is that of the first one.
        let apart = u64::from_le_bytes(*word) ^ COLONS;
        let found = apart.wrapping_sub(EACH) & !apart & HIGH;
        if found != 0 {
            return Some(before.wrapping_add((found.trailing_zeros() / u8::BITS) as usize));
        }
        (rest, before) = (behind, before.wrapping_add(word.len()));
    }
    rest.iter().position(|octet| *octet == b':').map(|colon| colon.wrapping_add(before))
}

/// Whether a carriage return stands before something else than a line feed, in a section that is empty or ends in a line end.
/// Looks at every octet without a branch, so that the compiler can take many at a time.
fn has_lone_return(octets: &[u8]) -> bool {
    let pairs = octets.iter().zip(octets.get(1..).unwrap_or_default());
    pairs.fold(0, |lone, (octet, next)| lone | u8::from((*octet == b'\r') & (*next != b'\n'))) != 0
}

/// The first carriage return that no line feed follows.
fn lone_return(octets: &[u8]) -> usize {
    let is_lone = |at: &usize| at.checked_add(1).and_then(|next| octets.get(next)) != Some(&b'\n');
    memchr_iter(b'\r', octets).find(is_lone).unwrap_or_default()
}

/// The lines of one field.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// Its place in the section.
    at: usize,
    /// Line ends included.
    length: usize,
    /// What stands before the colon.
    name: &'a [u8],
    /// What stands between it and the last line end.
    value: &'a [u8],
}

impl<'a> Line<'a> {
    /// White space behind it removed.
    #[inline]
    const fn name(&self) -> &'a [u8] {
        let mut name = self.name;
        // No fold may stand between name and colon.
        while let [shorter @ .., b' ' | b'\t'] = name {
            name = shorter;
        }
        name
    }

    /// White space and line ends around it removed, and how many octets stand behind those in front.
    #[inline]
    const fn value(&self) -> (&'a [u8], usize) {
        // Nearly all values look like this.
        if let [b' ', value @ ..] = self.value
            && let [b'!'..=u8::MAX, .., b'!'..=u8::MAX] = value
        {
            return (value, value.len());
        }
        let mut value = self.value;
        while let [b' ' | b'\t' | b'\r' | b'\n', shorter @ ..] = value {
            value = shorter;
        }
        let behind = value.len();
        while let [shorter @ .., b' ' | b'\t' | b'\r' | b'\n'] = value {
            value = shorter;
        }
        (value, behind)
    }

    /// Adds the field to a list. `None` when the name is none.
    #[inline(always)]
    fn read_into(self, fields: &mut Vec<Field>, source: &Bytes) -> Option<()> {
        let name = match HeaderName::known(self.name()) {
            Some(name) => name,
            None => unknown_name(source, self.name())?,
        };
        // Sums wrap only in name: all of them are places in the section.
        let end = self.at.wrapping_add(self.length);
        let (value, behind) = self.value();
        let start = end.wrapping_sub(LINE_END_LENGTH).wrapping_sub(behind);
        fields.push(Field::received(name, self.at..end, start..start.wrapping_add(value.len())));
        Some(())
    }

    /// Looks whether the field has a name, and at the first Content-Type.
    #[inline]
    fn check(self, is_multipart: &mut Option<bool>) -> Option<()> {
        match HeaderName::known(self.name()) {
            None => return is_name(self.name()).then_some(()),
            Some(HeaderName::ContentType) if is_multipart.is_none() => {
                // What is left of a fold is a space, which would end these letters as well.
                *is_multipart = Some(names_multipart(self.value().0));
            }
            Some(_) => {}
        }
        Some(())
    }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|octet| is_token_octet(*octet))
}

#[cold]
fn unknown_name(source: &Bytes, name: &[u8]) -> Option<HeaderName> {
    let name = is_name(name).then(|| source.slice_ref(name))?;
    Some(HeaderName::Other(Box::new(ByteStr::from_utf8(name, "header field name").ok()?)))
}

/// A fold, with the white space around it, means one space (RFC 3261 7.3.1).
pub(super) fn unfold(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    for piece in value.split("\r\n").map(|piece| piece.trim_matches([' ', '\t'])) {
        if !plain.is_empty() && !piece.is_empty() {
            plain.push(' ');
        }
        plain.push_str(piece);
    }
    plain
}
