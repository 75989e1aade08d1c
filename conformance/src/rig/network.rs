//! A network that loses and delays as its seed says, the same way every time, and as a scenario says, exactly.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// What goes wrong on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Impairment {
    /// Datagrams lost, out of 1000.
    pub loss_per_mille: u16,
    /// Every datagram takes at least this long.
    pub delay: Duration,
    /// And up to this much longer, so that they overtake each other.
    pub jitter: Duration,
}

/// What happens to a single datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is lost.
    Lose,
    /// It arrives twice.
    Double,
    /// It arrives later, possibly after others.
    Delay(Duration),
}

/// What happens to the next datagrams of one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// What happens.
    pub effect: Effect,
    /// To how many.
    pub count: u16,
    /// The port they come from or go to.
    pub port: SocketAddr,
    /// They go to the port.
    pub inbound: bool,
}

/// Datagrams under way.
pub struct Network {
    rng: ChaCha20Rng,
    impairment: Impairment,
    disturbances: Vec<Disturbance>,
    /// How long ways from and to (`true`) a port take beside everything else.
    ways: BTreeMap<(SocketAddr, bool), Duration>,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    sent: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    arrives: Instant,
    order: u64,
    source: SocketAddr,
    destination: SocketAddr,
    payload: Bytes,
}

impl Network {
    /// A perfect network.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            impairment: Impairment::default(),
            disturbances: Vec::new(),
            ways: BTreeMap::new(),
            under_way: BinaryHeap::new(),
            sent: 0,
        }
    }

    /// What goes wrong from now on.
    pub fn impair(&mut self, impairment: Impairment) {
        self.impairment = impairment;
    }

    /// What happens to the next datagrams of a port, after what was said about it before.
    pub fn disturb(&mut self, disturbance: Disturbance) {
        self.disturbances.push(disturbance);
    }

    /// From now on everything from a port, or to it, takes that much longer.
    pub fn stretch(&mut self, port: SocketAddr, inbound: bool, way: Duration) {
        self.ways.insert((port, inbound), way);
    }

    /// Takes a datagram; it arrives later, or not at all.
    pub fn send(&mut self, now: Instant, source: SocketAddr, destination: SocketAddr, payload: Bytes) {
        let Impairment { loss_per_mille, delay, jitter } = self.impairment;
        let effect = self.next_effect(source, destination);
        if effect == Some(Effect::Lose) || self.rng.next_u32() % 1000 < u32::from(loss_per_mille) {
            return;
        }
        let span = u64::try_from(jitter.as_micros()).unwrap_or(u64::MAX);
        let extra = if span == 0 { 0 } else { self.rng.next_u64() % span };
        let later = match effect {
            Some(Effect::Delay(by)) => by,
            _ => Duration::ZERO,
        };
        let way = |port, inbound| self.ways.get(&(port, inbound)).copied().unwrap_or_default();
        let ways = way(source, false) + way(destination, true);
        let arrives = now + delay + later + ways + Duration::from_micros(extra);
        let copies = if effect == Some(Effect::Double) { 2 } else { 1 };
        for _ in 0..copies {
            self.sent += 1;
            let payload = payload.clone();
            self.under_way.push(Reverse(UnderWay {
                arrives,
                order: self.sent,
                source,
                destination,
                payload,
            }));
        }
    }

    fn next_effect(&mut self, source: SocketAddr, destination: SocketAddr) -> Option<Effect> {
        let concerned = |one: &Disturbance| one.port == if one.inbound { destination } else { source };
        let index = self.disturbances.iter().position(concerned)?;
        let one = &mut self.disturbances[index];
        let effect = one.effect;
        one.count = one.count.saturating_sub(1);
        if one.count == 0 {
            self.disturbances.remove(index);
        }
        Some(effect)
    }

    /// The next datagram that has arrived by `now`: source, destination, payload.
    pub fn deliver(&mut self, now: Instant) -> Option<(SocketAddr, SocketAddr, Bytes)> {
        if self.next_delivery()? > now {
            return None;
        }
        let Reverse(one) = self.under_way.pop()?;
        Some((one.source, one.destination, one.payload))
    }

    /// When the next datagram arrives.
    pub fn next_delivery(&self) -> Option<Instant> {
        self.under_way.peek().map(|Reverse(one)| one.arrives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn run(seed: u64) -> Vec<u8> {
        let t0 = mcptt_server::testing::t0();
        let mut network = Network::new(seed);
        let jitter = Duration::from_millis(30);
        network.impair(Impairment { loss_per_mille: 300, delay: Duration::from_millis(5), jitter });
        for index in 0..100 {
            network.send(t0, at(1), at(2), Bytes::copy_from_slice(&[index]));
        }
        assert!(network.deliver(t0).is_none(), "nothing arrives before its delay");
        let late = t0 + Duration::from_secs(1);
        std::iter::from_fn(|| network.deliver(late)).map(|(_, _, payload)| payload[0]).collect()
    }

    #[test]
    fn the_same_seed_loses_and_reorders_the_same_datagrams() {
        let first = run(1);
        assert_eq!(first, run(1));
        assert_ne!(first, run(2));
        assert!((50..90).contains(&first.len()), "{} of 100 arrived", first.len());
        assert!(first.windows(2).any(|pair| pair[0] > pair[1]), "nothing was reordered");
    }

    #[test]
    fn disturbances_concern_the_next_datagrams_of_their_port_and_way() {
        let t0 = mcptt_server::testing::t0();
        let mut network = Network::new(0);
        let disturb = |effect, count, inbound| Disturbance { effect, count, port: at(1), inbound };
        network.disturb(disturb(Effect::Lose, 2, false));
        network.disturb(disturb(Effect::Double, 1, true));
        network.disturb(disturb(Effect::Delay(Duration::from_millis(10)), 1, false));
        for (index, (from, to)) in [(2, 3), (1, 2), (2, 1), (1, 2), (1, 2), (1, 2)].into_iter().enumerate() {
            network.send(t0, at(from), at(to), Bytes::copy_from_slice(&[index as u8]));
        }
        let mut arrived = |after| {
            let now = t0 + Duration::from_millis(after);
            std::iter::from_fn(|| network.deliver(now)).map(|(_, _, payload)| payload[0]).collect::<Vec<_>>()
        };
        assert_eq!(arrived(9), [0, 2, 2, 5], "1 and 3 are lost, 4 is late");
        assert_eq!(arrived(10), [4]);
    }
}
