//! Calls whose floor is controlled elsewhere: what this node does for them as participating and as non-controlling
//! function.
//!
//! A call has one reference whatever is done for it, so that the routes of all calls are one table.

mod bearers;
mod group;
mod relay;
pub mod signalling;

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use self::bearers::Bearers;
use self::group::Group;
use self::relay::Relay;
use self::signalling::{MbmsSignalling, PeerLeg, RelaySignalling, SessionSignalling};
use crate::call::{Call, Context};
use crate::config::Config;
use crate::crypto::ProtectionError;
use crate::event::Event;
use crate::floor::ParticipantProfile;
use crate::floor::non_controlling::{HandBack, NonControllingFunction, NonControllingSettings};
use crate::floor::server::Timer;
use crate::leg::Leg;
use crate::output::Output;
use crate::routes::{Route, Routes, bind};
use crate::signalling::{Indication, Participant, Refusal};

/// Everything that is controlled elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    /// Looked up by key only: the order inside plays no role.
    relays: HashMap<CallRef, Relay>,
    groups: HashMap<CallRef, Group>,
    bearers: Bearers,
    /// When to look at the timers of which relay: at most one entry for each.
    schedule: BTreeSet<(Instant, CallRef)>,
}

/// What setting something up uses of the media plane.
pub(crate) struct SetUp<'a, 'b> {
    pub(crate) routes: &'a mut Routes,
    pub(crate) rng: &'a mut ChaCha20Rng,
    pub(crate) cx: &'a mut Context<'b>,
}

impl SetUp<'_, '_> {
    fn ssrc(&mut self) -> Ssrc {
        Ssrc(self.rng.next_u32())
    }

    /// Binds the addresses of a leg and says so.
    fn bind(&mut self, call: CallRef, leg: &Leg) -> Result<(), Refusal> {
        bind(self.routes, call, leg, self.cx.now, self.cx.config, self.cx.outputs)?;
        self.cx.outputs.push_back(Output::Event(Event::LegBound {
            call,
            leg: leg.reference,
            audio: leg.addresses.audio,
            floor: leg.addresses.floor,
            audio_protected: !leg.audio_protection.is_transparent(),
            floor_protected: !leg.floor_protection.is_transparent(),
        }));
        Ok(())
    }

    fn unbind(&mut self, call: CallRef, leg: &Leg) {
        unbind(self.routes, call, leg, self.cx);
    }

    fn refuse_call(&mut self, call: CallRef, reason: Refusal) {
        self.cx.outputs.push_back(Output::Indication(Indication::CallRefused { call, reason }));
    }

    fn refuse_leg(&mut self, call: CallRef, leg: LegRef, reason: Refusal) {
        self.cx.outputs.push_back(Output::Indication(Indication::LegRefused { call, leg, reason }));
    }
}

fn unbind(routes: &mut Routes, call: CallRef, leg: &Leg, cx: &mut Context<'_>) {
    routes.release(call, leg, cx.outputs);
}

impl Elsewhere {
    /// How many calls and sessions there are.
    pub(crate) fn len(&self) -> usize {
        self.relays.len().saturating_add(self.groups.len())
    }

    pub(crate) fn has(&self, call: CallRef) -> bool {
        self.relays.contains_key(&call) || self.groups.contains_key(&call)
    }

    /// A leg, to give it keys.
    pub(crate) fn leg_mut(&mut self, call: CallRef, leg: LegRef) -> Option<&mut Leg> {
        let relayed = self.relays.get_mut(&call).and_then(|relay| relay.leg_mut(leg));
        relayed.or_else(|| self.groups.get_mut(&call)?.leg_mut(leg))
    }

    /// The non-controlling function of a call, to look at.
    pub(crate) fn function(&self, call: CallRef) -> Option<&NonControllingFunction> {
        self.groups.get(&call).map(|group| &group.function)
    }

    // The participating function

