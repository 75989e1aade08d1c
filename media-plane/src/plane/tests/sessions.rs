//! The participating function: calls over pre-established sessions.

use mcptt_codec::session::{
    Acknowledge, Connect, Disconnect, ReasonCode, SessionIdentity, SessionMessage, SessionType,
};
use proptest::prelude::*;

use super::relay::{CLIENT, CONTROLLING, hostile, peer};
use super::*;
use crate::session::client::State;
use crate::session::{Availability, ClientOutput, ClientSession, PreEstablishedClient};
use crate::signalling::SessionSignalling;
use crate::testing::cases;

fn connect() -> Connect {
    Connect {
        ack_requested: true,
        session_identity: Some(SessionIdentity {
            session_type: SessionType::PREARRANGED,
            uri: "sip:sess7@cf.example.org".into(),
        }),
        group_identity: settings().group,
        ..Connect::default()
    }
}

fn acknowledge(code: ReasonCode) -> Bytes {
    let acknowledge = Acknowledge { reason_code: Some(code), ..Acknowledge::default() };
    SessionMessage::Acknowledge(acknowledge).encode().unwrap()
}

/// What was sent, without the SSRC that we have drawn.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a few of them, in tests")]
enum To {
    Client(SessionMessage),
    Relayed(u8, u16, Bytes),
}

impl Rig {
    /// A pre-established session that no call uses.
    fn pre_established() -> Self {
        let mut rig = Self::new(Config::default());
        rig.know(&peer(CLIENT));
        rig.know(&peer(CONTROLLING));
        rig.signal(Signalling::Session(SessionSignalling::Established {
            session: CALL,
            musik: true,
            client: Box::new(peer(CLIENT)),
        }));
        rig.drain();
        rig
    }

    /// A call is about to use the session.
    fn connecting() -> Self {
        let mut rig = Self::pre_established();
        rig.use_session(connect());
        rig
    }

    /// A call uses the session.
    fn in_use() -> Self {
        let mut rig = Self::connecting();
        rig.drain();
        rig.raw(path(CLIENT, FLOOR), &acknowledge(ReasonCode::ACCEPTED));
        assert_eq!(rig.indications(), [Indication::SessionAccepted { session: CALL }]);
        rig
    }

    fn use_session(&mut self, connect: Connect) {
        self.signal(Signalling::Session(SessionSignalling::Connect {
            session: CALL,
            group: settings().group,
            controlling: Box::new(peer(CONTROLLING)),
            connect: Box::new(connect),
        }));
    }

    fn end_use(&mut self) {
        self.signal(Signalling::Session(SessionSignalling::Disconnect { session: CALL, acknowledged: true }));
    }

    /// What was sent.
    fn to(&mut self) -> Vec<To> {
        let sent = self.octets();
        let kind = |(leg, port, octets): (u8, u16, Bytes)| match SessionMessage::decode(&octets) {
            Ok(decoded) if leg == CLIENT && port == FLOOR => {
                let mut message = decoded.value;
                assert_ne!(message.ssrc(), Ssrc(0));
                message.set_ssrc(Ssrc(0));
                To::Client(message)
            }
            _ => To::Relayed(leg, port, octets),
        };
        sent.into_iter().map(kind).collect()
    }
}

fn told_connect() -> To {
    To::Client(SessionMessage::Connect(connect()))
}

fn told_disconnect() -> To {
    let session_identity = connect().session_identity;
    To::Client(SessionMessage::Disconnect(Disconnect {
        ack_requested: true,
        session_identity,
        ..Disconnect::default()
    }))
}

