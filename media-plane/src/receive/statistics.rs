//! What reports say about a source (RFC 3550 6.4.1, A.3, A.8).

use std::time::{Duration, Instant};

use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp::ReportBlock;

use super::sequence::{Place, Sequence, low};

/// Counts the packets of one source as they arrive.
#[derive(Clone, Debug)]
pub struct SourceStatistics {
    clock_rate: u32,
    sequence: Sequence,
    first: Option<i64>,
    highest: i64,
    received: u64,
    /// Expected and received before the source began anew, or another took its place.
    before: (u64, u64),
    /// At the last report.
    prior: (u64, u64),
    /// Arrival and timestamp of the packet before.
    last: Option<(Instant, u32)>,
    /// In timestamp units, times 16.
    jitter: u64,
}

impl SourceStatistics {
    /// Nothing has arrived yet. `clock_rate`: ticks of the timestamp in a second.
    pub fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            sequence: Sequence::default(),
            first: None,
            highest: 0,
            received: 0,
            before: (0, 0),
            prior: (0, 0),
            last: None,
            jitter: 0,
        }
    }

    /// A packet has arrived. `spurt`: it opens a talk spurt, so that the time since the one before says nothing.
    pub fn packet(&mut self, now: Instant, sequence: u16, timestamp: u32, spurt: bool) {
        match self.sequence.place(sequence) {
            Place::At(place) => {
                let first = *self.first.get_or_insert(place);
                self.first = Some(first.min(place));
                self.highest = self.highest.max(place);
            }
            Place::Restarted(place) => {
                self.close();
                (self.first, self.highest) = (Some(place), place);
            }
            Place::Stray => return,
        }
        self.received = self.received.saturating_add(1);
        //= RFC3550-A.8
        if let Some((then, stamp)) = self.last.replace((now, timestamp))
            && !spurt
        {
            let passed = now.saturating_duration_since(then).as_micros();
            let passed =
                i64::try_from(passed.saturating_mul(self.clock_rate.into()) / 1_000_000).unwrap_or(i64::MAX);
            let sent = i64::from(timestamp.wrapping_sub(stamp).cast_signed());
            let apart = passed.saturating_sub(sent).unsigned_abs();
            // A jump of the timestamp is no jitter.
            if apart < u64::from(self.clock_rate) {
                self.jitter =
                    self.jitter.saturating_add(apart).saturating_sub(self.jitter.saturating_add(8) >> 4);
            }
        }
    }

    /// Another source takes the place of this one: what was counted stays in the totals, the numbers begin anew.
    pub fn change_source(&mut self) {
        self.close();
        self.sequence = Sequence::default();
    }

    /// Nothing of what follows is measured by what was.
    fn close(&mut self) {
        let (expected, received) = self.before;
        self.before = (expected.saturating_add(self.expected()), received.saturating_add(self.received));
        (self.first, self.highest, self.received) = (None, 0, 0);
        (self.prior, self.last) = ((0, 0), None);
    }

    /// Interarrival jitter in timestamp units.
    pub const fn jitter(&self) -> u64 {
        self.jitter >> 4
    }

    /// Interarrival jitter as a time, with the fractions of a unit that are kept.
    pub fn jitter_time(&self) -> Duration {
        Duration::from_nanos(self.jitter.saturating_mul(62_500_000) / u64::from(self.clock_rate.max(1)))
    }

    /// Packets that have arrived, all in all.
    pub const fn total_received(&self) -> u64 {
        self.before.1.saturating_add(self.received)
    }

    /// Packets that have not arrived, all in all and by their numbers; what came twice makes up for one.
    pub fn total_lost(&self) -> u64 {
        //= RFC3550-A.3
        self.before.0.saturating_add(self.expected()).saturating_sub(self.total_received())
    }

    /// Packets that have arrived since the source began, repetitions among them.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Packets that should have arrived by what their numbers say.
    pub fn expected(&self) -> u64 {
        let first = self.first.map_or(0, |first| self.highest.saturating_sub(first).saturating_add(1));
        u64::try_from(first).unwrap_or_default()
    }

    /// The block of a report about this source, without what it says about sender reports; a new interval begins.
    //= RFC3550-A.3
    pub fn report_block(&mut self, ssrc: Ssrc) -> ReportBlock {
        let (expected, received) = (self.expected(), self.received);
        let lost = i64::try_from(expected).unwrap_or(i64::MAX) - i64::try_from(received).unwrap_or(i64::MAX);
        let in_interval = expected.saturating_sub(self.prior.0);
        let lost_in_interval = in_interval.saturating_sub(received.saturating_sub(self.prior.1));
        self.prior = (expected, received);
        let fraction = lost_in_interval.saturating_mul(256).checked_div(in_interval).unwrap_or_default();
        ReportBlock {
            ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: i32::try_from(lost.clamp(-0x80_0000, 0x7f_ffff)).unwrap_or_default(),
            highest_sequence: (self.highest & 0xffff_0000) as u32 | u32::from(low(self.highest)),
            jitter: u32::try_from(self.jitter()).unwrap_or(u32::MAX),
            ..ReportBlock::default()
        }
    }
}
