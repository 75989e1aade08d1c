//! Basic floor control operation towards the floor participant, 'U': one machine per participant (TS 24.380 6.3.5).
//!
//! It alone writes to the participant. What needs a decision about the floor it hands to the
//! [general machine](super::general), which in turn hands it what is to be sent.

mod initiating;
mod others;
mod revocation;
mod table;

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::floor::{
    FIRST_RELEASES, FloorMessage, FloorRequest, MessageType, RejectCause, RevokeCause, Subtype, TrackInfo,
};
use mcptt_codec::id::LegRef;

use super::MediaVerdict;
use super::arbitration::{self, Decision, Rank, Situation};
use super::behind;
use super::context::Context;
use super::disclosed::Disclosed;
use super::dual;
use super::general::{General, Input, Request, State as GeneralState, Talk, Talks};
use super::queue::QueuedRequest;
use super::timer::Timer;
use crate::floor::event::{Event, Machine};
use crate::floor::settings::{Entry, ParticipantProfile};
use crate::floor::transition::Rule;

pub(super) use revocation::on_t8_expired;
pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

use revocation::{Revocation, leave_sends_media, start_t8, stop_t8};

/// A participant and its machine.
#[derive(Debug)]
pub(super) struct Towards {
    pub(super) profile: ParticipantProfile,
    pub(super) entry: Entry,
    machine: Basic,
}

/// The machine: what exists in which state.
#[derive(Debug)]
enum Basic {
    StartStop,
    NotPermittedFloorIdle,
    NotPermittedFloorTaken,
    Permitted,
    /// Apart: few are in it, and a message is large.
    PendingFloorRevoke(Box<Revocation>),
    NotPermittedButSendsMedia(Box<Revocation>),
    Releasing,
    NotPermittedInitiating,
}

impl Towards {
    pub(super) fn new(profile: ParticipantProfile, entry: Entry) -> Self {
        Self { profile, entry, machine: Basic::StartStop }
    }

    pub(super) fn state(&self) -> State {
        match self.machine {
            Basic::StartStop => State::StartStop,
            Basic::NotPermittedFloorIdle => State::NotPermittedFloorIdle,
            Basic::NotPermittedFloorTaken => State::NotPermittedFloorTaken,
            Basic::Permitted => State::Permitted,
            Basic::PendingFloorRevoke(_) => State::PendingFloorRevoke,
            Basic::NotPermittedButSendsMedia(_) => State::NotPermittedButSendsMedia,
            Basic::Releasing => State::Releasing,
            Basic::NotPermittedInitiating => State::NotPermittedInitiating,
        }
    }
}

// What the application and signalling plane says

/// 6.3.5.2.2: a participant's part in the call begins. Returns an implicit request that is to be arbitrated.
pub(super) fn on_sip_session_initiated(leg: LegRef, general: &General, cx: &mut Context) -> Option<Input> {
    let entry = cx.participants.get(&leg)?.entry;
    let implicit = matches!(
        entry,
        Entry::Originator { implicit_request: true } | Entry::Joining { implicit_request: true }
    );
    if general.state() == GeneralState::FloorInitialising {
        initiating::on_sip_session_initiated(leg, implicit, cx);
        return None;
    }
    let Some(talks) = general.talks() else {
        transition(leg, Trigger::SipSessionInitiated, Basic::NotPermittedFloorIdle, cx);
        if implicit {
            return on_request_while_idle(leg, implicit_request(leg, cx)?, cx);
        }
        //= 24.380-6.3.5.2.2:idle
        //= 24.380-6.3.2.2:join
        if !matches!(entry, Entry::Originator { .. }) {
            let idle = cx.floor_idle();
            cx.send(leg, idle);
        }
        return None;
    };
    transition(leg, Trigger::SipSessionInitiated, Basic::NotPermittedFloorTaken, cx);
    if implicit && may_talk(leg, cx).is_ok() && cx.has_place(talks, leg) {
        send_floor_state(leg, Some(talks), cx);
        return implicit_request(leg, cx).map(Input::FloorRequest);
    }
    //= 24.380-6.3.5.2.2:queue
    //= 24.380-6.3.2.2:impq
    if implicit && cx.may_queue(leg, None) && may_talk(leg, cx).is_ok() && !queue_is_full(cx) {
        let request = implicit_request(leg, cx)?;
        wait_in_queue(leg, request, cx);
    } else {
        //= 24.380-6.3.5.2.2:taken
        send_floor_state(leg, Some(talks), cx);
    }
    None
}

