//! The tester's side of a remote target: real sockets for every client, and the clock that the tester goes by.

mod connection;
mod inbox;
mod streams;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use call_control::config::Secret;
use call_control::transport::Transport;
use connection::Connection;
use inbox::Inbox;
use mcptt_codec::text::ByteStr;

/// Jitter is never taken to be less: a target that is not given the processor sends later than it starts a timer.
pub(crate) const LEAST_JITTER: Duration = Duration::from_millis(50);
/// Ports that one client has: SIP, audio, floor control, and room for RTCP.
const PORTS_PER_CLIENT: u16 = 8;

/// Where the target is and where the tester's clients are.
#[derive(Clone, Debug)]
pub struct Site {
    /// What carries SIP: UDP or TCP.
    pub transport: Transport,
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
    /// The moment it was made, on both clocks.
    base: (Instant, SystemTime),
    /// `None`: the operating system refuses it, which is trouble.
    inbox: Option<Inbox>,
    trouble: Option<String>,
    lateness: Duration,
    /// How long it took at most from a frame's time to its being sent.
    imprecision: Duration,
    /// When what is sent next was seen to be on its way.
    leaving: Option<Instant>,
    /// The last one.
    connection: Option<Connection>,
}

impl Remote {
    /// Sockets are opened when clients come.
    pub fn new(site: Site) -> Self {
        let base = both_clocks();
        let (inbox, trouble) = match Inbox::new(base, site.participating) {
            Ok(inbox) => (Some(inbox), None),
            Err(error) => (None, Some(format!("sockets of the tester: {error}"))),
        };
        Self {
            site,
            base,
            inbox,
            trouble,
            lateness: Duration::ZERO,
            imprecision: Duration::ZERO,
            leaving: None,
            connection: None,
        }
    }

