//! Dual floor (6.3.6): one talks over the talker, who goes on.

use std::time::Duration;

use mcptt_codec::floor::{FloorGranted, FloorIndicator, FloorMessage, RevokeCause};

use super::revoke::may_pre_empt;
use super::shape::{reply, told};
use super::{down, down_in, down_to, leaves, lets_go, request, speaks, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::{CallBelief, FloorBelief, Rank, Talk, has};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Context, Duty, Obligations, Step};

/// Seconds that two roundings and the way may make of a duration.
const TOLERANCE: u64 = 1;

fn is_dual(message: &FloorMessage) -> bool {
    let indicator = match message {
        FloorMessage::Granted(granted) => granted.indicator,
        FloorMessage::Taken(taken) => taken.indicator,
        FloorMessage::Idle(idle) => idle.indicator,
        FloorMessage::Revoke(revoke) => revoke.indicator,
        _ => return false,
    };
    has(indicator, FloorIndicator::DUAL_FLOOR)
}

/// Who talks over whom, when that is certain.
fn overriding<'a>(cx: &Context<'a>, call: &Call) -> Option<(&'a CallBelief, Talk, Option<Talk>)> {
    let belief = cx.call(call)?;
    match belief.floor {
        FloorBelief::Dual { overriding, overridden } => Some((belief, overriding, overridden)),
        _ => None,
    }
}

