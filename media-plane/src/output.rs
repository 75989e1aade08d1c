//! What the media plane wants done.

use bytes::Bytes;
use mcptt_codec::{Path, Transmit};

use crate::distributor::Tapped;
use crate::event::Event;
use crate::signalling::Indication;

/// What a [`MediaPlane`](crate::MediaPlane) wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send a datagram.
    Transmit(Transmit),
    /// Send a floor message over a channel that was opened with [`MediaPlane::open_floor_channel`](crate::MediaPlane::open_floor_channel).
    Channel {
        /// As the channel was named when it was opened.
        path: Path,
        /// The message.
        payload: Bytes,
    },
    /// Nothing more goes over a channel: it can be closed.
    ChannelEnded {
        /// As it was named when it was opened.
        path: Path,
    },
    /// Tell the application and signalling plane.
    Indication(Indication),
    /// Note a fact.
    Event(Event),
    /// Record a packet of the distributed media; only of calls with
    /// [`CallSettings::record`](crate::signalling::CallSettings::record).
    Tap(Tapped),
}
