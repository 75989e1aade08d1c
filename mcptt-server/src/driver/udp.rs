//! UDP sockets of a node: bound once, marked with a code point, read and written in batches.
//!
//! One system call reads up to [`RECEIVE_BATCH`] datagrams and one writes up to [`SEND_BATCH`], whatever their destinations
//! (`recvmmsg`, `sendmmsg`). Segmentation offload would not help here: it bundles datagrams to one destination, a fan-out
//! sends one to each of many.

use std::collections::HashMap;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::task::{Context, Poll};

use bytes::Bytes;
use mcptt_codec::{Path, Transmit};
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg,
    sendmmsg, sendmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::Urgency;

/// Largest UDP payload; a datagram is never cut.
pub const MAX_DATAGRAM: usize = 65_535;
/// Most datagrams read with one system call, and handled before other sockets have their turn.
pub const RECEIVE_BATCH: usize = 32;
/// Most datagrams written with one system call.
pub const SEND_BATCH: usize = 64;
/// Most datagrams that wait to be written: more would only delay the first of them.
const MOST_QUEUED: usize = 256;
/// Receive and send buffer asked of the operating system for each socket, octets.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// A socket that is bound but not yet attached to a runtime, so that its address can be put into a configuration.
#[derive(Debug)]
pub struct BoundSocket {
    socket: std::net::UdpSocket,
    local: SocketAddr,
    urgency: Urgency,
}

impl BoundSocket {
    /// Binds `address`; port 0 lets the operating system choose. Everything sent carries `dscp` (0 to 63).
    ///
    /// # Errors
    /// The error of the operating system when the address is in use or not ours.
    pub fn bind(address: SocketAddr, dscp: u8) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        // Bursts of a large fan-out must not be lost in the kernel; a smaller buffer is not a reason to fail.
        let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
        let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
        let traffic_class = u32::from(dscp) << 2;
        match address {
            SocketAddr::V4(_) => socket.set_tos_v4(traffic_class)?,
            SocketAddr::V6(_) => socket.set_tclass_v6(traffic_class)?,
        }
        socket.bind(&address.into())?;
        let socket = std::net::UdpSocket::from(socket);
        let local = socket.local_addr()?;
        Ok(Self { socket, local, urgency: Urgency::Ordinary })
    }

    /// Binds a port at every IPv4 address of this machine. What is read says at which of them it arrived; what is sent
    /// leaves from the one it names.
    ///
    /// # Errors
    /// The error of the operating system when the port is in use.
    pub fn bind_everywhere(port: u16, dscp: u8) -> io::Result<Self> {
        let bound = Self::bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port), dscp)?;
        setsockopt(&bound.socket, sockopt::Ipv4PacketInfo, &true)?;
        Ok(bound)
    }

    /// The same, read with this urgency.
    #[must_use]
    pub fn with_urgency(self, urgency: Urgency) -> Self {
        Self { urgency, ..self }
    }

    /// The address it is bound to.
    pub const fn local(&self) -> SocketAddr {
        self.local
    }
}

impl AsFd for BoundSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The sockets of one node, read and written as one.
///
/// They are read in rounds, ordinary ones first: media that has arrived is passed on before the Floor Release behind it is
/// heard. Where media piles up, so that a batch is full, urgent sockets are looked at before the next batch: a request does
/// not wait behind the whole pile.
pub struct Sockets {
    /// The urgent ones behind the others.
    sockets: Vec<Attached>,
    by_address: HashMap<SocketAddr, usize>,
    /// Where the urgent ones begin.
    urgent: usize,
    /// Where the round is.
    next: usize,
    /// How many urgent sockets are to be looked at out of turn, and which one is the next.
    due: usize,
    next_urgent: usize,
    /// Sockets with datagrams to be written, the one that got its first one first in front.
    waiting: Vec<usize>,
    queued: usize,
}

/// One socket: read through the runtime, written directly. Writing never waits, so it needs no readiness.
struct Attached {
    local: SocketAddr,
    socket: UdpSocket,
    /// Of its own: the kernel shortens the room for an address to the length of its family.
    read_headers: MultiHeaders<SockaddrStorage>,
    write_headers: MultiHeaders<SockaddrStorage>,
    payloads: Vec<Bytes>,
    /// In step with `payloads`.
    destinations: Vec<Option<SockaddrStorage>>,
    /// In step with `payloads` where the socket is bound everywhere, else empty.
    sources: Vec<IpAddr>,
}

