//! Several talkers at once: what is particular to multi-talker groups (TS 24.380 6.3.4.4.7a, Release 16 on).
//!
//! 'G: Floor Taken' lasts while at least one talk has not been revoked. A talk that has been revoked keeps its place until
//! its grace period ends; whoever revoked it waits for that place in front of the queue.

use std::time::Instant;

use mcptt_codec::floor::RevokeCause;
use mcptt_codec::id::LegRef;

use super::{
    FloorTaken, General, Grant, PendingFloorRevoke, Request, State, Talk, Talks, Trigger, wait_in_front,
};
use crate::floor::server::arbitration::{Mode, Rank};
use crate::floor::server::context::Context;
use crate::floor::server::{dual, towards};

impl Context {
    /// Whether a participant may be granted beside these talkers.
    pub(in crate::floor::server) fn has_place(&self, talks: &Talks, leg: LegRef) -> bool {
        // Places that are about to become free belong to those who pre-empted their talkers.
        matches!(self.mode, Mode::Several(most) if talks.count() < most)
            && !self.queue.has_front()
            && self.may_talk_beside_others(leg)
    }

    pub(super) fn may_talk_beside_others(&self, leg: LegRef) -> bool {
        self.profile(leg).is_some_and(|profile| profile.parameters.multi_talker_allowed)
    }

    /// Takes the queued request that is served next beside the talkers there are.
    fn pop_fit(&mut self, talks: &Talks) -> Option<Request> {
        let participants = &self.participants;
        // Of the participants behind one leg one talks at a time.
        let fit = |leg: LegRef| {
            talks.find(leg).is_none()
                && participants
                    .get(&leg)
                    .is_some_and(|towards| towards.profile.parameters.multi_talker_allowed)
        };
        self.queue.pop_fit(fit).map(Request::from)
    }

    /// The rank that a request of this participant has to outrank in order to pre-empt; `None` if nothing helps.
    pub(in crate::floor::server) fn rank_to_outrank(&self, talks: &Talks, leg: LegRef) -> Option<Rank> {
        // Nobody can be overridden twice.
        if matches!(self.mode, Mode::Dual(_)) && self.dual.overriding().is_some() {
            return None;
        }
        let ranks = talks.iter().map(|talk| talk.rank);
        // Whoever may not talk beside others has to outrank them all.
        if self.may_talk_beside_others(leg) { ranks.min() } else { ranks.max() }
    }
}

impl General {
    /// A request for which there is a place beside the talkers.
    pub(super) fn grant_beside(
        from: State,
        talks: Talks,
        request: Request,
        cx: &mut Context,
        now: Instant,
    ) -> Self {
        let (trigger, grant) = (Trigger::FloorRequestBesideTalkers, Grant::Direct);
        Self::enter_floor_taken(from, trigger, Some(talks), request, grant, cx, now)
    }

    /// A request that pre-empts, by its rank or by the policy of the group (6.3.4.4.7, 6.3.4.4.7a).
    pub(super) fn pre_empt(mut talks: Talks, request: Request, cx: &mut Context, now: Instant) -> Self {
        //= 24.380-6.3.4.4.7a:a
        let revoked = talks.to_revoke(&request, cx);
        for leg in &revoked {
            //= 24.380-6.3.4.4.7:2ab
            //= 24.380-6.3.4.4.7:2c
            Self::revoke(&mut talks, *leg, RevokeCause::PRE_EMPTED, cx, now);
        }
        let general = Self::talking(talks);
        let pending = match revoked.is_empty() {
            true => general,
            false => Self::transition(State::FloorTaken, Trigger::FloorRequest, general, cx),
        };
        wait_in_front(request, cx);
        revoked.into_iter().fold(pending, |pending, leg| pending.without_grace(leg, cx, now))
    }

    /// The talk of `leg` is over. Who waits takes the places that are free.
    pub(super) fn end_talk(
        from: State,
        trigger: Trigger,
        talks: Talks,
        leg: LegRef,
        cx: &mut Context,
        now: Instant,
    ) -> Self {
        let (left, ended) = talks.without(leg);
        if let (Mode::Several(_), Some(ended)) = (cx.mode, ended) {
            // The one that stopped is told as well: it has no other answer to its Floor Release (6.2.4.6.9).
            //= 24.380-6.3.4.4.3:5a
            //= 24.380-6.3.4.4.6:5
            towards::send_floor_release_multi_talker(&ended, cx);
        }
        match left {
            None => match dual::take_over(leg, cx) {
                Some(talk) => Self::go_on(from, trigger, talk, cx),
                None => Self::enter_floor_idle(from, trigger, cx, now).fill(cx, now),
            },
            Some(talks) => Self::transition(from, trigger, Self::talking(talks), cx).fill(cx, now),
        }
    }

    /// The overriding talker goes on alone (6.3.6.3.9).
    fn go_on(from: State, trigger: Trigger, talk: Talk, cx: &mut Context) -> Self {
        let talks = Talks::with(None, talk);
        towards::send_floor_taken_to_others(&talks, cx);
        Self::transition(from, trigger, Self::talking(talks), cx)
    }

    /// Grants as many queued requests as there are free places.
    pub(super) fn fill(mut self, cx: &mut Context, now: Instant) -> Self {
        let Mode::Several(most) = cx.mode else { return self };
        loop {
            let from = self.state();
            let talks = match self {
                Self::FloorTaken(FloorTaken { talks })
                | Self::PendingFloorRevoke(PendingFloorRevoke { talks }) => talks,
                general => return general,
            };
            let request = if talks.count() < most { cx.pop_fit(&talks) } else { None };
            let Some(request) = request else { return Self::talking(talks) };
            let (trigger, grant) = (Trigger::FloorRequestBesideTalkers, Grant::Queued);
            self = Self::enter_floor_taken(from, trigger, Some(talks), request, grant, cx, now);
        }
    }
}
