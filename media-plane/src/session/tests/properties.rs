//! What holds whatever happens in whatever order.

use proptest::prelude::*;

use super::*;
use crate::session::client::State as ClientState;
use crate::session::{ClientOutput, ClientSession, PreEstablishedClient};
use crate::testing::cases;

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few of them, in tests")]
enum Step {
    Input(SessionInput),
    Receive(SessionMessage),
    Pass(u64),
}

fn call() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["sip:s1", "sip:s2", "sip:s3"])
}

fn step() -> impl Strategy<Value = Step> {
    let input = prop_oneof![
        Just(SessionInput::Established),
        (call(), any::<bool>()).prop_map(|(uri, ack_requested)| SessionInput::Connect(Box::new(Connect {
            ack_requested,
            ..connect(uri)
        }))),
        any::<bool>().prop_map(|acknowledged| SessionInput::Disconnect { acknowledged }),
        Just(SessionInput::Released),
    ];
    let message = prop_oneof![
        4 => (0_u16..8).prop_map(|code| acknowledge(ReasonCode(code))),
        1 => call().prop_map(|uri| SessionMessage::Connect(connect(uri))),
        1 => call().prop_map(|uri| SessionMessage::Disconnect(disconnect(uri))),
    ];
    prop_oneof![
        3 => input.prop_map(Step::Input),
        3 => message.prop_map(Step::Receive),
        3 => (1_u64..5_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(cases(192))]

    /// At most C55 copies of one Connect and C56 of one Disconnect, never both at a time, and an end to all of it.
    //= 24.380-9.3:t55 test
    //= 24.380-9.3:t56 test
    #[test]
    fn copies_are_counted_and_one_message_is_outstanding(steps in prop::collection::vec(step(), 0..80)) {
        let mut rig = Rig::start();
        rig.input(SessionInput::Established);
        let (mut connects, mut disconnects) = (0, 0);
        for step in steps {
            // Each input of call control may begin another message.
            if let Step::Input(_) = &step {
                (connects, disconnects) = (0, 0);
            }
            match step {
                Step::Input(input) => rig.input(input),
                Step::Receive(message) => rig.receive(&message),
                Step::Pass(duration) => rig.advance(Duration::from_millis(duration)),
            }
            for output in rig.outputs() {
                match output {
                    SessionOutput::Send(SessionMessage::Connect(_)) => connects += 1,
                    SessionOutput::Send(SessionMessage::Disconnect(_)) => disconnects += 1,
                    SessionOutput::Send(other) => prop_assert!(false, "{}", other.name()),
                    _ => {}
                }
            }
            prop_assert!(connects <= 3 && disconnects <= 2, "{connects} Connect, {disconnects} Disconnect");
        }
        rig.advance(Duration::from_secs(60));
        prop_assert_eq!(rig.session.poll_timeout(), None);
        prop_assert!(matches!(rig.session.state(), State::StartStop | State::NotInUse | State::InUse));
    }

    /// With a client at the other end of a path that loses messages both sides agree in the end, and the client answers
    /// nothing that does not ask for it.
    #[test]
    fn both_sides_agree_when_messages_get_through(
        steps in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..30),
    ) {
        const SESSION: ClientSession = ClientSession(1);
        let mut rig = Rig::in_state(State::NotInUse);
        let mut client = PreEstablishedClient::new(CLIENT);
        client.established(SESSION);
        for (begin, lost_down, lost_up) in steps {
            rig.input(if begin {
                SessionInput::Connect(Box::new(connect("sip:s1")))
            } else {
                SessionInput::Disconnect { acknowledged: true }
            });
            exchange(&mut rig, &mut client, SESSION, lost_down, lost_up);
            rig.advance(T55);
            exchange(&mut rig, &mut client, SESSION, false, false);
            let agreed = (rig.session.state() == State::InUse) == (client.state(SESSION) == ClientState::InUse);
            prop_assert!(agreed, "{} {}", rig.session.state(), client.state(SESSION));
        }
    }
}

/// Carries messages to and fro until both sides are silent.
fn exchange(
    rig: &mut Rig,
    client: &mut PreEstablishedClient,
    session: ClientSession,
    lost_down: bool,
    lost_up: bool,
) {
    loop {
        let mut silent = true;
        for output in rig.outputs() {
            if let SessionOutput::Send(message) = output {
                silent = false;
                if !lost_down {
                    client.handle_message(session, &message);
                }
            }
        }
        while let Some(output) = client.poll_output() {
            if let ClientOutput::Send { message, .. } = output {
                silent = false;
                if !lost_up {
                    rig.receive(&message);
                }
            }
        }
        if silent {
            return;
        }
    }
}
