//! AES in counter mode with HMAC-SHA1 (RFC 3711 4.1.1, 4.2.1).

use aes::Aes128Enc;
use aes::cipher::KeyInit as _;
use zeroize::Zeroizing;

use super::hmac::{DIGEST, HmacSha1};
use super::keys::{Labels, Master, Place, SESSION_KEY, apply_key_stream};

/// The three session keys.
pub(super) struct CounterMode {
    cipher: Aes128Enc,
    authentication: HmacSha1,
    /// 112 bits.
    salt: Zeroizing<u128>,
}

impl CounterMode {
    pub(super) fn derive(master: &Master, labels: Labels) -> Self {
        let salt = master.derive::<14>(labels.salt());
        let salt = salt.iter().fold(0, |salt, octet| salt << 8 | u128::from(*octet));
        Self {
            cipher: Aes128Enc::new((&*master.derive::<SESSION_KEY>(labels.encryption())).into()),
            authentication: HmacSha1::new(&master.derive::<DIGEST>(labels.authentication())),
            salt: Zeroizing::new(salt),
        }
    }

    /// Encrypts, or decrypts, which is the same.
    //= RFC3711-4.1.1
    pub(super) fn apply(&self, place: Place, octets: &mut [u8]) {
        let iv = *self.salt << 16 ^ u128::from(place.ssrc) << 64 ^ u128::from(place.index) << 16;
        apply_key_stream(&self.cipher, iv, octets);
    }

    /// The tag of a packet, uncut. `behind` is what is authenticated without being sent.
    //= RFC3711-4.2
    pub(super) fn tag(&self, packet: &[u8], behind: &[u8]) -> [u8; DIGEST] {
        self.authentication.tag(packet, behind)
    }
}
