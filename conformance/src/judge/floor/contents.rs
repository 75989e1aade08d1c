//! What is in the messages of the server, whatever brought them about (6.3.4.4.2, 8.2).

use mcptt_codec::floor::{FloorIndicator, FloorMessage, Location, RevokeCause, Subtype};
use mcptt_codec::rtcp::requirement;

use super::taken::granted;
use super::{down, shape};
use crate::judge::Rule;
use crate::judge::belief::Asked;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

/// Call types that stand in the Floor Indicator.
const KINDS: [FloorIndicator; 3] =
    [FloorIndicator::BROADCAST, FloorIndicator::EMERGENCY, FloorIndicator::IMMINENT_PERIL];

/// The Floor Indicator of messages that have to have one: `Some(None)` where it is missing.
fn indicator(message: &FloorMessage) -> Option<Option<FloorIndicator>> {
    match message {
        FloorMessage::Granted(message) => Some(message.indicator),
        FloorMessage::Taken(message) => Some(message.indicator),
        FloorMessage::Idle(message) => Some(message.indicator),
        FloorMessage::Deny(message) => Some(message.indicator),
        FloorMessage::Revoke(message) => Some(message.indicator),
        FloorMessage::QueuePositionInfo(message) => Some(message.indicator),
        _ => None,
    }
}

/// Every message says what the call is.
pub(super) const KIND_OF_CALL: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:3f", "24.380-8.2.3.15"],
    watch: |cx, fact, todo| {
        let Some((call, leg, message)) = down(fact) else { return };
        let (Some(told), Some(belief)) = (indicator(message), cx.belief.call(call)) else { return };
        if !belief.legs.contains_key(&leg) {
            return;
        }
        let known = KINDS.into_iter().filter(|bit| belief.is_known_as(*bit, cx.now, cx.answer()));
        let (wanted, count) =
            known.fold((FloorIndicator::NONE, 0), |(wanted, count), bit| (wanted | bit, count + 1));
        let right = told.is_some_and(|told| told.contains(wanted));
        let expected = format!("Floor Indicator with {wanted:?}");
        todo.judge(cx, "24.380-6.3.4.4.2:3f", right, expected.clone(), || format!("{told:?}"));
        if count > 1 {
            todo.judge(cx, "24.380-8.2.3.15", right, expected, || format!("{told:?}"));
        }
    },
};

/// In a broadcast nobody may ask for the floor, otherwise everybody may.
pub(super) const PERMISSION: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:3d"],
    watch: |cx, fact, todo| {
        let Some((call, _, FloorMessage::Taken(taken))) = down(fact) else { return };
        let Some(belief) = cx.call(call).filter(|belief| belief.established.is_some()) else { return };
        let broadcast = belief.kind.0.contains(FloorIndicator::BROADCAST);
        if broadcast && !belief.is_known_as(FloorIndicator::BROADCAST, cx.now, cx.answer()) {
            return;
        }
        let expected = format!("Permission to Request the Floor {}", u8::from(!broadcast));
        let right = taken.permission_to_request == Some(!broadcast);
        todo.judge(cx, "24.380-6.3.4.4.2:3d", right, expected, || {
            format!("{:?}", taken.permission_to_request)
        });
    },
};

