//! Ports for servers of tests.
//!
//! They lie below those that systems hand out for sockets without a wish: a port that was handed out, given back and is bound again may belong to
//! somebody else's connection by then.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 10_000;
const BLOCKS: u16 = 152;
/// As many as a server of these tests needs for its media.
pub const BLOCK: u16 = 32;

/// The first of [`BLOCK`] ports in a row, a multiple of 16, that are free and that nobody else in this process gets.
pub fn block() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test programs that run side by side begin at different places.
    let own = u16::try_from(std::process::id() % u32::from(BLOCKS)).unwrap();
    for _ in 0..BLOCKS {
        let first = FIRST + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % BLOCKS * BLOCK;
        if (first..first + BLOCK).all(is_free) {
            return first;
        }
    }
    panic!("no {BLOCK} ports in a row are free from {FIRST} on");
}

/// An address on this machine whose port is free.
pub fn address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, block()).into()
}

fn is_free(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()
}
