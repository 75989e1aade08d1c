//! What is inside a datagram or a captured frame, as ordered values that every output format walks alike.
//!
//! The values come from [`mcptt_codec::view`], which also makes octets of them again.

mod render;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use clap::ValueEnum;
use mcptt_codec::view;
use serde_json::{Map, Value, json};

use crate::capture::{Frame, Protocol, Transport, classify};

pub use render::{fields, tree};

/// A decoded datagram: named values in a fixed order.
pub type Decoded = Map<String, Value>;

/// What a datagram is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Whatever its first octets say, RTCP when they say nothing
    Auto,
    /// RTCP, floor control and its sister protocols
    Rtcp,
    /// RTP
    Rtp,
    /// SIP
    Sip,
    /// MONP, off-network call control
    Monp,
    /// A session description
    Sdp,
    /// An XML document
    Xml,
    /// MIKEY, octets or base64
    Mikey,
}

impl Kind {
    /// What the first octets say.
    fn of(octets: &Bytes) -> Self {
        match classify(octets) {
            Protocol::Sip => Kind::Sip,
            Protocol::Rtp => Kind::Rtp,
            Protocol::Unknown if octets.starts_with(b"v=0") => Kind::Sdp,
            Protocol::Unknown if octets.trim_ascii_start().starts_with(b"<") => Kind::Xml,
            _ => Kind::Rtcp,
        }
    }

    /// The word that stands in the JSON; RTCP is told by its packets.
    fn name(self) -> Option<&'static str> {
        match self {
            Kind::Auto | Kind::Rtcp => None,
            Kind::Rtp => Some("rtp"),
            Kind::Sip => Some("sip"),
            Kind::Monp => Some("monp"),
            Kind::Sdp => Some("sdp"),
            Kind::Xml => Some("xml"),
            Kind::Mikey => Some("mikey"),
        }
    }
}

/// A datagram without its surroundings, taken as RTCP.
pub fn datagram(octets: &Bytes) -> Decoded {
    object(json!(view::datagram(octets)))
}

/// A datagram without its surroundings.
pub fn datagram_as(octets: &Bytes, kind: Kind) -> Decoded {
    if kind == Kind::Auto && !octets.is_empty() && octets.iter().all(|octet| matches!(octet, b'\r' | b'\n')) {
        return object(
            json!({"protocol": Protocol::KeepAlive.as_str(), "octets": octets.len(), "raw": hex(octets)}),
        );
    }
    let kind = if kind == Kind::Auto { Kind::of(octets) } else { kind };
    let shown = match kind {
        Kind::Auto | Kind::Rtcp => return datagram(octets),
        Kind::Rtp => view::rtp(octets),
        Kind::Sip => view::sip(octets),
        Kind::Monp => view::monp(octets),
        Kind::Sdp => view::sdp(octets),
        Kind::Xml => view::xml(octets),
        Kind::Mikey => view::mikey(octets),
    };
    let mut values = Map::new();
    values.extend(kind.name().map(|name| ("protocol".to_owned(), name.into())));
    values.insert("octets".into(), octets.len().into());
    values.extend(object(json!(shown)));
    values
}

/// A captured frame: where it was, what protocol it looks like, and what is in it.
pub fn frame(frame: &Frame) -> Decoded {
    let protocol = classify(&frame.payload);
    // Nothing in a MONP message tells what it is, only its port does.
    let ports = [frame.source.port(), frame.destination.port()];
    let monp =
        ports.contains(&mcptt_codec::monp::PORT) && matches!(protocol, Protocol::Unknown | Protocol::Stun);
    let mut values = object(json!({
        "frame": frame.number,
        "time": format!("{}.{:09}", frame.time.as_secs(), frame.time.subsec_nanos()),
        "src": frame.source,
        "dst": frame.destination,
        "protocol": if monp { "monp" } else { protocol.as_str() },
        "octets": frame.payload.len(),
    }));
    if frame.transport == Transport::Tcp {
        values.insert("transport".into(), "tcp".into());
    }
    if frame.truncated {
        values.insert("truncated".into(), true.into());
    }
    if !frame.comments.is_empty() {
        values.insert("comments".into(), frame.comments.clone().into());
    }
    values.extend(match protocol {
        _ if monp => object(json!(view::monp(&frame.payload))),
        protocol if protocol.is_rtcp() => datagram(&frame.payload),
        Protocol::Sip => object(json!(view::sip(&frame.payload))),
        Protocol::Rtp => object(json!(view::rtp(&frame.payload))),
        _ => object(json!(view::other(&frame.payload))),
    });
    values
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn object(value: Value) -> Decoded {
    match value {
        Value::Object(values) => values,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}
