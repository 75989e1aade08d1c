//! The formats of recordings.

pub(super) mod ogg;
mod packets;
pub(super) mod wav;

use std::io;

use mcptt_codec::rtp::RtpPacket;
use media_plane::audio;

use super::medium::Target;
use crate::node::AboutSpurt;

/// What a gap in the timestamps may be filled with at most, seconds: a longer one is not the same talk.
const LONGEST_GAP: u32 = 60;

/// One file of one talk spurt.
pub(super) trait Format: Send {
    /// The next packet, in the order of the numbers.
    fn take(&mut self, packet: &RtpPacket) -> io::Result<()>;

    /// A packet as it has come, for formats that keep all of it; `milliseconds` after the beginning.
    fn take_raw(&mut self, milliseconds: u64, octets: &[u8]) -> io::Result<()> {
        let _ = (milliseconds, octets);
        Ok(())
    }

    /// Hands everything over to the file, so that what there is of it can be read.
    fn flush(&mut self) -> io::Result<()>;

    /// Completes the file.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// How an encoding is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Opus in Ogg.
    Opus,
    /// µ-law, decoded into WAV.
    MuLaw,
    /// A-law, decoded into WAV.
    ALaw,
    /// Packets as they have come.
    Packets,
}

impl Kind {
    pub fn of(about: &AboutSpurt) -> Self {
        let encoding = about.encoding.as_str();
        let is = |name: &str| encoding.eq_ignore_ascii_case(name);
        match about.sealed {
            false if is("opus") => Self::Opus,
            false if is("PCMU") => Self::MuLaw,
            false if is("PCMA") => Self::ALaw,
            _ => Self::Packets,
        }
    }

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::MuLaw | Self::ALaw => "wav",
            Self::Packets => "rtpdump",
        }
    }

    /// Whether packets are kept as they come, without being put in order.
    pub const fn is_raw(self) -> bool {
        matches!(self, Self::Packets)
    }

    /// Begins a file. `serial`: the number of its stream.
    pub fn begin(
        self,
        target: Box<dyn Target>,
        serial: u32,
        about: &AboutSpurt,
    ) -> io::Result<Box<dyn Format>> {
        Ok(match self {
            Self::Opus => Box::new(ogg::OggOpus::new(target, serial)?),
            Self::MuLaw => Box::new(wav::Wav::new(target, about.clock_rate, audio::from_mu_law)?),
            Self::ALaw => Box::new(wav::Wav::new(target, about.clock_rate, audio::from_a_law)?),
            Self::Packets => Box::new(packets::Packets::new(target, about.at)?),
        })
    }
}
