//! What is sent again until it is answered: T100, T101, T104 and their counters (6.2.4.4.5, 6.2.4.4.6, 6.2.4.6.2,
//! 6.2.4.6.3, 6.2.4.9.10, 6.2.4.9.11, 11.1.1).

use std::time::Duration;

use mcptt_codec::floor::{FloorMessage, FloorRequest};

use super::{TARDINESS, client, sends, told};
use crate::judge::Rule;
use crate::judge::belief::{ClientState, is_answer};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::floor::{down_to, lets_go, up_from};
use crate::judge::obligation::{Context, Duty, Obligations, Step};

/// All copies of a Floor Release leave within this time.
const RETRANSMISSION_LIMIT: Duration = Duration::from_secs(6);

/// Whether a message ends the wait of a request.
fn answers_request(fact: &Fact, leg: Leg) -> bool {
    down_to(fact, leg).is_some_and(|message| {
        is_answer(message) || matches!(message, FloorMessage::Taken(_) | FloorMessage::Revoke(_))
    })
}

/// The copy of a request is due in what is left of T101.
fn next_copy(
    cx: &Context<'_>,
    todo: &mut Obligations,
    (requirement, also): (&'static str, &'static [&'static str]),
    (call, leg): (&Call, Leg),
    (sent, request): (Duration, FloorRequest),
) {
    let (t101, passed) = (cx.profile.client_timers.t101, cx.now.saturating_sub(sent));
    let duty = Duty::must(
        requirement,
        cx.profile.late(t101).saturating_sub(passed),
        "the same Floor Request after T101",
    )
    .also(also)
    .not_before(cx.profile.early(t101).saturating_sub(passed))
    .on_leg(call, leg);
    todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
        Some(FloorMessage::Request(again)) => Step::test(*again == request, || format!("{again:?}")),
        _ if lets_go(fact, leg) || answers_request(fact, leg) => Step::Void,
        _ => Step::Wait,
    });
}

