//! What one asks for on behalf of others and about its own media (6.3.4.4.13 to 6.3.4.4.16), acknowledgements, and what
//! is not acted upon (6.3.5, 8.1).

use mcptt_codec::floor::{
    FloorMessage, FloorReleaseMultiTalker, FloorRequest, FloorRevokeRequest, MediaFlowControlIndicator,
    QueuedFloorRequests, QueuedFloorRequestsPurpose, UnicastMediaFlowControl,
};
use mcptt_codec::id::McpttId;

use super::groups::WITH_DISPATCHER;
use crate::case::Case;
use crate::case::actors::{
    BOB, DAVE, MOMENT, ask, bob_talks, floor_release, idle_call, members, seconds, send_floor, send_octets,
    send_voice,
};
use crate::rig::{Actor, Rig, Unmet};

fn cancel(rig: &mut Rig, actor: Actor, users: &[&str]) -> Result<(), Unmet> {
    let message = QueuedFloorRequests {
        ssrc: rig.ssrc(actor),
        purpose: Some(QueuedFloorRequestsPurpose::CANCEL_REQUEST),
        queued_users: users.iter().map(|user| McpttId::from(*user)).collect(),
        ..QueuedFloorRequests::default()
    };
    send_floor(rig, actor, &FloorMessage::QueuedFloorRequests(message))?;
    rig.advance(MOMENT);
    Ok(())
}

fn flow(rig: &mut Rig, actor: Actor, flow: MediaFlowControlIndicator) -> Result<(), Unmet> {
    let message = UnicastMediaFlowControl {
        ssrc: rig.ssrc(actor),
        flow: Some(flow),
        ..UnicastMediaFlowControl::default()
    };
    send_floor(rig, actor, &FloorMessage::UnicastMediaFlowControl(message))?;
    rig.advance(seconds(1));
    Ok(())
}

fn revoke_request(rig: &mut Rig, actor: Actor, user: &str) -> Result<(), Unmet> {
    let message = FloorRevokeRequest { ssrc: rig.ssrc(actor), user_id: Some(McpttId::from(user)) };
    send_floor(rig, actor, &FloorMessage::RevokeRequest(message))?;
    rig.advance(MOMENT);
    Ok(())
}

