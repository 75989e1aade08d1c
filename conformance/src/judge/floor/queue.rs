//! The queue (6.3.4.3.2, 6.3.5.4.4, 6.3.5.4.5, 6.3.5.4.7): as those see it who wait in it, and how it is served.

use mcptt_codec::floor::{FloorMessage, FloorPriority, QueuePosition};

use super::answers::is_place;
use super::revoke::may_pre_empt;
use super::shape::{reply, told};
use super::{down_in, down_to, leaves, lets_go, request, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::{CallBelief, FloorBelief, Rank};
use crate::judge::fact::{Call, Leg};
use crate::judge::obligation::{Context, Duty, Step};

/// The talker lets go and somebody waits.
pub(super) const SERVE: Rule = Rule {
    requirements: &[
        "24.380-6.3.4.3.2:3",
        "24.380-6.3.4.4.6",
        "24.380-6.3.5.5.9",
        "24.380-4.1.1.4:tier",
        "24.380-4.1.1.4:num",
        "24.380-4.1.1.4:fifo",
    ],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        if belief.floor.talker() != Some(leg) || belief.queue.is_empty() {
            return;
        }
        let may_be_next: Vec<Leg> = belief.queue.keys().chain(belief.asked.keys()).copied().collect();
        let waiting: Vec<Leg> = belief.queue.keys().copied().collect();
        let next = next(cx, call, belief);
        let expected = "Floor Granted to a queued participant, no Floor Idle";
        let duty = Duty::must("24.380-6.3.4.3.2:3", cx.answer(), expected).in_call(call);
        let own = call.clone();
        let withdrawn = waiting.clone();
        todo.watch(cx, duty.also(&["24.380-6.3.4.4.6"]), move |fact| match down_in(fact, &own) {
            Some((to, FloorMessage::Granted(_))) if may_be_next.contains(&to) => Step::Held,
            Some((_, FloorMessage::Granted(_))) => Step::by("Floor Granted to somebody who did not wait"),
            Some((_, FloorMessage::Idle(_))) => Step::by("Floor Idle"),
            // Somebody was granted who is not seen.
            Some((to, FloorMessage::Taken(_))) if to == leg => Step::Void,
            // Who withdraws or leaves meanwhile may have been the one that waited.
            _ if withdrawn.iter().any(|leg| lets_go(fact, *leg) || leaves(fact, *leg)) => Step::Void,
            _ => Step::Wait,
        });
        if let Some((first, why)) = next {
            let own = call.clone();
            let duty = Duty::when(why, cx.answer(), "Floor Granted to who comes first").in_call(call);
            todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
                Some((to, FloorMessage::Granted(_))) => {
                    Step::test(to == first, || "somebody else of the queue was granted".to_owned())
                }
                Some((_, FloorMessage::Idle(_))) => Step::Void,
                _ if waiting.iter().any(|leg| lets_go(fact, *leg) || leaves(fact, *leg)) => Step::Void,
                _ if request(fact).is_some_and(|(of, ..)| *of == own) => Step::Void,
                _ => Step::Wait,
            });
        }
        let duty =
            Duty::must("24.380-6.3.5.5.9", cx.answer(), "Floor Taken to the former talker, no Floor Idle");
        todo.watch(
            cx,
            duty.on_leg(call, leg),
            told(leg, |message| match message {
                FloorMessage::Taken(_) => Step::Held,
                FloorMessage::Idle(_) => Step::by(message.name()),
                FloorMessage::Granted(_) => Step::Void,
                _ => Step::Wait,
            }),
        );
    },
};

/// What a queued request is worth where that is certain: emergency or not, the number, when it came.
fn worth(cx: &Context<'_>, call: &Call, belief: &CallBelief, leg: Leg) -> Option<(bool, u8, u64)> {
    let (asked, profile) = (belief.asked.get(&leg)?, belief.legs.get(&leg)?);
    let emergency = asked.rank.is_emergency();
    if !(asked.rank.is_normal() || emergency && may_pre_empt(cx, call, belief, leg)) {
        return None;
    }
    // The number of who did not agree on one, or did not send one, is up to the target.
    let FloorPriority(number) = asked.request.priority?;
    Some((emergency, number.min(profile.priority?), asked.first))
}

/// Who has to be next, and the rule that says so, when one of them comes before all others for certain.
fn next(cx: &Context<'_>, call: &Call, belief: &CallBelief) -> Option<(Leg, &'static str)> {
    let mut waiting = Vec::new();
    for leg in belief.queue.keys() {
        // Without numbers the order of arrival counts, when all are alike.
        waiting.push((*leg, worth(cx, call, belief, *leg)));
    }
    let plain = |leg: &Leg| belief.asked.get(leg).filter(|asked| asked.rank == Rank::default());
    if waiting.len() > 1 && waiting.iter().all(|(leg, _)| plain(leg).is_some()) {
        let mut in_order: Vec<_> = waiting.iter().filter_map(|(leg, _)| Some((plain(leg)?, *leg))).collect();
        in_order.sort_by_key(|(asked, _)| asked.first);
        let [(first, leg), (second, _), ..] = in_order.as_slice() else { return None };
        let apart = second.since.saturating_sub(first.since) >= cx.profile.way_and_back();
        return apart.then_some((*leg, "24.380-4.1.1.4:fifo"));
    }
    let mut known =
        waiting.into_iter().map(|(leg, worth)| Some((worth?, leg))).collect::<Option<Vec<_>>>()?;
    known.sort_by_key(|((emergency, number, first), _)| (!emergency, u8::MAX - number, *first));
    let [(first, leg), (second, _), ..] = known.as_slice() else { return None };
    let why = match (first.0 == second.0, first.1 == second.1) {
        (false, _) => "24.380-4.1.1.4:tier",
        (true, false) => "24.380-4.1.1.4:num",
        (true, true) => return None,
    };
    Some((*leg, why))
}

