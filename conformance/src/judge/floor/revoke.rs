//! 'G: pending Floor Revoke' (6.3.4.5) and 'U: pending Floor Revoke' (6.3.5.6) from outside.

use mcptt_codec::floor::{FloorMessage, RevokeCause};

use super::{down_to, is_gone, is_released};
use crate::judge::Rule;
use crate::judge::belief::{FloorBelief, Rank};
use crate::judge::fact::Fact;
use crate::judge::obligation::Step;

/// An emergency request of a queueing client over a normal talker: the talker is revoked, the requester told, and then granted first.
pub(super) const PRE_EMPTION: Rule = Rule {
    requirements: &["24.380-6.3.4.4.7:2c", "24.380-6.3.4.4.7:2e", "24.380-6.3.4.4.7:2f"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(request), Some(belief)) = (&**message, cx.belief.call(call)) else {
            return;
        };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        let talker_rank = belief.asked.get(&talk.talker).copied().unwrap_or_default();
        let emergency = Rank::of(request).is_emergency() && !talker_rank.is_emergency();
        // Whether the user may do that is known from the documents only.
        let allowed = cx.profile.documents.as_ref().is_some_and(|documents| {
            let user = belief.legs.get(leg).map(|profile| profile.user.as_str()).unwrap_or_default();
            documents.users.get(user).is_some_and(|facts| facts.emergency)
        });
        if talk.talker == *leg || !emergency || !allowed || belief.releasing {
            return;
        }
        let (own, talker, requester) = (call.clone(), talk.talker, *leg);
        todo.must(
            cx,
            "24.380-6.3.4.4.7:2c",
            cx.profile.response,
            "Floor Revoke cause 4 to the talker",
            move |fact| match down_to(fact, &own, talker) {
                Some(FloorMessage::Revoke(revoke)) if revoke.cause == Some(RevokeCause::PRE_EMPTED) => {
                    Step::Held
                }
                Some(FloorMessage::Revoke(revoke)) => Step::Violated(format!("{:?}", revoke.cause)),
                Some(FloorMessage::Idle(_)) => Step::Void,
                _ if is_gone(fact, &own, talker) || is_released(fact, &own) => Step::Void,
                _ => Step::Wait,
            },
        );
        let own = call.clone();
        let until = cx.profile.late(cx.profile.timers.t3);
        todo.must(
            cx,
            "24.380-6.3.4.4.7:2e",
            until,
            "the next Floor Granted goes to the pre-emptor",
            move |fact| match fact {
                Fact::Down { call: c, leg, message }
                    if *c == own && matches!(**message, FloorMessage::Granted(_)) =>
                {
                    if *leg == requester {
                        Step::Held
                    } else {
                        Step::Violated("somebody else was granted".to_owned())
                    }
                }
                Fact::Up { call: c, leg, message }
                    if *c == own && *leg == requester && matches!(**message, FloorMessage::Release(_)) =>
                {
                    Step::Void
                }
                _ if is_gone(fact, &own, requester) || is_released(fact, &own) => Step::Void,
                _ => Step::Wait,
            },
        );
        if belief.legs.get(leg).is_some_and(|profile| profile.queueing) {
            let own = call.clone();
            let expected = "Floor Queue Position Info to the pre-emptor";
            todo.must(cx, "24.380-6.3.4.4.7:2f", cx.profile.response, expected, move |fact| {
                match down_to(fact, &own, requester) {
                    Some(FloorMessage::QueuePositionInfo(_)) => Step::Held,
                    Some(message @ (FloorMessage::Deny(_) | FloorMessage::Granted(_))) => {
                        Step::Violated(message.name().to_owned())
                    }
                    _ if is_gone(fact, &own, requester) || is_released(fact, &own) => Step::Void,
                    _ => Step::Wait,
                }
            });
        }
    },
};

