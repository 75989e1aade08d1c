//! Streams that come from another address than was declared.

use super::protection::{SUITES, protected};
use super::*;
use crate::config::Latching;

/// Where a participant really is: behind something that gives it another port, or another address.
fn from(declared: Path, host: u8, port: u16) -> Path {
    Path { remote: ([198, 51, 100, host], port).into(), ..declared }
}

fn rig(latching: Latching, participants: impl IntoIterator<Item = Participant>) -> Rig {
    let mut rig = Rig::new(Config { latching, ..Config::default() });
    rig.initiate(CALL, settings());
    for (leg, participant) in (1..).zip(participants) {
        rig.connect(participant, leg);
    }
    rig.drain();
    rig
}

const BOTH: Latching = Latching { audio: true, floor: true };

fn audio_packet(rig: &mut Rig, leg: u8, sequence: u16) -> Vec<u8> {
    let mut octets = rtp(leg, sequence).to_vec();
    rig.ends.get_mut(&leg).unwrap()[0].protect_rtp(&mut octets).unwrap();
    octets
}

/// Where datagrams go.
fn destinations(rig: &mut Rig) -> Vec<Path> {
    let sent = rig.drain().into_iter().filter_map(|output| match output {
        Output::Transmit(transmit) => Some(transmit.path),
        _ => None,
    });
    sent.collect()
}

fn latched(rig: &mut Rig) -> Vec<(u8, Stream, Path)> {
    let events = rig.events().into_iter().filter_map(|event| match event {
        Event::AddressLatched { leg, stream, found, .. } => Some((leg.0 as u8, stream, found)),
        _ => None,
    });
    events.collect()
}

//= RFC7362-4:latch test
#[test]
fn another_source_is_unknown_unless_latching_is_wanted() {
    for (latching, expected) in [
        (Latching::default(), 0),
        (Latching { audio: true, floor: false }, 1),
        (Latching { audio: false, floor: true }, 1),
        (BOTH, 2),
    ] {
        let mut rig = rig(latching, (1..=3).map(participant));
        rig.raw(from(path(2, FLOOR), 2, 9_000), &request(2));
        let granted = rig.plane.floor(CALL).unwrap().talker();
        assert_eq!(granted.is_some(), latching.floor);
        rig.raw(from(path(2, AUDIO), 2, 9_100), &rtp(2, 1));
        assert_eq!(rig.plane.counters().latched, expected);
        assert_eq!(rig.discarded(Discard::UnknownSource), 2 - expected);
        let media = path(1, AUDIO);
        assert_eq!(destinations(&mut rig).contains(&media), latching == BOTH, "{latching:?}");
    }
}

//= RFC7362-4:latch test
//= RFC7362-5:attacker test
#[test]
fn a_protected_stream_latches_once_and_to_an_authentic_packet_alone() {
    for suite in SUITES {
        let mut rig = rig(BOTH, (1..=3).map(|leg| protected(leg, &suite)));
        let (audio, floor) = (path(2, AUDIO), path(2, FLOOR));
        // Somebody without the keys, at first, even from the declared addresses.
        for host in [2, 66] {
            rig.raw(from(floor, host, 6_666), &request(2));
            rig.raw(from(audio, host, 6_668), &rtp(2, 1));
        }
        rig.raw(floor, &request(2));
        assert_eq!((rig.plane.counters().latched, rig.discarded(Discard::UnknownSource)), (0, 4));
        // Then the participant, from a host that nobody has declared.
        let asked = rig.protected(2, &request(2));
        rig.raw(from(floor, 99, 7_000), &asked);
        let spoken = audio_packet(&mut rig, 2, 1);
        rig.raw(from(audio, 99, 7_002), &spoken);
        assert_eq!(
            latched(&mut rig),
            [(2, Stream::Floor, from(floor, 99, 7_000)), (2, Stream::Audio, from(audio, 99, 7_002))]
        );
        assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));
        assert_eq!(rig.plane.counters().media_accepted, 1);
        // What is sent to it goes there.
        let released = rig.protected(2, &release(2));
        rig.raw(from(floor, 99, 7_000), &released);
        assert!(destinations(&mut rig).contains(&from(floor, 99, 7_000)));
        rig.floor(1, &request(1));
        rig.media(1, &rtp(1, 1));
        let to = destinations(&mut rig);
        assert!(to.contains(&from(audio, 99, 7_002)) && !to.contains(&audio), "{to:?}");
        // Nobody takes it away: neither who repeats what was sent, nor the participant itself, not even from where it was
        // declared.
        let before = rig.discarded(Discard::UnknownSource);
        rig.raw(from(audio, 67, 6_668), &spoken);
        let more = audio_packet(&mut rig, 2, 2);
        rig.raw(from(audio, 99, 7_777), &more);
        rig.raw(audio, &more);
        assert_eq!(rig.discarded(Discard::UnknownSource), before + 3);
        let unknown = rig.events().into_iter().filter(|event| matches!(event, Event::UnknownSource { .. }));
        assert_eq!(unknown.count(), 3);
        assert_eq!(rig.plane.counters().latched, 2);
        // With a new session description it waits again.
        rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(2) });
        rig.connect(protected(2, &suite), 2);
        rig.drain();
        let spoken = audio_packet(&mut rig, 2, 3);
        rig.raw(from(audio, 99, 8_000), &spoken);
        assert_eq!(latched(&mut rig), [(2, Stream::Audio, from(audio, 99, 8_000))]);
    }
}

