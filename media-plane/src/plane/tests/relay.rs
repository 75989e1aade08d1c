//! The participating function: a call of a client whose floor is controlled elsewhere.

use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
use mcptt_codec::{DecodeError, DecodeErrorKind};
use proptest::prelude::*;

use super::*;
use crate::signalling::{Keying, PeerLeg, RelaySignalling};
use crate::testing::cases;

/// The legs of a relayed call.
pub(super) const CLIENT: u8 = 1;
pub(super) const CONTROLLING: u8 = 2;

pub(super) fn peer(leg: u8) -> PeerLeg {
    PeerLeg {
        leg: LegRef(leg.into()),
        audio: endpoint(leg, AUDIO),
        floor: endpoint(leg, FLOOR),
        protection: None,
        floor_protection: None,
    }
}

fn keys(suite: &CryptoSuite, first: u8) -> MediaProtection {
    let octets = suite.key_octets().unwrap() + suite.salt_octets().unwrap();
    let crypto = |first: u8| {
        let key = (0..octets).map(|place| first.wrapping_add(place as u8)).collect();
        Crypto::new(1, suite.clone(), KeySalt::new(key)).unwrap()
    };
    MediaProtection { send: crypto(first), receive: crypto(first.wrapping_add(100)) }
}

fn protected(leg: u8, suite: &CryptoSuite) -> PeerLeg {
    PeerLeg {
        protection: Some(keys(suite, leg).into()),
        floor_protection: Some(keys(suite, leg.wrapping_mul(31)).into()),
        ..peer(leg)
    }
}

pub(super) fn started(client: PeerLeg, controlling: PeerLeg) -> Signalling {
    Signalling::Relay(RelaySignalling::Started {
        call: CALL,
        group: settings().group,
        musik: true,
        client: Box::new(client),
        controlling: Box::new(controlling),
    })
}

impl Rig {
    /// A relayed call.
    pub(super) fn relaying(config: Config) -> Self {
        let mut rig = Self::new(config);
        rig.know(&peer(CLIENT));
        rig.know(&peer(CONTROLLING));
        rig.signal(started(peer(CLIENT), peer(CONTROLLING)));
        rig.drain();
        rig
    }

    /// Lets the far end of a leg have its keys.
    pub(super) fn know(&mut self, peer: &PeerLeg) {
        let mirror = |keys: &MediaProtection| MediaProtection {
            send: keys.receive.clone(),
            receive: keys.send.clone(),
        };
        let end = |keys: &Option<MediaProtection>| far_end(keys.as_ref().map(mirror).as_ref()).unwrap();
        let leg = u8::try_from(peer.leg.0).unwrap();
        let described = |keying: &Option<Keying>| match keying {
            Some(Keying::Described(keys)) => Some((**keys).clone()),
            Some(Keying::Service(service)) => Some(service.keys.clone()),
            _ => None,
        };
        self.ends.insert(leg, [end(&described(&peer.protection)), end(&described(&peer.floor_protection))]);
    }

    /// What was sent, opened by its receiver: leg, port and octets.
    pub(super) fn octets(&mut self) -> Vec<(u8, u16, Bytes)> {
        let transmits: Vec<_> = self
            .drain()
            .into_iter()
            .filter_map(|output| match output {
                Output::Transmit(transmit) => Some(transmit),
                _ => None,
            })
            .collect();
        let open = |Transmit { path: to, payload, .. }| {
            let (leg, port) = (1..=9)
                .flat_map(|leg| [AUDIO, AUDIO_CONTROL, FLOOR].map(|port| (leg, port)))
                .find(|(leg, port)| path(*leg, *port) == to)
                .unwrap();
            let [audio, floor] = self.ends.get_mut(&leg).unwrap();
            let mut octets = payload.to_vec();
            match port {
                AUDIO => audio.unprotect_rtp(&mut octets).unwrap(),
                AUDIO_CONTROL => audio.unprotect_rtcp(&mut octets).unwrap(),
                _ => floor.unprotect_rtcp(&mut octets).unwrap(),
            }
            (leg, port, Bytes::from(octets))
        };
        transmits.into_iter().map(open).collect()
    }
}

