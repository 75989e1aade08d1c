//! Under which SSRC a client talks.

use std::collections::HashMap;

use mcptt_codec::floor::FloorPacket;
use mcptt_codec::id::{LegRef, Ssrc};

use super::fields;

/// SSRCs of the controlling function that are remembered; it names one for its leg, and a few more after a merge.
const MAX_SOURCES: usize = 64;

/// Who talks under the SSRCs that the controlling function has named. Looked up by key only.
#[derive(Debug, Default)]
pub(super) struct Sources(HashMap<Ssrc, LegRef>);

impl Sources {
    /// The controlling function knows one SSRC for its leg to us. The first client that is granted the floor under it keeps it, the
    /// others are granted it under their own: two talkers under one SSRC would share a packet index towards protected listeners.
    pub(super) fn keep_apart(&mut self, leg: LegRef, own: Option<Ssrc>, packet: &mut FloorPacket) {
        let Some(named) = fields::ssrc(packet) else { return };
        // Who has left keeps it: its packets have been protected under it.
        let user = match self.0.len() < MAX_SOURCES {
            true => Some(*self.0.entry(named).or_insert(leg)),
            false => self.0.get(&named).copied(),
        };
        if let (true, Some(own)) = (user != Some(leg), own) {
            fields::set_ssrc(packet, own);
        }
    }
}
