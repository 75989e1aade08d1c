//! The driver: gives a [`Node`] sockets, a clock and an end.
//!
//! One driver runs one node on one thread. Everything it learns goes in through [`Node::handle_input`]; everything the node wants
//! is carried out here. An [`Observer`] sees each datagram and event, which is how logs, captures and the demonstration work.

mod authorities;
pub mod clock;
pub mod cores;
pub mod keys;
pub mod kms;
pub mod library;
pub mod log;
pub mod metrics;
pub mod names;
pub mod off_network;
pub mod recording;
pub mod service;
pub mod shards;
pub mod shutdown;
#[cfg(feature = "otel")]
pub mod spans;
pub mod store;
pub mod streams;
pub mod tokens;
pub mod udp;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::DocumentChange;
use mcptt_codec::{Path, Transmit};
use tokio::sync::mpsc;

use crate::node::{self, Command, Event, Input, Node, NodeConfig, Output, Query, WriteId};
use keys::KeyDesk;
use names::Names;
use recording::Recorder;
use shards::{ForStreams, Handover, Links};
use store::Store;
use streams::{BoundListener, Streams};
use udp::{BoundSocket, Received, Sockets};

/// How long datagrams of one batch are handled before urgent sockets are looked at: a burst of INVITE takes longer.
const PATIENCE: Duration = Duration::from_millis(2);
/// How often the driver looks whether the last call has gone while it shuts down.
const SHUTDOWN_POLL: Duration = Duration::from_millis(20);

/// How often the node is told the wall clock.
const WALL_CLOCK: Duration = Duration::from_secs(10);

/// The longest wait that is believed: a wall clock may be set.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What the driver can be told from outside while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Release all calls with BYE, wait for them up to `grace`, then stop.
    ShutDown {
        /// How long calls may take to be released.
        grace: Duration,
    },
}

/// Which way a datagram went, seen from the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the network.
    Received,
    /// To the network.
    Sent,
    /// Between two functions of this node.
    Looped,
}

/// Whether a socket may have to wait behind others that are read before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It may.
    Ordinary,
    /// Only behind one batch. Floor control: little, and somebody waits for the answer with a finger on the button.
    Urgent,
}

/// Sees everything that passes through a driver. Must not block.
pub trait Observer {
    /// Whether [`datagram`](Self::datagram) is wanted at all; asked once in a while. An observer that does without costs
    /// nothing for each packet: no copy, no clock.
    fn wants_datagrams(&self) -> bool {
        true
    }
    /// A datagram passed at `at`. For [`Direction::Received`] `path.remote` is its source, otherwise its destination. What is
    /// [`Direction::Sent`] leaves within the same turn of the driver, in this order, unless
    /// [`send_failed`](Self::send_failed) follows.
    fn datagram(&mut self, at: Instant, direction: Direction, path: Path, payload: &Bytes);
    /// The node reported something.
    fn event(&mut self, at: Instant, event: &Event);
    /// A datagram could not be sent and is lost.
    fn send_failed(&mut self, path: Path, error: &io::Error);
    /// So many datagrams were read and handed to the sockets since the last time.
    fn passed(&mut self, received: usize, sent: usize) {
        let _ = (received, sent);
    }
    /// So many datagrams of media and floor control were dropped by the kernel, in all; told before the figures.
    fn dropped(&mut self, total: u64) {
        let _ = total;
    }
    /// How often [`figures`](Self::figures) is wanted. `None`: never, and nothing is measured.
    fn figures_every(&self) -> Option<Duration> {
        None
    }
    /// The node, to look at its counters.
    fn figures(&mut self, at: Instant, node: &Node) {
        let _ = (at, node);
    }
    /// A batch of datagrams, or a part of it, was dealt with: so long after it was read all that it has caused is handed over.
    fn turned(&mut self, took: Duration) {
        let _ = took;
    }
    /// What has come had waited for so long.
    fn waited(&mut self, wait: Duration) {
        let _ = wait;
    }
    /// The store has answered a write after so long.
    fn stored(&mut self, took: Duration) {
        let _ = took;
    }
    /// A timer of the node that was due at `due` is looked at at `at`, which is never earlier.
    fn woken(&mut self, due: Instant, at: Instant) {
        let _ = (due, at);
    }
}

