//! What one participant asks for that concerns the requests, the talk or the media of others, or its own downlink
//! (TS 24.380 6.3.4.4.13 to 6.3.4.4.16).

use std::time::Instant;

use mcptt_codec::floor::{QueuedFloorRequestsPurpose as Purpose, ResponseState, RevokeCause, TrackInfo};
use mcptt_codec::id::{LegRef, McpttId};

use super::{FloorTaken, General, State, Trigger};
use crate::floor::server::context::Context;
use crate::floor::server::queue::QueuedRequest;
use crate::floor::server::towards;

/// An authorised participant wants requests of others taken out of the queue.
#[derive(Clone, Debug)]
pub(in crate::floor::server) struct CancelRequest {
    pub(in crate::floor::server) from: LegRef,
    /// Whose; empty: everybody's.
    pub(in crate::floor::server) users: Vec<McpttId>,
    pub(in crate::floor::server) track_info: Option<TrackInfo>,
}

impl General {
    /// Media to a participant is a matter of the media distributor; the floor does not move.
    pub(super) fn on_unicast_media(self, to: LegRef, flows: bool, cx: &mut Context) -> Self {
        //= 24.380-6.3.4.4.14
        //= 24.380-6.3.4.4.15
        cx.control_unicast_media(to, flows);
        self
    }
}

impl FloorTaken {
    pub(super) fn on_cancel_request(self, request: &CancelRequest, cx: &mut Context) -> General {
        let named = |user: &McpttId| request.users.is_empty() || request.users.contains(user);
        let waiting = cx.queue.requests().to_vec();
        let of = |waiting: &QueuedRequest| cx.profile(waiting.from).map(|profile| &profile.mcptt_id);
        let (removed, left): (Vec<_>, Vec<_>) =
            waiting.iter().partition(|waiting| of(waiting).is_some_and(named));
        let found = |user: &McpttId| removed.iter().any(|waiting| of(waiting) == Some(user));
        let state = match () {
            () if waiting.is_empty() => ResponseState::QUEUE_EMPTY,
            () if removed.is_empty() => ResponseState::NOT_QUEUED,
            () if request.users.iter().all(found) => ResponseState::ALL_REMOVED,
            () => ResponseState::PARTLY_REMOVED,
        };
        //= 24.380-6.3.4.4.13
        for waiting in &removed {
            cx.queue.remove(waiting.from, waiting.track_info.as_ref());
            let track_info = waiting.track_info.clone();
            let purpose = Purpose::CANCEL_NOTIFICATION;
            let notification = cx.queued_floor_requests(purpose, Vec::new(), None, track_info);
            towards::send(waiting.from, notification, cx);
        }
        let still = left.iter().filter_map(|waiting| cx.shown_identity(waiting.from)).collect();
        let result =
            cx.queued_floor_requests(Purpose::CANCEL_RESULT, still, Some(state), request.track_info.clone());
        towards::send(request.from, result, cx);
        if !removed.is_empty() {
            //= 24.380-6.3.4.4.13:2d
            for waiting in left {
                if cx.may_queue(waiting.from, waiting.track_info.as_ref()) {
                    let info = cx.queue_position_info(waiting.from, waiting.track_info.clone());
                    towards::send(waiting.from, info, cx);
                }
            }
        }
        General::FloorTaken(self)
    }

    /// Somebody who may do so wants the floor revoked from a user.
    pub(super) fn on_revoke_request(mut self, user: &McpttId, cx: &mut Context, now: Instant) -> General {
        let is_meant = |leg| cx.profile(leg).is_some_and(|profile| profile.mcptt_id == *user);
        let talk = self.talks.iter().find(|talk| !talk.is_revoked() && is_meant(talk.talker));
        let Some(talker) = talk.map(|talk| talk.talker) else {
            return General::discard(General::FloorTaken(self), "Floor Revoke Request for no talker", cx);
        };
        //= 24.380-6.3.4.4.16
        General::revoke(&mut self.talks, talker, RevokeCause::REVOKED_BY_ANOTHER_CLIENT, cx, now);
        let next = General::talking(self.talks);
        General::transition(State::FloorTaken, Trigger::RevokeRequest, next, cx)
            .without_grace(talker, cx, now)
    }
}
