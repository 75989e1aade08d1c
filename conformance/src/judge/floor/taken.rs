//! 'G: Floor Taken' (6.3.4.4) from outside.

use std::time::Duration;

use mcptt_codec::floor::{FloorMessage, RevokeCause};

use super::{down_to, is_gone, is_released};
use crate::judge::Rule;
use crate::judge::belief::{FloorBelief, Talk};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::Step;

pub(super) const GRANT_CONTENT: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:1", "24.380-6.3.4.4.2:1a", "24.380-8.2.3.3"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg, message } = fact else { return };
        let (FloorMessage::Granted(granted), Some(belief)) = (&**message, cx.belief.call(call)) else {
            return;
        };
        let complete =
            granted.duration.is_some() && granted.priority.is_some() && granted.indicator.is_some();
        todo.judge(
            cx,
            "24.380-6.3.4.4.2:1",
            complete,
            "Duration, Floor Priority and Floor Indicator",
            || format!("{granted:?}"),
        );
        if belief.floor.talker() == Some(*leg) {
            return;
        }
        let limit = Duration::from_secs(cx.profile.timers.t2.as_secs());
        for requirement in ["24.380-6.3.4.4.2:1a", "24.380-8.2.3.3"] {
            let held = granted.duration == Some(limit);
            todo.judge(cx, requirement, held, format!("Duration {} s", limit.as_secs()), || {
                format!("{:?}", granted.duration)
            });
        }
    },
};

pub(super) const TELL_THE_OTHERS: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:3"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg: talker, message } = fact else { return };
        let (FloorMessage::Granted(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if belief.floor.talker() == Some(*talker) {
            return;
        }
        for listener in belief.others(*talker) {
            let call = call.clone();
            todo.must(
                cx,
                "24.380-6.3.4.4.2:3",
                cx.profile.response,
                "Floor Taken with sequence number and indicator to every other participant",
                move |fact| match down_to(fact, &call, listener) {
                    Some(FloorMessage::Taken(taken))
                        if taken.sequence.is_some() && taken.indicator.is_some() =>
                    {
                        Step::Held
                    }
                    Some(FloorMessage::Taken(_)) => {
                        Step::Violated("Floor Taken without one of them".to_owned())
                    }
                    _ if is_gone(fact, &call, listener) || is_released(fact, &call) => Step::Void,
                    _ => Step::Wait,
                },
            );
        }
    },
};

/// As long as one talks nobody else is granted.
pub(super) const ONE_TALKER: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:single"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg, message } = fact else { return };
        let (FloorMessage::Granted(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if belief.floor.talker() == Some(*leg) {
            return;
        }
        let (call, talker) = (call.clone(), *leg);
        todo.must_not(
            cx,
            "24.380-6.3.4.4.2:single",
            cx.profile.response,
            "no second Floor Granted",
            move |fact| match fact {
                Fact::Down { call: c, leg, message } if *c == call && *leg != talker => match &**message {
                    FloorMessage::Granted(_) => Step::Violated("another participant is granted".to_owned()),
                    _ => Step::Wait,
                },
                Fact::Up { call: c, leg, message } if *c == call && *leg == talker => match &**message {
                    FloorMessage::Release(_) => Step::Void,
                    _ => Step::Wait,
                },
                _ if down_to(fact, &call, talker)
                    .is_some_and(|message| matches!(message, FloorMessage::Revoke(_))) =>
                {
                    Step::Void
                }
                _ if is_gone(fact, &call, talker) => Step::Void,
                _ => Step::Wait,
            },
        );
    },
};

/// T1 after the last voice of a talker that just falls silent the floor is idle or somebody else's, without Floor Revoke.
pub(super) const SILENT_TALKER: Rule = Rule {
    requirements: &["24.380-6.3.4.4.3"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, .. } = fact else { return };
        let Some(belief) = cx.belief.call(call) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        if talk.talker != *leg {
            return;
        }
        let (call, talker) = (call.clone(), *leg);
        let t1 = cx.profile.timers.t1;
        let window = (cx.profile.early(t1), cx.profile.late(t1));
        todo.must_between(
            cx,
            "24.380-6.3.4.4.3",
            window,
            "Floor Idle or the next grant, no Floor Revoke",
            move |fact| {
                match fact {
                    // It is still talking: the next packet has an obligation of its own.
                    Fact::VoiceUp { call: c, leg, .. } if *c == call && *leg == talker => Step::Void,
                    Fact::Up { call: c, leg, .. } if *c == call && *leg == talker => Step::Void,
                    Fact::Down { call: c, leg, message } if *c == call => match &**message {
                        FloorMessage::Idle(_) => Step::Held,
                        FloorMessage::Granted(_) if *leg != talker => Step::Held,
                        FloorMessage::Revoke(_) if *leg == talker => Step::Void,
                        _ => Step::Wait,
                    },
                    _ if is_gone(fact, &call, talker) || is_released(fact, &call) => Step::Void,
                    _ => Step::Wait,
                }
            },
        );
    },
};