/// Binds every address the configuration names, each marked with the code point of its traffic.
///
/// # Errors
/// The address that could not be bound and the reason of the operating system.
pub fn bind(config: &NodeConfig) -> Result<Vec<BoundSocket>, (SocketAddr, io::Error)> {
    let floor = config.floor_addresses();
    let sip = config.sip_addresses();
    let audio = match config.call_control.groups.iter().any(|group| group.multicast.is_some()) {
        true => config.audio_addresses(),
        false => Vec::new(),
    };
    config
        .addresses_with_dscp()
        .into_iter()
        .map(|(address, dscp)| {
            let urgency = if floor.contains(&address) { Urgency::Urgent } else { Urgency::Ordinary };
            let shared = config.call_control.shard.is_some() && sip.contains(&address);
            let bound = if shared {
                BoundSocket::bind_shared(address, dscp)
            } else {
                BoundSocket::bind(address, dscp)
            };
            let bound = match audio.contains(&address) {
                true => bound.and_then(|socket| socket.with_multicast(&config.media_plane.multicast)),
                false => bound,
            };
            match bound {
                Ok(socket) if sip.contains(&address) => Ok(socket.with_urgency(urgency).with_stamps()),
                Ok(socket) => Ok(socket.with_urgency(urgency).with_drops()),
                Err(error) => Err((address, error)),
            }
        })
        .collect()
}

/// What a driver is attached to.
#[derive(Debug, Default)]
pub struct Bound {
    /// Sockets for datagrams.
    pub sockets: Vec<BoundSocket>,
    /// Listeners for connections.
    pub listeners: Vec<BoundListener>,
    /// Certificates and bounds of connections.
    pub streams: streams::Settings,
    /// Whom to ask for names.
    pub names: names::Settings,
    /// Who takes the keys of clients out of their messages.
    pub keys: Option<KeyDesk>,
    /// What survives a restart; a node with a store needs it.
    pub store: Option<Store>,
    /// Documents that come, change and go.
    pub documents: Option<mpsc::Receiver<DocumentChange>>,
    /// Who writes what is said. Without one nothing of it is kept.
    pub recorder: Option<Recorder>,
}

impl From<Vec<BoundSocket>> for Bound {
    /// Datagrams alone; the node may still open connections.
    fn from(sockets: Vec<BoundSocket>) -> Self {
        Self { sockets, ..Self::default() }
    }
}

/// Runs `node` on what was bound until told to shut down through `control` (or until its sender is dropped).
///
/// Timers are looked at before each datagram, so that neither a flood nor a large fan-out makes them late by more than one
/// datagram takes; they never act early, because the node is asked when they are due.
///
/// # Errors
/// The error of the operating system when a socket cannot be attached to the runtime.
pub async fn run(
    node: Node,
    bound: impl Into<Bound>,
    control: mpsc::Receiver<Control>,
    observer: &mut impl Observer,
) -> io::Result<()> {
    run_shard(node, bound, Links::alone(), control, observer).await
}

