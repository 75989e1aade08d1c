//! `a=crypto`: SRTP keys in the description (RFC 4568; AES-GCM suites RFC 7714).

use nom::bytes::complete::take_while1;
use nom::character::complete::{digit1, multispace1, space1};
use nom::combinator::{all_consuming, map_res, verify};
use nom::multi::many0;
use nom::sequence::preceded;
use nom::{IResult, Parser};
use zeroize::Zeroizing;

use super::inline_key::{inline_keys, write_keys};
use super::{InlineKey, KeySalt, Lifetime, MAX_CRYPTO_KEYS, MAX_KEY_SALT_OCTETS, SessionParameter};
use crate::DecodeError;
use crate::text::ByteStr;

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
