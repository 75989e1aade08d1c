//! Passwords as they are kept: salted and stretched (PBKDF2 with HMAC-SHA-256, RFC 8018), in the notation that other tools have
//! for it, `$pbkdf2-sha256$i=ITERATIONS$SALT$HASH`.

use std::io::BufRead;
use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};

use crate::config::parts_of_password;

/// How often a new password is stretched.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).expect("not zero");
const SALT: usize = 16;
const HASH: usize = 32;

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    iterations: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Password {
    /// Reads the notation. `None`: it is another one, or too weak.
    pub fn read(text: &str) -> Option<Self> {
        let (iterations, salt, hash) = parts_of_password(text)?;
        let octets = |text: &str| STANDARD_NO_PAD.decode(text).ok();
        let (salt, hash) = (octets(salt)?, octets(hash)?);
        let long_enough = salt.len() >= 8 && hash.len() == HASH;
        Some(Self { iterations: NonZeroU32::new(iterations)?, salt, hash }).filter(|_| long_enough)
    }

    /// Reads one line and makes what is kept of it.
    ///
    /// # Errors
    /// There is nothing to read, or the system has no randomness.
    pub fn from_input(input: &mut impl BufRead) -> Result<String, String> {
        let mut line = String::new();
        input.read_line(&mut line).map_err(|error| format!("standard input: {error}"))?;
        match line.trim_end_matches(['\r', '\n']) {
            "" => Err("standard input: a password is missing".to_owned()),
            text => Self::make(text),
        }
    }

    /// Stretches a new password under a salt of its own.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn make(text: &str) -> Result<String, String> {
        Self::stretch(text, ITERATIONS)
    }

    /// The same with another number of iterations.
    fn stretch(text: &str, iterations: NonZeroU32) -> Result<String, String> {
        let (mut salt, mut hash) = ([0; SALT], [0; HASH]);
        SystemRandom::new().fill(&mut salt).map_err(|error| format!("no randomness: {error}"))?;
        pbkdf2::derive(PBKDF2_HMAC_SHA256, iterations, &salt, text.as_bytes(), &mut hash);
        let [salt, hash] = [&salt[..], &hash[..]].map(|octets| STANDARD_NO_PAD.encode(octets));
        Ok(format!("$pbkdf2-sha256$i={iterations}${salt}${hash}"))
    }

    /// Whether this is the password. Takes its time, and the same for every text.
    pub fn is(&self, text: &str) -> bool {
        pbkdf2::verify(PBKDF2_HMAC_SHA256, self.iterations, &self.salt, text.as_bytes(), &self.hash).is_ok()
    }

    /// One that nobody has: who asks for an unknown user waits as long as for a known one.
    pub fn of_nobody() -> Self {
        Self { iterations: ITERATIONS, salt: vec![0; SALT], hash: vec![0; HASH] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_never_shown() {
        let few = NonZeroU32::new(10_000).unwrap();
        let kept = Password::stretch("correct horse", few).unwrap();
        let again = Password::stretch("correct horse", few).unwrap();
        assert_ne!(kept, again, "each has a salt of its own");
        let read = Password::read(&kept).unwrap();
        assert!(read.is("correct horse") && !read.is("correct hors") && !read.is(""));
        assert_eq!(format!("{read:?}"), "Password(..)");
    }

    #[test]
    fn a_vector_of_another_implementation() {
        // RFC 7914 11: PBKDF2-HMAC-SHA-256 of "Password" and "NaCl" with 80000 iterations, its first half.
        let hash = "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56";
        let hash: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap()).collect();
        let mut derived = [0; 32];
        let iterations = NonZeroU32::new(80_000).unwrap();
        pbkdf2::derive(PBKDF2_HMAC_SHA256, iterations, b"NaCl", b"Password", &mut derived);
        assert_eq!(derived, hash[..]);
    }

    #[test]
    fn what_is_weak_or_written_otherwise_is_not_taken() {
        let hash = STANDARD_NO_PAD.encode([7; 32]);
        let salt = STANDARD_NO_PAD.encode([7; 16]);
        assert!(Password::read(&format!("$pbkdf2-sha256$i=10000${salt}${hash}")).is_some());
        for text in [
            "secret".to_owned(),
            format!("$pbkdf2-sha256$i=9999${salt}${hash}"),
            format!("$pbkdf2-sha256$i=10000$AA${hash}"),
            format!("$pbkdf2-sha256$i=10000${salt}${salt}"),
            format!("$pbkdf2-sha256$i=10000${salt}${hash}$x"),
            format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}"),
        ] {
            assert!(Password::read(&text).is_none(), "{text}");
        }
    }
}
