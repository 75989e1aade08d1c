//! Who sends voice when (6.2.1, 6.2.4.2, 6.2.4.5, 6.2.4.6.8, 6.2.4.9.12, 6.2.4.9.13).

use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage};

use super::{client, sends, told};
use crate::judge::Rule;
use crate::judge::belief::{ClientState, has};
use crate::judge::fact::{Fact, Leg};
use crate::judge::floor::{down_to, lets_go, speaks, up_from};
use crate::judge::obligation::{Duty, Step};
use crate::judge::profile::ClientTimers;

/// How long a client is watched that has to be silent.
const WATCHED: Duration = Duration::from_secs(1);

/// How long the first INVITE may take to be answered.
const RINGING: Duration = Duration::from_secs(180);

/// The client sends no voice before it is granted the floor.
fn silent(leg: Leg) -> impl FnMut(&Fact) -> Step {
    move |fact| match down_to(fact, leg) {
        Some(FloorMessage::Granted(_)) => Step::Held,
        _ if speaks(fact, leg) => Step::by("voice"),
        _ => Step::Wait,
    }
}

/// A client begins without permission, however it comes into the call, unless its request in the INVITE is accepted.
pub(super) const BEGIN_SILENT: Rule = Rule {
    requirements: &["24.380-6.2.1:implicit", "24.380-6.2.4.2.2:noimp", "24.380-6.2.4.2.3"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let requirement = match (profile.originating, profile.joined) {
            (false, _) => "24.380-6.2.4.2.3",
            (true, true) => "24.380-6.2.1:implicit",
            (true, false) if !profile.implicit_request && !profile.granted_early => "24.380-6.2.4.2.2:noimp",
            (true, false) => return,
        };
        let duty = Duty::must_not(requirement, WATCHED, "no voice before Floor Granted");
        todo.watch(cx, duty.on_leg(&profile.call, *leg), silent(*leg));
    },
};

/// What the answer to the INVITE says of the request in it: granted, the client speaks without asking again; not
/// accepted, it asks if it wants to speak.
pub(super) const ANSWERED: Rule = Rule {
    requirements: &["24.380-6.2.4.2.2:granted", "24.380-6.2.4.2.2:fallback"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        if !profile.originating || !profile.asks || profile.granted_early {
            return;
        }
        let leg = *leg;
        let by_server = move |fact: &Fact| {
            matches!(
                down_to(fact, leg),
                Some(FloorMessage::Revoke(_) | FloorMessage::Idle(_) | FloorMessage::Taken(_))
            )
        };
        if profile.granted == [true, true] {
            let expected = "voice, or Floor Release, and no Floor Request";
            let until = cx.profile.late(cx.profile.timers.t1);
            let duty = Duty::must("24.380-6.2.4.2.2:granted", until, expected).on_leg(&profile.call, leg);
            todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
                Some(FloorMessage::Request(_)) => Step::by("Floor Request"),
                _ if speaks(fact, leg) || lets_go(fact, leg) => Step::Held,
                _ if by_server(fact) => Step::Void,
                _ => Step::Wait,
            });
        } else if !profile.implicit_request {
            let expected = "Floor Request before any voice, as the one in the INVITE was not accepted";
            let during = cx.profile.late(cx.profile.timers.t1);
            let duty = Duty::when("24.380-6.2.4.2.2:fallback", during, expected).on_leg(&profile.call, leg);
            todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
                Some(FloorMessage::Request(_)) => Step::Held,
                _ if matches!(down_to(fact, leg), Some(FloorMessage::Granted(_))) => Step::Void,
                _ if speaks(fact, leg) => Step::by("voice"),
                _ => Step::Wait,
            });
        }
    },
};

/// Who speaks has permission, and uses the SSRC it was given.
pub(super) const VOICE: Rule = Rule {
    requirements: &["24.380-6.2.4.5.2", "24.380-6.2.4.4.2:7"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, ssrc, .. } = fact else { return };
        let Some((_, client, state)) = client(cx, call, *leg) else { return };
        let permitted = match state {
            // The user accepts what it was waiting for by speaking.
            ClientState::Permitted { spoken: None, .. } | ClientState::Queued { granted: Some(_), .. } => {
                true
            }
            // Said before.
            ClientState::Permitted { .. } | ClientState::Revoked { .. } | ClientState::Releasing { .. } => {
                return;
            }
            ClientState::NoPermission | ClientState::Pending { .. } | ClientState::Queued { .. } => false,
            ClientState::Unknown => return,
        };
        let expected = "voice only with permission";
        todo.judge(cx, "24.380-6.2.4.5.2", permitted, expected, || format!("voice in {state:?}"));
        if let Some(given) = client.given.filter(|_| permitted) {
            let expected = format!("SSRC {} as Floor Granted says", given.0);
            todo.judge(cx, "24.380-6.2.4.4.2:7", *ssrc == given, expected, || ssrc.0.to_string());
        }
    },
};

