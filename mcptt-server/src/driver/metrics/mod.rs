//! Figures for monitoring, in the text format of Prometheus (OpenMetrics), over HTTP.
//!
//! Each shard leaves a copy of its counters here once a second ([`Measured`]); whoever asks is told the sum. Neither the node
//! nor a packet ever waits for somebody who asks. Figures name nobody: no user, no group, no address.

mod collect;
mod measured;
mod serve;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use call_control::Held;
use call_control::event::Function;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

pub use measured::Measured;

use super::recording::Counts;
use crate::node::Node;
use collect::Collect;

/// How often each shard leaves its figures.
pub const EVERY: Duration = Duration::from_secs(1);

/// A shard of which nothing was heard for so long makes no progress.
const STUCK: Duration = Duration::from_secs(15);

/// The figures of a whole server.
pub struct Metrics {
    registry: Registry,
    figures: Arc<Figures>,
}

/// What shards leave and what is asked for.
#[derive(Debug)]
pub(super) struct Figures {
    shards: Vec<Mutex<Option<Snapshot>>>,
    recording: Option<Arc<Counts>>,
    /// Nothing can be written down.
    store_fails: AtomicBool,
    calls_started: AtomicU64,
    refusals: AtomicU64,
    defects: AtomicU64,
    turns: Histogram,
    waits: Histogram,
    writes: Histogram,
    jitter: Histogram,
    scores: Histogram,
}

/// What one shard has left.
#[derive(Clone, Debug)]
struct Snapshot {
    at: Instant,
    media: media_plane::Counters,
    sip: [(Function, call_control::Counters); 2],
    held: Held,
    media_calls: usize,
    datagrams: Datagrams,
}

/// Datagrams of the sockets of one shard.
#[derive(Clone, Copy, Debug, Default)]
struct Datagrams {
    received: u64,
    sent: u64,
    lost: u64,
    dropped: u64,
}

impl Metrics {
    /// For so many shards, and for recordings if there are any.
    pub fn new(shards: usize, recording: Option<Arc<Counts>>) -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.000_05, 2.0, 16));
        let figures = Arc::new(Figures {
            shards: (0..shards.max(1)).map(|_| Mutex::new(None)).collect(),
            recording,
            store_fails: AtomicBool::new(false),
            calls_started: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
            defects: AtomicU64::new(0),
            turns: seconds(),
            waits: seconds(),
            writes: seconds(),
            jitter: Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32]),
            scores: Histogram::new([1.5, 2.0, 2.5, 3.0, 3.5, 3.8, 4.0, 4.2, 4.5]),
        });
        let mut registry = Registry::default();
        let mut timed = |name: &str, help: &str, histogram: &Histogram| {
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        };
        timed(
            "mcptt_turn",
            "From reading a batch of datagrams to handing over what it has caused",
            &figures.turns,
        );
        timed(
            "mcptt_queue_wait",
            "How long SIP messages had waited in the kernel or for another shard",
            &figures.waits,
        );
        timed("mcptt_store_write", "From giving something to the store to its answer", &figures.writes);
        timed("mcptt_spurt_jitter", "Largest interarrival jitter of each talk spurt", &figures.jitter);
        registry.register(
            "mcptt_spurt_mos",
            "Estimated opinion score of each talk spurt (G.107)",
            figures.scores.clone(),
        );
        registry.register_collector(Box::new(Collect(Arc::clone(&figures))));
        Self { registry, figures }
    }

    /// The text of all figures.
    ///
    /// # Errors
    /// None that a text in memory could have.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Whether every shard makes progress.
    pub fn is_alive(&self, now: Instant) -> bool {
        self.figures.shards.iter().all(|shard| {
            locked(shard).as_ref().is_some_and(|left| now.saturating_duration_since(left.at) < STUCK)
        })
    }

    /// Whether it can do what it is for: alive, and able to write down what it promises.
    pub fn is_ready(&self, now: Instant) -> bool {
        self.is_alive(now) && !self.figures.store_fails.load(Ordering::Relaxed)
    }

    /// Serves the figures on a thread of its own as long as the process lives.
    ///
    /// # Errors
    /// What cannot be bound, and why.
    pub fn serve(self, address: SocketAddr) -> Result<(), String> {
        serve::start(self, address)
    }

    pub(super) fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("shards", &self.figures.shards.len()).finish_non_exhaustive()
    }
}

impl Figures {
    /// A shard leaves its figures.
    fn leave(&self, shard: usize, at: Instant, node: &Node, datagrams: Datagrams) {
        let counters = node.counters();
        let snapshot = Snapshot {
            at,
            media: counters.media.clone(),
            sip: counters.sip.map(|(function, counters)| (function, counters.clone())),
            held: counters.held,
            media_calls: counters.media_calls,
            datagrams,
        };
        if let Some(place) = self.shards.get(shard) {
            *locked(place) = Some(snapshot);
        }
    }

    fn snapshots(&self) -> Vec<Snapshot> {
        self.shards.iter().filter_map(|shard| locked(shard).clone()).collect()
    }
}

/// Nothing is done under this lock that could leave half of a snapshot behind.
fn locked(shard: &Mutex<Option<Snapshot>>) -> MutexGuard<'_, Option<Snapshot>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
