use bytes::{Bytes, BytesMut};

use super::*;
use crate::rtcp::tests::{deviation, hex};
use crate::{DecodeError, Decoded, Deviation, EncodeError};

mod acceptance;
mod golden;
mod property;
mod view;

/// MCPTT group ID sip:g.
const GROUP: &str = "0005 7369703a67";
/// MCPTT user ID sip:a.
const ALICE: &str = "0005 7369703a61";
/// MCPTT user ID sip:b.
const BOB: &str = "0005 7369703a62";
/// SDP of one line, "v=0" and line end.
const SDP: &str = "0005 763d300d0a";

fn session() -> Bytes {
    Bytes::from_static(b"v=0\r\n")
}

fn seconds(seconds: u64) -> UtcSeconds {
    UtcSeconds::new(seconds).unwrap()
}

fn encoded(packet: &MonpPacket) -> Bytes {
    let mut out = BytesMut::new();
    packet.encode(&mut out).unwrap();
    assert_eq!(out.len(), packet.encoded_len());
    out.freeze()
}

/// Decodes a message; its packet has to give the octets back.
#[track_caller]
fn decode(octets: &Bytes) -> Result<Decoded<MonpMessage>, DecodeError> {
    assert_eq!(encoded(&MonpPacket::decode(octets).unwrap()), octets);
    MonpMessage::decode(octets)
}
