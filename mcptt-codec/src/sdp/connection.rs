//! `c=`: where media is to be sent, to one receiver or to a multicast group.

use std::fmt;
use std::net::IpAddr;

use super::AddressType;
use super::grammar::{Scan, decimal};
use crate::DecodeError;
use crate::text::ByteStr;

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
        let mut scan = Scan::new(value, WHAT);
        let (network_type, address_type, address) = (scan.token()?, scan.token()?, scan.token()?);
        scan.end()?;
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

    /// The multicast groups, `None` for one receiver or a host name.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset in the value when what follows the slash does not belong to the address:
    /// IPv4 groups state a time to live, IPv6 groups must not, neither may state less than one address, and
    /// one receiver or a host name has no suffix.
    pub fn multicast(&self) -> Result<Option<Multicast>, DecodeError> {
        const WHAT: &str = "sdp c= multicast";
        let written = self.to_string();
        let invalid = DecodeError::invalid(written.find('/').unwrap_or(written.len()), WHAT);
        let suffix = self.suffix.as_deref();
        let address = self.ip().filter(IpAddr::is_multicast);
        //= RFC8866-5.7:multicast
        let (ttl, count) = match (address, suffix) {
            (None, None) => return Ok(None),
            (None, Some(_)) | (Some(IpAddr::V4(_)), None) => return Err(invalid),
            (Some(IpAddr::V4(_)), Some(suffix)) => {
                let (ttl, count) = suffix.split_once('/').map_or((suffix, None), |(ttl, n)| (ttl, Some(n)));
                (Some(decimal(ttl).ok_or(invalid)?), count)
            }
            (Some(IpAddr::V6(_)), count) => (None, count),
        };
        let addresses = count.map_or(Some(1), decimal).filter(|count| *count > 0).ok_or(invalid)?;
        Ok(address.map(|first| Multicast { first, ttl, addresses }))
    }
}

/// Multicast groups with consecutive addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Multicast {
    /// Address of the first group.
    pub first: IpAddr,
    /// How far packets go, 0 to 255; IPv4 alone.
    pub ttl: Option<u8>,
    /// How many groups, at least 1.
    pub addresses: u32,
}

impl Multicast {
    /// The address of a group, counted from 0; `None` beyond the last one.
    pub fn address(&self, index: u32) -> Option<IpAddr> {
        if index >= self.addresses {
            return None;
        }
        match self.first {
            IpAddr::V4(first) => first.to_bits().checked_add(index).map(|bits| IpAddr::V4(bits.into())),
            IpAddr::V6(first) => {
                first.to_bits().checked_add(index.into()).map(|bits| IpAddr::V6(bits.into()))
            }
        }
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
