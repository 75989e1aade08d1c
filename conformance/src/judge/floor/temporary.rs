//! 'G: Floor Initialising' and 'U: not permitted and initiating' (6.3.4.8, 6.3.5.10): a session of a temporary group
//! before everybody who was invited into it has answered.
//!
//! That a group is a temporary one the tester knows from its documents; who has not answered yet the wire tells.

use std::collections::BTreeSet;
use std::time::Duration;

use mcptt_codec::floor::{FloorMessage, RejectCause};

use super::shape::{never, reply, told};
use super::{down_in, down_to, lets_go, request, up};
use crate::judge::Rule;
use crate::judge::belief::CallBelief;
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Context, Duty, Step};

/// How long those who were invited may take.
const RINGING: Duration = Duration::from_secs(180);

/// Who has been invited into the call and has not answered yet.
struct Awaited {
    call: Call,
    frames: BTreeSet<u64>,
}

impl Awaited {
    fn of(cx: &Context<'_>, call: &Call) -> Self {
        let frames = cx.belief.awaited(call).collect();
        Self { call: call.clone(), frames }
    }

    /// Takes the fact in; whether everybody has answered now.
    fn over(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::Request(sent) if sent.invited_into() == Some(&*self.call) => {
                self.frames.insert(sent.frame);
            }
            Fact::Response { request, response } if response.status.is_final() => {
                self.frames.remove(&request.frame);
            }
            _ => {}
        }
        self.frames.is_empty()
    }
}

/// The call, if it is a session of a temporary group that waits for answers.
fn initialising<'a>(cx: &Context<'a>, call: &Call) -> Option<&'a CallBelief> {
    let temporary = cx.profile.group(call).is_some_and(|group| group.temporary);
    let belief = cx.call(call).filter(|_| temporary && cx.belief.sees_core)?;
    cx.belief.awaited(call).next().map(|_| belief)
}

/// As long as somebody has not answered nobody is granted or told anything, and nobody is heard.
pub(super) const SILENCE: Rule = Rule {
    requirements: &["24.380-6.3.4.2.2:temp", "24.380-6.3.5.10.2"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let temporary = cx.profile.group(&profile.call).is_some_and(|group| group.temporary);
        if !temporary || !cx.belief.sees_core || cx.belief.awaited(&profile.call).next().is_none() {
            return;
        }
        for requirement in ["24.380-6.3.4.2.2:temp", "24.380-6.3.5.10.2"] {
            let of_grants = requirement == "24.380-6.3.4.2.2:temp";
            let mut awaited = Awaited::of(cx, &profile.call);
            let (own, leg) = (profile.call.clone(), *leg);
            let expected = match of_grants {
                true => "no Floor Granted before everybody who was invited has answered",
                false => "neither Floor Taken, Floor Idle nor voice before everybody has answered",
            };
            let duty = Duty::when(requirement, RINGING, expected).on_leg(&profile.call, leg);
            todo.watch(cx, duty, move |fact| {
                if awaited.over(fact) {
                    return Step::Held;
                }
                match (down_in(fact, &own), fact) {
                    (Some((_, message @ FloorMessage::Granted(_))), _) if of_grants => {
                        Step::by(message.name())
                    }
                    (Some((to, message)), _) if !of_grants && to == leg => match message {
                        FloorMessage::Taken(_) | FloorMessage::Idle(_) | FloorMessage::Revoke(_) => {
                            Step::by(message.name())
                        }
                        _ => Step::Wait,
                    },
                    (_, Fact::VoiceDown { leg: to, .. }) if !of_grants && *to == leg => Step::by("voice"),
                    _ => Step::Wait,
                }
            });
        }
    },
};

