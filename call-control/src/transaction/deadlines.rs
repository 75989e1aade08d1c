//! Deadlines of many owners in one order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// At most one deadline per owner; the earliest is found without looking at the others.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines<K> {
    of: BTreeMap<K, Instant>,
    order: BTreeSet<(Instant, K)>,
    /// The one that was set last, if it is new: most are moved at once, when a request that has begun is answered.
    latest: Option<(K, Instant)>,
}

impl<K: Ord + Clone> Default for Deadlines<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Clone> Deadlines<K> {
    pub(crate) const fn new() -> Self {
        Self { of: BTreeMap::new(), order: BTreeSet::new(), latest: None }
    }

    /// Sets, moves or (with `None`) removes the deadline of `owner`.
    pub(crate) fn set(&mut self, owner: K, deadline: Option<Instant>) {
        if let Some((latest, at)) = &mut self.latest
            && *latest == owner
        {
            match deadline {
                Some(deadline) => *at = deadline,
                None => self.latest = None,
            }
            return;
        }
        match deadline {
            Some(at) if !self.of.contains_key(&owner) => {
                self.enter_latest();
                self.latest = Some((owner, at));
            }
            _ => self.move_known(owner, deadline),
        }
    }

    fn enter_latest(&mut self) {
        if let Some((owner, at)) = self.latest.take() {
            self.of.insert(owner.clone(), at);
            self.order.insert((at, owner));
        }
    }

    fn move_known(&mut self, owner: K, deadline: Option<Instant>) {
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

    /// The deadline of `owner`.
    pub(crate) fn get(&self, owner: &K) -> Option<Instant> {
        let latest = self.latest.as_ref().filter(|(latest, _)| latest == owner).map(|(_, at)| *at);
        latest.or_else(|| self.of.get(owner).copied())
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        let latest = self.latest.as_ref().map(|(_, at)| *at);
        let first = self.order.first().map(|(at, _)| *at);
        [first, latest].into_iter().flatten().min()
    }

    /// Removes the earliest deadline that is due and tells whose it is.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<K> {
        if self.latest.as_ref().is_some_and(|(_, at)| *at <= now) {
            self.enter_latest();
        }
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
        self.of.len() + usize::from(self.latest.is_some())
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
