//! Published vectors, an independent computation of the same transforms, and hostile input.

use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, encrypt, encrypt_aead};
use proptest::prelude::*;

use super::*;

const RTP_HEADER: usize = 12;
const RTCP_HEADER: usize = 8;

/// The transforms of RFC 3711 and RFC 7714 straight from their definitions, on the primitives of OpenSSL.
mod reference {
    use super::*;

    pub(super) fn aes_ctr(key: &[u8], iv: &[u8], data: &[u8]) -> Vec<u8> {
        encrypt(Cipher::aes_128_ctr(), key, Some(iv), data).unwrap()
    }

    /// RFC 3711 4.3.3 with a key derivation rate of zero.
    pub(super) fn derive(master: &[u8], label: u8, octets: usize) -> Vec<u8> {
        let (key, salt) = master.split_at(16);
        let mut iv = [0; 16];
        iv[..salt.len()].copy_from_slice(salt);
        iv[7] ^= label;
        aes_ctr(key, &iv, &vec![0; octets])
    }

    /// `value` (big-endian) exclusive-ored into `iv` so that it ends before octet `end`.
    fn mix(iv: &mut [u8], end: usize, value: &[u8]) {
        let start = end - value.len();
        iv[start..end].iter_mut().zip(value).for_each(|(octet, value)| *octet ^= value);
    }

    fn counter_mode(master: &[u8], labels: [u8; 2], ssrc: &[u8], index: u64, data: &[u8]) -> Vec<u8> {
        let mut iv = derive(master, labels[1], 14);
        iv.extend([0, 0]);
        mix(&mut iv, 8, ssrc);
        mix(&mut iv, 14, &index.to_be_bytes()[2..]);
        aes_ctr(&derive(master, labels[0], 16), &iv, data)
    }

    fn tag(master: &[u8], label: u8, parts: &[&[u8]]) -> Vec<u8> {
        let key = PKey::hmac(&derive(master, label, 20)).unwrap();
        let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
        parts.iter().for_each(|part| signer.update(part).unwrap());
        signer.sign_to_vec().unwrap()[..10].to_vec()
    }

    pub(super) fn gcm(key: &[u8], iv: &[u8], aad: &[u8], data: &[u8]) -> Vec<u8> {
        let mut tag = [0; 16];
        let mut out = encrypt_aead(Cipher::aes_128_gcm(), key, Some(iv), aad, data, &mut tag).unwrap();
        out.extend(tag);
        out
    }

    pub(super) fn rtp(
        transform: Transform,
        master: &[u8],
        header: usize,
        roc: u32,
        packet: &[u8],
    ) -> Vec<u8> {
        let (clear, payload) = packet.split_at(header);
        let index = u64::from(roc) << 16 | u64::from(u16::from_be_bytes([clear[2], clear[3]]));
        let ssrc = &clear[8..12];
        let mut out = clear.to_vec();
        match transform {
            Transform::AesCm128HmacSha1 => {
                out.extend(counter_mode(master, [0, 2], ssrc, index, payload));
                out.extend(tag(master, 1, &[&out, &roc.to_be_bytes()]));
            }
            Transform::AeadAes128Gcm => {
                let mut iv = derive(master, 2, 12);
                mix(&mut iv, 6, ssrc);
                mix(&mut iv, 12, &index.to_be_bytes()[2..]);
                out.extend(gcm(&derive(master, 0, 16), &iv, clear, payload));
            }
        }
        out
    }

