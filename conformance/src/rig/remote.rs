//! The tester's side of a remote target: real sockets for every client, and the clock that the tester goes by.
//!
//! A thread for each socket stamps what arrives; the scenario runs in one thread and never sees more than one client would.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use call_control::config::Secret;
use mcptt_codec::text::ByteStr;

/// Ports that one client has: SIP, audio, floor control, and room for RTCP.
const PORTS_PER_CLIENT: u16 = 8;
/// Datagrams that wait to be looked at; more are lost, and the run says so.
const BACKLOG: usize = 65_536;
/// Datagrams that arrive within this time may have been sent in another order than they are read.
const TOGETHER: Duration = Duration::from_millis(1);
/// How often a reading thread looks whether the run is over.
const LOOK: Duration = Duration::from_millis(50);

/// Where the target is and where the tester's clients are.
#[derive(Clone, Debug)]
pub struct Site {
    /// SIP address of the participating function.
    pub participating: SocketAddr,
    /// Its identity, the Request-URI of registrations.
    pub participating_identity: ByteStr,
    /// The tester's own address, as the target reaches it.
    pub clients: IpAddr,
    /// First UDP port of the clients; each has eight.
    pub first_port: u16,
    /// Access tokens by MCPTT ID.
    pub tokens: BTreeMap<String, String>,
}

/// Something that came in.
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) payload: Bytes,
}

/// A target behind real sockets.
pub struct Remote {
    site: Site,
    sockets: BTreeMap<SocketAddr, Arc<UdpSocket>>,
    sender: SyncSender<Arrival>,
    receiver: Receiver<Arrival>,
    /// Arrived while waiting.
    first: Option<Arrival>,
    over: Arc<AtomicBool>,
    lost: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    trouble: Option<String>,
    lateness: Duration,
}

impl Remote {
    /// Sockets are opened when clients come.
    pub fn new(site: Site) -> Self {
        let (sender, receiver) = sync_channel(BACKLOG);
        Self {
            site,
            sockets: BTreeMap::new(),
            sender,
            receiver,
            first: None,
            over: Arc::default(),
            lost: Arc::default(),
            threads: Vec::new(),
            trouble: None,
            lateness: Duration::ZERO,
        }
    }

    /// This moment, and the same moment as time since 1970-01-01 UTC.
    pub(crate) fn begin(&self) -> (Instant, Duration) {
        (clock(), since_1970())
    }

    pub(super) fn participating(&self) -> (SocketAddr, ByteStr) {
        (self.site.participating, self.site.participating_identity.clone())
    }

    pub(super) fn token(&self, mcptt_id: &str) -> Option<Secret> {
        self.site.tokens.get(mcptt_id).map(|token| Secret::new(token.as_str()))
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    pub(super) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn lateness(&self) -> Duration {
        self.lateness
    }

    pub(super) fn cannot(&mut self, what: &str) {
        self.trouble.get_or_insert_with(|| format!("the tester cannot {what} at a remote target"));
    }

    /// SIP, audio and floor control address of the client of this number, each with a socket.
    pub(super) fn open(&mut self, index: usize) -> [SocketAddr; 3] {
        let offset = u16::try_from(index).unwrap_or(u16::MAX).saturating_mul(PORTS_PER_CLIENT);
        let first = self.site.first_port.saturating_add(offset);
        let addresses = [0, 2, 4].map(|port| SocketAddr::new(self.site.clients, first.saturating_add(port)));
        for address in addresses {
            match self.listen(address) {
                Ok(socket) => {
                    self.sockets.insert(address, socket);
                }
                Err(error) => {
                    self.trouble.get_or_insert_with(|| format!("{address}: {error}"));
                }
            }
        }
        addresses
    }

    /// Receives at this address as well.
    pub(crate) fn attend(&mut self, address: SocketAddr) -> std::io::Result<()> {
        let socket = self.listen(address)?;
        self.sockets.insert(address, socket);
        Ok(())
    }

    /// Whether this address is one of the tester's own.
    pub(crate) fn attends(&self, address: SocketAddr) -> bool {
        self.sockets.contains_key(&address)
    }

    fn listen(&mut self, address: SocketAddr) -> std::io::Result<Arc<UdpSocket>> {
        let socket = Arc::new(UdpSocket::bind(address)?);
        socket.set_read_timeout(Some(LOOK))?;
        let (reading, sender) = (Arc::clone(&socket), self.sender.clone());
        let (over, lost) = (Arc::clone(&self.over), Arc::clone(&self.lost));
        self.threads.push(std::thread::spawn(move || {
            let mut datagram = vec![0; 65_536];
            while !over.load(Ordering::Relaxed) {
                // An ICMP answer to what was sent earlier is an error here, too; there is nothing to read then.
                let Ok((length, source)) = reading.recv_from(&mut datagram) else { continue };
                let payload = Bytes::copy_from_slice(datagram.get(..length).unwrap_or_default());
                let arrival = Arrival { at: clock(), source, destination: address, payload };
                if sender.try_send(arrival).is_err() {
                    lost.store(true, Ordering::Relaxed);
                }
            }
        }));
        Ok(socket)
    }

    pub(crate) fn send(&mut self, source: SocketAddr, destination: SocketAddr, payload: &[u8]) {
        if !self.sockets.contains_key(&source) {
            // A scenario that speaks from an address that nobody knows.
            match self.listen(source) {
                Ok(socket) => drop(self.sockets.insert(source, socket)),
                Err(error) => drop(self.trouble.get_or_insert_with(|| format!("{source}: {error}"))),
            }
        }
        let Some(socket) = self.sockets.get(&source) else { return };
        match socket.send_to(payload, destination) {
            Ok(_) => {}
            // Nobody listens: for the network that is a loss, and the judge sees the silence.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => {
                self.trouble.get_or_insert_with(|| format!("{source} to {destination}: {error}"));
            }
        }
    }

