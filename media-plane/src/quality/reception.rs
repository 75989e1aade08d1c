//! What the numbers and timestamps of one source tell about the way that its packets have come (RFC 3550 A.3, A.8).

use std::time::{Duration, Instant};

use mcptt_codec::rtp::RtpHeader;

/// A step of the sequence number beyond this is a source that has begun anew (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3_000;

/// The reception of one source. Costs no allocation and a dozen additions a packet.
#[derive(Clone, Debug)]
pub struct Reception {
    clock_rate: u32,
    /// When the first packet has come: arrivals count from here.
    begun: Instant,
    last: Instant,
    ssrc: u32,
    /// The lowest and the highest number since the source has begun, extended beyond its 16 bits.
    first: u64,
    highest: u64,
    /// Expected of what the source was before it began anew.
    expected_before: u64,
    received: u64,
    /// Arrival less timestamp of the packet before, in units of the timestamp.
    transit: u32,
    /// Sixteen times the present jitter, and the largest so far.
    jitter: u32,
    most_jitter: u32,
}

impl Reception {
    /// With the first packet of the source.
    pub fn new(clock_rate: u32, now: Instant, header: &RtpHeader) -> Self {
        let number = u64::from(header.sequence);
        let mut new = Self {
            clock_rate,
            begun: now,
            last: now,
            ssrc: header.ssrc.0,
            first: number,
            highest: number,
            expected_before: 0,
            received: 1,
            transit: 0,
            jitter: 0,
            most_jitter: 0,
        };
        new.transit = new.transit_of(now, header.timestamp);
        new
    }

    /// Another packet has come.
    pub fn take(&mut self, now: Instant, header: &RtpHeader) {
        self.received = self.received.saturating_add(1);
        self.last = now;
        let step = header.sequence.wrapping_sub(truncated(self.highest));
        let behind = truncated(self.highest).wrapping_sub(header.sequence);
        if header.ssrc.0 != self.ssrc || (step > MAX_DROPOUT && behind > MAX_DROPOUT) {
            return self.begin_anew(now, header);
        }
        if step <= MAX_DROPOUT {
            self.highest = self.highest.saturating_add(u64::from(step));
        } else {
            self.first = self.first.min(self.highest.saturating_sub(u64::from(behind)));
        }
        //= RFC3550-A.8
        let transit = self.transit_of(now, header.timestamp);
        let difference = transit.wrapping_sub(self.transit).cast_signed().unsigned_abs();
        self.transit = transit;
        let decay = self.jitter.saturating_add(8) >> 4;
        self.jitter = self.jitter.saturating_add(difference).saturating_sub(decay);
        self.most_jitter = self.most_jitter.max(self.jitter);
    }

    /// Packets that have come.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Packets that have not come, by their numbers; what came twice makes up for one.
    pub fn lost(&self) -> u64 {
        //= RFC3550-A.3
        self.expected_before.saturating_add(self.expected()).saturating_sub(self.received)
    }

    /// The largest interarrival jitter so far.
    pub fn jitter(&self) -> Duration {
        Duration::from_secs_f64(f64::from(self.most_jitter) / 16.0 / f64::from(self.clock_rate.max(1)))
    }

    /// From the first packet to the last one.
    pub fn duration(&self) -> Duration {
        self.last.saturating_duration_since(self.begun)
    }

    /// When the last packet has come.
    pub(super) const fn last(&self) -> Instant {
        self.last
    }

    fn expected(&self) -> u64 {
        self.highest.saturating_sub(self.first).saturating_add(1)
    }

    fn begin_anew(&mut self, now: Instant, header: &RtpHeader) {
        self.expected_before = self.expected_before.saturating_add(self.expected());
        self.ssrc = header.ssrc.0;
        // Far from 0, so that a packet that was overtaken by this one has a number, too.
        self.first = u64::from(header.sequence).saturating_add(1 << 16);
        self.highest = self.first;
        self.transit = self.transit_of(now, header.timestamp);
    }

    fn transit_of(&self, now: Instant, timestamp: u32) -> u32 {
        let elapsed = now.saturating_duration_since(self.begun);
        let rate = u128::from(self.clock_rate);
        let arrival = elapsed.as_micros().saturating_mul(rate) / 1_000_000;
        // Only differences count, so the upper bits may go.
        let arrival = u32::try_from(arrival & u128::from(u32::MAX)).unwrap_or_default();
        arrival.wrapping_sub(timestamp)
    }
}

fn truncated(number: u64) -> u16 {
    u16::try_from(number & u64::from(u16::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use mcptt_codec::id::Ssrc;

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
        reception.take(t0(), &header(40_000, 0));
        reception.take(t0(), &header(39_999, 0));
        let other = RtpHeader { ssrc: Ssrc(8), ..header(7, 0) };
        reception.take(t0(), &other);
        assert_eq!((reception.received(), reception.lost()), (5, 1));
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
