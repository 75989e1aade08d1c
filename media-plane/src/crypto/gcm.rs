//! AES in Galois/counter mode (RFC 7714).

use aes::Aes128Enc;
use aes::cipher::InOutBuf;
use aes::cipher::KeyInit as _;
use aes::cipher::consts::U12;
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut as _;
use zeroize::Zeroizing;

use super::ProtectionError;
use super::keys::{Labels, Master, Place, SESSION_KEY};

/// Octets of a tag.
pub(super) const TAG: usize = 16;
/// Octets of a nonce.
const NONCE: usize = 12;

/// The two session keys.
pub(super) struct Gcm {
    cipher: AesGcm<Aes128Enc, U12>,
    /// 96 bits.
    salt: Zeroizing<u128>,
}

impl Gcm {
    pub(super) fn derive(master: &Master, labels: Labels) -> Self {
        Self::new(&master.derive(labels.encryption()), &master.derive(labels.salt()))
    }

    /// The session keys themselves.
    pub(super) fn new(key: &[u8; SESSION_KEY], salt: &[u8; NONCE]) -> Self {
        let salt = salt.iter().fold(0, |salt, octet| salt << 8 | u128::from(*octet));
        Self { cipher: Aes128Enc::new(key.into()).into(), salt: Zeroizing::new(salt) }
    }

    /// Encrypts; the tag is also over `clear`, which stays readable.
    pub(super) fn seal(
        &self,
        place: Place,
        clear: &[u8],
        octets: &mut [u8],
    ) -> Result<[u8; TAG], ProtectionError> {
        let sealed =
            self.cipher.encrypt_inout_detached(&self.nonce(place).into(), clear, InOutBuf::from(octets));
        // Only packets of gigabytes are refused.
        sealed.map(Into::into).map_err(|_| ProtectionError::Malformed)
    }

    /// Decrypts if the tag fits; else the octets stay as they are.
    pub(super) fn open(
        &self,
        place: Place,
        clear: &[u8],
        octets: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), ProtectionError> {
        let nonce = self.nonce(place).into();
        let opened = self.cipher.decrypt_inout_detached(&nonce, clear, InOutBuf::from(octets), tag.into());
        opened.map_err(|_| ProtectionError::Authentication)
    }

    //= RFC7714-8.1
    //= RFC7714-9.1
    fn nonce(&self, place: Place) -> [u8; NONCE] {
        let value = *self.salt ^ u128::from(place.ssrc) << 48 ^ u128::from(place.index);
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&value.to_be_bytes()[size_of::<u128>() - NONCE..]);
        nonce
    }
}
