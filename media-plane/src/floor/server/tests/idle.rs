//! 'G: Floor Idle' (6.3.4.3) and 'U: not permitted and Floor Idle' (6.3.5.3).

use super::rig::{Rig, Setup, release_ack, secs};
use crate::floor::server::{Counter, FloorIndication, FloorOutput, Timer, general, towards};

/// Participant 1 has just given up the floor.
fn just_idle(setup: Setup) -> Rig {
    let mut rig = setup.taken();
    rig.release(1);
    rig
}

//= 24.380-6.3.4.3.2:2 test
//= 24.380-6.3.4.4.6 test
//= 24.380-6.3.5.4.3 test
//= 24.380-6.3.5.5.4 test
#[test]
fn idle_is_announced_to_all_including_the_former_talker() {
    let mut rig = just_idle(Setup::with_participants(3));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2, 3], 1)]);
    assert_eq!(rig.general(), general::State::FloorIdle);
    assert_eq!(rig.state(1), towards::State::NotPermittedFloorIdle);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorIdle);
    assert_eq!(rig.server.talker(), None);
}

//= 24.380-6.3.5.5.3 test
#[test]
fn the_release_of_the_talker_is_acknowledged_before_it_acts() {
    let mut rig = Setup::with_participants(2).taken();
    rig.release_with(1, true);
    assert_eq!(rig.drain(), [release_ack(1), rig.idle(&[1, 2], 1)]);
}

//= 24.380-6.3.4.3.4:below test
//= 24.380-6.3.4.3.4:limit test
#[test]
fn idle_is_repeated_on_t7_until_c7() {
    let mut rig = just_idle(Setup::with_participants(3).counter(Counter::C7, 2));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2, 3], 1)]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2, 3], 2)]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.general(), general::State::FloorIdle);
}

//= 24.380-11.2.3:c7 test
#[test]
fn ten_copies_are_sent_by_default() {
    let mut rig = just_idle(Setup::with_participants(2));
    rig.advance(secs(25));
    let expected: Vec<FloorOutput> = (1..=10).map(|sequence| rig.idle(&[1, 2], sequence)).collect();
    assert_eq!(rig.drain(), expected);
}

//= 24.380-6.3.4.3.5 test
#[test]
fn inactivity_is_reported_until_somebody_asks() {
    let mut rig = just_idle(Setup::with_participants(2).counter(Counter::C7, 1).timer(Timer::T4, secs(20)));
    rig.forget();
    for _ in 0..2 {
        rig.advance(secs(20));
        assert_eq!(rig.drain(), [FloorOutput::Indication(FloorIndication::Inactive)]);
    }
    rig.advance(secs(19));
    rig.request(2);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1], 2, 1)]);
    rig.advance_with_media(secs(2), 2);
    assert_eq!(rig.drain(), []);
}

//= 24.380-11.1.3:t4 test
#[test]
fn the_hang_timer_of_the_group_replaces_t4() {
    let mut rig = Setup::with_participants(2).call(|call| call.hang_timer = Some(secs(5))).idle();
    rig.advance(secs(4));
    assert_eq!(rig.drain(), []);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [FloorOutput::Indication(FloorIndication::Inactive)]);
}

//= 24.380-6.3.5.3.7:1 test
//= 24.380-6.3.5.3.7:2 test
#[test]
fn a_stray_release_is_acknowledged_on_request_and_answered_with_idle() {
    let mut rig = Setup::with_participants(3).idle();
    rig.release_with(2, true);
    assert_eq!(rig.drain(), [release_ack(2), rig.idle_to(2, 1)]);
    rig.release(3);
    assert_eq!(rig.drain(), [rig.idle_to(3, 2)]);
    assert_eq!(rig.general(), general::State::FloorIdle);
}
