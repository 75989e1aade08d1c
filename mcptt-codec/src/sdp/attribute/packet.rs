//! Attributes of the packets of a stream: `a=ptime`, `a=maxptime`, `a=fmtp` (RFC 8866 6) and `a=maxprate` (RFC 3890).

use std::fmt;

use super::typed_attribute;
use crate::DecodeError;
use crate::sdp::grammar::{Scan, decimal, is_token};
use crate::text::ByteStr;

/// Length of media in microseconds; written in milliseconds, with a fraction when there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketTime(pub u32);

impl PacketTime {
    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u32 {
        self.0 / 1000
    }

    fn read(text: &str) -> Option<Self> {
        thousandths(text).map(Self)
    }
}

impl fmt::Display for PacketTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_thousandths(self.0, f)
    }
}

/// A decimal number above zero with at most three digits behind the point, in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) =
        text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let fraction = match fraction {
        None => 0,
        Some(digits) => {
            let scale = [100, 10, 1].get(digits.len().checked_sub(1)?)?;
            decimal::<u32>(digits)?.checked_mul(*scale)?
        }
    };
    decimal::<u32>(whole)?.checked_mul(1000)?.checked_add(fraction).filter(|value| *value > 0)
}

fn write_thousandths(value: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (value / 1000, value % 1000) {
        (whole, 0) => write!(f, "{whole}"),
        (whole, fraction) => write!(f, "{whole}.{}", format!("{fraction:03}").trim_end_matches('0')),
    }
}

fn one<T>(value: &str, what: &'static str, read: fn(&str) -> Option<T>) -> Result<T, DecodeError> {
    let mut scan = Scan::new(value, what);
    let read = scan.read(read)?;
    scan.end()?;
    Ok(read)
}

/// `a=ptime`: length of media in one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ptime(pub PacketTime);

impl Ptime {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no number above zero, or finer than a microsecond.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        //= RFC8866-6.4
        one(value, "sdp a=ptime", PacketTime::read).map(Self)
    }
}

impl fmt::Display for Ptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

typed_attribute!(Ptime, "ptime", Media, "RFC8866-6.4");

/// `a=maxptime`: largest length of media in one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaxPtime(pub PacketTime);

impl MaxPtime {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no number above zero, or finer than a microsecond.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        //= RFC8866-6.5
        one(value, "sdp a=maxptime", PacketTime::read).map(Self)
    }
}

impl fmt::Display for MaxPtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

typed_attribute!(MaxPtime, "maxptime", Media, "RFC8866-6.5");

/// `a=maxprate`: most packets in a second, in thousandths of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaxPacketRate(pub u32);

impl MaxPacketRate {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no number above zero with at most three digits behind the point.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        //= RFC3890-6.3
        one(value, "sdp a=maxprate", thousandths).map(Self)
    }
}

impl fmt::Display for MaxPacketRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_thousandths(self.0, f)
    }
}

typed_attribute!(MaxPacketRate, "maxprate", Both, "RFC3890-6.3");

/// `a=fmtp`: parameters of one format, in a form that the format defines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FormatParameters {
    /// The format, as in `m=`.
    pub format: ByteStr,
    /// Its parameters.
    pub parameters: ByteStr,
}

impl FormatParameters {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when format or parameters are missing.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=fmtp");
        //= RFC8866-6.15
        let format = scan.read(|format| is_token(format).then_some(format))?.into();
        let parameters = scan.rest();
        if parameters.is_empty() {
            Err(scan.missing())
        } else {
            Ok(Self { format, parameters: parameters.into() })
        }
    }
}

impl fmt::Display for FormatParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.format, self.parameters)
    }
}

typed_attribute!(FormatParameters, "fmtp", Media, "RFC8866-6.15");
