//! RTP of a talker that was told to go ahead before anybody was there to hear it (TS 24.380 6.3.2.2).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::id::LegRef;

use crate::floor::BufferLimits;

/// The talk spurt that waits for the first listener, and later follows at a constant distance.
///
/// Played out with the spacing in which it came: a burst would overrun the playout buffer of the listener. Whatever the
/// talker adds meanwhile goes behind it, so that the order is kept. The distance ends with the talk spurt.
#[derive(Debug)]
pub(crate) struct EarlyMedia {
    limits: BufferLimits,
    talker: Option<LegRef>,
    /// In memory of their own: keeping them keeps no receive buffer.
    packets: VecDeque<(Instant, Bytes)>,
    octets: usize,
    /// How far behind the talker they are played out. `None`: nobody is there.
    distance: Option<Duration>,
}

impl EarlyMedia {
    pub(crate) fn new(limits: BufferLimits) -> Self {
        Self { limits, talker: None, packets: VecDeque::new(), octets: 0, distance: None }
    }

    /// Whose packets these are; `None` while there are none.
    pub(crate) fn talker(&self) -> Option<LegRef> {
        self.talker
    }

    /// Whether somebody is there to hear it.
    pub(crate) fn is_played(&self) -> bool {
        self.distance.is_some()
    }

    /// Whether everything has been played out.
    pub(crate) fn is_over(&self) -> bool {
        self.distance.is_some() && self.packets.is_empty()
    }

    /// Takes a packet of the talker in.
    pub(crate) fn push(&mut self, now: Instant, talker: LegRef, packet: &[u8]) {
        self.talker = Some(talker);
        self.octets = self.octets.saturating_add(packet.len());
        self.packets.push_back((now, Bytes::copy_from_slice(packet)));
    }

    /// What is too much to be kept, the oldest packet first; to be called until it answers `None`.
    pub(crate) fn excess(&mut self, now: Instant) -> Option<Bytes> {
        let (came, _) = self.packets.front()?;
        let too_old = self.distance.is_none() && now.saturating_duration_since(*came) > self.limits.time;
        let too_much = self.packets.len() > self.limits.packets || self.octets > self.limits.octets;
        if too_old || too_much { self.pop() } else { None }
    }

    /// The first listener is there.
    pub(crate) fn begin(&mut self, now: Instant) {
        let first = self.packets.front().map_or(now, |(came, _)| *came);
        self.distance.get_or_insert(now.saturating_duration_since(first));
    }

    /// A packet whose time has come; to be called until it answers `None`.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Bytes> {
        self.next().filter(|due| *due <= now)?;
        self.pop()
    }

    /// When the next packet is to be played out.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.packets.front()?.0.checked_add(self.distance?)
    }

    /// The next packet, whatever the time.
    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        let (_, packet) = self.packets.pop_front()?;
        self.octets = self.octets.saturating_sub(packet.len());
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    fn millis(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn drained(take: impl FnMut() -> Option<Bytes>) -> Vec<u8> {
        std::iter::from_fn(take).map(|packet| packet[0]).collect()
    }

    /// Packets 0, 1, 2 ... of 10 octets every 20 ms.
    fn filled(limits: BufferLimits, count: u8) -> (EarlyMedia, Instant) {
        let (mut early, start) = (EarlyMedia::new(limits), t0());
        for number in 0..count {
            early.push(start + millis(20) * number.into(), LegRef(1), &[number; 10]);
        }
        (early, start)
    }

    #[test]
    fn packets_follow_at_the_distance_of_the_first_one() {
        let (mut early, start) = filled(BufferLimits::default(), 4);
        assert_eq!((early.next(), early.is_over()), (None, false));
        let accepted = start + millis(1_000);
        early.begin(accepted);
        assert_eq!(drained(|| early.take_due(accepted)), [0]);
        early.push(start + millis(1_010), LegRef(1), &[9; 10]);
        // A second listener changes nothing.
        early.begin(accepted + millis(5));
        assert_eq!(early.next(), Some(accepted + millis(20)));
        assert_eq!(drained(|| early.take_due(accepted + millis(60))), [1, 2, 3]);
        assert_eq!(early.next(), Some(accepted + millis(1_010)));
        assert_eq!(drained(|| early.take_due(accepted + millis(1_010))), [9]);
        assert!(early.is_over());
    }

    #[test]
    fn the_oldest_is_given_up_beyond_each_limit() {
        let unlimited = BufferLimits::default();
        let cases = [
            (BufferLimits { packets: 3, ..unlimited }, vec![0, 1, 2]),
            (BufferLimits { octets: 25, ..unlimited }, vec![0, 1, 2, 3]),
            (BufferLimits { time: millis(100), ..unlimited }, vec![0]),
            (unlimited, vec![]),
        ];
        for (limits, given_up) in cases {
            let (mut early, start) = filled(limits, 6);
            assert_eq!(drained(|| early.excess(start + millis(110))), given_up, "{limits:?}");
        }
    }

    #[test]
    fn while_it_is_played_out_age_is_no_reason_to_give_anything_up() {
        let limits = BufferLimits { time: millis(100), ..BufferLimits::default() };
        let (mut early, start) = filled(limits, 6);
        early.begin(start + millis(100));
        assert_eq!(drained(|| early.excess(start + millis(150))), Vec::<u8>::new());
        assert_eq!(drained(|| early.pop()), [0, 1, 2, 3, 4, 5]);
    }
}
