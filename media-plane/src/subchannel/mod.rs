//! MBMS subchannel control (TS 24.380 10): which conversation is heard on which subchannel of a bearer.
//!
//! * [`MbmsSender`]: the participating function's side, one for each bearer.
//! * [`MbmsReceiver`]: the client's side.
//!
//! Floor messages and RTP that a client hears on a subchannel go the way of those it gets by unicast (10.1). The same
//! pattern serves 5G MBS sessions (10B), whose messages (8.6) have no public coding.

mod copies;
pub mod receiver;
pub mod sender;
pub mod timer;

#[cfg(test)]
mod tests;

pub use receiver::{Heard, MbmsReceiver, ReceiverOutput};
pub use sender::{MbmsSender, MediaTurn, SenderOutput, Slot};
pub use timer::{Counter, Timer, TimerSettings};
