//! Floor participant (6.2): the client is judged, the tester plays the server where the real one would do the right
//! thing too soon.

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionInfo,
    FloorReleaseMultiTalker, FloorRevoke, FloorTaken, MessageSequenceNumber, QueueInfo, QueuePosition,
    QueuedFloorRequests, QueuedFloorRequestsPurpose, RejectCause, RevokeCause,
};
use mcptt_codec::id::{McpttId, Ssrc};
use mcptt_server::ue::UeCommand;

use crate::case::Case;
use crate::case::actors::{
    ALICE, BOB, CAROL, FIRE, MOMENT, hears_voice, idle_call, members, seconds, server_says,
};
use crate::rig::{Actor, Rig, Unmet};

/// Bob asks, and his request does not arrive.
fn bob_asks_in_vain(rig: &mut Rig) -> Result<Actor, Unmet> {
    let [_, bob, _] = idle_call(rig)?;
    rig.mute(bob);
    rig.press(bob);
    rig.advance(MOMENT);
    Ok(bob)
}

/// Bob asks and is granted the floor by the tester, with this indicator.
fn bob_is_granted(rig: &mut Rig, indicator: FloorIndicator) -> Result<Actor, Unmet> {
    let bob = bob_asks_in_vain(rig)?;
    server_says(rig, bob, &granted(None, indicator))?;
    rig.speak(bob, seconds(5));
    rig.advance(seconds(1));
    Ok(bob)
}

/// Bob asks and has to wait.
fn bob_waits(rig: &mut Rig) -> Result<Actor, Unmet> {
    let bob = bob_asks_in_vain(rig)?;
    server_says(rig, bob, &position())?;
    rig.advance(MOMENT);
    Ok(bob)
}

/// Bob has let the floor go, and his release does not arrive.
fn bob_releases_in_vain(rig: &mut Rig) -> Result<Actor, Unmet> {
    let bob = bob_is_granted(rig, FloorIndicator::NORMAL)?;
    rig.release(bob);
    rig.advance(MOMENT);
    Ok(bob)
}

fn granted(ssrc: Option<Ssrc>, indicator: FloorIndicator) -> FloorMessage {
    FloorMessage::Granted(FloorGranted {
        ack_requested: true,
        duration: Some(seconds(30)),
        granted_ssrc: ssrc,
        indicator: Some(indicator),
        ..FloorGranted::default()
    })
}

fn position() -> FloorMessage {
    FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
        ack_requested: true,
        info: Some(QueueInfo { position: QueuePosition(1), priority: FloorPriority(0) }),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorQueuePositionInfo::default()
    })
}

fn taken(may_ask: bool, indicator: FloorIndicator) -> FloorMessage {
    FloorMessage::Taken(FloorTaken {
        ack_requested: true,
        granted_party: Some(McpttId::from(CAROL)),
        permission_to_request: Some(may_ask),
        sequence: Some(MessageSequenceNumber(100)),
        indicator: Some(indicator),
        ..FloorTaken::default()
    })
}

fn idle(indicator: FloorIndicator) -> FloorMessage {
    FloorMessage::Idle(FloorIdle {
        ack_requested: true,
        sequence: Some(MessageSequenceNumber(101)),
        indicator: Some(indicator),
        ..FloorIdle::default()
    })
}

fn deny() -> FloorMessage {
    FloorMessage::Deny(FloorDeny {
        ack_requested: true,
        cause: Some(RejectCause::QUEUE_FULL),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorDeny::default()
    })
}

fn revoke() -> FloorMessage {
    FloorMessage::Revoke(FloorRevoke {
        cause: Some(RevokeCause::MEDIA_BURST_TOO_LONG),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorRevoke::default()
    })
}