/// A pre-emptive request in a group with dual floor is granted, and nobody is revoked.
pub(super) const OVERRIDE: Rule = Rule {
    requirements: &["24.380-6.3.4.4.7:1", "24.380-6.3.6.1"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        if !cx.profile.group(call).is_some_and(|group| group.dual_floor) || !Rank::of(request).is_emergency()
        {
            return;
        }
        if let Some((belief, talk, overridden)) = overriding(cx, call) {
            let talks = talk.talker == leg || overridden.is_some_and(|talk| talk.talker == leg);
            if talks || !belief.hears(leg) {
                return;
            }
            let expected = "no second one that talks over the talker";
            let duty = Duty::must_not("24.380-6.3.6.1", cx.answer(), expected).on_leg(call, leg);
            return todo.watch(
                cx,
                duty.in_this_state(),
                reply(leg, |message| match message {
                    FloorMessage::Granted(_) if is_dual(message) => Step::by(message.name()),
                    _ => Step::Wait,
                }),
            );
        }
        let Some(belief) = cx.settled(call) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        let talker = talk.talker;
        let of_talker = belief.asked.get(&talker).map(|asked| asked.rank).unwrap_or_default();
        if talker == leg
            || of_talker.is_emergency()
            || !belief.hears(leg)
            || !may_pre_empt(cx, call, belief, leg)
        {
            return;
        }
        let own = call.clone();
        let expected = "Floor Granted with the bit of dual floor, no Floor Revoke";
        let duty = Duty::must("24.380-6.3.4.4.7:1", cx.answer(), expected).on_leg(call, leg);
        todo.watch(cx, duty.in_this_state(), move |fact| match down_in(fact, &own) {
            Some((to, message @ FloorMessage::Granted(_))) if to == leg => {
                Step::test(is_dual(message), || "without the bit".to_owned())
            }
            Some((to, FloorMessage::Revoke(revoke)))
                if to == talker && revoke.cause == Some(RevokeCause::PRE_EMPTED) =>
            {
                Step::by("the talker was revoked")
            }
            _ if lets_go(fact, talker) || lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// The beginning: everybody else is told, the talker too, and nobody is revoked.
pub(super) const BEGIN: Rule = Rule {
    requirements: &["24.380-6.3.6.3.2", "24.380-6.3.5.4.10"],
    watch: |cx, fact, todo| {
        let Some((call, leg, message)) = down(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        if !matches!(message, FloorMessage::Granted(_)) || !is_dual(message) || talk.talker == leg {
            return;
        }
        for listener in belief.listeners(Some(leg)) {
            let expected = "Floor Taken with one granted party and the bit of dual floor, no Floor Revoke";
            let also: &[_] = if listener == talk.talker { &[] } else { &["24.380-6.3.5.4.10"] };
            let duty =
                Duty::must("24.380-6.3.6.3.2", cx.answer(), expected).also(also).on_leg(call, listener);
            todo.watch(
                cx,
                duty,
                told(listener, |message| match message {
                    FloorMessage::Taken(taken) => {
                        Step::test(is_dual(message) && taken.granted_users.is_empty(), || {
                            format!("{taken:?}")
                        })
                    }
                    FloorMessage::Revoke(_) => Step::by(message.name()),
                    _ => Step::Wait,
                }),
            );
        }
    },
};

/// The others hear that it is over, and who talks now.
fn is_told_the_end(
    cx: &Context<'_>,
    todo: &mut Obligations,
    duty: impl Fn() -> Duty,
    call: &Call,
    (belief, leaver, overridden): (&CallBelief, Leg, Option<Talk>),
    void: impl Fn(&Fact) -> bool + Clone + 'static,
) {
    for listener in belief.listeners(Some(leaver)) {
        let (void, talks) = (void.clone(), overridden.is_some_and(|talk| talk.talker == listener));
        let mut ended = false;
        todo.watch(cx, duty().on_leg(call, listener), move |fact| match down_to(fact, listener) {
            Some(message @ FloorMessage::Idle(_)) if is_dual(message) => {
                ended = true;
                // The talker knows that it talks.
                if talks { Step::Held } else { Step::Wait }
            }
            // The talker had let go meanwhile.
            Some(FloorMessage::Taken(_) | FloorMessage::Idle(_) | FloorMessage::Granted(_)) if ended => {
                Step::Held
            }
            Some(message @ (FloorMessage::Taken(_) | FloorMessage::Idle(_))) => {
                Step::by(format!("{} without the bit of dual floor before", message.name()))
            }
            _ if void(fact) => Step::Void,
            _ => Step::Wait,
        });
    }
}

/// It lets go or leaves.
pub(super) const END: Rule = Rule {
    requirements: &["24.380-6.3.6.3.6", "24.380-6.3.6.3.8"],
    watch: |cx, fact, todo| {
        let (call, leg, requirement) = match fact {
            Fact::Up { call, leg, message } if matches!(**message, FloorMessage::Release(_)) => {
                (call, *leg, "24.380-6.3.6.3.6")
            }
            Fact::LegClosing { call, leg, by_server: false, .. } => (call, *leg, "24.380-6.3.6.3.8"),
            _ => return,
        };
        let Some((belief, talk, overridden)) = overriding(cx, call) else { return };
        if talk.talker != leg {
            return;
        }
        let expected = "Floor Idle with the bit of dual floor, then who talks, to the others";
        let within = cx.answer();
        let duty = || Duty::must(requirement, within, expected);
        is_told_the_end(cx, todo, duty, call, (belief, leg, overridden), |_| false);
    },
};

/// It falls silent, or talks for too long.
pub(super) const TIMERS: Rule = Rule {
    requirements: &["24.380-6.3.6.3.3", "24.380-6.3.6.3.4", "24.380-6.3.6.3.5"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, sequence } = fact else { return };
        let Some((belief, talk, overridden)) = overriding(cx, call) else { return };
        if talk.talker != *leg || belief.is_moved_by(*leg, cx.now, cx.answer()) {
            return;
        }
        let (leg, ssrc, sequence) = (*leg, *ssrc, *sequence);
        if let Some(overridden) = overridden {
            let hearer = overridden.talker;
            let expected = "the packet at the talker that is talked over";
            let duty = Duty::must("24.380-6.3.6.3.5", cx.answer(), expected).on_leg(call, hearer);
            todo.watch(cx, duty.in_this_state(), move |fact| match fact {
                Fact::VoiceDown { leg: to, ssrc: source, sequence: number, .. }
                    if *to == hearer && *source == ssrc && *number == sequence =>
                {
                    Step::Held
                }
                _ if lets_go(fact, leg) || lets_go(fact, hearer) => Step::Void,
                _ => Step::Wait,
            });
        }
        let timers = cx.profile.timers;
        let (early, late) = (cx.profile.early(timers.t11), cx.profile.late(timers.t11));
        let expected = "Floor Idle with the bit of dual floor T11 after the last voice";
        let duty = || Duty::must("24.380-6.3.6.3.3", late, expected).not_before(early);
        let over = move |fact: &Fact| {
            speaks(fact, leg)
                || up_from(fact, leg).is_some()
                || leaves(fact, leg)
                || matches!(down_to(fact, leg), Some(FloorMessage::Revoke(_)))
                || overridden.is_some_and(|talk| {
                    lets_go(fact, talk.talker)
                        || leaves(fact, talk.talker)
                        || matches!(down_to(fact, talk.talker), Some(FloorMessage::Revoke(_)))
                })
        };
        is_told_the_end(cx, todo, duty, call, (belief, leg, overridden), over);
        if talk.first_voice.is_none() {
            let (early, late) = (cx.profile.early(timers.t12), cx.profile.late(timers.t12));
            let duty =
                Duty::must("24.380-6.3.6.3.4", late, "Floor Revoke cause 2, T12 after the first voice");
            todo.watch(cx, duty.counts_from(early).on_leg(call, leg), move |fact| match down_to(fact, leg) {
                Some(FloorMessage::Revoke(revoke)) => {
                    Step::test(revoke.cause == Some(RevokeCause::MEDIA_BURST_TOO_LONG), || {
                        format!("{:?}", revoke.cause)
                    })
                }
                Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
                _ if lets_go(fact, leg) || overridden.is_some_and(|talk| lets_go(fact, talk.talker)) => {
                    Step::Void
                }
                _ => Step::Wait,
            });
        }
    },
};

/// It asks again.
pub(super) const ASK_AGAIN: Rule = Rule {
    requirements: &["24.380-6.3.6.3.7"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some((_, talk, _)) = overriding(cx, call).filter(|(_, talk, _)| talk.talker == leg) else {
            return;
        };
        let used = talk.first_voice.map_or(Duration::ZERO, |first| cx.now.saturating_sub(first));
        let left = cx.profile.timers.t12.saturating_sub(used).as_secs();
        let told = |granted: &FloorGranted| granted.duration.unwrap_or_default().as_secs();
        let expected =
            format!("Floor Granted with the bit of dual floor and Duration {left} s, one more or less");
        let duty = Duty::must("24.380-6.3.6.3.7", cx.answer(), expected).on_leg(call, leg).in_this_state();
        todo.watch(
            cx,
            duty,
            reply(leg, move |message| match message {
                FloorMessage::Granted(granted) => {
                    let right = is_dual(message) && told(granted).abs_diff(left) <= TOLERANCE;
                    Step::test(right, || format!("{granted:?}"))
                }
                FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_) => Step::by(message.name()),
                _ => Step::Wait,
            }),
        );
    },
};

/// The other one lets go first: who talked over it is the talker now.
pub(super) const TAKES_OVER: Rule = Rule {
    requirements: &["24.380-6.3.6.3.9"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some((belief, talk, Some(overridden))) = overriding(cx, call) else { return };
        let user = belief.legs.get(&talk.talker).map(|profile| cx.belief.mcptt_id(&profile.user).to_owned());
        if overridden.talker != leg {
            return;
        }
        for listener in belief.listeners(Some(talk.talker)) {
            let user = user.clone();
            let expected = "Floor Taken that names who talks now, without the bit of dual floor";
            let duty = Duty::must("24.380-6.3.6.3.9", cx.answer(), expected).on_leg(call, listener);
            todo.watch(
                cx,
                duty,
                told(listener, move |message| match message {
                    FloorMessage::Taken(taken) => {
                        let named = taken.granted_party.as_ref().map(|party| party.as_str());
                        let right =
                            !is_dual(message) && named.is_none_or(|named| Some(named) == user.as_deref());
                        Step::test(right, || format!("{taken:?}"))
                    }
                    FloorMessage::Granted(_) => Step::by(message.name()),
                    _ => Step::Wait,
                }),
            );
        }
    },
};
