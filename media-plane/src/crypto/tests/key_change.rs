//! Packets that say which key they are under: several keys, their change, their end.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use mcptt_codec::sdp::{InlineKey, Lifetime, MasterKeyIdentifier};

use super::*;

/// A key under an identifier of two octets.
fn key(transform: Transform, first: u8, mki: u64) -> InlineKey {
    InlineKey {
        key_salt: KeySalt::new(master(transform, first)),
        lifetime: None,
        mki: Some(MasterKeyIdentifier { value: mki, octets: 2 }),
    }
}

fn under(transform: Transform, keys: &[InlineKey]) -> Crypto {
    let (first, further) = keys.split_first().unwrap();
    Crypto {
        tag: 1,
        suite: suite(transform),
        key: first.clone(),
        further_keys: further.to_vec(),
        session_parameters: Vec::new(),
    }
}

fn end(send: &Crypto, receive: &Crypto) -> Srtp {
    Srtp::new(&MediaProtection { send: send.clone(), receive: receive.clone() }).unwrap()
}

//= RFC3711-3.2.3 test
#[test]
fn a_sender_goes_from_one_key_to_the_next_without_loss() {
    for transform in TRANSFORMS {
        let (old, new) = (key(transform, 0x10, 1), key(transform, 0x50, 2));
        let own = under(transform, &[key(transform, 0x80, 9)]);
        let mut receiver = end(&own, &under(transform, &[old.clone(), new.clone()]));
        let mut before = end(&under(transform, &[old]), &own);
        let mut after = end(&under(transform, &[new]), &own);
        let mut late = rtp(3, &[7; 20]);
        before.protect_rtp(&mut late).unwrap();
        for (is_new, sequence) in [(false, 1), (false, 2), (true, 4), (true, 5)] {
            let sender = if is_new { &mut after } else { &mut before };
            let clear = rtp(sequence, &[7; 20]);
            let mut packet = clear.clone();
            sender.protect_rtp(&mut packet).unwrap();
            assert_eq!(packet.len(), clear.len() + transform.rtp_tag_octets() + 2);
            assert_eq!(receiver.unprotect_rtp(&mut packet), Ok(()), "{transform:?} {sequence}");
            assert_eq!(packet, clear);
            let mut control = floor_request();
            sender.protect_rtcp(&mut control).unwrap();
            assert_eq!(receiver.unprotect_rtcp(&mut control), Ok(()));
            assert_eq!(control, floor_request());
        }
        // On the way since before the change.
        assert_eq!(receiver.unprotect_rtp(&mut late), Ok(()));
    }
}

#[test]
fn an_identifier_stands_where_its_transform_wants_it() {
    let place = |transform, control: bool| {
        let own = under(transform, &[key(transform, 0x10, 0xabcd)]);
        let (mut named, mut plain) = (end(&own, &own), pair(transform).0);
        let (mut with, mut without) = match control {
            true => (floor_request(), floor_request()),
            false => (rtp(1, &[7; 20]), rtp(1, &[7; 20])),
        };
        match control {
            true => named.protect_rtcp(&mut with).and(plain.protect_rtcp(&mut without)).unwrap(),
            false => named.protect_rtp(&mut with).and(plain.protect_rtp(&mut without)).unwrap(),
        }
        let at =
            (0..=without.len()).find(|at| with == [&without[..*at], &[0xab, 0xcd], &without[*at..]].concat());
        without.len() - at.expect("the same packet with an identifier in it")
    };
    assert_eq!(
        (place(Transform::AesCm128HmacSha1_80, false), place(Transform::AesCm128HmacSha1_80, true)),
        (10, 10)
    );
    assert_eq!(
        (place(Transform::AesCm128HmacSha1_32, false), place(Transform::AesCm128HmacSha1_32, true)),
        (4, 10)
    );
    assert_eq!((place(Transform::AeadAes128Gcm, false), place(Transform::AeadAes128Gcm, true)), (0, 0));
}

