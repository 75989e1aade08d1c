//! Deadlines of many owners in one order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// At most one deadline per owner; the earliest is found without looking at the others.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines<K> {
    of: BTreeMap<K, Instant>,
    order: BTreeSet<(Instant, K)>,
}

impl<K: Ord + Clone> Deadlines<K> {
    pub(crate) const fn new() -> Self {
        Self { of: BTreeMap::new(), order: BTreeSet::new() }
    }

    /// Sets, moves or (with `None`) removes the deadline of `owner`.
    pub(crate) fn set(&mut self, owner: K, deadline: Option<Instant>) {
        let before = match deadline {
            Some(at) => self.of.insert(owner.clone(), at),
            None => self.of.remove(&owner),
        };
        if before == deadline {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, owner.clone()));
        }
        if let Some(at) = deadline {
            self.order.insert((at, owner));
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Removes the earliest deadline that is due and tells whose it is.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<K> {
        let (at, _) = self.order.first()?;
        if *at > now {
            return None;
        }
        let (_, owner) = self.order.pop_first()?;
        self.of.remove(&owner);
        Some(owner)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::t0;

    #[test]
    fn the_earliest_is_next_and_an_owner_has_one() {
        let start = t0();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut deadlines = Deadlines::new();
        deadlines.set('a', Some(at(5)));
        deadlines.set('b', Some(at(3)));
        deadlines.set('c', Some(at(3)));
        deadlines.set('a', Some(at(1)));
        assert_eq!(deadlines.next(), Some(at(1)));
        assert_eq!(deadlines.take_due(at(0)), None);
        assert_eq!(deadlines.take_due(at(1)), Some('a'));
        deadlines.set('b', None);
        deadlines.set('c', Some(at(3)));
        assert_eq!(deadlines.take_due(at(9)), Some('c'));
        assert_eq!(deadlines.take_due(at(9)), None);
        assert_eq!((deadlines.next(), deadlines.len()), (None, 0));
    }
}
