//! From fields to typed messages and back: one driver for all protocols of TS 24.380.

use bytes::{Bytes, BytesMut};

use crate::cursor::Writer;
use crate::id::Ssrc;
use crate::rtcp::app::APP_HEADER_OCTETS;
use crate::rtcp::field::{self, Field, FieldRef, Step};
use crate::rtcp::field_id::FieldId;
use crate::rtcp::first_releases::FirstReleases;
use crate::rtcp::header;
use crate::rtcp::notes::{FieldError, Notes};
use crate::rtcp::packet::{Frame, Packet, write_head};
use crate::rtcp::protocol::Protocol;
use crate::rtcp::requirement;
use crate::text::ByteStr;
use crate::value::{Keys, Value, ViewError};
use crate::{DecodeError, Decoded, EmitError, EncodeError, NotInRelease, Release};

/// The typed reading of a field.
pub(crate) trait FieldValue: Sized {
    /// Whether the protocol assigns this id.
    fn is_assigned(id: FieldId) -> bool;

    /// Reads a field. An id that is not assigned is kept with its octets.
    fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Self, FieldError>;

    fn id(&self) -> FieldId;

    /// Octets of the value, before padding.
    fn value_len(&self) -> usize;

    /// Writes the value, before padding.
    fn write_value(&self, writer: &mut Writer<'_>);

    /// Keys and values of the readable view.
    fn describe(&self) -> Vec<(&'static str, Value)>;

    /// The field of this id that the keys describe: the inverse of [`describe`](Self::describe).
    fn from_view(id: FieldId, keys: &mut Keys<'_>) -> Result<Self, ViewError>;

    /// The same field in a message of this number without what the release does not have; the release has the field.
    fn restricted(self, message: u8, release: Release, table: &FirstReleases) -> Self {
        let _ = (message, release, table);
        self
    }

    /// The field as it is sent.
    fn to_field(&self) -> Field {
        let mut value = BytesMut::with_capacity(self.value_len());
        self.write_value(&mut Writer::new(&mut value));
        Field::new(self.id(), &value)
    }
}

/// What became of a field that was offered to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// The message has a place for it and took it.
    Taken,
    /// The place is taken: the first one counts.
    Duplicate,
    /// The message table does not list it.
    NotListed,
    /// An empty URI counts as absent.
    Empty,
}

/// Puts a field into its place unless the place is taken.
#[inline]
pub(crate) fn put<T>(place: &mut Option<T>, value: T) -> Put {
    if place.is_some() {
        return Put::Duplicate;
    }
    *place = Some(value);
    Put::Taken
}

/// Puts an identity into its place; an empty URI counts as absent.
#[inline]
pub(crate) fn put_uri<T>(place: &mut Option<T>, uri: ByteStr, make: fn(ByteStr) -> T) -> Put {
    if uri.as_bytes().is_empty() { Put::Empty } else { put(place, make(uri)) }
}

/// The fields of a message that have been met and may have left no value: an empty list, a number that says nothing. The
/// first one counts all the same. A bit for each id below 32.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Met(u32);

impl Met {
    /// Puts a value into its place unless there was a field of this id before.
    pub(crate) fn put<T>(&mut self, id: FieldId, place: &mut T, value: T) -> Put {
        let bit = 1u32.checked_shl(id.0.into()).unwrap_or_default();
        if self.0 & bit != 0 {
            return Put::Duplicate;
        }
        self.0 |= bit;
        *place = value;
        Put::Taken
    }
}

/// Hands a field that is present to a sink.
pub(crate) fn emit<T: Clone, F>(sink: &mut dyn FnMut(F), place: &Option<T>, make: fn(T) -> F) {
    if let Some(value) = place {
        sink(make(value.clone()));
    }
}

/// The fields of one kind of message.
pub(crate) trait Body {
    type Field: FieldValue;
    /// What is known about fields that only make sense together.
    type Pending: Default;

    /// Reads a field into its place. Anything noted belongs to that field.
    fn put(
        &mut self,
        pending: &mut Self::Pending,
        field: &FieldRef<'_>,
        notes: &mut Notes,
    ) -> Result<Put, FieldError>;

    /// All fields have been offered.
    fn finish(&mut self, pending: Self::Pending, notes: &mut Notes) {
        let _ = (pending, notes);
    }

    /// The fields in the order of the message table.
    fn each_field(&self, sink: &mut dyn FnMut(Self::Field));
}

/// A typed message: one of the bodies of a protocol.
pub(crate) trait Message: Sized {
    type Protocol: Protocol;
    type Field: FieldValue;

    /// What a sender of which release may use.
    const FIRST_RELEASES: &'static FirstReleases;

    /// A message of this subtype without fields; the variant for unknown ones when the protocol does not list it.
    fn start(subtype: Self::Protocol, ssrc: Ssrc) -> Self;

    /// Reads the fields into their places, where the message stands: it is some hundred octets large. Those of an unknown
    /// message are not touched.
    fn fill<'a>(&mut self, steps: impl Iterator<Item = Step<'a>>, notes: &mut Notes);

    fn subtype(&self) -> Self::Protocol;

    fn ssrc(&self) -> Ssrc;

    /// The fields in the order of the message table.
    fn each_field(&self, sink: &mut dyn FnMut(Self::Field));
}

/// Reads a typed message straight from the octets of one packet.
pub(crate) fn decode<M: Message>(packet: &Bytes) -> Result<Decoded<M>, DecodeError> {
    match Frame::<M::Protocol>::decode(packet) {
        Ok(frame) => read(&frame),
        Err(error) => Err(error),
    }
}

/// Reads the fields of a packet. The message is built where the caller wants it: moving it costs as much as reading a field.
fn read<M: Message>(frame: &Frame<'_, M::Protocol>) -> Result<Decoded<M>, DecodeError> {
    let mut result = Ok(Decoded { value: M::start(frame.subtype, frame.ssrc), deviations: Vec::new() });
    if let Ok(decoded) = &mut result {
        collect(decoded, frame.walk());
    }
    result
}

/// Reads a typed message from a lossless packet.
pub(crate) fn from_packet<M: Message>(packet: &Packet<M::Protocol>) -> Decoded<M> {
    let mut decoded = Decoded { value: M::start(packet.subtype, packet.ssrc), deviations: Vec::new() };
    collect(&mut decoded, packet.steps());
    decoded
}

#[inline]
fn collect<'a, M: Message>(decoded: &mut Decoded<M>, steps: impl Iterator<Item = Step<'a>>) {
    let mut notes = Notes::default();
    decoded.value.fill(steps, &mut notes);
    decoded.deviations = notes.into_deviations();
}

