//! Coming into a call and leaving it (6.3.4.2.2, 6.3.5.2.2, 6.3.5.8.2).

use std::time::Duration;

use mcptt_codec::floor::FloorMessage;

use super::{down_to, is_gone, is_released};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::Fact;
use crate::judge::obligation::Step;

/// Who comes into a running call is told the state of the floor.
pub(super) const TELL_THE_JOINER: Rule = Rule {
    requirements: &["24.380-6.3.5.2.2:taken", "24.380-6.3.5.2.2:idle"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let Some(belief) = cx.belief.call(&profile.call) else { return };
        // The second leg of a call opens it together with the first one.
        let (requirement, taken) = match belief.floor {
            FloorBelief::Taken(talk) if cx.now.saturating_sub(talk.since) > Duration::ZERO => {
                ("24.380-6.3.5.2.2:taken", true)
            }
            FloorBelief::Idle { since, .. } if cx.now.saturating_sub(since) > Duration::ZERO => {
                ("24.380-6.3.5.2.2:idle", false)
            }
            _ => return,
        };
        let (call, leg) = (profile.call.clone(), *leg);
        let expected = if taken { "Floor Taken to the joiner" } else { "Floor Idle to the joiner" };
        todo.must(cx, requirement, cx.profile.response, expected, move |fact| {
            match down_to(fact, &call, leg) {
                Some(FloorMessage::Taken(_)) if taken => Step::Held,
                Some(FloorMessage::Idle(_)) if !taken => Step::Held,
                Some(_) => Step::Void,
                _ if matches!(fact, Fact::Up { call: c, .. } if *c == call) => Step::Void,
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

/// How the floor of a new call begins: granted to the originator that asked with its INVITE, otherwise idle and silent.
pub(super) const BEGIN: Rule = Rule {
    requirements: &["24.380-6.3.4.2.2:3b", "24.380-6.3.4.2.2:idle"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let fresh = cx.belief.call(&profile.call).is_none_or(|belief| {
            belief.legs.values().all(|other| !other.originating)
                && matches!(belief.floor, FloorBelief::Idle { since, .. } if since == cx.now)
        });
        if !profile.originating || !fresh {
            return;
        }
        let (call, leg) = (profile.call.clone(), *leg);
        if profile.implicit_request {
            todo.must(
                cx,
                "24.380-6.3.4.2.2:3b",
                cx.profile.response,
                "Floor Granted to the originator",
                move |fact| match down_to(fact, &call, leg) {
                    Some(FloorMessage::Granted(_)) => Step::Held,
                    Some(message) => Step::Violated(message.name().to_owned()),
                    _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                    _ => Step::Wait,
                },
            );
        } else {
            let expected = "no Floor Granted and no Floor Taken";
            todo.must_not(
                cx,
                "24.380-6.3.4.2.2:idle",
                cx.profile.response.min(SHORT),
                expected,
                move |fact| match fact {
                    Fact::Down { call: c, message, .. } if *c == call => match &**message {
                        FloorMessage::Granted(_) | FloorMessage::Taken(_) => {
                            Step::Violated(message.name().to_owned())
                        }
                        _ => Step::Wait,
                    },
                    Fact::Up { call: c, .. } if *c == call => Step::Void,
                    _ => Step::Wait,
                },
            );
        }
    },
};

/// Shorter than any scenario waits after a call was set up.
const SHORT: Duration = Duration::from_millis(90);

/// After its BYE a participant gets neither floor messages nor voice.
pub(super) const SILENCE_AFTER_LEAVING: Rule = Rule {
    requirements: &["24.380-6.3.5.8.2"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, call, by_server: false } = fact else { return };
        let (call, leg) = (call.clone(), *leg);
        // What was sent before the BYE arrived may still be under way.
        let mut answered = false;
        todo.must_not(
            cx,
            "24.380-6.3.5.8.2",
            Duration::from_secs(1),
            "neither floor messages nor voice",
            move |fact| match fact {
                Fact::Response { request, .. } if request.method().as_str() == "BYE" => {
                    answered = true;
                    Step::Wait
                }
                Fact::Down { call: c, leg: l, message } if answered && *c == call && *l == leg => {
                    Step::Violated(message.name().to_owned())
                }
                Fact::VoiceDown { call: c, leg: l, .. } if answered && *c == call && *l == leg => {
                    Step::Violated("voice".to_owned())
                }
                // The same ports are used for a new leg.
                Fact::LegOpened { profile, .. } if profile.call == call => Step::Void,
                _ => Step::Wait,
            },
        );
    },
};
