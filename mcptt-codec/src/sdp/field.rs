//! The values of the lines that have a structure of their own.

use std::fmt;
use std::net::IpAddr;

use super::grammar::{Scan, decimal, is_token, payload_type};
use crate::DecodeError;
use crate::text::ByteStr;

/// `addrtype` of an `o=` or `c=` line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressType {
    /// IPv4.
    Ip4,
    /// IPv6.
    Ip6,
    /// Any other token.
    Other(ByteStr),
}

impl AddressType {
    /// The token on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ip4 => "IP4",
            Self::Ip6 => "IP6",
            Self::Other(token) => token,
        }
    }

    /// The type of an address.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ip4,
            IpAddr::V6(_) => Self::Ip6,
        }
    }

    pub(super) fn read(token: &str) -> Self {
        match token {
            "IP4" => Self::Ip4,
            "IP6" => Self::Ip6,
            other => Self::Other(other.into()),
        }
    }
}

/// `o=`: who made the description, and which version of it this is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Login of the user, `-` without one.
    pub username: ByteStr,
    /// Identifier of the session.
    pub session_id: u64,
    /// Version of this description.
    pub session_version: u64,
    /// `IN`.
    pub network_type: ByteStr,
    /// Type of the address.
    pub address_type: AddressType,
    /// Address or host name of the maker.
    pub address: ByteStr,
}

impl Origin {
    /// An origin without user name.
    pub fn new(session_id: u64, session_version: u64, address: IpAddr) -> Self {
        Self {
            username: ByteStr::from_static("-"),
            session_id,
            session_version,
            network_type: ByteStr::from_static("IN"),
            address_type: AddressType::of(address),
            address: address.to_string().into(),
        }
    }

    /// Reads the value of an `o=` line.
    ///
    /// # Errors
    /// [`DecodeError`] when it does not have six tokens or a number is none.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp o=";
        let mut scan = Scan::new(value, WHAT);
        let parsed = Self {
            username: scan.token()?.into(),
            session_id: scan.number()?,
            session_version: scan.number()?,
            network_type: scan.token()?.into(),
            address_type: AddressType::read(scan.token()?),
            address: scan.token()?.into(),
        };
        scan.end()?;
        Ok(parsed)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, session_id, session_version, network_type, address_type, address } = self;
        write!(
            f,
            "{username} {session_id} {session_version} {network_type} {} {address}",
            address_type.as_str()
        )
    }
}

/// In which direction media flows, seen from the maker of the description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Both.
    #[default]
    SendRecv,
    /// Only sends.
    SendOnly,
    /// Only receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// The name of the attribute.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The direction as the other side sees it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            same => same,
        }
    }

    /// Whether the maker sends, and whether it receives.
    const fn ways(self) -> (bool, bool) {
        match self {
            Self::SendRecv => (true, true),
            Self::SendOnly => (true, false),
            Self::RecvOnly => (false, true),
            Self::Inactive => (false, false),
        }
    }

    const fn of_ways(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The answer to an offer of this direction by an end that would like `wanted`: it sends only what the offerer
    /// receives, and receives only what the offerer sends.
    #[must_use]
    pub const fn answered(self, wanted: Self) -> Self {
        //= RFC3264-6.1:direction
        let ((offerer_sends, offerer_receives), (sends, receives)) = (self.ways(), wanted.ways());
        Self::of_ways(sends && offerer_receives, receives && offerer_sends)
    }

    /// Whether an answer to an offer of this direction may state `answered`.
    pub fn permits(self, answered: Self) -> bool {
        self.answered(answered) == answered
    }

    /// This direction with the other side on hold: nothing more is received.
    #[must_use]
    pub const fn held(self) -> Self {
        //= RFC3264-8.4
        Self::of_ways(self.ways().0, false)
    }

    /// This direction with the hold ended: what the other side sends is received again.
    #[must_use]
    pub const fn resumed(self) -> Self {
        Self::of_ways(self.ways().0, true)
    }

    /// The direction that an attribute of this name states.
    pub fn of_attribute(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.as_str() == name)
    }
}

/// `a=rtpmap`: what a payload type stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RtpMap {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Name of the encoding, compared without case.
    pub encoding: ByteStr,
    /// Clock rate in hertz.
    pub clock_rate: u32,
    /// Encoding parameters; for audio the number of channels, 1 when absent.
    pub parameters: Option<ByteStr>,
}

impl RtpMap {
    /// Reads the value of an `a=rtpmap` attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when a part is missing or not a number.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp a=rtpmap";
        let mut scan = Scan::new(value, WHAT);
        let payload_type = scan.read(payload_type)?;
        let mapping = scan.token()?;
        scan.end()?;
        let mut parts = mapping.splitn(3, '/');
        let encoding = parts.next().filter(|name| is_token(name)).ok_or(scan.invalid(mapping))?.into();
        let rate = parts.next().ok_or(scan.missing())?;
        let clock_rate = decimal(rate).ok_or(scan.invalid(rate))?;
        Ok(Self { payload_type, encoding, clock_rate, parameters: parts.next().map(ByteStr::from) })
    }
}

impl fmt::Display for RtpMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.payload_type, self.encoding, self.clock_rate)?;
        match &self.parameters {
            Some(parameters) => write!(f, "/{parameters}"),
            None => Ok(()),
        }
    }
}
