//! The participating function's side.

use super::*;
use crate::floor::event::{Event, Machine};

//= 24.380-9.1 test
#[test]
fn a_call_is_announced_and_its_end_too() {
    let mut rig = Rig::in_state(State::NotInUse);
    rig.input(SessionInput::Connect(Box::new(Connect { ssrc: Ssrc(0), ..connect("sip:s1") })));
    assert_eq!(rig.drain(), [sent(SessionMessage::Connect(connect("sip:s1")))]);
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.drain(), [notified(SessionNotification::Accepted)]);
    rig.advance(Duration::from_secs(60));
    assert_eq!(rig.drain(), []);

    rig.input(SessionInput::Disconnect { acknowledged: true });
    assert_eq!(rig.drain(), [sent(SessionMessage::Disconnect(disconnect("sip:s1")))]);
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.drain(), [notified(SessionNotification::Disconnected { acknowledged: true })]);
    rig.advance(Duration::from_secs(60));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.session.state(), State::NotInUse);
}

//= 24.380-9.3:t55 test
#[test]
fn connect_is_repeated_on_t55_up_to_c55_then_the_call_counts_as_not_answered() {
    let mut rig = Rig::in_state(State::NotInUse);
    rig.input(SessionInput::Connect(Box::new(connect("sip:s1"))));
    let copy = || sent(SessionMessage::Connect(connect("sip:s1")));
    assert_eq!(rig.drain(), [copy()]);
    for _ in 1..3 {
        rig.advance(T55 - Duration::from_millis(1));
        assert_eq!(rig.drain(), []);
        rig.advance(Duration::from_millis(1));
        assert_eq!(rig.drain(), [copy()]);
    }
    rig.advance(T55);
    assert_eq!(rig.drain(), [notified(SessionNotification::NotAnswered)]);
    assert_eq!((rig.session.state(), rig.session.poll_timeout()), (State::NotInUse, None));
    // The client's answer comes too late.
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.drain(), []);
}

//= 24.380-9.3:t56 test
#[test]
fn disconnect_is_repeated_on_t56_up_to_c56_then_the_session_is_free() {
    let mut rig = Rig::in_state(State::InUse);
    rig.input(SessionInput::Disconnect { acknowledged: true });
    let copy = || sent(SessionMessage::Disconnect(disconnect("sip:s1")));
    assert_eq!(rig.drain(), [copy()]);
    rig.advance(T56);
    assert_eq!(rig.drain(), [copy()]);
    rig.advance(T56);
    assert_eq!(rig.drain(), [notified(SessionNotification::Disconnected { acknowledged: false })]);
    assert_eq!((rig.session.state(), rig.session.poll_timeout()), (State::NotInUse, None));
}

#[test]
fn an_answer_stops_the_repetition() {
    let mut rig = Rig::in_state(State::ConnectPending);
    rig.advance(T55);
    rig.drain();
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.drain(), [notified(SessionNotification::Accepted)]);
    assert_eq!(rig.session.poll_timeout(), None);
}

#[test]
fn a_refusal_is_told_with_its_code_and_the_session_is_free() {
    for code in
        [ReasonCode::BUSY, ReasonCode::NOT_ACCEPTED, ReasonCode::AUTHENTICATION_FAILED, ReasonCode(77)]
    {
        let mut rig = Rig::in_state(State::ConnectPending);
        rig.receive(&acknowledge(code));
        assert_eq!(rig.drain(), [notified(SessionNotification::Refused(code))]);
        assert_eq!((rig.session.state(), rig.session.poll_timeout()), (State::NotInUse, None));
    }
}

#[test]
fn an_answer_without_code_accepts() {
    let mut rig = Rig::in_state(State::ConnectPending);
    rig.receive(&SessionMessage::Acknowledge(Acknowledge { ssrc: CLIENT, ..Acknowledge::default() }));
    assert_eq!(rig.drain(), [notified(SessionNotification::Accepted)]);
}

#[test]
fn without_acknowledgment_bit_nothing_is_waited_for() {
    let mut rig = Rig::in_state(State::NotInUse);
    let quiet = Connect { ack_requested: false, ..connect("sip:s1") };
    rig.input(SessionInput::Connect(Box::new(quiet.clone())));
    assert_eq!(rig.drain(), [sent(SessionMessage::Connect(quiet)), notified(SessionNotification::Accepted)]);
    rig.input(SessionInput::Disconnect { acknowledged: false });
    let quiet = Disconnect { ack_requested: false, ..disconnect("sip:s1") };
    let told = SessionNotification::Disconnected { acknowledged: false };
    assert_eq!(rig.drain(), [sent(SessionMessage::Disconnect(quiet)), notified(told)]);
    assert_eq!((rig.session.state(), rig.session.poll_timeout()), (State::NotInUse, None));
}

