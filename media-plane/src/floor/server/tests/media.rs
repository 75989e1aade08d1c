//! RTP of the talker (6.3.4.4.3, 6.3.4.4.5) and of those that may not send (6.3.5.3.8, 6.3.5.4.6, 6.3.5.7).

use mcptt_codec::floor::RevokeCause;
use mcptt_codec::id::LegRef;

use super::rig::{Setup, millis, release_ack, secs, unresponsive};
use crate::floor::event::Event;
use crate::floor::server::{Counter, MediaVerdict, general, towards};

const NO_PERMISSION: RevokeCause = RevokeCause::NO_PERMISSION;

//= 24.380-6.3.4.4.5:2 test
//= 24.380-6.3.4.4.5:4 test
//= 24.380-6.3.5.5.6 test
#[test]
fn media_of_the_talker_is_forwarded_and_keeps_the_talk_alive() {
    let mut rig = Setup::with_participants(2).taken();
    for _ in 0..7 {
        rig.advance(millis(3_900));
        assert_eq!(rig.media(1), MediaVerdict::Forward);
    }
    assert_eq!(rig.drain(), []);
    rig.advance(millis(2_699));
    assert_eq!(rig.general(), general::State::FloorTaken);
}

//= 24.380-6.3.4.4.3 test
//= 24.380-11.1.3:t1 test
#[test]
fn a_silent_talker_loses_the_floor_without_being_revoked() {
    let mut rig = Setup::with_participants(2).taken();
    rig.media(1);
    rig.advance(millis(3_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
}

//= 24.380-6.3.5.3.8 test
//= 24.380-6.3.5.7.2 test
#[test]
fn media_while_idle_is_discarded_and_revoked_once() {
    let mut rig = Setup::with_participants(3).idle();
    assert_eq!(rig.media(2), MediaVerdict::Discard);
    let misbehaved = Event::PeerMisbehaved {
        participant: LegRef(2),
        what: "RTP media without permission",
        requirement: "24.380-6.3.5.3.8",
    };
    let mut outputs = rig.outputs();
    assert!(outputs.contains(&crate::floor::FloorOutput::Event(misbehaved)));
    outputs.retain(|output| !matches!(output, crate::floor::FloorOutput::Event(_)));
    assert_eq!(outputs, [rig.revoke(2, NO_PERMISSION)]);
    assert_eq!(rig.media(2), MediaVerdict::Discard);
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.state(2), towards::State::NotPermittedButSendsMedia);
}

//= 24.380-6.3.5.4.6 test
#[test]
fn media_of_a_listener_does_not_disturb_the_talker() {
    let mut rig = Setup::with_participants(3).taken();
    assert_eq!(rig.media(1), MediaVerdict::Forward);
    assert_eq!(rig.media(2), MediaVerdict::Discard);
    assert_eq!(rig.drain(), [rig.revoke(2, NO_PERMISSION)]);
    assert_eq!(rig.media(1), MediaVerdict::Forward);
    assert_eq!(rig.general(), general::State::FloorTaken);
}

//= 24.380-6.3.5.7.3 test
//= 24.380-6.3.5.6.3:giveup test
#[test]
fn the_revoke_is_repeated_and_in_the_end_the_participant_is_reported_once() {
    let mut rig = Setup::with_participants(2).counter(Counter::XRevoke, 3).taken();
    rig.media(2);
    assert_eq!(rig.drain(), [rig.revoke(2, NO_PERMISSION)]);
    for expected in [
        vec![rig.revoke(2, NO_PERMISSION)],
        vec![rig.revoke(2, NO_PERMISSION)],
        vec![unresponsive(2)],
        vec![],
        vec![],
    ] {
        rig.media(1);
        rig.advance_with_media(secs(1), 2);
        assert_eq!(rig.drain(), expected);
    }
    assert!(rig.verdicts.iter().all(|verdict| *verdict == MediaVerdict::Discard));
}

//= 24.380-6.3.5.7.3 test
#[test]
fn a_straggling_packet_does_not_lock_a_client_out() {
    let mut rig = Setup::with_participants(2).taken();
    rig.release(1);
    rig.forget();
    assert_eq!(rig.media(1), MediaVerdict::Discard);
    rig.request(1);
    assert_eq!(rig.drain(), [rig.revoke(1, NO_PERMISSION)]);
    rig.advance(millis(999));
    rig.forget();
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [rig.idle(&[2], 1), rig.revoke(1, NO_PERMISSION)]);
    rig.forget();
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.idle(&[2], 1), rig.idle_to(1, 2)]);
    rig.request(1);
    assert_eq!(rig.drain(), [rig.granted(1, 30), rig.taken(&[2], 1, 3)]);
}

//= 24.380-6.3.5.7.4 test
#[test]
fn one_that_gives_in_learns_the_state_of_the_floor() {
    let mut rig = Setup::with_participants(2).taken();
    rig.media(2);
    rig.forget();
    rig.release_with(2, true);
    assert_eq!(rig.drain(), [release_ack(2), rig.taken_to(2, 1, 1)]);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorTaken);
    rig.media(2);
    rig.release(1);
    rig.forget();
    rig.release(2);
    assert_eq!(rig.drain(), [rig.idle_to(2, 1)]);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorIdle);
    rig.forget();
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
}

//= 24.380-6.3.5.7.2 test
#[test]
fn announcements_wait_until_it_has_stopped() {
    let mut rig = Setup::with_participants(3).taken();
    rig.media(2);
    rig.forget();
    rig.release(1);
    assert_eq!(rig.drain(), [rig.idle(&[1, 3], 1)]);
    rig.request(3);
    assert_eq!(rig.drain(), [rig.granted(3, 30), rig.taken(&[1], 3, 2)]);
    rig.release(2);
    assert_eq!(rig.drain(), [rig.taken_to(2, 3, 3)]);
}

#[test]
fn media_of_strangers_and_of_those_that_left_is_discarded() {
    let mut rig = Setup::with_participants(2).taken();
    assert_eq!(rig.media(9), MediaVerdict::Discard);
    rig.leave(1);
    rig.forget();
    assert_eq!(rig.media(1), MediaVerdict::Discard);
    assert_eq!(rig.outputs(), []);
}

#[test]
fn the_queue_does_not_forget_one_that_sends_too_early() {
    let mut rig = Setup::with_participants(3).queueing(&[2]).taken();
    rig.request(2);
    rig.media(2);
    rig.forget();
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3], 2, 1)]);
    assert_eq!(rig.media(2), MediaVerdict::Forward);
    rig.advance_with_media(secs(3), 2);
    assert_eq!(rig.drain(), []);
}
