//! One source from its packets to samples.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp::ReportBlock;
use mcptt_codec::rtp::RtpPacket;

use super::quality::SpurtCount;
use super::{
    Arrival, JitterBuffer, Played, PlayoutSettings, Repair, SourceStatistics, SpurtQuality, VoicePacket,
    recovered,
};
use crate::audio::{AudioError, Codec, ComfortNoise, Decoder, FRAME, frame_samples, level};

/// Which payload type is what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formats {
    /// Voice.
    pub voice: Vec<(u8, Codec)>,
    /// Voice with redundancy (RFC 2198).
    pub redundancy: Option<u8>,
    /// Repair packets of RFC 5109, under the source that they repair.
    pub ulp: Option<u8>,
    /// Repair packets of RFC 8627, under a source of their own.
    pub flexible: Option<u8>,
    /// Comfort noise (RFC 3389).
    pub comfort_noise: Option<u8>,
}

impl Formats {
    /// One codec and nothing else.
    pub fn of(payload_type: u8, codec: Codec) -> Self {
        Self { voice: vec![(payload_type, codec)], ..Self::default() }
    }

    fn codec(&self, payload_type: u8) -> Option<Codec> {
        self.voice.iter().find(|(own, _)| *own == payload_type).map(|(_, codec)| *codec)
    }

    /// All of a session have the same clock rate (RFC 3550 5.2).
    fn clock_rate(&self) -> u32 {
        self.voice.first().map_or(Codec::Opus, |(_, codec)| *codec).clock_rate()
    }
}

/// One frame of a source.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard<'a> {
    /// Samples of 20 ms.
    pub samples: &'a [i16],
    /// When they are to be heard.
    pub at: Instant,
    /// Timestamps of the packets that begin to be heard with this frame.
    pub timestamps: &'a [u32],
    /// Some of it was made up.
    pub concealed: bool,
}

/// How far behind its time a frame may be asked for before the time between is given up.
const MOST_BEHIND: Duration = Duration::from_secs(1);
/// Comfort noise is renewed at least this often.
const LONGEST_NOISE: Duration = Duration::from_secs(5);
/// The level of the background is followed by these parts of the difference a frame.
const DOWN: f32 = 0.5;
const UP: f32 = 0.005;

/// One source: packets in, a frame of samples every 20 ms out while it talks.
#[derive(Debug)]
pub struct Receiver {
    ssrc: Ssrc,
    formats: Formats,
    rate: u32,
    statistics: SourceStatistics,
    repair: Repair,
    buffer: JitterBuffer,
    decoder: Option<(Codec, Decoder)>,
    /// Samples that are to be heard next.
    samples: Vec<i16>,
    /// The last frame, and what is said about it.
    frame: Vec<i16>,
    frame_at: Instant,
    frame_concealed: bool,
    timestamps: Vec<u32>,
    /// When the next frame is due, during a talk spurt.
    tick: Option<Instant>,
    concealed_in_row: u32,
    most_concealed: u32,
    comfort: ComfortNoise,
    /// A talker who says nothing for the moment has said so: there is noise until then.
    comfort_until: Option<Instant>,
    background: f32,
    spurt: SpurtCount,
    /// Restored packets that have not been played yet.
    restored: VecDeque<u16>,
    finished: Option<SpurtQuality>,
    /// The delay of the network, as far as it is known.
    network: Duration,
    last: Instant,
}

impl Receiver {
    /// A receiver of one source that renders at `rate`, one of [`RATES`](crate::audio::RATES).
    ///
    /// # Errors
    /// The rate is another one.
    pub fn new(
        ssrc: Ssrc,
        formats: Formats,
        rate: u32,
        settings: PlayoutSettings,
        now: Instant,
    ) -> Result<Self, AudioError> {
        // A codec that cannot render at this rate is refused here, not in the middle of a talk spurt.
        let first = formats.voice.first().map(|(_, codec)| *codec);
        let decoder = first.map(|codec| Ok((codec, Decoder::new(codec, rate)?))).transpose()?;
        Ok(Self {
            ssrc,
            rate,
            statistics: SourceStatistics::new(formats.clock_rate()),
            repair: Repair::default(),
            buffer: JitterBuffer::new(settings, formats.clock_rate()),
            formats,
            decoder,
            samples: Vec::new(),
            frame: Vec::new(),
            frame_at: now,
            frame_concealed: false,
            timestamps: Vec::new(),
            tick: None,
            concealed_in_row: 0,
            most_concealed: settings.concealed,
            comfort: ComfortNoise::new(ssrc.0),
            comfort_until: None,
            background: -70.0,
            spurt: SpurtCount::default(),
            restored: VecDeque::new(),
            finished: None,
            network: Duration::ZERO,
            last: now,
        })
    }

