//! Authentication: Digest (RFC 7616, RFC 8760; AKA by RFC 3310 and RFC 4169) and Bearer (RFC 6750, RFC 8898).

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::combinator::{eof, map, recognize, verify};
use nom::sequence::terminated;

use super::super::grammar::{Parsed, is_token, token, white_space, whole};
use super::super::params::Params;
use super::params::Word;
use super::token::Token;
use super::{FieldValue, deviation, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, Deviation};

/// Comma-separated parameters, in order; values keep their quotes until they are asked for.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct AuthParams(Params);

impl AuthParams {
    /// No parameters.
    pub const fn new() -> Self {
        Self(Params::new())
    }

    fn read<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        let (rest, params) = Params::of_commas(source, input)?;
        Ok((rest, Self(params)))
    }

    /// Checks the parameters that the scheme defines. Quotes where none belong, and their absence, are told:
    /// both are common and change nothing.
    fn check(
        &self,
        text: &ByteStr,
        what: &'static str,
        rules: &[(&'static str, Form, Need)],
    ) -> Result<Vec<Deviation>, DecodeError> {
        let mut deviations = Vec::new();
        for (at, (name, value)) in self.iter().enumerate() {
            let Some(value) = value else { return Err(DecodeError::invalid(offset_of(text, name), what)) };
            // Which of two nonces was meant cannot be told.
            if self.iter().take(at).any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
                return Err(DecodeError::invalid(offset_of(text, name), what));
            }
            let Some((_, form, _)) = rules.iter().find(|rule| rule.0.eq_ignore_ascii_case(name)) else {
                continue;
            };
            if !form.allows(self.unquoted(name).unwrap_or_default().as_ref()) {
                return Err(DecodeError::invalid(offset_of(text, value), what));
            }
            //= RFC7616-quoting
            if value.starts_with('"') == matches!(form, Form::Plain | Form::Flag | Form::Count) {
                deviations.push(deviation(text, value, "RFC7616-quoting"));
            }
        }
        match rules.iter().find(|(name, _, need)| matches!(need, Need::Must) && !self.contains(name)) {
            Some((name, ..)) => Err(DecodeError::missing(text.as_bytes().len(), name)),
            None => Ok(deviations),
        }
    }
}

enum Need {
    Must,
    May,
}

enum Form {
    /// Any text, in quotes.
    Text,
    /// Lower-case hexadecimal digits in quotes; none in the first REGISTER of an IMS user (TS 24.229 5.1.1.2).
    Digest,
    /// Tokens in one pair of quotes.
    Tokens,
    /// A token.
    Plain,
    /// `true` or `false`.
    Flag,
    /// Eight hexadecimal digits.
    Count,
}

impl Form {
    fn allows(&self, text: &str) -> bool {
        let hexadecimal = || text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
        match self {
            Self::Text => true,
            Self::Digest => text.len().is_multiple_of(32) && hexadecimal(),
            Self::Tokens => text.split(',').all(|one| is_token(one.trim_matches([' ', '\t']))),
            Self::Plain => is_token(text),
            Self::Flag => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
            Self::Count => text.len() == 8 && hexadecimal(),
        }
    }
}

impl Deref for AuthParams {
    type Target = Params;
    fn deref(&self) -> &Params {
        &self.0
    }
}

impl DerefMut for AuthParams {
    fn deref_mut(&mut self) -> &mut Params {
        &mut self.0
    }
}

impl fmt::Display for AuthParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.iter().enumerate() {
            write!(f, "{}{name}={}", if at == 0 { "" } else { ", " }, value.unwrap_or("\"\""))?;
        }
        Ok(())
    }
}

/// Names only: the values open doors.
impl fmt::Debug for AuthParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// The scheme whose passwords never travel.
const DIGEST: Token = Token::from_static("Digest");
/// The scheme of access tokens.
const BEARER: Token = Token::from_static("Bearer");

fn tokens(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split(',')).map(|one| one.trim_matches([' ', '\t']))
}

/// WWW-Authenticate and Proxy-Authenticate: one challenge. Several stand in several header fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Challenge {
    /// `Digest`, `Bearer`, or another.
    pub scheme: Token,
    /// The parameters, in order.
    pub params: AuthParams,
}

impl Challenge {
    /// A Digest challenge; `qop` such as `auth,auth-int`.
    pub fn digest(realm: &str, nonce: &str, algorithm: &Token, qop: &str) -> Self {
        let mut params = AuthParams::new();
        params
            .set_quoted("realm", realm)
            .set_quoted("nonce", nonce)
            .set("algorithm", algorithm.as_str())
            .set_quoted("qop", qop);
        Self { scheme: DIGEST, params }
    }

