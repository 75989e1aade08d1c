//! Legs with protection, each under its own keys.

use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};

use super::*;
use crate::crypto::ProtectionError;

pub(super) const SUITES: [CryptoSuite; 2] = [CryptoSuite::AesCm128HmacSha1_80, CryptoSuite::AeadAes128Gcm];

fn keys(suite: &CryptoSuite, first: u8) -> MediaProtection {
    let octets = suite.key_octets().unwrap() + suite.salt_octets().unwrap();
    let crypto = |first: u8| {
        let key = (0..octets).map(|place| first.wrapping_add(place as u8)).collect();
        Crypto::new(1, suite.clone(), KeySalt::new(key)).unwrap()
    };
    MediaProtection { send: crypto(first), receive: crypto(first.wrapping_add(100)) }
}

pub(super) fn protected(leg: u8, suite: &CryptoSuite) -> Participant {
    Participant {
        protection: Some(keys(suite, leg).into()),
        floor_protection: Some(keys(suite, leg.wrapping_mul(31)).into()),
        ..participant(leg)
    }
}

/// Participants 1 to `legs`, all protected.
fn rig(suite: &CryptoSuite, legs: u8) -> Rig {
    let mut rig = Rig::with_legs(0);
    (1..=legs).for_each(|leg| rig.connect(protected(leg, suite), leg));
    rig.sent();
    rig
}

fn grant(rig: &mut Rig, leg: u8) {
    rig.floor(leg, &request(leg));
    rig.sent();
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(leg.into())));
}

#[test]
fn every_leg_is_served_under_its_own_keys() {
    for suite in SUITES {
        let mut rig = rig(&suite, 4);
        rig.floor(2, &request(2));
        assert_eq!(
            rig.sent(),
            [
                Sent::Floor(2, "Floor Granted"),
                Sent::Floor(1, "Floor Taken"),
                Sent::Floor(3, "Floor Taken"),
                Sent::Floor(4, "Floor Taken"),
            ]
        );
        for sequence in [65_534, 65_535, 0, 1] {
            rig.media(2, &rtp(2, sequence));
            assert_eq!(rig.sent(), [1, 3, 4].map(|leg| Sent::Media(leg, rtp(2, sequence))));
        }
    }
}

#[test]
fn no_two_receivers_get_the_same_octets_and_nobody_gets_them_in_clear() {
    for suite in SUITES {
        let mut rig = rig(&suite, 4);
        grant(&mut rig, 1);
        rig.media(1, &rtp(1, 1));
        let payloads: BTreeSet<_> = rig
            .drain()
            .into_iter()
            .filter_map(|output| match output {
                Output::Transmit(transmit) => Some(transmit.payload),
                _ => None,
            })
            .collect();
        assert_eq!(payloads.len(), 3);
        assert!(payloads.iter().all(|payload| payload[..12] == rtp(1, 1)[..12]));
        assert!(payloads.iter().all(|payload| !payload.windows(4).any(|octets| octets == [1; 4])));
    }
}

#[test]
fn protected_and_plain_legs_share_a_call() {
    let [counter_mode, gcm] = SUITES;
    let mut rig = Rig::with_legs(0);
    rig.connect(protected(1, &counter_mode), 1);
    rig.connect(protected(2, &gcm), 2);
    rig.connect(participant(3), 3);
    // Media protected end to end or not at all, floor control protected.
    rig.connect(Participant { protection: None, ..protected(4, &gcm) }, 4);
    rig.sent();
    for talker in 1..=4 {
        grant(&mut rig, talker);
        rig.media(talker, &rtp(talker, 1));
        let listeners = (1..=4).filter(|leg| *leg != talker);
        assert_eq!(rig.sent(), listeners.map(|leg| Sent::Media(leg, rtp(talker, 1))).collect::<Vec<_>>());
        rig.floor(talker, &release(talker));
        rig.sent();
    }
}

#[test]
fn a_replayed_packet_is_dropped_and_counted() {
    for suite in SUITES {
        let mut rig = rig(&suite, 2);
        grant(&mut rig, 1);
        let mut octets = rtp(1, 1).to_vec();
        rig.ends.get_mut(&1).unwrap()[0].protect_rtp(&mut octets).unwrap();
        rig.raw(path(1, AUDIO), &octets);
        assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1))]);
        rig.raw(path(1, AUDIO), &octets);
        assert_eq!(rig.events(), [discarded(1, Stream::Audio, Discard::Replay, 1)]);

        let message = rig.protected(1, &release(1));
        rig.raw(path(1, FLOOR), &message);
        assert_eq!(rig.sent().len(), 2);
        grant(&mut rig, 1);
        rig.raw(path(1, FLOOR), &message);
        assert_eq!(rig.events(), [discarded(1, Stream::Floor, Discard::Replay, 2)]);
        assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(1)));
    }
}

