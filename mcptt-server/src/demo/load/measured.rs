//! What the load generator has measured.

use std::time::Instant;

use super::samples::Samples;

/// Everything one thread of the load generator has measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Floor Request sent to Floor Granted received, nobody talking.
    pub grant: Samples,
    /// From when to when each of these was.
    pub granted: Vec<(Instant, Instant)>,
    /// The large call: from the call of the first member to each that is in it.
    pub large: Samples,
    /// Emergency Floor Request sent to Floor Granted received, somebody talking.
    pub over: Samples,
    /// Floor Idle received after the talker fell silent, from the time T1 brings it.
    pub t1: Samples,
    /// Floor Idle received once more, from the time T7 brings it.
    pub t7: Samples,
    /// Frame sent to frame received.
    pub transit: Samples,
    /// Frame due to frame sent: how late the load generator itself was.
    pub lag: Samples,
    /// Frames sent.
    pub frames: usize,
    /// Frames that should have been received: each by everybody else in the call.
    pub expected: u64,
    /// Frames received.
    pub heard: u64,
    /// What was waited for in vain.
    pub missed: u64,
    /// Members that were put out of their call.
    pub left: u64,
    /// Datagrams a member could not use.
    pub dropped: u64,
}

impl Measured {
    /// Adds what another thread has measured.
    pub fn merge(&mut self, other: Self) {
        self.grant.merge(other.grant);
        self.granted.extend(other.granted);
        self.large.merge(other.large);
        self.over.merge(other.over);
        self.t1.merge(other.t1);
        self.t7.merge(other.t7);
        self.transit.merge(other.transit);
        self.lag.merge(other.lag);
        self.frames += other.frames;
        self.expected += other.expected;
        self.heard += other.heard;
        self.missed += other.missed;
        self.left += other.left;
        self.dropped += other.dropped;
    }
}
