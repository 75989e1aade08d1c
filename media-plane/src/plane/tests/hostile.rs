//! Input that nobody should send.

use mcptt_codec::{DecodeError, DecodeErrorKind};
use proptest::prelude::*;

use super::*;

//= 24.380-6.3.5.1:addr test
#[test]
fn an_unknown_source_is_counted_reported_once_and_never_answered() {
    let mut rig = Rig::with_legs(2);
    // The right address of ours, a wrong one of theirs, and the other way round.
    let stranger = Path { remote: ([203, 0, 113, 9], 50_004).into(), ..path(1, FLOOR) };
    let crossed = Path { local: path(2, FLOOR).local, ..path(1, FLOOR) };
    for path in [stranger, crossed] {
        rig.raw(path, &request(1));
        let requirement = "24.380-6.3.5.1:addr";
        assert_eq!(rig.drain(), [Output::Event(Event::UnknownSource { path, requirement })]);
        rig.raw(path, &request(1));
        assert_eq!(rig.drain(), []);
    }
    assert_eq!(rig.discarded(Discard::UnknownSource), 4);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), None);
}

//= 24.380-8.1.2 test
#[test]
fn other_protocols_are_told_apart_and_counted() {
    let dtls = [0x16, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4];
    let stun = [0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0];
    let other_name = [0x80, 0xcc, 0, 2, 0x55, 0, 0, 2, b'P', b'O', b'C', b'1'];
    let report = [0x80, 201, 0, 1, 0x55, 0, 0, 2];
    let other_type = RtpHeader { payload_type: 0, ssrc: ssrc(2), ..RtpHeader::default() };
    let mut foreign_type = BytesMut::new();
    other_type.encode(&mut foreign_type).unwrap();
    let cases: [(u16, &[u8], Stream, Discard); 15] = [
        (AUDIO, &dtls, Stream::Audio, Discard::Dtls),
        (AUDIO, &stun, Stream::Audio, Discard::Stun),
        (AUDIO, &request(2), Stream::Audio, Discard::ControlOnMediaPort),
        (AUDIO, &report, Stream::Audio, Discard::ControlOnMediaPort),
        (AUDIO, b"\r\n\r\n", Stream::Audio, Discard::NotRtp),
        (AUDIO, b"", Stream::Audio, Discard::NotRtp),
        (AUDIO, &foreign_type, Stream::Audio, Discard::PayloadType),
        (AUDIO_CONTROL, &rtp(2, 1), Stream::AudioControl, Discard::NotRtcp),
        (AUDIO_CONTROL, &dtls, Stream::AudioControl, Discard::Dtls),
        (FLOOR, &rtp(2, 1), Stream::Floor, Discard::MediaOnFloorPort),
        (FLOOR, &dtls, Stream::Floor, Discard::Dtls),
        (FLOOR, &stun, Stream::Floor, Discard::Stun),
        (FLOOR, b"INVITE sip:a@b SIP/2.0", Stream::Floor, Discard::NotRtcp),
        (FLOOR, &other_name, Stream::Floor, Discard::NotFloorControl),
        (FLOOR, &report, Stream::Floor, Discard::NotFloorControl),
    ];
    for (port, octets, stream, reason) in cases {
        let mut rig = Rig::with_legs(2);
        rig.raw(path(2, port), octets);
        assert_eq!(rig.drain(), [Output::Event(discarded(2, stream, reason, 1))], "{octets:02x?}");
        assert_eq!(rig.plane.counters().discarded.total(), 1);
    }
}

//= 24.380-8.1.4:trunc test
#[test]
fn a_message_longer_than_its_datagram_is_ignored_with_what_follows() {
    let mut rig = Rig::with_legs(2);
    let mut octets = [request(2), release(2)].concat();
    octets[request(2).len() + 3] = 16;
    rig.raw(path(2, FLOOR), &octets);
    let length = request(2).len() + 2;
    let kind = DecodeErrorKind::Truncated { needed: 68, left: release(2).len() };
    let error = DecodeError { offset: length, what: "RTCP packet", kind };
    let undecodable =
        Event::Undecodable { call: CALL, leg: LegRef(2), stream: Stream::Floor, error, count: 1 };
    let events: Vec<_> = rig.events();
    assert_eq!(events, [undecodable]);
    // The first message was taken, the second was not: the floor is still held.
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));

    let mut rig = Rig::with_legs(2);
    let mut octets = request(2).to_vec();
    octets[3] *= 4;
    rig.raw(path(2, FLOOR), &octets);
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.discarded(Discard::Undecodable), 1);
    rig.floor(2, &request(2));
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Granted"), Sent::Floor(1, "Floor Taken")]);
}

//= 24.380-8.1.4:overrun test
#[test]
fn a_field_that_runs_past_its_message_makes_the_message_void() {
    let mut rig = Rig::with_legs(2);
    // Floor Request whose Floor Priority claims 200 octets.
    let message = [0x80, 0xcc, 0, 3, 0x55, 0, 0, 2, b'M', b'C', b'P', b'T', 0, 200, 5, 0];
    rig.raw(path(2, FLOOR), &message);
    assert_eq!(rig.drain(), [Output::Event(discarded(2, Stream::Floor, Discard::FieldOverrun, 1))]);
    rig.floor(2, &request(2));
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Granted"), Sent::Floor(1, "Floor Taken")]);
}

