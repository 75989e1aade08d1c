//! URIs that are encrypted where no element can stand: in attributes and in resource lists (TS 24.379 6.6.2).
//!
//! Such a URI is a SIP URI of a domain that stands for the encryption, and its user part holds the ciphertext and what
//! is needed to decipher it: `sip:<ciphertext>;iv=<iv>;key-id=<key ID>;alg=128-aes-gcm@mc1-encrypted.3gppnetwork.org`.

use std::fmt;

use crate::DecodeError;
use crate::text::ByteStr;

/// The domain of encrypted URIs.
pub const DOMAIN: &str = "mc1-encrypted.3gppnetwork.org";
/// AES in Galois counter mode with a key of 128 bits.
pub const ALGORITHM: &str = "128-aes-gcm";

/// An encrypted URI. Its values stand as they are, base64 text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncryptedUri {
    /// The ciphertext with its tag.
    pub cipher_text: ByteStr,
    /// `iv`: the initialisation vector.
    pub iv: ByteStr,
    /// `key-id`.
    pub key_id: ByteStr,
    /// `alg`, [`ALGORITHM`] unless a later release has another.
    pub algorithm: ByteStr,
    /// Parameters that are not known, as they stand.
    pub others: Vec<ByteStr>,
}

impl EncryptedUri {
    /// Whether the domain of this URI says that it is encrypted.
    pub fn is_encrypted(uri: &str) -> bool {
        parts(uri).is_some()
    }

    /// Reads an encrypted URI; `None` for a URI in the clear.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset in the text, when the domain is the one of encrypted URIs and the ciphertext or
    /// one of its parameters is missing, empty or there twice.
    pub fn read(uri: &ByteStr) -> Result<Option<Self>, DecodeError> {
        let Some(user) = parts(uri) else { return Ok(None) };
        let invalid = |part: &str, what| {
            let offset = (part.as_ptr() as usize).saturating_sub(uri.as_bytes().as_ptr() as usize);
            DecodeError::invalid(offset, what)
        };
        let mut pieces = user.split(';');
        let cipher_text = pieces.next().filter(|text| !text.is_empty());
        let cipher_text = cipher_text.ok_or_else(|| invalid(user, "ciphertext"))?;
        let (mut iv, mut key_id, mut algorithm, mut others) = (None, None, None, Vec::new());
        for piece in pieces {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let slot = match name.to_ascii_lowercase().as_str() {
                "iv" => &mut iv,
                "key-id" => &mut key_id,
                "alg" => &mut algorithm,
                _ => {
                    others.push(uri.share(piece));
                    continue;
                }
            };
            if value.is_empty() || slot.replace(uri.share(value)).is_some() {
                return Err(invalid(piece, "parameter of an encrypted URI"));
            }
        }
        let missing = |what| move || invalid(user, what);
        Ok(Some(Self {
            cipher_text: uri.share(cipher_text),
            iv: iv.ok_or_else(missing("iv"))?,
            key_id: key_id.ok_or_else(missing("key-id"))?,
            algorithm: algorithm.ok_or_else(missing("alg"))?,
            others,
        }))
    }
}

/// The user part of an encrypted URI.
fn parts(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_at_checked(4)?;
    let (user, host) = rest.rsplit_once('@')?;
    let host = host.split([';', '?', ':']).next()?;
    (scheme.eq_ignore_ascii_case("sip:") && host.eq_ignore_ascii_case(DOMAIN)).then_some(user)
}

impl fmt::Display for EncryptedUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cipher_text, iv, key_id, algorithm, others } = self;
        write!(f, "sip:{cipher_text};iv={iv};key-id={key_id};alg={algorithm}")?;
        others.iter().try_for_each(|other| write!(f, ";{other}"))?;
        write!(f, "@{DOMAIN}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const URI: &str =
        "sip:c2VjcmV0+/==;iv=AAECAwQFBgcICQoL;key-id=a2V5;alg=128-aes-gcm@mc1-encrypted.3gppnetwork.org";

    fn value() -> EncryptedUri {
        EncryptedUri {
            cipher_text: "c2VjcmV0+/==".into(),
            iv: "AAECAwQFBgcICQoL".into(),
            key_id: "a2V5".into(),
            algorithm: ALGORITHM.into(),
            others: Vec::new(),
        }
    }

    #[test]
    fn an_encrypted_uri_is_known_by_its_domain() {
        assert_eq!(EncryptedUri::read(&URI.into()), Ok(Some(value())));
        assert_eq!(value().to_string(), URI);
        let later = URI.replace("@", ";v=2@").replace("sip:", "SIP:").replace("mc1-", "MC1-");
        let expected = EncryptedUri { others: vec!["v=2".into()], ..value() };
        assert_eq!(EncryptedUri::read(&format!("{later};transport=tcp").into()), Ok(Some(expected)));
        for clear in [
            "sip:alice@mc.example.org",
            "sip:alice@xmc1-encrypted.3gppnetwork.org",
            "tel:+491",
            "sip:mc1-encrypted.3gppnetwork.org",
            "\u{e9}\u{e9}\u{e9}",
            "",
        ] {
            assert_eq!(EncryptedUri::read(&clear.into()), Ok(None), "{clear}");
            assert!(!EncryptedUri::is_encrypted(clear));
        }
        assert!(EncryptedUri::is_encrypted(URI));
    }

    #[test]
    fn an_encrypted_uri_without_its_parts_is_refused() {
        for (from, to, offset, what) in [
            ("c2VjcmV0+/==", "", 4, "ciphertext"),
            (";iv=AAECAwQFBgcICQoL", "", 4, "iv"),
            (";key-id=a2V5", "", 4, "key-id"),
            (";alg=128-aes-gcm", "", 4, "alg"),
            ("iv=AAECAwQFBgcICQoL", "iv=", 17, "parameter of an encrypted URI"),
            ("key-id=a2V5", "iv=x", 37, "parameter of an encrypted URI"),
        ] {
            let error = EncryptedUri::read(&URI.replace(from, to).into()).unwrap_err();
            assert_eq!(error, DecodeError::invalid(offset, what), "{to}");
        }
    }

    proptest! {
        #[test]
        fn every_encrypted_uri_survives_and_no_text_does_harm(
            parts in ("[A-Za-z0-9+/]{1,40}={0,2}", "[A-Za-z0-9+/]{1,16}", "[A-Za-z0-9+/]{1,8}", "[a-z]{1,8}"),
            text in "(sip:)?[a-z;=@]{0,20}(@mc1-encrypted\\.3gppnetwork\\.org)?",
        ) {
            let uri = EncryptedUri {
                cipher_text: parts.0.into(),
                iv: parts.1.into(),
                key_id: parts.2.into(),
                algorithm: parts.3.into(),
                others: Vec::new(),
            };
            prop_assert_eq!(EncryptedUri::read(&uri.to_string().into()), Ok(Some(uri)));
            if let Ok(Some(uri)) = EncryptedUri::read(&text.into()) {
                prop_assert_eq!(EncryptedUri::read(&uri.to_string().into()), Ok(Some(uri)));
            }
        }
    }
}
