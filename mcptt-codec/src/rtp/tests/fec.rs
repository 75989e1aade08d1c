//! Forward error correction.

use bytes::{Bytes, BytesMut};

use crate::id::Ssrc;
use crate::rtcp::tests::hex;
use crate::rtp::fec::{
    FlexFec, FlexMask, FlexProtection, FlexRetransmission, HeaderRecovery, ProtectionLevel, Recovery, UlpFec,
};
use crate::{DecodeError, EncodeError};

const RECOVERY: HeaderRecovery = HeaderRecovery {
    padding: true,
    extension: false,
    csrc_count: 5,
    marker: true,
    payload_type: 97,
    timestamp: 0x0102_0304,
    length: 20,
};

#[track_caller]
fn ulp_both_ways(octets: &Bytes, expected: &UlpFec) {
    assert_eq!(UlpFec::decode(octets).as_ref(), Ok(expected));
    let mut out = BytesMut::new();
    expected.encode(&mut out).unwrap();
    assert_eq!((&out[..], expected.encoded_len()), (&octets[..], octets.len()));
}

#[track_caller]
fn flex_both_ways(octets: &Bytes, sources: usize, expected: &FlexFec) {
    assert_eq!(FlexFec::decode(octets, sources).as_ref(), Ok(expected));
    let mut out = BytesMut::new();
    expected.encode(&mut out).unwrap();
    assert_eq!(out, octets);
}

//= RFC5109-7.3 test
//= RFC5109-7.4 test
#[test]
fn levels_with_short_and_long_masks_are_read_and_written() {
    let octets = hex(&[
        "25",       // no E, no L, P recovery, no X recovery, CC recovery 5
        "e1",       // M recovery, PT recovery 97
        "fffe",     // SN base 65534
        "01020304", // TS recovery
        "0014",     // length recovery
        "0004",     // level 0: four octets
        "c001",     // base, base + 1, base + 15
        "a1a2a3a4", // level 0 payload
        "0002",     // level 1: two octets
        "4000",     // base + 1
        "b1b2",     // level 1 payload
    ]);
    let level = |mask, payload| ProtectionLevel { mask, payload };
    let short = UlpFec {
        recovery: RECOVERY,
        sequence_base: 65_534,
        levels: vec![level(0xc001, octets.slice(14..18)), level(0x4000, octets.slice(22..))],
        ..Default::default()
    };
    ulp_both_ways(&octets, &short);
    assert_eq!(short.protected(&short.levels[0]).collect::<Vec<_>>(), [65_534, 65_535, 13]);

    let octets = hex(&[
        "e5e1fffe010203040014", // E, L, otherwise as above
        "0001",                 // level 0: one octet
        "800000000001",         // base, base + 47
        "aa",                   // level 0 payload
    ]);
    let long = UlpFec {
        extension: true,
        long_mask: true,
        levels: vec![level(0x8000_0000_0001, octets.slice(18..))],
        ..short
    };
    ulp_both_ways(&octets, &long);
    assert_eq!(long.protected(&long.levels[0]).collect::<Vec<_>>(), [65_534, 45]);
}

#[test]
fn levels_that_do_not_fit_are_refused() {
    let cases = [
        ("25e1fffe0102030400", DecodeError::truncated(8, "length recovery", 2, 1)),
        ("25e1fffe010203040014", DecodeError::truncated(10, "protection length", 2, 0)),
        ("25e1fffe010203040014 0004c001a1", DecodeError::truncated(14, "level payload", 4, 1)),
        ("65e1fffe010203040014 0004c001a1", DecodeError::truncated(14, "mask", 4, 1)),
    ];
    for (octets, error) in cases {
        assert_eq!(UlpFec::decode(&hex(&[octets])), Err(error), "{octets}");
    }
    let many = hex(&["25e1fffe010203040014", &"00008000".repeat(65)]);
    assert_eq!(UlpFec::decode(&many), Err(DecodeError::too_large(266, "FEC levels", 64, 65)));

    let refused = |what, limit, got| EncodeError { what, limit, got };
    let level = |mask, len: usize| ProtectionLevel { mask, payload: vec![0; len].into() };
    let cases = [
        (false, vec![], refused("FEC levels", 64, 0)),
        (false, vec![level(0x1_0000, 0)], refused("bits of a FEC mask", 16, 17)),
        (true, vec![level(0x1_0000_0000_0000, 0)], refused("bits of a FEC mask", 48, 49)),
        (true, vec![level(1, 65_536)], refused("FEC level", 65_535, 65_536)),
    ];
    for (long_mask, levels, error) in cases {
        let fec = UlpFec { long_mask, levels, ..Default::default() };
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(fec.encode(&mut out), Err(error));
        assert_eq!(&out[..], b"before");
    }
}

