//! Parameters of header fields and URIs: `;name=value`, in order and as they were written.

use std::borrow::Cow;
use std::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::preceded;

use super::grammar::{Parsed, Stop, is_token_octet, quote, quoted_string, run1, separator, token, unquote};
use super::limits;
use crate::text::ByteStr;

/// An ordered list of parameters. Names compare without case; a value keeps its quotes until it is asked for.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Params(Vec<Param>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Param {
    name: ByteStr,
    value: Option<ByteStr>,
}

impl Param {
    /// Whether this is its name. A name is a token or the like, so that its octets are its characters.
    fn is_called(&self, name: &str) -> bool {
        self.name.buffer().eq_ignore_ascii_case(name.as_bytes())
    }
}

impl Params {
    /// No parameters.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether the parameter is there, with or without a value.
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The value of the first parameter of that name, quotes removed and escapes untouched; empty for a
    /// parameter that has no value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|param| {
            let value = param.value.as_ref().map_or("", ByteStr::as_str);
            value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
        })
    }

    /// Like [`Params::get`], with the escapes of a quoted string resolved.
    pub fn unquoted(&self, name: &str) -> Option<Cow<'_, str>> {
        self.find(name).map(|param| unquote(param.value.as_ref().map_or("", ByteStr::as_str)))
    }

    /// The value of the first parameter of that name as it stands on the wire, quotes included.
    pub fn raw(&self, name: &str) -> Option<&ByteStr> {
        self.find(name).and_then(|param| param.value.as_ref())
    }

    /// Names and values as they stand on the wire, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|param| (param.name.as_str(), param.value.as_ref().map(ByteStr::as_str)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces every parameter of that name by one with this value, which stands as it is: quote it where
    /// the grammar of the parameter asks for it.
    pub fn set(&mut self, name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> &mut Self {
        self.put(Param { name: name.into(), value: Some(value.into()) })
    }

    /// Replaces every parameter of that name by one with this value in quotes.
    pub fn set_quoted(&mut self, name: impl Into<ByteStr>, value: &str) -> &mut Self {
        self.set(name, quote(value))
    }

    /// Adds a parameter without value unless it is there.
    pub fn set_flag(&mut self, name: impl Into<ByteStr>) -> &mut Self {
        self.put(Param { name: name.into(), value: None })
    }

    /// Removes every parameter of that name and tells how many there were.
    pub fn remove(&mut self, name: &str) -> usize {
        let before = self.0.len();
        if self.contains(name) {
            self.0.retain(|param| !param.is_called(name));
        }
        before.saturating_sub(self.0.len())
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|param| param.is_called(name))
    }

    fn put(&mut self, new: Param) -> &mut Self {
        let name = new.name.clone();
        let place = self.0.iter().position(|param| param.is_called(&name));
        match place {
            Some(at) => {
                let mut seen = false;
                self.0.retain(|param| {
                    let same = param.is_called(&name);
                    !same || !std::mem::replace(&mut seen, true)
                });
                if let Some(param) = self.0.get_mut(at) {
                    *param = new;
                }
            }
            None => self.0.push(new),
        }
        self
    }

    /// `*(SEMI generic-param)` of a header element.
    pub(super) fn of_header<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        Self::of_values(source, input, Self::header_value)
    }

    /// Like [`Params::of_header`] with values of another grammar.
    pub(super) fn of_values<'a>(
        source: &ByteStr,
        input: &'a str,
        mut value: impl FnMut(&'a str) -> Parsed<'a, &'a str>,
    ) -> Parsed<'a, Self> {
        Self::new().more(source, input, ';', |input| {
            let value = preceded(separator('='), &mut value);
            preceded(separator(';'), (token, opt(value))).parse(input)
        })
    }

    /// `generic-param *(SEMI generic-param)`: a header field without a word before its parameters.
    pub(super) fn of_list<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        Self::separated(source, input, ';')
    }

    /// `auth-param *(COMMA auth-param)`
    pub(super) fn of_commas<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        Self::separated(source, input, ',')
    }

    fn separated<'a>(source: &ByteStr, input: &'a str, mark: char) -> Parsed<'a, Self> {
        let one = |input| (token, opt(preceded(separator('='), Self::header_value))).parse(input);
        let (rest, (name, value)) = one(input)?;
        let mut params = Self::new();
        params.0.push(Param { name: source.share(name), value: value.map(|value| source.share(value)) });
        params.more(source, rest, mark, |input| preceded(separator(mark), one).parse(input))
    }

    /// `gen-value`
    pub(super) fn header_value(input: &str) -> Parsed<'_, &str> {
        alt((quoted_string, bare_value)).parse(input)
    }

    /// `*(";" uri-parameter)`; no white space, no quotes.
    pub(super) fn of_uri<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        Self::new().more(source, input, ';', |input| {
            preceded(char(';'), (uri_text, opt(preceded(char('='), uri_text)))).parse(input)
        })
    }

    /// These and the parameters that follow, each after that mark.
    fn more<'a>(
        mut self,
        source: &ByteStr,
        input: &'a str,
        mark: char,
        mut one: impl FnMut(&'a str) -> Parsed<'a, (&'a str, Option<&'a str>)>,
    ) -> Parsed<'a, Self> {
        let mut rest = input;
        loop {
            match one(rest) {
                Ok((after, (name, value))) => {
                    if self.0.len() >= limits::PARAMS {
                        return Err(Stop::too_many(rest, limits::PARAMS));
                    }
                    let value = value.map(|value| source.share(value));
                    self.0.push(Param { name: source.share(name), value });
                    rest = after;
                }
                // A mark that begins no parameter is an error of its own and not left to the caller, whose
                // message would point at the mark.
                Err(error) if rest.trim_start_matches([' ', '\t']).starts_with(mark) => return Err(error),
                Err(nom::Err::Error(_)) => return Ok((rest, self)),
                Err(error) => return Err(error),
            }
        }
    }
}

/// What stands unquoted as a value: tokens, hosts, IPv6 addresses and whatever else ends at a separator.
fn bare_value(input: &str) -> Parsed<'_, &str> {
    run1(input, |octet| {
        octet.is_ascii_graphic() && !matches!(octet, b';' | b',' | b'"' | b'<' | b'>' | b'\\')
    })
}

/// `1*paramchar`
fn uri_text(input: &str) -> Parsed<'_, &str> {
    let (rest, text) = run1(input, |octet| {
        is_token_octet(octet) || matches!(octet, b'(' | b')' | b'[' | b']' | b'/' | b':' | b'&' | b'$')
    })?;
    if super::percent::is_well_formed(text) { Ok((rest, text)) } else { Err(Stop::here(input)) }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Param { name, value } in &self.0 {
            f.write_str(";")?;
            f.write_str(name)?;
            if let Some(value) = value {
                f.write_str("=")?;
                f.write_str(value)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
