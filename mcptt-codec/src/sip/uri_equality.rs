//! When two URIs mean the same (RFC 3261 19.1.4, RFC 3966 4, RFC 8141 3).
//!
//! Equality of SIP URIs is reflexive and symmetric and still no equivalence: a parameter that only one of two
//! URIs has is ignored, so that two URIs may equal a third one and not each other.

use super::percent;
use super::uri::{Scheme, Uri, is_visual_separator};

impl Uri {
    /// Whether two URIs mean the same: RFC 3261 19.1.4 for SIP, RFC 3966 4 for tel, RFC 8141 3 for URNs,
    /// identical text for every other scheme.
    pub fn equivalent(&self, other: &Self) -> bool {
        match (&self.scheme, &other.scheme) {
            (Scheme::Sip, Scheme::Sip) | (Scheme::Sips, Scheme::Sips) => same_sip(self, other),
            (Scheme::Tel, Scheme::Tel) => same_tel(self, other),
            (Scheme::Urn, Scheme::Urn) => same_urn(&self.opaque, &other.opaque),
            (ours, theirs) => {
                ours.as_str().eq_ignore_ascii_case(theirs.as_str()) && self.opaque == other.opaque
            }
        }
    }
}

fn same_sip(ours: &Uri, theirs: &Uri) -> bool {
    let same_text = |ours: Option<&str>, theirs: Option<&str>| match (ours, theirs) {
        (Some(ours), Some(theirs)) => plain(ours).eq(plain(theirs)),
        (None, None) => true,
        _ => false,
    };
    same_text(ours.user.as_deref(), theirs.user.as_deref())
        && same_text(ours.password.as_deref(), theirs.password.as_deref())
        && same_host(ours, theirs)
        && ours.port == theirs.port
        && params_allow(ours, theirs)
        && params_allow(theirs, ours)
        && same_headers(ours, theirs)
}

fn same_host(ours: &Uri, theirs: &Uri) -> bool {
    match (ours.address(), theirs.address()) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => ours.host.eq_ignore_ascii_case(&theirs.host),
    }
}

/// A parameter in both must match; some may not be in one only, since their absence means something.
fn params_allow(ours: &Uri, theirs: &Uri) -> bool {
    const NEVER_IN_ONE_ONLY: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
    ours.params.iter().all(|(name, _)| {
        if theirs.params.contains(name) {
            values(ours, name).eq(values(theirs, name))
        } else {
            !NEVER_IN_ONE_ONLY.iter().any(|special| special.eq_ignore_ascii_case(name))
        }
    })
}

/// The values of every parameter of that name, in a form that compares by octets. There should be one.
fn values<'a>(uri: &'a Uri, name: &str) -> impl Iterator<Item = Vec<Octet>> + use<'a> {
    let name = name.to_owned();
    let same = uri.params.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(&name));
    same.map(|(_, value)| plain(value.unwrap_or_default()).map(Octet::lower).collect())
}

/// The header components, in any order.
fn same_headers(ours: &Uri, theirs: &Uri) -> bool {
    let sorted = |uri: &Uri| {
        let mut all: Vec<(Vec<Octet>, Vec<Octet>)> = uri
            .headers
            .iter()
            .map(|(name, value)| (plain(name).map(Octet::lower).collect(), plain(value).collect()))
            .collect();
        all.sort_unstable();
        all
    };
    ours.headers.len() == theirs.headers.len() && sorted(ours) == sorted(theirs)
}

/// Digits without visual separators, and every parameter in both.
fn same_tel(ours: &Uri, theirs: &Uri) -> bool {
    let digits = |uri: &Uri| uri.user.as_deref().map(phone_digits);
    let sorted = |uri: &Uri| {
        let mut all: Vec<_> = uri
            .params
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), tel_value(name, value.unwrap_or_default())))
            .collect();
        all.sort_unstable();
        all
    };
    digits(ours) == digits(theirs)
        && ours.params.len() == theirs.params.len()
        && sorted(ours) == sorted(theirs)
}

/// A value of `ext`, and of `phone-context` when it is a global number, is a number itself.
fn tel_value(name: &str, value: &str) -> Vec<Octet> {
    let context = name.eq_ignore_ascii_case("phone-context") && value.starts_with('+');
    if context || name.eq_ignore_ascii_case("ext") {
        return phone_digits(value).bytes().map(Octet::Plain).collect();
    }
    plain(value).map(Octet::lower).collect()
}

fn phone_digits(number: &str) -> String {
    number.chars().filter(|c| !is_visual_separator(*c)).map(|c| c.to_ascii_lowercase()).collect()
}

/// The namespace of a URN has no case; of the rest only a UUID is known to have none. What RFC 8141 adds behind
/// the name (`?+`, `?=`, `#`) does not take part.
fn same_urn(ours: &str, theirs: &str) -> bool {
    let name = |urn: &str| urn.split(['?', '#']).next().unwrap_or_default().to_owned();
    let (ours, theirs) = (name(ours), name(theirs));
    match (ours.split_once(':'), theirs.split_once(':')) {
        (Some((our_space, our_name)), Some((their_space, their_name))) => {
            our_space.eq_ignore_ascii_case(their_space)
                && if our_space.eq_ignore_ascii_case("uuid") {
                    our_name.eq_ignore_ascii_case(their_name)
                } else {
                    raw(our_name).eq(raw(their_name))
                }
        }
        _ => ours == theirs,
    }
}

/// An octet of a component as it compares. The escape of a reserved character is not that character, every
/// other escape is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Octet {
    Plain(u8),
    Escaped(u8),
}

impl Octet {
    const fn lower(self) -> Self {
        match self {
            Self::Plain(octet) => Self::Plain(octet.to_ascii_lowercase()),
            Self::Escaped(octet) => Self::Escaped(octet),
        }
    }
}

/// The octets of a component of a SIP URI.
fn plain(text: &str) -> impl Iterator<Item = Octet> {
    percent::marked_octets(text).map(|(octet, escaped)| match escaped && b";/?:@&=+$,".contains(&octet) {
        true => Octet::Escaped(octet),
        false => Octet::Plain(octet),
    })
}

/// The octets of a URN, in which no escape is resolved and only its digits have no case.
fn raw(text: &str) -> impl Iterator<Item = Octet> {
    percent::marked_octets(text)
        .map(|(octet, escaped)| if escaped { Octet::Escaped(octet) } else { Octet::Plain(octet) })
}
