//! Protection of media and floor control: SRTP and SRTCP (RFC 3711, RFC 7714), or none.
//!
//! The rest of the crate knows the [`Protection`] trait. This folder is the only place that names `srtp` or `openssl`.
//!
//! Group media that is protected end to end (TS 24.380 13) needs nothing from here: the server forwards the ciphertext
//! as it is, under [`Null`]. Keys negotiated with the server itself (RFC 4568) make every leg its own cryptographic
//! context: a packet is opened once and closed once for each listener.

mod null;
mod srtp;

use std::fmt;

use mcptt_codec::sdp::{Crypto, CryptoSuite};

pub use null::Null;
pub use srtp::Srtp;

/// Opens what one participant sends and closes what is sent to it. The packets are changed in place; after an error
/// their content is undefined.
pub trait Protection: Send + fmt::Debug {
    /// Whether the octets pass unchanged, so that receivers may share one buffer.
    fn is_transparent(&self) -> bool;

    /// RTP to SRTP.
    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;

    /// SRTP to RTP. Refuses what was received before.
    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;

    /// RTCP to SRTCP; a compound datagram is one unit.
    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;

    /// SRTCP to RTCP. Refuses what was received before.
    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;
}

/// The keys of one protected stream, one for each direction (RFC 4568).
#[derive(Clone, Debug)]
pub struct MediaProtection {
    /// What we protect with.
    pub send: Crypto,
    /// What the participant protects with.
    pub receive: Crypto,
}

/// Initialises the cryptographic library, which takes milliseconds that the first call should not wait for.
pub fn prepare() {
    srtp::prepare();
}

/// The protection that the given keys stand for; without keys, none.
pub fn protection(keys: Option<&MediaProtection>) -> Result<Box<dyn Protection>, ProtectionError> {
    Ok(match keys {
        None => Box::new(Null),
        Some(keys) => Box::new(Srtp::new(keys)?),
    })
}

/// The one session parameter that asks for nothing (RFC 4568 6.3.6).
const WINDOW_SIZE_HINT: &str = "WSH";

/// The transforms this project offers, with the sizes their definitions give them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transform {
    /// AES_CM_128_HMAC_SHA1_80 (RFC 4568 6.2.1): AES-128 in counter mode, HMAC-SHA1 cut to 80 bits.
    AesCm128HmacSha1,
    /// AEAD_AES_128_GCM (RFC 7714).
    AeadAes128Gcm,
}

impl Transform {
    /// The transform these keys ask for. Whatever they ask for beyond it is refused rather than overlooked: a master
    /// key identifier changes every packet, session parameters can switch encryption off.
    fn of(keys: &Crypto) -> Result<Self, ProtectionError> {
        let transform = match keys.suite {
            CryptoSuite::AesCm128HmacSha1_80 => Self::AesCm128HmacSha1,
            CryptoSuite::AeadAes128Gcm => Self::AeadAes128Gcm,
            _ => return Err(ProtectionError::UnsupportedSuite),
        };
        let hints_only = keys.session_parameters.iter().all(|parameter| parameter.name() == WINDOW_SIZE_HINT);
        if keys.key.mki.is_some() || !keys.further_keys.is_empty() || !hints_only {
            return Err(ProtectionError::UnsupportedSuite);
        }
        if keys.key_salt().len() != transform.key_salt_octets() {
            return Err(ProtectionError::KeyLength);
        }
        Ok(transform)
    }

    /// Octets of master key and master salt together.
    const fn key_salt_octets(self) -> usize {
        match self {
            Self::AesCm128HmacSha1 => 16 + 14,
            Self::AeadAes128Gcm => 16 + 12,
        }
    }

    /// Octets of the authentication tag; the same for SRTP and SRTCP.
    const fn tag_octets(self) -> usize {
        match self {
            Self::AesCm128HmacSha1 => 10,
            Self::AeadAes128Gcm => 16,
        }
    }
}

/// Why a packet could not be protected or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProtectionError {
    /// The crypto suite is not one of ours, or asks for something we do not offer.
    #[error("the crypto suite is not supported")]
    UnsupportedSuite,
    /// Master key and salt have another length than the suite demands.
    #[error("master key and salt do not have the length of the suite")]
    KeyLength,
    /// The authentication tag does not fit: another key, or the packet was changed on the way.
    #[error("the authentication tag does not fit")]
    Authentication,
    /// The packet was received before.
    #[error("received before")]
    Replayed,
    /// The packet is older than the replay window.
    #[error("older than the replay window")]
    TooOld,
    /// The packet is too short or its header does not add up.
    #[error("not a protected packet")]
    Malformed,
    /// The key has protected as many packets as it may.
    #[error("the key is used up")]
    KeyExpired,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
}

#[cfg(test)]
mod tests;