/// As [`run`], for one of several nodes that serve together.
///
/// # Errors
/// As [`run`].
pub async fn run_shard(
    node: Node,
    bound: impl Into<Bound>,
    links: Links,
    mut control: mpsc::Receiver<Control>,
    observer: &mut impl Observer,
) -> io::Result<()> {
    let Bound { sockets, listeners, streams, names, keys, store, mut documents, recorder } = bound.into();
    let sockets = Sockets::attach(sockets)?;
    let streams = Streams::attach(listeners, streams, links.placing())?;
    let names = Names::attach(names);
    let mut driver = Driver {
        node,
        sockets,
        streams,
        names,
        keys,
        store,
        recorder,
        links,
        measures: observer.figures_every(),
        observer,
        read: None,
        writing: VecDeque::new(),
        shows_datagrams: true,
        received: 0,
        sent: 0,
    };
    let (mut received, mut urgent) = (Received::new(), Received::new());
    // How far the batch has been handled.
    let mut handled = 0;
    let mut deadline: Option<Instant> = None;
    let mut tell_clock = clock::now();
    let mut alarm = pin!(tokio::time::sleep_until(tell_clock.into()));
    let mut leave_figures = driver.measures.map(|_| tell_clock);
    loop {
        driver.begin_turn();
        let now = clock::now();
        if tell_clock <= now {
            tell_clock = now + WALL_CLOCK;
            driver.input(now, Input::WallClock(clock::wall()));
        }
        if let (Some(every), Some(due)) = (driver.measures, leave_figures)
            && due <= now
        {
            leave_figures = Some(now + every);
            driver.observer.dropped(driver.sockets.dropped());
            driver.observer.figures(now, &driver.node);
        }
        driver.timers(now);
        driver.flush();
        if deadline.is_some_and(|deadline| driver.node.is_released() || clock::now() >= deadline) {
            return Ok(());
        }
        if handled < received.iter().len() {
            if driver.sockets.poll_urgent(&mut urgent) {
                driver.receive(&urgent, 0, None);
            }
            handled = driver.receive(&received, handled, Some(PATIENCE));
            continue;
        }
        let wake = deadline.map(|_| clock::now() + SHUTDOWN_POLL);
        let wake = [driver.node.poll_timeout(), wake, leave_figures];
        let wake = wake.into_iter().flatten().fold(tell_clock, Instant::min);
        // Most turns leave it where it is, which costs nothing.
        if alarm.deadline() != wake.into() {
            alarm.as_mut().reset(wake.into());
        }
        // Timers that are due have had a turn above: here whatever has arrived comes first.
        tokio::select! {
            biased;
            () = poll_fn(|cx| driver.sockets.poll_receive(cx, &mut received)) => {
                handled = driver.receive(&received, 0, Some(PATIENCE));
            }
            handover = driver.links.received() => driver.take_handovers(handover),
            arrived = driver.streams.arrived() => driver.take_stream(arrived),
            answered = driver.names.answered() => driver.take_answer(answered.map(Into::into)),
            changed = next_change(&mut documents) => match changed {
                Some(change) => driver.input(clock::now(), Input::Document(change)),
                None => documents = None,
            },
            answered = keyed(&mut driver.keys) => driver.take_answer(answered.map(Input::Answer)),
            answered = stored(&mut driver.store) => driver.take_answer(answered.map(Input::Answer)),
            told = control.recv(), if deadline.is_none() => {
                let grace = match told {
                    Some(Control::ShutDown { grace }) => grace,
                    None => Duration::ZERO,
                };
                let now = clock::now();
                deadline = Some(now + grace);
                driver.node.handle_input(now, Input::Command(Command::ReleaseAll));
                driver.carry_out();
            }
            () = alarm.as_mut() => {}
        }
    }
}

/// A node with what surrounds it.
struct Driver<'a, O> {
    node: Node,
    sockets: Sockets,
    streams: Streams,
    names: Names,
    keys: Option<KeyDesk>,
    store: Option<Store>,
    recorder: Option<Recorder>,
    links: Links,
    observer: &'a mut O,
    /// How often the observer wants figures; if it does, it is told how long things take, too.
    measures: Option<Duration>,
    /// When the datagrams were read that are dealt with in this turn, where that is measured.
    read: Option<Instant>,
    /// Writes that the store has not answered, and since when, where that is measured.
    writing: VecDeque<(WriteId, Instant)>,
    /// Whether the observer wants datagrams in this turn.
    shows_datagrams: bool,
    /// Datagrams in this turn.
    received: usize,
    sent: usize,
}

