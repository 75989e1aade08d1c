//! The RTP header with contributing sources and extension (RFC 3550 5.1, 5.3.1).

use bytes::{BufMut, Bytes, BytesMut};

use super::extension::Extension;
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
    /// extension included. The extension is copied; [`RtpPacket::decode`](crate::rtp::RtpPacket::decode) shares it.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet, when the version is not 2 or the packet ends inside of
    /// the header.
    pub fn decode(packet: &[u8]) -> Result<(Self, usize), DecodeError> {
        Self::read(packet, Bytes::copy_from_slice)
    }

    /// Reads the header and keeps the extension in the way that the caller has.
    pub(super) fn read(
        packet: &[u8],
        keep: impl FnOnce(&[u8]) -> Bytes,
    ) -> Result<(Self, usize), DecodeError> {
        let mut reader = Reader::new(packet);
        let first = reader.u8("RTP version")?;
        //= RFC3550-5.1:version
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
        //= RFC3550-5.1:csrc
        for source in header.csrc.sources.iter_mut().take(header.csrc.len) {
            *source = Ssrc(reader.u32("contributing source")?);
        }
        //= RFC3550-5.3.1
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
            Some(extension) => Some((extension.words()?, extension)),
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
