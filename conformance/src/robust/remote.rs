//! Attacks on a target behind real sockets.

use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::Path;

use super::isolate::{Found, Victim, isolate};
use super::mutate::Mutator;
use crate::remote::Health;
use crate::rig::Rig;
use crate::rig::remote::Stopwatch;

/// Datagrams between two looks at the health of the target.
const BATCH: usize = 64;
/// Who sends them.
const STRANGER: &str = "sip:mallory@mc.example.org";

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Longest time.
    pub time: Duration,
    /// Most datagrams.
    pub datagrams: usize,
    /// Most of them in a second.
    pub per_second: u32,
}

/// How an attack went.
#[derive(Debug)]
pub struct Report {
    /// Datagrams sent, those of the search not counted.
    pub sent: usize,
    /// Why the target is unhealthy, and what did the harm.
    pub harm: Option<(String, Found)>,
    /// The last batch, if it did harm.
    pub batch: Vec<Bytes>,
}

/// A target of a file.
pub struct RemoteVictim {
    health: Health,
    per_second: u32,
    why: String,
}

impl RemoteVictim {
    /// The target that `health` speaks to.
    pub fn new(health: Health, per_second: u32) -> Self {
        Self { health, per_second: per_second.max(1), why: String::new() }
    }
}

impl Victim for RemoteVictim {
    fn fresh(&mut self) -> bool {
        match self.health.fresh() {
            Ok(made_anew) => made_anew,
            Err(why) => {
                self.why = why;
                false
            }
        }
    }

    fn send(&mut self, datagrams: &[Bytes]) {
        let pause = Duration::from_secs(1) / self.per_second;
        let mut rig: Rig = self.health.rig();
        let actor = rig.client(STRANGER);
        let [local, _, _] = rig.addresses(actor);
        let remote = rig.participating();
        for datagram in datagrams {
            rig.inject(Path { local, remote }, datagram);
            rig.advance(pause);
        }
    }

    fn is_healthy(&mut self) -> bool {
        match self.health.check() {
            Ok(()) => true,
            Err(why) => {
                self.why = why;
                false
            }
        }
    }
}

/// Sends hostile datagrams, with an honest exchange before and after each batch, until something breaks or the budget ends.
///
/// # Errors
/// When the target is unhealthy before anything is sent.
pub fn attack(victim: &mut RemoteVictim, seed: u64, budget: Budget) -> Result<Report, String> {
    victim.fresh();
    if !victim.is_healthy() {
        return Err(victim.why.clone());
    }
    let since = Stopwatch::start();
    let mut source = Mutator::new(seed);
    let mut sent = 0;
    while sent < budget.datagrams && since.passed() < budget.time {
        let batch: Vec<Bytes> = source.by_ref().take(BATCH.min(budget.datagrams - sent)).collect();
        victim.send(&batch);
        sent += batch.len();
        if !victim.is_healthy() {
            let why = victim.why.clone();
            let found = isolate(victim, &batch);
            return Ok(Report { sent, harm: Some((why, found)), batch });
        }
    }
    Ok(Report { sent, harm: None, batch: Vec::new() })
}
