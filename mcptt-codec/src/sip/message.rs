//! Requests and responses: the message level of RFC 3261 7, without loss.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use memchr::memchr;
use nom::Parser;
use nom::bytes::complete::tag_no_case;
use nom::character::complete::char;
use nom::combinator::{all_consuming, recognize};

use super::grammar::{Parsed, is_token, number};
use super::header::HeaderName;
use super::headers::{Headers, write_text};
use super::limits::Limits;
use super::method::Method;
use super::multipart::{self, Part};
use super::section::{LINE_END, Section};
use super::status::StatusCode;
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, Deviation};

const SIP_2_0: &str = "SIP/2.0";

/// The protocol version of a start line, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(ByteStr);

impl Version {
    /// The only version there is.
    pub const SIP_2_0: Self = Self(ByteStr::from_static(SIP_2_0));

    /// The version as it stands on the wire.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether this is SIP/2.0, in any case.
    pub fn is_2_0(&self) -> bool {
        self.0.eq_ignore_ascii_case(SIP_2_0)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::SIP_2_0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI as it was written; [`super::validate`] tells whether it is a URI.
    pub uri: ByteStr,
    /// The protocol version.
    pub version: Version,
    /// The header fields.
    pub headers: Headers,
    /// The body, a slice of the datagram.
    pub body: Bytes,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The reason phrase, possibly empty.
    pub reason: ByteStr,
    /// The protocol version.
    pub version: Version,
    /// The header fields.
    pub headers: Headers,
    /// The body, a slice of the datagram.
    pub body: Bytes,
}

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "every message is one of the two, both of about the same size")]
pub enum SipMessage {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// Empty lines before the start line.
const LEADING_LINES: &str = "RFC3261-7.5";
/// Octets behind the body that Content-Length announces.
const SURPLUS: &str = "RFC3261-18.3:surplus";
/// What a message without end of its header section lacks.
pub(super) const MISSING_END: &str = "empty line after the header fields";
/// The fields that room is made for, so that the list of a typical message is allocated once.
pub(super) const TYPICAL_FIELDS: usize = 24;
/// The fields that room is made for in an answer.
const ROOM: usize = 16;
/// No Content-Length.
const NO_LENGTH: &str = "RFC3261-20.14";

impl SipMessage {
    /// Reads the message of one datagram, or of one frame of a stream.
    ///
    /// # Errors [`DecodeError`] when the octets are not one SIP message that could be written back, or beyond
    /// a limit. Whether the message is one that must be refused is the question of [`super::validate`].
    pub fn decode(datagram: &Bytes, limits: &Limits) -> Result<Self, DecodeError> {
        Self::examine(datagram, limits).map(|decoded| decoded.value)
    }

    /// Like [`SipMessage::decode`], with what a strict sender would not have done: empty lines before the
    /// message, octets behind the announced body (both are dropped), no Content-Length.
    ///
    /// # Errors
    /// As [`SipMessage::decode`].
    pub fn examine(datagram: &Bytes, limits: &Limits) -> Result<Decoded<Self>, DecodeError> {
        if datagram.len() > limits.message {
            return Err(DecodeError::too_large(0, "message", limits.message, datagram.len()));
        }
        let mut deviations = Vec::new();
        let start = leading_line_ends(datagram);
        //= RFC3261-7.5
        if start > 0 {
            deviations.push(Deviation { offset: 0, requirement: LEADING_LINES });
        }
        let octets = datagram.get(start..).unwrap_or_default();
        let line_end = memchr(b'\n', octets).ok_or(DecodeError::missing(datagram.len(), MISSING_END))?;
        let Some(line) = octets.get(..line_end).and_then(|line| line.strip_suffix(b"\r")) else {
            return Err(DecodeError::invalid(start.saturating_add(line_end), LINE_END));
        };
        if line.len() > limits.start_line {
            return Err(DecodeError::too_large(start, "start line", limits.start_line, line.len()));
        }
        let fields = start.saturating_add(line_end).saturating_add(1);
        let section = Section {
            octets: fields..datagram.len(),
            missing_end: MISSING_END,
            may_end_at_field: false,
            typical_fields: TYPICAL_FIELDS,
        };
        let (mut headers, body_start) = section.read(datagram, limits)?;
        let start_line =
            StartLine::decode(datagram, line).ok_or(DecodeError::invalid(start, "start line"))?;
        let body = body(datagram, body_start, &mut headers, &mut deviations)?;
        let value = match start_line {
            StartLine::Request { method, uri, version } => {
                Self::Request(Request { method, uri, version, headers, body })
            }
            StartLine::Status { version, status, reason } => {
                Self::Response(Response { status, reason, version, headers, body })
            }
        };
        Ok(Decoded { value, deviations })
    }

