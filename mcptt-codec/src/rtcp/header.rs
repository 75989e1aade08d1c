//! The four octets that every RTCP packet starts with (RFC 3550 6.4 to 6.7).

use bytes::BytesMut;

use crate::cursor::{Reader, Writer};
use crate::rtcp::requirement;
use crate::{DecodeError, EncodeError};

/// Octets of the common header.
pub(crate) const HEADER_OCTETS: usize = 4;

/// Octets of the longest packet that the length word can announce.
pub(crate) const MAX_PACKET_OCTETS: usize = 262_144;

/// RTCP packet type, the second octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct PacketType(pub u8);

impl PacketType {
    /// Sender report.
    pub const SENDER_REPORT: Self = Self(200);
    /// Receiver report.
    pub const RECEIVER_REPORT: Self = Self(201);
    /// Source description.
    pub const SOURCE_DESCRIPTION: Self = Self(202);
    /// Goodbye.
    pub const GOODBYE: Self = Self(203);
    /// Application-defined.
    pub const APP: Self = Self(204);
    /// Transport layer feedback (RFC 4585).
    pub const TRANSPORT_FEEDBACK: Self = Self(205);
    /// Payload-specific feedback (RFC 4585).
    pub const PAYLOAD_FEEDBACK: Self = Self(206);
    /// Extended report (RFC 3611).
    pub const EXTENDED_REPORT: Self = Self(207);

    /// Whether the value lies in the range that RFC 5761 leaves to RTCP: 192 to 223.
    pub const fn is_rtcp(self) -> bool {
        self.0 >= 192 && self.0 <= 223
    }
}

/// The common header, checked against the octets that follow it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) padding: bool,
    /// Count or subtype: five bits.
    pub(crate) count: u8,
    pub(crate) packet_type: PacketType,
    /// Octets of the whole packet, header included.
    pub(crate) len: usize,
}

impl Header {
    /// Reads the header of the packet that starts at the first octet of `octets`.
    #[inline]
    pub(crate) fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(octets);
        let first = reader.u8("RTCP version")?;
        if first >> 6 != 2 {
            return Err(DecodeError::invalid(0, "RTCP version"));
        }
        let packet_type = PacketType(reader.u8("RTCP packet type")?);
        if !packet_type.is_rtcp() {
            return Err(DecodeError::invalid(1, "RTCP packet type"));
        }
        let words = reader.u16("RTCP length")?;
        let len = usize::from(words).saturating_add(1).saturating_mul(4);
        // An APP packet without SSRC and name is no APP packet.
        //= 24.380-8.1.4:trunc
        if packet_type == PacketType::APP && words < 2 {
            return Err(DecodeError::invalid(2, requirement::RTCP_LENGTH));
        }
        if len > octets.len() {
            return Err(DecodeError::truncated(2, "RTCP packet", len, octets.len()));
        }
        Ok(Self { padding: first & 0x20 != 0, count: first & 0x1f, packet_type, len })
    }

    /// What follows the header, and the RTCP padding behind it.
    #[inline]
    pub(crate) fn body<'a>(&self, packet: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
        let body = packet.get(HEADER_OCTETS..self.len).unwrap_or_default();
        if !self.padding {
            return Ok((body, &[]));
        }
        let padding = usize::from(body.last().copied().unwrap_or_default());
        let cut = body.len().checked_sub(padding).filter(|_| padding > 0);
        cut.and_then(|cut| body.split_at_checked(cut))
            .ok_or(DecodeError::invalid(self.len.saturating_sub(1), "RTCP padding count"))
    }
}

/// Writes the common header of a packet of `len` octets.
pub(crate) fn write(
    writer: &mut Writer<'_>,
    packet_type: PacketType,
    count: u8,
    padding: bool,
    len: usize,
) -> Result<(), EncodeError> {
    if count > 31 {
        return Err(EncodeError { what: "RTCP count or subtype", limit: 31, got: usize::from(count) });
    }
    let words = length_word(len)?;
    writer.u8(0x80 | if padding { 0x20 } else { 0 } | count);
    writer.u8(packet_type.0);
    writer.u16(words);
    Ok(())
}

/// Appends a packet whose length is known only afterwards: header, body and RTCP padding. Nothing is appended when a
/// part of it does not fit.
pub(crate) fn write_packet(
    out: &mut BytesMut,
    packet_type: PacketType,
    count: usize,
    padding: &[u8],
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let refused = EncodeError { what: "RTCP count or subtype", limit: 31, got: count };
    let count = u8::try_from(count).map_err(|_| refused)?;
    let mut writer = Writer::new(out);
    let written = write(&mut writer, packet_type, count, !padding.is_empty(), HEADER_OCTETS)
        .and_then(|()| body(&mut writer))
        .and_then(|()| {
            writer.slice(padding);
            length_word(writer.len())
        });
    match written {
        Ok(words) => writer.set_u16(2, words),
        Err(error) => {
            writer.undo();
            return Err(error);
        }
    }
    Ok(())
}

/// The length word of a packet of `len` octets: 32-bit words minus one.
pub(crate) fn length_word(len: usize) -> Result<u16, EncodeError> {
    if !len.is_multiple_of(4) {
        return Err(EncodeError { what: "RTCP packet beyond a multiple of four", limit: 0, got: len % 4 });
    }
    u16::try_from((len / 4).saturating_sub(1)).map_err(|_| EncodeError {
        what: "RTCP packet",
        limit: MAX_PACKET_OCTETS,
        got: len,
    })
}
