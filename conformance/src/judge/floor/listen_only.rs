//! Requests of those who may only listen (6.3.4.3.3, 6.3.5.3.4, 6.3.5.4.4), and what a talk is worth.

use mcptt_codec::floor::{FloorIndicator, FloorMessage, RejectCause, RevokeCause};

use super::shape::reply;
use super::{down_to, request, up};
use crate::judge::Rule;
use crate::judge::belief::{CallBelief, FloorBelief, Rank};
use crate::judge::fact::Leg;
use crate::judge::obligation::{Context, Duty, Step};

/// Why somebody may not talk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listener {
    /// The call is a broadcast of somebody else.
    OfBroadcast,
    /// The group document says so.
    ReceiveOnly,
}

fn listener(cx: &Context<'_>, belief: &CallBelief, leg: Leg) -> Option<Listener> {
    let (profile, originator) = (belief.legs.get(&leg)?, belief.originator?);
    if belief.is_known_as(FloorIndicator::BROADCAST, cx.now, cx.answer()) {
        return (originator != leg).then_some(Listener::OfBroadcast);
    }
    let members = &cx.profile.group(&profile.call)?.members;
    let member = members.get(cx.belief.mcptt_id(&profile.user));
    member.is_some_and(|member| member.receive_only).then_some(Listener::ReceiveOnly)
}

/// Whether the leg may not talk, or that is not certain.
pub(super) fn may_only_listen(cx: &Context<'_>, belief: &CallBelief, leg: Leg) -> bool {
    let broadcast = belief.kind.0.contains(FloorIndicator::BROADCAST) && belief.originator != Some(leg);
    broadcast || listener(cx, belief, leg).is_some()
}

/// Who may only listen is denied with cause 5, whatever the floor is like.
pub(super) const DENY_LISTENERS: Rule = Rule {
    requirements: &[
        "24.380-6.3.4.3.3:1b",
        "24.380-6.3.5.3.4:bc",
        "24.380-6.3.5.4.4:bc",
        "24.380-6.3.5.4.4:ro",
    ],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let is_taken = move |floor: FloorBelief| match floor {
            FloorBelief::Idle { .. } => Some(false),
            FloorBelief::Taken(talk) if talk.talker != leg => Some(true),
            _ => None,
        };
        let Some((belief, taken)) = cx.agreed(call, is_taken) else { return };
        // Alone, it is denied for that.
        if !belief.hears(leg) || belief.legs.len() < 2 || belief.may_cut_in(cx.profile) {
            return;
        }
        let requirement = match (listener(cx, belief, leg), taken) {
            (Some(Listener::OfBroadcast), false) => "24.380-6.3.5.3.4:bc",
            (Some(Listener::OfBroadcast), true) => "24.380-6.3.5.4.4:bc",
            (Some(Listener::ReceiveOnly), false) => "24.380-6.3.4.3.3:1b",
            // What pre-empts is decided otherwise.
            (Some(Listener::ReceiveOnly), true) if Rank::of(request) == Rank::default() => {
                "24.380-6.3.5.4.4:ro"
            }
            _ => return,
        };
        let duty = Duty::must(requirement, cx.answer(), "Floor Deny cause 5").on_leg(call, leg);
        let duty = duty.while_all_are(move |floor| is_taken(floor) == Some(taken));
        todo.watch(
            cx,
            duty,
            reply(leg, |message| match message {
                FloorMessage::Deny(deny) => Step::test(deny.cause == Some(RejectCause::RECEIVE_ONLY), || {
                    format!("Floor Deny {:?}", deny.cause)
                }),
                FloorMessage::Granted(_) | FloorMessage::QueuePositionInfo(_) => Step::by(message.name()),
                _ => Step::Wait,
            }),
        );
    },
};

/// The number in a request counts up to what was agreed on; beyond it pre-empts nobody.
pub(super) const CAPPED: Rule = Rule {
    requirements: &["24.380-6.3.5.4.4:1a"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let (FloorBelief::Taken(talk), Some(profile)) = (belief.floor, belief.legs.get(&leg)) else { return };
        let (rank, worth) = (Rank::of(request), belief.worth_of(talk.talker));
        let Some(agreed) = profile.priority.filter(|_| rank.is_normal() && rank > worth) else { return };
        if talk.talker == leg
            || !belief.hears(leg)
            || rank.at_most(agreed) > worth
            || belief.may_cut_in(cx.profile)
        {
            return;
        }
        let talker = talk.talker;
        let expected = format!("no Floor Revoke to the talker for a priority above the agreed {agreed}");
        let duty = Duty::must_not("24.380-6.3.5.4.4:1a", cx.answer(), expected).on_leg(call, talker);
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_to(fact, talker) {
            Some(FloorMessage::Revoke(revoke)) if revoke.cause == Some(RevokeCause::PRE_EMPTED) => {
                Step::by("the talker was revoked")
            }
            _ => match up(fact) {
                Some((of, _, FloorMessage::Request(_))) if *of == own => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};
