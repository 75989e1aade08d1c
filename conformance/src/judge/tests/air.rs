//! Traces of clients without a server.

use mcptt_codec::floor::*;
use mcptt_codec::id::{McpttId, Ssrc};

use super::beyond::{UNARMED, octets, of_clients, voice};
use super::traces::Row;
use super::world::World;

fn off(w: &mut World) {
    of_clients(w);
    w.profile.off_network = true;
}

fn air(w: &mut World, from: u32, message: FloorMessage) {
    w.frame(([10, 0, 1, from as u8], 40_002).into(), ([239, 1, 1, 1], 40_002).into(), octets(&message));
}

fn heard(w: &mut World, from: u32) {
    let sequence = w.frames.len() as u16;
    w.frame(([10, 0, 1, from as u8], 40_000).into(), ([239, 1, 1, 1], 40_000).into(), voice(from, sequence));
}

fn user(number: u32) -> Option<McpttId> {
    Some(McpttId::from(format!("sip:user{number}@mc.example.org").as_str()))
}

fn asks(w: &mut World, from: u32, indicator: FloorIndicator) {
    let request = FloorRequest {
        ssrc: Ssrc(from),
        user_id: user(from),
        indicator: Some(indicator),
        ..FloorRequest::default()
    };
    air(w, from, FloorMessage::Request(request));
}

fn grants(w: &mut World, by: u32, to: u32) {
    let granted = FloorGranted {
        ssrc: Ssrc(by),
        granted_ssrc: Some(Ssrc(to)),
        user_id: user(to),
        ..FloorGranted::default()
    };
    air(w, by, FloorMessage::Granted(granted));
}

fn takes(w: &mut World, from: u32) {
    air(
        w,
        from,
        FloorMessage::Taken(FloorTaken { ssrc: Ssrc(from), user_id: user(from), ..FloorTaken::default() }),
    );
}

fn denies(w: &mut World, by: u32, to: u32) {
    let deny = FloorDeny {
        ssrc: Ssrc(by),
        cause: Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION),
        user_id: user(to),
        ..FloorDeny::default()
    };
    air(w, by, FloorMessage::Deny(deny));
}

fn queues(w: &mut World, by: u32, of: u32) {
    let info = FloorQueuePositionInfo {
        ssrc: Ssrc(by),
        user_id: user(of),
        queued_ssrc: Some(Ssrc(of)),
        queued_user_id: user(of),
        info: Some(QueueInfo { position: QueuePosition(1), priority: FloorPriority(0) }),
        ..FloorQueuePositionInfo::default()
    };
    air(w, by, FloorMessage::QueuePositionInfo(info));
}

/// The first one has called and talks.
fn first_talks(w: &mut World) {
    off(w);
    grants(w, 1, 1);
    heard(w, 1);
    w.wait(500);
}

const PLAIN: FloorIndicator = FloorIndicator::NORMAL;

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.380-7.2.3.2:orig",
        accepts: first_talks,
        rejects: |w| {
            off(w);
            grants(w, 1, 2);
            heard(w, 2);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.2.3.3:ptt",
        accepts: |w| {
            off(w);
            asks(w, 2, PLAIN);
            w.wait(40);
            asks(w, 2, PLAIN);
        },
        rejects: |w| {
            off(w);
            asks(w, 2, PLAIN);
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &["24.380-7.2.3.6:rep"],
    },
    Row {
        requirement: "24.380-7.2.3.4:ptt",
        accepts: |w| {
            first_talks(w);
            asks(w, 2, PLAIN);
            w.wait(40);
            asks(w, 2, PLAIN);
            denies(w, 1, 2);
            w.wait(500);
        },
        rejects: |w| {
            first_talks(w);
            asks(w, 2, PLAIN);
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &["24.380-7.2.3.6:rep", "24.380-7.2.3.5:deny"],
    },
    Row {
        requirement: "24.380-7.2.3.6:rep",
        accepts: |w| {
            off(w);
            asks(w, 2, PLAIN);
            w.wait(40);
            asks(w, 2, PLAIN);
        },
        rejects: |w| {
            off(w);
            asks(w, 2, PLAIN);
            w.wait(40);
            asks(w, 2, PLAIN);
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.2.3.6:self",
        accepts: |w| {
            off(w);
            for _ in 0..3 {
                asks(w, 2, PLAIN);
                w.wait(40);
            }
            takes(w, 2);
        },
        rejects: |w| {
            off(w);
            for _ in 0..4 {
                asks(w, 2, PLAIN);
                w.wait(40);
            }
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.1",
        accepts: |w| {
            first_talks(w);
            asks(w, 2, PLAIN);
            denies(w, 1, 2);
            w.wait(500);
        },
        rejects: |w| {
            first_talks(w);
            asks(w, 2, PLAIN);
            denies(w, 3, 2);
            denies(w, 1, 2);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.2.3.5:deny",
        accepts: |w| {
            first_talks(w);
            asks(w, 2, PLAIN);
            denies(w, 1, 2);
        },
        rejects: |w| {
            first_talks(w);
            asks(w, 2, PLAIN);
            queues(w, 1, 2);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.2.3.5:queue",
        accepts: |w| {
            first_talks(w);
            asks(w, 2, FloorIndicator::QUEUEING);
            queues(w, 1, 2);
        },
        rejects: |w| {
            first_talks(w);
            asks(w, 2, FloorIndicator::QUEUEING);
            denies(w, 1, 2);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.2.3.5:pre",
        accepts: |w| {
            first_talks(w);
            asks(w, 2, FloorIndicator::EMERGENCY);
            grants(w, 1, 2);
            heard(w, 2);
        },
        rejects: |w| {
            first_talks(w);
            asks(w, 2, FloorIndicator::EMERGENCY);
            denies(w, 1, 2);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.2.3.7:t205",
        accepts: |w| {
            first_talks(w);
            grants(w, 1, 2);
            w.wait(80);
            grants(w, 1, 2);
            heard(w, 2);
        },
        rejects: |w| {
            first_talks(w);
            grants(w, 1, 2);
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-7.2.3.7:rtp",
        accepts: |w| {
            first_talks(w);
            grants(w, 1, 2);
            heard(w, 2);
            w.wait(500);
        },
        rejects: |w| {
            first_talks(w);
            grants(w, 1, 2);
            heard(w, 2);
            w.wait(80);
            grants(w, 1, 2);
            heard(w, 2);
        },
        unarmed: UNARMED,
        also: &[],
    },
];
