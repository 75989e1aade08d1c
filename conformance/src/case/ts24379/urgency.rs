//! Calls that become urgent while they run, or begin so (10.1.1.4.2, 10.1.1.4.7): imminent peril, and what outranks it.

use call_control::client::{CallPriority, ClientCommand, GroupCall, PriorityChange, Urgency};

use crate::case::Case;
use crate::case::actors::{BOB, FIRE, idle_call, members, seconds};
use crate::rig::{Actor, Rig, Unmet};

/// The participant asks for another urgency of its call.
fn changes(rig: &mut Rig, actor: Actor, change: PriorityChange) -> Result<(), Unmet> {
    let call = rig.call_of(actor).ok_or(Unmet("a call"))?;
    let wanted = CallPriority { call, change, implicit_request: false, resource_priority: None };
    rig.signal(actor, ClientCommand::ChangePriority(wanted));
    rig.advance(seconds(2));
    Ok(())
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "GC-10/peril",
        title: "a call that becomes one of imminent peril is that for everybody in it",
        requirements: &["24.379-6.3.3.1.15"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = idle_call(rig)?;
            // Nobody has just come: that would excuse the target.
            rig.advance(seconds(4));
            changes(rig, alice, PriorityChange::ImminentPeril)
        },
    },
    &Case {
        id: "GC-10/outranked",
        title: "an emergency outranks the imminent peril of a call: everybody hears of the one and no more of the other",
        requirements: &["24.379-6.3.3.1.15", "24.379-6.3.3.1.6"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = idle_call(rig)?;
            // Nobody has just come: that would excuse the target.
            rig.advance(seconds(4));
            changes(rig, alice, PriorityChange::ImminentPeril)?;
            changes(rig, alice, PriorityChange::Emergency { alert: false })
        },
    },
    &Case {
        id: "GC-10/not-authorised",
        title: "an imminent peril call of somebody without the right is refused with 403 and imminentperil-ind false",
        requirements: &["24.379-10.1.1.4.2:11"],
        configuration: "",
        scenario: |rig| {
            let [bob] = members(rig, [BOB])?;
            let call = GroupCall { urgency: Urgency::ImminentPeril, ..GroupCall::new(FIRE) };
            rig.signal(bob, ClientCommand::CallGroup(call));
            rig.advance(seconds(1));
            Ok(())
        },
    },
];
