//! The queue (6.3.5.4.4, 6.3.5.4.5, 6.3.5.4.7, 6.3.4.3.2 item 3, T20).

use mcptt_codec::floor::{FloorAck, FloorMessage, FloorPriority, MessageType, RejectCause, Source, Subtype};

use super::rig::{Rig, Setup, audio, millis, release_ack, secs};
use crate::floor::server::{Counter, MediaVerdict, general, towards};

/// Participant 1 talks with priority 200; 2, 3 and 4 negotiated queueing and priorities up to 100.
fn setup() -> Setup {
    let mut setup = Setup::with_participants(5).queueing(&[2, 3, 4]).priority(1, 200);
    for leg in 2..=4 {
        setup = setup.priority(leg, 100);
    }
    setup
}

fn request_with_priority(rig: &mut Rig, from: u64, priority: u8) {
    rig.request_with(from, |request| request.priority = Some(FloorPriority(priority)));
}

//= 24.380-6.3.5.4.4:q test
//= 24.380-6.3.5.4.4:4 test
//= 24.380-4.1.1.4:fifo test
#[test]
fn requests_are_queued_and_keep_their_place() {
    let mut rig = setup().taken();
    rig.request(2);
    rig.request(3);
    rig.request(2);
    assert_eq!(rig.drain(), [rig.position(2, 1, 0), rig.position(3, 2, 0), rig.position(2, 1, 0)]);
    assert_eq!(rig.queue(), [2, 3]);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorTaken);
}

//= 24.380-6.3.5.4.4:prio test
//= 24.380-4.1.1.4:num test
#[test]
fn a_repeated_request_with_another_priority_changes_place() {
    let mut rig = setup().taken();
    request_with_priority(&mut rig, 2, 5);
    request_with_priority(&mut rig, 3, 5);
    request_with_priority(&mut rig, 4, 9);
    request_with_priority(&mut rig, 3, 7);
    request_with_priority(&mut rig, 4, 1);
    let expected = [
        rig.position(2, 1, 5),
        rig.position(3, 2, 5),
        rig.position(4, 1, 9),
        rig.position(3, 2, 7),
        rig.position(4, 3, 1),
    ];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.queue(), [3, 2, 4]);
}

//= 24.380-6.3.5.4.4:full test
#[test]
fn a_full_queue_denies() {
    let mut rig = setup().policy(|policy| policy.queue_limit = 2).taken();
    rig.request(2);
    rig.request(3);
    rig.forget();
    rig.request(4);
    rig.request(3);
    assert_eq!(rig.drain(), [rig.deny(4, RejectCause::QUEUE_FULL), rig.position(3, 2, 0)]);
}

//= 24.380-6.3.5.4.4:1 test
#[test]
fn one_that_did_not_negotiate_queueing_is_denied() {
    let mut rig = setup().taken();
    rig.request(5);
    assert_eq!(rig.drain(), [rig.deny(5, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)]);
    let mut rig = setup().call(|call| call.queueing = false).taken();
    rig.request(2);
    assert_eq!(rig.drain(), [rig.deny(2, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)]);
}

//= 24.380-6.3.5.4.4:ro test
#[test]
fn a_receive_only_participant_is_not_queued() {
    let mut rig = setup().parameters(2, |parameters| parameters.receive_only = true).emergency(2).taken();
    rig.request(2);
    rig.request_emergency(2);
    let deny = rig.deny(2, RejectCause::RECEIVE_ONLY);
    assert_eq!(rig.drain(), [deny.clone(), deny]);
}

//= 24.380-6.3.5.4.7 test
#[test]
fn the_position_is_told_on_request() {
    let mut rig = setup().taken();
    request_with_priority(&mut rig, 2, 8);
    request_with_priority(&mut rig, 3, 6);
    rig.forget();
    for leg in [2, 3, 4, 5] {
        rig.ask_position(leg);
    }
    let expected =
        [rig.position(2, 1, 8), rig.position(3, 2, 6), rig.position(4, 254, 0), rig.position(5, 254, 0)];
    assert_eq!(rig.drain(), expected);
}

//= 24.380-6.3.5.4.5:1 test
//= 24.380-6.3.5.4.5:3 test
//= 24.380-6.3.5.4.5:4 test
#[test]
fn a_release_withdraws_the_request_and_is_answered_with_the_talker() {
    let mut rig = setup().taken();
    rig.request(2);
    rig.forget();
    rig.release_with(2, true);
    assert_eq!(rig.drain(), [release_ack(2), rig.taken_to(2, 1, 1)]);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.idle(&[1, 2, 3, 4, 5], 2)]);
}

