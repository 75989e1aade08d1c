//! CSeq (RFC 3261 20.16) and RAck (RFC 3262 7.2).

use std::fmt;
use std::str::FromStr;

use nom::Parser;
use nom::combinator::verify;

use super::grammar::{number, token, white_space, whole};
use super::method::Method;
use crate::DecodeError;

/// Sequence number and method of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2^31.
    pub number: u32,
    /// The method of the request.
    pub method: Method,
}

impl CSeq {
    /// The exclusive bound of the number (RFC 3261 8.1.1.5).
    pub const END: u32 = 0x8000_0000;

    /// Takes a CSeq value apart.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not a number below 2^31 and a method.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let sequence = verify(number, |number| *number < Self::END);
        let mut grammar = (sequence, verify(white_space, |gap: &str| !gap.is_empty()), token);
        let (number, _, method) = whole(text, "CSeq", move |input| grammar.parse(input))?;
        Ok(Self { number, method: method.into() })
    }
}

impl FromStr for CSeq {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// Which reliable provisional response a PRACK acknowledges.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RAck {
    /// RSeq of the response.
    pub response: u32,
    /// CSeq of the response.
    pub cseq: CSeq,
}

impl RAck {
    /// Takes a RAck value apart.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not a number and a CSeq.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let text = text.trim_matches([' ', '\t']);
        let invalid = DecodeError::invalid(0, "RAck");
        let (response, cseq) = text.split_once([' ', '\t']).ok_or(invalid)?;
        let response = whole(response, "RAck", number)?;
        let cseq = CSeq::parse(cseq).map_err(|_| invalid)?;
        Ok(Self { response, cseq })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.response, self.cseq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_method_are_read_and_written() {
        let cseq = CSeq { number: 314_159, method: Method::Invite };
        assert_eq!(CSeq::parse(" 314159 \t INVITE "), Ok(cseq.clone()));
        assert_eq!(CSeq::parse("0009 NEW"), Ok(CSeq { number: 9, method: Method::Other("NEW".into()) }));
        assert_eq!(cseq.to_string(), "314159 INVITE");
        assert_eq!(
            RAck::parse("776656 1 INVITE").map(|rack| rack.to_string()),
            Ok("776656 1 INVITE".to_owned())
        );
    }

    #[test]
    fn other_shapes_are_refused() {
        for (text, offset) in [
            ("", 0),
            ("INVITE", 0),
            ("1", 1),
            ("1INVITE", 1),
            ("2147483648 INVITE", 0),
            ("36893488147419103232 ACK", 0),
            ("1 INVITE extra", 9),
            ("-1 INVITE", 0),
        ] {
            assert_eq!(CSeq::parse(text), Err(DecodeError::invalid(offset, "CSeq")), "{text}");
        }
        for text in ["", "1", "1 INVITE", "x 1 INVITE", "1 1"] {
            assert!(RAck::parse(text).is_err(), "{text}");
        }
    }
}
