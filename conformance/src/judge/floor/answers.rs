//! How single messages are answered (6.3.5.3, 6.3.5.4, clause 8).

use std::time::Duration;

use mcptt_codec::floor::{FloorMessage, QueuePosition, RejectCause, Source};

use super::{down_to, is_gone, is_released};
use crate::judge::Rule;
use crate::judge::belief::{FloorBelief, Rank};
use crate::judge::fact::Fact;
use crate::judge::obligation::Step;

/// A request that has a procedure is answered once: granted, denied or queued.
pub(super) const ONE_ANSWER: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:once"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        let discarded = belief.unpermitted.contains(leg)
            || matches!(belief.floor, FloorBelief::Unknown)
            || matches!(belief.floor, FloorBelief::Revoking { .. });
        if discarded || belief.releasing {
            return;
        }
        let (call, leg) = (call.clone(), *leg);
        let expected = "Floor Granted, Floor Deny or Floor Queue Position Info to the requester";
        todo.must(cx, "24.380-6.3.4.3.3:once", cx.profile.response, expected, move |fact| match down_to(fact, &call, leg) {
            Some(FloorMessage::Granted(_) | FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_)) => Step::Held,
            // Pre-emption without negotiated queueing is granted when the grace is over.
            _ if matches!(fact, Fact::Down { call: c, message, .. } if *c == call && matches!(**message, FloorMessage::Revoke(_))) => {
                Step::Void
            }
            _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Somebody else talks and the request does not outrank: denied without negotiated queueing, queued with it, denied when full.
pub(super) const DENY_OR_QUEUE: Rule = Rule {
    requirements: &[
        "24.380-6.3.5.4.4:1",
        "24.380-6.3.5.4.4:q",
        "24.380-6.3.5.4.4:full",
        "24.380-6.3.4.4.7:eq",
    ],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(request), Some(belief)) = (&**message, cx.belief.call(call)) else {
            return;
        };
        let (FloorBelief::Taken(talk), Some(profile)) = (belief.floor, belief.legs.get(leg)) else { return };
        let rank = Rank::of(request);
        let rank_of_talker = belief.asked.get(&talk.talker).copied().unwrap_or_default();
        if talk.talker == *leg || rank > rank_of_talker || belief.releasing {
            return;
        }
        let full = cx.profile.queue_limit.is_some_and(|limit| belief.queue.len() >= limit);
        let (requirement, cause) = match (profile.queueing, belief.queue.contains_key(leg)) {
            (false, _) if rank != Rank::default() => return,
            (false, _) => ("24.380-6.3.5.4.4:1", Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)),
            (true, false) if full => ("24.380-6.3.5.4.4:full", Some(RejectCause::QUEUE_FULL)),
            (true, _) => ("24.380-6.3.5.4.4:q", None),
        };
        let expected = match cause {
            Some(cause) => format!("Floor Deny cause {}", cause.0),
            None => "Floor Queue Position Info with a position".to_owned(),
        };
        let (own, leg) = (call.clone(), *leg);
        todo.must(cx, requirement, cx.profile.response, expected, move |fact| {
            match (down_to(fact, &own, leg), cause) {
                (Some(FloorMessage::Deny(deny)), Some(cause)) if deny.cause == Some(cause) => Step::Held,
                // A receive-only participant is denied whatever else holds.
                (Some(FloorMessage::Deny(deny)), _) if deny.cause == Some(RejectCause::RECEIVE_ONLY) => {
                    Step::Void
                }
                (Some(FloorMessage::QueuePositionInfo(info)), None) => match info.info {
                    Some(info) if info.position != QueuePosition::NOT_QUEUED => Step::Held,
                    _ => Step::Violated("no position".to_owned()),
                },
                (
                    Some(
                        message @ (FloorMessage::Deny(_)
                        | FloorMessage::QueuePositionInfo(_)
                        | FloorMessage::Granted(_)),
                    ),
                    _,
                ) => Step::Violated(message.name().to_owned()),
                _ if is_gone(fact, &own, leg) || is_released(fact, &own) => Step::Void,
                _ => Step::Wait,
            }
        });
        let (call, talker) = (call.clone(), talk.talker);
        let expected = "no Floor Revoke cause 4 to the talker";
        todo.must_not(cx, "24.380-6.3.4.4.7:eq", cx.profile.response, expected, move |fact| match down_to(fact, &call, talker) {
            Some(FloorMessage::Revoke(revoke)) if revoke.cause.is_some_and(|cause| cause.0 == 4) => {
                Step::Violated("the talker was revoked".to_owned())
            }
            // Another request may outrank the talker.
            _ if matches!(fact, Fact::Up { call: c, message, .. } if *c == call && matches!(**message, FloorMessage::Request(_))) => {
                Step::Void
            }
            _ => Step::Wait,
        });
    },
};