/// A floor message of no known release: subtype 13, a field of unknown id, spare bits and padding set.
fn of_the_future() -> Bytes {
    let mut octets = vec![0x9d, 0xcc, 0, 4, 0x55, 0, 0, 1];
    octets.extend(b"MCPT");
    octets.extend([77, 3, 1, 2, 3, 0xff, 0xff, 0xff]);
    octets.into()
}

//= 24.380-6.4.2:1 test
//= 24.380-6.4.2:2 test
#[test]
fn floor_messages_pass_at_once_and_octet_by_octet() {
    let several = Bytes::from([request(1), of_the_future(), release(1)].concat());
    for message in [request(1), release(1), of_the_future(), several] {
        let mut rig = Rig::relaying(Config::default());
        rig.raw(path(CLIENT, FLOOR), &message);
        assert_eq!(rig.octets(), [(CONTROLLING, FLOOR, message.clone())]);
        rig.raw(path(CONTROLLING, FLOOR), &message);
        assert_eq!(rig.octets(), [(CLIENT, FLOOR, message)]);
        // Nobody is answered by us, now or later.
        rig.advance(Duration::from_secs(600));
        assert_eq!(rig.octets(), []);
        assert_eq!(rig.plane.poll_timeout(), None);
    }
}

//= 24.380-6.4.3 test
#[test]
fn media_and_its_reports_pass_at_once_and_octet_by_octet() {
    let mut rig = Rig::relaying(Config::default());
    let report = Bytes::from_static(&[0x80, 201, 0, 1, 0x55, 0, 0, 1]);
    // Payload types and SSRCs are for the ends to agree on.
    let mut foreign = BytesMut::new();
    RtpHeader { payload_type: 13, ssrc: Ssrc(9), ..RtpHeader::default() }.encode(&mut foreign).unwrap();
    for packet in [rtp(1, 7), foreign.freeze()] {
        rig.raw(path(CLIENT, AUDIO), &packet);
        rig.raw(path(CONTROLLING, AUDIO), &packet);
        assert_eq!(rig.octets(), [(CONTROLLING, AUDIO, packet.clone()), (CLIENT, AUDIO, packet)]);
    }
    rig.raw(path(CLIENT, AUDIO_CONTROL), &report);
    rig.raw(path(CONTROLLING, AUDIO_CONTROL), &report);
    assert_eq!(rig.octets(), [(CONTROLLING, AUDIO_CONTROL, report.clone()), (CLIENT, AUDIO_CONTROL, report)]);
    let counters = rig.plane.counters();
    assert_eq!((counters.media_relayed, counters.reports_relayed, counters.floor_relayed), (4, 2, 0));
}

#[test]
fn each_side_is_served_under_its_own_keys() {
    for suite in [CryptoSuite::AesCm128HmacSha1_80, CryptoSuite::AeadAes128Gcm] {
        let mut rig = Rig::new(Config::default());
        // The client under its keys, the other function under its own, or without any.
        for controlling in [protected(CONTROLLING, &suite), peer(CONTROLLING)] {
            let client = protected(CLIENT, &suite);
            rig.know(&client);
            rig.know(&controlling);
            rig.signal(started(client, controlling));
            rig.drain();
            for sequence in [65_535, 0] {
                rig.media(CLIENT, &rtp(1, sequence));
                assert_eq!(rig.octets(), [(CONTROLLING, AUDIO, rtp(1, sequence))]);
                rig.media(CONTROLLING, &rtp(5, sequence));
                assert_eq!(rig.octets(), [(CLIENT, AUDIO, rtp(5, sequence))]);
            }
            rig.floor(CLIENT, &request(1));
            assert_eq!(rig.octets(), [(CONTROLLING, FLOOR, request(1))]);
            rig.floor(CONTROLLING, &of_the_future());
            assert_eq!(rig.octets(), [(CLIENT, FLOOR, of_the_future())]);
            // In clear nothing is taken from a side that has keys.
            rig.raw(path(CLIENT, FLOOR), &request(1));
            rig.raw(path(CLIENT, AUDIO), &rtp(1, 9));
            assert_eq!(rig.octets(), []);
            rig.signal(Signalling::ReleaseFinished { call: CALL });
            rig.drain();
        }
        assert_eq!(rig.discarded(Discard::Authentication) + rig.discarded(Discard::Unprotectable), 4);
    }
}

