//! Requests of others taken out of the queue (6.3.5.4.12, 6.3.4.4.13; Release 17).

use mcptt_codec::Release;
use mcptt_codec::floor::{
    FloorMessage, QueuedFloorRequests, QueuedFloorRequestsPurpose, ResponseState, Subtype,
};

use super::rig::{Rig, Setup, ack, audio, cancel_result, cancelled, send, user};
use crate::floor::event::Event;

/// Participant 1 talks, 2, 3 and 4 wait in this order, 5 may cancel.
fn waiting() -> Rig {
    waiting_with(|setup| setup)
}

fn waiting_with(change: impl FnOnce(Setup) -> Setup) -> Rig {
    let setup = Setup::with_participants(5).queueing(&[2, 3, 4]);
    let setup = setup.parameters(5, |parameters| parameters.cancels_queued = true);
    let mut rig = change(setup).taken();
    (2..=4).for_each(|leg| rig.request(leg));
    rig.forget();
    rig
}

//= 24.380-6.3.4.4.13 test
#[test]
fn without_a_list_the_whole_queue_is_cancelled() {
    let mut rig = waiting();
    rig.cancel(5, &[]);
    let expected =
        [cancelled(2), cancelled(3), cancelled(4), cancel_result(5, ResponseState::ALL_REMOVED, &[])];
    assert_eq!(rig.drain(), expected);
    assert_eq!((rig.queue(), rig.talkers()), (vec![], vec![1]));
    // There is nothing left to cancel.
    rig.cancel(5, &[]);
    assert_eq!(rig.drain(), [cancel_result(5, ResponseState::QUEUE_EMPTY, &[])]);
}

//= 24.380-6.3.4.4.13 test
//= 24.380-6.3.4.4.13:2d test
#[test]
fn the_others_hear_their_new_positions() {
    let mut rig = waiting();
    rig.cancel(5, &[3]);
    let expected = [
        cancelled(3),
        cancel_result(5, ResponseState::ALL_REMOVED, &[2, 4]),
        rig.position(2, 1, 0),
        rig.position(4, 2, 0),
    ];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.queue(), [2, 4]);
}

//= 24.380-6.3.4.4.13 test
#[test]
fn the_result_tells_whose_requests_were_not_there() {
    let mut rig = waiting();
    // Participant 1 talks, and nobody is called 9.
    rig.cancel(5, &[1, 9]);
    assert_eq!(rig.drain(), [cancel_result(5, ResponseState::NOT_QUEUED, &[2, 3, 4])]);
    rig.cancel(5, &[4, 9]);
    let expected = [
        cancelled(4),
        cancel_result(5, ResponseState::PARTLY_REMOVED, &[2, 3]),
        rig.position(2, 1, 0),
        rig.position(3, 2, 0),
    ];
    assert_eq!(rig.drain(), expected);
}

//= 24.380-6.3.5.4.12 test
#[test]
fn who_may_not_cancel_is_told_so_and_nothing_changes() {
    let mut rig = waiting();
    rig.cancel(2, &[]);
    assert_eq!(rig.drain(), [cancel_result(2, ResponseState::NOT_AUTHORISED, &[])]);
    assert_eq!(rig.queue(), [2, 3, 4]);
}

#[test]
fn a_user_that_wants_privacy_is_not_named() {
    let mut rig = waiting_with(|setup| setup.parameters(3, |parameters| parameters.privacy = true));
    rig.cancel(5, &[2]);
    let named = rig.drain().into_iter().find_map(|output| match output {
        crate::floor::FloorOutput::Send { message: FloorMessage::QueuedFloorRequests(result), .. } => {
            Some(result.queued_users).filter(|users| !users.is_empty())
        }
        _ => None,
    });
    assert_eq!(named, Some(vec!["sip:anonymous@anonymous.invalid".into(), user(4)]));
}

#[test]
fn the_request_is_acknowledged_first_if_it_asks_for_it_and_so_are_ours() {
    let mut rig =
        waiting_with(|setup| setup.policy(|policy| policy.acknowledge.queued_floor_requests = true));
    let request = QueuedFloorRequests {
        ssrc: audio(5),
        ack_requested: true,
        purpose: Some(QueuedFloorRequestsPurpose::CANCEL_REQUEST),
        queued_users: vec![user(9)],
        ..QueuedFloorRequests::default()
    };
    rig.receive(5, FloorMessage::QueuedFloorRequests(request));
    let result = QueuedFloorRequests {
        ssrc: super::rig::SERVER,
        ack_requested: true,
        purpose: Some(QueuedFloorRequestsPurpose::CANCEL_RESULT),
        queued_users: vec![user(2), user(3), user(4)],
        response_state: Some(ResponseState::NOT_QUEUED),
        track_info: None,
    };
    let expected =
        [ack(5, Subtype::QUEUED_FLOOR_REQUESTS), send(5, FloorMessage::QueuedFloorRequests(result))];
    assert_eq!(rig.drain(), expected);
}

#[test]
fn the_words_of_the_server_and_of_later_releases_are_discarded() {
    let discarded = |rig: &mut Rig| {
        let events = rig.events();
        events.iter().any(|event| matches!(event, Event::Discarded { got: "Queued Floor Requests", .. }))
    };
    let mut rig = waiting();
    for purpose in
        [None, Some(QueuedFloorRequestsPurpose::CANCEL_RESULT), Some(QueuedFloorRequestsPurpose(9))]
    {
        let message = QueuedFloorRequests { ssrc: audio(5), purpose, ..QueuedFloorRequests::default() };
        rig.receive(5, FloorMessage::QueuedFloorRequests(message));
        assert!(discarded(&mut rig), "{purpose:?}");
    }
    let mut rig = waiting_with(|setup| setup.policy(|policy| policy.release = Release::R16));
    rig.cancel(5, &[]);
    assert!(discarded(&mut rig));
    assert_eq!(rig.queue(), [2, 3, 4]);
}
