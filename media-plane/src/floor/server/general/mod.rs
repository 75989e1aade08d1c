//! General floor control operation, 'G': one machine per call (TS 24.380 6.3.4).
//!
//! It decides who talks. What it wants sent it hands to the machines [`towards`] the participants.

mod initialising;
mod others;
mod several;
mod table;
mod talk;

use std::time::Instant;

use mcptt_codec::floor::{RejectCause, RevokeCause, TrackInfo};
use mcptt_codec::id::{LegRef, McpttId};

use super::arbitration::Rank;
use super::behind;
use super::context::{Context, Expired};
use super::disclosed::Disclosed;
use super::queue::QueuedRequest;
use super::timer::{Counter, Timer};
use super::{FloorIndication, dual, towards};
use crate::floor::event::{Event, Machine};
use crate::floor::transition::Rule;

pub(super) use others::CancelRequest;
pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};
pub(super) use talk::{Talk, Talks};

/// A request as the general machine sees it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) from: LegRef,
    pub(super) rank: Rank,
    pub(super) track_info: Option<TrackInfo>,
    pub(super) disclosed: Disclosed,
}

/// What the general machine is handed.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// The call begins; with the implicit request that is to be granted, if any.
    CallInitiated(Option<Request>),
    /// A request that is to be arbitrated, or one of a talker.
    FloorRequest(Request),
    /// A talker gives up the floor.
    FloorRelease(LegRef),
    /// A talker has received its Floor Granted.
    GrantAcknowledged(LegRef),
    /// A talker is no longer in the call.
    TalkerLeft(LegRef),
    /// Requests of others are to be taken out of the queue.
    CancelRequest(CancelRequest),
    /// Media to a participant is to be stopped or resumed, as it has asked.
    UnicastMedia {
        to: LegRef,
        flows: bool,
    },
    /// The floor is to be revoked from a user.
    RevokeRequest(McpttId),
    /// A constituent group of a temporary group wants the floor.
    ConstituentRequest(Request),
    /// All constituent groups have answered.
    FinalResponsesReceived,
    /// T4 or T7.
    Expiry(Timer),
    /// T1, T2, T3 or T20 of a talk.
    TalkExpiry(LegRef, Timer),
    CallReleaseStep1,
    CallReleaseStep2,
}

/// The machine: what exists in which state.
#[derive(Debug)]
pub(super) enum General {
    StartStop,
    FloorIdle(FloorIdle),
    FloorTaken(FloorTaken),
    PendingFloorRevoke(PendingFloorRevoke),
    Releasing,
    /// The requests that are made meanwhile wait in the queue.
    FloorInitialising,
}

/// 'G: Floor Idle'.
#[derive(Debug)]
pub(super) struct FloorIdle {
    /// C7: Floor Idle messages sent in this idle period.
    copies: u8,
}

/// 'G: Floor Taken': at least one of the talks has not been revoked.
#[derive(Debug)]
pub(super) struct FloorTaken {
    talks: Talks,
}

/// 'G: pending Floor Revoke': all talks have been revoked.
#[derive(Debug)]
pub(super) struct PendingFloorRevoke {
    talks: Talks,
}

impl General {
    pub(super) fn state(&self) -> State {
        match self {
            Self::StartStop => State::StartStop,
            Self::FloorIdle(_) => State::FloorIdle,
            Self::FloorTaken(_) => State::FloorTaken,
            Self::PendingFloorRevoke(_) => State::PendingFloorRevoke,
            Self::Releasing => State::Releasing,
            Self::FloorInitialising => State::FloorInitialising,
        }
    }

    /// Who talks: one that is being revoked still does.
    pub(super) fn talks(&self) -> Option<&Talks> {
        match self {
            Self::FloorTaken(FloorTaken { talks })
            | Self::PendingFloorRevoke(PendingFloorRevoke { talks }) => Some(talks),
            Self::StartStop | Self::FloorIdle(_) | Self::Releasing | Self::FloorInitialising => None,
        }
    }

    fn talks_mut(&mut self) -> Option<&mut Talks> {
        match self {
            Self::FloorTaken(FloorTaken { talks })
            | Self::PendingFloorRevoke(PendingFloorRevoke { talks }) => Some(talks),
            Self::StartStop | Self::FloorIdle(_) | Self::Releasing | Self::FloorInitialising => None,
        }
    }

