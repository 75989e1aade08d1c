mod check;
mod extended;
mod feedback;
pub(crate) mod laws;
mod property;
mod source;

use bytes::{Bytes, BytesMut};

use super::*;
use crate::floor::{FloorPacket, Subtype};
use crate::id::Ssrc;
use crate::{DecodeError, DecodeErrorKind, Deviation, EncodeError};

/// Octets from hexadecimal digits, written in pieces so that each can have its comment.
pub(crate) fn hex(pieces: &[&str]) -> Bytes {
    let digits: Vec<u8> = pieces.concat().bytes().filter(|digit| *digit != b' ').collect();
    assert_eq!(digits.len() % 2, 0, "whole octets");
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(octet).collect()
}

pub(crate) fn deviation(offset: usize, requirement: &'static str) -> Deviation {
    Deviation { offset, requirement }
}

fn encoded(packet: &RtcpPacket) -> Bytes {
    let mut out = BytesMut::new();
    packet.encode(&mut out).unwrap();
    out.freeze()
}

/// Decodes a datagram of one packet and expects the same octets back.
#[track_caller]
fn both_ways(octets: &Bytes, expected: RtcpPacket) {
    let packets: Vec<_> = packets(octets).collect();
    assert_eq!(packets, [Ok(expected.clone())]);
    assert_eq!(encoded(&expected), octets);
}

//= RFC3550-6.7 test
#[test]
fn an_app_packet_of_any_name_is_kept() {
    let octets = hex(&[
        "9fcc0003", // subtype 31, APP, 16 octets
        "11223344", // SSRC
        "58435054", // XCPT
        "deadbeef", // data
    ]);
    both_ways(
        &octets,
        RtcpPacket::App(AppPacket {
            subtype: 31,
            ssrc: Ssrc(0x1122_3344),
            name: *b"XCPT",
            data: octets.slice(12..),
            padding: Bytes::new(),
        }),
    );
    assert_eq!(RtcpPacket::app_name(&octets), Some(*b"XCPT"));
    assert_eq!(RtcpPacket::app_name(&octets[..11]), None);
}

#[test]
fn rtcp_padding_of_an_app_packet_is_no_data() {
    let octets = hex(&["a0cc0003", "11223344", "4d435054", "00000004"]);
    let packet = AppPacket::decode(&octets).unwrap();
    assert_eq!((packet.data.len(), &packet.padding[..]), (0, &[0, 0, 0, 4][..]));
    assert_eq!(encoded(&RtcpPacket::App(packet)), octets);

    let too_much = hex(&["a0cc0002", "11223344", "4d435054"]);
    assert_eq!(AppPacket::decode(&too_much), Err(DecodeError::invalid(11, "RTCP padding count")));
}

#[test]
fn a_sender_report_is_read_and_written() {
    let octets = hex(&[
        "81c8000c",         // one report, SR, 52 octets
        "11223344",         // SSRC
        "e54c3a0180000000", // NTP timestamp
        "00003e80",         // RTP timestamp
        "00000064",         // packets
        "00001900",         // octets
        "c0ffee01",         // reported source
        "40fffffe",         // fraction lost 64/256, cumulative -2
        "00010007",         // highest sequence: one wrap, 7
        "0000000a",         // jitter
        "3a018000",         // last SR
        "00010000",         // delay: one second
    ]);
    let report = ReportBlock {
        ssrc: Ssrc(0xc0ff_ee01),
        fraction_lost: 64,
        cumulative_lost: -2,
        highest_sequence: 0x0001_0007,
        jitter: 10,
        last_sender_report: 0x3a01_8000,
        delay_since_last_sender_report: 0x0001_0000,
    };
    both_ways(
        &octets,
        RtcpPacket::SenderReport(SenderReport {
            ssrc: Ssrc(0x1122_3344),
            info: SenderInfo {
                ntp_timestamp: 0xe54c_3a01_8000_0000,
                rtp_timestamp: 16_000,
                packet_count: 100,
                octet_count: 6400,
            },
            reports: vec![report],
            extension: Bytes::new(),
            padding: Bytes::new(),
        }),
    );
}

