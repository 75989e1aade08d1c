//! 'U: queued' (6.2.4.9).

use mcptt_codec::floor::{RejectCause, Subtype};

use super::rig::{
    Rig, TALK_TIME, ack, acknowledged, bob_talks, deny, granted, idle, millis, notify, position,
    position_request, queue_info, release, revoke, secs, send, taken,
};
use crate::floor::participant::{Notification, ParticipantInput, ParticipantOutput, State};

//= 24.380-6.2.4.9.2 test
//= 24.380-6.2.4.9.3 test
#[test]
fn the_talk_of_others_does_not_end_the_waiting() {
    let mut rig = Rig::queued();
    rig.receive(acknowledged(taken()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_TAKEN)), bob_talks()]);
    rig.advance(secs(3));
    rig.media();
    rig.advance(secs(3));
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.state(), State::Queued);
}

//= 24.380-6.2.4.9.4 test
//= 24.380-6.2.4.9.12 test
#[test]
fn a_grant_waits_for_the_user() {
    for accept in
        [ParticipantInput::AcceptGrant, ParticipantInput::PttPressed { priority: None, indicator: None }]
    {
        let mut rig = Rig::queued();
        rig.receive(acknowledged(granted()));
        let duration = Some(TALK_TIME);
        assert_eq!(
            rig.drain(),
            [send(ack(Subtype::FLOOR_GRANTED)), notify(Notification::GrantOffered { duration })]
        );
        assert!(!rig.participant.may_send());
        rig.advance(millis(1_999));
        rig.input(accept);
        let expected =
            [notify(Notification::Granted { duration }), ParticipantOutput::StartSending { ssrc: None }];
        assert_eq!(rig.drain(), expected);
        assert!(rig.participant.may_send());
    }
}

//= 24.380-6.2.4.9.12 test
#[test]
fn a_held_button_accepts() {
    let mut rig = Rig::requesting();
    rig.receive(position(1));
    rig.forget();
    rig.receive(granted());
    let duration = Some(TALK_TIME);
    let expected = [
        notify(Notification::GrantOffered { duration }),
        notify(Notification::Granted { duration }),
        ParticipantOutput::StartSending { ssrc: None },
    ];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.participant.poll_timeout(), None);
}

//= 24.380-6.2.4.9.13 test
//= 24.380-11.1.1:t132 test
#[test]
fn a_grant_that_is_not_accepted_lapses() {
    let mut rig = Rig::queued();
    rig.receive(granted());
    rig.forget();
    // A copy of the grant is acknowledged but gives no more time.
    rig.advance(secs(1));
    rig.receive(acknowledged(granted()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_GRANTED))]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [send(release()), notify(Notification::GrantLapsed)]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.2.4.9.5 test
#[test]
fn a_denied_request_no_longer_waits() {
    let mut rig = Rig::queued();
    rig.receive(acknowledged(deny()));
    let cause = Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_DENY)), notify(Notification::Denied { cause })]);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.9.6 test
#[test]
fn releasing_withdraws_the_request() {
    let mut rig = Rig::queued();
    rig.input(ParticipantInput::PttReleased);
    assert_eq!(rig.drain(), [send(release())]);
    assert_eq!(rig.state(), State::PendingRelease);
}

//= 24.380-6.2.4.9.7 test
//= 24.380-6.2.4.9.9 test
#[test]
fn the_position_is_asked_and_shown() {
    let mut rig = Rig::queued();
    rig.input(ParticipantInput::AskQueuePosition);
    assert_eq!(rig.drain(), [send(position_request())]);
    rig.receive(acknowledged(position(1)));
    let info = Some(queue_info(1));
    assert_eq!(
        rig.drain(),
        [send(ack(Subtype::FLOOR_QUEUE_POSITION_INFO)), notify(Notification::Queued { info })]
    );
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::Queued);
}

//= 24.380-6.2.4.9.9 test
#[test]
fn the_position_is_not_asked_when_the_turn_has_come() {
    let mut rig = Rig::queued();
    rig.receive(granted());
    rig.forget();
    rig.input(ParticipantInput::AskQueuePosition);
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.2.4.9.8 test
#[test]
fn idle_ends_the_waiting() {
    let mut rig = Rig::queued();
    rig.input(ParticipantInput::AskQueuePosition);
    rig.forget();
    rig.receive(acknowledged(idle()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_IDLE)), notify(Notification::Idle)]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.2.4.9.10 test
//= 24.380-6.2.4.9.11 test
#[test]
fn the_question_is_repeated_and_then_the_request_withdrawn() {
    let mut rig = Rig::queued();
    rig.input(ParticipantInput::AskQueuePosition);
    rig.advance(secs(2));
    assert_eq!(rig.sent(), vec![position_request(); 3]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [notify(Notification::QueueTimeout), send(release())]);
    assert_eq!(rig.state(), State::PendingRelease);
}

//= 24.380-6.2.4.1 test
#[test]
fn a_revoke_of_what_was_not_granted_is_discarded() {
    Rig::queued().discards(revoke());
}
