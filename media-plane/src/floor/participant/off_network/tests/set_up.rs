//! 'Start-stop' (7.2.3.2) and the release of the call (7.2.3.9).

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorPriority, RejectCause};

use super::rig::{
    BOB, CAROL, KIND, OWN, Rig, TALK_TIME, deny, granted, millis, notify, opens, position, private, request,
    secs, send, settings, taken, talks,
};
use crate::floor::participant::off_network::{CallKind, Input, Settings, State};
use crate::floor::participant::{MediaTreatment, Notification, ParticipantOutput};

const DISCARDED: &str = "24.380-7.1";

//= 24.380-7.2.3.2:orig test
#[test]
fn the_originator_grants_itself_the_floor() {
    let mut rig = Rig::start(settings());
    rig.input(Input::CallOriginated);
    let [open, start] = opens();
    assert_eq!(rig.drain(), [send(granted(OWN, OWN)), open, start]);
    assert_eq!(rig.state(), State::HasPermission);
    assert!(rig.participant.may_send());
}

//= 24.380-7.2.3.2:orig test
#[test]
fn the_grant_states_priority_and_kind_of_call() {
    let mut rig = Rig::start(Settings {
        priority: FloorPriority(5),
        indicator: FloorIndicator::EMERGENCY,
        queueing: false,
        ..settings()
    });
    rig.input(Input::CallOriginated);
    let FloorMessage::Granted(granted) = &rig.sent()[0] else { panic!("a grant") };
    assert_eq!(granted.priority, Some(FloorPriority(5)));
    assert_eq!(granted.indicator, Some(FloorIndicator::EMERGENCY));
    assert_eq!(granted.queue_size, None);
}

//= 24.380-7.2.3.2:term test
#[test]
fn a_member_of_a_group_begins_in_silence() {
    let mut rig = Rig::start(settings());
    rig.input(Input::CallTerminating);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::Silence);
    rig.advance(secs(599));
    assert_eq!(rig.state(), State::Silence);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [notify(Notification::Inactive)]);
    assert_eq!(rig.state(), State::StartStop);
}

//= 24.380-7.2.3.2:term test
#[test]
fn the_called_user_of_a_private_or_broadcast_call_listens() {
    for call in [CallKind::Private, CallKind::Broadcast { initiator: false }] {
        let mut rig = Rig::start(Settings { call, ..settings() });
        rig.input(Input::CallTerminating);
        assert_eq!(rig.drain(), []);
        assert_eq!(rig.state(), State::HasNoPermission);
        rig.advance(secs(4));
        assert_eq!(rig.drain(), [notify(Notification::Idle)]);
        assert_eq!(rig.state(), State::Silence);
    }
}

//= 24.380-7.2.3.2:late test
#[test]
fn whatever_is_heard_first_tells_who_talks() {
    let cases = [
        (Some(granted(BOB, CAROL)), talks(CAROL, Some(KIND))),
        (Some(taken(BOB)), talks(BOB, Some(KIND))),
        (None, talks(BOB, None)),
    ];
    for (message, told) in cases {
        let mut rig = Rig::start(settings());
        match message {
            Some(message) => rig.receive(message),
            None => assert_eq!(rig.media(BOB), MediaTreatment::Render),
        }
        assert_eq!(rig.drain(), [told]);
        assert_eq!(rig.state(), State::HasNoPermission);
        assert_eq!(rig.participant.arbitrator(), Some(BOB));
        rig.advance(millis(3_999));
        assert_eq!(rig.state(), State::HasNoPermission);
        rig.advance(millis(1));
        assert_eq!(rig.state(), State::Silence);
    }
}

//= 24.380-7.2.3.2:late test
#[test]
fn the_button_asks_even_before_anything_is_heard() {
    let mut rig = Rig::start(settings());
    rig.press();
    assert_eq!(rig.drain(), [send(request(OWN))]);
    assert_eq!(rig.state(), State::PendingRequest);
}

#[test]
fn what_answers_nothing_starts_nothing() {
    let mut rig = Rig::start(settings());
    rig.discards(granted(BOB, OWN), DISCARDED);
    rig.discards(request(BOB), DISCARDED);
    rig.discards(deny(BOB, OWN, RejectCause::OTHER), DISCARDED);
    rig.discards(position(BOB, OWN, 1), DISCARDED);
}

//= 24.380-7.2.3.9 test
#[test]
fn the_call_is_released_from_every_state_and_stays_released() {
    let rigs = [
        Rig::start(settings()),
        Rig::silent(),
        Rig::listening(),
        Rig::requesting(),
        Rig::talking(),
        Rig::granting(),
        Rig::queued(),
    ];
    for mut rig in rigs {
        let expected = if rig.participant.may_send() { vec![ParticipantOutput::StopSending] } else { vec![] };
        rig.input(Input::CallReleased);
        assert_eq!(rig.drain(), expected);
        assert_eq!(rig.state(), State::StartStop);
        assert_eq!(rig.participant.poll_timeout(), None);
        rig.receive(granted(BOB, CAROL));
        rig.receive(taken(BOB));
        assert_eq!(rig.media(BOB), MediaTreatment::Discard);
        rig.press();
        rig.input(Input::CallTerminating);
        rig.input(Input::CallOriginated);
        assert_eq!(rig.drain(), []);
        assert_eq!(rig.state(), State::StartStop);
    }
}

#[test]
fn nobody_but_its_initiator_talks_in_a_broadcast() {
    let listener = Settings { call: CallKind::Broadcast { initiator: false }, ..settings() };
    let mut rig = Rig::start(listener.clone());
    rig.press();
    assert_eq!(rig.drain(), [notify(Notification::RequestNotAllowed)]);
    rig.input(Input::CallTerminating);
    rig.press();
    assert_eq!(rig.drain(), [notify(Notification::RequestNotAllowed)]);
    rig.advance(secs(4));
    rig.forget();
    rig.press();
    assert_eq!(rig.drain(), [notify(Notification::RequestNotAllowed)]);
    assert_eq!(rig.state(), State::Silence);
}

#[test]
fn a_broadcast_is_over_with_its_talk() {
    let mut rig =
        Rig::start(Settings { call: CallKind::Broadcast { initiator: true }, queueing: false, ..settings() });
    rig.input(Input::CallOriginated);
    rig.forget();
    rig.receive(request(BOB));
    let FloorMessage::Deny(denied) = &rig.sent()[0] else { panic!("a deny") };
    assert_eq!(denied.cause, Some(RejectCause::RECEIVE_ONLY));
    assert_eq!(denied.indicator, Some(FloorIndicator::NORMAL | FloorIndicator::BROADCAST));
    rig.input(Input::PttReleased);
    let outputs = rig.drain();
    assert_eq!(outputs[0], ParticipantOutput::StopSending);
    assert!(matches!(outputs[1], ParticipantOutput::Send(FloorMessage::Release(_))));
    assert_eq!(outputs[2..], [notify(Notification::MediaComplete)]);
}

#[test]
fn the_time_to_talk_is_the_sum_of_t206_and_t207() {
    let mut rig = Rig::start(private());
    rig.input(Input::CallOriginated);
    let granted = notify(Notification::Granted { duration: Some(TALK_TIME) });
    assert!(rig.drain().contains(&granted));
}