//= 24.380-9.1 test
#[test]
fn a_call_uses_the_session_from_the_acceptance_to_the_disconnection() {
    let mut rig = Rig::connecting();
    assert_eq!(rig.to(), [told_connect()]);
    rig.raw(path(CLIENT, FLOOR), &acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.indications(), [Indication::SessionAccepted { session: CALL }]);
    rig.raw(path(CLIENT, FLOOR), &request(1));
    rig.raw(path(CONTROLLING, AUDIO), &rtp(5, 1));
    assert_eq!(
        rig.to(),
        [To::Relayed(CONTROLLING, FLOOR, request(1)), To::Relayed(CLIENT, AUDIO, rtp(5, 1))]
    );
    rig.end_use();
    assert_eq!(rig.to(), [told_disconnect()]);
    // From now on nothing is relayed and the other side is unknown.
    rig.raw(path(CLIENT, FLOOR), &request(1));
    rig.raw(path(CONTROLLING, AUDIO), &rtp(5, 2));
    assert_eq!(rig.to(), []);
    assert_eq!((rig.discarded(Discard::SessionNotInUse), rig.discarded(Discard::UnknownSource)), (1, 1));
    rig.raw(path(CLIENT, FLOOR), &acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.indications(), [Indication::SessionDisconnected { session: CALL, acknowledged: true }]);
    assert_eq!((rig.plane.routes.len(), rig.plane.poll_timeout()), (2, None));
    // And again.
    rig.use_session(connect());
    assert_eq!(rig.to(), [told_connect()]);
}

/// TS 24.379 8.3: the client is somewhere else, in the middle of its call.
#[test]
fn a_client_that_has_moved_is_served_where_it_is_and_nowhere_else() {
    const MOVED: u8 = 3;
    let mut rig = Rig::in_use();
    rig.know(&peer(MOVED));
    let client = crate::signalling::PeerLeg { leg: peer(CLIENT).leg, ..peer(MOVED) };
    rig.signal(Signalling::Session(SessionSignalling::Modified { session: CALL, client: Box::new(client) }));
    rig.drain();
    rig.raw(path(CONTROLLING, AUDIO), &rtp(5, 1));
    rig.raw(path(MOVED, FLOOR), &request(1));
    assert_eq!(rig.to(), [To::Relayed(MOVED, AUDIO, rtp(5, 1)), To::Relayed(CONTROLLING, FLOOR, request(1))]);
    rig.raw(path(CLIENT, FLOOR), &request(1));
    assert_eq!((rig.to(), rig.discarded(Discard::UnknownSource)), (vec![], 1));

    // Where somebody else is it does not go: it stays where it was.
    let taken = crate::signalling::PeerLeg { leg: peer(CLIENT).leg, ..peer(CONTROLLING) };
    rig.signal(Signalling::Session(SessionSignalling::Modified { session: CALL, client: Box::new(taken) }));
    let refused = Indication::LegRefused {
        call: CALL,
        leg: peer(CLIENT).leg,
        reason: crate::signalling::Refusal::AddressInUse,
    };
    assert_eq!(rig.indications(), [refused]);
    rig.raw(path(CONTROLLING, AUDIO), &rtp(5, 2));
    assert_eq!(rig.to(), [To::Relayed(MOVED, AUDIO, rtp(5, 2))]);
}

//= 24.380-9.3:t55 test
#[test]
fn a_client_that_does_not_answer_is_asked_c55_times() {
    let mut rig = Rig::connecting();
    rig.advance(Duration::from_secs(5));
    assert_eq!(rig.to(), [told_connect(), told_connect(), told_connect()]);
    rig.advance(Duration::from_secs(1));
    assert_eq!(rig.indications(), [Indication::SessionNotAnswered { session: CALL }]);
    assert_eq!((rig.plane.routes.len(), rig.plane.poll_timeout()), (2, None));
}

//= 24.380-9.3:t56 test
#[test]
fn a_client_that_does_not_hear_the_end_is_told_c56_times() {
    let mut rig = Rig::in_use();
    rig.end_use();
    rig.advance(Duration::from_secs(5));
    assert_eq!(rig.to(), [told_disconnect(), told_disconnect(), told_disconnect()]);
    rig.advance(Duration::from_secs(1));
    assert_eq!(rig.indications(), [Indication::SessionDisconnected { session: CALL, acknowledged: false }]);
    assert_eq!(rig.plane.poll_timeout(), None);
}

#[test]
fn a_refusal_frees_the_side_of_the_call() {
    for code in [ReasonCode::BUSY, ReasonCode::NOT_ACCEPTED] {
        let mut rig = Rig::connecting();
        rig.drain();
        rig.raw(path(CLIENT, FLOOR), &acknowledge(code));
        assert_eq!(rig.indications(), [Indication::SessionRefused { session: CALL, code }]);
        assert_eq!((rig.plane.routes.len(), rig.plane.poll_timeout()), (2, None));
    }
}

