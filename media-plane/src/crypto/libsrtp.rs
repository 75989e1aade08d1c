//! The same by libsrtp.

use std::fmt;

use mcptt_codec::sdp::Crypto;
use srtp::{CryptoPolicy, Session, StreamPolicy};

use super::transform::Transform;
use super::window::LENGTH;
use super::{MediaProtection, Protection, ProtectionError};

/// Octets of the fixed RTP header (RFC 3550 5.1).
const RTP_HEADER: usize = 12;

/// Octets of an RTCP packet that stay readable (RFC 3711 3.4), and of the index behind the rest.
const RTCP_HEADER: usize = 8;
const RTCP_INDEX: usize = 4;

/// The cryptographic context of one leg: one key for each direction, a stream for every SSRC.
///
/// Streams are created by the library when an SSRC is met for the first time, and when receiving only after the packet
/// was authentic. They are never removed: doing so would forget the packet index and use the key stream twice.
pub struct Libsrtp {
    outbound: Session,
    inbound: Session,
    /// Of what is received.
    transform: Transform,
}

impl Libsrtp {
    /// A context from the keys offer and answer have agreed on.
    pub fn new(keys: &MediaProtection) -> Result<Self, ProtectionError> {
        // The crate has no identifiers of keys.
        let named = |keys: &Crypto| keys.keys().any(|key| key.mki.is_some());
        if named(&keys.send) || named(&keys.receive) {
            return Err(ProtectionError::UnsupportedSuite);
        }
        let outbound =
            Session::with_outbound_template(policy(Transform::of(&keys.send)?, keys.send.key_salt()))?;
        let transform = Transform::of(&keys.receive)?;
        let inbound = Session::with_inbound_template(policy(transform, keys.receive.key_salt()))?;
        Ok(Self { outbound, inbound, transform })
    }
}

impl Protection for Libsrtp {
    fn is_transparent(&self) -> bool {
        false
    }

    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTP_HEADER)?;
        Ok(self.outbound.protect(packet)?)
    }

    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTP_HEADER + self.transform.rtp_tag_octets())?;
        Ok(self.inbound.unprotect(packet)?)
    }

    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTCP_HEADER)?;
        Ok(self.outbound.protect_rtcp(packet)?)
    }

    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTCP_HEADER + RTCP_INDEX + self.transform.rtcp_tag_octets())?;
        Ok(self.inbound.unprotect_rtcp(packet)?)
    }
}

impl fmt::Debug for Libsrtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Libsrtp")
    }
}

fn policy(transform: Transform, key: &[u8]) -> StreamPolicy<'_> {
    let (rtp, rtcp) = match transform {
        Transform::AesCm128HmacSha1_80 => {
            (CryptoPolicy::aes_cm_128_hmac_sha1_80(), CryptoPolicy::aes_cm_128_hmac_sha1_80())
        }
        Transform::AesCm128HmacSha1_32 => {
            (CryptoPolicy::aes_cm_128_hmac_sha1_32(), CryptoPolicy::aes_cm_128_hmac_sha1_80())
        }
        Transform::AeadAes128Gcm => {
            (CryptoPolicy::aes_gcm_128_16_auth(), CryptoPolicy::aes_gcm_128_16_auth())
        }
    };
    StreamPolicy { rtp, rtcp, key, window_size: LENGTH, ..StreamPolicy::default() }
}

/// The library checks lengths as well; this keeps its subtractions away from packets that have no room for a tag.
fn at_least(packet: &[u8], octets: usize) -> Result<(), ProtectionError> {
    if packet.len() < octets { Err(ProtectionError::Malformed) } else { Ok(()) }
}

impl From<srtp::Error> for ProtectionError {
    fn from(error: srtp::Error) -> Self {
        match error {
            // The library reports a GCM tag that does not fit as either of the two.
            srtp::Error::AUTH_FAIL | srtp::Error::CIPHER_FAIL => Self::Authentication,
            srtp::Error::REPLAY_FAIL => Self::Replayed,
            srtp::Error::REPLAY_OLD | srtp::Error::PKT_IDX_OLD => Self::TooOld,
            srtp::Error::BAD_PARAM | srtp::Error::PARSE_ERR | srtp::Error::CANT_CHECK => Self::Malformed,
            srtp::Error::KEY_EXPIRED => Self::KeyExpired,
            _ => Self::Library,
        }
    }
}
