//! 'G: Floor Idle' (6.3.4.3) from outside.

use mcptt_codec::floor::{FloorMessage, RejectCause};

use super::{down_to, is_gone, is_released};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::{Call, Fact, Leg, LegProfile};
use crate::judge::obligation::{Context, Obligations, Step};

pub(super) const GRANT_WHILE_IDLE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:2"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        let waiting = matches!(belief.floor, FloorBelief::Idle { .. });
        if !waiting || belief.legs.len() < 2 || belief.unpermitted.contains(leg) || belief.releasing {
            return;
        }
        let (call, leg) = (call.clone(), *leg);
        todo.must(cx, "24.380-6.3.4.3.3:2", cx.profile.response, "Floor Granted to the requester", move |fact| {
            match down_to(fact, &call, leg) {
                Some(FloorMessage::Granted(_)) => Step::Held,
                // A receive-only participant is denied, by another requirement.
                Some(FloorMessage::Deny(deny)) if deny.cause == Some(RejectCause::RECEIVE_ONLY) => Step::Void,
                Some(message @ (FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_))) => {
                    Step::Violated(message.name().to_owned())
                }
                // Somebody else was quicker.
                None if matches!(fact, Fact::Down { call: c, leg: l, message } if *c == call && *l != leg && matches!(**message, FloorMessage::Granted(_))) => {
                    Step::Void
                }
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

pub(super) const DENY_THE_ONLY_ONE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:1a"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if belief.legs.len() != 1 || !matches!(belief.floor, FloorBelief::Idle { .. }) {
            return;
        }
        let (call, leg) = (call.clone(), *leg);
        todo.must(cx, "24.380-6.3.4.3.3:1a", cx.profile.response, "Floor Deny cause 3", move |fact| {
            match down_to(fact, &call, leg) {
                Some(FloorMessage::Deny(deny)) if deny.cause == Some(RejectCause::ONLY_ONE_PARTICIPANT) => {
                    Step::Held
                }
                Some(message) => Step::Violated(message.name().to_owned()),
                None if matches!(fact, Fact::LegOpened { profile, .. } if profile.call == call) => Step::Void,
                None if is_gone(fact, &call, leg) => Step::Void,
                None => Step::Wait,
            }
        });
    },
};

/// The talker lets go and nobody waits.
pub(super) const IDLE_TO_ALL: Rule = Rule {
    requirements: &["24.380-6.3.4.3.2:2"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Release(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if belief.floor.talker() != Some(*leg) || !belief.queue.is_empty() || belief.releasing {
            return;
        }
        for receiver in belief.legs.keys().copied() {
            let call = call.clone();
            todo.must(
                cx,
                "24.380-6.3.4.3.2:2",
                cx.profile.response,
                "Floor Idle to every participant",
                move |fact| {
                    match down_to(fact, &call, receiver) {
                        Some(FloorMessage::Idle(idle)) if idle.sequence.is_some() => Step::Held,
                        Some(FloorMessage::Idle(_)) => {
                            Step::Violated("Floor Idle without a sequence number".to_owned())
                        }
                        // A request that was under way has been served first.
                        Some(FloorMessage::Taken(_) | FloorMessage::Granted(_)) => Step::Void,
                        _ if is_gone(fact, &call, receiver) || is_released(fact, &call) => Step::Void,
                        _ => Step::Wait,
                    }
                },
            );
        }
    },
};

/// The talker lets go and somebody waits.
pub(super) const SERVE_THE_QUEUE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.2:3"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Release(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if belief.floor.talker() != Some(*leg) || belief.queue.is_empty() || belief.releasing {
            return;
        }
        let call = call.clone();
        todo.must(
            cx,
            "24.380-6.3.4.3.2:3",
            cx.profile.response,
            "Floor Granted to a queued participant, no Floor Idle",
            move |fact| match fact {
                Fact::Down { call: c, message, .. } if *c == call => match &**message {
                    FloorMessage::Granted(_) => Step::Held,
                    FloorMessage::Idle(_) => Step::Violated("Floor Idle".to_owned()),
                    _ => Step::Wait,
                },
                // Who leaves or withdraws meanwhile may have been the one that waited.
                Fact::LegClosing { call: c, .. } if *c == call => Step::Void,
                Fact::Up { call: c, message, .. }
                    if *c == call && matches!(**message, FloorMessage::Release(_)) =>
                {
                    Step::Void
                }
                _ => Step::Wait,
            },
        );
    },
};

