//! Fuzz bodies of RTP and of what its payloads are wrapped in.

use bytes::Bytes;

use super::binary::encoded;
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
