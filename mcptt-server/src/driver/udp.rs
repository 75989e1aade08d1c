//! UDP sockets of a node: bound once, marked with a code point, polled together.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// Largest UDP payload; a datagram is never cut.
pub const MAX_DATAGRAM: usize = 65_535;
/// Receive and send buffer asked of the operating system for each socket, octets.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// A socket that is bound but not yet attached to a runtime, so that its address can be put into a configuration.
#[derive(Debug)]
pub struct BoundSocket {
    socket: std::net::UdpSocket,
    local: SocketAddr,
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
        Ok(Self { socket, local })
    }

    /// The address it is bound to.
    pub const fn local(&self) -> SocketAddr {
        self.local
    }
}

/// The sockets of one node, polled as one.
#[derive(Debug)]
pub struct Sockets {
    sockets: Vec<Attached>,
    /// Where the next poll begins, so that a busy socket cannot starve the others.
    next: usize,
}

/// One socket: received from through the runtime, sent to directly. Sending never waits, so it needs no readiness.
#[derive(Debug)]
struct Attached {
    local: SocketAddr,
    receive: UdpSocket,
    send: std::net::UdpSocket,
}

impl Sockets {
    /// Attaches bound sockets to the current runtime.
    ///
    /// # Errors
    /// The error of the operating system when a socket cannot be registered.
    pub fn attach(bound: Vec<BoundSocket>) -> io::Result<Self> {
        let sockets = bound
            .into_iter()
            .map(|BoundSocket { socket, local }| {
                Ok(Attached { local, send: socket.try_clone()?, receive: UdpSocket::from_std(socket)? })
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { sockets, next: 0 })
    }

    /// One datagram from any socket into `buffer`: our address, the sender's, the octets received.
    pub fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<(SocketAddr, SocketAddr, usize)> {
        let count = self.sockets.len();
        for step in 0..count {
            let index = (self.next + step) % count;
            let socket = &self.sockets[index];
            let mut read = ReadBuf::new(buffer);
            match socket.receive.poll_recv_from(cx, &mut read) {
                Poll::Ready(Ok(remote)) => {
                    self.next = index + 1;
                    return Poll::Ready((socket.local, remote, read.filled().len()));
                }
                // An ICMP error of an earlier send surfaces here once; the next poll tells the truth.
                Poll::Ready(Err(_)) => cx.waker().wake_by_ref(),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    /// Sends at once.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrNotAvailable`] when no socket has that local address, [`io::ErrorKind::WouldBlock`] when the kernel
    /// queue is full: the datagram is lost, as UDP allows, and the caller counts it.
    pub fn send(&self, local: SocketAddr, remote: SocketAddr, payload: &[u8]) -> io::Result<()> {
        let socket = self.sockets.iter().find(|socket| socket.local == local);
        let socket = socket.ok_or(io::ErrorKind::AddrNotAvailable)?;
        socket.send.send_to(payload, remote).map(|_| ())
    }
}
