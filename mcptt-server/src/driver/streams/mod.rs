//! SIP over connections: TCP, TLS and WebSocket, opened by clients or by us (RFC 3261 18, RFC 5923, RFC 7118).
//!
//! Each connection is a task that reads, writes and keeps time limits; the driver sees what arrives and gives
//! [`StreamCommand`]s. A peer that does not read, does not finish its handshake or opens too much is cut off, and nobody
//! else notices.

mod connection;
mod listener;
mod tls;
mod websocket;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use call_control::transport::{SipPath, StreamCommand, StreamEvent, Transport};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::clock;
use super::shards::{ForStreams, Links, Placing};
use crate::config;
use crate::node::{FloorChannelEvent, Input, Node};
use listener::{Admission, Host};

pub use listener::Listen;
pub use tls::{Credentials, TlsError};
pub(super) use tls::{Live, reload_when_changed};

/// Bounds of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time, whoever opened them.
    pub connections: usize,
    /// Connections that one address may have opened.
    pub per_address: usize,
    /// Messages that may wait for a peer that reads slowly; one more ends the connection.
    pub queued: usize,
    /// Octets of one WebSocket message.
    pub message: usize,
    /// Octets per second that one connection may bring, over a second or longer; what comes faster waits in the network.
    pub octets_per_second: usize,
}

impl Settings {
    /// What a configuration file says, for functions at these addresses.
    pub fn new(config: &config::Streams, participating: SocketAddr, controlling: SocketAddr) -> Self {
        let tcp = config.tcp.then_some([participating, controlling]).into_iter().flatten();
        let tcp = tcp.map(|function| Listen { transport: Transport::Tcp, address: function, function });
        let served = |transport, address: Option<SocketAddr>| {
            address.map(|address| Listen { transport, address, function: participating })
        };
        let others = [
            served(Transport::Tls, config.tls),
            served(Transport::Ws, config.ws),
            served(Transport::Wss, config.wss),
        ];
        let credentials = config.credentials.clone().map(|(certificate, key, peers)| Credentials {
            certificate,
            key,
            peers,
        });
        Self {
            listen: tcp.chain(others.into_iter().flatten()).collect(),
            credentials,
            limits: Limits::default(),
            dscp: 0,
        }
    }

    /// The same, with this code point (0 to 63) in everything that is sent.
    #[must_use]
    pub fn marked(self, dscp: u8) -> Self {
        Self { dscp, ..self }
    }

    /// Binds every listener and looks at the certificates.
    ///
    /// # Errors
    /// What cannot be bound or read, and why.
    pub fn bind(&self) -> Result<Vec<BoundListener>, String> {
        if let Some(credentials) = &self.credentials {
            credentials.check().map_err(|error| error.to_string())?;
        }
        let all = self.listen.iter().map(|listen| {
            BoundListener::bind(*listen)
                .map_err(|error| format!("cannot listen on {} {}: {error}", listen.transport, listen.address))
        });
        all.collect()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            per_address: 64,
            queued: 256,
            message: 64 * 1024,
            octets_per_second: 1024 * 1024,
        }
    }
}

/// Everything the streams of a node need.
#[derive(Debug, Default)]
pub struct Settings {
    /// Where connections are taken.
    pub listen: Vec<Listen>,
    /// Certificates for TLS and secure WebSocket. `None`: there is neither.
    pub credentials: Option<Credentials>,
    /// Bounds.
    pub limits: Limits,
    /// Differentiated services code point of what is sent, 0 to 63.
    pub dscp: u8,
}

/// What a connection brought.
pub(in crate::driver) struct Arrived {
    path: SipPath,
    /// Which of the connections that this path has had.
    number: u64,
    what: What,
}

enum What {
    Opened(mpsc::Sender<Bytes>),
    /// It is for floor control, and was opened with this token.
    Floor(String),
    Identified(Vec<String>),
    Octets(Bytes),
    Frame(Bytes),
    Closed,
}

/// The connections of one driver.
pub(in crate::driver) struct Streams {
    arrivals: mpsc::Receiver<Arrived>,
    connections: HashMap<SipPath, Open>,
    /// Ends that came from our side of a command.
    ended: VecDeque<SipPath>,
    host: Host,
    limits: Limits,
}

struct Open {
    number: u64,
    sender: mpsc::Sender<Bytes>,
    /// It is for floor control.
    floor: bool,
}

/// Arrivals that may wait for the node; then connections stop reading.
const WAITING_ARRIVALS: usize = 1_024;

impl Streams {
    /// Takes connections on every listener.
    ///
    /// # Errors
    /// The error of the operating system when a listener cannot be attached to the runtime.
    pub(super) fn attach(
        listeners: Vec<BoundListener>,
        settings: Settings,
        placing: &Placing,
    ) -> io::Result<Self> {
        let (reporter, arrivals) = mpsc::channel(WAITING_ARRIVALS);
        let admission = Arc::new(Admission::new(settings.limits, settings.dscp));
        let credentials = settings.credentials.map(|credentials| Arc::new(tls::Live::new(credentials)));
        if let Some(credentials) = &credentials {
            tls::reload_when_changed(Arc::clone(credentials));
        }
        let host = Host { admission: Arc::clone(&admission), credentials, reporter: reporter.clone() };
        for BoundListener { listen, listener } in listeners {
            let listener = TcpListener::from_std(listener)?;
            tokio::spawn(listener::accept(listen, listener, host.clone(), placing.clone()));
        }
        Ok(Self {
            arrivals,
            connections: HashMap::new(),
            ended: VecDeque::new(),
            host,
            limits: settings.limits,
        })
    }

