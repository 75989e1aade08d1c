//! When each of many is to be looked at.

use std::collections::BTreeSet;
use std::time::Instant;

/// Numbered things, each with the time when something is due, if anything is.
#[derive(Debug, Default)]
pub struct Schedule {
    due: BTreeSet<(Instant, usize)>,
    at: Vec<Option<Instant>>,
}

impl Schedule {
    /// A schedule for things 0 to `count`, nothing due.
    pub fn new(count: usize) -> Self {
        Self { due: BTreeSet::new(), at: vec![None; count] }
    }

    /// Looks at this one at that time, or never.
    pub fn set(&mut self, which: usize, at: Option<Instant>) {
        if let Some(before) = std::mem::replace(&mut self.at[which], at) {
            self.due.remove(&(before, which));
        }
        self.due.extend(at.map(|at| (at, which)));
    }

    /// The same, unless it is looked at earlier anyway: for deadlines that move on with every packet.
    pub fn set_at_latest(&mut self, which: usize, at: Option<Instant>) {
        if !matches!((at, self.at[which]), (Some(at), Some(before)) if before <= at) {
            self.set(which, at);
        }
    }

    /// Takes out the first one that is due.
    pub fn take(&mut self, now: Instant) -> Option<usize> {
        let (_, which) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        self.set(which, None);
        Some(which)
    }

    /// When the first one is due.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::t0;

    #[test]
    fn each_is_due_once_at_the_time_set_last() {
        let t0 = t0();
        let at = |ms| t0 + Duration::from_millis(ms);
        let mut schedule = Schedule::new(3);
        schedule.set(0, Some(at(30)));
        schedule.set(1, Some(at(20)));
        schedule.set(2, Some(at(10)));
        schedule.set(2, Some(at(40)));
        schedule.set_at_latest(0, Some(at(50)));
        schedule.set_at_latest(1, Some(at(5)));
        assert_eq!(schedule.next(), Some(at(5)));
        assert_eq!(schedule.take(at(4)), None);
        let order: Vec<_> = std::iter::from_fn(|| schedule.take(at(100))).collect();
        assert_eq!(order, [1, 0, 2]);
        assert_eq!(schedule.next(), None);
    }
}
