//! The store as the node sees it: what is to be written down before which answer may leave.
//!
//! After each input the [`Gate`] takes what has changed as one [`Write`] and holds back the SIP messages that the input has
//! caused, until the write is answered. What goes to the same peer later waits behind it, so that neither the order nor a
//! retransmission slips past; other peers, and media, wait for nothing. Many writes may be under way, and whoever keeps the
//! store may put them into one commit.
//!
//! When a write fails or takes too long, the answers that promise something become 503 with Retry-After, further
//! registrations, publications and subscriptions are refused, and all else goes on. What could not be written is kept and tried
//! again from time to time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::Change;
use call_control::transport::{SipPath, StreamCommand};
use thiserror::Error;

use super::Output;

/// Log lines that may wait for the store; of more the oldest are given up.
const MOST_LINES: usize = 10_000;
/// Messages that may wait for the store; with more it counts as not available.
const MOST_HELD: usize = 100_000;

/// How a node deals with its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// How long a write may take before the store counts as not available.
    pub patience: Duration,
    /// How long clients are told to wait, and how often the store is tried again, while it is not available.
    pub retry_after: Duration,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { patience: Duration::from_secs(4), retry_after: Duration::from_secs(5) }
    }
}

/// Identifies a write; later ones have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct WriteId(pub u64);

/// What is to be written down, all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Which.
    pub id: WriteId,
    /// Records by key; `None` removes one.
    pub records: Vec<(String, Option<Bytes>)>,
    /// Events for the event log, oldest first, each a JSON object.
    pub events: Vec<String>,
}

/// Why the store has not taken a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StoreError {
    /// No space is left on the device.
    #[error("no space is left on the device")]
    Full,
    /// It did not answer in time.
    #[error("the store does not answer")]
    Slow,
    /// Anything else.
    #[error("the store cannot be written")]
    Unavailable,
}

/// What the store is able to do at present.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Works,
    /// It is tried again then.
    Fails(Instant),
}

#[derive(Debug)]
struct UnderWay {
    records: BTreeMap<String, Option<Bytes>>,
    events: Vec<String>,
    deadline: Instant,
}

/// What became of the store, for the node.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It fails from now on.
    Failed(StoreError),
    /// It works again.
    Works,
}

/// What waits for the store. See the [module](self).
#[derive(Debug)]
pub(super) struct Gate {
    settings: StoreSettings,
    /// Our addresses of SIP.
    sip: Vec<SocketAddr>,
    state: State,
    last: u64,
    /// Changed, and not yet in a write.
    unwritten: BTreeMap<String, Option<Bytes>>,
    lines: VecDeque<String>,
    /// Among what is unwritten is something that an answer rests on.
    promised: bool,
    under_way: BTreeMap<WriteId, UnderWay>,
    held: VecDeque<(WriteId, Output)>,
    /// The last write that something for this peer waits for, and how many messages wait.
    waiting: HashMap<SipPath, (WriteId, usize)>,
}

impl Gate {
    pub fn new(settings: StoreSettings, sip: Vec<SocketAddr>) -> Self {
        Self {
            settings,
            sip,
            state: State::Works,
            last: 0,
            unwritten: BTreeMap::new(),
            lines: VecDeque::new(),
            promised: false,
            under_way: BTreeMap::new(),
            held: VecDeque::new(),
            waiting: HashMap::new(),
        }
    }

    /// The peer that a SIP message goes to. `None`: it is something else, which waits for nothing.
    fn peer_of(&self, output: &Output) -> Option<SipPath> {
        match output {
            Output::Transmit(transmit) if self.sip.contains(&transmit.path.local) => {
                Some(transmit.path.into())
            }
            Output::Stream(StreamCommand::Send { path, .. } | StreamCommand::Close { path }) => Some(*path),
            // From our own function to one of another shard: what it promises there rests on what is written here. What has
            // come from outside and is only handed on waits for nothing.
            Output::Handed { path, .. } if self.sip.contains(&path.remote) => Some(*path),
            _ => None,
        }
    }

