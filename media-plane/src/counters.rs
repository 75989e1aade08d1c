//! How often what happened: the input of metrics.

use std::time::Duration;

use crate::crypto::ProtectionError;

/// What a media plane has done since it was created.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counters {
    /// RTP packets of permitted talkers that were taken for distribution.
    pub media_accepted: u64,
    /// RTP packets of a talker that nobody could hear yet, given up because more was kept than is allowed.
    pub early_media_given_up: u64,
    /// RTP packets sent, one for each listener.
    pub media_sent: u64,
    /// RTP payload and header octets sent, without protection.
    pub media_octets_sent: u64,
    /// RTP packets sent to multicast addresses of groups.
    pub multicast_sent: u64,
    /// RTP packets sent that carry a mixture.
    pub mixtures_sent: u64,
    /// RTP packets that were not mixed because too many calls mix already.
    pub mixing_refused: u64,
    /// RTP packets received under an SSRC that is another participant's as well, and not discarded for it.
    pub shared_ssrcs: u64,
    /// RTCP sender reports received on audio ports.
    pub sender_reports: u64,
    /// RTCP receiver reports received on audio ports.
    pub receiver_reports: u64,
    /// Other RTCP packets received on audio ports.
    pub other_reports: u64,
    /// RTCP reports of our own, one for each participant.
    pub reports_sent: u64,
    /// To participants and back, by their answers to our sender reports.
    pub round_trips: Waits,
    /// Floor messages handed to floor control.
    pub floor_received: u64,
    /// Floor messages sent.
    pub floor_sent: u64,
    /// RTP packets relayed between a client and a controlling function.
    pub media_relayed: u64,
    /// RTCP datagrams of the audio relayed between a client and a controlling function.
    pub reports_relayed: u64,
    /// Floor messages relayed between a client and a controlling function.
    pub floor_relayed: u64,
    /// Messages of pre-established sessions received.
    pub session_received: u64,
    /// Messages of pre-established sessions sent.
    pub session_sent: u64,
    /// Messages sent on general purpose MBMS subchannels.
    pub mbms_control_sent: u64,
    /// Floor messages sent on MBMS subchannels.
    pub mbms_floor_sent: u64,
    /// RTP packets sent on MBMS subchannels.
    pub mbms_media_sent: u64,
    /// RTP packets not sent on an MBMS subchannel because another leg had brought them before.
    pub mbms_copies: u64,
    /// Packets or messages that could not be sent because protecting or encoding them failed.
    pub unsendable: u64,
    /// Talk spurts that have ended.
    pub spurts: u64,
    /// RTP packets of talk spurts that have not come, by the gaps in their numbers.
    pub media_lost: u64,
    /// How long those waited for the floor who got it.
    pub grants: Waits,
    /// Streams that go to where their first packet has come from, instead of the declared address.
    pub latched: u64,
    /// DTLS handshakes that have given keys.
    pub handshakes: u64,
    /// DTLS handshakes that have given none.
    pub handshakes_failed: u64,
    /// Discarded datagrams, packets and messages by reason.
    pub discarded: Discards,
}

/// Why something received was discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Discard {
    /// The pair of addresses is not bound to a participant.
    UnknownSource,
    /// More datagrams than the configured rate.
    RateExceeded,
    /// A STUN message (RFC 7983), which nobody asked for here.
    Stun,
    /// A DTLS record (RFC 7983), which nobody asked for here.
    Dtls,
    /// Not RTP where RTP belongs: too short, or another version.
    NotRtp,
    /// RTCP, floor messages among them, where RTP belongs.
    ControlOnMediaPort,
    /// RTP where floor control belongs.
    MediaOnFloorPort,
    /// Not RTCP where RTCP belongs: too short, another version, padded.
    NotRtcp,
    /// An RTP payload type that was not agreed on.
    PayloadType,
    /// An SSRC that belongs to another participant, in a call with protected audio.
    ForeignSsrc,
    /// More SSRCs than the configured limit.
    TooManySsrcs,
    /// RTP of a participant that may not talk.
    NoPermission,
    /// The authentication tag does not fit: another key, or changed on the way.
    Authentication,
    /// Received before, or too old to tell.
    Replay,
    /// Too short for its protection, or unusable for another reason.
    Unprotectable,
    /// Protected, before a DTLS handshake has given the keys for it.
    Unkeyed,
    /// Octets that do not form what they claim to be.
    Undecodable,
    /// An RTCP packet that is not a floor message where floor control belongs.
    NotFloorControl,
    /// A floor message this release does not know.
    UnknownMessage,
    /// A floor message with a field that runs past its end.
    FieldOverrun,
    /// No call uses the pre-established session, or not yet.
    SessionNotInUse,
    /// It names a key (MKI) that was not agreed on.
    UnknownKey,
    /// Its key has protected as many packets as it may.
    KeyUsedUp,
}

impl Discard {
    /// All reasons, in the order of declaration.
    pub const ALL: [Self; 23] = [
        Self::UnknownSource,
        Self::RateExceeded,
        Self::Stun,
        Self::Dtls,
        Self::NotRtp,
        Self::ControlOnMediaPort,
        Self::MediaOnFloorPort,
        Self::NotRtcp,
        Self::PayloadType,
        Self::ForeignSsrc,
        Self::TooManySsrcs,
        Self::NoPermission,
        Self::Authentication,
        Self::Replay,
        Self::Unprotectable,
        Self::Unkeyed,
        Self::Undecodable,
        Self::NotFloorControl,
        Self::UnknownMessage,
        Self::FieldOverrun,
        Self::SessionNotInUse,
        Self::UnknownKey,
        Self::KeyUsedUp,
    ];

