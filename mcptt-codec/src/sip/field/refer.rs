//! REFER (RFC 3515, RFC 3892, RFC 4488), and the requests that stand inside a URI (RFC 3261 19.1.1).

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

use super::super::grammar::{Parsed, Stop, is_token, token};
use super::super::header::HeaderName;
use super::super::headers::Headers;
use super::super::method::Method;
use super::super::name_addr::NameAddr;
use super::super::percent;
use super::super::uri::Uri;
use super::FieldValue;
use super::params::{Word, check, may, quoted, word_and_params};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// Refer-To: whom or what to contact, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReferTo(pub NameAddr);

impl ReferTo {
    /// What is asked for at the address, in a request with these fields and this body.
    ///
    /// # Errors
    /// As [`Uri::embedded`].
    pub fn embedded(&self) -> Result<Embedded, DecodeError> {
        self.0.uri.embedded()
    }

    /// The body that the address refers to by `cid`.
    pub fn content_id(&self) -> Option<super::ContentId> {
        super::ContentId::of_uri(&self.0.uri)
    }
}

impl Deref for ReferTo {
    type Target = NameAddr;
    fn deref(&self) -> &NameAddr {
        &self.0
    }
}

impl FieldValue for ReferTo {
    const WHAT: &'static str = "Refer-To";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = NameAddr::read(text)?;
        let deviations = check(text, &value.params, Self::WHAT, &[])?;
        value.uri.embedded()?;
        Ok(Decoded { value: Self(value), deviations })
    }
}

impl fmt::Display for ReferTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The parts of a request that a URI holds: method, header fields, body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embedded {
    /// The `method` parameter; INVITE when there is none.
    pub method: Option<Method>,
    /// The header components, in order.
    pub headers: Headers,
    /// The component that is named `body`.
    pub body: Option<Bytes>,
}

impl Uri {
    /// The request that the URI holds, escapes resolved. Which of its header fields may be honoured is for the
    /// procedure to say (RFC 3261 19.1.5): none of them was checked against its grammar.
    ///
    /// # Errors
    /// [`DecodeError`] for a method or a name of a header field that is no token, for a value that is not
    /// UTF-8 or would end its line, and for a second body.
    pub fn embedded(&self) -> Result<Embedded, DecodeError> {
        let invalid = DecodeError::invalid(0, "embedded header field");
        let method = self.params.raw("method").map(|method| percent::decode(method));
        if method.as_deref().is_some_and(|method| !is_token(method)) {
            return Err(DecodeError::invalid(0, "method"));
        }
        let mut embedded =
            Embedded { method: method.map(|method| Method::from(method.as_ref())), ..Embedded::default() };
        for (name, value) in &self.headers {
            let name = percent::decode(name);
            if name.eq_ignore_ascii_case("body") {
                if embedded.body.replace(percent::octets(value).into()).is_some() {
                    return Err(DecodeError::too_large(0, "body", 1, 2));
                }
                continue;
            }
            let value = ByteStr::from_utf8(percent::octets(value).into(), "embedded header field")
                .map_err(|_| invalid)?;
            if !is_token(&name) || value.contains(['\r', '\n', '\0']) {
                return Err(invalid);
            }
            embedded.headers.push(HeaderName::from(name.as_ref()), value);
        }
        Ok(embedded)
    }

    /// Replaces the request that the URI holds.
    pub fn set_embedded(&mut self, embedded: &Embedded) -> &mut Self {
        self.params.remove("method");
        if let Some(method) = &embedded.method {
            self.params.set("method", method.as_str());
        }
        self.headers.clear();
        for (name, value) in embedded.headers.iter() {
            self.push_header(name.as_str(), value);
        }
        if let Some(body) = &embedded.body {
            self.headers.push(("body".into(), percent::encode_octets(body).into()));
        }
        self
    }
}

/// `true` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrueOrFalse(pub bool);

impl Word for TrueOrFalse {
    fn word<'a>(_: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        let (rest, text) = token(input)?;
        match [true, false].into_iter().find(|value| text.eq_ignore_ascii_case(&value.to_string())) {
            Some(value) => Ok((rest, Self(value))),
            None => Err(Stop::here(input)),
        }
    }
}

impl fmt::Display for TrueOrFalse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

word_and_params! {
    /// Refer-Sub (RFC 4488): whether REFER makes a subscription.
    ReferSub, "Refer-Sub",
    /// False asks for none, or says that there is none.
    subscribe: TrueOrFalse,
    []
}

impl ReferSub {
    /// No subscription.
    pub const NONE: Self = Self::new(TrueOrFalse(false));
}

/// Referred-By (RFC 3892): who sent the REFER.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReferredBy(pub NameAddr);

impl ReferredBy {
    /// The body that proves it.
    pub fn cid(&self) -> Option<&str> {
        self.0.params.get("cid")
    }
}

impl FieldValue for ReferredBy {
    const WHAT: &'static str = "Referred-By";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = NameAddr::read(text)?;
        let deviations = check(text, &value.params, Self::WHAT, &[may("cid", quoted)])?;
        Ok(Decoded { value: Self(value), deviations })
    }
}

impl fmt::Display for ReferredBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
