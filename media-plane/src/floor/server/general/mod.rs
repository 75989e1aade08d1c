//! General floor control operation, 'G': one machine per call (TS 24.380 6.3.4).
//!
//! It decides who talks. What it wants sent it hands to the machines [`towards`] the participants.

mod table;

use std::time::Instant;

use mcptt_codec::floor::{RejectCause, RevokeCause, TrackInfo};
use mcptt_codec::id::LegRef;

use super::arbitration::Rank;
use super::context::Context;
use super::queue::QueuedRequest;
use super::timer::{Counter, Timer};
use super::{FloorIndication, towards};
use crate::floor::event::{Event, Machine};
use crate::floor::transition::Rule;

pub use table::State;
pub(super) use table::{PROCEDURES, Trigger};

/// A request as the general machine sees it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) from: LegRef,
    pub(super) rank: Rank,
    pub(super) track_info: Option<TrackInfo>,
}

/// Who talks, and by which request.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) talker: LegRef,
    pub(super) rank: Rank,
    pub(super) track_info: Option<TrackInfo>,
}

/// What the general machine is handed.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// The call begins; with the implicit request that is to be granted, if any.
    CallInitiated(Option<Request>),
    /// A request that is to be arbitrated, or one of the talker.
    FloorRequest(Request),
    /// The talker gives up the floor.
    FloorRelease,
    /// The talker has received its Floor Granted.
    GrantAcknowledged,
    /// The talker is no longer in the call.
    TalkerLeft,
    Expiry(Timer),
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
}

/// 'G: Floor Idle'.
#[derive(Debug)]
pub(super) struct FloorIdle {
    /// C7: Floor Idle messages sent in this idle period.
    copies: u8,
}

/// 'G: Floor Taken'.
#[derive(Debug)]
pub(super) struct FloorTaken {
    talk: Talk,
    /// C20: Floor Granted messages sent for this grant.
    copies: u8,
}

/// 'G: pending Floor Revoke'.
#[derive(Debug)]
pub(super) struct PendingFloorRevoke {
    talk: Talk,
}

impl General {
    pub(super) fn state(&self) -> State {
        match self {
            Self::StartStop => State::StartStop,
            Self::FloorIdle(_) => State::FloorIdle,
            Self::FloorTaken(_) => State::FloorTaken,
            Self::PendingFloorRevoke(_) => State::PendingFloorRevoke,
            Self::Releasing => State::Releasing,
        }
    }

    /// Who talks: in 'G: pending Floor Revoke' still the one that is being revoked.
    pub(super) fn talk(&self) -> Option<&Talk> {
        match self {
            Self::FloorTaken(FloorTaken { talk, .. })
            | Self::PendingFloorRevoke(PendingFloorRevoke { talk }) => Some(talk),
            Self::StartStop | Self::FloorIdle(_) | Self::Releasing => None,
        }
    }