    /// The octets of the message; see [`Request::encode`].
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Request(request) => request.encode(),
            Self::Response(response) => response.encode(),
        }
    }

    /// The header fields.
    pub const fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The header fields, to be changed.
    pub const fn headers_mut(&mut self) -> &mut Headers {
        match self {
            Self::Request(request) => &mut request.headers,
            Self::Response(response) => &mut response.headers,
        }
    }

    /// The body.
    pub const fn body(&self) -> &Bytes {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }
}

impl From<Request> for SipMessage {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

impl From<Response> for SipMessage {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

impl Request {
    /// A request without header fields.
    pub fn new(method: Method, uri: impl Into<ByteStr>) -> Self {
        Self {
            method,
            uri: uri.into(),
            version: Version::SIP_2_0,
            headers: Headers::new(),
            body: Bytes::new(),
        }
    }

    /// The octets of the request. Received header fields are written as they were received; Content-Length is
    /// corrected when the body changed and added when it is missing, except to a message received without.
    pub fn encode(&self) -> Bytes {
        encode(&self.headers, &self.body, |out| {
            write_text(out, self.method.as_str());
            out.put_u8(b' ');
            write_text(out, self.uri.as_str());
            out.put_u8(b' ');
            write_text(out, self.version.as_str());
        })
    }

    /// The body parts; see [`multipart::body_parts`].
    ///
    /// # Errors
    /// As [`multipart::body_parts`].
    pub fn parts(&self, limits: &Limits) -> Result<Vec<Part>, DecodeError> {
        multipart::body_parts(&self.headers, &self.body, limits)
    }

    /// Replaces the body and the header fields that describe it; see [`multipart::set_body`].
    pub fn set_parts(&mut self, parts: &[Part]) {
        self.body = multipart::set_body(&mut self.headers, parts);
    }
}

impl Response {
    /// A response without header fields, with the default reason phrase.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            reason: ByteStr::from_static(status.reason()),
            version: Version::SIP_2_0,
            headers: Headers::with_room(ROOM),
            body: Bytes::new(),
        }
    }

    /// A response to a request: every Via, From, To, Call-ID and CSeq copied in the order of the request (RFC
    /// 3261 8.2.6.2). A To tag is the caller's business, and so is Record-Route:
    /// [`Response::copy_record_route`].
    pub fn to(request: &Request, status: StatusCode) -> Self {
        let mut response = Self::new(status);
        for (name, value) in request.headers.iter() {
            use HeaderName as Name;
            if matches!(name, Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq) {
                response.headers.push(name.clone(), value.clone());
            }
        }
        response
    }

    /// Copies the Record-Route fields of the request, as a response that creates a dialog needs it (RFC 3261
    /// 12.1.1).
    #[must_use]
    pub fn copy_record_route(mut self, request: &Request) -> Self {
        self.headers.copy_from(&request.headers, &HeaderName::RecordRoute);
        self
    }

    /// The octets of the response; see [`Request::encode`].
    pub fn encode(&self) -> Bytes {
        encode(&self.headers, &self.body, |out| {
            write_text(out, self.version.as_str());
            write_status(out, self.status);
            write_text(out, self.reason.as_str());
        })
    }

    /// The body parts; see [`multipart::body_parts`].
    ///
    /// # Errors
    /// As [`multipart::body_parts`].
    pub fn parts(&self, limits: &Limits) -> Result<Vec<Part>, DecodeError> {
        multipart::body_parts(&self.headers, &self.body, limits)
    }

    /// Replaces the body and the header fields that describe it; see [`multipart::set_body`].
    pub fn set_parts(&mut self, parts: &[Part]) {
        self.body = multipart::set_body(&mut self.headers, parts);
    }
}

