//! Audio cut-in (6.3.2.2, 6.3.4.5.1, 6.3.5.4.4): every request takes the floor at once.

use mcptt_codec::floor::{FloorMessage, RevokeCause};

use super::listen_only::may_only_listen;
use super::shape::reply;
use super::{down_to, lets_go, request};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::obligation::{Duty, Step};

/// The talker is revoked with cause 4 and the requester granted without a grace.
pub(super) const CUT_IN: Rule = Rule {
    requirements: &["24.380-6.3.5.4.4:ci", "24.380-6.3.2.2:cutin", "24.380-6.3.4.5.1"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = request(fact) else { return };
        let Some(belief) = cx.settled(call).filter(|belief| belief.cuts_in(cx.profile)) else { return };
        let FloorBelief::Taken(talk) = belief.floor else { return };
        let talker = talk.talker;
        if talker == leg || !belief.hears(leg) || may_only_listen(cx, belief, leg) {
            return;
        }
        let duty = Duty::must("24.380-6.3.5.4.4:ci", cx.answer(), "Floor Revoke cause 4 to the talker")
            .also(&["24.380-6.3.2.2:cutin"])
            .on_leg(call, talker);
        todo.watch(cx, duty, move |fact| match down_to(fact, talker) {
            Some(FloorMessage::Revoke(revoke)) => {
                Step::test(revoke.cause == Some(RevokeCause::PRE_EMPTED), || format!("{:?}", revoke.cause))
            }
            // It had let go, or fallen silent, before.
            Some(FloorMessage::Idle(_)) => Step::Void,
            _ if lets_go(fact, talker) || lets_go(fact, leg) => Step::Void,
            _ => Step::Wait,
        });
        let duty = Duty::must("24.380-6.3.4.5.1", cx.answer(), "Floor Granted to the requester at once");
        todo.watch(
            cx,
            duty.on_leg(call, leg),
            reply(leg, |message| match message {
                FloorMessage::Granted(_) => Step::Held,
                FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_) => Step::by(message.name()),
                _ => Step::Wait,
            }),
        );
    },
};
