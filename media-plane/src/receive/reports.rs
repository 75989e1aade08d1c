//! Sender and receiver reports of our own, and the round trip that the reports of the other side tell (RFC 3550 6).

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp::{
    Chunk, Item, ItemKind, ReceiverReport, ReportBlock, RtcpPacket, SenderInfo, SenderReport,
    SourceDescription,
};

use crate::crypto::mc::NTP_TO_UNIX;

/// Wall clock for sender reports, told once: what it reads is reckoned from there.
#[derive(Clone, Copy, Debug)]
pub struct NtpClock {
    at: Instant,
    ntp: u64,
}

impl NtpClock {
    /// At `at` it is `ntp`: seconds since 1900 in the upper half, fraction in the lower.
    pub const fn new(at: Instant, ntp: u64) -> Self {
        Self { at, ntp }
    }

    /// At `at` so much had passed since the beginning of 1970.
    pub fn since_1970(at: Instant, passed: Duration) -> Self {
        Self::new(at, (NTP_TO_UNIX << 32).wrapping_add(format(passed)))
    }

    /// The NTP timestamp of an instant.
    pub fn read(&self, now: Instant) -> u64 {
        self.ntp.wrapping_add(format(now.saturating_duration_since(self.at)))
    }
}

/// A time in the format of NTP: seconds in the upper half, fraction in the lower.
const fn format(time: Duration) -> u64 {
    (time.as_secs() << 32) | (((time.subsec_nanos() as u64) << 32) / 1_000_000_000)
}

/// The middle 32 bits of an NTP timestamp.
const fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// Reports are this far apart, half as much or half as much again (RFC 3550 6.2, 6.3.1).
const INTERVAL: Duration = Duration::from_secs(5);

/// How long to wait with the next report: `interval`, half as much or half as much again. `random`: spreads the reports of many.
//= RFC3550-6.3.1
pub(crate) fn spread(interval: Duration, random: u32) -> Duration {
    interval.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX))
}

/// What sender reports say about a stream that is sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SentStream {
    packets: u32,
    octets: u32,
    /// Timestamp of the packet sent last, and when.
    last: Option<(u32, Instant)>,
    /// Since the last report.
    since: bool,
}

impl SentStream {
    /// A packet was sent.
    pub(crate) fn sent(&mut self, now: Instant, timestamp: u32, payload_octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(u32::try_from(payload_octets).unwrap_or_default());
        self.last = Some((timestamp, now));
        self.since = true;
    }

    /// What to report, if anything was sent since the last report.
    pub(crate) fn info(&self, now: Instant, clock: &NtpClock, clock_rate: u32) -> Option<SenderInfo> {
        let (timestamp, at) = self.last.filter(|_| self.since)?;
        let since = now.saturating_duration_since(at).as_micros().saturating_mul(clock_rate.into());
        Some(SenderInfo {
            ntp_timestamp: clock.read(now),
            rtp_timestamp: timestamp.wrapping_add((since / 1_000_000) as u32),
            packet_count: self.packets,
            octet_count: self.octets,
        })
    }

    /// Whether anything was sent since the last report.
    pub(crate) const fn is_news(&self) -> bool {
        self.since
    }

    /// It was reported.
    pub(crate) const fn reported(&mut self) {
        self.since = false;
    }
}

/// The sender report of a source that was heard last: the middle of its NTP timestamp, and when it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastReport {
    middle: u32,
    came: Instant,
}

impl LastReport {
    pub(crate) const fn new(now: Instant, report: &SenderReport) -> Self {
        Self { middle: middle(report.info.ntp_timestamp), came: now }
    }

    /// Lets a block about the source say when its report has come.
    pub(crate) fn tell(&self, now: Instant, block: &mut ReportBlock) {
        block.last_sender_report = self.middle;
        let since = now.saturating_duration_since(self.came).as_micros().saturating_mul(65_536) / 1_000_000;
        block.delay_since_last_sender_report = u32::try_from(since).unwrap_or(u32::MAX);
    }
}

/// The time to the other side and back, by what its block says about a report of ours. `None`: it has heard none, or one that
/// we can not have sent.
//= RFC3550-6.4.1:round-trip
pub(crate) fn round_trip(now: Instant, clock: &NtpClock, block: &ReportBlock) -> Option<Duration> {
    if block.last_sender_report == 0 {
        return None;
    }
    let trip = middle(clock.read(now))
        .wrapping_sub(block.last_sender_report)
        .wrapping_sub(block.delay_since_last_sender_report);
    // A negative one comes of clocks that disagree.
    let micros = u64::from(trip).saturating_mul(1_000_000) / 65_536;
    (trip.cast_signed() >= 0).then(|| Duration::from_micros(micros))
}

