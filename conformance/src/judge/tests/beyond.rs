//! Traces of sessions, subchannels and functions that relay.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::*;
use mcptt_codec::id::{GroupId, Ssrc};
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use mcptt_codec::session::{
    Acknowledge, Connect, Disconnect, ReasonCode, SessionIdentity, SessionMessage, SessionType,
};
use mcptt_codec::subchannel::{
    MapGroupToBearer, MbmsSubchannel, MediaLine, SubchannelMessage, UnmapGroupToBearer,
};

use super::traces::Row;
use super::world::World;
use crate::judge::{Function, KnownPath, Side, Subjects};

pub(super) const UNARMED: &str = "idle call";

// Sessions

const SERVER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 3)), 50_002);

/// Floor control of the session with this number of the client.
fn client(number: u16) -> SocketAddr {
    ([10, 0, 1, 3], 40_002 + 10 * number).into()
}

fn identity(number: u16) -> Option<SessionIdentity> {
    let uri = format!("sip:s{number}@cf.example.org").as_str().into();
    Some(SessionIdentity { session_type: SessionType::PREARRANGED, uri })
}

fn connect_on(w: &mut World, number: u16) {
    let connect = Connect { ack_requested: true, session_identity: identity(number), ..Connect::default() };
    let octets = SessionMessage::Connect(connect).encode().unwrap();
    w.frame(SERVER, client(number), octets);
}

fn connect(w: &mut World) {
    connect_on(w, 0);
}

fn disconnect(w: &mut World) {
    let disconnect =
        Disconnect { ack_requested: true, session_identity: identity(0), ..Disconnect::default() };
    w.frame(SERVER, client(0), SessionMessage::Disconnect(disconnect).encode().unwrap());
}

fn answer_on(w: &mut World, number: u16, code: ReasonCode) {
    let answer = Acknowledge { reason_code: Some(code), ..Acknowledge::default() };
    w.frame(client(number), SERVER, SessionMessage::Acknowledge(answer).encode().unwrap());
}

fn accept(w: &mut World) {
    answer_on(w, 0, ReasonCode::ACCEPTED);
}

pub(super) fn of_clients(w: &mut World) {
    w.profile.subjects = Subjects { server: false, participants: true };
}

// Subchannels

const CAST: [u8; 4] = [232, 1, 2, 1];

fn general(w: &mut World, message: SubchannelMessage) {
    w.frame(([10, 0, 0, 3], 38_000).into(), ([232, 1, 2, 200], 19_000).into(), message.encode().unwrap());
}

fn map(w: &mut World) {
    let line = |number| MediaLine::new(number).unwrap();
    let subchannel = MbmsSubchannel {
        audio: line(1),
        floor_control: Some((line(2), 20_000)),
        media_port: 20_002,
        address: CAST.into(),
    };
    general(
        w,
        SubchannelMessage::MapGroupToBearer(MapGroupToBearer {
            group_id: Some(GroupId::from("sip:fire-1@mc.example.org")),
            subchannel: Some(subchannel),
            ..MapGroupToBearer::default()
        }),
    );
}

fn unmap(w: &mut World) {
    let group_id = Some(GroupId::from("sip:fire-1@mc.example.org"));
    general(
        w,
        SubchannelMessage::UnmapGroupToBearer(UnmapGroupToBearer {
            group_id,
            ..UnmapGroupToBearer::default()
        }),
    );
}

fn cast(w: &mut World, octets: Bytes) {
    w.frame(([10, 0, 0, 3], 39_000).into(), (CAST, 20_000).into(), octets);
}

fn idle(number: u16) -> FloorMessage {
    FloorMessage::Idle(FloorIdle { sequence: Some(MessageSequenceNumber(number)), ..FloorIdle::default() })
}

fn taken(number: u16) -> FloorMessage {
    FloorMessage::Taken(FloorTaken { sequence: Some(MessageSequenceNumber(number)), ..FloorTaken::default() })
}

pub(super) fn octets(message: &FloorMessage) -> Bytes {
    message.encode().unwrap()
}

/// Mapped, and again every half second for this many times.
fn mapped_for(w: &mut World, times: u32) {
    for _ in 0..times {
        map(w);
        w.wait(500);
    }
}

// Functions that relay: paths 0 and 1 are clients, 2 is the controlling side of the first client or of the group

fn place(path: usize) -> (SocketAddr, SocketAddr) {
    let number = u8::try_from(path).unwrap();
    let theirs = if path == 2 { [10, 0, 2, 1] } else { [10, 0, 1, number + 1] };
    ((theirs, 40_000).into(), ([10, 0, 0, 3], 50_000 + 10 * u16::from(number)).into())
}

fn relays(w: &mut World, function: Function) {
    w.profile.paths = (0..3)
        .map(|path| {
            let (theirs, ours) = place(path);
            let side = if path == 2 { Side::Controlling } else { Side::Client };
            KnownPath { function, side, number: if path == 1 { 1 } else { 0 }, ours, theirs }
        })
        .collect();
}

