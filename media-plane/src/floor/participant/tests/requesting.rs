//! 'U: pending Request' (6.2.4.4).

use mcptt_codec::floor::{
    FloorGranted, FloorIndicator, FloorMessage, FloorPriority, QueueingCapability, RejectCause, RevokeCause,
    Subtype, TrackInfo,
};
use mcptt_codec::id::Ssrc;

use super::rig::{
    Rig, TALK_TIME, ack, acknowledged, bob_talks, deny, granted, idle, millis, notify, position, queue_info,
    release, request, revoke, secs, send, settings, taken,
};
use crate::floor::participant::{
    Notification, ParticipantInput, ParticipantOutput, ParticipantSettings, State,
};

//= 24.380-6.2.4.4.2 test
//= 24.380-6.2.4.5.2 test
#[test]
fn a_grant_opens_the_microphone() {
    let mut rig = Rig::requesting();
    rig.media();
    rig.receive(acknowledged(granted()));
    let expected = [
        send(ack(Subtype::FLOOR_GRANTED)),
        notify(Notification::Granted { duration: Some(TALK_TIME) }),
        ParticipantOutput::StartSending { ssrc: None },
    ];
    assert_eq!(rig.drain(), expected);
    assert!(rig.participant.may_send());
    assert_eq!(rig.participant.poll_timeout(), None);
}

//= 24.380-6.2.4.4.2:7 test
#[test]
fn the_ssrc_of_the_grant_is_handed_on() {
    let mut rig = Rig::requesting();
    rig.receive(FloorMessage::Granted(FloorGranted {
        granted_ssrc: Some(Ssrc(0x1234)),
        ..FloorGranted::default()
    }));
    let expected = [
        notify(Notification::Granted { duration: None }),
        ParticipantOutput::StartSending { ssrc: Some(Ssrc(0x1234)) },
    ];
    assert_eq!(rig.drain(), expected);
}

//= 24.380-6.2.4.4.4 test
#[test]
fn a_denied_request_is_over() {
    let mut rig = Rig::requesting();
    rig.receive(acknowledged(deny()));
    let cause = Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_DENY)), notify(Notification::Denied { cause })]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.2.4.4.5 test
//= 24.380-6.2.4.4.6 test
#[test]
fn the_request_is_repeated_unchanged_and_given_up() {
    let mut rig = Rig::listening_with(ParticipantSettings { priority: Some(5), ..settings() });
    rig.press_with(Some(5), None);
    let sent = rig.sent();
    for _ in 0..2 {
        rig.advance(millis(999));
        assert_eq!(rig.drain(), []);
        rig.advance(millis(1));
        assert_eq!(rig.sent(), sent);
    }
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [notify(Notification::RequestTimeout)]);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.4.7 test
#[test]
fn media_leaves_the_request_pending() {
    let mut rig = Rig::requesting();
    rig.media();
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.state(), State::PendingRequest);
    rig.receive(granted());
    assert_eq!(rig.state(), State::HasPermission);
}

//= 24.380-6.2.4.4.8 test
#[test]
fn releasing_before_the_answer_withdraws_the_request() {
    let mut rig = Rig::requesting();
    rig.input(ParticipantInput::PttReleased);
    assert_eq!(rig.drain(), [send(release())]);
    assert_eq!(rig.state(), State::PendingRelease);
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [release()]);
}

//= 24.380-6.2.4.4.9 test
#[test]
fn a_position_means_queued() {
    let mut rig = Rig::requesting();
    rig.receive(acknowledged(position(1)));
    let info = Some(queue_info(1));
    assert_eq!(
        rig.drain(),
        [send(ack(Subtype::FLOOR_QUEUE_POSITION_INFO)), notify(Notification::Queued { info })]
    );
    assert_eq!(rig.state(), State::Queued);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.2.4.4.11 test
#[test]
fn the_talk_of_another_ends_a_request_that_neither_pre_empts_nor_queues() {
    let mut rig = Rig::requesting();
    rig.receive(acknowledged(taken()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_TAKEN)), bob_talks()]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(4));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

//= 24.380-6.2.4.4.11 test
#[test]
fn a_request_that_pre_empts_or_queues_goes_on_waiting() {
    let capable =
        ParticipantSettings { priority: Some(9), pre_emptive_from: Some(FloorPriority(9)), ..settings() };
    let queueing = ParticipantSettings { queueing: true, ..settings() };
    let cases = [
        (settings(), None, Some(FloorIndicator::EMERGENCY), State::PendingRequest),
        (capable.clone(), Some(9), None, State::PendingRequest),
        (capable, Some(8), None, State::HasNoPermission),
        (queueing, None, None, State::PendingRequest),
    ];
    for (settings, priority, indicator, state) in cases {
        let mut rig = Rig::listening_with(settings);
        rig.press_with(priority, indicator);
        rig.receive(taken());
        assert_eq!(rig.state(), state, "{priority:?} {indicator:?}");
    }
}

//= 24.380-6.2.4.4:idle test
#[test]
fn idle_does_not_answer_a_request() {
    let mut rig = Rig::requesting();
    rig.discards(acknowledged(idle()));
    rig.receive(granted());
    assert_eq!(rig.state(), State::HasPermission);
}

#[test]
fn a_grant_that_was_lost_and_revoked_is_released() {
    let mut rig = Rig::requesting();
    rig.receive(revoke());
    let cause = Some(RevokeCause::PRE_EMPTED);
    assert_eq!(rig.drain(), [notify(Notification::Revoked { cause }), send(release())]);
    assert_eq!(rig.state(), State::PendingRelease);
}

#[test]
fn pressing_again_does_not_ask_again() {
    let mut rig = Rig::requesting();
    rig.press();
    assert_eq!(rig.drain(), []);
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [request()]);
}

#[test]
fn the_ack_carries_the_track_info_of_what_it_answers() {
    let track_info = TrackInfo {
        queueing_capability: QueueingCapability::SUPPORTED,
        participant_type: "LMR".into(),
        references: vec![1],
    };
    let mut rig = Rig::requesting();
    let granted =
        FloorGranted { ack_requested: true, track_info: Some(track_info.clone()), ..FloorGranted::default() };
    rig.receive(FloorMessage::Granted(granted));
    let FloorMessage::Ack(ack) = &rig.sent()[0] else { panic!("an ack") };
    assert_eq!(ack.track_info, Some(track_info));
}
