//! A relay between clients and server that changes, loses, repeats, delays or invents what crosses it, as rules in TOML say.
//!
//! Behind it our own server becomes a faulty one in exactly one respect, which is how the judge itself is judged: every
//! [`Fault`] has to be condemned for its clause, and no [`Harmless`] variation may raise an alarm. Without rules it is a clean
//! relay.

mod edit;
mod rule;
mod sip;
mod table;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;

pub use rule::{Action, Rule, RuleError, Way};
pub(crate) use sip::rewrite;
pub use table::{Fault, Harmless, faults, harmless};

/// A client as the relay knows it.
#[derive(Clone, Debug)]
pub struct Known {
    /// The part of its MCPTT ID before the `@`.
    pub name: String,
    /// Its addresses: SIP, audio, floor control.
    pub client: [SocketAddr; 3],
    /// Those of the server towards it, as far as they are known.
    pub server: [Option<SocketAddr>; 3],
}

impl Known {
    /// Which of its three ports this is.
    fn port(&self, address: SocketAddr) -> Option<usize> {
        self.client.iter().position(|one| *one == address)
    }
}

/// A datagram that leaves the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// How much later.
    pub delay: Duration,
    /// From where to where: `local` is the sender.
    pub path: Path,
    /// Its octets.
    pub payload: Bytes,
}

/// The relay: its rules and what they remember.
#[derive(Debug, Default)]
pub struct Relay {
    rules: Vec<Rule>,
    /// How many datagrams each rule has met, by the client's address.
    met: HashMap<(usize, SocketAddr), u32>,
    /// What leaves later, in the order of its time.
    held: BTreeMap<(Instant, u64), Passed>,
    number: u64,
}

impl Relay {
    /// A relay with these rules; none of them makes it a clean one.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules, ..Self::default() }
    }

    /// What becomes of a datagram that crosses.
    pub fn pass(&mut self, way: Way, path: Path, payload: Bytes, known: &[Known]) -> Vec<Passed> {
        let upward = matches!(way, Way::FromClient | Way::OutOfClient);
        let address = if upward { path.local } else { path.remote };
        let client = known.iter().find(|one| one.port(address).is_some());
        let mut passed = vec![Passed { delay: Duration::ZERO, path, payload }];
        for (index, rule) in self.rules.iter().enumerate() {
            let Some(first) = passed.first().filter(|_| rule.way == way) else { continue };
            let port = client.and_then(|one| one.port(address));
            if !rule.concerns(&first.payload, client.map(|one| one.name.as_str()), port) {
                continue;
            }
            let met = self.met.entry((index, address)).or_default();
            *met = met.saturating_add(1);
            let number = *met;
            if number <= rule.skip || rule.count.is_some_and(|count| number - rule.skip > count) {
                continue;
            }
            for action in &rule.does {
                passed = edit::apply(action, passed, known);
            }
        }
        passed
    }

    /// Keeps a datagram until its time has come.
    pub fn hold(&mut self, now: Instant, passed: Passed) {
        self.number += 1;
        self.held.insert((now + passed.delay, self.number), passed);
    }

    /// The next datagram whose time has come by `now`.
    pub fn release(&mut self, now: Instant) -> Option<Passed> {
        let entry = self.held.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    /// When the next datagram leaves that waits.
    pub fn next(&self) -> Option<Instant> {
        self.held.keys().next().map(|(at, _)| *at)
    }
}
