//! How a Floor Request is answered (6.3.4.3.3, 6.3.5.4.4).

use mcptt_codec::floor::{FloorMessage, QueuePosition, RejectCause, RevokeCause};

use super::listen_only::may_only_listen;
use super::{down, down_in, down_to, is_of_its_own, lets_go, request, up};
use crate::judge::Rule;
use crate::judge::belief::{FloorBelief, Rank, is_answer};
use crate::judge::fact::Leg;
use crate::judge::obligation::{Duty, Step};

/// A request that has a procedure is answered: granted, denied or queued.
pub(super) const ONE_ANSWER: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:once"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        let discarded = matches!(belief.floor, FloorBelief::Unknown | FloorBelief::Revoking { .. });
        if discarded || !belief.hears(leg) || belief.waits_for_company(leg) {
            return;
        }
        let expected = "Floor Granted, Floor Deny or Floor Queue Position Info to the requester";
        let duty = Duty::must("24.380-6.3.4.3.3:once", cx.answer(), expected).on_leg(call, leg);
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((to, message)) if to == leg && is_answer(message) => Step::Held,
            // Pre-emption without negotiated queueing is granted when the grace is over.
            Some((_, FloorMessage::Revoke(_))) => Step::Void,
            _ if lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// And answered once: neither denied twice, nor denied and granted.
pub(super) const NO_SECOND_ANSWER: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:once"],
    watch: |cx, fact, todo| {
        let Some((call, leg, message)) = down(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        let denied = match message {
            FloorMessage::Deny(_) => true,
            FloorMessage::Granted(_) if belief.floor.talker() != Some(leg) => false,
            _ => return,
        };
        // Copies of a request may each be answered.
        if belief.asked.get(&leg).is_none_or(|asked| asked.open != 1) {
            return;
        }
        let duty = Duty::must_not("24.380-6.3.4.3.3:once", cx.answer(), "no second answer").on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Deny(_)) => Step::by("Floor Deny after an answer"),
            Some(FloorMessage::Granted(_)) if denied => Step::by("Floor Granted after Floor Deny"),
            _ if super::up_from(fact, leg).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// No answer without a request: who has neither asked nor waits is not granted. A request that was recorded and comes once more
/// must not count as one.
pub(super) const UNASKED: Rule = Rule {
    requirements: &["24.380-6.3.4.3.3:once"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Granted(_))) = down(fact) else { return };
        let Some(belief) = cx.settled(call).filter(|_| cx.profile.is_complete()) else { return };
        let Some(profile) = belief.legs.get(&leg) else { return };
        let asked = belief.asked.contains_key(&leg) || belief.queue.contains_key(&leg);
        let by_signalling = profile.asks
            || profile.implicit_request
            || profile.temporary
            || belief.asked_by_info
            || belief.asked_by_invite.contains(&leg);
        if !belief.floor.is_idle() || asked || by_signalling {
            return;
        }
        let expected = "Floor Granted to nobody who has not asked for the floor";
        todo.judge(cx, "24.380-6.3.4.3.3:once", false, expected, || "Floor Granted".to_owned());
    },
};