//= RFC7362-5:attacker test
#[test]
fn a_plain_stream_stays_with_the_host_that_only_it_has_declared() {
    let declared = participant(2).audio;
    let mut rig = rig(BOTH, (1..=3).map(participant));
    let (stranger, wrong) =
        (from(path(2, AUDIO), 66, 9_000), RtpHeader { payload_type: 5, ..RtpHeader::default() });
    let mut other = BytesMut::new();
    wrong.encode(&mut other).unwrap();
    rig.raw(stranger, &rtp(2, 1));
    rig.raw(from(path(2, AUDIO), 2, 9_000), &other);
    rig.raw(from(path(2, AUDIO), 2, 9_000), &request(2));
    assert_eq!((rig.plane.counters().latched, rig.discarded(Discard::UnknownSource)), (0, 3));
    rig.raw(from(path(2, AUDIO), 2, 9_000), &rtp(2, 1));
    rig.raw(from(path(2, AUDIO), 2, 9_002), &rtp(2, 2));
    assert_eq!((rig.plane.counters().latched, rig.discarded(Discard::UnknownSource)), (1, 4));
    // Heard where it was declared it is settled as well.
    rig.raw(path(3, AUDIO), &rtp(3, 1));
    rig.raw(from(path(3, AUDIO), 3, 9_000), &rtp(3, 2));
    assert_eq!((rig.plane.counters().latched, rig.discarded(Discard::UnknownSource)), (1, 5));
    // Two clients of one host at one address of ours: whose it is cannot be told.
    let at = |leg: u8, port: u16| {
        let remote = (declared.remote.ip(), port).into();
        Participant { audio: MediaEndpoint { remote, ..declared }, ..participant(leg) }
    };
    let mut rig = self::rig(BOTH, [participant(1), at(2, 5_002), at(3, 5_004)]);
    rig.raw(from(path(2, AUDIO), 2, 9_000), &rtp(2, 1));
    assert_eq!((rig.plane.counters().latched, rig.discarded(Discard::UnknownSource)), (0, 1));
    // One of them is heard where it was declared: then it can.
    rig.raw(from(path(2, AUDIO), 2, 5_004), &rtp(3, 1));
    rig.raw(from(path(2, AUDIO), 2, 9_000), &rtp(2, 1));
    assert_eq!(latched(&mut rig), [(2, Stream::Audio, from(path(2, AUDIO), 2, 9_000))]);
}

#[test]
fn what_waits_ends_with_its_leg_and_functions_do_not_wait() {
    let mut function = participant(3);
    function.floor_parameters.function = true;
    let mut rig = rig(BOTH, [participant(1), participant(2), function]);
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(2) });
    for leg in [2, 3] {
        rig.raw(from(path(leg, AUDIO), leg, 9_000), &rtp(leg, 1));
    }
    assert_eq!((rig.plane.counters().latched, rig.discarded(Discard::UnknownSource)), (0, 2));
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!(rig.plane.routes.latching.count(&path(1, AUDIO)), 0);
}