//= RFC3550-6.4.3 test
#[test]
fn an_empty_receiver_report_and_a_profile_extension_are_kept() {
    both_ways(
        &hex(&["80c90001", "11223344"]),
        RtcpPacket::ReceiverReport(ReceiverReport { ssrc: Ssrc(0x1122_3344), ..Default::default() }),
    );
    let octets = hex(&["80c90002", "11223344", "01020304"]);
    let extension = octets.slice(8..);
    both_ways(
        &octets,
        RtcpPacket::ReceiverReport(ReceiverReport {
            ssrc: Ssrc(0x1122_3344),
            extension,
            ..Default::default()
        }),
    );
}

#[test]
fn a_report_count_beyond_the_packet_is_an_error_and_the_walk_goes_on() {
    let datagram = hex(&["82c90001", "11223344", "81cb0001", "11223344"]);
    let packets: Vec<_> = packets(&datagram).collect();
    let goodbye = Goodbye { sources: vec![Ssrc(0x1122_3344)], ..Default::default() };
    let error = DecodeError::truncated(8, "report SSRC", 4, 0);
    assert_eq!(packets, [Err(error), Ok(RtcpPacket::Goodbye(goodbye))]);
}

#[test]
fn other_packet_types_are_kept_whole() {
    let octets = hex(&["a1d00002", "11223344", "55667788"]);
    both_ways(&octets, RtcpPacket::Other { packet_type: PacketType(208), octets: octets.clone() });
}

#[test]
fn counts_and_texts_that_do_not_fit_are_refused_and_leave_no_trace() {
    let long = Bytes::from(vec![b'x'; 256]);
    let item = Item { kind: ItemKind::CNAME, text: long.clone() };
    let chunk = Chunk { ssrc: Ssrc(1), items: vec![item], ..Default::default() };
    let app =
        AppPacket { subtype: 32, ssrc: Ssrc(1), name: *b"MCPT", data: Bytes::new(), padding: Bytes::new() };
    let cases = [
        (
            RtcpPacket::ReceiverReport(ReceiverReport {
                reports: vec![ReportBlock::default(); 32],
                ..Default::default()
            }),
            EncodeError { what: "RTCP count or subtype", limit: 31, got: 32 },
        ),
        (
            RtcpPacket::SourceDescription(SourceDescription { chunks: vec![chunk], ..Default::default() }),
            EncodeError { what: "source description item", limit: 255, got: 256 },
        ),
        (
            RtcpPacket::Goodbye(Goodbye { reason: Some(long), ..Default::default() }),
            EncodeError { what: "goodbye reason", limit: 255, got: 256 },
        ),
        (RtcpPacket::App(app.clone()), EncodeError { what: "RTCP count or subtype", limit: 31, got: 32 }),
        (
            RtcpPacket::App(AppPacket { subtype: 0, data: Bytes::from_static(b"abc"), ..app.clone() }),
            EncodeError { what: "RTCP packet beyond a multiple of four", limit: 0, got: 3 },
        ),
        (
            RtcpPacket::App(AppPacket { subtype: 0, data: Bytes::from(vec![0; 262_144]), ..app }),
            EncodeError { what: "RTCP packet", limit: 262_144, got: 262_156 },
        ),
    ];
    for (packet, error) in cases {
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(packet.encode(&mut out), Err(error));
        assert_eq!(&out[..], b"before");
    }
}

//= 24.380-8.1.1 test
#[test]
fn a_datagram_is_cut_by_the_length_words() {
    let request = hex(&["80cc0002", "11223344", "4d435054"]);
    let release = hex(&["84cc0003", "11223344", "4d435054", "0d028000"]);
    let datagram = [&request[..], &release[..]].concat().into();
    let cut: Vec<_> = split(&datagram).collect();
    assert_eq!(cut, [Ok(request), Ok(release)]);
    assert_eq!(split(&Bytes::new()).count(), 0);
}