/// Three digits between two spaces.
fn write_status(out: &mut BytesMut, code: StatusCode) {
    let StatusCode(status) = code;
    if !(100..=999).contains(&status) {
        return out.put_slice(format!(" {code} ").as_bytes());
    }
    let digit = |value: u16| b'0'.wrapping_add(u8::try_from(value % 10).unwrap_or_default());
    out.put_slice(&[b' ', digit(status / 100), digit(status / 10), digit(status), b' ']);
}

fn encode(headers: &Headers, body: &Bytes, start_line: impl FnOnce(&mut BytesMut)) -> Bytes {
    // A start line and a Content-Length field seldom need more than this.
    const ROOM: usize = 160;
    let expected = headers.written_len().saturating_add(body.len()).saturating_add(ROOM);
    let mut out = BytesMut::with_capacity(expected);
    start_line(&mut out);
    out.put_slice(b"\r\n");
    headers.write(&mut out, Some(body.len()));
    out.put_slice(b"\r\n");
    out.put_slice(body);
    out.freeze()
}

/// How many octets of empty lines stand before the message.
pub(super) fn leading_line_ends(octets: &[u8]) -> usize {
    let lines = octets.chunks_exact(2).take_while(|line| *line == b"\r\n").count();
    lines.saturating_mul(2)
}

fn body(
    datagram: &Bytes,
    start: usize,
    headers: &mut Headers,
    deviations: &mut Vec<Deviation>,
) -> Result<Bytes, DecodeError> {
    let available = datagram.len().saturating_sub(start);
    let Some(announced) = headers.content_length()? else {
        headers.note_unannounced_body(available);
        //= RFC3261-20.14
        deviations.push(Deviation { offset: start, requirement: NO_LENGTH });
        return Ok(datagram.slice(start..));
    };
    let Some(end) = start.checked_add(announced).filter(|end| *end <= datagram.len()) else {
        return Err(DecodeError::truncated(start, "body", announced, available));
    };
    if end < datagram.len() {
        //= RFC3261-18.3:surplus
        deviations.push(Deviation { offset: end, requirement: SURPLUS });
    }
    Ok(datagram.slice(start..end))
}

enum StartLine {
    Request { method: Method, uri: ByteStr, version: Version },
    Status { version: Version, status: StatusCode, reason: ByteStr },
}

impl StartLine {
    /// A Request-URI is whatever stands between the first and the last space: one with spaces in it is
    /// answered with 400 later instead of being lost here. `None` for a line that is neither.
    fn decode(datagram: &Bytes, line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        // All of them, which is faster than up to the first one.
        let is_control = |octet: u8| octet.is_ascii_control() & (octet != b'\t');
        if line.bytes().fold(false, |found, octet| found | is_control(octet)) {
            return None;
        }
        let shared = |text: &str| ByteStr::from_utf8(datagram.slice_ref(text.as_bytes()), "start line").ok();
        let version_of = |text: &str| match text {
            SIP_2_0 => Some(Version::SIP_2_0),
            _ => shared(text).map(Version),
        };
        let (first, rest) = line.split_once(' ')?;
        if is_version(first) {
            let (status, reason) = rest.split_at_checked(3)?;
            let status =
                StatusCode(status.bytes().all(|c| c.is_ascii_digit()).then(|| status.parse().ok())??);
            let (version, reason) = (version_of(first)?, shared(reason.strip_prefix(' ')?)?);
            return Some(Self::Status { version, status, reason });
        }
        let (uri, version) = rest.rsplit_once(' ')?;
        if !is_version(version) {
            return None;
        }
        let method = match Method::known(first) {
            Some(method) => method,
            None if is_token(first) => Method::Other(shared(first)?),
            None => return None,
        };
        Some(Self::Request { method, uri: shared(uri)?, version: version_of(version)? })
    }
}

/// `"SIP" "/" 1*DIGIT "." 1*DIGIT`
fn sip_version(input: &str) -> Parsed<'_, &str> {
    recognize((tag_no_case("SIP/"), number, char('.'), number)).parse(input)
}

fn is_version(text: &str) -> bool {
    text == SIP_2_0 || all_consuming(sip_version).parse(text).is_ok()
}
