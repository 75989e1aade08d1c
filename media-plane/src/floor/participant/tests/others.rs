//! What a user decides about others, and what messages of later releases do: revoke on behalf of another (6.2.4.3.10),
//! cancel of queued requests (6.2.4.7.4, 6.2.4.9.15), unicast media flow, location and alias in requests, numbers.

use mcptt_codec::Release;
use mcptt_codec::floor::{
    FloorIdle, FloorMessage, FloorRequest, FloorRevokeRequest, FloorTaken, Location,
    MediaFlowControlIndicator, MessageSequenceNumber, QueuedFloorRequests, QueuedFloorRequestsPurpose,
    ResponseState, Subtype, UnicastMediaFlowControl,
};
use mcptt_codec::id::McpttId;

use super::rig::{
    OTHER, OWN, Rig, ack, bob_talks, granted, idle, notify, position, secs, send, settings, taken,
};
use crate::floor::event::Event;
use crate::floor::participant::{
    MediaTreatment, Notification, ParticipantInput, ParticipantOutput, ParticipantSettings, State,
};

fn mallory() -> McpttId {
    "sip:mallory@example.org".into()
}

fn dispatcher() -> ParticipantSettings {
    ParticipantSettings { may_revoke: true, may_cancel_queued: true, release: Release::R19, ..settings() }
}

/// The rig in every state of a call.
fn in_call(settings: &ParticipantSettings) -> Vec<Rig> {
    let mut queued = Rig::requesting_with(settings.clone());
    queued.receive(position(1));
    queued.forget();
    vec![
        Rig::listening_with(settings.clone()),
        Rig::requesting_with(settings.clone()),
        Rig::talking_with(settings.clone()),
        Rig::releasing_with(settings.clone()),
        queued,
    ]
}

#[track_caller]
fn refuses(rig: &mut Rig, input: ParticipantInput, by: &str) {
    rig.input(input);
    let outputs = rig.outputs();
    let [ParticipantOutput::Event(Event::Discarded { requirement, .. })] = &outputs[..] else {
        panic!("{outputs:?}");
    };
    assert_eq!(*requirement, by);
}

//= 24.380-6.2.4.3.10 test
#[test]
fn an_authorised_user_has_the_floor_taken_from_another() {
    let revoke = ParticipantInput::RevokeOther { user: mallory() };
    let mut rig = Rig::listening_with(dispatcher());
    rig.input(revoke.clone());
    let expected = FloorRevokeRequest { ssrc: OWN, user_id: Some(mallory()) };
    assert_eq!(rig.drain(), [send(FloorMessage::RevokeRequest(expected))]);
    assert_eq!(rig.state(), State::HasNoPermission);
    let by = "24.380-6.2.4.3.10";
    let unauthorised = ParticipantSettings { may_revoke: false, ..dispatcher() };
    refuses(&mut Rig::listening_with(unauthorised), revoke.clone(), by);
    let too_early = ParticipantSettings { release: Release::R18, ..dispatcher() };
    refuses(&mut Rig::listening_with(too_early), revoke.clone(), by);
    refuses(&mut Rig::talking_with(dispatcher()), revoke, by);
}

//= 24.380-6.2.4.7.4 test
#[test]
fn an_authorised_user_has_queued_requests_removed_in_any_state() {
    for users in [vec![], vec![mallory()]] {
        for mut rig in in_call(&dispatcher()) {
            let before = rig.state();
            rig.input(ParticipantInput::CancelQueued { users: users.clone() });
            let expected = QueuedFloorRequests {
                ssrc: OWN,
                purpose: Some(QueuedFloorRequestsPurpose::CANCEL_REQUEST),
                queued_users: users.clone(),
                ..QueuedFloorRequests::default()
            };
            assert_eq!(rig.drain(), [send(FloorMessage::QueuedFloorRequests(expected))]);
            assert_eq!(rig.state(), before);
        }
    }
    let cancel = ParticipantInput::CancelQueued { users: vec![] };
    let by = "24.380-6.2.4.7.4";
    let unauthorised = ParticipantSettings { may_cancel_queued: false, ..dispatcher() };
    refuses(&mut Rig::listening_with(unauthorised), cancel.clone(), by);
    let too_early = ParticipantSettings { release: Release::R16, ..dispatcher() };
    refuses(&mut Rig::listening_with(too_early), cancel.clone(), by);
    refuses(&mut Rig::start(dispatcher()), cancel, by);
}

//= 24.380-6.2.4.7.4 test
#[test]
fn the_result_of_a_removal_is_shown() {
    for mut rig in in_call(&dispatcher()) {
        let before = rig.state();
        rig.receive(FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
            ack_requested: true,
            purpose: Some(QueuedFloorRequestsPurpose::CANCEL_RESULT),
            queued_users: vec![mallory()],
            response_state: Some(ResponseState::PARTLY_REMOVED),
            ..QueuedFloorRequests::default()
        }));
        let (response, queued) = (Some(ResponseState::PARTLY_REMOVED), vec![mallory()]);
        let shown = notify(Notification::QueuedCancelled { response, queued });
        assert_eq!(rig.drain(), [send(ack(Subtype::QUEUED_FLOOR_REQUESTS)), shown]);
        assert_eq!(rig.state(), before);
    }
}

