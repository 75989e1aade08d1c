//! Dual floor control operation, 'D': at most one machine per call (TS 24.380 6.3.6).
//!
//! A pre-emptive request is granted beside the talker instead of revoking it. The overridden talker stays a matter of the
//! [general machine](super::general), the overriding one is a matter of this machine until one of the two stops. Bit G of
//! the Floor Indicator tells which of the two floors a message is about.

mod table;

use std::time::{Duration, Instant};

use mcptt_codec::floor::{FloorIndicator, FloorMessage, RevokeCause, TrackInfo};
use mcptt_codec::id::LegRef;

use super::MediaVerdict;
use super::arbitration::Mode;
use super::context::Context;
use super::general::{self, Request, Talk, Talks};
use super::timer::Timer;
use super::towards;
use crate::floor::event::{Event, Machine};
use crate::floor::settings::Hearing;
use crate::floor::timer::TimerTable;
use crate::floor::transition::Rule;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

/// What the machine is handed.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// The general machine hands over a pre-emptive request.
    FloorRequest(Request),
    /// The overriding talker asks again.
    FloorRequestOfOverriding(Option<TrackInfo>),
    /// The overriding talker gives up the floor.
    FloorRelease,
    /// The overriding talker is no longer in the call.
    OverridingLeft,
    /// The floor is to be revoked from the overriding talker.
    RevokeRequest,
    /// T11 or T12.
    Expiry(Timer),
    CallReleaseStep1,
    CallReleaseStep2,
}

/// The machine: what exists in which state.
#[derive(Debug, Default)]
pub(super) enum Dual {
    #[default]
    StartStop,
    FloorTaken(Box<FloorTaken>),
    Releasing,
}

/// 'D: Floor Taken'.
#[derive(Debug)]
pub(super) struct FloorTaken {
    /// The overriding talker; none of the timers of its talk runs yet.
    talk: Talk,
    timers: TimerTable<Timer, 2>,
}

impl Dual {
    pub(super) fn state(&self) -> State {
        match self {
            Self::StartStop => State::StartStop,
            Self::FloorTaken(_) => State::FloorTaken,
            Self::Releasing => State::Releasing,
        }
    }

    /// The talk of the overriding talker.
    pub(super) fn talk(&self) -> Option<&Talk> {
        match self {
            Self::FloorTaken(taken) => Some(&taken.talk),
            Self::StartStop | Self::Releasing => None,
        }
    }

    /// Who overrides the talker.
    pub(super) fn overriding(&self) -> Option<LegRef> {
        self.talk().map(|talk| talk.talker)
    }

    /// When T11 or T12 expires.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::FloorTaken(taken) => taken.timers.next(),
            Self::StartStop | Self::Releasing => None,
        }
    }

    /// Stops and names the timer that expired first.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<Timer> {
        match self {
            Self::FloorTaken(taken) => taken.timers.take_expired(now),
            Self::StartStop | Self::Releasing => None,
        }
    }

    /// The one door for everything but RTP.
    fn handle(self, input: Input, talks: Option<&Talks>, cx: &mut Context, now: Instant) -> Self {
        match (self, input) {
            (Self::StartStop, Input::FloorRequest(request)) => Self::enter_floor_taken(request, cx, now),
            (Self::FloorTaken(taken), Input::FloorRequestOfOverriding(track_info)) => {
                //= 24.380-6.3.6.3.7
                taken.send_floor_granted(track_info, cx, now);
                Self::FloorTaken(taken)
            }
            (Self::FloorTaken(taken), Input::Expiry(Timer::T11)) => {
                //= 24.380-6.3.6.3.3
                taken.end(Trigger::Expiry(Timer::T11), talks, cx)
            }
            (Self::FloorTaken(taken), Input::Expiry(Timer::T12)) => {
                //= 24.380-6.3.6.3.4
                taken.send_floor_revoke(RevokeCause::MEDIA_BURST_TOO_LONG, cx, now);
                taken.end(Trigger::Expiry(Timer::T12), talks, cx)
            }
            (Self::FloorTaken(taken), Input::RevokeRequest) => {
                //= 24.380-6.3.4.4.16
                taken.send_floor_revoke(RevokeCause::REVOKED_BY_ANOTHER_CLIENT, cx, now);
                taken.end(Trigger::RevokeRequest, talks, cx)
            }
            (Self::FloorTaken(taken), Input::FloorRelease) => {
                //= 24.380-6.3.6.3.6
                taken.end(Trigger::FloorRelease, talks, cx)
            }
            (Self::FloorTaken(taken), Input::OverridingLeft) => {
                //= 24.380-6.3.6.3.8
                taken.end(Trigger::OverridingLeft, talks, cx)
            }
            (Self::FloorTaken(_), Input::CallReleaseStep1) => {
                transition(State::FloorTaken, Trigger::CallReleaseStep1, Self::Releasing, cx)
            }
            (Self::Releasing, Input::CallReleaseStep2) => {
                transition(State::Releasing, Trigger::CallReleaseStep2, Self::StartStop, cx)
            }
            //= 24.380-6.3.6.1
            (dual, input) => {
                let (state, got) = (dual.state().name(), input.name());
                cx.discard(Machine::Dual, dual.overriding(), state, got, "24.380-6.3.6.1");
                dual
            }
        }
    }

    /// 6.3.6.3.2.
    fn enter_floor_taken(request: Request, cx: &mut Context, now: Instant) -> Self {
        cx.queue.remove(request.from, request.track_info.as_ref());
        let talk = Talk::granted(request, cx);
        let mut taken = FloorTaken { talk, timers: TimerTable::of([Timer::T11, Timer::T12]) };
        //= 24.380-6.3.6.3.2
        taken.send_floor_granted(taken.talk.track_info.clone(), cx, now);
        towards::permit(taken.talk.talker, cx);
        let announcement = cx.floor_taken_by(&taken.talk);
        towards::send_of_dual_floor(of_dual_floor(announcement), taken.talk.talker, cx);
        taken.timers.start(Timer::T11, now, cx.duration(Timer::T11));
        transition(State::StartStop, Trigger::FloorRequest, Self::FloorTaken(Box::new(taken)), cx)
    }
}

