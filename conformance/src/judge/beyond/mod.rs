//! What there is beside calls under a floor control server that the judge sees itself: calls over pre-established sessions
//! (9), MBMS subchannels (10), functions that relay (6.4, 6.5), floor control without a server (7), and call control without
//! a network (TS 24.379 10.2, 11.2, 12.2).

mod air;
mod bearer;
mod belief;
mod group;
mod monp;
mod monp_belief;
mod relay;
mod session;

use std::net::SocketAddr;

use bytes::Bytes;
use mcptt_codec::floor::FloorMessage;

use super::Rule;
use super::fact::{Fact, Passing};
use super::obligation::Context;
use super::profile::{Function, KnownPath, Side};

pub(super) use belief::Beyond;

/// What functions of the network have to do.
pub(super) const SERVER: &[Rule] = &[
    session::REPEATED,
    session::IN_USE,
    bearer::MAPPED,
    bearer::UNMAPPED,
    bearer::CONVERSATION,
    relay::UNCHANGED,
    group::UPWARDS,
    group::DOWNWARDS,
    group::TO_ALL,
    group::VOICE,
];

/// What clients have to do.
pub(super) const PARTICIPANT: &[Rule] = &[
    session::ANSWERED,
    session::APART,
    air::BEGIN,
    air::ASKED,
    air::DECIDED,
    air::HANDED_OVER,
    monp::ADDRESSED,
    monp::FOUND_NONE,
    monp::PROBED,
    monp::SUPPRESSED,
    monp::MERGED,
    monp::ENDED,
    monp::BROADCAST,
    monp::REQUESTED,
    monp::ACKNOWLEDGED,
    monp::ALERT,
];

/// A datagram on a path of this function, and the path.
fn passing<'a>(cx: &Context<'a>, fact: &'a Fact, function: Function) -> Option<(&'a Passing, &'a KnownPath)> {
    let Fact::Passing(passing) = fact else { return None };
    let path = cx.profile.paths.get(passing.path)?;
    (path.function == function).then_some((passing, path))
}

/// The paths of a function on one side, by their places.
fn paths(cx: &Context<'_>, function: Function, side: Side) -> Vec<(usize, u8)> {
    let paths = cx.profile.paths.iter().enumerate();
    paths
        .filter(|(_, path)| path.function == function && path.side == side)
        .map(|(at, path)| (at, path.number))
        .collect()
}

/// Whether the fact is this datagram leaving on that path.
fn leaves_on(fact: &Fact, path: usize, floor: bool, octets: &Bytes) -> bool {
    matches!(fact, Fact::Passing(one)
        if one.path == path && !one.inward && one.floor == floor && one.octets == *octets)
}

/// The floor message of octets.
fn message(octets: &Bytes) -> Option<FloorMessage> {
    FloorMessage::decode(octets).ok().map(|decoded| decoded.value)
}

/// The address of floor control beside that of voice, in known paths.
pub(super) fn floor_of(audio: SocketAddr) -> SocketAddr {
    SocketAddr::new(audio.ip(), audio.port().saturating_add(2))
}
