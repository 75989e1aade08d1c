//! The codecs by the names that session descriptions have for them.

/// A voice codec that this node can hear and speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Codec {
    /// Opus (RFC 6716, RFC 7587).
    Opus,
    /// G.711 with the mu-law (RFC 3551 4.5.14).
    Pcmu,
    /// G.711 with the A-law.
    Pcma,
}

impl Codec {
    /// The codec of an encoding name, in whatever case; `None`: it cannot be heard here.
    pub fn named(encoding: &str) -> Option<Self> {
        let codecs = [Self::Opus, Self::Pcmu, Self::Pcma];
        codecs.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(encoding))
    }

    /// Its encoding name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// Ticks of the RTP timestamp in a second; of Opus whatever the sampling rate is (RFC 7587 4.1).
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Pcmu | Self::Pcma => 8_000,
        }
    }

    /// Ticks of the RTP timestamp in a frame of 20 ms.
    pub const fn ticks_per_frame(self) -> u32 {
        self.clock_rate() / super::FRAMES_PER_SECOND
    }
}
