//! A session of a temporary group (6.3.4.8, 6.3.5.10).

use mcptt_codec::floor::{FloorIndicator, FloorPriority, FloorRequest, RejectCause, Subtype};
use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup, ack, secs};
use crate::floor::server::{FloorSignalling, MediaVerdict, general, towards};
use crate::floor::settings::Entry;

const INITIATING: towards::State = towards::State::NotPermittedInitiating;

/// Participants 1 to 4 are there; 2 and 3 negotiated queueing and priorities up to 9, 4 is a constituent group.
fn setup() -> Setup {
    let setup = Setup::with_participants(4).temporary_group().queueing(&[2, 3]);
    setup.priority(2, 9).priority(3, 9).priority(4, 9)
}

fn request(rig: &mut Rig, from: u64, priority: u8) {
    rig.request_with(from, |request| request.priority = Some(FloorPriority(priority)));
}

fn constituent_request(rig: &mut Rig, priority: u8) {
    let request = FloorRequest { priority: Some(FloorPriority(priority)), ..FloorRequest::default() };
    rig.signal(FloorSignalling::ConstituentRequest { leg: LegRef(4), request: Box::new(request) });
}

//= 24.380-6.3.4.2.2:temp test
//= 24.380-6.3.5.10.2 test
#[test]
fn nobody_is_told_anything_before_the_constituent_groups_have_answered() {
    let mut rig = setup().start();
    rig.signal(FloorSignalling::Initiated);
    assert_eq!(rig.general(), general::State::StartStop);
    rig.join(1, Entry::Originator { implicit_request: false });
    rig.join(2, Entry::Invited);
    rig.join(4, Entry::Invited);
    rig.advance(secs(100));
    assert_eq!(rig.drain(), []);
    assert_eq!((rig.general(), rig.state(1)), (general::State::FloorInitialising, INITIATING));
    assert_eq!(rig.media(1), MediaVerdict::Discard);
    assert_eq!((rig.drain(), rig.state(1)), (vec![], INITIATING));
}

//= 24.380-6.3.4.8.4 test
//= 24.380-6.3.5.10.4 test
#[test]
fn without_a_request_the_floor_is_idle() {
    let mut rig = setup().idle();
    rig.signal(FloorSignalling::FinalResponsesReceived);
    assert_eq!(rig.drain(), [rig.idle(&[1, 2, 3, 4], 1)]);
    assert_eq!(
        (rig.general(), rig.state(1)),
        (general::State::FloorIdle, towards::State::NotPermittedFloorIdle)
    );
    assert!(rig.indicator.contains(FloorIndicator::TEMPORARY_GROUP));
    // It is decided only once.
    rig.signal(FloorSignalling::FinalResponsesReceived);
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.5.10.5 test
#[test]
fn a_request_waits_if_queueing_was_negotiated_and_is_denied_otherwise() {
    let mut rig = setup().policy(|policy| policy.queue_limit = 1).idle();
    rig.request(1);
    request(&mut rig, 2, 5);
    request(&mut rig, 2, 5);
    request(&mut rig, 3, 5);
    let expected = [
        rig.deny(1, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION),
        rig.position(2, 1, 5),
        rig.position(2, 1, 5),
        rig.deny(3, RejectCause::QUEUE_FULL),
    ];
    assert_eq!(rig.drain(), expected);
    let mut rig = setup().parameters(2, |parameters| parameters.receive_only = true).idle();
    rig.request(2);
    assert_eq!(rig.drain(), [rig.deny(2, RejectCause::RECEIVE_ONLY)]);
}

//= 24.380-6.3.4.8.3 test
//= 24.380-6.3.4.8.4 test
//= 24.380-6.3.5.10.3 test
//= 24.380-6.3.5.10.6 test
#[test]
fn the_most_urgent_request_is_granted_when_all_have_answered() {
    let mut rig = setup().idle();
    request(&mut rig, 2, 3);
    constituent_request(&mut rig, 7);
    request(&mut rig, 3, 5);
    assert_eq!(rig.drain(), [rig.position(2, 1, 3), rig.position(3, 2, 5)]);
    assert_eq!(rig.queue(), [4, 3, 2]);
    rig.signal(FloorSignalling::FinalResponsesReceived);
    assert_eq!(rig.drain(), [rig.granted_with(4, 30, 7), rig.taken(&[1, 2, 3], 4, 1)]);
    assert_eq!(
        (rig.state(4), rig.state(2)),
        (towards::State::Permitted, towards::State::NotPermittedFloorTaken)
    );
    // The others are served in their turn.
    rig.release(4);
    assert_eq!(rig.drain(), [rig.granted_with(3, 30, 5), rig.taken(&[1, 2, 4], 3, 2)]);
}

//= 24.380-6.3.5.10.7 test
#[test]
fn a_release_takes_the_request_back() {
    let mut rig = setup().idle();
    rig.request(2);
    rig.forget();
    rig.release_with(2, true);
    assert_eq!(rig.drain(), [ack(2, Subtype::FLOOR_RELEASE)]);
    assert_eq!((rig.queue(), rig.state(2)), (vec![], INITIATING));
    // Nothing more than that happens to one that has not asked.
    rig.release(1);
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.5.10.2 test
#[test]
fn an_implicit_request_is_decided_with_the_others() {
    let originated = |leg: u64| {
        let mut rig = setup().start();
        rig.signal(FloorSignalling::Initiated);
        rig.join(leg, Entry::Originator { implicit_request: true });
        rig
    };
    let mut rig = originated(2);
    assert_eq!(rig.drain(), [rig.position(2, 1, 9)]);
    let mut rig = originated(1);
    assert_eq!(rig.drain(), []);
    rig.join(2, Entry::Invited);
    rig.signal(FloorSignalling::FinalResponsesReceived);
    assert_eq!(rig.drain(), [rig.granted(1, 30), rig.taken(&[2], 1, 1)]);
}

#[test]
fn who_leaves_meanwhile_is_not_granted() {
    let mut rig = setup().idle();
    rig.request(2);
    rig.forget();
    rig.leave(2);
    rig.signal(FloorSignalling::FinalResponsesReceived);
    assert_eq!(rig.drain(), [rig.idle(&[1, 3, 4], 1)]);
}

#[test]
fn a_call_that_is_released_meanwhile_ends() {
    let mut rig = setup().idle();
    rig.request(2);
    rig.forget();
    rig.signal(FloorSignalling::ReleaseStarted);
    rig.signal(FloorSignalling::FinalResponsesReceived);
    rig.signal(FloorSignalling::ReleaseFinished);
    assert_eq!(rig.drain(), []);
    assert_eq!((rig.general(), rig.server.poll_timeout()), (general::State::StartStop, None));
}

#[test]
fn what_a_constituent_group_asks_for_outside_of_this_is_discarded() {
    let mut rig = Setup::with_participants(4).taken();
    constituent_request(&mut rig, 7);
    assert_eq!((rig.drain(), rig.queue()), (vec![], vec![]));
}
