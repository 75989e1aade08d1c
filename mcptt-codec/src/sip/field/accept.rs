//! Preferences: Accept, Accept-Encoding, Accept-Language (RFC 3261 20.1 to 20.3) and their weights.

use std::fmt;
use std::str::FromStr;

use super::super::content_type::ContentType;
use super::super::params::Params;
use super::params::{check, may, token_or_quoted, word_and_params};
use super::token::Token;
use super::{FieldValue, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// `qvalue`: 0 to 1 in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Qvalue(u16);

impl Qvalue {
    /// The weight of what says none.
    pub const ONE: Self = Self(1000);

    /// That many thousandths; `None` beyond 1000.
    pub const fn thousandths(value: u16) -> Option<Self> {
        if value <= 1000 { Some(Self(value)) } else { None }
    }

    /// The weight in thousandths.
    pub const fn as_thousandths(self) -> u16 {
        self.0
    }

    /// The weight that a parameter of that name says.
    pub(super) fn of(params: &Params, name: &str) -> Option<Self> {
        params.raw(name).and_then(|value| value.parse().ok())
    }
}

impl FromStr for Qvalue {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let invalid = DecodeError::invalid(0, "qvalue");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = fraction.len() <= 3 && fraction.bytes().all(|octet| octet.is_ascii_digit());
        let padded = format!("{fraction:0<3}");
        match (whole, digits.then(|| padded.parse().ok()).flatten()) {
            ("0", Some(thousandths)) => Ok(Self(thousandths)),
            ("1", Some(0)) => Ok(Self::ONE),
            _ => Err(invalid),
        }
    }
}

impl fmt::Display for Qvalue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0"),
            1000.. => f.write_str("1"),
            thousandths => write!(f, "0.{}", format!("{thousandths:03}").trim_end_matches('0')),
        }
    }
}

pub(super) fn qvalue(value: Option<&str>) -> bool {
    value.is_some_and(|value| value.parse::<Qvalue>().is_ok())
}

/// An element of Accept: a media type, wildcards allowed, with parameters and weight.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaRange(pub ContentType);

impl MediaRange {
    /// The weight.
    pub fn quality(&self) -> Qvalue {
        Qvalue::of(&self.0.params, "q").unwrap_or(Qvalue::ONE)
    }

    /// Whether it covers a media type, given as `kind/subtype`, and does not rule it out.
    pub fn accepts(&self, mime: &str) -> bool {
        self.quality() > Qvalue(0) && self.0.accepts(mime)
    }
}

impl FieldValue for MediaRange {
    const WHAT: &'static str = "Accept";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let range = ContentType::read(text)?;
        if range.kind == "*" && range.subtype != "*" {
            return Err(DecodeError::invalid(offset_of(text, &range.subtype), Self::WHAT));
        }
        let deviations = check(text, &range.params, Self::WHAT, &[may("q", qvalue)])?;
        Ok(Decoded { value: Self(range), deviations })
    }
}

impl fmt::Display for MediaRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Content-Type: no wildcards.
impl FieldValue for ContentType {
    const WHAT: &'static str = "Content-Type";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let media = Self::read(text)?;
        if let Some(wild) = [&media.kind, &media.subtype].into_iter().find(|part| part.as_str() == "*") {
            return Err(DecodeError::invalid(offset_of(text, wild), Self::WHAT));
        }
        let rules = [may("boundary", token_or_quoted), may("charset", token_or_quoted)];
        let deviations = check(text, &media.params, Self::WHAT, &rules)?;
        Ok(Decoded { value: media, deviations })
    }
}

word_and_params! {
    /// An element of Accept-Encoding or Accept-Language: a coding or a language, `*` for every other, and its
    /// weight.
    Weighted, "preference",
    /// The coding or language.
    value: Token,
    [may("q", qvalue)]
}

impl Weighted {
    /// The weight.
    pub fn quality(&self) -> Qvalue {
        Qvalue::of(&self.params, "q").unwrap_or(Qvalue::ONE)
    }
}
