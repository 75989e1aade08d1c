//! What one participant asks for on behalf of others, and about its own media (6.3.4.4.13 to 6.3.4.4.16, 6.3.5.4.12,
//! 6.3.5.4.15).

use mcptt_codec::floor::{
    FloorMessage, QueuedFloorRequestsPurpose as Purpose, ResponseState, RevokeCause, Subtype,
};

use super::shape::{never_in, told};
use super::{down_to, leaves, lets_go, up};
use crate::judge::Rule;
use crate::judge::belief::{CallBelief, FloorBelief};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Context, Duty, Step};
use crate::judge::profile::{MemberFacts, UserFacts};

/// Release 17 brought cancelling and stopping, Release 19 revoking on behalf.
const CANCELLING: u8 = 17;
const ON_BEHALF: u8 = 19;

/// What the documents say of the user of a leg.
fn rights<'a>(cx: &Context<'a>, belief: &CallBelief, leg: Leg) -> Option<(&'a MemberFacts, &'a UserFacts)> {
    let profile = belief.legs.get(&leg)?;
    let user = cx.belief.mcptt_id(&profile.user);
    let documents = cx.profile.documents.as_ref()?;
    Some((documents.groups.get(&*profile.call)?.members.get(user)?, documents.users.get(user)?))
}

fn queued(message: &FloorMessage) -> Option<(Option<Purpose>, Option<ResponseState>)> {
    match message {
        FloorMessage::QueuedFloorRequests(message) => Some((message.purpose, message.response_state)),
        _ => None,
    }
}

/// Who may have requests of others cancelled: who is removed is told, who asked is told what came of it, who still
/// waits is told its place. Who may not is told that.
pub(super) const CANCEL: Rule = Rule {
    requirements: &["24.380-6.3.4.4.13", "24.380-6.3.4.4.13:2d", "24.380-6.3.5.4.12"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::QueuedFloorRequests(request))) = up(fact) else { return };
        if request.purpose != Some(Purpose::CANCEL_REQUEST) || !cx.profile.has_release(CANCELLING) {
            return;
        }
        let is_taken = |floor| matches!(floor, FloorBelief::Taken(_) | FloorBelief::Parallel);
        let Some((belief, true)) = cx.agreed(call, move |floor| Some(is_taken(floor))) else { return };
        let Some((member, _)) = rights(cx, belief, leg) else { return };
        if !member.cancels_queued {
            let expected = "a cancel result that says not authorised, and nobody removed";
            let duty = Duty::must("24.380-6.3.5.4.12", cx.answer(), expected).on_leg(call, leg);
            todo.watch(
                cx,
                duty,
                told(leg, |message| match queued(message) {
                    Some((Some(Purpose::CANCEL_RESULT), state)) => {
                        Step::test(state == Some(ResponseState::NOT_AUTHORISED), || format!("{state:?}"))
                    }
                    _ => Step::Wait,
                }),
            );
            let duty = Duty::must_not("24.380-6.3.5.4.12", cx.answer(), expected).on_leg(call, leg);
            let is_notification = move |to: Leg, message: &FloorMessage| {
                to != leg && matches!(queued(message), Some((Some(Purpose::CANCEL_NOTIFICATION), _)))
            };
            return todo.watch(cx, duty, never_in(call, is_notification));
        }
        let expected = "a cancel result";
        let duty = Duty::must("24.380-6.3.4.4.13", cx.answer(), expected).on_leg(call, leg);
        todo.watch(
            cx,
            duty,
            told(leg, |message| match queued(message) {
                Some((Some(Purpose::CANCEL_RESULT), state)) => {
                    let refused = state == Some(ResponseState::NOT_AUTHORISED);
                    Step::test(!refused, || "not authorised".to_owned())
                }
                _ => Step::Wait,
            }),
        );
        let named = |user: &str| request.queued_users.iter().any(|queued| queued.as_str() == user);
        let is_named = |leg: &Leg| {
            let user = belief.legs.get(leg).map(|profile| cx.belief.mcptt_id(&profile.user));
            request.queued_users.is_empty() || user.is_some_and(named)
        };
        let any = belief.queue.keys().any(is_named);
        for waiting in belief.queue.keys().copied() {
            let removed = is_named(&waiting);
            let queues = belief.legs.get(&waiting).is_some_and(|profile| profile.queueing);
            let (requirement, expected) = match removed {
                true => ("24.380-6.3.4.4.13", "a cancel notification to who is removed"),
                false if any && queues => ("24.380-6.3.4.4.13:2d", "the place of who still waits"),
                false => continue,
            };
            let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, waiting);
            todo.watch(cx, duty, move |fact| match down_to(fact, waiting) {
                Some(FloorMessage::QueuePositionInfo(info)) => {
                    let waits = info.info.is_some_and(|info| !info.position.is_not_queued());
                    if removed { Step::Wait } else { Step::test(waits, || format!("{:?}", info.info)) }
                }
                Some(FloorMessage::QueuedFloorRequests(told)) => {
                    let notified = told.purpose == Some(Purpose::CANCEL_NOTIFICATION);
                    Step::test(removed && notified, || format!("{:?}", told.purpose))
                }
                Some(FloorMessage::Granted(_) | FloorMessage::Idle(_)) => Step::Void,
                _ if lets_go(fact, waiting) || leaves(fact, waiting) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};

/// Who has stopped its media hears nobody, and is told of the floor all the same; when it resumes it hears again.
pub(super) const STOPPED: Rule = Rule {
    requirements: &["24.380-6.3.4.4.14", "24.380-6.3.4.4.15"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, sequence } = fact else { return };
        let Some(belief) = cx.call(call).filter(|_| cx.profile.has_release(CANCELLING)) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        if talk.talker != *leg || belief.is_moved_by(*leg, cx.now, cx.answer()) {
            return;
        }
        let (ssrc, sequence, talker) = (*ssrc, *sequence, *leg);
        for (hearer, (stopped, since)) in &belief.flows {
            // What the target has not worked on yet has no effect.
            if cx.now.saturating_sub(*since) <= cx.answer() || !belief.hears(*hearer) || *hearer == talker {
                continue;
            }
            let (hearer, own) = (*hearer, call.clone());
            let is_it = move |fact: &Fact| {
                matches!(fact, Fact::VoiceDown { call, leg, ssrc: source, sequence: number }
                    if *call == own && *leg == hearer && *source == ssrc && *number == sequence)
            };
            if *stopped {
                let expected = "no voice to who has stopped it";
                let duty = Duty::must_not("24.380-6.3.4.4.14", cx.answer(), expected).on_leg(call, hearer);
                todo.watch(cx, duty, move |fact| if is_it(fact) { Step::by("voice") } else { Step::Wait });
            } else {
                let expected = "voice again to who has resumed it";
                let duty = Duty::must("24.380-6.3.4.4.15", cx.answer(), expected).on_leg(call, hearer);
                todo.watch(cx, duty.in_this_state(), move |fact| match is_it(fact) {
                    true => Step::Held,
                    false if lets_go(fact, talker) => Step::Void,
                    false => Step::Wait,
                });
            }
        }
    },
};

