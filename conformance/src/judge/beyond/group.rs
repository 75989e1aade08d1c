//! The non-controlling function of a group (6.5): it speaks for its clients and knows them by references in Track Info.

use std::collections::BTreeSet;

use mcptt_codec::floor::{FloorMessage, FloorRequest, TrackInfo};

use super::belief::number;
use super::{leaves_on, message, passing, paths};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Passing};
use crate::judge::obligation::{Duty, Step};
use crate::judge::profile::{Function, Side};

const OWN: Function = Function::NonControlling;

/// The floor message that leaves on a path with this fact, and the path.
fn sent(fact: &Fact) -> Option<(usize, FloorMessage)> {
    match fact {
        Fact::Passing(Passing { path, inward: false, floor: true, octets }) => {
            Some((*path, message(octets)?))
        }
        _ => None,
    }
}

/// Track Info of a message.
fn track_info(message: &FloorMessage) -> Option<&TrackInfo> {
    match message {
        FloorMessage::Granted(message) => message.track_info.as_ref(),
        FloorMessage::Deny(message) => message.track_info.as_ref(),
        FloorMessage::Revoke(message) => message.track_info.as_ref(),
        FloorMessage::QueuePositionInfo(message) => message.track_info.as_ref(),
        FloorMessage::Taken(message) => message.track_info.as_ref(),
        FloorMessage::Idle(message) => message.track_info.as_ref(),
        FloorMessage::Ack(message) => message.track_info.as_ref(),
        _ => None,
    }
}

/// The same but for Track Info, which is the function's business, and the SSRC of who sends it.
fn same_request(one: &FloorRequest, other: &FloorRequest) -> bool {
    let bare = |request: &FloorRequest| FloorRequest {
        track_info: None,
        ssrc: Default::default(),
        ..request.clone()
    };
    bare(one) == bare(other)
}

/// A request goes up with all that is in it, and with the reference of its client.
pub(super) const UPWARDS: Rule = Rule {
    requirements: &["24.380-6.5.4.2:keep", "24.380-6.5.4.2:new", "24.380-6.5.4.2:track", "24.380-6.5.2.2:2"],
    watch: |cx, fact, todo| {
        let Some((passing, path)) = passing(cx, fact, OWN) else { return };
        let Some(FloorMessage::Request(asked)) = message(&passing.octets) else { return };
        let up = paths(cx, OWN, Side::Controlling);
        let (true, Side::Client, [(up, _)]) = (passing.inward && passing.floor, path.side, up.as_slice())
        else {
            return;
        };
        let (up, from) = (*up, passing.path);
        let known = cx.belief.beyond.group.references.clone();
        let own_track = match &asked.track_info {
            Some(_) => "24.380-6.5.4.2:track",
            None => "24.380-6.5.4.2:new",
        };
        for requirement in ["24.380-6.5.4.2:keep", own_track, "24.380-6.5.2.2:2"] {
            let expected = match requirement {
                "24.380-6.5.4.2:keep" => "the request with all its fields to the controlling function",
                "24.380-6.5.2.2:2" => "a reference of its own for each client",
                _ => "Track Info with one reference more",
            };
            let (asked, known) = (asked.clone(), known.clone());
            let before = asked.track_info.clone().unwrap_or_default().references;
            todo.watch(cx, Duty::must(requirement, cx.answer(), expected), move |fact| match sent(fact) {
                Some((on, FloorMessage::Request(told))) if on == up => {
                    let references = told.track_info.clone().unwrap_or_default().references;
                    let right = match requirement {
                        "24.380-6.5.4.2:keep" => same_request(&asked, &told),
                        "24.380-6.5.2.2:2" => references
                            .last()
                            .is_some_and(|own| known.get(own).is_none_or(|client| *client == from)),
                        _ => {
                            let own = references.len() == before.len() + 1;
                            own && references.starts_with(&before)
                        }
                    };
                    Step::test(right, || format!("{told:?}"))
                }
                _ => Step::Wait,
            });
        }
    },
};

