//! Who: P-Asserted-Identity and P-Preferred-Identity (RFC 3325), Privacy (RFC 3323), History-Info (RFC 7044),
//! P-Served-User (RFC 5502), Session-ID (RFC 7989), User-to-User (RFC 7433), Identity (RFC 8224).

use std::fmt;
use std::ops::Deref;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_till, take_while1};
use nom::character::complete::char;
use nom::combinator::recognize;
use nom::multi::separated_list1;
use nom::sequence::delimited;

use super::super::grammar::{is_quoted_string, separator, whole};
use super::super::name_addr::NameAddr;
use super::super::params::Params;
use super::super::uri::{Scheme, Uri};
use super::list::List;
use super::params::{Word, check, digits, may, must, token, word_and_params};
use super::token::{Token, TokenOrQuoted};
use super::{FieldValue, deviation, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// The identities of P-Asserted-Identity or P-Preferred-Identity: one, or two of which one is a SIP and one a
/// tel URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identities(pub Vec<NameAddr>);

impl Identities {
    /// The first SIP or SIPS identity.
    pub fn sip(&self) -> Option<&NameAddr> {
        self.0.iter().find(|identity| identity.uri.is_sip())
    }

    /// The first telephone number.
    pub fn tel(&self) -> Option<&NameAddr> {
        self.0.iter().find(|identity| identity.uri.scheme == Scheme::Tel)
    }

    /// Whether there are as many identities, of such schemes, as may stand together.
    pub(in super::super) fn is_sound(&self) -> bool {
        let sip = self.0.iter().filter(|identity| identity.uri.is_sip()).count();
        let tel = self.0.iter().filter(|identity| identity.uri.scheme == Scheme::Tel).count();
        sip <= 1 && tel <= 1 && sip.saturating_add(tel) == self.0.len()
    }
}

impl FieldValue for Identities {
    const WHAT: &'static str = "identity";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let Decoded { value: List(list), mut deviations } = List::<NameAddr>::examine(text)?;
        let value = Self(list);
        //= RFC3325-two
        if !value.is_sound() {
            deviations.push(deviation(text, text, "RFC3325-two"));
        }
        Ok(Decoded { value, deviations })
    }
}

impl fmt::Display for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        List::<&NameAddr, 1>(self.0.iter().collect()).fmt(f)
    }
}

/// Privacy: what the sender asks the network to hide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Privacy(pub Vec<Token>);

impl Privacy {
    /// Hide the asserted identity (RFC 3325).
    pub const ID: Token = Token::from_static("id");
    /// Hide what headers say.
    pub const HEADER: Token = Token::from_static("header");
    /// Hide addresses in the session description.
    pub const SESSION: Token = Token::from_static("session");
    /// Hide what the user agent wrote.
    pub const USER: Token = Token::from_static("user");
    /// Hide nothing.
    pub const NONE: Token = Token::from_static("none");
    /// Refuse the request rather than not to hide.
    pub const CRITICAL: Token = Token::from_static("critical");
    /// Hide History-Info.
    pub const HISTORY: Token = Token::from_static("history");

    /// Whether it asks for that.
    pub fn asks_for(&self, what: &Token) -> bool {
        self.0.contains(what)
    }
}

impl FieldValue for Privacy {
    const WHAT: &'static str = "Privacy";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let mut grammar = separated_list1(separator(';'), |input| Token::word(text, input));
        whole(text.as_str(), Self::WHAT, |input| grammar.parse(input)).map(|list| Decoded::clean(Self(list)))
    }
}

impl fmt::Display for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, value) in self.0.iter().enumerate() {
            write!(f, "{}{value}", if at == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}

/// One element of History-Info: an address that the request was sent to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryEntry(pub NameAddr);

impl HistoryEntry {
    /// Where in the tree of forks it stands.
    pub fn index(&self) -> impl Iterator<Item = u32> {
        self.params.get("index").into_iter().flat_map(|index| index.split('.')).filter_map(digits)
    }

    /// The index that this one came from and how: `rc`, `mp` or `np`.
    pub fn origin(&self) -> Option<(&str, &str)> {
        ["rc", "mp", "np"].into_iter().find_map(|name| Some((name, self.params.get(name)?)))
    }

    /// Why the request was sent on from here: the Reason that is embedded in the address.
    pub fn reason(&self) -> Option<Result<super::Reason, DecodeError>> {
        self.uri.header("Reason").map(|text| super::Reason::parse(&text))
    }
}

fn index(value: Option<&str>) -> bool {
    value.is_some_and(|value| value.split('.').all(|number| digits(number).is_some()))
}

impl Deref for HistoryEntry {
    type Target = NameAddr;
    fn deref(&self) -> &NameAddr {
        &self.0
    }
}

impl FieldValue for HistoryEntry {
    const WHAT: &'static str = "History-Info";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = NameAddr::read_in_brackets(text, Self::WHAT)?;
        let rules = [must("index", index), may("rc", index), may("mp", index), may("np", index)];
        let deviations = check(text, &value.params, Self::WHAT, &rules)?;
        Ok(Decoded { value: Self(value), deviations })
    }
}

