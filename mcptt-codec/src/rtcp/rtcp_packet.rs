//! [`RtcpPacket`]: one packet of any type.

use bytes::{Bytes, BytesMut};

use crate::id::Ssrc;
use crate::rtcp::app::AppPacket;
use crate::rtcp::extended::ExtendedReport;
use crate::rtcp::feedback::{self, PayloadFeedback, TransportFeedback};
use crate::rtcp::header::{Header, PacketType};
use crate::rtcp::report::{ReceiverReport, SenderReport};
use crate::rtcp::source::{Goodbye, SourceDescription};
use crate::{DecodeError, EncodeError};

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
    /// Transport layer feedback.
    TransportFeedback(TransportFeedback),
    /// Payload-specific feedback.
    PayloadFeedback(PayloadFeedback),
    /// Extended report.
    ExtendedReport(ExtendedReport),
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
            PacketType::TRANSPORT_FEEDBACK => Self::TransportFeedback(feedback::decode(&header, packet)?),
            PacketType::PAYLOAD_FEEDBACK => Self::PayloadFeedback(feedback::decode(&header, packet)?),
            PacketType::EXTENDED_REPORT => Self::ExtendedReport(ExtendedReport::decode(&header, packet)?),
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
            Self::TransportFeedback(packet) => feedback::encode(packet, out),
            Self::PayloadFeedback(packet) => feedback::encode(packet, out),
            Self::ExtendedReport(packet) => packet.encode(out),
            Self::Other { octets, .. } => {
                out.extend_from_slice(octets);
                Ok(())
            }
        }
    }

    /// The source that the packet comes from; of a description or a goodbye the first one. `None` when it names none, and
    /// for an unknown packet type.
    pub fn sender(&self) -> Option<Ssrc> {
        match self {
            Self::App(packet) => Some(packet.ssrc),
            Self::SenderReport(packet) => Some(packet.ssrc),
            Self::ReceiverReport(packet) => Some(packet.ssrc),
            Self::SourceDescription(packet) => packet.chunks.first().map(|chunk| chunk.ssrc),
            Self::Goodbye(packet) => packet.sources.first().copied(),
            Self::TransportFeedback(packet) => Some(packet.sender),
            Self::PayloadFeedback(packet) => Some(packet.sender),
            Self::ExtendedReport(packet) => Some(packet.ssrc),
            Self::Other { .. } => None,
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
