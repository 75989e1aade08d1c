//! Voices mixed for listeners that cannot hear them side by side: other codecs, or terminals that know one stream only.
//!
//! Every talker has a [`Receiver`] of its own; every 20 ms what they say is added up once for each kind of listener, without
//! the voice of the listener itself, and encoded once for each codec. How much work that can become is bounded by the number
//! of sources and of codecs, not by the number of listeners.

mod stream;
#[cfg(test)]
mod tests;

pub(crate) use stream::MixedStream;

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::{LegRef, Ssrc};
use mcptt_codec::rtp::RtpPacket;

use crate::audio::{Codec, Encoder, EncoderSettings, FRAME, frame_samples};
use crate::receive::{Formats, PlayoutSettings, Receiver};

/// The sampling rate in which voices are added: wideband speech.
const RATE: u32 = 16_000;
/// Talkers of one call that are mixed; who comes later is not heard in the mixture.
const MOST_SOURCES: usize = 8;
/// Encoders of one call: three codecs, for listeners and for each talker.
const MOST_ENCODERS: usize = 3 * (MOST_SOURCES + 1);
/// How far behind its time a mixture may be asked for before the time between is given up.
const MOST_BEHIND: u32 = 10;

/// Whose mixture it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// What the listener knows.
    pub(crate) codec: Codec,
    /// It hears talkers of its own codec in the mixture, too.
    pub(crate) everything: bool,
    /// The listener, if it is a talker itself.
    pub(crate) talker: Option<LegRef>,
}

/// What one kind of listener hears.
pub(crate) struct Mixed<'a> {
    /// The payload.
    pub(crate) payload: &'a [u8],
    /// Whose voices are in it.
    pub(crate) sources: &'a [Ssrc],
}

/// The mixer of one call, which exists while somebody is to be mixed.
pub(crate) struct Mixer {
    sources: Vec<Source>,
    encoders: Vec<Output>,
    next: Option<Instant>,
    sum: Vec<i32>,
    samples: Vec<i16>,
}

struct Source {
    leg: LegRef,
    codec: Codec,
    receiver: Receiver,
    /// What it says in the present frame; empty: nothing.
    frame: Vec<i16>,
}

struct Output {
    kind: Kind,
    encoder: Encoder,
    payload: Vec<u8>,
    sources: Vec<Ssrc>,
    /// For the present frame.
    made: bool,
}

impl Mixer {
    pub(crate) fn new() -> Self {
        Self { sources: Vec::new(), encoders: Vec::new(), next: None, sum: Vec::new(), samples: Vec::new() }
    }

    /// A packet of a talker, in clear.
    pub(crate) fn packet(&mut self, now: Instant, leg: LegRef, codec: Codec, octets: &Bytes) {
        let Ok(packet) = RtpPacket::decode(octets) else { return };
        let header = &packet.header;
        let known = self.sources.iter().position(|source| source.leg == leg);
        // Another source of the same talker takes the place of the first one.
        if let Some(place) = known.filter(|at| self.sources[*at].receiver.ssrc() != header.ssrc) {
            self.sources.swap_remove(place);
        }
        if !self.sources.iter().any(|source| source.leg == leg) {
            if self.sources.len() >= MOST_SOURCES {
                return;
            }
            let formats = Formats::of(header.payload_type, codec);
            let settings = PlayoutSettings::default();
            let Ok(receiver) = Receiver::new(header.ssrc, formats, RATE, settings, now) else { return };
            self.sources.push(Source { leg, codec, receiver, frame: Vec::new() });
        }
        if let Some(source) = self.sources.iter_mut().find(|source| source.leg == leg) {
            source.receiver.packet(now, &packet, octets);
        }
        if self.next.is_none() {
            self.next = self.first_due();
        }
    }

    /// When the next mixture is due. `None`: nobody talks any more.
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// Takes what everybody says in the next 20 ms, if it is time; says whether it was.
    pub(crate) fn advance(&mut self, now: Instant) -> bool {
        let Some(at) = self.next.filter(|at| *at <= now) else { return false };
        let at = if now.saturating_duration_since(at) > FRAME * MOST_BEHIND { now } else { at };
        for source in &mut self.sources {
            source.frame.clear();
            if let Some(heard) = source.receiver.frame(at) {
                source.frame.extend_from_slice(heard.samples);
            }
        }
        self.encoders.iter_mut().for_each(|output| output.made = false);
        self.next = self.first_due().map(|_| at + FRAME);
        true
    }

    /// Whether somebody is one of those who are mixed.
    pub(crate) fn is_source(&self, leg: LegRef) -> bool {
        self.sources.iter().any(|source| source.leg == leg)
    }

    /// The mixture for a kind of listener; `None`: silence.
    pub(crate) fn mixture(&mut self, kind: Kind) -> Option<Mixed<'_>> {
        if !self.sources.iter().any(|source| kind.hears(source)) {
            return None;
        }
        let place = match self.encoders.iter().position(|output| output.kind == kind) {
            Some(place) => place,
            None if self.encoders.len() < MOST_ENCODERS => {
                let encoder = Encoder::new(kind.codec, RATE, &EncoderSettings::default()).ok()?;
                let (payload, sources) = (Vec::new(), Vec::new());
                self.encoders.push(Output { kind, encoder, payload, sources, made: false });
                self.encoders.len() - 1
            }
            None => return None,
        };
        if !self.encoders[place].made {
            self.make(place);
        }
        let output = &self.encoders[place];
        let Output { payload, sources, .. } = output;
        (!sources.is_empty() && !payload.is_empty()).then_some(Mixed { payload, sources })
    }

    /// A participant has gone.
    pub(crate) fn leave(&mut self, leg: LegRef) {
        self.sources.retain(|source| source.leg != leg);
        self.encoders.retain(|output| output.kind.talker != Some(leg));
    }

    fn first_due(&self) -> Option<Instant> {
        self.sources.iter().filter_map(|source| source.receiver.poll_timeout()).min()
    }

    fn make(&mut self, place: usize) {
        let Self { sources, encoders, sum, samples, .. } = self;
        let Output { kind, encoder, payload, sources: heard, made } = &mut encoders[place];
        *made = true;
        payload.clear();
        heard.clear();
        sum.clear();
        sum.resize(frame_samples(RATE), 0);
        for source in sources.iter().filter(|source| kind.hears(source)) {
            heard.push(source.receiver.ssrc());
            sum.iter_mut().zip(&source.frame).for_each(|(sum, sample)| *sum += i32::from(*sample));
        }
        samples.clear();
        let saturated = |sum: &i32| (*sum).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        samples.extend(sum.iter().map(saturated));
        if encoder.encode(samples, payload).is_err() {
            payload.clear();
        }
    }
}

impl Kind {
    /// Whether a talker is in the present mixture.
    fn hears(&self, source: &Source) -> bool {
        let own = self.talker == Some(source.leg);
        !own && (self.everything || self.codec != source.codec) && !source.frame.is_empty()
    }
}
