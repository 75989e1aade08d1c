//! RTCP of our own: sender reports about what listeners are sent, receiver reports to those who talk; their answers tell the
//! round trip (RFC 3550 6).
//!
//! A packet costs a few additions, whatever the number of its listeners. Every few seconds in which somebody has talked the
//! participants are gone through, some of a large call at a time so that voice does not wait behind their reports. Nobody is sent
//! a report about silence: it would wake equipment for nothing.
//!
//! What is forwarded has the talker's SSRC, so our report about it has it, too, under a name that says nothing about the talker.

use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::id::{LegRef, Ssrc};
use mcptt_codec::rtcp::{ReportBlock, SenderReport};
use mcptt_codec::rtp::RtpHeader;

use super::{Call, Context};
use crate::audio::Codec;
use crate::deliver;
use crate::distributor::Opened;
use crate::receive::{LastReport, Report, SentStream, SourceStatistics, compound, spread};

/// Participants that are sent their reports at once.
const LEGS_PER_TURN: usize = 64;
/// How long after these the next ones are.
const TURN: Duration = Duration::from_millis(10);
/// Talkers of a call that are remembered; of more than that those who have been silent for longest are forgotten.
const MOST_SOURCES: usize = 16;

/// What a call reports.
#[derive(Debug)]
pub(crate) struct Reporting {
    /// `None`: nothing.
    interval: Option<Duration>,
    sources: Vec<Source>,
    /// When to report. `None`: nobody has talked since the last time.
    next: Option<Instant>,
    /// The participant that a round goes on with.
    at: Option<LegRef>,
    /// What spreads the reports of many calls.
    random: u32,
}

/// A talker's stream.
#[derive(Debug)]
struct Source {
    leg: LegRef,
    ssrc: Ssrc,
    clock_rate: u32,
    received: SourceStatistics,
    /// Something was received since the last report.
    since: bool,
    last: Instant,
    sent: SentStream,
    report: Option<LastReport>,
}

/// The report about a talker's stream, for those who hear it directly.
struct Forwarded {
    talker: LegRef,
    codec: Option<Codec>,
    report: Report,
}

impl Reporting {
    /// `ssrc`: something that other calls do not have.
    pub(super) const fn new(interval: Option<Duration>, ssrc: Ssrc) -> Self {
        Self { interval, sources: Vec::new(), next: None, at: None, random: ssrc.0 | 1 }
    }

    /// A packet of a talker is distributed. `forwarded`: the octets of its payload, if all are to hear it.
    pub(super) fn distributed(
        &mut self,
        now: Instant,
        leg: LegRef,
        header: &RtpHeader,
        clock_rate: u32,
        forwarded: Option<usize>,
    ) {
        let Some(interval) = self.interval else { return };
        // The first one comes sooner (RFC 3550 6.2).
        self.next.get_or_insert_with(|| now + interval / 2);
        if !self.sources.iter().any(|source| source.is(leg, header.ssrc)) {
            self.add(now, leg, header.ssrc, clock_rate);
        }
        self.received(now, leg, header);
        let source = self.sources.iter_mut().find(|source| source.is(leg, header.ssrc));
        if let (Some(source), Some(octets)) = (source, forwarded) {
            source.sent.sent(now, header.timestamp, octets);
        }
    }

    /// A packet of somebody has come, distributed or not. Only talkers are remembered: their numbers go on without permission.
    pub(super) fn received(&mut self, now: Instant, leg: LegRef, header: &RtpHeader) {
        if let Some(source) = self.sources.iter_mut().find(|source| source.is(leg, header.ssrc)) {
            source.received.packet(now, header.sequence, header.timestamp, header.marker);
            (source.since, source.last) = (true, now);
        }
    }

    fn add(&mut self, now: Instant, leg: LegRef, ssrc: Ssrc, clock_rate: u32) {
        if self.sources.len() >= MOST_SOURCES {
            let all = self.sources.iter().enumerate();
            if let Some((silent, _)) = all.min_by_key(|(_, source)| source.last) {
                self.sources.swap_remove(silent);
            }
        }
        self.sources.push(Source {
            leg,
            ssrc,
            clock_rate,
            received: SourceStatistics::new(clock_rate),
            since: false,
            last: now,
            sent: SentStream::default(),
            report: None,
        });
    }

    /// A sender report of a participant has come.
    pub(super) fn heard_report(&mut self, now: Instant, leg: LegRef, report: &SenderReport) {
        if let Some(source) = self.sources.iter_mut().find(|source| source.is(leg, report.ssrc)) {
            source.report = Some(LastReport::new(now, report));
        }
    }

    /// Whether we report about the stream of this talker.
    pub(super) fn has_reported(&self, ssrc: Ssrc) -> bool {
        self.sources.iter().any(|source| source.ssrc == ssrc)
    }

    /// A participant has left.
    pub(super) fn left(&mut self, leg: LegRef) {
        self.sources.retain(|source| source.leg != leg);
    }

