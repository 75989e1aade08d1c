//! Emergency alerts without a call (12.1).

use call_control::client::{Announcement, ClientCommand, ClientEvent, GroupAnnouncement};
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, members};
use crate::rig::{Actor, Rig, Unmet};

/// Says it to the fire group and waits for the answer.
fn say(rig: &mut Rig, actor: Actor, what: Announcement) -> Result<(), Unmet> {
    let alert = GroupAnnouncement { group: FIRE.into(), what, location: None, resource_priority: None };
    rig.events(actor);
    rig.signal(actor, ClientCommand::Announce(alert));
    rig.expect(actor, "an answer to the alert", |event| {
        matches!(event, UeEvent::Client(ClientEvent::AnnouncementAnswered { .. }))
    })?;
    rig.advance(MOMENT);
    Ok(())
}

fn cancel(originated_by: Option<&str>) -> Announcement {
    Announcement::CancelAlert { originated_by: originated_by.map(Into::into), emergency: false }
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "EA-01/alert",
        title: "an alert reaches all other affiliated members",
        requirements: &["24.379-12.1.3.1:fan"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB, CAROL])?;
            say(rig, alice, Announcement::Alert)
        },
    },
    &Case {
        id: "EA-01/receipt",
        title: "who alerts is told that it was received, and nobody is called",
        requirements: &["24.379-12.1.3.1:20", "24.379-12.1.3.1:nocall"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB, CAROL])?;
            say(rig, alice, Announcement::Alert)
        },
    },
    &Case {
        id: "EA-01/cancelled",
        title: "the end of an alert reaches all other affiliated members",
        requirements: &["24.379-12.1.3.2:open", "24.379-12.1.3.1:fan"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB, CAROL])?;
            say(rig, alice, Announcement::Alert)?;
            say(rig, alice, cancel(None))
        },
    },
    &Case {
        id: "EA-01/not-authorised",
        title: "an alert of somebody without the right is refused with 403 and alert-ind false",
        requirements: &["24.379-12.1.3.1:4a"],
        configuration: "",
        scenario: |rig| {
            let [_, bob] = members(rig, [ALICE, BOB])?;
            say(rig, bob, Announcement::Alert)
        },
    },
    &Case {
        id: "EA-01/cancel-refused",
        title: "who may not end the alert of another one is refused with 403 and alert-ind true",
        requirements: &["24.379-12.1.3.2:1a"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob] = members(rig, [ALICE, BOB])?;
            say(rig, alice, Announcement::Alert)?;
            say(rig, bob, cancel(Some(ALICE)))
        },
    },
    &Case {
        id: "EA-02/late",
        title: "who affiliates while an alert stands is told of it",
        requirements: &["24.379-12.1.3.4", "24.379-9.2.2.3.3:14"],
        configuration: "",
        scenario: |rig| {
            let [alice, _] = members(rig, [ALICE, BOB])?;
            say(rig, alice, Announcement::Alert)?;
            members(rig, [CAROL])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
];
