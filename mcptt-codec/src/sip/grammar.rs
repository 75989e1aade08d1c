//! Pieces of the RFC 3261 25.1 grammar that the header parsers share, on top of nom.

use nom::branch::alt;
use nom::bytes::complete::is_not;
use nom::character::complete::{char, satisfy};
use nom::combinator::{eof, opt, recognize};
use nom::error::{ErrorKind, ParseError};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::DecodeError;

/// What nom hands back: the text that is left and the value, or where it stopped.
pub(super) type Parsed<'a, O> = IResult<&'a str, O, Stop<'a>>;

/// Where a grammar stopped to match.
#[derive(Debug)]
pub(super) struct Stop<'a> {
    rest: &'a str,
    too_many: Option<usize>,
}

impl<'a> Stop<'a> {
    /// A list that is longer than the limit.
    pub(super) const fn too_many(rest: &'a str, limit: usize) -> nom::Err<Self> {
        nom::Err::Failure(Self { rest, too_many: Some(limit) })
    }

    /// A value that matches the grammar and still cannot be.
    pub(super) const fn here(rest: &'a str) -> nom::Err<Self> {
        nom::Err::Error(Self { rest, too_many: None })
    }
}

impl<'a> ParseError<&'a str> for Stop<'a> {
    fn from_error_kind(rest: &'a str, _: ErrorKind) -> Self {
        Self { rest, too_many: None }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives the one that came further says what is wrong.
    fn or(self, other: Self) -> Self {
        if address(self.rest) > address(other.rest) { self } else { other }
    }
}

/// Runs a grammar over the whole of a text, white space around it aside.
pub(super) fn whole<'a, O>(
    text: &'a str,
    what: &'static str,
    grammar: impl FnMut(&'a str) -> Parsed<'a, O>,
) -> Result<O, DecodeError> {
    let outcome = (white_space, grammar, white_space, eof).parse(text);
    match outcome {
        Ok((_, (_, value, _, _))) => Ok(value),
        Err(nom::Err::Error(stop) | nom::Err::Failure(stop)) => {
            let offset = address(stop.rest).saturating_sub(address(text)).min(text.len());
            Err(match stop.too_many {
                Some(limit) => DecodeError::too_large(offset, what, limit, limit.saturating_add(1)),
                None => DecodeError::invalid(offset, what),
            })
        }
        Err(nom::Err::Incomplete(_)) => Err(DecodeError::invalid(text.len(), what)),
    }
}

/// Where a text lies in memory: what a grammar leaves over may be a part from the middle of its input, so
/// that its length does not tell where it begins.
fn address(text: &str) -> usize {
    text.as_ptr() as usize
}

/// `token` characters.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0_u8;
    loop {
        if let Some(entry) = table.split_at_mut(octet as usize).1.first_mut() {
            *entry = octet.is_ascii_alphanumeric()
                || matches!(octet, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        }
        match octet.checked_add(1) {
            Some(next) => octet = next,
            None => break table,
        }
    }
};

/// Whether an octet may stand in a `token`.
pub(super) fn is_token_octet(octet: u8) -> bool {
    TOKEN.get(usize::from(octet)).copied().unwrap_or(false)
}

/// Whether a text is a `token`.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_octet)
}

/// `unreserved` of RFC 3261.
pub(super) const fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

/// As many octets as belong to a set, perhaps none. The set has all octets of characters outside of ASCII, or none of them.
#[inline]
pub(super) fn run(input: &str, belongs: impl Fn(u8) -> bool) -> Parsed<'_, &str> {
    let end = input.bytes().position(|octet| !belongs(octet)).unwrap_or(input.len());
    input.split_at_checked(end).map(|(run, rest)| (rest, run)).ok_or(Stop::here(input))
}

/// The same, at least one.
#[inline]
pub(super) fn run1(input: &str, belongs: impl Fn(u8) -> bool) -> Parsed<'_, &str> {
    match run(input, belongs) {
        Ok((_, "")) => Err(Stop::here(input)),
        found => found,
    }
}

/// `[SWS]`; line folds are gone before any of these grammars sees a text.
pub(super) fn white_space(input: &str) -> Parsed<'_, &str> {
    run(input, |octet| matches!(octet, b' ' | b'\t'))
}

/// `token`
pub(super) fn token(input: &str) -> Parsed<'_, &str> {
    run1(input, is_token_octet)
}

