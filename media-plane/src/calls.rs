//! The calls of a media plane, and when the timers of each are to be looked at.
//!
//! Nothing here walks over the calls, and there is no way to do so from outside: a datagram and an indication cost what
//! their own call costs, however many others there are. What is due is found at the front of the schedule.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use mcptt_codec::id::CallRef;

use crate::call::Call;

#[derive(Default)]
pub(crate) struct Calls {
    /// Looked up by key only: the order inside plays no role.
    calls: HashMap<CallRef, Entry>,
    /// One entry at most for each call, never later than its next timer but possibly earlier: a timer that each RTP
    /// packet restarts does not move the entry.
    schedule: BTreeSet<(Instant, CallRef)>,
    #[cfg(test)]
    pub(crate) work: Work,
}

struct Entry {
    call: Call,
    /// Where it stands in the schedule.
    scheduled: Option<Instant>,
}

/// What was looked at and moved: the measure of how work grows.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Calls that were looked up.
    pub(crate) calls: usize,
    /// Entries of the schedule that were put in or taken out.
    pub(crate) scheduled: usize,
}

impl Calls {
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(crate) fn contains(&self, reference: CallRef) -> bool {
        self.calls.contains_key(&reference)
    }

    pub(crate) fn get(&self, reference: CallRef) -> Option<&Call> {
        self.calls.get(&reference).map(|entry| &entry.call)
    }

    /// A call, to change what cannot make it due at another time.
    pub(crate) fn get_mut(&mut self, reference: CallRef) -> Option<&mut Call> {
        self.note(1, 0);
        self.calls.get_mut(&reference).map(|entry| &mut entry.call)
    }

    pub(crate) fn insert(&mut self, reference: CallRef, call: Call) {
        self.calls.insert(reference, Entry { call, scheduled: None });
    }

    pub(crate) fn remove(&mut self, reference: CallRef) -> Option<Call> {
        let Entry { call, scheduled } = self.calls.remove(&reference)?;
        if let Some(at) = scheduled {
            self.schedule.remove(&(at, reference));
        }
        Some(call)
    }

    /// Lets a call act, then looks when it is going to be due; says whether there is one.
    pub(crate) fn act(&mut self, reference: CallRef, act: impl FnOnce(&mut Call)) -> bool {
        self.note(1, 0);
        let Some(Entry { call, scheduled }) = self.calls.get_mut(&reference) else { return false };
        act(call);
        let next = call.poll_timeout();
        let mut moved = 0_usize;
        match (next, *scheduled) {
            (Some(next), Some(at)) if at <= next => {}
            (_, at) => {
                if let Some(at) = at {
                    moved += usize::from(self.schedule.remove(&(at, reference)));
                }
                moved += next.map_or(0, |next| usize::from(self.schedule.insert((next, reference))));
                *scheduled = next;
            }
        }
        self.note(0, moved);
        true
    }

    /// Takes the call that is due first out of the schedule, if one is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<CallRef> {
        let (at, reference) = self.schedule.first().copied()?;
        if at > now {
            return None;
        }
        self.schedule.pop_first();
        self.note(0, 1);
        if let Some(entry) = self.calls.get_mut(&reference) {
            entry.scheduled = None;
        }
        Some(reference)
    }

    /// When the first call is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.schedule.first().map(|(at, _)| *at)
    }

    /// Entries of the schedule.
    #[cfg(test)]
    pub(crate) fn scheduled(&self) -> usize {
        self.schedule.len()
    }

    #[cfg(test)]
    fn note(&mut self, calls: usize, scheduled: usize) {
        self.work.calls += calls;
        self.work.scheduled += scheduled;
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "counted in tests only")]
    fn note(&mut self, _calls: usize, _scheduled: usize) {}
}
