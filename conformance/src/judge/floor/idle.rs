//! 'G: Floor Idle' (6.3.4.3) from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage, RejectCause};

use super::{down, down_in, down_to, is_of_its_own, lets_go, request, up};
use crate::judge::Rule;
use crate::judge::belief::{CallBelief, ClientState, FloorBelief, has};
use crate::judge::fact::{Call, Fact, Leg};
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
        let alone = belief.legs.len() == 1 && cx.sees_all_of(belief) && !belief.awaits_company(leg);
        if !belief.floor.is_idle() || !alone || !belief.hears(leg) {
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

/// Whatever has ended the talk, when one participant is told that the floor is idle all of them are.
pub(super) const IDLE_REACHES_ALL: Rule = Rule {
    requirements: &["24.380-6.3.4.3.2:2"],
    watch: |cx, fact, todo| {
        let Some((call, first, belief)) = ends_a_talk(cx, fact) else { return };
        for receiver in belief.listeners(None).filter(|leg| *leg != first) {
            if belief.has_just_come(receiver, cx.now, cx.answer()) {
                continue;
            }
            let expected = "Floor Idle to every participant, as one was told";
            let duty = Duty::must("24.380-6.3.4.3.2:2", cx.answer(), expected).on_leg(call, receiver);
            todo.watch(cx, duty, move |fact| match down_to(fact, receiver) {
                Some(FloorMessage::Idle(_)) => Step::Held,
                // Somebody was granted next, or it was sending without permission: then it is not told.
                Some(FloorMessage::Taken(_) | FloorMessage::Granted(_) | FloorMessage::Revoke(_)) => {
                    Step::Void
                }
                _ => Step::Wait,
            });
        }
    },
};

/// The first Floor Idle of those that end a talk: it has only begun to reach the participants.
fn ends_a_talk<'a>(cx: &Context<'a>, fact: &'a Fact) -> Option<(&'a Call, Leg, &'a CallBelief)> {
    let (call, leg, FloorMessage::Idle(idle)) = down(fact)? else { return None };
    let belief = cx.call(call)?;
    // A Floor Idle for one participant, sent before the grant, may be seen behind it.
    let held = belief.is_held_since(cx.now, cx.profile.crossing());
    let of_all = held && belief.hears(leg) && !has(idle.indicator, FloorIndicator::DUAL_FLOOR);
    of_all.then_some((call, leg, belief))
}

/// Floor Idle once is followed by copies every T7, C7 in all, at every receiver.
pub(super) const REPEAT_IDLE: Rule = Rule {
    requirements: &["24.380-6.3.4.3.4:below", "24.380-6.3.4.3.4:limit", "24.380-11.2.3:c7"],
    watch: |cx, fact, todo| {
        // Only the fan-out that ends a talk starts T7; a Floor Idle for one participant does not.
        let Some((call, first, belief)) = ends_a_talk(cx, fact) else { return };
        let copied = |leg: &Leg| !may_be_told_twice(cx, belief, *leg);
        if copied(&first) {
            watch_copies(cx, todo, call, first);
        }
        let settled = |leg: &Leg| !belief.has_just_come(*leg, cx.now, cx.answer());
        let others = belief.listeners(None).filter(|leg| *leg != first);
        let others: BTreeSet<Leg> = others.filter(settled).filter(copied).collect();
        if !others.is_empty() {
            watch_copies_of_others(cx, todo, call, others);
        }
    },
};

/// Whether the release of the leg may be answered with a Floor Idle of its own beside the one for everybody.
fn may_be_told_twice(cx: &Context<'_>, belief: &CallBelief, leg: Leg) -> bool {
    let state = belief.clients.get(&leg).map(|client| client.state(cx.now, Duration::ZERO));
    let Some(ClientState::Releasing { copies, .. }) = state else { return false };
    let ends_it = match belief.floor {
        FloorBelief::Taken(talk) | FloorBelief::Revoking { talk, .. } => {
            // T1 may have ended the talk before the release did.
            talk.talker == leg
                && cx.now.saturating_sub(talk.last_sign()) < cx.profile.early(cx.profile.timers.t1)
        }
        _ => false,
    };
    copies.count > 1 || !ends_it
}

