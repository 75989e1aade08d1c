//! Requests while the floor is idle, and the grant (6.3.4.3.3, 6.3.4.4.2, 6.3.4.4.8, 6.3.5.3.4).

use mcptt_codec::floor::{
    FloorIndicator, FloorMessage, FloorPriority, QueueingCapability, RejectCause, TrackInfo,
};
use mcptt_codec::id::LegRef;

use super::rig::{Setup, audio, millis, secs, send_all, user};
use crate::floor::server::{FloorOutput, FloorSignalling, MediaVerdict, Timer, general, towards};

fn track_info() -> TrackInfo {
    TrackInfo {
        queueing_capability: QueueingCapability::SUPPORTED,
        participant_type: "LMR".into(),
        references: vec![17],
    }
}

//= 24.380-6.3.4.3.3:2 test
//= 24.380-6.3.4.4.2:1 test
//= 24.380-6.3.4.4.2:1a test
//= 24.380-6.3.4.4.2:3 test
//= 24.380-6.3.5.3.4:fwd test
//= 24.380-6.3.4.3.3:once test
#[test]
fn a_request_while_idle_is_granted_and_the_others_are_told() {
    let mut rig = Setup::with_participants(3).priority(2, 9).idle();
    rig.request_with(2, |request| request.priority = Some(FloorPriority(5)));
    assert_eq!(rig.drain(), [rig.granted_with(2, 30, 5), rig.taken(&[1, 3], 2, 1)]);
    assert_eq!(rig.general(), general::State::FloorTaken);
    assert_eq!(rig.server.talker(), Some(LegRef(2)));
    assert_eq!(rig.state(2), towards::State::Permitted);
    assert_eq!(rig.state(1), towards::State::NotPermittedFloorTaken);
}

//= 24.380-6.3.4.3.3:2 test
#[test]
fn the_grant_ends_the_idle_period() {
    let mut rig = Setup::with_participants(2).taken();
    rig.release(1);
    rig.advance(secs(1));
    rig.request(2);
    rig.forget();
    rig.advance_with_media(secs(29), 2);
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.4.3.3:1a test
#[test]
fn the_only_participant_is_denied() {
    let mut rig = Setup::with_participants(1).idle();
    rig.request(1);
    assert_eq!(rig.drain(), [rig.deny(1, RejectCause::ONLY_ONE_PARTICIPANT)]);
    assert_eq!(rig.general(), general::State::FloorIdle);
}

//= 24.380-6.3.4.3.3:1b test
#[test]
fn a_receive_only_participant_is_denied() {
    let mut rig =
        Setup::with_participants(2).parameters(2, |parameters| parameters.receive_only = true).idle();
    rig.request(2);
    assert_eq!(rig.drain(), [rig.deny(2, RejectCause::RECEIVE_ONLY)]);
}

//= 24.380-6.3.4.4.2:single test
#[test]
fn of_two_requests_in_the_same_instant_one_is_granted() {
    let mut rig = Setup::with_participants(3).idle();
    rig.request(2);
    rig.request(3);
    let deny = rig.deny(3, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3], 2, 1), deny]);
}

