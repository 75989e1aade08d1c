//! Location (13): configuration after registration, triggers, request and report.

use call_control::client::{Announcement, ClientCommand, GroupAnnouncement, RemoteRequest};
use call_control::location::{Place, Position};

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, FIRE, MOMENT, members, seconds};
use crate::rig::{Actor, Rig};

/// Clients report every cell, at most once in five seconds.
const CONFIGURED: &str = "
[location]
cell-change = true
minimum-interval = \"5s\"
";

/// Alice may ask where others are.
const MAY_ASK: &str = "
[[user]]
mcptt-id = \"sip:alice@mc.example.org\"
location-requests = true
emergency-alert = true
[[user]]
mcptt-id = \"sip:bob@mc.example.org\"
";

/// The UE is in one cell and then in another.
fn goes(rig: &mut Rig, actor: Actor, cell: u8) {
    let serving_ecgi = Some(format!("262001{cell:028b}").as_str().into());
    let place = Place { serving_ecgi, position: Position::new(48.2, 16.4), ..Place::default() };
    rig.signal(actor, ClientCommand::MoveTo(Box::new(place)));
    rig.advance(MOMENT);
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "LOC-01/configuration",
        title: "a client is told what to report once it is authorised, and its reports are answered",
        requirements: &["24.379-13.2.2", "24.379-13.2.4"],
        configuration: CONFIGURED,
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.advance(MOMENT);
            goes(rig, alice, 1);
            goes(rig, alice, 2);
            rig.advance(seconds(6));
            goes(rig, alice, 3);
            Ok(())
        },
    },
    &Case {
        id: "LOC-01/request",
        title: "who may do so asks where a user is; the client says so with the identifier of the request",
        requirements: &["24.379-13.2.3"],
        configuration: MAY_ASK,
        scenario: |rig| {
            let [alice, bob] = members(rig, [ALICE, BOB])?;
            goes(rig, bob, 1);
            let user = BOB.into();
            rig.signal(alice, ClientCommand::AskUser { user, request: RemoteRequest::Locate });
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "LOC-01/alert",
        title: "an alert carries where its user is, also where it was reported before",
        requirements: &["24.379-13.2.2", "24.379-13.2.4"],
        configuration: CONFIGURED,
        scenario: |rig| {
            let [alice, _] = members(rig, [ALICE, BOB])?;
            goes(rig, alice, 1);
            goes(rig, alice, 2);
            let what = Announcement::Alert;
            let alert =
                GroupAnnouncement { group: FIRE.into(), what, location: None, resource_priority: None };
            rig.signal(alice, ClientCommand::Announce(alert));
            rig.advance(MOMENT);
            Ok(())
        },
    },
];