//= 24.380-6.3.5.3.7:5 test
#[test]
fn a_withdrawn_request_is_not_served_later() {
    let mut rig = setup().taken();
    rig.request(2);
    rig.release(2);
    rig.release(1);
    rig.release(2);
    rig.advance(secs(3));
    assert_eq!(rig.general(), general::State::FloorIdle);
    assert!(rig.queue().is_empty());
}

//= 24.380-6.3.4.3.2:3 test
//= 24.380-6.3.5.4.9 test
//= 24.380-6.3.5.5.9 test
#[test]
fn the_queue_is_served_without_an_idle_period() {
    let mut rig = setup().taken();
    request_with_priority(&mut rig, 3, 3);
    request_with_priority(&mut rig, 2, 7);
    rig.forget();
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted_with(2, 30, 7), rig.taken(&[1, 3, 4, 5], 2, 1)]);
    assert_eq!(rig.state(1), towards::State::NotPermittedFloorTaken);
    assert_eq!(rig.state(2), towards::State::Permitted);
    assert_eq!(rig.queue(), [3]);
}

//= 24.380-6.3.4.4.2:2 test
//= 24.380-6.3.4.4.9 test
//= 24.380-6.3.4.4.10 test
//= 24.380-11.1.3:t20 test
//= 24.380-11.2.3:c20 test
#[test]
fn a_queued_grant_is_repeated_until_c20_and_then_left_to_t1() {
    let mut rig = setup().taken();
    rig.request(2);
    rig.request(3);
    rig.forget();
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3, 4, 5], 2, 1)]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.granted(2, 30)]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.granted(2, 30)]);
    rig.advance(millis(1_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [rig.granted(3, 30), rig.taken(&[1, 2, 4, 5], 3, 2)]);
}

//= 24.380-6.3.4.4.9 test
#[test]
fn the_limit_of_c20_can_be_one() {
    let mut rig = setup().counter(Counter::C20, 1).taken();
    rig.request(2);
    rig.release(1);
    rig.forget();
    rig.advance(secs(3));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.4.4.5:3 test
#[test]
fn media_ends_the_repetition_of_the_grant() {
    let mut rig = setup().taken();
    rig.request(2);
    rig.release(1);
    rig.forget();
    rig.advance(millis(900));
    assert_eq!(rig.media(2), MediaVerdict::Forward);
    rig.advance(secs(3));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.5.3.5 test
#[test]
fn an_ack_ends_the_repetition_of_the_grant() {
    let subtypes =
        [(Subtype::FLOOR_TAKEN, 3), (Subtype::FLOOR_GRANTED, 1), (Subtype::FLOOR_GRANTED.with_ack(true), 1)];
    for (subtype, copies) in subtypes {
        let mut rig = setup().taken();
        rig.request(2);
        rig.forget();
        rig.release(1);
        let ack = FloorAck {
            ssrc: audio(2),
            source: Some(Source::FLOOR_PARTICIPANT),
            message_type: Some(MessageType(subtype.0)),
            ..FloorAck::default()
        };
        rig.receive(2, FloorMessage::Ack(ack));
        rig.advance(secs(3));
        let granted = rig.granted(2, 30);
        assert_eq!(
            rig.drain().into_iter().filter(|output| *output == granted).count(),
            copies,
            "{subtype:?}"
        );
    }
}

#[test]
fn one_that_leaves_is_no_longer_queued() {
    let mut rig = setup().taken();
    rig.request(2);
    rig.request(3);
    rig.forget();
    rig.leave(2);
    assert_eq!(rig.drain(), []);
    rig.ask_position(3);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.position(3, 1, 0), rig.granted(3, 30), rig.taken(&[1, 4, 5], 3, 1)]);
}

#[test]
fn positions_beyond_the_field_are_not_stated() {
    let members = 300;
    let everybody: Vec<u64> = (1..=members).collect();
    let count = usize::try_from(members).unwrap();
    let setup =
        Setup::with_participants(count).queueing(&everybody).policy(|policy| policy.queue_limit = count);
    let mut rig = setup.taken();
    for leg in 2..=members {
        rig.request(leg);
    }
    let outputs = rig.drain();
    assert_eq!(outputs[252], rig.position(254, 253, 0));
    assert_eq!(outputs[253], rig.position(255, 255, 0));
    assert_eq!(outputs[298], rig.position(300, 255, 0));
}
