//! 'Start-stop' (TS 24.380 7.2.3.2).

use mcptt_codec::floor::{FloorGranted, FloorMessage, FloorTaken};
use mcptt_codec::id::Ssrc;

use super::context::{Arbitrator, Context, Press};
use super::has_no_permission::HasNoPermission;
use super::has_permission::HasPermission;
use super::pending_request::PendingRequest;
use super::queue::{Queue, Urgency};
use super::silence::Silence;
use super::timer::Timer;
use super::{Basic, CallKind, Happening};
use crate::floor::participant::Notification;

/// 'Start-stop'.
#[derive(Debug)]
pub(super) enum StartStop {
    /// Call control has not said yet how the call began.
    BeforeCall,
    /// Call control has released the call, or T230 has ended floor control.
    AfterCall,
}

impl StartStop {
    pub(super) fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Basic {
        match happening {
            Happening::CallOriginated => on_call_originated(cx),
            Happening::CallTerminating => on_call_terminating(cx),
            Happening::GrantedToOther(granted) => on_floor_granted(granted, cx),
            Happening::Taken(taken) => on_floor_taken(taken, cx),
            Happening::Media(ssrc) => on_media(ssrc, cx),
            Happening::PttPressed(press) => on_ptt_pressed(press, cx),
            _ => self.into(),
        }
    }
}

fn on_call_originated(cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.2:orig
    let (indicator, priority) = (cx.call_indicator(), cx.settings.priority);
    let urgency = Urgency::new(Some(indicator), Some(priority));
    cx.send(FloorMessage::Granted(FloorGranted {
        ssrc: cx.settings.ssrc,
        user_id: Some(cx.settings.user.clone()),
        granted_ssrc: Some(cx.settings.ssrc),
        priority: Some(priority),
        queue_size: cx.settings.queueing.then_some(0),
        indicator: Some(indicator),
        ..FloorGranted::default()
    }));
    HasPermission::enter(urgency, Queue::default(), cx)
}

fn on_call_terminating(cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.2:term
    match cx.settings.call {
        CallKind::Group => Silence::enter(cx),
        CallKind::Broadcast { .. } | CallKind::Private => {
            cx.start(Timer::T203);
            HasNoPermission::new(Arbitrator::UNKNOWN, cx).into()
        }
    }
}

fn on_floor_granted(granted: &FloorGranted, cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.2:late
    let to = granted.granted_ssrc.unwrap_or(granted.ssrc);
    cx.start(Timer::T203);
    cx.notify_taken(granted.user_id.clone(), Some(to), granted.indicator);
    HasNoPermission::new(cx.hand_over(granted.ssrc, to), cx).into()
}

fn on_floor_taken(taken: &FloorTaken, cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.2:late
    cx.start(Timer::T203);
    cx.notify_taken(taken.granted_party.clone(), Some(taken.ssrc), taken.indicator);
    HasNoPermission::new(Arbitrator::of(taken.ssrc), cx).into()
}

fn on_media(ssrc: Ssrc, cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.2:late
    cx.start(Timer::T203);
    cx.notify_taken(None, Some(ssrc), None);
    HasNoPermission::new(Arbitrator::of(ssrc), cx).into()
}

fn on_ptt_pressed(press: Press, cx: &mut Context) -> Basic {
    //= 24.380-7.2.3.2:late
    if !cx.may_request() {
        cx.notify(Notification::RequestNotAllowed);
        return StartStop::BeforeCall.into();
    }
    PendingRequest::ask(cx.request(press), Arbitrator::UNKNOWN, cx)
}

impl From<StartStop> for Basic {
    fn from(state: StartStop) -> Self {
        Self::StartStop(state)
    }
}
