//! The tables of procedures: their committed image, and that the machines do what the tables say.

use super::client::outputs;
use super::*;
use crate::floor::event::Event;
use crate::floor::transition::{Rule, assert_committed, image};
use crate::session::{ClientOutput, ClientSession, PreEstablishedClient, client, participating};

const PARTICIPATING: &[State] = State::ALL;

const CLIENT_STATES: &[client::State] = client::State::ALL;

#[test]
fn the_tables_look_as_committed() {
    let mut text = String::from("pre-established session in the client, TS 24.380 9.2\n\n");
    text += &image(CLIENT_STATES, client::Trigger::ALL, client::PROCEDURES, |trigger| trigger.name());
    text += "\npre-established session in the participating function, TS 24.380 9.3\n\n";
    let triggers = participating::Trigger::ALL;
    text += &image(PARTICIPATING, triggers, participating::PROCEDURES, |trigger| trigger.name());
    assert_committed(&text, include_str!("transitions.txt"), "../session/tests/transitions.txt");
}

#[test]
fn the_participating_side_discards_exactly_what_its_table_does_not_list() {
    use participating::Trigger as T;
    for state in PARTICIPATING {
        for trigger in T::ALL {
            let mut rig = Rig::in_state(*state);
            match trigger {
                T::SessionEstablished => rig.input(SessionInput::Established),
                T::Connect => rig.input(SessionInput::Connect(Box::new(connect("sip:s2")))),
                T::Disconnect => rig.input(SessionInput::Disconnect { acknowledged: true }),
                T::Accepted => rig.receive(&acknowledge(ReasonCode::ACCEPTED)),
                T::Refused => rig.receive(&acknowledge(ReasonCode::BUSY)),
                // A timer that does not run does not expire.
                T::Expiry(_) => rig.advance(T55),
                T::SessionReleased => rig.input(SessionInput::Released),
            }
            let listed = Rule::find(participating::PROCEDURES, *state, *trigger);
            let discarded =
                |output: &SessionOutput| matches!(output, SessionOutput::Event(Event::Discarded { .. }));
            let timer = matches!(trigger, T::Expiry(_));
            assert_eq!(
                rig.outputs().iter().any(discarded),
                listed.is_none() && !timer,
                "{state} {trigger:?}"
            );
            match listed {
                Some(rule) => assert!(rule.permits(rig.session.state()), "{state} {trigger:?}"),
                None if timer => {}
                None => assert_eq!(rig.session.state(), *state, "{trigger:?}"),
            }
        }
    }
}

#[test]
fn the_client_discards_exactly_what_its_table_does_not_list() {
    use client::Trigger as T;
    const SESSION: ClientSession = ClientSession(7);
    for state in CLIENT_STATES {
        for trigger in T::ALL {
            let mut sessions = PreEstablishedClient::new(CLIENT);
            if *state != client::State::StartStop {
                sessions.established(SESSION);
                sessions.handle_message(SESSION, &SessionMessage::Connect(connect("sip:s1")));
            }
            if *state == client::State::NotInUse {
                sessions.handle_message(SESSION, &SessionMessage::Disconnect(disconnect("sip:s1")));
            }
            assert_eq!(sessions.state(SESSION), *state);
            outputs(&mut sessions);
            match trigger {
                T::SessionEstablished => sessions.established(SESSION),
                T::Connect => sessions.handle_message(SESSION, &SessionMessage::Connect(connect("sip:s1"))),
                T::Disconnect => {
                    sessions.handle_message(SESSION, &SessionMessage::Disconnect(disconnect("sip:s1")));
                }
                T::SessionReleased => sessions.released(SESSION),
            }
            let listed = Rule::find(client::PROCEDURES, *state, *trigger);
            let discarded =
                |output: &ClientOutput| matches!(output, ClientOutput::Event(Event::Discarded { .. }));
            assert_eq!(outputs(&mut sessions).iter().any(discarded), listed.is_none(), "{state} {trigger:?}");
            match listed {
                Some(rule) => assert!(rule.permits(sessions.state(SESSION)), "{state} {trigger:?}"),
                None => assert_eq!(sessions.state(SESSION), *state, "{trigger:?}"),
            }
        }
    }
}
