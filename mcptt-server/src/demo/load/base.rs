//! What this machine takes for sending a datagram at all: the measure of everything else.

use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use socket2::{Domain, SockFilter, Socket, Type};

use super::cpu;
use crate::driver::clock;

/// Datagrams in one system call.
const BATCH: usize = 64;
/// Destinations in all.
const DESTINATIONS: usize = 1_024;
/// Octets of the one payload.
const PAYLOAD: usize = 160;
/// How long is measured.
const SPAN: Duration = Duration::from_millis(400);

/// Lets a socket drop whatever arrives at it, in the kernel and before it takes room: a listener that costs nothing.
pub fn make_deaf(socket: &impl std::os::fd::AsFd) -> io::Result<()> {
    // BPF: return 0, take no octet of the packet.
    socket2::SockRef::from(socket).attach_filter(&[SockFilter::new(0x06, 0, 0, 0)])
}

/// A socket that hears what is sent to this port of any address of this machine, and drops it; port 0 lets the operating
/// system choose. Other sockets may take the port at one address.
///
/// # Errors
/// What the operating system says.
pub fn deaf(port: u16) -> io::Result<Socket> {
    let deaf = udp()?;
    deaf.set_reuse_address(true)?;
    make_deaf(&deaf)?;
    deaf.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
    Ok(deaf)
}

/// Processor time for each datagram of one UDP socket that sends one payload of 160 octets in batches of 64 to distinct
/// destinations, which drop it. `None` where it cannot be measured.
///
/// # Errors
/// What the operating system says about the sockets.
pub fn measure() -> io::Result<Option<Duration>> {
    let deaf = deaf(0)?;
    let port = deaf.local_addr()?.as_socket().map_or(0, |address| address.port());
    let destinations: Vec<SocketAddr> = (0..DESTINATIONS)
        .map(|number| {
            let address = Ipv4Addr::from(0x7fc0_0000 + u32::try_from(number).unwrap_or_default());
            SocketAddr::from((address, port))
        })
        .collect();
    measure_to(&destinations, PAYLOAD)
}

/// The same for one payload of `octets` to each of these destinations in turn.
///
/// # Errors
/// What the operating system says about the sockets.
pub fn measure_to(destinations: &[SocketAddr], octets: usize) -> io::Result<Option<Duration>> {
    let sender = udp()?;
    sender.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let destinations: Vec<Option<SockaddrStorage>> =
        destinations.iter().map(|address| Some(SockaddrStorage::from(*address))).collect();
    let payload = vec![0x80; octets];
    let mut headers = MultiHeaders::preallocate(BATCH, None);
    let mut sent = 0_u32;
    let (begun, end) = (cpu::of_this_thread(), clock::now() + SPAN);
    while clock::now() < end {
        for batch in destinations.chunks(BATCH) {
            let slices: [[IoSlice<'_>; 1]; BATCH] = std::array::from_fn(|_| [IoSlice::new(&payload)]);
            let nothing: [ControlMessage<'_>; 0] = [];
            let (flags, slices) = (MsgFlags::empty(), &slices[..batch.len()]);
            let written =
                sendmmsg(sender.as_raw_fd(), &mut headers, slices.iter(), batch, nothing, flags)?.count();
            sent += u32::try_from(written).unwrap_or_default();
        }
    }
    let taken = cpu::of_this_thread().zip(begun).map(|(end, begun)| end.saturating_sub(begun));
    Ok(taken.and_then(|taken| taken.checked_div(sent)))
}

fn udp() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::DGRAM, None)
}
