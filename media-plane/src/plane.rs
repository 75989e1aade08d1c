//! The media plane of one node: which datagram belongs to whom, and whose turn it is.

use std::collections::VecDeque;
use std::time::Instant;

use mcptt_codec::Path;
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::call::{Call, Context};
use crate::calls::Calls;
use crate::config::{Config, ConfigError};
use crate::counters::{Counters, Discard};
use crate::distributor::FanOut;
use crate::event::{Event, Stream};
use crate::floor::{FloorControlServer, FloorOutput, FloorSignalling, ParticipantProfile};
use crate::leg::Leg;
use crate::output::Output;
use crate::routes::{Routes, UnknownSources};
use crate::signalling::{CallSettings, Indication, Participant, Refusal, Signalling};

/// Calls whose timers act before what they put out is asked for: a fan-out of a few thousand messages in ordinary calls.
const CALLS_PER_TURN: usize = 64;

/// The media plane of one node: floor control, media distribution and media protection of all its calls.
///
/// Sans-IO. The owner hands in datagrams, indications and the time, and after each of them drains
/// [`poll_output`](Self::poll_output). Nothing that arrives from the network makes it fail.
pub struct MediaPlane {
    config: Config,
    rng: ChaCha20Rng,
    calls: Calls,
    routes: Routes,
    unknown_sources: UnknownSources,
    fan_out: FanOut,
    /// Lent to the floor control server of the call that acts, so that no call keeps room for its largest announcement.
    floor_outputs: VecDeque<FloorOutput>,
    counters: Counters,
    outputs: VecDeque<Output>,
}

impl MediaPlane {
    /// A media plane without calls. The seed is what its SSRCs are drawn from: it must not be guessable.
    ///
    /// # Errors
    /// [`ConfigError`] when a setting is outside its range.
    pub fn new(config: Config, seed: [u8; 32], now: Instant) -> Result<Self, ConfigError> {
        config.validate()?;
        crate::crypto::prepare();
        Ok(Self {
            unknown_sources: UnknownSources::new(config.limits.unknown_sources, now),
            config,
            rng: ChaCha20Rng::from_seed(seed),
            calls: Calls::default(),
            routes: Routes::default(),
            fan_out: FanOut::new(),
            floor_outputs: VecDeque::new(),
            counters: Counters::default(),
            outputs: VecDeque::new(),
        })
    }

