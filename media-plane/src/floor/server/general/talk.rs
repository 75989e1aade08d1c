//! The talks of a call: who may send media, by which request, and the timers and the counter that run for each.
//!
//! Most calls have one talk at a time, and every RTP packet asks whose it is: the first talk stands in its own place, so
//! that the answer takes one comparison. Only a multi-talker group has others behind it.

use std::time::{Duration, Instant};

use mcptt_codec::floor::TrackInfo;
use mcptt_codec::id::{LegRef, McpttId, Ssrc};

use super::Request;
use crate::floor::server::arbitration::{Mode, Rank};
use crate::floor::server::context::Context;
use crate::floor::server::disclosed::Disclosed;
use crate::floor::server::timer::{Counter, Timer};
use crate::floor::timer::TimerTable;

/// One participant that may send media, or is being told to stop.
#[derive(Clone, Debug)]
pub(in crate::floor::server) struct Talk {
    pub(in crate::floor::server) talker: LegRef,
    pub(in crate::floor::server) rank: Rank,
    pub(in crate::floor::server) track_info: Option<TrackInfo>,
    /// The talker as others may know it; `None` if it wants privacy. Outlives its part in the call.
    pub(in crate::floor::server) shown: Option<McpttId>,
    /// The SSRC of its audio.
    pub(in crate::floor::server) ssrc: Ssrc,
    pub(in crate::floor::server) disclosed: Disclosed,
    /// T1, T2, T3 and T20 of this talk.
    //= 24.380-6.3.4.4.7a:t
    timers: TimerTable<Timer, 4>,
    /// C20: Floor Granted messages sent for this grant.
    copies: u8,
    /// Its Floor Revoke was sent; what is left is the grace period.
    revoked: bool,
}

impl Talk {
    /// A talk that was granted just now; no timer runs yet.
    pub(in crate::floor::server) fn granted(request: Request, cx: &Context) -> Self {
        let Request { from, rank, track_info, disclosed } = request;
        let profile = cx.profile(from);
        //= 24.380-6.3.4.4.2:3ai
        let shown = profile.filter(|profile| !profile.parameters.privacy);
        Self {
            talker: from,
            rank,
            track_info,
            disclosed,
            shown: shown.map(|profile| profile.mcptt_id.clone()),
            ssrc: profile.map(|profile| profile.ssrc).unwrap_or_default(),
            timers: TimerTable::of([Timer::T1, Timer::T2, Timer::T3, Timer::T20]),
            copies: 1,
            revoked: false,
        }
    }

    /// RTP of the talker has arrived.
    pub(super) fn on_rtp_media(&mut self, cx: &Context, now: Instant) {
        if self.revoked {
            //= 24.380-6.3.4.5.3
            self.start(Timer::T1, cx, now);
            return;
        }
        // T2 runs from the first RTP packet, not from the grant: a slow handset keeps its full talk time.
        //= 24.380-6.3.4.4.5:1
        if !self.timers.is_running(Timer::T2) {
            self.start(Timer::T2, cx, now);
        }
        //= 24.380-6.3.4.4.5:2
        self.start(Timer::T1, cx, now);
        //= 24.380-6.3.4.4.5:3
        self.timers.stop(Timer::T20);
    }

    /// The grace period begins: T3 ends it, or T1, which the next RTP packet starts again.
    pub(super) fn revoke(&mut self, cx: &Context, now: Instant) {
        self.revoked = true;
        self.timers.stop_all();
        self.start(Timer::T3, cx, now);
    }

    /// What is left of T11 and T12 becomes what is left of T1 and T2.
    pub(in crate::floor::server) fn inherit(&mut self, t11: Option<Instant>, t12: Option<Instant>) {
        self.timers.resume(Timer::T1, t11);
        self.timers.resume(Timer::T2, t12);
    }

    /// One more Floor Granted may be sent; counts it.
    pub(super) fn grant_again(&mut self, cx: &Context) -> bool {
        let again = self.copies < cx.limit(Counter::C20);
        if again {
            self.copies = self.copies.saturating_add(1);
        }
        again
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.revoked
    }

