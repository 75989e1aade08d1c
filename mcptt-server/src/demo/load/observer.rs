//! What the load run sees of the server's driver: how much passes, and how late timers are looked at. No datagrams.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;

use super::samples::Samples;
use crate::driver::{Direction, Observer};
use crate::node::{Event, Severity};

/// Datagrams that have passed the driver.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<[AtomicU64; 2]>);

impl Traffic {
    /// Received and sent so far.
    pub fn passed(&self) -> (u64, u64) {
        let [received, sent] = &*self.0;
        (received.load(Ordering::Relaxed), sent.load(Ordering::Relaxed))
    }
}

/// Counts.
#[derive(Debug)]
pub struct LoadObserver {
    traffic: Traffic,
    /// From when a timer was due to when it was looked at.
    pub woken: Samples,
    /// Datagrams that could not be sent.
    pub unsent: u64,
    /// Defects of the server.
    pub defects: u64,
}

impl LoadObserver {
    /// Nothing counted yet.
    pub fn new(traffic: Traffic) -> Self {
        Self { traffic, woken: Samples::default(), unsent: 0, defects: 0 }
    }
}

impl Observer for LoadObserver {
    fn wants_datagrams(&self) -> bool {
        false
    }

    fn datagram(&mut self, _at: Instant, _direction: Direction, _path: Path, _payload: &Bytes) {}

    fn event(&mut self, _at: Instant, event: &Event) {
        self.defects += u64::from(event.severity() == Severity::Defect);
    }

    fn send_failed(&mut self, _path: Path, _error: &io::Error) {
        self.unsent += 1;
    }

    fn passed(&mut self, received: usize, sent: usize) {
        let [into, out] = &*self.traffic.0;
        into.fetch_add(received as u64, Ordering::Relaxed);
        out.fetch_add(sent as u64, Ordering::Relaxed);
    }

    fn woken(&mut self, due: Instant, at: Instant) {
        self.woken.add(due, at);
    }
}