#[test]
fn a_change_of_the_call_is_announced_without_ending_it() {
    let mut rig = Rig::in_state(State::InUse);
    rig.input(SessionInput::Connect(Box::new(unconfirmed("sip:s1"))));
    let copy = || sent(SessionMessage::Connect(unconfirmed("sip:s1")));
    assert_eq!(rig.drain(), [copy()]);
    rig.advance(T55);
    assert_eq!(rig.drain(), [copy()]);
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!((rig.drain(), rig.session.poll_timeout()), (vec![], None));

    // Nobody answers: the call goes on all the same.
    rig.input(SessionInput::Connect(Box::new(unconfirmed("sip:s1"))));
    rig.advance(Duration::from_secs(60));
    assert_eq!(rig.drain(), [copy(), copy(), copy(), notified(SessionNotification::NotAnswered)]);
    assert_eq!(rig.session.state(), State::InUse);
    // A late refusal refuses nothing, one in time ends it.
    rig.receive(&acknowledge(ReasonCode::BUSY));
    assert_eq!((rig.drain(), rig.session.state()), (vec![], State::InUse));
    rig.input(SessionInput::Connect(Box::new(unconfirmed("sip:s1"))));
    rig.receive(&acknowledge(ReasonCode::NOT_ACCEPTED));
    assert_eq!(rig.drain(), [copy(), notified(SessionNotification::Refused(ReasonCode::NOT_ACCEPTED))]);
    assert_eq!(rig.session.state(), State::NotInUse);
}

#[test]
fn a_call_that_ends_before_it_was_accepted_is_disconnected() {
    let mut rig = Rig::in_state(State::ConnectPending);
    rig.input(SessionInput::Disconnect { acknowledged: true });
    assert_eq!(rig.drain(), [sent(SessionMessage::Disconnect(disconnect("sip:s1")))]);
    // The answer to the Connect is taken for the answer to the Disconnect: it does not say which it is.
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.drain(), [notified(SessionNotification::Disconnected { acknowledged: true })]);
}

#[test]
fn the_next_call_waits_until_the_last_one_is_disconnected() {
    for answered in [true, false] {
        let mut rig = Rig::in_state(State::DisconnectPending);
        rig.input(SessionInput::Connect(Box::new(connect("sip:s2"))));
        assert_eq!(rig.drain(), []);
        if answered {
            rig.receive(&acknowledge(ReasonCode::ACCEPTED));
        } else {
            rig.advance(T56);
            assert_eq!(rig.drain(), [sent(SessionMessage::Disconnect(disconnect("sip:s1")))]);
            rig.advance(T56);
        }
        assert_eq!(
            rig.drain(),
            [
                notified(SessionNotification::Disconnected { acknowledged: answered }),
                sent(SessionMessage::Connect(connect("sip:s2"))),
            ]
        );
        assert_eq!(rig.session.state(), State::ConnectPending);
    }
    // It may be over before it has begun.
    let mut rig = Rig::in_state(State::DisconnectPending);
    rig.input(SessionInput::Connect(Box::new(connect("sip:s2"))));
    rig.input(SessionInput::Disconnect { acknowledged: true });
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.drain(), [notified(SessionNotification::Disconnected { acknowledged: true })]);
    assert_eq!(rig.session.state(), State::NotInUse);
}

#[test]
fn the_release_of_the_session_ends_everything() {
    for state in [State::NotInUse, State::ConnectPending, State::InUse, State::DisconnectPending] {
        let mut rig = Rig::in_state(state);
        rig.input(SessionInput::Released);
        assert_eq!((rig.session.state(), rig.session.poll_timeout()), (State::StartStop, None));
        assert_eq!(rig.drain(), []);
    }
}

#[test]
fn what_a_client_may_not_send_is_discarded() {
    for message in
        [SessionMessage::Connect(connect("sip:s1")), SessionMessage::Disconnect(disconnect("sip:s1"))]
    {
        let mut rig = Rig::in_state(State::ConnectPending);
        rig.receive(&message);
        let discarded = Event::Discarded {
            machine: Machine::SessionParticipating,
            participant: None,
            state: "G: Connect pending",
            got: message.name(),
            requirement: "24.380-9.1",
        };
        assert_eq!(rig.outputs(), [SessionOutput::Event(discarded)]);
        assert_eq!(rig.session.state(), State::ConnectPending);
    }
}

//= 24.380-9.1 test
//= 24.380-9.3:t56 test
#[test]
fn a_call_that_came_to_nothing_is_told_until_the_client_has_heard_it() {
    let mut rig = Rig::in_state(State::NotInUse);
    rig.input(SessionInput::Disconnect { acknowledged: true });
    let nameless = SessionMessage::Disconnect(Disconnect { session_identity: None, ..disconnect("") });
    assert_eq!(rig.drain(), [sent(nameless.clone())]);
    rig.advance(T56);
    assert_eq!(rig.drain(), [sent(nameless)]);
    rig.receive(&acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.drain(), [notified(SessionNotification::Disconnected { acknowledged: true })]);
    assert_eq!(rig.session.state(), State::NotInUse);
}
