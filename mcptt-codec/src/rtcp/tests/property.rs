//! Laws that hold for every packet and for every octet string.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::encoded;
use crate::fuzzing::binary;
use crate::id::Ssrc;
use crate::rtcp::feedback::*;
use crate::rtcp::*;

fn ssrc() -> impl Strategy<Value = Ssrc> {
    any::<u32>().prop_map(Ssrc)
}

fn octets(len: std::ops::Range<usize>) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), len).prop_map(Bytes::from)
}

fn words(words: std::ops::Range<usize>) -> impl Strategy<Value = Bytes> {
    vec(any::<[u8; 4]>(), words).prop_map(|words| words.concat().into())
}

/// RTCP padding of whole words.
fn padding() -> impl Strategy<Value = Bytes> {
    option::of(1usize..5).prop_map(|words| {
        words.map_or(Bytes::new(), |words| {
            let mut padding = vec![0; words * 4];
            *padding.last_mut().unwrap() = u8::try_from(words * 4).unwrap();
            padding.into()
        })
    })
}

fn report_block() -> impl Strategy<Value = ReportBlock> {
    let rest = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>());
    (ssrc(), any::<u8>(), -0x80_0000i32..0x80_0000, rest).prop_map(|(ssrc, fraction_lost, lost, rest)| {
        ReportBlock {
            ssrc,
            fraction_lost,
            cumulative_lost: lost,
            highest_sequence: rest.0,
            jitter: rest.1,
            last_sender_report: rest.2,
            delay_since_last_sender_report: rest.3,
        }
    })
}

fn report() -> impl Strategy<Value = RtcpPacket> {
    let info = option::of((any::<u64>(), any::<u32>(), any::<u32>(), any::<u32>()));
    (ssrc(), info, vec(report_block(), 0..4), words(0..3), padding()).prop_map(
        |(ssrc, info, reports, extension, padding)| match info {
            Some((ntp_timestamp, rtp_timestamp, packet_count, octet_count)) => {
                let info = SenderInfo { ntp_timestamp, rtp_timestamp, packet_count, octet_count };
                RtcpPacket::SenderReport(SenderReport { ssrc, info, reports, extension, padding })
            }
            None => RtcpPacket::ReceiverReport(ReceiverReport { ssrc, reports, extension, padding }),
        },
    )
}

fn description() -> impl Strategy<Value = RtcpPacket> {
    let item = (1u8.., octets(0..20)).prop_map(|(kind, text)| Item { kind: ItemKind(kind), text });
    let chunk = (ssrc(), vec(item, 0..4));
    let chunk = chunk.prop_map(|(ssrc, items)| Chunk { ssrc, items, padding: Bytes::new() });
    (vec(chunk, 0..4), words(0..2), padding()).prop_map(|(chunks, rest, padding)| {
        RtcpPacket::SourceDescription(SourceDescription { chunks, rest, padding })
    })
}

fn goodbye() -> impl Strategy<Value = RtcpPacket> {
    (vec(ssrc(), 0..32), option::of(octets(0..256)), padding()).prop_map(|(sources, reason, padding)| {
        RtcpPacket::Goodbye(Goodbye { sources, reason, rest: Bytes::new(), padding })
    })
}

fn rates() -> impl Strategy<Value = Vec<MaxBitrate>> {
    let rate = (ssrc(), 0u8..64, 0u32..131_072, 0u16..512);
    vec(
        rate.prop_map(|(ssrc, exponent, mantissa, overhead)| MaxBitrate {
            ssrc,
            exponent,
            mantissa,
            overhead,
        }),
        0..4,
    )
}

fn transport_message() -> impl Strategy<Value = TransportMessage> {
    let nack = any::<(u16, u16)>();
    let nack = nack.prop_map(|(packet_id, following)| GenericNack { packet_id, following });
    let head = (any::<u16>(), any::<u16>(), -0x80_0000i32..0x80_0000, any::<u8>());
    let wide =
        (head, words(0..4)).prop_map(|((base_sequence, status_count, reference_time, count), chunks)| {
            TransportWide { base_sequence, status_count, reference_time, feedback_count: count, chunks }
        });
    prop_oneof![
        vec(nack, 0..5).prop_map(TransportMessage::GenericNack),
        rates().prop_map(TransportMessage::MaxBitrateRequest),
        rates().prop_map(TransportMessage::MaxBitrateNotification),
        wide.prop_map(TransportMessage::TransportWide),
        (5u8..15, words(0..4)).prop_map(|(format, information)| TransportMessage::Other {
            format: FeedbackFormat(format),
            information
        }),
    ]
}