    pub(super) fn rtcp(transform: Transform, master: &[u8], index: u32, packet: &[u8]) -> Vec<u8> {
        let (clear, payload) = packet.split_at(RTCP_HEADER);
        let ssrc = &clear[4..8];
        let marked = (index | 1 << 31).to_be_bytes();
        let mut out = clear.to_vec();
        match transform {
            Transform::AesCm128HmacSha1 => {
                out.extend(counter_mode(master, [3, 5], ssrc, index.into(), payload));
                out.extend(marked);
                out.extend(tag(master, 4, &[&out]));
            }
            Transform::AeadAes128Gcm => {
                let mut iv = derive(master, 5, 12);
                mix(&mut iv, 6, ssrc);
                mix(&mut iv, 12, &index.to_be_bytes());
                let aad = [clear, &marked].concat();
                out.extend(gcm(&derive(master, 3, 16), &iv, &aad, payload));
                out.extend(marked);
            }
        }
        out
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .map(|digit| (digit as char).to_digit(16).unwrap() as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

const TRANSFORMS: [Transform; 2] = [Transform::AesCm128HmacSha1, Transform::AeadAes128Gcm];

fn suite(transform: Transform) -> CryptoSuite {
    match transform {
        Transform::AesCm128HmacSha1 => CryptoSuite::AesCm128HmacSha1_80,
        Transform::AeadAes128Gcm => CryptoSuite::AeadAes128Gcm,
    }
}

fn master(transform: Transform, first: u8) -> Vec<u8> {
    (first..).take(transform.key_salt_octets()).collect()
}

fn keys(transform: Transform, send: &[u8], receive: &[u8]) -> MediaProtection {
    let crypto = |key: &[u8]| Crypto::new(1, suite(transform), KeySalt::new(key.to_vec())).unwrap();
    MediaProtection { send: crypto(send), receive: crypto(receive) }
}

/// The two ends of a leg.
fn pair(transform: Transform) -> (Srtp, Srtp) {
    let (ours, theirs) = (master(transform, 0x10), master(transform, 0x80));
    let end = |send, receive| Srtp::new(&keys(transform, send, receive)).unwrap();
    (end(&ours, &theirs), end(&theirs, &ours))
}

fn rtp(sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = hex("80 60 0000 00000320 cafebabe"); // version 2, payload type 96, timestamp 800
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

/// Floor Request: APP, subtype 0, SSRC cafebabe, MCPT, Floor Priority 5.
fn floor_request() -> Vec<u8> {
    hex("80 cc 0003 cafebabe 4d435054 00 02 05 00")
}

/// RFC 3711 B.3: the key derivation the reference stands on.
#[test]
fn reference_derives_the_keys_of_rfc_3711() {
    let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    assert_eq!(reference::derive(&master, 0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(reference::derive(&master, 2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(reference::derive(&master, 1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA4"));
}

/// RFC 3711 B.2: the key stream.
#[test]
fn reference_counts_like_rfc_3711() {
    let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
    let iv = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
    let stream = hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB");
    assert_eq!(reference::aes_ctr(&key, &iv, &[0; 32]), stream);
}

/// RFC 7714 16.1.1: one SRTP packet under a session key.
#[test]
fn reference_seals_like_rfc_7714() {
    let header = hex("8040f17b 8041f8d3 5501a0b2");
    let payload =
        hex("47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573");
    let sealed = hex("f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
         899d7f27 beb16a91 52cf765e e4390cce");
    let key = hex("000102030405060708090a0b0c0d0e0f");
    let iv = hex("51753c65 80c2726f 20718414");
    assert_eq!(reference::gcm(&key, &iv, &header, &payload), sealed);
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
            transform: Transform::AesCm128HmacSha1,
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

#[test]
fn headers_with_sources_and_extension_stay_readable() {
    // Two contributing sources and a header extension of one word.
    let clear = hex("92 60 0001 00000320 cafebabe 11111111 22222222 bede0001 10ff0000 a1a2a3a4a5");
    for transform in TRANSFORMS {
        let (mut ours, mut theirs) = pair(transform);
        let mut packet = clear.clone();
        assert_eq!(ours.protect_rtp(&mut packet), Ok(()));
        assert_eq!(packet, reference::rtp(transform, &master(transform, 0x10), 28, 0, &clear));
        assert_eq!(theirs.unprotect_rtp(&mut packet), Ok(()));
        assert_eq!(packet, clear);
    }
}

#[test]
fn the_rollover_counter_follows_the_sequence_number() {
    for transform in TRANSFORMS {
        let (mut ours, mut theirs) = pair(transform);
        for (sequence, roc) in [(65_533, 0), (65_535, 0), (65_534, 0), (1, 1), (0, 1), (2, 1)] {
            let clear = rtp(sequence, &[7; 20]);
            let mut packet = clear.clone();
            assert_eq!(ours.protect_rtp(&mut packet), Ok(()));
            let expected = reference::rtp(transform, &master(transform, 0x10), RTP_HEADER, roc, &clear);
            assert_eq!(packet, expected, "{transform:?} {sequence}");
            assert_eq!(theirs.unprotect_rtp(&mut packet), Ok(()));
            assert_eq!(packet, clear);
        }
    }
}

#[test]
fn a_repeated_packet_is_refused() {
    for transform in TRANSFORMS {
        let (mut ours, mut theirs) = pair(transform);
        let protected: Vec<_> = (1..=300)
            .map(|sequence| {
                let mut packet = rtp(sequence, &[7; 20]);
                ours.protect_rtp(&mut packet).unwrap();
                packet
            })
            .collect();
        for packet in &protected {
            assert_eq!(theirs.unprotect_rtp(&mut packet.clone()), Ok(()));
        }
        assert_eq!(theirs.unprotect_rtp(&mut protected[299].clone()), Err(ProtectionError::Replayed));
        assert_eq!(theirs.unprotect_rtp(&mut protected[250].clone()), Err(ProtectionError::Replayed));
        assert_eq!(theirs.unprotect_rtp(&mut protected[0].clone()), Err(ProtectionError::TooOld));

        let mut packet = floor_request();
        ours.protect_rtcp(&mut packet).unwrap();
        assert_eq!(theirs.unprotect_rtcp(&mut packet.clone()), Ok(()));
        assert_eq!(theirs.unprotect_rtcp(&mut packet), Err(ProtectionError::Replayed));
    }
}

#[test]
fn a_packet_under_another_key_is_refused() {
    for transform in TRANSFORMS {
        let (mut ours, _) = pair(transform);
        let stranger = master(transform, 0x42);
        let mut theirs = Srtp::new(&keys(transform, &stranger, &stranger)).unwrap();
        let mut packet = rtp(1, &[7; 20]);
        ours.protect_rtp(&mut packet).unwrap();
        assert_eq!(theirs.unprotect_rtp(&mut packet), Err(ProtectionError::Authentication));
        let mut packet = floor_request();
        ours.protect_rtcp(&mut packet).unwrap();
        assert_eq!(theirs.unprotect_rtcp(&mut packet), Err(ProtectionError::Authentication));
    }
}

#[test]
fn every_changed_octet_is_noticed() {
    for transform in TRANSFORMS {
        let (mut ours, _) = pair(transform);
        let mut media = rtp(1, &[7; 20]);
        ours.protect_rtp(&mut media).unwrap();
        let mut control = floor_request();
        ours.protect_rtcp(&mut control).unwrap();
        for position in 0..media.len() {
            let (_, mut theirs) = pair(transform);
            let mut packet = media.clone();
            packet[position] ^= 0x01;
            let error = theirs.unprotect_rtp(&mut packet).unwrap_err();
            assert!(
                matches!(error, ProtectionError::Authentication | ProtectionError::Malformed),
                "{transform:?} {position}: {error:?}"
            );
        }
        for position in 0..control.len() {
            let (_, mut theirs) = pair(transform);
            let mut packet = control.clone();
            packet[position] ^= 0x01;
            let error = theirs.unprotect_rtcp(&mut packet).unwrap_err();
            assert_eq!(error, ProtectionError::Authentication, "{transform:?} {position}");
        }
    }
}

#[test]
fn a_forged_packet_leaves_no_trace_in_the_context() {
    for transform in TRANSFORMS {
        let (mut ours, mut theirs) = pair(transform);
        let mut genuine = rtp(1, &[7; 20]);
        ours.protect_rtp(&mut genuine).unwrap();
        let mut forged = genuine.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(theirs.unprotect_rtp(&mut forged), Err(ProtectionError::Authentication));
        assert_eq!(theirs.unprotect_rtp(&mut genuine), Ok(()));
        assert_eq!(genuine, rtp(1, &[7; 20]));
    }
}

#[test]
fn what_is_too_short_is_no_packet() {
    for transform in TRANSFORMS {
        let (mut ours, _) = pair(transform);
        for octets in 0..RTP_HEADER + transform.tag_octets() {
            assert_eq!(
                ours.unprotect_rtp(&mut vec![0x80; octets]),
                Err(ProtectionError::Malformed),
                "{octets}"
            );
        }
        for octets in 0..RTCP_HEADER + 4 + transform.tag_octets() {
            assert_eq!(
                ours.unprotect_rtcp(&mut vec![0x80; octets]),
                Err(ProtectionError::Malformed),
                "{octets}"
            );
        }
        assert_eq!(ours.protect_rtp(&mut vec![0x80; RTP_HEADER - 1]), Err(ProtectionError::Malformed));
        assert_eq!(ours.protect_rtcp(&mut vec![0x80; RTCP_HEADER - 1]), Err(ProtectionError::Malformed));
    }
}

#[test]
fn what_the_keys_ask_for_beyond_the_suite_is_refused() {
    let key = "inline:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn";
    let cases = [
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key}"), Ok(Transform::AesCm128HmacSha1)),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key}|2^20"), Ok(Transform::AesCm128HmacSha1)),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key} WSH=128"), Ok(Transform::AesCm128HmacSha1)),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key}|1:4"), Err(ProtectionError::UnsupportedSuite)),
        (
            format!("1 AES_CM_128_HMAC_SHA1_80 {key} UNENCRYPTED_SRTCP"),
            Err(ProtectionError::UnsupportedSuite),
        ),
        (
            format!("1 AES_CM_128_HMAC_SHA1_80 {key} UNAUTHENTICATED_SRTP"),
            Err(ProtectionError::UnsupportedSuite),
        ),
        (format!("1 AES_CM_128_HMAC_SHA1_32 {key}"), Err(ProtectionError::UnsupportedSuite)),
        (format!("1 F8_128_HMAC_SHA1_80 {key}"), Err(ProtectionError::UnsupportedSuite)),
    ];
    for (attribute, expected) in cases {
        assert_eq!(Transform::of(&Crypto::parse(&attribute).unwrap()), expected, "{attribute}");
    }
    let mut short = keys(Transform::AeadAes128Gcm, &master(Transform::AeadAes128Gcm, 0), &[0; 28]).send;
    short.key.key_salt = KeySalt::new(vec![0; 27]);
    assert_eq!(Transform::of(&short), Err(ProtectionError::KeyLength));
}

#[test]
fn without_keys_packets_pass_unchanged() {
    let mut plain = protection(None).unwrap();
    assert!(plain.is_transparent());
    let mut packet = floor_request();
    assert_eq!(plain.protect_rtcp(&mut packet), Ok(()));
    assert_eq!(plain.unprotect_rtcp(&mut packet), Ok(()));
    assert_eq!(plain.protect_rtp(&mut packet), Ok(()));
    assert_eq!(plain.unprotect_rtp(&mut packet), Ok(()));
    assert_eq!(packet, floor_request());
}

#[test]
fn no_key_is_ever_printed() {
    let transform = Transform::AeadAes128Gcm;
    let printed = format!("{:?}", protection(Some(&keys(transform, &[0x5a; 28], &[0xa5; 28]))).unwrap());
    assert_eq!(printed, "Srtp");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn library_and_reference_agree(
        gcm in any::<bool>(),
        sequence in any::<u16>(),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let transform = TRANSFORMS[usize::from(gcm)];
        let (mut ours, mut theirs) = pair(transform);
        let clear = rtp(sequence, &payload);
        let mut packet = clear.clone();
        ours.protect_rtp(&mut packet).unwrap();
        prop_assert_eq!(&packet, &reference::rtp(transform, &master(transform, 0x10), RTP_HEADER, 0, &clear));
        theirs.unprotect_rtp(&mut packet).unwrap();
        prop_assert_eq!(packet, clear);
    }

    #[test]
    fn octets_from_anywhere_are_refused(
        gcm in any::<bool>(),
        octets in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let (mut ours, _) = pair(TRANSFORMS[usize::from(gcm)]);
        prop_assert!(ours.unprotect_rtp(&mut octets.clone()).is_err());
        prop_assert!(ours.unprotect_rtcp(&mut octets.clone()).is_err());
    }
}
