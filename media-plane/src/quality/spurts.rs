//! The talk spurts of one call: from the first packet that was distributed to the end of the permission.

use std::time::{Duration, Instant};

use mcptt_codec::id::LegRef;
use mcptt_codec::rtcp::ReportBlock;
use mcptt_codec::rtp::RtpHeader;

use super::{
    CallQuality, CodecModel, Impairment, Reception, SpurtQuality, mean_opinion_score, milliseconds, rounded,
    whole_milliseconds,
};

/// Without floor control this long a silence is the end of a talk spurt.
const SILENCE: Duration = Duration::from_secs(2);

/// What a listener adds to the jitter of the way: coding, packets of 20 ms, the way on from here.
const ASSUMED_DELAY: Duration = Duration::from_millis(80);

/// The talk spurts of one call.
#[derive(Debug)]
pub(crate) struct Spurts {
    codec: CodecModel,
    begun: Instant,
    /// Rarely more than one.
    open: Vec<(LegRef, Reception)>,
    sum: CallQuality,
    /// Of all scores, each as often as its spurt has packets.
    scores: f64,
    /// All round trips together.
    trips: Duration,
}

impl Spurts {
    pub(crate) fn new(codec: CodecModel, now: Instant) -> Self {
        let sum = CallQuality::default();
        Self { codec, begun: now, open: Vec::new(), sum, scores: 0.0, trips: Duration::ZERO }
    }

