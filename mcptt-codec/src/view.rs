//! A readable view of a datagram: what a conforming receiver sees in it, packet by packet, for people and for tools.

use bytes::Bytes;
use serde::Serialize;

use crate::floor::{self, FloorMessage};
use crate::rtcp::message::{self, FieldValue, Message};
use crate::rtcp::{
    self, APP_HEADER_OCTETS, FieldError, Frame, Notes, Protocol, RtcpPacket, Step, requirement,
};
use crate::session::{self, SessionMessage};
use crate::subchannel::{self, NotificationMessage, NotificationSubtype, SubchannelMessage};
use crate::{DecodeError, Deviation};

pub use crate::value::Value;

/// What one datagram holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Datagram {
    /// One object per complete RTCP packet, in order.
    ///
    /// * A message: `name`, `subtype`, `message`, `ack_requested` where the protocol has the bit, `ssrc`, `fields`,
    ///   `deviations`. The subtype is the message number without the acknowledgment bit.
    /// * A message that TS 24.380 8.1.4 tells a receiver to ignore: the same without `fields`, with `ignored` true
    ///   and a `reason`.
    /// * Any other RTCP packet: its `name` or its `packet_type`, and `skipped` true.
    pub packets: Vec<Value>,
    /// Octets after the last complete packet.
    pub trailing_octets: usize,
    /// Why the datagram could not be walked to its end; offset from the start of the datagram. Trailing octets that
    /// do not even look like a packet are no error once a packet has been read.
    pub error: Option<DecodeError>,
}

/// Views the datagram as RTCP.
pub fn datagram(octets: &Bytes) -> Datagram {
    let mut view = Datagram { packets: Vec::new(), trailing_octets: octets.len(), error: None };
    for packet in rtcp::split(octets) {
        match packet {
            Ok(packet) => {
                view.trailing_octets = view.trailing_octets.saturating_sub(packet.len());
                view.packets.push(show_packet(&packet));
            }
            Err(error) => {
                let start = octets.len().saturating_sub(view.trailing_octets);
                let rest = octets.get(start..).unwrap_or_default();
                let is_tail = rest.len() < APP_HEADER_OCTETS || !rtcp::looks_like_rtcp(rest);
                view.error = (view.packets.is_empty() || !is_tail).then_some(error);
            }
        }
    }
    view
}

fn show_packet(packet: &Bytes) -> Value {
    match RtcpPacket::app_name(packet) {
        Some(floor::Subtype::NAME) => show_message::<FloorMessage>(packet),
        Some(session::Subtype::NAME) => show_message::<SessionMessage>(packet),
        Some(subchannel::Subtype::NAME) => show_message::<SubchannelMessage>(packet),
        Some(NotificationSubtype::NAME) => show_message::<NotificationMessage>(packet),
        Some(name) => {
            let (bits, ssrc) = head(packet);
            Value::Object(vec![
                ("name", Value::text(name.escape_ascii())),
                ("subtype", bits.into()),
                ("ssrc", ssrc.into()),
                ("skipped", Value::Bool(true)),
            ])
        }
        None => Value::Object(vec![
            ("packet_type", packet.get(1).copied().unwrap_or_default().into()),
            ("skipped", Value::Bool(true)),
        ]),
    }
}

/// Subtype bits and SSRC of an APP packet whose length has been checked.
fn head(packet: &[u8]) -> (u8, u32) {
    match packet {
        [first, _, _, _, a, b, c, d, ..] => (first & 0x1f, u32::from_be_bytes([*a, *b, *c, *d])),
        _ => (0, 0),
    }
}

fn show_message<M: Message>(packet: &Bytes) -> Value {
    let (bits, ssrc) = head(packet);
    let subtype = M::Protocol::from_bits(bits);
    let (number, ack_requested) = subtype.number_and_ack();
    let mut shown = vec![
        ("name", Value::text(M::Protocol::NAME.escape_ascii())),
        ("subtype", number.into()),
        ("message", subtype.message_name().map_or(Value::Null, Value::text)),
    ];
    shown.extend(ack_requested.map(|requested| ("ack_requested", Value::Bool(requested))));
    shown.push(("ssrc", ssrc.into()));
    let ignored = match (Frame::<M::Protocol>::decode(packet), subtype.message_name()) {
        // Length and name have been checked, so what is left is the padding bit.
        (Err(_), _) => Some(("padding bit set", requirement::PADDING_BIT)),
        (Ok(_), None) => match message::unknown_subtype(subtype) {
            requirement::NO_ACK_BIT => {
                Some(("acknowledgment bit not defined for this subtype", requirement::NO_ACK_BIT))
            }
            other => Some(("unknown subtype", other)),
        },
        (Ok(frame), Some(_)) => {
            shown.push(("fields", Value::List(frame.walk().map(show_field::<M>).collect())));
            None
        }
    };
    let deviations = match ignored {
        Some((reason, requirement)) => {
            shown.extend([("ignored", Value::Bool(true)), ("reason", Value::text(reason))]);
            vec![Deviation { offset: 0, requirement }]
        }
        None => message::decode::<M>(packet).map(|decoded| decoded.deviations).unwrap_or_default(),
    };
    shown.push(("deviations", Value::list(&deviations, show_deviation)));
    Value::Object(shown)
}

fn show_field<M: Message>(step: Step<'_>) -> Value {
    let (id, read) = match step {
        Step::Field(field) => (field.id(), M::Field::decode(&field, &mut Notes::default())),
        Step::Overrun { id, .. } => (id, Err(FieldError::Overrun)),
    };
    let mut shown = vec![("id", id.0.into())];
    match read {
        Ok(value) => shown.extend(value.describe()),
        Err(error) => shown.push(("field_error", Value::text(error.name()))),
    }
    Value::Object(shown)
}

fn show_deviation(deviation: &Deviation) -> Value {
    let offset = u64::try_from(deviation.offset).unwrap_or(u64::MAX);
    Value::Object(vec![
        ("offset", Value::Number(offset)),
        ("requirement", Value::text(deviation.requirement)),
    ])
}

#[cfg(test)]
mod tests;
