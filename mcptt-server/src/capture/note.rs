//! What a datagram is and which clause it belongs to, for the comment of a captured packet.

use bytes::Bytes;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::rtcp;
use mcptt_codec::sip::{Limits, Method, SipMessage};

/// A short description such as `Floor Granted, 24.380 6.3.4.4.2`; `None` for what is not SIP or floor control.
pub fn describe(payload: &Bytes) -> Option<String> {
    let floor: Vec<String> = rtcp::split(payload)
        .map_while(Result::ok)
        .filter_map(|packet| FloorMessage::decode(&packet).ok())
        .map(|decoded| format!("{}, {}", decoded.value.name(), floor_clause(&decoded.value)))
        .collect();
    if !floor.is_empty() {
        return Some(floor.join("; "));
    }
    match SipMessage::decode(payload, &Limits::default()).ok()? {
        SipMessage::Request(request) => Some(match request_clause(&request.method) {
            Some(clause) => format!("{}, {clause}", request.method.as_str()),
            None => request.method.as_str().to_owned(),
        }),
        SipMessage::Response(response) => Some(format!("{} {}", response.status.0, response.reason)),
    }
}

const fn floor_clause(message: &FloorMessage) -> &'static str {
    match message {
        FloorMessage::Request(_) => "24.380 6.2.4.3.5",
        FloorMessage::Granted(_) => "24.380 6.3.4.4.2 item 1",
        FloorMessage::Taken(_) => "24.380 6.3.4.4.2 item 3",
        FloorMessage::Deny(_) => "24.380 6.3.5.4.4",
        FloorMessage::Release(_) => "24.380 6.2.4.5.3",
        FloorMessage::Idle(_) => "24.380 6.3.4.3.2",
        FloorMessage::Revoke(_) => "24.380 6.3.4.5.2",
        FloorMessage::QueuePositionRequest(_) => "24.380 6.2.4.9.9",
        FloorMessage::QueuePositionInfo(_) => "24.380 6.3.5.4.4 item 4",
        FloorMessage::Ack(_) => "24.380 8.2.13",
        _ => "24.380 8.2",
    }
}

const fn request_clause(method: &Method) -> Option<&'static str> {
    match method {
        Method::Register => Some("24.379 7.2.1"),
        Method::Publish => Some("24.379 7.2.2 or 9.2.1.2"),
        Method::Invite => Some("24.379 10.1.1"),
        Method::Bye => Some("24.379 6.2.4.1 or 6.3.8.1"),
        _ => None,
    }
}
