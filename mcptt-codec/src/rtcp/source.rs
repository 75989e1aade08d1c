//! Source description and goodbye (RFC 3550 6.5, 6.6).

use bytes::{BufMut, Bytes, BytesMut};

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

impl Item {
    /// A private extension: a prefix that says whose it is, and its value, together at most 254 octets.
    //= RFC3550-6.5.8
    pub fn private(prefix: &[u8], value: &[u8]) -> Self {
        let mut text = BytesMut::with_capacity(prefix.len().saturating_add(value.len()).saturating_add(1));
        // A prefix too long for its length makes an item too long for the packet, which is refused when it is encoded.
        text.put_u8(u8::try_from(prefix.len()).unwrap_or(u8::MAX));
        text.put_slice(prefix);
        text.put_slice(value);
        Self { kind: ItemKind::PRIV, text: text.freeze() }
    }

    /// Prefix and value of a private extension; `None` for another item and for a prefix longer than the item.
    //= RFC3550-6.5.8
    pub fn as_private(&self) -> Option<(&[u8], &[u8])> {
        if self.kind != ItemKind::PRIV {
            return None;
        }
        let (len, text) = self.text.split_first()?;
        text.split_at_checked(usize::from(*len))
    }
}

/// What is told about one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The source.
    pub ssrc: Ssrc,
    /// In wire order.
    pub items: Vec<Item>,
    /// Octets between the end of the items and the next word when they are not all zero; normally empty, which stands
    /// for as many zero octets as the word asks for.
    pub padding: Bytes,
}

/// Source description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceDescription {
    /// At most 31.
    pub chunks: Vec<Chunk>,
    /// Octets behind the last chunk that is counted; normally empty.
    pub rest: Bytes,
    /// RTCP padding with its count octet; empty when the padding bit is not set.
    pub padding: Bytes,
}

/// Octets up to the next word, or nothing when they are what a writer puts there anyway.
fn odd_padding(packet: &Bytes, octets: &[u8]) -> Bytes {
    if octets.iter().all(|octet| *octet == 0) { Bytes::new() } else { packet.slice_ref(octets) }
}

impl Chunk {
    fn read(packet: &Bytes, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ssrc = Ssrc(reader.u32("SSRC")?);
        let mut items = Vec::new();
        loop {
            let kind = ItemKind(reader.u8("item kind")?);
            //= RFC3550-6.5:chunk
            if kind.0 == 0 {
                // The first zero ends the list, more of them lead to the next word.
                let padding = reader.take(padding_to_word(reader.offset()), "chunk padding")?;
                return Ok(Self { ssrc, items, padding: odd_padding(packet, padding) });
            }
            let len = reader.u8("item length")?;
            let text = reader.take(usize::from(len), "item text")?;
            items.push(Item { kind, text: packet.slice_ref(text) });
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u32(self.ssrc.0);
        for item in &self.items {
            if item.kind.0 == 0 {
                let got = item.text.len();
                return Err(EncodeError { what: "source description item of kind 0", limit: 0, got });
            }
            writer.u8(item.kind.0);
            write_text(writer, "source description item", &item.text)?;
        }
        writer.u8(0);
        writer.slice(&self.padding);
        writer.pad_to_word();
        Ok(())
    }
}

/// Writes a text of at most 255 octets with its length octet.
fn write_text(writer: &mut Writer<'_>, what: &'static str, text: &[u8]) -> Result<(), EncodeError> {
    let refused = EncodeError { what, limit: 255, got: text.len() };
    writer.u8(u8::try_from(text.len()).map_err(|_| refused)?);
    writer.slice(text);
    Ok(())
}

impl SourceDescription {
    pub(crate) fn decode(header: &Header, packet: &Bytes) -> Result<Self, DecodeError> {
        let (body, padding) = header.body(packet)?;
        let mut reader = Reader::starting_at(HEADER_OCTETS, body);
        let chunks = (0..header.count).map(|_| Chunk::read(packet, &mut reader)).collect::<Result<_, _>>()?;
        let rest = packet.slice_ref(reader.rest());
        Ok(Self { chunks, rest, padding: packet.slice_ref(padding) })
    }

    /// Whether a source says what it is called (CNAME).
    pub fn has_cname(&self) -> bool {
        self.chunks.iter().flat_map(|chunk| &chunk.items).any(|item| item.kind == ItemKind::CNAME)
    }

    /// Appends the packet.
    ///
    /// # Errors
    /// [`EncodeError`] with more than 31 chunks, an item of kind 0, a text of more than 255 octets or when the whole is
    /// not a multiple of four octets; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let count = self.chunks.len();
        header::write_packet(out, PacketType::SOURCE_DESCRIPTION, count, &self.padding, |writer| {
            self.chunks.iter().try_for_each(|chunk| chunk.write(writer))?;
            writer.slice(&self.rest);
            Ok(())
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
    /// Octets behind the reason when they are not just the zero octets up to the next word; normally empty, which
    /// stands for those.
    pub rest: Bytes,
    /// RTCP padding with its count octet; empty when the padding bit is not set.
    pub padding: Bytes,
}

impl Goodbye {
    pub(crate) fn decode(header: &Header, packet: &Bytes) -> Result<Self, DecodeError> {
        let (body, padding) = header.body(packet)?;
        let mut reader = Reader::starting_at(HEADER_OCTETS, body);
        let sources = (0..header.count).map(|_| reader.u32("SSRC").map(Ssrc)).collect::<Result<_, _>>()?;
        //= RFC3550-6.6:reason
        let reason = if reader.is_empty() {
            None
        } else {
            let len = reader.u8("reason length")?;
            Some(packet.slice_ref(reader.take(usize::from(len), "reason")?))
        };
        let usual = reader.left() == padding_to_word(reader.offset().saturating_add(padding.len()));
        let rest = if usual { odd_padding(packet, reader.rest()) } else { packet.slice_ref(reader.rest()) };
        Ok(Self { sources, reason, rest, padding: packet.slice_ref(padding) })
    }

    /// Appends the packet.
    ///
    /// # Errors
    /// [`EncodeError`] with more than 31 sources, a reason of more than 255 octets or when the whole is not a multiple
    /// of four octets; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        header::write_packet(out, PacketType::GOODBYE, self.sources.len(), &self.padding, |writer| {
            self.sources.iter().for_each(|source| writer.u32(source.0));
            if let Some(reason) = &self.reason {
                write_text(writer, "goodbye reason", reason)?;
            }
            if self.rest.is_empty() {
                // RTCP padding that is no multiple of four ends the reason inside of a word.
                let end = writer.len().saturating_add(self.padding.len());
                (0..padding_to_word(end)).for_each(|_| writer.u8(0));
            }
            writer.slice(&self.rest);
            Ok(())
        })
    }
}
