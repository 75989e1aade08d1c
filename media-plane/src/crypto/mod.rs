//! Protection of media and floor control: SRTP and SRTCP (RFC 3711, RFC 7714), or none.
//!
//! The rest of the crate knows the [`Protection`] trait. This folder is the only place that names a cryptographic library.
//! [`Srtp`] is what a node uses: the transforms on the primitives of RustCrypto, because a fan-out closes a packet for each
//! of its listeners. [`Libsrtp`] is the same by others, on libsrtp: tests compare the two packet by packet and let it be the
//! far end.
//!
//! Group media that is protected end to end (TS 24.380 13) needs nothing from here: the server forwards the ciphertext
//! as it is, under [`Null`]. Keys negotiated with the server itself (RFC 4568) make every leg its own cryptographic
//! context: a packet is opened once and closed once for each listener.

mod counter_mode;
pub mod dtls;
pub mod eccsi;
mod gcm;
mod hmac;
mod keys;
mod libsrtp;
pub mod mc;
mod mki;
mod null;
pub mod sakke;
mod srtp;
mod succession;
mod transform;
mod unkeyed;
mod window;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use mcptt_codec::sdp::Crypto;

use crate::web::Browser;

pub use libsrtp::Libsrtp;
pub use null::Null;
pub use srtp::Srtp;
pub(crate) use succession::Succession;
pub use unkeyed::Unkeyed;

/// Opens what one participant sends and closes what is sent to it. The packets are changed in place; after an error
/// their content is undefined.
pub trait Protection: Send + fmt::Debug {
    /// Whether the octets pass unchanged, so that receivers may share one buffer.
    fn is_transparent(&self) -> bool;

    /// Whether anything passes at all: keys may still be negotiated.
    fn has_keys(&self) -> bool {
        true
    }

    /// RTP to SRTP.
    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;

    /// SRTP to RTP. Refuses what was received before.
    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;

    /// RTCP to SRTCP; a compound datagram is one unit.
    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;

    /// SRTCP to RTCP. Refuses what was received before.
    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError>;

    /// Whether [`unprotect_rtp`](Self::unprotect_rtp) would open a packet; nothing of it is remembered. Where that cannot be
    /// told without: no.
    fn recognises_rtp(&self, packet: &[u8]) -> bool {
        let _ = packet;
        false
    }

    /// The same of [`unprotect_rtcp`](Self::unprotect_rtcp).
    fn recognises_rtcp(&self, packet: &[u8]) -> bool {
        let _ = packet;
        false
    }
}

/// The keys of one protected stream, one for each direction (RFC 4568).
#[derive(Clone, Debug)]
pub struct MediaProtection {
    /// What we protect with.
    pub send: Crypto,
    /// What the participant protects with.
    pub receive: Crypto,
}

/// Where the keys of a protected stream come from.
#[derive(Clone, Debug)]
pub enum Keying {
    /// The session descriptions (RFC 4568).
    Described(Box<MediaProtection>),
    /// A DTLS handshake on the addresses of the stream (RFC 5764); until it is done nothing passes.
    Dtls(dtls::Peer),
    /// The same with a browser, whose address is still to be found.
    Web(Box<Browser>),
    /// A key that the client has given for all its floor control (TS 24.380 13).
    Service(Box<ServiceProtection>),
}

/// The protection of all floor control with one client.
#[derive(Clone, Debug)]
pub struct ServiceProtection {
    /// The keys, the same on every leg.
    pub keys: MediaProtection,
    /// SRTCP packets sent under them: legs count together, or two packets of one index would share a key stream.
    pub sent: Arc<AtomicU32>,
}

impl ServiceProtection {
    /// The protection of one leg.
    ///
    /// # Errors
    /// [`ProtectionError`]: the keys cannot be used.
    pub fn context(&self) -> Result<Box<dyn Protection>, ProtectionError> {
        Ok(Box::new(Srtp::sharing(&self.keys, Arc::clone(&self.sent))?))
    }
}

impl From<MediaProtection> for Keying {
    fn from(keys: MediaProtection) -> Self {
        Self::Described(Box::new(keys))
    }
}

/// The protection of a stream until something else is negotiated on it; without keying, none.
pub(crate) fn begun(keying: Option<&Keying>) -> Result<Box<dyn Protection>, ProtectionError> {
    match keying {
        None => protection(None),
        Some(Keying::Described(keys)) => protection(Some(keys)),
        Some(Keying::Dtls(_) | Keying::Web(_)) => Ok(Box::new(Unkeyed)),
        Some(Keying::Service(service)) => service.context(),
    }
}

/// The protection that the given keys stand for; without keys, none.
pub fn protection(keys: Option<&MediaProtection>) -> Result<Box<dyn Protection>, ProtectionError> {
    Ok(match keys {
        None => Box::new(Null),
        Some(keys) => Box::new(Srtp::new(keys)?),
    })
}

/// The same by libsrtp: for the far end of a test, so that what one end makes is opened by what others have written.
pub fn far_end(keys: Option<&MediaProtection>) -> Result<Box<dyn Protection>, ProtectionError> {
    Ok(match keys {
        None => Box::new(Null),
        Some(keys) => Box::new(Libsrtp::new(keys)?),
    })
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
    /// The packet is under a key that nobody has named.
    #[error("the packet names an unknown key")]
    UnknownKey,
    /// The keys are still being negotiated, or could not be.
    #[error("there are no keys")]
    Unkeyed,
    /// DTLS was asked for and is not configured.
    #[error("there is no certificate for DTLS")]
    NoIdentity,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
}

#[cfg(test)]
mod tests;
