//! Coming into a call and leaving it (6.3.4.2.2, 6.3.5.2.2, 6.3.5.8.2).

use std::time::Duration;

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::sip::Method;

use super::shape::{never, never_in, reply};
use super::{SILENCE, down_in, down_to, leaves, lets_go, request, up};
use crate::judge::Rule;
use crate::judge::belief::{ClientState, FloorBelief, is_answer};
use crate::judge::fact::{Call, Fact};
use crate::judge::obligation::{Duty, Step};

/// How long the first member may take.
const FIRST_ACCEPTANCE: Duration = Duration::from_secs(180);

/// Who comes into a running call is told the state of the floor.
pub(super) const TELL_THE_JOINER: Rule = Rule {
    requirements: &["24.380-6.3.5.2.2:taken", "24.380-6.3.5.2.2:idle"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let Some(belief) = cx.settled(&profile.call) else { return };
        // Those that come with the originator begin the call with it.
        let running =
            belief.established.is_some_and(|since| cx.now.saturating_sub(since) > cx.profile.way_and_back());
        let (requirement, taken) = match belief.floor {
            // Who joins with a request that can wait gets its place.
            FloorBelief::Taken(_) if profile.asks && profile.queueing => return,
            FloorBelief::Taken(_) if running => ("24.380-6.3.5.2.2:taken", true),
            FloorBelief::Idle { .. } if running && !profile.asks => ("24.380-6.3.5.2.2:idle", false),
            _ => return,
        };
        let (own, leg) = (profile.call.clone(), *leg);
        let expected = if taken { "Floor Taken to the joiner" } else { "Floor Idle to the joiner" };
        let duty = Duty::must(requirement, cx.answer(), expected).on_leg(&profile.call, leg).in_this_state();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Taken(taken)) if requirement == "24.380-6.3.5.2.2:taken" => {
                let told = taken.sequence.is_some()
                    && taken.indicator.is_some()
                    && taken.permission_to_request.is_some();
                if told { Step::Held } else { Step::by(format!("{taken:?}")) }
            }
            Some(FloorMessage::Idle(_)) if !taken => Step::Held,
            Some(message @ (FloorMessage::Idle(_) | FloorMessage::Taken(_))) => Step::by(message.name()),
            _ => match up(fact) {
                Some((call, _, _)) if *call == own => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// How the floor of a new call begins: granted to the originator that asked with its INVITE, otherwise idle
/// and silent.
pub(super) const BEGIN: Rule = Rule {
    requirements: &[
        "24.380-6.3.4.2.2:3b",
        "24.380-6.3.4.2.2:idle",
        "24.380-6.3.5.2.2:orig",
        "24.380-12.1.2.2:granted",
    ],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let belief = cx.belief.call(&profile.call);
        let opens = profile.originating
            && !profile.joined
            && belief.is_none_or(|belief| belief.established.is_none());
        let known = belief.is_none_or(|belief| belief.floor == FloorBelief::Unknown);
        if !opens || !known || profile.temporary {
            return;
        }
        let (own, leg) = (profile.call.clone(), *leg);
        if profile.implicit_request {
            let alone = belief.is_none_or(|belief| belief.legs.is_empty());
            let expected = "Floor Granted to the originator";
            // As long as nobody else is there, or nobody who is seen, it may have to wait.
            let duty = match alone {
                true => Duty::when("24.380-6.3.4.2.2:3b", FIRST_ACCEPTANCE, expected),
                false => Duty::must("24.380-6.3.4.2.2:3b", cx.answer(), expected),
            };
            let duty = duty.also(&["24.380-6.3.5.2.2:orig"]);
            todo.watch(cx, duty.on_leg(&own, leg), move |fact| match down_to(fact, leg) {
                Some(FloorMessage::Granted(_)) => Step::Held,
                Some(FloorMessage::Deny(_)) if alone => Step::Void,
                Some(message @ (FloorMessage::Deny(_) | FloorMessage::Taken(_))) => Step::by(message.name()),
                _ => Step::Wait,
            });
            return;
        }
        let expected = "no Floor Granted, no Floor Taken, no Floor Idle to everybody";
        let also: &[_] = if profile.granted == [true, false] { &["24.380-12.1.2.2:granted"] } else { &[] };
        let duty = Duty::must_not("24.380-6.3.4.2.2:idle", SILENCE.min(cx.answer()), expected).also(also);
        let duty = duty.in_call(&own);
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((_, message @ (FloorMessage::Granted(_) | FloorMessage::Taken(_)))) => {
                Step::by(message.name())
            }
            _ => match up(fact) {
                Some((call, _, _)) if *call == own => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// Whoever called alone and asked with its INVITE is granted when the first one comes who can listen.
pub(super) const SOMEBODY_COMES: Rule = Rule {
    requirements: &["24.380-6.3.4.2.2:3b", "24.380-6.3.5.2.2:orig"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let (call, comer) = (&profile.call, *leg);
        let Some(belief) = cx.call(call).filter(|belief| belief.floor.is_idle()) else { return };
        let Some((caller, own)) = belief.legs.first_key_value().filter(|_| belief.legs.len() == 1) else {
            return;
        };
        let (caller, may_listen_only) = (*caller, super::listen_only::may_only_listen(cx, belief, *caller));
        let sees_all = cx.profile.is_complete() || cx.belief.sees_core;
        let waits = belief.awaits_company(caller) && !own.temporary && !may_listen_only;
        // Not given up since.
        let state = belief.clients.get(&caller).map(|client| client.state(cx.now, Duration::ZERO));
        let pending = matches!(state, Some(ClientState::Pending { .. }));
        if !waits || !pending || !sees_all || comer == caller {
            return;
        }
        let expected = "Floor Granted to the originator, now that somebody else is in the call";
        let duty = Duty::must("24.380-6.3.4.2.2:3b", cx.answer(), expected).also(&["24.380-6.3.5.2.2:orig"]);
        let (own, crossing, began) = (call.clone(), cx.profile.crossing(), cx.now);
        todo.watch_timed(cx, duty.on_leg(call, caller), move |fact, now| match down_in(fact, &own) {
            Some((to, FloorMessage::Granted(_))) if to == caller => Step::Held,
            // Somebody else was quicker.
            Some((_, FloorMessage::Granted(_))) => Step::Void,
            Some((to, FloorMessage::Taken(_))) if to == caller => Step::Void,
            Some((to, message @ (FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_))))
                if to == caller =>
            {
                // It may have been said while the caller was still alone.
                match now.saturating_sub(began) < crossing {
                    true => Step::Void,
                    false => Step::by(message.name()),
                }
            }
            _ if lets_go(fact, caller) || leaves(fact, comer) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// After its BYE was answered a participant gets neither floor messages nor voice.
pub(super) const SILENCE_AFTER_LEAVING: Rule = Rule {
    requirements: &["24.380-6.3.5.8.2"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, by_server: false, .. } = fact else { return };
        let (leg, bye) = (*leg, cx.frame);
        let crossing = cx.profile.crossing();
        let mut answered: Option<Duration> = None;
        let duty =
            Duty::must_not("24.380-6.3.5.8.2", Duration::from_secs(1), "neither floor messages nor voice");
        todo.watch_timed(cx, duty, move |fact, now| {
            // What was sent before the BYE arrived may still be under way, or be noted late.
            let over = answered.is_some_and(|at| now.saturating_sub(at) >= crossing);
            match fact {
                Fact::Response { request, .. }
                    if *request.method() == Method::Bye && request.frame == bye =>
                {
                    answered.get_or_insert(now);
                    Step::Wait
                }
                Fact::Down { leg: to, message, .. } if over && *to == leg => Step::by(message.name()),
                Fact::VoiceDown { leg: to, .. } if over && *to == leg => Step::by("voice"),
                _ => Step::Wait,
            }
        });
    },
};

/// To join is no request, unless the INVITE says so and that was accepted; then it waits its turn.
pub(super) const JOIN: Rule = Rule {
    requirements: &["24.380-6.3.2.2:join", "24.380-6.3.5.2.2:queue", "24.380-6.3.2.2:impq"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let (call, leg) = (&profile.call, *leg);
        let Some(belief) = cx.settled(call).filter(|belief| belief.established.is_some()) else { return };
        if !profile.originating || belief.legs.is_empty() {
            return;
        }
        if !profile.asks {
            let expected = "no Floor Granted for joining";
            let duty = Duty::must_not("24.380-6.3.2.2:join", cx.answer(), expected).on_leg(call, leg);
            return todo.watch(cx, duty, never(leg, |message| matches!(message, FloorMessage::Granted(_))));
        }
        if !matches!(belief.floor, FloorBelief::Taken(_)) {
            return;
        }
        let queues = profile.queueing;
        let (expected, also): (_, &[_]) = match queues {
            true => ("Floor Queue Position Info to the joiner", &["24.380-6.3.2.2:impq"]),
            false => ("Floor Taken to the joiner", &[]),
        };
        let duty = Duty::must("24.380-6.3.5.2.2:queue", cx.answer(), expected).also(also);
        todo.watch(
            cx,
            duty.on_leg(call, leg).in_this_state(),
            reply(leg, move |message| match message {
                FloorMessage::QueuePositionInfo(_) => Step::test(queues, || message.name().to_owned()),
                // The answer does not accept the request of who joins, so it may count as none.
                FloorMessage::Taken(_) if queues => Step::Tolerated("Floor Taken".to_owned()),
                FloorMessage::Taken(_) => Step::Held,
                FloorMessage::Granted(_) | FloorMessage::Idle(_) => Step::by(message.name()),
                _ => Step::Wait,
            }),
        );
    },
};

/// Calls whose floors are compared with each other.
const FEW_CALLS: usize = 16;

/// What is asked for in one call has no effect in another.
pub(super) const SEPARATE: Rule = Rule {
    requirements: &["24.380-6.3.2.2:g"],
    watch: |cx, fact, todo| {
        let Some((call, ..)) = request(fact) else { return };
        if cx.belief.calls.len() > FEW_CALLS || cx.settled(call).is_none() {
            return;
        }
        let is_quiet = |other: &&Call| cx.settled(other).is_some_and(|belief| belief.floor.is_idle());
        let others = cx.belief.calls.keys().filter(|other| *other != call);
        let Some(other) = others.filter(is_quiet).min().cloned() else { return };
        let expected = "nobody granted and nobody told so in another call";
        let duty = Duty::must_not("24.380-6.3.2.2:g", cx.answer(), expected).in_call(&other);
        let mut check = never_in(&other, |_, message| {
            matches!(message, FloorMessage::Granted(_) | FloorMessage::Taken(_) | FloorMessage::Revoke(_))
        });
        todo.watch(cx, duty, move |fact| match up(fact) {
            Some((of, ..)) if *of == other => Step::Void,
            _ => check(fact),
        });
    },
};

/// Who is granted before anybody has accepted is heard from its first word; otherwise it is granted later.
pub(super) const EARLY: Rule = Rule {
    requirements: &["24.380-6.3.2.2:early", "24.380-6.3.2.2:conf"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let (call, talker) = (&profile.call, *leg);
        let alone = cx.belief.call(call).is_none_or(|belief| belief.legs.is_empty());
        let sees_all = cx.profile.is_complete() || cx.belief.sees_core;
        if !profile.originating || profile.joined || !profile.implicit_request || !alone || !sees_all {
            return;
        }
        for requirement in ["24.380-6.3.2.2:early", "24.380-6.3.2.2:conf"] {
            let may_be_early = requirement == "24.380-6.3.2.2:early";
            let expected = match may_be_early {
                true => "what is said before anybody has accepted, to the first who does",
                false => "no Floor Granted before somebody has accepted",
            };
            let (own, mut granted) = (call.clone(), profile.granted_early);
            let (mut first, mut member) = (None, None);
            let duty = Duty::when(requirement, FIRST_ACCEPTANCE, expected).on_leg(call, talker);
            todo.watch(cx, duty, move |fact| match fact {
                Fact::Down { leg, message, .. } if *leg == talker => match &**message {
                    FloorMessage::Granted(_) if member.is_none() => {
                        granted = true;
                        Step::Wait
                    }
                    FloorMessage::Idle(_) | FloorMessage::Revoke(_) => Step::Void,
                    _ => Step::Wait,
                },
                Fact::LegOpened { leg, profile } if profile.call == own && member.is_none() => {
                    member = Some(*leg);
                    match (granted, first) {
                        (false, _) if may_be_early => Step::Void,
                        (false, _) => Step::Held,
                        // It said nothing: there is nothing to lose.
                        (true, None) if may_be_early => Step::Void,
                        (true, None) => Step::Tolerated("granted early".to_owned()),
                        (true, Some(_)) => Step::Wait,
                    }
                }
                Fact::VoiceUp { leg, ssrc, sequence, .. }
                    if *leg == talker && member.is_none() && granted =>
                {
                    first.get_or_insert((*ssrc, *sequence));
                    Step::Wait
                }
                Fact::VoiceDown { leg, ssrc, sequence, .. } if member == Some(*leg) => {
                    match (first == Some((*ssrc, *sequence)), may_be_early) {
                        (true, true) => Step::Held,
                        (true, false) => {
                            Step::Tolerated("granted early, and what was said is kept".to_owned())
                        }
                        (false, _) => {
                            Step::by("granted before anybody had accepted, and what was said is lost")
                        }
                    }
                }
                _ => Step::Wait,
            });
        }
    },
};

/// A later INVITE that asks for the floor is a request (for example with an emergency).
pub(super) const UPGRADE: Rule = Rule {
    requirements: &["24.380-6.3.5.3.9", "24.380-6.3.5.4.8"],
    watch: |cx, fact, todo| {
        let Fact::LegChanged { leg, call, implicit_request: true, .. } = fact else { return };
        let Some(belief) = cx.settled(call).filter(|belief| belief.hears(*leg) && belief.legs.len() > 1)
        else {
            return;
        };
        let (leg, own) = (*leg, call.clone());
        match belief.floor {
            FloorBelief::Idle { .. } => {
                let duty = Duty::must("24.380-6.3.5.3.9", cx.answer(), "Floor Granted to who asks");
                todo.watch(
                    cx,
                    duty.on_leg(call, leg).in_this_state(),
                    reply(leg, |message| match message {
                        FloorMessage::Granted(_) => Step::Held,
                        FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_) => {
                            Step::by(message.name())
                        }
                        _ => Step::Wait,
                    }),
                );
            }
            FloorBelief::Taken(talk) if talk.talker != leg => {
                let expected = "an answer as to a Floor Request, or Floor Revoke to the talker";
                let duty = Duty::must("24.380-6.3.5.4.8", cx.answer(), expected).on_leg(call, leg);
                todo.watch(cx, duty.in_this_state(), move |fact| match down_in(fact, &own) {
                    Some((to, message)) if to == leg && is_answer(message) => Step::Held,
                    Some((to, FloorMessage::Revoke(_))) if to == talk.talker => Step::Held,
                    _ => Step::Wait,
                });
            }
            _ => {}
        }
    },
};