    /// The source.
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// When something of it came last.
    pub const fn last(&self) -> Instant {
        self.last
    }

    /// The delay of the network on the way here, for the estimate of quality; half of a round trip where nothing better is
    /// known.
    pub fn network_delay_is(&mut self, delay: Duration) {
        self.network = delay;
    }

    /// An RTP packet of this source has come, in clear. `None`: it is of no type that is known.
    pub fn packet(&mut self, now: Instant, packet: &RtpPacket, octets: &Bytes) -> Option<Arrival> {
        self.last = now;
        let payload_type = Some(packet.header.payload_type);
        if payload_type == self.formats.ulp {
            let restored = self.repair.ulp(&packet.payload, self.ssrc);
            self.restored(now, restored);
            return Some(Arrival::Accepted);
        }
        let voice = self.formats.codec(packet.header.payload_type).is_some();
        if !voice && payload_type != self.formats.redundancy && payload_type != self.formats.comfort_noise {
            return None;
        }
        let header = &packet.header;
        self.statistics.packet(now, header.sequence, header.timestamp, header.marker);
        self.buffer.jitter_is(self.statistics.jitter_time());
        let arrival = self.put(now, packet);
        if self.formats.ulp.is_some() || self.formats.flexible.is_some() {
            let restored = self.repair.packet(header.sequence, octets, self.ssrc);
            self.restored(now, restored);
        }
        Some(arrival)
    }

    /// A repair packet of RFC 8627 for this source has come.
    pub fn flexible(&mut self, now: Instant, packet: &RtpPacket) {
        let restored = self.repair.flexible(&packet.payload, packet.header.csrc.as_slice().len(), self.ssrc);
        self.restored(now, restored);
    }

