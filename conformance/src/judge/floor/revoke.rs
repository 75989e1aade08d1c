//! 'G: pending Floor Revoke' (6.3.4.5) and 'U: pending Floor Revoke' (6.3.5.6) from outside.

use std::time::Duration;

use mcptt_codec::floor::{FloorMessage, FloorRevoke, RevokeCause};

use super::shape::{never, reply, told};
use super::{down, down_in, down_to, lets_go, passes_on, request, speaks, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::{CallBelief, FloorBelief, Rank, Talk, is_answer};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Context, Duty, Step};
use crate::judge::profile::TimerValues;

/// An emergency request over a normal talker: the talker is revoked, a queueing requester told, and the
/// requester granted first.
pub(super) const PRE_EMPTION: Rule = Rule {
    requirements: &[
        "24.380-6.3.4.4.7:2c",
        "24.380-6.3.4.4.7:2e",
        "24.380-6.3.4.4.7:2f",
        "24.380-6.3.4.4.7:2fn",
        "24.380-6.3.5.4.4:pre",
        "24.380-6.3.5.5.5",
        "24.380-4.1.1.4:tier",
    ],
    watch: |cx, fact, todo| {
        let Some((call, requester, request)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        let talker = talk.talker;
        let of_talker = belief.asked.get(&talker).map(|asked| asked.rank).unwrap_or_default();
        let outranks = Rank::of(request).is_emergency() && !of_talker.is_emergency();
        if talker == requester
            || !outranks
            || !belief.hears(requester)
            || belief.may_cut_in(cx.profile)
            || cx.profile.group(call).is_some_and(|group| group.dual_floor)
            || !may_pre_empt(cx, call, belief, requester)
        {
            return;
        }
        let duty = Duty::must("24.380-6.3.4.4.7:2c", cx.answer(), "Floor Revoke cause 4 to the talker")
            .also(&["24.380-6.3.5.4.4:pre", "24.380-6.3.5.5.5", "24.380-4.1.1.4:tier"]);
        todo.watch(cx, duty.on_leg(call, talker).in_this_state(), move |fact| match down_to(fact, talker) {
            Some(FloorMessage::Revoke(revoke)) if revoke.cause == Some(RevokeCause::PRE_EMPTED) => Step::Held,
            // Its time was up.
            Some(FloorMessage::Revoke(revoke)) if revoke.cause == Some(RevokeCause::MEDIA_BURST_TOO_LONG) => {
                Step::Void
            }
            Some(FloorMessage::Revoke(revoke)) => Step::by(format!("{:?}", revoke.cause)),
            _ if lets_go(fact, talker) || lets_go(fact, requester) => Step::Void,
            _ => Step::Wait,
        });
        let (own, until) = (call.clone(), cx.profile.late(cx.profile.timers.t3).saturating_add(cx.answer()));
        let duty = Duty::must("24.380-6.3.4.4.7:2e", until, "the next Floor Granted goes to the pre-emptor");
        todo.watch(cx, duty.on_leg(call, requester), move |fact| match down_in(fact, &own) {
            Some((to, FloorMessage::Granted(_))) if to == requester => Step::Held,
            Some((to, FloorMessage::Granted(_))) if to != talker => Step::by("somebody else was granted"),
            _ if lets_go(fact, requester) => Step::Void,
            _ => match super::request(fact) {
                // Another emergency may go first.
                Some((of, from, other))
                    if *of == own && from != requester && Rank::of(other).is_emergency() =>
                {
                    Step::Void
                }
                _ => Step::Wait,
            },
        });
        if belief.legs.get(&requester).is_some_and(|profile| profile.queueing) {
            let duty =
                Duty::must("24.380-6.3.4.4.7:2f", cx.answer(), "Floor Queue Position Info to the pre-emptor");
            todo.watch(cx, duty.on_leg(call, requester), move |fact| match down_to(fact, requester) {
                Some(FloorMessage::QueuePositionInfo(_)) => Step::Held,
                Some(message @ (FloorMessage::Deny(_) | FloorMessage::Granted(_))) => {
                    Step::by(message.name())
                }
                _ if lets_go(fact, talker) || lets_go(fact, requester) => Step::Void,
                _ => Step::Wait,
            });
        } else {
            let expected = "no Floor Queue Position Info to a pre-emptor that does not queue";
            let duty = Duty::must_not("24.380-6.3.4.4.7:2fn", until, expected).on_leg(call, requester);
            todo.watch(
                cx,
                duty,
                reply(requester, |message| match message {
                    FloorMessage::QueuePositionInfo(_) => Step::by(message.name()),
                    FloorMessage::Granted(_) => Step::Held,
                    _ => Step::Wait,
                }),
            );
        }
    },
};

/// Whether the user may do that is known from the documents only.
pub(super) fn may_pre_empt(cx: &Context<'_>, call: &Call, belief: &CallBelief, leg: Leg) -> bool {
    let (Some(documents), Some(profile)) = (&cx.profile.documents, belief.legs.get(&leg)) else {
        return false;
    };
    let user = cx.belief.mcptt_id(&profile.user);
    let receive_only = documents
        .groups
        .get(&**call)
        .and_then(|group| group.members.get(user))
        .is_some_and(|member| member.receive_only);
    !receive_only && documents.users.get(user).is_some_and(|facts| facts.emergency)
}

/// The Floor Revoke that begins the grace of a talker.
fn revoked<'a>(
    cx: &Context<'a>,
    fact: &'a Fact,
) -> Option<(&'a Call, Leg, &'a FloorRevoke, Talk, &'a CallBelief)> {
    let (call, leg, FloorMessage::Revoke(revoke)) = down(fact)? else { return None };
    let belief = cx.call(call)?;
    match belief.floor {
        FloorBelief::Taken(talk) if talk.talker == leg => Some((call, leg, revoke, talk, belief)),
        _ => None,
    }
}