/// What is for one client goes to that client alone, without its reference.
pub(super) const DOWNWARDS: Rule = Rule {
    requirements: &["24.380-6.5.4:down"],
    watch: |cx, fact, todo| {
        let Some((passing, path)) = passing(cx, fact, OWN) else { return };
        if path.side != Side::Controlling || !passing.inward || !passing.floor {
            return;
        }
        let Some(told) = message(&passing.octets) else { return };
        let Some(reference) = track_info(&told).and_then(|track| track.references.last().copied()) else {
            return;
        };
        let Some(client) = cx.belief.beyond.group.references.get(&reference).copied() else { return };
        let subtype = told.subtype();
        let expected = "the message to the client that its last reference names, without it";
        todo.watch(cx, Duty::must("24.380-6.5.4:down", cx.answer(), expected), move |fact| {
            match sent(fact) {
                Some((on, message)) if message.subtype().number() == subtype.number() => {
                    let left =
                        track_info(&message).is_some_and(|track| track.references.contains(&reference));
                    Step::test(on == client && !left, || {
                        format!("on path {on}, the reference is left: {left}")
                    })
                }
                _ => Step::Wait,
            }
        });
    },
};

/// Floor Idle and Floor Taken that name no client go to all of them, numbered by the function.
pub(super) const TO_ALL: Rule = Rule {
    requirements: &["24.380-6.5.4:bcast", "24.380-6.5.2.2:1"],
    watch: |cx, fact, todo| {
        if let (Some((path, told)), Fact::Passing(_)) = (sent(fact), fact)
            && cx.profile.paths.get(path).is_some_and(|one| one.function == OWN && one.side == Side::Client)
            && matches!(told, FloorMessage::Idle(_) | FloorMessage::Taken(_))
        {
            let last = cx.belief.beyond.group.numbers.get(&path).copied();
            let number = number(&told);
            let right = number.is_some_and(|number| last.is_none_or(|last| number.newer_than(last)));
            let expected = format!("a sequence number above {last:?}");
            todo.judge(cx, "24.380-6.5.2.2:1", right, expected, || format!("{number:?}"));
        }
        let Some((passing, path)) = passing(cx, fact, OWN) else { return };
        if path.side != Side::Controlling || !passing.inward || !passing.floor {
            return;
        }
        let Some(told) = message(&passing.octets) else { return };
        let for_all = matches!(told, FloorMessage::Idle(_) | FloorMessage::Taken(_));
        if !for_all || track_info(&told).is_some() {
            return;
        }
        let talks = matches!(told, FloorMessage::Taken(_));
        let subtype = told.subtype().number();
        let permitted: BTreeSet<usize> = cx.belief.beyond.group.permitted.clone();
        for (client, _) in paths(cx, OWN, Side::Client) {
            // Who talks may be told of itself, or not.
            if talks && permitted.contains(&client) {
                continue;
            }
            let duty = Duty::must("24.380-6.5.4:bcast", cx.answer(), "the same to every local client");
            todo.watch(cx, duty, move |fact| match sent(fact) {
                Some((on, message)) if on == client && message.subtype().number() == subtype => Step::Held,
                _ => Step::Wait,
            });
        }
    },
};

/// Voice of a client goes up when it was granted the floor, and only then.
pub(super) const VOICE: Rule = Rule {
    requirements: &["24.380-6.5.5.3", "24.380-6.5.5.4"],
    watch: |cx, fact, todo| {
        let Some((passing, path)) = passing(cx, fact, OWN) else { return };
        let up = paths(cx, OWN, Side::Controlling);
        let (true, Side::Client, [(up, _)]) = (passing.inward && !passing.floor, path.side, up.as_slice())
        else {
            return;
        };
        let (up, octets) = (*up, passing.octets.clone());
        if cx.belief.beyond.group.permitted.contains(&passing.path) {
            let duty = Duty::must("24.380-6.5.5.4", cx.answer(), "the voice to the controlling function");
            todo.watch(cx, duty, move |fact| match leaves_on(fact, up, false, &octets) {
                true => Step::Held,
                false => Step::Wait,
            });
        } else if cx.belief.beyond.group.decided.contains(&passing.path) {
            let expected = "no voice of who has no permission to the controlling function";
            let duty = Duty::must_not("24.380-6.5.5.3", cx.answer(), expected);
            todo.watch(cx, duty, move |fact| match leaves_on(fact, up, false, &octets) {
                true => Step::by("it was passed on"),
                false => Step::Wait,
            });
        }
    },
};
