//! From payloads to samples, with something in the place of what was lost.

use opus_pure::{MAX_PACKET_SAMPLES, OpusDecoder};

use super::concealment::Concealment;
use super::{AudioError, Codec, Resampler, checked_rate, frame_samples, from_a_law, from_mu_law};

/// The decoder of one stream.
pub struct Decoder {
    rate: u32,
    kind: Kind,
}

enum Kind {
    Opus(Box<OpusDecoder>),
    G711 { expand: fn(u8) -> i16, concealment: Box<Concealment>, resampler: Resampler, samples: Vec<i16> },
}

/// Sampling rate of G.711.
pub(super) const G711_RATE: u32 = 8_000;

impl Decoder {
    /// A decoder that renders at `rate`, one of [`RATES`](super::RATES), one channel.
    ///
    /// # Errors
    /// The rate is another one.
    pub fn new(codec: Codec, rate: u32) -> Result<Self, AudioError> {
        let g711 = |expand: fn(u8) -> i16| {
            let resampler = Resampler::new(G711_RATE, rate)?;
            let concealment = Box::new(Concealment::new());
            Ok(Kind::G711 { expand, concealment, resampler, samples: Vec::new() })
        };
        let hertz = i32::try_from(checked_rate(rate)?).map_err(|_| AudioError::Rate(rate))?;
        let kind = match codec {
            Codec::Opus => {
                Kind::Opus(Box::new(OpusDecoder::new(hertz, 1).map_err(|_| AudioError::Rate(rate))?))
            }
            Codec::Pcmu => g711(from_mu_law)?,
            Codec::Pcma => g711(from_a_law)?,
        };
        Ok(Self { rate, kind })
    }

    /// Samples a second of what is rendered.
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Appends what a payload says.
    ///
    /// # Errors
    /// The payload is none of the codec; nothing is appended then.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        match &mut self.kind {
            Kind::Opus(decoder) => {
                let hertz = decoder.sample_rate();
                let samples = opus_pure::packet::samples(payload, hertz);
                let samples = samples.map_err(|_| AudioError::Undecodable)?.min(MAX_PACKET_SAMPLES);
                append(out, samples, |pcm| decoder.decode_s16(payload, samples, pcm))
            }
            Kind::G711 { expand, concealment, resampler, samples } => {
                if payload.is_empty() {
                    return Err(AudioError::Undecodable);
                }
                samples.clear();
                samples.extend(payload.iter().map(|octet| expand(*octet)));
                concealment.heard(samples);
                resampler.process(samples, out);
                Ok(())
            }
        }
    }

    /// Appends so many samples in the place of a lost payload, made of what the next one says about it (in-band error
    /// correction of Opus) or, where it says nothing, of what was before.
    pub fn recover(&mut self, following: &[u8], samples: usize, out: &mut Vec<i16>) {
        match &mut self.kind {
            Kind::Opus(decoder) if samples == frame_samples(self.rate) => {
                if append(out, samples, |pcm| decoder.decode_fec_s16(following, samples, pcm)).is_err() {
                    self.conceal(samples, out);
                }
            }
            _ => self.conceal(samples, out),
        }
    }

    /// Appends so many samples in the place of a lost payload, made of what was before.
    pub fn conceal(&mut self, samples: usize, out: &mut Vec<i16>) {
        let wanted = out.len().saturating_add(samples);
        match &mut self.kind {
            Kind::Opus(decoder) => {
                let frame = frame_samples(self.rate);
                for _ in 0..samples.div_ceil(frame.max(1)) {
                    // It refuses nothing but a frame size that it does not know; silence then.
                    let _ = append(out, frame, |pcm| decoder.decode_s16(&[], frame, pcm));
                }
            }
            Kind::G711 { concealment, resampler, samples: lost, .. } => {
                lost.clear();
                let at_eight = samples.saturating_mul(G711_RATE as usize) / self.rate as usize;
                concealment.conceal(at_eight, lost);
                resampler.process(lost, out);
            }
        }
        out.resize(wanted, 0);
    }
}

/// Appends what `decode` writes, at most `samples`.
fn append(
    out: &mut Vec<i16>,
    samples: usize,
    decode: impl FnOnce(&mut [i16]) -> opus_pure::Result<usize>,
) -> Result<(), AudioError> {
    let before = out.len();
    out.resize(before.saturating_add(samples), 0);
    let written = decode(&mut out[before..]);
    out.truncate(before.saturating_add(*written.as_ref().unwrap_or(&0)));
    written.map(|_| ()).map_err(|_| AudioError::Undecodable)
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codec = if matches!(self.kind, Kind::Opus(_)) { "Opus" } else { "G.711" };
        f.debug_struct("Decoder").field("codec", &codec).field("rate", &self.rate).finish()
    }
}
