//! [`Serving`]: our server on real sockets, honest or faulty, with everything recorded that crosses them. Clients are tested
//! against it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::sip::{Limits, SipMessage};
use mcptt_codec::xml::mime;
use mcptt_server::node::{Input, Node, NodeConfig, Output};

use crate::capture::Frame;
use crate::rig::remote::{Remote, Site};
use crate::tamper::{Known, Passed, Relay, Way};

/// Longest wait for a datagram, so that the end of a run is noticed.
const LOOK: Duration = Duration::from_millis(20);
/// Clients that are told apart.
const MAX_CLIENTS: usize = 1000;
/// Ports of audio and of floor control.
const MEDIA_PORTS: u16 = 32;

/// A running server.
pub struct Serving {
    node: Node,
    remote: Remote,
    relay: Relay,
    clients: Vec<Known>,
    /// Whose address this is.
    of: HashMap<SocketAddr, usize>,
    began: Instant,
    epoch: Duration,
    now: Instant,
    frames: Vec<Frame>,
    /// Frames kept.
    most: usize,
}

impl Serving {
    /// The embedded configuration with this change, everything on loopback from this port on: it takes a hundred.
    ///
    /// # Errors
    /// When the change does not fit.
    pub fn configuration(change: &str, base: u16) -> Result<NodeConfig, String> {
        let read =
            |text: &str| text.parse::<toml::Table>().map_err(|error| format!("configuration: {error}"));
        let mut table = read(mcptt_server::config::DEFAULT)?;
        let change = read(change)?;
        crate::rig::merge(&mut table, change);
        let mut config =
            mcptt_server::config::parse(&table.to_string()).map_err(|error| error.to_string())?;
        let at = |offset: u16| {
            let port = base.checked_add(offset).ok_or_else(|| format!("{base}: a port up to 65000"));
            port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        };
        let (control, range) = (&mut config.call_control, |first: u16, count: u16| {
            Ok::<_, String>(at(first)?.port()..=at(first + count - 1)?.port())
        });
        control.participating.address = at(0)?;
        control.controlling.address = at(2)?;
        control.media.address = at(0)?.ip();
        control.media.audio_ports = range(10, MEDIA_PORTS)?;
        control.media.floor_ports = range(10 + MEDIA_PORTS, MEDIA_PORTS / 2)?;
        control.pre_established.audio_ports = range(60, 16)?;
        control.pre_established.floor_ports = range(80, 8)?;
        Ok(config)
    }

    /// Opens the sockets.
    ///
    /// # Errors
    /// When the configuration does not fit together or an address is taken.
    pub fn start(config: NodeConfig, relay: Relay, seed: u8) -> Result<Self, String> {
        let identity = config.call_control.participating.identity.clone();
        let participating = config.call_control.participating.address;
        let addresses: Vec<SocketAddr> =
            config.addresses_with_dscp().into_iter().map(|(address, _)| address).collect();
        let mut remote = Remote::new(Site {
            transport: Default::default(),
            participating,
            participating_identity: identity,
            clients: participating.ip(),
            first_port: participating.port(),
            tokens: Default::default(),
        });
        for address in addresses {
            remote.attend(address).map_err(|error| format!("{address}: {error}"))?;
        }
        let (began, epoch) = remote.begin();
        let node = Node::new(config, [seed; 32], began).map_err(|error| error.to_string())?;
        Ok(Self {
            node,
            remote,
            relay,
            clients: Vec::new(),
            of: HashMap::new(),
            began,
            epoch,
            now: began,
            frames: Vec::new(),
            most: usize::MAX,
        })
    }

