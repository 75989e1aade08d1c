//! URIs: SIP and SIPS (RFC 3261 19.1), tel (RFC 3966), and every other scheme as opaque text.

use std::fmt;
use std::str::FromStr;

use nom::Parser;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, rest, verify};
use nom::multi::separated_list1;
use nom::sequence::{preceded, terminated};

use super::grammar::{Parsed, Stop, host, host_address, is_unreserved, port, run1, whole};
use super::params::Params;
use super::{limits, percent};
use crate::DecodeError;
use crate::text::ByteStr;

/// The scheme of a URI, without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// RFC 3261.
    Sip,
    /// RFC 3261.
    Sips,
    /// RFC 3966.
    Tel,
    /// RFC 8141.
    Urn,
    /// RFC 2392.
    Cid,
    /// Any other, as it was written.
    Other(ByteStr),
}

impl Scheme {
    /// The scheme as we write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sip => "sip",
            Self::Sips => "sips",
            Self::Tel => "tel",
            Self::Urn => "urn",
            Self::Cid => "cid",
            Self::Other(name) => name.as_str(),
        }
    }

    fn shared(source: &ByteStr, name: &str) -> Self {
        [Self::Sip, Self::Sips, Self::Tel, Self::Urn, Self::Cid]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(source.share(name)))
    }
}

/// A URI taken apart. Components stand as they were written, escapes included; equality is equality of
/// components, [`Uri::equivalent`] is that of the RFCs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// User part of a SIP URI; the number of a tel URI.
    pub user: Option<ByteStr>,
    /// Password of a SIP URI. Its use is deprecated; kept so that the URI survives.
    pub password: Option<ByteStr>,
    /// Host of a SIP URI, an IPv6 address in its brackets. Empty for other schemes.
    pub host: ByteStr,
    /// Port of a SIP URI.
    pub port: Option<u16>,
    /// Parameters of a SIP or tel URI.
    pub params: Params,
    /// Header components of a SIP URI, still escaped.
    pub headers: Vec<(ByteStr, ByteStr)>,
    /// Everything after the colon for the schemes that are not taken apart. Empty for `sip`, `sips` and
    /// `tel`.
    pub opaque: ByteStr,
}

impl Uri {
    /// A SIP URI of a host.
    pub fn sip(user: Option<&str>, host: impl Into<ByteStr>, port: Option<u16>) -> Self {
        Self { user: user.map(ByteStr::from), host: host.into(), port, ..Self::empty(Scheme::Sip) }
    }

    fn empty(scheme: Scheme) -> Self {
        Self {
            scheme,
            user: None,
            password: None,
            host: ByteStr::EMPTY,
            port: None,
            params: Params::new(),
            headers: Vec::new(),
            opaque: ByteStr::EMPTY,
        }
    }

