//! The voice of the demonstration: speech from a WAV file, Opus on the wire, WAV again at each listener.

use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Duration;

use opus_pure::{Application, MAX_PACKET_BYTES, MAX_PACKET_SAMPLES, OpusDecoder, OpusEncoder};
use thiserror::Error;

/// One Opus frame.
pub const FRAME: Duration = Duration::from_millis(20);
/// RTP clock of Opus, whatever the sampling rate (RFC 7587 4.1).
pub const RTP_TICKS_PER_FRAME: u32 = 960;
/// Sampling rates Opus can take without resampling (RFC 6716 2.1.3), Hz.
const OPUS_RATES: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];
/// Bit rate of the demonstration's voice, bit/s: wideband speech.
const BIT_RATE: i32 = 24_000;
/// Longest voice file taken, seconds.
const MAX_SECONDS: u32 = 600;
/// Shortest voice file that makes a meaningful comparison, seconds.
const MIN_SECONDS: u32 = 1;

/// The sample that comes with the program: synthesised speech, 16 kHz mono.
static EMBEDDED: &[u8] = include_bytes!("../../assets/voice.wav");

/// What is wrong with a voice file, or with the codec.
#[derive(Debug, Error)]
pub enum VoiceError {
    /// The file cannot be read as WAV, or a WAV cannot be written.
    #[error("WAV: {0}")]
    Wav(#[from] hound::Error),
    /// The sampling rate needs a resampler.
    #[error("sampling rate {0} Hz; allowed: 8000, 12000, 16000, 24000, 48000")]
    Rate(u32),
    /// Samples are not 16-bit integers.
    #[error("{bits}-bit {kind} samples; allowed: 16-bit integer")]
    Samples {
        /// Bits a sample.
        bits: u16,
        /// Integer or float.
        kind: &'static str,
    },
    /// The file is too short or too long.
    #[error("{0:.1} s of speech; allowed: {MIN_SECONDS} to {MAX_SECONDS} s")]
    Length(f64),
    /// The codec refused.
    #[error("Opus: {0}")]
    Opus(String),
}

/// Mono speech, 16-bit.
#[derive(Clone, Debug)]
pub struct Speech {
    /// Samples a second, one of the rates of Opus.
    pub rate: u32,
    /// The samples.
    pub samples: Vec<i16>,
}

impl Speech {
    /// The embedded sample.
    ///
    /// # Errors
    /// As [`Speech::open`]; a release of this program was built wrongly if it happens.
    pub fn embedded() -> Result<Self, VoiceError> {
        Self::read(hound::WavReader::new(Cursor::new(EMBEDDED))?)
    }

    /// Reads a WAV file: 16-bit integer samples at a rate of Opus; several channels are mixed to one.
    ///
    /// # Errors
    /// [`VoiceError`] says what is allowed.
    pub fn open(path: &Path) -> Result<Self, VoiceError> {
        Self::read(hound::WavReader::open(path)?)
    }

    fn read<R: Read>(mut reader: hound::WavReader<R>) -> Result<Self, VoiceError> {
        let spec = reader.spec();
        if spec.sample_format != hound::SampleFormat::Int || spec.bits_per_sample != 16 {
            let kind = if spec.sample_format == hound::SampleFormat::Int { "integer" } else { "float" };
            return Err(VoiceError::Samples { bits: spec.bits_per_sample, kind });
        }
        if !OPUS_RATES.contains(&spec.sample_rate) {
            return Err(VoiceError::Rate(spec.sample_rate));
        }
        let seconds = f64::from(reader.duration()) / f64::from(spec.sample_rate);
        if !(f64::from(MIN_SECONDS)..=f64::from(MAX_SECONDS)).contains(&seconds) {
            return Err(VoiceError::Length(seconds));
        }
        let interleaved = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
        let channels = usize::from(spec.channels.max(1));
        let samples = interleaved
            .chunks_exact(channels)
            .map(|frame| {
                let sum: i32 = frame.iter().map(|sample| i32::from(*sample)).sum();
                i16::try_from(sum / i32::from(spec.channels.max(1))).unwrap_or_default()
            })
            .collect();
        Ok(Self { rate: spec.sample_rate, samples })
    }

