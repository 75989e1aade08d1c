//! Which requests must be refused before any procedure looks at them (RFC 3261 8.2, 16.3).

use super::cseq::CSeq;
use super::header::HeaderName;
use super::headers::Headers;
use super::limits::Limits;
use super::message::{Request, Response};
use super::method::Method;
use super::name_addr::NameAddr;
use super::plain;
use super::status::StatusCode;
use super::uri::{Scheme, Uri};
use super::via::Via;
use crate::text::ByteStr;

/// Why a request is refused, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status code to answer with.
    pub status: StatusCode,
    /// What is wrong, in the words of the RFC.
    pub what: &'static str,
    /// Option tags of Require that are not understood; only with 420.
    pub unsupported: Vec<ByteStr>,
}

impl Refusal {
    const fn new(status: StatusCode, what: &'static str) -> Self {
        Self { status, what, unsupported: Vec::new() }
    }

    const fn bad(what: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, what)
    }

    /// The answer to the request, which names what was wrong. There is none to an ACK.
    pub fn response(&self, request: &Request) -> Option<Response> {
        if request.method == Method::Ack {
            return None;
        }
        let mut response = Response::to(request, self.status);
        if self.status == StatusCode::BAD_REQUEST {
            response.reason = format!("{} ({})", self.status.reason(), self.what).into();
        }
        if !self.unsupported.is_empty() {
            response.headers.push(HeaderName::Unsupported, self.unsupported.join(", "));
        }
        Some(response)
    }
}

/// Checks a request against the default limits; see [`validate_within`].
///
/// # Errors
/// As [`validate_within`].
pub fn validate(request: &Request) -> Result<(), Refusal> {
    validate_within(request, &Limits::DEFAULT)
}

/// Checks what RFC 3261 8.1.1 demands of every request: the version, the Request-URI and the six header
/// fields that none may lack.
///
/// # Errors
/// [`Refusal`] with 400, 416, 505 or 513.
pub fn validate_within(request: &Request, limits: &Limits) -> Result<(), Refusal> {
    if !request.version.is_2_0() {
        return Err(Refusal::new(StatusCode::VERSION_NOT_SUPPORTED, "SIP-Version"));
    }
    addresses(request)?;
    transaction(request)?;
    body(request, limits)
}

/// Checks that every option tag of Require is one that we understand. ACK and CANCEL are not checked (RFC
/// 3261 8.2.2.3).
///
/// # Errors
/// [`Refusal`] with 420 and the tags that are not understood.
pub fn require_only(request: &Request, understood: &[&str]) -> Result<(), Refusal> {
    if matches!(request.method, Method::Ack | Method::Cancel) {
        return Ok(());
    }
    let known = |tag: &ByteStr| understood.iter().any(|own| own.eq_ignore_ascii_case(tag));
    let unsupported: Vec<_> =
        request.headers.shared_values(&HeaderName::Require).filter(|tag| !known(tag)).collect();
    if unsupported.is_empty() {
        Ok(())
    } else {
        Err(Refusal { status: StatusCode::BAD_EXTENSION, what: "Require", unsupported })
    }
}

fn addresses(request: &Request) -> Result<(), Refusal> {
    request_uri(request)?;
    for (name, what) in [(HeaderName::From, "From"), (HeaderName::To, "To")] {
        if !is_address(single(&request.headers, &name, what)?) {
            return Err(Refusal::bad(what));
        }
    }
    match request.headers.values(&HeaderName::Contact).all(|contact| contact == "*" || is_address(contact)) {
        true => Ok(()),
        false => Err(Refusal::bad("Contact")),
    }
}

fn is_address(text: &str) -> bool {
    plain::is_address(text) || NameAddr::parse(text).is_ok()
}

fn request_uri(request: &Request) -> Result<(), Refusal> {
    if plain::is_uri(&request.uri) {
        return Ok(());
    }
    let uri = Uri::read(&request.uri).map_err(|_| Refusal::bad("Request-URI"))?;
    // White space around it, or header fields inside (RFC 3261 19.1.1): somebody else may read another URI.
    if request.uri.starts_with([' ', '\t']) || request.uri.ends_with([' ', '\t']) || !uri.headers.is_empty() {
        return Err(Refusal::bad("Request-URI"));
    }
    if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel) {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_URI_SCHEME, "Request-URI"));
    }
    Ok(())
}

fn transaction(request: &Request) -> Result<(), Refusal> {
    let headers = &request.headers;
    let cseq = identifiers(headers).map_err(Refusal::bad)?;
    if cseq.method != request.method {
        return Err(Refusal::bad("CSeq method"));
    }
    let hops = single(headers, &HeaderName::MaxForwards, "Max-Forwards")?;
    let hops = hops.bytes().all(|octet| octet.is_ascii_digit()).then(|| hops.parse::<u8>().ok()).flatten();
    hops.ok_or(Refusal::bad("Max-Forwards"))?;
    vias(headers).map_err(Refusal::bad)
}

/// Call-ID and CSeq, without which nothing can be matched; the name of the one that is wrong.
fn identifiers(headers: &Headers) -> Result<CSeq, &'static str> {
    let call_id = once(headers, &HeaderName::CallId).ok_or("Call-ID")?;
    if call_id.is_empty() || call_id.contains([' ', '\t']) {
        return Err("Call-ID");
    }
    CSeq::parse(once(headers, &HeaderName::CSeq).ok_or("CSeq")?).map_err(|_| "CSeq")
}

fn vias(headers: &Headers) -> Result<(), &'static str> {
    let readable = headers.values(&HeaderName::Via).all(|via| plain::is_via(via) || Via::parse(via).is_ok());
    if readable && headers.contains(&HeaderName::Via) { Ok(()) } else { Err("Via") }
}

fn body(request: &Request, limits: &Limits) -> Result<(), Refusal> {
    if request.body.len() > limits.body {
        return Err(Refusal::new(StatusCode::MESSAGE_TOO_LARGE, "body"));
    }
    let content_type = request.headers.content_type().map_err(|_| Refusal::bad("Content-Type"))?;
    if content_type.is_none() && !request.body.is_empty() {
        return Err(Refusal::bad("Content-Type"));
    }
    Ok(())
}

/// Checks what a response needs to find its request: the version, a status code that has a meaning, and the five
/// header fields that it repeats.
///
/// # Errors
/// The name of what is wrong. Such a response is dropped, since a response is never answered.
pub fn validate_response(response: &Response) -> Result<(), &'static str> {
    if !response.version.is_2_0() {
        return Err("SIP-Version");
    }
    if !(100..700).contains(&response.status.0) {
        return Err("Status-Code");
    }
    let headers = &response.headers;
    for (name, what) in [(HeaderName::From, "From"), (HeaderName::To, "To")] {
        if !is_address(once(headers, &name).ok_or(what)?) {
            return Err(what);
        }
    }
    identifiers(headers)?;
    vias(headers)
}

/// The value of a header field that must be there exactly once.
fn once<'a>(headers: &'a Headers, name: &HeaderName) -> Option<&'a ByteStr> {
    let mut fields = headers.all(name);
    fields.next().filter(|_| fields.next().is_none())
}

fn single<'a>(headers: &'a Headers, name: &HeaderName, what: &'static str) -> Result<&'a ByteStr, Refusal> {
    once(headers, name).ok_or(Refusal::bad(what))
}
