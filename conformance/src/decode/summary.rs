//! The few values of SIP and RTP that tell a reader of a capture where he is.

use bytes::Bytes;
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sip::{HeaderName, Limits, SipMessage};
use serde_json::{Value, json};

const HEADERS: [(&str, HeaderName); 6] = [
    ("call_id", HeaderName::CallId),
    ("cseq", HeaderName::CSeq),
    ("from", HeaderName::From),
    ("to", HeaderName::To),
    ("warning", HeaderName::Warning),
    ("content_type", HeaderName::ContentType),
];

pub(super) fn sip(payload: &Bytes) -> Value {
    let message = match SipMessage::decode(payload, &Limits::default()) {
        Ok(message) => message,
        Err(error) => return json!({ "error": error }),
    };
    let first = match &message {
        SipMessage::Request(request) => format!("{} {}", request.method.as_str(), request.uri),
        SipMessage::Response(response) => format!("{} {}", response.status.0, response.reason),
    };
    let mut values = json!({ "message": first });
    for (key, name) in HEADERS {
        if let Some(value) = message.headers().get(&name) {
            values[key] = value.as_str().into();
        }
    }
    values["body_octets"] = message.body().len().into();
    values
}

pub(super) fn rtp(payload: &Bytes) -> Value {
    match RtpHeader::decode(payload) {
        Ok((header, length)) => json!({
            "payload_type": header.payload_type,
            "sequence": header.sequence,
            "timestamp": header.timestamp,
            "ssrc": header.ssrc.0,
            "marker": header.marker,
            "payload_octets": payload.len().saturating_sub(length),
        }),
        Err(error) => json!({ "error": error }),
    }
}
