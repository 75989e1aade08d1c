//! What is inside a datagram or a captured frame, as ordered values that every output format walks alike.
//!
//! Floor control and its sister protocols are shown in full by [`mcptt_codec::view`]; SIP and RTP are summarised, because
//! a capture is looked at for who said what when.

mod render;
mod summary;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use mcptt_codec::view;
use serde_json::{Map, Value, json};

use crate::capture::{Frame, Protocol, classify};

pub use render::{fields, tree};

/// A decoded datagram: named values in a fixed order.
pub type Decoded = Map<String, Value>;

/// A datagram without its surroundings, taken as RTCP.
pub fn datagram(octets: &Bytes) -> Decoded {
    object(json!(view::datagram(octets)))
}

/// A captured frame: where it was, what protocol it looks like, and what is in it.
pub fn frame(frame: &Frame) -> Decoded {
    let protocol = classify(&frame.payload);
    let mut values = object(json!({
        "frame": frame.number,
        "time": format!("{}.{:09}", frame.time.as_secs(), frame.time.subsec_nanos()),
        "src": frame.source,
        "dst": frame.destination,
        "protocol": protocol.as_str(),
        "octets": frame.payload.len(),
    }));
    if frame.truncated {
        values.insert("truncated".into(), true.into());
    }
    if !frame.comments.is_empty() {
        values.insert("comments".into(), frame.comments.clone().into());
    }
    values.extend(match protocol {
        protocol if protocol.is_rtcp() => datagram(&frame.payload),
        Protocol::Sip => object(summary::sip(&frame.payload)),
        Protocol::Rtp => object(summary::rtp(&frame.payload)),
        _ => Map::new(),
    });
    values
}

fn object(value: Value) -> Decoded {
    match value {
        Value::Object(values) => values,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}