    /// This moment, and the same moment as time since 1970-01-01 UTC.
    pub(crate) fn begin(&self) -> (Instant, Duration) {
        let (instant, wall) = self.base;
        (instant, wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
    }

    pub(super) fn participating(&self) -> (SocketAddr, ByteStr) {
        (self.site.participating, self.site.participating_identity.clone())
    }

    pub(super) fn transport(&self) -> Transport {
        self.site.transport
    }

    pub(super) fn token(&self, mcptt_id: &str) -> Option<Secret> {
        self.site.tokens.get(mcptt_id).map(|token| Secret::new(token.as_str()))
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    pub(super) fn has_lost(&self) -> bool {
        self.inbox.as_ref().is_some_and(Inbox::has_lost)
    }

    pub(super) fn lateness(&self) -> Duration {
        self.lateness
    }

    pub(super) fn imprecision(&self) -> Duration {
        self.imprecision
    }

    pub(super) fn cannot(&mut self, what: &str) {
        self.trouble.get_or_insert_with(|| format!("the tester cannot {what} at a remote target"));
    }

    /// SIP, audio and floor control address of the client of this number, each with a socket.
    pub(super) fn open(&mut self, index: usize) -> [SocketAddr; 3] {
        let offset = u16::try_from(index).unwrap_or(u16::MAX).saturating_mul(PORTS_PER_CLIENT);
        let first = self.site.first_port.saturating_add(offset);
        let addresses = [0, 2, 4].map(|port| SocketAddr::new(self.site.clients, first.saturating_add(port)));
        let [sip, media @ ..] = addresses;
        match self.site.transport {
            Transport::Tcp => self.listen_with(sip, Inbox::open_streams),
            _ => self.listen(sip),
        }
        media.into_iter().for_each(|address| self.listen(address));
        addresses
    }

    /// Receives at this address as well.
    pub(crate) fn attend(&mut self, address: SocketAddr) -> std::io::Result<()> {
        match &mut self.inbox {
            Some(inbox) => inbox.open(address),
            None => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Whether this address is one of the tester's own.
    pub(crate) fn attends(&self, address: SocketAddr) -> bool {
        self.inbox.as_ref().is_some_and(|inbox| inbox.socket(address).is_some())
    }

    /// Connections that were closed since this was asked last: our address and the peer's.
    pub(super) fn closed(&mut self) -> Vec<(SocketAddr, SocketAddr)> {
        self.inbox.as_mut().map(Inbox::closed).unwrap_or_default()
    }

    /// Closes the connections between these.
    pub(super) fn close(&mut self, own: SocketAddr, peer: SocketAddr) {
        if let Some(inbox) = &mut self.inbox {
            inbox.close_streams(own, peer);
        }
    }

    /// Whether SIP messages at this address of ours come over connections.
    pub(super) fn has_streams(&self, own: SocketAddr) -> bool {
        self.inbox.as_ref().is_some_and(|inbox| inbox.has_streams(own))
    }

    fn listen(&mut self, address: SocketAddr) {
        self.listen_with(address, Inbox::open);
    }

    fn listen_with(&mut self, address: SocketAddr, open: fn(&mut Inbox, SocketAddr) -> std::io::Result<()>) {
        let Some(inbox) = &mut self.inbox else { return };
        if let Err(error) = open(inbox, address) {
            self.trouble.get_or_insert_with(|| format!("{address}: {error}"));
        }
    }

    /// The moment for a frame that is sent next.
    pub(super) fn about_to_send(&mut self) -> Instant {
        let now = clock();
        self.leaving = Some(now);
        now
    }

    pub(crate) fn send(&mut self, source: SocketAddr, destination: SocketAddr, payload: &[u8]) {
        let streams = self.has_streams(source);
        if !streams && self.inbox.as_ref().is_some_and(|inbox| inbox.socket(source).is_none()) {
            // A scenario that speaks from an address that nobody knows.
            self.listen(source);
        }
        let Some(inbox) = &mut self.inbox else { return };
        let sent = match inbox.socket(source) {
            _ if streams => inbox.send_over_stream(source, destination, payload),
            Some(socket) => socket.send_to(payload, destination).map(|_| ()),
            None => return,
        };
        match sent {
            Ok(()) => {}
            // Nobody listens: for the network that is a loss, and the judge sees the silence.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(_) if streams => {}
            Err(error) => {
                self.trouble.get_or_insert_with(|| format!("{source} to {destination}: {error}"));
            }
        }
        if let Some(leaving) = self.leaving.take() {
            self.imprecision = self.imprecision.max(clock().saturating_duration_since(leaving));
            self.lateness = self.lateness.max(self.imprecision);
        }
    }

    /// Waits until then or until something arrives.
    pub(crate) fn wait(&mut self, until: Instant) {
        let now = clock();
        let patience = until.saturating_duration_since(now);
        let came = self.inbox.as_ref().is_some_and(|inbox| inbox.wait(patience));
        if !came {
            self.lateness = self.lateness.max(clock().saturating_duration_since(until.max(now)));
        }
    }

    /// This moment and what has arrived before it, in the order of arrival.
    pub(crate) fn arrivals(&mut self) -> (Instant, Vec<Arrival>) {
        let now = clock();
        let arrivals = self.inbox.as_mut().map(|inbox| inbox.take(now)).unwrap_or_default();
        if let Some(oldest) = arrivals.first() {
            self.lateness = self.lateness.max(now.saturating_duration_since(oldest.at));
        }
        (clock(), arrivals)
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

/// The same moment on the clock that the tester goes by and on that of the day: nothing comes between the two looks for long.
fn both_clocks() -> (Instant, SystemTime) {
    let mut best: Option<(Duration, (Instant, SystemTime))> = None;
    for _ in 0..LOOKS {
        let (before, wall, after) = (clock(), SystemTime::UNIX_EPOCH + since_1970(), clock());
        let between = after.saturating_duration_since(before);
        if best.is_none_or(|(least, _)| between < least) {
            best = Some((between, (before, wall)));
        }
    }
    best.map_or_else(|| (clock(), SystemTime::UNIX_EPOCH + since_1970()), |(_, pair)| pair)
}

/// Of so many looks at both clocks the closest one counts.
const LOOKS: usize = 5;