/// Who is granted speaks, or gives the floor back.
pub(super) const SPEAK: Rule = Rule {
    requirements: &["24.380-6.2.4.5.2"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Granted(_), _, _, ClientState::Pending { .. })) = told(cx, fact)
        else {
            return;
        };
        let until = cx.profile.late(cx.profile.timers.t1);
        let duty = Duty::must("24.380-6.2.4.5.2", until, "voice, or Floor Release").on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match down_to(fact, leg) {
            Some(FloorMessage::Revoke(_) | FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
            _ if speaks(fact, leg) || lets_go(fact, leg) => Step::Held,
            _ => Step::Wait,
        });
    },
};

/// Who gives the floor back is silent.
pub(super) const RELEASED: Rule = Rule {
    requirements: &["24.380-6.2.4.5.3", "24.380-6.2.4.5.4"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_), _, _, state)) = sends(cx, fact) else { return };
        let requirement = match state {
            ClientState::Permitted { .. } => "24.380-6.2.4.5.3",
            ClientState::Revoked { .. } => "24.380-6.2.4.5.4",
            _ => return,
        };
        let (armed, crossing) = (cx.now, cx.profile.crossing());
        let mut check = silent(leg);
        let duty = Duty::must_not(requirement, WATCHED, "no voice after Floor Release").on_leg(call, leg);
        todo.watch_timed(cx, duty, move |fact, now| match check(fact) {
            // It was sent before and came later.
            Step::Violated(_) if now.saturating_sub(armed) < crossing => Step::Wait,
            step => step,
        });
    },
};

/// Who is revoked gives the floor back.
pub(super) const REVOKED: Rule = Rule {
    requirements: &["24.380-6.2.4.5.4"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Revoke(_), _, _, ClientState::Permitted { .. })) = told(cx, fact)
        else {
            return;
        };
        let duty = Duty::must("24.380-6.2.4.5.4", cx.answer(), "Floor Release").on_leg(call, leg);
        todo.watch(cx, duty, move |fact| if lets_go(fact, leg) { Step::Held } else { Step::Wait });
    },
};

/// A grant that comes when the user has let go opens nothing.
pub(super) const LATE_GRANT: Rule = Rule {
    requirements: &["24.380-6.2.4.6.8"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Granted(_), _, _, ClientState::Releasing { .. })) = told(cx, fact)
        else {
            return;
        };
        let duty = Duty::must_not("24.380-6.2.4.6.8", WATCHED, "no voice for a grant that comes too late");
        todo.watch(cx, duty.on_leg(call, leg), move |fact| match up_from(fact, leg) {
            Some(FloorMessage::Request(_)) => Step::Void,
            _ if speaks(fact, leg) => Step::by("voice"),
            _ => Step::Wait,
        });
    },
};

/// Who is talked over, or not any more, goes on.
pub(super) const GOES_ON: Rule = Rule {
    requirements: &["24.380-6.2.4.5.7", "24.380-6.2.4.5.8"],
    watch: |cx, fact, todo| {
        let Some((call, leg, message, _, _, state)) = told(cx, fact) else { return };
        let (requirement, indicator) = match message {
            FloorMessage::Idle(idle) => ("24.380-6.2.4.5.7", idle.indicator),
            FloorMessage::Taken(taken) => ("24.380-6.2.4.5.8", taken.indicator),
            _ => return,
        };
        let ClientState::Permitted { spoken: Some(_), .. } = state else { return };
        let parallel =
            has(indicator, FloorIndicator::DUAL_FLOOR) || has(indicator, FloorIndicator::MULTI_TALKER);
        if !parallel {
            return;
        }
        let expected = "no Floor Release because somebody else talks at the same time";
        let duty = Duty::must_not(requirement, super::TARDINESS, expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
            Some(message @ FloorMessage::Release(_)) => Step::by(message.name()),
            _ => Step::Wait,
        });
    },
};

