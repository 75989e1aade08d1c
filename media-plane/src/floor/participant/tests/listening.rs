//! 'U: has no permission' (6.2.4.3).

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorPriority, FloorRequest, FloorTaken, Subtype};

use super::rig::{
    OTHER, OWN, Rig, ack, acknowledged, bare_request, bob_talks, deny, granted, idle, millis, notify,
    position, request, revoke, secs, send, settings, taken,
};
use crate::floor::participant::{Notification, ParticipantInput, ParticipantSettings, State, Talker};

//= 24.380-6.2.4.3.2 test
#[test]
fn idle_is_acknowledged_on_request_and_stops_t103() {
    let mut rig = Rig::listening();
    rig.receive(taken());
    rig.forget();
    rig.receive(acknowledged(idle()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_IDLE)), notify(Notification::Idle)]);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.3.3 test
//= 24.380-6.2.4.3.6 test
#[test]
fn the_talker_is_shown_until_t103_expires() {
    let mut rig = Rig::listening();
    rig.receive(acknowledged(taken()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_TAKEN)), bob_talks()]);
    rig.advance(millis(3_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

//= 24.380-6.2.4.3.4 test
#[test]
fn media_restarts_t103() {
    let mut rig = Rig::listening();
    for _ in 0..3 {
        rig.media();
        rig.advance(secs(3));
    }
    assert_eq!(rig.drain(), []);
    rig.input(ParticipantInput::MediaReceived { ssrc: OWN });
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

//= 24.380-6.2.4.3.3:perm test
#[test]
fn nothing_is_asked_while_asking_is_not_allowed() {
    let mut rig = Rig::listening();
    let forbidding = FloorTaken { permission_to_request: Some(false), ..FloorTaken::default() };
    rig.receive(FloorMessage::Taken(forbidding));
    let (talkers, indicator) = (vec![Talker::default()], FloorIndicator::NONE);
    assert_eq!(rig.drain(), [notify(Notification::Taken { talkers, indicator, may_request: false })]);
    rig.press();
    assert_eq!(rig.drain(), [notify(Notification::RequestNotAllowed)]);
    rig.receive(idle());
    rig.forget();
    rig.press();
    assert_eq!(rig.sent(), [request()]);
}

//= 24.380-6.2.4.3.5 test
//= 24.380-6.2.1:note test
#[test]
fn pressing_asks_with_default_priority() {
    let mut rig = Rig::listening_with(ParticipantSettings { priority: Some(200), ..settings() });
    rig.press();
    assert_eq!(rig.drain(), [send(request())]);
    assert_eq!(rig.state(), State::PendingRequest);
}

//= 24.380-6.2.4.3.5 test
#[test]
fn the_priority_is_stated_where_it_differs_and_never_above_the_negotiated_one() {
    let cases = [
        (Some(9), Some(200), Some(9)),
        (Some(9), Some(3), Some(3)),
        (Some(9), Some(0), None),
        (None, Some(3), None),
    ];
    for (negotiated, asked, stated) in cases {
        let mut rig = Rig::listening_with(ParticipantSettings { priority: negotiated, ..settings() });
        rig.press_with(asked, None);
        let priority = stated.map(FloorPriority);
        let expected = FloorRequest { priority, ..bare_request() };
        assert_eq!(rig.sent(), [FloorMessage::Request(expected)], "{negotiated:?} {asked:?}");
    }
}

//= 24.380-6.2.4.3.5:1b test
#[test]
fn the_request_states_a_special_kind_of_call() {
    let normal = FloorIndicator::NORMAL | FloorIndicator::QUEUEING;
    let cases = [
        (normal, None, None),
        (FloorIndicator::EMERGENCY, None, Some(FloorIndicator::EMERGENCY)),
        (normal, Some(FloorIndicator::IMMINENT_PERIL), Some(FloorIndicator::IMMINENT_PERIL)),
        (FloorIndicator::BROADCAST, Some(FloorIndicator::NORMAL), Some(FloorIndicator::BROADCAST)),
    ];
    for (call, pressed, indicator) in cases {
        let mut rig = Rig::listening_with(ParticipantSettings { indicator: call, ..settings() });
        rig.press_with(None, pressed);
        let expected = FloorRequest { indicator, ..bare_request() };
        assert_eq!(rig.sent(), [FloorMessage::Request(expected)], "{call:?} {pressed:?}");
    }
}

//= 24.380-6.2.4.1 test
#[test]
fn answers_to_nothing_are_neither_acknowledged_nor_used() {
    let mut rig = Rig::listening();
    rig.discards(acknowledged(granted()));
    rig.discards(acknowledged(deny()));
    rig.discards(acknowledged(position(1)));
    rig.discards(revoke());
    rig.discards(request());
    assert!(!rig.participant.may_send());
}

#[test]
fn releasing_or_accepting_nothing_is_nothing() {
    let mut rig = Rig::listening();
    rig.input(ParticipantInput::PttReleased);
    rig.input(ParticipantInput::AcceptGrant);
    rig.input(ParticipantInput::AskQueuePosition);
    rig.input(ParticipantInput::MediaReceived { ssrc: OTHER });
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::HasNoPermission);
}
