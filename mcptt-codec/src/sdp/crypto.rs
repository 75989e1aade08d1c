//! `a=crypto`: SRTP keys in the description (RFC 4568; AES-GCM suites RFC 7714).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::{char, digit1, multispace0, multispace1, space1};
use nom::combinator::{all_consuming, map_opt, map_res, opt, verify};
use nom::multi::{many0, separated_list1};
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};
use zeroize::{Zeroize, Zeroizing};

use super::{MAX_CRYPTO_KEYS, MAX_KEY_SALT_OCTETS, SessionParameter};
use crate::DecodeError;
use crate::text::ByteStr;

/// Reads with and without padding; writes with it.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

macro_rules! suites {
    ($($(#[$doc:meta])* $suite:ident = $name:literal, $key:literal, $salt:literal;)+) => {
        /// A cipher with its authentication.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[non_exhaustive]
        pub enum CryptoSuite {
            $($(#[$doc])* #[serde(rename = $name)] $suite,)+
            /// Any other, by name.
            #[serde(untagged)]
            Other(ByteStr),
        }

        impl CryptoSuite {
            /// The name on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$suite => $name,)+
                    Self::Other(name) => name,
                }
            }

            /// Octets of the master key; `None` for a suite this project does not know.
            pub const fn key_octets(&self) -> Option<usize> {
                match self {
                    $(Self::$suite => Some($key),)+
                    Self::Other(_) => None,
                }
            }

            /// Octets of the master salt; `None` for a suite this project does not know.
            pub const fn salt_octets(&self) -> Option<usize> {
                match self {
                    $(Self::$suite => Some($salt),)+
                    Self::Other(_) => None,
                }
            }

            fn read(name: &str) -> Self {
                match name {
                    $($name => Self::$suite,)+
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

//= RFC4568-6.2
//= RFC7714-14.2
suites! {
    /// AES-128 in counter mode, HMAC-SHA1 with a tag of 80 bits.
    AesCm128HmacSha1_80 = "AES_CM_128_HMAC_SHA1_80", 16, 14;
    /// AES-128 in counter mode, HMAC-SHA1 with a tag of 32 bits.
    AesCm128HmacSha1_32 = "AES_CM_128_HMAC_SHA1_32", 16, 14;
    /// AES-128 in f8 mode, HMAC-SHA1 with a tag of 80 bits.
    F8128HmacSha1_80 = "F8_128_HMAC_SHA1_80", 16, 14;
    /// AES-192 in counter mode, HMAC-SHA1 with a tag of 80 bits (RFC 6188).
    AesCm192HmacSha1_80 = "AES_192_CM_HMAC_SHA1_80", 24, 14;
    /// AES-192 in counter mode, HMAC-SHA1 with a tag of 32 bits (RFC 6188).
    AesCm192HmacSha1_32 = "AES_192_CM_HMAC_SHA1_32", 24, 14;
    /// AES-256 in counter mode, HMAC-SHA1 with a tag of 80 bits (RFC 6188).
    AesCm256HmacSha1_80 = "AES_256_CM_HMAC_SHA1_80", 32, 14;
    /// AES-256 in counter mode, HMAC-SHA1 with a tag of 32 bits (RFC 6188).
    AesCm256HmacSha1_32 = "AES_256_CM_HMAC_SHA1_32", 32, 14;
    /// AES-128 in Galois/counter mode.
    AeadAes128Gcm = "AEAD_AES_128_GCM", 16, 12;
    /// AES-256 in Galois/counter mode.
    AeadAes256Gcm = "AEAD_AES_256_GCM", 32, 12;
}

impl CryptoSuite {
    fn key_salt_octets(&self) -> Option<usize> {
        self.key_octets().zip(self.salt_octets()).map(|(key, salt)| key.saturating_add(salt))
    }
}

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
    fn is_countable(self) -> bool {
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
        let mut encoded = general_purpose::STANDARD.encode(key.key_salt.as_bytes());
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

/// One `a=crypto` attribute. Neither `Debug` nor serialisation shows a key; [`Crypto::to_value`] is for the
/// wire alone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Crypto {
    /// Number that offer and answer share.
    pub tag: u32,
    /// Cipher and authentication.
    pub suite: CryptoSuite,
    /// The key.
    #[serde(skip)]
    pub key: InlineKey,
    /// Further keys, told apart by their master key identifier.
    #[serde(skip)]
    pub further_keys: Vec<InlineKey>,
    /// Session parameters in their order.
    pub session_parameters: Vec<SessionParameter>,
}

impl Crypto {
    /// A key without lifetime and identifier.
    ///
    /// # Errors
    /// [`DecodeError`] when the octets are not as many as the suite wants.
    pub fn new(tag: u32, suite: CryptoSuite, key_salt: KeySalt) -> Result<Self, DecodeError> {
        check_length(&suite, &key_salt)?;
        let key = InlineKey { key_salt, lifetime: None, mki: None };
        Ok(Self { tag, suite, key, further_keys: Vec::new(), session_parameters: Vec::new() })
    }

    /// Reads the value of the attribute: `<tag> <suite> inline:<base64>[|lifetime][|mki:length]
    /// [parameters]`.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not the grammar, not a key of the length that the suite wants, or not an
    /// inline key.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp a=crypto";
        let parsed = all_consuming(attribute).parse(text.trim());
        let (_, (tag, suite, mut keys, session_parameters)) =
            parsed.map_err(|_| DecodeError::invalid(0, WHAT))?;
        if keys.len() > MAX_CRYPTO_KEYS {
            return Err(DecodeError::too_large(0, "sdp a=crypto keys", MAX_CRYPTO_KEYS, keys.len()));
        }
        keys.iter().try_for_each(|key| check_length(&suite, &key.key_salt))?;
        let further_keys = keys.split_off(1.min(keys.len()));
        let key = keys.pop().ok_or(DecodeError::missing(0, WHAT))?;
        Ok(Self { tag, suite, key, further_keys, session_parameters })
    }

    /// The value of the attribute, for the wire only; wiped when dropped.
    pub fn to_value(&self) -> Zeroizing<String> {
        // Enough room for all of it: a text that grows would leave copies of the key behind.
        const AROUND_KEYS: usize = 64;
        let of_keys = self.keys().map(InlineKey::room);
        let of_parameters =
            self.session_parameters.iter().map(|parameter| parameter.room().saturating_add(1));
        let around = self.suite.as_str().len().saturating_add(AROUND_KEYS);
        let capacity = of_keys.chain(of_parameters).fold(around, usize::saturating_add);
        let mut value = Zeroizing::new(String::with_capacity(capacity));
        value.push_str(&format!("{} {} ", self.tag, self.suite.as_str()));
        write_keys(self.keys(), &mut value);
        for parameter in &self.session_parameters {
            value.push(' ');
            parameter.write(&mut value);
        }
        value
    }

    /// All keys, the first one first.
    pub fn keys(&self) -> impl Iterator<Item = &InlineKey> {
        std::iter::once(&self.key).chain(&self.further_keys)
    }

    /// Whether it keeps the rules that bind the parts together: several keys are told apart by identifiers of one length,
    /// no key lives longer than its packets can be counted, and no session parameter has a value it cannot have.
    pub fn is_within_rules(&self) -> bool {
        let octets = |key: &InlineKey| key.mki.map(|mki| mki.octets);
        //= RFC4568-6.1:mki
        let told_apart = self.further_keys.is_empty()
            || self.keys().all(|key| octets(key).is_some() && octets(key) == octets(&self.key));
        //= RFC4568-6.1:lifetime
        let countable = self.keys().filter_map(|key| key.lifetime).all(Lifetime::is_countable);
        told_apart && countable && !self.session_parameters.iter().any(SessionParameter::is_malformed)
    }

    /// Whether `answer` is the answer to this offered key: same tag, same suite.
    pub fn is_answered_by(&self, answer: &Self) -> bool {
        //= RFC4568-5.1.2
        self.tag == answer.tag && self.suite == answer.suite
    }

    /// Master key and salt of the first key.
    pub fn key_salt(&self) -> &[u8] {
        self.key.key_salt.as_bytes()
    }

    /// The master key alone; `None` for a suite this project does not know.
    pub fn master_key(&self) -> Option<&[u8]> {
        self.key_salt().get(..self.suite.key_octets()?)
    }

    /// The master salt alone; `None` for a suite this project does not know.
    pub fn master_salt(&self) -> Option<&[u8]> {
        self.key_salt().get(self.suite.key_octets()?..)
    }
}

fn check_length(suite: &CryptoSuite, key_salt: &KeySalt) -> Result<(), DecodeError> {
    const WHAT: &str = "sdp a=crypto key";
    let got = key_salt.as_bytes().len();
    match suite.key_salt_octets() {
        Some(needed) if got < needed => Err(DecodeError::truncated(0, WHAT, needed, got)),
        Some(limit) if got > limit => Err(DecodeError::too_large(0, WHAT, limit, got)),
        None if got > MAX_KEY_SALT_OCTETS => Err(DecodeError::too_large(0, WHAT, MAX_KEY_SALT_OCTETS, got)),
        None if got == 0 => Err(DecodeError::missing(0, WHAT)),
        _ => Ok(()),
    }
}

type Parsed = (u32, CryptoSuite, Vec<InlineKey>, Vec<SessionParameter>);

fn attribute(text: &str) -> IResult<&str, Parsed> {
    let number = verify(digit1, |digits: &str| digits.len() <= 9);
    let tag = map_res(number, str::parse);
    let suite = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_').map(CryptoSuite::read);
    let keys = inline_keys;
    let parameter = take_while1(|c: char| !c.is_ascii_whitespace()).map(SessionParameter::read);
    let parameters = many0(preceded(multispace1, parameter));
    let (rest, (tag, _, suite, _, keys, parameters)) =
        (tag, space1, suite, space1, keys, parameters).parse(text)?;
    Ok((rest, (tag, suite, keys, parameters)))
}

fn inline_keys(text: &str) -> IResult<&str, Vec<InlineKey>> {
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
