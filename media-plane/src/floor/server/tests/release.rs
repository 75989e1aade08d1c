//! Release of the call (6.3.3, 6.3.4.6, 6.3.4.7) and participants that leave (6.3.5.8, 6.3.5.9).

use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup, secs};
use crate::floor::server::{FloorSignalling, MediaVerdict, general, towards};
use crate::floor::settings::Entry;

fn releasing(setup: Setup) -> Rig {
    let mut rig = setup.taken();
    rig.media(1);
    rig.media(2);
    rig.request(3);
    rig.forget();
    rig.signal(FloorSignalling::ReleaseStarted);
    rig
}

//= 24.380-6.3.3 test
//= 24.380-6.3.4.6.2 test
//= 24.380-6.3.5.8.2 test
#[test]
fn after_step_1_there_is_silence() {
    let mut rig = releasing(Setup::with_participants(3).queueing(&[3]));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.general(), general::State::Releasing);
    assert_eq!(rig.state(1), towards::State::Releasing);
    assert_eq!(rig.server.poll_timeout(), None);
    assert!(rig.queue().is_empty());
    assert_eq!(rig.media(1), MediaVerdict::Discard);
    rig.release_with(1, true);
    rig.request(2);
    rig.join(4, Entry::Joining { implicit_request: false });
    rig.advance(secs(60));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.server.participant_state(LegRef(4)), None);
}

//= 24.380-6.3.3 test
//= 24.380-6.3.4.7.2 test
//= 24.380-6.3.5.9.2 test
#[test]
fn after_step_2_nothing_is_left() {
    let mut rig = releasing(Setup::with_participants(3));
    rig.signal(FloorSignalling::ReleaseFinished);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.general(), general::State::StartStop);
    assert_eq!(rig.server.participant_state(LegRef(1)), None);
    rig.request(1);
    rig.join(1, Entry::Joining { implicit_request: true });
    rig.advance(secs(60));
    assert_eq!(rig.drain(), []);
}

#[test]
fn release_indications_out_of_order_are_harmless() {
    let mut rig = Setup::with_participants(2).taken();
    rig.signal(FloorSignalling::ReleaseFinished);
    assert_eq!(rig.general(), general::State::FloorTaken);
    rig.signal(FloorSignalling::ReleaseStarted);
    rig.signal(FloorSignalling::ReleaseStarted);
    assert_eq!(rig.general(), general::State::Releasing);
    rig.leave(2);
    rig.leave(2);
    rig.signal(FloorSignalling::ReleaseFinished);
    rig.signal(FloorSignalling::ReleaseFinished);
    assert_eq!(rig.general(), general::State::StartStop);
    assert_eq!(rig.drain(), []);
}

#[test]
fn a_call_can_be_released_before_it_has_begun() {
    let mut rig = Setup::with_participants(2).start();
    rig.signal(FloorSignalling::Initiated);
    rig.join(1, Entry::Originator { implicit_request: true });
    rig.signal(FloorSignalling::ReleaseStarted);
    rig.join(2, Entry::Invited);
    rig.signal(FloorSignalling::ReleaseFinished);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.general(), general::State::StartStop);
}

//= 24.380-6.3.4.4.11 test
#[test]
fn when_the_talker_leaves_the_floor_is_free() {
    let mut rig = Setup::with_participants(3).taken();
    rig.leave(1);
    assert_eq!(rig.drain(), [rig.idle(&[2, 3], 1)]);
    let mut rig = Setup::with_participants(3).queueing(&[3]).taken();
    rig.request(3);
    rig.forget();
    rig.leave(1);
    assert_eq!(rig.drain(), [rig.granted(3, 30), rig.taken(&[2], 3, 1)]);
}

//= 24.380-6.3.5.8.2 test
//= 24.380-6.3.5.9.2 test
#[test]
fn one_that_leaves_hears_nothing_more_and_its_t8_stops() {
    let mut rig = Setup::with_participants(3).taken();
    rig.media(2);
    rig.forget();
    rig.leave(2);
    assert_eq!(rig.server.participant_state(LegRef(2)), None);
    rig.advance(secs(2));
    assert_eq!(rig.drain(), []);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.idle(&[1, 3], 1)]);
}

#[test]
fn when_the_last_participant_leaves_nobody_is_told() {
    let mut rig = Setup::with_participants(1).idle();
    rig.leave(1);
    rig.advance(secs(5));
    assert_eq!(rig.drain(), []);
}