    /// The state in which these participants talk.
    fn talking(talks: Talks) -> Self {
        if talks.any_granted() {
            Self::FloorTaken(FloorTaken { talks })
        } else {
            Self::PendingFloorRevoke(PendingFloorRevoke { talks })
        }
    }

    /// When the next timer of a talk expires.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.talks().and_then(Talks::next_deadline)
    }

    /// Stops and names the timer of a talk that expired first.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<Expired> {
        self.talks_mut()?.take_expired(now).map(|(leg, timer)| Expired::Talk(leg, timer))
    }

    /// The one door for everything but RTP.
    pub(super) fn handle(self, input: Input, cx: &mut Context, now: Instant) -> Self {
        let state = self.state();
        match (self, input) {
            (Self::StartStop, Input::CallInitiated(implicit)) => Self::on_call_initiated(implicit, cx, now),
            (Self::FloorIdle(idle), Input::FloorRequest(request)) => idle.on_floor_request(request, cx, now),
            (Self::FloorIdle(idle), Input::Expiry(Timer::T7)) => idle.on_t7_expired(cx, now),
            (Self::FloorIdle(idle), Input::Expiry(Timer::T4)) => idle.on_t4_expired(cx, now),
            (Self::FloorTaken(taken), Input::TalkExpiry(leg, Timer::T1)) => taken.on_t1_expired(leg, cx, now),
            (Self::FloorTaken(taken), Input::TalkExpiry(leg, Timer::T2)) => taken.on_t2_expired(leg, cx, now),
            (Self::FloorTaken(taken), Input::TalkExpiry(leg, Timer::T20)) => {
                taken.on_t20_expired(leg, cx, now)
            }
            (Self::FloorTaken(taken), Input::FloorRelease(leg)) => taken.on_floor_release(leg, cx, now),
            (Self::FloorTaken(taken), Input::FloorRequest(request)) => {
                taken.on_floor_request(request, cx, now)
            }
            (Self::FloorTaken(taken), Input::CancelRequest(request)) => taken.on_cancel_request(&request, cx),
            (Self::FloorTaken(taken), Input::RevokeRequest(user)) => taken.on_revoke_request(&user, cx, now),
            (
                general @ (Self::FloorIdle(_) | Self::FloorTaken(_) | Self::PendingFloorRevoke(_)),
                Input::UnicastMedia { to, flows },
            ) => general.on_unicast_media(to, flows, cx),
            (Self::FloorTaken(taken), Input::GrantAcknowledged(leg)) => taken.on_grant_acknowledged(leg),
            (Self::FloorTaken(taken), Input::TalkerLeft(leg)) => taken.on_talker_left(leg, cx, now),
            // Of several talkers one may be revoked while others go on.
            (Self::FloorTaken(FloorTaken { talks }), Input::TalkExpiry(leg, Timer::T3))
                if talks.find(leg).is_some_and(Talk::is_revoked) =>
            {
                Self::end_talk(state, Trigger::Expiry(Timer::T3), talks, leg, cx, now)
            }
            (Self::PendingFloorRevoke(pending), Input::FloorRequest(request)) => {
                pending.on_floor_request(request, cx, now)
            }
            (Self::PendingFloorRevoke(PendingFloorRevoke { talks }), Input::FloorRelease(leg)) => {
                //= 24.380-6.3.4.5.4
                Self::end_talk(state, Trigger::FloorRelease, talks, leg, cx, now)
            }
            (Self::PendingFloorRevoke(PendingFloorRevoke { talks }), Input::TalkerLeft(leg)) => {
                Self::end_talk(state, Trigger::TalkerLeft, talks, leg, cx, now)
            }
            (
                Self::PendingFloorRevoke(PendingFloorRevoke { talks }),
                Input::TalkExpiry(leg, timer @ (Timer::T1 | Timer::T3)),
            ) => {
                //= 24.380-6.3.4.5.5
                //= 24.380-6.3.4.5.6
                Self::end_talk(state, Trigger::Expiry(timer), talks, leg, cx, now)
            }
            (Self::FloorInitialising, Input::ConstituentRequest(request)) => {
                Self::on_constituent_request(request, cx)
            }
            (Self::FloorInitialising, Input::FinalResponsesReceived) => {
                Self::on_final_responses_received(cx, now)
            }
            (Self::Releasing, Input::CallReleaseStep2) => {
                //= 24.380-6.3.4.7.2
                Self::transition(state, Trigger::CallReleaseStep2, Self::StartStop, cx)
            }
            (Self::Releasing, Input::CallReleaseStep1) => {
                Self::discard(Self::Releasing, "call release step 1", cx)
            }
            (_, Input::CallReleaseStep1) => {
                //= 24.380-6.3.4.6.2
                cx.stop_all_timers();
                cx.queue.clear();
                Self::transition(state, Trigger::CallReleaseStep1, Self::Releasing, cx)
            }
            (general, input) => Self::discard(general, input.name(), cx),
        }
    }

    /// RTP of `from` has arrived. `true`: it is a talker's and is to be distributed.
    pub(super) fn on_rtp_media(&mut self, from: LegRef, cx: &Context, now: Instant) -> bool {
        let talk = self.talks_mut().and_then(|talks| talks.find_mut(from));
        let talks = talk.is_some();
        if let Some(talk) = talk {
            talk.on_rtp_media(cx, now);
        }
        //= 24.380-6.3.4.4.5:4
        talks
    }

    fn on_call_initiated(implicit: Option<Request>, cx: &mut Context, now: Instant) -> Self {
        match implicit {
            //= 24.380-6.3.4.2.2:temp
            None if cx.call.is_temporary_group() => {
                Self::transition(State::StartStop, Trigger::CallInitiated, Self::FloorInitialising, cx)
            }
            //= 24.380-6.3.4.2.2:3b
            Some(request) => Self::enter_floor_taken(
                State::StartStop,
                Trigger::CallInitiated,
                None,
                request,
                Grant::Direct,
                cx,
                now,
            ),
            // Nobody has talked yet, so there is nothing to announce; whoever joins is told one by one.
            //= 24.380-6.3.4.2.2:idle
            None => {
                cx.start(Timer::T4, now);
                let idle = Self::FloorIdle(FloorIdle { copies: 0 });
                Self::transition(State::StartStop, Trigger::CallInitiated, idle, cx)
            }
        }
    }

    /// 6.3.4.3.2, from anywhere but 'Start-stop'.
    fn enter_floor_idle(from: State, trigger: Trigger, cx: &mut Context, now: Instant) -> Self {
        //= 24.380-6.3.4.3.2:3
        if let Some(request) = cx.queue.pop() {
            return Self::enter_floor_taken(from, trigger, None, request.into(), Grant::Queued, cx, now);
        }
        //= 24.380-6.3.4.3.2:2
        let next = Self::transition(from, trigger, Self::FloorIdle(FloorIdle { copies: 1 }), cx);
        towards::send_floor_idle_to_all(cx);
        cx.start(Timer::T7, now);
        cx.start(Timer::T4, now);
        next
    }

    /// 6.3.4.4.2, beside other talkers as well.
    fn enter_floor_taken(
        from: State,
        trigger: Trigger,
        others: Option<Talks>,
        request: Request,
        grant: Grant,
        cx: &mut Context,
        now: Instant,
    ) -> Self {
        cx.queue.remove(request.from, request.track_info.as_ref());
        let mut talk = Talk::granted(request, cx);
        let granted = cx.floor_granted(&talk, talk.time_left(cx, now), talk.track_info.clone());
        towards::send(talk.talker, granted, cx);
        towards::permit(talk.talker, cx);
        match grant {
            //= 24.380-6.3.4.4.2:2
            Grant::Queued => talk.start(Timer::T20, cx, now),
            // A direct grant is recovered by the requester, which repeats its request.
            //= 24.380-6.3.4.4.2:2n
            Grant::Direct => {}
        }
        //= 24.380-6.3.4.4.2:4
        talk.start(Timer::T1, cx, now);
        //= 24.380-6.3.4.4.2:single
        //= 24.380-6.3.4.4.7a:b
        let talks = Talks::with(others, talk);
        towards::send_floor_taken_to_others(&talks, cx);
        Self::transition(from, trigger, Self::talking(talks), cx)
    }

    /// 6.3.4.5.2 for one of the talks.
    fn revoke(talks: &mut Talks, leg: LegRef, cause: RevokeCause, cx: &mut Context, now: Instant) {
        if let Some(talk) = talks.find_mut(leg) {
            //= 24.380-6.3.4.5.2
            let revoke = cx.floor_revoke(cause, talk.track_info.clone());
            towards::send_floor_revoke(leg, revoke, cx, now);
            talk.revoke(cx, now);
        }
    }

    /// Ends a grace period of no length in the same turn (6.3.4.5.1).
    fn without_grace(self, leg: LegRef, cx: &mut Context, now: Instant) -> Self {
        if cx.duration(Timer::T3).is_zero() {
            return self.handle(Input::TalkExpiry(leg, Timer::T3), cx, now);
        }
        self
    }

    fn transition(from: State, trigger: Trigger, next: Self, cx: &mut Context) -> Self {
        let to = next.state();
        let rule = Rule::find(PROCEDURES, from, trigger);
        debug_assert!(rule.is_some_and(|rule| rule.permits(to)), "{from} does not go to {to} on {trigger:?}");
        cx.emit(Event::StateChanged {
            machine: Machine::General,
            participant: next.talks().map(|talks| talks.newest().talker),
            from: from.name(),
            to: to.name(),
            cause: trigger.name(),
            clause: rule.map_or("6.3.4.1", |rule| rule.clause),
        });
        next
    }

    //= 24.380-6.3.4.1
    fn discard(general: Self, got: &'static str, cx: &mut Context) -> Self {
        cx.discard(Machine::General, None, general.state().name(), got, "24.380-6.3.4.1");
        general
    }
}

