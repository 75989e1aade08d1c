//! Bodies of several parts (RFC 2046 5.1, RFC 5621).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use bytes::{BufMut, Bytes, BytesMut};
use memchr::memmem::{self, Finder};

use super::content_type::ContentType;
use super::grammar::is_token;
use super::header::HeaderName;
use super::headers::Headers;
use super::limits::Limits;
use super::section::{Section, Unread};
use crate::DecodeError;
use crate::text::ByteStr;

/// One body with the header fields that describe it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Content-Type and its kin.
    pub headers: Headers,
    /// The octets, a slice of the message.
    pub body: Bytes,
}

impl Part {
    /// A part of that media type.
    pub fn new(content_type: impl Into<ByteStr>, body: impl Into<Bytes>) -> Self {
        let mut headers = Headers::new();
        headers.push(HeaderName::ContentType, content_type);
        Self { headers, body: body.into() }
    }

    /// The part with one more header field.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<ByteStr>) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Whether the part is of that media type, given as `kind/subtype`. A part that does not say is
    /// `text/plain`.
    pub fn is(&self, mime: &str) -> bool {
        match self.headers.content_type() {
            Ok(Some(own)) => own.is(mime),
            Ok(None) => mime.eq_ignore_ascii_case("text/plain"),
            Err(_) => false,
        }
    }

    /// The disposition without its parameters, such as `recipient-list`.
    pub fn disposition(&self) -> Option<&str> {
        let value = self.headers.get(&HeaderName::ContentDisposition)?.as_str();
        value.split(';').next().map(|kind| kind.trim_matches([' ', '\t']))
    }

    /// Whether a receiver that cannot use the part must refuse the message: so unless `handling=optional` is
    /// said (RFC 3261 20.11).
    pub fn is_required(&self) -> bool {
        let value =
            self.headers.get(&HeaderName::ContentDisposition).map(ByteStr::as_str).unwrap_or_default();
        !value.split(';').skip(1).any(|param| {
            param.split_once('=').is_some_and(|(name, handling)| {
                name.trim().eq_ignore_ascii_case("handling")
                    && handling.trim().eq_ignore_ascii_case("optional")
            })
        })
    }

    /// Content-ID without its angle brackets, as a `cid:` URI names it.
    pub fn content_id(&self) -> Option<&str> {
        let value = self.headers.get(&HeaderName::ContentId)?.as_str();
        value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).or(Some(value))
    }
}

/// Splits a multipart body at the boundary that its Content-Type names. Preamble and epilogue are dropped.
///
/// # Errors [`DecodeError`] when the boundary is missing or no boundary, when the first or the closing
/// delimiter is missing, when a part has no readable header section, or beyond a limit. Offsets count from
/// the start of the body.
pub fn parse(content_type: &str, body: &Bytes, limits: &Limits) -> Result<Vec<Part>, DecodeError> {
    let mut parts = Vec::new();
    let Some(boundary) = boundary(content_type)? else {
        return Err(DecodeError::invalid(0, "multipart media type"));
    };
    split(&boundary, body, limits, None, &mut parts)?;
    Ok(parts)
}

/// The parts of a message whether its body is a multipart or a single body, which then is the only part. No
/// body, no part. Multiparts inside a multipart are replaced by their parts; a message inside a message is a
/// part.
///
/// # Errors
/// As [`parse`], and a body without Content-Type.
pub fn body_parts(
    message_headers: &Headers,
    body: &Bytes,
    limits: &Limits,
) -> Result<Vec<Part>, DecodeError> {
    let mut parts = Vec::new();
    if body.is_empty() {
        return Ok(parts);
    }
    let content_type = message_headers.peek(&HeaderName::ContentType);
    let content_type = content_type.ok_or(DecodeError::missing(0, "Content-Type"))?;
    if let Some(boundary) = boundary(content_type)? {
        split(&boundary, body, limits, Some(limits.depth), &mut parts)?;
    } else {
        let mut headers = Headers::new();
        for name in DESCRIBING {
            headers.copy_from(message_headers, &name);
        }
        parts.push(Part { headers, body: body.clone() });
    }
    Ok(parts)
}

