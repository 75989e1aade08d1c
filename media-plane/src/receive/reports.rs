//! Sender and receiver reports of our own, and the round trip that the reports of the other side tell (RFC 3550 6).

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp::{
    Chunk, Item, ItemKind, ReceiverReport, ReportBlock, RtcpPacket, SenderInfo, SenderReport,
    SourceDescription,
};

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

    /// The NTP timestamp of an instant.
    pub fn read(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.at);
        let fraction = (u64::from(passed.subsec_nanos()) << 32) / 1_000_000_000;
        self.ntp.wrapping_add(passed.as_secs() << 32).wrapping_add(fraction)
    }
}

/// The middle 32 bits of an NTP timestamp.
const fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// Reports are this far apart, half as much or half as much again (RFC 3550 6.2, 6.3.1).
const INTERVAL: Duration = Duration::from_secs(5);
/// Sources that are remembered for their sender reports.
const MOST_SOURCES: usize = 31;

/// The RTCP of one participant: what it has sent, what it has heard in reports.
#[derive(Debug)]
pub struct Reports {
    ssrc: Ssrc,
    cname: Bytes,
    clock: NtpClock,
    next: Instant,
    packets: u32,
    octets: u32,
    /// Timestamp of the packet sent last, and when.
    sent: Option<(u32, Instant)>,
    clock_rate: u32,
    /// Since the last report.
    sent_since: bool,
    /// Sender reports by source: middle of the NTP timestamp, and when it came.
    heard: Vec<(Ssrc, u32, Instant)>,
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
            packets: 0,
            octets: 0,
            sent: None,
            clock_rate,
            sent_since: false,
            heard: Vec::new(),
            round_trip: None,
        }
    }

    /// Our stream has another source from now on.
    pub fn source_is(&mut self, ssrc: Ssrc) {
        if self.ssrc != ssrc {
            self.ssrc = ssrc;
            (self.packets, self.octets, self.sent, self.sent_since) = (0, 0, None, false);
        }
    }

    /// A packet was sent.
    pub fn sent(&mut self, now: Instant, timestamp: u32, payload_octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(u32::try_from(payload_octets).unwrap_or_default());
        self.sent = Some((timestamp, now));
        self.sent_since = true;
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
                    self.heard.push((report.ssrc, middle(report.info.ntp_timestamp), now));
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
        //= RFC3550-6.3.1
        let spread = INTERVAL.as_secs_f64() * (0.5 + f64::from(random) / f64::from(u32::MAX));
        self.next = now + Duration::from_secs_f64(spread);
        blocks.truncate(MOST_SOURCES);
        for block in &mut blocks {
            if let Some((_, middle, came)) = self.heard.iter().find(|(source, ..)| *source == block.ssrc) {
                block.last_sender_report = *middle;
                let since =
                    now.saturating_duration_since(*came).as_micros().saturating_mul(65_536) / 1_000_000;
                block.delay_since_last_sender_report = u32::try_from(since).unwrap_or(u32::MAX);
            }
        }
        let (ssrc, empty) = (self.ssrc, Bytes::new());
        //= RFC3550-6.4
        let report = match self.sent.filter(|_| std::mem::take(&mut self.sent_since)) {
            Some((timestamp, at)) => {
                let since =
                    now.saturating_duration_since(at).as_micros().saturating_mul(self.clock_rate.into());
                let rtp_timestamp = timestamp.wrapping_add((since / 1_000_000) as u32);
                let info = SenderInfo {
                    ntp_timestamp: self.clock.read(now),
                    rtp_timestamp,
                    packet_count: self.packets,
                    octet_count: self.octets,
                };
                let extension = empty.clone();
                RtcpPacket::SenderReport(SenderReport {
                    ssrc,
                    info,
                    reports: blocks,
                    extension,
                    padding: empty,
                })
            }
            None => {
                let extension = empty.clone();
                RtcpPacket::ReceiverReport(ReceiverReport {
                    ssrc,
                    reports: blocks,
                    extension,
                    padding: empty,
                })
            }
        };
        let items = vec![Item { kind: ItemKind::CNAME, text: self.cname.clone() }];
        let chunks = vec![Chunk { ssrc, items, padding: Bytes::new() }];
        let description = SourceDescription { chunks, ..SourceDescription::default() };
        let mut out = BytesMut::new();
        report.encode(&mut out).ok()?;
        description.encode(&mut out).ok()?;
        Some(out.freeze())
    }

    /// Reports about us.
    fn blocks(&mut self, now: Instant, blocks: &[ReportBlock]) {
        for block in blocks.iter().filter(|block| block.ssrc == self.ssrc && block.last_sender_report != 0) {
            //= RFC3550-6.4.1:round-trip
            let trip = middle(self.clock.read(now))
                .wrapping_sub(block.last_sender_report)
                .wrapping_sub(block.delay_since_last_sender_report);
            // A negative one comes of clocks that disagree.
            if trip.cast_signed() >= 0 {
                let micros = u64::from(trip).saturating_mul(1_000_000) / 65_536;
                self.round_trip = Some(Duration::from_micros(micros));
            }
        }
    }
}
