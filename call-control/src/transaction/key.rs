//! What makes two messages belong to one transaction (RFC 3261 17.1.3 and 17.2.3).

use std::net::SocketAddr;

use crate::transport::SipPath;
use mcptt_codec::sip::{HeaderName, Headers, Method, NameAddr, Request, Response, Via};
use mcptt_codec::text::ByteStr;

/// Branch, sent-by and method. Tokens and hosts compare without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Branch and host in small letters, with a line end between them, which stands in neither.
    names: String,
    port: u16,
    method: Method,
}

impl Key {
    /// The key of a received request. An ACK has the key of the INVITE it acknowledges.
    pub(super) fn of_request(request: &Request) -> Option<Self> {
        request.headers.top_via().ok().map(|via| Self::of_received(request, &via))
    }

    /// The same, with the top Via taken apart.
    pub(super) fn of_received(request: &Request, via: &Via) -> Self {
        //= RFC3261-17.2.3:match
        let method = match request.method {
            Method::Ack => Method::Invite,
            ref method => method.clone(),
        };
        match via.branch() {
            Some(branch) if via.has_rfc3261_branch() => Self::new(branch, via, method),
            _ => Self::new(&without_cookie(request, via), via, method),
        }
    }

    fn new(branch: &str, via: &Via, method: Method) -> Self {
        let host = via.host.as_str();
        let mut names = String::with_capacity(branch.len() + 1 + host.len());
        names.push_str(branch);
        names.push('\n');
        names.push_str(host);
        names.make_ascii_lowercase();
        Self { names, port: via.port.unwrap_or(via.transport.default_port()), method }
    }

    /// The key of the INVITE that a CANCEL names.
    pub(super) fn of_cancelled(mut self) -> Self {
        self.method = Method::Invite;
        self
    }

    /// The port of sent-by.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The key of a request that we send.
    pub(super) fn of_own(request: &Request) -> Option<Self> {
        let via = request.headers.top_via().ok()?;
        Some(Self::new(via.branch()?, &via, request.method.clone()))
    }

    /// The key that the request had to which this is an answer.
    pub(super) fn of_response(response: &Response) -> Option<Self> {
        //= RFC3261-17.1.3:match
        let via = response.headers.top_via().ok()?;
        Some(Self::new(via.branch()?, &via, response.headers.cseq().ok()?.method))
    }
}

/// What an RFC 2543 sender repeats in a retransmission, an ACK and a CANCEL alike. The To tag is left out: an ACK has
/// one where the INVITE had none, and everything else here already tells requests apart.
fn without_cookie(request: &Request, via: &Via) -> String {
    let headers = &request.headers;
    let from = headers.from_address().ok();
    format!(
        "{}\n{}\n{}\n{}\n{}",
        request.uri,
        headers.call_id().map_or("", ByteStr::as_str),
        from.as_ref().and_then(NameAddr::tag).unwrap_or_default(),
        headers.cseq().map_or(0, |cseq| cseq.number),
        via,
    )
}

/// Notes in the top Via where the request came from and tells the way back; `None` when that Via cannot be read.
///
/// The answer always goes to the host that the request came from, to its port when the Via asks for that (RFC 3581 4)
/// and else to the port of sent-by (RFC 3261 18.2.2). A `maddr` or `received` written by the peer is not followed: it
/// would let anybody point our answers at anybody.
pub(crate) fn way_back(request: &mut Request, path: SipPath) -> Option<SipPath> {
    let via = request.headers.top_via().ok()?;
    Some(way_back_over(request, via, path))
}

/// The same, with the top Via taken apart.
pub(super) fn way_back_over(request: &mut Request, via: Via, path: SipPath) -> SipPath {
    if path.transport.is_reliable() {
        //= RFC3261-18.2.2:same-connection
        note_source(request, via, path.remote);
        return path;
    }
    //= RFC3581-4:rport
    let port = if via.params.contains("rport") {
        path.remote.port()
    } else {
        via.port.unwrap_or(via.transport.default_port())
    };
    note_source(request, via, path.remote);
    SipPath { remote: SocketAddr::new(path.remote.ip(), port), ..path }
}

/// Writes `received` and `rport` into the top Via, whatever the peer wrote there.
fn note_source(request: &mut Request, via: Via, source: SocketAddr) {
    let foreign = via.params.contains("received") || via.params.contains("rport");
    if !foreign && via.sent_by().is_some_and(|sent_by| sent_by.ip() == source.ip()) {
        return;
    }
    //= RFC3581-4:received
    if let Some(noted) = noted_alone(&request.headers, &via, source) {
        request.headers.set(HeaderName::Via, noted);
        return;
    }
    let mut noted = via;
    noted.params.remove("received");
    noted.received_from(source);
    let alone = {
        let mut fields = request.headers.all(&HeaderName::Via);
        fields.next().is_some_and(|first| !first.contains(',')) && fields.next().is_none()
    };
    if alone {
        request.headers.set(HeaderName::Via, noted.to_string());
        return;
    }
    let below: Vec<ByteStr> = request.headers.shared_values(&HeaderName::Via).skip(1).collect();
    request.headers.remove(&HeaderName::Via);
    for via in below.into_iter().rev() {
        request.headers.push_front(HeaderName::Via, via);
    }
    request.headers.push_front(HeaderName::Via, noted.to_string());
}

/// What nearly every request comes to, at little cost: one Via, in which `rport` waits for its value.
fn noted_alone(headers: &Headers, via: &Via, source: SocketAddr) -> Option<String> {
    let mut fields = headers.all(&HeaderName::Via);
    let alone = fields.next().filter(|_| fields.next().is_none())?;
    let asks = via.params.contains("rport") && via.params.raw("rport").is_none();
    let odd = alone.bytes().any(|octet| matches!(octet, b',' | b'"'));
    if !asks || odd || via.params.contains("received") {
        return None;
    }
    // Where it is written otherwise the long way finds it.
    let at = alone.as_bytes().windows(RPORT.len()).position(|part| part == RPORT.as_bytes())?;
    let (front, behind) = alone.split_at_checked(at + RPORT.len())?;
    let written = behind.is_empty() || behind.starts_with(';');
    written.then(|| format!("{front}={}{behind};received={}", source.port(), source.ip()))
}

const RPORT: &str = ";rport";
