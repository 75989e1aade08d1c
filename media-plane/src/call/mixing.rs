//! Which listeners hear a mixture instead of the talker's own packets, and what they are sent.

use bytes::Bytes;
use mcptt_codec::id::LegRef;

use super::{Call, Context};
use crate::audio::Codec;
use crate::deliver;
use crate::distribution::{Capabilities, Mode, Reason, choose};
use crate::event::Event;
use crate::leg::Leg;
use crate::mixer::{Kind, MixedStream, Mixer};
use crate::output::Output;
use crate::receive::SentStream;

const CODECS: [Codec; 3] = [Codec::Opus, Codec::Pcmu, Codec::Pcma];

/// What a call has of mixing.
#[derive(Default)]
pub(crate) struct Mixing {
    /// Somebody hears a mixture.
    needed: bool,
    /// Participants are told apart by codec: who cannot hear several sources at once hears a mixture in a call of several.
    several_talkers: bool,
    chosen: (Mode, Reason),
    /// Participants by codec, in the order of [`CODECS`], and those whose codec is not known.
    codecs: [usize; CODECS.len() + 1],
    mixer: Option<Mixer>,
    streams: Vec<(LegRef, MixedStream)>,
}

impl Mixing {
    pub(super) fn of(settings: &crate::signalling::CallSettings) -> Self {
        let several_talkers =
            settings.max_talkers.is_some_and(|most| most > 1) || settings.dual_floor.is_some();
        Self { several_talkers: several_talkers || !settings.floor_control, ..Self::default() }
    }

    /// A participant has come.
    pub(super) fn join(&mut self, codec: Option<Codec>) {
        let count = &mut self.codecs[place(codec)];
        *count = count.saturating_add(1);
    }

    /// How many know this codec.
    fn knowing(&self, codec: Codec) -> usize {
        self.codecs[place(Some(codec))]
    }

    fn capabilities(&self, protected: bool) -> Capabilities {
        let known = CODECS.into_iter().filter(|codec| self.knowing(*codec) > 0).count();
        Capabilities { protected, unknown: self.codecs[place(None)] > 0, several: known > 1 }
    }

    /// Whether this listener hears everything in one stream.
    fn everything(&self, codec: Codec) -> bool {
        // A telephone knows one stream at a time.
        self.mode() == Mode::Mixing || (self.several_talkers && codec != Codec::Opus)
    }

    /// Whether this listener hears the packets of that talker as they are.
    pub(super) fn directly(&self, listener: &Leg, talker: Option<Codec>) -> bool {
        match (listener.codec, talker) {
            (Some(own), Some(talker)) => own == talker && !self.everything(own),
            // What is not known here is for the participants to know.
            _ => true,
        }
    }

    pub(super) const fn is_needed(&self) -> bool {
        self.needed
    }

    pub(super) const fn mode(&self) -> Mode {
        self.chosen.0
    }

    /// What a listener was sent as a mixture.
    pub(super) fn sent_to(&self, leg: LegRef) -> Option<&SentStream> {
        self.streams.iter().find(|(own, _)| *own == leg).map(|(_, stream)| &stream.sent)
    }

    /// Whether any mixture was sent since the last report.
    pub(super) fn has_news(&self) -> bool {
        self.streams.iter().any(|(_, stream)| stream.sent.is_news())
    }

    /// What was sent has been reported.
    pub(super) fn reported(&mut self) {
        self.streams.iter_mut().for_each(|(_, stream)| stream.sent.reported());
    }

    /// When the next mixture is due.
    pub(super) fn poll_timeout(&self) -> Option<std::time::Instant> {
        self.mixer.as_ref().and_then(Mixer::poll_timeout)
    }
}

fn place(codec: Option<Codec>) -> usize {
    CODECS.iter().position(|own| Some(*own) == codec).unwrap_or(CODECS.len())
}

impl Call {
    /// Whether a mixer works for this call.
    pub(crate) fn mixes(&self) -> bool {
        self.mixing.mixer.is_some()
    }

    /// Who is in the call has changed: the way of distribution is chosen anew.
    pub(crate) fn choose_distribution(&mut self, cx: &mut Context<'_>) {
        let can = self.mixing.capabilities(self.protected());
        let (mode, reason) = choose(&self.distribution, &can);
        let mixing = &mut self.mixing;
        if std::mem::replace(&mut mixing.chosen, (mode, reason)) != (mode, reason) {
            let (call, members) = (self.reference, self.distribution.members);
            cx.outputs.push_back(Output::Event(Event::DistributionChosen { call, mode, reason, members }));
        }
        mixing.needed = can.several
            || CODECS.into_iter().any(|codec| mixing.knowing(codec) > 0 && mixing.everything(codec));
    }

    /// A participant has left.
    pub(super) fn leave_mixing(&mut self, leg: LegRef, codec: Option<Codec>) {
        let count = &mut self.mixing.codecs[place(codec)];
        *count = count.saturating_sub(1);
        self.mixing.streams.retain(|(own, _)| *own != leg);
        if let Some(mixer) = &mut self.mixing.mixer {
            mixer.leave(leg);
        }
    }

    /// A packet of a talker that some listener hears in a mixture.
    pub(super) fn mix(&mut self, talker: LegRef, packet: &Bytes, cx: &mut Context<'_>) {
        let Some(codec) = self.position(talker).ok().and_then(|place| self.legs[place].codec) else { return };
        if self.mixing.mixer.is_none() {
            if *cx.mixers >= cx.config.limits.mixers {
                cx.counters.mixing_refused += 1;
                return;
            }
            *cx.mixers += 1;
            self.mixing.mixer = Some(Mixer::new());
        }
        if let Some(mixer) = &mut self.mixing.mixer {
            mixer.packet(cx.now, talker, codec, packet);
        }
    }

    /// Sends the mixtures that are due.
    pub(super) fn continue_mixing(&mut self, cx: &mut Context<'_>) {
        let Self { mixing, legs, reference, ssrc, .. } = self;
        let everything = CODECS.map(|codec| mixing.everything(codec));
        let Some(mixer) = &mut mixing.mixer else { return };
        while mixer.advance(cx.now) {
            for leg in legs.iter_mut() {
                let Some(codec) = leg.codec else { continue };
                let talker = mixer.is_source(leg.reference).then_some(leg.reference);
                let kind = Kind { codec, everything: everything[place(Some(codec))], talker };
                let place = match mixing.streams.iter().position(|(own, _)| *own == leg.reference) {
                    Some(place) => place,
                    None => {
                        mixing.streams.push((leg.reference, MixedStream::default()));
                        mixing.streams.len() - 1
                    }
                };
                let stream = &mut mixing.streams[place].1;
                let mixed = mixer.mixture(kind).filter(|_| leg.wants_media);
                let packet = mixed.and_then(|mixed| {
                    stream.packet(cx.now, *ssrc, leg.payload_type.unwrap_or_default(), &mixed)
                });
                stream.passed(codec, packet.is_some());
                if let Some(packet) = packet {
                    let octets = packet.len() as u64;
                    cx.counters.mixtures_sent += 1;
                    let mut own = cx.fan_out.own(packet);
                    deliver::media(*reference, leg, &mut own, octets, cx);
                }
            }
        }
        if mixer.poll_timeout().is_none() {
            mixing.mixer = None;
            *cx.mixers = cx.mixers.saturating_sub(1);
        }
    }
}
