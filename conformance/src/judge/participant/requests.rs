//! What is in the messages of a client (6.2.4.3.5, 6.2.4.3.10, 6.2.4.5.3, 6.2.4.7.4), and when it does not ask.

use mcptt_codec::floor::{FloorIndicator, FloorMessage, QueuedFloorRequestsPurpose};

use super::{sends, told};
use crate::judge::Rule;
use crate::judge::belief::{ClientState, Rank, has};
use crate::judge::fact::Fact;
use crate::judge::floor::{down_to, up_from};
use crate::judge::obligation::{Duty, Step};

/// The release from which on a request says where the client is.
const WITH_LOCATION: u8 = 16;

/// The kinds of calls that a request names.
const KINDS: [FloorIndicator; 3] =
    [FloorIndicator::BROADCAST, FloorIndicator::EMERGENCY, FloorIndicator::IMMINENT_PERIL];

pub(super) const CONTENT: Rule = Rule {
    requirements: &["24.380-6.2.4.3.5", "24.380-6.2.4.3.5:1b", "24.380-6.2.4.3.5:1c"],
    watch: |cx, fact, todo| {
        let Some((_, leg, FloorMessage::Request(request), belief, _, ClientState::NoPermission)) =
            sends(cx, fact)
        else {
            return;
        };
        let agreed = belief.legs.get(&leg).and_then(|profile| profile.priority).unwrap_or_default();
        let priority = request.priority.map(|priority| priority.0);
        let expected = format!("Floor Priority of at most {agreed} or none");
        let right = priority.is_none_or(|priority| priority <= agreed);
        todo.judge(cx, "24.380-6.2.4.3.5", right, expected, || format!("{priority:?}"));
        let known = KINDS.into_iter().filter(|bit| belief.is_known_as(*bit, cx.now, cx.answer()));
        let wanted = known.fold(FloorIndicator::NONE, |wanted, bit| wanted | bit);
        if wanted != FloorIndicator::NONE {
            let expected = format!("Floor Indicator with {wanted:?}");
            let right = has(request.indicator, wanted);
            todo.judge(cx, "24.380-6.2.4.3.5:1b", right, expected, || format!("{:?}", request.indicator));
        }
        if cx.profile.client_release.is_some_and(|release| release >= WITH_LOCATION) {
            let expected = "Location, of type 0 where there is none";
            todo.judge(cx, "24.380-6.2.4.3.5:1c", request.location.is_some(), expected, || {
                "no Location".into()
            });
        }
    },
};

/// Who was told that it may not ask does not.
pub(super) const NOT_ALLOWED: Rule = Rule {
    requirements: &["24.380-6.2.4.3.3:perm"],
    watch: |cx, fact, todo| {
        let Some((call, leg, FloorMessage::Taken(taken), _, _, state)) = told(cx, fact) else { return };
        if taken.permission_to_request != Some(false)
            || matches!(state, ClientState::Permitted { .. } | ClientState::Pending { .. })
        {
            return;
        }
        let during = cx.profile.late(cx.profile.timers.t1);
        let expected = "no Floor Request while that is not allowed";
        let duty = Duty::must_not("24.380-6.2.4.3.3:perm", during, expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
            Some(FloorMessage::Request(request)) => {
                if Rank::of(request).is_normal() {
                    Step::by("Floor Request")
                } else {
                    Step::Void
                }
            }
            _ => match down_to(fact, leg) {
                Some(FloorMessage::Idle(_) | FloorMessage::Granted(_) | FloorMessage::Taken(_)) => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// What concerns others names them.
pub(super) const OF_OTHERS: Rule = Rule {
    requirements: &["24.380-6.2.4.3.10", "24.380-6.2.4.7.4"],
    watch: |cx, fact, todo| {
        let Fact::Up { call, leg, message } = fact else { return };
        if cx.belief.call(call).is_none_or(|belief| !belief.legs.contains_key(leg)) {
            return;
        }
        match &**message {
            FloorMessage::RevokeRequest(request) => {
                let named = request.user_id.is_some();
                todo.judge(cx, "24.380-6.2.4.3.10", named, "the user to be revoked", || "no User ID".into());
            }
            FloorMessage::QueuedFloorRequests(request) => {
                let cancels = request.purpose == Some(QueuedFloorRequestsPurpose::CANCEL_REQUEST);
                todo.judge(cx, "24.380-6.2.4.7.4", cancels, "a cancel request", || {
                    format!("{:?}", request.purpose)
                });
            }
            _ => {}
        }
    },
};

/// The release of a dual floor talk says that it is one.
pub(super) const DUAL: Rule = Rule {
    requirements: &["24.380-6.2.4.5.3:1c"],
    watch: |cx, fact, todo| {
        let Some((_, _, FloorMessage::Release(release), _, _, state)) = sends(cx, fact) else { return };
        let ClientState::Permitted { dual: true, .. } = state else { return };
        let right = has(release.indicator, FloorIndicator::DUAL_FLOOR)
            || has(release.indicator, FloorIndicator::MULTI_TALKER);
        let expected = "Floor Indicator with the bit of dual floor";
        todo.judge(cx, "24.380-6.2.4.5.3:1c", right, expected, || format!("{:?}", release.indicator));
    },
};
