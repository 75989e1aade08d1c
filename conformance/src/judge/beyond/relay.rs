//! The participating function (6.4): what comes on one side of a call leaves on the other, at once and as it is; what is
//! for everybody may be sent on an MBMS subchannel instead.

use mcptt_codec::floor::FloorMessage;

use super::{floor_of, leaves_on, message, passing, paths};
use crate::judge::Rule;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};
use crate::judge::profile::{Function, Side};

pub(super) const UNCHANGED: Rule = Rule {
    requirements: &[
        "24.380-6.4.2:1",
        "24.380-6.4.2:2",
        "24.380-6.4.2:3ai",
        "24.380-6.4.2:3b",
        "24.380-6.4.3",
    ],
    watch: |cx, fact, todo| {
        let Some((passing, path)) = passing(cx, fact, Function::Participating) else { return };
        if !passing.inward {
            return;
        }
        let other_side = if path.side == Side::Client { Side::Controlling } else { Side::Client };
        let others = paths(cx, Function::Participating, other_side);
        let Some((out, _)) = others.into_iter().find(|(_, number)| *number == path.number) else { return };
        // On a pre-established session nothing is relayed unless a call uses it.
        let client = cx.profile.paths.iter().find(|one| {
            one.function == Function::Participating && one.side == Side::Client && one.number == path.number
        });
        let session = client.and_then(|one| cx.belief.beyond.sessions.get(&floor_of(one.theirs)));
        if session.is_some_and(|session| session.in_use.is_none()) {
            return;
        }
        let for_everybody = message(&passing.octets).is_some_and(|message| {
            matches!(
                message,
                FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::ReleaseMultiTalker(_)
            )
        });
        let cast = cx.belief.beyond.is_mapped() && path.side == Side::Controlling;
        let requirement = match (passing.floor, path.side, cast) {
            (false, Side::Controlling, true) => return,
            (false, ..) => "24.380-6.4.3",
            (true, Side::Client, _) => "24.380-6.4.2:1",
            (true, Side::Controlling, false) => "24.380-6.4.2:2",
            (true, Side::Controlling, true) if for_everybody => "24.380-6.4.2:3b",
            (true, Side::Controlling, true) => "24.380-6.4.2:3ai",
        };
        // The first Floor Taken of a conversation may begin a mapping.
        let may_be_cast = path.side == Side::Controlling && (!passing.floor || for_everybody);
        let (octets, floor) = (passing.octets.clone(), passing.floor);
        // It comes once for each client and is sent once for all of them.
        if may_be_cast && cast && cx.belief.beyond.cast == octets {
            return;
        }
        let expected = "the same octets on the other side at once";
        todo.watch(cx, Duty::must(requirement, cx.answer(), expected), move |fact| match fact {
            Fact::Cast { octets: other, .. } if may_be_cast && *other == octets => Step::Held,
            _ if leaves_on(fact, out, floor, &octets) => Step::Held,
            _ => Step::Wait,
        });
    },
};
