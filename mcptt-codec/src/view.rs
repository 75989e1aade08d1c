//! A readable view of a datagram: what a conforming receiver sees in it, packet by packet, for people and for tools; and
//! the way back from the view to octets.
//!
//! [`encode`] gives back every octet that was viewed. What the typed values do not say (spare bits, padding that is not
//! zero, fields that cannot be read) stands beside them under the key `raw`, as hexadecimal digits, and wins over them.
//! Views written by hand need no such key.
//!
//! ```
//! use bytes::Bytes;
//! use mcptt_codec::view::{self, Input};
//!
//! let by_hand = r#"{"name": "MCPT", "message": "Floor Request", "ssrc": 287454020, "fields": [{"id": 0, "priority": 5}]}"#;
//! let octets = view::encode(&serde_json::from_str::<Input>(by_hand)?)?;
//! assert_eq!(&octets[..], b"\x80\xcc\x00\x03\x11\x22\x33\x44MCPT\x00\x02\x05\x00");
//!
//! let shown = serde_json::to_string(&view::datagram(&octets))?;
//! assert_eq!(view::encode(&serde_json::from_str::<Input>(&shown)?)?, octets);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod encode;
mod feedback;
mod message;
mod report;
mod rtp;
mod sip;

use bytes::Bytes;
use serde::Serialize;

use crate::floor::{self, FloorMessage};
use crate::rtcp::{self, APP_HEADER_OCTETS, Protocol, RtcpPacket};
use crate::session::{self, SessionMessage};
use crate::subchannel::{self, NotificationMessage, NotificationSubtype, SubchannelMessage};
use crate::{DecodeError, Deviation, EncodeError};

pub use crate::value::{Input, Value, ViewError, ViewErrorKind};
pub use document::{mikey, monp, sdp, xml};
pub use encode::encode;
pub use rtp::rtp;
pub use sip::sip;

/// Keys and values of an object in the making.
type Shown = Vec<(&'static str, Value)>;

/// What one datagram holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Datagram {
    /// One object per complete RTCP packet, in order.
    ///
    /// * A message: `name`, `subtype`, `message`, `ack_requested` where the protocol has the bit, `ssrc`, `fields`,
    ///   `deviations`. The subtype is the message number without the acknowledgment bit.
    /// * A message that TS 24.380 8.1.4 tells a receiver to ignore: the same without `fields`, with `ignored` true
    ///   and a `reason`.
    /// * Any other RTCP packet: its `name` or its `packet_type`, what is in it, and `skipped` true because a receiver
    ///   of TS 24.380 passes over it.
    ///
    /// Each has its `offset` in the datagram and its size in `octets`. The offsets of its deviations and of its fields,
    /// in `field_offsets`, count from the start of the packet.
    pub packets: Vec<Value>,
    /// Octets after the last complete packet.
    pub trailing_octets: usize,
    /// Those octets as hexadecimal digits.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trailing: String,
    /// Why the datagram could not be walked to its end; offset from the start of the datagram. Trailing octets that
    /// do not even look like a packet are no error once a packet has been read.
    pub error: Option<DecodeError>,
    /// What is not as it should be outside of the packets that could be read, offsets from the start of the datagram.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<Deviation>,
}

impl From<&Datagram> for Input {
    fn from(view: &Datagram) -> Self {
        Self::named(&[
            ("packets", Value::List(view.packets.clone())),
            ("trailing", Value::text(&view.trailing)),
        ])
    }
}

/// Views the datagram as RTCP.
pub fn datagram(octets: &Bytes) -> Datagram {
    let mut view = Datagram {
        packets: Vec::new(),
        trailing_octets: octets.len(),
        trailing: String::new(),
        error: None,
        deviations: Vec::new(),
    };
    for packet in rtcp::split(octets) {
        let start = octets.len().saturating_sub(view.trailing_octets);
        match packet {
            Ok(packet) => {
                view.trailing_octets = view.trailing_octets.saturating_sub(packet.len());
                view.packets.push(show_packet(&packet, start));
            }
            Err(error) => {
                let rest = octets.get(start..).unwrap_or_default();
                let is_tail = rest.len() < APP_HEADER_OCTETS || !rtcp::looks_like_rtcp(rest);
                //= 24.380-8.1.1:tail
                let requirement = match !view.packets.is_empty() && is_tail {
                    true => rtcp::requirement::TAIL,
                    false => {
                        view.error = Some(error);
                        rtcp::requirement::of_refused(&error)
                    }
                };
                view.trailing = hex(rest);
                view.deviations.push(Deviation { offset: start, requirement });
            }
        }
    }
    view
}

/// Octets that are none of the protocols of this module.
pub fn other(octets: &Bytes) -> Value {
    Value::Object(vec![("raw", Value::hex(octets))])
}

fn show_packet(packet: &Bytes, offset: usize) -> Value {
    let mut shown = match RtcpPacket::app_name(packet) {
        Some(floor::Subtype::NAME) => message::show::<FloorMessage>(packet),
        Some(session::Subtype::NAME) => message::show::<SessionMessage>(packet),
        Some(subchannel::Subtype::NAME) => message::show::<SubchannelMessage>(packet),
        Some(NotificationSubtype::NAME) => message::show::<NotificationMessage>(packet),
        _ => report::show(packet),
    };
    shown.extend([("offset", Value::size(offset)), ("octets", Value::size(packet.len()))]);
    secured(shown, packet, encode::packet)
}

/// Adds the octets where the view alone does not give them back.
fn secured(
    mut shown: Shown,
    octets: &[u8],
    encode: impl FnOnce(&Input) -> Result<Bytes, ViewError>,
) -> Value {
    if encode(&Input::named(&shown)).ok().as_deref() != Some(octets) {
        shown.push(("raw", Value::hex(octets)));
    }
    Value::Object(shown)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn show_error(error: &DecodeError) -> Value {
    Value::Object(vec![("offset", Value::size(error.offset)), ("message", Value::text(error))])
}

/// Octets that an encoder of this crate writes.
fn written(
    encode: impl FnOnce(&mut bytes::BytesMut) -> Result<(), EncodeError>,
) -> Result<Bytes, EncodeError> {
    let mut out = bytes::BytesMut::new();
    encode(&mut out)?;
    Ok(out.freeze())
}

#[cfg(test)]
mod tests;
