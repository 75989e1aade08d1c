//! What one address may ask for: so many requests in a second, and so many INVITE requests that wait for their final answer. One
//! that asks for many users is told to be trusted and has no such bounds.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use mcptt_codec::sip::{Method, Request};

use super::UserAgent;
use crate::overload::Worth;
use crate::transaction::later;
use crate::transport::SipPath;

/// Bounds of one address, or of the 64 bits of an IPv6 address that a host has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLimits {
    /// Requests outside of dialogs in a second, retransmissions aside.
    pub per_second: u32,
    /// As many of them may come at once when none has come for a while; twice as many where they claim to be urgent.
    pub burst: u32,
    /// INVITE requests outside of dialogs that wait for their final answer.
    pub open_invites: u32,
}

impl Default for SourceLimits {
    fn default() -> Self {
        Self { per_second: 200, burst: 1_000, open_invites: 100 }
    }
}

/// Addresses that are remembered; beyond that the bounds of the whole user agent have to do.
const MOST: usize = 65_536;
/// How often those are looked for that need not be remembered.
const CLEANING: Duration = Duration::from_secs(1);

/// The addresses that have asked lately, or wait for answers.
#[derive(Debug, Default)]
pub(super) struct Sources {
    of: BTreeMap<IpAddr, Source>,
    cleaned: Option<Instant>,
}

#[derive(Debug)]
struct Source {
    /// When all that came would have been due, one after the other.
    paid: Instant,
    open: u32,
}

impl Sources {
    /// Whether one more request fits, which is then counted.
    fn admit(&mut self, now: Instant, from: IpAddr, request: &Request, limits: SourceLimits) -> bool {
        let invites = request.method == Method::Invite;
        if self.of.len() >= MOST {
            self.clean(now);
        }
        let key = host_of(from);
        if self.of.len() >= MOST && !self.of.contains_key(&key) {
            return true;
        }
        let source = self.of.entry(key).or_insert(Source { paid: now, open: 0 });
        let each = Duration::from_secs(1) / limits.per_second.max(1);
        let patience = if Worth::of(request) == Worth::Urgent { limits.burst * 2 } else { limits.burst };
        let owed = source.paid.saturating_duration_since(now);
        if owed >= each.saturating_mul(patience.max(1)) || (invites && source.open >= limits.open_invites) {
            return false;
        }
        source.paid = later(source.paid.max(now), each);
        true
    }

    fn clean(&mut self, now: Instant) {
        if self.cleaned.is_some_and(|cleaned| now < later(cleaned, CLEANING)) {
            return;
        }
        self.cleaned = Some(now);
        self.of.retain(|_, source| source.open > 0 || source.paid > now);
    }

    /// An INVITE waits for its final answer from now on.
    pub(super) fn opened(&mut self, from: IpAddr) {
        if let Some(source) = self.of.get_mut(&host_of(from)) {
            source.open = source.open.saturating_add(1);
        }
    }

    /// It has had one, or nobody waits for it any more.
    pub(super) fn closed(&mut self, from: IpAddr) {
        if let Some(source) = self.of.get_mut(&host_of(from)) {
            source.open = source.open.saturating_sub(1);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }
}

/// The address, or the part of an IPv6 address that is given to one host.
fn host_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

impl UserAgent {
    /// Whether a request is one too many of its address.
    pub(super) fn asks_too_much(&mut self, now: Instant, path: SipPath, request: &Request) -> bool {
        let Some(limits) = self.settings.source_limits else { return false };
        let outside = Worth::of(request) != Worth::InSession;
        outside
            && !self.is_trusted(path)
            && !self.layer.knows(request)
            && !self.sources.admit(now, path.remote.ip(), request, limits)
    }

    /// Our own functions, those who are told to be trusted, and who has shown a certificate.
    fn is_trusted(&self, path: SipPath) -> bool {
        let address = path.remote.ip();
        self.settings.admitted.contains(&path.remote)
            || self.settings.unbounded.iter().any(|network| network.contains(address))
            || !self.peer_names(path).is_empty()
    }
}