/// 6.3.5.2.2: the call begins with an implicit request, whose grant is about to tell everybody.
pub(super) fn await_first_grant(leg: LegRef, cx: &mut Context) {
    transition(leg, Trigger::SipSessionInitiated, Basic::NotPermittedFloorIdle, cx);
}

/// An implicit request was accepted in mid-call.
pub(super) fn on_implicit_request(leg: LegRef, general: &General, cx: &mut Context) -> Option<Input> {
    let state = state_with_procedure(leg, Trigger::ImplicitRequest, Trigger::ImplicitRequest.name(), cx)?;
    let request = implicit_request(leg, cx)?;
    match (state, general.talks()) {
        (State::NotPermittedInitiating, _) => initiating::on_request(leg, request, cx),
        //= 24.380-6.3.5.4.8
        (State::NotPermittedFloorTaken, Some(talks)) => on_request_while_taken(leg, request, talks, cx),
        //= 24.380-6.3.5.3.9
        _ => on_request_while_idle(leg, request, cx),
    }
}

/// 6.3.5.8.2: silence towards the participant.
pub(super) fn on_call_release_step_1(leg: LegRef, cx: &mut Context) {
    //= 24.380-6.3.5.8.2
    cx.queue.remove_leg(leg);
    stop_t8(leg, cx);
    transition(leg, Trigger::CallReleaseStep1, Basic::Releasing, cx);
}

/// 6.3.5.9.2: the participant's part in the call is over and forgotten.
pub(super) fn on_call_release_step_2(leg: LegRef, cx: &mut Context) {
    //= 24.380-6.3.5.9.2
    transition(leg, Trigger::CallReleaseStep2, Basic::StartStop, cx);
    cx.participants.remove(&leg);
}

// What the participant sends

/// A floor control message has arrived. Returns what the general machine is to decide.
pub(super) fn on_message(
    from: LegRef,
    message: &FloorMessage,
    general: &General,
    cx: &mut Context,
) -> Option<Input> {
    let known = FIRST_RELEASES.message(message.subtype().number().0);
    let trigger = Trigger::of(message).filter(|_| known.is_some_and(|first| cx.policy.release.has(first)));
    let Some(trigger) = trigger else {
        discard(from, message.name(), cx);
        return None;
    };
    let state = state_with_procedure(from, trigger, message.name(), cx)?;
    match (message, state, general.talks()) {
        //= 24.380-6.3.5.3.4:fwd
        (FloorMessage::Request(request), State::NotPermittedFloorIdle, _) => {
            let request = explicit_request(from, request, cx)?;
            on_request_while_idle(from, request, cx)
        }
        (FloorMessage::Request(request), State::NotPermittedFloorTaken, Some(talks)) => {
            let request = explicit_request(from, request, cx)?;
            on_request_while_taken(from, request, talks, cx)
        }
        (FloorMessage::Request(request), State::NotPermittedInitiating, _) => {
            let request = explicit_request(from, request, cx)?;
            initiating::on_request(from, request, cx)
        }
        (FloorMessage::Request(request), State::Permitted, _) => {
            Some(Input::FloorRequest(explicit_request(from, request, cx)?))
        }
        (FloorMessage::Release(release), state, talks) => {
            acknowledge(from, message, &release.track_info, cx);
            let talk = talks.and_then(|talks| talks.find(from));
            match (talk, talks) {
                (Some(talk), Some(talks))
                    if !behind::is_same(talk.track_info.as_ref(), release.track_info.as_ref()) =>
                {
                    cx.queue.remove(from, release.track_info.as_ref());
                    let taken = cx.floor_taken_for(talks, release.track_info.clone());
                    cx.send(from, taken);
                    None
                }
                _ => on_floor_release(from, release.track_info.as_ref(), state, talks, cx),
            }
        }
        //= 24.380-6.3.5.4.7
        (FloorMessage::QueuePositionRequest(request), ..) => {
            let info = cx.queue_position_info(from, request.track_info.clone());
            cx.send(from, info);
            None
        }
        // What to do about a Floor Ack that does not come is an implementation option: the states do not depend on it.
        //= 24.380-6.3.5.3.5
        (FloorMessage::Ack(ack), State::Permitted, Some(talks)) => {
            let granted = ack.message_type.map(MessageType::number) == Some(Subtype::FLOOR_GRANTED);
            let awaited = talks.find(from).is_some_and(|talk| talk.is_running(Timer::T20));
            (granted && awaited).then_some(Input::GrantAcknowledged(from))
        }
        (FloorMessage::QueuedFloorRequests(request), ..) => {
            acknowledge(from, message, &request.track_info, cx);
            others::on_cancel_request(from, request, cx)
        }
        (FloorMessage::UnicastMediaFlowControl(control), ..) => {
            acknowledge(from, message, &control.track_info, cx);
            //= 24.380-6.3.5.4.13
            //= 24.380-6.3.5.4.14
            Some(Input::UnicastMedia { to: from, flows: control.flow?.is_resume() })
        }
        (FloorMessage::RevokeRequest(request), ..) => others::on_floor_revoke_request(from, request, cx),
        _ => None,
    }
}