/// Reads the fields of a message whose subtype is listed.
#[inline]
pub(crate) fn fill<'a, B: Body>(body: &mut B, steps: impl Iterator<Item = Step<'a>>, notes: &mut Notes) {
    let mut pending = B::Pending::default();
    for step in steps {
        match step {
            Step::Field(field) => offer(body, &mut pending, &field, notes),
            //= 24.380-8.1.4:overrun
            Step::Overrun { offset, .. } => notes.add_at(offset, requirement::OVERRUN),
        }
    }
    body.finish(pending, notes);
}

/// Why a message of this subtype is ignored: the bits are not assigned, or only without the acknowledgment bit.
pub(crate) fn unknown_subtype<P: Protocol>(subtype: P) -> &'static str {
    //= 24.380-8.2.2:noack
    match subtype.number_and_ack() {
        (number, Some(true)) if P::from_bits(number).message_name().is_some() => requirement::NO_ACK_BIT,
        //= 24.380-8.1.4:subtype
        _ => requirement::SUBTYPE,
    }
}

#[inline]
fn offer<B: Body>(body: &mut B, pending: &mut B::Pending, field: &FieldRef<'_>, notes: &mut Notes) {
    notes.begin_field(field.offset());
    if let Some(offset) = field.dirty_padding() {
        notes.add_at(offset, requirement::PADDING);
    }
    let put = body.put(pending, field, notes);
    if put != Ok(Put::Taken) {
        refuse::<B::Field>(put, field, notes);
    }
}

/// Notes why a field was not taken.
#[cold]
fn refuse<F: FieldValue>(put: Result<Put, FieldError>, field: &FieldRef<'_>, notes: &mut Notes) {
    match put {
        Ok(Put::Taken) => {}
        //= 24.380-8.1.4:dup
        Ok(Put::Duplicate) => notes.add(requirement::DUPLICATE),
        //= 24.380-8.1.4:table
        Ok(Put::NotListed) if F::is_assigned(field.id()) => notes.add(requirement::MESSAGE_TABLE),
        //= 24.380-8.1.4:field
        Ok(Put::NotListed) => notes.add(requirement::FIELD),
        //= 24.380-8.1.4:empty
        Ok(Put::Empty) => notes.add(requirement::EMPTY_URI),
        Err(error) => notes.add(error.requirement()),
    }
}

