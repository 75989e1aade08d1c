//! Multi-talker groups (6.3.4.4.3, 6.3.4.4.6, 6.3.4.4.7a, 6.3.5.4.4): several talk at once.

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorReleaseMultiTalker, RejectCause, RevokeCause};

use super::revoke::may_pre_empt;
use super::shape::{reply, told};
use super::{down_in, down_to, lets_go, request, speaks, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::{CallBelief, FloorBelief, Rank, has};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Context, Duty, Obligations, Step};

/// The call of a multi-talker group in which somebody talks and everybody who does is known.
fn talks<'a>(cx: &Context<'a>, call: &Call) -> Option<(&'a CallBelief, usize)> {
    let most = cx.profile.group(call)?.max_talkers?;
    let belief = cx.settled(call).filter(|belief| cx.sees_all_of(belief))?;
    let talking = belief.floor == FloorBelief::Parallel && !belief.talks.is_empty();
    talking.then_some((belief, usize::from(most)))
}

/// Whether the member may talk while others do.
fn talks_beside(cx: &Context<'_>, belief: &CallBelief, leg: Leg) -> bool {
    let member = belief
        .legs
        .get(&leg)
        .and_then(|profile| cx.profile.group(&profile.call)?.members.get(cx.belief.mcptt_id(&profile.user)));
    member.is_some_and(|member| member.talks_beside && !member.receive_only)
}

/// A request while others talk.
pub(super) const BESIDE: Rule = Rule {
    requirements: &["24.380-6.3.4.4.7a:b", "24.380-6.3.4.4.7a:a", "24.380-6.3.5.4.4:mt"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let Some((belief, most)) = talks(cx, call) else { return };
        let waits = !belief.queue.is_empty() || belief.talks.values().any(|talk| talk.revoked);
        if belief.talks.contains_key(&leg) || !belief.hears(leg) || waits {
            return;
        }
        let (room, allowed) = (belief.talks.len() < most, talks_beside(cx, belief, leg));
        let emergency = Rank::of(request).is_emergency() && may_pre_empt(cx, call, belief, leg);
        match (room, allowed) {
            (true, true) => {
                let expected = "Floor Granted beside the others, with the bit of multi-talker";
                let duty = Duty::must("24.380-6.3.4.4.7a:b", cx.answer(), expected).on_leg(call, leg);
                todo.watch(
                    cx,
                    duty.in_this_state(),
                    reply(leg, |message| match message {
                        FloorMessage::Granted(granted) => {
                            Step::test(has(granted.indicator, FloorIndicator::MULTI_TALKER), || {
                                format!("{:?}", granted.indicator)
                            })
                        }
                        FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_) => {
                            Step::by(message.name())
                        }
                        _ => Step::Wait,
                    }),
                );
            }
            (true, false) if Rank::of(request).is_normal() => {
                let expected =
                    "Floor Queue Position Info or Floor Deny cause 1 to who may not talk beside others";
                let duty = Duty::must("24.380-6.3.5.4.4:mt", cx.answer(), expected).on_leg(call, leg);
                todo.watch(
                    cx,
                    duty.in_this_state(),
                    reply(leg, |message| match message {
                        FloorMessage::QueuePositionInfo(_) => Step::Held,
                        FloorMessage::Deny(deny) => Step::test(
                            matches!(
                                deny.cause,
                                Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION | RejectCause::QUEUE_FULL)
                            ),
                            || format!("{:?}", deny.cause),
                        ),
                        FloorMessage::Granted(_) => Step::by(message.name()),
                        _ => Step::Wait,
                    }),
                );
            }
            (false, true) if emergency => displace(cx, todo, call, belief, leg),
            _ => {}
        }
    },
};

