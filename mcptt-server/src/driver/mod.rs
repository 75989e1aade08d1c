//! The driver: gives a [`Node`] sockets, a clock and an end.
//!
//! One driver runs one node on one thread. Everything it learns goes in through [`Node::handle_input`]; everything the node wants
//! is carried out here. An [`Observer`] sees each datagram and event, which is how logs, captures and the demonstration work.

pub mod clock;
pub mod log;
pub mod shutdown;
pub mod streams;
pub mod udp;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::{Path, Transmit};
use tokio::sync::mpsc;

use crate::node::{Command, Event, Input, Node, NodeConfig, Output};
use streams::{BoundListener, Streams};
use udp::{BoundSocket, Received, Sockets};

/// How long datagrams of one batch are handled before urgent sockets are looked at: a burst of INVITE takes longer.
const PATIENCE: Duration = Duration::from_millis(2);
/// How often the driver looks whether the last call has gone while it shuts down.
const SHUTDOWN_POLL: Duration = Duration::from_millis(20);

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
    config
        .addresses_with_dscp()
        .into_iter()
        .map(|(address, dscp)| {
            let urgency = if floor.contains(&address) { Urgency::Urgent } else { Urgency::Ordinary };
            match BoundSocket::bind(address, dscp) {
                Ok(socket) => Ok(socket.with_urgency(urgency)),
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
    mut control: mpsc::Receiver<Control>,
    observer: &mut impl Observer,
) -> io::Result<()> {
    let Bound { sockets, listeners, streams } = bound.into();
    let sockets = Sockets::attach(sockets)?;
    let streams = Streams::attach(listeners, streams)?;
    let mut driver = Driver { node, sockets, streams, observer, shows_datagrams: true, received: 0, sent: 0 };
    let (mut received, mut urgent) = (Received::new(), Received::new());
    // How far the batch has been handled.
    let mut handled = 0;
    let mut deadline: Option<Instant> = None;
    loop {
        driver.begin_turn();
        driver.timers(clock::now());
        driver.flush();
        if deadline.is_some_and(|deadline| driver.node.call_count() == 0 || clock::now() >= deadline) {
            return Ok(());
        }
        if handled < received.iter().len() {
            if poll_fn(|cx| Poll::Ready(driver.sockets.poll_urgent(cx, &mut urgent))).await {
                driver.receive(&urgent, 0, None);
            }
            handled = driver.receive(&received, handled, Some(PATIENCE));
            continue;
        }
        let wake = deadline.map(|_| clock::now() + SHUTDOWN_POLL);
        let wake = [driver.node.poll_timeout(), wake].into_iter().flatten().min();
        // Timers that are due have had a turn above: here whatever has arrived comes first.
        tokio::select! {
            biased;
            () = poll_fn(|cx| driver.sockets.poll_receive(cx, &mut received)) => {
                handled = driver.receive(&received, 0, Some(PATIENCE));
            }
            arrived = driver.streams.arrived() => driver.take_stream(arrived),
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
            () = sleep_until(wake) => {}
        }
    }
}

/// A node with what surrounds it.
struct Driver<'a, O> {
    node: Node,
    sockets: Sockets,
    streams: Streams,
    observer: &'a mut O,
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
            self.streams.deliver(&mut self.node, arrived);
            self.carry_out();
        }
    }

    /// Carries out what the node wants; datagrams wait for [`flush`](Self::flush).
    fn carry_out(&mut self) {
        self.carry_out_once();
        while self.streams.report_ends(&mut self.node) {
            self.carry_out_once();
        }
    }

    fn carry_out_once(&mut self) {
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Transmit(transmit) => self.send(transmit),
                Output::Stream(command) => self.streams.carry_out(command),
                Output::Looped(transmit) => self.show(Direction::Looped, &transmit),
                Output::Event(event) => self.observer.event(clock::now(), &event),
            }
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
    }

    fn show(&mut self, direction: Direction, transmit: &Transmit) {
        if self.shows_datagrams {
            self.observer.datagram(clock::now(), direction, transmit.path, &transmit.payload);
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
