//! The values of the lines that have a structure of their own.

use std::fmt;
use std::net::IpAddr;

use super::offset_in;
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

    fn read(token: &str) -> Self {
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
        let mut tokens = tokens(value);
        let mut next = || tokens.next().ok_or(DecodeError::missing(value.len(), WHAT));
        let username = next()?.into();
        let session_id = number(value, next()?, WHAT)?;
        let session_version = number(value, next()?, WHAT)?;
        let (network_type, address_type, address) = (next()?, next()?, next()?);
        end(value, tokens.next(), WHAT)?;
        let address_type = AddressType::read(address_type);
        let (network_type, address) = (network_type.into(), address.into());
        Ok(Self { username, session_id, session_version, network_type, address_type, address })
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

/// `c=`: where media is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// `IN`.
    pub network_type: ByteStr,
    /// Type of the address.
    pub address_type: AddressType,
    /// Address or host name, without what follows a slash.
    pub address: ByteStr,
    /// What follows the first slash: time to live and number of addresses of a multicast group.
    pub suffix: Option<ByteStr>,
}

impl Connection {
    /// A unicast address.
    pub fn new(address: IpAddr) -> Self {
        Self {
            network_type: ByteStr::from_static("IN"),
            address_type: AddressType::of(address),
            address: address.to_string().into(),
            suffix: None,
        }
    }

    /// Reads the value of a `c=` line.
    ///
    /// # Errors
    /// [`DecodeError`] when it does not have three tokens.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp c=";
        let mut tokens = tokens(value);
        let mut next = || tokens.next().ok_or(DecodeError::missing(value.len(), WHAT));
        let (network_type, address_type, address) = (next()?, next()?, next()?);
        end(value, tokens.next(), WHAT)?;
        let (address, suffix) = match address.split_once('/') {
            Some((address, suffix)) => (address, Some(suffix.into())),
            None => (address, None),
        };
        let (network_type, address) = (network_type.into(), address.into());
        Ok(Self { network_type, address_type: AddressType::read(address_type), address, suffix })
    }

    /// The address when it is one, of the type that is stated, and not a host name.
    pub fn ip(&self) -> Option<IpAddr> {
        let address: IpAddr = self.address.parse().ok()?;
        (AddressType::of(address) == self.address_type).then_some(address)
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.network_type, self.address_type.as_str(), self.address)?;
        match &self.suffix {
            Some(suffix) => write!(f, "/{suffix}"),
            None => Ok(()),
        }
    }
}

/// `t=`: when the session is active, in seconds since 1900; 0 0 is a permanent session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timing {
    /// Start, 0 for none.
    pub start: u64,
    /// End, 0 for none.
    pub stop: u64,
}

impl Timing {
    /// Reads the value of a `t=` line.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not two numbers.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp t=";
        let mut tokens = tokens(value);
        let mut next = || tokens.next().ok_or(DecodeError::missing(value.len(), WHAT));
        let (start, stop) = (number(value, next()?, WHAT)?, number(value, next()?, WHAT)?);
        end(value, tokens.next(), WHAT)?;
        Ok(Self { start, stop })
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.start, self.stop)
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
        let mut tokens = tokens(value);
        let mut next = || tokens.next().ok_or(DecodeError::missing(value.len(), WHAT));
        let (payload_type, mapping) = (next()?, next()?);
        end(value, tokens.next(), WHAT)?;
        let payload_type = number(value, payload_type, WHAT)?;
        let payload_type = u8::try_from(payload_type)
            .ok()
            .filter(|payload_type| *payload_type <= 127)
            .ok_or(DecodeError::invalid(0, WHAT))?;
        let mut parts = mapping.splitn(3, '/');
        let encoding = parts.next().filter(|name| !name.is_empty());
        let encoding = encoding.ok_or(DecodeError::missing(offset_in(value, mapping), WHAT))?.into();
        let rate = parts.next().ok_or(DecodeError::missing(value.len(), WHAT))?;
        let clock_rate = u32::try_from(number(value, rate, WHAT)?)
            .map_err(|_| DecodeError::invalid(offset_in(value, rate), WHAT))?;
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

/// The tokens of a value; more blanks than one between them are tolerated.
pub(super) fn tokens(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', '\t']).filter(|token| !token.is_empty())
}

pub(super) fn number(value: &str, token: &str, what: &'static str) -> Result<u64, DecodeError> {
    let digits = !token.is_empty() && token.bytes().all(|octet| octet.is_ascii_digit());
    match token.parse() {
        Ok(number) if digits => Ok(number),
        _ => Err(DecodeError::invalid(offset_in(value, token), what)),
    }
}

fn end(value: &str, extra: Option<&str>, what: &'static str) -> Result<(), DecodeError> {
    match extra {
        Some(token) => Err(DecodeError::invalid(offset_in(value, token), what)),
        None => Ok(()),
    }
}