/// A character with optional white space around it, such as `SEMI` or `EQUAL`.
pub(super) fn separator<'a>(mark: char) -> impl FnMut(&'a str) -> Parsed<'a, char> {
    move |input| delimited(white_space, char(mark), white_space).parse(input)
}

/// `quoted-string`, quotes included and escapes untouched.
pub(super) fn quoted_string(input: &str) -> Parsed<'_, &str> {
    let plain = |input| run1(input, |octet| !matches!(octet, b'"' | b'\\') && !is_control(char::from(octet)));
    let pair = preceded(char('\\'), satisfy(|c| c.is_ascii() && !matches!(c, '\r' | '\n')));
    let inside = many0_count(alt((plain, recognize(pair))));
    recognize(delimited(char('"'), inside, char('"'))).parse(input)
}

/// What stands in no text unless it is escaped.
const fn is_control(character: char) -> bool {
    character.is_ascii_control() && character != '\t'
}

/// A decimal number that fits `u32`.
pub(super) fn number(input: &str) -> Parsed<'_, u32> {
    let (rest, digits) = run1(input, |octet| octet.is_ascii_digit())?;
    digits.parse().map(|value| (rest, value)).map_err(|_| Stop::here(input))
}

/// `host`: a name, an IPv4 address, or an IPv6 address in brackets.
pub(super) fn host(input: &str) -> Parsed<'_, &str> {
    if input.starts_with('[') {
        let (rest, literal) = recognize((char('['), is_not("[]"), char(']'))).parse(input)?;
        let address = literal.trim_start_matches('[').trim_end_matches(']');
        return match address.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok((rest, literal)),
            Err(_) => Err(Stop::here(input)),
        };
    }
    let (rest, name) =
        run1(input, |octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_'))?;
    if is_host_name(name) { Ok((rest, name)) } else { Err(Stop::here(input)) }
}

/// `hostname` or `IPv4address`: labels that neither begin nor end with a hyphen, the last of which begins with
/// a letter unless they are an address.
fn is_host_name(name: &str) -> bool {
    let octets = name.as_bytes();
    let (mut before, mut first_of_label) = (b'.', b'.');
    for octet in octets.strip_suffix(b".").unwrap_or(octets) {
        match (before, *octet) {
            (b'.' | b'-', b'.') | (b'.', b'-') => return false,
            (b'.', first) => first_of_label = first,
            _ => {}
        }
        before = *octet;
    }
    // An underscore is no host name character by the RFC, and common in names of lab machines.
    let named = first_of_label.is_ascii_alphabetic() || first_of_label == b'_';
    (named && !matches!(before, b'.' | b'-')) || name.parse::<std::net::Ipv4Addr>().is_ok()
}

/// `[COLON port]`
pub(super) fn port(input: &str) -> Parsed<'_, Option<u16>> {
    let digits = |input| {
        let (rest, value) = number(input)?;
        u16::try_from(value).map(|port| (rest, port)).map_err(|_| Stop::here(input))
    };
    opt(preceded(char(':'), digits)).parse(input)
}

/// The address of a `host`, when it is one and not a name.
pub(super) fn host_address(host: &str) -> Option<std::net::IpAddr> {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// The inside of a `quoted-string`, escapes resolved; any other text as it is.
pub(super) fn unquote(text: &str) -> std::borrow::Cow<'_, str> {
    let Some(inside) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.into();
    };
    if !inside.contains('\\') {
        return inside.into();
    }
    let mut plain = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    plain.into()
}