impl Sockets {
    /// Attaches bound sockets to the current runtime.
    ///
    /// # Errors
    /// The error of the operating system when a socket cannot be registered.
    pub fn attach(mut bound: Vec<BoundSocket>) -> io::Result<Self> {
        bound.sort_by_key(|socket| socket.urgency);
        let urgent = bound.partition_point(|socket| socket.urgency == Urgency::Ordinary);
        let by_address = bound.iter().enumerate().map(|(index, socket)| (socket.local, index)).collect();
        let sockets = bound
            .into_iter()
            .map(|BoundSocket { socket, local, .. }| {
                Ok(Attached {
                    local,
                    socket: UdpSocket::from_std(socket)?,
                    read_headers: MultiHeaders::preallocate(
                        RECEIVE_BATCH,
                        local.ip().is_unspecified().then(|| nix::cmsg_space!(in_pktinfo)),
                    ),
                    write_headers: MultiHeaders::preallocate(SEND_BATCH, None),
                    payloads: Vec::new(),
                    destinations: Vec::new(),
                    sources: Vec::new(),
                })
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            sockets,
            by_address,
            urgent,
            next: 0,
            due: 0,
            next_urgent: urgent,
            waiting: Vec::new(),
            queued: 0,
        })
    }

    /// Reads a batch of what is there at one of the sockets.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, received: &mut Received) -> Poll<()> {
        let count = self.sockets.len();
        while self.due > 0 {
            self.due -= 1;
            if self.receive_urgent(cx, received) {
                return Poll::Ready(());
            }
        }
        for _ in 0..count {
            let socket = self.next;
            self.next = (socket + 1) % count;
            if self.sockets[socket].read(cx, received) {
                if socket < self.urgent && received.is_full() {
                    self.due = count - self.urgent;
                }
                return Poll::Ready(());
            }
        }
        // Nothing is left anywhere: whatever comes next begins a new round.
        self.next = 0;
        Poll::Pending
    }

    /// Reads a batch of what is there at any urgent socket, without waiting; `false` when nothing is.
    pub fn poll_urgent(&mut self, cx: &mut Context<'_>, received: &mut Received) -> bool {
        (self.urgent..self.sockets.len()).any(|_| self.receive_urgent(cx, received))
    }

    /// Reads a batch of the urgent socket whose turn it is.
    fn receive_urgent(&mut self, cx: &mut Context<'_>, received: &mut Received) -> bool {
        let (socket, count) = (self.next_urgent, self.sockets.len());
        self.next_urgent = if socket + 1 < count { socket + 1 } else { self.urgent };
        self.sockets.get_mut(socket).is_some_and(|socket| socket.read(cx, received))
    }

    /// Lets a datagram wait for [`flush`](Self::flush), which this calls itself when many wait. Those of one socket leave in
    /// the order in which they came; the socket that got its first one first is written first.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrNotAvailable`] when no socket has that local address.
    pub fn send(&mut self, transmit: Transmit, failed: impl FnMut(Path, &io::Error)) -> io::Result<()> {
        let Path { local, remote } = transmit.path;
        let everywhere = || SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), local.port());
        let found = self.by_address.get(&local).or_else(|| self.by_address.get(&everywhere()));
        let index = *found.ok_or(io::ErrorKind::AddrNotAvailable)?;
        let socket = &mut self.sockets[index];
        if socket.payloads.is_empty() {
            self.waiting.push(index);
        }
        if socket.is_everywhere() {
            socket.sources.push(local.ip());
        }
        socket.payloads.push(transmit.payload);
        socket.destinations.push(Some(SockaddrStorage::from(remote)));
        self.queued += 1;
        if self.queued >= MOST_QUEUED {
            self.flush(failed);
        }
        Ok(())
    }

    /// Writes everything that waits. What the kernel does not take ([`io::ErrorKind::WouldBlock`]: its queue is full) is
    /// lost, as UDP allows, and shown to `failed`.
    pub fn flush(&mut self, mut failed: impl FnMut(Path, &io::Error)) {
        for index in self.waiting.drain(..) {
            self.sockets[index].write(&mut failed);
        }
        self.queued = 0;
    }
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let addresses: Vec<_> = self.sockets.iter().map(|socket| socket.local).collect();
        f.debug_struct("Sockets").field("sockets", &addresses).finish_non_exhaustive()
    }
}