//= 24.380-8.1.4:subtype test
#[test]
fn an_unknown_message_is_ignored_even_if_it_asks_for_an_answer() {
    let mut rig = Rig::with_legs(2);
    // Subtype 28: message 12, which is not assigned, with the acknowledgment bit.
    rig.raw(path(2, FLOOR), &[0x9c, 0xcc, 0, 2, 0x55, 0, 0, 2, b'M', b'C', b'P', b'T']);
    assert_eq!(rig.drain(), [Output::Event(discarded(2, Stream::Floor, Discard::UnknownMessage, 1))]);
    // Behind it a message counts.
    let mut octets = vec![0x9c, 0xcc, 0, 2, 0x55, 0, 0, 2, b'M', b'C', b'P', b'T'];
    octets.extend_from_slice(&request(2));
    rig.raw(path(2, FLOOR), &octets);
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Granted"), Sent::Floor(1, "Floor Taken")]);
}

#[test]
fn octets_behind_the_last_message_do_no_harm() {
    let mut rig = Rig::with_legs(2);
    let mut octets = request(2).to_vec();
    octets.extend([0, 0, 0, 0]);
    rig.raw(path(2, FLOOR), &octets);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));
    assert_eq!(rig.discarded(Discard::Undecodable), 1);
}

#[test]
fn a_header_that_does_not_end_in_the_packet_is_undecodable() {
    let mut rig = Rig::with_legs(2);
    rig.grant(2);
    // Fifteen contributing sources are announced, none is there.
    let mut octets = rtp(2, 1)[..12].to_vec();
    octets[0] |= 0x0f;
    rig.raw(path(2, AUDIO), &octets);
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.discarded(Discard::Undecodable), 1);
}

#[test]
fn a_flood_is_cut_to_the_configured_rate() {
    let mut config = Config::default();
    config.limits.floor_rate = 10;
    config.limits.media_rate = 50;
    let mut rig = Rig::new(config);
    rig.initiate(CALL, settings());
    (1..=2).for_each(|leg| rig.connect(participant(leg), leg));
    rig.drain();
    // A thousand messages in one datagram count as a thousand.
    rig.raw(path(2, FLOOR), &request(2).repeat(1_000));
    assert_eq!(rig.plane.counters().floor_received, 10);
    assert_eq!(rig.discarded(Discard::RateExceeded), 1);
    for sequence in 0..1_000 {
        rig.media(2, &rtp(2, sequence));
    }
    assert_eq!(rig.plane.counters().media_accepted, 50);
    assert_eq!(rig.discarded(Discard::RateExceeded), 951);
    // Another participant is not affected.
    rig.drain();
    rig.floor(1, &request(1));
    assert_eq!(rig.sent(), [Sent::Floor(1, "Floor Deny")]);
}

fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let floor = (0_u8..32, 0_u8..8, proptest::collection::vec(any::<u8>(), 0..48)).prop_map(
        |(subtype, words, fields)| {
            let mut octets = vec![0x80 | subtype, 0xcc, 0, words, 0x55, 0, 0, 1];
            octets.extend(b"MCPT");
            octets.extend(fields);
            octets
        },
    );
    let truncated = (any::<u8>(), 0_usize..60).prop_map(|(leg, octets)| {
        let mut packet = rtp(leg, 1).to_vec();
        packet.truncate(octets);
        packet
    });
    prop_oneof![
        floor,
        truncated,
        proptest::collection::vec(any::<u8>(), 0..64),
        Just(request(1).to_vec()),
        Just(release(1).to_vec()),
        Just(rtp(1, 1).to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever comes, in whatever order: nothing panics, nothing is sent to where nobody is, and media goes to others
    /// only while its sender has the floor.
    #[test]
    fn nothing_from_the_network_makes_it_fail(
        steps in proptest::collection::vec((1_u8..5, 0_u16..6, datagram(), 0_u64..3_000), 0..60),
    ) {
        let mut rig = Rig::with_legs(3);
        for (leg, port, octets, pause) in steps {
            rig.raw(path(leg, port), &octets);
            let talker = rig.plane.floor(CALL).unwrap().talker();
            for output in rig.drain() {
                let Output::Transmit(transmit) = output else { continue };
                let bound = (1..=3).flat_map(|leg| [path(leg, AUDIO), path(leg, FLOOR)]);
                prop_assert!(bound.into_iter().any(|bound| bound == transmit.path));
                if port == AUDIO && transmit.dscp == 46 {
                    prop_assert_eq!(talker, Some(LegRef(leg.into())));
                    prop_assert_ne!(transmit.path, path(leg, AUDIO));
                }
            }
            rig.advance(Duration::from_millis(pause));
            rig.drain();
        }
    }
}