    /// Writes the speech as a WAV file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), VoiceError> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in &self.samples {
            writer.write_sample(*sample)?;
        }
        Ok(writer.finalize()?)
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.rate))
    }

    fn frame_samples(&self) -> usize {
        self.rate as usize / 50
    }

    /// The Opus packets of this speech, one for each 20 ms; the last one is filled with silence.
    ///
    /// # Errors
    /// The codec refused the rate.
    pub fn encode(&self) -> Result<Vec<Vec<u8>>, VoiceError> {
        let opus = |error: opus_pure::Error| VoiceError::Opus(error.to_string());
        let mut encoder = OpusEncoder::new(self.rate as i32, 1, Application::Voip).map_err(opus)?;
        encoder.bitrate_bps = BIT_RATE;
        let frame = self.frame_samples();
        let mut packet = vec![0; MAX_PACKET_BYTES];
        self.samples
            .chunks(frame)
            .map(|chunk| {
                let mut pcm = chunk.to_vec();
                pcm.resize(frame, 0);
                let length = encoder.encode_s16(&pcm, frame, &mut packet).map_err(opus)?;
                Ok(packet[..length].to_vec())
            })
            .collect()
    }

    /// The greatest normalised cross-correlation of `heard` with this speech over all delays up to `max_delay`, and that delay.
    /// 1 is the very same signal, 0 has nothing in common.
    pub fn correlation(&self, heard: &Self, max_delay: Duration) -> (f64, Duration) {
        let energy = |samples: &[i16]| samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
        let max_lag = (max_delay.as_secs_f64() * f64::from(self.rate)) as usize;
        let own = energy(&self.samples);
        let mut best = (0.0, 0);
        for lag in 0..=max_lag.min(heard.samples.len()) {
            let delayed = &heard.samples[lag..];
            let product: f64 =
                self.samples.iter().zip(delayed).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let scale = (own * energy(&delayed[..delayed.len().min(self.samples.len())])).sqrt();
            let correlation = if scale > 0.0 { product / scale } else { 0.0 };
            if correlation > best.0 {
                best = (correlation, lag);
            }
        }
        (best.0, Duration::from_secs_f64(best.1 as f64 / f64::from(self.rate)))
    }
}

/// Turns received Opus packets back into speech, in RTP order, with concealment for what is missing.
pub struct Listener {
    decoder: OpusDecoder,
    speech: Speech,
    first_timestamp: Option<u32>,
    next_frame: u32,
}

/// Frames concealed in one gap at most; a longer silence is a new talk spurt, not a loss.
const MAX_CONCEALED: u32 = 50;

impl Listener {
    /// A listener that renders at `rate`.
    ///
    /// # Errors
    /// The codec refused the rate.
    pub fn new(rate: u32) -> Result<Self, VoiceError> {
        let decoder =
            OpusDecoder::new(rate as i32, 1).map_err(|error| VoiceError::Opus(error.to_string()))?;
        Ok(Self {
            decoder,
            speech: Speech { rate, samples: Vec::new() },
            first_timestamp: None,
            next_frame: 0,
        })
    }

    /// Renders one packet; late copies of what was rendered already are ignored.
    pub fn packet(&mut self, timestamp: u32, payload: &[u8]) {
        let first = *self.first_timestamp.get_or_insert(timestamp);
        let frame = timestamp.wrapping_sub(first) / RTP_TICKS_PER_FRAME;
        if frame < self.next_frame {
            return;
        }
        let missing = (frame - self.next_frame).min(MAX_CONCEALED);
        for _ in 0..missing {
            self.render(&[]);
        }
        self.render(payload);
        self.next_frame = frame + 1;
    }

    fn render(&mut self, payload: &[u8]) {
        let mut pcm = [0; MAX_PACKET_SAMPLES];
        let frame = self.speech.frame_samples();
        let samples = self.decoder.decode_s16(payload, frame, &mut pcm).unwrap_or_default();
        self.speech.samples.extend_from_slice(&pcm[..samples]);
    }

    /// What was heard so far.
    pub fn heard(&self) -> &Speech {
        &self.speech
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_voice_survives_the_codec() {
        let speech = Speech::embedded().unwrap();
        assert!(speech.duration() >= Duration::from_secs(5));
        let mut listener = Listener::new(speech.rate).unwrap();
        // A second is enough to compare and keeps an unoptimised build quick.
        let second = Speech { rate: speech.rate, samples: speech.samples[..16_000].to_vec() };
        for (index, packet) in second.encode().unwrap().iter().enumerate() {
            listener.packet(7 + index as u32 * RTP_TICKS_PER_FRAME, packet);
        }
        let (correlation, delay) = second.correlation(listener.heard(), Duration::from_millis(20));
        assert!(correlation > 0.9, "{correlation}");
        assert!(delay < Duration::from_millis(10), "{delay:?}");
    }

    #[test]
    fn a_lost_packet_leaves_the_rest_in_place() {
        let speech = Speech::embedded().unwrap();
        let half = Speech { rate: speech.rate, samples: speech.samples[..8_000].to_vec() };
        let packets = half.encode().unwrap();
        let mut listener = Listener::new(half.rate).unwrap();
        for (index, packet) in packets.iter().enumerate().filter(|(index, _)| *index != 10) {
            listener.packet(index as u32 * RTP_TICKS_PER_FRAME, packet);
        }
        assert_eq!(listener.heard().samples.len(), packets.len() * 320);
    }

    #[test]
    fn something_else_does_not_correlate() {
        let speech = Speech::embedded().unwrap();
        let own = Speech { rate: 16_000, samples: speech.samples[..16_000].to_vec() };
        let other = Speech { rate: 16_000, samples: speech.samples[40_000..56_000].to_vec() };
        assert!(own.correlation(&other, Duration::from_millis(20)).0 < 0.5);
    }
}
