//! The keys of `a=crypto`: `inline:` with base64, lifetime and master key identifier (RFC 4568 6.1).

use std::fmt;

use base64::Engine;
use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::{char, digit1, multispace0};
use nom::combinator::{all_consuming, map_opt, map_res, opt};
use nom::multi::separated_list1;
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};
use zeroize::{Zeroize, Zeroizing};

use super::{MAX_CRYPTO_KEYS, MAX_KEY_SALT_OCTETS};
use crate::base64_text::BASE64;

/// Master key followed by master salt. Wiped when dropped, never printed, never serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySalt(Zeroizing<Vec<u8>>);

impl KeySalt {
    /// Takes the octets of master key and master salt.
    pub fn new(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The octets, for the cipher only.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeySalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySalt(hidden)")
    }
}

/// For how many packets a key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// Two to this power.
    PowerOfTwo(u8),
    /// This many.
    Packets(u64),
}

impl Lifetime {
    /// SRTP counts 2^48 packets.
    pub(super) fn is_countable(self) -> bool {
        match self {
            Self::PowerOfTwo(exponent) => exponent <= 48,
            Self::Packets(packets) => (1..=1_u64 << 48).contains(&packets),
        }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerOfTwo(exponent) => write!(f, "2^{exponent}"),
            Self::Packets(packets) => write!(f, "{packets}"),
        }
    }
}

/// Master key identifier: its value and its length in each packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MasterKeyIdentifier {
    /// The value.
    pub value: u64,
    /// Octets it takes in a packet, 1 to 128.
    pub octets: u8,
}

/// One `inline:` key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineKey {
    /// Master key and salt.
    pub key_salt: KeySalt,
    /// For how long the key may be used.
    pub lifetime: Option<Lifetime>,
    /// Master key identifier.
    pub mki: Option<MasterKeyIdentifier>,
}

impl InlineKey {
    /// An upper bound of the octets it takes on the wire.
    pub(super) fn room(&self) -> usize {
        const AROUND_KEY: usize = 64;
        self.key_salt.as_bytes().len().saturating_mul(2).saturating_add(AROUND_KEY)
    }
}

/// Appends keys as `inline:`, with semicolons between them.
pub(super) fn write_keys<'a>(keys: impl IntoIterator<Item = &'a InlineKey>, out: &mut String) {
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            out.push(';');
        }
        let mut encoded = BASE64.encode(key.key_salt.as_bytes());
        out.push_str("inline:");
        out.push_str(&encoded);
        encoded.zeroize();
        if let Some(lifetime) = key.lifetime {
            out.push_str(&format!("|{lifetime}"));
        }
        if let Some(MasterKeyIdentifier { value, octets }) = key.mki {
            out.push_str(&format!("|{value}:{octets}"));
        }
    }
}

/// Reads keys as [`write_keys`] writes them, at most [`MAX_CRYPTO_KEYS`] of at most [`MAX_KEY_SALT_OCTETS`].
pub(super) fn read_keys(text: &str) -> Option<Vec<InlineKey>> {
    let (_, keys) = all_consuming(inline_keys).parse(text).ok()?;
    let small = |key: &InlineKey| key.key_salt.as_bytes().len() <= MAX_KEY_SALT_OCTETS;
    (keys.len() <= MAX_CRYPTO_KEYS && keys.iter().all(small)).then_some(keys)
}

/// One key or several, with semicolons between them.
pub(super) fn inline_keys(text: &str) -> IResult<&str, Vec<InlineKey>> {
    separated_list1((multispace0, char(';'), multispace0), inline_key).parse(text)
}

fn inline_key(text: &str) -> IResult<&str, InlineKey> {
    let encoded = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
    let key_salt = map_res(encoded, |text: &str| BASE64.decode(text).map(KeySalt::new));
    let key_salt = preceded(tag_no_case("inline:"), key_salt);
    // The identifier is tried first: "1:4" would be read as a lifetime of one packet otherwise.
    let parts = (opt(preceded(char('|'), lifetime)), opt(preceded(char('|'), mki)));
    let only_mki = preceded(char('|'), mki).map(|mki| (None, Some(mki)));
    let (rest, (key_salt, (lifetime, mki))) = (key_salt, nom::branch::alt((only_mki, parts))).parse(text)?;
    Ok((rest, InlineKey { key_salt, lifetime, mki }))
}

fn lifetime(text: &str) -> IResult<&str, Lifetime> {
    let power = map_opt(preceded(tag("2^"), digit1), |digits: &str| {
        digits.parse().ok().filter(|exponent| *exponent < 64).map(Lifetime::PowerOfTwo)
    });
    let packets = map_res(digit1, |digits: &str| digits.parse().map(Lifetime::Packets));
    nom::branch::alt((power, packets)).parse(text)
}

fn mki(text: &str) -> IResult<&str, MasterKeyIdentifier> {
    let pair = separated_pair(digit1, char(':'), digit1);
    map_opt(pair, |(value, octets): (&str, &str)| {
        let (value, octets): (u64, u8) = (value.parse().ok()?, octets.parse().ok()?);
        let fits = octets >= 8 || value < 1_u64.checked_shl(u32::from(octets).saturating_mul(8))?;
        (fits && (1..=128).contains(&octets)).then_some(MasterKeyIdentifier { value, octets })
    })
    .parse(text)
}
