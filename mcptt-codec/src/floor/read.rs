//! Reads the value of one field: shared by [`FloorField`](super::FloorField) and by the messages, which read straight
//! into their places.

use std::time::Duration;

use crate::floor::{
    FloorIndicator, FloorPriority, MediaFlowControlIndicator, MessageSequenceNumber, MessageType,
    PermissionToRequest, QueueInfo, QueuePosition, QueuedFloorRequestsPurpose, ResponseState, Source,
};
use crate::id::Ssrc;
use crate::rtcp::{FieldError, FieldRef, Notes, requirement};
use crate::text::ByteStr;

type Read<T> = Result<T, FieldError>;

fn octet_and_spare(field: &FieldRef<'_>, notes: &mut Notes) -> Read<u8> {
    let [octet, spare] = field.array()?;
    //= 24.380-8.1.3:spare
    notes.add_if(spare != 0, requirement::SPARE);
    Ok(octet)
}

pub(super) fn priority(field: &FieldRef<'_>, notes: &mut Notes) -> Read<FloorPriority> {
    octet_and_spare(field, notes).map(FloorPriority)
}

pub(super) fn duration(field: &FieldRef<'_>, notes: &mut Notes) -> Read<Duration> {
    let seconds = field.u16()?;
    notes.add_if(seconds == 0, requirement::DURATION);
    Ok(Duration::from_secs(seconds.into()))
}

/// The number, and the phrase if there is one.
pub(super) fn cause(field: &FieldRef<'_>, notes: &mut Notes) -> Read<(u16, Option<ByteStr>)> {
    let (cause, phrase) = field.value().split_first_chunk::<2>().ok_or(FieldError::Length)?;
    let phrase = (!phrase.is_empty()).then(|| field.text(phrase, notes));
    Ok((u16::from_be_bytes(*cause), phrase))
}

pub(super) fn queue_info(field: &FieldRef<'_>, notes: &mut Notes) -> Read<QueueInfo> {
    let [position, priority] = field.array()?;
    //= 24.380-8.2.3.5:zero
    notes.add_if(position == 0, requirement::QUEUE_POSITION_ZERO);
    Ok(QueueInfo { position: QueuePosition(position), priority: FloorPriority(priority) })
}

pub(super) fn uri(field: &FieldRef<'_>, notes: &mut Notes) -> ByteStr {
    field.text(field.value(), notes)
}

/// Yes or no; `None` for a value that is not assigned.
pub(super) fn permission(field: &FieldRef<'_>, notes: &mut Notes) -> Read<Option<bool>> {
    let permission = PermissionToRequest(field.u16()?).as_bool();
    //= 24.380-8.1.4:enumeration
    notes.add_if(permission.is_none(), requirement::ENUMERATION);
    Ok(permission)
}

pub(super) fn sequence(field: &FieldRef<'_>, _: &mut Notes) -> Read<MessageSequenceNumber> {
    field.u16().map(MessageSequenceNumber)
}

pub(super) fn source(field: &FieldRef<'_>, notes: &mut Notes) -> Read<Source> {
    let source = Source(field.u16()?);
    notes.add_if(!source.is_assigned(), requirement::SOURCE);
    Ok(source)
}

pub(super) fn message_type(field: &FieldRef<'_>, notes: &mut Notes) -> Read<MessageType> {
    let message_type = MessageType(octet_and_spare(field, notes)?);
    notes.add_if(message_type.has_ack_bit(), requirement::MESSAGE_TYPE);
    Ok(message_type)
}

pub(super) fn indicator(field: &FieldRef<'_>, notes: &mut Notes) -> Read<FloorIndicator> {
    let indicator = FloorIndicator(field.u16()?);
    notes.add_if(indicator.0 & FloorIndicator::UNASSIGNED.0 != 0, requirement::FLOOR_INDICATOR);
    Ok(indicator)
}

pub(super) fn ssrc(field: &FieldRef<'_>, notes: &mut Notes) -> Read<Ssrc> {
    //= 24.380-8.2.3.16
    let (ssrc, spare) = field.value().split_first_chunk::<4>().ok_or(FieldError::Length)?;
    match spare {
        [0, 0] => {}
        [] | [_, _] => notes.add(requirement::SSRC_FIELD),
        _ => return Err(FieldError::Length),
    }
    Ok(Ssrc(u32::from_be_bytes(*ssrc)))
}

pub(super) fn purpose(field: &FieldRef<'_>, notes: &mut Notes) -> Read<QueuedFloorRequestsPurpose> {
    let purpose = QueuedFloorRequestsPurpose(field.u16()?);
    notes.add_if(!purpose.is_assigned(), requirement::ENUMERATION);
    Ok(purpose)
}

pub(super) fn response_state(field: &FieldRef<'_>, notes: &mut Notes) -> Read<ResponseState> {
    let state = ResponseState(field.u16()?);
    notes.add_if(!state.is_assigned(), requirement::ENUMERATION);
    Ok(state)
}

pub(super) fn media_flow(field: &FieldRef<'_>, notes: &mut Notes) -> Read<MediaFlowControlIndicator> {
    let indicator = MediaFlowControlIndicator(field.u16()?);
    notes.add_if(indicator.0 & !MediaFlowControlIndicator::RESUME.0 != 0, requirement::SPARE);
    Ok(indicator)
}