    /// A Bearer challenge that names the authorisation server.
    pub fn bearer(realm: &str, authz_server: &str) -> Self {
        let mut params = AuthParams::new();
        params.set_quoted("realm", realm).set_quoted("authz_server", authz_server);
        Self { scheme: BEARER, params }
    }

    /// Whether it is a Digest challenge.
    pub fn is_digest(&self) -> bool {
        self.scheme == DIGEST
    }

    /// Whether it asks for an access token.
    pub fn is_bearer(&self) -> bool {
        self.scheme == BEARER
    }

    /// The realm.
    pub fn realm(&self) -> Option<Cow<'_, str>> {
        self.params.unquoted("realm")
    }

    /// The nonce.
    pub fn nonce(&self) -> Option<&str> {
        self.params.get("nonce")
    }

    /// What is to be returned untouched.
    pub fn opaque(&self) -> Option<&str> {
        self.params.get("opaque")
    }

    /// Whether only the nonce was too old.
    pub fn is_stale(&self) -> bool {
        self.params.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    }

    /// The algorithm; MD5 when none is named (RFC 7616 3.3).
    pub fn algorithm(&self) -> &str {
        self.params.get("algorithm").unwrap_or("MD5")
    }

    /// The qualities of protection on offer, `auth` and `auth-int` among them.
    pub fn qop(&self) -> impl Iterator<Item = &str> {
        tokens(self.params.get("qop"))
    }

    /// The URIs that the credentials are good for.
    pub fn domain(&self) -> impl Iterator<Item = &str> {
        self.params.get("domain").into_iter().flat_map(str::split_ascii_whitespace)
    }

    /// Where access tokens come from.
    pub fn authz_server(&self) -> Option<&str> {
        self.params.get("authz_server")
    }
}

impl FieldValue for Challenge {
    const WHAT: &'static str = "challenge";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let mut grammar = (
            |input| Token::word(text, input),
            verify(white_space, |gap: &str| !gap.is_empty()),
            |input| AuthParams::read(text, input),
        );
        let (scheme, _, params) = whole(text.as_str(), Self::WHAT, |input| grammar.parse(input))?;
        let value = Self { scheme, params };
        let rules: &[_] = if value.is_digest() {
            &[
                ("realm", Form::Text, Need::Must),
                ("nonce", Form::Text, Need::Must),
                ("domain", Form::Text, Need::May),
                ("opaque", Form::Text, Need::May),
                ("stale", Form::Flag, Need::May),
                ("algorithm", Form::Plain, Need::May),
                ("qop", Form::Tokens, Need::May),
                ("userhash", Form::Flag, Need::May),
            ]
        } else if value.is_bearer() {
            &[
                ("realm", Form::Text, Need::May),
                ("scope", Form::Text, Need::May),
                ("authz_server", Form::Text, Need::May),
                ("error", Form::Text, Need::May),
            ]
        } else {
            &[]
        };
        let deviations = value.params.check(text, Self::WHAT, rules)?;
        Ok(Decoded { value, deviations })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.scheme, self.params)
    }
}

/// Authorization and Proxy-Authorization.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// `Digest`, `Bearer`, or another.
    pub scheme: Token,
    /// What stands alone after the scheme: an access token.
    pub token: Option<ByteStr>,
    /// The parameters, in order.
    pub params: AuthParams,
}

impl Credentials {
    /// Credentials that are an access token; `None` when the text cannot be one.
    pub fn bearer(token: impl Into<ByteStr>) -> Option<Self> {
        let token = token.into();
        let sound = super::super::grammar::exactly(&token, token68).is_some();
        sound.then(|| Self { scheme: BEARER, token: Some(token), params: AuthParams::new() })
    }

    /// Digest credentials.
    pub const fn digest(params: AuthParams) -> Self {
        Self { scheme: DIGEST, token: None, params }
    }

    /// Whether these are Digest credentials.
    pub fn is_digest(&self) -> bool {
        self.scheme == DIGEST
    }