#[test]
fn a_changed_packet_or_another_key_is_dropped_and_counted() {
    for suite in SUITES {
        let mut rig = rig(&suite, 3);
        grant(&mut rig, 1);
        let mut octets = rtp(1, 1).to_vec();
        rig.ends.get_mut(&1).unwrap()[0].protect_rtp(&mut octets).unwrap();
        octets[20] ^= 1;
        rig.raw(path(1, AUDIO), &octets);
        assert_eq!(rig.events(), [discarded(1, Stream::Audio, Discard::Authentication, 1)]);

        // The other participant's key, from this participant's address.
        let message = rig.protected(2, &release(2));
        rig.raw(path(1, FLOOR), &message);
        assert_eq!(rig.events(), [discarded(1, Stream::Floor, Discard::Authentication, 2)]);
        assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(1)));

        // T1 has not been restarted by the forgery.
        rig.advance(Duration::from_secs(4));
        assert_eq!(rig.sent(), [1, 2, 3].map(|leg| Sent::Floor(leg, "Floor Idle")));
    }
}

#[test]
fn where_audio_is_protected_an_ssrc_belongs_to_one_participant() {
    for suite in SUITES {
        let mut rig = rig(&suite, 3);
        grant(&mut rig, 1);
        rig.media(1, &rtp(2, 1));
        assert_eq!(rig.events(), [discarded(1, Stream::Audio, Discard::ForeignSsrc, 1)]);
        rig.media(1, &rtp(77, 2));
        assert_eq!(rig.sent(), [2, 3].map(|leg| Sent::Media(leg, rtp(77, 2))));
        // From now on that one is its own.
        rig.floor(1, &release(1));
        rig.sent();
        grant(&mut rig, 2);
        rig.media(2, &rtp(77, 3));
        assert_eq!(rig.events(), [discarded(2, Stream::Audio, Discard::ForeignSsrc, 1)]);
    }
}

#[test]
fn ssrcs_of_one_participant_are_limited_where_they_cost_contexts() {
    for suite in SUITES {
        let mut config = Config::default();
        config.limits.ssrcs_per_leg = 2;
        let mut rig = Rig::new(config);
        rig.initiate(CALL, settings());
        rig.connect(protected(1, &suite), 1);
        rig.connect(participant(2), 2);
        rig.sent();
        grant(&mut rig, 1);
        for (number, sequence) in [(101, 1), (102, 2), (103, 3), (101, 4)] {
            rig.media(1, &rtp(number, sequence));
        }
        let heard = [(101, 1), (102, 2), (101, 4)];
        assert_eq!(rig.sent(), heard.map(|(number, sequence)| Sent::Media(2, rtp(number, sequence))));
        assert_eq!(rig.discarded(Discard::TooManySsrcs), 1);
        // Floor messages of one participant under many SSRCs.
        for number in [1, 101, 102] {
            rig.floor(1, &request(number));
        }
        assert_eq!(rig.discarded(Discard::TooManySsrcs), 2);
        rig.sent();
    }
}

#[test]
fn a_leg_with_keys_is_never_heard_in_clear() {
    for suite in SUITES {
        let mut rig = rig(&suite, 2);
        rig.raw(path(1, FLOOR), &request(1));
        assert_eq!(rig.plane.floor(CALL).unwrap().talker(), None);
        assert_eq!(rig.plane.counters().discarded.total(), 1);
        grant(&mut rig, 1);
        rig.raw(path(1, AUDIO), &rtp(1, 1));
        assert_eq!(rig.sent(), []);
        assert_eq!(rig.plane.counters().media_accepted, 0);
        assert_eq!(rig.plane.counters().discarded.total(), 2);
    }
}

#[test]
fn a_leg_whose_protection_cannot_be_set_up_is_refused() {
    let mut rig = Rig::with_legs(0);
    let mut unusual = protected(1, &CryptoSuite::AesCm128HmacSha1_80);
    let suite = CryptoSuite::AesCm256HmacSha1_32;
    unusual.protection = Some(
        MediaProtection { send: keys(&suite, 1).send, ..keys(&CryptoSuite::AesCm128HmacSha1_80, 1) }.into(),
    );
    rig.signal(Signalling::LegConnected { call: CALL, leg: LegRef(1), participant: Box::new(unusual) });
    let reason = Refusal::Protection(ProtectionError::UnsupportedSuite);
    assert_eq!(
        rig.drain(),
        [Output::Indication(Indication::LegRefused { call: CALL, leg: LegRef(1), reason })]
    );
    assert_eq!(rig.plane.routes.len(), 0);
}

#[test]
fn protected_reports_are_counted() {
    for suite in SUITES {
        let mut rig = rig(&suite, 1);
        let mut report = vec![0x80, 201, 0, 1, 0x55, 0, 0, 1];
        rig.ends.get_mut(&1).unwrap()[0].protect_rtcp(&mut report).unwrap();
        rig.raw(path(1, AUDIO_CONTROL), &report);
        rig.raw(path(1, AUDIO_CONTROL), &report);
        assert_eq!(rig.plane.counters().receiver_reports, 1);
        assert_eq!(rig.events(), [discarded(1, Stream::AudioControl, Discard::Replay, 1)]);
    }
}

#[test]
fn neither_keys_nor_audio_show_in_what_is_reported() {
    let [suite, _] = SUITES;
    let mut rig = Rig::with_legs(0);
    let outputs: String = (1..=2)
        .flat_map(|leg| {
            rig.connect(protected(leg, &suite), leg);
            rig.events()
        })
        .map(|event| format!("{event:?}"))
        .collect();
    let key = format!("{:?}", &keys(&suite, 1).send.key_salt()[..4]);
    assert!(!outputs.contains(&key[1..key.len() - 1]), "{outputs}");
}
