//! Pre-established session call control, TS 24.380 8.3, RTCP APP name `MCPC`.
//!
//! Built like [`floor`](crate::floor): [`SessionPacket`] keeps every octet, [`SessionMessage`] is typed.

mod field;
mod message;
mod releases;

#[cfg(test)]
mod tests;

pub use field::{
    ANONYMOUS, AnswerState, MediaStreams, PckIMessage, ReasonCode, SessionField, SessionIdentity,
    SessionType, is_anonymous,
};
pub use releases::FIRST_RELEASES;

pub use message::{Acknowledge, Connect, Disconnect, SessionMessage, Subtype};

/// A session control message without loss.
pub type SessionPacket = crate::rtcp::Packet<Subtype>;