/// Acknowledges a message that asks for it.
fn acknowledge(to: LegRef, message: &FloorMessage, track_info: &Option<TrackInfo>, cx: &mut Context) {
    //= 24.380-6.3.5.3.7:1
    //= 24.380-6.3.5.4.5:1
    if message.ack_requested() {
        let ack = cx.floor_ack(message, track_info.clone());
        cx.send(to, ack);
    }
}

/// RTP has arrived that is not the talker's.
pub(super) fn on_rtp_media(from: LegRef, cx: &mut Context, now: Instant) -> MediaVerdict {
    let Some(towards) = cx.participants.get_mut(&from) else { return MediaVerdict::Discard };
    let requirement = match &mut towards.machine {
        //= 24.380-6.3.5.3.8
        Basic::NotPermittedFloorIdle => "24.380-6.3.5.3.8",
        //= 24.380-6.3.5.4.6
        Basic::NotPermittedFloorTaken => "24.380-6.3.5.4.6",
        //= 24.380-6.3.5.7.2
        Basic::NotPermittedButSendsMedia(revocation) => {
            revocation.heard = true;
            return MediaVerdict::Discard;
        }
        _ => return MediaVerdict::Discard,
    };
    cx.emit(Event::PeerMisbehaved { participant: from, what: "RTP media without permission", requirement });
    let message = cx.floor_revoke(RevokeCause::NO_PERMISSION, None);
    cx.send(from, message.clone());
    let revocation = start_t8(from, Revocation::of(message), cx, now);
    transition(from, Trigger::RtpMedia, Basic::NotPermittedButSendsMedia(Box::new(revocation)), cx);
    MediaVerdict::Discard
}

fn on_floor_release(
    from: LegRef,
    track_info: Option<&TrackInfo>,
    state: State,
    talks: Option<&Talks>,
    cx: &mut Context,
) -> Option<Input> {
    match state {
        //= 24.380-6.3.5.5.3
        //= 24.380-6.3.5.6.5
        State::Permitted | State::PendingFloorRevoke => Some(Input::FloorRelease(from)),
        State::NotPermittedButSendsMedia => {
            //= 24.380-6.3.5.7.4
            cx.queue.remove(from, track_info);
            leave_sends_media(from, Trigger::FloorRelease, talks, cx);
            None
        }
        State::NotPermittedInitiating => {
            //= 24.380-6.3.5.10.7
            cx.queue.remove(from, track_info);
            None
        }
        _ => {
            //= 24.380-6.3.5.3.7:5
            //= 24.380-6.3.5.4.5:3
            cx.queue.remove(from, track_info);
            //= 24.380-6.3.5.3.7:2
            //= 24.380-6.3.5.4.5:4
            send_floor_state(from, talks, cx);
            None
        }
    }
}

/// 6.3.5.3.4 and 6.3.5.3.9.
fn on_request_while_idle(from: LegRef, request: Request, cx: &mut Context) -> Option<Input> {
    //= 24.380-6.3.5.3.4:bc
    if cx.call.broadcast_initiator.is_some_and(|initiator| initiator != from) {
        let deny = cx.floor_deny(RejectCause::RECEIVE_ONLY, request.track_info);
        cx.send(from, deny);
        return None;
    }
    Some(Input::FloorRequest(request))
}

