//! The voice of the demonstration: speech from a WAV file, Opus on the wire, WAV again at each listener.

use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Duration;

pub use media_plane::audio::FRAME;
use media_plane::audio::{
    AudioError, Codec, Encoder, EncoderSettings, FRAMES_PER_SECOND, RATES, frame_samples,
};
use thiserror::Error;

/// RTP clock of Opus, whatever the sampling rate (RFC 7587 4.1).
pub const RTP_TICKS_PER_FRAME: u32 = Codec::Opus.ticks_per_frame();
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
    Opus(#[from] AudioError),
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
        if !RATES.contains(&spec.sample_rate) {
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
        frame_samples(self.rate)
    }

    /// The Opus packets of this speech, one for each 20 ms; the last one is filled with silence.
    ///
    /// # Errors
    /// The codec refused the rate.
    pub fn encode(&self) -> Result<Vec<Vec<u8>>, VoiceError> {
        let mut encoder = Encoder::new(Codec::Opus, self.rate, &EncoderSettings::default())?;
        let frame = self.frame_samples();
        let mut packet = Vec::new();
        self.samples
            .chunks(frame)
            .map(|chunk| {
                let mut pcm = chunk.to_vec();
                pcm.resize(frame, 0);
                encoder.encode(&pcm, &mut packet)?;
                Ok(packet.clone())
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

/// Puts what a listener hears together again, each packet in its place by the talker's clock: what is compared is the voice,
/// not the pauses that playout has made.
pub struct Recorder {
    speech: Speech,
    first_timestamp: Option<u32>,
    next_frame: usize,
}

impl Recorder {
    /// A recorder of frames at `rate`.
    pub fn new(rate: u32) -> Self {
        Self { speech: Speech { rate, samples: Vec::new() }, first_timestamp: None, next_frame: 0 }
    }

    /// Takes one frame down; `timestamps`: of the packets that begin with it. One without any was made up for what has not
    /// come yet.
    pub fn frame(&mut self, timestamps: &[u32], samples: &[i16]) {
        let place = match (timestamps.first(), self.first_timestamp) {
            (Some(timestamp), first) => {
                let first = first.unwrap_or(*timestamp);
                self.first_timestamp = Some(first);
                (timestamp.wrapping_sub(first) / RTP_TICKS_PER_FRAME) as usize
            }
            (None, Some(_)) => self.next_frame,
            (None, None) => return,
        };
        if place > (MAX_SECONDS * FRAMES_PER_SECOND) as usize {
            return;
        }
        let (begin, length) = (place * self.speech.frame_samples(), samples.len());
        let end = begin + length;
        if self.speech.samples.len() < end {
            self.speech.samples.resize(end, 0);
        }
        self.speech.samples[begin..end].copy_from_slice(samples);
        self.next_frame = place + 1;
    }

    /// What was heard so far.
    pub fn heard(&self) -> &Speech {
        &self.speech
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::{Bytes, BytesMut};
    use mcptt_codec::id::Ssrc;
    use mcptt_codec::rtp::{RtpHeader, RtpPacket};
    use media_plane::audio::Codec;
    use media_plane::receive::{Formats, PlayoutSettings, Sources};

    use super::*;

    /// What a listener hears of these packets, of which some are lost.
    fn heard(speech: &Speech, lost: impl Fn(usize) -> bool) -> Recorder {
        let mut sources =
            Sources::new(Formats::of(96, Codec::Opus), speech.rate, PlayoutSettings::default()).unwrap();
        let mut recorder = Recorder::new(speech.rate);
        let start: Instant = crate::testing::t0();
        let mut now = start;
        let mut hear = |sources: &mut Sources, now| {
            while let Some((_, heard)) = sources.frame(now) {
                recorder.frame(heard.timestamps, heard.samples);
            }
        };
        for (index, payload) in speech.encode().unwrap().into_iter().enumerate() {
            let header = RtpHeader {
                payload_type: 96,
                marker: index == 0,
                sequence: index as u16,
                timestamp: 7 + index as u32 * RTP_TICKS_PER_FRAME,
                ssrc: Ssrc(1),
                ..RtpHeader::default()
            };
            let packet = RtpPacket { header, payload: payload.into(), padding: Bytes::new() };
            let mut octets = BytesMut::new();
            packet.encode(&mut octets).unwrap();
            if !lost(index) {
                sources.packet(now, &packet, &octets.freeze());
            }
            hear(&mut sources, now);
            now += FRAME;
        }
        hear(&mut sources, now + Duration::from_secs(1));
        recorder
    }

    #[test]
    fn the_embedded_voice_survives_codec_and_playout() {
        let speech = Speech::embedded().unwrap();
        assert!(speech.duration() >= Duration::from_secs(5));
        // A second is enough to compare and keeps an unoptimised build quick.
        let second = Speech { rate: speech.rate, samples: speech.samples[..16_000].to_vec() };
        let recorder = heard(&second, |_| false);
        let (correlation, delay) = second.correlation(recorder.heard(), Duration::from_millis(20));
        assert!(correlation > 0.9, "{correlation}");
        assert!(delay < Duration::from_millis(10), "{delay:?}");
    }

    #[test]
    fn a_lost_packet_leaves_the_rest_in_place() {
        let speech = Speech::embedded().unwrap();
        let second = Speech { rate: speech.rate, samples: speech.samples[..16_000].to_vec() };
        let recorder = heard(&second, |index| index == 10);
        let (correlation, delay) = second.correlation(recorder.heard(), Duration::from_millis(20));
        assert!(correlation > 0.85, "{correlation}");
        assert!(delay < Duration::from_millis(10), "{delay:?}");
    }

    #[test]
    fn something_else_does_not_correlate() {
        let speech = Speech::embedded().unwrap();
        let own = Speech { rate: 16_000, samples: speech.samples[..16_000].to_vec() };
        let other = Speech { rate: 16_000, samples: speech.samples[40_000..56_000].to_vec() };
        assert!(own.correlation(&other, Duration::from_millis(20)).0 < 0.5);
    }
}