    /// Whether [`pass`](Self::pass) has anything to do: media goes by without it.
    pub fn concerns<'a>(&self, mut outputs: impl Iterator<Item = &'a Output>) -> bool {
        let changed = !self.unwritten.is_empty() || !self.lines.is_empty();
        (changed && self.state == State::Works)
            || self.promised
            || (!self.waiting.is_empty() && outputs.any(|output| self.peer_of(output).is_some()))
    }

    /// Something is to be written down.
    pub fn note(&mut self, change: Change) {
        self.promised |= change.before_answer;
        self.unwritten.insert(change.key, change.value);
    }

    /// Something is to be put into the event log.
    pub fn log(&mut self, line: String) {
        if self.lines.len() >= MOST_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// An input has been dealt with: `outputs` is what it has caused. Puts back what may leave now, with the write if there
    /// is anything to be written.
    pub fn pass(&mut self, now: Instant, outputs: impl Iterator<Item = Output>, out: &mut VecDeque<Output>) {
        let works = self.state == State::Works;
        let write = works.then(|| self.write(now)).flatten();
        let promised = std::mem::take(&mut self.promised);
        let id = write.as_ref().filter(|_| promised).map(|write| write.id);
        out.extend(write.map(|write| Output::Query(super::Query::Store(write))));
        for output in outputs {
            let peer = self.peer_of(&output);
            let behind = peer.and_then(|peer| self.waiting.get(&peer).map(|(last, _)| *last));
            match (peer, id.or(behind)) {
                (Some(peer), Some(write)) => self.hold(peer, write, output),
                _ => out.push_back(output),
            }
        }
    }

    fn hold(&mut self, peer: SipPath, write: WriteId, output: Output) {
        let (last, count) = self.waiting.entry(peer).or_insert((write, 0));
        *last = (*last).max(write);
        *count = count.saturating_add(1);
        self.held.push_back((*last, output));
    }

    /// The write of everything that is unwritten.
    fn write(&mut self, now: Instant) -> Option<Write> {
        if self.unwritten.is_empty() && self.lines.is_empty() {
            return None;
        }
        self.last = self.last.wrapping_add(1);
        let id = WriteId(self.last);
        let records = std::mem::take(&mut self.unwritten);
        let events: Vec<String> = self.lines.drain(..).collect();
        let deadline = now.checked_add(self.settings.patience).unwrap_or(now);
        let write = Write {
            id,
            records: records.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            events: events.clone(),
        };
        self.under_way.insert(id, UnderWay { records, events, deadline });
        Some(write)
    }

    /// A write was answered. What waited for it may leave, or is given back to be withdrawn.
    pub fn answered(
        &mut self,
        now: Instant,
        id: WriteId,
        outcome: Result<(), StoreError>,
    ) -> (Vec<Output>, Option<Turn>) {
        match outcome {
            Ok(()) => {
                let known = self.under_way.remove(&id).is_some();
                let turn = (known && self.state != State::Works).then(|| {
                    self.state = State::Works;
                    Turn::Works
                });
                (self.release(id), turn)
            }
            Err(error) => self.fail(now, error),
        }
    }

    /// The store does not work: what is under way counts as not written, in its order.
    fn fail(&mut self, now: Instant, error: StoreError) -> (Vec<Output>, Option<Turn>) {
        let newer = std::mem::take(&mut self.unwritten);
        let mut lines = VecDeque::new();
        for (_, write) in std::mem::take(&mut self.under_way) {
            self.unwritten.extend(write.records);
            lines.extend(write.events);
        }
        self.unwritten.extend(newer);
        lines.append(&mut self.lines);
        while lines.len() > MOST_LINES {
            lines.pop_front();
        }
        self.lines = lines;
        let turn = (self.state == State::Works).then_some(Turn::Failed(error));
        self.state = State::Fails(now.checked_add(self.settings.retry_after).unwrap_or(now));
        (self.release(WriteId(u64::MAX)), turn)
    }

    fn release(&mut self, up_to: WriteId) -> Vec<Output> {
        let mut released = Vec::new();
        let mut kept = VecDeque::new();
        for (write, output) in std::mem::take(&mut self.held) {
            if write > up_to {
                kept.push_back((write, output));
                continue;
            }
            if let Some(peer) = self.peer_of(&output)
                && let Some((_, count)) = self.waiting.get_mut(&peer)
            {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.waiting.remove(&peer);
                }
            }
            released.push(output);
        }
        self.held = kept;
        released
    }

    /// Lets happen what is due: a write that takes too long, another attempt.
    pub fn handle_timeout(
        &mut self,
        now: Instant,
        out: &mut VecDeque<Output>,
    ) -> (Vec<Output>, Option<Turn>) {
        let late = self.under_way.values().any(|write| write.deadline <= now);
        match self.state {
            _ if late || self.held.len() > MOST_HELD => return self.fail(now, StoreError::Slow),
            State::Fails(again) if again <= now && self.under_way.is_empty() => {
                let retry = self.settings.retry_after;
                self.state = State::Fails(now.checked_add(retry).unwrap_or(now));
                // Nothing new: a write of nothing tells as well whether it works.
                let write = self.write(now).unwrap_or_else(|| self.probe(now));
                out.push_back(Output::Query(super::Query::Store(write)));
            }
            _ => {}
        }
        (Vec::new(), None)
    }

    fn probe(&mut self, now: Instant) -> Write {
        self.last = self.last.wrapping_add(1);
        let id = WriteId(self.last);
        let deadline = now.checked_add(self.settings.patience).unwrap_or(now);
        let nothing = UnderWay { records: BTreeMap::new(), events: Vec::new(), deadline };
        self.under_way.insert(id, nothing);
        Write { id, records: Vec::new(), events: Vec::new() }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let late = self.under_way.values().map(|write| write.deadline).min();
        let again = match self.state {
            State::Fails(again) if self.under_way.is_empty() => Some(again),
            _ => None,
        };
        [late, again].into_iter().flatten().min()
    }

    pub fn retry_after(&self) -> u32 {
        u32::try_from(self.settings.retry_after.as_secs()).unwrap_or(u32::MAX).max(1)
    }
}
