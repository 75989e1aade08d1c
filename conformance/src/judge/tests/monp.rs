//! Traces of call control without a network.

use std::net::SocketAddr;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::monp::*;

use super::beyond::{UNARMED, of_clients};
use super::traces::Row;
use super::world::World;

const GROUP: [u8; 4] = [239, 1, 1, 1];

fn client(number: u8) -> SocketAddr {
    ([10, 0, 1, number], PORT).into()
}

fn user(number: u8) -> McpttId {
    format!("sip:user{number}@mc.example.org").as_str().into()
}

fn group_id() -> GroupId {
    "sip:rescue-1@mc.example.org".into()
}

fn off(w: &mut World) {
    of_clients(w);
    w.profile.off_network = true;
}

fn to_group(w: &mut World, from: u8, message: &MonpMessage) {
    w.frame(client(from), (GROUP, PORT).into(), message.encode().unwrap());
}

fn to_user(w: &mut World, from: u8, to: u8, message: &MonpMessage) {
    w.frame(client(from), client(to), message.encode().unwrap());
}

fn probe() -> MonpMessage {
    MonpMessage::GroupCallProbe(GroupCallProbe { group_id: group_id() })
}

fn call(number: u8, call_type: CallType, start: u64) -> GroupCallAnnouncement {
    GroupCallAnnouncement {
        call_identifier: CallIdentifier(number.into()),
        call_type,
        call_start_time: UtcSeconds::new(start).unwrap(),
        last_call_type_change_time: UtcSeconds::new(start).unwrap(),
        group_id: group_id(),
        sdp: "v=0".into(),
        originating_user: user(number),
        last_user_to_change_call_type: user(number),
        ..GroupCallAnnouncement::default()
    }
}

fn basic(number: u8) -> GroupCallAnnouncement {
    call(number, CallType::BASIC_GROUP, 1_000)
}

fn announces(w: &mut World, from: u8, call: GroupCallAnnouncement) {
    to_group(w, from, &MonpMessage::GroupCallAnnouncement(call));
}

fn answers(w: &mut World, from: u8, call: GroupCallAnnouncement, probe_response: bool) {
    announces(w, from, GroupCallAnnouncement { probe_response, ..call });
}

/// Probes, then the announcement of an own call after this time.
fn finds_none(w: &mut World, after: u64) {
    off(w);
    for time in (0..after).step_by(40) {
        to_group(w, 1, &probe());
        w.wait(40.min(after - time));
    }
    announces(w, 1, basic(1));
    w.wait(100);
}

fn end(imminent_peril: bool) -> MonpMessage {
    let end = GroupCallStateEnd {
        call_identifier: CallIdentifier(1),
        last_call_type_change_time: UtcSeconds::new(2_000).unwrap(),
        last_user_to_change_call_type: user(1),
        group_id: group_id(),
        sending_user: user(1),
    };
    match imminent_peril {
        false => MonpMessage::GroupCallEmergencyEnd(end),
        true => MonpMessage::GroupCallImminentPerilEnd(end),
    }
}

/// The end is said so often, at these intervals.
fn ends(w: &mut World, imminent_peril: bool, times: usize, interval: u64) {
    off(w);
    for _ in 0..times {
        to_group(w, 1, &end(imminent_peril));
        w.wait(interval);
    }
}

fn broadcast() -> MonpMessage {
    MonpMessage::GroupCallBroadcast(GroupCallBroadcast {
        call_identifier: CallIdentifier(1),
        call_type: CallType::BROADCAST_GROUP,
        originating_user: user(1),
        group_id: group_id(),
        sdp: "v=0".into(),
    })
}

fn broadcast_end() -> MonpMessage {
    MonpMessage::GroupCallBroadcastEnd(GroupCallBroadcastEnd {
        call_identifier: CallIdentifier(1),
        group_id: group_id(),
        originating_user: user(1),
    })
}

fn parties() -> PrivateCallParties {
    PrivateCallParties { call_identifier: CallIdentifier(1), caller: user(1), callee: user(2) }
}

fn setup() -> MonpMessage {
    MonpMessage::PrivateCallSetupRequest(PrivateCallSetupRequest {
        call_identifier: CallIdentifier(1),
        call_type: CallType::PRIVATE,
        caller: user(1),
        callee: user(2),
        sdp: "v=0".into(),
        ..PrivateCallSetupRequest::default()
    })
}

fn accept() -> MonpMessage {
    MonpMessage::PrivateCallAccept(PrivateCallAccept {
        call_identifier: CallIdentifier(1),
        caller: user(1),
        callee: user(2),
        sdp: "v=0".into(),
    })
}

/// A message of the callee, and what the caller says to it.
fn exchange(w: &mut World, message: &MonpMessage, answer: &MonpMessage) {
    off(w);
    to_user(w, 2, 1, message);
    w.wait(20);
    to_user(w, 1, 2, answer);
    w.wait(1_000);
}

fn unanswered(w: &mut World, message: &MonpMessage) {
    off(w);
    to_user(w, 2, 1, message);
    w.wait(2_000);
}

fn alert() -> MonpMessage {
    MonpMessage::GroupEmergencyAlert(GroupEmergencyAlert {
        group_id: group_id(),
        originating_user: user(1),
        organization_name: "Rescue".into(),
        user_location: None,
    })
}

fn alert_parties(by: u8) -> GroupEmergencyAlertParties {
    GroupEmergencyAlertParties { group_id: group_id(), originating_user: user(1), sending_user: user(by) }
}

fn acknowledges(w: &mut World, by: u8) {
    to_user(w, by, 1, &MonpMessage::GroupEmergencyAlertAck(alert_parties(by)));
}

fn cancels(w: &mut World) {
    to_group(w, 1, &MonpMessage::GroupEmergencyAlertCancel(alert_parties(1)));
    w.wait(20);
}

