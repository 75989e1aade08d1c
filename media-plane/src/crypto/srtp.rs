//! SRTP and SRTCP of one leg, on libsrtp.

use std::fmt;

use srtp::{CryptoPolicy, Session, StreamPolicy};

use super::{MediaProtection, Protection, ProtectionError, Transform};

/// Octets of the fixed RTP header (RFC 3550 5.1).
const RTP_HEADER: usize = 12;

/// Octets of an RTCP packet that stay readable (RFC 3711 3.4), and of the index behind the rest.
const RTCP_HEADER: usize = 8;
const RTCP_INDEX: usize = 4;

/// Packets a receiver remembers for each SSRC to recognise repetitions. Distribution keeps the order of arrival, so
/// this is the reordering the access network may cause: more than one second of 20 ms packets.
const REPLAY_WINDOW: u64 = 128;

/// The cryptographic context of one leg: one key for each direction, a stream for every SSRC.
///
/// Streams are created by the library when an SSRC is met for the first time, and when receiving only after the packet
/// was authentic. They are never removed: doing so would forget the packet index and use the key stream twice.
pub struct Srtp {
    outbound: Session,
    inbound: Session,
    inbound_tag: usize,
}

/// Initialises libsrtp with its self-tests; every later call finds it done.
pub(super) fn prepare() {
    srtp::ensure_init();
}

impl Srtp {
    /// A context from the keys offer and answer have agreed on.
    pub fn new(keys: &MediaProtection) -> Result<Self, ProtectionError> {
        let outbound =
            Session::with_outbound_template(policy(Transform::of(&keys.send)?, keys.send.key_salt()))?;
        let transform = Transform::of(&keys.receive)?;
        let inbound = Session::with_inbound_template(policy(transform, keys.receive.key_salt()))?;
        Ok(Self { outbound, inbound, inbound_tag: transform.tag_octets() })
    }
}

impl Protection for Srtp {
    fn is_transparent(&self) -> bool {
        false
    }

    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTP_HEADER)?;
        Ok(self.outbound.protect(packet)?)
    }

    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTP_HEADER + self.inbound_tag)?;
        Ok(self.inbound.unprotect(packet)?)
    }

    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTCP_HEADER)?;
        Ok(self.outbound.protect_rtcp(packet)?)
    }

    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        at_least(packet, RTCP_HEADER + RTCP_INDEX + self.inbound_tag)?;
        Ok(self.inbound.unprotect_rtcp(packet)?)
    }
}

impl fmt::Debug for Srtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Srtp")
    }
}

fn policy(transform: Transform, key: &[u8]) -> StreamPolicy<'_> {
    let suite = match transform {
        Transform::AesCm128HmacSha1 => CryptoPolicy::aes_cm_128_hmac_sha1_80(),
        Transform::AeadAes128Gcm => CryptoPolicy::aes_gcm_128_16_auth(),
    };
    StreamPolicy { rtp: suite, rtcp: suite, key, window_size: REPLAY_WINDOW, ..StreamPolicy::default() }
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
