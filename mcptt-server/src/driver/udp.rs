//! UDP sockets of a node: bound once, marked with a code point, read and written in batches.
//!
//! One system call reads up to [`RECEIVE_BATCH`] datagrams and one writes up to [`SEND_BATCH`], whatever their destinations
//! (`recvmmsg`, `sendmmsg`). Segmentation offload would not help here: it bundles datagrams to one destination, a fan-out
//! sends one to each of many.

use std::collections::HashMap;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use drops::Drops;
use mcptt_codec::{Path, Transmit};
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg,
    sendmmsg, sendmsg, sendto,
};
use nix::sys::time::TimeSpec;
use readiness::Readiness;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::Urgency;

mod bound;
mod drops;
mod readiness;

pub use bound::BoundSocket;

/// Largest UDP payload; a datagram is never cut.
pub const MAX_DATAGRAM: usize = 65_535;
/// Most datagrams read with one system call, and handled before other sockets have their turn.
pub const RECEIVE_BATCH: usize = 32;
/// Most datagrams written with one system call.
pub const SEND_BATCH: usize = 64;
/// Most datagrams that wait to be written: more would only delay the first of them.
const MOST_QUEUED: usize = 256;
/// Sockets that are found without a look into the table of all; a power of two.
const RECENT: usize = 32;
/// Octets from one datagram of a batch to the next. Not a power of two: the beginnings of all of them would share the same few
/// lines of the processor's caches.
const SLOT: usize = MAX_DATAGRAM + 1 + 5 * 64;
/// Receive and send buffer asked of the operating system for each socket, octets.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// The sockets of one node, read and written as one.
///
/// The few that bring SIP are watched by the runtime itself, the many of the media function through a watch of their own.
///
/// They are read in rounds, ordinary ones first: media that has arrived is passed on before the Floor Release behind it is
/// heard. Where media piles up, so that a batch is full, urgent sockets are looked at before the next batch: a request does
/// not wait behind the whole pile.
pub struct Sockets {
    /// The urgent ones behind the others.
    sockets: Vec<Attached>,
    by_address: HashMap<SocketAddr, usize>,
    /// The sockets that were looked up last, by the lowest bits of their port: a fan-out uses a few in turn.
    recent: [usize; RECENT],
    /// Where the urgent ones begin.
    urgent: usize,
    /// Those that the runtime watches.
    direct: Vec<Direct>,
    /// The others, and the urgent ones once more.
    readiness: Readiness,
    urgent_readiness: Readiness,
    /// A batch was full or could not be read: there may be more where it came from, among the watched ones and at these others.
    look_again: bool,
    again: Vec<usize>,
    /// What is left of this round: sockets with something to read, the last one first.
    round: Vec<usize>,
    /// Urgent sockets found out of turn, the last one first.
    found_urgent: Vec<usize>,
    /// Sockets with datagrams to be written, the one that got its first one first in front.
    waiting: Vec<usize>,
    queued: usize,
}

/// A socket that the runtime watches.
struct Direct {
    socket: usize,
    watch: AsyncFd<UdpSocket>,
}

impl Direct {
    /// Watches a socket for what arrives, and for nothing else: that one can be written again is no news.
    #[expect(
        deprecated,
        reason = "its successor asks for a promise that the compiler cannot check; the watch owns its file and keeps it"
    )]
    fn watch(socket: usize, file: UdpSocket) -> io::Result<Self> {
        Ok(Self { socket, watch: AsyncFd::with_interest(file, Interest::READABLE)? })
    }

    /// Whether something has arrived since this was asked last. It has to be read until nothing is left.
    fn has_news(&self, cx: &mut Context<'_>) -> bool {
        match self.watch.poll_read_ready(cx) {
            Poll::Ready(Ok(mut guard)) => {
                guard.clear_ready();
                true
            }
            _ => false,
        }
    }
}

/// What a look at a socket has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Everything that was there, perhaps nothing.
    All,
    /// There may be more; and perhaps nothing was read, because of an error of the network.
    Some,
}

