//! Taking connections: how many, from whom, and the handshakes before the first message.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use call_control::transport::{SipPath, Transport};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time;

use super::connection::{self, Guard, Wire};
use super::tls::Live;
use super::{Arrived, Limits, What, websocket};
use crate::driver::shards::{ForStreams, Placing};

/// How long TLS and WebSocket handshakes may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// The pause after the operating system refused to give a connection, so that a shortage does not become a busy loop.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// Where connections are taken, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// What is spoken there.
    pub transport: Transport,
    /// The address to listen on.
    pub address: SocketAddr,
    /// The address of the function that is served, which is what the node knows it by.
    pub function: SocketAddr,
}

/// Counts connections.
pub(super) struct Admission {
    limits: Limits,
    dscp: u8,
    next: AtomicU64,
    /// Only touched when a connection begins or ends.
    open: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    pub(super) fn new(limits: Limits, dscp: u8) -> Self {
        Self { limits, dscp, next: AtomicU64::new(1), open: Mutex::default() }
    }

    /// A place for one more connection, from `peer` or, without one, opened by us; given back when dropped.
    pub(super) fn admit(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Guard> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.limits.connections {
            return None;
        }
        if let Some(peer) = peer {
            let own = open.by_address.entry(peer).or_insert(0);
            if *own >= self.limits.per_address {
                return None;
            }
            *own += 1;
        }
        open.total += 1;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Some(Guard { number, peer, admission: Arc::clone(self) })
    }

    pub(super) fn leave(&self, peer: Option<IpAddr>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(peer) = peer
            && let Some(own) = open.by_address.get_mut(&peer)
        {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.by_address.remove(&peer);
            }
        }
    }

    /// Marks what is sent on a connection; one that cannot be marked is as good as another.
    pub(super) fn mark(&self, stream: &TcpStream) {
        let traffic_class = u32::from(self.dscp) << 2;
        let socket = SockRef::from(stream);
        let _ = match stream.local_addr() {
            Ok(address) if address.is_ipv6() => socket.set_tclass_v6(traffic_class),
            _ => socket.set_tos_v4(traffic_class),
        };
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }
}

/// What every connection here shares.
#[derive(Clone)]
pub(super) struct Host {
    pub admission: Arc<Admission>,
    pub credentials: Option<Arc<Live>>,
    pub reporter: mpsc::Sender<Arrived>,
}

/// Takes connections for ever.
pub(super) async fn accept(listen: Listen, listener: TcpListener, host: Host, placing: Placing) {
    loop {
        let accepted = listener.accept().await;
        let Ok((stream, remote)) = accepted.and_then(|(stream, remote)| Ok((stream.into_std()?, remote)))
        else {
            time::sleep(AFTER_ERROR).await;
            continue;
        };
        let accepted = ForStreams::Accepted(listen, stream, remote);
        if let Some(ForStreams::Accepted(listen, stream, remote)) = placing.place(remote.ip(), accepted) {
            host.take(listen, stream, remote);
        }
    }
}

impl Host {
    /// A connection that is kept here. Dropping it closes it: a peer beyond the limits learns no more than that.
    pub(super) fn take(&self, listen: Listen, stream: std::net::TcpStream, remote: SocketAddr) {
        let Some(guard) = self.admission.admit(Some(remote.ip())) else { return };
        let Ok(stream) = TcpStream::from_std(stream) else { return };
        self.admission.mark(&stream);
        let path = SipPath { transport: listen.transport, local: listen.function, remote };
        let Self { credentials, reporter, .. } = self.clone();
        let limits = self.admission.limits();
        tokio::spawn(async move {
            let wire =
                time::timeout(HANDSHAKE, shake_hands(listen.transport, stream, credentials, limits)).await;
            let Ok(Some((wire, names))) = wire else { return };
            let (sender, outgoing) = mpsc::channel(limits.queued);
            connection::report(&reporter, path, guard.number, What::Opened(sender)).await;
            match &wire {
                Wire::Floor(_, token) => {
                    let opened = What::Floor(token.clone());
                    connection::report(&reporter, path, guard.number, opened).await;
                }
                _ => connection::identify(&reporter, path, guard.number, names).await,
            }
            connection::run(path, wire, guard, outgoing, reporter, limits).await;
        });
    }
}

async fn shake_hands(
    transport: Transport,
    stream: TcpStream,
    credentials: Option<Arc<Live>>,
    limits: Limits,
) -> Option<(Wire, Vec<String>)> {
    // Messages are written whole: waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    match transport {
        Transport::Udp => None,
        Transport::Tcp => Some((Wire::Octets(Box::new(stream)), Vec::new())),
        Transport::Tls => {
            let (stream, names) = credentials?.accept(stream).await?;
            Some((Wire::Octets(Box::new(stream)), names))
        }
        Transport::Ws => Some((websocket::accept(Box::new(stream), limits).await?, Vec::new())),
        Transport::Wss => {
            let (stream, names) = credentials?.accept(stream).await?;
            Some((websocket::accept(Box::new(stream), limits).await?, names))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_marked_whoever_has_opened_them() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for address in ["127.0.0.1:0", "[::1]:0"] {
            runtime.block_on(async {
                let listener = TcpListener::bind(address).await.unwrap();
                let opened = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
                let (taken, _) = listener.accept().await.unwrap();
                let admission = Admission::new(Limits::default(), 24);
                for stream in [&opened, &taken] {
                    admission.mark(stream);
                    let socket = SockRef::from(stream);
                    let class = if address.starts_with('[') { socket.tclass_v6() } else { socket.tos_v4() };
                    assert_eq!(class.unwrap(), 24 << 2, "{address}");
                }
            });
        }
    }
}
