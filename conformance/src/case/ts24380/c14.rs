//! What a client can negotiate or say beyond what ours does (6.3.4.4.2, 14): its own SSRC for floor control, a grant with
//! the answer, privacy, its location.

use call_control::client::{CallPriority, ClientCommand, PriorityChange};
use mcptt_codec::Path;
use mcptt_codec::floor::{FloorMessage, FloorRequest, Location};

use super::groups::ONE_HAS_TO_ACCEPT;
use crate::case::Case;
use crate::case::actors::{
    ALICE, BOB, CAROL, MOMENT, bob_talks, floor_release, idle_call, members, seconds, send_floor,
};
use crate::rig::{Actor, Rig, Unmet};

/// Alice, for whom the scenario speaks, calls bob and carol in this way.
fn alice_calls(rig: &mut Rig, headers: &str, fmtp: &str) -> Result<(Actor, Path), Unmet> {
    let [alice, ..] = members(rig, [ALICE, BOB, CAROL])?;
    let [_, remote] = rig.call_with(alice, headers, fmtp)?;
    let [_, _, local] = rig.addresses(alice);
    rig.advance(MOMENT);
    Ok((alice, Path { local, remote }))
}

fn asks(rig: &mut Rig, alice: Actor, path: Path) -> Result<(), Unmet> {
    let request = FloorMessage::Request(FloorRequest { ssrc: rig.ssrc(alice), ..FloorRequest::default() });
    let octets = request.encode().map_err(|_| Unmet("an encodable message"))?;
    rig.inject(path, &octets);
    rig.advance(MOMENT);
    Ok(())
}

/// Alice makes the call an emergency and asks for the floor with the same request.
fn alice_upgrades(rig: &mut Rig, alice: Actor) -> Result<(), Unmet> {
    let call = rig.call_of(alice).ok_or(Unmet("a call"))?;
    let change = PriorityChange::Emergency { alert: false };
    let wanted = CallPriority { call, change, implicit_request: true, resource_priority: None };
    rig.signal(alice, ClientCommand::ChangePriority(wanted));
    rig.advance(seconds(4));
    Ok(())
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "GC-12/upgrade",
        title: "an emergency that begins in a silent call is a floor request, and no later offer takes a grant",
        requirements: &["24.380-6.3.5.3.9", "24.380-14.5"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = idle_call(rig)?;
            rig.advance(seconds(1));
            alice_upgrades(rig, alice)
        },
    },
    &Case {
        id: "GC-12/upgrade-taken",
        title: "an emergency that begins while another talks is a request that pre-empts",
        requirements: &["24.380-6.3.5.4.8"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = bob_talks(rig, seconds(3))?;
            rig.advance(seconds(1));
            alice_upgrades(rig, alice)
        },
    },
    &Case {
        id: "SDP-03/floor-ssrc",
        title: "who asks for an SSRC of its own in floor messages is sent it",
        requirements: &["24.380-14.2.7"],
        configuration: "",
        scenario: |rig| {
            let (alice, path) = alice_calls(rig, "", "mc_queueing;mc_priority=5;mc_floor_ssrc=12345")?;
            asks(rig, alice, path)
        },
    },
    &Case {
        id: "SDP-04/granted",
        title: "who takes a grant with the answer is told so there, and granted the floor all the same",
        requirements: &["24.380-14.3.4"],
        configuration: ONE_HAS_TO_ACCEPT,
        scenario: |rig| {
            alice_calls(rig, "", "mc_queueing;mc_priority=5;mc_implicit_request;mc_granted")?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-23/private",
        title: "the others are not told who talks when the talker does not want that",
        requirements: &["24.380-6.3.4.4.2:3ai"],
        configuration: "",
        scenario: |rig| {
            let (alice, path) = alice_calls(rig, "Privacy: id\r\n", "mc_queueing;mc_priority=5")?;
            asks(rig, alice, path)
        },
    },
    &Case {
        id: "FC-23/place",
        title: "the others are told where the talker is, if it says so and the operator wants that",
        requirements: &["24.380-6.3.4.4.2:3aiii"],
        configuration: "[floor]\nshare-location = true",
        scenario: |rig| {
            let [_, bob, carol] = bob_talks(rig, seconds(1))?;
            rig.release(bob);
            rig.advance(seconds(1));
            let request = FloorRequest {
                ssrc: rig.ssrc(carol),
                location: Some(Location::MbmsServiceArea(5)),
                ..FloorRequest::default()
            };
            send_floor(rig, carol, &FloorMessage::Request(request))?;
            rig.advance(MOMENT);
            let release = floor_release(rig, carol, false);
            send_floor(rig, carol, &release)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
];
