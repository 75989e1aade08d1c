//! What a body is for and how it is named: Content-Disposition (RFC 3261 20.11, RFC 5621) and Content-ID
//! (RFC 2392, RFC 8262).

use std::fmt;

use super::super::percent;
use super::super::uri::{Scheme, Uri};
use super::params::{may, token, word_and_params};
use super::token::Token;
use super::{FieldValue, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

word_and_params! {
    /// What a body is for.
    ContentDisposition, "Content-Disposition",
    /// `session`, `recipient-list`, ...
    kind: Token,
    [may("handling", token)]
}

impl ContentDisposition {
    /// A session description.
    pub const SESSION: Token = Token::from_static("session");
    /// Shown to the user.
    pub const RENDER: Token = Token::from_static("render");
    /// The list of users that a request is for (RFC 5366, RFC 5368).
    pub const RECIPIENT_LIST: Token = Token::from_static("recipient-list");
    /// Belongs to an INFO request (RFC 6086).
    pub const INFO_PACKAGE: Token = Token::from_static("Info-Package");
    /// Referred to from a header field (RFC 5621).
    pub const BY_REFERENCE: Token = Token::from_static("by-reference");

    /// Whether a receiver that does not understand the body may leave it aside; one that says nothing may not.
    pub fn is_optional(&self) -> bool {
        self.params.get("handling").is_some_and(|handling| handling.eq_ignore_ascii_case("optional"))
    }
}

/// Content-ID: the name by which a `cid` URI refers to a body. Case counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContentId(ByteStr);

impl ContentId {
    /// An identity without its angle brackets; `None` when it is not of the form `left@right`.
    pub fn new(id: impl Into<ByteStr>) -> Option<Self> {
        let id = id.into();
        let inside = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '@' | '"' | ','))
        };
        id.split_once('@').is_some_and(|(left, right)| inside(left) && inside(right)).then_some(Self(id))
    }

    /// The identity without its angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identity that a `cid` URI refers to; `None` for another scheme.
    pub fn of_uri(uri: &Uri) -> Option<Self> {
        (uri.scheme == Scheme::Cid).then(|| Self::new(percent::decode(&uri.opaque).into_owned())).flatten()
    }

    /// The URI that refers to this identity.
    pub fn uri(&self) -> Uri {
        let mut text = String::from("cid:");
        for (at, part) in self.0.split('@').enumerate() {
            text.extend([if at == 0 { "" } else { "@" }, &percent::encode(part)]);
        }
        Uri { scheme: Scheme::Cid, opaque: text.split_off(4).into(), ..Uri::sip(None, "", None) }
    }
}

impl FieldValue for ContentId {
    const WHAT: &'static str = "Content-ID";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let plain = text.trim_matches([' ', '\t']);
        let inside = plain.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        inside
            .and_then(|id| Self::new(text.share(id)))
            .map(Decoded::clean)
            .ok_or(DecodeError::invalid(offset_of(text, plain), Self::WHAT))
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}