//= 24.380-6.2.4.9.15 test
#[test]
fn a_removed_request_no_longer_waits() {
    let notification = |ack_requested| {
        FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
            ack_requested,
            purpose: Some(QueuedFloorRequestsPurpose::CANCEL_NOTIFICATION),
            ..QueuedFloorRequests::default()
        })
    };
    let mut rig = Rig::queued();
    rig.input(ParticipantInput::AskQueuePosition);
    rig.forget();
    rig.receive(notification(true));
    let expected = [send(ack(Subtype::QUEUED_FLOOR_REQUESTS)), notify(Notification::RequestCancelled)];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
    // Whoever does not wait has nothing to lose; what no server sends is nothing.
    let mut rig = Rig::listening();
    rig.discards(notification(true));
    rig.discards(FloorMessage::QueuedFloorRequests(QueuedFloorRequests::default()));
}

#[test]
fn the_server_is_told_whether_unicast_media_is_wanted() {
    for mut rig in in_call(&settings()) {
        for (wanted, flow) in
            [(false, MediaFlowControlIndicator::STOP), (true, MediaFlowControlIndicator::RESUME)]
        {
            let before = rig.state();
            rig.input(ParticipantInput::UnicastMedia { wanted });
            let expected =
                UnicastMediaFlowControl { ssrc: OWN, flow: Some(flow), ..UnicastMediaFlowControl::default() };
            assert_eq!(rig.drain(), [send(FloorMessage::UnicastMediaFlowControl(expected))]);
            assert_eq!(rig.state(), before);
        }
    }
    let stop = ParticipantInput::UnicastMedia { wanted: false };
    let too_early = ParticipantSettings { release: Release::R16, ..settings() };
    refuses(&mut Rig::listening_with(too_early), stop.clone(), "24.380-6.2.4.1");
    refuses(&mut Rig::start(settings()), stop, "24.380-6.2.4.1");
}

//= 24.380-6.2.4.3.5:1c test
#[test]
fn the_request_says_what_its_release_has() {
    let place = Some(Location::MbmsServiceArea(7));
    let alias = Some("sip:driver@example.org".into());
    let none = Some(Location::NotProvided);
    let cases = [
        (Release::R14, place.clone(), None, None),
        (Release::R15, place.clone(), None, alias.clone()),
        (Release::R16, place.clone(), place.clone(), alias.clone()),
        (Release::R16, None, none.clone(), alias.clone()),
        (Release::R19, None, none, alias.clone()),
    ];
    for (release, known, location, functional_alias) in cases {
        let mut rig = Rig::listening_with(ParticipantSettings {
            release,
            location: known,
            functional_alias: alias.clone(),
            ..settings()
        });
        rig.press();
        let expected = FloorRequest { ssrc: OWN, location, functional_alias, ..FloorRequest::default() };
        assert_eq!(rig.sent(), [FloorMessage::Request(expected)], "{release}");
    }
}

//= 24.380-6.2.4.3.5:1c test
#[test]
fn a_request_says_where_the_user_is_now() {
    let mut rig = Rig::listening();
    let location = Some(Location::MbmsServiceArea(9));
    let alias: Option<mcptt_codec::id::FunctionalAlias> = Some("sip:guard@example.org".into());
    rig.input(ParticipantInput::LocationChanged { location: location.clone() });
    rig.input(ParticipantInput::FunctionalAliasChanged { alias: alias.clone() });
    rig.press();
    let expected = FloorRequest { ssrc: OWN, location, functional_alias: alias, ..FloorRequest::default() };
    assert_eq!(rig.sent(), [FloorMessage::Request(expected.clone())]);
    // A repetition is the same message, wherever the user is meanwhile.
    rig.input(ParticipantInput::LocationChanged { location: None });
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [FloorMessage::Request(expected)]);
}

//= 24.380-10.1 test
#[test]
fn a_subchannel_of_mbms_is_heard_like_the_unicast_leg() {
    // One and the same door: the same message by both ways is a copy.
    let mut rig = Rig::listening();
    let FloorMessage::Taken(message) = taken() else { panic!("another message") };
    let message = FloorMessage::Taken(FloorTaken { sequence: Some(MessageSequenceNumber(7)), ..message });
    rig.receive(message.clone());
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Render);
    rig.receive(message);
    assert_eq!(rig.drain(), [bob_talks(), bob_talks()]);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-8.2.3.10 test
#[test]
fn a_message_that_was_overtaken_is_acknowledged_and_not_used() {
    let numbered = |number, ack_requested| {
        let FloorMessage::Taken(message) = taken() else { panic!("another message") };
        let sequence = Some(MessageSequenceNumber(number));
        FloorMessage::Taken(FloorTaken { sequence, ack_requested, ..message })
    };
    let mut rig = Rig::releasing();
    // Released, asked again: the talk of somebody else that ended before ours must not end the request.
    rig.receive(idle());
    rig.receive(numbered(2, false));
    rig.press();
    rig.forget();
    rig.receive(numbered(1, true));
    let outputs = rig.outputs();
    assert_eq!(outputs[0], send(ack(Subtype::FLOOR_TAKEN)));
    assert!(matches!(
        outputs[1..],
        [ParticipantOutput::Event(Event::Discarded { requirement: "24.380-8.2.3.10", .. })]
    ));
    assert_eq!(rig.state(), State::PendingRequest);
    rig.receive(granted());
    assert!(rig.participant.may_send());
    // The two series are counted apart, a copy is used, and a server that counts anew is understood.
    let mut rig = Rig::listening();
    for (number, used) in
        [(100, true), (100, true), (99, false), (84, false), (83, true), (2, true), (65_530, false)]
    {
        rig.receive(numbered(number, false));
        assert_eq!(rig.drain().len(), usize::from(used), "{number}");
    }
    let sequence = Some(MessageSequenceNumber(0));
    rig.receive(FloorMessage::Idle(FloorIdle { sequence, ..FloorIdle::default() }));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}
