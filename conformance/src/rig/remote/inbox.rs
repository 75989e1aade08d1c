//! The sockets of the tester's clients, read by one thread, in the order in which the kernel got the datagrams.
//!
//! With a thread for each socket two datagrams that a target has sent one after the other are read in whatever order the threads
//! wake up, and a busy machine makes milliseconds of that. The kernel notes the moment of arrival of each datagram; those are
//! the times that are judged, and they do not depend on when the tester gets to read.

use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, RecvMsg, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;

use super::Arrival;
use super::streams::{Came, Streams};

/// Largest UDP payload.
const MAX_DATAGRAM: usize = 65_535;
/// Receive buffer asked of the operating system for each socket, octets.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// Sockets that are found ready with one look.
const READY: usize = 64;
/// Rounds of reading at a time; a target that sends faster than it is read has its turn again later.
const ROUNDS: usize = 8;
/// A time of arrival that is further away from now shows that the clock of the machine was set.
const SET: Duration = Duration::from_secs(60);

/// Numbers of connections begin here for the operating system; below are those of datagram sockets.
const CONNECTIONS: u64 = 1 << 32;
/// And those of places where connections are taken.
const LISTENERS: u64 = 1 << 48;

/// The sockets.
pub(super) struct Inbox {
    ready: Epoll,
    sockets: Vec<(SocketAddr, UdpSocket)>,
    streams: Streams,
    /// Our addresses at which connections are taken.
    listeners: Vec<SocketAddr>,
    /// Connections that were closed: our address and the peer's.
    closed: Vec<(SocketAddr, SocketAddr)>,
    by_address: BTreeMap<SocketAddr, usize>,
    /// The same moment on both clocks.
    base: (Instant, SystemTime),
    buffer: Vec<u8>,
    lost: bool,
}

impl Inbox {
    /// `target`: with whom connections count that a target opens.
    pub(super) fn new(base: (Instant, SystemTime), target: SocketAddr) -> io::Result<Self> {
        let (sockets, by_address) = (Vec::new(), BTreeMap::new());
        let ready = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let (streams, buffer) = (Streams::new(target), vec![0; MAX_DATAGRAM]);
        let (listeners, closed) = (Vec::new(), Vec::new());
        Ok(Self { ready, sockets, streams, listeners, closed, by_address, base, buffer, lost: false })
    }

