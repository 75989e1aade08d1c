//! Answering what is no SIP message but was plainly meant to be a request: 400, 505, 513 (RFC 3261 8.2 and 21.4.1).

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::{DecodeError, DecodeErrorKind};

use super::{UserAgent, plain};
use crate::transaction;
use crate::transport::SipPath;

impl UserAgent {
    /// Answers if the octets say whom: a request line, and the five header fields that every answer repeats.
    pub(super) fn answer_undecodable(&mut self, path: SipPath, bytes: &Bytes, error: DecodeError) {
        let Some((mut request, version)) = salvage(bytes) else { return };
        let Some(way_back) = transaction::way_back(&mut request, path) else { return };
        let status = match error.kind {
            _ if !version.eq_ignore_ascii_case("SIP/2.0") => StatusCode::VERSION_NOT_SUPPORTED,
            DecodeErrorKind::TooLarge { .. } => StatusCode::MESSAGE_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response: Response = plain(&request, status);
        if status == StatusCode::BAD_REQUEST {
            response.reason = format!("Bad Request ({})", error.what).into();
        }
        self.send_stateless(way_back, &request, response);
    }
}

/// The start line and the header fields of an answer, as far as they can be made out, and the version of the start line.
fn salvage(bytes: &Bytes) -> Option<(Request, String)> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches(['\r', '\n']);
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let start = lines.next()?;
    let (method, rest) = start.split_once(' ')?;
    let (uri, version) = rest.rsplit_once(' ')?;
    let is_request = version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/"));
    let method = Method::from(method);
    if !is_request || method == Method::Ack {
        return None;
    }
    let mut request = Request::new(method, uri);
    let mut last: Option<(HeaderName, String)> = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let (Some((_, value)), true) = (&mut last, line.starts_with([' ', '\t'])) {
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        keep(&mut request, last.take());
        last = line
            .split_once(':')
            .map(|(name, value)| (HeaderName::from(name.trim()), value.trim().to_owned()));
    }
    keep(&mut request, last);
    let headers = &request.headers;
    let answerable = headers.to_address().is_ok()
        && [HeaderName::From, HeaderName::CallId, HeaderName::CSeq].iter().all(|name| headers.contains(name));
    answerable.then(|| (request, version.to_owned()))
}

/// Header fields of one message that are looked at; more than that do not belong to an answer.
const KEPT: usize = 64;

fn keep(request: &mut Request, field: Option<(HeaderName, String)>) {
    use HeaderName as Name;
    let Some((name, value)) = field else { return };
    let many = name == Name::Via && request.headers.len() < KEPT;
    let once =
        matches!(name, Name::From | Name::To | Name::CallId | Name::CSeq) && !request.headers.contains(&name);
    if many || once {
        request.headers.push(name, ByteStr::from(value));
    }
}