#[test]
fn a_relayed_call_is_bound_from_its_start_to_its_end() {
    let mut rig = Rig::new(Config::default());
    rig.signal(started(peer(CLIENT), peer(CONTROLLING)));
    let bound = |leg| Event::LegBound {
        call: CALL,
        leg: LegRef(leg),
        audio: Some(path(leg as u8, AUDIO)),
        floor: Some(path(leg as u8, FLOOR)),
        audio_protected: false,
        floor_protected: false,
    };
    assert_eq!(rig.events(), [bound(1), bound(2)]);
    assert_eq!((rig.plane.calls(), rig.plane.routes.len()), (1, 4));
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    let unbound = |leg| Event::LegUnbound { call: CALL, leg: LegRef(leg) };
    assert_eq!(rig.events(), [unbound(1), unbound(2)]);
    assert_eq!((rig.plane.calls(), rig.plane.routes.len()), (0, 0));
    rig.raw(path(CLIENT, FLOOR), &request(1));
    assert_eq!(rig.discarded(Discard::UnknownSource), 1);
}

#[test]
fn what_cannot_be_bound_is_refused_whole() {
    let mut rig = Rig::relaying(Config::default());
    let refused = |reason| [Indication::CallRefused { call: CALL, reason }];
    rig.signal(started(peer(CLIENT), peer(CONTROLLING)));
    assert_eq!(rig.indications(), refused(Refusal::ReferenceInUse));
    rig.initiate(CALL, settings());
    assert_eq!(rig.indications(), refused(Refusal::ReferenceInUse));
    // The second side takes addresses that are bound: the first one is freed again.
    let other = CallRef(8);
    let started = Signalling::Relay(RelaySignalling::Started {
        call: other,
        group: None,
        musik: false,
        client: Box::new(peer(3)),
        controlling: Box::new(peer(CONTROLLING)),
    });
    rig.signal(started.clone());
    assert_eq!(rig.indications(), [Indication::CallRefused { call: other, reason: Refusal::AddressInUse }]);
    assert_eq!((rig.plane.calls(), rig.plane.routes.len()), (1, 4));

    let mut config = Config::default();
    config.limits.calls = 1;
    let mut rig = Rig::relaying(config);
    rig.signal(started);
    assert_eq!(rig.indications(), [Indication::CallRefused { call: other, reason: Refusal::TooManyCalls }]);
}

#[test]
fn what_is_no_floor_message_goes_no_further() {
    let other_name = [0x80, 0xcc, 0, 2, 0x55, 0, 0, 2, b'P', b'O', b'C', b'1'];
    let session = [0x82, 0xcc, 0, 2, 0x55, 0, 0, 2, b'M', b'C', b'P', b'C'];
    let cases: [(u16, &[u8], Stream, Discard); 9] = [
        (AUDIO, &request(1), Stream::Audio, Discard::ControlOnMediaPort),
        (AUDIO, b"\r\n\r\n", Stream::Audio, Discard::NotRtp),
        (AUDIO, &[0x16, 0xfe, 0xfd, 0], Stream::Audio, Discard::Dtls),
        (AUDIO_CONTROL, &rtp(1, 1), Stream::AudioControl, Discard::NotRtcp),
        (FLOOR, &rtp(1, 1), Stream::Floor, Discard::MediaOnFloorPort),
        (FLOOR, b"INVITE sip:a@b SIP/2.0", Stream::Floor, Discard::NotRtcp),
        (FLOOR, &other_name, Stream::Floor, Discard::NotFloorControl),
        // There is no pre-established session.
        (FLOOR, &session, Stream::Floor, Discard::NotFloorControl),
        (FLOOR, &[0x80, 201, 0, 1, 0x55, 0, 0, 2], Stream::Floor, Discard::NotFloorControl),
    ];
    for leg in [CLIENT, CONTROLLING] {
        for (port, octets, stream, reason) in cases {
            let mut rig = Rig::relaying(Config::default());
            rig.raw(path(leg, port), octets);
            assert_eq!(rig.drain(), [Output::Event(discarded(leg, stream, reason, 1))], "{octets:02x?}");
        }
        // What stands around it passes.
        let mut rig = Rig::relaying(Config::default());
        rig.raw(path(leg, FLOOR), &[&request(1)[..], &other_name, &release(1)].concat());
        let passed = Bytes::from([request(1), release(1)].concat());
        assert_eq!(rig.octets(), [(3 - leg, FLOOR, passed)]);
    }
}

