//! The driver: gives a [`Node`] sockets, a clock and an end.
//!
//! One driver runs one node on one thread. Everything it learns goes in through [`Node::handle_input`]; everything the node wants
//! is carried out here. An [`Observer`] sees each datagram and event, which is how logs, captures and the demonstration work.

pub mod clock;
pub mod log;
pub mod shutdown;
pub mod udp;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;
use tokio::sync::mpsc;

use crate::node::{Command, Event, Input, Node, NodeConfig, Output};
use udp::{BoundSocket, MAX_DATAGRAM, Sockets};

/// Datagrams read in one turn before timers are looked at again.
const DATAGRAMS_PER_TURN: usize = 64;
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

/// Sees everything that passes through a driver. Must not block.
pub trait Observer {
    /// A datagram passed at `at`. For [`Direction::Received`] `path.remote` is its source, otherwise its destination.
    fn datagram(&mut self, at: Instant, direction: Direction, path: Path, payload: &Bytes);
    /// The node reported something.
    fn event(&mut self, at: Instant, event: &Event);
    /// A datagram could not be sent and is lost.
    fn send_failed(&mut self, path: Path, error: &io::Error);
}

/// Binds every address the configuration names, each marked with the code point of its traffic.
///
/// # Errors
/// The address that could not be bound and the reason of the operating system.
pub fn bind(config: &NodeConfig) -> Result<Vec<BoundSocket>, (SocketAddr, io::Error)> {
    config
        .addresses_with_dscp()
        .into_iter()
        .map(|(address, dscp)| BoundSocket::bind(address, dscp).map_err(|error| (address, error)))
        .collect()
}

/// Runs `node` on `sockets` until told to shut down through `control` (or until its sender is dropped).
///
/// # Errors
/// The error of the operating system when a socket cannot be attached to the runtime.
pub async fn run(
    mut node: Node,
    sockets: Vec<BoundSocket>,
    mut control: mpsc::Receiver<Control>,
    observer: &mut impl Observer,
) -> io::Result<()> {
    let mut sockets = Sockets::attach(sockets)?;
    let mut buffer = vec![0; MAX_DATAGRAM];
    let mut deadline: Option<Instant> = None;
    loop {
        carry_out(&mut node, &sockets, observer);
        if deadline.is_some_and(|deadline| node.call_count() == 0 || clock::now() >= deadline) {
            return Ok(());
        }
        let wake = deadline.map(|_| clock::now() + SHUTDOWN_POLL);
        let wake = [node.poll_timeout(), wake].into_iter().flatten().min();
        tokio::select! {
            (local, remote, length) = poll_fn(|cx| sockets.poll_receive(cx, &mut buffer)) => {
                receive(&mut node, observer, Path { local, remote }, &buffer[..length]);
                for _ in 1..DATAGRAMS_PER_TURN {
                    let Some((local, remote, length)) = ready(&mut sockets, &mut buffer).await else { break };
                    carry_out(&mut node, &sockets, observer);
                    receive(&mut node, observer, Path { local, remote }, &buffer[..length]);
                }
            }
            () = sleep_until(wake) => node.handle_timeout(clock::now()),
            told = control.recv(), if deadline.is_none() => {
                let grace = match told {
                    Some(Control::ShutDown { grace }) => grace,
                    None => Duration::ZERO,
                };
                let now = clock::now();
                deadline = Some(now + grace);
                node.handle_input(now, Input::Command(Command::ReleaseAll));
            }
        }
    }
}

fn receive(node: &mut Node, observer: &mut impl Observer, path: Path, bytes: &[u8]) {
    let now = clock::now();
    observer.datagram(now, Direction::Received, path, &Bytes::copy_from_slice(bytes));
    node.handle_input(now, Input::Datagram { path, bytes });
}

fn carry_out(node: &mut Node, sockets: &Sockets, observer: &mut impl Observer) {
    while let Some(output) = node.poll_output() {
        match output {
            Output::Transmit(transmit) => {
                let Path { local, remote } = transmit.path;
                if let Err(error) = sockets.send(local, remote, &transmit.payload) {
                    observer.send_failed(transmit.path, &error);
                }
                observer.datagram(clock::now(), Direction::Sent, transmit.path, &transmit.payload);
            }
            Output::Looped(transmit) => {
                observer.datagram(clock::now(), Direction::Looped, transmit.path, &transmit.payload);
            }
            Output::Event(event) => observer.event(clock::now(), &event),
        }
    }
}

/// A datagram that is there already, without waiting for one.
async fn ready(sockets: &mut Sockets, buffer: &mut [u8]) -> Option<(SocketAddr, SocketAddr, usize)> {
    poll_fn(|cx| match sockets.poll_receive(cx, buffer) {
        std::task::Poll::Ready(received) => std::task::Poll::Ready(Some(received)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
