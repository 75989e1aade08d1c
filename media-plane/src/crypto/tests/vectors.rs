//! Published vectors.

use aes::Aes128Enc;
use aes::cipher::KeyInit as _;

use super::gcm::Gcm;
use super::keys::{Labels, Master, Place, apply_key_stream};
use super::*;

/// RFC 3711 B.3: key derivation.
//= RFC3711-4.3.1 test
#[test]
fn keys_are_derived_like_those_of_rfc_3711() {
    let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    assert_eq!(reference::derive(&master, 0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(reference::derive(&master, 2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(reference::derive(&master, 1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA4"));
    let ours = Master::new(&master).unwrap();
    let labels = Labels::Rtp;
    assert_eq!(ours.derive::<16>(labels.encryption())[..], hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(ours.derive::<14>(labels.salt())[..], hex("30CBBC08863D8C85D49DB34A9AE1"));
    let authentication = hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA4");
    assert_eq!(ours.derive::<20>(labels.authentication())[..], authentication);
}

/// RFC 3711 B.2: the key stream.
//= RFC3711-4.1.1 test
#[test]
fn the_key_stream_is_that_of_rfc_3711() {
    let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
    let iv = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
    let stream = hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB");
    assert_eq!(reference::aes_ctr(&key, &iv, &[0; 32]), stream);
    let cipher = Aes128Enc::new_from_slice(&key).unwrap();
    let iv = u128::from_be_bytes(iv.try_into().unwrap());
    let mut octets = [0; 32];
    apply_key_stream(&cipher, iv, &mut octets);
    assert_eq!(octets[..], stream);
}

/// RFC 7714 16.1.1: one SRTP packet under a session key.
//= RFC7714-8.1 test
#[test]
fn an_rtp_packet_is_sealed_like_that_of_rfc_7714() {
    let header = hex("8040f17b 8041f8d3 5501a0b2");
    let payload =
        hex("47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573");
    let sealed = hex("f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
         899d7f27 beb16a91 52cf765e e4390cce");
    let key = hex("000102030405060708090a0b0c0d0e0f");
    let iv = hex("51753c65 80c2726f 20718414");
    assert_eq!(reference::gcm(&key, &iv, &header, &payload), sealed);
    let ours = Gcm::new(&key.try_into().unwrap(), b"Quid pro quo");
    let place = Place { ssrc: 0x5501_a0b2, index: 0xf17b };
    let mut octets = payload.clone();
    let tag = ours.seal(place, &header, &mut octets).unwrap();
    assert_eq!([&octets[..], &tag].concat(), sealed);
    assert_eq!(ours.open(place, &header, &mut octets, &tag), Ok(()));
    assert_eq!(octets, payload);
}

/// RFC 7714 17.1: one SRTCP packet under a session key.
//= RFC7714-9.1 test
#[test]
fn an_rtcp_packet_is_sealed_like_that_of_rfc_7714() {
    let header = hex("81c8000d 4d617273 800005d4");
    let rest = hex(
        "4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef",
    );
    let sealed =
        hex("63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded
         0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade");
    let ours = Gcm::new(&hex("000102030405060708090a0b0c0d0e0f").try_into().unwrap(), b"Quid pro quo");
    let place = Place { ssrc: 0x4d61_7273, index: 0x5d4 };
    let mut octets = rest.clone();
    let tag = ours.seal(place, &header, &mut octets).unwrap();
    assert_eq!([&octets[..], &tag].concat(), sealed);
    assert_eq!(ours.open(place, &header, &mut octets, &tag), Ok(()));
    assert_eq!(octets, rest);
}

/// The packets libsrtp is validated with.
#[test]
fn golden_packets_are_protected_and_opened() {
    struct Golden {
        transform: Transform,
        master: &'static str,
        srtp: &'static str,
        srtcp: &'static str,
    }
    let cases = [
        Golden {
            transform: Transform::AesCm128HmacSha1_80,
            master: "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6",
            srtp: "800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb",
            srtcp: "81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798",
        },
        Golden {
            transform: Transform::AeadAes128Gcm,
            master: "000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab",
            srtp: "800f1234decafbadcafebabe c5002ede04cfdd2eb91159e0880aa06e d2976826f796b201df3131a127e8a392",
            srtcp: "81c8000bcafebabe c98b8b5df0392a55852b6c21ac8e7025 c52c6fbea2b3b446ea31123ba88ce61e 80000001",
        },
    ];
    let clear_rtp = hex("800f1234decafbadcafebabe abababababababababababababababab");
    let clear_rtcp = hex("81c8000bcafebabe abababababababababababababababab");
    for case in cases {
        let master = hex(case.master);
        let mut end = Srtp::new(&keys(case.transform, &master, &master)).unwrap();
        let mut packet = clear_rtp.clone();
        assert_eq!(end.protect_rtp(&mut packet), Ok(()));
        assert_eq!(packet, hex(case.srtp), "{:?}", case.transform);
        assert_eq!(packet, reference::rtp(case.transform, &master, RTP_HEADER, 0, &clear_rtp));
        assert_eq!(end.unprotect_rtp(&mut packet), Ok(()));
        assert_eq!(packet, clear_rtp);

        let mut packet = clear_rtcp.clone();
        assert_eq!(end.protect_rtcp(&mut packet), Ok(()));
        assert_eq!(packet, hex(case.srtcp), "{:?}", case.transform);
        assert_eq!(packet, reference::rtcp(case.transform, &master, 1, &clear_rtcp));
        assert_eq!(end.unprotect_rtcp(&mut packet), Ok(()));
        assert_eq!(packet, clear_rtcp);
    }
}
