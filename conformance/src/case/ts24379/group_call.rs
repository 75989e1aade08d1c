//! Prearranged group calls on demand (10.1.1) and their release (6.3.8).

use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, DAVE, FIRE, MOMENT, RAIL, members, seconds};
use crate::rig::{Rig, Unmet};

/// Calls and lets the refusal come.
fn refused(rig: &mut Rig, user: &str, affiliated: &[&str], group: &str) -> Result<(), Unmet> {
    let actor = rig.client(user);
    rig.log_in(actor, affiliated)?;
    rig.signal(actor, ClientCommand::CallGroup(GroupCall::new(group)));
    rig.advance(MOMENT);
    Ok(())
}

/// A chat group and a disabled one beside the embedded groups' members.
const OTHER_GROUPS: &str = "
[[group]]
id = \"sip:chat-1@mc.example.org\"
invite-members = false
members = [{ mcptt-id = \"sip:alice@mc.example.org\" }]
[[group]]
id = \"sip:off-1@mc.example.org\"
disabled = true
members = [{ mcptt-id = \"sip:alice@mc.example.org\" }]
";

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "GC-01/fan-out",
        title: "every other affiliated member gets one INVITE, formed as the clauses say, before the originator is answered",
        requirements: &[
            "24.379-10.1.1.4.2:14gv",
            "24.379-6.3.3.1.2:contact",
            "24.379-6.3.3.1.2:accept",
            "24.379-6.3.3.1.2:timer",
            "24.379-6.3.3.1.2:pai",
            "24.379-6.3.2.1.3",
            "24.379-6.3.2.2.3",
            "24.379-6.3.2.2.5",
        ],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB, CAROL])?;
            rig.call(alice, FIRE, true)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-05/answer",
        title: "the 200 of the controlling and of the participating function has the headers of the clause",
        requirements: &[
            "24.379-6.3.3.2.3.2:hdr",
            "24.379-6.3.2.1.5.2",
            "24.379-4.5",
            "24.379-4.5:opaque",
            "24.379-6.4:echo",
            "24.379-6.2.2:answer",
            "24.380-14.3.3",
        ],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB])?;
            rig.call(alice, FIRE, true)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-02/not-affiliated",
        title: "a member that is not affiliated is refused with 403 and warning 120",
        requirements: &["24.379-10.1.1.4.2:14a"],
        configuration: "",
        scenario: |rig| refused(rig, ALICE, &[], FIRE),
    },
    &Case {
        id: "GC-03/unknown",
        title: "a group without a document is refused with 404 and warning 113",
        requirements: &["24.379-6.3.5.2:2"],
        configuration: "",
        scenario: |rig| refused(rig, ALICE, &[FIRE], "sip:nobody@mc.example.org"),
    },
    &Case {
        id: "GC-03/stranger",
        title: "somebody who is not a member is refused with 403 and warning 116",
        requirements: &["24.379-6.3.5.2:5b"],
        configuration: "",
        scenario: |rig| refused(rig, ALICE, &[FIRE], RAIL),
    },
    &Case {
        id: "GC-03/disabled",
        title: "a disabled group is refused with 403 and warning 115",
        requirements: &["24.379-6.3.5.2:5a"],
        configuration: OTHER_GROUPS,
        scenario: |rig| refused(rig, ALICE, &[], "sip:off-1@mc.example.org"),
    },
    &Case {
        id: "GC-03/chat",
        title: "a chat group called as a prearranged one is refused with 404 and warning 118",
        requirements: &["24.379-6.3.5.2:5d"],
        configuration: OTHER_GROUPS,
        scenario: |rig| refused(rig, ALICE, &[], "sip:chat-1@mc.example.org"),
    },
    &Case {
        id: "GC-04/n6",
        title: "a user with as many group calls as its profile allows is refused with 486 and warning 103",
        requirements: &["24.379-10.1.1.3.1.1:5"],
        configuration: "",
        scenario: |rig| {
            let dave = rig.client(DAVE);
            rig.log_in(dave, &[FIRE, RAIL])?;
            rig.call(dave, FIRE, false)?;
            rig.signal(dave, ClientCommand::CallGroup(GroupCall::new(RAIL)));
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-02/not-bound",
        title: "a call of somebody who is not bound to the service is refused with 404 and warning 141",
        requirements: &["24.379-10.1.1.3.1.1:2a"],
        configuration: "",
        scenario: |rig| {
            let alice = rig.client(ALICE);
            rig.signal(alice, ClientCommand::CallGroup(GroupCall::new(FIRE)));
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PC-02/no-settings",
        title: "a member whose settings are not known is not called: 480 with warning 146 on its leg",
        requirements: &["24.379-10.1.1.3.2:3"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            let bob = rig.client(BOB);
            rig.signal(bob, ClientCommand::Register);
            rig.expect(bob, "registration", |e| {
                matches!(e, UeEvent::Client(ClientEvent::Registered { .. }))
            })?;
            rig.affiliate(bob, &[FIRE])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-09/not-authorised",
        title: "an emergency call of somebody without the right is refused with 403 and both indications false",
        requirements: &["24.379-10.1.1.4.2:10", "24.379-6.3.3.1.14"],
        configuration: "",
        scenario: |rig| {
            let [bob] = members(rig, [BOB])?;
            let urgency = Urgency::Emergency { alert: true };
            rig.signal(bob, ClientCommand::CallGroup(GroupCall { urgency, ..GroupCall::new(FIRE) }));
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-08/late",
        title: "who affiliates while the call runs is invited into it",
        requirements: &["24.379-10.1.1.4.6"],
        configuration: "",
        scenario: |rig| {
            let [alice, _] = members(rig, [ALICE, BOB])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(seconds(1));
            members(rig, [CAROL])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-08/join",
        title: "a second call to the group joins the running one: warning 123, no new invitations, no implicit request",
        requirements: &["24.379-10.1.1.4.2:15j", "24.379-10.1.1.4.2:15r", "24.379-6.4:new", "24.380-14.3.5"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = members(rig, [ALICE, BOB, CAROL])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            rig.leave(carol);
            rig.advance(MOMENT);
            rig.events(carol);
            rig.call(carol, FIRE, true)?;
            rig.advance(MOMENT);
            let _ = bob;
            Ok(())
        },
    },
    &Case {
        id: "GC-07/last",
        title: "the last participant is released with BYE",
        requirements: &["24.379-6.3.8.1:one"],
        configuration: "",
        scenario: |rig| {
            let [alice, _] = members(rig, [ALICE, BOB])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            rig.leave(alice);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-07/talker",
        title: "whoever remains when the talker leaves is released with BYE and hears no more of the floor",
        requirements: &["24.379-6.3.8.1:one", "24.380-6.3.3"],
        configuration: "",
        scenario: |rig| {
            let [alice, _] = members(rig, [ALICE, BOB])?;
            rig.call(alice, FIRE, true)?;
            rig.advance(seconds(1));
            rig.leave(alice);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "GC-07/inactive",
        title: "a call in which nobody asks for the floor is released after T4",
        requirements: &["24.379-6.3.8.1:t4"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(seconds(32));
            Ok(())
        },
    },
];
