//! The server side of SIP over WebSocket (RFC 7118).

use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::Limits;
use super::connection::{Octets, Wire};

/// The subprotocol (RFC 7118 4.1).
const SUBPROTOCOL: &str = "sip";
const HEADER: &str = "Sec-WebSocket-Protocol";

/// Takes the handshake of a client that speaks SIP; `None` for any other.
pub(super) async fn accept(stream: Box<dyn Octets>, limits: Limits) -> Option<Wire> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.message));
    let socket = accept_hdr_async_with_config(stream, choose, Some(config)).await.ok()?;
    Some(Wire::Frames(Box::new(socket)))
}

#[expect(clippy::result_large_err, reason = "the library's signature")]
fn choose(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    //= RFC7118-4.1:subprotocol
    let offered = request.headers().get_all(HEADER).iter().filter_map(|value| value.to_str().ok());
    if !offered.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case(SUBPROTOCOL)) {
        let mut refusal = ErrorResponse::new(Some("the subprotocol \"sip\" is needed".to_owned()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Err(refusal);
    }
    response.headers_mut().append(HEADER, HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}
