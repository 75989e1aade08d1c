//! The RTP packet: header, payload and padding (RFC 3550 5.1).

use bytes::{BufMut, Bytes, BytesMut};

use super::header::RtpHeader;
use crate::{DecodeError, EncodeError};

/// An RTP packet in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RtpPacket {
    /// The header; its padding bit says whether [`padding`](Self::padding) is there.
    pub header: RtpHeader,
    /// The payload without padding.
    pub payload: Bytes,
    /// Padding with its count octet; empty when the padding bit is not set.
    pub padding: Bytes,
}

impl RtpPacket {
    /// Reads a packet; payload and extension share its buffer.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet: as [`RtpHeader::decode`], and when the padding count is
    /// zero or more than there is.
    pub fn decode(packet: &Bytes) -> Result<Self, DecodeError> {
        let (header, len) = RtpHeader::read(packet, |extension| packet.slice_ref(extension))?;
        let mut payload = packet.slice(len..);
        let mut padding = Bytes::new();
        if header.padding {
            //= RFC3550-5.1:padding
            let count = usize::from(payload.last().copied().unwrap_or_default());
            let cut = payload.len().checked_sub(count).filter(|_| count > 0);
            let cut = cut.ok_or(DecodeError::invalid(packet.len().saturating_sub(1), "RTP padding count"))?;
            padding = payload.split_off(cut);
        }
        Ok(Self { header, payload, padding })
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        self.header.encoded_len().saturating_add(self.payload.len()).saturating_add(self.padding.len())
    }

    /// Appends the packet. Header and padding are written as they stand, so the padding bit has to fit.
    ///
    /// # Errors
    /// As [`RtpHeader::encode`].
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.header.encode(out)?;
        out.put_slice(&self.payload);
        out.put_slice(&self.padding);
        Ok(())
    }
}
