//! Flexible forward error correction (RFC 8627 4.2.2).

use bytes::{Bytes, BytesMut};

use super::{HeaderRecovery, read_first, sequences, write_first};
use crate::cursor::{Reader, Writer};
use crate::id::Ssrc;
use crate::{DecodeError, EncodeError};

/// The payload of a repair packet. Decoding and encoding gives back every octet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlexFec {
    /// R 0, F 0: masks say which packets are protected, one per protected stream.
    Flexible {
        /// The headers of the protected packets.
        recovery: HeaderRecovery,
        /// One per contributing source of the repair packet, in that order.
        streams: Vec<FlexProtection<FlexMask>>,
        /// The protected packets combined.
        payload: Bytes,
    },
    /// R 0, F 1: columns and rows say so.
    Fixed {
        /// The headers of the protected packets.
        recovery: HeaderRecovery,
        /// One per contributing source of the repair packet, in that order: L and D.
        streams: Vec<FlexProtection<(u8, u8)>>,
        /// The protected packets combined.
        payload: Bytes,
    },
    /// R 1, F 0: one packet, sent again.
    Retransmission(FlexRetransmission),
}

/// What is protected of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlexProtection<T> {
    /// Sequence number of the first packet.
    pub sequence_base: u16,
    /// Which packets from there on.
    pub which: T,
}

/// A mask of 15, 46 or 110 bits. Bit 0, the base, is the highest of the 110 low bits; the length is part of the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlexMask {
    bits: u128,
    parts: u8,
}

/// A packet that is sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlexRetransmission {
    /// Padding, extension, number of contributing sources, marker, payload type and timestamp of the packet. Its length is
    /// not on the wire and is 0.
    pub header: HeaderRecovery,
    /// Sequence number of the packet.
    pub sequence: u16,
    /// Source of the packet.
    pub ssrc: Ssrc,
    /// What follows the fixed header of the packet.
    pub payload: Bytes,
}

impl FlexMask {
    /// The shortest mask of these positions, 0 to 109 from the base on; `None` when one is larger.
    pub fn new(positions: &[u8]) -> Option<Self> {
        let mut bits = 0;
        for position in positions {
            bits |= 1u128.checked_shl(u32::from(109u8.checked_sub(*position)?))?;
        }
        let last = positions.iter().max().copied().unwrap_or_default();
        let parts = match last {
            0..15 => 1,
            15..46 => 2,
            _ => 3,
        };
        Some(Self { bits, parts })
    }

    /// Bits of the mask: 15, 46 or 110.
    pub const fn len(&self) -> u8 {
        match self.parts {
            0 | 1 => 15,
            2 => 46,
            _ => 110,
        }
    }

    /// Whether it protects nothing.
    pub const fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// Whether a packet so far from the base is protected.
    pub fn contains(&self, position: u8) -> bool {
        109u8.checked_sub(position).is_some_and(|shift| self.bits >> shift & 1 == 1)
    }

    //= RFC8627-4.2.2.1
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let first = reader.u16("mask 0 to 14")?;
        let mut mask = Self { bits: u128::from(first & 0x7fff) << 95, parts: 1 };
        if first & 0x8000 == 0 {
            let second = reader.u32("mask 15 to 45")?;
            mask = Self { bits: mask.bits | u128::from(second & 0x7fff_ffff) << 64, parts: 2 };
            if second & 0x8000_0000 == 0 {
                mask = Self { bits: mask.bits | u128::from(reader.u64("mask 46 to 109")?), parts: 3 };
            }
        }
        Ok(mask)
    }

    fn write(self, writer: &mut Writer<'_>) {
        let last = |part: u8| self.parts.max(1) == part;
        let first = u16::try_from(self.bits >> 95 & 0x7fff).unwrap_or_default();
        writer.u16(if last(1) { 0x8000 } else { 0 } | first);
        if self.parts >= 2 {
            let second = u32::try_from(self.bits >> 64 & 0x7fff_ffff).unwrap_or_default();
            writer.u32(if last(2) { 0x8000_0000 } else { 0 } | second);
        }
        if self.parts >= 3 {
            writer.u64(u64::try_from(self.bits & u128::from(u64::MAX)).unwrap_or_default());
        }
    }
}