//= 24.380-8.1.4:trunc test
#[test]
fn what_is_no_packet_ends_the_walk_and_names_its_octet() {
    let good = "80cc0002 11223344 4d435054";
    let truncated = |offset, needed, left| DecodeError {
        offset,
        what: "RTCP packet",
        kind: DecodeErrorKind::Truncated { needed, left },
    };
    let cases = [
        // Length word four times too large.
        ("80cc0008 11223344 4d435054", truncated(14, 36, 12)),
        // Length words below two.
        ("80cc0001 11223344", DecodeError::invalid(14, "RTCP length")),
        ("80cc0000 11223344 4d435054", DecodeError::invalid(14, "RTCP length")),
        // Shorter than a header.
        ("80cc00", DecodeError::truncated(14, "RTCP length", 2, 1)),
        ("80", DecodeError::truncated(13, "RTCP packet type", 1, 0)),
        // Not version 2, not RTCP.
        ("00cc0002 11223344 4d435054", DecodeError::invalid(12, "RTCP version")),
        ("80600002 11223344 4d435054", DecodeError::invalid(13, "RTCP packet type")),
    ];
    for (bad, error) in cases {
        let datagram = hex(&[good, bad, good]);
        // The length word of the first case swallows what follows, so it stands last.
        let datagram = if bad.contains("0008") { hex(&[good, bad]) } else { datagram };
        let datagram = if bad.len() < 8 { hex(&[good, bad]) } else { datagram };
        let cut: Vec<_> = split(&datagram).collect();
        assert_eq!(cut, [Ok(hex(&[good])), Err(error)], "{bad}");
    }
}

//= 24.380-8.1.2 test
//= 24.380-8.1.4:trunc test
#[test]
fn a_packet_that_is_no_floor_message_is_refused() {
    let cases: [(&str, DecodeError); 8] = [
        ("80cc0002 11223344 58435054", DecodeError::invalid(8, "protocol name")),
        // Case matters.
        ("80cc0002 11223344 6d637074", DecodeError::invalid(8, "protocol name")),
        ("80c80002 11223344 4d435054", DecodeError::invalid(1, "RTCP packet type")),
        ("40cc0002 11223344 4d435054", DecodeError::invalid(0, "RTCP version")),
        ("a0cc0003 11223344 4d435054 00000004", DecodeError::invalid(0, "RTCP padding bit")),
        ("80cc0001 11223344 4d435054", DecodeError::invalid(2, "RTCP length")),
        ("80cc0003 11223344 4d435054", DecodeError::truncated(2, "RTCP packet", 16, 12)),
        ("80cc0002 11223344 4d4350", DecodeError::truncated(2, "RTCP packet", 12, 11)),
    ];
    for (packet, error) in cases {
        assert_eq!(FloorPacket::decode(&hex(&[packet])), Err(error), "{packet}");
    }
}

#[test]
fn octets_behind_the_announced_end_are_left_alone() {
    let octets = hex(&["85cc0003", "c0ffee01", "4d435054", "08020001", "0000000000000000"]);
    let packet = FloorPacket::decode(&octets).unwrap();
    assert_eq!(packet.fields, [Field::new(FieldId(8), &[0, 1])]);
    assert_eq!(packet.encoded_len(), 16);
}

//= 24.380-8.1.3 test
#[test]
fn fields_are_walked_by_length_and_padding() {
    let octets = hex(&[
        "85cc0009",
        "c0ffee01",
        "4d435054",          //
        "630100ff",          // id 99, length 1, pad 00 ff: kept
        "640361626300 0000", // id 100, length 3, pad 00 00 00
        "bf0261 62",         // id 191: the last with one length octet
        "c0000561626364 65", // id 192: two length octets, no pad
        "ff00006f",          // id 255: length 0, pad 6f
    ]);
    let packet = FloorPacket::decode(&octets).unwrap();
    let shown: Vec<_> =
        packet.fields.iter().map(|field| (field.id().0, field.value(), field.padding())).collect();
    assert_eq!(
        shown,
        [
            (99, &b"\x00"[..], &b"\xff"[..]),
            (100, b"abc", b"\0\0\0"),
            (191, b"ab", b""),
            (192, b"abcde", b""),
            (255, b"", b"\x6f"),
        ]
    );
    let mut out = BytesMut::new();
    packet.encode(&mut out).unwrap();
    assert_eq!(out, octets);
}