/// Somebody else talks and the request does not outrank: denied without negotiated queueing, queued with it,
/// denied when full.
pub(super) const DENY_OR_QUEUE: Rule = Rule {
    requirements: &[
        "24.380-6.3.5.4.4:1",
        "24.380-6.3.5.4.4:q",
        "24.380-6.3.5.4.4:full",
        "24.380-6.3.4.4.7:eq",
    ],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let (rank, Some(known)) = (Rank::of(request), cx.call(call)) else { return };
        let stronger = move |floor: FloorBelief| match floor {
            FloorBelief::Taken(talk) if talk.talker != leg => Some(talk.talker),
            _ => None,
        };
        let is_stronger =
            |floor| stronger(floor).filter(|talker| rank <= known.worth_of(*talker)).map(|_| ());
        let Some((belief, ())) = cx.agreed(call, is_stronger) else { return };
        let Some(profile) = belief.legs.get(&leg).filter(|_| belief.hears(leg)) else { return };
        if belief.may_cut_in(cx.profile) || may_only_listen(cx, belief, leg) {
            return;
        }
        let talkers: Vec<Leg> =
            belief.legs.keys().copied().filter(|one| rank <= belief.worth_of(*one)).collect();
        let as_before = move |floor| stronger(floor).is_some_and(|talker| talkers.contains(&talker));
        let full = cx.profile.queue_limit.is_some_and(|limit| belief.queue.len() >= limit);
        let (requirement, cause) = match (profile.queueing, belief.queue.contains_key(&leg)) {
            (false, _) if rank != Rank::default() => return,
            (false, _) => ("24.380-6.3.5.4.4:1", Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)),
            (true, false) if full => ("24.380-6.3.5.4.4:full", Some(RejectCause::QUEUE_FULL)),
            (true, _) => ("24.380-6.3.5.4.4:q", None),
        };
        let expected = match cause {
            Some(cause) => format!("Floor Deny cause {}", cause.0),
            None => "Floor Queue Position Info with a position".to_owned(),
        };
        let limit_is_known = cx.profile.queue_limit.is_some();
        let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, leg).while_all_are(as_before);
        todo.watch(cx, duty, move |fact| match (down_to(fact, leg), cause) {
            (Some(FloorMessage::Deny(deny)), Some(cause)) if deny.cause == Some(cause) => Step::Held,
            (Some(FloorMessage::Deny(deny)), _) if is_of_its_own(deny) => Step::Void,
            (Some(FloorMessage::Deny(deny)), None)
                if deny.cause == Some(RejectCause::QUEUE_FULL) && !limit_is_known =>
            {
                Step::Void
            }
            (Some(FloorMessage::Deny(deny)), _) => Step::by(format!("Floor Deny {:?}", deny.cause)),
            (Some(FloorMessage::QueuePositionInfo(info)), None) => match info.info {
                Some(info) if !info.position.is_not_queued() => Step::Held,
                _ => Step::by("Floor Queue Position Info without a position"),
            },
            (Some(message @ (FloorMessage::QueuePositionInfo(_) | FloorMessage::Granted(_))), _) => {
                Step::by(message.name())
            }
            _ if lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
        let Some(FloorBelief::Taken(talk)) = cx.settled(call).map(|belief| belief.floor) else { return };
        let (own, talker) = (call.clone(), talk.talker);
        let expected = "no Floor Revoke cause 4 to the talker";
        let duty = Duty::must_not("24.380-6.3.4.4.7:eq", cx.answer(), expected).on_leg(call, talker);
        todo.watch(cx, duty, move |fact| match down_to(fact, talker) {
            Some(FloorMessage::Revoke(revoke)) if revoke.cause == Some(RevokeCause::PRE_EMPTED) => {
                Step::by("the talker was revoked")
            }
            // Another request may outrank the talker.
            _ => match up(fact) {
                Some((of, _, FloorMessage::Request(_))) if *of == own => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// A request and a release in one datagram while idle: granted, then idle again.
pub(super) const TWO_IN_ONE: Rule = Rule {
    requirements: &["24.380-8.1.1"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        let together = belief.asked.get(&leg).is_some_and(|asked| asked.frame == cx.frame && asked.open == 1);
        let free = belief.floor.is_idle() && belief.is_moved_by(leg, cx.now, cx.answer());
        if !together || !free || belief.legs.len() < 2 {
            return;
        }
        let duty =
            Duty::must("24.380-8.1.1", cx.answer(), "Floor Granted, then Floor Idle").on_leg(call, leg);
        let mut granted = false;
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Granted(_)) => {
                granted = true;
                Step::Wait
            }
            Some(FloorMessage::Idle(_)) if granted => Step::Held,
            Some(FloorMessage::Idle(_)) => {
                Step::by("Floor Idle without Floor Granted: the request was not processed")
            }
            // Somebody else was quicker, before or after.
            Some(FloorMessage::Taken(_) | FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_)) => {
                Step::Void
            }
            _ if super::up_from(fact, leg).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Whether this is a place in a queue that can be compared.
pub(super) fn is_place(position: QueuePosition) -> bool {
    !position.is_not_queued() && position != QueuePosition::UNKNOWN
}
