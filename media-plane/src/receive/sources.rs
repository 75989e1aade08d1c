//! All sources that one listener hears.

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp::ReportBlock;
use mcptt_codec::rtp::RtpPacket;

use super::{Arrival, Formats, Heard, PlayoutSettings, Receiver, SpurtQuality};
use crate::audio::{AudioError, Decoder};

/// A receiver for each source, of which there are at most as many as the settings allow.
#[derive(Debug)]
pub struct Sources {
    formats: Formats,
    rate: u32,
    settings: PlayoutSettings,
    receivers: Vec<Receiver>,
}

impl Sources {
    /// Nobody is heard yet.
    ///
    /// # Errors
    /// A codec cannot be rendered at this rate.
    pub fn new(formats: Formats, rate: u32, settings: PlayoutSettings) -> Result<Self, AudioError> {
        for (_, codec) in &formats.voice {
            Decoder::new(*codec, rate)?;
        }
        Ok(Self { formats, rate, settings, receivers: Vec::new() })
    }

    /// An RTP packet has come, in clear. `None`: it is of no type that is known.
    pub fn packet(&mut self, now: Instant, packet: &RtpPacket, octets: &Bytes) -> Option<Arrival> {
        let header = &packet.header;
        if Some(header.payload_type) == self.formats.flexible {
            let protected = header.csrc.as_slice().first().copied();
            let receiver = self.receivers.iter_mut().find(|one| Some(one.ssrc()) == protected)?;
            receiver.flexible(now, packet);
            return Some(Arrival::Accepted);
        }
        self.of(now, header.ssrc)?.packet(now, packet, octets)
    }

    /// The next frame of any source, if its time has come, with the source; to be called until it answers `None`.
    pub fn frame(&mut self, now: Instant) -> Option<(Ssrc, Heard<'_>)> {
        let due = |one: &Receiver| one.poll_timeout().filter(|at| *at <= now);
        // One that says nothing although it is due has come to a pause; the others go on.
        for _ in 0..self.receivers.len() {
            let all = self.receivers.iter().enumerate();
            let (_, next) = all.filter_map(|(at, one)| Some((due(one)?, at))).min()?;
            if self.receivers[next].advance(now).is_some() {
                let heard = &self.receivers[next];
                return Some((heard.ssrc(), heard.heard()));
            }
        }
        None
    }

    /// When [`frame`](Self::frame) has one.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.receivers.iter().filter_map(Receiver::poll_timeout).min()
    }

    /// Nobody talks any more, as floor control says.
    pub fn spurts_over(&mut self) {
        self.receivers.iter_mut().for_each(Receiver::spurt_over);
    }

    /// What a talk spurt was like that is over, and whose it was; to be called until it answers `None`.
    pub fn take_quality(&mut self) -> Option<(Ssrc, SpurtQuality)> {
        self.receivers.iter_mut().find_map(|one| one.take_quality().map(|quality| (one.ssrc(), quality)))
    }

    /// What a report says about the sources that were heard.
    pub fn report_blocks(&mut self) -> Vec<ReportBlock> {
        self.receivers.iter_mut().map(Receiver::report_block).collect()
    }

    /// Every receiver, for what is told to all of them.
    pub fn receivers_mut(&mut self) -> impl Iterator<Item = &mut Receiver> {
        self.receivers.iter_mut()
    }

    /// Everything that was heard so far is forgotten.
    pub fn forget_all(&mut self) {
        self.receivers.clear();
    }

    fn of(&mut self, now: Instant, ssrc: Ssrc) -> Option<&mut Receiver> {
        if let Some(place) = self.receivers.iter().position(|one| one.ssrc() == ssrc) {
            return self.receivers.get_mut(place);
        }
        if self.receivers.len() >= self.settings.sources {
            let silent = self.receivers.iter().enumerate().min_by_key(|(_, one)| one.last())?.0;
            self.receivers.swap_remove(silent);
        }
        let new = Receiver::new(ssrc, self.formats.clone(), self.rate, self.settings, now).ok()?;
        self.receivers.push(new);
        self.receivers.last_mut()
    }
}
