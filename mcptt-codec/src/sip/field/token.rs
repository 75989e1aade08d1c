//! Values without structure: tokens, Call-IDs, texts.

use std::fmt;
use std::hash::{Hash, Hasher};

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{opt, recognize};
use nom::sequence::preceded;

use super::super::grammar::{self, Parsed, is_token, quote, quoted_string, unquote, whole};
use super::FieldValue;
use super::params::Word;
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// A `token` of RFC 3261 25.1. It compares without case and keeps its spelling: option tags, event packages,
/// states, reasons and whatever else an RFC may add values to.
#[derive(Clone)]
pub struct Token(ByteStr);

impl Token {
    /// A token that is known when the program is written.
    pub const fn from_static(token: &'static str) -> Self {
        Self(ByteStr::from_static(token))
    }

    /// A token from a text; `None` when it is none.
    pub fn new(text: impl Into<ByteStr>) -> Option<Self> {
        let text = text.into();
        is_token(&text).then_some(Self(text))
    }

    /// The token as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is that token, without case.
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.is(other.as_str())
    }
}

impl Eq for Token {}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.bytes().for_each(|octet| octet.to_ascii_lowercase().hash(state));
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Word for Token {
    fn word<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        let (rest, token) = grammar::token(input)?;
        Ok((rest, Self(source.share(token))))
    }
}

/// A `callid`: one word, or two with an `@` between them. Case counts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallId(ByteStr);

impl CallId {
    /// The Call-ID as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Word for CallId {
    fn word<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        let word = || take_while1(is_word_char);
        let (rest, id) = recognize((word(), opt(preceded(char('@'), word())))).parse(input)?;
        Ok((rest, Self(source.share(id))))
    }
}

/// `word` of RFC 3261 25.1.
fn is_word_char(character: char) -> bool {
    u8::try_from(character).is_ok_and(|octet| {
        grammar::is_token_octet(octet)
            || matches!(
                octet,
                b'(' | b')' | b'<' | b'>' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'{' | b'}'
            )
    })
}

/// A token or a quoted string, compared by what it says.
#[derive(Clone, Debug)]
pub struct TokenOrQuoted(ByteStr);

impl TokenOrQuoted {
    /// A value that is quoted where it is no token.
    pub fn new(text: &str) -> Self {
        Self(if is_token(text) { text.into() } else { quote(text).into() })
    }

    /// What it says, quotes and escapes resolved.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        unquote(&self.0)
    }
}

impl PartialEq for TokenOrQuoted {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for TokenOrQuoted {}

impl Hash for TokenOrQuoted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl fmt::Display for TokenOrQuoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Word for TokenOrQuoted {
    fn word<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        let (rest, text) = alt((quoted_string, grammar::token)).parse(input)?;
        Ok((rest, Self(source.share(text))))
    }
}

macro_rules! word_alone {
    ($($name:ident, $what:literal;)*) => {$(
        impl FieldValue for $name {
            const WHAT: &'static str = $what;
            fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
                whole(text.as_str(), $what, |input| Self::word(text, input)).map(Decoded::clean)
            }
        }
    )*};
}
word_alone! {
    Token, "token";
    CallId, "Call-ID";
    TokenOrQuoted, "token or quoted string";
}

/// Free text: Subject, Organization. May be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text(pub ByteStr);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FieldValue for Text {
    const WHAT: &'static str = "text";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let plain = text.trim_matches([' ', '\t']);
        match plain.find(|c: char| c.is_ascii_control() && c != '\t') {
            Some(at) => {
                let place = plain.get(at..).unwrap_or_default();
                Err(DecodeError::invalid(super::offset_of(text, place), Self::WHAT))
            }
            None => Ok(Decoded::clean(Self(text.share(plain)))),
        }
    }
}
