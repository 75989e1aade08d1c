//! What stops the copies (6.2.4.4, 6.2.4.6, 6.2.4.9): after an answer nothing is sent when the timer would have run
//! out. What comes at another time is something new the user wants.

use std::time::Duration;

use mcptt_codec::floor::FloorMessage;

use super::{TARDINESS, client};
use crate::judge::Rule;
use crate::judge::belief::{ClientState, Copies};
use crate::judge::fact::Fact;
use crate::judge::floor::up_from;
use crate::judge::obligation::{Context, Duty, Step};

/// What would be sent again, when, and the rule that stops it.
struct Stopped {
    requirement: &'static str,
    copies: Copies,
    timer: Duration,
    is_copy: fn(&FloorMessage) -> bool,
    /// It is a reading to go on.
    may_go_on: bool,
}

fn is_request(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::Request(_))
}

fn is_release(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::Release(_))
}

fn is_question(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::QueuePositionRequest(_))
}

fn stopped(cx: &Context<'_>, fact: &Fact, state: ClientState, names_itself: bool) -> Option<Stopped> {
    let timers = cx.profile.client_timers;
    let message = match fact {
        Fact::Down { message, .. } => Some(&**message),
        Fact::VoiceDown { .. } => None,
        _ => return None,
    };
    let (requirement, copies, timer, is_copy): (_, _, _, fn(&FloorMessage) -> bool) = match (state, message) {
        (ClientState::Pending { copies: Some(copies), pre_emptive, .. }, Some(message)) => {
            let requirement = match message {
                FloorMessage::Granted(_) => "24.380-6.2.4.4.2",
                FloorMessage::Deny(_) => "24.380-6.2.4.4.4",
                FloorMessage::QueuePositionInfo(_) => "24.380-6.2.4.4.9",
                FloorMessage::Taken(_) if !pre_emptive => "24.380-6.2.4.4.11",
                _ => return None,
            };
            (requirement, copies, timers.t101, is_request)
        }
        (ClientState::Releasing { copies, .. }, message) => {
            let requirement = match message {
                Some(FloorMessage::Idle(_)) => "24.380-6.2.4.6.4",
                Some(FloorMessage::Taken(_)) => "24.380-6.2.4.6.5",
                Some(FloorMessage::ReleaseMultiTalker(_)) if names_itself => "24.380-6.2.4.6.9",
                None => "24.380-6.2.4.6.6",
                _ => return None,
            };
            (requirement, copies, timers.t100, is_release)
        }
        (ClientState::Queued { asked: Some(copies), .. }, Some(message)) => {
            let requirement = match message {
                FloorMessage::Granted(_) => "24.380-6.2.4.9.4",
                FloorMessage::Deny(_) => "24.380-6.2.4.9.5",
                FloorMessage::QueuePositionInfo(_) => "24.380-6.2.4.9.7",
                FloorMessage::Idle(_) => "24.380-6.2.4.9.8",
                FloorMessage::QueuedFloorRequests(_) => "24.380-6.2.4.9.15",
                _ => return None,
            };
            (requirement, copies, timers.t104, is_question)
        }
        _ => return None,
    };
    let may_go_on = requirement == "24.380-6.2.4.4.11";
    Some(Stopped { requirement, copies, timer, is_copy, may_go_on })
}

pub(super) const STOP: Rule = Rule {
    requirements: &[
        "24.380-6.2.4.4.2",
        "24.380-6.2.4.4.4",
        "24.380-6.2.4.4.9",
        "24.380-6.2.4.4.11",
        "24.380-6.2.4.6.4",
        "24.380-6.2.4.6.5",
        "24.380-6.2.4.6.6",
        "24.380-6.2.4.6.9",
        "24.380-6.2.4.9.4",
        "24.380-6.2.4.9.5",
        "24.380-6.2.4.9.7",
        "24.380-6.2.4.9.8",
        "24.380-6.2.4.9.15",
    ],
    watch: |cx, fact, todo| {
        let (Fact::Down { call, leg, .. } | Fact::VoiceDown { call, leg, .. }) = fact else { return };
        let Some((_, _, state)) = client(cx, call, *leg) else { return };
        let names_itself = match fact {
            Fact::Down { message, .. } => cx.belief.named(call, message) == Some(*leg),
            _ => false,
        };
        let Some(Stopped { requirement, copies, timer, is_copy, may_go_on }) =
            stopped(cx, fact, state, names_itself)
        else {
            return;
        };
        let passed = cx.now.saturating_sub(copies.last);
        let (leg, armed) = (*leg, cx.now);
        let left = |moment: Duration| moment.saturating_sub(passed);
        let early = left(cx.profile.early(timer));
        let during = left(timer.saturating_add(cx.profile.jitter).saturating_add(TARDINESS));
        let expected = "no further copy after the answer";
        let duty = Duty::must_not(requirement, during, expected).on_leg(call, leg);
        todo.watch_timed(cx, duty, move |fact, now| match up_from(fact, leg) {
            // It may have been on its way when the answer was.
            Some(message) if is_copy(message) && now.saturating_sub(armed) >= early && !early.is_zero() => {
                match may_go_on {
                    true => Step::Tolerated("it goes on waiting".to_owned()),
                    false => Step::by(message.name()),
                }
            }
            Some(FloorMessage::Ack(_)) | None => Step::Wait,
            Some(_) => Step::Void,
        });
    },
};

/// Who is queued neither asks again nor gives up because somebody else is granted or heard.
pub(super) const QUEUED: Rule = Rule {
    requirements: &["24.380-6.2.4.9.3", "24.380-6.2.4.9.2"],
    watch: |cx, fact, todo| {
        let (call, leg, requirement) = match fact {
            Fact::Down { call, leg, message } if matches!(**message, FloorMessage::Taken(_)) => {
                (call, *leg, "24.380-6.2.4.9.3")
            }
            Fact::VoiceDown { call, leg, .. } => (call, *leg, "24.380-6.2.4.9.2"),
            _ => return,
        };
        let Some((_, client, ClientState::Queued { .. })) = client(cx, call, leg) else { return };
        // One packet is enough.
        if requirement == "24.380-6.2.4.9.2" && client.heard_since_request {
            return;
        }
        let expected = "neither Floor Request nor Floor Release because of Floor Taken or voice";
        let duty = Duty::must_not(requirement, super::TARDINESS, expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
            Some(message @ (FloorMessage::Request(_) | FloorMessage::Release(_))) => Step::by(message.name()),
            _ => Step::Wait,
        });
    },
};
