//! Fuzz bodies of RTCP and of the APP protocols of TS 24.380 in it.

use std::fmt::Debug;

use bytes::{Bytes, BytesMut};

use crate::floor::FloorMessage;
use crate::rtcp::message::{self, Message};
use crate::rtcp::{self, CompoundRules, Packet, Protocol, RtcpPacket};
use crate::session::SessionMessage;
use crate::subchannel::{NotificationMessage, SubchannelMessage};
use crate::{EncodeError, view};

/// One packet, read as a message of each protocol in turn.
pub fn floor_packet(octets: &[u8]) {
    message_laws::<FloorMessage>(octets);
    message_laws::<SessionMessage>(octets);
    message_laws::<SubchannelMessage>(octets);
    message_laws::<NotificationMessage>(octets);
}

/// A datagram of RTCP packets.
pub fn rtcp_compound(octets: &[u8]) {
    let datagram = Bytes::copy_from_slice(octets);
    for packet in rtcp::split(&datagram).flatten() {
        floor_packet(&packet);
        if let Ok(decoded) = RtcpPacket::decode(&packet) {
            assert_eq!(
                encoded(|out| decoded.encode(out)),
                Ok(packet),
                "an RTCP packet is kept octet by octet"
            );
        }
    }
    for rules in [CompoundRules::Full, CompoundRules::ReducedSize] {
        let deviations = rtcp::check(&datagram, rules);
        assert!(deviations.len() <= rtcp::MAX_DEVIATIONS, "deviations are bounded");
        assert!(deviations.iter().all(|found| found.offset <= octets.len()), "and lie inside the datagram");
    }
    let shown = view::datagram(&datagram);
    assert!(shown.trailing_octets <= octets.len(), "the view counts octets of the datagram");
}

fn message_laws<M: Message + Clone + Debug + PartialEq>(octets: &[u8]) {
    // Any packet is tried as this protocol, whatever name it came with.
    let mut named = BytesMut::from(octets);
    if let Some(name) = named.get_mut(8..12) {
        name.copy_from_slice(&M::Protocol::NAME);
    }
    let octets = named.freeze();
    let Ok(packet) = Packet::<M::Protocol>::decode(&octets) else {
        assert!(message::decode::<M>(&octets).is_err(), "both levels refuse the same packets");
        return;
    };
    let len = packet.encoded_len();
    assert_eq!(encoded(|out| packet.encode(out)), Ok(octets.slice(..len)), "a packet is kept octet by octet");

    let decoded = message::decode::<M>(&octets);
    assert_eq!(decoded, Ok(message::from_packet::<M>(&packet)), "both ways to a message agree");
    let Ok(decoded) = decoded else { return };
    assert!(decoded.deviations.len() <= rtcp::MAX_DEVIATIONS, "deviations are bounded");
    for deviation in &decoded.deviations {
        assert!(deviation.offset < len, "a deviation lies inside the packet");
    }
    // Replacement characters may make a text too long for its field; nothing else does.
    let Ok(again) = message::encode(&decoded.value) else { return };
    let again = message::decode::<M>(&again).map(|decoded| decoded.value);
    assert_eq!(again.as_ref(), Ok(&decoded.value), "a message survives encoding");
    let packet = message::to_packet(&decoded.value);
    assert_eq!(message::from_packet::<M>(&packet).value, decoded.value, "a message survives its packet");
}

/// What an encoder appends to an empty buffer.
pub(super) fn encoded(
    encode: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
) -> Result<Bytes, EncodeError> {
    let mut out = BytesMut::new();
    encode(&mut out)?;
    Ok(out.freeze())
}
