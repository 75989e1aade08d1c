//! Transport layer feedback: generic NACK (RFC 4585), TMMBR and TMMBN (RFC 5104), transport-wide congestion control.

use bytes::Bytes;

use super::{FeedbackFormat, FeedbackMessage, bit_rate, entries, fits};
use crate::EncodeError;
use crate::cursor::{Reader, Writer};
use crate::id::Ssrc;
use crate::rtcp::header::PacketType;

impl FeedbackFormat {
    /// Generic NACK.
    pub const GENERIC_NACK: Self = Self(1);
    /// Temporary maximum media stream bit rate request (TMMBR).
    pub const MAX_BITRATE_REQUEST: Self = Self(3);
    /// Temporary maximum media stream bit rate notification (TMMBN).
    pub const MAX_BITRATE_NOTIFICATION: Self = Self(4);
    /// Transport-wide congestion control.
    pub const TRANSPORT_WIDE: Self = Self(15);
}

/// Control information of transport layer feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportMessage {
    /// Packets that did not arrive.
    GenericNack(Vec<GenericNack>),
    /// Bit rates that senders are asked not to exceed.
    MaxBitrateRequest(Vec<MaxBitrate>),
    /// Bit rates that a sender keeps to.
    MaxBitrateNotification(Vec<MaxBitrate>),
    /// When packets of all streams of a transport arrived.
    TransportWide(TransportWide),
    /// Any other format, and any whose information does not fit it.
    Other {
        /// The format.
        format: FeedbackFormat,
        /// The control information as it stands.
        information: Bytes,
    },
}

/// One packet that was lost, and which of the sixteen after it (RFC 4585 6.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct GenericNack {
    /// Sequence number of the lost packet.
    pub packet_id: u16,
    /// Bit mask of following lost packets; the lowest bit is the next packet.
    pub following: u16,
}

impl GenericNack {
    /// Sequence numbers of all lost packets of this entry.
    //= RFC4585-6.2.1
    pub fn lost(self) -> impl Iterator<Item = u16> {
        let following = (0..16u16).filter(move |bit| self.following >> bit & 1 == 1);
        let following = following.map(move |bit| self.packet_id.wrapping_add(bit).wrapping_add(1));
        std::iter::once(self.packet_id).chain(following)
    }
}

/// A bit rate for one source (RFC 5104 4.2.1.1, 4.2.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct MaxBitrate {
    /// Request: who is asked. Notification: whose request is in force.
    pub ssrc: Ssrc,
    /// Power of two that the mantissa is multiplied with, 0 to 63.
    pub exponent: u8,
    /// Mantissa of the bit rate, 0 to 131071.
    pub mantissa: u32,
    /// Octets of overhead that are measured per packet, 0 to 511.
    pub overhead: u16,
}

impl MaxBitrate {
    /// The bit rate in bit/s; the largest number when it is larger.
    //= RFC5104-4.2.1
    pub fn bit_rate(self) -> u64 {
        bit_rate(self.exponent, self.mantissa)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let ssrc = Ssrc(reader.u32("SSRC").ok()?);
        let [exponent, ..] = reader.rest() else { return None };
        let exponent = exponent >> 2;
        let word = reader.u32("bit rate").ok()?;
        let overhead = u16::try_from(word & 0x1ff).ok()?;
        Some(Self { ssrc, exponent, mantissa: word >> 9 & 0x1_ffff, overhead })
    }

    fn write(self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let exponent = fits("bit rate exponent", self.exponent.into(), 6)?;
        let mantissa = fits("bit rate mantissa", self.mantissa, 17)?;
        let overhead = fits("measured overhead", self.overhead.into(), 9)?;
        writer.u32(self.ssrc.0);
        writer.u32(exponent << 26 | mantissa << 9 | overhead);
        Ok(())
    }
}

/// Arrival of packets of all streams of a transport (draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportWide {
    /// Transport-wide sequence number of the first packet that is reported.
    pub base_sequence: u16,
    /// Packets that are reported.
    pub status_count: u16,
    /// Instant that the first delta counts from, in units of 64 ms, -8388608 to 8388607.
    pub reference_time: i32,
    /// Number of this feedback packet, wraps.
    pub feedback_count: u8,
    /// Status chunks and receive deltas as they stand.
    pub chunks: Bytes,
}

impl TransportWide {
    fn read(information: &Bytes) -> Option<Self> {
        let mut reader = Reader::new(information);
        let base_sequence = reader.u16("base sequence number").ok()?;
        let status_count = reader.u16("packet status count").ok()?;
        let [high, middle, low] = reader.array("reference time").ok()?;
        // The sign of 24 bits spreads when the number is shifted down.
        let reference_time = i32::from_be_bytes([high, middle, low, 0]) >> 8;
        let feedback_count = reader.u8("feedback packet count").ok()?;
        let chunks = information.slice_ref(reader.rest());
        Some(Self { base_sequence, status_count, reference_time, feedback_count, chunks })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.base_sequence);
        writer.u16(self.status_count);
        writer.u24(self.reference_time.clamp(-0x80_0000, 0x7f_ffff).cast_unsigned());
        writer.u8(self.feedback_count);
        writer.slice(&self.chunks);
    }
}

impl FeedbackMessage for TransportMessage {
    const PACKET_TYPE: PacketType = PacketType::TRANSPORT_FEEDBACK;

    fn read(format: FeedbackFormat, information: Bytes) -> Self {
        let typed = match format {
            FeedbackFormat::GENERIC_NACK => entries::<4, _>(&information, |reader| {
                let packet_id = reader.u16("packet id").ok()?;
                Some(GenericNack { packet_id, following: reader.u16("lost packets").ok()? })
            })
            .map(Self::GenericNack),
            FeedbackFormat::MAX_BITRATE_REQUEST => {
                entries::<8, _>(&information, MaxBitrate::read).map(Self::MaxBitrateRequest)
            }
            FeedbackFormat::MAX_BITRATE_NOTIFICATION => {
                entries::<8, _>(&information, MaxBitrate::read).map(Self::MaxBitrateNotification)
            }
            FeedbackFormat::TRANSPORT_WIDE => TransportWide::read(&information).map(Self::TransportWide),
            _ => None,
        };
        typed.unwrap_or(Self::Other { format, information })
    }

    fn format(&self) -> FeedbackFormat {
        match self {
            Self::GenericNack(_) => FeedbackFormat::GENERIC_NACK,
            Self::MaxBitrateRequest(_) => FeedbackFormat::MAX_BITRATE_REQUEST,
            Self::MaxBitrateNotification(_) => FeedbackFormat::MAX_BITRATE_NOTIFICATION,
            Self::TransportWide(_) => FeedbackFormat::TRANSPORT_WIDE,
            Self::Other { format, .. } => *format,
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::GenericNack(entries) => entries.iter().for_each(|entry| {
                writer.u16(entry.packet_id);
                writer.u16(entry.following);
            }),
            Self::MaxBitrateRequest(entries) | Self::MaxBitrateNotification(entries) => {
                return entries.iter().try_for_each(|entry| entry.write(writer));
            }
            Self::TransportWide(feedback) => feedback.write(writer),
            Self::Other { information, .. } => writer.slice(information),
        }
        Ok(())
    }
}
