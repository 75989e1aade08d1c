//! The transforms this project offers, and what keys may ask for.

use mcptt_codec::sdp::{Crypto, CryptoSuite};

use super::ProtectionError;

/// Octets of a master key.
pub(super) const MASTER_KEY: usize = 16;

/// The one session parameter that asks for nothing (RFC 4568 6.3.6).
const WINDOW_SIZE_HINT: &str = "WSH";

/// The transforms, with the sizes their definitions give them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transform {
    /// AES_CM_128_HMAC_SHA1_80 (RFC 4568 6.2.1): AES-128 in counter mode, HMAC-SHA1 cut to 80 bits.
    AesCm128HmacSha1_80,
    /// AES_CM_128_HMAC_SHA1_32 (RFC 4568 6.2.2): the same with 32 bits for SRTP, while SRTCP keeps 80.
    AesCm128HmacSha1_32,
    /// AEAD_AES_128_GCM (RFC 7714).
    AeadAes128Gcm,
}

impl Transform {
    /// The transform these keys ask for. Whatever they ask for beyond it is refused rather than overlooked: session parameters
    /// can switch encryption off, and several keys without identifiers cannot be told apart.
    pub(super) fn of(keys: &Crypto) -> Result<Self, ProtectionError> {
        let transform = match keys.suite {
            CryptoSuite::AesCm128HmacSha1_80 => Self::AesCm128HmacSha1_80,
            CryptoSuite::AesCm128HmacSha1_32 => Self::AesCm128HmacSha1_32,
            CryptoSuite::AeadAes128Gcm => Self::AeadAes128Gcm,
            _ => return Err(ProtectionError::UnsupportedSuite),
        };
        let hints_only = keys.session_parameters.iter().all(|parameter| parameter.name() == WINDOW_SIZE_HINT);
        if !keys.is_within_rules() || !hints_only {
            return Err(ProtectionError::UnsupportedSuite);
        }
        if keys.key_salt().len() != transform.key_salt_octets() {
            return Err(ProtectionError::KeyLength);
        }
        Ok(transform)
    }

    /// Octets of master key and master salt together.
    pub(super) const fn key_salt_octets(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => MASTER_KEY + 14,
            Self::AeadAes128Gcm => MASTER_KEY + 12,
        }
    }

    /// Octets of the authentication tag of SRTP.
    pub(super) const fn rtp_tag_octets(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 => 10,
            Self::AesCm128HmacSha1_32 => 4,
            Self::AeadAes128Gcm => 16,
        }
    }

    /// Octets of an SRTP packet that stand behind the identifier of its key; an authenticating cipher has its tag before it
    /// (RFC 7714 8).
    pub(super) const fn rtp_octets_behind_mki(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => self.rtp_tag_octets(),
            Self::AeadAes128Gcm => 0,
        }
    }

    /// The same of an SRTCP packet (RFC 7714 9).
    pub(super) const fn rtcp_octets_behind_mki(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => self.rtcp_tag_octets(),
            Self::AeadAes128Gcm => 0,
        }
    }

    /// Octets of the authentication tag of SRTCP.
    pub(super) const fn rtcp_tag_octets(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 10,
            Self::AeadAes128Gcm => 16,
        }
    }
}