/// The call whose talker is in the grace, if this is it.
fn in_grace<'a>(cx: &Context<'a>, call: &Call, leg: Leg) -> Option<(&'a CallBelief, Duration)> {
    let belief = cx.call(call)?;
    match belief.floor {
        FloorBelief::Revoking { talk, since, .. } if talk.talker == leg => Some((belief, since)),
        _ => None,
    }
}

/// The revoke goes to the talker alone.
pub(super) const REVOKE_ONCE: Rule = Rule {
    requirements: &["24.380-6.3.4.5.2"],
    watch: |cx, fact, todo| {
        let Some((call, talker, revoke, ..)) = revoked(cx, fact) else { return };
        let complete = revoke.cause.is_some() && revoke.indicator.is_some();
        let expected = "cause and Floor Indicator in Floor Revoke";
        todo.judge(cx, "24.380-6.3.4.5.2", complete, expected, || format!("{revoke:?}"));
        let (own, cause) = (call.clone(), revoke.cause);
        let duty = Duty::must_not("24.380-6.3.4.5.2", cx.answer(), "Floor Revoke to nobody but the talker");
        todo.watch(cx, duty.on_leg(call, talker), move |fact| match down_in(fact, &own) {
            Some((to, FloorMessage::Revoke(other))) if to != talker && other.cause == cause => {
                Step::by("Floor Revoke to a listener")
            }
            Some((_, FloorMessage::Idle(_) | FloorMessage::Granted(_))) => Step::Held,
            _ => Step::Wait,
        });
    },
};

