//! 'O: has no permission' (TS 24.380 7.2.3.4): somebody else talks and arbitrates.

use std::time::Instant;

use mcptt_codec::floor::{FloorGranted, FloorRelease, FloorTaken};
use mcptt_codec::id::Ssrc;

use super::context::{Arbitrator, Context, Press};
use super::pending_request::PendingRequest;
use super::silence::Silence;
use super::timer::{Timer, contention};
use super::{Basic, DISCARDED, Happening};
use crate::floor::participant::Notification;

/// 'O: has no permission'.
#[derive(Debug)]
pub(super) struct HasNoPermission {
    pub(super) arbitrator: Arbitrator,
    /// When the arbitrator last gave a sign of life.
    heard: Instant,
}

impl HasNoPermission {
    pub(super) const fn new(arbitrator: Arbitrator, cx: &Context) -> Self {
        Self { arbitrator, heard: cx.now }
    }

    pub(super) fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Basic {
        match happening {
            Happening::GrantedToOther(granted) => self.on_floor_granted(granted, cx),
            Happening::Taken(taken) => self.on_floor_taken(taken, cx),
            Happening::Media(ssrc) => self.on_media(ssrc, cx),
            Happening::PttPressed(press) => self.on_ptt_pressed(press, cx),
            Happening::Release(release) => self.on_floor_release(release, cx),
            Happening::Expiry(Timer::T203) => on_t203_expired(cx),
            _ => self.into(),
        }
    }

    fn on_floor_granted(self, granted: &FloorGranted, cx: &mut Context) -> Basic {
        if !self.arbitrator.admits(granted.ssrc) {
            cx.discard("R: Floor Granted to other", "24.380-7.2.3.4:cand");
            return self.into();
        }
        //= 24.380-7.2.3.4:cand
        let to = granted.granted_ssrc.unwrap_or(granted.ssrc);
        let arbitrator = cx.hand_over(granted.ssrc, to);
        if arbitrator != self.arbitrator {
            cx.notify_taken(granted.user_id.clone(), Some(to), granted.indicator);
        }
        cx.start(Timer::T203);
        Self::new(arbitrator, cx).into()
    }

    /// Annex C.2 has no such row: as long as the known arbitrator gives signs of life, whoever takes the floor has not
    /// heard it, and everybody else stays with it. When it has been silent for as long as it takes to ask in vain, two
    /// participants agree that it is gone, and waiting for T203 would only mean not to hear the new talker.
    fn on_floor_taken(self, taken: &FloorTaken, cx: &mut Context) -> Basic {
        let silent = cx.now.saturating_duration_since(self.heard) >= contention(&cx.settings.timers);
        if self.arbitrator.is_known() && !self.arbitrator.is(taken.ssrc) && !silent {
            cx.discard("R: Floor Taken", DISCARDED);
            return self.into();
        }
        cx.notify_taken(taken.granted_party.clone(), Some(taken.ssrc), taken.indicator);
        cx.start(Timer::T203);
        Self::new(self.arbitrator.heard(taken.ssrc), cx).into()
    }

    fn on_media(self, ssrc: Ssrc, cx: &mut Context) -> Basic {
        //= 24.380-7.2.3.4:ssrc
        if !self.arbitrator.admits(ssrc) {
            return self.into();
        }
        if !self.arbitrator.is_known() {
            cx.notify_taken(None, Some(ssrc), None);
        }
        cx.start(Timer::T203);
        Self::new(self.arbitrator.heard(ssrc), cx).into()
    }

    fn on_ptt_pressed(self, press: Press, cx: &mut Context) -> Basic {
        if !cx.may_request() {
            cx.notify(Notification::RequestNotAllowed);
            return self.into();
        }
        //= 24.380-7.2.3.4:ptt
        PendingRequest::ask(cx.request(press), self.arbitrator, cx)
    }

    fn on_floor_release(self, release: &FloorRelease, cx: &mut Context) -> Basic {
        if !self.arbitrator.is(release.ssrc) {
            cx.discard("R: Floor Release", "24.380-7.2.3.4:rel");
            return self.into();
        }
        //= 24.380-7.2.3.4:rel
        cx.stop(&[Timer::T203]);
        cx.notify(Notification::Idle);
        cx.talk_has_ended(release.ssrc);
        Silence::enter(cx)
    }
}

fn on_t203_expired(cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.4:t203
    cx.notify(Notification::Idle);
    Silence::enter(cx)
}

impl From<HasNoPermission> for Basic {
    fn from(state: HasNoPermission) -> Self {
        Self::HasNoPermission(state)
    }
}
