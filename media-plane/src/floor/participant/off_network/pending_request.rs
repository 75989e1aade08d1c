//! 'O: pending request' (TS 24.380 7.2.3.6): this client asks for the floor.

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorMessage, FloorQueuePositionInfo, FloorRelease, FloorRequest, FloorTaken,
};
use mcptt_codec::id::Ssrc;

use super::context::{Arbitrator, Context};
use super::has_no_permission::HasNoPermission;
use super::has_permission::HasPermission;
use super::queue::{Queue, Urgency};
use super::queued::Queued;
use super::silence::Silence;
use super::timer::{Counter, Timer};
use super::{Basic, CallKind, DISCARDED, Happening};
use crate::floor::participant::Notification;

const FOREIGN: &str = "24.380-7.2.3.6:foreign";

/// 'O: pending request'.
#[derive(Debug)]
pub(super) struct PendingRequest {
    /// The message, for its repetition.
    request: FloorRequest,
    /// C201: Floor Request messages sent since the last sign of somebody else.
    copies: u8,
    pub(super) arbitrator: Arbitrator,
}

impl PendingRequest {
    /// Asks whoever arbitrates.
    pub(super) fn ask(request: FloorRequest, arbitrator: Arbitrator, cx: &mut Context) -> Basic {
        cx.send(FloorMessage::Request(request.clone()));
        cx.start(Timer::T201);
        Self { request, copies: 1, arbitrator }.into()
    }

    pub(super) fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Basic {
        match happening {
            Happening::PttReleased => on_ptt_released(cx),
            Happening::GrantedToMe(granted) => self.on_floor_granted_to_me(granted, cx),
            Happening::GrantedToOther(granted) => self.on_floor_granted_to_other(granted, cx),
            Happening::Taken(taken) => self.on_floor_taken(taken, cx),
            Happening::DenyToMe(deny) => self.on_floor_deny(deny, cx),
            Happening::QueuePositionInfoToMe(info) => self.on_queue_position_info(info, cx),
            Happening::Request(request) => self.on_floor_request(request, cx),
            Happening::Release(release) => self.on_floor_release(release, cx),
            Happening::Media(ssrc) => self.on_media(ssrc, cx),
            Happening::Expiry(Timer::T201) => self.on_t201_expired(cx),
            Happening::Expiry(Timer::T203) => self.on_t203_expired(cx),
            _ => self.into(),
        }
    }

    fn urgency(&self) -> Urgency {
        Urgency::new(self.request.indicator, self.request.priority)
    }

    /// Gives whoever has been heard the time to answer.
    fn ask_anew(mut self, cx: &mut Context) -> Self {
        self.copies = 1;
        cx.start(Timer::T201);
        self
    }

    fn on_t201_expired(mut self, cx: &mut Context) -> Basic {
        if self.copies < cx.limit(Counter::C201) {
            //= 24.380-7.2.3.6:rep
            self.copies = self.copies.saturating_add(1);
            cx.send(FloorMessage::Request(self.request.clone()));
            cx.start(Timer::T201);
            return self.into();
        }
        if cx.press.is_none() {
            // A request that outlived its place in a queue: nobody holds the button, so nobody would talk.
            cx.stop(&[Timer::T203]);
            cx.notify(Notification::RequestTimeout);
            return Silence::enter(cx);
        }
        // Nobody arbitrates, so nobody can be asked.
        //= 24.380-7.2.3.6:self
        cx.stop(&[Timer::T203]);
        cx.sequence = cx.sequence.next();
        cx.send(FloorMessage::Taken(FloorTaken {
            ssrc: cx.settings.ssrc,
            granted_party: Some(cx.settings.user.clone()),
            user_id: Some(cx.settings.user.clone()),
            sequence: Some(cx.sequence),
            talker_ssrc: Some(cx.settings.ssrc),
            permission_to_request: matches!(cx.settings.call, CallKind::Broadcast { .. }).then_some(false),
            indicator: Some(cx.call_indicator()),
            ..FloorTaken::default()
        }));
        HasPermission::enter(self.urgency(), Queue::default(), cx)
    }

    /// The arbitrator has been silent for long: whoever answers now may.
    fn on_t203_expired(mut self, cx: &mut Context) -> Basic {
        cx.notify(Notification::Idle);
        self.arbitrator = Arbitrator::UNKNOWN;
        self.into()
    }