/// Who asks meanwhile waits, or is denied if it cannot.
pub(super) const REQUEST: Rule = Rule {
    requirements: &["24.380-6.3.5.10.5"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some(profile) = initialising(cx, call).and_then(|belief| belief.legs.get(&leg)) else { return };
        let (queueing, mut awaited) = (profile.queueing, Awaited::of(cx, call));
        let expected = match queueing {
            true => "Floor Queue Position Info",
            false => "Floor Deny cause 1",
        };
        let duty = Duty::must("24.380-6.3.5.10.5", cx.answer(), expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| {
            let over = awaited.over(fact);
            match down_to(fact, leg) {
                Some(message @ FloorMessage::QueuePositionInfo(_)) => {
                    Step::test(queueing, || message.name().to_owned())
                }
                Some(FloorMessage::Deny(deny)) => {
                    let full = queueing && deny.cause == Some(RejectCause::QUEUE_FULL);
                    let cannot = !queueing && deny.cause == Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
                    let listens = deny.cause == Some(RejectCause::RECEIVE_ONLY);
                    Step::test(full || cannot || listens, || format!("Floor Deny {:?}", deny.cause))
                }
                // The last answer has come before the request was worked on.
                Some(FloorMessage::Granted(_) | FloorMessage::Taken(_)) if over => Step::Void,
                Some(message @ FloorMessage::Granted(_)) => Step::by(message.name()),
                _ if lets_go(fact, leg) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

/// What a constituent group asks for by INFO is kept until everybody has answered.
pub(super) const KEPT: Rule = Rule {
    requirements: &["24.380-6.3.4.8.3"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let Some(call) = sent.asks_for_floor_in().and_then(|group| cx.belief.known(group)) else { return };
        if initialising(cx, &call).is_none() {
            return;
        }
        let (own, mut awaited) = (call.clone(), Awaited::of(cx, &call));
        let expected = "no Floor Granted before everybody who was invited has answered";
        let duty = Duty::when("24.380-6.3.4.8.3", RINGING, expected).in_call(&call);
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            _ if awaited.over(fact) => Step::Held,
            Some((_, message @ FloorMessage::Granted(_))) => Step::by(message.name()),
            _ => Step::Wait,
        });
    },
};

/// Who lets go meanwhile is acknowledged when it asks for that, and not granted later.
pub(super) const WITHDRAWN: Rule = Rule {
    requirements: &["24.380-6.3.5.10.7"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(release))) = up(fact) else { return };
        let Some(belief) = initialising(cx, call).filter(|belief| belief.legs.contains_key(&leg)) else {
            return;
        };
        if release.ack_requested {
            let duty = Duty::must("24.380-6.3.5.10.7", cx.answer(), "Floor Ack").on_leg(call, leg);
            todo.watch(
                cx,
                duty,
                told(leg, |message| match message {
                    FloorMessage::Ack(_) => Step::Held,
                    _ => Step::Wait,
                }),
            );
        }
        if belief.queue.contains_key(&leg) {
            let during = cx.profile.late(cx.profile.timers.t1);
            let expected = "no Floor Granted for the withdrawn request";
            let duty = Duty::must_not("24.380-6.3.5.10.7", during, expected).on_leg(call, leg);
            todo.watch(cx, duty, never(leg, |message| matches!(message, FloorMessage::Granted(_))));
        }
    },
};

/// When the last one has answered, the only one that waits is granted and the others are told; with nobody waiting the
/// floor is idle.
pub(super) const DECIDED: Rule = Rule {
    requirements: &["24.380-6.3.4.8.4", "24.380-6.3.5.10.3", "24.380-6.3.5.10.4", "24.380-6.3.5.10.6"],
    watch: |cx, fact, todo| {
        let Fact::Response { request, response } = fact else { return };
        let Some(call) = request.invited_into().and_then(|group| cx.belief.known(group)) else { return };
        let Some(belief) = initialising(cx, &call).filter(|_| response.status.is_final()) else { return };
        if cx.belief.awaited(&call).any(|frame| frame != request.frame) {
            return;
        }
        let waiting: Vec<Leg> = belief.queue.keys().copied().collect();
        // What constituent groups asked for by INFO, and what is under way, may be first.
        let unknown = belief.asked_by_info || belief.asked.values().any(|asked| asked.open > 0);
        let granted = match waiting.as_slice() {
            _ if unknown => return,
            [] => None,
            [one] => Some(*one),
            _ => return,
        };
        for leg in belief.legs.keys().copied() {
            let (also, expected): (&'static [_], _) = match granted {
                None => (&["24.380-6.3.5.10.4"], "Floor Idle"),
                Some(one) if one == leg => (&["24.380-6.3.5.10.6"], "Floor Granted to the one that waits"),
                Some(_) => (&["24.380-6.3.5.10.3"], "Floor Taken to the others"),
            };
            let duty = Duty::must("24.380-6.3.4.8.4", cx.answer(), expected).also(also).on_leg(&call, leg);
            todo.watch(
                cx,
                duty,
                reply(leg, move |message| match (message, granted) {
                    (FloorMessage::Granted(_), Some(one)) if one == leg => Step::Held,
                    (FloorMessage::Taken(_), Some(one)) if one != leg => Step::Held,
                    (FloorMessage::Idle(_), None) => Step::Held,
                    (
                        FloorMessage::Granted(_)
                        | FloorMessage::Taken(_)
                        | FloorMessage::Idle(_)
                        | FloorMessage::Deny(_),
                        _,
                    ) => Step::by(message.name()),
                    _ => Step::Wait,
                }),
            );
        }
    },
};
