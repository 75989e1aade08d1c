//! Source description and goodbye (RFC 3550 6.5, 6.6).

use bytes::{Bytes, BytesMut};

use crate::cursor::{Reader, Writer, padding_to_word};
use crate::id::Ssrc;
use crate::rtcp::header::{self, HEADER_OCTETS, Header, PacketType};
use crate::{DecodeError, EncodeError};

/// Kind of a source description item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ItemKind(pub u8);

impl ItemKind {
    /// Canonical name: the one item that every source sends.
    pub const CNAME: Self = Self(1);
    /// User name.
    pub const NAME: Self = Self(2);
    /// Electronic mail address.
    pub const EMAIL: Self = Self(3);
    /// Telephone number.
    pub const PHONE: Self = Self(4);
    /// Geographic location.
    pub const LOC: Self = Self(5);
    /// Application or tool.
    pub const TOOL: Self = Self(6);
    /// Notice.
    pub const NOTE: Self = Self(7);
    /// Private extension.
    pub const PRIV: Self = Self(8);
}

/// One item about a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it tells; 0 ends a list of items and cannot be used.
    pub kind: ItemKind,
    /// At most 255 octets, meant to be UTF-8.
    pub text: Bytes,
}

/// What is told about one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The source.
    pub ssrc: Ssrc,
    /// In wire order.
    pub items: Vec<Item>,
}

/// Source description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceDescription {
    /// At most 31.
    pub chunks: Vec<Chunk>,
}

impl Chunk {
    fn read(packet: &Bytes, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ssrc = Ssrc(reader.u32("SSRC")?);
        let mut items = Vec::new();
        loop {
            let kind = ItemKind(reader.u8("item kind")?);
            if kind.0 == 0 {
                // The first zero ends the list, more of them lead to the next word.
                reader.take(padding_to_word(reader.offset()), "chunk padding")?;
                return Ok(Self { ssrc, items });
            }
            let len = reader.u8("item length")?;
            let text = reader.take(usize::from(len), "item text")?;
            items.push(Item { kind, text: packet.slice_ref(text) });
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u32(self.ssrc.0);
        for item in &self.items {
            let len = u8::try_from(item.text.len());
            let refused = EncodeError { what: "source description item", limit: 255, got: item.text.len() };
            writer.u8(item.kind.0);
            writer.u8(len.map_err(|_| refused)?);
            writer.slice(&item.text);
        }
        writer.u8(0);
        writer.pad_to_word();
        Ok(())
    }
}

impl SourceDescription {
    pub(crate) fn decode(header: &Header, packet: &Bytes) -> Result<Self, DecodeError> {
        let (body, _) = header.body(packet)?;
        let mut reader = Reader::starting_at(HEADER_OCTETS, body);
        let chunks = (0..header.count).map(|_| Chunk::read(packet, &mut reader)).collect::<Result<_, _>>()?;
        Ok(Self { chunks })
    }

    /// Appends the packet.
    ///
    /// # Errors
    /// [`EncodeError`] with more than 31 chunks or a text of more than 255 octets; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let count = u8::try_from(self.chunks.len()).unwrap_or(u8::MAX);
        write_counted(out, PacketType::SOURCE_DESCRIPTION, count, |writer| {
            self.chunks.iter().try_for_each(|chunk| chunk.write(writer))
        })
    }
}

/// Goodbye: sources leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goodbye {
    /// At most 31.
    pub sources: Vec<Ssrc>,
    /// Why, at most 255 octets, meant to be UTF-8.
    pub reason: Option<Bytes>,
}

impl Goodbye {
    pub(crate) fn decode(header: &Header, packet: &Bytes) -> Result<Self, DecodeError> {
        let (body, _) = header.body(packet)?;
        let mut reader = Reader::starting_at(HEADER_OCTETS, body);
        let sources = (0..header.count).map(|_| reader.u32("SSRC").map(Ssrc)).collect::<Result<_, _>>()?;
        let reason = if reader.is_empty() {
            None
        } else {
            let len = reader.u8("reason length")?;
            Some(packet.slice_ref(reader.take(usize::from(len), "reason")?))
        };
        Ok(Self { sources, reason })
    }

    /// Appends the packet.
    ///
    /// # Errors
    /// [`EncodeError`] with more than 31 sources or a reason of more than 255 octets; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let count = u8::try_from(self.sources.len()).unwrap_or(u8::MAX);
        write_counted(out, PacketType::GOODBYE, count, |writer| {
            self.sources.iter().for_each(|source| writer.u32(source.0));
            let Some(reason) = &self.reason else { return Ok(()) };
            let refused = EncodeError { what: "goodbye reason", limit: 255, got: reason.len() };
            writer.u8(u8::try_from(reason.len()).map_err(|_| refused)?);
            writer.slice(reason);
            writer.pad_to_word();
            Ok(())
        })
    }
}

/// Writes a packet whose length is known only afterwards.
fn write_counted(
    out: &mut BytesMut,
    packet_type: PacketType,
    count: u8,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let mut writer = Writer::new(out);
    let written = header::write(&mut writer, packet_type, count, false, HEADER_OCTETS)
        .and_then(|()| body(&mut writer))
        .and_then(|()| header::length_word(writer.len()));
    match written {
        Ok(words) => writer.set_u16(2, words),
        Err(error) => {
            writer.undo();
            return Err(error);
        }
    }
    Ok(())
}