/// The lossless packet of a typed message.
pub(crate) fn to_packet<M: Message>(message: &M) -> Packet<M::Protocol> {
    let mut packet = Packet::new(message.subtype(), message.ssrc());
    message.each_field(&mut |value| packet.fields.push(value.to_field()));
    packet
}

/// The lossless packet of a typed message as a sender of this release sends it.
pub(crate) fn to_packet_for<M: Message>(
    message: &M,
    release: Release,
) -> Result<Packet<M::Protocol>, NotInRelease> {
    M::FIRST_RELEASES.check(message.subtype(), release)?;
    let mut packet = Packet::new(message.subtype(), message.ssrc());
    each_field_for(message, release, &mut |value| packet.fields.push(value.to_field()));
    Ok(packet)
}

/// The fields that a sender of this release sends, each with the values that the release has.
fn each_field_for<M: Message>(message: &M, release: Release, sink: &mut dyn FnMut(M::Field)) {
    let (number, _) = message.subtype().number_and_ack();
    message.each_field(&mut |value| {
        if M::FIRST_RELEASES.has_field(value.id(), release) {
            sink(value.restricted(number, release, M::FIRST_RELEASES));
        }
    });
}

/// The five bits of a message number with the acknowledgment bit set or cleared.
pub(crate) fn with_ack_bit<P: Protocol>(number: P, requested: bool) -> P {
    P::from_bits(if requested { number.bits() | ACK_BIT } else { number.bits() })
}

/// The bit of a subtype that asks the receiver for an acknowledgment, in the protocols that have one.
pub(crate) const ACK_BIT: u8 = 0x10;

/// Octets that most messages fit in; a longer one makes the buffer grow.
const USUAL_OCTETS: usize = 128;

/// Writes a typed message straight into octets.
pub(crate) fn encode<M: Message>(message: &M) -> Result<Bytes, EncodeError> {
    write(message, |sink| message.each_field(sink))
}

/// Writes a typed message straight into octets as a sender of this release sends it.
pub(crate) fn encode_for<M: Message>(message: &M, release: Release) -> Result<Bytes, EmitError> {
    M::FIRST_RELEASES.check(message.subtype(), release)?;
    Ok(write(message, |sink| each_field_for(message, release, sink))?)
}

fn write<M: Message>(
    message: &M,
    each_field: impl FnOnce(&mut dyn FnMut(M::Field)),
) -> Result<Bytes, EncodeError> {
    let mut out = BytesMut::with_capacity(USUAL_OCTETS);
    let mut writer = Writer::new(&mut out);
    write_head(&mut writer, message.subtype(), message.ssrc(), APP_HEADER_OCTETS)?;
    let mut result = Ok(());
    each_field(&mut |value| {
        if result.is_ok() {
            result = write_field(&mut writer, &value);
        }
    });
    result?;
    let words = header::length_word(writer.len())?;
    writer.set_u16(2, words);
    Ok(out.freeze())
}

/// A piece of a message that is put together by hand.
#[derive(Clone, Debug)]
pub(crate) enum Piece<F> {
    /// A field as it is sent.
    Typed(F),
    /// Octets, a multiple of four.
    Raw(Bytes),
}

/// Writes a message of these pieces.
pub(crate) fn assemble<P: Protocol, F: FieldValue>(
    subtype: P,
    ssrc: Ssrc,
    pieces: &[Piece<F>],
) -> Result<Bytes, EncodeError> {
    let mut out = BytesMut::with_capacity(USUAL_OCTETS);
    let mut writer = Writer::new(&mut out);
    write_head(&mut writer, subtype, ssrc, APP_HEADER_OCTETS)?;
    for piece in pieces {
        match piece {
            Piece::Typed(value) => write_field(&mut writer, value)?,
            Piece::Raw(octets) => writer.slice(octets),
        }
    }
    let words = header::length_word(writer.len())?;
    writer.set_u16(2, words);
    Ok(out.freeze())
}

/// Writes a field with its padding.
pub(crate) fn write_field<F: FieldValue>(writer: &mut Writer<'_>, value: &F) -> Result<(), EncodeError> {
    field::write_header(writer, value.id(), value.value_len())?;
    value.write_value(writer);
    //= 24.380-8.1.3
    writer.pad_to_word();
    Ok(())
}
