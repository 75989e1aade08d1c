//! How fast many are told something: in turns, so many in each
//! ([`fan_out_rate`](crate::config::PolicyConfig::fan_out_rate)), so that whatever else arrives is served in between.

use std::time::{Duration, Instant};

use crate::config::PolicyConfig;

/// Turns in a second, and from one to the next.
const TURNS_PER_SECOND: u32 = 100;
pub(crate) const TURN: Duration = Duration::from_millis(10);

/// Octets of a message that are no more work than others.
const PIECE: usize = 8_192;

/// How many are told something in one turn.
pub(crate) fn turn_size(policy: &PolicyConfig) -> usize {
    let size = policy.fan_out_rate.div_ceil(TURNS_PER_SECOND).max(1);
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// The turn that it is.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    began: Option<Instant>,
    told: usize,
}

impl Pace {
    /// Whether one more may be told now; then it counts as told. A turn begins with its first one and not when it was due:
    /// one that comes late is not made up for by several at once.
    pub fn take(&mut self, now: Instant, size: usize) -> bool {
        if self.began.is_none_or(|began| now.saturating_duration_since(began) >= TURN) {
            *self = Self { began: Some(now), told: 0 };
        }
        let free = self.told < size;
        self.told = self.told.saturating_add(usize::from(free));
        free
    }

    /// What was told was this long: a long one is work for several.
    pub fn weigh(&mut self, octets: usize) {
        self.told = self.told.saturating_add(octets / PIECE);
    }

    /// When the next turn begins.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        self.began.unwrap_or(now).checked_add(TURN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    #[test]
    fn a_turn_takes_so_many_and_a_late_one_no_more() {
        let now = t0();
        let mut pace = Pace::default();
        let taken = |pace: &mut Pace, now| (0..9).filter(|_| pace.take(now, 3)).count();
        assert_eq!((taken(&mut pace, now), taken(&mut pace, now + TURN / 2)), (3, 0));
        assert_eq!(pace.next(now + TURN / 2), Some(now + TURN));
        assert_eq!(taken(&mut pace, now + TURN), 3);
        let late = now + TURN * 50;
        assert_eq!((taken(&mut pace, late), taken(&mut pace, late + TURN / 2)), (3, 0));
    }

    #[test]
    fn a_long_message_takes_the_place_of_several() {
        let now = t0();
        let mut pace = Pace::default();
        assert!(pace.take(now, 3));
        pace.weigh(PIECE - 1);
        assert!(pace.take(now, 3));
        pace.weigh(5 * PIECE);
        assert!(!pace.take(now, 3) && pace.take(now + TURN, 3));
    }

    #[test]
    fn a_turn_is_a_hundredth_of_the_rate() {
        let of = |fan_out_rate| turn_size(&PolicyConfig { fan_out_rate, ..PolicyConfig::default() });
        assert_eq!([100, 101, 2_000].map(of), [1, 2, 20]);
    }
}
