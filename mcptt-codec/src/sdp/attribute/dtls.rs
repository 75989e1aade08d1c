//! What DTLS-SRTP needs (RFC 5763, 5764): who opens (`a=setup`, RFC 4145), which certificate (`a=fingerprint`, RFC
//! 8122), and whether the association is the old one (`a=connection`, RFC 4145; `a=tls-id`, RFC 8842).

use std::fmt;

use super::{typed_attribute, words};
use crate::DecodeError;
use crate::sdp::MAX_FINGERPRINT_OCTETS;
use crate::sdp::grammar::{Scan, is_token};
use crate::text::ByteStr;

words! {
    /// `a=setup`: who opens the connection or the DTLS association.
    Setup {
        /// The maker of the description.
        Active = "active",
        /// The other side.
        Passive = "passive",
        /// Either, the answer decides.
        ActPass = "actpass",
        /// Nobody for now.
        HoldConn = "holdconn",
    }
}

impl Setup {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is another word.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        one_word(value, "sdp a=setup", Self::of)
    }

    /// What an answer to this offer may say, the usual one first.
    pub const fn answers(self) -> &'static [Self] {
        //= RFC4145-4.1
        match self {
            Self::Active => &[Self::Passive, Self::HoldConn],
            Self::Passive => &[Self::Active, Self::HoldConn],
            Self::ActPass => &[Self::Active, Self::Passive, Self::HoldConn],
            Self::HoldConn => &[Self::HoldConn],
        }
    }
}

typed_attribute!(Setup, "setup", Both, "RFC4145-4.1");

words! {
    /// `a=connection`: whether the connection or association that exists goes on.
    ConnectionReuse {
        /// A new one is made.
        New = "new",
        /// The old one goes on.
        Existing = "existing",
    }
}

impl ConnectionReuse {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is another word.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        one_word(value, "sdp a=connection", Self::of)
    }
}

//= RFC4145-5
typed_attribute!(ConnectionReuse, "connection", Both, "RFC4145-5");

fn one_word<T>(value: &str, what: &'static str, read: fn(&str) -> Option<T>) -> Result<T, DecodeError> {
    let mut scan = Scan::new(value, what);
    let word = scan.read(read)?;
    scan.end()?;
    Ok(word)
}

/// Name of the hash function of a fingerprint, compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HashFunction(pub ByteStr);

impl HashFunction {
    /// SHA-256, the one every implementation has.
    pub const SHA_256: Self = Self(ByteStr::from_static("sha-256"));
    /// SHA-384.
    pub const SHA_384: Self = Self(ByteStr::from_static("sha-384"));
    /// SHA-512.
    pub const SHA_512: Self = Self(ByteStr::from_static("sha-512"));

    /// Octets of a hash; `None` for a function this project does not know.
    pub fn octets(&self) -> Option<usize> {
        const KNOWN: [(&str, usize); 7] = [
            ("md2", 16),
            ("md5", 16),
            ("sha-1", 20),
            ("sha-224", 28),
            ("sha-256", 32),
            ("sha-384", 48),
            ("sha-512", 64),
        ];
        KNOWN.iter().find(|(name, _)| self.0.eq_ignore_ascii_case(name)).map(|(_, octets)| *octets)
    }

    /// Whether a certificate may still be trusted by it: the MD family must not be used.
    pub fn is_acceptable(&self) -> bool {
        //= RFC8122-5:hash
        !self.0.eq_ignore_ascii_case("md2") && !self.0.eq_ignore_ascii_case("md5")
    }
}

/// `a=fingerprint`: the hash of the certificate that the maker presents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// How it was computed.
    pub hash: HashFunction,
    /// The octets of the hash.
    pub octets: Vec<u8>,
}

impl Fingerprint {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not a name and octets as pairs of hexadecimal digits with colons between them, or not
    /// as many octets as the hash function gives.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp a=fingerprint";
        let mut scan = Scan::new(value, WHAT);
        //= RFC8122-5
        let hash = scan.read(|name| is_token(name).then(|| HashFunction(name.into())))?;
        let digits = scan.token()?;
        scan.end()?;
        if digits.len() > MAX_FINGERPRINT_OCTETS.saturating_mul(3) {
            let got = digits.len().div_ceil(3);
            return Err(DecodeError::too_large(0, WHAT, MAX_FINGERPRINT_OCTETS, got));
        }
        let octet = |pair: &str| {
            let hexadecimal = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            u8::from_str_radix(pair, 16).ok().filter(|_| hexadecimal).ok_or(scan.invalid(pair))
        };
        let octets = digits.split(':').map(octet).collect::<Result<Vec<u8>, _>>()?;
        match hash.octets() {
            Some(expected) if expected != octets.len() => Err(scan.invalid(digits)),
            _ => Ok(Self { hash, octets }),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hash.0)?;
        for (index, octet) in self.octets.iter().enumerate() {
            write!(f, "{}{octet:02X}", if index == 0 { ' ' } else { ':' })?;
        }
        Ok(())
    }
}

typed_attribute!(Fingerprint, "fingerprint", Both, "RFC8122-5", |fingerprint, value| {
    // Digits are in upper case.
    fingerprint.hash.is_acceptable() && value == fingerprint.to_string()
});

/// `a=tls-id`: which DTLS association this is; a new value asks for a new one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsId(pub ByteStr);

impl TlsId {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not 20 to 255 letters, digits and `+ / - _`.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=tls-id");
        let of_id = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'-' | b'_');
        //= RFC8842-4
        let id = scan.read(|id| ((20..=255).contains(&id.len()) && id.bytes().all(of_id)).then_some(id))?;
        scan.end()?;
        Ok(Self(id.into()))
    }
}

impl fmt::Display for TlsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

typed_attribute!(TlsId, "tls-id", Media, "RFC8842-4");
