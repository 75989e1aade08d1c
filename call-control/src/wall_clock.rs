//! The time of day, told and never asked for.

use std::time::{Duration, Instant, SystemTime};

use mcptt_codec::xml::date_time;

/// A wall clock that is off by no more than this has not been set; it only runs a little differently.
const STEP: Duration = Duration::from_secs(2);

/// The wall clock as it was told last, read off the monotonic one since then.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock(Option<(Instant, SystemTime)>);

impl WallClock {
    /// Takes what the wall clock shows. True if it was set in between: then what is written down is no longer right.
    pub fn tell(&mut self, now: Instant, wall: SystemTime) -> bool {
        let expected = self.at(now);
        self.0 = Some((now, wall));
        let distance =
            |expected: SystemTime| wall.duration_since(expected).unwrap_or_else(|earlier| earlier.duration());
        expected.is_some_and(|expected| distance(expected) > STEP)
    }

    /// What it shows at a moment; `None`: nobody has told it.
    pub fn at(&self, moment: Instant) -> Option<SystemTime> {
        let (then, wall) = self.0?;
        match moment.checked_duration_since(then) {
            Some(later) => wall.checked_add(later),
            None => wall.checked_sub(then.saturating_duration_since(moment)),
        }
    }

    /// A moment in milliseconds since 1970. Zero: nobody has told the wall clock, then nothing is written either.
    pub fn milliseconds(&self, moment: Instant) -> u64 {
        let since = self.at(moment).and_then(|wall| wall.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// The moment of a stored time, seen from `now`: what is over was due now, and nothing is further away than `most`,
    /// whatever a clock that was set says.
    pub(crate) fn moment(&self, now: Instant, milliseconds: u64, most: Duration) -> Instant {
        let left = Duration::from_millis(milliseconds.saturating_sub(self.milliseconds(now)));
        now.checked_add(left.min(most)).unwrap_or(now)
    }
}

/// A time as documents write it; a fraction of a second is cut off, and what was before 1970 is its first second.
pub(crate) fn date_time(wall: SystemTime) -> String {
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    date_time::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_clock_that_is_set_is_noticed_and_lifetimes_are_bounded() {
        let (now, wall) = (t0(), SystemTime::UNIX_EPOCH + DAY);
        let mut clock = WallClock::default();
        assert!(!clock.tell(now, wall));
        assert!(!clock.tell(now + DAY, wall + DAY + Duration::from_secs(1)));
        assert!(clock.tell(now + DAY, wall + DAY + DAY));
        assert!(clock.tell(now + DAY, wall));
        let at = now + DAY;
        assert_eq!(clock.milliseconds(at + Duration::from_secs(1)), 86_401_000);
        assert_eq!(clock.milliseconds(at - Duration::from_secs(1)), 86_399_000);
        assert_eq!(clock.moment(at, 86_410_000, DAY), at + Duration::from_secs(10));
        assert_eq!(clock.moment(at, 1, DAY), at);
        assert_eq!(clock.moment(at, u64::MAX, DAY), at + DAY);
    }
}
