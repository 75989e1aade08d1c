//! Ad hoc group calls (17).

use call_control::client::{AdhocCall, ClientCommand, ClientEvent, Urgency};
use mcptt_codec::id::McpttId;
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, MOMENT};
use crate::rig::{Actor, Rig, Unmet};

/// Everybody may make and take part in ad hoc group calls; alice may do so in an emergency.
const ADHOC: &str = "
[adhoc-calls]
supported = true
[[user]]
mcptt-id = \"sip:alice@mc.example.org\"
adhoc-calls = { call = true, participation = true, emergency = true, imminent-peril = true }
[[user]]
mcptt-id = \"sip:bob@mc.example.org\"
adhoc-calls = { call = true, participation = true }
[[user]]
mcptt-id = \"sip:carol@mc.example.org\"
adhoc-calls = { call = true, participation = true }
";

/// Alice with bob and carol, logged in and affiliated to nothing.
fn everybody(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = [ALICE, BOB, CAROL].map(|user| rig.client_with(user, |client| client.suites.clear()));
    for actor in actors {
        rig.log_in(actor, &[])?;
    }
    Ok(actors)
}

fn users(list: &[&str]) -> Vec<McpttId> {
    list.iter().map(|user| McpttId::from(*user)).collect()
}

fn established(rig: &mut Rig, alice: Actor, call: AdhocCall) -> Result<(), Unmet> {
    rig.signal(alice, ClientCommand::CallAdhoc(call));
    rig.expect(alice, "call", |event| matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_))))?;
    rig.advance(MOMENT);
    Ok(())
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "GC-13/call",
        title: "named users are called as an ad hoc group whose identity the answer tells",
        requirements: &["24.379-17.4.2.1.1", "24.379-17.4.2.2:10"],
        configuration: ADHOC,
        scenario: |rig| {
            let [alice, ..] = everybody(rig)?;
            established(rig, alice, AdhocCall::new(users(&[BOB, CAROL])))
        },
    },
    &Case {
        id: "GC-13/nobody",
        title: "a call of nobody is refused with 403 and warning 187",
        requirements: &["24.379-17.4.2.2:7"],
        configuration: ADHOC,
        scenario: |rig| {
            let [alice, ..] = everybody(rig)?;
            rig.signal(alice, ClientCommand::CallAdhoc(AdhocCall::new(users(&[]))));
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-13/release",
        title: "the initiator releases the call for everybody",
        requirements: &["24.379-6.3.3.2.4:3A"],
        configuration: ADHOC,
        scenario: |rig| {
            let [alice, ..] = everybody(rig)?;
            established(rig, alice, AdhocCall::new(users(&[BOB, CAROL])))?;
            let call = rig.call_of(alice).ok_or(Unmet("a call"))?;
            rig.signal(alice, ClientCommand::ReleaseAdhoc { call });
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-13/emergency",
        title: "an emergency of an ad hoc group call is told to everybody it calls",
        requirements: &["24.379-17.4.2.1.1", "24.379-17.4.2.2:10"],
        configuration: ADHOC,
        scenario: |rig| {
            let [alice, ..] = everybody(rig)?;
            let urgency = Urgency::Emergency { alert: false };
            let resource_priority = Some("mcpttp.15".into());
            let call = AdhocCall { urgency, resource_priority, ..AdhocCall::new(users(&[BOB, CAROL])) };
            established(rig, alice, call)
        },
    },
];
