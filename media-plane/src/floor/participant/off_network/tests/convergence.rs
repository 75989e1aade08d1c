//! Scenes over the radio, without loss: contention, hand-over, pre-emption, late entry.

use super::radio::{Conditions, Radio};
use super::rig::{millis, secs};
use crate::floor::participant::off_network::{Input, State};

fn radio(size: usize) -> Radio {
    Radio::new(size, 7, Conditions::GOOD, |_| {})
}

//= 24.380-7.1 test
#[test]
fn everybody_hears_the_one_that_takes_the_floor() {
    let mut radio = radio(4);
    radio.press(2);
    radio.run(millis(200));
    let talker = radio.members[2].ssrc;
    assert_eq!(radio.talkers(), [talker]);
    assert_eq!(radio.beliefs(), [Some(talker), Some(talker), None, Some(talker)]);
    radio.release(2);
    radio.run(millis(50));
    assert!(radio.is_silent());
}

//= 24.380-7.2.3.6:tie test
#[test]
fn of_all_that_ask_at_once_the_greatest_ssrc_talks_first() {
    let mut radio = radio(5);
    for user in 0..5 {
        radio.press(user);
    }
    radio.run(millis(400));
    assert_eq!(radio.talkers(), [radio.members[4].ssrc]);
    assert_eq!(radio.states()[..4], [State::Queued; 4]);
    assert_eq!(radio.most_talkers, 1);
}

//= 24.380-7.2.3.5:rel test
#[test]
fn the_floor_goes_round_the_queue() {
    let mut radio = radio(4);
    for user in [3, 0, 2, 1] {
        radio.press(user);
        radio.run(millis(200));
    }
    let mut order = Vec::new();
    for _ in 0..4 {
        let talkers = radio.talkers();
        let [talker] = talkers[..] else { panic!("{talkers:?}") };
        order.push(talker);
        let index = radio.members.iter().position(|member| member.ssrc == talker).unwrap();
        radio.release(index);
        radio.run(millis(200));
    }
    assert_eq!(order, [3, 0, 2, 1].map(|index: usize| radio.members[index].ssrc));
    assert!(radio.is_silent());
    assert_eq!(radio.most_talkers, 1);
}

//= 24.380-7.2.3.5:pre test
#[test]
fn an_emergency_interrupts_and_the_queue_survives_it() {
    let mut radio = radio(4);
    radio.press(0);
    radio.run(millis(200));
    radio.press(1);
    radio.run(millis(100));
    radio.press_with(2, 0, true);
    radio.run(millis(100));
    assert_eq!(radio.talkers(), [radio.members[2].ssrc]);
    radio.release(2);
    radio.run(millis(100));
    assert_eq!(radio.talkers(), [radio.members[1].ssrc]);
    assert_eq!(radio.most_talkers, 1);
}

#[test]
fn the_talk_limit_hands_the_floor_to_the_next() {
    let mut radio = radio(3);
    radio.press(0);
    radio.run(millis(200));
    radio.press(1);
    radio.run(secs(2));
    assert_eq!(radio.talkers(), [radio.members[1].ssrc]);
}

//= 24.380-7.2.3.7:wait test
#[test]
fn who_waits_without_holding_the_button_is_passed_over() {
    let mut radio = radio(3);
    radio.press(0);
    radio.run(millis(200));
    for user in [1, 2] {
        radio.press(user);
        radio.run(millis(100));
    }
    radio.release(1);
    radio.release(0);
    radio.run(millis(500));
    assert_eq!(radio.talkers(), []);
    radio.run(secs(1));
    assert_eq!(radio.talkers(), [radio.members[2].ssrc]);
    assert_eq!(radio.most_talkers, 1);
}

#[test]
fn an_offer_is_void_when_somebody_has_taken_the_floor_meanwhile() {
    let mut radio = radio(3);
    radio.press(0);
    radio.run(millis(200));
    radio.press(1);
    radio.run(millis(100));
    radio.release(1);
    radio.release(0);
    // The granter has given up; the offer still stands when the third one asks in vain.
    radio.run(millis(340));
    assert_eq!(radio.members[1].participant.state(), State::Queued);
    radio.press(2);
    radio.run(millis(150));
    assert_eq!(radio.talkers(), [radio.members[2].ssrc]);
    radio.input(1, Input::AcceptGrant);
    radio.run(millis(100));
    assert_eq!(radio.most_talkers, 1);
}
