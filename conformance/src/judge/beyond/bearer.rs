//! MBMS subchannels (10.2): mapped, kept up, and given back.

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::subchannel::SubchannelMessage;

use super::message;
use crate::judge::Rule;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

fn mapped(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Subchannel(message) => match &**message {
            SubchannelMessage::MapGroupToBearer(map) => map.group_id.as_ref().map(|group| group.as_str()),
            _ => None,
        },
        _ => None,
    }
}

fn unmapped(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Subchannel(message) => match &**message {
            SubchannelMessage::UnmapGroupToBearer(unmap) => {
                unmap.group_id.as_ref().map(|group| group.as_str())
            }
            _ => None,
        },
        _ => None,
    }
}

/// The mapping is said again every T16 as long as it holds.
pub(super) const MAPPED: Rule = Rule {
    requirements: &["24.380-10.2:map"],
    watch: |cx, fact, todo| {
        let Some(group) = mapped(fact).map(str::to_owned) else { return };
        let t16 = cx.profile.function_timers.t16;
        let expected = "Map Group To Bearer again after T16";
        let duty = Duty::must("24.380-10.2:map", cx.profile.late(t16), expected);
        todo.watch(cx, duty.not_before(cx.profile.early(t16)), move |fact| {
            match (mapped(fact), unmapped(fact)) {
                (Some(again), _) if again == group => Step::Held,
                (_, Some(over)) if over == group => Step::Void,
                _ => Step::Wait,
            }
        });
    },
};

/// The end of a mapping is said C17 times.
pub(super) const UNMAPPED: Rule = Rule {
    requirements: &["24.380-10.2:unmap"],
    watch: |cx, fact, todo| {
        let Some(group) = unmapped(fact).map(str::to_owned) else { return };
        let timers = cx.profile.function_timers;
        let Some(before) = cx.belief.beyond.unmapped.get(&group) else { return };
        let before = before.unwrap_or(0);
        let again = before.saturating_add(1) < timers.c17;
        let check = move |fact: &Fact| match (mapped(fact), unmapped(fact)) {
            (Some(other), _) if other == group => Step::Void,
            (_, Some(other)) if other == group => {
                if again {
                    Step::Held
                } else {
                    Step::by("another copy")
                }
            }
            _ => Step::Wait,
        };
        let (requirement, late) = ("24.380-10.2:unmap", cx.profile.late(timers.t17));
        if again {
            let duty = Duty::must(requirement, late, "Unmap Group To Bearer again after T17");
            todo.watch(cx, duty.not_before(cx.profile.early(timers.t17)), check);
        } else {
            todo.watch(cx, Duty::must_not(requirement, late, "Unmap Group To Bearer C17 times"), check);
        }
    },
};

/// Floor Idle on the subchannel is followed by the end of the mapping after T15, unless somebody talks again.
pub(super) const CONVERSATION: Rule = Rule {
    requirements: &["24.380-10.2:idle"],
    watch: |cx, fact, todo| {
        let Fact::Cast { floor: true, octets } = fact else { return };
        let t15 = cx.profile.function_timers.t15;
        let said = |fact: &Fact| match fact {
            Fact::Cast { floor: true, octets } => message(octets),
            _ => None,
        };
        match message(octets) {
            Some(FloorMessage::Idle(_)) => {
                let expected = "Unmap Group To Bearer T15 after Floor Idle";
                let duty = Duty::must("24.380-10.2:idle", cx.profile.late(t15), expected);
                todo.watch(cx, duty.not_before(cx.profile.early(t15)), move |fact| match said(fact) {
                    Some(_) => Step::Void,
                    None if unmapped(fact).is_some() => Step::Held,
                    None => Step::Wait,
                });
            }
            Some(FloorMessage::Taken(_)) => {
                let expected = "no Unmap Group To Bearer while somebody talks";
                let duty = Duty::must_not("24.380-10.2:idle", cx.profile.late(t15), expected);
                todo.watch(cx, duty, move |fact| match said(fact) {
                    Some(FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
                    _ if unmapped(fact).is_some() => Step::by("Unmap Group To Bearer"),
                    _ => Step::Wait,
                });
            }
            _ => {}
        }
    },
};
