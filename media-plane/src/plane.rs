//! The media plane of one node: which datagram belongs to whom, and whose turn it is.

mod latching;
mod listeners;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mcptt_codec::Path;
use mcptt_codec::floor::Location;
use mcptt_codec::id::{CallRef, LegRef, McpttId, Ssrc};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::call::{Call, Context};
use crate::calls::Calls;
use crate::config::{Config, ConfigError};
use crate::counters::{Counters, Discard};
use crate::crypto;
use crate::crypto::dtls::Progress;
use crate::distributor::FanOut;
use crate::elsewhere::{Elsewhere, SetUp};
use crate::event::{Event, Stream};
use crate::floor::non_controlling::NonControllingFunction;
use crate::floor::{FloorControlServer, FloorOutput, FloorSignalling, ParticipantProfile};
use crate::handshakes::{Report, TooMany};
use crate::leg::Leg;
use crate::located::Located;
use crate::output::Output;
use crate::quality::Spurts;
use crate::receive::NtpClock;
use crate::routes::{self, Route, Routes, UnknownSources};
use crate::rtp::Kind;
use crate::signalling::{
    CallSettings, Entry, FloorParameters, Indication, NonControllingSignalling, Participant, Refusal,
    RelaySignalling, SessionSignalling, Signalling,
};
use crate::ssrc::Ssrcs;
use crate::unusable::refuse;

/// Calls whose timers act before what they put out is asked for: a fan-out of a few thousand messages in ordinary calls.
const CALLS_PER_TURN: usize = 64;

/// What the clock of reports begins with while the wall clock is not known (RFC 3550 6.4.1): not 0, which means no report.
const UNTOLD: u64 = 1 << 42;

/// The media plane of one node: floor control, media distribution and media protection of all its calls.
///
/// Sans-IO. The owner hands in datagrams, indications and the time, and after each of them drains
/// [`poll_output`](Self::poll_output). Nothing that arrives from the network makes it fail.
pub struct MediaPlane {
    config: Config,
    rng: ChaCha20Rng,
    calls: Calls,
    routes: Routes,
    /// Calls that are controlled elsewhere.
    elsewhere: Elsewhere,
    ssrcs: Ssrcs,
    located: Located,
    unknown_sources: UnknownSources,
    fan_out: FanOut,
    /// Lent to the floor control server of the call that acts, so that no call keeps room for its largest announcement.
    floor_outputs: VecDeque<FloorOutput>,
    counters: Counters,
    outputs: VecDeque<Output>,
    /// Calls in which a mixer works.
    mixers: usize,
    clock: NtpClock,
    /// The wall clock was told.
    clock_told: bool,
}

