//! 'U: not permitted and initiating': the floor of a temporary group is not decided yet (TS 24.380 6.3.5.10).

use mcptt_codec::floor::RejectCause;
use mcptt_codec::id::LegRef;

use super::{Basic, Trigger, implicit_request, may_talk, queue_is_full, transition, wait_in_queue};
use crate::floor::server::context::Context;
use crate::floor::server::general::{Input, Request};
use crate::floor::server::queue::QueuedRequest;

/// 6.3.5.2.2 while the general machine is in 'G: Floor Initialising'.
pub(super) fn on_sip_session_initiated(leg: LegRef, implicit: bool, cx: &mut Context) {
    //= 24.380-6.3.5.10.2
    transition(leg, Trigger::SipSessionInitiated, Basic::NotPermittedInitiating, cx);
    let request = implicit_request(leg, cx).filter(|_| implicit && may_talk(leg, cx).is_ok());
    let Some(request) = request else { return };
    if cx.may_queue(leg, None) && !queue_is_full(cx) {
        wait_in_queue(leg, request, cx);
    } else {
        // The SIP answer has accepted it, so it is decided with the others; without queueing there is no word for that.
        let Request { from, rank, track_info, disclosed } = request;
        cx.queue.insert(QueuedRequest { from, rank, front: false, track_info, disclosed });
    }
}

/// A request while the constituent groups are waited for.
pub(super) fn on_request(from: LegRef, request: Request, cx: &mut Context) -> Option<Input> {
    let full = queue_is_full(cx) && cx.queue.find(from, request.track_info.as_ref()).is_none();
    //= 24.380-6.3.5.10.5
    let refusal = match may_talk(from, cx) {
        Err(cause) => Some(cause),
        Ok(()) if !cx.may_queue(from, request.track_info.as_ref()) => {
            Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)
        }
        Ok(()) => full.then_some(RejectCause::QUEUE_FULL),
    };
    match refusal {
        Some(cause) => {
            let deny = cx.floor_deny(cause, request.track_info);
            cx.send(from, deny);
        }
        None => wait_in_queue(from, request, cx),
    }
    None
}
