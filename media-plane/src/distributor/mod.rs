//! The media distributor and the network media interfaces (TS 24.380 5.3, 6.3.4, 6.3.5).
//!
//! Floor control decides whose RTP is distributed; this module does it. Packets leave in the order in which they came,
//! at once, with SSRC, sequence number, timestamp and payload type as received: gaps and reordering are for the
//! listeners' playout buffers. Only what a talker says before the first invited client has accepted may be held back
//! (TS 24.380 6.3.2.2, early media); a participant who joins later hears the next packet.

mod early;
mod fan_out;
mod gate;
mod tap;

pub use tap::Tapped;

pub(crate) use early::EarlyMedia;
pub(crate) use fan_out::{FanOut, Opened, Protocol};
pub(crate) use gate::MediaGate;
