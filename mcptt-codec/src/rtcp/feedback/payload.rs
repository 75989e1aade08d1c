//! Payload-specific feedback: PLI, SLI, RPSI, AFB (RFC 4585), FIR (RFC 5104), REMB.

use bytes::Bytes;

use super::{FeedbackFormat, FeedbackMessage, bit_rate, entries, fits};
use crate::EncodeError;
use crate::cursor::{Reader, Writer};
use crate::id::Ssrc;
use crate::rtcp::header::PacketType;

impl FeedbackFormat {
    /// Picture loss indication (PLI).
    pub const PICTURE_LOSS: Self = Self(1);
    /// Slice loss indication (SLI).
    pub const SLICE_LOSS: Self = Self(2);
    /// Reference picture selection indication (RPSI).
    pub const REFERENCE_PICTURE_SELECTION: Self = Self(3);
    /// Full intra request (FIR).
    pub const FULL_INTRA_REQUEST: Self = Self(4);
    /// Application layer feedback (AFB).
    pub const APPLICATION_LAYER: Self = Self(15);
}

/// What the application layer feedback of REMB begins with.
const REMB: [u8; 4] = *b"REMB";

/// Control information of payload-specific feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadMessage {
    /// Pictures are lost.
    PictureLoss,
    /// Parts of pictures are lost.
    SliceLoss(Vec<SliceLoss>),
    /// Which picture may be referred to.
    ReferencePictureSelection(ReferencePictureSelection),
    /// Senders are asked for a picture that needs no other.
    FullIntraRequest(Vec<FullIntraRequest>),
    /// Application layer feedback of the form REMB.
    EstimatedMaxBitrate(EstimatedMaxBitrate),
    /// Any other application layer feedback as it stands.
    ApplicationLayer(Bytes),
    /// Any other format, and any whose information does not fit it.
    Other {
        /// The format.
        format: FeedbackFormat,
        /// The control information as it stands.
        information: Bytes,
    },
}

/// Lost macroblocks of one picture (RFC 4585 6.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct SliceLoss {
    /// Address of the first one, 0 to 8191.
    pub first: u16,
    /// How many, 0 to 8191.
    pub number: u16,
    /// Low six bits of the picture id.
    pub picture_id: u8,
}

/// A picture that a receiver has (RFC 4585 6.3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferencePictureSelection {
    /// Bits at the end of `bit_string` that are padding.
    pub padding_bits: u8,
    /// RTP payload type of the picture, 0 to 127.
    pub payload_type: u8,
    /// As the codec defines it, padding included.
    pub bit_string: Bytes,
}

/// A sender that is asked for a full picture (RFC 5104 4.3.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct FullIntraRequest {
    /// The sender.
    pub ssrc: Ssrc,
    /// Number of the request, wraps; the same in repetitions.
    pub sequence: u8,
    /// 24 reserved bits; zero when sent.
    pub reserved: u32,
}

/// How much all streams of some sources together may send (draft-alvestrand-rmcat-remb-03).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EstimatedMaxBitrate {
    /// Power of two that the mantissa is multiplied with, 0 to 63.
    pub exponent: u8,
    /// Mantissa of the bit rate, 0 to 262143.
    pub mantissa: u32,
    /// The sources, at most 255.
    pub sources: Vec<Ssrc>,
}

impl EstimatedMaxBitrate {
    /// The bit rate in bit/s; the largest number when it is larger.
    pub fn bit_rate(&self) -> u64 {
        bit_rate(self.exponent, self.mantissa)
    }

    fn read(information: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(information);
        if reader.array("unique identifier").ok()? != REMB {
            return None;
        }
        let count = usize::from(reader.u8("number of SSRCs").ok()?);
        let [exponent, ..] = reader.rest() else { return None };
        let exponent = exponent >> 2;
        let mantissa = reader.u24("bit rate").ok()? & 0x3_ffff;
        let sources = entries::<4, _>(reader.rest(), |reader| reader.u32("SSRC").ok().map(Ssrc))?;
        (sources.len() == count).then_some(Self { exponent, mantissa, sources })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let count = self.sources.len();
        let refused = EncodeError { what: "sources of an estimate", limit: 255, got: count };
        writer.slice(&REMB);
        writer.u8(u8::try_from(count).map_err(|_| refused)?);
        let exponent = fits("bit rate exponent", self.exponent.into(), 6)?;
        writer.u24(exponent << 18 | fits("bit rate mantissa", self.mantissa, 18)?);
        self.sources.iter().for_each(|source| writer.u32(source.0));
        Ok(())
    }
}