    /// The requirement that asks for it, if one does.
    pub const fn requirement(self) -> Option<&'static str> {
        match self {
            Self::UnknownSource => Some("24.380-6.3.5.1:addr"),
            Self::NotRtcp | Self::NotFloorControl | Self::ControlOnMediaPort | Self::MediaOnFloorPort => {
                Some("24.380-8.1.2")
            }
            Self::NoPermission => Some("24.380-6.3.4.4.2:single"),
            Self::UnknownMessage => Some("24.380-8.1.4:subtype"),
            Self::FieldOverrun => Some("24.380-8.1.4:overrun"),
            Self::SessionNotInUse => Some("24.380-9.1"),
            _ => None,
        }
    }
}

impl From<ProtectionError> for Discard {
    fn from(error: ProtectionError) -> Self {
        match error {
            ProtectionError::Authentication => Self::Authentication,
            ProtectionError::Replayed | ProtectionError::TooOld => Self::Replay,
            ProtectionError::Unkeyed => Self::Unkeyed,
            ProtectionError::UnknownKey => Self::UnknownKey,
            ProtectionError::KeyExpired => Self::KeyUsedUp,
            _ => Self::Unprotectable,
        }
    }
}

/// How long something was waited for, by length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Waits {
    counts: [u64; Self::BOUNDS_MS.len() + 1],
    sum: Duration,
}

impl Waits {
    /// Upper bounds of the lengths that are told apart, in milliseconds; longer ones come last. From what nobody notices to the
    /// time that a talker may have before others.
    pub const BOUNDS_MS: [u64; 12] = [1, 5, 10, 20, 50, 100, 200, 300, 1_000, 5_000, 15_000, 60_000];

    /// Counts one more.
    pub fn note(&mut self, wait: Duration) {
        let place = Self::BOUNDS_MS.iter().position(|bound| wait <= Duration::from_millis(*bound));
        let count = &mut self.counts[place.unwrap_or(Self::BOUNDS_MS.len())];
        *count = count.saturating_add(1);
        self.sum = self.sum.saturating_add(wait);
    }

    /// How many there were of each length, up to the bound of the same place and above that of the one before.
    pub const fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// All waits together.
    pub const fn sum(&self) -> Duration {
        self.sum
    }
}

/// One count for each reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discards([u64; Discard::ALL.len()]);

impl Discards {
    /// The count for a reason.
    pub fn of(&self, reason: Discard) -> u64 {
        self.0[reason as usize]
    }

    /// The sum over all reasons.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Counts one more and says how many that makes.
    pub(crate) fn add(&mut self, reason: Discard) -> u64 {
        let count = &mut self.0[reason as usize];
        *count = count.saturating_add(1);
        *count
    }
}

impl serde::Serialize for Discards {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Discard::ALL.into_iter().map(|reason| (reason, self.of(reason))))
    }
}

/// What went wrong with one participant, so that a flood yields few events: the first of each kind, the second, the
/// fourth, the eighth and so on.
#[derive(Debug, Default)]
pub(crate) struct Misdeeds(
    /// There from the first one on: most participants do nothing wrong.
    Option<Box<Counts>>,
);

#[derive(Debug, Default)]
struct Counts {
    discards: Discards,
    deviations: u64,
    unsendable: u64,
}

impl Misdeeds {
    /// Counts a discard; says how many that makes if it is time for an event.
    pub(crate) fn discarded(&mut self, reason: Discard) -> Option<u64> {
        Some(self.counts().discards.add(reason)).filter(|count| count.is_power_of_two())
    }

    /// Counts a deviation; says how many that makes if it is time for an event.
    pub(crate) fn deviation(&mut self) -> Option<u64> {
        one_more(&mut self.counts().deviations)
    }

    /// Counts something that could not be sent; says how many that makes if it is time for an event.
    pub(crate) fn unsendable(&mut self) -> Option<u64> {
        one_more(&mut self.counts().unsendable)
    }

    fn counts(&mut self) -> &mut Counts {
        self.0.get_or_insert_default()
    }
}

fn one_more(count: &mut u64) -> Option<u64> {
    *count = count.saturating_add(1);
    count.is_power_of_two().then_some(*count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_count_in_the_order_of_declaration() {
        let mut discards = Discards::default();
        for (index, reason) in Discard::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
            assert_eq!(discards.add(reason), 1);
        }
        assert_eq!(discards.total(), Discard::ALL.len() as u64);
        assert_eq!(discards.of(Discard::Replay), 1);
    }

    #[test]
    fn waits_are_counted_up_to_and_with_their_bound() {
        let mut waits = Waits::default();
        for milliseconds in [0, 1, 2, 300, 60_001] {
            waits.note(Duration::from_millis(milliseconds));
        }
        assert_eq!(waits.counts(), [2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
        assert_eq!(waits.sum(), Duration::from_millis(60_304));
    }

    #[test]
    fn a_flood_yields_few_events() {
        let mut misdeeds = Misdeeds::default();
        let counts: Vec<_> = (0..1_000).filter_map(|_| misdeeds.discarded(Discard::Replay)).collect();
        assert_eq!(counts, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    }
}