/// What one source has to report.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) ssrc: Ssrc,
    /// What it has sent. `None`: it is no sender.
    pub(crate) info: Option<SenderInfo>,
    /// What it receives.
    pub(crate) blocks: Vec<ReportBlock>,
}

/// The compound packet of these reports, with the name that each source has.
//= RFC3550-6.4
pub(crate) fn compound(reports: Vec<Report>, cname: impl Fn(Ssrc) -> Bytes) -> Option<Bytes> {
    let mut out = BytesMut::new();
    let mut description = SourceDescription::default();
    for Report { ssrc, info, blocks: reports } in reports {
        let (extension, padding) = (Bytes::new(), Bytes::new());
        let report = match info {
            Some(info) => RtcpPacket::SenderReport(SenderReport { ssrc, info, reports, extension, padding }),
            None => RtcpPacket::ReceiverReport(ReceiverReport { ssrc, reports, extension, padding }),
        };
        report.encode(&mut out).ok()?;
        let items = vec![Item { kind: ItemKind::CNAME, text: cname(ssrc) }];
        description.chunks.push(Chunk { ssrc, items, padding: Bytes::new() });
    }
    description.encode(&mut out).ok()?;
    Some(out.freeze())
}

/// Sources that are remembered for their sender reports.
const MOST_SOURCES: usize = 31;

/// The RTCP of one participant: what it has sent, what it has heard in reports.
#[derive(Debug)]
pub struct Reports {
    ssrc: Ssrc,
    cname: Bytes,
    clock: NtpClock,
    next: Instant,
    sent: SentStream,
    clock_rate: u32,
    /// Sender reports by source.
    heard: Vec<(Ssrc, LastReport)>,
    round_trip: Option<Duration>,
}

impl Reports {
    /// Reports of a participant that sends and hears voice of this clock rate.
    pub fn new(ssrc: Ssrc, cname: Bytes, clock: NtpClock, clock_rate: u32, now: Instant) -> Self {
        Self {
            ssrc,
            cname,
            clock,
            // The first one comes sooner (RFC 3550 6.2).
            next: now + INTERVAL / 2,
            sent: SentStream::default(),
            clock_rate,
            heard: Vec::new(),
            round_trip: None,
        }
    }

    /// Our stream has another source from now on.
    pub fn source_is(&mut self, ssrc: Ssrc) {
        if self.ssrc != ssrc {
            (self.ssrc, self.sent) = (ssrc, SentStream::default());
        }
    }

    /// A packet was sent.
    pub fn sent(&mut self, now: Instant, timestamp: u32, payload_octets: usize) {
        self.sent.sent(now, timestamp, payload_octets);
    }

    /// An RTCP datagram has come, in clear. What cannot be read of it is passed over.
    pub fn handle(&mut self, now: Instant, datagram: &Bytes) {
        for packet in mcptt_codec::rtcp::packets(datagram).map_while(Result::ok) {
            match packet {
                RtcpPacket::SenderReport(report) => {
                    self.heard.retain(|(source, ..)| *source != report.ssrc);
                    if self.heard.len() >= MOST_SOURCES {
                        self.heard.remove(0);
                    }
                    self.heard.push((report.ssrc, LastReport::new(now, &report)));
                    self.blocks(now, &report.reports);
                }
                RtcpPacket::ReceiverReport(report) => self.blocks(now, &report.reports),
                _ => {}
            }
        }
    }

    /// The time to the other side and back, by its last report.
    pub const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// When the next report is to be made.
    pub const fn poll_timeout(&self) -> Instant {
        self.next
    }

    /// The report that is due, if one is: a sender report if anything was sent since the last one. `blocks`: what is
    /// received; what they say about sender reports is added here. `random`: spreads the reports of many participants.
    pub fn report(&mut self, now: Instant, mut blocks: Vec<ReportBlock>, random: u32) -> Option<Bytes> {
        if now < self.next {
            return None;
        }
        self.next = now + spread(INTERVAL, random);
        blocks.truncate(MOST_SOURCES);
        for block in &mut blocks {
            if let Some((_, last)) = self.heard.iter().find(|(source, _)| *source == block.ssrc) {
                last.tell(now, block);
            }
        }
        let info = self.sent.info(now, &self.clock, self.clock_rate);
        self.sent.reported();
        compound(vec![Report { ssrc: self.ssrc, info, blocks }], |_| self.cname.clone())
    }

    /// Reports about us.
    fn blocks(&mut self, now: Instant, blocks: &[ReportBlock]) {
        let about_us = blocks.iter().filter(|block| block.ssrc == self.ssrc);
        if let Some(trip) = about_us.filter_map(|block| round_trip(now, &self.clock, block)).next_back() {
            self.round_trip = Some(trip);
        }
    }
}
