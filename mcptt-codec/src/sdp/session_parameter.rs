//! Session parameters of `a=crypto` (RFC 4568 6.3).

use std::fmt;

use super::InlineKey;
use super::grammar::decimal;
use super::inline_key::{read_keys, write_keys};
use crate::text::ByteStr;

/// Whether forward error correction is computed before or after SRTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FecOrder {
    /// Error correction first.
    FecSrtp,
    /// SRTP first.
    SrtpFec,
}

/// One session parameter. Neither `Debug` nor serialisation shows a key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionParameter {
    /// `KDR`: keys are derived anew every two to this power packets, 1 to 24.
    KeyDerivationRate(u8),
    /// `UNENCRYPTED_SRTP`.
    UnencryptedSrtp,
    /// `UNENCRYPTED_SRTCP`.
    UnencryptedSrtcp,
    /// `UNAUTHENTICATED_SRTP`.
    UnauthenticatedSrtp,
    /// `FEC_ORDER`.
    FecOrder(FecOrder),
    /// `FEC_KEY`: keys of the stream of error correction.
    FecKey(Vec<InlineKey>),
    /// `WSH`: how many packets the replay list should cover, at least 64.
    WindowSizeHint(u64),
    /// Any other, as it stands; also one of the above with a value that it cannot have.
    Other(ByteStr),
}

impl SessionParameter {
    /// Reads one parameter.
    pub fn read(text: &str) -> Self {
        //= RFC4568-6.3
        let read = match text.split_once('=') {
            None => match text {
                "UNENCRYPTED_SRTP" => Some(Self::UnencryptedSrtp),
                "UNENCRYPTED_SRTCP" => Some(Self::UnencryptedSrtcp),
                "UNAUTHENTICATED_SRTP" => Some(Self::UnauthenticatedSrtp),
                _ => None,
            },
            Some(("KDR", rate)) => {
                decimal(rate).filter(|rate| (1..=24).contains(rate)).map(Self::KeyDerivationRate)
            }
            Some(("FEC_ORDER", "FEC_SRTP")) => Some(Self::FecOrder(FecOrder::FecSrtp)),
            Some(("FEC_ORDER", "SRTP_FEC")) => Some(Self::FecOrder(FecOrder::SrtpFec)),
            Some(("FEC_KEY", keys)) => return read_keys(keys).map_or(Self::Other(text.into()), Self::FecKey),
            Some(("WSH", packets)) => {
                decimal(packets).filter(|packets| *packets >= 64).map(Self::WindowSizeHint)
            }
            Some(_) => None,
        };
        // A number with leading zeros is kept as it is.
        read.filter(|read| read.shown() == text).unwrap_or(Self::Other(text.into()))
    }

    /// The name, without the hyphen of an optional one.
    pub fn name(&self) -> &str {
        match self {
            Self::KeyDerivationRate(_) => "KDR",
            Self::UnencryptedSrtp => "UNENCRYPTED_SRTP",
            Self::UnencryptedSrtcp => "UNENCRYPTED_SRTCP",
            Self::UnauthenticatedSrtp => "UNAUTHENTICATED_SRTP",
            Self::FecOrder(_) => "FEC_ORDER",
            Self::FecKey(_) => "FEC_KEY",
            Self::WindowSizeHint(_) => "WSH",
            Self::Other(text) => {
                let name = text.split_once('=').map_or(text.as_str(), |(name, _)| name);
                name.strip_prefix('-').unwrap_or(name)
            }
        }
    }

    /// Whether a receiver that does not know it may go on without it.
    pub fn is_optional(&self) -> bool {
        //= RFC4568-6.3.8
        matches!(self, Self::Other(text) if text.starts_with('-'))
    }

    /// Whether it is a parameter of RFC 4568 with a value that it cannot have.
    pub(super) fn is_malformed(&self) -> bool {
        const KNOWN: [&str; 7] = [
            "KDR",
            "UNENCRYPTED_SRTP",
            "UNENCRYPTED_SRTCP",
            "UNAUTHENTICATED_SRTP",
            "FEC_ORDER",
            "FEC_KEY",
            "WSH",
        ];
        matches!(self, Self::Other(_)) && !self.is_optional() && KNOWN.contains(&self.name())
    }

    /// An upper bound of the octets it takes on the wire.
    pub(super) fn room(&self) -> usize {
        const LONGEST: usize = 32;
        match self {
            Self::FecKey(keys) => keys.iter().map(InlineKey::room).fold(LONGEST, usize::saturating_add),
            Self::Other(text) => text.len(),
            _ => LONGEST,
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::FecKey(keys) => {
                out.push_str("FEC_KEY=");
                write_keys(keys, out);
            }
            Self::Other(text) => out.push_str(text),
            other => out.push_str(&other.shown()),
        }
    }

    /// The parameter without keys.
    fn shown(&self) -> String {
        match self {
            Self::KeyDerivationRate(rate) => format!("KDR={rate}"),
            Self::FecOrder(FecOrder::FecSrtp) => "FEC_ORDER=FEC_SRTP".to_owned(),
            Self::FecOrder(FecOrder::SrtpFec) => "FEC_ORDER=SRTP_FEC".to_owned(),
            Self::WindowSizeHint(packets) => format!("WSH={packets}"),
            Self::Other(text) if self.name() != "FEC_KEY" => text.to_string(),
            Self::FecKey(_) | Self::Other(_) => "FEC_KEY=(hidden)".to_owned(),
            Self::UnencryptedSrtp | Self::UnencryptedSrtcp | Self::UnauthenticatedSrtp => {
                self.name().to_owned()
            }
        }
    }
}

impl fmt::Debug for SessionParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl serde::Serialize for SessionParameter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}
