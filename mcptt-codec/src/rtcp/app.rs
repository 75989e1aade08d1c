//! The RTCP APP packet (RFC 3550 6.7), envelope of every TS 24.380 message (8.1.2).

use bytes::{Bytes, BytesMut};

use crate::cursor::Reader;
use crate::id::Ssrc;
use crate::rtcp::header::{self, Header, PacketType};
use crate::{DecodeError, EncodeError};

/// Octets before the application data.
pub const APP_HEADER_OCTETS: usize = 12;

/// An APP packet of any name. Its data may be empty or anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPacket {
    /// Subtype, 0 to 31; its meaning depends on the name.
    pub subtype: u8,
    /// Sender of the packet.
    pub ssrc: Ssrc,
    /// Four octets that say which protocol the data belongs to, compared octet by octet.
    pub name: [u8; 4],
    /// Everything after the name, a multiple of four octets, RTCP padding excluded.
    pub data: Bytes,
    /// RTCP padding with its count octet; empty when the padding bit is not set. TS 24.380 never sets it.
    pub padding: Bytes,
}

impl AppPacket {
    /// Reads one APP packet that starts at the first octet; octets after its end are left alone.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet.
    pub fn decode(packet: &Bytes) -> Result<Self, DecodeError> {
        let header = Header::decode(packet)?;
        let (fixed, data, padding) = parts(&header, packet)?;
        Ok(Self {
            subtype: header.count,
            ssrc: fixed.ssrc,
            name: fixed.name,
            data: packet.slice_ref(data),
            padding: packet.slice_ref(padding),
        })
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        APP_HEADER_OCTETS.saturating_add(self.data.len()).saturating_add(self.padding.len())
    }

    /// Appends the packet.
    ///
    /// # Errors
    /// [`EncodeError`] when the subtype is above 31, when the whole is not a multiple of four octets or when it is
    /// too long for the length word; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        header::write_packet(out, PacketType::APP, self.subtype.into(), &self.padding, |writer| {
            writer.u32(self.ssrc.0);
            writer.slice(&self.name);
            writer.slice(&self.data);
            Ok(())
        })
    }
}

/// SSRC and name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppFixed {
    pub(crate) ssrc: Ssrc,
    pub(crate) name: [u8; 4],
}

/// Cuts an APP packet into its fixed part, its data and its RTCP padding.
#[inline]
pub(crate) fn parts<'a>(
    header: &Header,
    packet: &'a [u8],
) -> Result<(AppFixed, &'a [u8], &'a [u8]), DecodeError> {
    if header.packet_type != PacketType::APP {
        return Err(DecodeError::invalid(1, "RTCP packet type"));
    }
    //= RFC3550-6.7
    let (body, padding) = header.body(packet)?;
    let mut reader = Reader::starting_at(header::HEADER_OCTETS, body);
    let ssrc = Ssrc(reader.u32("SSRC")?);
    let name = reader.array("name")?;
    Ok((AppFixed { ssrc, name }, reader.rest(), padding))
}