    /// The next thing that a connection brings. Waits for ever where there is none.
    pub(super) async fn arrived(&mut self) -> Option<Arrived> {
        self.arrivals.recv().await
    }

    /// Hands an arrival to the node.
    pub(super) fn deliver(&mut self, node: &mut Node, links: &Links, arrived: Arrived) {
        let Arrived { path, number, what } = arrived;
        if let What::Opened(sender) = what {
            self.connections.insert(path, Open { number, sender, floor: false });
            return;
        }
        // What an earlier connection on the same path still had to say is of no use.
        let Some(open) = self.connections.get_mut(&path).filter(|open| open.number == number) else { return };
        if let What::Floor(_) = what {
            open.floor = true;
        }
        if open.floor {
            return self.deliver_floor(node, path, &what);
        }
        let event = match &what {
            What::Opened(_) | What::Floor(_) => return,
            What::Identified(names) => StreamEvent::Identified(names),
            What::Octets(octets) => StreamEvent::Octets(octets),
            What::Frame(frame) => StreamEvent::Frame(frame),
            What::Closed => {
                self.connections.remove(&path);
                StreamEvent::Closed
            }
        };
        links.tell(path, &event);
        node.handle_input(clock::now(), Input::Stream { path, event });
    }

    /// Takes what is for the connections that are kept here.
    pub(super) fn take(&mut self, what: ForStreams) {
        match what {
            ForStreams::Command(command) => self.carry_out(command),
            ForStreams::Accepted(listen, stream, remote) => self.host.take(listen, stream, remote),
        }
    }

    /// The same for a connection of floor control.
    fn deliver_floor(&mut self, node: &mut Node, path: SipPath, what: &What) {
        let event = match what {
            What::Floor(token) => FloorChannelEvent::Opened { token },
            What::Frame(frame) => FloorChannelEvent::Message(frame),
            What::Closed => {
                self.connections.remove(&path);
                FloorChannelEvent::Closed
            }
            What::Opened(_) | What::Identified(_) | What::Octets(_) => return,
        };
        node.handle_input(clock::now(), Input::FloorChannel { path, event });
    }

    /// Does what the node wants done with a connection.
    fn carry_out(&mut self, command: StreamCommand) {
        match command {
            StreamCommand::Send { path, payload } => {
                if !self.connections.contains_key(&path) && !self.open(path) {
                    self.ended.push_back(path);
                    return;
                }
                let Some(open) = self.connections.get(&path) else { return };
                if open.sender.try_send(payload).is_err() {
                    // It reads too slowly, or its end is under way.
                    self.connections.remove(&path);
                    self.ended.push_back(path);
                }
            }
            StreamCommand::Close { path } => {
                self.connections.remove(&path);
            }
            _ => {}
        }
    }

    /// Tells the node which connections have ended in [`Streams::carry_out`]; `false` when there was none.
    pub(super) fn report_ends(&mut self, node: &mut Node, links: &Links) -> bool {
        let any = !self.ended.is_empty();
        while let Some(path) = self.ended.pop_front() {
            links.tell(path, &StreamEvent::Closed);
            node.handle_input(clock::now(), Input::Stream { path, event: StreamEvent::Closed });
            // The node knows which of the two it was.
            node.handle_input(clock::now(), Input::FloorChannel { path, event: FloorChannelEvent::Closed });
        }
        any
    }

    /// Starts to open a connection; what is sent meanwhile waits for it. `false` when that is not possible.
    fn open(&mut self, path: SipPath) -> bool {
        let Some(guard) = self.host.admission.admit(None) else { return false };
        if !path.transport.can_be_opened() {
            return false;
        }
        let connector = match (path.transport, &self.host.credentials) {
            (Transport::Tls, None) => return false,
            (Transport::Tls, Some(credentials)) => Some(Arc::clone(credentials)),
            _ => None,
        };
        let (sender, outgoing) = mpsc::channel(self.limits.queued);
        let number = guard.number;
        self.connections.insert(path, Open { number, sender, floor: false });
        let (reporter, limits) = (self.host.reporter.clone(), self.limits);
        tokio::spawn(async move {
            match connection::connect(path, connector, &guard.admission).await {
                Some((wire, names)) => {
                    connection::identify(&reporter, path, number, names).await;
                    connection::run(path, wire, guard, outgoing, reporter, limits).await;
                }
                None => connection::report(&reporter, path, number, What::Closed).await,
            }
        });
        true
    }
}

/// A listener that is bound but not yet attached to a runtime.
#[derive(Debug)]
pub struct BoundListener {
    listen: Listen,
    listener: std::net::TcpListener,
}

impl BoundListener {
    /// Binds the address; port 0 lets the operating system choose.
    ///
    /// # Errors
    /// The error of the operating system when the address is in use or not ours.
    pub fn bind(listen: Listen) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(listen.address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listen, listener })
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