/// The tester says this to bob, and time passes for whatever he makes of it.
fn and_then(rig: &mut Rig, bob: Actor, message: &FloorMessage) -> Result<(), Unmet> {
    server_says(rig, bob, message)?;
    rig.advance(seconds(3));
    Ok(())
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "UE-01/silent",
        title: "a client that comes into a call without asking for the floor is silent",
        requirements: &["24.380-6.2.4.2.2:noimp", "24.380-6.2.4.2.3"],
        configuration: "",
        scenario: |rig| {
            idle_call(rig)?;
            rig.advance(seconds(2));
            Ok(())
        },
    },
    &Case {
        id: "UE-01/joins",
        title: "a client that joins a running call is silent, whatever its INVITE says",
        requirements: &["24.380-6.2.1:implicit"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            rig.leave(bob);
            rig.advance(seconds(1));
            rig.call(bob, FIRE, true)?;
            rig.advance(seconds(2));
            Ok(())
        },
    },
    &Case {
        id: "UE-01/asks",
        title: "a client that asks with its INVITE does not ask again while it is granted, and speaks",
        requirements: &["24.380-6.2.4.2.2:4", "24.380-6.2.4.5.2"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB, CAROL])?;
            rig.call(alice, FIRE, true)?;
            rig.speak(alice, seconds(2));
            rig.advance(seconds(3));
            rig.press(alice);
            rig.advance(MOMENT);
            rig.speak(alice, seconds(2));
            rig.advance(seconds(2));
            Ok(())
        },
    },
    &Case {
        id: "UE-02/unanswered",
        title: "a request that is not answered is repeated unchanged every T101, C101 times in all",
        requirements: &["24.380-6.2.4.3.5", "24.380-6.2.4.4.5", "24.380-6.2.4.4.6"],
        configuration: "",
        scenario: |rig| {
            bob_asks_in_vain(rig)?;
            rig.advance(seconds(6));
            Ok(())
        },
    },
    &Case {
        id: "UE-02/idle",
        title: "Floor Idle does not end a request",
        requirements: &["24.380-6.2.4.4:idle"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_asks_in_vain(rig)?;
            and_then(rig, bob, &idle(FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-02/others",
        title: "voice of others does not end a request",
        requirements: &["24.380-6.2.4.4.7"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_asks_in_vain(rig)?;
            hears_voice(rig, bob, 1)?;
            rig.advance(seconds(3));
            Ok(())
        },
    },
    &Case {
        id: "UE-02/lets-go",
        title: "who lets the button go before the answer releases, and repeats that every T100, C100 times in all",
        requirements: &["24.380-6.2.4.4.8", "24.380-6.2.4.6.2", "24.380-6.2.4.6.3", "24.380-11.1.1:t100"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_asks_in_vain(rig)?;
            rig.release(bob);
            rig.advance(seconds(6));
            Ok(())
        },
    },
    &Case {
        id: "UE-03/granted",
        title: "a grant ends the request, is acknowledged, and the voice has the SSRC it names",
        requirements: &["24.380-6.2.4.4.2", "24.380-6.2.4.4.2:7", "24.380-6.2.4.5.2", "24.380-6.2.4.5.5"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_asks_in_vain(rig)?;
            server_says(rig, bob, &granted(Some(Ssrc(0x1234)), FloorIndicator::NORMAL))?;
            rig.speak(bob, seconds(5));
            rig.advance(seconds(1));
            and_then(rig, bob, &granted(Some(Ssrc(0x1234)), FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-03/denied",
        title: "a denial ends the request and is acknowledged",
        requirements: &["24.380-6.2.4.4.4"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_asks_in_vain(rig)?;
            and_then(rig, bob, &deny())
        },
    },
    &Case {
        id: "UE-03/taken",
        title: "Floor Taken in answer to a request is acknowledged",
        requirements: &["24.380-6.2.4.4.11"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_asks_in_vain(rig)?;
            and_then(rig, bob, &taken(true, FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-04/waits",
        title: "who has to wait does not ask again, and goes on waiting when somebody else is granted",
        requirements: &["24.380-6.2.4.4.9", "24.380-6.2.4.9.3"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_waits(rig)?;
            rig.advance(seconds(2));
            and_then(rig, bob, &taken(true, FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-04/asks-where",
        title: "the question for the place is repeated every T104, C104 times in all; then the request is given up",
        requirements: &["24.380-6.2.4.9.9", "24.380-6.2.4.9.10", "24.380-6.2.4.9.11"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_waits(rig)?;
            rig.command(bob, UeCommand::AskQueuePosition);
            rig.advance(seconds(6));
            Ok(())
        },
    },
    &Case {
        id: "UE-04/is-told",
        title: "the answer to the question for the place ends its repetition; who lets go releases",
        requirements: &["24.380-6.2.4.9.7", "24.380-6.2.4.9.6"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_waits(rig)?;
            rig.command(bob, UeCommand::AskQueuePosition);
            rig.advance(MOMENT);
            and_then(rig, bob, &position())?;
            rig.release(bob);
            rig.advance(seconds(2));
            Ok(())
        },
    },
    &Case {
        id: "UE-04/denied",
        title: "a denial ends the wait",
        requirements: &["24.380-6.2.4.9.5"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_waits(rig)?;
            and_then(rig, bob, &deny())
        },
    },
    &Case {
        id: "UE-04/idle",
        title: "Floor Idle ends the wait",
        requirements: &["24.380-6.2.4.9.8"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_waits(rig)?;
            and_then(rig, bob, &idle(FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-04/accepts",
        title: "a grant that had to be waited for is taken by speaking",
        requirements: &["24.380-6.2.4.9.4", "24.380-6.2.4.9.12"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_waits(rig)?;
            server_says(rig, bob, &granted(None, FloorIndicator::NORMAL))?;
            rig.command(bob, UeCommand::AcceptGrant);
            rig.speak(bob, seconds(2));
            rig.advance(seconds(3));
            Ok(())
        },
    },
    &Case {
        id: "UE-04/cancelled",
        title: "who is told that its request was cancelled acknowledges that and waits no more",
        requirements: &["24.380-6.2.4.9.15"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_waits(rig)?;
            let cancelled = FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
                ack_requested: true,
                purpose: Some(QueuedFloorRequestsPurpose::CANCEL_NOTIFICATION),
                ..QueuedFloorRequests::default()
            });
            and_then(rig, bob, &cancelled)
        },
    },
    &Case {
        id: "UE-05/talked-over",
        title: "a talker that is talked over goes on, and when that is over",
        requirements: &["24.380-6.2.4.5.8", "24.380-6.2.4.5.7"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_is_granted(rig, FloorIndicator::NORMAL)?;
            server_says(rig, bob, &taken(true, FloorIndicator::DUAL_FLOOR))?;
            rig.advance(seconds(1));
            server_says(rig, bob, &idle(FloorIndicator::DUAL_FLOOR))?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "UE-05/talks-over",
        title: "who talks over the talker says so when it lets go",
        requirements: &["24.380-6.2.4.5.3:1c"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_is_granted(rig, FloorIndicator::DUAL_FLOOR)?;
            rig.release(bob);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "UE-06/one-of-several",
        title: "Floor Release Multi Talker that names the own talk ends the repetition of the release",
        requirements: &["24.380-6.2.4.6.9"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_is_granted(rig, FloorIndicator::MULTI_TALKER)?;
            rig.release(bob);
            rig.advance(MOMENT);
            let over = FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker {
                user_id: Some(McpttId::from(BOB)),
                talker_ssrc: Some(rig.ssrc(bob)),
                indicator: Some(FloorIndicator::MULTI_TALKER),
                ..FloorReleaseMultiTalker::default()
            });
            and_then(rig, bob, &over)
        },
    },
    &Case {
        id: "UE-05/revoked",
        title: "who is revoked falls silent and releases",
        requirements: &["24.380-6.2.4.5.4"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_is_granted(rig, FloorIndicator::NORMAL)?;
            and_then(rig, bob, &revoke())
        },
    },
    &Case {
        id: "UE-06/idle",
        title: "who lets go is silent; Floor Idle ends the repetition of the release and is acknowledged",
        requirements: &["24.380-6.2.4.5.3", "24.380-6.2.4.6.4"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_releases_in_vain(rig)?;
            and_then(rig, bob, &idle(FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-06/taken",
        title: "Floor Taken ends the repetition of the release",
        requirements: &["24.380-6.2.4.6.5"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_releases_in_vain(rig)?;
            and_then(rig, bob, &taken(true, FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-06/heard",
        title: "voice of another talker ends the repetition of the release",
        requirements: &["24.380-6.2.4.6.6"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_releases_in_vain(rig)?;
            hears_voice(rig, bob, 1)?;
            rig.advance(seconds(3));
            Ok(())
        },
    },
    &Case {
        id: "UE-06/too-late",
        title: "neither a revoke nor a grant that comes after the release opens or releases anything",
        requirements: &["24.380-6.2.4.6.7", "24.380-6.2.4.6.8"],
        configuration: "",
        scenario: |rig| {
            let bob = bob_releases_in_vain(rig)?;
            server_says(rig, bob, &revoke())?;
            rig.advance(seconds(1));
            and_then(rig, bob, &granted(None, FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-07/listens",
        title: "who listens acknowledges what it is told, and does nothing with what was not asked for",
        requirements: &["24.380-6.2.4.3.2", "24.380-6.2.4.3.3", "24.380-6.2.4.3.3:perm", "24.380-6.2.4.1"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            rig.mute(bob);
            and_then(rig, bob, &granted(None, FloorIndicator::NORMAL))?;
            and_then(rig, bob, &taken(false, FloorIndicator::BROADCAST))?;
            rig.advance(seconds(3));
            and_then(rig, bob, &idle(FloorIndicator::NORMAL))
        },
    },
    &Case {
        id: "UE-08/leaves",
        title: "who leaves sends nothing any more",
        requirements: &["24.380-6.2.2", "24.380-6.2.4.7.2", "24.380-6.2.4.8.2"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            rig.press(bob);
            rig.speak(bob, seconds(3));
            rig.advance(seconds(1));
            rig.leave(bob);
            rig.advance(seconds(2));
            Ok(())
        },
    },
];