    /// The access token of Bearer credentials.
    pub fn access_token(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| self.scheme == BEARER)
    }

    /// Who it is.
    pub fn username(&self) -> Option<Cow<'_, str>> {
        self.params.unquoted("username")
    }

    /// The realm of the challenge.
    pub fn realm(&self) -> Option<Cow<'_, str>> {
        self.params.unquoted("realm")
    }

    /// The nonce of the challenge.
    pub fn nonce(&self) -> Option<&str> {
        self.params.get("nonce")
    }

    /// The Request-URI that was digested.
    pub fn uri(&self) -> Option<&str> {
        self.params.get("uri")
    }

    /// The digest.
    pub fn response(&self) -> Option<&str> {
        self.params.get("response")
    }

    /// The algorithm; MD5 when none is named.
    pub fn algorithm(&self) -> &str {
        self.params.get("algorithm").unwrap_or("MD5")
    }

    /// The quality of protection, `auth` or `auth-int`.
    pub fn qop(&self) -> Option<&str> {
        self.params.get("qop")
    }

    /// The nonce of the client.
    pub fn cnonce(&self) -> Option<&str> {
        self.params.get("cnonce")
    }

    /// How often the nonce of the challenge was used.
    pub fn nonce_count(&self) -> Option<u32> {
        self.params.get("nc").and_then(|count| u32::from_str_radix(count, 16).ok())
    }

    /// The resynchronisation of AKA (RFC 3310 3.4), in base64.
    pub fn auts(&self) -> Option<&str> {
        self.params.get("auts")
    }
}

impl FieldValue for Credentials {
    const WHAT: &'static str = "credentials";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let (scheme, token, params) = whole(text.as_str(), Self::WHAT, |input| {
            let gap = verify(white_space, |gap: &str| !gap.is_empty());
            let params = map(|input| AuthParams::read(text, input), |params| (None, params));
            let alone = terminated(token68, (white_space, eof));
            let alone = map(alone, |token| (Some(text.share(token)), AuthParams::new()));
            let (rest, (scheme, _)) = (token, gap).parse(input)?;
            // What looks like a token is one, except where the scheme has none.
            let (rest, (token, params)) = match scheme.eq_ignore_ascii_case(DIGEST.as_str()) {
                true => {
                    let mut params = params;
                    params.parse(rest)?
                }
                false => alt((alone, params)).parse(rest)?,
            };
            Ok((rest, (scheme, token, params)))
        })?;
        let scheme = Token::new(text.share(scheme)).ok_or(DecodeError::invalid(0, Self::WHAT))?;
        let value = Self { scheme, token, params };
        let rules: &[_] = if value.is_digest() {
            &[
                ("username", Form::Text, Need::Must),
                ("realm", Form::Text, Need::Must),
                ("nonce", Form::Text, Need::Must),
                ("uri", Form::Text, Need::Must),
                ("response", Form::Digest, Need::Must),
                ("algorithm", Form::Plain, Need::May),
                ("cnonce", Form::Text, Need::May),
                ("opaque", Form::Text, Need::May),
                ("qop", Form::Plain, Need::May),
                ("nc", Form::Count, Need::May),
                ("auts", Form::Text, Need::May),
                ("userhash", Form::Flag, Need::May),
            ]
        } else {
            &[]
        };
        let deviations = value.params.check(text, Self::WHAT, rules)?;
        Ok(Decoded { value, deviations })
    }
}

/// `1*(ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/") *"="`
fn token68(input: &str) -> Parsed<'_, &str> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/');
    recognize((take_while1(inside), take_while(|c| c == '='))).parse(input)
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.token {
            Some(token) => write!(f, "{} {token}", self.scheme),
            None => write!(f, "{} {}", self.scheme, self.params),
        }
    }
}

/// Scheme and names only: the rest opens doors.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("scheme", &self.scheme)
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

/// Authentication-Info: what the server says after credentials that were right.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuthenticationInfo(pub AuthParams);

impl AuthenticationInfo {
    /// The nonce to use from now on.
    pub fn next_nonce(&self) -> Option<&str> {
        self.0.get("nextnonce")
    }

    /// The proof that the server knows the password too.
    pub fn response(&self) -> Option<&str> {
        self.0.get("rspauth")
    }
}

impl FieldValue for AuthenticationInfo {
    const WHAT: &'static str = "Authentication-Info";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let params = whole(text.as_str(), Self::WHAT, |input| AuthParams::read(text, input))?;
        let rules = [
            ("nextnonce", Form::Text, Need::May),
            ("qop", Form::Plain, Need::May),
            ("rspauth", Form::Digest, Need::May),
            ("cnonce", Form::Text, Need::May),
            ("nc", Form::Count, Need::May),
        ];
        let deviations = params.check(text, Self::WHAT, &rules)?;
        Ok(Decoded { value: Self(params), deviations })
    }
}

impl fmt::Display for AuthenticationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