#[test]
fn floor_messages_wait_until_the_client_has_accepted_and_voice_does_not() {
    let mut rig = Rig::connecting();
    rig.drain();
    for leg in 1..=20 {
        rig.raw(path(CONTROLLING, FLOOR), &request(leg));
    }
    rig.raw(path(CONTROLLING, AUDIO), &rtp(5, 1));
    rig.raw(path(CLIENT, FLOOR), &request(1));
    rig.raw(path(CLIENT, AUDIO), &rtp(1, 1));
    assert_eq!(rig.to(), []);
    assert_eq!(rig.discarded(Discard::SessionNotInUse), 3);
    // The oldest have made room.
    rig.raw(path(CLIENT, FLOOR), &acknowledge(ReasonCode::ACCEPTED));
    let held: Vec<_> = (5..=20).map(|leg| To::Relayed(CLIENT, FLOOR, request(leg))).collect();
    assert_eq!(rig.to(), held);
}

#[test]
fn a_session_carries_one_call_at_a_time() {
    let mut rig = Rig::in_use();
    rig.use_session(connect());
    let refused = Indication::LegRefused { call: CALL, leg: LegRef(2), reason: Refusal::SessionState };
    assert_eq!(rig.indications(), [refused]);
    let unknown = SessionSignalling::Connect {
        session: CallRef(99),
        group: None,
        controlling: Box::new(peer(3)),
        connect: Box::new(connect()),
    };
    rig.signal(Signalling::Session(unknown));
    let refused = Indication::LegRefused { call: CallRef(99), leg: LegRef(3), reason: Refusal::UnknownCall };
    assert_eq!(rig.indications(), [refused]);
    assert_eq!(rig.plane.routes.len(), 4);
}

#[test]
fn a_change_is_told_and_does_not_interrupt_the_call() {
    let mut rig = Rig::in_use();
    let change = SessionSignalling::Changed { session: CALL, connect: Box::new(connect()) };
    rig.signal(Signalling::Session(change.clone()));
    rig.raw(path(CLIENT, AUDIO), &rtp(1, 1));
    assert_eq!(rig.to(), [told_connect(), To::Relayed(CONTROLLING, AUDIO, rtp(1, 1))]);
    rig.raw(path(CLIENT, FLOOR), &acknowledge(ReasonCode::ACCEPTED));
    assert_eq!((rig.indications(), rig.plane.poll_timeout()), (vec![], None));
    // Without a call there is nothing to change.
    let mut rig = Rig::pre_established();
    rig.signal(Signalling::Session(change));
    assert_eq!(rig.drain(), []);
}

#[test]
fn the_release_of_the_session_ends_everything() {
    for mut rig in [Rig::pre_established(), Rig::connecting(), Rig::in_use()] {
        rig.drain();
        rig.signal(Signalling::ReleaseFinished { call: CALL });
        assert_eq!(rig.to(), []);
        assert_eq!((rig.plane.calls(), rig.plane.routes.len(), rig.plane.poll_timeout()), (0, 0, None));
    }
}

#[test]
fn only_the_client_speaks_about_its_session() {
    let mut rig = Rig::connecting();
    rig.drain();
    rig.raw(path(CONTROLLING, FLOOR), &acknowledge(ReasonCode::ACCEPTED));
    assert_eq!(rig.events(), [discarded(CONTROLLING, Stream::Floor, Discard::NotFloorControl, 1)]);
    // Unknown and broken messages of the client mean nothing.
    rig.raw(path(CLIENT, FLOOR), &[0x8f, 0xcc, 0, 2, 0x55, 0, 0, 1, b'M', b'C', b'P', b'C']);
    assert_eq!(rig.events(), [discarded(CLIENT, Stream::Floor, Discard::UnknownMessage, 1)]);
    rig.raw(path(CLIENT, FLOOR), &SessionMessage::Connect(connect()).encode().unwrap());
    assert_eq!(rig.to(), []);
    assert_eq!(rig.plane.counters().session_received, 1);
}

