//! The queue as those see it who wait in it (6.3.5.4.4, 6.3.5.4.5, 6.3.5.4.7).

use mcptt_codec::floor::{FloorMessage, QueuePosition};

use super::answers::is_place;
use super::{down_in, down_to, lets_go, request, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::{FloorBelief, Rank};
use crate::judge::obligation::{Duty, Step};

/// A queued client that asks again keeps its place.
pub(super) const KEEP_THE_PLACE: Rule = Rule {
    requirements: &["24.380-6.3.5.4.4:4"],
    watch: |cx, fact, todo| {
        let Some((call, leg, request)) = request(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let same = belief.asked.get(&leg).is_some_and(|asked| asked.rank == Rank::of(request));
        let place = belief.queue.get(&leg).copied().filter(|place| same && is_place(*place));
        let (Some(place), FloorBelief::Taken(_)) = (place, belief.floor) else { return };
        let expected = format!("Floor Queue Position Info with position {} or better", place.0);
        let duty = Duty::must("24.380-6.3.5.4.4:4", cx.answer(), expected).on_leg(call, leg).in_this_state();
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::QueuePositionInfo(info)) => match info.info {
                Some(info) if !info.position.is_not_queued() && info.position <= place => Step::Held,
                Some(info) if info.position == QueuePosition::UNKNOWN => Step::Held,
                other => Step::by(format!("{other:?}")),
            },
            Some(message @ FloorMessage::Deny(_)) => Step::by(message.name()),
            _ if lets_go(fact, leg) => Step::Void,
            // Somebody more urgent may come in front.
            _ => match up(fact) {
                Some((of, from, FloorMessage::Request(other)))
                    if *of == own && from != leg && Rank::of(other) > Rank::default() =>
                {
                    Step::Void
                }
                _ => Step::Wait,
            },
        });
    },
};

pub(super) const TELL_THE_PLACE: Rule = Rule {
    requirements: &["24.380-6.3.5.4.7", "24.380-8.2.3.5:254"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::QueuePositionRequest(_))) = up(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        let taken = matches!(belief.floor, FloorBelief::Taken(talk) if talk.talker != leg);
        // A request whose answer is under way decides the answer to this one.
        let waits = belief.asked.get(&leg).is_some_and(|asked| asked.open > 0);
        let place = belief.queue.get(&leg).copied();
        if !taken || !belief.hears(leg) || (waits && place.is_none()) {
            return;
        }
        let (requirement, expected) = match place {
            Some(_) => ("24.380-6.3.5.4.7", "Floor Queue Position Info with its position"),
            None => ("24.380-8.2.3.5:254", "Floor Queue Position Info with 254"),
        };
        let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, leg).in_this_state();
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::QueuePositionInfo(info)) => {
                let told = info.info.map(|info| info.position);
                let right = match (told, place) {
                    (Some(told), None) => told == QueuePosition::NOT_QUEUED,
                    (Some(told), Some(place)) => {
                        told == QueuePosition::UNKNOWN || (!told.is_not_queued() && told <= place)
                    }
                    (None, _) => false,
                };
                if right { Step::Held } else { Step::by(format!("{told:?}")) }
            }
            _ if up_from(fact, leg).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Who withdrew its request is not granted when the talker lets go.
pub(super) const WITHDRAWN: Rule = Rule {
    requirements: &["24.380-6.3.5.4.5:3"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_))) = up(fact) else { return };
        let Some(belief) = cx.settled(call) else { return };
        if !belief.queue.contains_key(&leg) || belief.floor.talker().is_none_or(|talker| talker == leg) {
            return;
        }
        let during = cx.profile.late(cx.profile.timers.t2);
        let expected = "no Floor Granted for the withdrawn request";
        let duty = Duty::must_not("24.380-6.3.5.4.5:3", during, expected).on_leg(call, leg);
        let own = call.clone();
        todo.watch(cx, duty, move |fact| match down_in(fact, &own) {
            Some((to, FloorMessage::Granted(_))) if to == leg => Step::by("Floor Granted"),
            // Nobody waits any more.
            Some((_, FloorMessage::Idle(_))) => Step::Held,
            _ if matches!(up_from(fact, leg), Some(FloorMessage::Request(_))) => Step::Void,
            _ => Step::Wait,
        });
    },
};
