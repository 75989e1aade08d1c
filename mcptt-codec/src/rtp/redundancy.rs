//! Redundant audio data (RFC 2198): older blocks travel again beside the newest one.

use bytes::{Bytes, BytesMut};

use crate::cursor::{Reader, Writer};
use crate::{DecodeError, EncodeError};

/// Blocks of one payload, the primary one included; no sender repeats nearly as much.
pub const MAX_BLOCKS: usize = 64;

/// The largest timestamp offset of a redundant block: 14 bits.
pub const MAX_TIMESTAMP_OFFSET: u16 = 0x3fff;

/// Octets of the longest redundant block: 10 bits.
pub const MAX_BLOCK_OCTETS: usize = 0x3ff;

/// A payload with redundancy. Decoding and encoding gives back every octet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RedundantPayload {
    /// Older blocks in wire order, the oldest first by custom.
    pub redundant: Vec<RedundantBlock>,
    /// Payload type of the newest block, 0 to 127.
    pub primary_type: u8,
    /// The newest block; its timestamp is that of the packet.
    pub primary: Bytes,
}

/// An older block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RedundantBlock {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// By how much it is older than the packet, in units of the timestamp, 0 to 16383.
    pub timestamp_offset: u16,
    /// The block, at most 1023 octets.
    pub data: Bytes,
}

impl RedundantPayload {
    /// Reads the payload of an RTP packet; the blocks share its buffer.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the payload, when a header or a block is cut short, and with more than
    /// [`MAX_BLOCKS`] blocks.
    pub fn decode(payload: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let mut headers = Vec::new();
        //= RFC2198-3:follow
        let primary_type = loop {
            let first = reader.u8("block header")?;
            if first & 0x80 == 0 {
                break first;
            }
            if headers.len().saturating_add(1) >= MAX_BLOCKS {
                let got = headers.len().saturating_add(2);
                return Err(DecodeError::too_large(reader.offset(), "redundant blocks", MAX_BLOCKS, got));
            }
            //= RFC2198-3:header
            let word = reader.u24("block header")?;
            let timestamp_offset = u16::try_from(word >> 10).unwrap_or_default();
            headers.push((first & 0x7f, timestamp_offset, usize::try_from(word & 0x3ff).unwrap_or_default()));
        };
        let redundant = headers.into_iter().map(|(payload_type, timestamp_offset, len)| {
            let data = payload.slice_ref(reader.take(len, "redundant block")?);
            Ok(RedundantBlock { payload_type, timestamp_offset, data })
        });
        let redundant = redundant.collect::<Result<_, DecodeError>>()?;
        //= RFC2198-3:primary
        let primary = payload.slice_ref(reader.rest());
        Ok(Self { redundant, primary_type, primary })
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        let blocks = self.redundant.iter().map(|block| block.data.len().saturating_add(4));
        blocks.fold(self.primary.len().saturating_add(1), usize::saturating_add)
    }

    /// Appends the payload.
    ///
    /// # Errors
    /// [`EncodeError`] when a payload type, an offset or a block does not fit, and with more than [`MAX_BLOCKS`] blocks;
    /// nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let got = self.redundant.len().saturating_add(1);
        if got > MAX_BLOCKS {
            return Err(EncodeError { what: "redundant blocks", limit: MAX_BLOCKS, got });
        }
        let mut writer = Writer::new(out);
        let written = self.write(&mut writer);
        if written.is_err() {
            writer.undo();
        }
        written
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        for block in &self.redundant {
            let payload_type = fits("RTP payload type", block.payload_type.into(), 127)?;
            let offset =
                fits("timestamp offset", block.timestamp_offset.into(), MAX_TIMESTAMP_OFFSET.into())?;
            let len = fits("redundant block", block.data.len(), MAX_BLOCK_OCTETS)?;
            writer.u32(0x8000_0000 | payload_type << 24 | offset << 10 | len);
        }
        let primary_type = fits("RTP payload type", self.primary_type.into(), 127)?;
        writer.u8(u8::try_from(primary_type).unwrap_or_default());
        self.redundant.iter().for_each(|block| writer.slice(&block.data));
        writer.slice(&self.primary);
        Ok(())
    }
}

fn fits(what: &'static str, got: usize, limit: usize) -> Result<u32, EncodeError> {
    let refused = EncodeError { what, limit, got };
    if got > limit { Err(refused) } else { u32::try_from(got).map_err(|_| refused) }
}