/// The user has T132 to accept a grant that had to be waited for; then it is given back, once.
pub(super) const ACCEPT: Rule = Rule {
    requirements: &["24.380-6.2.4.9.12", "24.380-6.2.4.9.13", "24.380-11.1.1:t132"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Granted(_), _, _, state)) = told(cx, fact) else { return };
        if !matches!(state, ClientState::Queued { granted: None, .. }) {
            return;
        }
        let t132 = cx.profile.client_timers.t132;
        let (early, late, armed) = (cx.profile.early(t132), cx.profile.late(t132), cx.now);
        let duty = Duty::when("24.380-6.2.4.9.12", late.saturating_mul(2), "voice within T132 or not at all");
        todo.watch_timed(cx, duty.on_leg(call, leg), move |fact, now| {
            let passed = now.saturating_sub(armed);
            match down_to(fact, leg) {
                Some(FloorMessage::Revoke(_) | FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
                _ if speaks(fact, leg) => {
                    Step::test(passed <= late, || format!("after {} ms", passed.as_millis()))
                }
                _ if lets_go(fact, leg) => Step::Void,
                _ => Step::Wait,
            }
        });
        let expected = "Floor Release after T132 without acceptance";
        let duty = Duty::must("24.380-6.2.4.9.13", late, expected).on_leg(call, leg);
        let is_default = t132 == ClientTimers::default().t132;
        let duty = if is_default { duty.also(&["24.380-11.1.1:t132"]) } else { duty };
        todo.watch_timed(cx, duty, move |fact, now| match down_to(fact, leg) {
            Some(FloorMessage::Revoke(_) | FloorMessage::Idle(_) | FloorMessage::Taken(_)) => Step::Void,
            // The user does not want it.
            _ if lets_go(fact, leg) && now.saturating_sub(armed) < early => Step::Void,
            _ if lets_go(fact, leg) => Step::Held,
            _ if speaks(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// What is given back is given back once.
pub(super) const GIVEN_BACK: Rule = Rule {
    requirements: &["24.380-6.2.4.9.13"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Release(_), _, _, state)) = sends(cx, fact) else { return };
        if !matches!(state, ClientState::Queued { granted: Some(_), .. }) {
            return;
        }
        let during = cx.profile.late(cx.profile.client_timers.t100);
        let duty = Duty::must_not("24.380-6.2.4.9.13", during, "no further Floor Release").on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match (up_from(fact, leg), down_to(fact, leg)) {
            (Some(FloorMessage::Release(_)), _) => Step::Tolerated("repeated like any release".to_owned()),
            (Some(FloorMessage::Request(_)), _) => Step::Void,
            (_, Some(FloorMessage::Idle(_) | FloorMessage::Taken(_))) => Step::Held,
            _ => Step::Wait,
        });
    },
};

/// What comes before the answer to the INVITE is kept until then.
pub(super) const BUFFERED: Rule = Rule {
    requirements: &["24.380-6.2.4.2.2:buf"],
    watch: |cx, fact, todo| {
        let Fact::Early { invite, granted: true } = fact else { return };
        let (invite, until) = (*invite, cx.profile.late(cx.profile.timers.t1));
        let (mut client, mut begun): (Option<Leg>, Option<Duration>) = (None, None);
        let expected = "voice, or Floor Release, for the grant that came before the answer to the INVITE";
        todo.watch_timed(cx, Duty::when("24.380-6.2.4.2.2:buf", RINGING, expected), move |fact, now| {
            if let Fact::LegOpened { leg, profile } = fact
                && profile.invite == invite
            {
                (client, begun) = (Some(*leg), Some(now));
            }
            let Some(leg) = client else { return Step::Wait };
            match fact {
                _ if speaks(fact, leg) || lets_go(fact, leg) => Step::Held,
                // The same once more.
                Fact::Down { message, .. } if matches!(**message, FloorMessage::Granted(_)) => Step::Wait,
                Fact::Down { leg: to, .. } if *to == leg => Step::Void,
                _ if begun.is_some_and(|begun| now.saturating_sub(begun) > until) => Step::by("silence"),
                _ => Step::Wait,
            }
        });
    },
};
