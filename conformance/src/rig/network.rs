//! A network that loses and delays as its seed says, the same way every time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
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

/// Datagrams under way.
pub struct Network {
    rng: ChaCha20Rng,
    impairment: Impairment,
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
            under_way: BinaryHeap::new(),
            sent: 0,
        }
    }

    /// What goes wrong from now on.
    pub fn impair(&mut self, impairment: Impairment) {
        self.impairment = impairment;
    }

    /// Takes a datagram; it arrives later, or not at all.
    pub fn send(&mut self, now: Instant, source: SocketAddr, destination: SocketAddr, payload: Bytes) {
        self.sent += 1;
        let Impairment { loss_per_mille, delay, jitter } = self.impairment;
        if self.rng.next_u32() % 1000 < u32::from(loss_per_mille) {
            return;
        }
        let span = u64::try_from(jitter.as_micros()).unwrap_or(u64::MAX);
        let extra = if span == 0 { 0 } else { self.rng.next_u64() % span };
        let arrives = now + delay + Duration::from_micros(extra);
        self.under_way.push(Reverse(UnderWay { arrives, order: self.sent, source, destination, payload }));
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

    fn run(seed: u64) -> Vec<u8> {
        let t0 = mcptt_server::testing::t0();
        let mut network = Network::new(seed);
        let jitter = Duration::from_millis(30);
        network.impair(Impairment { loss_per_mille: 300, delay: Duration::from_millis(5), jitter });
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
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
}
