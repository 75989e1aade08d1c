//! Addresses and hops with the rules of their header fields: From, To, Route, Alert-Info, Via and their kin.

use std::fmt;
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};

use super::super::name_addr::NameAddr;
use super::super::via::Via;
use super::FieldValue;
use super::params::{check, decimal, flag, may, port, quoted, token};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// An address by itself: P-Associated-URI, P-Called-Party-ID, P-Profile-Key, Reply-To, Permission-Missing.
impl FieldValue for NameAddr {
    const WHAT: &'static str = "address";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = Self::read(text)?;
        let deviations = check(text, &value.params, Self::WHAT, &[])?;
        Ok(Decoded { value, deviations })
    }
}

/// From and To: an address with a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tagged(pub NameAddr);

impl FieldValue for Tagged {
    const WHAT: &'static str = "address";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = NameAddr::read(text)?;
        let deviations = check(text, &value.params, Self::WHAT, &[may("tag", token)])?;
        Ok(Decoded { value: Self(value), deviations })
    }
}

/// An address that must stand in angle brackets: Route, Record-Route, Path, Service-Route, Refer-Events-At.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bracketed(pub NameAddr);

impl FieldValue for Bracketed {
    const WHAT: &'static str = "route";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = NameAddr::read_in_brackets(text, Self::WHAT)?;
        let deviations = check(text, &value.params, Self::WHAT, &[])?;
        Ok(Decoded { value: Self(value), deviations })
    }
}

/// A URI in angle brackets without display name: Call-Info, Alert-Info, Error-Info, Geolocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InfoUri(pub NameAddr);

impl InfoUri {
    /// `purpose` of Call-Info.
    pub fn purpose(&self) -> Option<&str> {
        self.params.get("purpose")
    }
}

impl FieldValue for InfoUri {
    const WHAT: &'static str = "reference";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = NameAddr::read_in_brackets(text, Self::WHAT)?;
        if !text.trim_start_matches([' ', '\t']).starts_with('<') {
            return Err(DecodeError::invalid(0, Self::WHAT));
        }
        let deviations = check(text, &value.params, Self::WHAT, &[may("purpose", token)])?;
        Ok(Decoded { value: Self(value), deviations })
    }
}

macro_rules! address_deref {
    ($($name:ident),*) => {$(
        impl Deref for $name {
            type Target = NameAddr;
            fn deref(&self) -> &NameAddr {
                &self.0
            }
        }
        impl DerefMut for $name {
            fn deref_mut(&mut self) -> &mut NameAddr {
                &mut self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
address_deref!(Tagged, Bracketed, InfoUri);

/// One element of Via with its known parameters checked. [`Via::read`] leaves them as they are, since a request
/// is answered even when they are malformed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop(pub Via);

impl FieldValue for Hop {
    const WHAT: &'static str = "Via";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let via = Via::read(text)?;
        let rules = [
            may("branch", token),
            may("received", |value| value.is_some_and(|value| Via::address(value).is_some())),
            may("rport", |value| value.is_none() || port(value)),
            may("maddr", |value| value.is_some_and(super::super::grammar::is_host)),
            may("ttl", |value| {
                value.and_then(super::params::digits).is_some_and(|ttl| u8::try_from(ttl).is_ok())
            }),
            may("alias", flag),
            may("keep", |value| value.is_none() || decimal(value)),
            may("comp", token),
            may("sigcomp-id", quoted),
        ];
        let deviations = check(text, &via.params, Self::WHAT, &rules)?;
        Ok(Decoded { value: Self(via), deviations })
    }
}

impl Deref for Hop {
    type Target = Via;
    fn deref(&self) -> &Via {
        &self.0
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The parameters of a hop.
impl Via {
    fn address(text: &str) -> Option<IpAddr> {
        super::super::grammar::host_address(text)
    }

    /// `received`: the address that the request came from.
    pub fn received(&self) -> Option<IpAddr> {
        self.params.get("received").and_then(Self::address)
    }

    /// `rport` (RFC 3581): `Some(None)` asks for it, `Some(Some(port))` is the port the request came from.
    pub fn rport(&self) -> Option<Option<u16>> {
        let value = self.params.get("rport")?;
        if value.is_empty() { Some(None) } else { value.parse().ok().map(Some) }
    }

    /// `maddr`: where responses go instead of to `sent-by`.
    pub fn maddr(&self) -> Option<&str> {
        self.params.get("maddr")
    }

    /// `ttl` of a multicast request.
    pub fn ttl(&self) -> Option<u8> {
        self.params.get("ttl").and_then(|value| value.parse().ok())
    }

    /// `alias` (RFC 5923): the connection may be used for requests in the other direction.
    pub fn alias(&self) -> bool {
        self.params.contains("alias")
    }

    /// `keep` (RFC 6223): `Some(None)` offers keep-alives, `Some(Some(seconds))` asks for them.
    pub fn keep(&self) -> Option<Option<u32>> {
        let value = self.params.get("keep")?;
        if value.is_empty() { Some(None) } else { value.parse().ok().map(Some) }
    }
}