    /// Waits until then or until something arrives.
    pub(crate) fn wait(&mut self, until: Instant) {
        if self.first.is_some() {
            return;
        }
        let now = clock();
        let patience = until.saturating_duration_since(now);
        match self.receiver.recv_timeout(patience) {
            Ok(arrival) => self.first = Some(arrival),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                self.lateness = self.lateness.max(clock().saturating_duration_since(until.max(now)));
            }
        }
    }

    /// This moment and what has arrived before it.
    pub(crate) fn arrivals(&mut self) -> (Instant, Vec<Arrival>) {
        let now = clock();
        let mut arrivals: Vec<Arrival> =
            self.first.take().into_iter().chain(self.receiver.try_iter()).collect();
        if let Some(oldest) = arrivals.first() {
            self.lateness = self.lateness.max(now.saturating_duration_since(oldest.at));
            // What was sent together is read by several threads, in any order. Signalling opens what media use.
            while let Ok(arrival) = self.receiver.recv_timeout(TOGETHER) {
                arrivals.push(arrival);
                if clock().saturating_duration_since(now) > TOGETHER * 4 {
                    break;
                }
            }
            arrivals.sort_by_key(|arrival| {
                let media = (arrival.destination.port()
                    - self.site.first_port.min(arrival.destination.port()))
                    % PORTS_PER_CLIENT
                    != 0;
                arrival.at + if media { TOGETHER } else { Duration::ZERO }
            });
        }
        (clock(), arrivals)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that ended in a defect of ours has lost its socket's traffic; the run has seen the silence.
            let _ = thread.join();
        }
    }
}

/// How late this machine wakes up: the worst of nearly all of `rounds` waits of a millisecond.
pub fn own_jitter(rounds: usize) -> Duration {
    let wait = Duration::from_millis(1);
    let mut late: Vec<Duration> = (0..rounds.max(1))
        .map(|_| {
            let before = clock();
            std::thread::sleep(wait);
            clock().saturating_duration_since(before).saturating_sub(wait)
        })
        .collect();
    late.sort_unstable();
    // The 99.9th percentile.
    let index = (late.len() * 999 / 1000).min(late.len().saturating_sub(1));
    late.get(index).copied().unwrap_or_default()
}

/// A clock for budgets of a run.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to count.
    pub fn start() -> Self {
        Self(clock())
    }

    /// Time since then.
    pub fn passed(&self) -> Duration {
        clock().saturating_duration_since(self.0)
    }
}

#[expect(clippy::disallowed_methods, reason = "against a remote target time passes by itself")]
fn clock() -> Instant {
    Instant::now()
}

/// Time since 1970-01-01 UTC, for captures and reports of a live run.
#[expect(clippy::disallowed_methods, reason = "captures of a remote target carry the time of day")]
pub fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