//= RFC8627-4.2.2:variants test
//= RFC8627-4.2.2.1 test
#[test]
fn flexible_masks_are_read_and_written() {
    let octets = hex(&[
        "25",       // R 0, F 0, P recovery, CC recovery 5
        "e1",       // M recovery, PT recovery 97
        "0014",     // length recovery
        "01020304", // TS recovery
        "0010",
        "c001", // SN base 16; last part, bits 0 and 14
        "ffff",
        "4000",
        "80000001", // SN base 65535; bit 0; last part, bit 45
        "0000",
        "0001",
        "40000000",
        "8000000000000001", // bit 14; bit 15; bits 46 and 109
        "aabbcc",           // repair payload
    ]);
    let stream = |sequence_base, positions: &[u8]| {
        let which = FlexMask::new(positions).unwrap();
        assert!(!which.is_empty() && positions.iter().all(|position| which.contains(*position)));
        FlexProtection { sequence_base, which }
    };
    let streams = vec![stream(16, &[0, 14]), stream(65_535, &[0, 45]), stream(0, &[14, 15, 46, 109])];
    assert_eq!(streams.iter().map(|stream| stream.which.len()).collect::<Vec<_>>(), [15, 46, 110]);
    assert_eq!(streams[0].protected().collect::<Vec<_>>(), [16, 30]);
    assert_eq!(streams[1].protected().collect::<Vec<_>>(), [65_535, 44]);
    assert_eq!(streams[2].protected().collect::<Vec<_>>(), [14, 15, 46, 109]);
    let payload = octets.slice(octets.len() - 3..);
    flex_both_ways(&octets, 3, &FlexFec::Flexible { recovery: RECOVERY, streams, payload });
    assert_eq!(FlexMask::new(&[110]), None);
    assert!(!FlexMask::default().contains(0) && !FlexMask::default().contains(200));
}

//= RFC8627-4.2.2.2 test
//= RFC8627-4.2.2.3 test
#[test]
fn fixed_protection_and_retransmissions_are_read_and_written() {
    let octets = hex(&[
        "65e1001401020304", // R 0, F 1, otherwise as above
        "0010",
        "0400", // SN base 16, a row of four
        "fffe",
        "0a03", // SN base 65534, three packets ten apart
        "aabb", // repair payload
    ]);
    let stream = |sequence_base, which| FlexProtection { sequence_base, which };
    let streams = vec![stream(16, (4, 0)), stream(65_534, (10, 3))];
    assert_eq!(streams[0].protected().collect::<Vec<_>>(), [16, 17, 18, 19]);
    assert_eq!(streams[1].protected().collect::<Vec<_>>(), [65_534, 8, 18]);
    let payload = octets.slice(16..);
    flex_both_ways(&octets, 2, &FlexFec::Fixed { recovery: RECOVERY, streams, payload });

    let octets = hex(&[
        "a5e1",     // R 1, F 0; P, CC 5, M, payload type 97
        "1234",     // sequence number
        "01020304", // timestamp
        "11223344", // SSRC
        "aabb",     // what followed the fixed header
    ]);
    let retransmission = FlexRetransmission {
        header: HeaderRecovery { length: 0, ..RECOVERY },
        sequence: 0x1234,
        ssrc: Ssrc(0x1122_3344),
        payload: octets.slice(12..),
    };
    flex_both_ways(&octets, 1, &FlexFec::Retransmission(retransmission));
}

#[test]
fn repair_packets_that_do_not_fit_are_refused() {
    let cases = [
        ("e5e1001401020304", 1, DecodeError::invalid(0, "R and F bits")),
        ("25e10014010203", 1, DecodeError::truncated(4, "TS recovery", 4, 3)),
        ("25e1001401020304", 1, DecodeError::truncated(8, "SN base", 2, 0)),
        ("25e1001401020304 00104000", 1, DecodeError::truncated(12, "mask 15 to 45", 4, 0)),
        ("25e1001401020304 0010400000000001 aa", 1, DecodeError::truncated(16, "mask 46 to 109", 8, 1)),
        ("25e1001401020304", 16, DecodeError::too_large(8, "protected streams", 15, 16)),
        ("a5e1123401020304 1122", 1, DecodeError::truncated(8, "SSRC", 4, 2)),
    ];
    for (octets, sources, error) in cases {
        assert_eq!(FlexFec::decode(&hex(&[octets]), sources), Err(error), "{octets}");
    }
    let streams = vec![FlexProtection::default(); 16];
    let fec = FlexFec::Fixed { recovery: RECOVERY, streams, payload: Bytes::new() };
    let error = EncodeError { what: "protected streams", limit: 15, got: 16 };
    assert_eq!(fec.encode(&mut BytesMut::new()), Err(error));
}

#[test]
fn a_lost_packet_is_computed_from_the_others() {
    let packets = [
        hex(&["80e10001", "00000010", "11223344", "a1a2a3"]),
        hex(&["a1610002", "00000020", "11223344", "0000000101"]),
        hex(&["80610003", "00000030", "11223344", "c1"]),
    ];
    let mut sent = Recovery::default();
    assert!(packets.iter().all(|packet| sent.add(packet)));
    for lost in 0..3 {
        let mut recovery = Recovery::of(sent.header(), sent.payload());
        let others = packets.iter().enumerate().filter(|(index, _)| *index != lost);
        others.for_each(|(_, packet)| assert!(recovery.add(packet)));
        let sequence = u16::try_from(lost).unwrap() + 1;
        assert_eq!(recovery.packet(sequence, Ssrc(0x1122_3344)).as_ref(), Some(&packets[lost]));
    }
    // Not a packet, and a length beyond what was protected.
    assert!(!sent.add(&packets[0][..11]));
    assert!(!sent.add(&vec![0; 70_000]));
    let header = HeaderRecovery { length: 2, ..RECOVERY };
    assert_eq!(Recovery::of(header, &[1]).packet(1, Ssrc(1)), None);
}
