//! 'Start-stop' (6.2.4.2).

use mcptt_codec::floor::{FloorGranted, FloorMessage, FloorPriority, FloorRequest, RevokeCause};
use mcptt_codec::id::Ssrc;

use super::rig::{
    OTHER, Rig, TALK_TIME, bare_request, bob_talks, granted, idle, notify, position, release, request,
    revoke, secs, send, settings, taken,
};
use crate::floor::event::Event;
use crate::floor::participant::{
    MediaTreatment, Notification, ParticipantInput, ParticipantOutput, ParticipantSettings, State,
};

fn originated(implicit_request: bool, granted: bool) -> ParticipantInput {
    ParticipantInput::SessionOriginated { implicit_request, granted, ssrc: None }
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

//= 24.380-6.2.4.2.2:granted test
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

//= 24.380-6.2.4.2.2:granted test
//= 24.380-6.2.4.4.2:7 test
#[test]
fn the_answer_may_allocate_the_ssrc_as_well() {
    let ssrc = Some(Ssrc(0x1234));
    let mut rig = Rig::start(settings());
    rig.input(ParticipantInput::SessionOriginated { implicit_request: true, granted: true, ssrc });
    let granted = notify(Notification::Granted { duration: None });
    assert_eq!(rig.drain(), [granted.clone(), ParticipantOutput::StartSending { ssrc }]);
    rig.receive(FloorMessage::Granted(FloorGranted { granted_ssrc: ssrc, ..FloorGranted::default() }));
    assert_eq!(rig.drain(), [granted]);
}

//= 24.380-6.2.4.2.2:fallback test
#[test]
fn an_implicit_request_that_was_not_accepted_becomes_an_explicit_one() {
    let mut rig = Rig::start(ParticipantSettings { priority: Some(9), ..settings() });
    rig.press_with(Some(7), None);
    assert_eq!(rig.drain(), []);
    rig.input(originated(false, false));
    let expected = FloorRequest { priority: Some(FloorPriority(7)), ..bare_request() };
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

//= 24.380-6.2.4.2.2:noimp test
#[test]
fn who_did_not_ask_drops_what_came_before() {
    let mut rig = Rig::start(settings());
    rig.receive(position(3));
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Store);
    rig.receive(idle());
    rig.input(originated(false, false));
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
    assert_eq!(rig.participant.poll_timeout(), None);
}

//= 24.380-6.2.4.2.3 test
//= 24.380-6.2.4.2.2:buf test
#[test]
fn a_terminating_client_is_told_who_talks_already() {
    let mut rig = Rig::start(settings());
    rig.receive(taken());
    rig.input(ParticipantInput::SessionTerminating);
    assert_eq!(rig.drain(), [bob_talks()]);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.2.2:buf test
#[test]
fn media_before_the_final_response_is_kept_and_keeps_its_place() {
    let mut rig = Rig::start(settings());
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Store);
    rig.receive(granted());
    rig.input(originated(true, false));
    // Media, then the grant: T103 has been started and stopped again.
    assert_eq!(rig.state(), State::HasPermission);
    assert_eq!(rig.participant.poll_timeout(), None);
    let mut rig = Rig::start(settings());
    rig.receive(taken());
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Store);
    rig.input(originated(true, false));
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.forget();
    rig.advance(secs(4));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

#[test]
fn a_button_let_go_before_the_final_response_withdraws_the_implicit_request() {
    for (granted, talked) in [(false, false), (true, true)] {
        let mut rig = Rig::start(settings());
        rig.press();
        rig.input(ParticipantInput::PttReleased);
        rig.input(originated(true, granted));
        let outputs = rig.drain();
        assert_eq!(outputs.last(), Some(&send(release())));
        assert_eq!(outputs.contains(&ParticipantOutput::StopSending), talked);
        assert_eq!(rig.state(), State::PendingRelease);
    }
    // Pressed again it is wanted after all.
    let mut rig = Rig::start(settings());
    rig.press();
    rig.input(ParticipantInput::PttReleased);
    rig.press();
    rig.input(originated(true, true));
    assert!(rig.participant.may_send());
}

//= 24.380-6.2.4.4.2:7 test
#[test]
fn the_ssrc_that_the_answer_could_not_tell_comes_with_the_grant() {
    let mut rig = Rig::start(settings());
    rig.input(originated(true, true));
    rig.forget();
    let ssrc = Ssrc(0x1234);
    for expected in [Some(ParticipantOutput::ChangeSsrc { ssrc }), None] {
        let granted = FloorGranted { granted_ssrc: Some(ssrc), ..FloorGranted::default() };
        rig.receive(FloorMessage::Granted(granted));
        let told = notify(Notification::Granted { duration: None });
        assert_eq!(rig.drain(), [told].into_iter().chain(expected).collect::<Vec<_>>());
    }
    assert!(rig.participant.may_send());
}
