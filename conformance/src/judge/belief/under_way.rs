//! What may have happened that was not seen yet: messages of clients that are on their way or being worked on, and
//! timers that may have run out. Together with what was seen they make a set of possible states; a verdict is
//! given only where all of them ask for the same.

use std::time::Duration;

use super::{CallBelief, FloorBelief, Rank, Talk};
use crate::judge::fact::Leg;
use crate::judge::profile::Profile;

/// Messages under way that are told apart; with more of them nothing is known.
const MAX_UNDER_WAY: usize = 16;
/// States that are told apart; with more of them nothing is known.
const MAX_STATES: usize = 16;

/// Something a client did that the target may not have worked on yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnderWay {
    leg: Leg,
    what: What,
    at: Duration,
}

/// What a client can do to who talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Request(Rank),
    Release,
    Leave,
}

impl CallBelief {
    pub(super) fn sent(&mut self, now: Duration, leg: Leg, what: What) {
        if self.under_way.len() > MAX_UNDER_WAY {
            self.under_way.remove(0);
        }
        self.under_way.push(UnderWay { leg, what, at: now });
    }

    /// The oldest request of the leg was answered.
    pub(super) fn request_was_answered(&mut self, leg: Leg) {
        let of_leg = |one: &UnderWay| one.leg == leg && matches!(one.what, What::Request(_));
        if let Some(index) = self.under_way.iter().position(of_leg) {
            self.under_way.remove(index);
        }
    }

    /// The talk of the leg is over: what it did to end it has been worked on.
    pub(super) fn talk_has_ended(&mut self, leg: Leg) {
        self.under_way.retain(|one| one.leg != leg || matches!(one.what, What::Request(_)));
    }

    /// Whether the leg has done something that may change who talks and that was not answered yet.
    pub(in crate::judge) fn is_moved_by(&self, leg: Leg, now: Duration, answer: Duration) -> bool {
        self.open(now, answer)
            .filter(|one| one.leg == leg)
            .any(|one| !self.after(self.floor, one, one.at, None).is_empty())
    }

    /// Whether the leg has given up what it may be granted now.
    pub(in crate::judge) fn has_let_go(&self, leg: Leg, now: Duration, answer: Duration) -> bool {
        self.open(now, answer).any(|one| one.leg == leg && !matches!(one.what, What::Request(_)))
    }

    fn open(&self, now: Duration, answer: Duration) -> impl Iterator<Item = UnderWay> {
        self.under_way.iter().copied().filter(move |one| now <= one.at.saturating_add(answer))
    }

    /// The states the call may be in, first the one that was seen.
    pub(in crate::judge) fn possible(&self, now: Duration, profile: &Profile) -> Vec<FloorBelief> {
        let mut states = vec![self.floor];
        for state in self.timed_out(now, profile) {
            if !states.contains(&state) {
                states.push(state);
            }
        }
        let open: Vec<UnderWay> = self.open(now, profile.answer()).collect();
        if open.len() > MAX_UNDER_WAY {
            states.push(FloorBelief::Unknown);
        }
        // In whatever order they are worked on.
        let mut index = 0;
        while let Some(state) = states.get(index).copied() {
            for one in &open {
                for next in self.after(state, *one, now, Some(profile)) {
                    if !states.contains(&next) {
                        states.push(next);
                    }
                }
            }
            index += 1;
            if states.len() > MAX_STATES {
                return vec![self.floor, FloorBelief::Unknown];
            }
        }
        states
    }

    /// What the state may become by it, apart from staying what it is.
    fn after(
        &self,
        state: FloorBelief,
        one: UnderWay,
        now: Duration,
        profile: Option<&Profile>,
    ) -> Vec<FloorBelief> {
        let UnderWay { leg, what, .. } = one;
        match (state, what) {
            (FloorBelief::Idle { .. }, What::Request(_)) if self.hears(leg) => {
                vec![FloorBelief::Taken(Talk::new(leg, now, false))]
            }
            (FloorBelief::Taken(talk), What::Request(rank)) if talk.talker != leg && self.hears(leg) => {
                if profile.is_some_and(|profile| self.cuts_in(profile)) {
                    vec![FloorBelief::Taken(Talk::new(leg, now, false))]
                } else if rank > self.worth_of(talk.talker)
                    && profile.is_some_and(|profile| self.is_dual(profile))
                {
                    vec![FloorBelief::Unknown]
                } else if rank > self.worth_of(talk.talker) {
                    vec![FloorBelief::Revoking { talk, since: now, cause: None }]
                } else {
                    Vec::new()
                }
            }
            (FloorBelief::Taken(talk) | FloorBelief::Revoking { talk, .. }, What::Release | What::Leave)
                if talk.talker == leg =>
            {
                self.next_after(talk, now)
            }
            (FloorBelief::Dual { .. } | FloorBelief::Parallel | FloorBelief::Unknown, _) => {
                vec![FloorBelief::Unknown]
            }
            _ => Vec::new(),
        }
    }

    /// What timers may have made of it.
    fn timed_out(&self, now: Duration, profile: &Profile) -> Vec<FloorBelief> {
        let timers = profile.timers;
        let over = |since: Duration, timer| now.saturating_sub(since) >= profile.early(timer);
        match self.floor {
            FloorBelief::Taken(talk) => {
                let mut states = Vec::new();
                if over(talk.last_sign(), timers.t1) {
                    states = self.next_after(talk, now);
                }
                if talk.first_voice.is_some_and(|first| over(first, timers.t2)) {
                    states.push(FloorBelief::Revoking { talk, since: now, cause: None });
                }
                states
            }
            FloorBelief::Revoking { talk, since, .. }
                if over(since, timers.t3) || over(talk.last_sign(), timers.t1) =>
            {
                self.next_after(talk, now)
            }
            _ => Vec::new(),
        }
    }

    /// Who may be next after a talk: somebody who waits or asked, or nobody.
    fn next_after(&self, talk: Talk, now: Duration) -> Vec<FloorBelief> {
        let waits = self.queue.keys().chain(self.asked.keys()).copied().filter(|leg| *leg != talk.talker);
        let mut states: Vec<FloorBelief> =
            waits.map(|leg| FloorBelief::Taken(Talk::new(leg, now, true))).collect();
        states.push(FloorBelief::Idle { since: now });
        states
    }
}
