//! Session keys from a master key (RFC 3711 4.3), and what they do to one packet.

use aes::Aes128Enc;
use aes::cipher::{InOutBuf, InnerIvInit as _, KeyInit as _, StreamCipherCore as _};
use zeroize::Zeroizing;

use super::ProtectionError;
use super::counter_mode::CounterMode;
use super::gcm::Gcm;
use super::transform::{MASTER_KEY, Transform};

/// Octets of a session key for encryption.
pub(super) const SESSION_KEY: usize = 16;

/// Counter mode with AES-128; the counter of RFC 3711 4.1.1 has 16 bits, and no packet needs more.
type AesCm<'a> = ctr::CtrCore<&'a Aes128Enc, ctr::flavors::Ctr32BE>;

/// Exclusive-ors the key stream that begins at `iv` into `octets`.
pub(super) fn apply_key_stream(cipher: &Aes128Enc, iv: u128, octets: &mut [u8]) {
    AesCm::inner_iv_init(cipher, &iv.to_be_bytes().into()).apply_keystream_partial(InOutBuf::from(octets));
}

/// A master key with its salt, from which session keys are derived.
pub(super) struct Master {
    cipher: Aes128Enc,
    /// 112 bits, a shorter one padded on the right (RFC 7714 11).
    salt: Zeroizing<u128>,
}

impl Master {
    /// Octets of the salt with its padding.
    const SALT: usize = 14;

    /// `key_salt` has the length that the transform wants.
    pub(super) fn new(key_salt: &[u8]) -> Result<Self, ProtectionError> {
        let (key, salt) = key_salt.split_first_chunk::<MASTER_KEY>().ok_or(ProtectionError::KeyLength)?;
        let mut padded = Zeroizing::new([0; size_of::<u128>()]);
        let place =
            padded.get_mut(size_of::<u128>() - Self::SALT..).and_then(|all| all.get_mut(..salt.len()));
        place.ok_or(ProtectionError::KeyLength)?.copy_from_slice(salt);
        Ok(Self { cipher: Aes128Enc::new(key.into()), salt: Zeroizing::new(u128::from_be_bytes(*padded)) })
    }

    /// So many octets under a label, with a key derivation rate of zero.
    //= RFC3711-4.3.1
    pub(super) fn derive<const N: usize>(&self, label: u8) -> Zeroizing<[u8; N]> {
        let iv = (*self.salt ^ u128::from(label) << 48) << 16;
        let mut derived = Zeroizing::new([0; N]);
        apply_key_stream(&self.cipher, iv, &mut *derived);
        derived
    }
}

/// Which of the derived keys: of SRTP or of SRTCP (RFC 3711 4.3.1, 4.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Labels {
    Rtp,
    Rtcp,
}

impl Labels {
    const fn first(self) -> u8 {
        match self {
            Self::Rtp => 0,
            Self::Rtcp => 3,
        }
    }

    pub(super) const fn encryption(self) -> u8 {
        self.first()
    }

    pub(super) const fn authentication(self) -> u8 {
        self.first() + 1
    }

    pub(super) const fn salt(self) -> u8 {
        self.first() + 2
    }
}

/// Which packet of which source: no key stream is used for two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ssrc: u32,
    /// SRTP: rollover counter and sequence number, 48 bits. SRTCP: 31 bits.
    pub(super) index: u64,
}

impl Place {
    /// The most significant 32 bits of an SRTP index.
    pub(super) const fn rollover_counter(self) -> u32 {
        (self.index >> 16) as u32
    }
}

/// The session keys of one direction for SRTP or for SRTCP.
pub(super) enum Keys {
    CounterMode(CounterMode),
    Gcm(Gcm),
}

impl Keys {
    pub(super) fn derive(transform: Transform, master: &Master, labels: Labels) -> Self {
        match transform {
            Transform::AesCm128HmacSha1_80 | Transform::AesCm128HmacSha1_32 => {
                Self::CounterMode(CounterMode::derive(master, labels))
            }
            Transform::AeadAes128Gcm => Self::Gcm(Gcm::derive(master, labels)),
        }
    }
}