/// The revoke goes to the talker alone.
pub(super) const REVOKE_ONCE: Rule = Rule {
    requirements: &["24.380-6.3.4.5.2"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg, message } = fact else { return };
        let (FloorMessage::Revoke(revoke), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        if talk.talker != *leg {
            return;
        }
        let complete = revoke.cause.is_some() && revoke.indicator.is_some();
        todo.judge(cx, "24.380-6.3.4.5.2", complete, "cause and Floor Indicator in Floor Revoke", || {
            format!("{revoke:?}")
        });
    },
};

/// Release, T1 or T3 end the grace; until then the talker is heard, and then the floor is free.
pub(super) const END_OF_GRACE: Rule = Rule {
    requirements: &["24.380-6.3.4.5.3", "24.380-6.3.4.5.4", "24.380-6.3.4.5.5", "24.380-6.3.4.5.6"],
    watch: |cx, fact, todo| {
        let timers = cx.profile.timers;
        match fact {
            Fact::Down { call, leg, message } => {
                let (FloorMessage::Revoke(_), Some(belief)) = (&**message, cx.belief.call(call)) else {
                    return;
                };
                let FloorBelief::Taken(talk) = belief.floor else { return };
                if talk.talker != *leg {
                    return;
                }
                let (own, talker) = (call.clone(), *leg);
                let window = (cx.profile.early(timers.t3), cx.profile.late(timers.t3));
                let (t1, mut packets) = (timers.t1 >= timers.t3, 0_u32);
                let expected = "T3 after the revoke the floor is idle or somebody else's";
                todo.must_between(cx, "24.380-6.3.4.5.5", window, expected, move |fact| match fact {
                    Fact::Up { call: c, leg, message }
                        if *c == own && *leg == talker && matches!(**message, FloorMessage::Release(_)) =>
                    {
                        Step::Void
                    }
                    Fact::VoiceUp { call: c, leg, .. } if *c == own && *leg == talker => {
                        packets += 1;
                        Step::Wait
                    }
                    Fact::Down { call: c, leg, message } if *c == own => match &**message {
                        FloorMessage::Idle(_) => decided(t1, packets),
                        FloorMessage::Granted(_) if *leg != talker => decided(t1, packets),
                        _ => Step::Wait,
                    },
                    _ if is_gone(fact, &own, talker) || is_released(fact, &own) => Step::Void,
                    _ => Step::Wait,
                });
            }
            Fact::VoiceUp { call, leg, .. } => {
                let Some(belief) = cx.belief.call(call) else { return };
                let FloorBelief::Revoking { talk, since, .. } = belief.floor else { return };
                if talk.talker != *leg {
                    return;
                }
                for listener in belief.others(*leg) {
                    let own = call.clone();
                    let expected = "the revoked talker is heard until the grace is over";
                    todo.must(
                        cx,
                        "24.380-6.3.4.5.3",
                        cx.profile.response,
                        expected,
                        move |fact| match fact {
                            Fact::VoiceDown { call: c, leg, .. } if *c == own && *leg == listener => {
                                Step::Held
                            }
                            Fact::Down { call: c, message, .. } if *c == own && ends_the_grace(message) => {
                                Step::Void
                            }
                            _ if is_gone(fact, &own, listener) || is_released(fact, &own) => Step::Void,
                            _ => Step::Wait,
                        },
                    );
                }
                // T1 decides only where it runs out before T3 does.
                let grace_left = (since + timers.t3).saturating_sub(cx.now);
                if timers.t1 + cx.profile.response < grace_left {
                    let (own, talker) = (call.clone(), *leg);
                    let window = (cx.profile.early(timers.t1), cx.profile.late(timers.t1));
                    let expected = "T1 after the last voice the floor is idle or somebody else's";
                    todo.must_between(cx, "24.380-6.3.4.5.6", window, expected, move |fact| match fact {
                        Fact::VoiceUp { call: c, leg, .. } | Fact::Up { call: c, leg, .. }
                            if *c == own && *leg == talker =>
                        {
                            Step::Void
                        }
                        Fact::Down { call: c, leg, message } if *c == own => match &**message {
                            FloorMessage::Idle(_) => Step::Held,
                            FloorMessage::Granted(_) if *leg != talker => Step::Held,
                            _ => Step::Wait,
                        },
                        _ if is_gone(fact, &own, talker) || is_released(fact, &own) => Step::Void,
                        _ => Step::Wait,
                    });
                }
            }
            Fact::Up { call, leg, message } => {
                let (FloorMessage::Release(_), Some(belief)) = (&**message, cx.belief.call(call)) else {
                    return;
                };
                let FloorBelief::Revoking { talk, .. } = belief.floor else { return };
                if talk.talker != *leg {
                    return;
                }
                let own = call.clone();
                let expected = "Floor Idle or the next Floor Granted at once";
                todo.must(cx, "24.380-6.3.4.5.4", cx.profile.response, expected, move |fact| match fact {
                    Fact::Down { call: c, message, .. } if *c == own && ends_the_grace(message) => Step::Held,
                    _ if is_released(fact, &own) => Step::Void,
                    _ => Step::Wait,
                });
            }
            _ => {}
        }
    },
};

