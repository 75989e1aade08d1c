//! Dual floor control (6.3.6): a pre-emptive request is granted beside the talker.

use mcptt_codec::floor::{RejectCause, RevokeCause};
use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup, millis, of_dual_floor, release_ack, secs};
use crate::floor::event::{Event, Machine};
use crate::floor::server::{FloorSignalling, MediaVerdict, Timer, dual, general, towards};
use crate::floor::settings::{Entry, Hearing};

/// Participants 2 and 3 may ask in an emergency, 3 and 4 may wait.
fn setup(hearing: Hearing) -> Setup {
    Setup::with_participants(4).dual(hearing).queueing(&[3, 4]).emergency(2).emergency(3)
}

/// Participant 1 talks and 2 has just overridden it.
fn overridden_with(setup: Setup) -> Rig {
    let mut rig = setup.taken();
    rig.media(1);
    rig.request_emergency(2);
    rig.forget();
    rig
}

fn overridden() -> Rig {
    overridden_with(setup(Hearing::Both))
}

/// What everybody but the overriding participant 2 is told when it stops, and all but participant 1 after that.
fn override_over(rig: &Rig) -> Vec<crate::floor::FloorOutput> {
    vec![of_dual_floor(rig.idle(&[1, 3, 4], 1)), rig.taken(&[2, 3, 4], 1, 2)]
}

//= 24.380-6.3.4.4.7:1 test
//= 24.380-6.3.6.3.2 test
//= 24.380-6.3.5.4.10 test
#[test]
fn a_pre_emptive_request_overrides_the_talker_without_revoking_it() {
    let mut rig = setup(Hearing::Both).taken();
    rig.media(1);
    rig.request_emergency(2);
    let expected = [of_dual_floor(rig.granted(2, 30)), of_dual_floor(rig.taken(&[1, 3, 4], 2, 1))];
    assert_eq!(rig.drain(), expected);
    assert_eq!((rig.general(), rig.server.dual_state()), {
        (general::State::FloorTaken, dual::State::FloorTaken)
    });
    assert_eq!((rig.talkers(), rig.server.overriding()), (vec![1], Some(LegRef(2))));
    assert_eq!([1, 2, 3].map(|leg| rig.state(leg)), {
        use towards::State::{NotPermittedFloorTaken, Permitted};
        [Permitted, Permitted, NotPermittedFloorTaken]
    });
}

//= 24.380-6.3.6.3.5 test
#[test]
fn the_two_talkers_hear_each_other_whatever_the_listeners_hear() {
    let cases = [
        (Hearing::Both, MediaVerdict::Forward, MediaVerdict::Forward),
        (Hearing::Overriding, MediaVerdict::ForwardTo(LegRef(2)), MediaVerdict::Forward),
        (Hearing::Overridden, MediaVerdict::Forward, MediaVerdict::ForwardTo(LegRef(1))),
    ];
    for (hearing, overridden, overriding) in cases {
        let mut rig = overridden_with(setup(hearing));
        assert_eq!([rig.media(1), rig.media(2)], [overridden, overriding], "{hearing:?}");
        assert_eq!(rig.media(3), MediaVerdict::Discard);
        rig.release(2);
        assert_eq!(rig.media(1), MediaVerdict::Forward);
    }
}

//= 24.380-6.3.6.1 test
#[test]
fn nobody_overrides_while_somebody_does() {
    let mut rig = overridden();
    rig.request_emergency(3);
    assert_eq!(rig.drain(), [rig.position(3, 1, 0)]);
    rig.request_emergency(4);
    assert_eq!(rig.drain(), [rig.position(4, 2, 0)]);
    assert_eq!(rig.server.overriding(), Some(LegRef(2)));

    let mut rig = overridden_with(setup(Hearing::Both).parameters(3, |member| member.queueing = false));
    rig.request_emergency(3);
    assert_eq!(rig.drain(), [rig.deny(3, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)]);
}

