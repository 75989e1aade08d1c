//! Floor Release and how it is answered (6.3.5.3.7, 6.3.5.4.5, 6.3.5.5.3, 6.3.5.6.5, 8.2.13).

use mcptt_codec::floor::{FloorMessage, Source, Subtype};

use super::shape::{never, told};
use super::{down_to, up, up_from};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::{Fact, Leg};
use crate::judge::obligation::{Duty, Step};

fn acknowledged(leg: Leg) -> impl FnMut(&Fact) -> Step {
    told(leg, |message| match message {
        FloorMessage::Ack(_) => Step::Held,
        _ => Step::Wait,
    })
}

/// A release of somebody who does not talk: acknowledged when asked, then the state is told to the sender.
pub(super) const STRAY_RELEASE: Rule = Rule {
    requirements: &[
        "24.380-6.3.5.3.7:1",
        "24.380-6.3.5.3.7:2",
        "24.380-6.3.5.3.7:5",
        "24.380-6.3.5.4.5:1",
        "24.380-6.3.5.4.5:4",
        "24.380-8.2.3.14",
        "24.380-8.2.3.12",
    ],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(release))) = up(fact) else { return };
        let is_idle = move |floor: FloorBelief| match floor {
            FloorBelief::Idle { .. } => Some(true),
            FloorBelief::Taken(talk) if talk.talker != leg => Some(false),
            _ => None,
        };
        let Some((belief, idle)) = cx.agreed(call, is_idle) else { return };
        if !belief.hears(leg) {
            return;
        }
        let (acknowledge, tell) = match idle {
            true => ("24.380-6.3.5.3.7:1", "24.380-6.3.5.3.7:2"),
            false => ("24.380-6.3.5.4.5:1", "24.380-6.3.5.4.5:4"),
        };
        if release.ack_requested {
            let duty = Duty::must(acknowledge, cx.answer(), "Floor Ack").on_leg(call, leg);
            todo.watch(cx, duty, acknowledged(leg));
            for requirement in ["24.380-8.2.3.14", "24.380-8.2.3.12"] {
                let of_type = requirement == "24.380-8.2.3.14";
                let expected = if of_type { "Message Type 4 in Floor Ack" } else { "Source 2 in Floor Ack" };
                let duty = Duty::when(requirement, cx.answer(), expected).on_leg(call, leg);
                todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
                    Some(FloorMessage::Ack(ack)) => {
                        let kind = ack.message_type.map(|kind| kind.0);
                        let right = match of_type {
                            // Some send it with the bit of the message.
                            true if kind == Some(Subtype::FLOOR_RELEASE.with_ack(true).0) => {
                                return Step::Tolerated("with the acknowledgement bit".to_owned());
                            }
                            true => kind == Some(Subtype::FLOOR_RELEASE.0),
                            false => ack.source == Some(Source::CONTROLLING),
                        };
                        Step::test(right, || format!("{kind:?} {:?}", ack.source))
                    }
                    _ => Step::Wait,
                });
            }
        }
        if idle {
            let during = cx.profile.late(cx.profile.timers.t1);
            let expected = "no Floor Granted to who has let go and not asked again";
            let duty = Duty::must_not("24.380-6.3.5.3.7:5", during, expected).on_leg(call, leg);
            todo.watch(cx, duty, never(leg, |message| matches!(message, FloorMessage::Granted(_))));
        }
        let expected = if idle { "Floor Idle to the sender" } else { "Floor Taken to the sender" };
        let duty = Duty::must(tell, cx.answer(), expected).on_leg(call, leg);
        let duty = duty.while_all_are(move |floor| is_idle(floor) == Some(idle));
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Idle(_)) if idle => Step::Held,
            Some(FloorMessage::Taken(_)) if !idle => Step::Held,
            _ if up_from(fact, leg).is_some() => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// The release of who talks is acknowledged when asked, before anything comes of it.
pub(super) const RELEASE_OF_TALKER: Rule = Rule {
    requirements: &["24.380-6.3.5.5.3", "24.380-6.3.5.6.5"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(release))) = up(fact) else { return };
        let in_grace = move |floor: FloorBelief| match floor {
            FloorBelief::Taken(talk) if talk.talker == leg => Some(false),
            FloorBelief::Revoking { talk, .. } if talk.talker == leg => Some(true),
            _ => None,
        };
        let Some((_, in_grace)) = cx.agreed(call, in_grace) else { return };
        let expected = "Floor Ack if asked for, then Floor Idle or Floor Taken";
        let (requirement, acknowledge) = match (in_grace, release.ack_requested) {
            (false, true) => ("24.380-6.3.5.5.3", true),
            (true, acknowledge) => ("24.380-6.3.5.6.5", acknowledge),
            (false, false) => return,
        };
        let mut missing = acknowledge;
        let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, leg);
        todo.watch(
            cx,
            duty,
            told(leg, move |message| match message {
                FloorMessage::Ack(_) => {
                    missing = false;
                    Step::Wait
                }
                FloorMessage::Idle(_) | FloorMessage::Taken(_) => {
                    Step::test(!missing, || format!("{} without Floor Ack", message.name()))
                }
                // It was the only one, and is asked for more.
                FloorMessage::Granted(_) => Step::Void,
                _ => Step::Wait,
            }),
        );
    },
};

/// Floor Ack repeats the Track Info of what it acknowledges.
pub(super) const TRACK_INFO: Rule = Rule {
    requirements: &["24.380-8.2.13"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(release))) = up(fact) else { return };
        let Some(track_info) = release.track_info.clone().filter(|_| release.ack_requested) else { return };
        let duty = Duty::when("24.380-8.2.13", cx.answer(), "the Track Info of the release in Floor Ack");
        todo.watch(
            cx,
            duty.on_leg(call, leg),
            told(leg, move |message| match message {
                FloorMessage::Ack(ack) => Step::test(ack.track_info.as_ref() == Some(&track_info), || {
                    format!("{:?}", ack.track_info)
                }),
                _ => Step::Wait,
            }),
        );
    },
};