impl MediaPlane {
    /// A media plane without calls. The seed is what its SSRCs are drawn from: it must not be guessable.
    ///
    /// # Errors
    /// [`ConfigError`] when a setting is outside its range.
    pub fn new(config: Config, seed: [u8; 32], now: Instant) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            ssrcs: Ssrcs::default(),
            located: Located::default(),
            unknown_sources: UnknownSources::new(config.limits.unknown_sources, now),
            config,
            rng: ChaCha20Rng::from_seed(seed),
            calls: Calls::default(),
            routes: Routes::default(),
            elsewhere: Elsewhere::default(),
            fan_out: FanOut::new(),
            floor_outputs: VecDeque::new(),
            counters: Counters::default(),
            outputs: VecDeque::new(),
            mixers: 0,
            //= RFC3550-6.4.1:elapsed
            clock: NtpClock::new(now, UNTOLD),
            clock_told: false,
        })
    }

    /// What the wall clock shows. It counts once: round trips are reckoned with what reports have said.
    pub fn tell_wall_clock(&mut self, now: Instant, since_1970: Duration) {
        if !self.clock_told {
            (self.clock, self.clock_told) = (NtpClock::since_1970(now, since_1970), true);
        }
    }

    /// A datagram has come in on one of the addresses that participants were told to send to.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        //= RFC7983-7
        let kind = Kind::of(bytes);
        if kind == Kind::Stun && self.connectivity_check(now, path, bytes) {
            return;
        }
        //= 24.380-6.3.5.1:addr
        let Some(mut route) = self.routes.get(&path).or_else(|| self.latch(now, path, kind, bytes)) else {
            self.counters.discarded.add(Discard::UnknownSource);
            if self.unknown_sources.is_news(now, path)
                && let Some(requirement) = Discard::UnknownSource.requirement()
            {
                self.outputs.push_back(Output::Event(Event::UnknownSource { path, requirement }));
            }
            return;
        };
        self.settle(&path, bytes);
        match kind {
            Kind::Dtls if self.routes.handshakes.has(&path) => {
                return self.handshake(now, path, route, bytes);
            }
            //= RFC5761-4
            Kind::Rtcp if self.routes.handshakes.muxes(&path) => route.stream = Stream::AudioControl,
            _ => {}
        }
        //= 24.380-6.3.5.1:ident
        let controlled_here = self.with_call(now, route.call, |call, cx| match route.stream {
            Stream::Audio => call.handle_audio(route.leg, bytes, cx),
            Stream::AudioControl => call.handle_audio_control(route.leg, bytes, cx),
            Stream::Floor => call.handle_floor(route.leg, bytes, cx),
        });
        if !controlled_here {
            self.with_elsewhere(now, |elsewhere, set_up| {
                elsewhere.handle_datagram(route, bytes, set_up.routes, set_up.cx);
            });
        }
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
            Signalling::TierChanged { call, indicator } => {
                self.signal_floor(now, call, FloorSignalling::TierChanged { indicator });
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
            Signalling::UserLocation { mcptt_id, location } => self.user_located(now, &mcptt_id, location),
            Signalling::AssociationRenewed { call, leg, peer } => {
                self.association_renewed(now, call, leg, *peer);
            }
            Signalling::LegLeft { call, leg } => self.leg_left(now, call, leg),
            Signalling::ListenerConnected { call, leg, listener } => {
                if let Err(reason) = self.listener_connected(now, call, leg, &listener) {
                    self.indicate(Indication::LegRefused { call, leg, reason });
                }
            }
            Signalling::ListenerLeft { call, leg } => self.listener_left(call, leg),
            Signalling::Relay(relay) => {
                let RelaySignalling::Started { call, .. } = &relay;
                let room = self.room_for(*call);
                self.with_elsewhere(now, |elsewhere, set_up| elsewhere.relay(relay, room, set_up));
            }
            Signalling::Session(session) => {
                let room = match &session {
                    SessionSignalling::Established { session, .. } => self.room_for(*session),
                    _ => Ok(()),
                };
                self.with_elsewhere(now, |elsewhere, set_up| elsewhere.session(session, room, set_up));
            }
            Signalling::Mbms(mbms) => {
                self.with_elsewhere(now, |elsewhere, set_up| elsewhere.mbms(mbms, set_up));
            }
            Signalling::NonControlling(signalling) => self.non_controlling(now, signalling),
            Signalling::ReleaseStarted { call } => {
                //= 24.380-6.3.3
                self.signal_floor(now, call, FloorSignalling::ReleaseStarted);
                self.with_elsewhere(now, |elsewhere, set_up| elsewhere.release_started(call, set_up.cx));
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
        self.with_elsewhere(now, |elsewhere, set_up| elsewhere.handle_timeout(set_up.routes, set_up.cx));
        self.consent_lost(now);
        while let Some(report) = self.routes.handshakes.handle_timeout(now, &self.config, &mut self.outputs) {
            self.handshake_reports(report);
        }
    }

    /// What is to be done next; to be called until it answers `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest. `None`: nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let routes = &self.routes;
        let others =
            [self.elsewhere.poll_timeout(), routes.handshakes.poll_timeout(), routes.web.poll_timeout()];
        self.calls.next_due().into_iter().chain(others.into_iter().flatten()).min()
    }

    /// How often what has happened.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The floor control server of a call, to look at.
    pub fn floor(&self, call: CallRef) -> Option<&FloorControlServer> {
        self.calls.get(call).map(|call| &call.floor)
    }

    /// The non-controlling function of a call, to look at.
    pub fn non_controlling_function(&self, call: CallRef) -> Option<&NonControllingFunction> {
        self.elsewhere.function(call)
    }

    /// How many calls and pre-established sessions there are.
    pub fn calls(&self) -> usize {
        self.calls.len().saturating_add(self.elsewhere.len())
    }

    /// A datagram of a DTLS association has come.
    fn handshake(&mut self, now: Instant, path: Path, route: Route, bytes: &[u8]) {
        let Self { routes, config, outputs, .. } = self;
        match routes.handshakes.handle_datagram(now, path, bytes, config, outputs) {
            Ok(report) => {
                if let Some(report) = report {
                    self.handshake_reports(report);
                }
            }
            Err(TooMany) => {
                let Self { calls, elsewhere, counters, outputs, .. } = self;
                if let Some(leg) = leg_of(calls, elsewhere, route) {
                    let unusable = Discard::RateExceeded.into();
                    refuse(route.call, leg, Stream::Audio, unusable, counters, outputs);
                }
            }
        }
    }

    /// Takes the keys of an association into use, or says why there are none.
    fn handshake_reports(&mut self, Report { path, progress }: Report) {
        let Self { routes, calls, elsewhere, counters, outputs, .. } = self;
        let Some(route) = routes.get(&path) else { return };
        let (call, leg) = (route.call, route.leg);
        let event = match progress {
            Progress::Keyed(keys) => match (crypto::protection(Some(&keys)), leg_of(calls, elsewhere, route))
            {
                (Ok(protection), Some(own)) => {
                    own.keyed(route.stream, protection);
                    counters.handshakes += 1;
                    let suite = keys.receive.suite.as_str().to_owned();
                    Event::Keyed { call, leg, stream: route.stream, suite }
                }
                _ => return,
            },
            Progress::Failed(error) => {
                counters.handshakes_failed += 1;
                Event::HandshakeFailed { call, leg, stream: route.stream, error }
            }
            Progress::Closed => Event::AssociationClosed { call, leg },
            Progress::Nothing => return,
        };
        outputs.push_back(Output::Event(event));
    }

    /// Whether a call of this reference can be taken, or why not.
    fn room_for(&self, call: CallRef) -> Result<(), Refusal> {
        if self.calls.contains(call) || self.elsewhere.has(call) {
            Err(Refusal::ReferenceInUse)
        } else if self.calls() >= self.config.limits.calls {
            Err(Refusal::TooManyCalls)
        } else {
            Ok(())
        }
    }

    //= 24.380-6.3.2.2:g
    fn call_initiated(&mut self, now: Instant, call: CallRef, settings: CallSettings) {
        if let Err(reason) = self.room_for(call) {
            return self.indicate(Indication::CallRefused { call, reason });
        }
        let ssrc = self.ssrcs.draw(&mut self.rng);
        let (floor_control, record) = (settings.floor_control, settings.record);
        let spurts = Spurts::new(settings.codec, now);
        let floor = FloorControlServer::new(settings.clone(), self.config.timers.clone(), ssrc, now)
            .with_policy(self.config.floor.clone());
        let (buffer, interval) = (self.config.floor.buffer, self.config.report_interval);
        let new = Call::new(call, floor, ssrc, buffer, spurts, &settings, interval).recorded(record);
        self.calls.insert(call, if floor_control { new } else { new.without_floor_control() });
        self.signal_floor(now, call, FloorSignalling::Initiated);
    }

    fn leg_connected(
        &mut self,
        now: Instant,
        call: CallRef,
        leg: LegRef,
        participant: Participant,
    ) -> Result<(), Refusal> {
        let Some(at) = self.calls.get_mut(call) else {
            return self.with_elsewhere(now, |elsewhere, set_up| {
                elsewhere.leg_connected(call, leg, participant, set_up)
            });
        };
        if at.has_leg(leg) {
            return Err(Refusal::ReferenceInUse);
        }
        if at.legs().len() >= self.config.limits.legs_per_call {
            return Err(Refusal::TooManyLegs);
        }
        let mut bound = Leg::new(leg, &participant, &self.config.limits).map_err(Refusal::Protection)?;
        routes::bind(&mut self.routes, call, &bound, now, &self.config, &mut self.outputs)?;
        //= 24.380-6.3.4.4.2:1f
        let ssrc = self.ssrcs.claim(participant.audio_ssrc, |ssrc| at.knows_ssrc(ssrc), &mut self.rng);
        bound.announced_ssrc = Some(ssrc);
        self.outputs.push_back(Output::Event(Event::LegBound {
            call,
            leg,
            audio: bound.addresses.audio,
            floor: bound.addresses.floor,
            audio_protected: participant.protection.is_some(),
            floor_protected: participant.floor_protection.is_some(),
        }));
        at.add_leg(bound, ssrc);
        self.with_call(now, call, |call, cx| call.choose_distribution(cx));
        let Participant { mcptt_id, entry, floor_parameters, .. } = participant;
        // Where nobody is shown a location, nobody's place is looked after.
        let shown = self.config.floor.share_location;
        let location = shown.then(|| self.located.joined(call, leg, &mcptt_id)).flatten();
        let parameters = FloorParameters { location: location.map(Box::new), ..floor_parameters };
        let profile = ParticipantProfile { mcptt_id, ssrc, parameters };
        //= 24.380-6.3.5.1:create
        self.signal_floor(now, call, FloorSignalling::Joined { leg, profile, entry });
        Ok(())
    }

    fn user_located(&mut self, now: Instant, user: &McpttId, location: Option<Location>) {
        // What nobody may be shown is not kept either.
        let location = location.filter(|_| self.config.floor.share_location);
        for (call, leg) in self.located.moved(user, location.clone()) {
            self.signal_floor(now, call, FloorSignalling::Located { leg, location: location.clone() });
        }
    }

    fn leg_left(&mut self, now: Instant, call: CallRef, leg: LegRef) {
        self.located.left(call, leg);
        self.signal_floor(now, call, FloorSignalling::Left { leg });
        //= 24.380-6.3.5.9.2
        if let Some(left) = self.calls.get_mut(call).and_then(|call| call.remove_leg(leg)) {
            self.unbind(call, &left);
            left.announced_ssrc.into_iter().for_each(|ssrc| self.ssrcs.free(ssrc));
            self.with_call(now, call, |call, cx| call.choose_distribution(cx));
        }
        self.with_elsewhere(now, |elsewhere, set_up| elsewhere.leg_left(call, leg, set_up));
    }

    fn release_finished(&mut self, now: Instant, call: CallRef) {
        self.signal_floor(now, call, FloorSignalling::ReleaseFinished);
        self.located.ended(call);
        //= 24.380-6.3.4.7.2
        if let Some(released) = self.calls.remove(call) {
            self.mixers = self.mixers.saturating_sub(usize::from(released.mixes()));
            for leg in released.legs().iter().chain(released.listeners()) {
                self.unbind(call, leg);
            }
            released.sources().into_iter().for_each(|ssrc| self.ssrcs.free(ssrc));
        }
        self.with_elsewhere(now, |elsewhere, set_up| elsewhere.release_finished(call, set_up));
    }

    fn non_controlling(&mut self, now: Instant, signalling: NonControllingSignalling) {
        let (call, settings, controlling, controlled) = match signalling {
            NonControllingSignalling::Initiated { call, settings, controlling } => {
                if let Err(reason) = self.room_for(call) {
                    return self.indicate(Indication::CallRefused { call, reason });
                }
                (call, settings, controlling, None)
            }
            NonControllingSignalling::Switched { call, settings, controlling } => {
                let Some(controlled) = self.calls.remove(call) else {
                    let reason = Refusal::UnknownCall;
                    return self.indicate(Indication::CallRefused { call, reason });
                };
                (call, settings, controlling, Some(controlled))
            }
            NonControllingSignalling::Resumed { call, settings } => {
                return self.control_resumed(now, call, settings);
            }
        };
        let mut controlled = controlled;
        let sources: Vec<Ssrc> = controlled.as_ref().map(Call::sources).unwrap_or_default();
        let switched = self.with_elsewhere(now, |elsewhere, set_up| {
            elsewhere.non_controlling(call, settings, &controlling, controlled.as_mut(), set_up)
        });
        match (switched, controlled) {
            (Ok(()), controlled) => {
                self.mixers = self
                    .mixers
                    .saturating_sub(usize::from(controlled.as_ref().is_some_and(|call| call.mixes())));
                sources.into_iter().for_each(|ssrc| self.ssrcs.free(ssrc));
                // Floor and media are another function's: whoever listened hears no more.
                for leg in controlled.iter().flat_map(Call::listeners) {
                    self.unbind(call, leg);
                }
            }
            (Err(reason), Some(controlled)) => {
                self.calls.insert(call, controlled);
                // It goes on as if nothing had been: that also puts its timers back into the schedule.
                self.with_call(now, call, |_, _| ());
                self.indicate(Indication::LegRefused { call, leg: controlling.leg, reason });
            }
            (Err(reason), None) => self.indicate(Indication::CallRefused { call, reason }),
        }
    }

    /// The temporary group has ended: the call goes on under our own control, with those who took part in it here.
    //= 24.380-6.3.2.3
    fn control_resumed(&mut self, now: Instant, call: CallRef, settings: CallSettings) {
        let handed = self.with_elsewhere(now, |elsewhere, set_up| elsewhere.hand_back(call, set_up));
        let Some((legs, handed)) = handed else {
            return self.indicate(Indication::CallRefused { call, reason: Refusal::UnknownCall });
        };
        let ssrc = self.ssrcs.draw(&mut self.rng);
        let (record, spurts) = (settings.record, Spurts::new(settings.codec, now));
        let floor = FloorControlServer::new(settings.clone(), self.config.timers.clone(), ssrc, now)
            .with_policy(self.config.floor.clone())
            .counting_from(handed.sequence);
        let interval = self.config.report_interval;
        let mut resumed = Call::new(call, floor, ssrc, None, spurts, &settings, interval).recorded(record);
        let mut joining = Vec::new();
        for mut leg in legs {
            let Some(client) = handed.clients.iter().find(|client| client.leg == leg.reference) else {
                self.unbind(call, &leg);
                continue;
            };
            let mut profile = client.profile.clone();
            let used = |ssrc| resumed.knows_ssrc(ssrc);
            profile.ssrc = self.ssrcs.claim(Some(profile.ssrc), used, &mut self.rng);
            leg.announced_ssrc = Some(profile.ssrc);
            leg.wants_media = client.wants_media;
            joining.push((leg.reference, profile.clone()));
            resumed.add_leg(leg, profile.ssrc);
        }
        self.calls.insert(call, resumed);
        self.with_call(now, call, |call, cx| call.choose_distribution(cx));
        for (leg, profile) in joining {
            self.signal_floor(now, call, FloorSignalling::Joined { leg, profile, entry: Entry::Invited });
        }
        self.signal_floor(now, call, FloorSignalling::ControlResumed { talker: handed.talker });
    }

    fn unbind(&mut self, call: CallRef, leg: &Leg) {
        self.routes.release(call, leg, &mut self.outputs);
    }

    fn signal_floor(&mut self, now: Instant, call: CallRef, signalling: FloorSignalling) {
        self.with_call(now, call, |call, cx| call.handle_signalling(signalling, cx));
    }

    fn indicate(&mut self, indication: Indication) {
        self.outputs.push_back(Output::Indication(indication));
    }

    /// Lets what is controlled elsewhere act.
    fn with_elsewhere<T>(
        &mut self,
        now: Instant,
        act: impl FnOnce(&mut Elsewhere, &mut SetUp<'_, '_>) -> T,
    ) -> T {
        let Self { config, elsewhere, routes, rng, fan_out, counters, outputs, mixers, clock, .. } = self;
        let cx = &mut Context { now, config, clock, fan_out, counters, outputs, mixers };
        act(elsewhere, &mut SetUp { routes, rng, cx })
    }

    /// Lets a call that is controlled here act; says whether there is one.
    fn with_call(
        &mut self,
        now: Instant,
        reference: CallRef,
        act: impl FnOnce(&mut Call, &mut Context<'_>),
    ) -> bool {
        let Self { config, calls, fan_out, floor_outputs, counters, outputs, mixers, clock, .. } = self;
        calls.act(reference, |call| {
            call.floor.exchange_outputs(floor_outputs);
            let mut cx = Context { now, config, clock, fan_out, counters, outputs, mixers };
            act(call, &mut cx);
            call.drain_floor(&mut cx);
            call.floor.exchange_outputs(floor_outputs);
        })
    }
}

/// The leg that a pair of addresses is bound to.
fn leg_of<'a>(calls: &'a mut Calls, elsewhere: &'a mut Elsewhere, route: Route) -> Option<&'a mut Leg> {
    match calls.get_mut(route.call) {
        Some(call) => call.leg_mut(route.leg),
        None => elsewhere.leg_mut(route.call, route.leg),
    }
}

mod associations;
mod web;

#[cfg(test)]
mod tests;