/// Whether a grant answers a request at once or serves one that had to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    Direct,
    Queued,
}

impl Input {
    fn name(&self) -> &'static str {
        match self {
            Self::CallInitiated(_) => Trigger::CallInitiated.name(),
            Self::FloorRequest(_) => Trigger::FloorRequest.name(),
            Self::FloorRelease(_) => Trigger::FloorRelease.name(),
            Self::GrantAcknowledged(_) => Trigger::FloorAck.name(),
            Self::TalkerLeft(_) => Trigger::TalkerLeft.name(),
            Self::CancelRequest(_) => Trigger::CancelRequest.name(),
            Self::UnicastMedia { flows: false, .. } => Trigger::UnicastMediaStop.name(),
            Self::UnicastMedia { flows: true, .. } => Trigger::UnicastMediaResume.name(),
            Self::RevokeRequest(_) => Trigger::RevokeRequest.name(),
            Self::ConstituentRequest(_) => Trigger::ConstituentRequest.name(),
            Self::FinalResponsesReceived => Trigger::FinalResponsesReceived.name(),
            Self::Expiry(timer) | Self::TalkExpiry(_, timer) => timer.expiry(),
            Self::CallReleaseStep1 => Trigger::CallReleaseStep1.name(),
            Self::CallReleaseStep2 => Trigger::CallReleaseStep2.name(),
        }
    }
}

