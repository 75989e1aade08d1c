//! Session-Expires and Min-SE (RFC 4028 4 and 5).

use std::fmt;
use std::str::FromStr;

use nom::Parser;

use super::grammar::{number, whole};
use super::params::Params;
use crate::DecodeError;
use crate::text::ByteStr;

/// Who refreshes the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

impl Refresher {
    /// The parameter value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uac => "uac",
            Self::Uas => "uas",
        }
    }
}

/// The session interval; Min-SE has the same shape without refresher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionExpires {
    /// The interval in seconds.
    pub seconds: u32,
    /// Who refreshes, when it is said.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// The smallest interval that RFC 4028 allows, in seconds.
    pub const MINIMUM: u32 = 90;

    /// Takes a Session-Expires or Min-SE value apart.
    ///
    /// # Errors [`DecodeError`] when it does not begin with a number of seconds, or when the refresher is
    /// neither side.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let source = ByteStr::from(text);
        let (seconds, params) = whole(source.as_str(), "Session-Expires", |input| {
            (number, |input| Params::of_header(&source, input)).parse(input)
        })?;
        let refresher = match params.get("refresher") {
            None => None,
            Some(side) if side.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(side) if side.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            Some(_) => return Err(DecodeError::invalid(0, "refresher")),
        };
        Ok(Self { seconds, refresher })
    }
}

impl FromStr for SessionExpires {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        match self.refresher {
            Some(side) => write!(f, ";refresher={}", side.as_str()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_and_refresher_are_read_and_written() {
        for (text, seconds, refresher, written) in [
            ("1800", 1800, None, "1800"),
            ("1800;refresher=uac", 1800, Some(Refresher::Uac), "1800;refresher=uac"),
            ("90 ; Refresher = UAS;x=y", 90, Some(Refresher::Uas), "90;refresher=uas"),
        ] {
            let value = SessionExpires::parse(text);
            assert_eq!(value, Ok(SessionExpires { seconds, refresher }));
            assert_eq!(value.unwrap().to_string(), written);
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in
            ["", "soon", "-1", "4294967296", "1800;refresher=proxy", "1800;refresher", "1800;;", "1800,90"]
        {
            assert!(SessionExpires::parse(text).is_err(), "{text}");
        }
    }
}