    /// A datagram has come in on one of the addresses that participants were told to send to.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        //= 24.380-6.3.5.1:addr
        let Some(route) = self.routes.get(&path) else {
            self.counters.discarded.add(Discard::UnknownSource);
            if self.unknown_sources.is_news(now, path)
                && let Some(requirement) = Discard::UnknownSource.requirement()
            {
                self.outputs.push_back(Output::Event(Event::UnknownSource { path, requirement }));
            }
            return;
        };
        //= 24.380-6.3.5.1:ident
        self.with_call(now, route.call, |call, cx| match route.stream {
            Stream::Audio => call.handle_audio(route.leg, bytes, cx),
            Stream::AudioControl => call.handle_audio_control(route.leg, bytes, cx),
            Stream::Floor => call.handle_floor(route.leg, bytes, cx),
        });
    }

    /// The application and signalling plane indicates something.
    pub fn handle_signalling(&mut self, now: Instant, signalling: Signalling) {
        match signalling {
            Signalling::CallInitiated { call, settings } => self.call_initiated(now, call, settings),
            Signalling::UnconfirmedIndication { call } => {
                self.signal_floor(now, call, FloorSignalling::UnconfirmedIndication);
            }
            Signalling::LegConnected { call, leg, participant } => {
                if let Err(reason) = self.leg_connected(now, call, leg, *participant) {
                    self.indicate(Indication::LegRefused { call, leg, reason });
                }
            }
            Signalling::ImplicitRequest { call, leg } => {
                self.signal_floor(now, call, FloorSignalling::ImplicitRequest { leg });
            }
            Signalling::ConstituentRequest { call, leg, request } => {
                self.signal_floor(now, call, FloorSignalling::ConstituentRequest { leg, request });
            }
            Signalling::FinalResponsesReceived { call } => {
                self.signal_floor(now, call, FloorSignalling::FinalResponsesReceived);
            }
            Signalling::ControlResumed { call, talker } => {
                self.signal_floor(now, call, FloorSignalling::ControlResumed { talker });
            }
            Signalling::LegLeft { call, leg } => self.leg_left(now, call, leg),
            Signalling::ReleaseStarted { call } => {
                //= 24.380-6.3.3
                self.signal_floor(now, call, FloorSignalling::ReleaseStarted);
            }
            Signalling::ReleaseFinished { call } => self.release_finished(now, call),
        }
    }

    /// Time has passed. Harmless when called early or late.
    ///
    /// Of many calls that are due at once some are left for the next time: [`poll_timeout`](Self::poll_timeout) says so,
    /// and what they put out can be sent and what arrives be handled in between.
    pub fn handle_timeout(&mut self, now: Instant) {
        for _ in 0..CALLS_PER_TURN {
            let Some(call) = self.calls.take_due(now) else { break };
            self.with_call(now, call, Call::handle_timeout);
        }
    }

    /// What is to be done next; to be called until it answers `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest. `None`: nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.calls.next_due()
    }

    /// How often what has happened.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The floor control server of a call, to look at.
    pub fn floor(&self, call: CallRef) -> Option<&FloorControlServer> {
        self.calls.get(call).map(|call| &call.floor)
    }

    /// How many calls there are.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    //= 24.380-6.3.2.2:g
    fn call_initiated(&mut self, now: Instant, call: CallRef, settings: CallSettings) {
        let refusal = if self.calls.contains(call) {
            Some(Refusal::ReferenceInUse)
        } else if self.calls.len() >= self.config.limits.calls {
            Some(Refusal::TooManyCalls)
        } else {
            None
        };
        if let Some(reason) = refusal {
            return self.indicate(Indication::CallRefused { call, reason });
        }
        let ssrc = Ssrc(self.rng.next_u32());
        let floor = FloorControlServer::new(settings, self.config.timers.clone(), ssrc, now)
            .with_policy(self.config.floor.clone());
        self.calls.insert(call, Call::new(call, floor, ssrc, self.config.floor.buffer));
        self.signal_floor(now, call, FloorSignalling::Initiated);
    }

    fn leg_connected(
        &mut self,
        now: Instant,
        call: CallRef,
        leg: LegRef,
        participant: Participant,
    ) -> Result<(), Refusal> {
        let at = self.calls.get_mut(call).ok_or(Refusal::UnknownCall)?;
        if at.has_leg(leg) {
            return Err(Refusal::ReferenceInUse);
        }
        if at.legs().len() >= self.config.limits.legs_per_call {
            return Err(Refusal::TooManyLegs);
        }
        let bound = Leg::new(leg, &participant, &self.config.limits).map_err(Refusal::Protection)?;
        self.routes.bind(call, leg, &bound.addresses).map_err(|_| Refusal::AddressInUse)?;
        let ssrc = match participant.audio_ssrc {
            Some(ssrc) => ssrc,
            None => free_ssrc(&mut self.rng, at),
        };
        self.outputs.push_back(Output::Event(Event::LegBound {
            call,
            leg,
            audio: bound.addresses.audio,
            floor: bound.addresses.floor,
            audio_protected: participant.protection.is_some(),
            floor_protected: participant.floor_protection.is_some(),
        }));
        at.add_leg(bound, ssrc);
        let Participant { mcptt_id, entry, floor_parameters: parameters, .. } = participant;
        let profile = ParticipantProfile { mcptt_id, ssrc, parameters };
        //= 24.380-6.3.5.1:create
        self.signal_floor(now, call, FloorSignalling::Joined { leg, profile, entry });
        Ok(())
    }

    fn leg_left(&mut self, now: Instant, call: CallRef, leg: LegRef) {
        self.signal_floor(now, call, FloorSignalling::Left { leg });
        //= 24.380-6.3.5.9.2
        if let Some(left) = self.calls.get_mut(call).and_then(|call| call.remove_leg(leg)) {
            self.unbind(call, &left);
        }
    }

    fn release_finished(&mut self, now: Instant, call: CallRef) {
        self.signal_floor(now, call, FloorSignalling::ReleaseFinished);
        //= 24.380-6.3.4.7.2
        if let Some(released) = self.calls.remove(call) {
            for leg in released.legs() {
                self.unbind(call, leg);
            }
        }
    }

    fn unbind(&mut self, call: CallRef, leg: &Leg) {
        self.routes.unbind(&leg.addresses);
        self.outputs.push_back(Output::Event(Event::LegUnbound { call, leg: leg.reference }));
    }

    fn signal_floor(&mut self, now: Instant, call: CallRef, signalling: FloorSignalling) {
        self.with_call(now, call, |call, cx| call.handle_signalling(signalling, cx));
    }

    fn indicate(&mut self, indication: Indication) {
        self.outputs.push_back(Output::Indication(indication));
    }

    fn with_call(&mut self, now: Instant, reference: CallRef, act: impl FnOnce(&mut Call, &mut Context<'_>)) {
        let Self { config, calls, fan_out, floor_outputs, counters, outputs, .. } = self;
        calls.act(reference, |call| {
            call.floor.exchange_outputs(floor_outputs);
            let mut cx = Context { now, config, fan_out, counters, outputs };
            act(call, &mut cx);
            call.drain_floor(&mut cx);
            call.floor.exchange_outputs(floor_outputs);
        });
    }
}

/// An SSRC that nobody in the call uses.
fn free_ssrc(rng: &mut ChaCha20Rng, call: &Call) -> Ssrc {
    loop {
        let ssrc = Ssrc(rng.next_u32());
        if !call.knows_ssrc(ssrc) {
            return ssrc;
        }
    }
}

#[cfg(test)]
mod tests;
