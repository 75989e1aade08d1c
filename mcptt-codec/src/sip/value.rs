//! [`HeaderValue`]: the shape that most header fields share, one word and parameters.

use std::fmt;
use std::str::FromStr;

use nom::Parser;
use nom::bytes::complete::take_while1;

use super::grammar::whole;
use super::params::Params;
use crate::DecodeError;
use crate::text::ByteStr;

/// One word with parameters: Event, Subscription-State, Reason, Target-Dialog, Replaces, Content-Disposition,
/// Info-Package, an option tag, ...
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderValue {
    /// What stands before the first semicolon.
    pub word: ByteStr,
    /// The parameters.
    pub params: Params,
}

impl HeaderValue {
    /// A word without parameters.
    pub fn new(word: impl Into<ByteStr>) -> Self {
        Self { word: word.into(), params: Params::new() }
    }

    /// Takes a value apart.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset of the first character that cannot stand where it stands.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::read(&ByteStr::from(text))
    }

    /// Like [`HeaderValue::parse`] for a received text, whose buffer the components then share.
    ///
    /// # Errors
    /// As [`HeaderValue::parse`].
    pub fn read(text: &ByteStr) -> Result<Self, DecodeError> {
        // Wider than a token: the word of Target-Dialog and Replaces is a Call-ID.
        let word = take_while1(|c: char| c.is_ascii_graphic() && !matches!(c, ';' | ','));
        let mut grammar = (word, |input| Params::of_header(text, input));
        let (word, params) = whole(text.as_str(), "header value", |input| grammar.parse(input))?;
        Ok(Self { word: text.share(word), params })
    }

    /// Whether the word is this one, without case.
    pub fn is(&self, word: &str) -> bool {
        self.word.eq_ignore_ascii_case(word)
    }
}

impl FromStr for HeaderValue {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.word, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_and_parameters_are_read_and_written() {
        for (text, word, param, value) in [
            ("conference", "conference", "id", None),
            ("active;expires=3600", "active", "expires", Some("3600")),
            ("pre-call@10.1.1.5;local-tag=a;remote-tag=b", "pre-call@10.1.1.5", "remote-tag", Some("b")),
            ("SIP;cause=200;text=\"User requested release\"", "SIP", "text", Some("User requested release")),
            ("recipient-list;handling=optional", "recipient-list", "handling", Some("optional")),
        ] {
            let read = HeaderValue::parse(text).unwrap();
            assert_eq!((read.word.as_str(), read.params.get(param)), (word, value));
            assert_eq!(read.to_string(), text);
        }
        for text in ["", ";a=b", "a b", "a;", "a,b", "a;b=\"c"] {
            assert!(HeaderValue::parse(text).is_err(), "{text}");
        }
    }
}