#[test]
fn a_packet_that_names_another_key_is_refused() {
    for transform in TRANSFORMS {
        let own = under(transform, &[key(transform, 0x80, 9)]);
        let mut receiver = end(&own, &under(transform, &[key(transform, 0x10, 1)]));
        let mut sender = end(&under(transform, &[key(transform, 0x10, 2)]), &own);
        let (mut packet, mut control) = (rtp(1, &[7; 20]), floor_request());
        sender.protect_rtp(&mut packet).unwrap();
        sender.protect_rtcp(&mut control).unwrap();
        assert_eq!(receiver.unprotect_rtp(&mut packet), Err(ProtectionError::UnknownKey));
        assert_eq!(receiver.unprotect_rtcp(&mut control), Err(ProtectionError::UnknownKey));
        assert_eq!(receiver.unprotect_rtp(&mut vec![0x80]), Err(ProtectionError::Malformed));
    }
}

//= RFC3711-9.2 test
#[test]
fn a_key_ends_after_as_many_packets_as_it_may_protect() {
    for transform in TRANSFORMS {
        let mut limited = under(transform, &[key(transform, 0x10, 1)]);
        limited.key.lifetime = Some(Lifetime::Packets(3));
        let (mut sender, mut receiver) = (end(&limited, &limited), end(&limited, &limited));
        for sequence in 1..=3 {
            let mut packet = rtp(sequence, &[7; 20]);
            assert_eq!(sender.protect_rtp(&mut packet), Ok(()));
            assert_eq!(receiver.unprotect_rtp(&mut packet), Ok(()));
        }
        assert_eq!(sender.protect_rtp(&mut rtp(4, &[7; 20])), Err(ProtectionError::KeyExpired));
        assert_eq!(sender.protect_rtcp(&mut floor_request()), Err(ProtectionError::KeyExpired));
    }
}

#[test]
fn a_packet_of_an_earlier_rollover_is_refused() {
    for transform in TRANSFORMS {
        let (mut ours, mut theirs) = pair(transform);
        let mut stale = rtp(40_000, &[7; 20]);
        ours.protect_rtp(&mut stale).unwrap();
        for sequence in [65_000, 65_535, 10, 20_000, 40_000] {
            let mut packet = rtp(sequence, &[7; 20]);
            ours.protect_rtp(&mut packet).unwrap();
            assert_eq!(theirs.unprotect_rtp(&mut packet), Ok(()), "{sequence}");
        }
        // Its sequence number has been there under the counter that it is taken for now.
        assert_eq!(theirs.unprotect_rtp(&mut stale), Err(ProtectionError::Replayed));
        let mut other = rtp(40_001, &[7; 20]);
        pair(transform).0.protect_rtp(&mut other).unwrap();
        assert_eq!(theirs.unprotect_rtp(&mut other), Err(ProtectionError::Authentication));
    }
}

#[test]
fn who_comes_late_opens_what_others_have_heard_roll_over() {
    for transform in TRANSFORMS {
        let (mut first, mut first_end) = pair(transform);
        let (mut late, mut late_end) = pair(transform);
        for sequence in (65_500..=65_535).chain(0..20) {
            let mut packet = rtp(sequence, &[7; 20]);
            first.protect_rtp(&mut packet).unwrap();
            assert_eq!(first_end.unprotect_rtp(&mut packet), Ok(()));
            if sequence < 100 {
                let mut packet = rtp(sequence, &[7; 20]);
                late.protect_rtp(&mut packet).unwrap();
                assert_eq!(late_end.unprotect_rtp(&mut packet), Ok(()), "a context of its own begins anew");
            }
        }
    }
}

//= 33.180-floor-csk test
#[test]
fn legs_under_one_key_never_use_an_index_twice() {
    let transform = Transform::AeadAes128Gcm;
    let crypto = under(transform, &[key(transform, 0x10, 1)]);
    let keys = MediaProtection { send: crypto.clone(), receive: crypto };
    let sent = Arc::new(AtomicU32::new(0));
    let mut legs = [0; 3].map(|_| Srtp::sharing(&keys, Arc::clone(&sent)).unwrap());
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5 {
        for leg in &mut legs {
            let mut packet = floor_request();
            leg.protect_rtcp(&mut packet).unwrap();
            assert!(seen.insert(packet.clone()), "the same message of the same sender under the same index");
            assert_eq!(Srtp::new(&keys).unwrap().unprotect_rtcp(&mut packet), Ok(()));
        }
    }
    let used_up = Arc::new(AtomicU32::new((1 << 31) - 1));
    let mut leg = Srtp::sharing(&keys, used_up).unwrap();
    assert_eq!(leg.protect_rtcp(&mut floor_request()), Err(ProtectionError::KeyExpired));
}
