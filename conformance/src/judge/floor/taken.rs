//! 'G: Floor Taken' (6.3.4.4) from outside.

use std::time::Duration;

use mcptt_codec::floor::{FloorGranted, FloorIndicator, FloorMessage, RevokeCause};

use super::{down, down_in, down_to, lets_go, passes_on, request, speaks, up_from};
use crate::judge::Rule;
use crate::judge::belief::{Asked, CallBelief, FloorBelief, Talk, has};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Context, Duty, Step};
use crate::judge::profile::TimerValues;

/// Seconds that two roundings and the way may make of a duration.
const TOLERANCE: u64 = 1;

/// A Floor Granted, and whether it begins a talk.
pub(super) fn granted<'a>(
    cx: &Context<'a>,
    fact: &'a Fact,
) -> Option<(&'a Call, Leg, &'a FloorGranted, &'a CallBelief, bool)> {
    let (call, leg, FloorMessage::Granted(granted)) = down(fact)? else { return None };
    let belief = cx.belief.call(call).filter(|belief| belief.legs.contains_key(&leg))?;
    Some((call, leg, granted, belief, belief.floor.talker() != Some(leg)))
}

/// The talk time that is left, in whole seconds.
fn left(cx: &Context<'_>, talk: Option<Talk>) -> u64 {
    let used =
        talk.and_then(|talk| talk.first_voice).map_or(Duration::ZERO, |first| cx.now.saturating_sub(first));
    cx.profile.timers.t2.saturating_sub(used).as_secs().min(u16::MAX.into())
}

fn told(granted: &FloorGranted) -> u64 {
    granted.duration.unwrap_or_default().as_secs()
}

pub(super) const GRANT_CONTENT: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:1", "24.380-6.3.4.4.2:1a", "24.380-8.2.3.3"],
    watch: |cx, fact, todo| {
        let Some((_, leg, granted, belief, fresh)) = granted(cx, fact) else { return };
        let track_info = belief.asked.get(&leg).and_then(Asked::track_info);
        let complete =
            granted.duration.is_some() && granted.priority.is_some() && granted.indicator.is_some();
        let echoed = track_info.is_none_or(|asked| granted.track_info.as_ref() == Some(asked));
        let expected = "Duration, Floor Priority, Floor Indicator and the Track Info of the request";
        todo.judge(cx, "24.380-6.3.4.4.2:1", complete && echoed, expected, || format!("{granted:?}"));
        let talk = match belief.floor {
            FloorBelief::Taken(talk) if !fresh => Some(talk),
            // That has timers of its own.
            _ if has(granted.indicator, FloorIndicator::DUAL_FLOOR) => return,
            FloorBelief::Parallel => belief.talks.get(&leg).copied(),
            _ => None,
        };
        let (left, told) = (left(cx, talk), told(granted));
        if fresh {
            todo.judge(cx, "24.380-6.3.4.4.2:1a", told == left, format!("Duration {left} s"), || {
                format!("{told} s")
            });
        }
        let expected = format!("the seconds that are left, {left}");
        todo.judge(cx, "24.380-8.2.3.3", told.abs_diff(left) <= TOLERANCE, expected, || format!("{told} s"));
    },
};

