//! 'Start-stop' (6.2.4.2).

use mcptt_codec::floor::{FloorMessage, FloorPriority, FloorRequest, RevokeCause};

use super::rig::{
    OWN, Rig, TALK_TIME, bob_talks, granted, idle, notify, position, request, revoke, secs, settings, taken,
};
use crate::floor::event::Event;
use crate::floor::participant::{
    Notification, ParticipantInput, ParticipantOutput, ParticipantSettings, State,
};

fn originated(implicit_request: bool, granted: bool) -> ParticipantInput {
    ParticipantInput::SessionOriginated { implicit_request, granted }
}

//= 24.380-6.2.4.2.2:noimp test
//= 24.380-6.2.1:implicit test
#[test]
fn without_implicit_request_the_originator_listens() {
    let mut rig = Rig::start(settings());
    rig.receive(granted());
    rig.input(originated(false, false));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.2.4.2.2:4 test
#[test]
fn an_accepted_implicit_request_is_repeated_like_any_other() {
    let mut rig = Rig::start(settings());
    rig.input(originated(true, false));
    assert_eq!(rig.state(), State::PendingRequest);
    assert_eq!(rig.drain(), []);
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [request()]);
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [request()]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [notify(Notification::RequestTimeout)]);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.2.2:buf test
#[test]
fn messages_before_the_final_response_are_kept_in_order() {
    let mut rig = Rig::start(settings());
    rig.receive(granted());
    rig.receive(revoke());
    assert_eq!(rig.outputs(), []);
    rig.input(originated(true, false));
    let expected = [
        notify(Notification::Granted { duration: Some(TALK_TIME) }),
        ParticipantOutput::StartSending { ssrc: None },
        notify(Notification::Revoked { cause: Some(RevokeCause::PRE_EMPTED) }),
    ];
    assert_eq!(rig.drain()[..3], expected);
    assert_eq!(rig.state(), State::PendingRelease);
}

#[test]
fn the_buffer_is_bounded_and_loses_the_oldest() {
    let mut rig = Rig::start(settings());
    rig.receive(granted());
    for _ in 0..16 {
        rig.receive(taken());
    }
    rig.input(originated(true, false));
    assert_eq!(rig.drain(), vec![bob_talks(); 16]);
    assert_eq!(rig.state(), State::HasNoPermission);
}

#[test]
fn a_grant_in_the_answer_opens_the_microphone() {
    let mut rig = Rig::start(settings());
    rig.input(originated(true, true));
    let expected =
        [notify(Notification::Granted { duration: None }), ParticipantOutput::StartSending { ssrc: None }];
    assert_eq!(rig.drain(), expected);
    assert!(rig.participant.may_send());
    rig.receive(granted());
    assert_eq!(rig.drain(), [notify(Notification::Granted { duration: Some(TALK_TIME) })]);
}

#[test]
fn an_implicit_request_that_was_not_accepted_becomes_an_explicit_one() {
    let mut rig = Rig::start(ParticipantSettings { priority: Some(9), ..settings() });
    rig.press_with(Some(7), None);
    assert_eq!(rig.drain(), []);
    rig.input(originated(false, false));
    let expected = FloorRequest { ssrc: OWN, priority: Some(FloorPriority(7)), ..FloorRequest::default() };
    assert_eq!(rig.sent(), [FloorMessage::Request(expected)]);
    assert_eq!(rig.state(), State::PendingRequest);
    let mut rig = Rig::start(settings());
    rig.press();
    rig.input(ParticipantInput::PttReleased);
    rig.input(originated(false, false));
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.2.3 test
#[test]
fn a_terminating_client_listens() {
    let mut rig = Rig::start(settings());
    rig.input(ParticipantInput::SessionTerminating);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.input(ParticipantInput::SessionTerminating);
    rig.input(originated(true, true));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::HasNoPermission);
}

#[test]
fn a_terminating_client_or_one_that_did_not_ask_drops_what_came_before() {
    for input in [originated(false, false), ParticipantInput::SessionTerminating] {
        let mut rig = Rig::start(settings());
        rig.receive(position(3));
        rig.receive(idle());
        rig.input(input);
        let discarded: Vec<&str> = rig
            .outputs()
            .iter()
            .filter_map(|output| match output {
                ParticipantOutput::Event(Event::Discarded { got, .. }) => Some(*got),
                _ => None,
            })
            .collect();
        assert_eq!(discarded, ["Floor Queue Position Info", "Floor Idle"]);
        assert_eq!(rig.state(), State::HasNoPermission);
    }
}
