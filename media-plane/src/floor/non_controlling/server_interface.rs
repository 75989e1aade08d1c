//! The floor control server interface: what goes between a local client and the controlling function (TS 24.380 6.5.4).
//!
//! It knows who a message comes from or is for, and nothing about the floor: two functions of their arguments.

use mcptt_codec::floor::{FieldId, FloorPacket, QueueingCapability, TrackInfo};
use mcptt_codec::id::{LegRef, Ssrc};
use mcptt_codec::text::ByteStr;

use super::fields;

/// What the controlling function is told about a local client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Originator<'a> {
    /// Its temporary identifier.
    pub(super) reference: u32,
    /// Queueing was negotiated with it.
    pub(super) queueing: bool,
    /// What the configuration of this system calls its participants.
    pub(super) participant_type: &'a ByteStr,
}

/// Whom a message of the controlling function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addressee {
    /// The client whose identifier is the last reference.
    Client(LegRef),
    /// No reference is one of ours.
    Nobody,
}

/// A message of a local client as it goes to the controlling function, under our SSRC: we are the participant there.
//= 24.380-6.5.4.2:keep
//= 24.380-6.5.4.1
pub(super) fn upwards(packet: &FloorPacket, from: Originator<'_>, ssrc: Ssrc) -> FloorPacket {
    let mut packet = packet.clone();
    packet.ssrc = ssrc;
    if fields::carries_track_info(&packet) {
        let track = match fields::track_info(&packet) {
            //= 24.380-6.5.4.2:track
            Some(mut track) => {
                track.references.push(from.reference);
                track
            }
            //= 24.380-6.5.4.2:new
            None => new_track_info(from),
        };
        fields::set_track_info(&mut packet, track);
    }
    packet
}

/// The Track Info of a message that comes from a local client and has passed no other function.
pub(super) fn new_track_info(from: Originator<'_>) -> TrackInfo {
    TrackInfo {
        queueing_capability: if from.queueing {
            QueueingCapability::SUPPORTED
        } else {
            QueueingCapability::NOT_SUPPORTED
        },
        participant_type: from.participant_type.clone(),
        references: vec![from.reference],
    }
}

/// A message of the controlling function as it goes to local clients, under our SSRC: we are the server there.
//= 24.380-6.5.4:down
//= 24.380-6.5.4.1
pub(super) fn downwards(
    packet: &FloorPacket,
    find: impl Fn(u32) -> Option<LegRef>,
    ssrc: Ssrc,
) -> (Addressee, FloorPacket) {
    let mut packet = packet.clone();
    packet.ssrc = ssrc;
    let Some(mut track) = fields::track_info(&packet) else { return (Addressee::Nobody, packet) };
    let Some(leg) = track.references.last().and_then(|reference| find(*reference)) else {
        return (Addressee::Nobody, packet);
    };
    track.references.pop();
    if track.references.is_empty() {
        fields::remove(&mut packet, FieldId::TRACK_INFO);
    } else {
        fields::set_track_info(&mut packet, track);
    }
    (Addressee::Client(leg), packet)
}