/// A `quoted-string` with that inside.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // Neither may stand in a quoted string, escaped or not.
            '\r' | '\n' => quoted.push(' '),
            control if is_control(control) => quoted.extend(['\\', control]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// What a grammar makes of the whole of a text, white space not set aside.
pub(super) fn exactly<'a, O>(text: &'a str, grammar: impl FnMut(&'a str) -> Parsed<'a, O>) -> Option<O> {
    (grammar, eof).parse(text).ok().map(|(_, (value, _))| value)
}

/// Whether a text is a `host`, an IPv6 address with or without its brackets (RFC 3261 25.1, `via-received`).
pub(super) fn is_host(text: &str) -> bool {
    exactly(text, host).is_some() || text.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Whether a text is a `quoted-string`.
pub(super) fn is_quoted_string(text: &str) -> bool {
    exactly(text, quoted_string).is_some()
}

/// `comment`, parentheses included: it may hold others, and escapes.
pub(super) fn comment(input: &str) -> Parsed<'_, &str> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, octet) in input.bytes().enumerate() {
        match octet {
            b'\r' | b'\n' => break,
            _ if escaped => escaped = false,
            b'\\' if depth > 0 => escaped = true,
            octet if is_control(char::from(octet)) => break,
            b'(' => depth = depth.saturating_add(1),
            b')' if depth > 0 => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ => break,
        }
        if depth == 0 {
            let split = at.checked_add(1).and_then(|end| input.split_at_checked(end));
            return split.map(|(comment, rest)| (rest, comment)).ok_or(Stop::here(input));
        }
    }
    Err(Stop::here(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest_of<'a>(grammar: impl FnMut(&'a str) -> Parsed<'a, &'a str>, text: &'a str) -> Option<&'a str> {
        let mut grammar = grammar;
        grammar(text).ok().map(|(rest, _)| rest)
    }

    #[test]
    fn quoted_strings() {
        for (text, rest) in [
            ("\"\" x", Some(" x")),
            ("\"a\tb\"", Some("")),
            ("\"\u{43d}\u{1f600}\";", Some(";")),
            ("\"a \\\" b \\\\\"c", Some("c")),
            ("\"NUL:\\\0 BEL:\\\u{7} DEL:\\\u{7f}\"", Some("")),
            ("\"a\u{7}\"", None),
            ("\"a\r\n b\"", None),
            ("\"a\\\n\"", None),
            ("\"a\\\u{fc}\"", None),
            ("\"a", None),
            ("\"a\\\"", None),
            ("a\"\"", None),
            ("", None),
        ] {
            assert_eq!(rest_of(quoted_string, text), rest, "{text:?}");
        }
        for plain in ["", "a \"b\" \\", "\u{7}\0\u{7f}\t\u{fc}"] {
            let quoted = quote(plain);
            assert!(is_quoted_string(&quoted), "{quoted:?}");
            assert_eq!(unquote(&quoted), plain);
        }
        assert_eq!(quote("a\r\nb"), "\"a  b\"");
    }

    #[test]
    fn comments() {
        for (text, rest) in [
            ("() x", Some(" x")),
            ("(a (b) (c (d)))e", Some("e")),
            ("(a \\) \\( b)", Some("")),
            ("(\u{fc})", Some("")),
            ("(a", None),
            ("(a\\)", None),
            ("(a\u{1})", None),
            ("(\r\n)", None),
            ("a()", None),
            ("", None),
        ] {
            assert_eq!(rest_of(comment, text), rest, "{text:?}");
        }
        assert_eq!(rest_of(comment, &"(".repeat(100_000)), None);
    }

    #[test]
    fn hosts() {
        for (text, rest) in [
            ("example.org;x", Some(";x")),
            ("example.org.", Some("")),
            ("a", Some("")),
            ("1.a-b.c3:5060", Some(":5060")),
            ("lab_1.x_y", Some("")),
            ("10.1.1.5", Some("")),
            ("[2001:db8::1]:1", Some(":1")),
            ("[::ffff:10.1.1.5]", Some("")),
            ("2001:db8::1", None),
            ("[2001:db8::1", None),
            ("[10.1.1.5]", None),
            ("[::1%eth0]", None),
            ("256.1.1.1", None),
            ("10.1.1", None),
            ("a..b", None),
            (".a", None),
            ("-a.b", None),
            ("a-.b", None),
            ("a.b-", None),
            ("a.1", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(rest_of(host, text), rest, "{text}");
        }
        assert!(is_host("::1") && is_host("[::1]") && !is_host("a:b"));
    }

    #[test]
    fn tokens_and_numbers() {
        for (text, is) in [
            ("INVITE", true),
            ("a-b.c!d%e*f_g+h`i'j~k", true),
            ("", false),
            ("a b", false),
            ("a/b", false),
            ("a@b", false),
            ("a(b", false),
            ("\u{fc}", false),
        ] {
            assert_eq!(is_token(text), is, "{text}");
        }
        assert_eq!(exactly("0042", number), Some(42));
        assert_eq!((exactly("4294967296", number), exactly("-1", number)), (None, None));
        assert_eq!((exactly(":5060", port), exactly("", port)), (Some(Some(5060)), Some(None)));
        assert_eq!((exactly(":65536", port), exactly(":", port)), (None, None));
    }
}
