//! What a node has done and holds: the input of metrics.

use call_control::Held;
use call_control::event::Function;

/// What a node has done since it was made, and what it holds at present.
#[derive(Debug)]
#[non_exhaustive]
pub struct Counters<'a> {
    /// The media plane.
    pub media: &'a media_plane::Counters,
    /// SIP, by function.
    pub sip: [(Function, &'a call_control::Counters); 2],
    /// Signalling that is kept.
    pub held: Held,
    /// Calls and pre-established sessions of the media plane.
    pub media_calls: usize,
}