impl FloorTaken {
    /// Whole seconds are left of T12 or, before the first packet, all of it.
    fn time_left(&self, cx: &Context, now: Instant) -> Duration {
        match self.timers.deadline(Timer::T12) {
            Some(deadline) => deadline.saturating_duration_since(now),
            None => cx.duration(Timer::T12),
        }
    }

    fn send_floor_granted(&self, track_info: Option<TrackInfo>, cx: &mut Context, now: Instant) {
        let granted = cx.floor_granted(&self.talk, self.time_left(cx, now), track_info);
        towards::send(self.talk.talker, of_dual_floor(granted), cx);
    }

    fn send_floor_revoke(&self, cause: RevokeCause, cx: &mut Context, now: Instant) {
        let revoke = cx.floor_revoke(cause, self.talk.track_info.clone());
        towards::send_floor_revoke(self.talk.talker, of_dual_floor(revoke), cx, now);
    }

    /// The override is over, and everybody is told who goes on talking.
    fn end(self: Box<Self>, trigger: Trigger, talks: Option<&Talks>, cx: &mut Context) -> Dual {
        let idle = cx.floor_idle();
        towards::send_of_dual_floor(of_dual_floor(idle), self.talk.talker, cx);
        // The general machine has a talker: when that one stops first, the overriding talker takes its place.
        if let Some(talks) = talks {
            towards::send_floor_taken_to_others(talks, cx);
        }
        transition(State::FloorTaken, trigger, Dual::StartStop, cx)
    }
}

/// Hands the machine what happens to the call. `talks`: who talks according to the general machine.
pub(super) fn handle(input: Input, talks: Option<&Talks>, cx: &mut Context, now: Instant) {
    let dual = std::mem::take(&mut cx.dual);
    cx.dual = dual.handle(input, talks, cx, now);
}

/// Whether a pre-emptive request can be granted beside the talker.
pub(super) fn may_override(cx: &Context) -> bool {
    matches!((cx.mode, &cx.dual), (Mode::Dual(_), Dual::StartStop))
}

/// RTP of `from` has arrived, which is no talker of the general machine. `None`: it is not the overriding talker's either.
pub(super) fn on_rtp_media(
    from: LegRef,
    talks: Option<&Talks>,
    cx: &mut Context,
    now: Instant,
) -> Option<MediaVerdict> {
    let (t11, t12) = (cx.duration(Timer::T11), cx.duration(Timer::T12));
    let Dual::FloorTaken(taken) = &mut cx.dual else { return None };
    if taken.talk.talker != from {
        return None;
    }
    //= 24.380-6.3.6.3.5
    if !taken.timers.is_running(Timer::T12) {
        taken.timers.start(Timer::T12, now, t12);
    }
    taken.timers.start(Timer::T11, now, t11);
    Some(match (cx.mode, talks) {
        // The overridden talker hears it whatever the listeners hear.
        (Mode::Dual(Hearing::Overridden), Some(talks)) => MediaVerdict::ForwardTo(talks.newest().talker),
        _ => MediaVerdict::Forward,
    })
}

