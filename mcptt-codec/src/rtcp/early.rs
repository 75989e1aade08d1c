//! Packets of the first Release 13 texts (13.0.x), for peers that never moved on.
//!
//! Floor control had other field ids there, and MBMS subchannel control was called `MCCP` and carried the group under
//! field 3. By every later text those are unknown fields and an unknown protocol, so nothing in this crate takes them
//! by itself: a receiver that has been told to be so tolerant rewrites a packet before it decodes it. The bare SSRC word
//! that those texts also had is no field and cannot be told from one; it is not supported.

use bytes::{Bytes, BytesMut};

use crate::floor::FloorPacket;
use crate::rtcp::{Field, FieldId, Packet, Protocol, RtcpPacket};
use crate::subchannel::SubchannelPacket;

/// Name of MBMS subchannel control in those texts.
pub const SUBCHANNEL_NAME: [u8; 4] = *b"MCCP";

/// Field of MCCP that holds the group.
const EARLY_GROUP_ID: FieldId = FieldId(3);

/// The id of today for a floor control field of 13.0.x; `None` for any other.
pub const fn floor_field(id: FieldId) -> Option<FieldId> {
    Some(match id.0 {
        102 => FieldId::FLOOR_PRIORITY,
        103 => FieldId::DURATION,
        104 => FieldId::REJECT_CAUSE,
        105 => FieldId::QUEUE_INFO,
        106 => FieldId::GRANTED_PARTY,
        108 => FieldId::PERMISSION_TO_REQUEST,
        109 => FieldId::USER_ID,
        110 => FieldId::QUEUE_SIZE,
        111 => FieldId::MESSAGE_SEQUENCE_NUMBER,
        112 => FieldId::QUEUED_USER_ID,
        113 => FieldId::SOURCE,
        114 => FieldId::TRACK_INFO,
        115 => FieldId::MESSAGE_TYPE,
        116 => FieldId::FLOOR_INDICATOR,
        _ => return None,
    })
}

/// The packet with the names and ids of today, as long as before. A packet that needs no change, or that is none of the
/// two protocols, comes back as it is.
pub fn to_final(packet: &Bytes) -> Bytes {
    let rewritten = match RtcpPacket::app_name(packet) {
        Some(crate::floor::Subtype::NAME) => {
            FloorPacket::decode(packet).ok().and_then(|floor| rename(floor, |field| floor_field(field.id())))
        }
        Some(SUBCHANNEL_NAME) => {
            SubchannelPacket::decode(&with_final_name(packet)).ok().and_then(|subchannel| {
                rename(subchannel, |field| (field.id() == EARLY_GROUP_ID).then_some(FieldId::MCPTT_GROUP_ID))
            })
        }
        _ => None,
    };
    rewritten.unwrap_or_else(|| packet.clone())
}

fn with_final_name(packet: &Bytes) -> Bytes {
    let mut octets = BytesMut::from(&packet[..]);
    if let Some(name) = octets.get_mut(8..12) {
        name.copy_from_slice(&crate::subchannel::Subtype::NAME);
    }
    octets.freeze()
}

fn rename<P: Protocol>(mut packet: Packet<P>, id: impl Fn(&Field) -> Option<FieldId>) -> Option<Bytes> {
    for field in &mut packet.fields {
        if let Some(id) = id(field) {
            field.rename(id);
        }
    }
    let mut out = BytesMut::new();
    packet.encode(&mut out).ok()?;
    Some(out.freeze())
}