    /// The one door for everything but RTP.
    pub(super) fn handle(self, input: Input, cx: &mut Context, now: Instant) -> Self {
        let state = self.state();
        match (self, input) {
            (Self::StartStop, Input::CallInitiated(implicit)) => Self::on_call_initiated(implicit, cx, now),
            (Self::FloorIdle(idle), Input::FloorRequest(request)) => idle.on_floor_request(request, cx, now),
            (Self::FloorIdle(idle), Input::Expiry(Timer::T7)) => idle.on_t7_expired(cx, now),
            (Self::FloorIdle(idle), Input::Expiry(Timer::T4)) => idle.on_t4_expired(cx, now),
            (Self::FloorTaken(taken), Input::Expiry(Timer::T1)) => taken.on_t1_expired(cx, now),
            (Self::FloorTaken(taken), Input::Expiry(Timer::T2)) => taken.on_t2_expired(cx, now),
            (Self::FloorTaken(taken), Input::FloorRelease) => taken.on_floor_release(cx, now),
            (Self::FloorTaken(taken), Input::FloorRequest(request)) if request.from == taken.talk.talker => {
                taken.on_floor_request_of_talker(request, cx, now)
            }
            (Self::FloorTaken(taken), Input::FloorRequest(request)) => {
                taken.on_pre_emptive_request(request, cx, now)
            }
            (Self::FloorTaken(taken), Input::Expiry(Timer::T20)) => taken.on_t20_expired(cx, now),
            (Self::FloorTaken(taken), Input::GrantAcknowledged) => taken.on_grant_acknowledged(cx),
            (Self::FloorTaken(taken), Input::TalkerLeft) => taken.on_talker_left(cx, now),
            (Self::PendingFloorRevoke(pending), Input::FloorRequest(request)) => {
                pending.on_floor_request(request, cx)
            }
            (Self::PendingFloorRevoke(_), Input::FloorRelease) => {
                //= 24.380-6.3.4.5.4
                Self::enter_floor_idle(state, Trigger::FloorRelease, cx, now)
            }
            (Self::PendingFloorRevoke(_), Input::TalkerLeft) => {
                Self::enter_floor_idle(state, Trigger::TalkerLeft, cx, now)
            }
            (Self::PendingFloorRevoke(_), Input::Expiry(timer @ (Timer::T1 | Timer::T3))) => {
                //= 24.380-6.3.4.5.5
                //= 24.380-6.3.4.5.6
                Self::enter_floor_idle(state, Trigger::Expiry(timer), cx, now)
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

    /// RTP of `from` has arrived. `true`: it is the talker's and is to be distributed.
    pub(super) fn on_rtp_media(&mut self, from: LegRef, cx: &mut Context, now: Instant) -> bool {
        match self {
            Self::FloorTaken(taken) if taken.talk.talker == from => {
                // T2 runs from the first RTP packet, not from the grant: a slow handset keeps its full talk time.
                //= 24.380-6.3.4.4.5:1
                if !cx.is_running(Timer::T2) {
                    cx.start(Timer::T2, now);
                }
                //= 24.380-6.3.4.4.5:2
                cx.start(Timer::T1, now);
                //= 24.380-6.3.4.4.5:3
                cx.stop(&[Timer::T20]);
                //= 24.380-6.3.4.4.5:4
                true
            }
            Self::PendingFloorRevoke(pending) if pending.talk.talker == from => {
                //= 24.380-6.3.4.5.3
                cx.start(Timer::T1, now);
                true
            }
            _ => false,
        }
    }

    fn on_call_initiated(implicit: Option<Request>, cx: &mut Context, now: Instant) -> Self {
        match implicit {
            //= 24.380-6.3.4.2.2:3b
            Some(request) => Self::enter_floor_taken(
                State::StartStop,
                Trigger::CallInitiated,
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
        cx.stop(&[Timer::T1, Timer::T2, Timer::T3, Timer::T20]);
        //= 24.380-6.3.4.3.2:3
        if let Some(QueuedRequest { from: requester, rank, track_info, .. }) = cx.queue.pop() {
            let request = Request { from: requester, rank, track_info };
            return Self::enter_floor_taken(from, trigger, request, Grant::Queued, cx, now);
        }
        //= 24.380-6.3.4.3.2:2
        let next = Self::transition(from, trigger, Self::FloorIdle(FloorIdle { copies: 1 }), cx);
        towards::send_floor_idle_to_all(cx);
        cx.start(Timer::T7, now);
        cx.start(Timer::T4, now);
        next
    }

    /// 6.3.4.4.2.
    fn enter_floor_taken(
        from: State,
        trigger: Trigger,
        request: Request,
        grant: Grant,
        cx: &mut Context,
        now: Instant,
    ) -> Self {
        let talk = Talk { talker: request.from, rank: request.rank, track_info: request.track_info };
        //= 24.380-6.3.4.4.2:single
        let taken = Self::FloorTaken(FloorTaken { talk: talk.clone(), copies: 1 });
        let granted = cx.floor_granted(&talk, talk.track_info.clone(), now);
        towards::send_floor_granted(talk.talker, granted, cx);
        match grant {
            //= 24.380-6.3.4.4.2:2
            Grant::Queued => cx.start(Timer::T20, now),
            // A direct grant is recovered by the requester, which repeats its request.
            //= 24.380-6.3.4.4.2:2n
            Grant::Direct => {}
        }
        towards::send_floor_taken_to_others(&talk, cx);
        //= 24.380-6.3.4.4.2:4
        cx.start(Timer::T1, now);
        Self::transition(from, trigger, taken, cx)
    }

    /// 6.3.4.5.2.
    fn enter_pending_floor_revoke(
        talk: Talk,
        trigger: Trigger,
        cause: RevokeCause,
        cx: &mut Context,
        now: Instant,
    ) -> Self {
        // T2 has nothing left to supervise: T1 and T3 end the grace period.
        cx.stop(&[Timer::T2]);
        //= 24.380-6.3.4.5.2
        let revoke = cx.floor_revoke(cause, talk.track_info.clone());
        towards::send_floor_revoke(talk.talker, revoke, cx, now);
        cx.start(Timer::T3, now);
        let pending = Self::PendingFloorRevoke(PendingFloorRevoke { talk });
        Self::transition(State::FloorTaken, trigger, pending, cx)
    }

    /// Ends a grace period of no length in the same turn (6.3.4.5.1).
    fn without_grace(self, cx: &mut Context, now: Instant) -> Self {
        if cx.duration(Timer::T3).is_zero() && self.state() == State::PendingFloorRevoke {
            return self.handle(Input::Expiry(Timer::T3), cx, now);
        }
        self
    }

    fn transition(from: State, trigger: Trigger, next: Self, cx: &mut Context) -> Self {
        let to = next.state();
        let rule = Rule::find(PROCEDURES, from, trigger);
        debug_assert!(rule.is_some_and(|rule| rule.permits(to)), "{from} does not go to {to} on {trigger:?}");
        cx.emit(Event::StateChanged {
            machine: Machine::General,
            participant: next.talk().map(|talk| talk.talker),
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
            Self::FloorRelease => Trigger::FloorRelease.name(),
            Self::GrantAcknowledged => Trigger::FloorAck.name(),
            Self::TalkerLeft => Trigger::TalkerLeft.name(),
            Self::Expiry(timer) => timer.expiry(),
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
        General::enter_floor_taken(State::FloorIdle, Trigger::FloorRequest, request, Grant::Direct, cx, now)
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
    fn on_t1_expired(self, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.3
        General::enter_floor_idle(State::FloorTaken, Trigger::Expiry(Timer::T1), cx, now)
    }

    fn on_t2_expired(self, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.4
        cx.stop(&[Timer::T1]);
        let (trigger, cause) = (Trigger::Expiry(Timer::T2), RevokeCause::MEDIA_BURST_TOO_LONG);
        General::enter_pending_floor_revoke(self.talk, trigger, cause, cx, now).without_grace(cx, now)
    }

    fn on_floor_release(self, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.6
        General::enter_floor_idle(State::FloorTaken, Trigger::FloorRelease, cx, now)
    }

    fn on_pre_emptive_request(self, request: Request, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.7:2ab
        cx.stop(&[Timer::T1, Timer::T20]);
        //= 24.380-6.3.4.4.7:2c
        let (trigger, cause) = (Trigger::FloorRequest, RevokeCause::PRE_EMPTED);
        let pending = General::enter_pending_floor_revoke(self.talk, trigger, cause, cx, now);
        wait_in_front(request, cx);
        pending.without_grace(cx, now)
    }

    fn on_floor_request_of_talker(self, request: Request, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.8
        let granted = cx.floor_granted(&self.talk, request.track_info, now);
        towards::send(request.from, granted, cx);
        General::FloorTaken(self)
    }

    fn on_t20_expired(mut self, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.9
        if self.copies < cx.limit(Counter::C20) {
            self.copies = self.copies.saturating_add(1);
            let granted = cx.floor_granted(&self.talk, self.talk.track_info.clone(), now);
            towards::send(self.talk.talker, granted, cx);
            cx.start(Timer::T20, now);
        }
        // At the limit T1 is left to end the talk spurt that never began.
        //= 24.380-6.3.4.4.10
        General::FloorTaken(self)
    }

    fn on_grant_acknowledged(self, cx: &mut Context) -> General {
        cx.stop(&[Timer::T20]);
        General::FloorTaken(self)
    }

    fn on_talker_left(self, cx: &mut Context, now: Instant) -> General {
        //= 24.380-6.3.4.4.11
        General::enter_floor_idle(State::FloorTaken, Trigger::TalkerLeft, cx, now)
    }
}

impl PendingFloorRevoke {
    fn on_floor_request(self, request: Request, cx: &mut Context) -> General {
        //= 24.380-6.3.4.5:norearm
        wait_in_front(request, cx);
        General::PendingFloorRevoke(self)
    }
}

/// Lets a pre-emptor wait for the end of the grace period.
fn wait_in_front(request: Request, cx: &mut Context) {
    let Request { from, rank, track_info } = request;
    // Even a full queue takes it, and one that did not negotiate queueing: it is next in any case.
    //= 24.380-6.3.4.4.7:2e
    cx.queue.insert(QueuedRequest { from, rank, front: true, track_info: track_info.clone() });
    //= 24.380-6.3.4.4.7:2f
    //= 24.380-6.3.4.4.7:2fn
    if cx.may_queue(from) {
        let info = cx.queue_position_info(from, track_info);
        towards::send(from, info, cx);
    }
}