/// Floor Idle once is followed by copies every T7, C7 in all; watched at one receiver for one idle period.
pub(super) const REPEAT_IDLE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.4:below", "24.380-6.3.4.3.4:limit"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg, message } = fact else { return };
        let (FloorMessage::Idle(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        // Only the fan-out that ends a talk starts T7; a Floor Idle for one participant does not.
        if belief.floor.talker().is_none() {
            return;
        }
        let timers = cx.profile.timers;
        watch_copies(cx, todo, call.clone(), *leg, timers.c7);
    },
};

fn watch_copies(cx: &Context<'_>, todo: &mut Obligations, call: Call, leg: Leg, limit: u64) {
    let timers = cx.profile.timers;
    let ends_the_period = move |fact: &Fact, call: &Call| match fact {
        Fact::Up { call: c, .. } | Fact::LegOpened { profile: LegProfile { call: c, .. }, .. } => c == call,
        Fact::LegClosing { call: c, .. } => c == call,
        _ => false,
    };
    if limit > 1 {
        let own = call.clone();
        let window = (cx.profile.early(timers.t7), cx.profile.late(timers.t7));
        todo.must_between(cx, "24.380-6.3.4.3.4:below", window, "Floor Idle again after T7", move |fact| {
            match down_to(fact, &own, leg) {
                Some(FloorMessage::Idle(_)) => Step::Held,
                _ if ends_the_period(fact, &own) => Step::Void,
                _ => Step::Wait,
            }
        });
    }
    let copies = u32::try_from(limit).unwrap_or(u32::MAX);
    let mut seen = 1;
    let during = timers.t7.saturating_mul(copies.saturating_add(2));
    todo.must_not(cx, "24.380-6.3.4.3.4:limit", during, "at most C7 copies of Floor Idle", move |fact| {
        match down_to(fact, &call, leg) {
            Some(FloorMessage::Idle(_)) => {
                seen += 1;
                if seen > limit { Step::Violated(format!("copy {seen} of Floor Idle")) } else { Step::Wait }
            }
            _ if ends_the_period(fact, &call) => Step::Void,
            _ => Step::Wait,
        }
    });
}

/// Numbers of Floor Taken rise at each receiver, and so do those of Floor Idle.
pub(super) const SEQUENCE: Rule = Rule {
    requirements: &["24.380-8.2.3.10"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg, message } = fact else { return };
        let (taken, Some(number)) = (match &**message {
            FloorMessage::Taken(taken) => (true, taken.sequence),
            FloorMessage::Idle(idle) => (false, idle.sequence),
            _ => return,
        }) else {
            return;
        };
        let (call, leg) = (call.clone(), *leg);
        let horizon = cx.profile.timers.t2.saturating_mul(4);
        todo.must(cx, "24.380-8.2.3.10", horizon, "a higher sequence number than before", move |fact| {
            let next = match down_to(fact, &call, leg) {
                Some(FloorMessage::Taken(next)) if taken => next.sequence,
                Some(FloorMessage::Idle(next)) if !taken => next.sequence,
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => return Step::Void,
                _ => return Step::Wait,
            };
            match next {
                Some(next) if next.newer_than(number) => Step::Held,
                Some(next) => Step::Violated(format!("{} after {}", next.0, number.0)),
                None => Step::Violated("no sequence number".to_owned()),
            }
        });
    },
};
