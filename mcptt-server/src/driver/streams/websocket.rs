//! The server side of SIP over WebSocket (RFC 7118), and of floor control for browsers beside it.

use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::Limits;
use super::connection::{Octets, Wire};

/// The subprotocol (RFC 7118 4.1).
const SUBPROTOCOL: &str = "sip";
const HEADER: &str = "Sec-WebSocket-Protocol";

/// The subprotocol of floor control: the binary messages are what would be datagrams.
const FLOOR: &str = "mcptt-floor";

/// Takes the handshake of a client that speaks SIP, or of a browser for its floor control; `None` for any other.
pub(super) async fn accept(stream: Box<dyn Octets>, limits: Limits) -> Option<Wire> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.message));
    let mut token = None;
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let chosen = |request: &Request, response: Response| {
        token = floor_token(request);
        choose(request, response)
    };
    let socket = Box::new(accept_hdr_async_with_config(stream, chosen, Some(config)).await.ok()?);
    Some(match token {
        Some(token) => Wire::Floor(socket, token),
        None => Wire::Frames(socket),
    })
}

fn offers(request: &Request, subprotocol: &str) -> bool {
    let offered = request.headers().get_all(HEADER).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case(subprotocol))
}

/// The last part of the path of a connection for floor control: a proxy in front may have added others.
fn floor_token(request: &Request) -> Option<String> {
    let last = request.uri().path().rsplit('/').next()?;
    offers(request, FLOOR).then(|| last.to_owned())
}

#[expect(clippy::result_large_err, reason = "the library's signature")]
fn choose(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    //= RFC7118-4.1:subprotocol
    let Some(chosen) = [FLOOR, SUBPROTOCOL].into_iter().find(|name| offers(request, name)) else {
        let mut refusal = ErrorResponse::new(Some("the subprotocol \"sip\" is needed".to_owned()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Err(refusal);
    };
    response.headers_mut().append(HEADER, HeaderValue::from_static(chosen));
    Ok(response)
}