    fn on_floor_granted_to_me(self, granted: &FloorGranted, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.6:foreign
        if !self.arbitrator.admits(granted.ssrc) {
            cx.discard("R: Floor Granted to me", FOREIGN);
            return self.into();
        }
        cx.stop(&[Timer::T201]);
        if cx.press.is_none() {
            // Nobody holds the button any more, so the user has to be asked.
            return Queued::new(self.request, self.arbitrator).on_floor_granted_to_me(granted, cx);
        }
        //= 24.380-7.2.3.6:grant
        cx.stop(&[Timer::T203]);
        HasPermission::enter(self.urgency(), cx.queue_of(granted), cx)
    }

    fn on_floor_granted_to_other(mut self, granted: &FloorGranted, cx: &mut Context) -> Basic {
        if !self.arbitrator.admits(granted.ssrc) {
            cx.discard("R: Floor Granted to other", FOREIGN);
            return self.into();
        }
        //= 24.380-7.2.3.6:other
        let to = granted.granted_ssrc.unwrap_or(granted.ssrc);
        let arbitrator = cx.hand_over(granted.ssrc, to);
        if arbitrator != self.arbitrator {
            cx.notify_taken(granted.user_id.clone(), Some(to), granted.indicator);
        }
        self.arbitrator = arbitrator;
        cx.start(Timer::T203);
        self.ask_anew(cx).into()
    }

    fn on_floor_taken(mut self, taken: &FloorTaken, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.6:taken
        cx.notify_taken(taken.granted_party.clone(), Some(taken.ssrc), taken.indicator);
        // Overtaken by the grant with which its sender handed the floor over, it takes nothing back.
        self.arbitrator = self.arbitrator.heard(taken.ssrc);
        self.ask_anew(cx).into()
    }

    fn on_floor_deny(self, deny: &FloorDeny, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.6:foreign
        if !self.arbitrator.admits(deny.ssrc) {
            cx.discard("R: Floor Deny to me", FOREIGN);
            return self.into();
        }
        //= 24.380-7.2.3.6:deny
        cx.stop(&[Timer::T201]);
        cx.start(Timer::T203);
        cx.notify(Notification::Denied { cause: deny.cause });
        HasNoPermission::new(self.arbitrator.heard(deny.ssrc), cx).into()
    }

    fn on_queue_position_info(self, info: &FloorQueuePositionInfo, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.6:foreign
        if !self.arbitrator.admits(info.ssrc) {
            cx.discard("R: Floor Queue Position Info to me", FOREIGN);
            return self.into();
        }
        //= 24.380-7.2.3.6:queue
        cx.stop(&[Timer::T201]);
        // The arbitrator may vanish before it is heard: without T203 nothing would end the wait.
        cx.start(Timer::T203);
        cx.notify(Notification::Queued { info: info.info });
        Queued::new(self.request, self.arbitrator.heard(info.ssrc)).into()
    }

    fn on_floor_request(self, other: &FloorRequest, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.6:tie
        let theirs = (other.priority.unwrap_or_default(), other.ssrc);
        let ours = (self.request.priority.unwrap_or_default(), self.request.ssrc);
        if theirs > ours { self.ask_anew(cx).into() } else { self.into() }
    }

    /// The specification has no such procedure. But a release that crosses the request means that its sender will not
    /// answer, and whoever does must not be taken for a stranger.
    fn on_floor_release(mut self, release: &FloorRelease, cx: &mut Context) -> Basic {
        if !self.arbitrator.is(release.ssrc) {
            cx.discard("R: Floor Release", DISCARDED);
            return self.into();
        }
        cx.stop(&[Timer::T203]);
        cx.notify(Notification::Idle);
        cx.talk_has_ended(release.ssrc);
        self.arbitrator = Arbitrator::UNKNOWN;
        self.into()
    }

    fn on_media(mut self, ssrc: Ssrc, cx: &mut Context) -> Basic {
        if !self.arbitrator.admits(ssrc) {
            return self.into();
        }
        //= 24.380-7.2.3.6:media
        if !self.arbitrator.is_known() {
            cx.notify_taken(None, Some(ssrc), None);
        }
        self.arbitrator = self.arbitrator.heard(ssrc);
        self.copies = 1;
        cx.start(Timer::T203);
        self.into()
    }
}

fn on_ptt_released(cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.6:ptt
    cx.stop(&[Timer::T201, Timer::T203]);
    cx.send(FloorMessage::Release(cx.floor_release()));
    Silence::enter(cx)
}

impl From<PendingRequest> for Basic {
    fn from(state: PendingRequest) -> Self {
        Self::PendingRequest(state)
    }
}