impl SliceLoss {
    //= RFC4585-6.3.2
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let word = reader.u32("slice loss").ok()?;
        Some(Self {
            first: u16::try_from(word >> 19).ok()?,
            number: u16::try_from(word >> 6 & 0x1fff).ok()?,
            picture_id: u8::try_from(word & 0x3f).ok()?,
        })
    }

    fn write(self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let first = fits("first macroblock", self.first.into(), 13)?;
        let number = fits("number of macroblocks", self.number.into(), 13)?;
        let picture_id = fits("picture id", self.picture_id.into(), 6)?;
        writer.u32(first << 19 | number << 6 | picture_id);
        Ok(())
    }
}

impl ReferencePictureSelection {
    /// `None` when the zero bit is set.
    //= RFC4585-6.3.3
    fn read(information: &Bytes) -> Option<Self> {
        let mut reader = Reader::new(information);
        let padding_bits = reader.u8("padding bits").ok()?;
        let payload_type = reader.u8("payload type").ok().filter(|payload_type| *payload_type < 128)?;
        Some(Self { padding_bits, payload_type, bit_string: information.slice_ref(reader.rest()) })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        fits("RTP payload type", self.payload_type.into(), 7)?;
        writer.u8(self.padding_bits);
        writer.u8(self.payload_type);
        writer.slice(&self.bit_string);
        Ok(())
    }
}

impl FullIntraRequest {
    //= RFC5104-4.3.1
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let ssrc = Ssrc(reader.u32("SSRC").ok()?);
        let sequence = reader.u8("sequence number").ok()?;
        Some(Self { ssrc, sequence, reserved: reader.u24("reserved").ok()? })
    }

    fn write(self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u32(self.ssrc.0);
        writer.u8(self.sequence);
        writer.u24(fits("reserved bits", self.reserved, 24)?);
        Ok(())
    }
}

impl FeedbackMessage for PayloadMessage {
    const PACKET_TYPE: PacketType = PacketType::PAYLOAD_FEEDBACK;

    fn read(format: FeedbackFormat, information: Bytes) -> Self {
        let typed = match format {
            //= RFC4585-6.3.1
            FeedbackFormat::PICTURE_LOSS => information.is_empty().then_some(Self::PictureLoss),
            FeedbackFormat::SLICE_LOSS => entries::<4, _>(&information, SliceLoss::read).map(Self::SliceLoss),
            FeedbackFormat::REFERENCE_PICTURE_SELECTION => {
                ReferencePictureSelection::read(&information).map(Self::ReferencePictureSelection)
            }
            FeedbackFormat::FULL_INTRA_REQUEST => {
                entries::<8, _>(&information, FullIntraRequest::read).map(Self::FullIntraRequest)
            }
            //= RFC4585-6.4
            FeedbackFormat::APPLICATION_LAYER => EstimatedMaxBitrate::read(&information)
                .map(Self::EstimatedMaxBitrate)
                .or_else(|| Some(Self::ApplicationLayer(information.clone()))),
            _ => None,
        };
        typed.unwrap_or(Self::Other { format, information })
    }

    fn format(&self) -> FeedbackFormat {
        match self {
            Self::PictureLoss => FeedbackFormat::PICTURE_LOSS,
            Self::SliceLoss(_) => FeedbackFormat::SLICE_LOSS,
            Self::ReferencePictureSelection(_) => FeedbackFormat::REFERENCE_PICTURE_SELECTION,
            Self::FullIntraRequest(_) => FeedbackFormat::FULL_INTRA_REQUEST,
            Self::EstimatedMaxBitrate(_) | Self::ApplicationLayer(_) => FeedbackFormat::APPLICATION_LAYER,
            Self::Other { format, .. } => *format,
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::PictureLoss => Ok(()),
            Self::SliceLoss(entries) => entries.iter().try_for_each(|entry| entry.write(writer)),
            Self::ReferencePictureSelection(selection) => selection.write(writer),
            Self::FullIntraRequest(entries) => entries.iter().try_for_each(|entry| entry.write(writer)),
            Self::EstimatedMaxBitrate(estimate) => estimate.write(writer),
            Self::ApplicationLayer(information) | Self::Other { information, .. } => {
                writer.slice(information);
                Ok(())
            }
        }
    }
}
