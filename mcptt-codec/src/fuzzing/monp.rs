//! Fuzz body of the off-network call control protocol.

use bytes::{Bytes, BytesMut};

use crate::monp::view::monp_with;
use crate::monp::{DecodeOptions, MAX_ELEMENTS, MonpMessage, MonpPacket};

/// A datagram, read by the tables and as a laboratory reads it.
pub fn monp(octets: &[u8]) {
    let datagram = Bytes::copy_from_slice(octets);
    for decimal_identifiers in [false, true] {
        message_laws(&datagram, DecodeOptions { decimal_identifiers });
    }
}

fn message_laws(datagram: &Bytes, options: DecodeOptions) {
    let _ = monp_with(datagram, options);
    let decoded = MonpMessage::decode_with(datagram, options);
    let Ok(packet) = MonpPacket::decode_with(datagram, options) else {
        assert!(datagram.is_empty() && decoded.is_err(), "only nothing is no packet");
        return;
    };
    assert!(packet.elements.len() <= MAX_ELEMENTS, "elements are bounded");
    assert_eq!(packet.encoded_len(), datagram.len(), "the length of a packet is exact");
    let mut out = BytesMut::new();
    assert_eq!(packet.encode(&mut out), Ok(()), "what was read can be written");
    assert_eq!(out, datagram, "a packet is kept octet by octet");

    assert_eq!(MonpMessage::from_packet(&packet), decoded, "both ways to a message agree");
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(error) => {
            assert!(error.offset <= datagram.len(), "an error lies inside the datagram");
            return;
        }
    };
    assert!(decoded.deviations.is_sorted_by_key(|deviation| deviation.offset), "deviations are in order");
    for deviation in &decoded.deviations {
        assert!(deviation.offset < datagram.len(), "a deviation lies inside the datagram");
    }
    // Replacement characters may make a name too long for its element; nothing else does.
    let Ok(again) = decoded.value.encode() else { return };
    let again = MonpMessage::decode(&again).map(|decoded| decoded.value);
    assert_eq!(again.as_ref(), Ok(&decoded.value), "a message survives encoding");
}
