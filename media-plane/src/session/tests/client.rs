//! The client's side.

use super::*;
use crate::session::client::State;
use crate::session::{Availability, ClientOutput, ClientSession, PreEstablishedClient};

const FIRST: ClientSession = ClientSession(1);
const SECOND: ClientSession = ClientSession(2);

pub(super) fn outputs(client: &mut PreEstablishedClient) -> Vec<ClientOutput> {
    std::iter::from_fn(|| client.poll_output()).collect()
}

fn drain(client: &mut PreEstablishedClient) -> Vec<ClientOutput> {
    let mut outputs = outputs(client);
    outputs.retain(|output| !matches!(output, ClientOutput::Event(_)));
    outputs
}

fn client() -> PreEstablishedClient {
    let mut client = PreEstablishedClient::new(CLIENT);
    client.established(FIRST);
    client.established(SECOND);
    outputs(&mut client);
    client
}

fn answer(on: ClientSession, code: ReasonCode) -> ClientOutput {
    ClientOutput::Send { on, message: acknowledge(code) }
}

fn connected(on: ClientSession, connect: Connect) -> ClientOutput {
    ClientOutput::Connected { on, connect: Box::new(connect) }
}

//= 24.380-9.2.2:conn test
#[test]
fn connect_is_acknowledged_and_the_session_is_used() {
    let mut client = client();
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    assert_eq!(
        drain(&mut client),
        [answer(FIRST, ReasonCode::ACCEPTED), connected(FIRST, connect("sip:s1"))]
    );
    assert_eq!(client.state(FIRST), State::InUse);
    // A copy, because the answer was lost.
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    assert_eq!(
        drain(&mut client),
        [
            answer(FIRST, ReasonCode::ACCEPTED),
            ClientOutput::Changed { on: FIRST, connect: Box::new(connect("sip:s1")) }
        ]
    );
}

//= 24.380-9.2.2:conn test
#[test]
fn connect_is_refused_with_a_reason() {
    for code in [ReasonCode::BUSY, ReasonCode::NOT_ACCEPTED] {
        let mut client = client();
        client.set_availability(Availability::Refusing(code));
        client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
        assert_eq!(drain(&mut client), [answer(FIRST, code)]);
        assert_eq!(client.state(FIRST), State::NotInUse);
    }
}

#[test]
fn a_call_that_runs_is_not_refused_when_it_changes() {
    let mut client = client();
    client.handle_message(FIRST, &SessionMessage::Connect(unconfirmed("sip:s1")));
    client.set_availability(Availability::Refusing(ReasonCode::BUSY));
    drain(&mut client);
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    assert_eq!(
        drain(&mut client),
        [
            answer(FIRST, ReasonCode::ACCEPTED),
            ClientOutput::Changed { on: FIRST, connect: Box::new(connect("sip:s1")) }
        ]
    );
}

//= 24.380-9.2.2:disc test
#[test]
fn disconnect_is_acknowledged_and_the_session_is_free() {
    let mut client = client();
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    drain(&mut client);
    client.handle_message(FIRST, &SessionMessage::Disconnect(disconnect("sip:s1")));
    let ended = ClientOutput::Disconnected { on: FIRST };
    assert_eq!(drain(&mut client), [answer(FIRST, ReasonCode::ACCEPTED), ended]);
    assert_eq!(client.state(FIRST), State::NotInUse);
    // A copy, because the answer was lost: it is answered again and means nothing more.
    client.handle_message(FIRST, &SessionMessage::Disconnect(disconnect("sip:s1")));
    assert_eq!(drain(&mut client), [answer(FIRST, ReasonCode::ACCEPTED)]);
}

#[test]
fn nothing_is_answered_that_asks_for_nothing() {
    let mut client = client();
    let quiet = Connect { ack_requested: false, ..connect("sip:s1") };
    client.handle_message(FIRST, &SessionMessage::Connect(quiet.clone()));
    assert_eq!(drain(&mut client), [connected(FIRST, quiet)]);
    let quiet = Disconnect { ack_requested: false, ..disconnect("sip:s1") };
    client.handle_message(FIRST, &SessionMessage::Disconnect(quiet));
    assert_eq!(drain(&mut client), [ClientOutput::Disconnected { on: FIRST }]);
}

