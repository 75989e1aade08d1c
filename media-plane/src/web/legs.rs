//! The legs of browsers by the user fragment of their checks, and how long their consent lasts.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::id::{CallRef, LegRef};
use stun_types::message::IntegrityKey;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::stun::{self, Request};
use super::{Browser, WebLeg};
use crate::counters::Discard;
use crate::rtp::RateLimit;

/// How long consent lasts after the last check (RFC 7675 5.1).
const CONSENT: Duration = Duration::from_secs(30);
/// Checks that one leg may send in a second: a browser with many addresses sends some fifty in its first one.
const RATE: u32 = 100;

/// All legs of browsers.
#[derive(Debug, Default)]
pub(crate) struct WebLegs {
    /// By our user fragment. Looked up by key only: the order inside plays no role.
    agents: HashMap<String, Agent>,
    /// The user fragment of each leg.
    names: HashMap<(CallRef, LegRef), String>,
    /// When to look at whose consent, once for each.
    schedule: BTreeSet<(Instant, CallRef, LegRef)>,
}

/// The lite side of ICE for one leg.
#[derive(Debug)]
struct Agent {
    call: CallRef,
    leg: LegRef,
    local: SocketAddr,
    key: IntegrityKey,
    peer_ufrag: String,
    secret: Zeroizing<String>,
    /// Where the browser is.
    audio: Option<Path>,
    channel: Option<Path>,
    heard: Instant,
    rate: RateLimit,
}

/// What a STUN message is.
#[derive(Debug)]
pub(crate) enum Check {
    /// None for a leg of ours.
    Stranger,
    /// For a leg, but not by its browser.
    Refused { call: CallRef, leg: LegRef, reason: Discard },
    /// A check of the browser.
    Passed(Checked),
}

/// A check that has passed.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) call: CallRef,
    pub(crate) leg: LegRef,
    pub(crate) answer: Bytes,
    /// Where the browser was so far, if it is somewhere else from now on.
    pub(crate) moves_from: Option<Option<Path>>,
}

impl WebLegs {
    /// Begins to take checks for a leg; says whether its user fragment is its own.
    pub(crate) fn begin(&mut self, now: Instant, call: CallRef, leg: LegRef, web: &WebLeg) -> bool {
        let Browser { own_ufrag, own_password, peer_ufrag, floor_secret, .. } = &web.browser;
        if self.agents.contains_key(own_ufrag) {
            return false;
        }
        let agent = Agent {
            call,
            leg,
            local: web.local,
            key: stun::key(own_password),
            peer_ufrag: peer_ufrag.clone(),
            secret: floor_secret.clone(),
            audio: None,
            channel: None,
            heard: now,
            rate: RateLimit::per_second(RATE),
        };
        self.agents.insert(own_ufrag.clone(), agent);
        self.names.insert((call, leg), own_ufrag.clone());
        self.schedule.extend(now.checked_add(CONSENT).map(|at| (at, call, leg)));
        true
    }

    /// A leg is over; the channel that it had.
    pub(crate) fn end(&mut self, call: CallRef, leg: LegRef) -> Option<Path> {
        let ended = self.names.remove(&(call, leg)).and_then(|name| self.agents.remove(&name))?;
        // Its entry in the schedule finds nobody when its time comes.
        ended.channel
    }

    /// Looks at a STUN message.
    pub(crate) fn check(&mut self, now: Instant, path: Path, datagram: &[u8]) -> Check {
        let Some(request) = Request::read(datagram) else { return Check::Stranger };
        let Some(agent) = self.agents.get_mut(request.own_ufrag()) else { return Check::Stranger };
        let (call, leg) = (agent.call, agent.leg);
        let refused = |reason| Check::Refused { call, leg, reason };
        if agent.local != path.local {
            return Check::Stranger;
        }
        if !agent.rate.allows(now) {
            return refused(Discard::RateExceeded);
        }
        //= RFC8445-7.3
        if request.peer_ufrag() != agent.peer_ufrag || !request.is_authentic(&agent.key) {
            return refused(Discard::Authentication);
        }
        let Some(answer) = request.answer(path.remote, &agent.key) else { return refused(Discard::Stun) };
        //= RFC7675-5.1
        agent.heard = now;
        let moves = agent.audio.is_none_or(|audio| audio != path && request.nominates());
        Check::Passed(Checked { call, leg, answer, moves_from: moves.then_some(agent.audio) })
    }

    /// The browser of a leg is there from now on.
    pub(crate) fn found(&mut self, call: CallRef, leg: LegRef, audio: Path) {
        if let Some(agent) = self.agent(call, leg) {
            agent.audio = Some(audio);
        }
    }

    /// The leg that a token opens the channel of, and the channel that it had so far.
    pub(crate) fn open(&mut self, token: &str, channel: Path) -> Option<(CallRef, LegRef, Option<Path>)> {
        let (name, secret) = token.split_once('.')?;
        let agent = self.agents.get_mut(name)?;
        if !bool::from(agent.secret.as_bytes().ct_eq(secret.as_bytes())) {
            return None;
        }
        Some((agent.call, agent.leg, agent.channel.replace(channel)))
    }

    /// A channel has ended.
    pub(crate) fn closed(&mut self, call: CallRef, leg: LegRef, channel: Path) {
        if let Some(agent) = self.agent(call, leg).filter(|agent| agent.channel == Some(channel)) {
            agent.channel = None;
        }
    }

    /// A leg whose consent has run out; to be called until it answers `None`.
    pub(crate) fn take_expired(&mut self, now: Instant) -> Option<(CallRef, LegRef)> {
        while let Some((_, call, leg)) = self.schedule.first().copied().filter(|(at, ..)| *at <= now) {
            self.schedule.pop_first();
            let Some(agent) = self.agent(call, leg) else { continue };
            match agent.heard.checked_add(CONSENT) {
                Some(next) if next > now => {
                    self.schedule.insert((next, call, leg));
                }
                _ => {
                    agent.audio = None;
                    return Some((call, leg));
                }
            }
        }
        None
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.schedule.first().map(|(at, ..)| *at)
    }

    fn agent(&mut self, call: CallRef, leg: LegRef) -> Option<&mut Agent> {
        self.agents.get_mut(self.names.get(&(call, leg))?)
    }
}