/// To whom the media of a talker of the general machine goes.
pub(super) fn verdict_of_overridden(cx: &Context) -> MediaVerdict {
    match (cx.mode, cx.dual.overriding()) {
        (Mode::Dual(Hearing::Overriding), Some(overriding)) => MediaVerdict::ForwardTo(overriding),
        _ => MediaVerdict::Forward,
    }
}

/// 6.3.6.3.9: the overridden talker has stopped first. The overriding one is from now on a talker of the general machine,
/// with what is left of its timers; everybody has been told that the second floor is idle.
pub(super) fn take_over(overridden: LegRef, cx: &mut Context) -> Option<Talk> {
    //= 24.380-6.3.6.3.9
    let Dual::FloorTaken(taken) = std::mem::take(&mut cx.dual) else { return None };
    let FloorTaken { mut talk, timers } = *taken;
    talk.inherit(timers.deadline(Timer::T11), timers.deadline(Timer::T12));
    let idle = cx.floor_idle();
    towards::send_of_dual_floor(of_dual_floor(idle), overridden, cx);
    transition(State::FloorTaken, Trigger::OverriddenEnded, Dual::StartStop, cx);
    Some(talk)
}

/// Floor Taken about the overriding talker, if there is one: for one participant that has to be told.
pub(super) fn floor_taken(cx: &mut Context) -> Option<FloorMessage> {
    let talk = cx.dual.talk()?.clone();
    Some(of_dual_floor(cx.floor_taken_by(&talk)))
}

fn transition(from: State, trigger: Trigger, next: Dual, cx: &mut Context) -> Dual {
    let to = next.state();
    let rule = Rule::find(PROCEDURES, from, trigger);
    debug_assert!(rule.is_some_and(|rule| rule.permits(to)), "{from} does not go to {to} on {trigger:?}");
    cx.emit(Event::StateChanged {
        machine: Machine::Dual,
        participant: next.overriding(),
        from: from.name(),
        to: to.name(),
        cause: trigger.name(),
        clause: rule.map_or("6.3.6.1", |rule| rule.clause),
    });
    next
}

/// The same message with bit G: it is about the floor of the overriding talker.
fn of_dual_floor(mut message: FloorMessage) -> FloorMessage {
    let indicator = match &mut message {
        FloorMessage::Granted(granted) => &mut granted.indicator,
        FloorMessage::Taken(taken) => &mut taken.indicator,
        FloorMessage::Idle(idle) => &mut idle.indicator,
        FloorMessage::Revoke(revoke) => &mut revoke.indicator,
        _ => return message,
    };
    *indicator = indicator.map(|indicator| indicator | FloorIndicator::DUAL_FLOOR);
    message
}

impl Input {
    /// What concerns the overriding talker is for this machine alone (6.3.5.5.3). `None`: it is for the general machine.
    pub(super) fn of(input: &general::Input, cx: &Context) -> Option<Self> {
        let overriding = cx.dual.overriding()?;
        match input {
            general::Input::FloorRequest(request) if overriding == request.from => {
                Some(Self::FloorRequestOfOverriding(request.track_info.clone()))
            }
            general::Input::FloorRelease(leg) if overriding == *leg => Some(Self::FloorRelease),
            general::Input::TalkerLeft(leg) if overriding == *leg => Some(Self::OverridingLeft),
            general::Input::RevokeRequest(user) if cx.profile(overriding)?.mcptt_id == *user => {
                Some(Self::RevokeRequest)
            }
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::FloorRequest(_) => Trigger::FloorRequest.name(),
            Self::FloorRequestOfOverriding(_) => Trigger::FloorRequestOfOverriding.name(),
            Self::FloorRelease => Trigger::FloorRelease.name(),
            Self::OverridingLeft => Trigger::OverridingLeft.name(),
            Self::RevokeRequest => Trigger::RevokeRequest.name(),
            Self::Expiry(timer) => timer.expiry(),
            Self::CallReleaseStep1 => Trigger::CallReleaseStep1.name(),
            Self::CallReleaseStep2 => Trigger::CallReleaseStep2.name(),
        }
    }
}
