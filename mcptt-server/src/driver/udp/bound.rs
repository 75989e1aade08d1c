//! A socket before it serves: bound, marked, and what it is to tell with each datagram.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use media_plane::config::Multicast;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::SOCKET_BUFFER;
use crate::driver::Urgency;

/// A socket that is bound but not yet attached to a runtime, so that its address can be put into a configuration.
#[derive(Debug)]
pub struct BoundSocket {
    pub(super) socket: UdpSocket,
    pub(super) local: SocketAddr,
    pub(super) urgency: Urgency,
    /// The kernel notes when each datagram has arrived.
    pub(super) stamped: bool,
    /// The kernel says how many datagrams it had no room for.
    pub(super) counts_drops: bool,
}

impl BoundSocket {
    /// Binds `address`; port 0 lets the operating system choose. Everything sent carries `dscp` (0 to 63).
    ///
    /// # Errors
    /// The error of the operating system when the address is in use or not ours.
    pub fn bind(address: SocketAddr, dscp: u8) -> io::Result<Self> {
        Self::bind_as(address, dscp, false)
    }

    /// As [`bind`](Self::bind), for an address that several sockets of this process read: the kernel deals out the peers.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn bind_shared(address: SocketAddr, dscp: u8) -> io::Result<Self> {
        Self::bind_as(address, dscp, true)
    }

    fn bind_as(address: SocketAddr, dscp: u8, shared: bool) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        if shared {
            socket.set_reuse_port(true)?;
        }
        // Bursts of a large fan-out must not be lost in the kernel; a smaller buffer is not a reason to fail.
        let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
        let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
        let traffic_class = u32::from(dscp) << 2;
        match address {
            SocketAddr::V4(_) => socket.set_tos_v4(traffic_class)?,
            SocketAddr::V6(_) => socket.set_tclass_v6(traffic_class)?,
        }
        socket.bind(&address.into())?;
        let socket = UdpSocket::from(socket);
        let local = socket.local_addr()?;
        Ok(Self { socket, local, urgency: Urgency::Ordinary, stamped: false, counts_drops: false })
    }

    /// The same; what it sends to multicast addresses leaves like this, and this machine hears it, too.
    ///
    /// # Errors
    /// The error of the operating system when there is no such interface.
    pub fn with_multicast(self, multicast: &Multicast) -> io::Result<Self> {
        let socket = SockRef::from(&self.socket);
        match self.local {
            SocketAddr::V4(_) => {
                socket.set_multicast_ttl_v4(multicast.ttl.into())?;
                if let Some(interface) = &multicast.interface {
                    socket.set_multicast_if_v4(interface)?;
                }
            }
            SocketAddr::V6(_) => {
                socket.set_multicast_hops_v6(multicast.ttl.into())?;
                if multicast.interface_index > 0 {
                    socket.set_multicast_if_v6(multicast.interface_index)?;
                }
            }
        }
        Ok(self)
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

    /// The same, with the time of arrival of each datagram, if the kernel has it.
    #[must_use]
    pub fn with_stamps(self) -> Self {
        let stamped = setsockopt(&self.socket, sockopt::ReceiveTimestampns, &true).is_ok();
        Self { stamped, ..self }
    }

    /// The same, with a count of what the kernel had no room for. Not together with what else is told of each datagram.
    #[must_use]
    pub fn with_drops(self) -> Self {
        let counts_drops = !self.stamped && setsockopt(&self.socket, sockopt::RxqOvfl, &1).is_ok();
        Self { counts_drops, ..self }
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