const fn ends_the_grace(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::Idle(_) | FloorMessage::Granted(_))
}

/// A silent talker may be given up by T1 first, where T1 is the shorter one.
const fn decided(t1_is_longer: bool, packets: u32) -> Step {
    if t1_is_longer || packets > 0 { Step::Held } else { Step::Void }
}

/// The same Floor Revoke again every T8 until the talker reacts or the grace is over.
pub(super) const REPEAT_REVOKE: Rule = Rule {
    requirements: &["24.380-6.3.5.6.3"],
    watch: |cx, fact, todo| {
        let Fact::Down { call, leg, message } = fact else { return };
        let (FloorMessage::Revoke(revoke), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        let timers = cx.profile.timers;
        let grace_left = match belief.floor {
            FloorBelief::Taken(talk) if talk.talker == *leg => timers.t3,
            FloorBelief::Revoking { talk, since, .. } if talk.talker == *leg => {
                (since + timers.t3).saturating_sub(cx.now)
            }
            _ => return,
        };
        if cx.profile.late(timers.t8) >= grace_left {
            return;
        }
        let (call, leg, cause) = (call.clone(), *leg, revoke.cause);
        let window = (cx.profile.early(timers.t8), cx.profile.late(timers.t8));
        let expected = "the same Floor Revoke again after T8";
        todo.must_between(cx, "24.380-6.3.5.6.3", window, expected, move |fact| match down_to(fact, &call, leg) {
            Some(FloorMessage::Revoke(again)) if again.cause == cause => Step::Held,
            Some(FloorMessage::Revoke(again)) => Step::Violated(format!("{:?}", again.cause)),
            Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
            _ if matches!(fact, Fact::Up { call: c, leg: l, message } if *c == call && *l == leg && matches!(**message, FloorMessage::Release(_))) => {
                Step::Void
            }
            _ if is_gone(fact, &call, leg) || is_released(fact, &call) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// A request of the revoked talker has no procedure.
pub(super) const NO_REQUEST_IN_GRACE: Rule = Rule {
    requirements: &["24.380-6.3.5.6:freq"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        let (FloorMessage::Request(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
        let FloorBelief::Revoking { talk, .. } = belief.floor else { return };
        if talk.talker != *leg {
            return;
        }
        let (call, leg) = (call.clone(), *leg);
        let expected = "no answer to the request of the revoked talker";
        todo.must_not(cx, "24.380-6.3.5.6:freq", cx.profile.response, expected, move |fact| {
            match down_to(fact, &call, leg) {
                Some(
                    message @ (FloorMessage::Granted(_)
                    | FloorMessage::Deny(_)
                    | FloorMessage::QueuePositionInfo(_)),
                ) => Step::Violated(message.name().to_owned()),
                Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Held,
                _ => Step::Wait,
            }
        });
    },
};
