//! Fields of the TS 24.380 messages (8.1.3): id, length, value, padding. One walker serves all protocols.

use std::fmt;
use std::marker::PhantomData;

use bytes::{BufMut, Bytes, BytesMut};

use crate::EncodeError;
use crate::cursor::{Reader, Writer, padding_to_word};
use crate::rtcp::field_id::FieldId;
use crate::rtcp::notes::{FieldError, Notes};
use crate::rtcp::protocol::Protocol;
use crate::rtcp::requirement;
use crate::text::ByteStr;

/// One field as it stands in a packet, octet for octet: whatever the sender wrote into spare bits and padding stays.
///
/// The typed reading of it is a [`FloorField`](crate::floor::FloorField) or its like.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Field {
    id: FieldId,
    length: usize,
    octets: Bytes,
}

impl Field {
    /// A field with this value, padded with zero octets.
    ///
    /// A value longer than [`FieldId::max_value_len`] is refused when the packet is encoded.
    pub fn new(id: FieldId, value: &[u8]) -> Self {
        Self::with_length(id, value.len(), value)
    }

    /// A field whose length says `length`, whatever follows: for peers that are to be tested with broken input.
    ///
    /// Zero octets are appended up to the next multiple of four of the whole field.
    pub fn with_length(id: FieldId, length: usize, octets: &[u8]) -> Self {
        let padding = padding_to_word(id.header_len().saturating_add(octets.len()));
        let mut padded = BytesMut::with_capacity(octets.len().saturating_add(padding));
        padded.put_slice(octets);
        padded.put_bytes(0, padding);
        Self { id, length, octets: padded.freeze() }
    }

    /// The field id.
    pub const fn id(&self) -> FieldId {
        self.id
    }

    /// The length as the field states it, in octets, padding not counted.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The value: as many octets as the length says.
    pub fn value(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or(&self.octets)
    }

    /// What stands between the value and the next field: pad octets, or octets that the sender forgot to count.
    pub fn padding(&self) -> &[u8] {
        self.octets.get(self.length..).unwrap_or_default()
    }

    /// Octets that the field takes in a packet.
    pub fn encoded_len(&self) -> usize {
        self.id.header_len().saturating_add(self.octets.len())
    }

    /// Gives the field another id whose length has as many octets.
    pub(crate) fn rename(&mut self, id: FieldId) {
        self.id = id;
    }

    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        write_header(writer, self.id, self.length)?;
        writer.slice(&self.octets);
        Ok(())
    }

    /// The same field as a step of a walk.
    pub(crate) fn as_ref<P: Protocol>(&self, offset: usize) -> FieldRef<'_> {
        let uncounted = P::uncounted_octets(self.id, self.value(), self.padding());
        FieldRef {
            id: self.id,
            offset,
            length: self.length,
            uncounted,
            octets: &self.octets,
            owner: &self.octets,
        }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Field");
        shown.field("id", &self.id.0).field("length", &self.length);
        // The assigned long field is an I_MESSAGE, which has no place in a log.
        if self.id.0 >= FieldId::FIRST_WITH_TWO_LENGTH_OCTETS {
            return shown.finish_non_exhaustive();
        }
        shown.field("octets", &self.octets).finish()
    }
}

/// Writes id and length.
pub(crate) fn write_header(writer: &mut Writer<'_>, id: FieldId, length: usize) -> Result<(), EncodeError> {
    let limit = id.max_value_len();
    let refused = EncodeError { what: "field value", limit, got: length };
    if length > limit {
        return Err(refused);
    }
    writer.u8(id.0);
    if id.header_len() == 2 {
        writer.u8(u8::try_from(length).map_err(|_| refused)?);
    } else {
        writer.u16(u16::try_from(length).map_err(|_| refused)?);
    }
    Ok(())
}

/// One field of a packet that is being walked; nothing is copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldRef<'a> {
    id: FieldId,
    offset: usize,
    length: usize,
    uncounted: usize,
    octets: &'a [u8],
    owner: &'a Bytes,
}

impl<'a> FieldRef<'a> {
    pub(crate) const fn id(&self) -> FieldId {
        self.id
    }