/// One of the talkers that are worth least is revoked, the others are not.
fn displace(cx: &Context<'_>, todo: &mut Obligations, call: &Call, belief: &CallBelief, leg: Leg) {
    let rank = |talker: &Leg| belief.asked.get(talker).map(|asked| asked.rank).unwrap_or_default();
    if belief.talks.keys().any(|talker| rank(talker).is_emergency()) {
        return;
    }
    let Some(lowest) = belief.talks.keys().map(rank).min() else { return };
    let candidates: Vec<Leg> = belief.talks.keys().copied().filter(|talker| rank(talker) == lowest).collect();
    let own = call.clone();
    let expected = "Floor Revoke cause 4 to the talker that is worth least, and to no other";
    let duty = Duty::must("24.380-6.3.4.4.7a:a", cx.answer(), expected).on_leg(call, leg);
    todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
        Some((to, FloorMessage::Revoke(revoke))) if revoke.cause == Some(RevokeCause::PRE_EMPTED) => {
            Step::test(candidates.contains(&to), || "another talker was revoked".to_owned())
        }
        Some((to, message @ (FloorMessage::Deny(_) | FloorMessage::Granted(_)))) if to == leg => {
            Step::by(message.name())
        }
        _ if candidates.iter().any(|talker| lets_go(fact, *talker)) || lets_go(fact, leg) => Step::Void,
        _ => Step::Wait,
    });
}

/// Floor Taken tells all others, the talkers among them, who talks now.
pub(super) const LISTS: Rule = Rule {
    requirements: &["24.380-6.3.4.4.7a:3c"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg: talker, message } = fact else { return };
        let FloorMessage::Granted(granted) = &**message else { return };
        let Some(belief) = cx.call(call).filter(|belief| cx.sees_all_of(belief)) else { return };
        if belief.floor != FloorBelief::Parallel || belief.talks.is_empty() {
            return;
        }
        if belief.talks.contains_key(talker) || !has(granted.indicator, FloorIndicator::MULTI_TALKER) {
            return;
        }
        let count = belief.talks.len().saturating_add(1);
        let ssrc = granted.granted_ssrc;
        for listener in belief.listeners(Some(*talker)) {
            let expected = format!("Floor Taken with {count} users and their SSRCs in the same order");
            let duty = Duty::must("24.380-6.3.4.4.7a:3c", cx.answer(), expected).on_leg(call, listener);
            todo.watch(
                cx,
                duty,
                told(listener, move |message| match message {
                    FloorMessage::Taken(taken) => {
                        let right = taken.granted_users.len() == count
                            && taken.ssrcs.len() == count
                            && has(taken.indicator, FloorIndicator::MULTI_TALKER)
                            && ssrc.is_none_or(|ssrc| taken.ssrcs.contains(&ssrc));
                        Step::test(right, || format!("{:?} {:?}", taken.granted_users, taken.ssrcs))
                    }
                    _ => Step::Wait,
                }),
            );
        }
    },
};

/// Whether it tells that this talk has ended.
fn is_end_of(
    over: &FloorReleaseMultiTalker,
    user: Option<&str>,
    ssrc: Option<mcptt_codec::id::Ssrc>,
) -> bool {
    let named = over.user_id.as_ref().map(|user| user.as_str());
    named.is_none_or(|named| Some(named) == user) && over.talker_ssrc.is_none_or(|told| Some(told) == ssrc)
}

/// The identity of a talker and the SSRC it was given.
fn names<'a>(
    cx: &Context<'a>,
    belief: &'a CallBelief,
    leg: Leg,
) -> (Option<&'a str>, Option<mcptt_codec::id::Ssrc>) {
    let user = belief.legs.get(&leg).map(|profile| cx.belief.mcptt_id(&profile.user));
    (user, belief.given.get(&leg).copied())
}

