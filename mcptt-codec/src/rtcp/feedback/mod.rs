//! Feedback messages (RFC 4585): what a receiver asks of a sender of media, of the transport or of its payload.

mod payload;
mod transport;

use bytes::{Bytes, BytesMut};

pub use payload::{
    EstimatedMaxBitrate, FullIntraRequest, PayloadMessage, ReferencePictureSelection, SliceLoss,
};
pub use transport::{GenericNack, MaxBitrate, TransportMessage, TransportWide};

use crate::cursor::{Reader, Writer};
use crate::id::Ssrc;
use crate::rtcp::header::{self, HEADER_OCTETS, Header, PacketType};
use crate::{DecodeError, EncodeError};

/// Feedback message type (FMT): the five bits that other packets count with. Its meaning depends on the packet type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct FeedbackFormat(pub u8);

/// Transport layer feedback, packet type 205.
pub type TransportFeedback = Feedback<TransportMessage>;

/// Payload-specific feedback, packet type 206.
pub type PayloadFeedback = Feedback<PayloadMessage>;

/// A feedback message with its addresses (RFC 4585 6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback<M> {
    /// Who sends the feedback.
    pub sender: Ssrc,
    /// The media that it is about; 0 where the message names its sources itself.
    pub media: Ssrc,
    /// What it says.
    pub message: M,
    /// RTCP padding with its count octet; empty when the padding bit is not set.
    pub padding: Bytes,
}

/// Feedback control information of one packet type.
pub(crate) trait FeedbackMessage: Sized {
    const PACKET_TYPE: PacketType;

    /// Reads the control information. What does not fit its format is kept as that of an unknown one.
    fn read(format: FeedbackFormat, information: Bytes) -> Self;

    fn format(&self) -> FeedbackFormat;

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;
}

/// Reads a feedback message.
pub(crate) fn decode<M: FeedbackMessage>(
    header: &Header,
    packet: &Bytes,
) -> Result<Feedback<M>, DecodeError> {
    //= RFC4585-6.1
    let (body, padding) = header.body(packet)?;
    let mut reader = Reader::starting_at(HEADER_OCTETS, body);
    let sender = Ssrc(reader.u32("SSRC of the sender")?);
    let media = Ssrc(reader.u32("SSRC of the media")?);
    let message = M::read(FeedbackFormat(header.count), packet.slice_ref(reader.rest()));
    Ok(Feedback { sender, media, message, padding: packet.slice_ref(padding) })
}

/// Appends a feedback message.
pub(crate) fn encode<M: FeedbackMessage>(
    feedback: &Feedback<M>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let format = feedback.message.format().0.into();
    header::write_packet(out, M::PACKET_TYPE, format, &feedback.padding, |writer| {
        writer.u32(feedback.sender.0);
        writer.u32(feedback.media.0);
        feedback.message.write(writer)
    })
}

/// A list of entries of `N` octets each; `None` when the octets are no whole number of them.
fn entries<const N: usize, T>(octets: &[u8], read: impl Fn(&mut Reader<'_>) -> Option<T>) -> Option<Vec<T>> {
    if !octets.len().is_multiple_of(N) {
        return None;
    }
    octets.chunks_exact(N).map(|entry| read(&mut Reader::new(entry))).collect()
}

/// Checks that a number fits its bits.
fn fits(what: &'static str, value: u32, bits: u32) -> Result<u32, EncodeError> {
    let limit = 1u32.checked_shl(bits).map_or(u32::MAX, |above| above.saturating_sub(1));
    if value <= limit {
        return Ok(value);
    }
    let number = |value| usize::try_from(value).unwrap_or(usize::MAX);
    Err(EncodeError { what, limit: number(limit), got: number(value) })
}

/// A bit rate of exponent and mantissa in bit/s, or the largest number when it is more than 64 bits can say.
fn bit_rate(exponent: u8, mantissa: u32) -> u64 {
    let rate = u128::from(mantissa).checked_shl(exponent.into()).unwrap_or(u128::MAX);
    u64::try_from(rate).unwrap_or(u64::MAX)
}
