//! One participant's leg as the media plane keeps it: its addresses, its keys and what it may send.

use mcptt_codec::Path;
use mcptt_codec::id::{LegRef, Ssrc};

use crate::config::Limits;
use crate::counters::Misdeeds;
use crate::crypto::{Protection, ProtectionError, protection};
use crate::distributor::MediaGate;
use crate::event::Stream;
use crate::rtp::{KnownSsrcs, RateLimit};
use crate::signalling::{MediaEndpoint, Participant};

/// One participant's leg.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) reference: LegRef,
    pub(crate) addresses: Addresses,
    pub(crate) audio_protection: Box<dyn Protection>,
    pub(crate) floor_protection: Box<dyn Protection>,
    pub(crate) gate: MediaGate,
    pub(crate) floor_ssrcs: KnownSsrcs,
    /// It has not asked for its media to be stopped.
    pub(crate) wants_media: bool,
    /// The SSRC it wants in the header of our floor messages.
    pub(crate) floor_ssrc: Option<Ssrc>,
    pub(crate) media_rate: RateLimit,
    pub(crate) floor_rate: RateLimit,
    pub(crate) misdeeds: Misdeeds,
}

impl Leg {
    pub(crate) fn new(
        reference: LegRef,
        participant: &Participant,
        limits: &Limits,
    ) -> Result<Self, ProtectionError> {
        Ok(Self {
            reference,
            addresses: Addresses::of(participant),
            audio_protection: protection(participant.protection.as_ref())?,
            floor_protection: protection(participant.floor_protection.as_ref())?,
            gate: MediaGate::new(&participant.payload_types, limits.ssrcs_per_leg),
            floor_ssrcs: KnownSsrcs::new(limits.ssrcs_per_leg),
            wants_media: true,
            floor_ssrc: participant.floor_parameters.floor_ssrc,
            media_rate: RateLimit::per_second(limits.media_rate),
            floor_rate: RateLimit::per_second(limits.floor_rate),
            misdeeds: Misdeeds::default(),
        })
    }
}

/// The pairs of addresses of a leg, one for each stream. A stream whose port was declared 0 is switched off (RFC 3264 6)
/// and has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) audio: Option<Path>,
    pub(crate) floor: Option<Path>,
}

impl Addresses {
    fn of(participant: &Participant) -> Self {
        Self { audio: path(participant.audio), floor: path(participant.floor) }
    }

    /// The pairs that were declared.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (Path, Stream)> + use<> {
        let pairs = [(self.audio, Stream::Audio), (self.floor, Stream::Floor)];
        pairs.into_iter().filter_map(|(path, stream)| Some((path?, stream)))
    }
}

fn path(MediaEndpoint { local, remote }: MediaEndpoint) -> Option<Path> {
    (local.port() != 0 && remote.port() != 0).then_some(Path { local, remote })
}