    /// Keeps at most so many frames, the first ones.
    #[must_use]
    pub fn keeping(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Goes on in a thread of its own.
    pub fn in_background(mut self) -> Background {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                self.turn();
            }
            let end = self.epoch + self.now.saturating_duration_since(self.began);
            (std::mem::take(&mut self.frames), end)
        });
        Background { over, thread: Some(thread) }
    }

    /// Serves what there is, and waits a moment if there is nothing.
    pub fn turn(&mut self) {
        self.send_outputs();
        let due = [self.node.poll_timeout(), self.relay.next()].into_iter().flatten().min();
        let look = self.now + LOOK;
        self.remote.wait(due.map_or(look, |due| due.min(look)));
        let (now, arrivals) = self.remote.arrivals();
        for arrival in arrivals {
            self.now = self.now.max(arrival.at);
            self.learn(arrival.source, arrival.source, &arrival.payload);
            self.record(arrival.source, arrival.destination, arrival.payload.clone());
            let path = Path { local: arrival.source, remote: arrival.destination };
            let passed = self.relay.pass(Way::FromClient, path, arrival.payload, &self.clients);
            self.leave(passed);
        }
        self.now = self.now.max(now);
        while let Some(one) = self.relay.release(self.now) {
            self.leave_now(one);
        }
        if self.node.poll_timeout().is_some_and(|at| at <= self.now) {
            self.node.handle_timeout(self.now);
        }
        self.send_outputs();
    }

    fn send_outputs(&mut self) {
        while let Some(output) = self.node.poll_output() {
            let Output::Transmit(transmit) = output else { continue };
            self.learn(transmit.path.remote, transmit.path.local, &transmit.payload);
            let passed = self.relay.pass(Way::ToClient, transmit.path, transmit.payload, &self.clients);
            self.leave(passed);
        }
    }

    fn leave(&mut self, passed: Vec<Passed>) {
        for one in passed {
            if one.delay.is_zero() { self.leave_now(one) } else { self.relay.hold(self.now, one) }
        }
    }

    /// To the node if it comes from a client, otherwise to the client.
    fn leave_now(&mut self, Passed { path, payload, .. }: Passed) {
        if self.remote.attends(path.local) {
            self.record(path.local, path.remote, payload.clone());
            self.remote.send(path.local, path.remote, &payload);
        } else {
            let inward = Path { local: path.remote, remote: path.local };
            self.node.handle_input(self.now, Input::Datagram { path: inward, bytes: &payload });
        }
    }

    fn record(&mut self, source: SocketAddr, destination: SocketAddr, payload: Bytes) {
        if self.frames.len() >= self.most {
            return;
        }
        self.frames.push(Frame {
            number: u64::try_from(self.frames.len()).unwrap_or(u64::MAX).saturating_add(1),
            time: self.epoch + self.now.saturating_duration_since(self.began),
            source,
            destination,
            transport: Default::default(),
            payload,
            truncated: false,
            comments: Vec::new(),
        });
    }

    /// Who is where, as SIP and session descriptions tell; `speaker` has written the message.
    fn learn(&mut self, client: SocketAddr, speaker: SocketAddr, payload: &Bytes) {
        let Ok(message) = SipMessage::decode(payload, &Limits::default()) else { return };
        let of = match self.of.get(&client) {
            Some(of) => *of,
            None if client == speaker && self.clients.len() < MAX_CLIENTS => {
                let Ok(from) = message.headers().from_address() else { return };
                let user = from.uri.bare().to_string();
                let name = user.split('@').next().and_then(|user| user.split(':').next_back());
                let name = name.unwrap_or_default().to_owned();
                self.clients.push(Known { name, client: [client; 3], server: [None; 3] });
                self.of.insert(client, self.clients.len() - 1);
                self.clients.len() - 1
            }
            None => return,
        };
        let Some(known) = self.clients.get_mut(of) else { return };
        let parts = match &message {
            SipMessage::Request(request) => request.parts(&Limits::default()),
            SipMessage::Response(response) => response.parts(&Limits::default()),
        };
        let parts: Vec<Part> = parts.unwrap_or_default();
        let body = parts.iter().find(|part| part.is(mime::SDP));
        let Some(sdp) = body.and_then(|part| SessionDescription::decode(&part.body).ok()) else { return };
        let audio = sdp.audio().and_then(|audio| sdp.address_of(audio));
        let floor = sdp.floor_control().and_then(|floor| sdp.address_of(floor));
        for (port, address) in [(1, audio), (2, floor)] {
            match address {
                Some(address) if client == speaker => known.client[port] = address,
                Some(address) => known.server[port] = Some(address),
                None => {}
            }
        }
    }
}

/// A server in a thread of its own.
pub struct Background {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<(Vec<Frame>, Duration)>>,
}

impl Background {
    /// Ends it. What crossed its sockets, and when it ended.
    pub fn stop(&mut self) -> (Vec<Frame>, Duration) {
        self.over.store(true, Ordering::Relaxed);
        // A defect inside has ended the thread; the silence has been seen.
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}
