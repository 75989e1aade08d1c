//! How well a call goes, as it is counted and reported.

use bytes::BytesMut;
use mcptt_codec::rtcp::{ReceiverReport, ReportBlock};

use super::*;

fn qualities(rig: &mut Rig) -> Vec<Event> {
    let is_quality = |event: &Event| matches!(event, Event::SpurtEnded { .. } | Event::CallQuality { .. });
    rig.events().into_iter().filter(is_quality).collect()
}

/// A rig whose numbers are 20 ms apart, talked through by leg 1.
fn talk(rig: &mut Rig, numbers: &[u16]) {
    for number in numbers {
        rig.media(1, &rtp(1, *number));
        rig.advance(Duration::from_millis(20));
    }
}

#[test]
fn a_talk_spurt_ends_with_its_permission_and_a_call_with_the_sum_of_them() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    talk(&mut rig, &[1, 2, 4, 5]);
    assert_eq!(qualities(&mut rig), []);
    rig.floor(1, &release(1));
    let [Event::SpurtEnded { call: CALL, leg: LegRef(1), quality }] = qualities(&mut rig)[..] else {
        panic!("one talk spurt has ended")
    };
    assert_eq!((quality.packets, quality.lost, quality.duration_ms), (4, 1, 60));
    // Another one is cut off in the middle of it.
    rig.grant(2);
    rig.media(2, &rtp(2, 2));
    let block = ReportBlock { ssrc: ssrc(1), fraction_lost: 26, jitter: 80, ..ReportBlock::default() };
    let mut report = BytesMut::new();
    ReceiverReport { ssrc: ssrc(3), reports: vec![block], ..ReceiverReport::default() }
        .encode(&mut report)
        .unwrap();
    rig.raw(path(3, AUDIO + 1), &report);
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    let told = qualities(&mut rig);
    assert!(matches!(told[0], Event::SpurtEnded { leg: LegRef(2), .. }), "{told:?}");
    let Event::CallQuality { quality, .. } = told[1] else { panic!("{told:?}") };
    assert_eq!((quality.spurts, quality.packets, quality.lost, quality.duration_ms), (2, 5, 1, 80));
    assert_eq!(
        (quality.reports, quality.reported_loss_percent, quality.reported_jitter_ms),
        (1, 10.16, 10.0)
    );
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!(qualities(&mut rig), []);
    let counters = rig.plane.counters();
    assert_eq!((counters.spurts, counters.media_lost), (2, 1));
}

#[test]
fn a_call_in_which_nobody_has_talked_has_no_quality() {
    let mut rig = Rig::with_legs(2);
    rig.grant(1);
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!(qualities(&mut rig), []);
}

#[test]
fn who_leaves_while_talking_has_talked() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    talk(&mut rig, &[1, 2]);
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(1) });
    assert!(matches!(qualities(&mut rig)[..], [Event::SpurtEnded { leg: LegRef(1), .. }]));
}

#[test]
fn waiting_for_the_floor_is_measured_from_the_first_request_to_the_grant() {
    let mut rig = Rig::new(Config { note_grants: true, ..Config::default() });
    rig.initiate(CALL, CallSettings { queueing: true, ..settings() });
    for leg in 1..=3 {
        let mut queueing = participant(leg);
        queueing.floor_parameters.queueing = true;
        rig.connect(queueing, leg);
    }
    rig.grant(1);
    rig.media(1, &rtp(1, 1));
    rig.floor(2, &request(2));
    rig.advance(Duration::from_millis(150));
    rig.floor(2, &request(2));
    rig.advance(Duration::from_millis(100));
    rig.floor(1, &release(1));
    let noted = Event::FloorGranted { call: CALL, leg: LegRef(2), waited_us: 250_000 };
    assert!(rig.events().contains(&noted));
    let grants = rig.plane.counters().grants;
    // At once, and after a quarter of a second.
    assert_eq!(grants.counts(), [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(grants.sum(), Duration::from_millis(250));
}

//= 22.179-presence:talking test
#[test]
fn who_talks_is_told_from_the_first_packet_to_the_end_of_the_permission() {
    let mut rig = Rig::with_legs(2);
    rig.grant(1);
    assert_eq!(rig.indications(), []);
    let said = |leg, talking| Indication::Talking { call: CALL, leg: LegRef(leg), talking };
    talk(&mut rig, &[1, 2, 3]);
    assert_eq!(rig.indications(), [said(1, true)]);
    rig.floor(1, &release(1));
    assert_eq!(rig.indications(), [said(1, false)]);
    rig.grant(2);
    rig.media(2, &rtp(2, 1));
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    assert_eq!(rig.indications(), [said(2, true), said(2, false)]);
}