impl FloorIdle {
    fn on_floor_request(self, request: Request, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.3.3:1a
        let refusal = if cx.participants.len() == 1 {
            Some(RejectCause::ONLY_ONE_PARTICIPANT)
        //= 24.380-6.3.4.3.3:1b
        } else if cx.profile(request.from).is_some_and(|profile| profile.parameters.receive_only) {
            Some(RejectCause::RECEIVE_ONLY)
        } else {
            None
        };
        if let Some(cause) = refusal {
            let deny = cx.floor_deny(cause, request.track_info);
            towards::send(request.from, deny, cx);
            return General::FloorIdle(self);
        }
        //= 24.380-6.3.4.3.3:2
        cx.stop(&[Timer::T4, Timer::T7]);
        let (trigger, grant) = (Trigger::FloorRequest, Grant::Direct);
        General::enter_floor_taken(State::FloorIdle, trigger, None, request, grant, cx, now)
    }

    fn on_t7_expired(mut self, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.3.4:below
        if self.copies < cx.limit(Counter::C7) {
            self.copies = self.copies.saturating_add(1);
            towards::send_floor_idle_to_all(cx);
            cx.start(Timer::T7, now);
        }
        //= 24.380-6.3.4.3.4:limit
        General::FloorIdle(self)
    }

    fn on_t4_expired(self, cx: &mut Context, now: Instant) -> General {
        // If call control releases the call, release step 1 stops T4 again.
        //= 24.380-6.3.4.3.5
        cx.indicate(FloorIndication::Inactive);
        cx.start(Timer::T4, now);
        General::FloorIdle(self)
    }
}