fn participating(w: &mut World) {
    relays(w, Function::Participating);
}

fn group(w: &mut World) {
    relays(w, Function::NonControlling);
}

fn pass(w: &mut World, path: usize, inward: bool, port: u16, octets: Bytes) {
    let (theirs, ours) = place(path);
    let above = |at: SocketAddr| SocketAddr::new(at.ip(), at.port() + port);
    let (from, to) = if inward { (theirs, ours) } else { (ours, theirs) };
    w.frame(above(from), above(to), octets);
}

fn comes(w: &mut World, path: usize, message: &FloorMessage) {
    pass(w, path, true, 2, octets(message));
}

fn goes(w: &mut World, path: usize, message: &FloorMessage) {
    pass(w, path, false, 2, octets(message));
}

pub(super) fn voice(ssrc: u32, sequence: u16) -> Bytes {
    let header = RtpHeader { payload_type: 97, sequence, ssrc: Ssrc(ssrc), ..RtpHeader::default() };
    let packet = RtpPacket { header, payload: Bytes::from_static(&[1; 8]), padding: Bytes::new() };
    let mut out = BytesMut::new();
    packet.encode(&mut out).unwrap();
    out.freeze()
}

fn request() -> FloorMessage {
    FloorMessage::Request(FloorRequest { priority: Some(FloorPriority(2)), ..FloorRequest::default() })
}

fn tracked(references: &[u32]) -> Option<TrackInfo> {
    (!references.is_empty()).then(|| TrackInfo {
        participant_type: "unknown".into(),
        references: references.to_vec(),
        ..TrackInfo::default()
    })
}

fn request_with(references: &[u32]) -> FloorMessage {
    let track_info = tracked(references);
    FloorMessage::Request(FloorRequest {
        priority: Some(FloorPriority(2)),
        track_info,
        ..FloorRequest::default()
    })
}

fn granted_with(references: &[u32]) -> FloorMessage {
    FloorMessage::Granted(FloorGranted { track_info: tracked(references), ..FloorGranted::default() })
}

/// The first client asks through the function, which knows it as 7, and is granted.
fn all_are_idle(w: &mut World) {
    group(w);
    comes(w, 2, &idle(1));
    goes(w, 0, &idle(1));
    goes(w, 1, &idle(1));
    w.wait(300);
}

