//! `b=`: what a session or a stream may take (RFC 8866 5.8; RFC 3890 for TIAS, RFC 3556 for RS and RR).

use std::fmt;

use super::grammar::{decimal, is_token};
use super::offset_in;
use crate::DecodeError;
use crate::text::ByteStr;

/// What a bandwidth counts and in which unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BandwidthType(pub ByteStr);

impl BandwidthType {
    /// Conference total, in kilobits per second with all headers.
    pub const CT: Self = Self(ByteStr::from_static("CT"));
    /// Application specific, in kilobits per second with all headers.
    pub const AS: Self = Self(ByteStr::from_static("AS"));
    /// Transport independent, in bits per second without headers below RTP.
    pub const TIAS: Self = Self(ByteStr::from_static("TIAS"));
    /// RTCP of active senders, in bits per second.
    pub const RS: Self = Self(ByteStr::from_static("RS"));
    /// RTCP of receivers, in bits per second.
    pub const RR: Self = Self(ByteStr::from_static("RR"));
}

/// One `b=` line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bandwidth {
    /// What is counted.
    pub kind: BandwidthType,
    /// How much, in the unit of the type.
    pub value: u64,
}

impl Bandwidth {
    /// Reads the value of a `b=` line.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not `<type>:<number>`.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp b=";
        //= RFC8866-5.8
        let (kind, number) = value.split_once(':').ok_or(DecodeError::missing(value.len(), WHAT))?;
        if !is_token(kind) {
            return Err(DecodeError::invalid(0, WHAT));
        }
        let amount = decimal(number).ok_or(DecodeError::invalid(offset_in(value, number), WHAT))?;
        Ok(Self { kind: BandwidthType(kind.into()), value: amount })
    }

    /// The bandwidth in bits per second; `None` for a type whose unit is not known.
    pub fn bits_per_second(&self) -> Option<u64> {
        match self.kind.0.as_str() {
            "CT" | "AS" => self.value.checked_mul(1000),
            //= RFC3890-6.2
            "TIAS" | "RS" | "RR" => Some(self.value),
            _ => None,
        }
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.0, self.value)
    }
}
