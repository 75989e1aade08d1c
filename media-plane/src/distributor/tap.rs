//! Where recording listens.

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::{CallRef, LegRef};

/// An RTP packet that was distributed to the participants of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tapped {
    /// The call.
    pub call: CallRef,
    /// The talker's leg.
    pub leg: LegRef,
    /// When it was received.
    pub at: Instant,
    /// The packet without the protection of the talker's leg, in memory of its own: keeping it keeps no receive buffer.
    pub packet: Bytes,
}
