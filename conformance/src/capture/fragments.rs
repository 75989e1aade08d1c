//! IP fragments back to the packet that was cut (RFC 791 3.2, RFC 8200 4.5), in bounded memory.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::layers::{Ip, Part};

/// Packets that may wait for fragments at one time.
pub(super) const MAX_PACKETS: usize = 256;
/// Fragments of one packet.
const MAX_FRAGMENTS: usize = 8192;
/// Octets of the longest packet that IP can carry.
const MAX_OCTETS: usize = 65_535;
/// How long a packet waits for its fragments, by the clock of the capture (RFC 8200 4.5).
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// What the fragments of one packet have in common.
type Key = (IpAddr, IpAddr, u32, u8);

/// Packets that wait for fragments.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    waiting: BTreeMap<Key, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    since: Duration,
    /// Pieces by offset that do not overlap.
    pieces: BTreeMap<usize, Vec<u8>>,
    /// Octets of all pieces.
    octets: usize,
    /// Octets of the whole, once the last fragment is there.
    whole: Option<usize>,
    /// Fragments met.
    count: u64,
}

/// A packet that is complete.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) payload: Vec<u8>,
    /// Fragments that it was made of.
    pub(super) count: u64,
}

impl Fragments {
    /// Takes a fragment; gives back the packet when it is the one that was missing.
    ///
    /// Where fragments of IPv4 overlap, what came first counts; a packet of IPv6 with an overlap is dropped (RFC 5722).
    pub(super) fn take(&mut self, ip: &Ip<'_>, part: Part, now: Duration) -> Option<Whole> {
        self.waiting.retain(|_, waiting| now.saturating_sub(waiting.since) <= TIMEOUT);
        let key = (ip.source, ip.destination, part.identification, ip.protocol.0);
        if !self.waiting.contains_key(&key) && self.waiting.len() >= MAX_PACKETS {
            let oldest = self.waiting.iter().min_by_key(|(_, waiting)| waiting.since).map(|(key, _)| *key);
            oldest.map(|oldest| self.waiting.remove(&oldest));
        }
        let fresh = Waiting { since: now, pieces: BTreeMap::new(), octets: 0, whole: None, count: 0 };
        let waiting = self.waiting.entry(key).or_insert(fresh);
        waiting.count += 1;
        let end = part.offset + ip.payload.len();
        let sound = end <= MAX_OCTETS
            && waiting.pieces.len() < MAX_FRAGMENTS
            && !ip.short
            // Only the last fragment may end inside of eight octets.
            && (!part.more || ip.payload.len().is_multiple_of(8))
            && (part.more || waiting.whole.is_none_or(|whole| whole == end));
        if !sound || !waiting.put(part.offset, ip.payload, ip.source.is_ipv6()) {
            self.waiting.remove(&key);
            return None;
        }
        if !part.more {
            waiting.whole = Some(end);
        }
        let payload = waiting.assembled()?;
        self.waiting.remove(&key).map(|waiting| Whole { payload, count: waiting.count })
    }
}

impl Waiting {
    /// Adds what is not there yet; `false` when it overlaps although it must not.
    fn put(&mut self, offset: usize, octets: &[u8], strict: bool) -> bool {
        if self.pieces.get(&offset).is_some_and(|piece| piece == octets) {
            return true;
        }
        let (mut at, end) = (offset, offset + octets.len());
        while at < end {
            let before = self.pieces.range(..=at).next_back().map(|(start, piece)| start + piece.len());
            if let Some(covered) = before.filter(|covered| *covered > at) {
                if strict {
                    return false;
                }
                at = covered;
                continue;
            }
            let next = self.pieces.range(at..).next().map_or(end, |(start, _)| (*start).min(end));
            if strict && next < end {
                return false;
            }
            self.pieces.insert(at, octets[at - offset..next - offset].to_vec());
            self.octets += next - at;
            at = next;
        }
        true
    }

    /// The whole packet, when nothing is missing.
    fn assembled(&self) -> Option<Vec<u8>> {
        let whole = self.whole.filter(|whole| *whole == self.octets)?;
        let mut payload = Vec::with_capacity(whole);
        for (start, piece) in &self.pieces {
            if *start != payload.len() {
                return None;
            }
            payload.extend_from_slice(piece);
        }
        (payload.len() == whole).then_some(payload)
    }
}
