//! Uneven level protection (RFC 5109 7.3, 7.4).

use bytes::{Bytes, BytesMut};

use super::{HeaderRecovery, read_first, sequences, write_first};
use crate::cursor::{Reader, Writer};
use crate::{DecodeError, EncodeError};

/// Levels of one packet; no sender uses nearly as many.
const MAX_LEVELS: usize = 64;

/// The payload of a FEC packet. Decoding and encoding gives back every octet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UlpFec {
    /// Bit E, reserved; not set when sent.
    pub extension: bool,
    /// Bit L: masks have 48 bits instead of 16.
    pub long_mask: bool,
    /// The headers of the packets of the first level.
    pub recovery: HeaderRecovery,
    /// Sequence number that the first bit of every mask stands for.
    pub sequence_base: u16,
    /// From the start of the packets on, each as far as its length goes.
    pub levels: Vec<ProtectionLevel>,
}

/// One level: some octets of some packets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProtectionLevel {
    /// Which packets: the highest of the low 16 or 48 bits is the base.
    pub mask: u64,
    /// Their octets combined, at most 65535.
    pub payload: Bytes,
}

impl UlpFec {
    /// Reads the payload of a FEC packet; levels share its buffer.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the payload, when a header or a level is cut short, and with more than
    /// 64 levels.
    pub fn decode(payload: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        //= RFC5109-7.3
        let (flags, mut recovery) = read_first(&mut reader)?;
        let sequence_base = reader.u16("SN base")?;
        recovery.timestamp = reader.u32("TS recovery")?;
        recovery.length = reader.u16("length recovery")?;
        let long_mask = flags & 0x40 != 0;
        let mut levels = Vec::new();
        //= RFC5109-7.4
        while levels.is_empty() || !reader.is_empty() {
            if levels.len() >= MAX_LEVELS {
                let got = levels.len().saturating_add(1);
                return Err(DecodeError::too_large(reader.offset(), "FEC levels", MAX_LEVELS, got));
            }
            let len = reader.u16("protection length")?;
            let mut mask = u64::from(reader.u16("mask")?);
            if long_mask {
                mask = mask << 32 | u64::from(reader.u32("mask")?);
            }
            let payload = payload.slice_ref(reader.take(len.into(), "level payload")?);
            levels.push(ProtectionLevel { mask, payload });
        }
        Ok(Self { extension: flags & 0x80 != 0, long_mask, recovery, sequence_base, levels })
    }

    /// Sequence numbers of the packets that a level protects.
    pub fn protected(&self, level: &ProtectionLevel) -> impl Iterator<Item = u16> {
        let bits = self.mask_bits();
        let mask = u128::from(level.mask) << (if self.long_mask { 80 } else { 112 });
        sequences(self.sequence_base, mask, bits)
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        let head = if self.long_mask { 8 } else { 4 };
        let levels = self.levels.iter().map(|level| level.payload.len().saturating_add(head));
        levels.fold(10, usize::saturating_add)
    }

    /// Appends the payload.
    ///
    /// # Errors
    /// [`EncodeError`] when there is no level or more than 64, when a mask does not fit, when a level is longer than 65535
    /// octets; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let got = self.levels.len();
        if got == 0 || got > MAX_LEVELS {
            return Err(EncodeError { what: "FEC levels", limit: MAX_LEVELS, got });
        }
        let mut writer = Writer::new(out);
        let written = self.write(&mut writer);
        if written.is_err() {
            writer.undo();
        }
        written
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let extension = if self.extension { 0x80 } else { 0 };
        let long_mask = if self.long_mask { 0x40 } else { 0 };
        write_first(writer, extension | long_mask, &self.recovery);
        writer.u16(self.sequence_base);
        writer.u32(self.recovery.timestamp);
        writer.u16(self.recovery.length);
        for level in &self.levels {
            let got = level.payload.len();
            let refused = EncodeError { what: "FEC level", limit: 65_535, got };
            writer.u16(u16::try_from(got).map_err(|_| refused)?);
            let bits = usize::from(self.mask_bits());
            let used =
                usize::try_from(64u32.saturating_sub(level.mask.leading_zeros())).unwrap_or(usize::MAX);
            if used > bits {
                return Err(EncodeError { what: "bits of a FEC mask", limit: bits, got: used });
            }
            let [_, _, mask @ ..] = level.mask.to_be_bytes();
            writer.slice(mask.get(if self.long_mask { 0.. } else { 4.. }).unwrap_or_default());
            writer.slice(&level.payload);
        }
        Ok(())
    }

    const fn mask_bits(&self) -> u8 {
        if self.long_mask { 48 } else { 16 }
    }
}
