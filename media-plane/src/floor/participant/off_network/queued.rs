//! 'O: queued' (TS 24.380 7.2.3.8): the request waits in the queue of the arbitrator.

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorMessage, FloorQueuePositionInfo, FloorQueuePositionRequest, FloorRequest,
    FloorTaken,
};
use mcptt_codec::id::Ssrc;

use super::context::{Arbitrator, Context};
use super::has_no_permission::HasNoPermission;
use super::has_permission::HasPermission;
use super::pending_request::PendingRequest;
use super::queue::{Queue, Urgency};
use super::silence::Silence;
use super::timer::{Counter, Timer};
use super::{Basic, DISCARDED, Happening};
use crate::floor::participant::Notification;

/// 'O: queued'.
#[derive(Debug)]
pub(super) struct Queued {
    /// The request, in case it has to be made again.
    request: FloorRequest,
    pub(super) arbitrator: Arbitrator,
    /// C204: Floor Queue Position Request messages sent for this question.
    questions: u8,
    /// The queue that comes with the grant that the user has not accepted yet.
    offer: Option<Queue>,
}

impl Queued {
    pub(super) const fn new(request: FloorRequest, arbitrator: Arbitrator) -> Self {
        Self { request, arbitrator, questions: 0, offer: None }
    }

    pub(super) fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Basic {
        match happening {
            Happening::PttPressed(_) | Happening::GrantAccepted => self.on_grant_accepted(cx),
            Happening::RequestCancelled => self.on_request_cancelled(cx),
            Happening::QueuePositionAsked => self.on_queue_position_asked(cx),
            Happening::GrantedToMe(granted) => self.on_floor_granted_to_me(granted, cx),
            Happening::GrantedToOther(granted) => self.on_floor_granted_to_other(granted, cx),
            Happening::Taken(taken) => self.on_floor_taken(taken, cx),
            Happening::DenyToMe(deny) => self.on_floor_deny(deny, cx),
            Happening::QueuePositionInfoToMe(info) => self.on_queue_position_info(info, cx),
            Happening::Media(ssrc) => self.on_media(ssrc, cx),
            Happening::Expiry(Timer::T203) => self.on_t203_expired(cx),
            Happening::Expiry(Timer::T204) => self.on_t204_expired(cx),
            Happening::Expiry(Timer::T233) => on_t233_expired(cx),
            _ => self.into(),
        }
    }

    // The grant

    pub(super) fn on_floor_granted_to_me(mut self, granted: &FloorGranted, cx: &mut Context) -> Basic {
        if !self.arbitrator.admits(granted.ssrc) {
            cx.discard("R: Floor Granted to me", "24.380-7.2.3.8:acc");
            return self.into();
        }
        self.arbitrator = self.arbitrator.heard(granted.ssrc);
        //= 24.380-7.2.3.8:acc
        let repeated = self.offer.replace(cx.queue_of(granted)).is_some();
        if repeated {
            return self.into();
        }
        // The arbitrator has stopped talking: its silence must not end before the time to accept.
        cx.start(Timer::T203);
        cx.start(Timer::T233);
        cx.stop(&[Timer::T204]);
        let timers = &cx.settings.timers;
        let limit = timers.duration(Timer::T206).saturating_add(timers.duration(Timer::T207));
        cx.notify(Notification::GrantOffered { duration: Some(limit) });
        // A button that is held says that the user is waiting for nothing else.
        if cx.press.is_some() { self.on_grant_accepted(cx) } else { self.into() }
    }

    fn on_grant_accepted(self, cx: &mut Context) -> Basic {
        let Some(queue) = self.offer else {
            // Held from now on, the button accepts the grant when it comes.
            return self.into();
        };
        //= 24.380-7.2.3.8:acc
        cx.stop(&[Timer::T233, Timer::T203, Timer::T204]);
        let urgency = Urgency::new(self.request.indicator, self.request.priority);
        HasPermission::enter(urgency, queue, cx)
    }

    /// The specification has no such procedure. But whoever takes the floor has asked everybody in vain, so the one that
    /// made the offer is gone, and accepting it now would make a second talker.
    fn on_floor_taken(self, taken: &FloorTaken, cx: &mut Context) -> Basic {
        if self.offer.is_none() {
            cx.discard("R: Floor Taken", DISCARDED);
            return self.into();
        }
        cx.stop(&[Timer::T204, Timer::T233]);
        cx.notify(Notification::GrantLapsed);
        cx.notify_taken(taken.granted_party.clone(), Some(taken.ssrc), taken.indicator);
        PendingRequest::ask(self.request, Arbitrator::of(taken.ssrc), cx)
    }