pub(super) const REQUEST: Rule = Rule {
    requirements: &["24.380-6.2.4.3.5", "24.380-6.2.4.4.5", "24.380-6.2.4.4.6"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Request(request), _, _, state)) = sends(cx, fact) else { return };
        let timers = cx.profile.client_timers;
        let count = match state {
            ClientState::NoPermission => 1,
            ClientState::Pending { copies, .. } => copies.map_or(0, |copies| copies.count).saturating_add(1),
            _ => return,
        };
        if count < timers.c101 {
            let also: &[_] = if count == 1 { &["24.380-6.2.4.3.5"] } else { &[] };
            return next_copy(cx, todo, ("24.380-6.2.4.4.5", also), (call, leg), (cx.now, request.clone()));
        }
        let during = timers.t101.saturating_add(cx.profile.jitter).saturating_add(TARDINESS);
        let expected = "no Floor Request beyond C101 copies";
        let duty = Duty::must_not("24.380-6.2.4.4.6", during, expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
            Some(FloorMessage::Request(_)) => Step::by("another copy"),
            _ if lets_go(fact, leg) || answers_request(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Neither Floor Idle nor voice of others ends a request.
pub(super) const REQUEST_GOES_ON: Rule = Rule {
    requirements: &["24.380-6.2.4.4:idle", "24.380-6.2.4.4.7"],
    watch: |cx, fact, todo| {
        let (call, leg, requirement) = match fact {
            Fact::Down { call, leg, message } if matches!(**message, FloorMessage::Idle(_)) => {
                (call, *leg, "24.380-6.2.4.4:idle")
            }
            Fact::VoiceDown { call, leg, .. } => (call, *leg, "24.380-6.2.4.4.7"),
            _ => return,
        };
        let Some((_, client, ClientState::Pending { copies: Some(copies), .. })) = client(cx, call, leg)
        else {
            return;
        };
        let Some(request) = client.request.clone() else { return };
        // One packet between two copies is enough.
        let again = requirement == "24.380-6.2.4.4.7" && client.heard_since_request;
        if copies.count < cx.profile.client_timers.c101 && !again {
            next_copy(cx, todo, (requirement, &[]), (call, leg), (copies.last, request));
        }
    },
};

/// A request in the INVITE is one; it is repeated as Floor Request.
pub(super) const REQUEST_IN_INVITE: Rule = Rule {
    requirements: &["24.380-6.2.4.2.2:4"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        if !profile.originating || !profile.implicit_request || profile.granted_early {
            return;
        }
        let (leg, t101) = (*leg, cx.profile.client_timers.t101);
        let (early, armed) = (cx.profile.early(t101), cx.now);
        let expected = "no Floor Request before T101, then Floor Request unless it was answered";
        let duty =
            Duty::must("24.380-6.2.4.2.2:4", cx.profile.late(t101), expected).on_leg(&profile.call, leg);
        todo.watch_timed(cx, duty, move |fact, now| match up_from(fact, leg) {
            Some(FloorMessage::Request(_)) => {
                let passed = now.saturating_sub(armed);
                Step::test(passed >= early, || format!("after {} ms", passed.as_millis()))
            }
            _ if answers_request(fact, leg) => Step::Held,
            _ if lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

pub(super) const RELEASE: Rule = Rule {
    requirements: &[
        "24.380-6.2.4.4.8",
        "24.380-6.2.4.5.3",
        "24.380-6.2.4.9.6",
        "24.380-6.2.4.6.2",
        "24.380-6.2.4.6.3",
        "24.380-6.2.4.6.7",
        "24.380-11.1.1:t100",
    ],
    watch: |cx, fact, todo| {
        if let Some((call, leg, FloorMessage::Revoke(_), _, _, state)) = told(cx, fact)
            && let ClientState::Releasing { copies, .. } = state
        {
            // The revoke is no reason to release once more.
            let left = copies.last.saturating_add(cx.profile.early(cx.profile.client_timers.t100));
            let during = left.saturating_sub(cx.now).min(cx.answer());
            let expected = "no Floor Release before T100";
            let duty = Duty::must_not("24.380-6.2.4.6.7", during, expected).on_leg(call, leg);
            return todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
                Some(message @ FloorMessage::Release(_)) => Step::by(message.name()),
                Some(_) => Step::Void,
                None => Step::Wait,
            });
        }
        let Some((call, leg, FloorMessage::Release(_), _, _, state)) = sends(cx, fact) else { return };
        let timers = cx.profile.client_timers;
        let (count, first, also): (_, _, &[_]) = match state {
            ClientState::Pending { .. } => (1, cx.now, &["24.380-6.2.4.4.8"]),
            ClientState::Permitted { .. } => (1, cx.now, &["24.380-6.2.4.5.3"]),
            ClientState::Queued { granted: None, asked: None } => (1, cx.now, &["24.380-6.2.4.9.6"]),
            ClientState::Revoked { .. } => (1, cx.now, &[]),
            ClientState::Releasing { copies, given_back: false } => {
                (copies.count.saturating_add(1), copies.first, &[])
            }
            _ => return,
        };
        if count > 1 {
            let total = cx.now.saturating_sub(first);
            let expected = "all copies of Floor Release within less than 6 s";
            todo.judge(cx, "24.380-11.1.1:t100", total < RETRANSMISSION_LIMIT, expected, || {
                format!("{} ms", total.as_millis())
            });
        }
        let is_over = move |fact: &Fact| {
            let told = down_to(fact, leg).is_some_and(|message| {
                matches!(
                    message,
                    FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::ReleaseMultiTalker(_)
                )
            });
            let hears = matches!(fact, Fact::VoiceDown { leg: to, .. } if *to == leg);
            told || hears || matches!(up_from(fact, leg), Some(FloorMessage::Request(_)))
        };
        let t100 = timers.t100;
        if count < timers.c100 {
            let expected = "Floor Release again after T100";
            let duty = Duty::must("24.380-6.2.4.6.2", cx.profile.late(t100), expected)
                .also(also)
                .not_before(cx.profile.early(t100))
                .on_leg(call, leg);
            todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
                Some(FloorMessage::Release(_)) => Step::Held,
                _ if is_over(fact) => Step::Void,
                _ => Step::Wait,
            });
        } else {
            let expected = "no Floor Release beyond C100 copies";
            let duty = Duty::must_not("24.380-6.2.4.6.3", cx.profile.late(t100), expected).on_leg(call, leg);
            todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
                Some(FloorMessage::Release(_)) => Step::by("another copy"),
                _ if is_over(fact) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};

pub(super) const POSITION: Rule = Rule {
    requirements: &["24.380-6.2.4.9.9", "24.380-6.2.4.9.10", "24.380-6.2.4.9.11"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::QueuePositionRequest(_), _, _, state)) = sends(cx, fact) else {
            return;
        };
        let ClientState::Queued { granted, asked } = state else { return };
        let expected = "no Floor Queue Position Request while a grant waits for the user";
        todo.judge(cx, "24.380-6.2.4.9.9", granted.is_none(), expected, || "it was sent".to_owned());
        if granted.is_some() {
            return;
        }
        let timers = cx.profile.client_timers;
        let again = asked.map_or(1, |copies| copies.count.saturating_add(1)) < timers.c104;
        let (requirement, expected) = match again {
            true => ("24.380-6.2.4.9.10", "Floor Queue Position Request again after T104"),
            false => ("24.380-6.2.4.9.11", "Floor Release after C104 copies of Floor Queue Position Request"),
        };
        let duty = Duty::must(requirement, cx.profile.late(timers.t104), expected)
            .not_before(cx.profile.early(timers.t104))
            .on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
            Some(FloorMessage::QueuePositionRequest(_)) if again => Step::Held,
            Some(message @ FloorMessage::QueuePositionRequest(_)) => Step::by(message.name()),
            Some(FloorMessage::Release(_)) if again => Step::Void,
            Some(FloorMessage::Release(_)) => Step::Held,
            _ => match down_to(fact, leg) {
                Some(message) if is_answer(message) || matches!(message, FloorMessage::Idle(_)) => Step::Void,
                Some(FloorMessage::QueuedFloorRequests(_)) => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};