fn payload_message() -> impl Strategy<Value = PayloadMessage> {
    let slice = (0u16..8192, 0u16..8192, 0u8..64);
    let slice = slice.prop_map(|(first, number, picture_id)| SliceLoss { first, number, picture_id });
    let selection = (any::<u8>(), 0u8..128, any::<[u8; 2]>(), words(0..3));
    let selection = selection.prop_map(|(padding_bits, payload_type, start, rest)| {
        let bit_string = [&start[..], &rest[..]].concat().into();
        ReferencePictureSelection { padding_bits, payload_type, bit_string }
    });
    let intra = (ssrc(), any::<u8>(), 0u32..0x100_0000);
    let intra = intra.prop_map(|(ssrc, sequence, reserved)| FullIntraRequest { ssrc, sequence, reserved });
    let estimate = (0u8..64, 0u32..262_144, vec(ssrc(), 0..5));
    let estimate = estimate.prop_map(|(exponent, mantissa, sources)| EstimatedMaxBitrate {
        exponent,
        mantissa,
        sources,
    });
    prop_oneof![
        Just(PayloadMessage::PictureLoss),
        vec(slice, 0..4).prop_map(PayloadMessage::SliceLoss),
        selection.prop_map(PayloadMessage::ReferencePictureSelection),
        vec(intra, 0..4).prop_map(PayloadMessage::FullIntraRequest),
        estimate.prop_map(PayloadMessage::EstimatedMaxBitrate),
        words(0..1).prop_map(PayloadMessage::ApplicationLayer),
        (5u8..15, words(0..4)).prop_map(|(format, information)| PayloadMessage::Other {
            format: FeedbackFormat(format),
            information
        }),
    ]
}

fn extended() -> impl Strategy<Value = RtcpPacket> {
    let block = (any::<u8>(), any::<u8>(), words(0..4));
    let block = block.prop_map(|(block_type, type_specific, content)| ExtendedBlock {
        block_type: ExtendedBlockType(block_type),
        type_specific,
        content,
    });
    (ssrc(), 0u8..32, vec(block, 0..5), padding()).prop_map(|(ssrc, reserved, blocks, padding)| {
        RtcpPacket::ExtendedReport(ExtendedReport { ssrc, reserved, blocks, rest: Bytes::new(), padding })
    })
}

fn packet() -> impl Strategy<Value = RtcpPacket> {
    let app = (0u8..32, ssrc(), any::<[u8; 4]>(), words(0..4), padding());
    let app = app.prop_map(|(subtype, ssrc, name, data, padding)| {
        RtcpPacket::App(AppPacket { subtype, ssrc, name, data, padding })
    });
    let transport =
        (ssrc(), ssrc(), transport_message(), padding()).prop_map(|(sender, media, message, padding)| {
            RtcpPacket::TransportFeedback(TransportFeedback { sender, media, message, padding })
        });
    let payload =
        (ssrc(), ssrc(), payload_message(), padding()).prop_map(|(sender, media, message, padding)| {
            RtcpPacket::PayloadFeedback(PayloadFeedback { sender, media, message, padding })
        });
    let other = (208u8..=223, 0u8..32, words(1..4)).prop_map(|(packet_type, count, rest)| {
        let length = u16::try_from(rest.len() / 4).unwrap().to_be_bytes();
        let head = [0x80 | count, packet_type, length[0], length[1]];
        RtcpPacket::Other {
            packet_type: PacketType(packet_type),
            octets: [&head[..], &rest[..]].concat().into(),
        }
    });
    prop_oneof![app, report(), description(), goodbye(), transport, payload, extended(), other]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_packet_survives_encoding_and_damage(given in packet(), at in any::<prop::sample::Index>(), with in 1u8..) {
        let octets = encoded(&given);
        prop_assert_eq!(RtcpPacket::decode(&octets), Ok(given));
        (0..octets.len()).for_each(|len| binary::rtcp_compound(&octets[..len]));
        let mut broken = BytesMut::from(&octets[..]);
        let at = at.index(broken.len());
        broken[at] ^= with;
        binary::rtcp_compound(&broken);
    }

    #[test]
    fn a_compound_packet_is_the_sum_of_its_packets(given in vec(packet(), 0..5)) {
        let octets: Vec<u8> = given.iter().flat_map(encoded).collect();
        let expected: Vec<_> = given.into_iter().map(Ok).collect();
        prop_assert_eq!(packets(&octets.into()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_octets_do_harm(kind in 200u8..209, first in 0x80u8..0xc0, body in words(0..12)) {
        let words = u8::try_from(body.len() / 4).unwrap();
        let octets = [&[first, kind, 0, words][..], &body[..]].concat();
        binary::rtcp_compound(&octets);
    }
}
