//! How a client leaves a call (6.2.2, 6.2.4.6.4, 6.2.4.7.2, 6.2.4.8.2).

use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage};

use super::told;
use crate::judge::Rule;
use crate::judge::belief::ClientState;
use crate::judge::fact::Fact;
use crate::judge::floor::{leaves, speaks, up_from};
use crate::judge::obligation::{Duty, Step};

/// How long nothing may come any more.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// Who leaves sends nothing any more, neither voice nor floor messages.
pub(super) const SILENCE: Rule = Rule {
    requirements: &["24.380-6.2.2", "24.380-6.2.4.7.2", "24.380-6.2.4.8.2"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, by_server: false, .. } = fact else { return };
        let (leg, armed, crossing) = (*leg, cx.now, cx.profile.crossing());
        let duty = Duty::must_not("24.380-6.2.2", AFTERWARDS, "neither voice nor floor messages after BYE")
            .also(&["24.380-6.2.4.7.2", "24.380-6.2.4.8.2"]);
        todo.watch_timed(cx, duty, move |fact, now| {
            // What was sent before may come later.
            let later = now.saturating_sub(armed) >= crossing;
            match up_from(fact, leg) {
                Some(message) if later => Step::by(message.name()),
                _ if speaks(fact, leg) && later => Step::by("voice"),
                _ => Step::Wait,
            }
        });
    },
};

/// Who has called for a broadcast ends the call when it has said it.
pub(super) const BROADCAST_OVER: Rule = Rule {
    requirements: &["24.380-6.2.4.6.4:6"],
    watch: |cx, fact, todo| {
        let Some((_, leg, FloorMessage::Idle(_), belief, _, ClientState::Releasing { .. })) = told(cx, fact)
        else {
            return;
        };
        let broadcast = belief.is_known_as(FloorIndicator::BROADCAST, cx.now, cx.answer());
        if !broadcast || belief.originator != Some(leg) {
            return;
        }
        let duty = Duty::must("24.380-6.2.4.6.4:6", cx.answer(), "BYE of who has called for the broadcast");
        todo.watch(cx, duty, move |fact| match fact {
            Fact::LegClosing { by_server: false, .. } if leaves(fact, leg) => Step::Held,
            Fact::LegClosing { .. } if leaves(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
    },
};
