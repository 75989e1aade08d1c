//! Voice in samples: the codecs that this node can hear and speak itself, and the change of sampling rates.
//!
//! Forwarding needs none of it: packets of the talker pass as they are. It serves the receive side of a user equipment and
//! the mixer, which joins codecs that do not know each other.

mod codec;
mod comfort;
mod concealment;
mod decoder;
mod encoder;
mod resampler;
#[cfg(test)]
mod tests;

/// A sample of G.711, A-law and mu-law, from its octet.
pub use audio_codec_algorithms::{decode_alaw as from_a_law, decode_ulaw as from_mu_law};
pub use codec::Codec;
pub use comfort::ComfortNoise;
pub use decoder::Decoder;
pub use encoder::{Encoder, EncoderSettings};
pub use resampler::Resampler;

use std::time::Duration;

/// The piece of time in which samples are handed on.
pub const FRAME: Duration = Duration::from_millis(20);

/// Frames in a second.
pub const FRAMES_PER_SECOND: u32 = 50;

/// Sampling rates that voice can be rendered at, Hz: those of Opus (RFC 6716 2.1.3).
pub const RATES: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];

/// Why voice could not be coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The sampling rate is none of [`RATES`].
    #[error("sampling rate {0} Hz; possible: 8000, 12000, 16000, 24000, 48000")]
    Rate(u32),
    /// The payload is not what its codec produces.
    #[error("the payload cannot be decoded")]
    Undecodable,
    /// The samples are no whole frame.
    #[error("{got} samples; a frame has {wanted}")]
    Frame {
        /// Samples of a frame.
        wanted: usize,
        /// Samples that were there.
        got: usize,
    },
    /// The codec refuses.
    #[error("the codec refuses")]
    Refused,
}

/// Samples of a frame at a rate.
pub const fn frame_samples(rate: u32) -> usize {
    (rate / FRAMES_PER_SECOND) as usize
}

fn checked_rate(rate: u32) -> Result<u32, AudioError> {
    if RATES.contains(&rate) { Ok(rate) } else { Err(AudioError::Rate(rate)) }
}

/// The level of samples in dB relative to a full-scale square wave, -127 for silence: what RFC 6464 calls dBov.
pub fn level(samples: &[i16]) -> f32 {
    const SILENCE: f32 = -127.0;
    if samples.is_empty() {
        return SILENCE;
    }
    let energy: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let mean = (energy / samples.len() as f64).sqrt() / 32_768.0;
    (20.0 * mean.log10()).max(f64::from(SILENCE)) as f32
}
