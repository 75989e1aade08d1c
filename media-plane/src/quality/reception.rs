//! What the numbers and timestamps of a talker tell about the way that its packets have come.

use std::time::{Duration, Instant};

use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::RtpHeader;

use crate::receive::SourceStatistics;

/// The reception of one talker, whatever source it speaks from.
#[derive(Clone, Debug)]
pub struct Reception {
    begun: Instant,
    last: Instant,
    ssrc: Ssrc,
    statistics: SourceStatistics,
    /// The largest interarrival jitter so far.
    jitter: Duration,
}

impl Reception {
    /// With the first packet of the talker.
    pub fn new(clock_rate: u32, now: Instant, header: &RtpHeader) -> Self {
        let statistics = SourceStatistics::new(clock_rate);
        let mut new = Self { begun: now, last: now, ssrc: header.ssrc, statistics, jitter: Duration::ZERO };
        new.take(now, header);
        new
    }

    /// Another packet has come.
    pub fn take(&mut self, now: Instant, header: &RtpHeader) {
        self.last = now;
        if header.ssrc != self.ssrc {
            self.ssrc = header.ssrc;
            self.statistics.change_source();
        }
        self.statistics.packet(now, header.sequence, header.timestamp, false);
        self.jitter = self.jitter.max(self.statistics.jitter_time());
    }

    /// Packets that have come.
    pub const fn received(&self) -> u64 {
        self.statistics.total_received()
    }

    /// Packets that have not come, by their numbers; what came twice makes up for one.
    pub fn lost(&self) -> u64 {
        self.statistics.total_lost()
    }

    /// The largest interarrival jitter so far.
    pub const fn jitter(&self) -> Duration {
        self.jitter
    }

    /// From the first packet to the last one.
    pub fn duration(&self) -> Duration {
        self.last.saturating_duration_since(self.begun)
    }

    /// When the last packet has come.
    pub(super) const fn last(&self) -> Instant {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    fn header(sequence: u16, timestamp: u32) -> RtpHeader {
        RtpHeader { sequence, timestamp, ssrc: Ssrc(7), ..RtpHeader::default() }
    }

    /// Packets of 20 ms at 8 kHz with these numbers, each so many milliseconds late.
    fn received(packets: &[(u16, u64)]) -> Reception {
        let start = t0();
        let first = packets[0].0;
        let at = |(number, late): (u16, u64)| {
            let place = number.wrapping_sub(first);
            let now = start + Duration::from_millis(u64::from(place) * 20 + late);
            (now, header(number, 0xffff_ff00_u32.wrapping_add(u32::from(place) * 160)))
        };
        let (now, begun) = at(packets[0]);
        let mut reception = Reception::new(8_000, now, &begun);
        packets[1..].iter().map(|packet| at(*packet)).for_each(|(now, header)| reception.take(now, &header));
        reception
    }

    //= RFC3550-A.3 test
    #[test]
    fn what_is_missing_counts_as_lost_and_what_is_late_does_not() {
        let table: [(&[u16], u64); 6] = [
            (&[1, 2, 3], 0),
            (&[1, 2, 5], 2),
            (&[1, 3, 2], 0),
            (&[65_534, 65_535, 1], 1),
            (&[5, 4, 6], 0),
            // Received twice: one of the two that are missing is made up for.
            (&[1, 1, 4], 1),
        ];
        for (numbers, lost) in table {
            let packets: Vec<_> = numbers.iter().map(|number| (*number, 0)).collect();
            assert_eq!(received(&packets).lost(), lost, "{numbers:?}");
        }
    }

    #[test]
    fn a_source_that_begins_anew_has_lost_nothing_in_between() {
        let mut reception = received(&[(1, 0), (3, 0)]);
        // The first number far away is a stray one until the next confirms it, which may be overtaken.
        for number in [40_000, 40_001, 40_003, 40_002] {
            reception.take(t0(), &header(number, 0));
        }
        let other = RtpHeader { ssrc: Ssrc(8), ..header(7, 0) };
        reception.take(t0(), &other);
        assert_eq!((reception.received(), reception.lost()), (6, 1));
    }

    //= RFC3550-A.8 test
    #[test]
    fn jitter_is_what_the_algorithm_of_the_rfc_makes_of_it() {
        assert_eq!(received(&[(1, 0), (2, 0), (3, 0)]).jitter(), Duration::ZERO);
        // One packet 16 ms late: 128 units, of which a sixteenth counts: 8 units are 1 ms. The next one is in time: as far away.
        assert_eq!(received(&[(1, 0), (2, 16), (3, 0)]).jitter(), Duration::from_nanos(1_937_500));
        assert_eq!(received(&[(1, 0), (2, 16)]).jitter(), Duration::from_millis(1));
    }
}
