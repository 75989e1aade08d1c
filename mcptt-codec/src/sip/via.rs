//! Via (RFC 3261 20.42, RFC 3581).

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use nom::Parser;
use nom::bytes::complete::{tag, tag_no_case};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::preceded;

use super::grammar::{self, Parsed, host_address, separator, token, white_space, whole};
use super::params::Params;
use crate::DecodeError;
use crate::text::ByteStr;

/// The transport of a Via, without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// User datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
    /// RFC 4168.
    Sctp,
    /// RFC 7118.
    Ws,
    /// RFC 7118 under TLS.
    Wss,
    /// Any other token, as it was written.
    Other(ByteStr),
}

impl Transport {
    /// The transport as we write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Sctp => "SCTP",
            Self::Ws => "WS",
            Self::Wss => "WSS",
            Self::Other(name) => name.as_str(),
        }
    }

    /// Whether no message gets lost between two neighbours, so that transactions need no retransmission
    /// timers.
    pub const fn is_reliable(&self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// The port that a host without one means (RFC 3261 18.1.1 and 19.1.2).
    pub const fn default_port(&self) -> u16 {
        match self {
            Self::Tls | Self::Wss => 5061,
            _ => 5060,
        }
    }

    fn shared(source: &ByteStr, name: &str) -> Self {
        [Self::Udp, Self::Tcp, Self::Tls, Self::Sctp, Self::Ws, Self::Wss]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(source.share(name)))
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One hop that a request took.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    /// How the hop was made.
    pub transport: Transport,
    /// Host of `sent-by`, an IPv6 address in its brackets.
    pub host: ByteStr,
    /// Port of `sent-by`.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and any other parameter.
    pub params: Params,
}

/// What a branch of RFC 3261 begins with.
pub const BRANCH_COOKIE: &str = "z9hG4bK";

impl Via {
    /// A hop of our own. `branch` is the whole parameter value, cookie included.
    pub fn new(
        transport: Transport,
        host: impl Into<ByteStr>,
        port: Option<u16>,
        branch: impl Into<ByteStr>,
    ) -> Self {
        let mut params = Params::new();
        params.set("branch", branch);
        Self { transport, host: host.into(), port, params }
    }

    /// Takes one Via element apart.
    ///
    /// # Errors [`DecodeError`] with the offset of the first character that cannot stand where it stands; a
    /// protocol other than SIP/2.0 is one of them.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::read(&ByteStr::from(text))
    }

    /// Like [`Via::parse`] for a received text, whose buffer the components then share.
    ///
    /// # Errors
    /// As [`Via::parse`].
    pub fn read(text: &ByteStr) -> Result<Self, DecodeError> {
        whole(text.as_str(), "Via", |input| Self::grammar(text, input))
    }

    fn grammar<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        let protocol = (tag_no_case("SIP"), separator('/'), tag("2.0"), separator('/'));
        let (rest, (_, transport, _, host)) = (protocol, token, white_space, grammar::host).parse(input)?;
        let (rest, port) = opt(preceded((white_space, char(':'), white_space), port_number)).parse(rest)?;
        let (rest, params) = Params::of_header(source, rest)?;
        let transport = Transport::shared(source, transport);
        Ok((rest, Self { transport, host: source.share(host), port, params }))
    }

    /// The `branch` parameter.
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// Whether the branch identifies the transaction by itself (RFC 3261 8.1.1.7); the cookie with nothing
    /// behind it does not.
    pub fn has_rfc3261_branch(&self) -> bool {
        let parts = self.branch().and_then(|branch| branch.split_at_checked(BRANCH_COOKIE.len()));
        parts.is_some_and(|(cookie, own)| cookie.eq_ignore_ascii_case(BRANCH_COOKIE) && !own.is_empty())
    }

    /// Whether two hops name the same sender (RFC 3261 17.2.3): host without case, and a port that is not said
    /// is that of the transport.
    pub fn same_sent_by(&self, other: &Self) -> bool {
        let port = |via: &Self| via.port.unwrap_or(via.transport.default_port());
        let host = match (host_address(&self.host), host_address(&other.host)) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.host.eq_ignore_ascii_case(&other.host),
        };
        host && port(self) == port(other)
    }

    /// The address of `sent-by` with the default port of the transport, when the host is an address.
    pub fn sent_by(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(host_address(&self.host)?, self.port.unwrap_or(self.transport.default_port())))
    }

    /// Where a response goes over an unreliable transport: `received` and `rport` before `sent-by`
    /// (RFC 3261 18.2.2, RFC 3581 4). `None` when that is a name.
    pub fn response_target(&self) -> Option<SocketAddr> {
        let host = self.params.get("received").unwrap_or(self.host.as_str());
        let told = self.params.get("rport").and_then(|port| port.parse().ok());
        let port = told.or(self.port).unwrap_or(self.transport.default_port());
        Some(SocketAddr::new(host_address(host)?, port))
    }

    /// Notes where the request really came from: `received` when it differs from `sent-by` or `rport` was
    /// asked for, and the value of `rport` (RFC 3261 18.2.1, RFC 3581 4).
    pub fn received_from(&mut self, source: SocketAddr) {
        let asked = self.params.contains("rport");
        if asked || host_address(&self.host) != Some(source.ip()) {
            self.params.set("received", source.ip().to_string());
        }
        if asked {
            self.params.set("rport", source.port().to_string());
        }
    }
}

fn port_number(input: &str) -> Parsed<'_, u16> {
    let (rest, value) = grammar::number(input)?;
    u16::try_from(value).map(|port| (rest, port)).map_err(|_| grammar::Stop::here(input))
}

impl FromStr for Via {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SIP/2.0/")?;
        f.write_str(self.transport.as_str())?;
        f.write_str(" ")?;
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)
    }
}