pub(super) const TELL_THE_OTHERS: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:3"],
    watch: |cx, fact, todo| {
        let Some((call, talker, granted, belief, true)) = granted(cx, fact) else { return };
        if !is_single(granted) {
            return;
        }
        let user = belief.legs.get(&talker).map(|profile| cx.belief.mcptt_id(&profile.user).to_owned());
        let user = user.filter(|user| !user.is_empty());
        for listener in belief.listeners(Some(talker)) {
            // Floor Taken may have overtaken Floor Granted.
            let last = belief.numbers.get(&listener).and_then(|[taken, _]| *taken);
            if last.is_some_and(|(_, at)| cx.now.saturating_sub(at) < cx.profile.way_and_back()) {
                continue;
            }
            let user = user.clone();
            let expected = "Floor Taken with talker, permission, number and indicator to all others";
            let duty = Duty::must("24.380-6.3.4.4.2:3", cx.answer(), expected).on_leg(call, listener);
            todo.watch(cx, duty, move |fact| match down_to(fact, listener) {
                Some(FloorMessage::Taken(taken)) => {
                    // Absent when the talker asked for privacy.
                    let named = taken.granted_party.as_ref().zip(user.as_deref());
                    let missing = [
                        ("sequence number", taken.sequence.is_none()),
                        ("indicator", taken.indicator.is_none()),
                        ("permission", taken.permission_to_request.is_none()),
                        ("right talker", named.is_some_and(|(told, user)| told.as_str() != user)),
                    ];
                    match missing.into_iter().find(|(_, missing)| *missing) {
                        Some((what, _)) => Step::by(format!("without {what}")),
                        None => Step::Held,
                    }
                }
                _ => Step::Wait,
            });
        }
        let expected = "no Floor Taken to the talker itself";
        let duty = Duty::must_not("24.380-6.3.4.4.2:3", cx.answer(), expected).on_leg(call, talker);
        todo.watch(cx, duty, move |fact| match down_to(fact, talker) {
            // Somebody talks beside it now.
            Some(FloorMessage::Taken(taken)) if !is_of_one(taken.indicator) => Step::Void,
            Some(FloorMessage::Taken(_)) => Step::by("Floor Taken"),
            Some(FloorMessage::Idle(_) | FloorMessage::Revoke(_)) => Step::Void,
            _ if lets_go(fact, talker) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Whether the grant is neither that of dual floor nor that of a multi-talker group.
pub(super) fn is_single(granted: &FloorGranted) -> bool {
    is_of_one(granted.indicator)
}

/// Whether the indicator is that of a call in which one talks at a time.
fn is_of_one(indicator: Option<FloorIndicator>) -> bool {
    !has(indicator, FloorIndicator::DUAL_FLOOR) && !has(indicator, FloorIndicator::MULTI_TALKER)
}

/// As long as one talks nobody else is granted.
pub(super) const ONE_TALKER: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:single"],
    watch: |cx, fact, todo| {
        let Some((call, talker, one, belief, true)) = granted(cx, fact) else { return };
        if !is_single(one) {
            return;
        }
        // Somebody has it who neither lets go nor was revoked nor fell silent.
        let talks = match belief.floor {
            FloorBelief::Taken(talk) => {
                cx.now.saturating_sub(talk.last_sign()) < cx.profile.early(cx.profile.timers.t1)
            }
            _ => false,
        };
        if talks && cx.settled(call).is_some() {
            return todo.judge(cx, "24.380-6.3.4.4.2:single", false, "no second Floor Granted", || {
                "another participant is granted".to_owned()
            });
        }
        let duty = Duty::must_not("24.380-6.3.4.4.2:single", cx.answer(), "no second Floor Granted")
            .on_leg(call, talker);
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((to, FloorMessage::Granted(granted))) if to != talker && is_single(granted) => {
                Step::by("another participant is granted")
            }
            Some((_, FloorMessage::Idle(_))) => Step::Void,
            Some((to, FloorMessage::Revoke(_))) if to == talker => Step::Void,
            _ if lets_go(fact, talker) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Voice of the talker while nothing is under way that ends the talk.
fn talks<'a>(cx: &Context<'a>, fact: &'a Fact) -> Option<(&'a Call, Leg, Talk)> {
    let Fact::VoiceUp { call, leg, .. } = fact else { return None };
    match cx.settled(call)?.floor {
        FloorBelief::Taken(talk) if talk.talker == *leg => Some((call, *leg, talk)),
        _ => None,
    }
}

/// T1 after the last voice of a talker that just falls silent the floor is idle or somebody else's, without
/// Floor Revoke.
pub(super) const SILENT_TALKER: Rule = Rule {
    requirements: &["24.380-6.3.4.4.3"],
    watch: |cx, fact, todo| {
        let Some((call, talker, _)) = talks(cx, fact) else { return };
        let t1 = cx.profile.timers.t1;
        let duty = Duty::must(
            "24.380-6.3.4.4.3",
            cx.profile.late(t1),
            "Floor Idle or the next grant, no Floor Revoke",
        )
        .not_before(cx.profile.early(t1))
        .on_leg(call, talker);
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((to, message)) if passes_on(talker, to, message) => Step::Held,
            // Pre-empted, or at its limit.
            Some((to, FloorMessage::Revoke(_))) if to == talker => Step::Void,
            // It is still there: the next packet has an obligation of its own.
            _ if speaks(fact, talker) || up_from(fact, talker).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// T2 after the first voice the talker is revoked with cause 2; not earlier.
pub(super) const TALK_LIMIT: Rule = Rule {
    requirements: &["24.380-6.3.4.4.4", "24.380-6.3.4.4.5:1"],
    watch: |cx, fact, todo| {
        let Some((call, talker, talk)) = talks(cx, fact) else { return };
        if talk.first_voice.is_some() {
            return;
        }
        let limit = cx.profile.timers.t2;
        let (early, late) = (cx.profile.early(limit), cx.profile.late(limit));
        let duty = Duty::must("24.380-6.3.4.4.4", late, "Floor Revoke cause 2, T2 after the first voice");
        todo.watch(cx, duty.counts_from(early).on_leg(call, talker), move |fact| {
            match down_to(fact, talker) {
                Some(FloorMessage::Revoke(revoke)) => match revoke.cause {
                    Some(RevokeCause::MEDIA_BURST_TOO_LONG) => Step::Held,
                    None | Some(RevokeCause::NO_PERMISSION | RevokeCause::OTHER) => {
                        Step::by(format!("{:?}", revoke.cause))
                    }
                    // Pre-empted or revoked for somebody else.
                    Some(_) => Step::Void,
                },
                Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
                _ if lets_go(fact, talker) => Step::Void,
                _ => Step::Wait,
            }
        });
        // Only where voice begins late it shows whether T2 began with it or with the grant.
        let began_late = cx.now.saturating_sub(talk.since);
        if began_late <= cx.answer() {
            return;
        }
        let expected = "Floor Revoke cause 2 not before T2 has passed since the first voice";
        let duty = Duty::when("24.380-6.3.4.4.5:1", late, expected).not_before(early).on_leg(call, talker);
        todo.watch(cx, duty, move |fact| match down_to(fact, talker) {
            Some(FloorMessage::Revoke(revoke)) if revoke.cause == Some(RevokeCause::MEDIA_BURST_TOO_LONG) => {
                Step::Held
            }
            Some(FloorMessage::Revoke(_) | FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
            _ if lets_go(fact, talker) => Step::Void,
            _ => Step::Wait,
        });
    },
};

pub(super) const ASK_AGAIN: Rule = Rule {
    requirements: &["24.380-6.3.4.4.8"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some(FloorBelief::Taken(talk)) = cx.settled(call).map(|belief| belief.floor) else { return };
        if talk.talker != leg {
            return;
        }
        let left = left(cx, Some(talk));
        let expected = format!("Floor Granted with Duration {left} s, one more or less");
        let duty = Duty::must("24.380-6.3.4.4.8", cx.answer(), expected).on_leg(call, leg).in_this_state();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Granted(granted)) if told(granted).abs_diff(left) <= TOLERANCE => Step::Held,
            Some(FloorMessage::Granted(granted)) => Step::by(format!("Duration {} s", told(granted))),
            Some(message @ (FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_))) => {
                Step::by(message.name())
            }
            _ if lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Floor Granted that serves a queued request is repeated every T20, C20 in all, as long as the talker gives
/// no sign.
pub(super) const REPEAT_GRANT: Rule = Rule {
    requirements: &[
        "24.380-6.3.4.4.2:2",
        "24.380-6.3.4.4.9",
        "24.380-6.3.4.4.10",
        "24.380-11.2.3:c20",
        "24.380-11.1.3:t20",
    ],
    watch: |cx, fact, todo| {
        let Some((call, leg, _, belief, fresh)) = granted(cx, fact) else { return };
        let copies = match belief.floor {
            _ if fresh && belief.queue.contains_key(&leg) => 1,
            FloorBelief::Taken(talk) if !fresh && talk.from_queue && !talk.alive => {
                talk.copies.saturating_add(1)
            }
            _ => return,
        };
        let (t20, limit) = (cx.profile.timers.t20, cx.profile.timers.c20);
        let is_alive = move |fact: &_| speaks(fact, leg) || up_from(fact, leg).is_some();
        if copies < limit {
            let duty = Duty::must("24.380-6.3.4.4.9", cx.profile.late(t20), "Floor Granted again after T20");
            let also: &[_] = match (fresh, t20 == TimerValues::default().t20) {
                (true, true) => &["24.380-6.3.4.4.2:2", "24.380-11.1.3:t20"],
                (true, false) => &["24.380-6.3.4.4.2:2"],
                (false, _) => &[],
            };
            let duty = duty.also(also);
            let duty = duty.not_before(cx.profile.early(t20)).on_leg(call, leg);
            todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
                Some(FloorMessage::Granted(_)) => Step::Held,
                Some(FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::Revoke(_)) => Step::Void,
                _ if is_alive(fact) => Step::Void,
                _ => Step::Wait,
            });
        } else if copies == limit {
            let expected = "no Floor Granted beyond C20 copies";
            let during = cx.profile.late(t20.saturating_mul(2));
            let duty = Duty::must_not("24.380-6.3.4.4.10", during, expected);
            let duty = duty.also(&["24.380-11.2.3:c20"]).on_leg(call, leg);
            todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
                Some(FloorMessage::Granted(_)) => Step::by(format!("copy {} of Floor Granted", limit + 1)),
                // T1 ended it.
                Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Held,
                _ if is_alive(fact) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};

pub(super) const TALKER_LEAVES: Rule = Rule {
    requirements: &["24.380-6.3.4.4.11"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, call, by_server: false, .. } = fact else { return };
        let Some(belief) = cx.settled(call) else { return };
        // The last but one takes the call with it, by policy.
        if belief.floor.talker() != Some(*leg) || belief.legs.len() < 3 {
            return;
        }
        for listener in belief.listeners(Some(*leg)) {
            let expected = "Floor Idle, or the next grant, to the remaining participants";
            let duty = Duty::must("24.380-6.3.4.4.11", cx.answer(), expected).on_leg(call, listener);
            todo.watch(cx, duty, move |fact| match down_to(fact, listener) {
                Some(FloorMessage::Idle(_) | FloorMessage::Granted(_) | FloorMessage::Taken(_)) => Step::Held,
                _ => Step::Wait,
            });
        }
    },
};
