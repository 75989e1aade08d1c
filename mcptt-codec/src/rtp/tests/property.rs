//! Laws that hold for every value and for every octet string.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::fuzzing::media;
use crate::id::Ssrc;
use crate::rtp::fec::*;
use crate::rtp::redundancy::{RedundantBlock, RedundantPayload};
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

fn some_octets(len: std::ops::Range<usize>) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), len).prop_map(Bytes::from)
}

fn redundant() -> impl Strategy<Value = RedundantPayload> {
    let block = (0u8..128, 0u16..16_384, some_octets(0..40));
    let block = block.prop_map(|(payload_type, timestamp_offset, data)| RedundantBlock {
        payload_type,
        timestamp_offset,
        data,
    });
    (vec(block, 0..5), 0u8..128, some_octets(0..40))
        .prop_map(|(redundant, primary_type, primary)| RedundantPayload { redundant, primary_type, primary })
}

fn recovery() -> impl Strategy<Value = HeaderRecovery> {
    (any::<(bool, bool, bool)>(), 0u8..16, 0u8..128, any::<u32>(), any::<u16>()).prop_map(
        |((padding, extension, marker), csrc_count, payload_type, timestamp, length)| HeaderRecovery {
            padding,
            extension,
            csrc_count,
            marker,
            payload_type,
            timestamp,
            length,
        },
    )
}

fn ulp() -> impl Strategy<Value = UlpFec> {
    let level = |bits: u32| (0..1u64 << bits, some_octets(0..20));
    let levels =
        any::<bool>().prop_flat_map(move |long| (Just(long), vec(level(if long { 48 } else { 16 }), 1..4)));
    (any::<bool>(), recovery(), any::<u16>(), levels).prop_map(
        |(extension, recovery, sequence_base, (long_mask, levels))| {
            let levels = levels.into_iter().map(|(mask, payload)| ProtectionLevel { mask, payload });
            UlpFec { extension, long_mask, recovery, sequence_base, levels: levels.collect() }
        },
    )
}

fn flex() -> impl Strategy<Value = FlexFec> {
    let mask = vec(0u8..110, 0..6).prop_map(|positions| FlexMask::new(&positions).unwrap());
    let flexible = vec((any::<u16>(), mask), 0..4);
    let fixed = vec((any::<u16>(), any::<(u8, u8)>()), 0..4);
    let again = (recovery(), any::<u16>(), any::<u32>(), some_octets(0..20));
    prop_oneof![
        (recovery(), flexible, some_octets(0..20)).prop_map(|(recovery, streams, payload)| {
            let streams = streams.into_iter();
            let streams = streams.map(|(sequence_base, which)| FlexProtection { sequence_base, which });
            FlexFec::Flexible { recovery, streams: streams.collect(), payload }
        }),
        (recovery(), fixed, some_octets(0..20)).prop_map(|(recovery, streams, payload)| {
            let streams = streams.into_iter();
            let streams = streams.map(|(sequence_base, which)| FlexProtection { sequence_base, which });
            FlexFec::Fixed { recovery, streams: streams.collect(), payload }
        }),
        again.prop_map(|(header, sequence, ssrc, payload)| {
            let header = HeaderRecovery { length: 0, ..header };
            FlexFec::Retransmission(FlexRetransmission { header, sequence, ssrc: Ssrc(ssrc), payload })
        }),
    ]
}

/// Every prefix, and one octet changed.
fn damage(octets: &BytesMut, at: prop::sample::Index, with: u8) {
    (0..octets.len()).for_each(|len| media::rtp_payload(&octets[..len]));
    let mut broken = octets.clone();
    let at = at.index(broken.len());
    broken[at] ^= with;
    media::rtp_payload(&broken);
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

    #[test]
    fn every_redundant_payload_survives_encoding_and_damage(
        given in redundant(), at in any::<prop::sample::Index>(), with in 1u8..
    ) {
        let mut octets = BytesMut::new();
        given.encode(&mut octets).unwrap();
        prop_assert_eq!(RedundantPayload::decode(&octets.clone().freeze()), Ok(given));
        damage(&octets, at, with);
    }

    #[test]
    fn every_level_survives_encoding_and_damage(
        given in ulp(), at in any::<prop::sample::Index>(), with in 1u8..
    ) {
        let mut octets = BytesMut::new();
        given.encode(&mut octets).unwrap();
        prop_assert_eq!(UlpFec::decode(&octets.clone().freeze()), Ok(given));
        damage(&octets, at, with);
    }

    #[test]
    fn every_repair_packet_survives_encoding_and_damage(
        given in flex(), at in any::<prop::sample::Index>(), with in 1u8..
    ) {
        let sources = match &given {
            FlexFec::Flexible { streams, .. } => streams.len(),
            FlexFec::Fixed { streams, .. } => streams.len(),
            _ => 1,
        };
        let mut octets = BytesMut::new();
        given.encode(&mut octets).unwrap();
        prop_assert_eq!(FlexFec::decode(&octets.clone().freeze(), sources), Ok(given));
        damage(&octets, at, with);
    }
}
