//! Redundant audio data.

use bytes::{Bytes, BytesMut};

use crate::rtcp::tests::hex;
use crate::rtp::redundancy::{RedundantBlock, RedundantPayload};
use crate::{DecodeError, EncodeError};

#[track_caller]
fn both_ways(octets: &Bytes, expected: &RedundantPayload) {
    assert_eq!(RedundantPayload::decode(octets).as_ref(), Ok(expected));
    let mut out = BytesMut::new();
    expected.encode(&mut out).unwrap();
    assert_eq!((&out[..], expected.encoded_len()), (&octets[..], octets.len()));
}

//= RFC2198-3:follow test
//= RFC2198-3:header test
//= RFC2198-3:primary test
#[test]
fn redundant_and_primary_blocks_are_read_and_written() {
    let octets = hex(&[
        "e1",     // another block follows, payload type 97
        "050003", // offset 320, three octets
        "80",     // another block follows, payload type 0
        "fffc00", // offset 16383, no octets
        "61",     // the last one, payload type 97
        "a1a2a3", // the oldest block
        "b1b2",   // the primary one
    ]);
    let block =
        |payload_type, timestamp_offset, data| RedundantBlock { payload_type, timestamp_offset, data };
    let payload = RedundantPayload {
        redundant: vec![block(97, 320, octets.slice(9..12)), block(0, 16_383, Bytes::new())],
        primary_type: 97,
        primary: octets.slice(12..),
    };
    both_ways(&octets, &payload);
    both_ways(&hex(&["61"]), &RedundantPayload { primary_type: 97, ..Default::default() });
}

#[test]
fn what_is_cut_short_names_its_octet() {
    let cases = [
        ("", DecodeError::truncated(0, "block header", 1, 0)),
        ("e10500", DecodeError::truncated(1, "block header", 3, 2)),
        ("e1050003", DecodeError::truncated(4, "block header", 1, 0)),
        ("e1050003 61 a1a2", DecodeError::truncated(5, "redundant block", 3, 2)),
    ];
    for (octets, error) in cases {
        assert_eq!(RedundantPayload::decode(&hex(&[octets])), Err(error), "{octets}");
    }
    let many = hex(&[&"e1000000".repeat(64), "61"]);
    let error = DecodeError::too_large(253, "redundant blocks", 64, 65);
    assert_eq!(RedundantPayload::decode(&many), Err(error));
    assert_eq!(RedundantPayload::decode(&many.slice(4..)).unwrap().redundant.len(), 63);
}

#[test]
fn what_does_not_fit_is_refused() {
    let block = RedundantBlock::default();
    let refused = |what, limit, got| EncodeError { what, limit, got };
    let with = |block| RedundantPayload { redundant: vec![block], ..Default::default() };
    let cases = [
        (RedundantPayload { primary_type: 128, ..Default::default() }, refused("RTP payload type", 127, 128)),
        (with(RedundantBlock { payload_type: 128, ..block.clone() }), refused("RTP payload type", 127, 128)),
        (
            with(RedundantBlock { timestamp_offset: 16_384, ..block.clone() }),
            refused("timestamp offset", 16_383, 16_384),
        ),
        (
            with(RedundantBlock { data: vec![0; 1024].into(), ..block.clone() }),
            refused("redundant block", 1023, 1024),
        ),
        (
            RedundantPayload { redundant: vec![block; 64], ..Default::default() },
            refused("redundant blocks", 64, 65),
        ),
    ];
    for (payload, error) in cases {
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(payload.encode(&mut out), Err(error));
        assert_eq!(&out[..], b"before");
    }
}
