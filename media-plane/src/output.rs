//! What the media plane wants done.

use mcptt_codec::Transmit;

use crate::distributor::Tapped;
use crate::event::Event;
use crate::signalling::Indication;

/// What a [`MediaPlane`](crate::MediaPlane) wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send a datagram.
    Transmit(Transmit),
    /// Tell the application and signalling plane.
    Indication(Indication),
    /// Note a fact.
    Event(Event),
    /// Record a packet of the distributed media; only of calls with
    /// [`CallSettings::record`](crate::signalling::CallSettings::record).
    Tap(Tapped),
}
