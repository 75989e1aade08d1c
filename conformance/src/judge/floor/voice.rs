//! Who is heard by whom (6.3.4.4.5, 6.3.5.3.8, 6.3.5.4.6, 6.3.5.7).

use mcptt_codec::floor::{FloorMessage, RevokeCause};
use mcptt_codec::id::Ssrc;

use super::{down, down_to, lets_go, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Duty, Step};

/// Each packet of the talker reaches each listener, and not the talker.
pub(super) const FORWARD: Rule = Rule {
    requirements: &["24.380-6.3.4.4.5:4", "24.380-6.3.5.5.6", "24.380-6.3.5.3.5", "24.380-6.3.5.4.9"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, sequence } = fact else { return };
        let Some(belief) = cx.call(call) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        if talk.talker != *leg || belief.is_moved_by(*leg, cx.now, cx.answer()) {
            return;
        }
        // What was said before anybody came is played out first, and what follows comes behind it.
        if belief.company.is_some_and(|came| talk.since < came) {
            return;
        }
        // The first packet shows that the grant has made its receiver the talker.
        let also: &[_] = match (talk.first_voice, talk.from_queue) {
            (None, false) => &["24.380-6.3.5.5.6", "24.380-6.3.5.3.5"],
            (None, true) => &["24.380-6.3.5.5.6", "24.380-6.3.5.4.9"],
            (Some(_), _) => &[],
        };
        let (ssrc, sequence, talker) = (*ssrc, *sequence, *leg);
        for listener in
            belief.others(talker).filter(|one| belief.flows.get(one).is_none_or(|(stopped, _)| !stopped))
        {
            let expected = "the packet at every listener, not at the talker";
            let duty = Duty::must("24.380-6.3.4.4.5:4", cx.answer(), expected)
                .also(also)
                .on_leg(call, listener)
                .in_this_state();
            todo.watch(cx, duty, move |fact| match fact {
                Fact::VoiceDown { leg, ssrc: source, sequence: number, .. }
                    if *source == ssrc && *number == sequence =>
                {
                    if *leg == listener {
                        Step::Held
                    } else if *leg == talker {
                        Step::by("the talker hears itself")
                    } else {
                        Step::Wait
                    }
                }
                _ if lets_go(fact, talker) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};

/// Voice without permission: nobody hears it, and it is revoked with cause 3.
pub(super) const WITHOUT_PERMISSION: Rule = Rule {
    requirements: &["24.380-6.3.5.3.8", "24.380-6.3.5.4.6"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, sequence } = fact else { return };
        let Some(belief) = cx.settled(call) else { return };
        if belief.floor.talker() == Some(*leg) || !belief.legs.contains_key(leg) {
            return;
        }
        let requirement = match belief.floor {
            FloorBelief::Idle { .. } => "24.380-6.3.5.3.8",
            FloorBelief::Taken(_) => "24.380-6.3.5.4.6",
            _ => return,
        };
        let leg = *leg;
        let duty = Duty::must_not(requirement, cx.answer(), "nobody hears it").in_call(call);
        todo.watch(cx, duty, distributed(call, leg, (*ssrc, *sequence)));
        if !belief.hears(leg) {
            return;
        }
        let duty = Duty::must(requirement, cx.answer(), "Floor Revoke cause 3").on_leg(call, leg);
        todo.watch(cx, duty, revoked(leg));
    },
};

/// Floor Revoke cause 3 is repeated after T8. How often is an option: one repetition is asked for.
pub(super) const REVOKE_AGAIN: Rule = Rule {
    requirements: &["24.380-6.3.5.7.3"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Revoke(revoke))) = down(fact) else { return };
        let Some(belief) = cx.call(call) else { return };
        let first = belief.floor.talker() != Some(leg) && belief.hears(leg);
        // Its release may be on the way already.
        let first = first && !belief.has_let_go(leg, cx.now, cx.answer());
        if !first || revoke.cause != Some(RevokeCause::NO_PERMISSION) {
            return;
        }
        let t8 = cx.profile.timers.t8;
        let duty = Duty::must("24.380-6.3.5.7.3", cx.profile.late(t8), "Floor Revoke cause 3 again after T8")
            .not_before(cx.profile.early(t8))
            .on_leg(call, leg);
        todo.watch(cx, duty, revoked(leg));
    },
};

/// Its release ends that, and it is told the state.
pub(super) const GIVES_IN: Rule = Rule {
    requirements: &["24.380-6.3.5.7.4"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some(belief) = cx.settled(call).filter(|belief| belief.unpermitted.contains(&leg)) else {
            return;
        };
        let idle = match belief.floor {
            FloorBelief::Idle { .. } => true,
            FloorBelief::Taken(_) => false,
            _ => return,
        };
        let expected = if idle { "Floor Idle to the sender" } else { "Floor Taken to the sender" };
        let duty = Duty::must("24.380-6.3.5.7.4", cx.answer(), expected).on_leg(call, leg).in_this_state();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Idle(_)) if idle => Step::Held,
            Some(FloorMessage::Taken(_)) if !idle => Step::Held,
            Some(message @ (FloorMessage::Idle(_) | FloorMessage::Taken(_))) => Step::by(message.name()),
            _ if up_from(fact, leg).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// What the talker sends after its release is not distributed.
pub(super) const NOTHING_AFTER_RELEASE: Rule = Rule {
    requirements: &["24.380-6.3.5.7.2", "24.380-6.3.4.4.6"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, sequence } = fact else { return };
        let Some(belief) = cx.call(call) else { return };
        // It was revoked for sending without permission, or has let go, and goes on.
        let let_go = belief.is_moved_by(*leg, cx.now, cx.answer()) && belief.floor.talker() == Some(*leg);
        let requirement = match (belief.unpermitted.contains(leg), let_go && cx.profile.path.is_zero()) {
            (true, _) => "24.380-6.3.5.7.2",
            (false, true) => "24.380-6.3.4.4.6",
            (false, false) => return,
        };
        let duty = Duty::must_not(requirement, cx.answer(), "nobody hears it").in_call(call);
        todo.watch(cx, duty, distributed(call, *leg, (*ssrc, *sequence)));
    },
};

/// A packet of one who may not talk is passed on to anybody.
fn distributed(call: &Call, leg: Leg, packet: (Ssrc, u16)) -> impl FnMut(&Fact) -> Step + use<> {
    let own = call.clone();
    move |fact| match fact {
        Fact::VoiceDown { call, ssrc, sequence, .. } if *call == own && (*ssrc, *sequence) == packet => {
            Step::by("it was distributed")
        }
        // The permission was under way.
        _ if matches!(down_to(fact, leg), Some(FloorMessage::Granted(_))) => Step::Void,
        _ => Step::Wait,
    }
}

/// Floor Revoke cause 3 reaches a participant, unless it has let go or may talk by then.
fn revoked(leg: Leg) -> impl FnMut(&Fact) -> Step {
    move |fact| match down_to(fact, leg) {
        Some(FloorMessage::Revoke(revoke)) if revoke.cause == Some(RevokeCause::NO_PERMISSION) => Step::Held,
        Some(FloorMessage::Revoke(revoke)) => Step::by(format!("Floor Revoke {:?}", revoke.cause)),
        Some(FloorMessage::Granted(_)) => Step::Void,
        _ if lets_go(fact, leg) => Step::Void,
        _ => Step::Wait,
    }
}