#[test]
fn a_field_that_runs_past_the_end_is_kept_as_rest() {
    let octets = hex(&["85cc0004", "c0ffee01", "4d435054", "08020001", "0002aaaa"]);
    let packet = FloorPacket::decode(&octets).unwrap();
    assert_eq!(packet.rest, Bytes::new());

    let octets = hex(&["85cc0005", "c0ffee01", "4d435054", "08020001", "00c8aaaa", "bbbbbbbb"]);
    let packet = FloorPacket::decode(&octets).unwrap();
    assert_eq!(packet.fields, [Field::new(FieldId(8), &[0, 1])]);
    assert_eq!(packet.rest, hex(&["00c8aaaa", "bbbbbbbb"]));
    let mut out = BytesMut::new();
    packet.encode(&mut out).unwrap();
    assert_eq!(out, octets);
}

#[test]
fn fields_are_padded_when_built_and_may_be_built_wrong() {
    let field = Field::new(FieldId(6), b"sip:a");
    assert_eq!((field.length(), field.value(), field.padding()), (5, &b"sip:a"[..], &[0][..]));
    assert_eq!(field.encoded_len(), 8);

    let broken = Field::with_length(FieldId(0), 200, &[9, 0]);
    assert_eq!((broken.length(), broken.value(), broken.padding()), (200, &[9, 0][..], &[][..]));
    let packet = FloorPacket { fields: vec![broken], ..FloorPacket::new(Subtype(0), Ssrc(1)) };
    let mut out = BytesMut::new();
    packet.encode(&mut out).unwrap();
    assert_eq!(out, hex(&["80cc0003", "00000001", "4d435054", "00c80900"]));
}

#[test]
fn a_value_too_long_for_its_length_is_refused() {
    let refused = |id, len, limit| {
        let field = Field::new(FieldId(id), &vec![0; len]);
        let packet = FloorPacket { fields: vec![field], ..FloorPacket::new(Subtype(0), Ssrc(1)) };
        let mut out = BytesMut::new();
        let expected = EncodeError { what: "field value", limit, got: len };
        assert_eq!(packet.encode(&mut out), Err(expected));
        assert!(out.is_empty());
    };
    refused(191, 256, 255);
    refused(192, 65_536, 65_535);
}

#[test]
fn the_octets_of_an_i_message_are_not_printed() {
    assert_eq!(format!("{:?}", Field::new(FieldId(192), b"abc")), "Field { id: 192, length: 3, .. }");
    assert_eq!(
        format!("{:?}", Field::new(FieldId(0), &[5, 0])),
        "Field { id: 0, length: 2, octets: b\"\\x05\\0\" }"
    );
}

#[test]
fn deviations_are_bounded() {
    let mut octets = BytesMut::from(&hex(&["80cc0082", "11223344", "4d435054"])[..]);
    octets.extend_from_slice(&[0x63, 0, 0, 0].repeat(128));
    let decoded = crate::floor::FloorMessage::decode(&octets.freeze()).unwrap();
    assert_eq!(decoded.deviations.len(), MAX_DEVIATIONS);
    assert_eq!(decoded.deviations[63], deviation(12 + 63 * 4, requirement::FIELD));
}

#[test]
fn packets_of_the_first_drafts_can_be_rewritten() {
    let request = hex(&["80cc0005", "11223344", "4d435054", "6602c800", "74021000", "63010000"]);
    let expected = hex(&["80cc0005", "11223344", "4d435054", "0002c800", "0d021000", "63010000"]);
    assert_eq!(early::to_final(&request), expected);
    assert_eq!(early::to_final(&expected), expected);

    let map = hex(&["81cc0004", "a1b2c3d4", "4d434350", "03057369703a6700"]);
    let expected = hex(&["81cc0004", "a1b2c3d4", "4d434d43", "02057369703a6700"]);
    assert_eq!(early::to_final(&map), expected);

    for other in [hex(&["80c90001", "11223344"]), hex(&["a0cc0002", "11223344", "4d435054"]), Bytes::new()] {
        assert_eq!(early::to_final(&other), other);
    }
    let mapped: Vec<u8> = (0..=255).filter_map(|id| early::floor_field(FieldId(id))).map(|id| id.0).collect();
    assert_eq!(mapped, (0..14).collect::<Vec<u8>>());
}