//= 24.380-6.3.6.3.3 test
#[test]
fn silence_ends_the_override() {
    let mut rig = overridden();
    rig.media(2);
    rig.advance_with_media(millis(3_900), 1);
    assert_eq!(rig.drain(), []);
    rig.advance(millis(100));
    assert_eq!(rig.drain(), override_over(&rig));
    assert_eq!((rig.talkers(), rig.server.dual_state()), (vec![1], dual::State::StartStop));
    assert_eq!([rig.state(1), rig.state(2)], {
        [towards::State::Permitted, towards::State::NotPermittedFloorTaken]
    });
    assert_eq!([rig.media(1), rig.media(2)], [MediaVerdict::Forward, MediaVerdict::Discard]);
}

//= 24.380-6.3.6.3.4 test
#[test]
fn an_override_that_lasts_too_long_is_revoked() {
    let mut rig = overridden_with(setup(Hearing::Both).timer(Timer::T12, secs(5)));
    rig.advance_with_media(secs(2), 1);
    rig.media(2);
    for _ in 0..49 {
        rig.advance(millis(100));
        assert_eq!([rig.media(1), rig.media(2)], [MediaVerdict::Forward; 2]);
    }
    assert_eq!(rig.drain(), []);
    rig.advance(millis(100));
    let mut expected = vec![of_dual_floor(rig.revoke(2, RevokeCause::MEDIA_BURST_TOO_LONG))];
    expected.extend(override_over(&rig));
    assert_eq!(rig.drain(), expected);
    rig.release(2);
    assert_eq!(rig.drain(), [rig.taken_to(2, 1, 3)]);
}

//= 24.380-6.3.6.3.6 test
#[test]
fn the_overriding_talker_releases() {
    let mut rig = overridden();
    rig.release_with(2, true);
    let mut expected = vec![release_ack(2)];
    expected.extend(override_over(&rig));
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.server.dual_state(), dual::State::StartStop);
    rig.forget();
    rig.request_emergency(3);
    let again = [of_dual_floor(rig.granted(3, 30)), of_dual_floor(rig.taken(&[1, 2, 4], 3, 1))];
    assert_eq!(rig.drain(), again);
}

//= 24.380-6.3.6.3.7 test
#[test]
fn the_overriding_talker_asks_again() {
    let mut rig = overridden();
    rig.request_emergency(2);
    assert_eq!(rig.drain(), [of_dual_floor(rig.granted(2, 30))]);
    rig.media(2);
    rig.advance_with_media(secs(3), 1);
    rig.request_emergency(2);
    rig.request(1);
    assert_eq!(rig.drain(), [of_dual_floor(rig.granted(2, 27)), rig.granted(1, 27)]);
}

//= 24.380-6.3.6.3.8 test
#[test]
fn the_overriding_talker_leaves() {
    let mut rig = overridden();
    rig.leave(2);
    assert_eq!(rig.drain(), [of_dual_floor(rig.idle(&[1, 3, 4], 1)), rig.taken(&[3, 4], 1, 2)]);
    assert_eq!(rig.talkers(), [1]);
    assert_eq!(rig.media(1), MediaVerdict::Forward);
}

//= 24.380-6.3.6.3.9 test
#[test]
fn when_the_overridden_talker_stops_first_the_overriding_one_becomes_the_talker() {
    let mut rig = overridden_with(setup(Hearing::Overriding).timer(Timer::T12, secs(8)));
    rig.media(2);
    rig.advance_with_media(secs(3), 1);
    rig.media(2);
    rig.request(4);
    rig.forget();
    rig.release(1);
    let expected = [of_dual_floor(rig.idle(&[2, 3, 4], 1)), rig.taken(&[1, 3, 4], 2, 2)];
    assert_eq!(rig.drain(), expected);
    assert_eq!((rig.talkers(), rig.server.overriding()), (vec![2], None));
    assert_eq!([rig.state(1), rig.state(2)], {
        [towards::State::NotPermittedFloorTaken, towards::State::Permitted]
    });
    assert_eq!(rig.media(2), MediaVerdict::Forward);
    // What is left of T12 is what is left of T2; the queue is served after that.
    rig.request(2);
    assert_eq!(rig.drain(), [rig.granted(2, 5)]);
    rig.advance_with_media(secs(5), 2);
    assert_eq!(rig.drain(), [rig.revoke(2, RevokeCause::MEDIA_BURST_TOO_LONG)]);
    rig.release(2);
    assert_eq!(rig.drain(), [rig.granted(4, 30), rig.taken(&[1, 2, 3], 4, 3)]);
}

