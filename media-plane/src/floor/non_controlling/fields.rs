//! Changing single fields of a floor message and leaving every other octet as it came.

use mcptt_codec::floor::{
    FieldId, FloorField, FloorIndicator, FloorPacket, MessageSequenceNumber, TrackInfo, rules,
};
use mcptt_codec::id::Ssrc;

/// Replaces the field of this kind, wherever it stands; adds it at the end if there is none.
pub(super) fn set(packet: &mut FloorPacket, field: &FloorField, id: FieldId) {
    let field = field.to_field();
    let Some(place) = packet.fields.iter().position(|field| field.id() == id) else {
        packet.fields.push(field);
        return;
    };
    packet.fields[place] = field;
    let mut first = true;
    packet.fields.retain(|field| field.id() != id || std::mem::take(&mut first));
}

pub(super) fn remove(packet: &mut FloorPacket, id: FieldId) {
    packet.fields.retain(|field| field.id() != id);
}

/// The Track Info of a message; one that cannot be read counts as none.
pub(super) fn track_info(packet: &FloorPacket) -> Option<TrackInfo> {
    match first(packet, FieldId::TRACK_INFO)? {
        FloorField::TrackInfo(track) => Some(track),
        _ => None,
    }
}

pub(super) fn set_track_info(packet: &mut FloorPacket, track: TrackInfo) {
    set(packet, &FloorField::TrackInfo(track), FieldId::TRACK_INFO);
}

pub(super) fn set_sequence(packet: &mut FloorPacket, number: MessageSequenceNumber) {
    set(packet, &FloorField::MessageSequenceNumber(number), FieldId::MESSAGE_SEQUENCE_NUMBER);
}

/// The SSRC that a message names.
pub(super) fn ssrc(packet: &FloorPacket) -> Option<Ssrc> {
    match first(packet, FieldId::SSRC)? {
        FloorField::Ssrc(ssrc) => Some(ssrc),
        _ => None,
    }
}

pub(super) fn set_ssrc(packet: &mut FloorPacket, ssrc: Ssrc) {
    set(packet, &FloorField::Ssrc(ssrc), FieldId::SSRC);
}

pub(super) fn indicator(packet: &FloorPacket) -> FloorIndicator {
    match first(packet, FieldId::FLOOR_INDICATOR) {
        Some(FloorField::FloorIndicator(indicator)) => indicator,
        _ => FloorIndicator::NONE,
    }
}

/// Whether the message table of the packet's message lists Track Info.
pub(super) fn carries_track_info(packet: &FloorPacket) -> bool {
    rules::of(packet.subtype.number()).is_some_and(|rule| rule.fields.contains(&FieldId::TRACK_INFO))
}

fn first(packet: &FloorPacket, id: FieldId) -> Option<FloorField> {
    let field = packet.fields.iter().find(|field| field.id() == id)?;
    FloorField::decode(field).ok()
}
