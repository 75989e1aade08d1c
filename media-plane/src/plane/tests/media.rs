//! Media from the talker to everybody else.

use mcptt_codec::floor::{MediaFlowControlIndicator, UnicastMediaFlowControl};

use super::*;
use crate::distributor::Tapped;

//= 24.380-6.3.4.4.5:4 test
//= 24.380-6.3.5.5.6 test
#[test]
fn the_talker_is_heard_by_everybody_else_as_it_was_sent() {
    let mut rig = Rig::with_legs(5);
    rig.grant(3);
    for sequence in [65_534, 65_535, 1, 0] {
        rig.media(3, &rtp(3, sequence));
        let heard: Vec<_> = [1, 2, 4, 5].map(|leg| Sent::Media(leg, rtp(3, sequence))).into();
        assert_eq!(rig.sent(), heard);
    }
    let counters = rig.plane.counters();
    assert_eq!((counters.media_accepted, counters.media_sent), (4, 16));
    assert_eq!(counters.media_octets_sent, 16 * 45);
}

#[test]
fn everybody_else_is_not_heard() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    rig.media(2, &rtp(2, 1));
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Revoke")]);
    assert_eq!(rig.discarded(Discard::NoPermission), 1);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1)), Sent::Media(3, rtp(1, 1))]);
}

#[test]
fn nobody_is_heard_while_the_floor_is_idle() {
    let mut rig = Rig::with_legs(2);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Floor(1, "Floor Revoke")]);
    assert_eq!(rig.plane.counters().media_accepted, 0);
}

#[test]
fn the_floor_moves_and_with_it_who_is_heard() {
    let mut rig = Rig::with_legs(2);
    rig.grant(1);
    rig.media(1, &rtp(1, 1));
    rig.floor(1, &release(1));
    rig.drain();
    rig.grant(2);
    rig.media(2, &rtp(2, 1));
    assert_eq!(rig.sent(), [Sent::Media(1, rtp(2, 1))]);
}

#[test]
fn listeners_without_protection_share_one_buffer() {
    let mut rig = Rig::with_legs(200);
    rig.grant(1);
    let packet = rtp(1, 1);
    rig.plane.handle_datagram(rig.now, path(1, AUDIO), &packet);
    let outputs = rig.drain();
    let sent: Vec<&Bytes> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Transmit(transmit) => Some(&transmit.payload),
            _ => None,
        })
        .collect();
    assert_eq!(sent.len(), 199);
    assert!(sent.iter().all(|payload| **payload == packet && payload.as_ptr() == sent[0].as_ptr()));
}

//= 24.380-6.3.4.4.14 test
//= 24.380-6.3.4.4.15 test
#[test]
fn who_has_stopped_its_media_hears_nothing_and_is_told_of_the_floor() {
    let control = |flow| {
        let control = UnicastMediaFlowControl { ssrc: ssrc(2), flow: Some(flow), ..Default::default() };
        FloorMessage::UnicastMediaFlowControl(control).encode().unwrap()
    };
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    rig.floor(2, &control(MediaFlowControlIndicator::STOP));
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(3, rtp(1, 1))]);
    rig.floor(1, &release(1));
    assert_eq!(rig.sent(), [1, 2, 3].map(|leg| Sent::Floor(leg, "Floor Idle")));
    rig.grant(1);
    rig.media(1, &rtp(1, 2));
    assert_eq!(rig.sent(), [Sent::Media(3, rtp(1, 2))]);
    rig.floor(2, &control(MediaFlowControlIndicator::RESUME));
    rig.media(1, &rtp(1, 3));
    assert_eq!(rig.sent(), [2, 3].map(|leg| Sent::Media(leg, rtp(1, 3))));
}

#[test]
fn an_ssrc_can_be_changed_and_in_a_plain_call_be_shared() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    let learned =
        |number, also_of| Event::SsrcLearned { call: CALL, leg: LegRef(1), ssrc: ssrc(number), also_of };
    // As signalled, one of its own choice, another participant's.
    for (sequence, number, also_of) in [(1, 1, None), (2, 77, None), (3, 2, Some(LegRef(2)))] {
        rig.media(1, &rtp(number, sequence));
        assert_eq!(rig.events(), [learned(number, also_of)]);
        rig.media(1, &rtp(number, sequence));
        assert_eq!(rig.events(), []);
    }
    let counters = rig.plane.counters();
    assert_eq!((counters.media_accepted, counters.shared_ssrcs), (6, 2));
}

#[test]
fn who_may_not_talk_cannot_claim_an_ssrc() {
    let mut rig = Rig::with_legs(3);
    rig.media(3, &rtp(77, 1));
    rig.drain();
    rig.grant(1);
    rig.media(1, &rtp(77, 2));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(77, 2)), Sent::Media(3, rtp(77, 2))]);
}

#[test]
fn in_a_plain_call_a_talker_may_take_an_ssrc_for_every_burst() {
    let mut config = Config::default();
    config.limits.ssrcs_per_leg = 2;
    let mut rig = Rig::new(config);
    rig.initiate(CALL, settings());
    (1..=2).for_each(|leg| rig.connect(participant(leg), leg));
    rig.drain();
    rig.grant(1);
    for number in 101..=140 {
        rig.media(1, &rtp(number, 1));
    }
    assert_eq!(rig.plane.counters().media_sent, 40);
    // What is remembered about them stays bounded.
    let learned = rig.events().iter().filter(|event| matches!(event, Event::SsrcLearned { .. })).count();
    assert_eq!(learned, 2);
}

#[test]
fn a_participant_without_audio_is_passed_over() {
    let mut rig = Rig::with_legs(2);
    let mut deaf = participant(3);
    deaf.audio.remote.set_port(0);
    rig.connect(deaf, 3);
    rig.drain();
    rig.grant(1);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1))]);
    rig.floor(1, &release(1));
    assert_eq!(rig.sent(), [1, 2, 3].map(|leg| Sent::Floor(leg, "Floor Idle")));
}

#[test]
fn recording_gets_its_own_copy_of_what_is_distributed() {
    let mut rig = Rig::new(Config::default());
    rig.initiate(CALL, CallSettings { record: true, ..settings() });
    (1..=2).for_each(|leg| rig.connect(participant(leg), leg));
    rig.drain();
    rig.media(2, &rtp(2, 1));
    rig.grant(1);
    let packet = rtp(1, 1);
    rig.plane.handle_datagram(rig.now, path(1, AUDIO), &packet);
    let taps: Vec<_> = rig
        .drain()
        .into_iter()
        .filter_map(|output| match output {
            Output::Tap(tapped) => Some(tapped),
            _ => None,
        })
        .collect();
    assert_ne!(taps[0].packet.as_ptr(), packet.as_ptr());
    assert_eq!(taps, [Tapped { call: CALL, leg: LegRef(1), at: rig.now, packet }]);
}

#[test]
fn reports_are_counted_and_go_no_further() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    // Sender report without blocks, then a source description with a CNAME of one octet.
    let mut report = vec![0x80, 200, 0, 6, 0x55, 0, 0, 1];
    report.extend([0; 20]);
    report.extend([0x81, 202, 0, 2, 0x55, 0, 0, 1, 1, 1, b'x', 0]);
    rig.raw(path(1, AUDIO_CONTROL), &report);
    // Receiver report without blocks.
    rig.raw(path(2, AUDIO_CONTROL), &[0x80, 201, 0, 1, 0x55, 0, 0, 2]);
    assert_eq!(rig.drain(), []);
    let counters = rig.plane.counters();
    assert_eq!((counters.sender_reports, counters.receiver_reports, counters.other_reports), (1, 1, 1));
}