    /// A packet of a talker is distributed. `paced`: its permission says when it has ended, not its silence. Returns the spurt
    /// that was over before.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        leg: LegRef,
        header: &RtpHeader,
        paced: bool,
    ) -> Option<SpurtQuality> {
        let Some((_, reception)) = self.open.iter_mut().find(|(talker, _)| *talker == leg) else {
            self.open.push((leg, Reception::new(self.codec.clock_rate, now, header)));
            return None;
        };
        if !paced && now.saturating_duration_since(reception.last()) > SILENCE {
            let ended = self.end(leg);
            self.open.push((leg, Reception::new(self.codec.clock_rate, now, header)));
            return ended;
        }
        reception.take(now, header);
        None
    }

    /// Ticks of the codec of the call in a second.
    pub(crate) const fn clock_rate(&self) -> u32 {
        self.codec.clock_rate
    }

    /// Whether anybody talks.
    pub(crate) fn is_silent(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether a participant talks.
    pub(crate) fn talks(&self, leg: LegRef) -> bool {
        self.open.iter().any(|(talker, _)| *talker == leg)
    }

    /// Those who talk.
    pub(crate) fn talkers(&self) -> Vec<LegRef> {
        self.open.iter().map(|(leg, _)| *leg).collect()
    }

    /// The talk spurt of a leg is over, if there was one.
    pub(crate) fn end(&mut self, leg: LegRef) -> Option<SpurtQuality> {
        let place = self.open.iter().position(|(talker, _)| *talker == leg)?;
        let (_, reception) = self.open.swap_remove(place);
        let (packets, lost) = (reception.received(), reception.lost());
        let loss = lost as f64 / packets.saturating_add(lost).max(1) as f64;
        // A listener has to wait for the packets that come late.
        let delay = ASSUMED_DELAY.saturating_add(reception.jitter().saturating_mul(2));
        let quality = SpurtQuality {
            duration_ms: whole_milliseconds(reception.duration()),
            packets,
            lost,
            jitter_ms: milliseconds(reception.jitter()),
            // How the losses are spread is not counted here.
            mos: mean_opinion_score(&Impairment { codec: self.codec, delay, loss, burst_ratio: 1.0 }),
        };
        self.sum.spurts = self.sum.spurts.saturating_add(1);
        self.sum.talk_ms = self.sum.talk_ms.saturating_add(quality.duration_ms);
        self.sum.packets = self.sum.packets.saturating_add(packets);
        self.sum.lost = self.sum.lost.saturating_add(lost);
        self.sum.jitter_ms = self.sum.jitter_ms.max(quality.jitter_ms);
        self.scores += quality.mos * packets as f64;
        Some(quality)
    }

    /// A participant reports how well it receives.
    pub(crate) fn report(&mut self, block: &ReportBlock) {
        let sum = &mut self.sum;
        sum.reports = sum.reports.saturating_add(1);
        let percent = rounded(f64::from(block.fraction_lost) / 2.56);
        sum.reported_loss_percent = sum.reported_loss_percent.max(percent);
        let jitter = f64::from(block.jitter) / f64::from(self.codec.clock_rate.max(1)) * 1_000.0;
        sum.reported_jitter_ms = sum.reported_jitter_ms.max(rounded(jitter));
    }

    /// A participant has answered a sender report.
    pub(crate) fn round_trip(&mut self, trip: Duration) {
        let sum = &mut self.sum;
        sum.round_trips = sum.round_trips.saturating_add(1);
        sum.longest_round_trip_ms = sum.longest_round_trip_ms.max(milliseconds(trip));
        self.trips = self.trips.saturating_add(trip);
    }

    /// How the call went, told once; nothing where nobody has talked.
    pub(crate) fn summary(&mut self, now: Instant) -> Option<CallQuality> {
        let mut sum = std::mem::take(&mut self.sum);
        if sum.spurts == 0 {
            return None;
        }
        sum.duration_ms = whole_milliseconds(now.saturating_duration_since(self.begun));
        sum.mos = rounded(self.scores / sum.packets.max(1) as f64);
        self.scores = 0.0;
        let trips = std::mem::take(&mut self.trips).as_secs_f64() * 1_000.0;
        sum.round_trip_ms = rounded(trips / sum.round_trips.max(1) as f64);
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::id::Ssrc;

    use super::*;
    use crate::testing::t0;

    const TALKER: LegRef = LegRef(1);

    fn millis(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn talk(spurts: &mut Spurts, start: Instant, numbers: &[u16], paced: bool) -> Vec<SpurtQuality> {
        let packets = numbers.iter().map(|number| {
            let header = RtpHeader {
                sequence: *number,
                timestamp: u32::from(*number) * 960,
                ssrc: Ssrc(1),
                ..RtpHeader::default()
            };
            (start + millis(u64::from(*number) * 20), header)
        });
        packets.filter_map(|(at, header)| spurts.take(at, TALKER, &header, paced)).collect()
    }

    #[test]
    fn a_call_is_the_sum_of_its_talk_spurts() {
        let start = t0();
        let mut spurts = Spurts::new(CodecModel::named("opus", 48_000), start);
        assert!(spurts.is_silent() && spurts.summary(start).is_none());
        assert_eq!(talk(&mut spurts, start, &[1, 2, 3, 4], true), []);
        let whole = spurts.end(TALKER).unwrap();
        let expected = SpurtQuality { duration_ms: 60, packets: 4, lost: 0, jitter_ms: 0.0, mos: 4.37 };
        assert_eq!((whole, spurts.end(TALKER)), (expected, None));
        talk(&mut spurts, start, &[10, 12], true);
        let torn = spurts.end(TALKER).unwrap();
        assert_eq!((torn.packets, torn.lost, torn.duration_ms), (2, 1, 40));
        assert!(torn.mos < 2.0, "{torn:?}");
        let block = ReportBlock { fraction_lost: 64, jitter: 480, ..ReportBlock::default() };
        spurts.report(&block);
        spurts.report(&ReportBlock::default());
        let sum = spurts.summary(start + millis(1_000)).unwrap();
        assert_eq!((sum.duration_ms, sum.spurts, sum.talk_ms, sum.packets, sum.lost), (1_000, 2, 100, 6, 1));
        assert_eq!((sum.reports, sum.reported_loss_percent, sum.reported_jitter_ms), (2, 25.0, 10.0));
        assert_eq!(sum.mos, rounded((4.37 * 4.0 + torn.mos * 2.0) / 6.0));
        assert_eq!(spurts.summary(start), None);
    }

    #[test]
    fn silence_ends_a_spurt_only_where_there_is_no_floor_control() {
        let start = t0();
        for (paced, ended) in [(true, 0), (false, 1)] {
            let mut spurts = Spurts::new(CodecModel::default(), start);
            assert_eq!(talk(&mut spurts, start, &[1, 2, 200], paced).len(), ended);
            assert_eq!(spurts.talkers(), [TALKER]);
        }
    }
}