impl<O: Observer> Driver<'_, O> {
    fn begin_turn(&mut self) {
        self.shows_datagrams = self.observer.wants_datagrams();
        if (self.received, self.sent) != (0, 0) {
            self.observer.passed(self.received, self.sent);
            (self.received, self.sent) = (0, 0);
        }
    }

    /// Lets timers act that are due.
    fn timers(&mut self, now: Instant) {
        let Some(due) = self.node.poll_timeout().filter(|due| *due <= now) else { return };
        self.observer.woken(due, now);
        self.node.handle_timeout(now);
        self.carry_out();
    }

    /// Handles a batch from the datagram number `first` on, as long as there is patience; how far that went.
    fn receive(&mut self, received: &Received, first: usize, patience: Option<Duration>) -> usize {
        let begun = clock::now();
        let mut now = begun;
        if self.measures.is_some() && self.read.is_none() {
            self.read = Some(begun);
        }
        if let (0, Some(arrived)) = (first, received.arrived()) {
            let waited = clock::wall().duration_since(arrived).unwrap_or_default();
            self.observer.waited(waited.min(LONGEST_WAIT));
            self.node.handle_input(now, Input::Waited(waited.min(LONGEST_WAIT)));
        }
        for (number, (path, bytes)) in received.iter().enumerate().skip(first) {
            if patience.is_some_and(|patience| now.saturating_duration_since(begun) >= patience) {
                return number;
            }
            self.timers(now);
            self.received += 1;
            if self.shows_datagrams {
                let copy = Bytes::copy_from_slice(bytes);
                self.observer.datagram(now, Direction::Received, path, &copy);
            }
            self.node.handle_input(now, Input::Datagram { path, bytes });
            self.carry_out();
            now = clock::now();
        }
        received.iter().len()
    }

    fn take_stream(&mut self, arrived: Option<streams::Arrived>) {
        if let Some(arrived) = arrived {
            self.streams.deliver(&mut self.node, &self.links, arrived);
            self.carry_out();
        }
    }

    /// Handles what other shards have given, no more than a batch at a time.
    fn take_handovers(&mut self, first: Handover) {
        let mut next = Some(first);
        for _ in 0..udp::RECEIVE_BATCH {
            let Some(handover) = next else { return };
            if let Some(what) = shards::take(&mut self.node, handover) {
                self.streams.take(what);
            }
            self.carry_out();
            self.timers(clock::now());
            next = self.links.waiting();
        }
        // The last one that was taken out is not lost.
        if let Some(handover) = next
            && let Some(what) = shards::take(&mut self.node, handover)
        {
            self.streams.take(what);
        }
        self.carry_out();
    }

    fn take_answer(&mut self, answered: Option<Input<'_>>) {
        if let Some(answered) = answered {
            self.measure_write(&answered);
            self.input(clock::now(), answered);
        }
    }

    /// The store answers in the order in which it was given.
    fn measure_write(&mut self, answered: &Input<'_>) {
        let Input::Answer(node::Answer::Stored { id, .. }) = answered else { return };
        while let Some((write, since)) = self.writing.pop_front() {
            if write == *id {
                self.observer.stored(clock::now().saturating_duration_since(since));
                return;
            }
        }
    }

    fn input(&mut self, now: Instant, input: Input<'_>) {
        self.node.handle_input(now, input);
        self.carry_out();
    }

    /// Carries out what the node wants; datagrams wait for [`flush`](Self::flush).
    fn carry_out(&mut self) {
        self.carry_out_once();
        while self.streams.report_ends(&mut self.node, &self.links) {
            self.carry_out_once();
        }
    }

    fn carry_out_once(&mut self) {
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Transmit(transmit) => self.send(transmit),
                Output::Stream(command) => {
                    let host = command.path().remote.ip();
                    let kept = self.links.placing().place(host, ForStreams::Command(command));
                    if let Some(command) = kept {
                        self.streams.take(command);
                    }
                }
                Output::Handed { shard, function, path, message, round } => {
                    let at = clock::now();
                    self.links.hand(shard, Handover::Message { function, path, message, round, at });
                }
                Output::Told(notice) => self.links.notice(&notice),
                Output::Query(query) => self.ask(query),
                Output::Looped(transmit) => self.show(Direction::Looped, &transmit),
                Output::Event(event) => self.observer.event(clock::now(), &event),
                Output::Record(record) => {
                    if let Some(recorder) = &self.recorder {
                        recorder.take(record);
                    }
                }
            }
        }
    }

    fn ask(&mut self, query: Query) {
        match (query, &mut self.store) {
            (Query::Names { function, query }, _) => self.names.ask(function, query),
            (Query::Key(upload), _) => {
                let refused = match &mut self.keys {
                    Some(keys) => keys.ask(upload, clock::wall()),
                    None => Some(node::Answer::Key { id: upload.id, outcome: node::KeyOutcome::Busy }),
                };
                if let Some(refused) = refused {
                    self.node.handle_input(clock::now(), Input::Answer(refused));
                }
            }
            (Query::Seal(request), _) => {
                let id = request.id;
                let refused = match &mut self.keys {
                    Some(keys) => keys.seal(request, clock::wall()),
                    None => Some(node::Answer::Sealed { id, messages: None }),
                };
                if let Some(refused) = refused {
                    self.node.handle_input(clock::now(), Input::Answer(refused));
                }
            }
            (Query::Load, Some(store)) => {
                let loaded = store.take_loaded();
                self.node.handle_input(clock::now(), Input::Answer(loaded));
            }
            (Query::Store(write), Some(store)) => {
                if self.measures.is_some() {
                    self.writing.push_back((write.id, clock::now()));
                }
                store.write(write);
            }
            // A node with a store that was given none: it learns that nothing is kept.
            (Query::Store(write), None) => {
                let outcome = Err(node::StoreError::Unavailable);
                let answer = node::Answer::Stored { id: write.id, outcome };
                self.node.handle_input(clock::now(), Input::Answer(answer));
            }
            (Query::Load, None) => {}
        }
    }

    fn send(&mut self, transmit: Transmit) {
        self.show(Direction::Sent, &transmit);
        self.sent += 1;
        let path = transmit.path;
        let observer = &mut *self.observer;
        if let Err(error) = self.sockets.send(transmit, |path, error| observer.send_failed(path, error)) {
            self.observer.send_failed(path, &error);
        }
    }

    fn flush(&mut self) {
        let observer = &mut *self.observer;
        self.sockets.flush(|path, error| observer.send_failed(path, error));
        if let Some(read) = self.read.take() {
            self.observer.turned(clock::now().saturating_duration_since(read));
        }
    }

    fn show(&mut self, direction: Direction, transmit: &Transmit) {
        if self.shows_datagrams {
            self.observer.datagram(clock::now(), direction, transmit.path, &transmit.payload);
        }
    }
}

/// The next change of a document; without a library there is none.
async fn next_change(documents: &mut Option<mpsc::Receiver<DocumentChange>>) -> Option<DocumentChange> {
    match documents {
        Some(documents) => documents.recv().await,
        None => std::future::pending().await,
    }
}

/// The next key that has come out of its message; without keys there is none.
async fn keyed(keys: &mut Option<KeyDesk>) -> Option<node::Answer> {
    match keys {
        Some(keys) => keys.answered().await,
        None => std::future::pending().await,
    }
}

/// The next answer of the store; without one there is none.
async fn stored(store: &mut Option<Store>) -> Option<node::Answer> {
    match store {
        Some(store) => store.answered().await,
        None => std::future::pending().await,
    }
}
