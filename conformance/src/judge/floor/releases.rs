//! Messages that have no effect on the floor, and how they are answered (6.3.5.3.7, 6.3.5.4.5, 8.1.4, 8.2).

use mcptt_codec::floor::{FloorMessage, Source, Subtype};

use super::{SILENCE, down_to, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

/// A release of somebody who does not talk: acknowledged when asked, then the state is told to the sender.
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
        let Some((call, leg, FloorMessage::Release(release))) = up(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        if belief.floor.talker() == Some(leg) || !belief.hears(leg) {
            return;
        }
        let (acknowledge, tell, idle) = match belief.floor {
            FloorBelief::Idle { .. } => ("24.380-6.3.5.3.7:1", "24.380-6.3.5.3.7:2", true),
            FloorBelief::Taken(_) => ("24.380-6.3.5.4.5:1", "24.380-6.3.5.4.5:4", false),
            _ => return,
        };
        if release.ack_requested {
            let duty = Duty::must(acknowledge, cx.answer(), "Floor Ack").on_leg(call, leg);
            todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
                Some(FloorMessage::Ack(_)) => Step::Held,
                _ => Step::Wait,
            });
            for requirement in ["24.380-8.2.3.14", "24.380-8.2.3.12"] {
                let of_type = requirement == "24.380-8.2.3.14";
                let expected = if of_type { "Message Type 4 in Floor Ack" } else { "Source 2 in Floor Ack" };
                let duty = Duty::when(requirement, cx.answer(), expected).on_leg(call, leg);
                todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
                    Some(FloorMessage::Ack(ack)) => {
                        let right = match of_type {
                            true => ack.message_type.is_some_and(|kind| kind.0 == Subtype::FLOOR_RELEASE.0),
                            false => ack.source == Some(Source::CONTROLLING),
                        };
                        if right {
                            Step::Held
                        } else {
                            Step::by(format!("{:?} {:?}", ack.message_type, ack.source))
                        }
                    }
                    _ => Step::Wait,
                });
            }
        }
        let expected = if idle { "Floor Idle to the sender" } else { "Floor Taken to the sender" };
        let duty = Duty::must(tell, cx.answer(), expected).on_leg(call, leg).in_this_state();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Idle(_)) if idle => Step::Held,
            Some(FloorMessage::Taken(_)) if !idle => Step::Held,
            _ if up_from(fact, leg).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// What has to be ignored is not answered: unknown subtypes, undefined acknowledgement bits, messages only a
/// server sends.
pub(super) const IGNORED: Rule = Rule {
    requirements: &["24.380-8.1.4:subtype", "24.380-8.2.2:noack", "24.380-8.1.4:dir"],
    watch: |cx, fact, todo| {
        let (call, leg, requirement) = match fact {
            // Without the bit it would be known.
            Fact::UpUnknown { call, leg, subtype } if subtype.number().message_name().is_some() => {
                (call, *leg, "24.380-8.2.2:noack")
            }
            Fact::UpUnknown { call, leg, .. } => (call, *leg, "24.380-8.1.4:subtype"),
            Fact::Up { call, leg, message } if is_of_server(message) => (call, *leg, "24.380-8.1.4:dir"),
            _ => return,
        };
        let Some(belief) = cx.settled(call) else { return };
        // Who waits for something may get it now.
        let waits =
            belief.queue.contains_key(&leg) || belief.asked.get(&leg).is_some_and(|asked| asked.open > 0);
        if waits || !belief.legs.contains_key(&leg) {
            return;
        }
        let during = SILENCE.min(cx.answer());
        let duty =
            Duty::must_not(requirement, during, "no answer of any kind").on_leg(call, leg).in_this_state();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            // What repeats by itself is no answer.
            Some(FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::Revoke(_)) => Step::Void,
            Some(message) => Step::by(message.name()),
            _ if up_from(fact, leg).is_some_and(|message| !is_of_server(message)) => Step::Void,
            _ => Step::Wait,
        });
    },
};

fn is_of_server(message: &FloorMessage) -> bool {
    matches!(
        message,
        FloorMessage::Granted(_)
            | FloorMessage::Taken(_)
            | FloorMessage::Deny(_)
            | FloorMessage::Idle(_)
            | FloorMessage::Revoke(_)
            | FloorMessage::QueuePositionInfo(_)
    )
}

/// An address that is in no call gets no answer.
pub(super) const STRANGER: Rule = Rule {
    requirements: &["24.380-6.3.5.1:addr"],
    watch: |cx, fact, todo| {
        let Fact::Stranger { source } = fact else { return };
        let source = *source;
        let duty = Duty::must_not("24.380-6.3.5.1:addr", SILENCE.min(cx.answer()), "no answer");
        todo.watch(cx, duty, move |fact| match fact {
            Fact::ToStranger { destination } if *destination == source => Step::by("an answer"),
            _ => Step::Wait,
        });
    },
};
