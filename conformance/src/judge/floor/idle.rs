//! 'G: Floor Idle' (6.3.4.3) from outside.

use mcptt_codec::floor::{FloorIndicator, FloorMessage, RejectCause};

use super::{down, down_in, down_to, is_of_its_own, lets_go, request, up};
use crate::judge::Rule;
use crate::judge::fact::{Call, Leg};
use crate::judge::obligation::{Context, Duty, Obligations, Step};

pub(super) const GRANT_WHILE_IDLE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:2", "24.380-6.3.5.3.4:fwd"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        if !belief.floor.is_idle() || belief.legs.len() < 2 || !belief.hears(leg) {
            return;
        }
        // In a broadcast nobody else may ask; while not everybody knows that it is one, either answer is right.
        if belief.kind.0.contains(FloorIndicator::BROADCAST) && belief.originator != Some(leg) {
            return;
        }
        let duty = Duty::must("24.380-6.3.4.3.3:2", cx.answer(), "Floor Granted to the requester")
            .also(&["24.380-6.3.5.3.4:fwd"]);
        todo.watch(cx, duty.on_leg(call, leg).in_this_state(), move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Granted(_)) => Step::Held,
            Some(FloorMessage::Deny(deny)) if is_of_its_own(deny) => Step::Void,
            Some(message @ (FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_))) => {
                Step::by(message.name())
            }
            _ => Step::Wait,
        });
    },
};

pub(super) const DENY_THE_ONLY_ONE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:1a"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        if !belief.floor.is_idle() || belief.legs.len() != 1 || !belief.hears(leg) || !cx.sees_all_of(belief)
        {
            return;
        }
        if belief.waits_for_company(leg) {
            return;
        }
        let duty = Duty::must("24.380-6.3.4.3.3:1a", cx.answer(), "Floor Deny cause 3");
        // A temporary group whose documents nobody has shown keeps the request until all have answered.
        let may_be_temporary = cx.profile.documents.is_none();
        todo.watch(cx, duty.on_leg(call, leg).in_this_state(), move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Deny(deny)) if deny.cause == Some(RejectCause::ONLY_ONE_PARTICIPANT) => {
                Step::Held
            }
            Some(FloorMessage::Deny(deny)) if is_of_its_own(deny) => Step::Void,
            Some(FloorMessage::QueuePositionInfo(_)) if may_be_temporary => Step::Void,
            Some(FloorMessage::Deny(deny)) => Step::by(format!("Floor Deny {:?}", deny.cause)),
            Some(message @ (FloorMessage::Granted(_) | FloorMessage::QueuePositionInfo(_))) => {
                Step::by(message.name())
            }
            _ => Step::Wait,
        });
    },
};

/// The talker lets go and nobody waits.
pub(super) const IDLE_TO_ALL: Rule = Rule {
    requirements: &["24.380-6.3.4.3.2:2", "24.380-6.3.4.4.6", "24.380-6.3.5.4.3", "24.380-6.3.5.5.4"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        if belief.floor.talker() != Some(leg) || !belief.queue.is_empty() {
            return;
        }
        for receiver in belief.listeners(None) {
            let expected = "Floor Idle with sequence number and indicator to every participant";
            let of_receiver: &[_] = match receiver == leg {
                true => &["24.380-6.3.4.4.6", "24.380-6.3.5.5.4"],
                false => &["24.380-6.3.4.4.6", "24.380-6.3.5.4.3"],
            };
            let duty = Duty::must("24.380-6.3.4.3.2:2", cx.answer(), expected);
            let duty = duty.also(of_receiver).on_leg(call, receiver);
            todo.watch(cx, duty, move |fact| match down_to(fact, receiver) {
                Some(FloorMessage::Idle(idle)) if idle.sequence.is_none() => Step::by("no sequence number"),
                Some(FloorMessage::Idle(idle)) if idle.indicator.is_none() => Step::by("no indicator"),
                Some(FloorMessage::Idle(_)) => Step::Held,
                // A request that was under way has been served first.
                Some(FloorMessage::Taken(_) | FloorMessage::Granted(_)) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};

/// Floor Idle once is followed by copies every T7, C7 in all; watched at one receiver for one idle period.
pub(super) const REPEAT_IDLE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.4:below", "24.380-6.3.4.3.4:limit", "24.380-11.2.3:c7"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Idle(_))) = down(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        // Only the fan-out that ends a talk starts T7; a Floor Idle for one participant does not.
        if belief.floor.talker().is_some() && belief.hears(leg) {
            watch_copies(cx, todo, call, leg);
        }
    },
};

fn watch_copies(cx: &Context<'_>, todo: &mut Obligations, call: &Call, leg: Leg) {
    let timers = cx.profile.timers;
    let (t7, limit) = (timers.t7, timers.c7);
    // The receiver's own release is answered with one more.
    let is_over = move |fact: &_, call: &Call| {
        matches!(down_in(fact, call), Some((_, FloorMessage::Granted(_) | FloorMessage::Taken(_))))
            || lets_go(fact, leg)
    };
    if limit > 1 {
        let own = call.clone();
        let expected = "Floor Idle again after T7";
        let duty = Duty::must("24.380-6.3.4.3.4:below", cx.profile.late(t7), expected)
            .not_before(cx.profile.early(t7))
            .on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Idle(_)) => Step::Held,
            _ if is_over(fact, &own) => Step::Void,
            _ => Step::Wait,
        });
    }
    let copies = u32::try_from(limit).unwrap_or(u32::MAX);
    let during = t7.saturating_mul(copies.saturating_add(2));
    let duty = Duty::must_not("24.380-6.3.4.3.4:limit", during, "at most C7 copies of Floor Idle")
        .also(&["24.380-11.2.3:c7"])
        .on_leg(call, leg);
    let (own, mut seen) = (call.clone(), 1_u64);
    todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
        Some(FloorMessage::Idle(_)) if seen >= limit => Step::by(format!("copy {} of Floor Idle", seen + 1)),
        Some(FloorMessage::Idle(_)) => {
            seen += 1;
            Step::Wait
        }
        _ if is_over(fact, &own) => Step::Void,
        _ => Step::Wait,
    });
}

/// Numbers of Floor Taken rise at each receiver, and so do those of Floor Idle.
pub(super) const SEQUENCE: Rule = Rule {
    requirements: &["24.380-8.2.3.10"],
    watch: |cx, fact, todo| {
        let Some((call, leg, message)) = down(fact) else { return };
        let (kind, number) = match message {
            FloorMessage::Taken(taken) => (0, taken.sequence),
            FloorMessage::Idle(idle) => (1, idle.sequence),
            _ => return,
        };
        let known =
            cx.belief.call(call).and_then(|belief| belief.numbers.get(&leg)?.get(kind).copied().flatten());
        let Some((last, at)) = known else { return };
        let rises = number.is_some_and(|number| number.newer_than(last));
        // What was sent within the time of the way may have overtaken each other.
        if rises || cx.now.saturating_sub(at) >= cx.profile.crossing() {
            let expected = format!("a sequence number above {}", last.0);
            todo.judge(cx, "24.380-8.2.3.10", rises, expected, || format!("{number:?}"));
        }
    },
};
