//! The packet and its header.

use bytes::{Bytes, BytesMut};

use crate::fuzzing::media;
use crate::id::Ssrc;
use crate::rtcp::tests::hex;
use crate::rtp::{CsrcList, Extension, RtpHeader, RtpPacket};
use crate::{DecodeError, EncodeError};

#[track_caller]
fn both_ways(octets: &Bytes, expected: RtpPacket) {
    assert_eq!(RtpPacket::decode(octets).as_ref(), Ok(&expected));
    let (header, len) = RtpHeader::decode(octets).unwrap();
    assert_eq!((header, len), (expected.header.clone(), expected.header.encoded_len()));
    let mut out = BytesMut::new();
    expected.encode(&mut out).unwrap();
    assert_eq!(out, octets);
    assert_eq!(expected.encoded_len(), octets.len());
    (0..octets.len()).for_each(|len| media::rtp_packet(&octets[..len]));
}

#[test]
fn a_plain_packet_is_read_and_written() {
    let octets = hex(&[
        "80e0ffff", // V=2, marker, payload type 96, sequence 65535
        "00003e80", // timestamp
        "11223344", // SSRC
        "deadbe",   // payload
    ]);
    let header = RtpHeader {
        marker: true,
        payload_type: 96,
        sequence: 65_535,
        timestamp: 16_000,
        ssrc: Ssrc(0x1122_3344),
        ..Default::default()
    };
    both_ways(&octets, RtpPacket { header, payload: octets.slice(12..), padding: Bytes::new() });
}

//= RFC3550-5.1:csrc test
//= RFC3550-5.1:padding test
//= RFC3550-5.3.1 test
#[test]
fn sources_extension_and_padding_are_kept() {
    let octets = hex(&[
        "b2000001", // V=2, padding, extension, two sources; payload type 0, sequence 1
        "00000000", "11223344", // timestamp, SSRC
        "00000001", "00000002", // contributing sources
        "bede0001", "10aa0000", // one word of RFC 8285
        "6162",     // payload
        "ff0003",   // padding of three octets
    ]);
    let header = RtpHeader {
        padding: true,
        sequence: 1,
        ssrc: Ssrc(0x1122_3344),
        csrc: CsrcList::new(&[Ssrc(1), Ssrc(2)]).unwrap(),
        extension: Some(Extension { profile: 0xbede, data: octets.slice(24..28) }),
        ..Default::default()
    };
    assert_eq!(header.csrc.as_slice(), [Ssrc(1), Ssrc(2)]);
    assert_eq!(format!("{:?}", header.csrc), "[Ssrc(00000001), Ssrc(00000002)]");
    both_ways(&octets, RtpPacket { header, payload: octets.slice(28..30), padding: octets.slice(30..) });
}

//= RFC3550-5.1:version test
#[test]
fn what_is_no_rtp_is_refused_at_the_octet() {
    let cases = [
        ("", DecodeError::truncated(0, "RTP version", 1, 0)),
        ("40000001", DecodeError::invalid(0, "RTP version")),
        ("8000000100000000 1122", DecodeError::truncated(8, "SSRC", 4, 2)),
        ("8100000100000000 11223344", DecodeError::truncated(12, "contributing source", 4, 0)),
        ("9000000100000000 11223344 bede0002 00000000", DecodeError::truncated(16, "extension", 8, 4)),
        ("a000000100000000 11223344", DecodeError::invalid(11, "RTP padding count")),
        ("a000000100000000 11223344 00", DecodeError::invalid(12, "RTP padding count")),
        ("a000000100000000 11223344 02", DecodeError::invalid(12, "RTP padding count")),
    ];
    for (octets, error) in cases {
        assert_eq!(RtpPacket::decode(&hex(&[octets])), Err(error), "{octets}");
    }
}

#[test]
fn a_header_that_does_not_fit_is_refused() {
    let extension = |len| Some(Extension { profile: 0xbede, data: Bytes::from(vec![0; len]) });
    let cases = [
        (
            RtpHeader { payload_type: 128, ..Default::default() },
            EncodeError { what: "RTP payload type", limit: 127, got: 128 },
        ),
        (
            RtpHeader { extension: extension(5), ..Default::default() },
            EncodeError { what: "RTP header extension beyond a multiple of four", limit: 0, got: 1 },
        ),
        (
            RtpHeader { extension: extension(262_144), ..Default::default() },
            EncodeError { what: "RTP header extension", limit: 262_140, got: 262_144 },
        ),
    ];
    for (header, error) in cases {
        let mut out = BytesMut::new();
        assert_eq!(header.encode(&mut out), Err(error));
        assert!(out.is_empty());
    }
    assert_eq!(CsrcList::new(&[Ssrc(0); 16]), None);
}
