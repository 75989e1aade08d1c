//! Who is heard by whom (6.3.4.4.5, 6.3.5.3.8, 6.3.5.4.6, 6.3.5.7).

use mcptt_codec::floor::{FloorMessage, RevokeCause};

use super::{down_to, is_gone, is_released};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::Fact;
use crate::judge::obligation::Step;

/// Each packet of the talker reaches each listener once, and not the talker.
pub(super) const FORWARD: Rule = Rule {
    requirements: &["24.380-6.3.4.4.5:4"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, sequence } = fact else { return };
        let Some(belief) = cx.belief.call(call) else { return };
        if !matches!(belief.floor, FloorBelief::Taken(_)) || belief.floor.talker() != Some(*leg) {
            return;
        }
        let (ssrc, sequence, talker) = (*ssrc, *sequence, *leg);
        for listener in belief.others(talker) {
            let call = call.clone();
            let expected = "the packet at every listener, not at the talker";
            todo.must(cx, "24.380-6.3.4.4.5:4", cx.profile.response, expected, move |fact| match fact {
                Fact::VoiceDown { call: c, leg, ssrc: s, sequence: n }
                    if *c == call && *s == ssrc && *n == sequence =>
                {
                    if *leg == listener {
                        Step::Held
                    } else if *leg == talker {
                        Step::Violated("the talker hears itself".to_owned())
                    } else {
                        Step::Wait
                    }
                }
                _ if is_gone(fact, &call, listener) || is_released(fact, &call) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};

/// Voice without permission: nobody hears it, it is revoked with cause 3 again and again, and a release ends that.
pub(super) const WITHOUT_PERMISSION: Rule = Rule {
    requirements: &["24.380-6.3.5.3.8", "24.380-6.3.5.4.6", "24.380-6.3.5.7.3", "24.380-6.3.5.7.4"],
    watch: |cx, fact, todo| match fact {
        Fact::VoiceUp { call, leg, ssrc, sequence } => {
            let Some(belief) = cx.belief.call(call) else { return };
            if belief.floor.talker() == Some(*leg) || belief.releasing {
                return;
            }
            let requirement = match belief.floor {
                FloorBelief::Idle { .. } => "24.380-6.3.5.3.8",
                FloorBelief::Taken(_) => "24.380-6.3.5.4.6",
                _ => return,
            };
            let (own, ssrc, sequence) = (call.clone(), *ssrc, *sequence);
            todo.must_not(cx, requirement, cx.profile.response, "nobody hears it", move |fact| match fact {
                Fact::VoiceDown { call: c, ssrc: s, sequence: n, .. }
                    if *c == own && *s == ssrc && *n == sequence =>
                {
                    Step::Violated("it was distributed".to_owned())
                }
                _ => Step::Wait,
            });
            if !belief.unpermitted.contains(leg) {
                let (own, leg) = (call.clone(), *leg);
                todo.must(cx, requirement, cx.profile.response, "Floor Revoke cause 3", move |fact| {
                    match down_to(fact, &own, leg) {
                        Some(FloorMessage::Revoke(revoke))
                            if revoke.cause == Some(RevokeCause::NO_PERMISSION) =>
                        {
                            Step::Held
                        }
                        Some(FloorMessage::Granted(_)) => Step::Void,
                        _ if is_gone(fact, &own, leg) || is_released(fact, &own) => Step::Void,
                        _ => Step::Wait,
                    }
                });
            }
        }
        Fact::Down { call, leg, message } => {
            let (FloorMessage::Revoke(revoke), Some(belief)) = (&**message, cx.belief.call(call)) else {
                return;
            };
            if revoke.cause != Some(RevokeCause::NO_PERMISSION) || belief.floor.talker() == Some(*leg) {
                return;
            }
            let (own, leg) = (call.clone(), *leg);
            let t8 = cx.profile.timers.t8;
            let window = (cx.profile.early(t8), cx.profile.late(t8));
            let expected = "Floor Revoke cause 3 again after T8";
            todo.must_between(cx, "24.380-6.3.5.7.3", window, expected, move |fact| {
                match down_to(fact, &own, leg) {
                    Some(FloorMessage::Revoke(_)) => Step::Held,
                    _ if matches!(fact, Fact::Up { call: c, leg: l, .. } if *c == own && *l == leg) => {
                        Step::Void
                    }
                    _ if is_gone(fact, &own, leg) || is_released(fact, &own) => Step::Void,
                    _ => Step::Wait,
                }
            });
        }
        Fact::Up { call, leg, message } => {
            let (FloorMessage::Release(_), Some(belief)) = (&**message, cx.belief.call(call)) else { return };
            if !belief.unpermitted.contains(leg) {
                return;
            }
            let idle = matches!(belief.floor, FloorBelief::Idle { .. });
            let (own, leg) = (call.clone(), *leg);
            let expected = if idle { "Floor Idle to the sender" } else { "Floor Taken to the sender" };
            todo.must(cx, "24.380-6.3.5.7.4", cx.profile.response, expected, move |fact| {
                match down_to(fact, &own, leg) {
                    Some(FloorMessage::Idle(_)) if idle => Step::Held,
                    Some(FloorMessage::Taken(_)) if !idle => Step::Held,
                    Some(FloorMessage::Ack(_)) => Step::Wait,
                    Some(_) => Step::Void,
                    _ if is_gone(fact, &own, leg) || is_released(fact, &own) => Step::Void,
                    _ => Step::Wait,
                }
            });
        }
        _ => {}
    },
};