//= 24.380-9.2.2:par test
#[test]
fn sessions_are_used_side_by_side_and_told_apart_by_the_identity_of_the_call() {
    let mut client = client();
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    drain(&mut client);
    client.handle_message(SECOND, &SessionMessage::Connect(connect("sip:s2")));
    assert_eq!(
        drain(&mut client),
        [answer(SECOND, ReasonCode::ACCEPTED), connected(SECOND, connect("sip:s2"))]
    );
    assert_eq!((client.state(FIRST), client.state(SECOND)), (State::InUse, State::InUse));

    // A message about the first call that arrives where the second one is: the identity counts.
    client.handle_message(SECOND, &SessionMessage::Disconnect(disconnect("sip:s1")));
    assert_eq!(
        drain(&mut client),
        [answer(SECOND, ReasonCode::ACCEPTED), ClientOutput::Disconnected { on: FIRST }]
    );
    assert_eq!((client.state(FIRST), client.state(SECOND)), (State::NotInUse, State::InUse));
}

//= 24.380-9.2.2:par test
#[test]
fn a_disconnect_for_a_call_nobody_knows_disturbs_no_session() {
    let mut client = client();
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    drain(&mut client);
    for on in [FIRST, SECOND, ClientSession(9)] {
        client.handle_message(on, &SessionMessage::Disconnect(disconnect("sip:other")));
        assert_eq!(drain(&mut client), []);
    }
    assert_eq!(client.state(FIRST), State::InUse);
    // Without identity the path says which session is meant.
    let nameless = Disconnect { session_identity: None, ..disconnect("") };
    client.handle_message(SECOND, &SessionMessage::Disconnect(nameless.clone()));
    assert_eq!(drain(&mut client), []);
    client.handle_message(FIRST, &SessionMessage::Disconnect(nameless));
    let ended = ClientOutput::Disconnected { on: FIRST };
    assert_eq!(drain(&mut client), [answer(FIRST, ReasonCode::ACCEPTED), ended]);
}

#[test]
fn the_release_of_a_session_ends_its_call() {
    let mut client = client();
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    drain(&mut client);
    client.released(FIRST);
    client.released(SECOND);
    assert_eq!(drain(&mut client), [ClientOutput::Disconnected { on: FIRST }]);
    client.handle_message(FIRST, &SessionMessage::Connect(connect("sip:s1")));
    assert_eq!((drain(&mut client), client.state(FIRST)), (vec![], State::StartStop));
}

#[test]
fn what_a_participating_function_may_not_send_is_discarded() {
    let mut client = client();
    client.handle_message(FIRST, &acknowledge(ReasonCode::ACCEPTED));
    assert!(matches!(outputs(&mut client)[..], [ClientOutput::Event(_)]));
}

/// The REFER of the client has come to nothing: there never was an identity.
#[test]
fn a_client_that_has_asked_for_a_call_hears_that_there_is_none() {
    let mut client = client();
    let nameless = SessionMessage::Disconnect(Disconnect { session_identity: None, ..disconnect("") });
    client.handle_message(FIRST, &nameless);
    assert_eq!(drain(&mut client), []);
    client.asked(FIRST);
    client.handle_message(FIRST, &nameless);
    let ended = ClientOutput::Disconnected { on: FIRST };
    assert_eq!(drain(&mut client), [answer(FIRST, ReasonCode::ACCEPTED), ended]);
    // A copy: our Acknowledge was lost.
    client.handle_message(FIRST, &nameless);
    assert_eq!(drain(&mut client), [answer(FIRST, ReasonCode::ACCEPTED)]);
    assert_eq!(client.state(FIRST), State::NotInUse);
}