impl Attached {
    /// Reads a batch; `false` when nothing is there, and then the task is woken when something is.
    fn read(&mut self, cx: &mut Context<'_>, received: &mut Received) -> bool {
        let Self { socket, read_headers, local, .. } = self;
        while let Poll::Ready(ready) = socket.poll_recv_ready(cx) {
            let mut read = false;
            let outcome = ready.and_then(|()| {
                socket.try_io(Interest::READABLE, || {
                    received.read(socket, *local, read_headers)?;
                    read = true;
                    // Less than there is room for is all there was. Telling the runtime so spares the call that would find
                    // it out; what has arrived meanwhile announces itself.
                    if received.is_full() { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
                })
            });
            match outcome {
                _ if read => return true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // An ICMP error of an earlier datagram surfaces here once; the next look tells the truth.
                _ => {
                    cx.waker().wake_by_ref();
                    return false;
                }
            }
        }
        false
    }

    fn is_everywhere(&self) -> bool {
        self.local.ip().is_unspecified()
    }

    fn write(&mut self, failed: &mut impl FnMut(Path, &io::Error)) {
        let mut done = 0;
        while done < self.payloads.len() {
            let written = if self.is_everywhere() { self.write_one(done) } else { self.write_batch(done) };
            match written {
                Ok(count) if count > 0 => done += count,
                Err(Errno::EINTR) => {}
                // Only the first one of a batch is reported: it is left out and the others are tried again.
                outcome => {
                    let error = outcome.err().map_or(io::ErrorKind::WouldBlock.into(), io::Error::from);
                    if let Some(remote) = self.destinations[done].and_then(address) {
                        failed(Path { local: self.local, remote }, &error);
                    }
                    done += 1;
                }
            }
        }
        self.payloads.clear();
        self.destinations.clear();
        self.sources.clear();
    }

    /// Writes a batch that begins behind the first `done`; how many the kernel took.
    fn write_batch(&mut self, done: usize) -> nix::Result<usize> {
        let payloads = &self.payloads[done..];
        let slices: [[IoSlice<'_>; 1]; SEND_BATCH] =
            std::array::from_fn(|index| [IoSlice::new(payloads.get(index).map_or(&[], |payload| payload))]);
        let count = payloads.len().min(SEND_BATCH);
        let nothing: [ControlMessage<'_>; 0] = [];
        sendmmsg(
            self.socket.as_raw_fd(),
            &mut self.write_headers,
            slices[..count].iter(),
            &self.destinations[done..done + count],
            nothing,
            MsgFlags::MSG_DONTWAIT,
        )
        .map(Iterator::count)
    }

    /// Writes one datagram, with the address it leaves from.
    fn write_one(&self, done: usize) -> nix::Result<usize> {
        let source = match self.sources.get(done) {
            Some(IpAddr::V4(source)) => *source,
            _ => return Err(Errno::EADDRNOTAVAIL),
        };
        let info = in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: in_addr { s_addr: u32::from(source).to_be() },
            ipi_addr: in_addr { s_addr: 0 },
        };
        sendmsg(
            self.socket.as_raw_fd(),
            &[IoSlice::new(&self.payloads[done])],
            &[ControlMessage::Ipv4PacketInfo(&info)],
            MsgFlags::MSG_DONTWAIT,
            self.destinations[done].as_ref(),
        )
        .map(|_| 1)
    }
}

/// A batch of datagrams as they were read, all from one socket.
pub struct Received {
    /// Room for a batch of the largest datagrams.
    buffer: Box<[u8]>,
    /// Where they went and came from, and how long they are.
    datagrams: Vec<(Path, usize)>,
}

impl Received {
    /// Room for a batch.
    pub fn new() -> Self {
        let buffer = vec![0; RECEIVE_BATCH * MAX_DATAGRAM].into_boxed_slice();
        Self { buffer, datagrams: Vec::with_capacity(RECEIVE_BATCH) }
    }

    /// The datagrams in the order of their arrival. For their paths `local` is the address of the socket.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Path, &[u8])> {
        let slots = self.buffer.chunks_exact(MAX_DATAGRAM);
        self.datagrams.iter().zip(slots).map(|((path, length), slot)| (*path, &slot[..*length]))
    }

    /// Whether there may be more where this came from.
    fn is_full(&self) -> bool {
        self.datagrams.len() >= RECEIVE_BATCH
    }

    fn read(
        &mut self,
        socket: &UdpSocket,
        local: SocketAddr,
        headers: &mut MultiHeaders<SockaddrStorage>,
    ) -> io::Result<()> {
        self.datagrams.clear();
        let mut slots = self.buffer.chunks_exact_mut(MAX_DATAGRAM);
        let mut slices: [[IoSliceMut<'_>; 1]; RECEIVE_BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(slots.next().unwrap_or_default())]);
        let messages =
            recvmmsg(socket.as_raw_fd(), headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None)?;
        self.datagrams.extend(messages.map(|message| {
            // A datagram without an address does not exist; were there one, it would come from nobody we know.
            let remote = message.address.and_then(address).unwrap_or(NOBODY);
            let at = if local.ip().is_unspecified() { arrival(&message) } else { None };
            let local = at.map_or(local, |at| SocketAddr::new(at.into(), local.port()));
            (Path { local, remote }, message.bytes)
        }));
        Ok(())
    }
}

const NOBODY: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

impl Default for Received {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.datagrams).finish()
    }
}

/// At which address of this machine a datagram arrived.
fn arrival(message: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<Ipv4Addr> {
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr))),
        _ => None,
    })
}

fn address(storage: SockaddrStorage) -> Option<SocketAddr> {
    let v4 = storage.as_sockaddr_in().map(|address| SocketAddr::V4(SocketAddrV4::from(*address)));
    v4.or_else(|| storage.as_sockaddr_in6().map(|address| SocketAddr::V6(SocketAddrV6::from(*address))))
}

#[cfg(test)]
mod tests;
