//! 'G: Floor Initialising': a session of a temporary group waits for its constituent groups (TS 24.380 6.3.4.8).

use std::time::Instant;

use super::{General, Request, State, Trigger};
use crate::floor::server::context::Context;
use crate::floor::server::queue::QueuedRequest;

impl General {
    /// The request of a constituent group, whose talker has the floor there, competes with the others.
    pub(super) fn on_constituent_request(request: Request, cx: &mut Context) -> Self {
        let Request { from, rank, track_info, disclosed } = request;
        //= 24.380-6.3.4.8.3
        cx.queue.insert(QueuedRequest { from, rank, front: false, track_info, disclosed });
        Self::FloorInitialising
    }

    pub(super) fn on_final_responses_received(cx: &mut Context, now: Instant) -> Self {
        //= 24.380-6.3.4.8.4
        let trigger = Trigger::FinalResponsesReceived;
        Self::enter_floor_idle(State::FloorInitialising, trigger, cx, now).fill(cx, now)
    }
}
