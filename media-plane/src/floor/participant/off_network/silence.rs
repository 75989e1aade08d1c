//! 'O: silence' (TS 24.380 7.2.3.3): nobody talks, so nobody arbitrates.

use mcptt_codec::floor::{FloorGranted, FloorRequest, FloorTaken};
use mcptt_codec::id::Ssrc;

use super::context::{Arbitrator, Context, Press};
use super::has_no_permission::HasNoPermission;
use super::pending_granted::PendingGranted;
use super::pending_request::PendingRequest;
use super::queue::Queue;
use super::start_stop::StartStop;
use super::timer::Timer;
use super::{Basic, CallKind, DISCARDED, Happening};
use crate::floor::participant::Notification;

/// 'O: silence'.
#[derive(Debug)]
pub(super) struct Silence;

impl Silence {
    /// Nobody is known to talk any more.
    pub(super) fn enter(cx: &mut Context) -> Basic {
        cx.start(Timer::T230);
        Self.into()
    }

    pub(super) fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Basic {
        match happening {
            Happening::GrantedToOther(granted) => on_floor_granted(granted, cx),
            Happening::Media(ssrc) => on_media(ssrc, cx),
            Happening::PttPressed(press) => self.on_ptt_pressed(press, cx),
            Happening::Request(request) => self.on_floor_request(request, cx),
            Happening::Taken(taken) => on_floor_taken(taken, cx),
            Happening::Expiry(Timer::T230) => on_t230_expired(cx),
            _ => self.into(),
        }
    }

    fn on_ptt_pressed(self, press: Press, cx: &mut Context) -> Basic {
        if !cx.may_request() {
            cx.notify(Notification::RequestNotAllowed);
            return self.into();
        }
        //= 24.380-7.2.3.3:ptt
        cx.stop(&[Timer::T230]);
        PendingRequest::ask(cx.request(press), Arbitrator::UNKNOWN, cx)
    }

    fn on_floor_request(self, request: &FloorRequest, cx: &mut Context) -> Basic {
        if cx.settings.call != CallKind::Private {
            return self.into();
        }
        let Some(requester) = Context::requester(request) else {
            cx.discard("R: Floor Request", DISCARDED);
            return self.into();
        };
        //= 24.380-7.2.3.3:priv
        cx.stop(&[Timer::T230]);
        PendingGranted::grant(requester, Queue::default(), cx)
    }
}

fn on_media(ssrc: Ssrc, cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.3:taken
    cx.notify_taken(None, Some(ssrc), None);
    listen(Arbitrator::of(ssrc), cx)
}

fn on_floor_granted(granted: &FloorGranted, cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.3:taken
    let to = granted.granted_ssrc.unwrap_or(granted.ssrc);
    cx.notify_taken(granted.user_id.clone(), Some(to), granted.indicator);
    listen(cx.hand_over(granted.ssrc, to), cx)
}

fn on_floor_taken(taken: &FloorTaken, cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.3:taken
    cx.notify_taken(taken.granted_party.clone(), Some(taken.ssrc), taken.indicator);
    listen(Arbitrator::of(taken.ssrc), cx)
}

fn listen(arbitrator: Arbitrator, cx: &mut Context) -> Basic {
    cx.stop(&[Timer::T230]);
    cx.start(Timer::T203);
    HasNoPermission::new(arbitrator, cx).into()
}

fn on_t230_expired(cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.3:t230
    cx.notify(Notification::Inactive);
    cx.stop_all_timers();
    StartStop::AfterCall.into()
}

impl From<Silence> for Basic {
    fn from(state: Silence) -> Self {
        Self::Silence(state)
    }
}
