//! Keys and signatures: Ed25519 (RFC 8032).

use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// A key that signs bundles.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// From the 64 hexadecimal digits of a key file.
    pub fn parse(text: &str) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(&from_hex(text.trim())?).ok().map(Self)
    }

    /// The text of a new key file.
    pub fn generate() -> Option<String> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).ok()?;
        Some(format!("{}\n", hex(&seed)))
    }

    /// The public half, in hexadecimal.
    pub fn public(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    pub(super) fn sign(&self, message: &[u8]) -> String {
        hex(self.0.sign(message).as_ref())
    }
}

pub(super) fn is_signed(message: &[u8], public: &str, signature: &str) -> bool {
    let (Some(public), Some(signature)) = (from_hex(public), from_hex(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, public).verify(message, &signature).is_ok()
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(content: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, content).as_ref())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