fn acknowledges_cancel(w: &mut World) {
    to_user(w, 2, 1, &MonpMessage::GroupEmergencyAlertCancelAck(alert_parties(2)));
    w.wait(1_000);
}

fn alerted(w: &mut World) {
    off(w);
    to_group(w, 1, &alert());
    w.wait(20);
    acknowledges(w, 2);
    w.wait(20);
}

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.379-10.2:port",
        accepts: |w| {
            off(w);
            to_group(w, 1, &broadcast());
            w.wait(100);
            to_group(w, 1, &broadcast_end());
        },
        rejects: |w| {
            off(w);
            to_group(w, 1, &broadcast());
            w.wait(100);
            w.frame(client(1), ([239, 1, 1, 2], PORT).into(), broadcast_end().encode().unwrap());
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.2:tfg1",
        accepts: |w| finds_none(w, 150),
        rejects: |w| finds_none(w, 50),
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.2:probe",
        accepts: |w| {
            off(w);
            announces(w, 1, basic(1));
            w.wait(1_000);
            to_group(w, 2, &probe());
            w.wait(60);
            answers(w, 1, basic(1), true);
        },
        rejects: |w| {
            off(w);
            announces(w, 1, basic(1));
            w.wait(1_000);
            to_group(w, 2, &probe());
            w.wait(60);
            answers(w, 1, basic(1), false);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.2:dup",
        accepts: |w| {
            off(w);
            announces(w, 1, basic(1));
            w.wait(7_000);
            announces(w, 2, basic(1));
        },
        rejects: |w| {
            off(w);
            announces(w, 1, basic(1));
            w.wait(3_000);
            announces(w, 2, basic(1));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.2:merge",
        accepts: |w| {
            off(w);
            announces(w, 2, basic(2));
            w.wait(5_000);
            announces(w, 1, basic(1));
            w.wait(7_000);
            announces(w, 2, basic(1));
        },
        rejects: |w| {
            off(w);
            announces(w, 2, basic(2));
            w.wait(5_000);
            announces(w, 1, basic(1));
            w.wait(7_000);
            announces(w, 2, basic(2));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.3:emergend",
        accepts: |w| ends(w, false, 6, 1_000),
        rejects: |w| ends(w, false, 7, 1_000),
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.3:perilend",
        accepts: |w| ends(w, true, 6, 1_000),
        rejects: |w| ends(w, true, 3, 300),
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.4:broadcast",
        accepts: |w| {
            off(w);
            to_group(w, 1, &broadcast());
            w.wait(3_000);
            to_group(w, 1, &broadcast());
        },
        rejects: |w| {
            off(w);
            to_group(w, 1, &broadcast());
            w.wait(1_000);
            to_group(w, 1, &broadcast());
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-10.2.4:end",
        accepts: |w| {
            off(w);
            to_group(w, 1, &broadcast());
            w.wait(1_000);
            to_group(w, 1, &broadcast_end());
        },
        rejects: |w| {
            off(w);
            to_group(w, 1, &broadcast());
            w.wait(1_000);
            to_group(w, 2, &broadcast_end());
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-11.2.2:retry",
        accepts: |w| {
            off(w);
            for _ in 0..4 {
                to_user(w, 1, 2, &setup());
                w.wait(40);
            }
            w.wait(2_000);
        },
        rejects: |w| {
            off(w);
            for _ in 0..5 {
                to_user(w, 1, 2, &setup());
                w.wait(40);
            }
            w.wait(2_000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-11.2.2:ack",
        accepts: |w| exchange(w, &accept(), &MonpMessage::PrivateCallAcceptAck(parties())),
        rejects: |w| unanswered(w, &accept()),
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-11.2.2:release",
        accepts: |w| {
            let (release, ack) =
                (MonpMessage::PrivateCallRelease(parties()), MonpMessage::PrivateCallReleaseAck(parties()));
            exchange(w, &release, &ack);
        },
        rejects: |w| unanswered(w, &MonpMessage::PrivateCallRelease(parties())),
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-11.2.3:cancel",
        accepts: |w| {
            let cancel = MonpMessage::PrivateCallEmergencyCancel(parties());
            exchange(w, &cancel, &MonpMessage::PrivateCallEmergencyCancelAck(parties()));
        },
        rejects: |w| unanswered(w, &MonpMessage::PrivateCallEmergencyCancel(parties())),
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-12.2:repeat",
        accepts: |w| {
            alerted(w);
            w.wait(4_960);
            to_group(w, 1, &alert());
        },
        rejects: |w| {
            alerted(w);
            w.wait(8_000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-12.2:ack",
        accepts: |w| {
            alerted(w);
            acknowledges(w, 3);
        },
        rejects: |w| {
            alerted(w);
            acknowledges(w, 3);
            w.wait(100);
            acknowledges(w, 2);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.379-12.2:cancel",
        accepts: |w| {
            alerted(w);
            cancels(w);
            acknowledges_cancel(w);
        },
        rejects: |w| {
            alerted(w);
            cancels(w);
            w.wait(2_000);
        },
        unarmed: UNARMED,
        also: &[],
    },
];

/// What goes to several members one by one is one message.
#[test]
fn copies_for_several_members_are_not_taken_for_repetitions() {
    let mut world = World::new();
    let w = &mut world;
    off(w);
    for _ in 0..2 {
        for to in [2, 3, 4] {
            w.frame(client(1), client(to), broadcast().encode().unwrap());
            w.wait(1);
        }
        w.wait(2_997);
    }
    let judgements = w.judged();
    assert_eq!(judgements.violations().count(), 0);
    assert_eq!(judgements.counts()["24.379-10.2.4:broadcast"].held, 1);
}