/// When one of several lets go the others hear of it; the floor is not idle.
pub(super) const ONE_STOPS: Rule = Rule {
    requirements: &["24.380-6.3.4.4.6:5"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some((belief, _)) = talks(cx, call) else { return };
        if belief.talks.len() < 2 || !belief.talks.contains_key(&leg) {
            return;
        }
        let (user, ssrc) = names(cx, belief, leg);
        let user = user.map(str::to_owned);
        for listener in belief.listeners(Some(leg)) {
            let user = user.clone();
            let expected = "Floor Release Multi Talker with user, SSRC and bit, no Floor Idle";
            let duty = Duty::must("24.380-6.3.4.4.6:5", cx.answer(), expected).on_leg(call, listener);
            todo.watch(
                cx,
                duty,
                told(listener, move |message| match message {
                    FloorMessage::ReleaseMultiTalker(over) => {
                        let right = is_end_of(over, user.as_deref(), ssrc)
                            && over.talker_ssrc.is_some()
                            && has(over.indicator, FloorIndicator::MULTI_TALKER);
                        Step::test(right, || format!("{over:?}"))
                    }
                    FloorMessage::Idle(_) => Step::by(message.name()),
                    _ => Step::Wait,
                }),
            );
        }
    },
};

/// Each talk has its own T1: one that falls silent ends, the others go on.
pub(super) const ONE_FALLS_SILENT: Rule = Rule {
    requirements: &["24.380-6.3.4.4.3:5a", "24.380-6.3.4.4.7a:t"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, .. } = fact else { return };
        let Some((belief, _)) = talks(cx, call) else { return };
        if belief.talks.get(leg).is_none_or(|talk| talk.revoked) {
            return;
        }
        let others: Vec<Leg> = belief.talks.keys().copied().filter(|other| other != leg).collect();
        let Some(witness) = belief.listeners(Some(*leg)).next() else { return };
        if others.is_empty() {
            return;
        }
        let (user, ssrc) = names(cx, belief, *leg);
        let (user, t1, leg) = (user.map(str::to_owned), cx.profile.timers.t1, *leg);
        let expected = "Floor Release Multi Talker T1 after the last voice of one talker";
        let duty = Duty::must("24.380-6.3.4.4.3:5a", cx.profile.late(t1), expected)
            .also(&["24.380-6.3.4.4.7a:t"])
            .not_before(cx.profile.early(t1))
            .on_leg(call, witness);
        todo.watch(cx, duty, move |fact| match down_to(fact, witness) {
            Some(FloorMessage::ReleaseMultiTalker(over)) if is_end_of(over, user.as_deref(), ssrc) => {
                Step::Held
            }
            Some(FloorMessage::Idle(_)) => Step::Void,
            _ if speaks(fact, leg) || up_from(fact, leg).is_some() => Step::Void,
            _ => match down_to(fact, leg) {
                Some(FloorMessage::Revoke(_)) => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// The end of one that has fallen silent is told to all others alike.
pub(super) const END_REACHES_ALL: Rule = Rule {
    requirements: &["24.380-6.3.4.4.3:5a"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg: first, message } = fact else { return };
        let FloorMessage::ReleaseMultiTalker(over) = &**message else { return };
        let Some(belief) = cx.call(call) else { return };
        let of_ssrc = over.talker_ssrc.and_then(|ssrc| belief.leg_of(ssrc));
        let ended = cx.belief.named(call, message).or(of_ssrc);
        let Some(talk) = ended.and_then(|leg| belief.talks.get(&leg)) else { return };
        // What it has done itself to end is judged from there.
        if talk.revoked || belief.has_let_go(talk.talker, cx.now, cx.answer()) {
            return;
        }
        for listener in belief.listeners(Some(talk.talker)).filter(|leg| leg != first) {
            if belief.has_just_come(listener, cx.now, cx.answer()) {
                continue;
            }
            let expected = "Floor Release Multi Talker to every participant, as one was told";
            let duty = Duty::must("24.380-6.3.4.4.3:5a", cx.answer(), expected).on_leg(call, listener);
            todo.watch(
                cx,
                duty,
                told(listener, |message| match message {
                    FloorMessage::ReleaseMultiTalker(_) => Step::Held,
                    // The last one has stopped as well.
                    FloorMessage::Idle(_) | FloorMessage::Revoke(_) => Step::Void,
                    _ => Step::Wait,
                }),
            );
        }
    },
};
