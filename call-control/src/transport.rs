//! How SIP messages travel between neighbours (RFC 3261 18, RFC 7118): transports, next hops and the ways that exist.
//!
//! Nothing here owns a connection. A [`SipPath`] names one: transport, our address and the peer's. Whoever drives this
//! crate opens a stream when the first message for its path comes, and tells what becomes of it ([`StreamEvent`]).

use std::fmt;
use std::net::SocketAddr;

use mcptt_codec::Path;
use mcptt_codec::sip::{self, Scheme, Uri};

/// What carries SIP between two neighbours.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
    /// WebSocket (RFC 7118).
    Ws,
    /// WebSocket under TLS.
    Wss,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 5] = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss];

    /// Whether no message is lost on the way, so that transactions need no retransmission (RFC 3261 17).
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// Whether the peer is authenticated and nobody else reads along.
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// Whether each frame is one message, so that nothing needs to be cut by Content-Length (RFC 7118 5).
    pub const fn is_framed(self) -> bool {
        matches!(self, Self::Udp | Self::Ws | Self::Wss)
    }

    /// Whether this side can open a way to the peer; a WebSocket client can only be reached where it has come in.
    pub const fn can_be_opened(self) -> bool {
        matches!(self, Self::Udp | Self::Tcp | Self::Tls)
    }

    /// The port that a host without one means (RFC 3261 19.1.2, RFC 7118 for the web's ports).
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    /// The transport that a `sip:` or `sips:` URI asks for (RFC 3261 19.1.1); `None` for one that we have not, or for a
    /// secure URI with a transport that is not.
    pub fn of_uri(uri: &Uri) -> Option<Self> {
        let named = match uri.params.get("transport") {
            None => None,
            Some(name) => Some(Self::from_name(name)?),
        };
        match (uri.scheme == Scheme::Sips, named) {
            (false, named) => Some(named.unwrap_or_default()),
            (true, None | Some(Self::Tcp | Self::Tls)) => Some(Self::Tls),
            (true, Some(Self::Ws | Self::Wss)) => Some(Self::Wss),
            (true, Some(Self::Udp)) => None,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| name.eq_ignore_ascii_case(transport.as_str()))
    }

    /// As it stands in a URI; Via has it in capitals.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// As it stands in Via.
    pub const fn of_via(self) -> sip::Transport {
        match self {
            Self::Udp => sip::Transport::Udp,
            Self::Tcp => sip::Transport::Tcp,
            Self::Tls => sip::Transport::Tls,
            Self::Ws => sip::Transport::Ws,
            Self::Wss => sip::Transport::Wss,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A neighbour to send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Hop {
    /// How.
    pub transport: Transport,
    /// Where.
    pub remote: SocketAddr,
}

impl Hop {
    /// The neighbour that a URI with an address for a host names; `None` when it has a name, or a transport that we have
    /// not.
    pub fn of_uri(uri: &Uri) -> Option<Self> {
        let transport = Transport::of_uri(uri)?;
        let port = uri.port.unwrap_or(transport.default_port());
        Some(Self { transport, remote: SocketAddr::new(uri.address()?, port) })
    }

    /// A neighbour that is reached in this way.
    pub const fn new(transport: Transport, remote: SocketAddr) -> Self {
        Self { transport, remote }
    }
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To this neighbour.
    Hop(Hop),
    /// To whoever this URI leads to (RFC 3263).
    Uri(Box<Uri>),
}

impl From<Hop> for Destination {
    fn from(hop: Hop) -> Self {
        Self::Hop(hop)
    }
}

impl From<SocketAddr> for Destination {
    /// Datagrams to this address.
    fn from(remote: SocketAddr) -> Self {
        Self::Hop(remote.into())
    }
}

impl From<Uri> for Destination {
    fn from(uri: Uri) -> Self {
        Self::Uri(Box::new(uri))
    }
}

impl From<SocketAddr> for Hop {
    /// Datagrams to this address.
    fn from(remote: SocketAddr) -> Self {
        Self { transport: Transport::Udp, remote }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.transport, self.remote)
    }
}

/// The way of a message: a pair of addresses, or the connection between them.
///
/// For a stream `local` is the address that the function serves on, whoever opened the connection: the ephemeral port of
/// one that we opened is the driver's business. So a request to a peer that has connected to us takes the connection that
/// is there (RFC 3261 18, RFC 5923).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct SipPath {
    /// How.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
}

impl SipPath {
    /// The way from `local` to a neighbour.
    pub const fn to(local: SocketAddr, hop: Hop) -> Self {
        Self { transport: hop.transport, local, remote: hop.remote }
    }

    /// The neighbour at its end.
    pub const fn hop(&self) -> Hop {
        Hop { transport: self.transport, remote: self.remote }
    }

    /// The addresses alone.
    pub const fn addresses(&self) -> Path {
        Path { local: self.local, remote: self.remote }
    }
}

impl From<Path> for SipPath {
    /// Datagrams between these addresses.
    fn from(Path { local, remote }: Path) -> Self {
        Self { transport: Transport::Udp, local, remote }
    }
}

/// What becomes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEvent<'a> {
    /// Octets have arrived; messages may begin and end anywhere in them.
    Octets(&'a [u8]),
    /// A whole frame has arrived (WebSocket).
    Frame(&'a [u8]),
    /// The connection is new, and these names are in the certificate that its peer has shown and that was verified: DNS names
    /// and URIs; none for a peer without one. Comes before anything else.
    Identified(&'a [String]),
    /// The connection is closed, has failed or could not be opened. What was given to it may not have arrived.
    Closed,
}

/// What is to be done with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamCommand {
    /// Send this message; open the connection if there is none.
    Send {
        /// Which connection.
        path: SipPath,
        /// One whole message or keep-alive.
        payload: bytes::Bytes,
    },
    /// The peer breaks the rules of the stream, or is of no use any more: close it. No [`StreamEvent::Closed`] is needed.
    Close {
        /// Which connection.
        path: SipPath,
    },
}

impl StreamCommand {
    /// Which connection it is about.
    pub const fn path(&self) -> SipPath {
        match self {
            Self::Send { path, .. } | Self::Close { path } => *path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_its_transport() {
        for (uri, transport) in [
            ("sip:a@192.0.2.1", Some(Transport::Udp)),
            ("sip:a@192.0.2.1;transport=TCP", Some(Transport::Tcp)),
            ("sip:a@192.0.2.1;transport=ws", Some(Transport::Ws)),
            ("sip:a@192.0.2.1;transport=sctp", None),
            ("sips:a@192.0.2.1", Some(Transport::Tls)),
            ("sips:a@192.0.2.1;transport=tcp", Some(Transport::Tls)),
            ("sips:a@192.0.2.1;transport=ws", Some(Transport::Wss)),
            ("sips:a@192.0.2.1;transport=udp", None),
        ] {
            let parsed = Uri::parse(uri).unwrap();
            assert_eq!(Transport::of_uri(&parsed), transport, "{uri}");
        }
    }
}