fn watch_copies(cx: &Context<'_>, todo: &mut Obligations, call: &Call, leg: Leg) {
    let timers = cx.profile.timers;
    let (t7, limit) = (timers.t7, timers.c7);
    // The receiver's own release is answered with one more; who sends without permission is told nothing.
    let is_over = move |fact: &_, call: &Call| {
        matches!(down_in(fact, call), Some((_, FloorMessage::Granted(_) | FloorMessage::Taken(_))))
            || matches!(down_to(fact, leg), Some(FloorMessage::Revoke(_)))
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
    let duty = Duty::must_not("24.380-6.3.4.3.4:limit", copies_last(cx), "at most C7 copies of Floor Idle")
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

/// Longer than all copies take.
fn copies_last(cx: &Context<'_>) -> Duration {
    let copies = u32::try_from(cx.profile.timers.c7).unwrap_or(u32::MAX);
    cx.profile.timers.t7.saturating_mul(copies.saturating_add(2))
}

/// Floor Idle at participants that it reaches after the first one.
struct Copies {
    call: Call,
    /// How many have come to whom, and when the first did.
    told: BTreeMap<Leg, (u64, Duration)>,
    began: Duration,
    /// How much later than the first participant they may be told.
    spread: Duration,
}

/// What a fact means to copies of Floor Idle.
enum Copy {
    None,
    /// Nobody is watched any more, or the floor is not idle any more.
    Over,
    /// One has come: how many have now, and how long after the first.
    Came(Leg, u64, Duration),
}

impl Copies {
    fn at(cx: &Context<'_>, call: &Call, legs: &BTreeSet<Leg>) -> Self {
        // A copy is not taken for the first one.
        let spread = cx.answer().min(cx.profile.early(cx.profile.timers.t7) / 2);
        let told = legs.iter().map(|leg| (*leg, (0, cx.now))).collect();
        Self { call: call.clone(), told, began: cx.now, spread }
    }

    fn take(&mut self, fact: &Fact, now: Duration) -> Copy {
        if now.saturating_sub(self.began) > self.spread {
            // That they were not told at all is another rule's matter.
            self.told.retain(|_, (count, _)| *count > 0);
        }
        match fact {
            Fact::LegClosing { leg, .. } => drop(self.told.remove(leg)),
            Fact::Up { leg, message, .. } if matches!(**message, FloorMessage::Release(_)) => {
                self.told.remove(leg);
            }
            _ => {}
        }
        let came = match down_in(fact, &self.call) {
            Some((_, FloorMessage::Granted(_) | FloorMessage::Taken(_))) => return Copy::Over,
            Some((to, FloorMessage::Revoke(_))) => {
                self.told.remove(&to);
                Copy::None
            }
            Some((to, FloorMessage::Idle(_))) => match self.told.get_mut(&to) {
                Some((count, first)) => {
                    if *count == 0 {
                        *first = now;
                    }
                    *count = count.saturating_add(1);
                    Copy::Came(to, *count, now.saturating_sub(*first))
                }
                None => Copy::None,
            },
            _ => Copy::None,
        };
        if self.told.is_empty() { Copy::Over } else { came }
    }
}

/// As [`watch_copies`], for all others at once: what is watched for a call does not grow with its participants.
fn watch_copies_of_others(cx: &Context<'_>, todo: &mut Obligations, call: &Call, others: BTreeSet<Leg>) {
    let timers = cx.profile.timers;
    let (t7, limit, early) = (timers.t7, timers.c7, cx.profile.early(timers.t7));
    if limit > 1 {
        let mut copies = Copies::at(cx, call, &others);
        let mut repeated: BTreeSet<Leg> = BTreeSet::new();
        let within = cx.profile.late(t7).saturating_add(copies.spread);
        let expected = "Floor Idle again after T7 at every participant that was told";
        let duty = Duty::must("24.380-6.3.4.3.4:below", within, expected).in_call(call);
        todo.watch_timed(cx, duty, move |fact, now| {
            match copies.take(fact, now) {
                Copy::Over => return Step::Void,
                Copy::Came(_, 2.., after) if after < early => {
                    return Step::by(format!("{} ms too early", early.saturating_sub(after).as_millis()));
                }
                Copy::Came(leg, 2.., _) => drop(repeated.insert(leg)),
                _ => {}
            }
            // Those that are still to be told may have left instead.
            let all = copies.told.keys().all(|leg| repeated.contains(leg));
            if all { Step::Held } else { Step::Wait }
        });
    }
    let mut copies = Copies::at(cx, call, &others);
    let expected = "at most C7 copies of Floor Idle at every participant";
    let duty = Duty::must_not("24.380-6.3.4.3.4:limit", copies_last(cx), expected)
        .also(&["24.380-11.2.3:c7"])
        .in_call(call);
    todo.watch_timed(cx, duty, move |fact, now| match copies.take(fact, now) {
        Copy::Over => Step::Void,
        Copy::Came(_, count, _) if count > limit => Step::by(format!("copy {count} of Floor Idle")),
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
