//! Pre-established sessions (clause 8), calls over them (10.1.1.3.1.2, 11.1.3.2.1.2) and what the client is told about them
//! (TS 24.380 clause 9).

use call_control::client::{ClientCommand, ClientEvent, GroupCall, SessionCall, SessionId};
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, members, seconds};
use crate::rig::{Actor, Rig, Unmet};

const SESSIONS: &str = "sip:sessions@mc.example.org";
/// The first session of each client.
const SESSION: SessionId = SessionId(1);

fn establish(rig: &mut Rig, actor: Actor) -> Result<(), Unmet> {
    rig.signal(actor, ClientCommand::EstablishSession { identity: SESSIONS.into() });
    rig.expect(actor, "a pre-established session", |event| {
        matches!(event, UeEvent::Client(ClientEvent::SessionEstablished(_)))
    })
}

/// Members of the fire group of which the first `sessions` have a session.
fn with_sessions<const N: usize>(
    rig: &mut Rig,
    users: [&str; N],
    sessions: usize,
) -> Result<[Actor; N], Unmet> {
    let actors = members(rig, users)?;
    for actor in actors.iter().take(sessions) {
        establish(rig, *actor)?;
    }
    rig.advance(MOMENT);
    Ok(actors)
}

/// Calls the fire group over the session.
fn call(rig: &mut Rig, actor: Actor) -> Result<(), Unmet> {
    let call = SessionCall::Group(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) });
    rig.signal(actor, ClientCommand::CallOverSession { session: SESSION, call });
    established(rig, actor)
}

fn established(rig: &mut Rig, actor: Actor) -> Result<(), Unmet> {
    rig.expect(actor, "call", |event| matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_))))
}

/// Alice calls over her session, bob comes on his and carol on demand; everybody talks once.
fn call_and_talk(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = with_sessions(rig, [ALICE, BOB, CAROL], 2)?;
    call(rig, actors[0])?;
    for actor in &actors[1..] {
        established(rig, *actor)?;
    }
    for talker in actors {
        rig.press(talker);
        rig.speak(talker, MOMENT);
        rig.advance(MOMENT);
        for listener in actors.into_iter().filter(|listener| *listener != talker) {
            if !rig.events(listener).iter().any(|event| matches!(event, UeEvent::Voice { .. })) {
                return Err(Unmet("the voice of everybody at everybody else"));
            }
        }
        rig.release(talker);
        rig.advance(MOMENT);
    }
    Ok(actors)
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "PES-01/set-up",
        title: "a session is answered with a URI of its own and a session timer",
        requirements: &["24.379-8.2.2:9"],
        configuration: "",
        scenario: |rig| with_sessions(rig, [ALICE], 1).map(|_| ()),
    },
    &Case {
        id: "PES-01/life",
        title: "a call by REFER between two sessions and a client without one: everybody is heard, the caller leaves by REFER, the session serves the next call and ends with BYE",
        requirements: &[
            "24.379-10.1.1.3.1.2:refer",
            "24.379-10.1.1.3.1.2:norefersub",
            "24.379-11.1.3.2.1.2:server",
            "24.379-10.1.1.4.2:14gv",
        ],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = call_and_talk(rig)?;
            rig.leave(alice);
            rig.advance(MOMENT);
            rig.leave(carol);
            rig.advance(seconds(1));
            if rig.in_call(alice) || rig.in_call(bob) {
                return Err(Unmet("the end of the call"));
            }
            rig.events(alice);
            call(rig, alice)?;
            rig.advance(MOMENT);
            rig.signal(alice, ClientCommand::ReleaseSession { session: SESSION });
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PES-01/connect-repeated",
        title: "Connect is repeated C55 times while the called client does not acknowledge it",
        requirements: &["24.380-9.3:t55"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, _] = with_sessions(rig, [ALICE, BOB, CAROL], 2)?;
            rig.deafen(bob);
            call(rig, alice)?;
            rig.advance(seconds(8));
            Ok(())
        },
    },
    &Case {
        id: "PES-01/disconnect-repeated",
        title: "Disconnect is repeated C56 times while the client does not acknowledge it",
        requirements: &["24.380-9.3:t56"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = with_sessions(rig, [ALICE, BOB, CAROL], 2)?;
            call(rig, alice)?;
            established(rig, bob)?;
            rig.advance(seconds(1));
            rig.deafen(bob);
            rig.leave(alice);
            rig.leave(carol);
            rig.advance(seconds(8));
            Ok(())
        },
    },
    &Case {
        id: "PES-01/acknowledged",
        title: "a client acknowledges Connect and Disconnect at once",
        requirements: &["24.380-9.2.2:conn", "24.380-9.2.2:disc"],
        configuration: "",
        scenario: |rig| {
            let [alice, _, carol] = call_and_talk(rig)?;
            rig.leave(carol);
            rig.leave(alice);
            rig.advance(seconds(1));
            Ok(())
        },
    },
];
