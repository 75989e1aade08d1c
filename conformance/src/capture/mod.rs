//! Captures: reading pcap and pcapng files down to UDP datagrams and SIP messages over TCP, and writing annotated pcapng.
//!
//! Reading is streaming and made for hostile files: one block is held at a time, no length in the file is believed before
//! it is checked against [`MAX_BLOCK`], fragments and streams wait in bounded memory, and whatever cannot become a frame is
//! counted in [`Skipped`] and [`Gaps`], never dropped in silence.

mod assembly;
mod classify;
mod error;
mod fragments;
mod layers;
mod read;
mod record;
mod streams;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

pub use classify::{Protocol, classify};
pub use error::CaptureError;
pub use mcptt_server::capture::{Link, WriteError, Writer};
pub(crate) use read::words;
pub use read::{MAX_BLOCK, MAX_INTERFACES, Reader};
pub use record::Recorder;
pub use streams::Gaps;

/// What carried a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A datagram of its own.
    #[default]
    Udp,
    /// A SIP message of a stream.
    Tcp,
}

/// One UDP datagram of a capture, or one SIP message of a TCP stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Position among all packets of the file, from 1, the number that Wireshark shows; of fragments and segments the one
    /// that completed it.
    pub number: u64,
    /// Time since 1970-01-01 UTC, as recorded.
    pub time: Duration,
    /// Who sent it.
    pub source: SocketAddr,
    /// Whom it was sent to.
    pub destination: SocketAddr,
    /// What carried it.
    pub transport: Transport,
    /// The UDP payload or the message.
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
    /// Parts of fragmented IP packets that never became whole.
    pub fragments: u64,
    /// TCP segments with octets that belong to no SIP message.
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