    /// `room`: whether the call can be taken, or why not.
    pub(crate) fn relay(
        &mut self,
        signalling: RelaySignalling,
        room: Result<(), Refusal>,
        set_up: &mut SetUp<'_, '_>,
    ) {
        let RelaySignalling::Started { call, group, musik, client, controlling } = signalling;
        let legs = room
            .and_then(|()| Ok((of_client(&client, set_up)?, of_function(&controlling, set_up)?)))
            .and_then(|(client, controlling)| {
                set_up.bind(call, &client)?;
                if let Err(refusal) = set_up.bind(call, &controlling) {
                    set_up.unbind(call, &client);
                    return Err(refusal);
                }
                Ok((client, controlling))
            });
        match legs {
            Ok((client, controlling)) => {
                let ssrc = set_up.ssrc();
                let relay = Relay::on_demand(call, ssrc, group, musik, client, controlling);
                self.relays.insert(call, relay);
            }
            Err(reason) => set_up.refuse_call(call, reason),
        }
    }

    pub(crate) fn session(
        &mut self,
        signalling: SessionSignalling,
        room: Result<(), Refusal>,
        set_up: &mut SetUp<'_, '_>,
    ) {
        let reference = match signalling {
            SessionSignalling::Established { session, musik, client } => {
                let leg = room.and_then(|()| of_client(&client, set_up));
                let bound = leg.and_then(|leg| set_up.bind(session, &leg).map(|()| leg));
                match bound {
                    Ok(leg) => {
                        let ssrc = set_up.ssrc();
                        let relay = Relay::pre_established(session, ssrc, musik, leg, set_up.cx);
                        self.relays.insert(session, relay);
                    }
                    Err(reason) => set_up.refuse_call(session, reason),
                }
                session
            }
            SessionSignalling::Modified { session, client } => {
                if let Err(reason) = self.modify(session, &client, set_up) {
                    set_up.refuse_leg(session, client.leg, reason);
                }
                session
            }
            SessionSignalling::Connect { session, group, controlling, connect } => {
                let leg = self.free_session(session).and_then(|()| of_function(&controlling, set_up));
                let bound = leg.and_then(|leg| set_up.bind(session, &leg).map(|()| leg));
                match (bound, self.relays.get_mut(&session)) {
                    (Ok(leg), Some(relay)) => {
                        relay.connect(group, leg, connect, &mut self.bearers, set_up.cx);
                    }
                    (Ok(leg), None) => set_up.unbind(session, &leg),
                    (Err(reason), _) => set_up.refuse_leg(session, controlling.leg, reason),
                }
                session
            }
            SessionSignalling::Changed { session, connect } => {
                if let Some(relay) = self.relays.get_mut(&session).filter(|relay| relay.has_call()) {
                    relay.change(connect, &mut self.bearers, set_up.cx);
                }
                session
            }
            SessionSignalling::Disconnect { session, acknowledged } => {
                let relay = self.relays.get_mut(&session).filter(|relay| relay.is_pre_established());
                if let Some(left) =
                    relay.and_then(|relay| relay.disconnect(acknowledged, &mut self.bearers, set_up.cx))
                {
                    set_up.unbind(session, &left);
                }
                session
            }
        };
        self.look_after(reference, set_up.routes, set_up.cx);
    }

    /// Gives the client of a session other addresses or keys; where that cannot be it keeps those that it has.
    fn modify(
        &mut self,
        session: CallRef,
        client: &PeerLeg,
        set_up: &mut SetUp<'_, '_>,
    ) -> Result<(), Refusal> {
        let relay = self.relays.get_mut(&session).filter(|relay| relay.is_pre_established());
        let relay = relay.ok_or(Refusal::UnknownCall)?;
        let leg = of_client(client, set_up)?;
        let own = relay.client_mut();
        //= RFC8842-5.1
        if let (Some(before), Some(peer), None) = (&own.dtls, &leg.dtls, &leg.web)
            && own.addresses == leg.addresses
            && before.rtcp_mux == peer.rtcp_mux
        {
            if before == peer {
                return Ok(());
            }
            let peer = own.renew((**peer).clone());
            let SetUp { routes, cx, .. } = set_up;
            let renewed = routes.associate((&own.addresses, &peer), true, cx.now, cx.config, cx.outputs);
            return renewed.map_err(Refusal::Protection);
        }
        set_up.unbind(session, relay.client());
        if let Err(refusal) = set_up.bind(session, &leg) {
            // They were bound a moment ago.
            let _ = set_up.bind(session, relay.client());
            return Err(refusal);
        }
        relay.replace_client(leg);
        Ok(())
    }

