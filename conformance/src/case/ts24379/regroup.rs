//! Regroups with the settings of a preconfigured group (16), and the calls of the regroup (10.1.1.5).

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall, RegroupRequest};
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, ERIN, FIRE, MOMENT, RAIL};
use crate::rig::{Actor, Rig, Unmet};

const PATTERN: &str = "sip:pattern@mc.example.org";
const BOTH: &str = "sip:both@mc.example.org";

/// Two groups, one that lends its settings, and one that is closed.
const CONFIGURATION: &str = "
[[group]]
id = \"sip:fire-1@mc.example.org\"
protect-media = false
members = [{ mcptt-id = \"sip:alice@mc.example.org\" }, { mcptt-id = \"sip:bob@mc.example.org\" }]
[[group]]
id = \"sip:rail-1@mc.example.org\"
protect-media = false
members = [{ mcptt-id = \"sip:erin@mc.example.org\" }]
[[group]]
id = \"sip:pattern@mc.example.org\"
preconfigured-use-only = true
protect-media = false
members = []
[[group]]
id = \"sip:closed@mc.example.org\"
disabled = true
members = []
";

/// Alice and bob in the fire group, erin at the railway.
fn logged_in(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = [ALICE, BOB, ERIN].map(|user| rig.client_with(user, |client| client.suites.clear()));
    for (actor, group) in actors.into_iter().zip([FIRE, FIRE, RAIL]) {
        rig.log_in(actor, &[group])?;
    }
    Ok(actors)
}

fn ask(rig: &mut Rig, actor: Actor, groups: &[&str]) {
    let groups = groups.iter().map(|group| (*group).into()).collect();
    let (preconfigured, regroup) = (PATTERN.into(), BOTH.into());
    rig.signal(actor, ClientCommand::Regroup(RegroupRequest::OfGroups { preconfigured, regroup, groups }));
    rig.advance(MOMENT);
}

/// The three are part of a regroup of both groups.
fn regrouped(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = logged_in(rig)?;
    ask(rig, actors[0], &[FIRE, RAIL]);
    for actor in actors {
        rig.expect(actor, "regroup", |event| {
            matches!(event, UeEvent::Client(ClientEvent::Regrouped { over: false, .. }))
        })?;
    }
    Ok(actors)
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "GRP-01/regroup",
        title: "a regroup stands when the functions of all its groups have accepted",
        requirements: &["24.379-16.2.3.1:4", "24.379-16.2.3.1:6"],
        configuration: CONFIGURATION,
        scenario: |rig| {
            regrouped(rig)?;
            Ok(())
        },
    },
    &Case {
        id: "GRP-01/refused",
        title: "one function that refuses undoes the regroup",
        requirements: &["24.379-16.2.3.1:6"],
        configuration: CONFIGURATION,
        scenario: |rig| {
            let [alice, ..] = logged_in(rig)?;
            ask(rig, alice, &[FIRE, "sip:closed@mc.example.org"]);
            Ok(())
        },
    },
    &Case {
        id: "GRP-01/in-use",
        title: "an identity that is in use is refused with 403 and warning 165",
        requirements: &["24.379-16.2.3.1:3"],
        configuration: CONFIGURATION,
        scenario: |rig| {
            let [alice, ..] = regrouped(rig)?;
            ask(rig, alice, &[FIRE]);
            Ok(())
        },
    },
    &Case {
        id: "GRP-01/unknown",
        title: "the end of a regroup that does not exist is refused with 403 and warning 163",
        requirements: &["24.379-16.2.3.2:3"],
        configuration: CONFIGURATION,
        scenario: |rig| {
            let [alice, ..] = logged_in(rig)?;
            let (preconfigured, regroup) = (PATTERN.into(), BOTH.into());
            let removal = RegroupRequest::Remove { preconfigured, regroup };
            rig.signal(alice, ClientCommand::Regroup(removal));
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-03/regrouped",
        title: "a group that is part of a regroup is called with 403 and warning 148 for an answer",
        requirements: &["24.379-10.1.1.4.2:4c"],
        configuration: CONFIGURATION,
        scenario: |rig| {
            let [_, bob, _] = regrouped(rig)?;
            rig.signal(bob, ClientCommand::CallGroup(GroupCall::new(FIRE)));
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GRP-01/call",
        title: "the call of a regroup reaches the members of all groups, and everybody may talk in turn",
        requirements: &["24.379-16.2.3.1:6"],
        configuration: CONFIGURATION,
        scenario: |rig| {
            let [alice, bob, erin] = regrouped(rig)?;
            rig.call(alice, BOTH, false)?;
            for actor in [bob, erin] {
                rig.expect(actor, "call", |event| {
                    matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)))
                })?;
            }
            rig.advance(MOMENT);
            for talker in [erin, alice, bob] {
                rig.press(talker);
                rig.advance(MOMENT);
                rig.speak(talker, Duration::from_millis(200));
                rig.advance(Duration::from_millis(400));
                rig.release(talker);
                rig.advance(Duration::from_secs(1));
            }
            Ok(())
        },
    },
];