    /// Nothing more is reported.
    pub(super) fn stop(&mut self) {
        (self.interval, self.next, self.at) = (None, None, None);
    }

    pub(super) const fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// Whether anything has come or gone since the last round.
    fn has_news(&self) -> bool {
        self.sources.iter().any(|source| source.since || source.sent.is_news())
    }

    /// The participant to go on with, if it is time; `Some(None)`: with the first one.
    fn turn(&mut self, now: Instant) -> Option<Option<LegRef>> {
        self.next.filter(|next| *next <= now)?;
        self.next = None;
        Some(self.at.take())
    }

    /// What is said about the packets of a participant to itself; a new interval begins for it.
    fn blocks(&mut self, now: Instant, leg: LegRef) -> Vec<ReportBlock> {
        let own = self.sources.iter_mut().filter(|source| source.leg == leg);
        let heard = own.filter_map(|source| {
            let mut block =
                std::mem::take(&mut source.since).then(|| source.received.report_block(source.ssrc))?;
            if let Some(report) = &source.report {
                report.tell(now, &mut block);
            }
            Some(block)
        });
        heard.collect()
    }

    /// Everybody was told.
    fn round_over(&mut self, now: Instant) {
        for source in &mut self.sources {
            source.since = false;
            source.sent.reported();
        }
        // Marsaglia's: it need not be more than uneven.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.next = self.interval.map(|interval| now + spread(interval, self.random));
    }
}

impl Source {
    fn is(&self, leg: LegRef, ssrc: Ssrc) -> bool {
        self.leg == leg && self.ssrc == ssrc
    }
}

impl Call {
    /// Sends the reports that are due.
    //= RFC3550-6.2
    pub(super) fn continue_reporting(&mut self, cx: &mut Context<'_>) {
        let Some(at) = self.reporting.turn(cx.now) else { return };
        if at.is_none() && !self.reporting.has_news() && !self.mixing.has_news() {
            return;
        }
        let forwarded = self.forwarded(cx);
        let Self { reporting, legs, mixing, reference, ssrc, .. } = self;
        let first = at.map_or(0, |at| legs.partition_point(|leg| leg.reference < at));
        let mut made: Vec<(u32, Opened)> = Vec::new();
        for leg in legs.iter_mut().skip(first).take(LEGS_PER_TURN).filter(|leg| leg.reports_path().is_some())
        {
            let blocks = reporting.blocks(cx.now, leg.reference);
            let mixed = leg.codec.zip(mixing.sent_to(leg.reference));
            let info = mixed.and_then(|(codec, sent)| sent.info(cx.now, cx.clock, codec.clock_rate()));
            let directly = |codec| !mixing.is_needed() || mixing.directly(leg, codec);
            let heard = forwarded
                .iter()
                .enumerate()
                .filter(|(_, one)| one.talker != leg.reference && leg.wants_media && directly(one.codec));
            let heard = heard.fold(0_u32, |heard, (place, _)| heard | 1 << place);
            if heard == 0 && blocks.is_empty() && info.is_none() {
                continue;
            }
            let own = (!blocks.is_empty() || info.is_some()).then_some(Report { ssrc: *ssrc, info, blocks });
            // Most hear the same and say nothing.
            let known = made.iter().position(|(same, _)| own.is_none() && *same == heard);
            let place = known.or_else(|| {
                let about = forwarded.iter().enumerate().filter(|(place, _)| heard & 1 << place != 0);
                let reports: Vec<_> =
                    own.clone().into_iter().chain(about.map(|(_, one)| one.report.clone())).collect();
                let octets = compound(reports, |source| name(*ssrc, source))?;
                let key = if own.is_some() { u32::MAX } else { heard };
                made.push((key, cx.fan_out.own(octets)));
                Some(made.len() - 1)
            });
            if let Some((_, packet)) = place.and_then(|place| made.get_mut(place)) {
                cx.counters.reports_sent += 1;
                deliver::reports(*reference, leg, packet, cx);
            }
        }
        match legs.get(first + LEGS_PER_TURN) {
            Some(next) => (reporting.at, reporting.next) = (Some(next.reference), cx.now.checked_add(TURN)),
            None => {
                reporting.round_over(cx.now);
                mixing.reported();
            }
        }
    }

    /// What there is to be reported about the streams that are forwarded.
    fn forwarded(&self, cx: &Context<'_>) -> Vec<Forwarded> {
        let of = |source: &Source| {
            let info = source.sent.info(cx.now, cx.clock, source.clock_rate)?;
            let codec = self.position(source.leg).ok().and_then(|place| self.legs[place].codec);
            let report = Report { ssrc: source.ssrc, info: Some(info), blocks: Vec::new() };
            Some(Forwarded { talker: source.leg, codec, report })
        };
        self.reporting.sources.iter().filter_map(of).collect()
    }
}

/// The CNAME of a source in the reports of a call.
//= RFC3550-6.5.1:private
fn name(call: Ssrc, source: Ssrc) -> Bytes {
    format!("{:08x}-{:08x}", call.0, source.0).into()
}
