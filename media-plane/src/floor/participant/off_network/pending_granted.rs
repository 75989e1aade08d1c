//! 'O: pending granted' (TS 24.380 7.2.3.7): this client has handed the floor over, but the new talker is not heard yet.

use mcptt_codec::floor::{FloorGranted, FloorMessage, FloorRelease, FloorRequest, RejectCause};
use mcptt_codec::id::Ssrc;

use super::context::{Arbitrator, Context};
use super::has_no_permission::HasNoPermission;
use super::queue::{Queue, Requester};
use super::silence::Silence;
use super::timer::{Counter, Timer};
use super::{Basic, DISCARDED, Happening};
use crate::floor::participant::Notification;

/// 'O: pending granted'.
#[derive(Debug)]
pub(super) struct PendingGranted {
    granted: Requester,
    /// The message, for its repetition.
    message: FloorGranted,
    /// C205: Floor Granted messages sent for this grant.
    copies: u8,
    /// Who waits behind the one that was granted.
    queue: Queue,
}

impl PendingGranted {
    /// Hands the floor and the queue over.
    pub(super) fn grant(granted: Requester, queue: Queue, cx: &mut Context) -> Basic {
        let message = FloorGranted {
            ssrc: cx.settings.ssrc,
            granted_ssrc: Some(granted.ssrc),
            priority: Some(granted.urgency.priority),
            user_id: Some(granted.user.clone()),
            queue_size: cx.settings.queueing.then(|| u16::try_from(queue.len()).unwrap_or(u16::MAX)),
            queued: queue.list(),
            indicator: Some(cx.call_indicator()),
            ..FloorGranted::default()
        };
        cx.send(FloorMessage::Granted(message.clone()));
        cx.start(Timer::T205);
        Self { granted, message, copies: 1, queue }.into()
    }

    pub(super) fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Basic {
        match happening {
            Happening::PttPressed(_) => self.on_ptt_pressed(cx),
            Happening::Request(request) => self.on_floor_request(request, cx),
            Happening::Release(release) => self.on_floor_release(release, cx),
            Happening::Media(ssrc) => self.on_media(ssrc, cx),
            Happening::GrantedToOther(granted) => self.on_floor_granted(granted, cx),
            Happening::Expiry(Timer::T205) => self.on_t205_expired(cx),
            Happening::Expiry(Timer::T233) => self.on_t233_expired(cx),
            _ => self.into(),
        }
    }

    /// The own user gets the answer that everybody else gets.
    fn on_ptt_pressed(self, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.7:deny
        cx.notify(Notification::Denied { cause: Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION) });
        self.into()
    }

    fn on_t205_expired(mut self, cx: &mut Context) -> Basic {
        if self.copies < cx.limit(Counter::C205) {
            //= 24.380-7.2.3.7:t205
            self.copies = self.copies.saturating_add(1);
            cx.send(FloorMessage::Granted(self.message.clone()));
            cx.start(Timer::T205);
            return self.into();
        }
        //= 24.380-7.2.3.7:wait
        if self.queue.is_empty() {
            return Silence::enter(cx);
        }
        cx.start(Timer::T233);
        self.into()
    }

    fn on_t233_expired(mut self, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.7:wait
        if let Some(next) = self.queue.pop() {
            return Self::grant(next, self.queue, cx);
        }
        cx.send(FloorMessage::Release(cx.floor_release()));
        Silence::enter(cx)
    }

    fn on_media(self, ssrc: Ssrc, cx: &mut Context) -> Basic {
        if ssrc != self.granted.ssrc {
            return self.into();
        }
        //= 24.380-7.2.3.7:rtp
        cx.stop(&[Timer::T205, Timer::T233]);
        cx.start(Timer::T203);
        cx.notify_taken(Some(self.granted.user), Some(ssrc), None);
        HasNoPermission::new(Arbitrator::of(ssrc), cx).into()
    }

    /// The new talker has handed the floor over already, and its packets were overtaken: whoever misses that takes the
    /// third one for a stranger.
    fn on_floor_granted(self, granted: &FloorGranted, cx: &mut Context) -> Basic {
        if granted.ssrc != self.granted.ssrc {
            cx.discard("R: Floor Granted to other", DISCARDED);
            return self.into();
        }
        //= 24.380-7.2.3.7:rtp
        cx.stop(&[Timer::T205, Timer::T233]);
        cx.start(Timer::T203);
        let to = granted.granted_ssrc.unwrap_or(granted.ssrc);
        cx.notify_taken(granted.user_id.clone(), Some(to), granted.indicator);
        HasNoPermission::new(cx.hand_over(granted.ssrc, to), cx).into()
    }

    fn on_floor_request(self, request: &FloorRequest, cx: &mut Context) -> Basic {
        match &request.user_id {
            // Its Floor Granted was lost; T205 repeats it.
            Some(user) if *user == self.granted.user => {}
            //= 24.380-7.2.3.7:deny
            Some(user) => cx.deny(user, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION),
            None => cx.discard("R: Floor Request", DISCARDED),
        }
        self.into()
    }

    fn on_floor_release(mut self, release: &FloorRelease, cx: &mut Context) -> Basic {
        let Some(user) = &release.user_id else {
            return self.into();
        };
        if *user != self.granted.user {
            self.queue.remove(user);
            return self.into();
        }
        // The grant was declined, or its talk was too short to be heard: waiting for it would keep everybody waiting.
        cx.stop(&[Timer::T205, Timer::T233]);
        match self.queue.pop() {
            Some(next) => Self::grant(next, self.queue, cx),
            None => Silence::enter(cx),
        }
    }
}

impl From<PendingGranted> for Basic {
    fn from(state: PendingGranted) -> Self {
        Self::PendingGranted(state)
    }
}