/// What Floor Taken tells of the talker: no name where that was asked for, its place only as it said, its SSRC.
pub(super) const THE_TALKER: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:3ai", "24.380-6.3.4.4.2:3aiii", "24.380-6.3.4.4.2:1f"],
    watch: |cx, fact, todo| {
        let Some((call, talker, grant, belief, true)) = granted(cx, fact) else { return };
        let Some(profile) = belief.legs.get(&talker) else { return };
        let location = belief.asked.get(&talker).and_then(|Asked { request, .. }| request.location.clone());
        let location = location.filter(|location| *location != Location::NotProvided);
        let others = cx.belief.calls.values().flat_map(|call| &call.given);
        if let Some(ssrc) = grant.granted_ssrc {
            let unique = others.into_iter().all(|(leg, given)| *given != ssrc || *leg == talker);
            todo.judge(cx, "24.380-6.3.4.4.2:1f", unique, "an SSRC of its own", || format!("{ssrc:?} again"));
        }
        for listener in belief.listeners(Some(talker)) {
            let when = |requirement, expected| {
                Duty::when(requirement, cx.answer(), expected).on_leg(call, listener).in_this_state()
            };
            if profile.privacy {
                let duty = when("24.380-6.3.4.4.2:3ai", "Floor Taken without the name of the talker");
                todo.watch(
                    cx,
                    duty,
                    shape::told(listener, |message| match message {
                        FloorMessage::Taken(taken) => {
                            Step::test(taken.granted_party.is_none(), || format!("{:?}", taken.granted_party))
                        }
                        _ => Step::Wait,
                    }),
                );
            }
            if let Some(location) = location.clone() {
                let duty =
                    when("24.380-6.3.4.4.2:3aiii", "the location of the request, if any, in Floor Taken");
                todo.watch(
                    cx,
                    duty,
                    shape::told(listener, move |message| match message {
                        FloorMessage::Taken(taken) => match &taken.location {
                            Some(told) => Step::test(*told == location, || format!("{told:?}")),
                            None => Step::Void,
                        },
                        _ => Step::Wait,
                    }),
                );
            }
            if let Some(ssrc) = grant.granted_ssrc {
                let duty = when("24.380-6.3.4.4.2:1f", "the SSRC of Floor Granted in Floor Taken");
                todo.watch(
                    cx,
                    duty,
                    shape::told(listener, move |message| match message {
                        FloorMessage::Taken(taken) if taken.ssrcs.is_empty() => {
                            Step::test(taken.talker_ssrc == Some(ssrc), || format!("{:?}", taken.talker_ssrc))
                        }
                        _ => Step::Wait,
                    }),
                );
            }
        }
    },
};

/// What the codec says of the octets of a server.
pub(super) const WRITTEN: Rule = Rule {
    requirements: &["24.380-8.1.3", "24.380-14.2.7"],
    watch: |cx, fact, todo| {
        let Fact::Written { call, leg, up: false, ssrc, notes, .. } = fact else { return };
        let padded = !notes.contains(&requirement::PADDING) && !notes.contains(&requirement::SPARE);
        let expected = "fields padded with zeros to a multiple of four octets";
        todo.judge(cx, "24.380-8.1.3", padded, expected, || notes.join(", "));
        let profile = cx.belief.call(call).and_then(|belief| belief.legs.get(leg));
        if let Some(wanted) = profile.and_then(|profile| profile.floor_ssrc) {
            let expected = format!("SSRC {} as mc_floor_ssrc asks for", wanted.0);
            todo.judge(cx, "24.380-14.2.7", *ssrc == wanted, expected, || ssrc.0.to_string());
        }
    },
};

/// Causes are those of the table.
pub(super) const CAUSES: Rule = Rule {
    requirements: &["24.380-8.2.6.2", "24.380-8.2.10.2"],
    watch: |cx, fact, todo| {
        let Some((.., message)) = down(fact) else { return };
        match message {
            FloorMessage::Deny(deny) => {
                let listed = deny.cause.is_some_and(|cause| matches!(cause.0, 1..=7 | 255));
                let expected = "a Reject Cause of the list of Floor Deny";
                todo.judge(cx, "24.380-8.2.6.2", listed, expected, || format!("{:?}", deny.cause));
            }
            FloorMessage::Revoke(revoke) => {
                let listed = revoke.cause.is_some_and(|cause| matches!(cause.0, 1..=4 | 6 | 7 | 255));
                let expected = "a Reject Cause of the list of Floor Revoke";
                // A procedure prints 8 where the table has 7.
                if revoke.cause == Some(RevokeCause(8)) {
                    return todo.tolerate(cx, "24.380-8.2.10.2", expected, "8, as a procedure prints it");
                }
                todo.judge(cx, "24.380-8.2.10.2", listed, expected, || format!("{:?}", revoke.cause));
            }
            _ => {}
        }
    },
};

/// Floor Ack says what it acknowledges, and repeats its Track Info.
pub(super) const ACK: Rule = Rule {
    requirements: &["24.380-8.2.13"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Ack(ack))) = down(fact) else { return };
        if cx.belief.call(call).is_none_or(|belief| !belief.legs.contains_key(&leg)) {
            return;
        }
        let known = ack.message_type.is_some_and(|kind| Subtype(kind.0).number().message_name().is_some());
        let expected = "Source and Message Type in Floor Ack";
        todo.judge(cx, "24.380-8.2.13", known && ack.source.is_some(), expected, || format!("{ack:?}"));
    },
};
