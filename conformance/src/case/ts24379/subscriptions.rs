//! Subscriptions (7.3.6, 10.1.3), and what is left of a client that logs off (7.3.2, 7.3.5).

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, everybody_is_there, idle_call, members};
use crate::rig::{Actor, Rig, Unmet};

/// Watches who is in its call.
fn watches(rig: &mut Rig, actor: Actor) -> Result<(), Unmet> {
    let call = rig.call_of(actor).ok_or(Unmet("a call"))?;
    rig.signal(actor, ClientCommand::WatchCall { call, expires: 600 });
    rig.advance(MOMENT);
    Ok(())
}

/// Stops serving alice in this way; then she calls.
fn calls_after(rig: &mut Rig, command: ClientCommand) -> Result<(), Unmet> {
    let [alice] = members(rig, [ALICE])?;
    rig.signal(alice, command);
    rig.advance(MOMENT);
    rig.signal(alice, ClientCommand::CallGroup(GroupCall::new(FIRE)));
    rig.expect(alice, "a refusal", |event| matches!(event, UeEvent::Client(ClientEvent::CallFailed { .. })))
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "REG-04/logged-off",
        title: "a client that has logged off is refused with 404 and warning 141 when it calls",
        requirements: &["24.379-7.3.5"],
        configuration: "",
        scenario: |rig| calls_after(rig, ClientCommand::LogOff),
    },
    &Case {
        id: "REG-04/deregistered",
        title: "a client whose registration has ended is refused with 404 and warning 141 when it calls",
        requirements: &["24.379-7.3.2:dereg"],
        configuration: "",
        scenario: |rig| calls_after(rig, ClientCommand::Deregister),
    },
    &Case {
        id: "REG-06/settings",
        title: "who subscribes to the settings is told them at once",
        requirements: &["24.379-7.3.6"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            let headers = "Event: poc-settings\r\nExpires: 600\r\nAccept: application/poc-settings+xml\r\n\
                Accept-Contact: *;+g.3gpp.mcptt;require;explicit\r\n\
                Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit\r\n";
            rig.send_request(alice, "SUBSCRIBE", headers, "");
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-12/watch",
        title: "a member that may watch a call is told at once who is in it",
        requirements: &["24.379-10.1.3.4.1:first"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = idle_call(rig)?;
            watches(rig, alice)
        },
    },
    &Case {
        id: "GC-12/changes",
        title: "who watches a call is told when somebody leaves it",
        requirements: &["24.379-10.1.3.4.2"],
        configuration: "",
        scenario: |rig| {
            let [alice, _, carol] = idle_call(rig)?;
            watches(rig, alice)?;
            rig.leave(carol);
            rig.advance(MOMENT);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-12/not-allowed",
        title: "a member that may not watch calls is refused with 403 and warning 138",
        requirements: &["24.379-10.1.3.4.1:138"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = idle_call(rig)?;
            watches(rig, carol)
        },
    },
    &Case {
        id: "GC-12/broadcast",
        title: "nobody watches a broadcast call: 480 and warning 105",
        requirements: &["24.379-10.1.3.4.1:105"],
        configuration: "",
        scenario: |rig| {
            let actors = members(rig, [ALICE, BOB, CAROL])?;
            let call = GroupCall { broadcast: true, implicit_request: true, ..GroupCall::new(FIRE) };
            rig.signal(actors[0], ClientCommand::CallGroup(call));
            everybody_is_there(rig, &actors)?;
            rig.advance(MOMENT);
            watches(rig, actors[1])
        },
    },
];
