//! Keys of a media stream from a DTLS handshake on its own addresses (RFC 5763, RFC 5764).
//!
//! DTLS 1.2 is spoken by OpenSSL over queues in memory; no socket is touched. [`Association`] is told what arrives and what
//! time it is, and hands out datagrams, the time at which it wants to be woken, and at last keys for
//! [`Srtp`](super::Srtp). A certificate is nobody's by name: it is the one whose fingerprint stands in the session
//! description, or it is refused.
//!
//! Two laws of this crate end at the library. Its randomness comes from the operating system, not from our seed. And it has a
//! clock of its own for sending again, which it only looks at when it is called: we call it when our timer says so, and where
//! it has nothing to say then (a clock that jumps), the last flight is sent again as it was.

mod association;
mod channel;
mod flight;
mod identity;

use mcptt_codec::sdp::Fingerprint;

pub use association::{Association, Progress};
pub use identity::{Identity, IdentityError};

/// Who opens the association (`a=setup` of RFC 4145, RFC 5763 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// We do: our `a=setup` is `active`.
    Active,
    /// The other side does: our `a=setup` is `passive`.
    Passive,
}

/// What the session description of the other side says about its association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Our role.
    pub role: Role,
    /// The fingerprints of the certificates that it may present.
    pub fingerprints: Vec<Fingerprint>,
    /// RTCP comes and goes on the port of RTP (RFC 5761). Otherwise it has an association of its own, one port above.
    pub rtcp_mux: bool,
    /// What it calls the association (`a=tls-id` of RFC 8842): another name is another association. `None`: it has not said.
    pub id: Option<String>,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HandshakeError {
    /// The other side did not answer for half a minute.
    #[error("the other side does not answer")]
    TimedOut,
    /// The certificate is not the one that the session description speaks of.
    #[error("the certificate has another fingerprint")]
    Fingerprint,
    /// No protection profile in common.
    #[error("no protection profile in common")]
    NoProfile,
    /// The other side has ended the handshake or the association, or what it sends cannot be a part of it.
    #[error("the handshake failed")]
    Refused,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
}

#[cfg(test)]
mod tests;
