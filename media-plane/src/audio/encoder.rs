//! From samples to payloads.

use audio_codec_algorithms::{encode_alaw, encode_ulaw};
use opus_pure::{Application, MAX_PACKET_BYTES, OpusEncoder};

use super::decoder::G711_RATE;
use super::{AudioError, Codec, Resampler, checked_rate, frame_samples};

/// How Opus is spoken; G.711 leaves no choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// Bits a second, 6 000 to 510 000.
    pub bit_rate: u32,
    /// A rough copy of each frame goes with the next one.
    pub inband_fec: bool,
    /// Packets of a hundred that are expected to be lost: how much is given for that copy.
    pub expected_loss: u8,
    /// Silence is not sent.
    pub dtx: bool,
}

impl Default for EncoderSettings {
    /// Wideband speech.
    fn default() -> Self {
        Self { bit_rate: 24_000, inband_fec: false, expected_loss: 0, dtx: false }
    }
}

/// The encoder of one stream.
pub struct Encoder {
    frame: usize,
    kind: Kind,
}

enum Kind {
    Opus { encoder: Box<OpusEncoder>, packet: Vec<u8> },
    G711 { compress: fn(i16) -> u8, resampler: Resampler, samples: Vec<i16> },
}

impl Encoder {
    /// An encoder of frames of 20 ms at `rate`, one of [`RATES`](super::RATES), one channel.
    ///
    /// # Errors
    /// The rate is another one.
    pub fn new(codec: Codec, rate: u32, settings: &EncoderSettings) -> Result<Self, AudioError> {
        let hertz = i32::try_from(checked_rate(rate)?).map_err(|_| AudioError::Rate(rate))?;
        let g711 = |compress: fn(i16) -> u8| {
            Ok(Kind::G711 { compress, resampler: Resampler::new(rate, G711_RATE)?, samples: Vec::new() })
        };
        let kind = match codec {
            Codec::Opus => {
                let encoder = OpusEncoder::new(hertz, 1, Application::Voip);
                let mut encoder = Box::new(encoder.map_err(|_| AudioError::Rate(rate))?);
                encoder.bitrate_bps =
                    i32::try_from(settings.bit_rate.clamp(6_000, 510_000)).unwrap_or(24_000);
                encoder.use_inband_fec = settings.inband_fec;
                encoder.packet_loss_perc = settings.expected_loss.min(100).into();
                encoder.use_dtx = settings.dtx;
                Kind::Opus { encoder, packet: vec![0; MAX_PACKET_BYTES] }
            }
            Codec::Pcmu => g711(encode_ulaw)?,
            Codec::Pcma => g711(encode_alaw)?,
        };
        Ok(Self { frame: frame_samples(rate), kind })
    }

    /// The payload of one frame, in the place of what `out` held.
    ///
    /// # Errors
    /// The samples are no whole frame, or the codec refuses.
    pub fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) -> Result<(), AudioError> {
        out.clear();
        if samples.len() != self.frame {
            return Err(AudioError::Frame { wanted: self.frame, got: samples.len() });
        }
        match &mut self.kind {
            Kind::Opus { encoder, packet } => {
                let length =
                    encoder.encode_s16(samples, self.frame, packet).map_err(|_| AudioError::Refused)?;
                out.extend_from_slice(packet.get(..length).unwrap_or_default());
            }
            Kind::G711 { compress, resampler, samples: at_eight } => {
                at_eight.clear();
                resampler.process(samples, at_eight);
                out.extend(at_eight.iter().map(|sample| compress(*sample)));
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("frame", &self.frame).finish_non_exhaustive()
    }
}
