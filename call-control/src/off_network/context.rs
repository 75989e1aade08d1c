//! What a machine has at hand while it reacts: the time, the configuration, randomness, and where to put what it wants done.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mcptt_codec::machine::Rule;
use mcptt_codec::monp::{self, CallIdentifier, MonpMessage, UtcSeconds};
use mcptt_codec::{Path, Transmit};
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use super::names::Named;
use super::timer::{Counter, Timer};
use super::types::{
    MachineName, OffNetworkConfig, OffNetworkEvent, OffNetworkGroup, OffNetworkOutput, Reach,
};

/// Class selector 5, as floor control: signalling of a call.
const DSCP: u8 = 40;

pub(super) struct Context<'a> {
    pub now: Instant,
    /// The wall clock at `now`.
    pub utc: UtcSeconds,
    pub config: &'a OffNetworkConfig,
    pub rng: &'a mut ChaCha20Rng,
    pub out: &'a mut VecDeque<OffNetworkOutput>,
}

impl Context<'_> {
    pub fn duration(&self, timer: Timer) -> Duration {
        self.config.timers.duration(timer)
    }

    pub fn limit(&self, counter: Counter) -> u8 {
        self.config.timers.limit(counter)
    }

    /// A time from nothing to less than `limit`.
    pub fn random_below(&mut self, limit: Duration) -> Duration {
        // 24 bits are enough to tell any two members of a group apart, and exact in a float.
        let random = f64::from(self.rng.next_u32() >> 8) / f64::from(1_u32 << 24);
        limit.mul_f64(random)
    }

    /// An identifier for a new call.
    pub fn call_identifier(&mut self, is_used: impl Fn(CallIdentifier) -> bool) -> CallIdentifier {
        let random = u16::try_from(self.rng.next_u32() >> 16).unwrap_or_default();
        CallIdentifier::unused(random, is_used).unwrap_or_default()
    }

    /// What is left of `whole` that began at `start`: X - (Y - Z), never below zero.
    pub fn left_of(&self, whole: Duration, start: UtcSeconds) -> Duration {
        let gone = self.utc.seconds().saturating_sub(start.seconds());
        whole.saturating_sub(Duration::from_secs(gone))
    }

    /// Sends a message to all members of a group.
    pub fn send_to_group(&mut self, group: &OffNetworkGroup, message: &MonpMessage) {
        //= 24.379-10.2:port
        match &group.reach {
            Reach::Multicast => self.send(group.address, message),
            Reach::Direct(members) => {
                for member in members.iter().filter(|member| **member != self.config.address) {
                    self.send(*member, message);
                }
            }
        }
    }

    /// Sends a message to one address.
    pub fn send(&mut self, to: IpAddr, message: &MonpMessage) {
        // Everything that is sent is built from values that were read or configured, which fit.
        let Ok(payload) = message.encode() else { return };
        let at = |ip| SocketAddr::new(ip, monp::PORT);
        let path = Path { local: at(self.config.address), remote: at(to) };
        let transmit = Transmit { path, payload, dscp: DSCP };
        self.out.push_back(OffNetworkOutput::Transmit { transmit, time_to_live: monp::TIME_TO_LIVE });
    }

    pub fn event(&mut self, event: OffNetworkEvent) {
        self.out.push_back(OffNetworkOutput::Event(event));
    }

    pub fn discard(&mut self, machine: MachineName, state: &'static str, got: &'static str) {
        self.event(OffNetworkEvent::Discarded { machine, state, got });
    }

    /// The rule of the table for a trigger; without one the trigger is discarded.
    pub fn rule<S: Named, T: Named>(
        &mut self,
        machine: MachineName,
        table: &'static [Rule<S, T>],
        state: S,
        trigger: T,
    ) -> Option<&'static Rule<S, T>> {
        let rule = Rule::find(table, state, trigger);
        if rule.is_none() {
            self.discard(machine, state.text(), trigger.text());
        }
        rule
    }

    /// A machine has done what `rule` says and is in `to` now.
    pub fn moved<S: Named, T: Named>(&mut self, machine: MachineName, rule: &Rule<S, T>, to: S) {
        debug_assert!(rule.permits(to), "{:?} does not go to {to:?} on {:?}", rule.state, rule.trigger);
        if rule.state != to {
            self.event(OffNetworkEvent::StateChanged {
                machine,
                from: rule.state.text(),
                to: to.text(),
                cause: rule.trigger.text(),
                clause: rule.clause,
            });
        }
    }
}