    pub(super) fn open(&mut self, address: SocketAddr) -> io::Result<()> {
        let socket = UdpSocket::bind(address)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&socket, sockopt::RxqOvfl, &1)?;
        // As large as the operating system allows.
        let _ = setsockopt(&socket, sockopt::RcvBuf, &SOCKET_BUFFER);
        let number = u64::try_from(self.sockets.len()).unwrap_or(u64::MAX);
        self.ready.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, number))?;
        self.by_address.insert(address, self.sockets.len());
        self.sockets.push((address, socket));
        Ok(())
    }

    /// Speaks TCP at this address.
    pub(super) fn open_streams(&mut self, own: SocketAddr) -> io::Result<()> {
        let number = LISTENERS | u64::try_from(self.listeners.len()).unwrap_or_default();
        let listener = self.streams.listen(own)?;
        self.ready.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, number))?;
        self.listeners.push(own);
        Ok(())
    }

    /// Whether this address speaks TCP.
    pub(super) fn has_streams(&self, own: SocketAddr) -> bool {
        self.streams.has(own)
    }

    /// Sends a message over a connection.
    pub(super) fn send_over_stream(
        &mut self,
        own: SocketAddr,
        peer: SocketAddr,
        payload: &[u8],
    ) -> io::Result<()> {
        let sent = self.streams.send(own, peer, payload, |id, stream| watch(&self.ready, id, stream));
        if sent.is_err() {
            self.closed.push((own, peer));
        }
        sent
    }

    /// Closes the connections between these.
    pub(super) fn close_streams(&mut self, own: SocketAddr, peer: SocketAddr) {
        self.streams.close(own, peer);
    }

    /// Connections that were closed since this was asked last.
    pub(super) fn closed(&mut self) -> Vec<(SocketAddr, SocketAddr)> {
        std::mem::take(&mut self.closed)
    }

    pub(super) fn socket(&self, address: SocketAddr) -> Option<&UdpSocket> {
        self.by_address.get(&address).and_then(|index| self.sockets.get(*index)).map(|(_, socket)| socket)
    }

    /// Whether the kernel had no room for a datagram.
    pub(super) fn has_lost(&self) -> bool {
        self.lost
    }

    /// Waits until something has come, at most that long; rounded up to a millisecond.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        let milliseconds = patience.as_nanos().div_ceil(1_000_000);
        let milliseconds = u16::try_from(milliseconds).unwrap_or(u16::MAX);
        self.ready.wait(&mut [EpollEvent::empty()], milliseconds).is_ok_and(|count| count > 0)
    }

    /// Everything that has come, in its order.
    pub(super) fn take(&mut self, now: Instant) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        self.streams.flush();
        for _ in 0..ROUNDS {
            let mut events = [EpollEvent::empty(); READY];
            let Ok(count @ 1..) = self.ready.wait(&mut events, 0_u8) else { break };
            for event in events.iter().take(count) {
                match event.data() {
                    number if number >= LISTENERS => self.accept(number & !LISTENERS),
                    number if number >= CONNECTIONS => {
                        self.read_stream(number - CONNECTIONS, now, &mut arrivals);
                    }
                    number => {
                        let index = usize::try_from(number).unwrap_or(usize::MAX);
                        while let Some(arrival) = self.read(index, now) {
                            arrivals.push(arrival);
                        }
                    }
                }
            }
        }
        arrivals.sort_by_key(|arrival| arrival.at);
        arrivals
    }

    fn accept(&mut self, number: u64) {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(own) = self.listeners.get(index) {
            self.streams.accept(*own, |id, stream| watch(&self.ready, id, stream));
        }
    }

    fn read_stream(&mut self, id: u64, now: Instant, arrivals: &mut Vec<Arrival>) {
        loop {
            let received = match self.streams.source(id) {
                Some(source) => receive(&source, &mut self.buffer),
                None => return,
            };
            let (at, is_over) = match &received {
                Ok(received) => (received.at, received.length == 0),
                Err(_) => (None, true),
            };
            let at = at.and_then(|at| self.moment(at, now)).unwrap_or(now);
            let octets = match &received {
                Ok(received) => Ok(self.buffer.get(..received.length).unwrap_or_default()),
                Err(error) => Err(io::Error::from_raw_os_error(*error as i32)),
            };
            for came in self.streams.take(id, octets) {
                match came {
                    Came::Message { source, destination, payload } => {
                        arrivals.push(Arrival { at, source, destination, payload });
                    }
                    Came::Closed { own, peer } => self.closed.push((own, peer)),
                }
            }
            if is_over {
                return;
            }
        }
    }

    fn read(&mut self, index: usize, now: Instant) -> Option<Arrival> {
        let (destination, socket) = self.sockets.get(index)?;
        // Nothing is there any more, or an ICMP answer to what was sent earlier, which is no datagram either.
        let received = receive(socket, &mut self.buffer).ok()?;
        let at = received.at.and_then(|at| self.moment(at, now)).unwrap_or(now);
        self.lost |= received.dropped > 0;
        let payload = Bytes::copy_from_slice(self.buffer.get(..received.length)?);
        Some(Arrival { at, source: received.source?, destination: *destination, payload })
    }

    /// The kernel counts from 1970, we from the beginning.
    fn moment(&self, since_1970: Duration, now: Instant) -> Option<Instant> {
        let (instant, wall) = self.base;
        let base = wall.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let at = match since_1970.checked_sub(base) {
            Some(after) => instant.checked_add(after)?,
            None => instant.checked_sub(base.checked_sub(since_1970)?)?,
        };
        let away = now.saturating_duration_since(at).max(at.saturating_duration_since(now));
        (away < SET).then(|| at.min(now))
    }
}