/// T3 ends the grace, unless T1 or a release does so before.
pub(super) const GRACE: Rule = Rule {
    requirements: &["24.380-6.3.4.5.5", "24.380-11.1.3:t3"],
    watch: |cx, fact, todo| {
        let Some((call, talker, _, talk, belief)) = revoked(cx, fact) else { return };
        if belief.may_cut_in(cx.profile) {
            return;
        }
        let (t1, t3) = (cx.profile.early(cx.profile.timers.t1), cx.profile.timers.t3);
        let (own, mut last_sign, armed, early) =
            (call.clone(), talk.last_sign(), cx.now, cx.profile.early(t3));
        let expected = "T3 after the revoke the floor is idle or somebody else's";
        let duty = Duty::must("24.380-6.3.4.5.5", cx.profile.late(t3), expected).on_leg(call, talker);
        let duty = if t3 == TimerValues::default().t3 { duty.also(&["24.380-11.1.3:t3"]) } else { duty };
        todo.watch_timed(cx, duty, move |fact, now| match down_in(fact, &own) {
            Some((to, message)) if passes_on(talker, to, message) => {
                if now.saturating_sub(armed) >= early {
                    Step::Held
                } else if now.saturating_sub(last_sign) >= t1 {
                    // The talker was silent for long enough.
                    Step::Void
                } else {
                    Step::by(format!("after {} ms", now.saturating_sub(armed).as_millis()))
                }
            }
            _ if speaks(fact, talker) => {
                last_sign = now;
                Step::Wait
            }
            _ if lets_go(fact, talker) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Until the grace is over the talker is heard; when it falls silent T1 ends the grace.
pub(super) const VOICE_IN_GRACE: Rule = Rule {
    requirements: &["24.380-6.3.4.5.3", "24.380-6.3.4.5.6"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, sequence } = fact else { return };
        let Some((belief, since)) = in_grace(cx, call, *leg) else { return };
        let timers = cx.profile.timers;
        let grace_left = since.saturating_add(timers.t3).saturating_sub(cx.now);
        let (ssrc, sequence, talker) = (*ssrc, *sequence, *leg);
        // What arrives when T3 runs out may come too late.
        if belief.is_moved_by(talker, cx.now, cx.answer()) || grace_left <= cx.answer() {
            return;
        }
        for listener in belief.others(talker) {
            let expected = "the revoked talker is heard until the grace is over";
            let duty =
                Duty::must("24.380-6.3.4.5.3", cx.answer(), expected).on_leg(call, listener).in_this_state();
            todo.watch(cx, duty, move |fact| match fact {
                Fact::VoiceDown { leg, ssrc: source, sequence: number, .. }
                    if *leg == listener && *source == ssrc && *number == sequence =>
                {
                    Step::Held
                }
                _ if lets_go(fact, talker) => Step::Void,
                _ => Step::Wait,
            });
        }
        // T1 decides only where it runs out before T3 does.
        if cx.profile.late(timers.t1) >= grace_left {
            return;
        }
        let own = call.clone();
        let expected = "T1 after the last voice the floor is idle or somebody else's";
        let duty = Duty::must("24.380-6.3.4.5.6", cx.profile.late(timers.t1), expected)
            .not_before(cx.profile.early(timers.t1))
            .on_leg(call, talker);
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((to, message)) if passes_on(talker, to, message) => Step::Held,
            _ if speaks(fact, talker) || up_from(fact, talker).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

pub(super) const RELEASE_IN_GRACE: Rule = Rule {
    requirements: &["24.380-6.3.4.5.4"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        if in_grace(cx, call, leg).is_none() {
            return;
        }
        let own = call.clone();
        let expected = "Floor Idle or the next Floor Granted at once";
        let duty = Duty::must("24.380-6.3.4.5.4", cx.answer(), expected).in_call(call);
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((_, FloorMessage::Granted(_))) => Step::Held,
            Some((to, message)) if passes_on(leg, to, message) => Step::Held,
            _ => Step::Wait,
        });
    },
};

/// The same Floor Revoke again after T8 unless the talker reacts. How often is an option: one repetition is
/// asked for.
pub(super) const REPEAT_REVOKE: Rule = Rule {
    requirements: &["24.380-6.3.5.6.3", "24.380-6.3.5.6.2", "24.380-11.1.3:t8"],
    watch: |cx, fact, todo| {
        let Some((call, leg, revoke, talk, belief)) = revoked(cx, fact) else { return };
        if belief.may_cut_in(cx.profile) {
            return;
        }
        let timers = cx.profile.timers;
        let silent_at = talk.last_sign().saturating_add(timers.t1).saturating_sub(cx.now);
        if cx.profile.late(timers.t8) >= timers.t3.min(silent_at) {
            return;
        }
        let cause = revoke.cause;
        let duty = Duty::must(
            "24.380-6.3.5.6.3",
            cx.profile.late(timers.t8),
            "the same Floor Revoke again after T8",
        );
        let also: &[_] = match timers.t8 == TimerValues::default().t8 {
            true => &["24.380-6.3.5.6.2", "24.380-11.1.3:t8"],
            false => &["24.380-6.3.5.6.2"],
        };
        let duty = duty.also(also).not_before(cx.profile.early(timers.t8)).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Revoke(again)) if again.cause == cause => Step::Held,
            Some(FloorMessage::Revoke(again)) => Step::by(format!("{:?}", again.cause)),
            Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
            _ if lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// A request of the revoked talker has no procedure.
pub(super) const NO_REQUEST_IN_GRACE: Rule = Rule {
    requirements: &["24.380-6.3.5.6:freq"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some((_, since)) = in_grace(cx, call, leg) else { return };
        // Close to the end of the grace it may arrive behind it.
        let grace_left = since.saturating_add(cx.profile.timers.t3).saturating_sub(cx.now);
        if grace_left <= cx.profile.way_and_back() {
            return;
        }
        let expected = "no answer to the request of the revoked talker";
        let duty = Duty::must_not("24.380-6.3.5.6:freq", cx.answer(), expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(message) if is_answer(message) => Step::by(message.name()),
            Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Held,
            _ if lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// What was revoked for a pre-emptor is not granted again.
pub(super) const NO_MORE_GRANTS: Rule = Rule {
    requirements: &["24.380-6.3.4.4.7:2ab"],
    watch: |cx, fact, todo| {
        let Some((call, talker, revoke, talk, _)) = revoked(cx, fact) else { return };
        let pre_empted = revoke.cause == Some(RevokeCause::PRE_EMPTED);
        if !pre_empted || !talk.from_queue || talk.alive || talk.copies >= cx.profile.timers.c20 {
            return;
        }
        let during = cx.profile.late(cx.profile.timers.t20);
        let expected = "no further copy of the grant that was pre-empted";
        let duty = Duty::must_not("24.380-6.3.4.4.7:2ab", during, expected).on_leg(call, talker);
        todo.watch(cx, duty, never(talker, |message| matches!(message, FloorMessage::Granted(_))));
    },
};

/// Another one that would pre-empt changes nothing about the grace that runs.
pub(super) const ONE_GRACE: Rule = Rule {
    requirements: &["24.380-6.3.4.5:norearm"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let FloorBelief::Revoking { talk, since, cause } = belief.floor else { return };
        if talk.talker == leg || Rank::of(request).is_normal() || !belief.hears(leg) {
            return;
        }
        let passed = cx.now.saturating_sub(since);
        let left = cx.profile.late(cx.profile.timers.t3).saturating_sub(passed);
        let (own, talker) = (call.clone(), talk.talker);
        let expected = "the end of the grace T3 after it began, and no other cause";
        let duty = Duty::must("24.380-6.3.4.5:norearm", left, expected).on_leg(call, talker);
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((to, message)) if passes_on(talker, to, message) => Step::Held,
            Some((to, FloorMessage::Revoke(again))) if to == talker && again.cause != cause => {
                Step::by(format!("{:?}", again.cause))
            }
            _ if lets_go(fact, talker) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// When the grace ends the former talker is told, and not revoked any more.
pub(super) const TOLD_AFTERWARDS: Rule = Rule {
    requirements: &["24.380-6.3.5.6.6", "24.380-6.3.5.6.7"],
    watch: |cx, fact, todo| {
        let Some((call, to, message)) = down(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        let FloorBelief::Revoking { talk, cause, .. } = belief.floor else { return };
        let talker = talk.talker;
        if !passes_on(talker, to, message) || !belief.legs.contains_key(&talker) {
            return;
        }
        let (requirement, idle) = match message {
            FloorMessage::Idle(_) => ("24.380-6.3.5.6.6", true),
            _ => ("24.380-6.3.5.6.7", false),
        };
        let expected =
            if idle { "Floor Idle to the former talker" } else { "Floor Taken to the former talker" };
        if to == talker {
            todo.judge(cx, requirement, true, expected, String::new);
        } else {
            let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, talker);
            todo.watch(
                cx,
                duty,
                told(talker, move |message| match message {
                    FloorMessage::Idle(_) => Step::test(idle, || message.name().to_owned()),
                    FloorMessage::Taken(_) => Step::test(!idle, || message.name().to_owned()),
                    FloorMessage::Granted(_) => Step::Void,
                    _ => Step::Wait,
                }),
            );
        }
        let (during, crossing) = (cx.profile.late(cx.profile.timers.t8), cx.profile.way_and_back());
        let duty = Duty::must_not(requirement, during, "no further Floor Revoke").on_leg(call, talker);
        let began = cx.now;
        todo.watch_timed(cx, duty, move |fact, now| match down_to(fact, talker) {
            Some(FloorMessage::Revoke(again))
                if again.cause == cause && now.saturating_sub(began) >= crossing =>
            {
                Step::by(format!("{:?}", again.cause))
            }
            Some(FloorMessage::Granted(_)) => Step::Void,
            _ if speaks(fact, talker) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Who never gives in to Floor Revoke is disconnected when the server gives up.
pub(super) const GIVES_UP: Rule = Rule {
    requirements: &["24.380-6.3.5.6.3:giveup"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Revoke(revoke))) = down(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        // Once alone is no repetition.
        if !belief.unpermitted.contains(&leg) || revoke.cause != Some(RevokeCause::NO_PERMISSION) {
            return;
        }
        let until = cx.profile.late(cx.profile.timers.t8).saturating_mul(2);
        let expected = "another Floor Revoke, or the end of the leg";
        let duty = Duty::must("24.380-6.3.5.6.3:giveup", until, expected);
        todo.watch(cx, duty, move |fact| match (down_to(fact, leg), fact) {
            (Some(_), _) => Step::Void,
            (_, Fact::LegClosing { leg: closing, by_server, .. }) if *closing == leg => {
                if *by_server {
                    Step::Held
                } else {
                    Step::Void
                }
            }
            _ if lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};