    /// Offset of the field id in the packet.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// The value: as many octets as the length says.
    #[inline]
    pub(crate) fn value(&self) -> &'a [u8] {
        self.octets.get(..self.length).unwrap_or(self.octets)
    }

    /// Octets of the value, and those that the sender forgot to count.
    pub(crate) fn content(&self) -> &'a [u8] {
        self.octets.get(..self.length.saturating_add(self.uncounted)).unwrap_or(self.octets)
    }

    /// Whether the sender counted too little.
    pub(crate) const fn has_uncounted_octets(&self) -> bool {
        self.uncounted > 0
    }

    /// Offset of the first pad octet that is not zero.
    #[inline]
    pub(crate) fn dirty_padding(&self) -> Option<usize> {
        let content = self.length.saturating_add(self.uncounted);
        let padding = self.octets.get(content..)?;
        let dirty = padding.iter().position(|octet| *octet != 0)?;
        Some(self.offset.saturating_add(self.id.header_len()).saturating_add(content).saturating_add(dirty))
    }

    /// A value of exactly `N` octets.
    #[inline]
    pub(crate) fn array<const N: usize>(&self) -> Result<[u8; N], FieldError> {
        self.value().try_into().map_err(|_| FieldError::Length)
    }

    /// A value that is one 16-bit number.
    #[inline]
    pub(crate) fn u16(&self) -> Result<u16, FieldError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Shares a part of this field.
    #[inline]
    pub(crate) fn share(&self, part: &'a [u8]) -> Bytes {
        self.owner.slice_ref(part)
    }

    /// Text or an identity: what is not UTF-8 keeps its octets and is shown with replacement characters.
    #[inline]
    pub(crate) fn text(&self, part: &'a [u8], notes: &mut Notes) -> ByteStr {
        let text = ByteStr::shared(self.owner, part);
        //= 24.380-8.1.4:utf8
        if !text.is_utf8() {
            notes.add(requirement::UTF8);
        }
        text
    }

    /// The whole field as it stands.
    pub(crate) fn to_field(self) -> Field {
        Field { id: self.id, length: self.length, octets: self.share(self.octets) }
    }
}

/// One step of a walk through the fields of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// A field that lies inside the packet.
    Field(FieldRef<'a>),
    /// A field that runs past the end; the walk is over and `octets` is all that was left.
    Overrun { id: FieldId, offset: usize, octets: &'a [u8] },
}

impl Step<'_> {
    /// Offset of the field id in the packet.
    pub(crate) const fn offset(&self) -> usize {
        match self {
            Self::Field(field) => field.offset,
            Self::Overrun { offset, .. } => *offset,
        }
    }
}

/// Walks the fields of a packet by their lengths.
#[derive(Debug)]
pub(crate) struct Walk<'a, P> {
    owner: &'a Bytes,
    reader: Reader<'a>,
    protocol: PhantomData<P>,
}

impl<'a, P: Protocol> Walk<'a, P> {
    /// Walks `fields`, a part of `owner` that starts at `offset` of the packet.
    pub(crate) const fn new(owner: &'a Bytes, offset: usize, fields: &'a [u8]) -> Self {
        Self { owner, reader: Reader::starting_at(offset, fields), protocol: PhantomData }
    }

    #[inline]
    fn field(&mut self) -> Option<FieldRef<'a>> {
        let offset = self.reader.offset();
        //= 24.380-8.1.3
        let (id, length, value) = match self.reader.rest() {
            [id, length, value @ ..] if *id < FieldId::FIRST_WITH_TWO_LENGTH_OCTETS => {
                (FieldId(*id), usize::from(*length), value)
            }
            [id, high, low, value @ ..] if *id >= FieldId::FIRST_WITH_TWO_LENGTH_OCTETS => {
                (FieldId(*id), usize::from(u16::from_be_bytes([*high, *low])), value)
            }
            _ => return None,
        };
        let following = value.get(length..)?;
        let uncounted = P::uncounted_octets(id, value.get(..length)?, following).min(following.len());
        let content = length.saturating_add(uncounted);
        let padding = padding_to_word(id.header_len().saturating_add(content));
        let occupied = content.saturating_add(padding).min(value.len());
        self.reader.skip(id.header_len().saturating_add(occupied));
        Some(FieldRef { id, offset, length, uncounted, octets: value.get(..occupied)?, owner: self.owner })
    }
}

impl<'a, P: Protocol> Iterator for Walk<'a, P> {
    type Item = Step<'a>;

    #[inline]
    fn next(&mut self) -> Option<Step<'a>> {
        let (offset, octets) = (self.reader.offset(), self.reader.rest());
        let id = FieldId(*octets.first()?);
        Some(match self.field() {
            Some(field) => Step::Field(field),
            None => {
                self.reader = Reader::new(&[]);
                Step::Overrun { id, offset, octets }
            }
        })
    }
}