fn first_is_granted(w: &mut World) {
    group(w);
    comes(w, 0, &request());
    goes(w, 2, &request_with(&[7]));
    w.wait(100);
    comes(w, 2, &granted_with(&[7]));
    goes(w, 0, &granted_with(&[]));
    w.wait(300);
}

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.380-9.3:t55",
        accepts: |w| {
            connect(w);
            w.wait(2000);
            connect(w);
            w.wait(100);
            accept(w);
        },
        rejects: |w| {
            connect(w);
            w.wait(3000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-9.3:t56",
        accepts: |w| {
            disconnect(w);
            w.wait(2000);
            disconnect(w);
            w.wait(100);
            accept(w);
        },
        rejects: |w| {
            for _ in 0..4 {
                disconnect(w);
                w.wait(2000);
            }
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-9.1",
        accepts: |w| {
            participating(w);
            w.profile.paths[0].theirs = ([10, 0, 1, 3], 40_000).into();
            w.profile.paths[0].ours = ([10, 0, 0, 3], 50_000).into();
            connect(w);
            w.wait(100);
            accept(w);
            w.wait(100);
            w.frame(SERVER, client(0), octets(&idle(1)));
        },
        rejects: |w| {
            participating(w);
            w.profile.paths[0].theirs = ([10, 0, 1, 3], 40_000).into();
            w.profile.paths[0].ours = ([10, 0, 0, 3], 50_000).into();
            connect(w);
            w.frame(SERVER, client(0), octets(&idle(1)));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-9.2.2:conn",
        accepts: |w| {
            of_clients(w);
            connect(w);
            answer_on(w, 0, ReasonCode::BUSY);
        },
        rejects: |w| {
            of_clients(w);
            connect(w);
            answer_on(w, 0, ReasonCode(77));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-9.2.2:disc",
        accepts: |w| {
            of_clients(w);
            disconnect(w);
            accept(w);
        },
        rejects: |w| {
            of_clients(w);
            disconnect(w);
            w.wait(7000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-9.2.2:par",
        accepts: |w| {
            of_clients(w);
            connect(w);
            accept(w);
            w.wait(100);
            connect_on(w, 1);
            answer_on(w, 1, ReasonCode::BUSY);
        },
        rejects: |w| {
            of_clients(w);
            connect(w);
            accept(w);
            w.wait(100);
            connect_on(w, 1);
            answer_on(w, 0, ReasonCode::ACCEPTED);
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-10.2:map",
        accepts: |w| mapped_for(w, 3),
        rejects: |w| {
            map(w);
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-10.2:unmap",
        accepts: |w| {
            map(w);
            for _ in 0..3 {
                unmap(w);
                w.wait(200);
            }
            w.wait(500);
        },
        rejects: |w| {
            map(w);
            for _ in 0..4 {
                unmap(w);
                w.wait(200);
            }
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-10.2:idle",
        accepts: |w| {
            map(w);
            cast(w, octets(&idle(1)));
            w.wait(500);
            mapped_for(w, 59);
            unmap(w);
            w.wait(200);
            unmap(w);
            w.wait(200);
            unmap(w);
        },
        rejects: |w| {
            map(w);
            cast(w, octets(&taken(1)));
            w.wait(400);
            unmap(w);
            w.wait(200);
            unmap(w);
            w.wait(200);
            unmap(w);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.4.2:1",
        accepts: |w| {
            participating(w);
            comes(w, 0, &request());
            goes(w, 2, &request());
        },
        rejects: |w| {
            participating(w);
            comes(w, 0, &request());
            goes(w, 2, &request_with(&[7]));
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.4.2:2",
        accepts: |w| {
            participating(w);
            comes(w, 2, &taken(1));
            goes(w, 0, &taken(1));
        },
        rejects: |w| {
            participating(w);
            comes(w, 2, &taken(1));
            goes(w, 0, &taken(2));
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.4.2:3ai",
        accepts: |w| {
            participating(w);
            map(w);
            comes(w, 2, &granted_with(&[]));
            goes(w, 0, &granted_with(&[]));
        },
        rejects: |w| {
            participating(w);
            map(w);
            comes(w, 2, &granted_with(&[]));
            w.wait(500);
            map(w);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.4.2:3b",
        accepts: |w| {
            participating(w);
            map(w);
            comes(w, 2, &taken(1));
            cast(w, octets(&taken(1)));
        },
        rejects: |w| {
            participating(w);
            map(w);
            comes(w, 2, &taken(1));
            w.wait(500);
            map(w);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.4.3",
        accepts: |w| {
            participating(w);
            pass(w, 0, true, 0, voice(1, 1));
            pass(w, 2, false, 0, voice(1, 1));
        },
        rejects: |w| {
            participating(w);
            pass(w, 2, true, 0, voice(1, 1));
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.4.2:keep",
        accepts: |w| {
            group(w);
            comes(w, 0, &request());
            goes(w, 2, &request_with(&[7]));
        },
        rejects: |w| {
            group(w);
            comes(w, 0, &request());
            let bare = FloorRequest { track_info: tracked(&[7]), ..FloorRequest::default() };
            goes(w, 2, &FloorMessage::Request(bare));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.4.2:new",
        accepts: |w| {
            group(w);
            comes(w, 0, &request());
            goes(w, 2, &request_with(&[7]));
        },
        rejects: |w| {
            group(w);
            comes(w, 0, &request());
            goes(w, 2, &request_with(&[7, 8]));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.4.2:track",
        accepts: |w| {
            group(w);
            comes(w, 0, &request_with(&[3]));
            goes(w, 2, &request_with(&[3, 7]));
        },
        rejects: |w| {
            group(w);
            comes(w, 0, &request_with(&[3]));
            goes(w, 2, &request_with(&[7]));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.2.2:2",
        accepts: |w| {
            first_is_granted(w);
            comes(w, 1, &request());
            goes(w, 2, &request_with(&[8]));
        },
        rejects: |w| {
            first_is_granted(w);
            comes(w, 1, &request());
            goes(w, 2, &request_with(&[7]));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.4:down",
        accepts: first_is_granted,
        rejects: |w| {
            group(w);
            comes(w, 0, &request());
            goes(w, 2, &request_with(&[7]));
            comes(w, 2, &granted_with(&[7]));
            goes(w, 1, &granted_with(&[]));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.4:bcast",
        accepts: |w| {
            group(w);
            comes(w, 2, &idle(4));
            goes(w, 0, &idle(1));
            goes(w, 1, &idle(1));
        },
        rejects: |w| {
            group(w);
            comes(w, 2, &idle(4));
            goes(w, 0, &idle(1));
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.2.2:1",
        accepts: |w| {
            group(w);
            goes(w, 0, &idle(1));
            goes(w, 0, &idle(2));
        },
        rejects: |w| {
            group(w);
            goes(w, 0, &idle(2));
            goes(w, 0, &idle(1));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.5.3",
        accepts: |w| {
            all_are_idle(w);
            pass(w, 0, true, 0, voice(1, 1));
            w.wait(500);
        },
        rejects: |w| {
            all_are_idle(w);
            pass(w, 0, true, 0, voice(1, 1));
            pass(w, 2, false, 0, voice(1, 1));
        },
        unarmed: UNARMED,
        also: &[],
    },
    Row {
        requirement: "24.380-6.5.5.4",
        accepts: |w| {
            first_is_granted(w);
            pass(w, 0, true, 0, voice(1, 1));
            pass(w, 2, false, 0, voice(1, 1));
        },
        rejects: |w| {
            first_is_granted(w);
            pass(w, 0, true, 0, voice(1, 1));
            w.wait(1000);
        },
        unarmed: UNARMED,
        also: &[],
    },
];
