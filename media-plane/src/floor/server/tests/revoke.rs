//! Talking too long and the grace period (6.3.4.4.4, 6.3.4.5, 6.3.5.6).

use mcptt_codec::floor::RevokeCause;
use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup, millis, release_ack, secs, unresponsive};
use crate::floor::server::{Counter, MediaVerdict, Timer, general, towards};

const TOO_LONG: RevokeCause = RevokeCause::MEDIA_BURST_TOO_LONG;

/// Participant 1 has talked for the two seconds it is allowed and has just been told to stop.
fn revoked(setup: Setup) -> Rig {
    let mut rig = setup.timer(Timer::T2, secs(2)).taken();
    rig.media(1);
    rig.advance(secs(2));
    rig
}

//= 24.380-6.3.4.4.4 test
//= 24.380-6.3.4.5.2 test
//= 24.380-6.3.5.5.5 test
#[test]
fn a_talk_that_lasts_too_long_is_revoked() {
    let mut rig = revoked(Setup::with_participants(3));
    assert_eq!(rig.drain(), [rig.revoke(1, TOO_LONG)]);
    assert_eq!(rig.general(), general::State::PendingFloorRevoke);
    assert_eq!(rig.state(1), towards::State::PendingFloorRevoke);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorTaken);
    assert_eq!(rig.server.talker(), Some(LegRef(1)));
}

//= 24.380-6.3.4.4.5:1 test
//= 24.380-11.1.3:t2 test
#[test]
fn t2_runs_from_the_first_packet() {
    let mut rig = Setup::with_participants(2).taken();
    rig.advance(secs(2));
    rig.media(1);
    rig.advance_with_media(millis(29_900), 1);
    assert_eq!(rig.drain(), []);
    rig.advance(millis(100));
    assert_eq!(rig.drain(), [rig.revoke(1, TOO_LONG)]);
}

//= 24.380-6.3.4.5.3 test
//= 24.380-6.3.4.5.5 test
//= 24.380-6.3.5.6.2 test
//= 24.380-6.3.5.6.3 test
//= 24.380-6.3.5.6.6 test
//= 24.380-11.1.3:t3 test
//= 24.380-11.1.3:t8 test
#[test]
fn a_talker_that_ignores_the_revoke_is_heard_until_the_grace_period_ends() {
    let mut rig = revoked(Setup::with_participants(2));
    rig.advance_with_media(millis(2_900), 1);
    assert_eq!(rig.drain(), vec![rig.revoke(1, TOO_LONG); 3]);
    assert!(rig.verdicts.iter().all(|verdict| *verdict == MediaVerdict::Forward));
    rig.advance(millis(100));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
    assert_eq!(rig.media(1), MediaVerdict::Discard);
    assert_eq!(rig.drain(), [rig.revoke(1, RevokeCause::NO_PERMISSION)]);
}

//= 24.380-6.3.4.5.4 test
//= 24.380-6.3.5.6.5 test
#[test]
fn a_release_ends_the_grace_period() {
    let mut rig = revoked(Setup::with_participants(2));
    rig.forget();
    rig.advance(millis(200));
    rig.release_with(1, true);
    assert_eq!(rig.drain(), [release_ack(1), rig.idle(&[1, 2], 1)]);
    rig.forget();
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
}

//= 24.380-6.3.5.6.7 test
#[test]
fn the_next_in_the_queue_follows_at_the_end_of_the_grace_period() {
    let mut rig = revoked(Setup::with_participants(3).queueing(&[2]));
    rig.request(2);
    rig.forget();
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted_with(2, 2, 0), rig.taken(&[1, 3], 2, 1)]);
    assert_eq!(rig.state(1), towards::State::NotPermittedFloorTaken);
    rig.media(2);
    rig.advance(millis(1_500));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.4.5.6 test
#[test]
fn silence_ends_the_grace_period() {
    let mut rig = Setup::with_participants(2)
        .timer(Timer::T1, secs(1))
        .timer(Timer::T2, secs(2))
        .timer(Timer::T3, secs(10))
        .taken();
    rig.media(1);
    rig.advance_with_media(millis(2_300), 1);
    rig.forget();
    rig.advance(millis(900));
    rig.forget();
    rig.advance(millis(100));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
}

//= 24.380-6.3.5.6:freq test
#[test]
fn a_revoked_talker_cannot_ask() {
    let mut rig = revoked(Setup::with_participants(2).queueing(&[1]));
    rig.forget();
    rig.request(1);
    rig.ask_position(1);
    assert_eq!(rig.drain(), []);
    assert!(rig.queue().is_empty());
}

//= 24.380-6.3.5.6.3:giveup test
#[test]
fn after_the_last_copy_the_participant_is_reported() {
    let setup = Setup::with_participants(2).counter(Counter::XRevoke, 2).timer(Timer::T3, secs(9));
    let mut rig = revoked(setup);
    rig.advance_with_media(secs(8), 1);
    assert_eq!(rig.drain(), [rig.revoke(1, TOO_LONG), rig.revoke(1, TOO_LONG), unresponsive(1)]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
}

#[test]
fn without_a_grace_period_the_floor_is_idle_at_once() {
    let mut rig = revoked(Setup::with_participants(2).timer(Timer::T3, secs(0)));
    assert_eq!(rig.drain(), [rig.revoke(1, TOO_LONG), rig.idle(&[1, 2], 1)]);
    assert_eq!(rig.state(1), towards::State::NotPermittedFloorIdle);
}

#[test]
fn a_revoked_talker_that_leaves_ends_the_grace_period() {
    let mut rig = revoked(Setup::with_participants(3));
    rig.forget();
    rig.leave(1);
    assert_eq!(rig.drain(), [rig.idle(&[2, 3], 1)]);
}
