//! Coming into a call and leaving it (6.3.4.2.2, 6.3.5.2.2, 6.3.5.8.2).

use std::time::Duration;

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::sip::Method;

use super::{SILENCE, down_in, down_to, up};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

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
            FloorBelief::Taken(_) if running => ("24.380-6.3.5.2.2:taken", true),
            FloorBelief::Idle { .. } if running && !profile.implicit_request => {
                ("24.380-6.3.5.2.2:idle", false)
            }
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
    requirements: &["24.380-6.3.4.2.2:3b", "24.380-6.3.4.2.2:idle"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let belief = cx.belief.call(&profile.call);
        let opens = profile.originating
            && !profile.joined
            && belief.is_none_or(|belief| belief.established.is_none());
        let known = belief.is_none_or(|belief| belief.floor == FloorBelief::Unknown);
        if !opens || !known {
            return;
        }
        let (own, leg) = (profile.call.clone(), *leg);
        if profile.implicit_request {
            let alone = belief.is_none_or(|belief| belief.legs.is_empty());
            let duty = Duty::must("24.380-6.3.4.2.2:3b", cx.answer(), "Floor Granted to the originator");
            todo.watch(cx, duty.on_leg(&own, leg), move |fact| match down_to(fact, leg) {
                Some(FloorMessage::Granted(_)) => Step::Held,
                // Nobody else is there, or nobody who is seen.
                Some(FloorMessage::Deny(_)) if alone => Step::Void,
                Some(message @ (FloorMessage::Deny(_) | FloorMessage::Taken(_))) => Step::by(message.name()),
                _ => Step::Wait,
            });
            return;
        }
        let expected = "no Floor Granted, no Floor Taken, no Floor Idle to everybody";
        let duty = Duty::must_not("24.380-6.3.4.2.2:idle", SILENCE.min(cx.answer()), expected).in_call(&own);
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

/// After its BYE was answered a participant gets neither floor messages nor voice.
pub(super) const SILENCE_AFTER_LEAVING: Rule = Rule {
    requirements: &["24.380-6.3.5.8.2"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, by_server: false, .. } = fact else { return };
        let (leg, bye, path) = (*leg, cx.frame, cx.profile.path);
        let mut answered: Option<Duration> = None;
        let duty =
            Duty::must_not("24.380-6.3.5.8.2", Duration::from_secs(1), "neither floor messages nor voice");
        todo.watch_timed(cx, duty, move |fact, now| {
            // What was sent before the BYE arrived may still be under way.
            let over = answered.is_some_and(|at| now.saturating_sub(at) >= path);
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
