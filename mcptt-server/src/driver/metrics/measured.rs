//! An observer that measures, and passes on what it sees to another one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;

use super::{Datagrams, EVERY, Figures, Metrics};
use crate::driver::{Direction, Observer};
use crate::node::{Event, Node};

/// An observer that leaves figures of its shard, if anybody may ask for them.
#[derive(Debug)]
pub struct Measured<O> {
    inner: O,
    figures: Option<(usize, Arc<Figures>)>,
    datagrams: Datagrams,
}

impl<O> Measured<O> {
    /// Without `metrics` it only passes on.
    pub fn new(inner: O, shard: usize, metrics: Option<&Metrics>) -> Self {
        let figures = metrics.map(|metrics| (shard, Arc::clone(metrics.figures())));
        Self { inner, figures, datagrams: Datagrams::default() }
    }
}

impl<O: Observer> Observer for Measured<O> {
    fn wants_datagrams(&self) -> bool {
        self.inner.wants_datagrams()
    }

    fn datagram(&mut self, at: Instant, direction: Direction, path: Path, payload: &Bytes) {
        self.inner.datagram(at, direction, path, payload);
    }

    fn event(&mut self, at: Instant, event: &Event) {
        if let Some((_, figures)) = &self.figures {
            note(figures, event);
        }
        self.inner.event(at, event);
    }

    fn send_failed(&mut self, path: Path, error: &io::Error) {
        self.datagrams.lost = self.datagrams.lost.saturating_add(1);
        self.inner.send_failed(path, error);
    }

    fn passed(&mut self, received: usize, sent: usize) {
        self.datagrams.received = self.datagrams.received.saturating_add(received as u64);
        self.datagrams.sent = self.datagrams.sent.saturating_add(sent as u64);
        self.inner.passed(received, sent);
    }

    fn dropped(&mut self, total: u64) {
        self.datagrams.dropped = total;
        self.inner.dropped(total);
    }

    fn woken(&mut self, due: Instant, at: Instant) {
        self.inner.woken(due, at);
    }

    fn figures_every(&self) -> Option<Duration> {
        self.figures.as_ref().map(|_| EVERY)
    }

    fn figures(&mut self, at: Instant, node: &Node) {
        if let Some((shard, figures)) = &self.figures {
            figures.leave(*shard, at, node, self.datagrams);
        }
    }

    fn turned(&mut self, took: Duration) {
        if let Some((_, figures)) = &self.figures {
            figures.turns.observe(took.as_secs_f64());
        }
    }

    fn waited(&mut self, wait: Duration) {
        if let Some((_, figures)) = &self.figures {
            figures.waits.observe(wait.as_secs_f64());
        }
    }

    fn stored(&mut self, took: Duration) {
        if let Some((_, figures)) = &self.figures {
            figures.writes.observe(took.as_secs_f64());
        }
    }
}

fn note(figures: &Figures, event: &Event) {
    let count = |counter: &std::sync::atomic::AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
    match event {
        Event::MediaPlane(media_plane::Event::SpurtEnded { quality, .. }) => {
            figures.jitter.observe(quality.jitter_ms / 1_000.0);
            figures.scores.observe(quality.mos);
        }
        Event::CallControl(call_control::Event::CallStarted { .. }) => {
            count(&figures.calls_started);
        }
        Event::CallControl(call_control::Event::Refused { .. }) => {
            count(&figures.refusals);
        }
        Event::Defect { .. } => {
            count(&figures.defects);
        }
        Event::StoreFailed { .. } => figures.store_fails.store(true, Ordering::Relaxed),
        Event::StoreWorks => figures.store_fails.store(false, Ordering::Relaxed),
        _ => {}
    }
}