//= 24.380-8.1.4:trunc test
#[test]
fn behind_a_message_that_does_not_end_nothing_passes() {
    let mut rig = Rig::relaying(Config::default());
    let mut octets = [request(1), release(1)].concat();
    octets[request(1).len() + 3] = 16;
    rig.raw(path(CLIENT, FLOOR), &octets);
    let kind = DecodeErrorKind::Truncated { needed: 68, left: release(1).len() };
    let error = DecodeError { offset: request(1).len() + 2, what: "RTCP packet", kind };
    let outputs = rig.drain();
    let undecodable =
        Event::Undecodable { call: CALL, leg: LegRef(1), stream: Stream::Floor, error, count: 1 };
    assert_eq!(outputs.len(), 2);
    assert_eq!(outputs[1], Output::Event(undecodable));
    assert!(matches!(&outputs[0], Output::Transmit(transmit) if transmit.payload == request(1)));
}

#[test]
fn a_flood_is_cut_to_the_configured_rate() {
    let mut config = Config::default();
    config.limits.floor_rate = 10;
    config.limits.media_rate = 50;
    config.limits.function_rate = 200;
    let mut rig = Rig::relaying(config);
    rig.raw(path(CLIENT, FLOOR), &request(1).repeat(1_000));
    assert_eq!(rig.plane.counters().floor_relayed, 10);
    rig.raw(path(CONTROLLING, FLOOR), &request(1).repeat(1_000));
    assert_eq!(rig.plane.counters().floor_relayed, 210);
    for sequence in 0..1_000 {
        rig.raw(path(CLIENT, AUDIO), &rtp(1, sequence));
        rig.raw(path(CONTROLLING, AUDIO), &rtp(5, sequence));
    }
    assert_eq!(rig.plane.counters().media_relayed, 250);
    // Few events tell of it.
    assert!(rig.events().len() < 100);
}

pub(super) fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let control = (0_u8..32, 0_u8..12, prop::sample::select(vec![*b"MCPT", *b"MCPC", *b"MCMC", *b"ZZZZ"]))
        .prop_flat_map(|(subtype, words, name)| {
            proptest::collection::vec(any::<u8>(), 0..48).prop_map(move |fields| {
                let mut octets = vec![0x80 | subtype, 0xcc, 0, words, 0x55, 0, 0, 1];
                octets.extend(name);
                octets.extend(fields);
                octets
            })
        });
    prop_oneof![
        3 => control,
        1 => (any::<u8>(), 0_usize..60).prop_map(|(leg, octets)| {
            let mut packet = rtp(leg, 1).to_vec();
            packet.truncate(octets);
            packet
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..64),
        1 => (1_u8..4).prop_map(|leg| request(leg).to_vec()),
        1 => (1_u8..4).prop_map(|leg| [request(leg), release(leg), of_the_future()].concat()),
        1 => (any::<u8>(), any::<u16>()).prop_map(|(leg, sequence)| rtp(leg, sequence).to_vec()),
    ]
}

proptest! {
    #![proptest_config(cases(128))]

    /// Whatever comes: nothing panics, and what is sent is a part of what came, octet by octet, to the other side.
    //= 24.380-6.4.2:1 test
    #[test]
    fn a_relay_alters_no_octet(
        steps in proptest::collection::vec((1_u8..4, 0_u16..6, hostile(), 0_u64..1_000), 0..60),
    ) {
        let mut rig = Rig::relaying(Config::default());
        for (leg, port, octets, pause) in steps {
            rig.raw(path(leg, port), &octets);
            for (to, to_port, sent) in rig.octets() {
                prop_assert_eq!((to, to_port), (3 - leg, port));
                if octets != sent {
                    // Messages are left out, never changed: each is found in what came, in this order.
                    let mut rest = &octets[..];
                    for message in mcptt_codec::rtcp::split(&sent) {
                        let message = message.unwrap();
                        let at = rest.windows(message.len()).position(|window| *window == message[..]);
                        prop_assert!(at.is_some());
                        rest = &rest[at.unwrap() + message.len()..];
                    }
                }
            }
            rig.advance(Duration::from_millis(pause));
        }
    }
}
