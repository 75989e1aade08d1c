//! RTP packets (RFC 3550 5.1); the header extension of RFC 8285 is kept as octets.

use bytes::{BufMut, Bytes, BytesMut};

use crate::cursor::Reader;
use crate::id::Ssrc;
use crate::{DecodeError, EncodeError};

/// Octets of a header without contributing sources and without extension.
pub const FIXED_HEADER_OCTETS: usize = 12;

/// Contributing sources that one packet can name: the count has four bits.
pub const MAX_CONTRIBUTING_SOURCES: usize = 15;

/// The contributing sources of a packet, at most 15; kept without allocation.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CsrcList {
    sources: [Ssrc; MAX_CONTRIBUTING_SOURCES],
    len: usize,
}

impl CsrcList {
    /// The list, or `None` with more than 15 sources.
    pub fn new(sources: &[Ssrc]) -> Option<Self> {
        let mut list = Self::default();
        list.sources.get_mut(..sources.len())?.copy_from_slice(sources);
        list.len = sources.len();
        Some(list)
    }

    /// The sources in wire order.
    pub fn as_slice(&self) -> &[Ssrc] {
        self.sources.get(..self.len).unwrap_or_default()
    }
}

impl std::fmt::Debug for CsrcList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

/// A header extension (RFC 3550 5.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Defined by the profile; 0xbede and 0x1000 to 0x100f are those of RFC 8285.
    pub profile: u16,
    /// A multiple of four octets.
    pub data: Bytes,
}

/// An RTP header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RtpHeader {
    /// Whether the payload ends with padding. Under SRTP the padding itself is encrypted.
    pub padding: bool,
    /// Marker bit; for speech the start of a talk spurt.
    pub marker: bool,
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Sequence number, wraps.
    pub sequence: u16,
    /// Sampling instant in units of the clock rate, wraps.
    pub timestamp: u32,
    /// The source.
    pub ssrc: Ssrc,
    /// Sources that a mixer has combined.
    pub csrc: CsrcList,
    /// Header extension.
    pub extension: Option<Extension>,
}

impl RtpHeader {
    /// Reads the header at the front of `packet`. Gives back the header and its octets, contributing sources and
    /// extension included. The extension is copied; [`RtpPacket::decode`] shares it.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet, when the version is not 2 or the packet ends inside of
    /// the header.
    pub fn decode(packet: &[u8]) -> Result<(Self, usize), DecodeError> {
        Self::read(packet, Bytes::copy_from_slice)
    }

    fn read(packet: &[u8], keep: impl FnOnce(&[u8]) -> Bytes) -> Result<(Self, usize), DecodeError> {
        let mut reader = Reader::new(packet);
        let first = reader.u8("RTP version")?;
        if first >> 6 != 2 {
            return Err(DecodeError::invalid(0, "RTP version"));
        }
        let second = reader.u8("payload type")?;
        let mut header = Self {
            padding: first & 0x20 != 0,
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: reader.u16("sequence number")?,
            timestamp: reader.u32("timestamp")?,
            ssrc: Ssrc(reader.u32("SSRC")?),
            csrc: CsrcList { len: usize::from(first & 0x0f), ..CsrcList::default() },
            extension: None,
        };
        for source in header.csrc.sources.iter_mut().take(header.csrc.len) {
            *source = Ssrc(reader.u32("contributing source")?);
        }
        if first & 0x10 != 0 {
            let profile = reader.u16("extension profile")?;
            let words = reader.u16("extension length")?;
            let data = keep(reader.take(usize::from(words).saturating_mul(4), "extension")?);
            header.extension = Some(Extension { profile, data });
        }
        Ok((header, reader.offset()))
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        let extension = self.extension.as_ref().map_or(0, |extension| extension.data.len().saturating_add(4));
        FIXED_HEADER_OCTETS.saturating_add(self.csrc.len.saturating_mul(4)).saturating_add(extension)
    }

    /// Appends the header.
    ///
    /// # Errors
    /// [`EncodeError`] when the payload type is above 127, or when the extension is no multiple of four octets or
    /// longer than 262140; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        if self.payload_type > 127 {
            let got = usize::from(self.payload_type);
            return Err(EncodeError { what: "RTP payload type", limit: 127, got });
        }
        let extension = match &self.extension {
            None => None,
            Some(extension) => Some((extension_words(extension)?, extension)),
        };
        // At most 15 by construction.
        let sources = u8::try_from(self.csrc.len).unwrap_or_default() & 0x0f;
        let padding = if self.padding { 0x20 } else { 0 };
        let extended = if extension.is_some() { 0x10 } else { 0 };
        out.put_u8(0x80 | padding | extended | sources);
        out.put_u8(if self.marker { 0x80 } else { 0 } | self.payload_type);
        out.put_u16(self.sequence);
        out.put_u32(self.timestamp);
        out.put_u32(self.ssrc.0);
        for source in self.csrc.as_slice() {
            out.put_u32(source.0);
        }
        if let Some((words, extension)) = extension {
            out.put_u16(extension.profile);
            out.put_u16(words);
            out.put_slice(&extension.data);
        }
        Ok(())
    }
}

fn extension_words(extension: &Extension) -> Result<u16, EncodeError> {
    let got = extension.data.len();
    if !got.is_multiple_of(4) {
        return Err(EncodeError {
            what: "RTP header extension beyond a multiple of four",
            limit: 0,
            got: got % 4,
        });
    }
    u16::try_from(got / 4).map_err(|_| EncodeError { what: "RTP header extension", limit: 262_140, got })
}

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

#[cfg(test)]
mod tests;