/// Hands what was sent to a client to the client, and what it answers to us.
fn serve(rig: &mut Rig, client: &mut PreEstablishedClient) -> Vec<ClientOutput> {
    const SESSION: ClientSession = ClientSession(1);
    let mut seen = Vec::new();
    for (leg, port, octets) in rig.octets() {
        if (leg, port) == (CLIENT, FLOOR) {
            client.handle_message(SESSION, &SessionMessage::decode(&octets).unwrap().value);
        }
    }
    while let Some(output) = client.poll_output() {
        match output {
            ClientOutput::Send { message, .. } => rig.raw(path(CLIENT, FLOOR), &message.encode().unwrap()),
            ClientOutput::Event(_) => {}
            other => seen.push(other),
        }
    }
    seen
}

//= 24.380-9.2.2:conn test
//= 24.380-9.2.2:disc test
#[test]
fn an_honest_client_accepts_uses_and_leaves() {
    let mut client = PreEstablishedClient::new(ssrc(1));
    client.established(ClientSession(1));
    let mut rig = Rig::connecting();
    let seen = serve(&mut rig, &mut client);
    assert!(matches!(&seen[..], [ClientOutput::Connected { connect: told, .. }]
        if told.session_identity == connect().session_identity));
    assert_eq!(rig.indications(), [Indication::SessionAccepted { session: CALL }]);
    rig.end_use();
    assert_eq!(serve(&mut rig, &mut client), [ClientOutput::Disconnected { on: ClientSession(1) }]);
    assert_eq!(rig.indications(), [Indication::SessionDisconnected { session: CALL, acknowledged: true }]);
    client.set_availability(Availability::Refusing(ReasonCode::BUSY));
    rig.use_session(connect());
    assert_eq!(serve(&mut rig, &mut client), []);
    assert_eq!(rig.indications(), [Indication::SessionRefused { session: CALL, code: ReasonCode::BUSY }]);
    assert_eq!(client.state(ClientSession(1)), State::NotInUse);
}

#[derive(Clone, Debug)]
enum Step {
    Raw(u8, u16, Vec<u8>),
    Acknowledge(u16),
    Use,
    End,
    Pass(u64),
}

proptest! {
    #![proptest_config(cases(128))]

    /// Whatever comes in whatever order: nothing panics, nothing is relayed but in use, and at most C55 Connect and C56
    /// Disconnect follow one request of call control.
    //= 24.380-9.3:t55 test
    #[test]
    fn nothing_is_relayed_but_in_use(
        steps in proptest::collection::vec(
            prop_oneof![
                4 => (1_u8..4, 0_u16..6, hostile()).prop_map(|(leg, port, octets)| Step::Raw(leg, port, octets)),
                3 => (0_u16..4).prop_map(Step::Acknowledge),
                1 => Just(Step::Use),
                1 => Just(Step::End),
                2 => (0_u64..4_000).prop_map(Step::Pass),
            ],
            0..60,
        ),
    ) {
        let mut rig = Rig::pre_established();
        let (mut in_use, mut copies) = (false, 0);
        for step in steps {
            let relayed_before = {
                let counters = rig.plane.counters();
                counters.media_relayed + counters.floor_relayed + counters.reports_relayed
            };
            match step {
                Step::Raw(leg, port, octets) => rig.raw(path(leg, port), &octets),
                Step::Acknowledge(code) => rig.raw(path(CLIENT, FLOOR), &acknowledge(ReasonCode(code))),
                Step::Use => {
                    copies = 0;
                    rig.use_session(connect());
                }
                Step::End => {
                    copies = 0;
                    rig.end_use();
                }
                Step::Pass(pause) => rig.advance(Duration::from_millis(pause)),
            }
            let was_in_use = in_use;
            for output in rig.drain() {
                match output {
                    Output::Indication(Indication::SessionAccepted { .. }) => in_use = true,
                    Output::Indication(
                        Indication::SessionRefused { .. } | Indication::SessionDisconnected { .. },
                    ) => in_use = false,
                    Output::Transmit(transmit) if transmit.path == path(CLIENT, FLOOR) => {
                        let session = transmit.payload.get(8..12) == Some(b"MCPC");
                        copies += u32::from(session);
                        prop_assert!(copies <= 3 + 3);
                    }
                    _ => {}
                }
            }
            let counters = rig.plane.counters();
            let relayed = counters.media_relayed + counters.floor_relayed + counters.reports_relayed;
            prop_assert!(relayed == relayed_before || in_use || was_in_use);
        }
    }
}