/// 6.3.5.4.4 and 6.3.5.4.8.
fn on_request_while_taken(from: LegRef, request: Request, talks: &Talks, cx: &mut Context) -> Option<Input> {
    let decision = match may_talk(from, cx) {
        //= 24.380-6.3.5.4.4:bc
        //= 24.380-6.3.5.4.4:ro
        Err(cause) => Decision::Deny(cause),
        Ok(()) => {
            let situation = Situation {
                request: request.rank,
                place: cx.has_place(talks, from),
                talker: cx.rank_to_outrank(talks, from),
                queued: cx.queue.find(from, request.track_info.as_ref()).is_some(),
                queue_full: queue_is_full(cx),
            };
            let parameters = &cx.participants.get(&from)?.profile.parameters;
            let queueing = behind::queueing(parameters, request.track_info.as_ref());
            arbitration::while_taken(&cx.call, queueing, situation)
        }
    };
    //= 24.380-6.3.4.3.3:once
    match decision {
        Decision::Arbitrate => return Some(Input::FloorRequest(request)),
        Decision::Queue => wait_in_queue(from, request, cx),
        Decision::Deny(cause) => {
            let deny = cx.floor_deny(cause, request.track_info);
            cx.send(from, deny);
        }
    }
    None
}

/// A request of somebody behind the leg of the talker, which does not pre-empt it.
pub(super) fn on_request_behind_talker(request: Request, cx: &mut Context) {
    let (from, track_info) = (request.from, request.track_info.as_ref());
    let cause = if !cx.may_queue(from, track_info) {
        RejectCause::ANOTHER_CLIENT_HAS_PERMISSION
    } else if queue_is_full(cx) && cx.queue.find(from, track_info).is_none() {
        RejectCause::QUEUE_FULL
    } else {
        return wait_in_queue(from, request, cx);
    };
    let deny = cx.floor_deny(cause, request.track_info);
    cx.send(from, deny);
}

fn wait_in_queue(from: LegRef, request: Request, cx: &mut Context) {
    //= 24.380-6.3.5.4.4:q
    let Request { rank, track_info, disclosed, .. } = request;
    cx.queue.insert(QueuedRequest { from, rank, front: false, track_info: track_info.clone(), disclosed });
    let info = cx.queue_position_info(from, track_info);
    cx.send(from, info);
}

// The participant is whoever the transport is bound to; what the message says about its sender does not matter.
//= 24.380-6.3.5.1:ident
pub(super) fn explicit_request(from: LegRef, request: &FloorRequest, cx: &Context) -> Option<Request> {
    let parameters = &cx.profile(from)?.parameters;
    let rank = Rank::of_request(request.priority, request.indicator, parameters);
    let disclosed = Disclosed::of(request, parameters, &cx.policy);
    Some(Request { from, rank, track_info: request.track_info.clone(), disclosed })
}

/// The request that was made by a SIP request.
pub(super) fn implicit_request(from: LegRef, cx: &Context) -> Option<Request> {
    let parameters = &cx.profile(from)?.parameters;
    let rank = Rank::of_implicit_request(cx.call.indicator, parameters);
    let disclosed = Disclosed::of_implicit(parameters, &cx.policy);
    Some(Request { from, rank, track_info: None, disclosed })
}

pub(super) fn may_talk(leg: LegRef, cx: &Context) -> Result<(), RejectCause> {
    let profile = cx.profile(leg).ok_or(RejectCause::OTHER)?;
    arbitration::may_talk(&cx.call, leg, &profile.parameters)
}

fn queue_is_full(cx: &Context) -> bool {
    cx.queue.requests().len() >= cx.policy.queue_limit
}

// What the general machine wants sent

/// Sends what leaves the state as it is, and Floor Granted: see [`permit`].
pub(super) fn send(to: LegRef, message: FloorMessage, cx: &mut Context) {
    cx.send(to, message);
}

/// A new talker was sent its Floor Granted.
pub(super) fn permit(to: LegRef, cx: &mut Context) {
    //= 24.380-6.3.5.4.9
    //= 24.380-6.3.5.10.6
    stop_t8(to, cx);
    transition(to, Trigger::SendFloorGranted, Basic::Permitted, cx);
}

/// Sends Floor Taken to everybody but the talker it announces.
pub(super) fn send_floor_taken_to_others(talks: &Talks, cx: &mut Context) {
    //= 24.380-6.3.5.5.9
    //= 24.380-6.3.5.6.7
    //= 24.380-6.3.5.10.3
    let to = receivers(Some(talks.newest().talker), cx);
    let message = cx.floor_taken(talks);
    cx.send_all(Arc::clone(&to), message);
    for leg in to.iter().filter(|leg| talks.find(**leg).is_none()) {
        stop_t8(*leg, cx);
        transition(*leg, Trigger::SendFloorTaken, Basic::NotPermittedFloorTaken, cx);
    }
}

/// Sends what concerns the floor of the overriding talker to everybody but `except`. Nobody's own state depends on it.
pub(super) fn send_of_dual_floor(message: FloorMessage, except: LegRef, cx: &mut Context) {
    //= 24.380-6.3.5.4.10
    let to = receivers(Some(except), cx);
    cx.send_all(to, message);
}

