//! RTCP (RFC 3550 6): compound packets, reports, and the APP packets that carry every protocol of TS 24.380.
//!
//! [`packets`] decodes a whole datagram. A receiver of floor control needs less: [`split`] cuts the datagram, and
//! [`FloorMessage::decode`](crate::floor::FloorMessage::decode) reads one packet of it.

mod app;
mod compound;
pub mod early;
mod field;
mod header;
pub(crate) mod message;
mod notes;
mod packet;
mod report;
pub mod requirement;
mod source;

#[cfg(test)]
pub(crate) mod tests;

use bytes::{Bytes, BytesMut};

pub use app::{APP_HEADER_OCTETS, AppPacket};
pub use compound::{packets, split};
pub use field::{Field, FieldId};
pub use header::PacketType;
pub use notes::{FieldError, MAX_DEVIATIONS};
pub use packet::{Packet, Protocol};
pub use report::{MAX_REPORTS, ReceiverReport, ReportBlock, SenderInfo, SenderReport};
pub use source::{Chunk, Goodbye, Item, ItemKind, SourceDescription};

pub(crate) use compound::looks_like_rtcp;
pub(crate) use field::{FieldRef, Step};
pub(crate) use message::FieldValue;
pub(crate) use notes::Notes;
pub(crate) use packet::Frame;

use crate::{DecodeError, EncodeError};
use header::Header;

/// One RTCP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RtcpPacket {
    /// Application-defined, any name.
    App(AppPacket),
    /// Sender report.
    SenderReport(SenderReport),
    /// Receiver report.
    ReceiverReport(ReceiverReport),
    /// Source description.
    SourceDescription(SourceDescription),
    /// Goodbye.
    Goodbye(Goodbye),
    /// Any other packet type.
    Other {
        /// The packet type.
        packet_type: PacketType,
        /// The whole packet, header included.
        octets: Bytes,
    },
}

impl RtcpPacket {
    /// Reads the packet that starts at the first octet; octets after its announced end are left alone.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet.
    pub fn decode(packet: &Bytes) -> Result<Self, DecodeError> {
        let header = Header::decode(packet)?;
        Ok(match header.packet_type {
            PacketType::APP => Self::App(AppPacket::decode(packet)?),
            PacketType::SENDER_REPORT => Self::SenderReport(SenderReport::decode(&header, packet)?),
            PacketType::RECEIVER_REPORT => Self::ReceiverReport(ReceiverReport::decode(&header, packet)?),
            PacketType::SOURCE_DESCRIPTION => {
                Self::SourceDescription(SourceDescription::decode(&header, packet)?)
            }
            PacketType::GOODBYE => Self::Goodbye(Goodbye::decode(&header, packet)?),
            packet_type => Self::Other { packet_type, octets: packet.slice(..header.len) },
        })
    }

    /// Appends the packet.
    ///
    /// # Errors
    /// [`EncodeError`] when a count or a length does not fit; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::App(packet) => packet.encode(out),
            Self::SenderReport(packet) => packet.encode(out),
            Self::ReceiverReport(packet) => packet.encode(out),
            Self::SourceDescription(packet) => packet.encode(out),
            Self::Goodbye(packet) => packet.encode(out),
            Self::Other { octets, .. } => {
                out.extend_from_slice(octets);
                Ok(())
            }
        }
    }

    /// Name of the APP packet that starts at the first octet, or `None` when it is another packet type or too short:
    /// enough to tell the protocols of TS 24.380 apart before decoding.
    pub fn app_name(packet: &[u8]) -> Option<[u8; 4]> {
        match packet {
            [first, packet_type, _, _, _, _, _, _, name @ ..]
                if first >> 6 == 2 && *packet_type == PacketType::APP.0 =>
            {
                name.first_chunk::<4>().copied()
            }
            _ => None,
        }
    }
}