    /// Whether a call can use a session.
    fn free_session(&self, session: CallRef) -> Result<(), Refusal> {
        let relay = self.relays.get(&session).filter(|relay| relay.is_pre_established());
        match relay.ok_or(Refusal::UnknownCall)?.has_call() {
            true => Err(Refusal::SessionState),
            false => Ok(()),
        }
    }

    pub(crate) fn mbms(&mut self, signalling: MbmsSignalling, set_up: &mut SetUp<'_, '_>) {
        if let MbmsSignalling::ListeningStatus { call, tmgi, listening } = signalling {
            if let Some(relay) = self.relays.get_mut(&call) {
                relay.report(tmgi, listening, &mut self.bearers, set_up.cx);
            }
            return;
        }
        let ssrc = set_up.ssrc();
        self.bearers.handle_signalling(signalling, ssrc, set_up.cx);
    }

    // The non-controlling function

    /// `controlled`: where the call was controlled here, the call, which is left as it is if it cannot go on otherwise.
    pub(crate) fn non_controlling(
        &mut self,
        call: CallRef,
        settings: NonControllingSettings,
        controlling: &PeerLeg,
        controlled: Option<&mut Call>,
        set_up: &mut SetUp<'_, '_>,
    ) -> Result<(), Refusal> {
        if controlled.as_ref().is_some_and(|controlled| controlled.has_leg(controlling.leg)) {
            return Err(Refusal::ReferenceInUse);
        }
        let leg = of_function(controlling, set_up)?;
        set_up.bind(call, &leg)?;
        let (ssrc, interval) = (set_up.ssrc(), revoke_interval(set_up.cx.config));
        let group = match controlled {
            None => Group::new(call, NonControllingFunction::new(settings, ssrc, interval), leg),
            Some(controlled) => {
                let (handed_over, rng) = (controlled.floor.hand_over(), &mut *set_up.rng);
                let draw = || rng.next_u32();
                let (talker, indicator) = (handed_over.talker(), settings.indicator);
                let function = NonControllingFunction::switched(settings, ssrc, interval, handed_over, draw);
                //= 24.379-6.3.4:merge
                let told = talker.and_then(|(leg, profile, rank)| {
                    Some(Indication::TalkerHandedOver {
                        call,
                        ssrc: profile.ssrc,
                        priority: rank.floor_priority().0,
                        reference: function.reference(leg)?,
                        queueing: profile.parameters.queueing,
                        indicator: rank.tier.added_to(indicator),
                    })
                });
                set_up.cx.outputs.extend(told.map(Output::Indication));
                let mut group = Group::new(call, function, leg);
                controlled.take_legs().into_iter().for_each(|leg| group.add_client(leg));
                group.drain(set_up.cx);
                group
            }
        };
        self.groups.insert(call, group);
        Ok(())
    }

    /// Ends a session of a non-controlling function, which controls the call again. The leg of the controlling function is
    /// unbound, those of the clients are not.
    pub(crate) fn hand_back(
        &mut self,
        call: CallRef,
        set_up: &mut SetUp<'_, '_>,
    ) -> Option<(Vec<Leg>, HandBack)> {
        let group = self.groups.remove(&call)?;
        let handed = group.function.hand_back();
        let (controlling, clients) = group.into_legs();
        set_up.unbind(call, &controlling);
        Some((clients, handed))
    }

    /// A local client of a non-controlling function takes part from now on.
    pub(crate) fn leg_connected(
        &mut self,
        call: CallRef,
        leg: LegRef,
        participant: Participant,
        set_up: &mut SetUp<'_, '_>,
    ) -> Result<(), Refusal> {
        let group = self.groups.get_mut(&call).ok_or(Refusal::UnknownCall)?;
        let limits = &set_up.cx.config.limits;
        if group.has_leg(leg) {
            return Err(Refusal::ReferenceInUse);
        }
        if group.clients() >= limits.legs_per_call {
            return Err(Refusal::TooManyLegs);
        }
        let bound = Leg::new(leg, &participant, limits).map_err(Refusal::Protection)?;
        set_up.bind(call, &bound)?;
        group.add_client(bound);
        let ssrc = participant.audio_ssrc.unwrap_or_else(|| set_up.ssrc());
        let Participant { mcptt_id, floor_parameters: parameters, .. } = participant;
        let reference = std::iter::repeat_with(|| set_up.rng.next_u32())
            .find(|reference| !group.function.knows(*reference))
            .unwrap_or_default();
        group.function.joined(leg, ParticipantProfile { mcptt_id, ssrc, parameters }, reference);
        group.drain(set_up.cx);
        Ok(())
    }