/// One socket. Neither reading nor writing waits.
struct Attached {
    local: SocketAddr,
    socket: UdpSocket,
    /// The runtime watches it.
    direct: bool,
    /// Of its own: the kernel shortens the room for an address to the length of its family.
    read_headers: MultiHeaders<SockaddrStorage>,
    drops: Option<Drops>,
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
        let mut direct = Vec::new();
        for (socket, bound) in bound.iter().enumerate().take(urgent).filter(|(_, bound)| bound.stamped) {
            direct.push(Direct::watch(socket, bound.socket.try_clone()?)?);
        }
        let sockets: Vec<_> = bound
            .into_iter()
            .enumerate()
            .map(|(number, BoundSocket { socket, local, stamped, counts_drops, .. })| Attached {
                local,
                socket,
                direct: direct.iter().any(|direct: &Direct| direct.socket == number),
                read_headers: MultiHeaders::preallocate(
                    RECEIVE_BATCH,
                    (stamped || local.ip().is_unspecified()).then(|| nix::cmsg_space!(in_pktinfo, TimeSpec)),
                ),
                drops: counts_drops.then(Drops::default),
                write_headers: MultiHeaders::preallocate(SEND_BATCH, None),
                payloads: Vec::new(),
                destinations: Vec::new(),
                sources: Vec::new(),
            })
            .collect();
        let numbered = || sockets.iter().map(|attached| &attached.socket).enumerate();
        let others = numbered().filter(|(number, _)| !sockets[*number].direct);
        Ok(Self {
            readiness: Readiness::of(others)?,
            urgent_readiness: Readiness::of(numbered().skip(urgent))?,
            sockets,
            direct,
            by_address,
            recent: [0; RECENT],
            urgent,
            look_again: false,
            again: Vec::new(),
            round: Vec::new(),
            found_urgent: Vec::new(),
            waiting: Vec::new(),
            queued: 0,
        })
    }

    /// Reads a batch of what is there at one of the sockets.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, received: &mut Received) -> Poll<()> {
        if self.read_found_urgent(received) {
            return Poll::Ready(());
        }
        loop {
            while let Some(socket) = self.round.pop() {
                if self.read(socket, received) {
                    if socket < self.urgent && received.is_full() {
                        self.find_urgent();
                    }
                    return Poll::Ready(());
                }
            }
            if self.begin_round(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Finds the sockets that have something to read.
    fn begin_round(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::take(&mut self.look_again) {
            self.readiness.now(&mut self.round);
        }
        if self.round.is_empty() {
            let _ = self.readiness.poll(cx, &mut self.round);
        }
        for direct in &self.direct {
            if direct.has_news(cx) && !self.again.contains(&direct.socket) {
                self.again.push(direct.socket);
            }
        }
        self.round.append(&mut self.again);
        if self.round.is_empty() {
            return Poll::Pending;
        }
        // The last one is the first to be read.
        self.round.sort_unstable_by(|one, other| other.cmp(one));
        Poll::Ready(())
    }

    /// Reads a batch from one socket; `false` when nothing is there.
    fn read(&mut self, socket: usize, received: &mut Received) -> bool {
        let attached = &mut self.sockets[socket];
        if attached.read(received) == Look::Some {
            match attached.direct {
                true => self.again.push(socket),
                false => self.look_again = true,
            }
        }
        !received.datagrams.is_empty()
    }

    /// Datagrams that the kernel had no room for, of the sockets that count them, as far as the datagrams behind them have told.
    pub fn dropped(&self) -> u64 {
        self.sockets.iter().filter_map(|socket| socket.drops.as_ref()).map(Drops::total).sum()
    }

    /// Reads a batch of what is there at any urgent socket, without waiting; `false` when nothing is. Each has one turn before the
    /// first one has its next.
    pub fn poll_urgent(&mut self, received: &mut Received) -> bool {
        if self.found_urgent.is_empty() {
            self.find_urgent();
        }
        self.read_found_urgent(received)
    }

    fn find_urgent(&mut self) {
        self.found_urgent.clear();
        self.urgent_readiness.now(&mut self.found_urgent);
        self.found_urgent.reverse();
    }

    fn read_found_urgent(&mut self, received: &mut Received) -> bool {
        while let Some(socket) = self.found_urgent.pop() {
            if self.read(socket, received) {
                return true;
            }
        }
        false
    }

    /// Lets a datagram wait for [`flush`](Self::flush), which this calls itself when many wait. Those of one socket leave in
    /// the order in which they came; the socket that got its first one first is written first.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrNotAvailable`] when no socket has that local address.
    pub fn send(&mut self, transmit: Transmit, failed: impl FnMut(Path, &io::Error)) -> io::Result<()> {
        let Path { local, remote } = transmit.path;
        let index = self.find(local).ok_or(io::ErrorKind::AddrNotAvailable)?;
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

    /// The socket that is bound to this address, or to its port everywhere.
    fn find(&mut self, local: SocketAddr) -> Option<usize> {
        let recent = &mut self.recent[usize::from(local.port()) % RECENT];
        let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), local.port());
        let is_it = |socket: &Attached| socket.local == local || socket.local == everywhere;
        if self.sockets.get(*recent).is_some_and(is_it) {
            return Some(*recent);
        }
        *recent = *self.by_address.get(&local).or_else(|| self.by_address.get(&everywhere))?;
        Some(*recent)
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
    /// Reads a batch. An error of the network that an earlier datagram met is no datagram.
    fn read(&mut self, received: &mut Received) -> Look {
        let outcome = received.read(&self.socket, self.local, &mut self.read_headers, self.drops.as_mut());
        if let Some(headers) = self.drops.as_mut().and_then(Drops::take_room) {
            self.read_headers = headers;
        }
        match outcome {
            Ok(()) if received.is_full() => Look::Some,
            Ok(()) => Look::All,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Look::All,
            Err(_) => Look::Some,
        }
    }

    fn is_everywhere(&self) -> bool {
        self.local.ip().is_unspecified()
    }

    fn write(&mut self, failed: &mut impl FnMut(Path, &io::Error)) {
        let mut done = 0;
        while done < self.payloads.len() {
            let written = match self.payloads.len() - done {
                _ if self.is_everywhere() => self.write_one(done),
                1 => self.write_last(done),
                _ => self.write_batch(done),
            };
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

    /// Writes the one that is left: a batch of one costs more than one datagram.
    fn write_last(&self, done: usize) -> nix::Result<usize> {
        let destination = self.destinations[done].as_ref().ok_or(Errno::EDESTADDRREQ)?;
        sendto(self.socket.as_raw_fd(), &self.payloads[done], destination, MsgFlags::MSG_DONTWAIT).map(|_| 1)
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
    /// When the first one arrived, where the socket notes it.
    arrived: Option<SystemTime>,
}

impl Received {
    /// Room for a batch.
    pub fn new() -> Self {
        let buffer = vec![0; RECEIVE_BATCH * SLOT].into_boxed_slice();
        Self { buffer, datagrams: Vec::with_capacity(RECEIVE_BATCH), arrived: None }
    }

    /// When the first datagram arrived, by the clock on the wall; `None` where the socket does not note it.
    pub const fn arrived(&self) -> Option<SystemTime> {
        self.arrived
    }

    /// The datagrams in the order of their arrival. For their paths `local` is the address of the socket.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Path, &[u8])> {
        let slots = self.buffer.chunks_exact(SLOT);
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
        mut drops: Option<&mut Drops>,
    ) -> io::Result<()> {
        self.datagrams.clear();
        self.arrived = None;
        let mut slots = self.buffer.chunks_exact_mut(SLOT).filter_map(|slot| slot.get_mut(..MAX_DATAGRAM));
        let mut slices: [[IoSliceMut<'_>; 1]; RECEIVE_BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(slots.next().unwrap_or_default())]);
        let messages =
            recvmmsg(socket.as_raw_fd(), headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None)?;
        let arrived = &mut self.arrived;
        self.datagrams.extend(messages.enumerate().map(|(number, message)| {
            if number == 0 {
                *arrived = stamp(&message);
            }
            if let Some(drops) = &mut drops {
                drops.look_at(&message);
            }
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

/// When a datagram arrived, if the socket notes it.
fn stamp(message: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<SystemTime> {
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(at) => SystemTime::UNIX_EPOCH.checked_add(Duration::from(at)),
        _ => None,
    })
}

fn address(storage: SockaddrStorage) -> Option<SocketAddr> {
    let v4 = storage.as_sockaddr_in().map(|address| SocketAddr::V4(SocketAddrV4::from(*address)));
    v4.or_else(|| storage.as_sockaddr_in6().map(|address| SocketAddr::V6(SocketAddrV6::from(*address))))
}

#[cfg(test)]
mod tests;