    /// How long the talker may still talk.
    pub(in crate::floor::server) fn time_left(&self, cx: &Context, now: Instant) -> Duration {
        match self.timers.deadline(Timer::T2) {
            //= 24.380-6.3.4.4.8
            Some(deadline) => deadline.saturating_duration_since(now),
            //= 24.380-6.3.4.4.2:1a
            None => cx.duration(Timer::T2),
        }
    }

    pub(super) fn start(&mut self, timer: Timer, cx: &Context, now: Instant) {
        self.timers.start(timer, now, cx.duration(timer));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.timers.stop(timer);
    }

    pub(in crate::floor::server) fn is_running(&self, timer: Timer) -> bool {
        self.timers.is_running(timer)
    }
}

/// The talks of a call in the order in which they were granted; at least one.
#[derive(Clone, Debug)]
pub(in crate::floor::server) struct Talks {
    first: Talk,
    others: Vec<Talk>,
}

impl Talks {
    /// These talks, if any, and one more.
    pub(super) fn with(talks: Option<Self>, talk: Talk) -> Self {
        match talks {
            None => Self { first: talk, others: Vec::new() },
            Some(mut talks) => {
                talks.others.push(talk);
                talks
            }
        }
    }

    pub(in crate::floor::server) fn iter(&self) -> impl Iterator<Item = &Talk> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Talk> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    pub(super) fn count(&self) -> usize {
        self.others.len().saturating_add(1)
    }

    /// The talk, if there is one only.
    pub(in crate::floor::server) fn only(&self) -> Option<&Talk> {
        self.others.is_empty().then_some(&self.first)
    }

    /// The talk that was granted last.
    pub(in crate::floor::server) fn newest(&self) -> &Talk {
        self.others.last().unwrap_or(&self.first)
    }

    pub(in crate::floor::server) fn find(&self, leg: LegRef) -> Option<&Talk> {
        self.iter().find(|talk| talk.talker == leg)
    }

    pub(super) fn find_mut(&mut self, leg: LegRef) -> Option<&mut Talk> {
        if self.first.talker == leg {
            return Some(&mut self.first);
        }
        self.others.iter_mut().find(|talk| talk.talker == leg)
    }

    /// Whether somebody may send media who has not been told to stop.
    pub(super) fn any_granted(&self) -> bool {
        self.iter().any(|talk| !talk.revoked)
    }

    /// Whose talks a pre-emptive request ends: the lowest-ranking one, of equals the longest one. All of them if the
    /// requester may not talk beside others; none if the place of one that has been told to stop will do.
    pub(super) fn to_revoke(&self, request: &Request, cx: &Context) -> Vec<LegRef> {
        let Mode::Several(_) = cx.mode else {
            return vec![self.first.talker];
        };
        let outranked = self.iter().filter(|talk| !talk.revoked && request.rank.pre_empts(talk.rank));
        if cx.may_talk_beside_others(request.from) {
            outranked.min_by_key(|talk| talk.rank).map(|talk| talk.talker).into_iter().collect()
        } else {
            outranked.map(|talk| talk.talker).collect()
        }
    }

    /// What is left when the talk of `leg` is over, and that talk.
    pub(super) fn without(mut self, leg: LegRef) -> (Option<Self>, Option<Talk>) {
        if self.first.talker != leg {
            let place = self.others.iter().position(|talk| talk.talker == leg);
            let ended = place.map(|place| self.others.remove(place));
            return (Some(self), ended);
        }
        if self.others.is_empty() {
            return (None, Some(self.first));
        }
        let ended = std::mem::replace(&mut self.first, self.others.remove(0));
        (Some(self), Some(ended))
    }

    /// When the next timer of a talk expires.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.iter().filter_map(|talk| talk.timers.next()).min()
    }

    /// Stops and names the timer that expired first, and whose it is.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<(LegRef, Timer)> {
        let next = self.next_deadline()?;
        let talk = self.iter_mut().find(|talk| talk.timers.next() == Some(next))?;
        talk.timers.take_expired(now).map(|timer| (talk.talker, timer))
    }
}
