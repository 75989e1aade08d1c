//! Media types: Content-Type and the elements of Accept (RFC 3261 20.15, RFC 2045 5.1).

use std::fmt;

use nom::Parser;
use nom::character::complete::char;

use super::grammar::{token, whole};
use super::params::Params;
use crate::DecodeError;
use crate::text::ByteStr;

/// A media type with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContentType {
    /// What stands before the slash.
    pub kind: ByteStr,
    /// What stands after it.
    pub subtype: ByteStr,
    /// The parameters.
    pub params: Params,
}

impl ContentType {
    /// Takes a media type apart.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset of the first character that cannot stand where it stands.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::read(&ByteStr::from(text))
    }

    /// Like [`ContentType::parse`] for a received text, whose buffer the components then share.
    ///
    /// # Errors
    /// As [`ContentType::parse`].
    pub fn read(text: &ByteStr) -> Result<Self, DecodeError> {
        let (kind, _, subtype, params) = whole(text.as_str(), "media type", |input| {
            (token, char('/'), token, |input| Params::of_header(text, input)).parse(input)
        })?;
        Ok(Self { kind: text.share(kind), subtype: text.share(subtype), params })
    }

    /// Whether it is that media type, given as `kind/subtype`, without case and whatever its parameters.
    pub fn is(&self, mime: &str) -> bool {
        mime.split_once('/').is_some_and(|(kind, subtype)| {
            self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
        })
    }

    /// Whether the body is a sequence of parts.
    pub fn is_multipart(&self) -> bool {
        self.kind.eq_ignore_ascii_case("multipart")
    }

    /// Whether this element of an Accept field covers a media type, wildcards included.
    pub fn accepts(&self, mime: &str) -> bool {
        mime.split_once('/').is_some_and(|(kind, _)| {
            self.is("*/*") || (self.subtype == "*" && self.kind.eq_ignore_ascii_case(kind)) || self.is(mime)
        })
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.kind, self.subtype, self.params)
    }
}