/// T2 after the first voice the talker is revoked with cause 2; not earlier.
pub(super) const TALK_LIMIT: Rule = Rule {
    requirements: &["24.380-6.3.4.4.4", "24.380-6.3.4.4.5:1"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, .. } = fact else { return };
        let Some(belief) = cx.belief.call(call) else { return };
        let FloorBelief::Taken(Talk { talker, first_voice: None, .. }) = belief.floor else { return };
        if talker != *leg {
            return;
        }
        let limit = cx.profile.timers.t2;
        let window = (cx.profile.early(limit), cx.profile.late(limit));
        for requirement in ["24.380-6.3.4.4.4", "24.380-6.3.4.4.5:1"] {
            let call = call.clone();
            let expected = "Floor Revoke cause 2, T2 after the first voice";
            todo.must_between(cx, requirement, window, expected, move |fact| {
                match down_to(fact, &call, talker) {
                    Some(FloorMessage::Revoke(revoke))
                        if revoke.cause == Some(RevokeCause::MEDIA_BURST_TOO_LONG) =>
                    {
                        Step::Held
                    }
                    Some(FloorMessage::Revoke(_) | FloorMessage::Idle(_) | FloorMessage::Taken(_)) => {
                        Step::Void
                    }
                    _ if lets_go(fact, &call, talker) => Step::Void,
                    _ if is_gone(fact, &call, talker) || is_released(fact, &call) => Step::Void,
                    _ => Step::Wait,
                }
            });
        }
    },
};

/// Whether the talker ends its talk itself.
fn lets_go(fact: &Fact, call: &Call, talker: Leg) -> bool {
    matches!(fact, Fact::Up { call: c, leg, message }
        if c == call && *leg == talker && matches!(**message, FloorMessage::Release(_)))
}

pub(super) const ASK_AGAIN: Rule = Rule {
    requirements: &["24.380-6.3.4.4.8"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        if talk.talker != *leg {
            return;
        }
        let limit = cx.profile.timers.t2;
        let used = talk.first_voice.map_or(Duration::ZERO, |first| cx.now.saturating_sub(first));
        let left = limit.saturating_sub(used).as_secs();
        let (call, leg) = (call.clone(), *leg);
        let expected = format!("Floor Granted with Duration {left} s, one more or less");
        todo.must(cx, "24.380-6.3.4.4.8", cx.profile.response, expected, move |fact| {
            match down_to(fact, &call, leg) {
                Some(FloorMessage::Granted(granted)) => {
                    let told = granted.duration.unwrap_or_default().as_secs();
                    if told.abs_diff(left) <= 1 {
                        Step::Held
                    } else {
                        Step::Violated(format!("Duration {told} s"))
                    }
                }
                Some(message @ (FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_))) => {
                    Step::Violated(message.name().to_owned())
                }
                Some(FloorMessage::Revoke(_)) => Step::Void,
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

/// Floor Granted that serves a queued request is repeated every T20, C20 in all, as long as the talker gives no sign.
pub(super) const REPEAT_GRANT: Rule = Rule {
    requirements: &["24.380-6.3.4.4.9", "24.380-6.3.4.4.10"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg, message } = fact else { return };
        let (FloorMessage::Granted(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if belief.floor.talker() == Some(*leg) || !belief.queue.contains_key(leg) {
            return;
        }
        let (t20, limit) = (cx.profile.timers.t20, cx.profile.timers.c20);
        let sign = |fact: &Fact, call: &Call, leg| match fact {
            Fact::Up { call: c, leg: l, .. } | Fact::VoiceUp { call: c, leg: l, .. } => {
                c == call && *l == leg
            }
            _ => is_gone(fact, call, leg) || is_released(fact, call),
        };
        if limit > 1 {
            let (call, leg) = (call.clone(), *leg);
            todo.must(
                cx,
                "24.380-6.3.4.4.9",
                cx.profile.late(t20),
                "Floor Granted again after T20",
                move |fact| match down_to(fact, &call, leg) {
                    Some(FloorMessage::Granted(_)) => Step::Held,
                    _ if sign(fact, &call, leg) => Step::Void,
                    _ => Step::Wait,
                },
            );
        }
        let (call, leg, mut copies) = (call.clone(), *leg, 1);
        let during = t20.saturating_mul(u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1));
        todo.must_not(cx, "24.380-6.3.4.4.10", during, "at most C20 copies of Floor Granted", move |fact| {
            match down_to(fact, &call, leg) {
                Some(FloorMessage::Granted(_)) => {
                    copies += 1;
                    if copies > limit {
                        Step::Violated(format!("copy {copies} of Floor Granted"))
                    } else {
                        Step::Wait
                    }
                }
                // T1 ended it.
                Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Held,
                _ if sign(fact, &call, leg) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

pub(super) const TALKER_LEAVES: Rule = Rule {
    requirements: &["24.380-6.3.4.4.11"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, call, by_server: false } = fact else { return };
        let Some(belief) = cx.belief.call(call) else { return };
        // The last but one takes the call with it, by policy.
        if belief.floor.talker() != Some(*leg) || belief.legs.len() < 3 {
            return;
        }
        for listener in belief.others(*leg) {
            let call = call.clone();
            let expected = "Floor Idle, or the next grant, to the remaining participants";
            todo.must(cx, "24.380-6.3.4.4.11", cx.profile.response, expected, move |fact| {
                match down_to(fact, &call, listener) {
                    Some(FloorMessage::Idle(_) | FloorMessage::Granted(_) | FloorMessage::Taken(_)) => {
                        Step::Held
                    }
                    _ if is_gone(fact, &call, listener) || is_released(fact, &call) => Step::Void,
                    _ => Step::Wait,
                }
            });
        }
    },
};
