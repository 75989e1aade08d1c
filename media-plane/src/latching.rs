//! Clients whose media comes from another address than they have declared, because something on the way translates addresses
//! (latching, RFC 7362). Only where the operator wants it.
//!
//! A stream waits for its first packet. One that is protected goes to wherever an authentic packet came from; one that is not
//! stays with the declared host and takes another port, as long as no other client has declared that host, too. Then it is
//! settled: what comes from elsewhere is of an unknown source, until the leg is described anew.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::Path;

use crate::config;
use crate::event::Stream;
use crate::leg::Leg;
use crate::routes::Route;
use crate::rtp::RateLimit;

/// Streams that wait at one address of ours; further ones do not latch. Each may cost an authentication for a datagram of a stranger.
const MOST_WAITING: usize = 64;
/// Authentications for datagrams of strangers in a second.
const MOST_ATTEMPTS: u32 = 2_000;

/// The streams that wait for their first packet, by our own address.
#[derive(Debug)]
pub(crate) struct Latching {
    waiting: HashMap<SocketAddr, Vec<Waiting>>,
    attempts: RateLimit,
}

/// A stream that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) route: Route,
    /// The pair of the session description.
    pub(crate) declared: Path,
}

impl Default for Latching {
    fn default() -> Self {
        Self { waiting: HashMap::new(), attempts: RateLimit::per_second(MOST_ATTEMPTS) }
    }
}

impl Latching {
    /// A leg is bound: its streams wait, as far as that is wanted.
    pub(crate) fn begin(&mut self, leg: &Leg, route: impl Fn(Stream) -> Route, wanted: config::Latching) {
        // A browser is found by its connectivity checks, and a handshake has begun with the declared address.
        if !leg.latches || leg.web.is_some() {
            return;
        }
        for (declared, stream) in leg.addresses.declared() {
            let wanted = match stream {
                Stream::Floor => wanted.floor,
                _ => wanted.audio && leg.dtls.is_none(),
            };
            let waiting = wanted.then(|| self.waiting.entry(declared.local).or_default());
            if let Some(waiting) = waiting.filter(|waiting| waiting.len() < MOST_WAITING) {
                waiting.push(Waiting { route: route(stream), declared });
            }
        }
    }

    /// A stream is settled, or gone.
    pub(crate) fn end(&mut self, declared: &Path) {
        if self.waiting.is_empty() {
            return;
        }
        if let Some(waiting) = self.waiting.get_mut(&declared.local) {
            waiting.retain(|one| one.declared != *declared);
            if waiting.is_empty() {
                self.waiting.remove(&declared.local);
            }
        }
    }

    /// The stream that waits at its declared pair.
    pub(crate) fn at(&self, path: &Path) -> Option<Waiting> {
        if self.waiting.is_empty() {
            return None;
        }
        self.waiting.get(&path.local)?.iter().find(|one| one.declared == *path).copied()
    }

    /// The number that waits where this has come in.
    pub(crate) fn count(&self, path: &Path) -> usize {
        if self.waiting.is_empty() {
            return 0;
        }
        self.waiting.get(&path.local).map_or(0, Vec::len)
    }

    /// One of those.
    pub(crate) fn get(&self, path: &Path, number: usize) -> Option<Waiting> {
        self.waiting.get(&path.local)?.get(number).copied()
    }

    /// Whether several that wait have declared the host that this has come from.
    pub(crate) fn is_shared(&self, path: &Path) -> bool {
        let waiting = self.waiting.get(&path.local).into_iter().flatten();
        waiting.filter(|one| one.declared.remote.ip() == path.remote.ip()).nth(1).is_some()
    }

    /// Whether one more packet of a stranger may be looked into.
    pub(crate) fn may_try(&mut self, now: Instant) -> bool {
        self.attempts.allows(now)
    }
}