    /// The next frame, if its time has come; to be called until it answers `None`.
    pub fn frame(&mut self, now: Instant) -> Option<Heard<'_>> {
        self.advance(now)?;
        Some(self.heard())
    }

    /// The frame that [`advance`](Self::advance) has made.
    pub(super) fn heard(&self) -> Heard<'_> {
        let Self { frame: samples, frame_at: at, timestamps, frame_concealed: concealed, .. } = self;
        Heard { samples, at: *at, timestamps, concealed: *concealed }
    }

    /// Makes the next frame, if its time has come.
    pub(super) fn advance(&mut self, now: Instant) -> Option<()> {
        let mut at = match self.tick {
            Some(tick) => tick,
            None => self.buffer.next_due()?,
        };
        if at > now {
            return None;
        }
        if now.saturating_duration_since(at) > MOST_BEHIND {
            at = now;
        }
        let wanted = frame_samples(self.rate);
        self.timestamps.clear();
        let mut concealed = false;
        let mut over = false;
        self.comfort_until = self.comfort_until.filter(|until| at < *until);
        while self.samples.len() < wanted && !over {
            match self.buffer.pop(at) {
                Some(Played::Packet { packet, opens, waited }) => {
                    if opens {
                        self.finish();
                    }
                    concealed |= !self.play(packet, waited, at);
                }
                Some(Played::Missing { duration, following, lost }) => {
                    concealed = true;
                    self.missing(duration, following.as_ref(), lost);
                }
                Some(Played::Pause) => over = self.comfort_until.is_none(),
                None => break,
            }
        }
        // Noise has lasted long enough, and nothing else is to come.
        over |= self.samples.is_empty() && self.comfort_until.is_none() && self.buffer.next_due().is_none();
        if over {
            self.finish();
            self.tick = None;
            self.concealed_in_row = 0;
            if self.samples.is_empty() {
                return None;
            }
        } else {
            self.tick = at.checked_add(FRAME);
        }
        if self.samples.len() < wanted {
            concealed = true;
            let lacking = wanted - self.samples.len();
            self.fill(lacking, over);
        }
        self.frame.clear();
        self.frame.extend(self.samples.drain(..wanted));
        if !concealed {
            self.concealed_in_row = 0;
            let level = level(&self.frame);
            self.background += (level - self.background) * if level < self.background { DOWN } else { UP };
            self.comfort.background(self.background);
        }
        (self.frame_at, self.frame_concealed) = (at, concealed);
        Some(())
    }

    /// When [`frame`](Self::frame) has one.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.tick.or_else(|| self.buffer.next_due())
    }

    /// The talk spurt is known to be over, by floor control.
    pub fn spurt_over(&mut self) {
        self.buffer.spurt_over();
        if self.buffer.is_empty() {
            self.finish();
            self.tick = None;
            self.samples.clear();
        }
    }

    /// What the last talk spurt was like, once it is over.
    pub fn take_quality(&mut self) -> Option<SpurtQuality> {
        self.finished.take()
    }

    /// What a report says about this source; a new interval begins.
    pub fn report_block(&mut self) -> ReportBlock {
        self.statistics.report_block(self.ssrc)
    }

    /// Counts of this source.
    pub const fn statistics(&self) -> &SourceStatistics {
        &self.statistics
    }

    fn put(&mut self, now: Instant, packet: &RtpPacket) -> Arrival {
        let header = &packet.header;
        let voice = VoicePacket {
            sequence: header.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            payload_type: header.payload_type,
            payload: packet.payload.clone(),
        };
        if Some(header.payload_type) != self.formats.redundancy {
            return self.buffer.push(now, voice);
        }
        let Some((older, primary)) = recovered(&voice, self.buffer.step()) else { return Arrival::Stray };
        let arrival = self.buffer.push(now, primary);
        // Behind the newest one, so that its number is known to be near.
        for packet in older {
            let sequence = packet.sequence;
            let known = self.formats.codec(packet.payload_type).is_some();
            if known && self.buffer.push_recovered(now, packet) == Arrival::Accepted {
                self.note_restored(sequence);
            }
        }
        arrival
    }

    fn restored(&mut self, now: Instant, packets: Vec<Bytes>) {
        for octets in packets {
            let Ok(packet) = RtpPacket::decode(&octets) else { continue };
            let header = &packet.header;
            let voice = VoicePacket {
                sequence: header.sequence,
                timestamp: header.timestamp,
                marker: header.marker,
                payload_type: header.payload_type,
                payload: packet.payload.clone(),
            };
            if self.buffer.push_recovered(now, voice) == Arrival::Accepted {
                self.note_restored(header.sequence);
            }
        }
    }

    fn note_restored(&mut self, sequence: u16) {
        self.restored.push_back(sequence);
        if self.restored.len() > 256 {
            self.restored.pop_front();
        }
    }

    /// Renders a packet; says whether it could.
    fn play(&mut self, packet: VoicePacket, waited: Duration, at: Instant) -> bool {
        if let Some(place) = self.restored.iter().position(|sequence| *sequence == packet.sequence) {
            self.restored.remove(place);
            self.spurt.recovered = self.spurt.recovered.saturating_add(1);
        }
        self.spurt.played(waited);
        self.timestamps.push(packet.timestamp);
        if Some(packet.payload_type) == self.formats.comfort_noise {
            self.comfort.announced(&packet.payload);
            self.comfort_until = at.checked_add(LONGEST_NOISE);
            self.comfort.render(frame_samples(self.rate), &mut self.samples);
            // It says nothing about the background that has not been said.
            return false;
        }
        self.comfort_until = None;
        let Some(codec) = self.formats.codec(packet.payload_type) else { return false };
        if self.decoder.as_ref().is_none_or(|(own, _)| *own != codec) {
            self.decoder = Decoder::new(codec, self.rate).ok().map(|decoder| (codec, decoder));
        }
        let Some((_, decoder)) = &mut self.decoder else { return false };
        let decoded = decoder.decode(&packet.payload, &mut self.samples).is_ok();
        if !decoded {
            decoder.conceal(frame_samples(self.rate), &mut self.samples);
        }
        decoded
    }

    fn missing(&mut self, duration: Duration, following: Option<&Bytes>, lost: bool) {
        if lost {
            self.spurt.lost();
        }
        let samples = duration.as_micros().saturating_mul(self.rate.into()) / 1_000_000;
        // Opus conceals whole frames.
        let samples = usize::try_from(samples).unwrap_or_default().clamp(1, frame_samples(self.rate) * 6);
        match (&mut self.decoder, following) {
            _ if self.comfort_until.is_some() && !lost => self.comfort.render(samples, &mut self.samples),
            (Some((_, decoder)), Some(following)) => decoder.recover(following, samples, &mut self.samples),
            (Some((_, decoder)), None) => decoder.conceal(samples, &mut self.samples),
            (None, _) => self.samples.resize(self.samples.len() + samples, 0),
        }
    }

    /// Nothing is due, yet a frame is: what goes on is concealed for a while, a longer pause is comfort noise.
    fn fill(&mut self, lacking: usize, over: bool) {
        self.concealed_in_row = self.concealed_in_row.saturating_add(1);
        match &mut self.decoder {
            _ if over => self.samples.resize(self.samples.len() + lacking, 0),
            Some((_, decoder))
                if self.concealed_in_row <= self.most_concealed && self.comfort_until.is_none() =>
            {
                decoder.conceal(lacking, &mut self.samples);
            }
            _ => self.comfort.render(lacking, &mut self.samples),
        }
    }

    fn finish(&mut self) {
        let codec = self.decoder.as_ref().map(|(codec, _)| *codec);
        let count = std::mem::take(&mut self.spurt);
        let quality =
            codec.and_then(|codec| count.quality(codec, self.statistics.jitter_time(), self.network));
        if quality.is_some() {
            self.finished = quality;
        }
    }
}
