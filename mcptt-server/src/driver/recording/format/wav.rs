//! G.711 as WAV: decoded, because not every player takes it otherwise.

use std::io::{self, BufWriter};

use hound::{SampleFormat, WavSpec, WavWriter};
use mcptt_codec::rtp::RtpPacket;

use super::{Format, LONGEST_GAP};
use crate::driver::recording::medium::Target;

/// A file that is being written.
pub(in crate::driver::recording) struct Wav {
    writer: WavWriter<BufWriter<Box<dyn Target>>>,
    sample_of: fn(u8) -> i16,
    clock_rate: u32,
    /// The timestamp of the next sample.
    next: Option<u32>,
}

/// Mono, 16 bits.
pub(in crate::driver::recording) const fn spec(sample_rate: u32) -> WavSpec {
    WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format: SampleFormat::Int }
}

pub(in crate::driver::recording) fn io_error(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}

impl Wav {
    pub fn new(target: Box<dyn Target>, clock_rate: u32, sample_of: fn(u8) -> i16) -> io::Result<Self> {
        let writer = WavWriter::new(BufWriter::new(target), spec(clock_rate)).map_err(io_error)?;
        Ok(Self { writer, sample_of, clock_rate, next: None })
    }

    fn write(&mut self, sample: i16) -> io::Result<()> {
        self.writer.write_sample(sample).map_err(io_error)
    }
}

impl Format for Wav {
    fn take(&mut self, packet: &RtpPacket) -> io::Result<()> {
        let timestamp = packet.header.timestamp;
        let gap = self.next.map_or(0, |next| timestamp.wrapping_sub(next));
        // What is missing is silence, so that everything stays where it was in time.
        if gap <= self.clock_rate.saturating_mul(LONGEST_GAP) {
            for _ in 0..gap {
                self.write(0)?;
            }
        }
        for octet in &packet.payload {
            self.write((self.sample_of)(*octet))?;
        }
        let length = u32::try_from(packet.payload.len()).unwrap_or(u32::MAX);
        self.next = Some(timestamp.wrapping_add(length));
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().map_err(io_error)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.finalize().map_err(io_error)
    }
}
