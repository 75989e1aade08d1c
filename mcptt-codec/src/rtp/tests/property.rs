//! Laws that hold for every value and for every octet string.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::fuzzing::media;
use crate::id::Ssrc;
use crate::rtp::{CsrcList, Element, Extension, ExtensionForm, Part, RtpHeader, RtpPacket};

#[derive(Clone, Debug)]
enum OwnedPart {
    Padding(usize),
    Element(u8, Vec<u8>),
}

fn extension() -> impl Strategy<Value = (ExtensionForm, Vec<OwnedPart>)> {
    let one = (1u8..15, vec(any::<u8>(), 1..17));
    let two = (1u8.., vec(any::<u8>(), 0..256));
    let part = |element: BoxedStrategy<(u8, Vec<u8>)>| {
        prop_oneof![
            1 => (1usize..6).prop_map(OwnedPart::Padding),
            3 => element.prop_map(|(id, value)| OwnedPart::Element(id, value)),
        ]
    };
    let two_byte = (0u8..16).prop_map(|app_bits| ExtensionForm::TwoByte { app_bits });
    prop_oneof![
        (Just(ExtensionForm::OneByte), vec(part(one.boxed()), 0..8)),
        (two_byte, vec(part(two.boxed()), 0..8)),
    ]
}

fn built((form, parts): &(ExtensionForm, Vec<OwnedPart>)) -> Extension {
    let parts = parts.iter().map(|part| match part {
        OwnedPart::Padding(octets) => Part::Padding(*octets),
        OwnedPart::Element(id, value) => Part::Element(Element { id: *id, value }),
    });
    Extension::from_parts(*form, parts).unwrap()
}

fn header() -> impl Strategy<Value = RtpHeader> {
    let fixed = (any::<bool>(), 0u8..128, any::<u16>(), any::<u32>(), any::<u32>());
    (fixed, vec(any::<u32>(), 0..16), option::of(extension())).prop_map(|(fixed, csrc, extension)| {
        let (marker, payload_type, sequence, timestamp, ssrc) = fixed;
        let csrc: Vec<_> = csrc.into_iter().map(Ssrc).collect();
        RtpHeader {
            padding: false,
            marker,
            payload_type,
            sequence,
            timestamp,
            ssrc: Ssrc(ssrc),
            csrc: CsrcList::new(&csrc).unwrap(),
            extension: extension.as_ref().map(built),
        }
    })
}

fn packet() -> impl Strategy<Value = RtpPacket> {
    let padding = option::of(vec(any::<u8>(), 0..20)).prop_map(|padding| match padding {
        Some(mut padding) => {
            padding.push(u8::try_from(padding.len() + 1).unwrap());
            padding
        }
        None => Vec::new(),
    });
    (header(), vec(any::<u8>(), 0..80), padding).prop_map(|(header, payload, padding)| RtpPacket {
        header: RtpHeader { padding: !padding.is_empty(), ..header },
        payload: payload.into(),
        padding: padding.into(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_extension_survives_encoding(given in extension()) {
        let extension = built(&given);
        let elements = |extension: &Extension| -> Vec<(u8, Vec<u8>)> {
            extension.elements().map(|element| (element.id, element.value.to_vec())).collect()
        };
        let expected: Vec<_> = given.1.iter().filter_map(|part| match part {
            OwnedPart::Element(id, value) => Some((*id, value.clone())),
            OwnedPart::Padding(_) => None,
        }).collect();
        prop_assert_eq!(elements(&extension), expected);
        prop_assert_eq!(extension.form(), Some(given.0));
    }

    #[test]
    fn every_packet_survives_encoding_and_damage(given in packet(), at in any::<prop::sample::Index>(), with in 1u8..) {
        let mut octets = BytesMut::new();
        given.encode(&mut octets).unwrap();
        prop_assert_eq!(RtpPacket::decode(&octets.clone().freeze()), Ok(given));
        (0..octets.len()).for_each(|len| media::rtp_packet(&octets[..len]));
        let at = at.index(octets.len());
        octets[at] ^= with;
        media::rtp_packet(&octets);
    }

    #[test]
    fn no_octets_do_harm(octets in vec(any::<u8>(), 0..80)) {
        media::rtp_packet(&octets);
        let mut versioned = octets;
        if let Some(first) = versioned.first_mut() {
            *first = 0x80 | *first & 0x3f;
        }
        media::rtp_packet(&versioned);
    }
}
