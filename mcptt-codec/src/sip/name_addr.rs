//! Addresses of header fields: `"Display" <uri>;param`, and the bare form without angle brackets (RFC 3261
//! 20.10).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use memchr::memchr;
use nom::Parser;
use nom::branch::alt;
use nom::character::complete::char;
use nom::combinator::{all_consuming, map, opt, verify};
use nom::sequence::delimited;

use super::grammar::{
    Parsed, is_token, is_token_octet, quote, quoted_string, run, run1, unquote, white_space, whole,
};
use super::headers::elements;
use super::limits;
use super::params::Params;
use super::uri::Uri;
use crate::DecodeError;
use crate::text::ByteStr;

/// An address with its display name and the parameters of the header field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// The display name, quotes and escapes resolved.
    pub display: Option<ByteStr>,
    /// The address.
    pub uri: Uri,
    /// Parameters outside the angle brackets: those of the header field.
    pub params: Params,
}

impl NameAddr {
    /// An address without display name and parameters.
    pub const fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::new() }
    }

    /// Takes one element of From, To, Contact, Route and their kin apart.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset of the first character that cannot stand where it stands.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::read(&ByteStr::from(text))
    }

    /// Like [`NameAddr::parse`] for a received text, whose buffer the components then share.
    ///
    /// # Errors
    /// As [`NameAddr::parse`].
    pub fn read(text: &ByteStr) -> Result<Self, DecodeError> {
        whole(text.as_str(), "address", |input| Self::grammar(text, input))
    }

    /// Takes a comma-separated list apart, such as one Route field.
    ///
    /// # Errors As [`NameAddr::parse`], and a list that is longer than 256 elements. The offset is that
    /// inside the element.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, DecodeError> {
        let text = ByteStr::from(text);
        let mut list = Vec::new();
        for element in elements(text.as_str()) {
            if list.len() >= limits::LIST {
                return Err(DecodeError::too_large(
                    0,
                    "addresses",
                    limits::LIST,
                    list.len().saturating_add(1),
                ));
            }
            list.push(Self::read(&text.share(element))?);
        }
        Ok(list)
    }

    /// The `tag` parameter of From and To.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// Sets the `tag` parameter.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<ByteStr>) -> Self {
        self.params.set("tag", tag);
        self
    }

    /// Like [`NameAddr::read`] where the angle brackets may not be left out (`name-addr`).
    pub(super) fn read_in_brackets(text: &ByteStr, what: &'static str) -> Result<Self, DecodeError> {
        whole(text.as_str(), what, |input| {
            let (rest, (display, uri)) = in_brackets(input)?;
            Self::rest(text, rest, display, uri)
        })
    }

    fn grammar<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        // Without brackets a comma, semicolon or question mark would not belong to the URI.
        let bare = verify(|input| run1(input, |octet| !ends_bare_uri(octet)), |uri: &str| !uri.contains('?'));
        let (rest, (display, uri)) = alt((in_brackets, map(bare, |uri| (None, uri)))).parse(input)?;
        Self::rest(source, rest, display, uri)
    }

    /// What follows the URI, and the address of both.
    fn rest<'a>(source: &ByteStr, rest: &'a str, display: Option<&'a str>, uri: &'a str) -> Parsed<'a, Self> {
        let (_, uri) = all_consuming(|text| Uri::grammar(source, text)).parse(uri)?;
        let (rest, params) = Params::of_header(source, rest)?;
        let display = display.filter(|name| !name.is_empty()).map(|name| match unquote(name) {
            Cow::Borrowed(plain) => source.share(plain),
            Cow::Owned(plain) => plain.into(),
        });
        Ok((rest, Self { display, uri, params }))
    }
}

/// The `tag` parameter of an address that is known to be one, as [`NameAddr::tag`] tells it.
pub(super) fn tag_of(address: &str) -> Option<&str> {
    if memchr(b'"', address.as_bytes()).is_none() {
        return tag_without_quotes(address);
    }
    let mut rest = params_of(address);
    loop {
        let (param, behind) = match quoted_aware(rest, b';') {
            Some(end) => (rest.get(..end)?, rest.get(end.saturating_add(1)..)),
            None => (rest, None),
        };
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        if name.trim_matches(BLANK).eq_ignore_ascii_case("tag") {
            let value = value.trim_matches(BLANK);
            let plain = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            return Some(plain).filter(|tag| !tag.is_empty());
        }
        rest = behind?;
    }
}

/// The same where nothing is in quotes, as nearly everywhere.
fn tag_without_quotes(address: &str) -> Option<&str> {
    let split = |text: &str, mark: u8| -> Option<(usize, usize)> {
        let at = memchr(mark, text.as_bytes())?;
        Some((at, at.saturating_add(1)))
    };
    let params = match split(address, b'<') {
        Some((open, _)) => {
            let bracketed = address.get(open..)?;
            bracketed.get(split(bracketed, b'>')?.1..)?
        }
        None => address,
    };
    let mut rest = params.get(split(params, b';')?.1..)?;
    loop {
        let (param, behind) = match split(rest, b';') {
            Some((end, next)) => (rest.get(..end)?, rest.get(next..)),
            None => (rest, None),
        };
        let (name, value) = match split(param, b'=') {
            Some((end, next)) => (param.get(..end)?, param.get(next..)?),
            None => (param, ""),
        };
        if name.trim_matches(BLANK).eq_ignore_ascii_case("tag") {
            return Some(value.trim_matches(BLANK)).filter(|tag| !tag.is_empty());
        }
        rest = behind?;
    }
}

const BLANK: [char; 2] = [' ', '\t'];

/// What stands behind the address and its first semicolon.
fn params_of(address: &str) -> &str {
    let behind = match quoted_aware(address, b'<').and_then(|open| address.get(open..)) {
        Some(bracketed) => bracketed.split_once('>').map_or("", |(_, behind)| behind),
        None => address,
    };
    behind.split_once(';').map_or("", |(_, params)| params)
}

/// Where a mark stands first outside quotes.
fn quoted_aware(text: &str, mark: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|octet| {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return !quoted && octet == mark,
        }
        false
    })
}

/// `[display-name] "<" addr-spec ">"`
fn in_brackets(input: &str) -> Parsed<'_, (Option<&str>, &str)> {
    let (rest, (display, _, uri)) =
        (opt(display_name), white_space, delimited(char('<'), inside_brackets, char('>'))).parse(input)?;
    Ok((rest, (display, uri)))
}

/// `*(token LWS) / quoted-string`
fn display_name(input: &str) -> Parsed<'_, &str> {
    alt((quoted_string, words)).parse(input)
}

/// Tokens with white space between them. A name in another script than Latin stands unquoted often enough to
/// be taken.
fn words(input: &str) -> Parsed<'_, &str> {
    let (rest, name) =
        run(input, |octet| matches!(octet, b' ' | b'\t') || !octet.is_ascii() || is_token_octet(octet))?;
    Ok((rest, name.trim_end_matches([' ', '\t'])))
}

fn inside_brackets(input: &str) -> Parsed<'_, &str> {
    run1(input, |octet| !matches!(octet, b'>' | b'<'))
}

const fn ends_bare_uri(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b';' | b',' | b'<' | b'>' | b'"')
}

impl FromStr for NameAddr {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

/// Always with angle brackets, which is right in every header field.
impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.display {
            Some(name) if name.split(' ').all(is_token) => write!(f, "{name} ")?,
            Some(name) => write!(f, "{} ", quote(name))?,
            None => {}
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

impl serde::Serialize for NameAddr {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