/// A queued client that asks again keeps its place.
pub(super) const KEEP_THE_PLACE: Rule = Rule {
    requirements: &["24.380-6.3.5.4.4:4"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(request), Some(belief)) = (&**message, cx.belief.call(call)) else {
            return;
        };
        let same = belief.asked.get(leg) == Some(&Rank::of(request));
        let Some(place) = belief.queue.get(leg).copied().filter(|_| same) else { return };
        let (call, leg) = (call.clone(), *leg);
        let expected = format!("Floor Queue Position Info with position {} or better", place.0);
        todo.must(cx, "24.380-6.3.5.4.4:4", cx.profile.response, expected, move |fact| {
            match down_to(fact, &call, leg) {
                Some(FloorMessage::QueuePositionInfo(info)) => match info.info {
                    Some(info) if info.position <= place || info.position == QueuePosition::UNKNOWN => {
                        Step::Held
                    }
                    other => Step::Violated(format!("{other:?}")),
                },
                Some(FloorMessage::Granted(_)) => Step::Void,
                Some(message @ FloorMessage::Deny(_)) => Step::Violated(message.name().to_owned()),
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

pub(super) const TELL_THE_PLACE: Rule = Rule {
    requirements: &["24.380-6.3.5.4.7", "24.380-8.2.3.5:254"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::QueuePositionRequest(_), Some(belief)) = (&**message, cx.belief.call(call)) else {
            return;
        };
        if !matches!(belief.floor, FloorBelief::Taken(_)) || belief.floor.talker() == Some(*leg) {
            return;
        }
        let queued = belief.queue.contains_key(leg);
        let requirement = if queued { "24.380-6.3.5.4.7" } else { "24.380-8.2.3.5:254" };
        let expected = if queued {
            "Floor Queue Position Info with its position"
        } else {
            "Floor Queue Position Info with 254"
        };
        let (call, leg) = (call.clone(), *leg);
        todo.must(cx, requirement, cx.profile.response, expected, move |fact| {
            match down_to(fact, &call, leg) {
                Some(FloorMessage::QueuePositionInfo(info)) => {
                    let told = info.info.map(|info| info.position != QueuePosition::NOT_QUEUED);
                    if told == Some(queued) { Step::Held } else { Step::Violated(format!("{:?}", info.info)) }
                }
                Some(FloorMessage::Granted(_)) => Step::Void,
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

/// A release of somebody who does not talk: acknowledged when asked, then the state is told to the sender alone.
pub(super) const STRAY_RELEASE: Rule = Rule {
    requirements: &[
        "24.380-6.3.5.3.7:1",
        "24.380-6.3.5.3.7:2",
        "24.380-6.3.5.4.5:1",
        "24.380-6.3.5.4.5:4",
        "24.380-8.2.3.14",
        "24.380-8.2.3.12",
    ],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Release(release), Some(belief)) = (&**message, cx.belief.call(call)) else {
            return;
        };
        if belief.floor.talker() == Some(*leg) || belief.unpermitted.contains(leg) || belief.releasing {
            return;
        }
        let (acknowledge, tell, idle) = match belief.floor {
            FloorBelief::Idle { .. } => ("24.380-6.3.5.3.7:1", "24.380-6.3.5.3.7:2", true),
            FloorBelief::Taken(_) => ("24.380-6.3.5.4.5:1", "24.380-6.3.5.4.5:4", false),
            _ => return,
        };
        if release.ack_requested {
            for requirement in [acknowledge, "24.380-8.2.3.14", "24.380-8.2.3.12"] {
                let (call, leg) = (call.clone(), *leg);
                let expected = "Floor Ack of Floor Release, Source 2, before anything else";
                todo.must(cx, requirement, cx.profile.response, expected, move |fact| {
                    match down_to(fact, &call, leg) {
                        Some(FloorMessage::Ack(ack)) => {
                            let right = match requirement {
                                "24.380-8.2.3.12" => ack.source == Some(Source::CONTROLLING),
                                "24.380-8.2.3.14" => ack.message_type.is_some_and(|kind| kind.0 == 4),
                                _ => true,
                            };
                            if right { Step::Held } else { Step::Violated(format!("{ack:?}")) }
                        }
                        Some(message) => Step::Violated(message.name().to_owned()),
                        _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                        _ => Step::Wait,
                    }
                });
            }
        }
        let (call, leg) = (call.clone(), *leg);
        let expected = if idle { "Floor Idle to the sender" } else { "Floor Taken to the sender" };
        todo.must(cx, tell, cx.profile.response, expected, move |fact| match down_to(fact, &call, leg) {
            Some(FloorMessage::Idle(_)) if idle => Step::Held,
            Some(FloorMessage::Taken(_)) if !idle => Step::Held,
            Some(FloorMessage::Ack(_)) | None if !is_gone(fact, &call, leg) && !is_released(fact, &call) => {
                Step::Wait
            }
            // The state changed in between.
            _ => Step::Void,
        });
    },
};

/// Who withdrew its request is not granted when the talker lets go.
pub(super) const WITHDRAWN: Rule = Rule {
    requirements: &["24.380-6.3.5.4.5:3"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Release(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if !belief.queue.contains_key(leg) || belief.floor.talker() == Some(*leg) {
            return;
        }
        let (call, leg) = (call.clone(), *leg);
        let mut freed = false;
        let during = cx.profile.late(cx.profile.timers.t2);
        todo.must_not(
            cx,
            "24.380-6.3.5.4.5:3",
            during,
            "no Floor Granted for the withdrawn request",
            move |fact| match fact {
                Fact::Down { call: c, leg: l, message } if *c == call => match &**message {
                    FloorMessage::Granted(_) if *l == leg => Step::Violated("Floor Granted".to_owned()),
                    FloorMessage::Idle(_) | FloorMessage::Granted(_) if freed => Step::Held,
                    _ => Step::Wait,
                },
                Fact::Up { call: c, leg: l, message } if *c == call => match &**message {
                    FloorMessage::Request(_) if *l == leg => Step::Void,
                    FloorMessage::Release(_) if *l != leg => {
                        freed = true;
                        Step::Wait
                    }
                    _ => Step::Wait,
                },
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            },
        );
    },
};

/// How long the onlooker waits before it says that nothing came.
const SILENCE: Duration = Duration::from_millis(90);

/// What has to be ignored is not answered: unknown subtypes, undefined acknowledgement bits, messages only a server sends.
pub(super) const IGNORED: Rule = Rule {
    requirements: &["24.380-8.1.4:subtype", "24.380-8.2.2:noack", "24.380-8.1.4:dir"],
    watch: |cx, fact, todo| {
        let (call, leg, requirements) = match fact {
            Fact::UpIgnored { call, leg } => (call, leg, &["24.380-8.1.4:subtype", "24.380-8.2.2:noack"][..]),
            Fact::Up { call, leg, message } => match &**message {
                FloorMessage::Granted(_)
                | FloorMessage::Taken(_)
                | FloorMessage::Deny(_)
                | FloorMessage::Idle(_)
                | FloorMessage::Revoke(_)
                | FloorMessage::QueuePositionInfo(_) => (call, leg, &["24.380-8.1.4:dir"][..]),
                _ => return,
            },
            _ => return,
        };
        for requirement in requirements {
            let (call, leg) = (call.clone(), *leg);
            todo.must_not(cx, requirement, SILENCE, "no answer of any kind", move |fact| {
                match down_to(fact, &call, leg) {
                    // What repeats by itself is no answer.
                    Some(FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::Revoke(_)) => {
                        Step::Void
                    }
                    Some(message) => Step::Violated(message.name().to_owned()),
                    _ if is_gone(fact, &call, leg) => Step::Void,
                    _ => Step::Wait,
                }
            });
        }
    },
};

/// An address that is in no call gets no answer.
pub(super) const STRANGER: Rule = Rule {
    requirements: &["24.380-6.3.5.1:addr"],
    watch: |cx, fact, todo| {
        let Fact::Stranger { source } = fact else { return };
        let source = *source;
        todo.must_not(cx, "24.380-6.3.5.1:addr", SILENCE, "no answer", move |fact| match fact {
            Fact::ToStranger { destination } if *destination == source => {
                Step::Violated("an answer".to_owned())
            }
            _ => Step::Wait,
        });
    },
};

/// A request and a release in one datagram while idle: granted, then idle again.
pub(super) const TWO_IN_ONE: Rule = Rule {
    requirements: &["24.380-8.1.1"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        if !matches!(belief.floor, FloorBelief::Idle { .. }) || belief.legs.len() < 2 {
            return;
        }
        let (call, leg) = (call.clone(), *leg);
        let (mut released, mut granted) = (false, false);
        todo.must(cx, "24.380-8.1.1", cx.profile.response, "both messages are answered", move |fact| {
            match fact {
                Fact::Up { call: c, leg: l, message } if *c == call && *l == leg && !granted => {
                    match &**message {
                        FloorMessage::Release(_) => {
                            released = true;
                            Step::Wait
                        }
                        _ => Step::Void,
                    }
                }
                Fact::Down { call: c, leg: l, message } if *c == call && *l == leg => match &**message {
                    // Answered before the second message was seen: they were not in one datagram.
                    FloorMessage::Granted(_) if !released => Step::Void,
                    FloorMessage::Granted(_) => {
                        granted = true;
                        Step::Wait
                    }
                    FloorMessage::Idle(_) if granted => Step::Held,
                    FloorMessage::Ack(_) => Step::Wait,
                    other => Step::Violated(other.name().to_owned()),
                },
                _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};
