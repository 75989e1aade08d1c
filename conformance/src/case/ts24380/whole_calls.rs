//! Floor participant (6.2) in calls of a kind, in calls that begin unusually, and about the floor of others.

use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use mcptt_codec::Path;
use mcptt_codec::Release;
use mcptt_codec::floor::{
    FloorGranted, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionInfo, QueueInfo,
    QueuePosition,
};
use mcptt_codec::id::McpttId;
use mcptt_server::ue::{FloorRights, UeCommand, UeEvent};

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, call_as, members, seconds, server_says};
use crate::rig::{Actor, Disturbance, Effect, Rig, Unmet, configuration};

/// A call of this kind, long enough ago that everybody knows.
fn call_of(rig: &mut Rig, broadcast: bool, urgency: Urgency) -> Result<[Actor; 3], Unmet> {
    let call = GroupCall { broadcast, urgency, implicit_request: false, ..GroupCall::new(FIRE) };
    let actors = call_as(rig, [ALICE, BOB, CAROL], call)?;
    rig.advance(seconds(1));
    Ok(actors)
}

fn granted() -> FloorMessage {
    FloorMessage::Granted(FloorGranted {
        duration: Some(seconds(30)),
        priority: Some(FloorPriority(0)),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorGranted::default()
    })
}

fn position() -> FloorMessage {
    FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
        info: Some(QueueInfo { position: QueuePosition(1), priority: FloorPriority(0) }),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorQueuePositionInfo::default()
    })
}

/// Alice's floor control address at the server in the first call of three, which is the same in every run.
fn first_floor_address() -> Result<std::net::SocketAddr, Unmet> {
    let mut rig = Rig::new(configuration(""), 0);
    let [alice, ..] = members(&mut rig, [ALICE, BOB, CAROL])?;
    rig.call(alice, FIRE, true)?;
    rig.floor_of(alice).ok_or(Unmet("a floor control address of the server"))
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "UE-09/emergency",
        title: "a request in an emergency call says that it is one, and from Rel-16 on where the client is",
        requirements: &["24.380-6.2.4.3.5:1b", "24.380-6.2.4.3.5:1c"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = call_of(rig, false, Urgency::Emergency { alert: false })?;
            rig.press(bob);
            rig.advance(MOMENT);
            rig.speak(bob, seconds(1));
            rig.advance(seconds(1));
            rig.release(bob);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "UE-09/broadcast",
        title: "a request in a broadcast says that it is one; when it has been said the client ends the call",
        requirements: &["24.380-6.2.4.3.5:1b", "24.380-6.2.4.6.4:6"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = call_of(rig, true, Urgency::Normal)?;
            rig.press(alice);
            rig.advance(MOMENT);
            rig.speak(alice, seconds(1));
            rig.advance(seconds(1));
            rig.release(alice);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "UE-10/others",
        title: "an authorised user has the floor of another revoked and queued requests of others removed",
        requirements: &["24.380-6.2.4.3.10", "24.380-6.2.4.7.4"],
        configuration: "",
        scenario: |rig| {
            let rights = FloorRights { release: Release::R19, may_revoke: true, may_cancel_queued: true };
            let alice = rig.client_that_may(ALICE, rights, |client| client.suites.clear());
            rig.log_in(alice, &[FIRE])?;
            let [bob, _] = members(rig, [BOB, CAROL])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            rig.press(bob);
            rig.advance(MOMENT);
            rig.speak(bob, seconds(2));
            rig.advance(MOMENT);
            rig.command(alice, UeCommand::CancelQueued { users: Vec::new() });
            rig.advance(MOMENT);
            rig.command(alice, UeCommand::RevokeOther { user: McpttId::from(BOB) });
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "UE-04/lapses",
        title: "a grant that had to be waited for and is not accepted is given back after T132, once",
        requirements: &["24.380-6.2.4.9.13", "24.380-11.1.1:t132"],
        configuration: "",
        scenario: |rig| {
            // The request is that of the INVITE: nobody holds a button, which would accept.
            let [alice] = members(rig, [ALICE])?;
            rig.call(alice, FIRE, true)?;
            rig.mute(alice);
            server_says(rig, alice, &position())?;
            rig.advance(MOMENT);
            server_says(rig, alice, &granted())?;
            rig.advance(seconds(4));
            Ok(())
        },
    },
    &Case {
        id: "UE-03/early",
        title: "a grant that comes before the answer to the INVITE is kept until then",
        requirements: &["24.380-6.2.4.2.2:buf"],
        configuration: "",
        scenario: |rig| {
            let local = first_floor_address()?;
            let [alice, ..] = members(rig, [ALICE, BOB, CAROL])?;
            let [sip, _, remote] = rig.addresses(alice);
            let effect = Effect::Delay(seconds(1));
            rig.disturb(Disturbance { effect, count: 1, port: sip, inbound: false });
            rig.signal(alice, ClientCommand::CallGroup(GroupCall::new(FIRE)));
            rig.advance(MOMENT);
            let octets = granted().encode().map_err(|_| Unmet("an encodable message"))?;
            rig.inject(Path { local, remote }, &octets);
            rig.expect(alice, "call", |event| {
                matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)))
            })?;
            rig.speak(alice, seconds(1));
            rig.advance(seconds(1));
            Ok(())
        },
    },
];
