//! What a participant asks for on behalf of the others: their queued requests cancelled, their floor revoked
//! (TS 24.380 6.3.5.4.12 and 6.3.5.4.15).

use mcptt_codec::floor::{
    FloorRevokeRequest, QueuedFloorRequests, QueuedFloorRequestsPurpose, ResponseState,
};
use mcptt_codec::id::LegRef;

use crate::floor::event::Event;
use crate::floor::server::context::Context;
use crate::floor::server::general::{CancelRequest, Input};

pub(super) fn on_cancel_request(
    from: LegRef,
    request: &QueuedFloorRequests,
    cx: &mut Context,
) -> Option<Input> {
    if cx.profile(from)?.parameters.cancels_queued {
        let (users, track_info) = (request.queued_users.clone(), request.track_info.clone());
        return Some(Input::CancelRequest(CancelRequest { from, users, track_info }));
    }
    //= 24.380-6.3.5.4.12
    let result = cx.queued_floor_requests(
        QueuedFloorRequestsPurpose::CANCEL_RESULT,
        Vec::new(),
        Some(ResponseState::NOT_AUTHORISED),
        request.track_info.clone(),
    );
    cx.send(from, result);
    None
}

pub(super) fn on_floor_revoke_request(
    from: LegRef,
    request: &FloorRevokeRequest,
    cx: &mut Context,
) -> Option<Input> {
    //= 24.380-6.3.5.4.15
    if cx.profile(from)?.parameters.revokes_others {
        return Some(Input::RevokeRequest(request.user_id.clone()?));
    }
    let (what, requirement) = ("Floor Revoke Request without authorisation", "24.380-6.3.5.4.15");
    cx.emit(Event::PeerMisbehaved { participant: from, what, requirement });
    None
}