    fn on_floor_granted_to_other(mut self, granted: &FloorGranted, cx: &mut Context) -> Basic {
        if !self.arbitrator.admits(granted.ssrc) {
            cx.discard("R: Floor Granted to other", "24.380-7.2.3.8:other");
            return self.into();
        }
        //= 24.380-7.2.3.8:other
        let to = granted.granted_ssrc.unwrap_or(granted.ssrc);
        let arbitrator = cx.hand_over(granted.ssrc, to);
        if arbitrator != self.arbitrator {
            cx.notify_taken(granted.user_id.clone(), Some(to), granted.indicator);
        }
        self.arbitrator = arbitrator;
        // Somebody else is served now, so our turn has passed or has not come yet.
        if self.offer.take().is_some() {
            cx.stop(&[Timer::T233]);
            cx.notify(Notification::GrantLapsed);
        }
        cx.start(Timer::T203);
        self.into()
    }

    fn on_floor_deny(self, deny: &FloorDeny, cx: &mut Context) -> Basic {
        if !self.arbitrator.admits(deny.ssrc) {
            cx.discard("R: Floor Deny to me", "24.380-7.2.3.8:deny");
            return self.into();
        }
        //= 24.380-7.2.3.8:deny
        cx.stop(&[Timer::T204, Timer::T233]);
        cx.start(Timer::T203);
        cx.notify(Notification::Denied { cause: deny.cause });
        HasNoPermission::new(self.arbitrator.heard(deny.ssrc), cx).into()
    }

    // The place in the queue

    fn on_queue_position_asked(mut self, cx: &mut Context) -> Basic {
        if self.offer.is_none() {
            //= 24.380-7.2.3.8:t204
            self.questions = 1;
            self.ask_queue_position(cx);
        }
        self.into()
    }

    fn ask_queue_position(&self, cx: &mut Context) {
        cx.send(FloorMessage::QueuePositionRequest(FloorQueuePositionRequest {
            ssrc: cx.settings.ssrc,
            user_id: Some(cx.settings.user.clone()),
            ..FloorQueuePositionRequest::default()
        }));
        cx.start(Timer::T204);
    }

    fn on_queue_position_info(mut self, info: &FloorQueuePositionInfo, cx: &mut Context) -> Basic {
        if !self.arbitrator.admits(info.ssrc) {
            cx.discard("R: Floor Queue Position Info to me", "24.380-7.2.3.8:t204");
            return self.into();
        }
        //= 24.380-7.2.3.8:t204
        self.arbitrator = self.arbitrator.heard(info.ssrc);
        cx.stop(&[Timer::T204]);
        cx.notify(Notification::Queued { info: info.info });
        self.into()
    }

    fn on_t204_expired(mut self, cx: &mut Context) -> Basic {
        if self.questions < cx.limit(Counter::C204) {
            //= 24.380-7.2.3.8:t204
            self.questions = self.questions.saturating_add(1);
            self.ask_queue_position(cx);
            return self.into();
        }
        //= 24.380-7.2.3.8:t204
        cx.stop(&[Timer::T203]);
        cx.notify(Notification::QueueTimeout);
        Silence::enter(cx)
    }

    // The talk of others, and the end of waiting

    fn on_media(mut self, ssrc: Ssrc, cx: &mut Context) -> Basic {
        if self.arbitrator.is(ssrc) {
            //= 24.380-7.2.3.8:media
            self.arbitrator = self.arbitrator.heard(ssrc);
            cx.start(Timer::T203);
        }
        self.into()
    }

    fn on_t203_expired(self, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.8:t203
        cx.stop(&[Timer::T204, Timer::T233]);
        cx.notify(Notification::Idle);
        PendingRequest::ask(self.request, Arbitrator::UNKNOWN, cx)
    }

    fn on_request_cancelled(self, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.8:cancel
        cx.stop(&[Timer::T204, Timer::T233]);
        cx.start(Timer::T203);
        cx.send(FloorMessage::Release(cx.floor_release()));
        HasNoPermission::new(self.arbitrator, cx).into()
    }
}

fn on_t233_expired(cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.8:acc
    cx.stop(&[Timer::T203, Timer::T204]);
    cx.notify(Notification::GrantLapsed);
    Silence::enter(cx)
}

impl From<Queued> for Basic {
    fn from(state: Queued) -> Self {
        Self::Queued(state)
    }
}