/// The parts between delimiters of that boundary, with a closing delimiter at the end.
pub fn write(parts: &[Part], boundary: &str) -> Bytes {
    let size = parts.iter().fold(boundary.len().saturating_add(8), |size, part| {
        let own = part.headers.written_len().saturating_add(part.body.len());
        size.saturating_add(own).saturating_add(boundary.len()).saturating_add(8)
    });
    let mut out = BytesMut::with_capacity(size);
    for part in parts {
        delimiter(&mut out, boundary);
        out.put_slice(b"\r\n");
        part.headers.write(&mut out, None);
        out.put_slice(b"\r\n");
        out.put_slice(&part.body);
        out.put_slice(b"\r\n");
    }
    delimiter(&mut out, boundary);
    out.put_slice(b"--\r\n");
    out.freeze()
}

/// Makes the parts the body of a message: nothing for no part, the body itself for one that needs nothing
/// around it, multipart/mixed for all others. The header fields that described the old body are replaced; the
/// new body is returned.
pub fn set_body(headers: &mut Headers, parts: &[Part]) -> Bytes {
    for name in DESCRIBING {
        headers.remove(&name);
    }
    headers.remove(&HeaderName::ContentLength);
    match parts {
        [] => Bytes::new(),
        // Any other field of the part would become a field of the message, a Route for instance.
        [part] if part.headers.iter().all(|(name, _)| DESCRIBING.contains(name)) => {
            for (name, value) in part.headers.iter() {
                headers.push(name.clone(), value.clone());
            }
            part.body.clone()
        }
        parts => {
            let boundary = free_boundary(parts);
            headers.push(HeaderName::ContentType, format!("multipart/mixed;boundary={boundary}"));
            write(parts, &boundary)
        }
    }
}

/// The header fields that belong to a body and not to the message that carries it.
const DESCRIBING: [HeaderName; 7] = [
    HeaderName::ContentType,
    HeaderName::ContentDisposition,
    HeaderName::ContentEncoding,
    HeaderName::ContentLanguage,
    HeaderName::ContentId,
    HeaderName::ContentTransferEncoding,
    HeaderName::MimeVersion,
];

fn delimiter(out: &mut BytesMut, boundary: &str) {
    out.put_slice(b"--");
    out.put_slice(boundary.as_bytes());
}

/// A boundary that occurs in none of the parts: the first unused number behind a fixed prefix.
fn free_boundary(parts: &[Part]) -> String {
    const PREFIX: &[u8] = b"mcptt-part-";
    const DIGITS: usize = 8;
    let mut used = BTreeSet::new();
    for part in parts {
        for at in memmem::find_iter(&part.body, PREFIX) {
            let digits = part.body.iter().skip(at.saturating_add(PREFIX.len())).take(DIGITS);
            let number = digits.map(|octet| char::from(*octet)).collect::<String>().parse::<u32>();
            used.extend(number);
        }
    }
    let free = (1..).find(|number| !used.contains(number)).unwrap_or_default();
    format!("mcptt-part-{free:0DIGITS$}")
}

/// The boundary of a multipart media type; `None` for any other type.
fn boundary(content_type: &str) -> Result<Option<Cow<'_, str>>, DecodeError> {
    if let Some(boundary) = only_boundary(content_type) {
        return Ok(Some(boundary.into()));
    }
    let content_type = ContentType::parse(content_type)?;
    if !content_type.is_multipart() {
        return Ok(None);
    }
    let boundary = content_type.params.unquoted("boundary").ok_or(DecodeError::missing(0, "boundary"))?;
    if is_boundary(&boundary) {
        Ok(Some(boundary.into_owned().into()))
    } else {
        Err(DecodeError::invalid(0, "boundary"))
    }
}

/// The boundary of a media type that has no other parameter and no white space, which is how nearly all are
/// written.
fn only_boundary(content_type: &str) -> Option<&str> {
    const PARAM: &str = "boundary=";
    let (kind, subtype) = content_type.split_at_checked(MULTIPART.len())?;
    let (subtype, param) = subtype.split_once(';')?;
    let (name, value) = param.split_at_checked(PARAM.len())?;
    let plain = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').filter(|inside| is_boundary(inside))?,
        None => Some(value).filter(|value| is_boundary(value) && is_token(value))?,
    };
    let is_plain =
        kind.eq_ignore_ascii_case(MULTIPART) && name.eq_ignore_ascii_case(PARAM) && is_token(subtype);
    is_plain.then_some(plain)
}

const MULTIPART: &str = "multipart/";

/// Tells by the first letters, since most parts are none.
pub(super) fn names_multipart(content_type: &[u8]) -> bool {
    let kind = content_type.get(..MULTIPART.len());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(MULTIPART.as_bytes()))
}

