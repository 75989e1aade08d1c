//! Fuzz bodies of RTP and of what its payloads are wrapped in.

use bytes::Bytes;

use super::binary::encoded;
use crate::id::Ssrc;
use crate::rtp::fec::{FlexFec, Recovery, UlpFec};
use crate::rtp::redundancy::RedundantPayload;
use crate::rtp::{Extension, Part, RtpHeader, RtpPacket};

/// An RTP packet.
pub fn rtp_packet(octets: &[u8]) {
    let octets = Bytes::copy_from_slice(octets);
    if let Ok((header, len)) = RtpHeader::decode(&octets) {
        assert_eq!(header.encoded_len(), len, "the length of an RTP header is exact");
        assert_eq!(
            encoded(|out| header.encode(out)),
            Ok(octets.slice(..len)),
            "an RTP header is kept octet by octet"
        );
        header.extension.iter().for_each(extension);
    }
    if let Ok(packet) = RtpPacket::decode(&octets) {
        assert_eq!(packet.encoded_len(), octets.len(), "the length of an RTP packet is exact");
        assert_eq!(encoded(|out| packet.encode(out)), Ok(octets), "an RTP packet is kept octet by octet");
        rtp_payload(&packet.payload);
    }
}

/// The payload of an RTP packet, read as redundancy and as forward error correction.
pub fn rtp_payload(octets: &[u8]) {
    let octets = Bytes::copy_from_slice(octets);
    if let Ok(payload) = RedundantPayload::decode(&octets) {
        assert_eq!(payload.encoded_len(), octets.len(), "the length of a redundant payload is exact");
        assert_eq!(
            encoded(|out| payload.encode(out)),
            Ok(octets.clone()),
            "redundancy is kept octet by octet"
        );
    }
    if let Ok(fec) = UlpFec::decode(&octets) {
        assert_eq!(fec.encoded_len(), octets.len(), "the length of a FEC payload is exact");
        assert_eq!(encoded(|out| fec.encode(out)), Ok(octets.clone()), "levels are kept octet by octet");
        let most = if fec.long_mask { 48 } else { 16 };
        assert!(fec.levels.iter().all(|level| fec.protected(level).count() <= most), "a mask is bounded");
    }
    for sources in 0..3 {
        if let Ok(fec) = FlexFec::decode(&octets, sources) {
            assert_eq!(encoded(|out| fec.encode(out)), Ok(octets.clone()), "repair is kept octet by octet");
        }
    }
    let mut recovery = Recovery::default();
    if recovery.add(&octets) && octets.first().is_some_and(|first| first >> 6 == 2) {
        let (sequence, ssrc) = match &octets[..] {
            [_, _, a, b, _, _, _, _, c, d, e, f, ..] => {
                (u16::from_be_bytes([*a, *b]), Ssrc(u32::from_be_bytes([*c, *d, *e, *f])))
            }
            _ => (0, Ssrc(0)),
        };
        assert_eq!(recovery.packet(sequence, ssrc), Some(octets), "a packet alone protects itself");
    }
}

fn extension(extension: &Extension) {
    let Some(form) = extension.form() else {
        assert_eq!(extension.parts().count(), 0, "another profile has no elements");
        return;
    };
    let again = Extension::from_parts(form, extension.parts());
    assert_eq!(again.as_ref(), Ok(extension), "the parts of an extension are all of it");
    for element in extension.elements() {
        assert!((1..=form.max_id()).contains(&element.id), "an element has an id");
        assert!(element.value.len() <= form.max_value_len(), "a value fits its form");
    }
    let rest = extension.parts().filter(|part| matches!(part, Part::Rest { .. })).count();
    assert!(rest <= 1, "what ends an extension is the last of it");
}
