//! What is not acted upon: messages that cannot be read, that only a server sends, that have no procedure in the
//! state, or that come from nobody (6.3.4.1, 6.3.5.1, 8.1, 8.2.2); and what is acted upon all the same.

use mcptt_codec::floor::{FloorMessage, Subtype};
use mcptt_codec::rtcp::requirement;

use super::shape::reply;
use super::{SILENCE, down_to, request, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::{FloorBelief, is_answer};
use crate::judge::fact::Fact;
use crate::judge::obligation::{Context, Duty, Step};

/// What has to be ignored is not answered.
pub(super) const IGNORED: Rule = Rule {
    requirements: &[
        "24.380-8.1.2",
        "24.380-8.1.4:trunc",
        "24.380-8.1.4:overrun",
        "24.380-8.1.4:subtype",
        "24.380-8.2.2:noack",
        "24.380-8.1.4:dir",
        "24.380-8.2.14",
        "24.380-6.3.4.1",
        "24.380-6.3.5.1",
    ],
    watch: |cx, fact, todo| {
        let none: &[_] = &[];
        let (call, leg, requirement, also) = match fact {
            Fact::UpBroken { call, leg, requirement } => (call, *leg, *requirement, none),
            // Without the bit it would be known.
            Fact::UpUnknown { call, leg, subtype } if subtype.number().message_name().is_some() => {
                (call, *leg, "24.380-8.2.2:noack", none)
            }
            Fact::UpUnknown { call, leg, .. } => (call, *leg, "24.380-8.1.4:subtype", none),
            Fact::Up { call, leg, message } => match &**message {
                FloorMessage::ReleaseMultiTalker(_) => (call, *leg, "24.380-8.2.14", none),
                message if is_of_server(message) => {
                    (call, *leg, "24.380-8.1.4:dir", ["24.380-6.3.4.1"].as_slice())
                }
                _ if has_no_procedure(cx, fact) => (call, *leg, "24.380-6.3.5.1", none),
                _ => return,
            },
            _ => return,
        };
        let Some(belief) = cx.settled(call) else { return };
        // Who waits for something may get it now.
        let waits =
            belief.queue.contains_key(&leg) || belief.asked.get(&leg).is_some_and(|asked| asked.open > 0);
        if waits || !belief.legs.contains_key(&leg) {
            return;
        }
        // Some read as much of a message as there is; some tell who asks that it does not wait.
        let asks = matches!(super::up(fact), Some((.., FloorMessage::QueuePositionRequest(_))));
        let may_be_read = move |message: &FloorMessage| match requirement {
            requirement::OVERRUN => is_answer(message),
            _ => asks && matches!(message, FloorMessage::QueuePositionInfo(_)),
        };
        let during = SILENCE.min(cx.answer());
        let duty = Duty::must_not(requirement, during, "no answer of any kind").also(also);
        todo.watch(cx, duty.on_leg(call, leg).in_this_state(), move |fact| match down_to(fact, leg) {
            // What repeats by itself is no answer.
            Some(FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::Revoke(_)) => Step::Void,
            Some(message) if may_be_read(message) => Step::Tolerated(message.name().to_owned()),
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

/// Whether the message means nothing in any state that is possible.
fn has_no_procedure(cx: &Context<'_>, fact: &Fact) -> bool {
    let Some((call, leg, message)) = up(fact) else { return false };
    let sends_media = cx.call(call).is_some_and(|belief| belief.is_shut_out(leg));
    let in_any_state = |wanted: fn(FloorBelief) -> bool| {
        cx.agreed(call, |floor| Some(wanted(floor))).is_some_and(|(_, agreed)| agreed)
    };
    match message {
        FloorMessage::Request(_) | FloorMessage::QueuePositionRequest(_) if sends_media => true,
        FloorMessage::QueuePositionRequest(_)
        | FloorMessage::QueuedFloorRequests(_)
        | FloorMessage::RevokeRequest(_) => in_any_state(|floor| floor.is_idle()),
        _ => false,
    }
}

/// A request with a field that is unknown or comes twice is a request: the field is skipped, the first one counts.
pub(super) const READ_ALL_THE_SAME: Rule = Rule {
    requirements: &["24.380-8.1.4:field", "24.380-8.1.4:dup"],
    watch: |cx, fact, todo| {
        let Fact::Written { call, leg, up: true, subtype, notes, .. } = fact else { return };
        if subtype.number() != Subtype::FLOOR_REQUEST {
            return;
        }
        let Some(belief) = cx.settled(call) else { return };
        let agreed = belief.legs.get(leg).and_then(|profile| profile.priority);
        if !belief.hears(*leg) || matches!(belief.floor, FloorBelief::Unknown | FloorBelief::Revoking { .. })
        {
            return;
        }
        for requirement in [requirement::FIELD, requirement::DUPLICATE] {
            if !notes.contains(&requirement) {
                continue;
            }
            let leg = *leg;
            // The request itself is the next fact.
            let (mut asked, twice) = (None, requirement == requirement::DUPLICATE);
            let duty = Duty::must(requirement, cx.answer(), "an answer to the request as far as it is known");
            todo.watch(cx, duty.on_leg(call, leg), move |fact| {
                if let (Some((_, from, request)), None) = (request(fact), asked) {
                    if from == leg {
                        asked = Some(request.priority);
                    }
                    return Step::Wait;
                }
                let Some(message) = down_to(fact, leg).filter(|message| is_answer(message)) else {
                    return Step::Wait;
                };
                let worth = asked.flatten().zip(agreed).map(|(asked, agreed)| asked.0.min(agreed));
                match (message, worth) {
                    (FloorMessage::Granted(granted), Some(worth)) if twice => {
                        let given = granted.priority.map(|priority| priority.0);
                        Step::test(given == Some(worth), || format!("Floor Priority {given:?}"))
                    }
                    _ => Step::Held,
                }
            });
        }
    },
};

/// Who asks is told by the address, not by what the message says.
pub(super) const BY_ADDRESS: Rule = Rule {
    requirements: &["24.380-6.3.5.1:ident"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let Some(profile) = belief.legs.get(&leg).filter(|_| belief.hears(leg)) else { return };
        let foreign = request.user_id.as_ref().and_then(|user| cx.belief.leg_of_user(call, user.as_str()));
        let Some(other) = foreign.filter(|other| *other != leg && !profile.user.is_empty()) else { return };
        if matches!(belief.floor, FloorBelief::Unknown | FloorBelief::Revoking { .. }) {
            return;
        }
        let expected = "the answer to who sent the request, not to who is named in it";
        let duty = Duty::must("24.380-6.3.5.1:ident", cx.answer(), expected).on_leg(call, leg);
        let mut own = reply(leg, |message| if is_answer(message) { Step::Held } else { Step::Wait });
        todo.watch(cx, duty, move |fact| match (down_to(fact, other), up_from(fact, other)) {
            (Some(message), _) if is_answer(message) => Step::by(format!("{} to the other", message.name())),
            (_, Some(_)) => Step::Void,
            _ => own(fact),
        });
    },
};

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