    /// Takes a URI apart.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset of the first character that cannot stand where it stands.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::read(&ByteStr::from(text))
    }

    /// Like [`Uri::parse`] for a received text, whose buffer the components then share.
    ///
    /// # Errors
    /// As [`Uri::parse`].
    pub fn read(text: &ByteStr) -> Result<Self, DecodeError> {
        whole(text.as_str(), "URI", |input| Self::grammar(text, input))
    }

    /// The whole of the input is one URI.
    pub(super) fn grammar<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        let (after, name) = terminated(scheme, char(':')).parse(input)?;
        match Scheme::shared(source, name) {
            scheme @ (Scheme::Sip | Scheme::Sips) => Self::sip_grammar(source, scheme, after),
            Scheme::Tel => {
                let (after, number) = take_while1(is_telephone_char)(after)?;
                let (after, params) = Params::of_uri(source, after)?;
                Ok((after, Self { user: Some(source.share(number)), params, ..Self::empty(Scheme::Tel) }))
            }
            scheme => {
                let all_graphic = |text: &&str| {
                    !text.is_empty() && text.chars().all(|c| !c.is_ascii_control() && !is_delimiter(c))
                };
                let (after, opaque) = verify(rest, all_graphic).parse(after)?;
                Ok((after, Self { opaque: source.share(opaque), ..Self::empty(scheme) }))
            }
        }
    }

    fn sip_grammar<'a>(source: &ByteStr, scheme: Scheme, input: &'a str) -> Parsed<'a, Self> {
        let (after, (user, password)) = match input.split_once('@') {
            Some((info, after)) => (after, user_info(info)?),
            None => (input, (None, None)),
        };
        let (after, (host, port)) = (host, port).parse(after)?;
        let (after, params) = Params::of_uri(source, after)?;
        let (after, components) =
            opt(preceded(char('?'), separated_list1(char('&'), header_component))).parse(after)?;
        let components = components.unwrap_or_default();
        if components.len() > limits::URI_HEADERS {
            return Err(Stop::too_many(after, limits::URI_HEADERS));
        }
        let headers =
            components.into_iter().map(|(name, value)| (source.share(name), source.share(value))).collect();
        let uri = Self {
            scheme,
            user: user.map(|text| source.share(text)),
            password: password.map(|text| source.share(text)),
            host: source.share(host),
            port,
            params,
            headers,
            opaque: ByteStr::EMPTY,
        };
        Ok((after, uri))
    }

    /// Whether this is a `sip` or `sips` URI.
    pub const fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The address of the host, when the host is an address.
    pub fn address(&self) -> Option<std::net::IpAddr> {
        host_address(&self.host)
    }

    /// The value of an embedded header component, escapes resolved; `body` is one of them.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers
            .iter()
            .find(|(own, _)| percent::decode(own).eq_ignore_ascii_case(name))
            .map(|(_, value)| percent::decode(value).into_owned())
    }

    /// Adds an embedded header component, escaping name and value.
    pub fn push_header(&mut self, name: &str, value: &str) -> &mut Self {
        let escaped = |text| percent::encode(text).as_ref().into();
        self.headers.push((escaped(name), escaped(value)));
        self
    }

    /// The URI without parameters and embedded headers: what identifies a user or a group in our tables.
    pub fn bare(&self) -> Self {
        Self { params: Params::new(), headers: Vec::new(), password: None, ..self.clone() }
    }
}

/// What surrounds URIs and therefore cannot be inside one.
const fn is_delimiter(character: char) -> bool {
    matches!(character, ' ' | '<' | '>' | '"')
}

/// `visual-separator` of RFC 3966.
pub(super) const fn is_visual_separator(character: char) -> bool {
    matches!(character, '-' | '.' | '(' | ')')
}

const fn is_telephone_char(character: char) -> bool {
    character.is_ascii_hexdigit() || is_visual_separator(character) || matches!(character, '+' | '*' | '#')
}

fn scheme(input: &str) -> Parsed<'_, &str> {
    match run1(input, |octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.')) {
        Ok((_, name)) if !name.starts_with(|c: char| c.is_ascii_alphabetic()) => Err(Stop::here(input)),
        found => found,
    }
}

/// User and password, the whole of the input.
fn user_info(input: &str) -> Result<(Option<&str>, Option<&str>), nom::Err<Stop<'_>>> {
    let (user, password) = match input.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (input, None),
    };
    let of = |extra: &'static str| {
        move |text: &str| {
            text.bytes()
                .all(|octet| is_unreserved(octet) || octet == b'%' || extra.as_bytes().contains(&octet))
                && percent::is_well_formed(text)
        }
    };
    let valid = !user.is_empty() && of("&=+$,;?/")(user) && password.is_none_or(of("&=+$,"));
    if valid { Ok((Some(user), password)) } else { Err(Stop::here(input)) }
}

/// `hname "=" hvalue`
fn header_component(input: &str) -> Parsed<'_, (&str, &str)> {
    let inside =
        |c: char| c.is_ascii_graphic() && !is_delimiter(c) && !matches!(c, '&' | '=' | ',' | ';' | '@');
    let value = |c: char| inside(c) || matches!(c, '=' | ';' | '@');
    let (after, (name, _, text)) = (take_while1(inside), char('='), take_while(value)).parse(input)?;
    if percent::is_well_formed(name) && percent::is_well_formed(text) {
        Ok((after, (name, text)))
    } else {
        Err(Stop::here(input))
    }
}

impl FromStr for Uri {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme.as_str())?;
        f.write_str(":")?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            if self.is_sip() {
                f.write_str("@")?;
            }
        }
        f.write_str(&self.host)?;
        f.write_str(&self.opaque)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)?;
        for ((name, value), mark) in
            self.headers.iter().zip(std::iter::once('?').chain(std::iter::repeat('&')))
        {
            write!(f, "{mark}{name}={value}")?;
        }
        Ok(())
    }
}

impl serde::Serialize for Uri {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
