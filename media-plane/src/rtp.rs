//! Telling apart what arrives on a media port before anything of it is trusted, and how much of it may arrive.

use std::time::{Duration, Instant};

use mcptt_codec::id::Ssrc;

/// What the first octets of a datagram claim it to be (RFC 7983, RFC 5761 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Other,
}

impl Kind {
    pub(crate) fn of(datagram: &[u8]) -> Self {
        match datagram {
            [0..=3, ..] => Self::Stun,
            [20..=63, ..] => Self::Dtls,
            [128..=191, 192..=223, ..] => Self::Rtcp,
            [128..=191, _, ..] => Self::Rtp,
            _ => Self::Other,
        }
    }
}

/// The sender of an RTCP datagram; readable even in SRTCP.
pub(crate) fn rtcp_sender(datagram: &[u8]) -> Option<Ssrc> {
    datagram.get(4..8)?.try_into().ok().map(|octets| Ssrc(u32::from_be_bytes(octets)))
}

/// The SSRCs one participant has used under one key. Each costs cryptographic contexts, so their number is limited:
/// beyond it none is remembered.
#[derive(Debug)]
pub(crate) struct KnownSsrcs {
    known: Vec<Ssrc>,
    limit: usize,
}

impl KnownSsrcs {
    pub(crate) fn new(limit: usize) -> Self {
        Self { known: Vec::new(), limit }
    }

    /// Whether this one is remembered.
    pub(crate) fn knows(&self, ssrc: Ssrc) -> bool {
        // The usual case first: a participant keeps its SSRC.
        self.known.last() == Some(&ssrc) || self.known.contains(&ssrc)
    }

    /// Whether this one is remembered or can be.
    pub(crate) fn admits(&self, ssrc: Ssrc) -> bool {
        self.known.len() < self.limit || self.knows(ssrc)
    }

    /// Remembers the SSRC of an authentic packet if there is room; says whether it is a new one.
    pub(crate) fn learn(&mut self, ssrc: Ssrc) -> bool {
        let new = self.known.len() < self.limit && !self.knows(ssrc);
        if new {
            self.known.push(ssrc);
        }
        new
    }
}

/// Evens out how often something may happen: `rate` times a second, as many at once.
#[derive(Debug)]
pub(crate) struct RateLimit {
    interval: Duration,
    /// When all that has happened so far would have happened at an even pace.
    even: Option<Instant>,
}

impl RateLimit {
    const WINDOW: Duration = Duration::from_secs(1);

    pub(crate) fn per_second(rate: u32) -> Self {
        Self { interval: Self::WINDOW.checked_div(rate).unwrap_or(Self::WINDOW), even: None }
    }

    /// Whether it may happen once more.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        let even = self.even.map_or(now, |even| even.max(now));
        match even.checked_add(self.interval) {
            Some(next) if next.saturating_duration_since(now) <= Self::WINDOW => {
                self.even = Some(next);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    #[test]
    fn first_octets_tell_protocols_apart() {
        let cases: [(&[u8], Kind); 12] = [
            (&[], Kind::Other),
            (&[0x80], Kind::Other),
            (&[0x00, 0x01], Kind::Stun),       // Binding request
            (&[0x16, 0xfe, 0xfd], Kind::Dtls), // handshake record
            (&[0x80, 0x60], Kind::Rtp),        // payload type 96
            (&[0x80, 0xe0], Kind::Rtp),        // payload type 96 with marker
            (&[0x80, 0xc8], Kind::Rtcp),       // sender report
            (&[0x82, 0xcc], Kind::Rtcp),       // APP, subtype 2
            (&[0xbf, 0xdf], Kind::Rtcp),
            (&[0x40, 0xcc], Kind::Other), // version 1
            (&[0xc0, 0x60], Kind::Other), // version 3
            (&[0x0d, 0x0a], Kind::Other), // keep-alive of a SIP stack
        ];
        for (datagram, expected) in cases {
            assert_eq!(Kind::of(datagram), expected, "{datagram:02x?}");
        }
    }

    #[test]
    fn ssrcs_are_remembered_up_to_the_limit() {
        let mut ssrcs = KnownSsrcs::new(2);
        assert!(ssrcs.learn(Ssrc(1)));
        assert!(!ssrcs.learn(Ssrc(1)));
        assert!(ssrcs.admits(Ssrc(2)));
        assert!(ssrcs.learn(Ssrc(2)));
        assert!(!ssrcs.admits(Ssrc(3)));
        assert!(!ssrcs.learn(Ssrc(3)));
        assert!(!ssrcs.knows(Ssrc(3)));
        assert!(ssrcs.admits(Ssrc(1)));
    }

    #[test]
    fn a_burst_of_one_second_passes_then_the_rate_holds() {
        let mut limit = RateLimit::per_second(50);
        let t0 = t0();
        assert_eq!((0..200).filter(|_| limit.allows(t0)).count(), 50);
        let later = t0 + Duration::from_millis(100);
        assert_eq!((0..200).filter(|_| limit.allows(later)).count(), 5);
        let idle = t0 + Duration::from_secs(60);
        assert_eq!((0..200).filter(|_| limit.allows(idle)).count(), 50);
    }

    #[test]
    fn the_sender_of_a_short_datagram_is_unknown() {
        assert_eq!(rtcp_sender(&[0x80, 0xcc, 0, 1, 0, 0, 0]), None);
        assert_eq!(rtcp_sender(&[0x80, 0xcc, 0, 1, 1, 2, 3, 4]), Some(Ssrc(0x0102_0304)));
    }
}