/// Who stops or resumes its media while somebody talks is acknowledged when it asks for that.
pub(super) const FLOW: Rule = Rule {
    requirements: &["24.380-6.3.5.4.13", "24.380-6.3.5.4.14"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::UnicastMediaFlowControl(control))) = up(fact) else { return };
        let taken = |floor| matches!(floor, FloorBelief::Taken(talk) if talk.talker != leg);
        let Some((belief, true)) = cx.agreed(call, |floor| Some(taken(floor))) else { return };
        let (true, Some(flow)) = (control.ack_requested, control.flow) else { return };
        if !belief.hears(leg) || !cx.profile.has_release(CANCELLING) {
            return;
        }
        let requirement = if flow.is_resume() { "24.380-6.3.5.4.14" } else { "24.380-6.3.5.4.13" };
        let wanted = Subtype::UNICAST_MEDIA_FLOW_CONTROL;
        let expected = format!("Floor Ack with Message Type {}", wanted.0);
        let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, leg);
        todo.watch(
            cx,
            duty,
            told(leg, move |message| match message {
                FloorMessage::Ack(ack) => match ack.message_type.map(|kind| Subtype(kind.0)) {
                    Some(kind) if kind == wanted => Step::Held,
                    Some(kind) if kind == wanted.with_ack(true) => {
                        Step::Tolerated("with the acknowledgement bit".to_owned())
                    }
                    kind => Step::by(format!("{kind:?}")),
                },
                _ => Step::Wait,
            }),
        );
    },
};

/// The call and the talker that a Floor Revoke Request names.
fn named_talker<'a>(cx: &Context<'a>, fact: &'a Fact) -> Option<(&'a Call, Leg, &'a CallBelief, Leg)> {
    let (call, leg, FloorMessage::RevokeRequest(request)) = up(fact)? else { return None };
    let belief = cx.settled(call).filter(|_| cx.profile.has_release(ON_BEHALF))?;
    let FloorBelief::Taken(talk) = belief.floor else { return None };
    let user = request.user_id.as_ref()?;
    let named = cx.belief.leg_of_user(call, user.as_str()) == Some(talk.talker);
    named.then_some((call, leg, belief, talk.talker))
}

/// The floor is revoked on behalf of who may ask for that, and of nobody else.
pub(super) const REVOKE: Rule = Rule {
    requirements: &["24.380-6.3.4.4.16", "24.380-6.3.5.4.15"],
    watch: |cx, fact, todo| {
        let Some((call, leg, belief, talker)) = named_talker(cx, fact) else { return };
        let Some((_, user)) = rights(cx, belief, leg).filter(|_| talker != leg) else { return };
        if !user.revokes_others {
            let expected = "no Floor Revoke for who may not ask for it";
            let duty = Duty::must_not("24.380-6.3.5.4.15", cx.answer(), expected).on_leg(call, talker);
            return todo.watch(
                cx,
                duty.in_this_state(),
                told(talker, |message| match message {
                    FloorMessage::Revoke(_) => Step::by(message.name()),
                    _ => Step::Wait,
                }),
            );
        }
        let expected = "Floor Revoke cause 7 to the talker";
        let duty = Duty::must("24.380-6.3.4.4.16", cx.answer(), expected).on_leg(call, talker);
        todo.watch(cx, duty.in_this_state(), move |fact| match down_to(fact, talker) {
            Some(FloorMessage::Revoke(revoke)) => match revoke.cause {
                Some(RevokeCause::REVOKED_BY_ANOTHER_CLIENT) => Step::Held,
                // A procedure prints 8 where the table has 7.
                Some(RevokeCause(8)) => Step::Tolerated("cause 8".to_owned()),
                Some(RevokeCause::PRE_EMPTED | RevokeCause::MEDIA_BURST_TOO_LONG) => Step::Void,
                cause => Step::by(format!("{cause:?}")),
            },
            _ if lets_go(fact, talker) => Step::Void,
            _ => Step::Wait,
        });
    },
};