/// Tells everybody that one of several talkers has stopped.
pub(super) fn send_floor_release_multi_talker(ended: &Talk, cx: &mut Context) {
    let message = cx.floor_release_multi_talker(ended);
    let to = receivers(None, cx);
    // Unless it has left the call.
    if cx.participants.contains_key(&ended.talker) {
        stop_t8(ended.talker, cx);
        let trigger = Trigger::SendFloorReleaseMultiTalker;
        transition(ended.talker, trigger, Basic::NotPermittedFloorTaken, cx);
    }
    cx.send_all(to, message);
}

/// Sends Floor Idle to everybody.
pub(super) fn send_floor_idle_to_all(cx: &mut Context) {
    //= 24.380-6.3.5.4.3
    //= 24.380-6.3.5.5.4
    //= 24.380-6.3.5.6.6
    //= 24.380-6.3.5.10.4
    let to = receivers(None, cx);
    let message = cx.floor_idle();
    cx.send_all(Arc::clone(&to), message);
    for leg in to.iter() {
        stop_t8(*leg, cx);
        transition(*leg, Trigger::SendFloorIdle, Basic::NotPermittedFloorIdle, cx);
    }
}

/// Sends Floor Revoke to the talker.
pub(super) fn send_floor_revoke(to: LegRef, message: FloorMessage, cx: &mut Context, now: Instant) {
    //= 24.380-6.3.5.5.5
    cx.send(to, message.clone());
    //= 24.380-6.3.5.6.2
    let revocation = start_t8(to, Revocation::of(message), cx, now);
    transition(to, Trigger::SendFloorRevoke, Basic::PendingFloorRevoke(Box::new(revocation)), cx);
}

/// Whom an announcement goes to. One that sends media without permission hears of the floor when it has stopped.
fn receivers(except: Option<LegRef>, cx: &Context) -> Arc<[LegRef]> {
    let hears =
        |state| !matches!(state, State::StartStop | State::NotPermittedButSendsMedia | State::Releasing);
    cx.participants
        .iter()
        .filter(|(leg, towards)| Some(**leg) != except && hears(towards.state()))
        .map(|(leg, _)| *leg)
        .collect()
}

/// Tells one participant who has the floor.
fn send_floor_state(to: LegRef, talks: Option<&Talks>, cx: &mut Context) {
    let message = match talks {
        Some(talks) => cx.floor_taken(talks),
        None => cx.floor_idle(),
    };
    cx.send(to, message);
    if let Some(taken) = dual::floor_taken(cx) {
        cx.send(to, taken);
    }
}

// States

/// The state, if there is a procedure for `trigger` in it; otherwise the input is discarded.
fn state_with_procedure(leg: LegRef, trigger: Trigger, got: &'static str, cx: &mut Context) -> Option<State> {
    let state = cx.participants.get(&leg).map(Towards::state);
    let procedure = state.and_then(|state| Rule::find(PROCEDURES, state, trigger));
    //= 24.380-6.3.5.6:freq
    if procedure.is_none() {
        discard(leg, got, cx);
    }
    procedure.map(|procedure| procedure.state)
}

fn discard(leg: LegRef, got: &'static str, cx: &mut Context) {
    match cx.participants.get(&leg).map(Towards::state) {
        //= 24.380-6.3.5.1
        Some(state) => cx.discard(Machine::Towards, Some(leg), state.name(), got, "24.380-6.3.5.1"),
        //= 24.380-6.3.5.1:addr
        None => cx.discard(Machine::Towards, Some(leg), State::StartStop.name(), got, "24.380-6.3.5.1:addr"),
    }
}

fn transition(leg: LegRef, trigger: Trigger, next: Basic, cx: &mut Context) {
    let Some(towards) = cx.participants.get_mut(&leg) else { return };
    let from = towards.state();
    towards.machine = next;
    let to = towards.state();
    let rule = Rule::find(PROCEDURES, from, trigger);
    debug_assert!(rule.is_some_and(|rule| rule.permits(to)), "{from} does not go to {to} on {trigger:?}");
    if from != to {
        cx.emit(Event::StateChanged {
            machine: Machine::Towards,
            participant: Some(leg),
            from: from.name(),
            to: to.name(),
            cause: trigger.name(),
            clause: rule.map_or("6.3.5.1", |rule| rule.clause),
        });
    }
}