    pub(crate) fn leg_left(&mut self, call: CallRef, leg: LegRef, set_up: &mut SetUp<'_, '_>) {
        let Some(group) = self.groups.get_mut(&call) else { return };
        group.function.left(leg);
        group.drain(set_up.cx);
        if let Some(left) = group.remove_client(leg) {
            set_up.unbind(call, &left);
        }
    }

    // Both

    pub(crate) fn release_started(&mut self, call: CallRef, cx: &mut Context<'_>) {
        if let Some(group) = self.groups.get_mut(&call) {
            group.function.release_started();
            group.drain(cx);
        }
    }

    pub(crate) fn release_finished(&mut self, call: CallRef, set_up: &mut SetUp<'_, '_>) {
        if let Some(mut group) = self.groups.remove(&call) {
            group.function.release_started();
            group.function.release_finished();
            group.drain(set_up.cx);
            group.legs().for_each(|leg| set_up.unbind(call, leg));
        }
        if let Some(mut relay) = self.relays.remove(&call) {
            relay.legs().for_each(|leg| set_up.unbind(call, leg));
            relay.release(&mut self.bearers, set_up.cx);
            if let Some(at) = relay.scheduled {
                self.schedule.remove(&(at, call));
            }
        }
    }

    pub(crate) fn handle_datagram(
        &mut self,
        route: Route,
        datagram: &[u8],
        routes: &mut Routes,
        cx: &mut Context<'_>,
    ) {
        if let Some(relay) = self.relays.get_mut(&route.call) {
            relay.handle_datagram(route.leg, route.stream, datagram, &mut self.bearers, cx);
            self.look_after(route.call, routes, cx);
        } else if let Some(group) = self.groups.get_mut(&route.call) {
            group.handle_datagram(route.leg, route.stream, datagram, cx);
        }
    }

    pub(crate) fn handle_timeout(&mut self, routes: &mut Routes, cx: &mut Context<'_>) {
        for _ in 0..self.schedule.len() {
            let due = self.schedule.first().copied().filter(|(at, _)| *at <= cx.now);
            let Some((_, call)) = due else { break };
            self.schedule.pop_first();
            if let Some(relay) = self.relays.get_mut(&call) {
                relay.scheduled = None;
                relay.handle_timeout(&mut self.bearers, cx);
            }
            self.look_after(call, routes, cx);
        }
        self.bearers.handle_timeout(cx);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let sessions = self.schedule.first().map(|(at, _)| *at);
        sessions.into_iter().chain(self.bearers.poll_timeout()).min()
    }

    /// Frees the side of a call that the client did not take, and notes when the relay's timers are to be looked at.
    fn look_after(&mut self, call: CallRef, routes: &mut Routes, cx: &mut Context<'_>) {
        let Some(relay) = self.relays.get_mut(&call) else { return };
        if let Some(refused) = relay.take_refused(&mut self.bearers, cx) {
            unbind(routes, call, &refused, cx);
        }
        let next = relay.poll_timeout();
        if next != relay.scheduled {
            if let Some(at) = relay.scheduled {
                self.schedule.remove(&(at, call));
            }
            self.schedule.extend(next.map(|next| (next, call)));
            relay.scheduled = next;
        }
    }
}

fn of_client(peer: &PeerLeg, set_up: &SetUp<'_, '_>) -> Result<Leg, Refusal> {
    made(Leg::of_client(peer, &set_up.cx.config.limits))
}

fn of_function(peer: &PeerLeg, set_up: &SetUp<'_, '_>) -> Result<Leg, Refusal> {
    made(Leg::of_function(peer, &set_up.cx.config.limits))
}

fn made(leg: Result<Leg, ProtectionError>) -> Result<Leg, Refusal> {
    leg.map_err(Refusal::Protection)
}

/// T8: the non-controlling function uses the server's value for messages of its own.
fn revoke_interval(config: &Config) -> std::time::Duration {
    config.timers.duration(Timer::T8)
}