//= 24.380-6.3.6.3.9 test
#[test]
fn what_is_left_of_t11_is_what_is_left_of_t1() {
    let mut rig = overridden();
    rig.media(2);
    rig.advance(millis(1_500));
    rig.leave(1);
    assert_eq!(rig.drain(), [of_dual_floor(rig.idle(&[2, 3, 4], 1)), rig.taken(&[3, 4], 2, 2)]);
    rig.advance(millis(2_499));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [rig.idle(&[2, 3, 4], 3)]);
}

//= 24.380-6.3.6.3.9 test
#[test]
fn a_revoked_talker_that_is_overridden_hands_over_as_well() {
    let mut rig = overridden_with(setup(Hearing::Both).timer(Timer::T2, secs(2)));
    rig.media(2);
    rig.advance(secs(2));
    assert_eq!(rig.drain(), [rig.revoke(1, RevokeCause::MEDIA_BURST_TOO_LONG)]);
    assert_eq!(rig.general(), general::State::PendingFloorRevoke);
    rig.release(1);
    assert_eq!(rig.drain(), [of_dual_floor(rig.idle(&[2, 3, 4], 1)), rig.taken(&[1, 3, 4], 2, 2)]);
    assert_eq!((rig.general(), rig.talkers()), (general::State::FloorTaken, vec![2]));
}

#[test]
fn one_who_joins_or_asks_during_an_override_hears_of_both_floors() {
    let mut rig = overridden();
    rig.leave(4);
    rig.join(4, Entry::Joining { implicit_request: false });
    let both = |rig: &Rig, leg, sequence| {
        [rig.taken_to(leg, 1, sequence), of_dual_floor(rig.taken_to(leg, 2, sequence + 1))]
    };
    assert_eq!(rig.drain(), both(&rig, 4, 1));
    rig.release(3);
    assert_eq!(rig.drain(), both(&rig, 3, 3));
}

//= 24.380-6.3.4.4.7:eq test
#[test]
fn a_request_that_does_not_pre_empt_does_not_override() {
    let mut rig = setup(Hearing::Both).taken();
    rig.request(2);
    rig.request(3);
    let denied = rig.deny(2, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [denied, rig.position(3, 1, 0)]);
    // One that waits and becomes urgent does not wait any longer.
    rig.request_emergency(3);
    rig.forget();
    assert_eq!((rig.server.overriding(), rig.queue()), (Some(LegRef(3)), vec![]));
}

#[test]
fn the_release_of_the_call_ends_both_floors() {
    let mut rig = overridden();
    rig.signal(FloorSignalling::ReleaseStarted);
    assert_eq!(rig.server.dual_state(), dual::State::Releasing);
    assert_eq!([rig.media(1), rig.media(2)], [MediaVerdict::Discard; 2]);
    rig.signal(FloorSignalling::ReleaseFinished);
    assert_eq!(rig.server.dual_state(), dual::State::StartStop);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.server.poll_timeout(), None);
}

#[test]
fn what_the_machine_does_is_told_under_its_name() {
    let mut rig = setup(Hearing::Both).taken();
    rig.request_emergency(2);
    let started = Event::StateChanged {
        machine: Machine::Dual,
        participant: Some(LegRef(2)),
        from: "Start-stop",
        to: "D: Floor Taken",
        cause: "pre-emptive Floor Request",
        clause: "6.3.6.2.2",
    };
    assert!(rig.events().contains(&started));
}

#[test]
fn contradictory_settings_mean_one_floor() {
    let cut_in = setup(Hearing::Both).call(|call| call.audio_cut_in = true).taken();
    let several = setup(Hearing::Both).several(2).taken();
    for mut rig in [cut_in, several] {
        rig.request_emergency(2);
        assert_eq!(rig.server.overriding(), None);
    }
}
