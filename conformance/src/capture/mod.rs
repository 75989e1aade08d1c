//! Captures: reading pcap and pcapng files down to UDP datagrams, and writing annotated pcapng.
//!
//! Reading is streaming and made for hostile files: one block is held at a time, no length in the file is believed before
//! it is checked against [`MAX_BLOCK`], and whatever cannot become a datagram (TCP, fragments, other protocols) is counted in
//! [`Skipped`], never dropped in silence.

mod classify;
mod error;
mod layers;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

pub use classify::{Protocol, classify};
pub use error::CaptureError;
pub use mcptt_server::capture::{Link, WriteError, Writer};
pub use read::{MAX_BLOCK, MAX_INTERFACES, Reader};

/// One UDP datagram of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Position among all packets of the file, from 1, the number that Wireshark shows.
    pub number: u64,
    /// Time since 1970-01-01 UTC, as recorded.
    pub time: Duration,
    /// Who sent it.
    pub source: SocketAddr,
    /// Whom it was sent to.
    pub destination: SocketAddr,
    /// The UDP payload.
    pub payload: Bytes,
    /// Whether the capture cut the datagram short, so that it must not be judged by its length.
    pub truncated: bool,
    /// Comments that the capture attaches to the packet.
    pub comments: Vec<String>,
}

/// Packets that did not become a [`Frame`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Neither IPv4 nor IPv6 (ARP, LLDP, ...).
    pub not_ip: u64,
    /// Parts of fragmented IP packets.
    pub fragments: u64,
    /// TCP segments.
    pub tcp: u64,
    /// ICMP, SCTP and other transports.
    pub other_transport: u64,
    /// Headers that contradict themselves or end too soon.
    pub damaged: u64,
    /// Packets of an interface whose link type is not supported.
    pub unknown_link: u64,
}

impl Skipped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.parts().iter().map(|(count, _)| count).sum()
    }

    fn parts(&self) -> [(u64, &'static str); 6] {
        [
            (self.tcp, "TCP"),
            (self.fragments, "IP fragment"),
            (self.other_transport, "other transport"),
            (self.not_ip, "not IP"),
            (self.unknown_link, "unknown link type"),
            (self.damaged, "damaged"),
        ]
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self
            .parts()
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{what} {count}"))
            .collect();
        write!(f, "{} skipped", self.total())?;
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}