/// A queued client that asks again with another priority is put where that belongs.
pub(super) const NEW_PRIORITY: Rule = Rule {
    requirements: &["24.380-6.3.5.4.4:prio"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let (FloorBelief::Taken(talk), Some(profile)) = (belief.floor, belief.legs.get(&leg)) else { return };
        let (Some(place), Some(asked)) = (belief.queue.get(&leg).copied(), belief.asked.get(&leg)) else {
            return;
        };
        let (rank, Some(agreed)) = (Rank::of(request), profile.priority) else { return };
        let rises =
            rank.is_normal() && asked.rank.is_normal() && rank.at_most(agreed) > asked.rank.at_most(agreed);
        if !rises || rank > belief.worth_of(talk.talker) || !is_place(place) {
            return;
        }
        // It was the last one, and is worth more than all others: it is the first now.
        let others = || belief.queue.keys().filter(|other| **other != leg);
        let ranks = others().map(|other| belief.asked.get(other).map(|asked| asked.rank));
        let before_all =
            ranks.into_iter().all(|other| other.is_some_and(|other| other < rank.at_most(agreed)));
        let best = if before_all { QueuePosition(1) } else { place };
        let expected = format!("Floor Queue Position Info with position {} or better", best.0);
        let duty =
            Duty::must("24.380-6.3.5.4.4:prio", cx.answer(), expected).on_leg(call, leg).in_this_state();
        todo.watch(
            cx,
            duty,
            reply(leg, move |message| match message {
                FloorMessage::QueuePositionInfo(info) => {
                    let position = info.info.map(|info| info.position);
                    let right = position.is_some_and(|told| {
                        told == QueuePosition::UNKNOWN || (is_place(told) && told <= best)
                    });
                    Step::test(right, || format!("{position:?}"))
                }
                FloorMessage::Deny(_) => Step::by(message.name()),
                _ => Step::Wait,
            }),
        );
    },
};

/// A queued client that asks again keeps its place.
pub(super) const KEEP_THE_PLACE: Rule = Rule {
    requirements: &["24.380-6.3.5.4.4:4"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let same = belief.asked.get(&leg).is_some_and(|asked| asked.rank == Rank::of(request));
        let place = belief.queue.get(&leg).copied().filter(|place| same && is_place(*place));
        let (Some(place), FloorBelief::Taken(_)) = (place, belief.floor) else { return };
        let expected = format!("Floor Queue Position Info with position {} or better", place.0);
        let duty = Duty::must("24.380-6.3.5.4.4:4", cx.answer(), expected).on_leg(call, leg).in_this_state();
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::QueuePositionInfo(info)) => match info.info {
                Some(info) if !info.position.is_not_queued() && info.position <= place => Step::Held,
                Some(info) if info.position == QueuePosition::UNKNOWN => Step::Held,
                other => Step::by(format!("{other:?}")),
            },
            Some(message @ FloorMessage::Deny(_)) => Step::by(message.name()),
            _ if lets_go(fact, leg) => Step::Void,
            // Somebody more urgent may come in front.
            _ => match up(fact) {
                Some((of, from, FloorMessage::Request(other)))
                    if *of == own && from != leg && Rank::of(other) > Rank::default() =>
                {
                    Step::Void
                }
                _ => Step::Wait,
            },
        });
    },
};

pub(super) const TELL_THE_PLACE: Rule = Rule {
    requirements: &["24.380-6.3.5.4.7", "24.380-8.2.3.5:254"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::QueuePositionRequest(_))) = up(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let taken = matches!(belief.floor, FloorBelief::Taken(talk) if talk.talker != leg);
        // A request whose answer is under way decides the answer to this one.
        let waits = belief.asked.get(&leg).is_some_and(|asked| asked.open > 0);
        let place = belief.queue.get(&leg).copied();
        if !taken || !belief.hears(leg) || (waits && place.is_none()) {
            return;
        }
        let (requirement, expected) = match place {
            Some(_) => ("24.380-6.3.5.4.7", "Floor Queue Position Info with its position"),
            None => ("24.380-8.2.3.5:254", "Floor Queue Position Info with 254"),
        };
        let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, leg).in_this_state();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::QueuePositionInfo(info)) => {
                let told = info.info.map(|info| info.position);
                let right = match (told, place) {
                    (Some(told), None) => told == QueuePosition::NOT_QUEUED,
                    (Some(told), Some(place)) => {
                        told == QueuePosition::UNKNOWN || (!told.is_not_queued() && told <= place)
                    }
                    (None, _) => false,
                };
                if right { Step::Held } else { Step::by(format!("{told:?}")) }
            }
            _ if up_from(fact, leg).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Who withdrew its request is not granted when the talker lets go.
pub(super) const WITHDRAWN: Rule = Rule {
    requirements: &["24.380-6.3.5.4.5:3"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        if !belief.queue.contains_key(&leg) || belief.floor.talker().is_none_or(|talker| talker == leg) {
            return;
        }
        let during = cx.profile.late(cx.profile.timers.t2);
        let expected = "no Floor Granted for the withdrawn request";
        let duty = Duty::must_not("24.380-6.3.5.4.5:3", during, expected).on_leg(call, leg);
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((to, FloorMessage::Granted(_))) if to == leg => Step::by("Floor Granted"),
            // Nobody waits any more.
            Some((_, FloorMessage::Idle(_))) => Step::Held,
            _ if matches!(up_from(fact, leg), Some(FloorMessage::Request(_))) => Step::Void,
            _ => Step::Wait,
        });
    },
};