impl fmt::Display for HistoryEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// P-Served-User: for whom an application server is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServedUser(pub NameAddr);

impl ServedUser {
    /// Whether the user is the one that called.
    pub fn is_originating(&self) -> Option<bool> {
        self.0.params.get("sescase").map(|case| case.eq_ignore_ascii_case("orig"))
    }

    /// Whether the user is registered.
    pub fn is_registered(&self) -> Option<bool> {
        self.0.params.get("regstate").map(|state| state.eq_ignore_ascii_case("reg"))
    }
}

impl FieldValue for ServedUser {
    const WHAT: &'static str = "P-Served-User";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = NameAddr::read(text)?;
        let one_of = |value: Option<&str>, a: &str, b: &str| {
            value.is_some_and(|value| value.eq_ignore_ascii_case(a) || value.eq_ignore_ascii_case(b))
        };
        let deviations =
            check(text, &value.params, Self::WHAT, &[may("sescase", token), may("regstate", token)])?;
        for (name, a, b) in [("sescase", "orig", "term"), ("regstate", "reg", "unreg")] {
            let given = value.params.raw(name);
            if given.is_some_and(|given| !one_of(Some(given), a, b)) {
                let place = given.map_or(0, |given| offset_of(text, given));
                return Err(DecodeError::invalid(place, Self::WHAT));
            }
        }
        Ok(Decoded { value: Self(value), deviations })
    }
}

impl fmt::Display for ServedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// 32 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionUuid(ByteStr);

fn is_uuid(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'))
}

impl Word for SessionUuid {
    fn word<'a>(source: &ByteStr, input: &'a str) -> super::super::grammar::Parsed<'a, Self> {
        let (rest, text) =
            nom::combinator::verify(take_while1(|c: char| c.is_ascii_alphanumeric()), |text: &str| {
                is_uuid(text)
            })
            .parse(input)?;
        Ok((rest, Self(source.share(text))))
    }
}

impl fmt::Display for SessionUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SessionUuid {
    /// What stands for a side that is not known yet.
    pub const NIL: Self = Self(ByteStr::from_static("00000000000000000000000000000000"));

    /// An identity of 16 octets.
    pub fn of(octets: [u8; 16]) -> Self {
        use std::fmt::Write;
        let mut text = String::with_capacity(32);
        for octet in octets {
            // Writing to a String does not fail.
            let _ = write!(text, "{octet:02x}");
        }
        Self(text.into())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

word_and_params! {
    /// Session-ID: one name of a session from end to end, made of one part for each side.
    SessionId, "Session-ID",
    /// The part of the sender.
    local: SessionUuid,
    [may("remote", |value| value.is_some_and(is_uuid))]
}

impl SessionId {
    /// The part of the other side.
    pub fn remote(&self) -> Option<&str> {
        self.params.get("remote")
    }
}

word_and_params! {
    /// One element of User-to-User: data that the network carries for the users.
    UserToUser, "User-to-User",
    /// The data in its encoding.
    data: TokenOrQuoted,
    [may("purpose", token), may("content", token), may("encoding", token)]
}

/// Identity: a signed statement of who calls (a PASSporT), and where the certificate is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PassportIdentity {
    /// The token, in its full or its compact form.
    pub passport: ByteStr,
    /// `info`, `alg`, `ppt` and others.
    pub params: Params,
}

impl PassportIdentity {
    /// Where the certificate is.
    pub fn info(&self) -> Option<Uri> {
        let text = self.params.raw("info")?;
        text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).and_then(|uri| Uri::parse(uri).ok())
    }
}

impl FieldValue for PassportIdentity {
    const WHAT: &'static str = "Identity";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let passport = take_while1(|c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '/' | '=')
        });
        let in_brackets = |input| {
            recognize(delimited(char('<'), take_till(|c| matches!(c, '<' | '>')), char('>'))).parse(input)
        };
        let mut grammar = (passport, |input| {
            Params::of_values(text, input, |input| alt((in_brackets, Params::header_value)).parse(input))
        });
        let (passport, params) = whole(text.as_str(), Self::WHAT, |input| grammar.parse(input))?;
        let bracketed_uri = |value: Option<&str>| {
            let inside = value.and_then(|value| value.strip_prefix('<')?.strip_suffix('>'));
            inside.is_some_and(|uri| Uri::parse(uri).is_ok())
        };
        let name = |value: Option<&str>| value.is_some_and(is_quoted_string) || token(value);
        let rules = [must("info", bracketed_uri), may("alg", name), may("ppt", name)];
        let deviations = check(text, &params, Self::WHAT, &rules)?;
        Ok(Decoded { value: Self { passport: text.share(passport), params }, deviations })
    }
}

impl fmt::Display for PassportIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.passport, self.params)
    }
}