/// Adds the parts between the delimiters of that boundary, in order. With a depth, a multipart among them is
/// replaced by its parts, and the depth says how many multiparts may lie in each other.
fn split(
    boundary: &str,
    body: &Bytes,
    limits: &Limits,
    depth: Option<usize>,
    parts: &mut Vec<Part>,
) -> Result<(), DecodeError> {
    if depth == Some(0) {
        let got = limits.depth.saturating_add(1);
        return Err(DecodeError::too_large(0, "depth of multipart bodies", limits.depth, got));
    }
    let delimiters = Delimiters { boundary: boundary.as_bytes(), body };
    let first = delimiters.first().ok_or(DecodeError::missing(0, "first delimiter"))?;
    let mut before = first;
    while !before.closes {
        let missing = DecodeError::missing(body.len(), "closing delimiter");
        let after = delimiters.after(&before).ok_or(missing)?;
        // The line end before a delimiter belongs to the delimiter.
        let end = after.start.saturating_sub(LINE_END);
        if end < before.end {
            return Err(DecodeError::invalid(before.end, "body part"));
        }
        let section = Section {
            octets: before.end..end,
            missing_end: "empty line after the header fields of a body part",
            may_end_at_field: true,
            typical_fields: TYPICAL_FIELDS,
        };
        let Unread { headers, end: start, is_multipart } = section.check(body, limits)?;
        let inner = match depth {
            Some(_) if is_multipart => {
                headers.peek(&HeaderName::ContentType).map(self::boundary).transpose()?.flatten()
            }
            _ => None,
        };
        match inner {
            Some(inner) => {
                let depth = depth.map(|depth| depth.saturating_sub(1));
                split(&inner, &body.slice(start..end), limits, depth, parts)?;
            }
            None if parts.len() >= limits.parts => {
                let got = parts.len().saturating_add(1);
                return Err(DecodeError::too_large(0, "body parts", limits.parts, got));
            }
            None => parts.push(Part { headers, body: body.slice(start..end) }),
        }
        before = after;
    }
    Ok(())
}

/// Octets of the longest boundary (RFC 2046 5.1.1).
const LONGEST_BOUNDARY: usize = 70;
/// The fields of a body part that room is made for.
const TYPICAL_FIELDS: usize = 2;

/// `1*70bchars`, not ending in a space.
fn is_boundary(text: &str) -> bool {
    let valid = |octet: u8| octet.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&octet);
    (1..=LONGEST_BOUNDARY).contains(&text.len()) && text.bytes().all(valid) && !text.ends_with(' ')
}

struct Delimiter {
    /// Of its dashes.
    start: usize,
    /// Of its line, line end included.
    end: usize,
    closes: bool,
}

/// The delimiter lines of a body.
struct Delimiters<'a> {
    boundary: &'a [u8],
    body: &'a [u8],
}

/// What every delimiter begins with, and hardly a line of content. One searcher for all boundaries: to make one
/// takes as long as to search a body.
static LINE_OF_DASHES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n--"));

impl Delimiters<'_> {
    fn first(&self) -> Option<Delimiter> {
        self.at(0).or_else(|| self.next(0))
    }

    fn after(&self, delimiter: &Delimiter) -> Option<Delimiter> {
        // The line end of one delimiter may be that before the next.
        self.next(delimiter.end.saturating_sub(LINE_END))
    }

    /// The next one whose line end before it is not before `from`.
    fn next(&self, from: usize) -> Option<Delimiter> {
        let mut from = from;
        loop {
            let line_end = from.checked_add(LINE_OF_DASHES.find(self.body.get(from..)?)?)?;
            let start = line_end.checked_add(LINE_END)?;
            if let Some(delimiter) = self.at(start) {
                return Some(delimiter);
            }
            from = start;
        }
    }

    /// The one that begins there. The same text as the beginning of a longer line is content.
    fn at(&self, start: usize) -> Option<Delimiter> {
        let rest = self.body.get(start..)?.strip_prefix(b"--")?.strip_prefix(self.boundary)?;
        let (closes, rest) = match rest.strip_prefix(b"--") {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let padding = rest.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        let rest = rest.get(padding..)?;
        let after = match rest.strip_prefix(b"\r\n") {
            None if closes && rest.is_empty() => rest,
            after => after?,
        };
        Some(Delimiter { start, end: self.body.len().checked_sub(after.len())?, closes })
    }
}

/// Octets of a line end.
const LINE_END: usize = 2;