impl FloorTaken {
    fn on_t1_expired(self, leg: LegRef, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.3
        General::end_talk(State::FloorTaken, Trigger::Expiry(Timer::T1), self.talks, leg, cx, now)
    }

    fn on_t2_expired(mut self, leg: LegRef, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.4
        General::revoke(&mut self.talks, leg, RevokeCause::MEDIA_BURST_TOO_LONG, cx, now);
        let next = General::talking(self.talks);
        General::transition(State::FloorTaken, Trigger::Expiry(Timer::T2), next, cx)
            .without_grace(leg, cx, now)
    }

    fn on_floor_release(self, leg: LegRef, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.6
        General::end_talk(State::FloorTaken, Trigger::FloorRelease, self.talks, leg, cx, now)
    }

    fn on_floor_request(mut self, request: Request, cx: &mut Context, now: Instant) -> General {
        if let Some(talk) = self.talks.find_mut(request.from) {
            if !behind::is_same(talk.track_info.as_ref(), request.track_info.as_ref()) {
                if !request.rank.pre_empts(talk.rank) {
                    towards::on_request_behind_talker(request, cx);
                    return General::FloorTaken(self);
                }
                // The function that both are behind stops the one and lets the other talk.
                talk.rank = request.rank;
                talk.track_info.clone_from(&request.track_info);
                cx.queue.remove(request.from, request.track_info.as_ref());
            }
            //= 24.380-6.3.4.4.8
            let granted = cx.floor_granted(talk, talk.time_left(cx, now), request.track_info);
            towards::send(request.from, granted, cx);
            return General::FloorTaken(self);
        }
        if cx.has_place(&self.talks, request.from) {
            return General::grant_beside(State::FloorTaken, self.talks, request, cx, now);
        }
        //= 24.380-6.3.4.4.7:1
        if dual::may_override(cx) {
            dual::handle(dual::Input::FloorRequest(request), Some(&self.talks), cx, now);
            return General::FloorTaken(self);
        }
        General::pre_empt(self.talks, request, cx, now)
    }

    fn on_t20_expired(mut self, leg: LegRef, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.9
        if let Some(talk) = self.talks.find_mut(leg)
            && talk.grant_again(cx)
        {
            let granted = cx.floor_granted(talk, talk.time_left(cx, now), talk.track_info.clone());
            towards::send(leg, granted, cx);
            talk.start(Timer::T20, cx, now);
        }
        // At the limit T1 is left to end the talk spurt that never began.
        //= 24.380-6.3.4.4.10
        General::FloorTaken(self)
    }

    fn on_grant_acknowledged(mut self, leg: LegRef) -> General {
        if let Some(talk) = self.talks.find_mut(leg) {
            talk.stop(Timer::T20);
        }
        General::FloorTaken(self)
    }

    fn on_talker_left(self, leg: LegRef, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.11
        General::end_talk(State::FloorTaken, Trigger::TalkerLeft, self.talks, leg, cx, now)
    }
}

impl PendingFloorRevoke {
    fn on_floor_request(self, request: Request, cx: &mut Context, now: Instant) -> General {
        if cx.has_place(&self.talks, request.from) {
            return General::grant_beside(State::PendingFloorRevoke, self.talks, request, cx, now);
        }
        //= 24.380-6.3.4.5:norearm
        wait_in_front(request, cx);
        General::PendingFloorRevoke(self)
    }
}

impl From<QueuedRequest> for Request {
    fn from(queued: QueuedRequest) -> Self {
        let QueuedRequest { from, rank, front: _, track_info, disclosed } = queued;
        Self { from, rank, track_info, disclosed }
    }
}

/// Lets a pre-emptor wait for the end of the grace period.
fn wait_in_front(request: Request, cx: &mut Context) {
    let Request { from, rank, track_info, disclosed } = request;
    // Even a full queue takes it, and one that did not negotiate queueing: it is next in any case.
    //= 24.380-6.3.4.4.7:2e
    cx.queue.insert(QueuedRequest { from, rank, front: true, track_info: track_info.clone(), disclosed });
    //= 24.380-6.3.4.4.7:2f
    //= 24.380-6.3.4.4.7:2fn
    if cx.may_queue(from, track_info.as_ref()) {
        let info = cx.queue_position_info(from, track_info);
        towards::send(from, info, cx);
    }
}