impl FlexProtection<FlexMask> {
    /// Sequence numbers of the protected packets.
    pub fn protected(&self) -> impl Iterator<Item = u16> {
        sequences(self.sequence_base, self.which.bits << 18, 110)
    }
}

impl FlexProtection<(u8, u8)> {
    /// Sequence numbers of the protected packets: with D of 0 or 1 a row of L packets, otherwise every L-th of D packets.
    //= RFC8627-4.2.2.2
    pub fn protected(&self) -> impl Iterator<Item = u16> {
        let (columns, rows) = self.which;
        let (count, step) = if rows <= 1 { (columns, 1) } else { (rows, columns) };
        let base = self.sequence_base;
        (0..count).map(move |packet| base.wrapping_add(u16::from(packet).wrapping_mul(step.into())))
    }
}

impl FlexFec {
    /// Reads the payload of a repair packet that has so many contributing sources; what it repairs shares its buffer.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the payload, when it is cut short and when R and F are both set, which is
    /// reserved.
    pub fn decode(payload: &Bytes, sources: usize) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let (flags, mut recovery) = read_first(&mut reader)?;
        let length = reader.u16("length recovery")?;
        recovery.timestamp = reader.u32("TS recovery")?;
        //= RFC8627-4.2.2:variants
        match flags {
            0x00 => {
                recovery.length = length;
                let streams = streams(&mut reader, sources, FlexMask::read)?;
                Ok(Self::Flexible { recovery, streams, payload: payload.slice_ref(reader.rest()) })
            }
            0x40 => {
                recovery.length = length;
                let streams =
                    streams(&mut reader, sources, |reader| Ok((reader.u8("columns")?, reader.u8("rows")?)))?;
                Ok(Self::Fixed { recovery, streams, payload: payload.slice_ref(reader.rest()) })
            }
            //= RFC8627-4.2.2.3
            0x80 => {
                let ssrc = Ssrc(reader.u32("SSRC")?);
                let payload = payload.slice_ref(reader.rest());
                Ok(Self::Retransmission(FlexRetransmission {
                    header: recovery,
                    sequence: length,
                    ssrc,
                    payload,
                }))
            }
            _ => Err(DecodeError::invalid(0, "R and F bits")),
        }
    }

    /// Appends the payload. The repair packet has to name as many contributing sources as there are streams.
    ///
    /// # Errors
    /// [`EncodeError`] with more streams than a packet can name sources; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let got = match self {
            Self::Flexible { streams, .. } => streams.len(),
            Self::Fixed { streams, .. } => streams.len(),
            Self::Retransmission(_) => 0,
        };
        let limit = crate::rtp::MAX_CONTRIBUTING_SOURCES;
        if got > limit {
            return Err(EncodeError { what: "protected streams", limit, got });
        }
        let mut writer = Writer::new(out);
        match self {
            Self::Flexible { recovery, streams, payload } => {
                write_head(&mut writer, 0x00, recovery, recovery.length);
                for stream in streams {
                    writer.u16(stream.sequence_base);
                    stream.which.write(&mut writer);
                }
                writer.slice(payload);
            }
            Self::Fixed { recovery, streams, payload } => {
                write_head(&mut writer, 0x40, recovery, recovery.length);
                for FlexProtection { sequence_base, which: (columns, rows) } in streams {
                    writer.u16(*sequence_base);
                    writer.u8(*columns);
                    writer.u8(*rows);
                }
                writer.slice(payload);
            }
            Self::Retransmission(FlexRetransmission { header, sequence, ssrc, payload }) => {
                write_head(&mut writer, 0x80, header, *sequence);
                writer.u32(ssrc.0);
                writer.slice(payload);
            }
        }
        Ok(())
    }
}

fn write_head(writer: &mut Writer<'_>, flags: u8, recovery: &HeaderRecovery, length: u16) {
    write_first(writer, flags, recovery);
    writer.u16(length);
    writer.u32(recovery.timestamp);
}

fn streams<T>(
    reader: &mut Reader<'_>,
    sources: usize,
    which: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<FlexProtection<T>>, DecodeError> {
    let limit = crate::rtp::MAX_CONTRIBUTING_SOURCES;
    if sources > limit {
        return Err(DecodeError::too_large(reader.offset(), "protected streams", limit, sources));
    }
    let mut stream = || Ok(FlexProtection { sequence_base: reader.u16("SN base")?, which: which(reader)? });
    (0..sources).map(|_| stream()).collect()
}
