mod header;
mod message;
mod payloads;
mod property;

use bytes::{Bytes, BytesMut};

use super::*;
use crate::Deviation;
use crate::rtcp::tests::hex;

fn deviation(offset: usize, requirement: &'static str) -> Deviation {
    Deviation { offset, requirement }
}

fn octets(hex_digits: &str) -> Bytes {
    hex(&[hex_digits])
}

fn keys(hex_digits: &str) -> KeyMaterial {
    KeyMaterial::new(octets(hex_digits).to_vec())
}

fn encoded(message: &Mikey) -> Bytes {
    let mut out = BytesMut::new();
    message.encode(&mut out).unwrap();
    assert_eq!(message.encoded_len(), out.len());
    out.freeze()
}

/// A message is read like this, with these deviations, and is written back octet by octet.
#[track_caller]
fn both_ways(octets: &Bytes, expected: &Mikey, deviations: &[Deviation]) {
    let decoded = Mikey::decode(octets).unwrap();
    assert_eq!(&decoded.value, expected);
    assert_eq!(decoded.deviations, deviations);
    assert_eq!(encoded(expected), octets);
    let text = expected.to_base64().unwrap();
    assert_eq!(Mikey::from_base64(&text), Ok(decoded));
}
