//! Call control over pre-established sessions (9): Connect, Disconnect and their Acknowledge.

use mcptt_codec::session::{ReasonCode, SessionMessage};

use super::passing;
use crate::judge::Rule;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};
use crate::judge::profile::{Function, Side};

fn asks_for_answer(message: &SessionMessage) -> bool {
    match message {
        SessionMessage::Connect(connect) => connect.ack_requested,
        SessionMessage::Disconnect(disconnect) => disconnect.ack_requested,
        _ => false,
    }
}

/// What asks for an answer is repeated until there is one, and not more often than the counter says.
pub(super) const REPEATED: Rule = Rule {
    requirements: &["24.380-9.3:t55", "24.380-9.3:t56"],
    watch: |cx, fact, todo| {
        let Fact::Session { client, message } = fact else { return };
        let timers = cx.profile.function_timers;
        let (requirement, timer, limit) = match &**message {
            SessionMessage::Connect(_) => ("24.380-9.3:t55", timers.t55, timers.c55),
            SessionMessage::Disconnect(_) => ("24.380-9.3:t56", timers.t56, timers.c56),
            _ => return,
        };
        if !asks_for_answer(message) {
            return;
        }
        let before = cx.belief.beyond.sessions.get(client).map_or(0, |session| session.copies(message));
        let (client, said, again) = (*client, message.clone(), before.saturating_add(1) < limit);
        let check = move |fact: &Fact| match fact {
            Fact::Session { client: other, message } if *other == client => match &**message {
                SessionMessage::Acknowledge(_) => Step::Void,
                other if *other == *said => {
                    if again {
                        Step::Held
                    } else {
                        Step::by("another copy")
                    }
                }
                _ => Step::Void,
            },
            _ => Step::Wait,
        };
        if again {
            let expected = "the same message again, as there is no Acknowledge";
            let duty = Duty::must(requirement, cx.profile.late(timer), expected);
            todo.watch(cx, duty.not_before(cx.profile.early(timer)), check);
        } else {
            let expected = "no more copies than the counter allows";
            todo.watch(cx, Duty::must_not(requirement, cx.profile.late(timer), expected), check);
        }
    },
};

/// Nothing of a call is relayed to the client before it was told that the call uses the session, nor after the end.
pub(super) const IN_USE: Rule = Rule {
    requirements: &["24.380-9.1"],
    watch: |cx, fact, todo| {
        let Some((passing, path)) = passing(cx, fact, Function::Participating) else { return };
        if path.side != Side::Client || passing.inward || !passing.floor {
            return;
        }
        let session = cx.belief.beyond.sessions.get(&super::floor_of(path.theirs));
        let Some(session) = session.filter(|session| session.is_known) else { return };
        let expected = "floor control between Connect and Disconnect only";
        todo.judge(cx, "24.380-9.1", session.in_use.is_some(), expected, || {
            "no call uses the session".into()
        });
    },
};

/// Connect and Disconnect are acknowledged when that is asked for.
pub(super) const ANSWERED: Rule = Rule {
    requirements: &["24.380-9.2.2:conn", "24.380-9.2.2:disc"],
    watch: |cx, fact, todo| {
        let Fact::Session { client, message } = fact else { return };
        let requirement = match &**message {
            SessionMessage::Connect(_) => "24.380-9.2.2:conn",
            SessionMessage::Disconnect(_) => "24.380-9.2.2:disc",
            _ => return,
        };
        // The answer may be lost; then the question comes again.
        let first = cx.belief.beyond.sessions.get(client).is_none_or(|session| session.copies(message) == 0);
        if !asks_for_answer(message) || !first {
            return;
        }
        let timers = cx.profile.function_timers;
        let copies = timers.t55.saturating_mul(u32::try_from(timers.c55).unwrap_or(u32::MAX));
        let until = copies.saturating_add(cx.answer());
        let said = message.clone();
        let (client, connect) = (*client, requirement == "24.380-9.2.2:conn");
        let expected = "Acknowledge: accepted, busy or not accepted";
        todo.watch(cx, Duty::must(requirement, until, expected), move |fact| match fact {
            Fact::Session { client: other, message } if *other == client => match &**message {
                again if *again == *said => Step::Wait,
                SessionMessage::Acknowledge(answer) => {
                    let known = [ReasonCode::ACCEPTED, ReasonCode::BUSY, ReasonCode::NOT_ACCEPTED];
                    let right = answer.reason_code.is_none_or(|code| known.contains(&code));
                    Step::test(right || !connect, || format!("{:?}", answer.reason_code))
                }
                _ => Step::Void,
            },
            _ => Step::Wait,
        });
    },
};

/// Of a client with several sessions the one that is meant answers; the other is left as it is.
pub(super) const APART: Rule = Rule {
    requirements: &["24.380-9.2.2:par"],
    watch: |cx, fact, todo| {
        let Fact::Session { client, message } = fact else { return };
        let of_client = |address: &std::net::SocketAddr| address.ip() == client.ip() && address != client;
        let mut sessions = cx.belief.beyond.sessions.iter();
        let another = sessions.any(|(address, session)| of_client(address) && session.in_use.is_some());
        if !another || !asks_for_answer(message) {
            return;
        }
        let client = *client;
        let expected = "an answer on the session that was meant, none on the other";
        todo.watch(cx, Duty::must("24.380-9.2.2:par", cx.answer(), expected), move |fact| match fact {
            Fact::Session { client: other, message } if other.ip() == client.ip() => match &**message {
                SessionMessage::Acknowledge(_) => Step::test(*other == client, || format!("on {other}")),
                _ => Step::Void,
            },
            _ => Step::Wait,
        });
    },
};
