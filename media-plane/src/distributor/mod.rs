//! The media distributor and the network media interfaces (TS 24.380 5.3, 6.3.4, 6.3.5).
//!
//! Floor control decides whose RTP is distributed; this module does it. Packets leave in the order in which they came,
//! at once, with SSRC, sequence number, timestamp and payload type as received: gaps and reordering are for the
//! listeners' playout buffers. Early indication, for which TS 24.380 6.3.2.2 asks a server to buffer RTP, is not
//! offered, so nothing is ever held back for late entry either: a participant who joins hears the next packet.

mod fan_out;
mod gate;
mod tap;

pub use tap::Tapped;

pub(crate) use fan_out::{FanOut, Opened, Protocol};
pub(crate) use gate::MediaGate;
