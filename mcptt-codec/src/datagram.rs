//! The addresses of a datagram, shared by both planes so that neither needs to know the other.

use std::net::SocketAddr;

use bytes::Bytes;

/// Where a datagram was received and where it came from, or where it is to leave and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Path {
    /// Our own address.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// From where to where.
    pub path: Path,
    /// The octets; a fan-out clones this by reference count.
    pub payload: Bytes,
    /// Differentiated services code point, 0 to 63 (RFC 2474); 46 is expedited forwarding.
    pub dscp: u8,
}
