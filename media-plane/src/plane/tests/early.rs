//! The inviting client talks before anybody has accepted.

use super::*;
use crate::floor::BufferLimits;

fn asking() -> Participant {
    Participant { entry: Entry::Originator { implicit_request: true }, ..participant(1) }
}

fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Participant 1 has started the call with an implicit request; nobody has accepted.
fn waiting(buffer: Option<BufferLimits>) -> Rig {
    let mut config = Config::default();
    config.floor.buffer = buffer;
    let mut rig = Rig::new(config);
    rig.initiate(CALL, settings());
    rig.connect(asking(), 1);
    assert_eq!(rig.sent(), []);
    rig
}

/// The same, with the go-ahead.
fn gone_ahead(limits: BufferLimits) -> Rig {
    let mut rig = waiting(Some(limits));
    rig.signal(Signalling::UnconfirmedIndication { call: CALL });
    assert_eq!(rig.sent(), [Sent::Floor(1, "Floor Granted")]);
    rig
}

/// Participant 1 talks: packets `from..to`, one every 20 ms.
fn talk(rig: &mut Rig, numbers: std::ops::Range<u16>) {
    for number in numbers {
        rig.media(1, &rtp(1, number));
        rig.advance(millis(20));
    }
}

//= 24.380-6.3.2.2:early test
#[test]
fn the_first_listener_hears_the_talk_spurt_from_its_beginning() {
    let mut rig = gone_ahead(BufferLimits::default());
    talk(&mut rig, 0..100);
    assert_eq!(rig.sent(), []);
    rig.connect(participant(2), 2);
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Taken"), Sent::Media(2, rtp(1, 0))]);
    // What comes now goes behind what was kept, with the spacing in which it was said.
    for number in 100..150 {
        rig.media(1, &rtp(1, number));
        rig.advance(millis(20));
        assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, number - 99))]);
    }
    // A later listener hears what the first one hears.
    rig.connect(participant(3), 3);
    assert_eq!(rig.sent(), [Sent::Floor(3, "Floor Taken")]);
    rig.floor(1, &release(1));
    assert_eq!(rig.sent(), [1, 2, 3].map(|leg| Sent::Floor(leg, "Floor Idle")));
    rig.advance(millis(20) * 99);
    let expected: Vec<_> =
        (51..150).flat_map(|number| [2, 3].map(|leg| Sent::Media(leg, rtp(1, number)))).collect();
    let played: Vec<_> = rig.sent().into_iter().filter(|sent| matches!(sent, Sent::Media(..))).collect();
    assert_eq!(played, expected);
    let counters = rig.plane.counters();
    assert_eq!((counters.media_accepted, counters.early_media_given_up), (150, 0));
    // From the next talk spurt on nothing is held back.
    rig.grant(1);
    rig.media(1, &rtp(1, 200));
    assert_eq!(rig.sent(), [2, 3].map(|leg| Sent::Media(leg, rtp(1, 200))));
}

//= 24.380-6.3.2.2:conf test
#[test]
fn without_a_buffer_or_an_indication_the_grant_waits_for_the_first_listener() {
    let granted = [Sent::Floor(1, "Floor Granted"), Sent::Floor(2, "Floor Taken")];
    let mut rig = waiting(None);
    rig.signal(Signalling::UnconfirmedIndication { call: CALL });
    assert_eq!(rig.sent(), []);
    rig.connect(participant(2), 2);
    assert_eq!(rig.sent(), granted);

    let mut rig = waiting(Some(BufferLimits::default()));
    rig.connect(participant(2), 2);
    assert_eq!(rig.sent(), granted);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1))]);
}

//= 24.380-6.3.2.2:early test
#[test]
fn the_indication_may_come_before_the_inviting_client_is_answered() {
    let mut config = Config::default();
    config.floor.buffer = Some(BufferLimits::default());
    let mut rig = Rig::new(config);
    rig.initiate(CALL, settings());
    rig.signal(Signalling::UnconfirmedIndication { call: CALL });
    rig.connect(asking(), 1);
    assert_eq!(rig.sent(), [Sent::Floor(1, "Floor Granted")]);
}

#[test]
fn no_more_is_kept_than_the_limits_say() {
    let limits = BufferLimits { time: millis(1_000), packets: 20, octets: 10_000 };
    let mut rig = gone_ahead(limits);
    talk(&mut rig, 0..60);
    assert_eq!(rig.plane.counters().early_media_given_up, 40);
    rig.connect(participant(2), 2);
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Taken"), Sent::Media(2, rtp(1, 40))]);
    rig.advance(millis(400));
    assert_eq!(rig.sent().len(), 19);

    // A talker that has been silent for long is not played out any more.
    let mut rig = gone_ahead(limits);
    talk(&mut rig, 0..5);
    rig.advance(millis(1_000));
    rig.connect(participant(2), 2);
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Taken")]);
    assert_eq!(rig.plane.counters().early_media_given_up, 5);
}

#[test]
fn a_flood_while_it_is_played_out_goes_before_its_time_in_order() {
    let limits = BufferLimits { packets: 3, ..BufferLimits::default() };
    let mut rig = gone_ahead(limits);
    talk(&mut rig, 0..3);
    rig.connect(participant(2), 2);
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Taken"), Sent::Media(2, rtp(1, 0))]);
    for number in 3..6 {
        rig.media(1, &rtp(1, number));
    }
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1)), Sent::Media(2, rtp(1, 2))]);
    rig.advance(millis(1_000));
    assert_eq!(rig.sent(), [3, 4, 5].map(|number| Sent::Media(2, rtp(1, number))));
}

#[test]
fn what_is_left_goes_before_the_next_talker() {
    let mut rig = gone_ahead(BufferLimits::default());
    talk(&mut rig, 0..10);
    rig.connect(participant(2), 2);
    rig.floor(1, &release(1));
    rig.grant(2);
    rig.media(2, &rtp(2, 1));
    let rest: Vec<_> = (1..10).map(|number| Sent::Media(2, rtp(1, number))).collect();
    assert_eq!(rig.sent(), [rest, vec![Sent::Media(1, rtp(2, 1))]].concat());
    rig.media(2, &rtp(2, 2));
    assert_eq!(rig.sent(), [Sent::Media(1, rtp(2, 2))]);
}

#[test]
fn nothing_is_played_out_when_the_call_has_ended() {
    let mut rig = gone_ahead(BufferLimits::default());
    talk(&mut rig, 0..10);
    rig.connect(participant(2), 2);
    rig.drain();
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.advance(millis(1_000));
    assert_eq!(rig.sent(), []);
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!((rig.plane.poll_timeout(), rig.plane.calls()), (None, 0));
}