/// What the operating system says about octets that were received.
struct Received {
    length: usize,
    source: Option<SocketAddr>,
    /// When they came, since 1970.
    at: Option<Duration>,
    /// Datagrams for which there was no room.
    dropped: u32,
}

fn receive(socket: &impl AsFd, buffer: &mut [u8]) -> nix::Result<Received> {
    let mut slice = [IoSliceMut::new(buffer)];
    let mut control = nix::cmsg_space!(TimeSpec, u32);
    let fd = socket.as_fd().as_raw_fd();
    let message: RecvMsg<'_, '_, SockaddrStorage> =
        recvmsg(fd, &mut slice, Some(&mut control), MsgFlags::MSG_DONTWAIT)?;
    let (mut at, mut dropped) = (None, 0);
    for one in message.cmsgs().into_iter().flatten() {
        match one {
            ControlMessageOwned::ScmTimestampns(time) => at = Some(Duration::from(time)),
            ControlMessageOwned::RxqOvfl(count) => dropped = count,
            _ => {}
        }
    }
    Ok(Received { length: message.bytes, source: message.address.and_then(address), at, dropped })
}

/// Has a new connection found ready, and its octets stamped with the time of their arrival.
fn watch(ready: &Epoll, id: u64, stream: &TcpStream) -> io::Result<()> {
    setsockopt(stream, sockopt::ReceiveTimestampns, &true)?;
    ready.add(stream, EpollEvent::new(EpollFlags::EPOLLIN, CONNECTIONS + id))?;
    Ok(())
}

fn address(storage: SockaddrStorage) -> Option<SocketAddr> {
    let v4 = storage.as_sockaddr_in().map(|address| SocketAddr::V4(SocketAddrV4::from(*address)));
    v4.or_else(|| storage.as_sockaddr_in6().map(|address| SocketAddr::V6(SocketAddrV6::from(*address))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_to_several_sockets_is_read_in_the_order_it_was_sent() {
        let begin = super::super::both_clocks();
        let mut inbox = Inbox::new(begin, SocketAddr::from(([127, 0, 0, 1], 5060))).unwrap();
        // Below the ports that systems hand out: one that was handed out and given back may be somebody else's by now.
        for port in 14_900..14_908 {
            inbox.open(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
        }
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let addresses: Vec<SocketAddr> = inbox.by_address.keys().copied().collect();
        let order: Vec<u8> = (0..64_u8).map(|number| number.wrapping_mul(37) % 64).collect();
        // The kernel begins to note times a moment after the first socket has asked for it.
        for _ in 0..1000 {
            for number in &order {
                sender.send_to(&[*number], addresses[usize::from(*number) % addresses.len()]).unwrap();
            }
            let mut read = Vec::new();
            while read.len() < order.len() {
                assert!(inbox.wait(Duration::from_secs(20)), "{read:?}");
                read.extend(inbox.take(super::super::clock()).into_iter().map(|arrival| arrival.payload[0]));
            }
            if read == order {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("never in order");
    }

    #[test]
    fn a_clock_that_was_set_makes_no_time_of_arrival() {
        let (instant, wall) = super::super::both_clocks();
        let inbox = Inbox::new((instant, wall), SocketAddr::from(([127, 0, 0, 1], 5060))).unwrap();
        let since_1970 = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
        let now = instant + Duration::from_secs(2);
        assert_eq!(inbox.moment(since_1970 + second, now), Some(instant + second));
        assert_eq!(inbox.moment(since_1970 + second * 3, now), Some(now), "never later than it is read");
        assert_eq!(inbox.moment(since_1970 + hour, now), None);
        assert_eq!(inbox.moment(since_1970 - hour, now), None);
    }
}