/// Sends these octets of a floor message as carol, who listens in an idle call.
fn carol_sends(rig: &mut Rig, messages: &[&[u8]]) -> Result<Actor, Unmet> {
    let [_, _, carol] = idle_call(rig)?;
    for octets in messages {
        send_octets(rig, carol, octets)?;
        rig.advance(MOMENT);
    }
    Ok(carol)
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "FC-09/cancelled",
        title: "a dispatcher has requests of others cancelled: who is removed is told, and who still waits",
        requirements: &["24.380-6.3.4.4.13", "24.380-6.3.4.4.13:2d"],
        configuration: WITH_DISPATCHER,
        scenario: |rig| {
            let [alice, _, carol] = bob_talks(rig, seconds(3))?;
            let [dave] = members(rig, [DAVE])?;
            rig.advance(MOMENT);
            ask(rig, carol, None, false)?;
            rig.advance(MOMENT);
            ask(rig, dave, None, false)?;
            rig.advance(MOMENT);
            let user = rig.user(carol).to_owned();
            cancel(rig, alice, &[&user])
        },
    },
    &Case {
        id: "FC-09/not-authorised",
        title: "who may not have requests of others cancelled is told so",
        requirements: &["24.380-6.3.5.4.12"],
        configuration: "",
        scenario: |rig| {
            let [alice, _, carol] = bob_talks(rig, seconds(3))?;
            rig.advance(MOMENT);
            ask(rig, carol, None, false)?;
            rig.advance(MOMENT);
            cancel(rig, alice, &[])
        },
    },
    &Case {
        id: "MED-05/stopped",
        title: "who stops its media hears nobody until it resumes it",
        requirements: &["24.380-6.3.4.4.14", "24.380-6.3.4.4.15"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = bob_talks(rig, seconds(4))?;
            rig.advance(MOMENT);
            flow(rig, carol, MediaFlowControlIndicator::STOP)?;
            flow(rig, carol, MediaFlowControlIndicator::RESUME)
        },
    },
    &Case {
        id: "FC-10/on-behalf",
        title: "who may do so has the floor revoked from a talker",
        requirements: &["24.380-6.3.4.4.16"],
        configuration: concat!(
            "[policy]\nrelease = 19\n[[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\nrevoke-transmit = true\n",
            "[[user]]\nmcptt-id = \"sip:bob@mc.example.org\"\n[[user]]\nmcptt-id = \"sip:carol@mc.example.org\"\n"
        ),
        scenario: |rig| {
            let [alice, ..] = bob_talks(rig, seconds(3))?;
            rig.advance(seconds(1));
            revoke_request(rig, alice, BOB)
        },
    },
    &Case {
        id: "FC-10/on-behalf-refused",
        title: "who may not do so has nothing revoked",
        requirements: &["24.380-6.3.5.4.15"],
        configuration: "[policy]\nrelease = 19",
        scenario: |rig| {
            let [alice, ..] = bob_talks(rig, seconds(3))?;
            rig.advance(seconds(1));
            revoke_request(rig, alice, BOB)
        },
    },
    &Case {
        id: "FC-20/talker",
        title: "the release of the talker is acknowledged when asked before anything comes of it",
        requirements: &["24.380-6.3.5.5.3", "24.380-6.3.5.5.4", "24.380-6.3.5.4.3", "24.380-8.2.13"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = bob_talks(rig, seconds(1))?;
            rig.advance(seconds(1));
            rig.deafen(bob);
            let release = floor_release(rig, bob, true);
            send_floor(rig, bob, &release)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-14/goes-on",
        title: "who sends without permission and does not give in is not heard, and asks in vain",
        requirements: &["24.380-6.3.5.7.2", "24.380-6.3.5.1"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = idle_call(rig)?;
            rig.deafen(carol);
            send_voice(rig, carol, 0..15)?;
            ask(rig, carol, None, false)?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-21/no-procedure",
        title: "messages that have no procedure are discarded, among them those only a server sends",
        requirements: &["24.380-6.3.5.1", "24.380-6.3.4.1", "24.380-8.2.14"],
        configuration: "",
        scenario: |rig| {
            let carol = carol_sends(rig, &[])?;
            revoke_request(rig, carol, BOB)?;
            let over =
                FloorReleaseMultiTalker { ssrc: rig.ssrc(carol), ..FloorReleaseMultiTalker::default() };
            send_floor(rig, carol, &FloorMessage::ReleaseMultiTalker(over))?;
            rig.advance(MOMENT);
            let granted = mcptt_codec::floor::FloorGranted { ssrc: rig.ssrc(carol), ..Default::default() };
            send_floor(rig, carol, &FloorMessage::Granted(granted))?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-22/broken",
        title: "what is no floor message, or ends too early, is ignored",
        requirements: &["24.380-8.1.2", "24.380-8.1.4:trunc", "24.380-8.1.4:overrun"],
        configuration: "",
        scenario: |rig| {
            let header =
                |words: u8, name: &[u8; 4]| [&[0x80, 204, 0, words, 0, 0, 0, 1], name.as_slice()].concat();
            let (foreign, short) = (header(2, b"MCPX"), header(9, b"MCPT"));
            let overrun = [header(3, b"MCPT").as_slice(), &[0, 16, 5, 0]].concat();
            carol_sends(rig, &[&foreign, &short, &overrun])?;
            Ok(())
        },
    },
    &Case {
        id: "FC-22/unknown-field",
        title: "a request with an unknown field is a request",
        requirements: &["24.380-8.1.4:field"],
        configuration: "",
        scenario: |rig| {
            let octets = [0x80, 204, 0, 3, 0, 0, 0, 1, b'M', b'C', b'P', b'T', 100, 1, 5, 0];
            carol_sends(rig, &[&octets])?;
            Ok(())
        },
    },
    &Case {
        id: "FC-22/twice",
        title: "of a field that comes twice the first one counts",
        requirements: &["24.380-8.1.4:dup"],
        configuration: "",
        scenario: |rig| {
            let octets = [0x80, 204, 0, 4, 0, 0, 0, 1, b'M', b'C', b'P', b'T', 0, 2, 3, 0, 0, 2, 5, 0];
            carol_sends(rig, &[&octets])?;
            Ok(())
        },
    },
    &Case {
        id: "FC-22/another-name",
        title: "who asks is told by the address, not by the name in the request",
        requirements: &["24.380-6.3.5.1:ident"],
        configuration: "",
        scenario: |rig| {
            let carol = carol_sends(rig, &[])?;
            let request = FloorRequest {
                ssrc: rig.ssrc(carol),
                user_id: Some(McpttId::from(BOB)),
                ..FloorRequest::default()
            };
            send_floor(rig, carol, &FloorMessage::Request(request))?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-24/left",
        title: "nobody answers who has left, and when the call has ended nobody answers at all",
        requirements: &[
            "24.380-6.3.5.9.2",
            "24.380-6.3.4.7.2",
            "24.380-6.3.3",
            "24.380-6.3.4.6.2",
            "24.380-6.3.5.1:create",
        ],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = bob_talks(rig, seconds(9))?;
            rig.advance(MOMENT);
            for actor in [carol, alice] {
                ask(rig, actor, None, false)?;
                rig.advance(MOMENT);
                rig.deafen(actor);
                rig.leave(actor);
                rig.advance(seconds(1));
                ask(rig, actor, None, false)?;
                rig.advance(MOMENT);
            }
            // The last one was released with the call.
            rig.advance(seconds(1));
            ask(rig, bob, None, false)?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
];