//= 24.380-6.3.4.4.2:1 test
#[test]
fn track_info_is_echoed_in_every_answer() {
    let mut rig = Setup::with_participants(3).idle();
    rig.request_with(2, |request| request.track_info = Some(track_info()));
    rig.request_with(3, |request| request.track_info = Some(track_info()));
    let echoed: Vec<Option<TrackInfo>> = rig
        .drain()
        .into_iter()
        .map(|output| match output {
            FloorOutput::Send { message: FloorMessage::Granted(granted), .. } => granted.track_info,
            FloorOutput::SendAll { message: FloorMessage::Taken(taken), .. } => taken.track_info,
            FloorOutput::Send { message: FloorMessage::Deny(deny), .. } => deny.track_info,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(echoed, vec![Some(track_info()); 3]);
}

//= 24.380-6.3.4.4.2:3ai test
#[test]
fn a_talker_that_wants_privacy_is_not_named() {
    let mut rig = Setup::with_participants(2).parameters(1, |parameters| parameters.privacy = true).idle();
    rig.request(1);
    let mut taken = rig.taken_message(1, 1);
    taken.granted_party = None;
    assert_eq!(rig.drain(), [rig.granted(1, 30), send_all(&[2], FloorMessage::Taken(taken))]);
}

//= 24.380-6.3.4.4.2:3f test
#[test]
fn every_message_states_the_kind_of_call() {
    let setup =
        Setup::with_participants(3).queueing(&[3]).call(|call| call.indicator = FloorIndicator::EMERGENCY);
    let mut rig = setup.emergency(3).idle();
    let expected = FloorIndicator::EMERGENCY | FloorIndicator::QUEUEING;
    rig.request(1);
    rig.request(2);
    rig.request(3);
    rig.request_emergency(3);
    rig.release(1);
    rig.release(3);
    let indicators: Vec<_> = rig
        .drain()
        .into_iter()
        .map(|output| match output {
            FloorOutput::Send { message, .. } | FloorOutput::SendAll { message, .. } => match message {
                FloorMessage::Granted(message) => ("Granted", message.indicator),
                FloorMessage::Taken(message) => ("Taken", message.indicator),
                FloorMessage::Deny(message) => ("Deny", message.indicator),
                FloorMessage::QueuePositionInfo(message) => ("Info", message.indicator),
                FloorMessage::Revoke(message) => ("Revoke", message.indicator),
                FloorMessage::Idle(message) => ("Idle", message.indicator),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    let kinds = ["Granted", "Taken", "Deny", "Info", "Revoke", "Info", "Granted", "Taken", "Idle"];
    assert_eq!(indicators, kinds.map(|kind| (kind, Some(expected))));
}

#[test]
fn a_call_that_becomes_an_emergency_says_so_from_then_on() {
    let mut rig = Setup::with_participants(2).idle();
    rig.request(1);
    rig.drain();
    rig.signal(FloorSignalling::TierChanged { indicator: FloorIndicator::EMERGENCY });
    assert_eq!(rig.drain(), []);
    rig.release(1);
    let outputs = rig.drain();
    let [FloorOutput::SendAll { message: FloorMessage::Idle(idle), .. }] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert!(idle.indicator.is_some_and(|indicator| indicator.contains(FloorIndicator::EMERGENCY)));
}

//= 24.380-6.3.4.4.2:2n test
//= 24.380-6.3.4.4.2:4 test
//= 24.380-6.3.4.4.3 test
#[test]
fn a_direct_grant_is_not_repeated_and_ends_with_t1() {
    let mut rig = Setup::with_participants(2).taken();
    rig.advance(millis(3_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
}

//= 24.380-6.3.4.4.8 test
#[test]
fn the_talker_that_asks_again_is_told_the_time_that_is_left() {
    let mut rig = Setup::with_participants(2).taken();
    rig.advance(secs(2));
    rig.request(1);
    // No media yet, so nothing of its time is spent.
    assert_eq!(rig.drain(), [rig.granted(1, 30)]);
    rig.media(1);
    rig.advance_with_media(millis(10_000), 1);
    rig.request(1);
    assert_eq!(rig.drain(), [rig.granted(1, 20)]);
    rig.advance_with_media(millis(19_700), 1);
    rig.request(1);
    // A duration of 0 would mean nothing to the client.
    assert_eq!(rig.drain(), [rig.granted(1, 1)]);
    assert_eq!(rig.general(), general::State::FloorTaken);
}

#[test]
fn a_shorter_t2_shortens_the_granted_time() {
    let mut rig = Setup::with_participants(2).timer(Timer::T2, millis(12_900)).idle();
    rig.request(2);
    assert_eq!(rig.drain(), [rig.granted(2, 12), rig.taken(&[1], 2, 1)]);
}

//= 24.380-6.3.5.3.5 test
#[test]
fn the_ack_bit_follows_the_policy_and_a_missing_ack_changes_nothing() {
    let setup = Setup::with_participants(2).policy(|policy| {
        policy.acknowledge.granted = true;
        policy.acknowledge.taken = true;
    });
    let mut rig = setup.idle();
    rig.request(1);
    let [FloorOutput::Send { message: granted, .. }, FloorOutput::SendAll { message: taken, .. }] =
        &rig.drain()[..]
    else {
        panic!("a grant and its announcement");
    };
    assert!(granted.ack_requested() && taken.ack_requested());
    assert_eq!(rig.media(1), MediaVerdict::Forward);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 2)]);
}

//= 24.380-6.3.5.3.9 test
#[test]
fn an_implicit_request_in_mid_call_is_a_request() {
    let mut rig = Setup::with_participants(2).priority(2, 4).idle();
    rig.signal(FloorSignalling::ImplicitRequest { leg: LegRef(2) });
    assert_eq!(rig.drain(), [rig.granted_with(2, 30, 4), rig.taken(&[1], 2, 1)]);
}

//= 24.380-6.3.5.1:ident test
#[test]
fn the_transport_and_not_the_message_says_who_asks() {
    let mut rig = Setup::with_participants(3).idle();
    rig.request_with(2, |request| {
        request.ssrc = audio(3);
        request.user_id = Some(user(3));
    });
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3], 2, 1)]);
}
