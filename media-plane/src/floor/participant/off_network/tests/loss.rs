//! Scenes over a radio that is cut off at the worst moment: what each loss costs, and what ends it.

use std::time::Duration;

use super::radio::{Conditions, Radio};
use super::rig::millis;
use crate::floor::participant::off_network::State;

const CUT: Conditions = Conditions { loss: 100, duplicates: 0, delay: Duration::from_millis(1) };

fn talking(size: usize) -> Radio {
    let mut radio = Radio::new(size, 3, Conditions::GOOD, |_| {});
    radio.press(0);
    radio.run(millis(200));
    assert_eq!(radio.talkers().len(), 1);
    radio
}

/// Lets `action` happen with nothing getting through.
fn unheard(radio: &mut Radio, action: impl FnOnce(&mut Radio)) {
    radio.conditions = CUT;
    action(radio);
    radio.conditions = Conditions::GOOD;
}

//= 24.380-7.2.3.4:t203 test
#[test]
fn a_lost_release_costs_t203() {
    let mut radio = talking(3);
    unheard(&mut radio, |radio| radio.release(0));
    radio.run(millis(900));
    assert_eq!(radio.states()[1..], [State::HasNoPermission; 2]);
    radio.run(millis(150));
    assert!(radio.is_silent());
}

//= 24.380-7.2.3.7:t205 test
#[test]
fn a_lost_grant_costs_t205() {
    let mut radio = talking(3);
    radio.press(1);
    radio.run(millis(100));
    unheard(&mut radio, |radio| radio.release(0));
    radio.run(millis(79));
    assert_eq!(radio.talkers(), []);
    radio.run(millis(40));
    assert_eq!(radio.talkers(), [radio.members[1].ssrc]);
}

//= 24.380-7.2.3.6:rep test
#[test]
fn a_lost_request_costs_t201() {
    let mut radio = talking(2);
    unheard(&mut radio, |radio| radio.press(1));
    radio.run(millis(39));
    assert_eq!(radio.members[1].participant.state(), State::PendingRequest);
    radio.run(millis(50));
    assert_eq!(radio.members[1].participant.state(), State::Queued);
}

//= 24.380-7.2.3.6:self test
#[test]
fn a_lost_floor_taken_costs_a_packet() {
    let mut radio = Radio::new(3, 3, Conditions::GOOD, |_| {});
    radio.press(0);
    radio.run(millis(119));
    unheard(&mut radio, |radio| radio.run(millis(2)));
    assert_eq!(radio.talkers(), [radio.members[0].ssrc]);
    assert_eq!(radio.beliefs(), [None; 3]);
    radio.run(millis(80));
    let talker = radio.members[0].ssrc;
    assert_eq!(radio.beliefs(), [None, Some(talker), Some(talker)]);
}

//= 24.380-7.2.3.8:t203 test
#[test]
fn the_queue_of_a_vanished_arbitrator_forms_anew() {
    let mut radio = talking(3);
    for user in [1, 2] {
        radio.press(user);
        radio.run(millis(100));
    }
    // The arbitrator is out of reach for good.
    radio.members.remove(0);
    radio.run(millis(1_300));
    assert_eq!(radio.talkers().len(), 1);
    radio.run(millis(200));
    assert!(radio.states().contains(&State::Queued), "{:?}", radio.states());
}

/// The one thing that the procedures cannot prevent: whoever hears no answer takes the floor. Everybody else stays with
/// the talker heard first, and the talk limit ends the conflict.
#[test]
fn two_that_cannot_hear_each_other_talk_until_one_has_finished() {
    let mut radio = talking(3);
    // The third one is out of reach of the talker, not of the second.
    unheard(&mut radio, |radio| {
        radio.press(2);
        radio.run(millis(200));
    });
    assert_eq!(radio.talkers().len(), 2);
    radio.run(millis(500));
    let (first, second) = (radio.members[0].ssrc, radio.members[2].ssrc);
    assert_eq!(radio.talkers(), [first, second]);
    assert_eq!(radio.beliefs(), [None, Some(first), None]);
    radio.release(0);
    radio.run(millis(200));
    assert_eq!(radio.talkers(), [second]);
    assert_eq!(radio.beliefs(), [Some(second), Some(second), None]);
}
