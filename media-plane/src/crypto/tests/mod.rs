//! Published vectors, an independent computation of the same transforms, and hostile input.

mod key_change;
mod oracle;
mod reference;
mod vectors;

use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
use proptest::prelude::*;

use super::transform::Transform;
use super::*;

const RTP_HEADER: usize = 12;
const RTCP_HEADER: usize = 8;

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .map(|digit| (digit as char).to_digit(16).unwrap() as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

const TRANSFORMS: [Transform; 3] =
    [Transform::AesCm128HmacSha1_80, Transform::AesCm128HmacSha1_32, Transform::AeadAes128Gcm];

fn suite(transform: Transform) -> CryptoSuite {
    match transform {
        Transform::AesCm128HmacSha1_80 => CryptoSuite::AesCm128HmacSha1_80,
        Transform::AesCm128HmacSha1_32 => CryptoSuite::AesCm128HmacSha1_32,
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

//= RFC3711-4.2 test
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

/// Authentic, but its content would have been readable on the way.
//= RFC3711-3.4 test
#[test]
fn a_control_packet_that_is_not_encrypted_is_refused() {
    for transform in [Transform::AesCm128HmacSha1_80, Transform::AesCm128HmacSha1_32] {
        let (mut ours, mut theirs) = pair(transform);
        let master = master(transform, 0x10);
        for (index, expected) in [(1_u32 << 31 | 1, Ok(())), (2, Err(ProtectionError::Malformed))] {
            let mut packet = floor_request();
            match expected {
                Ok(()) => ours.protect_rtcp(&mut packet).unwrap(),
                Err(_) => {
                    packet.extend(index.to_be_bytes());
                    packet.extend(reference::tag(&master, 4, &[&packet], 10));
                }
            }
            let at = packet.len() - 14;
            assert_eq!(packet[at..at + 4], index.to_be_bytes());
            assert_eq!(theirs.unprotect_rtcp(&mut packet), expected);
        }
    }
}

#[test]
fn what_is_too_short_is_no_packet() {
    for transform in TRANSFORMS {
        let (mut ours, _) = pair(transform);
        for octets in 0..RTP_HEADER + transform.rtp_tag_octets() {
            assert_eq!(
                ours.unprotect_rtp(&mut vec![0x80; octets]),
                Err(ProtectionError::Malformed),
                "{octets}"
            );
        }
        for octets in 0..RTCP_HEADER + 4 + transform.rtcp_tag_octets() {
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
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key}"), Ok(Transform::AesCm128HmacSha1_80)),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key}|2^20"), Ok(Transform::AesCm128HmacSha1_80)),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key} WSH=128"), Ok(Transform::AesCm128HmacSha1_80)),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key}|1:4"), Ok(Transform::AesCm128HmacSha1_80)),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {key};{key}"), Err(ProtectionError::UnsupportedSuite)),
        (
            format!("1 AES_CM_128_HMAC_SHA1_80 {key} UNENCRYPTED_SRTCP"),
            Err(ProtectionError::UnsupportedSuite),
        ),
        (
            format!("1 AES_CM_128_HMAC_SHA1_80 {key} UNAUTHENTICATED_SRTP"),
            Err(ProtectionError::UnsupportedSuite),
        ),
        (format!("1 AES_CM_128_HMAC_SHA1_32 {key}"), Ok(Transform::AesCm128HmacSha1_32)),
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
    fn ours_and_the_reference_agree(
        which in 0..TRANSFORMS.len(),
        sequence in any::<u16>(),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let transform = TRANSFORMS[which];
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
        which in 0..TRANSFORMS.len(),
        octets in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let (mut ours, _) = pair(TRANSFORMS[which]);
        prop_assert!(ours.unprotect_rtp(&mut octets.clone()).is_err());
        prop_assert!(ours.unprotect_rtcp(&mut octets.clone()).is_err());
    }
}
