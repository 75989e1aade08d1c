//! 'O: has permission' (TS 24.380 7.2.3.5): this client talks and arbitrates.

use mcptt_codec::floor::{
    FloorDeny, FloorIndicator, FloorMessage, FloorQueuePositionInfo, FloorQueuePositionRequest, FloorRelease,
    FloorRequest, RejectCause, RevokeCause,
};
use mcptt_codec::id::McpttId;

use super::context::Context;
use super::pending_granted::PendingGranted;
use super::queue::{self, Queue, Requester, Urgency};
use super::silence::Silence;
use super::timer::Timer;
use super::{Basic, CallKind, DISCARDED, Happening};
use crate::floor::participant::{Notification, ParticipantOutput};

/// 'O: has permission'.
#[derive(Debug)]
pub(super) struct HasPermission {
    /// What the talk rests on: only something more urgent interrupts it.
    urgency: Urgency,
    queue: Queue,
}

impl HasPermission {
    /// Lets the user talk, and arbitrates from now on.
    pub(super) fn enter(urgency: Urgency, queue: Queue, cx: &mut Context) -> Basic {
        let timers = &cx.settings.timers;
        let limit = timers.duration(Timer::T206).saturating_add(timers.duration(Timer::T207));
        cx.notify(Notification::Granted { duration: Some(limit) });
        cx.output(ParticipantOutput::StartSending { ssrc: Some(cx.settings.ssrc) });
        Self { urgency, queue }.into()
    }

    pub(super) fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Basic {
        match happening {
            Happening::MediaSent => self.on_media_sent(cx),
            Happening::PttReleased => self.on_ptt_released(cx),
            Happening::Request(request) => self.on_floor_request(request, cx),
            Happening::Release(release) => self.on_floor_release(release),
            Happening::QueuePositionRequest(request) => self.on_queue_position_request(request, cx),
            Happening::Expiry(Timer::T206) => self.on_t206_expired(cx),
            Happening::Expiry(Timer::T207) => self.on_t207_expired(cx),
            _ => self.into(),
        }
    }

    fn on_media_sent(self, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.5:t206
        if !cx.is_running(Timer::T206) && !cx.is_running(Timer::T207) {
            cx.start(Timer::T206);
        }
        self.into()
    }

    fn on_t206_expired(self, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.5:t206
        cx.notify(Notification::TalkTimeEnds { within: cx.settings.timers.duration(Timer::T207) });
        cx.start(Timer::T207);
        self.into()
    }

    fn on_t207_expired(self, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.5:t206
        cx.notify(Notification::Revoked { cause: Some(RevokeCause::MEDIA_BURST_TOO_LONG) });
        self.finish(cx)
    }

    fn on_ptt_released(self, cx: &mut Context) -> Basic {
        self.finish(cx)
    }

    /// Hands the floor over to whoever is next, or gives it up.
    fn finish(mut self, cx: &mut Context) -> Basic {
        stop_talking(cx);
        //= 24.380-7.2.3.5:rel
        if let Some(next) = self.queue.pop() {
            return PendingGranted::grant(next, self.queue, cx);
        }
        cx.send(FloorMessage::Release(cx.floor_release()));
        if cx.settings.call == (CallKind::Broadcast { initiator: true }) {
            cx.notify(Notification::MediaComplete);
        }
        Silence::enter(cx)
    }

    fn on_floor_request(mut self, request: &FloorRequest, cx: &mut Context) -> Basic {
        let Some(requester) = Context::requester(request) else {
            cx.discard("R: Floor Request", DISCARDED);
            return self.into();
        };
        if matches!(cx.settings.call, CallKind::Broadcast { .. }) {
            cx.deny(&requester.user, RejectCause::RECEIVE_ONLY);
            return self.into();
        }
        //= 24.380-7.2.3.5:pre
        if requester.urgency > self.urgency {
            cx.notify(Notification::Revoked { cause: Some(RevokeCause::PRE_EMPTED) });
            stop_talking(cx);
            self.queue.remove(&requester.user);
            return PendingGranted::grant(requester, self.queue, cx);
        }
        let can_wait =
            request.indicator.is_some_and(|indicator| indicator.contains(FloorIndicator::QUEUEING));
        if !(can_wait && cx.settings.queueing) {
            //= 24.380-7.2.3.5:deny
            cx.deny(&requester.user, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
        } else if self.queue.contains(&requester.user) {
            cx.tell_position(&requester, &self.queue);
        } else if self.queue.len() >= cx.settings.queue_limit.min(queue::LONGEST) {
            //= 24.380-7.2.3.5:full
            cx.deny(&requester.user, RejectCause::QUEUE_FULL);
        } else {
            //= 24.380-7.2.3.5:queue
            self.queue.insert(requester.clone());
            cx.tell_position(&requester, &self.queue);
        }
        self.into()
    }

    fn on_floor_release(mut self, release: &FloorRelease) -> Basic {
        if let Some(user) = &release.user_id {
            self.queue.remove(user);
        }
        self.into()
    }

    fn on_queue_position_request(self, request: &FloorQueuePositionRequest, cx: &mut Context) -> Basic {
        let Some(user) = request.user_id.clone() else {
            cx.discard("R: Floor Queue Position Request", DISCARDED);
            return self.into();
        };
        let requester = Requester { ssrc: request.ssrc, user, urgency: Urgency::default() };
        cx.tell_position(&requester, &self.queue);
        self.into()
    }
}

fn stop_talking(cx: &mut Context) {
    cx.stop(&[Timer::T206, Timer::T207]);
    cx.output(ParticipantOutput::StopSending);
}

impl Context {
    /// Who sent a Floor Request. Without User ID there is nobody to answer.
    pub(super) fn requester(request: &FloorRequest) -> Option<Requester> {
        let user = request.user_id.clone()?;
        Some(Requester {
            ssrc: request.ssrc,
            user,
            urgency: Urgency::new(request.indicator, request.priority),
        })
    }

    /// Refuses a request of `user`.
    pub(super) fn deny(&mut self, user: &McpttId, cause: RejectCause) {
        self.send(FloorMessage::Deny(FloorDeny {
            ssrc: self.settings.ssrc,
            cause: Some(cause),
            user_id: Some(user.clone()),
            indicator: Some(self.call_indicator()),
            ..FloorDeny::default()
        }));
    }

    fn tell_position(&mut self, requester: &Requester, queue: &Queue) {
        self.send(FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
            ssrc: self.settings.ssrc,
            user_id: Some(requester.user.clone()),
            queued_ssrc: Some(requester.ssrc),
            queued_user_id: Some(requester.user.clone()),
            info: Some(queue.info(&requester.user)),
            indicator: Some(self.call_indicator()),
            ..FloorQueuePositionInfo::default()
        }));
    }
}

impl From<HasPermission> for Basic {
    fn from(state: HasPermission) -> Self {
        Self::HasPermission(state)
    }
}
