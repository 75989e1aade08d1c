//! What the user does: press, let go, accept, ask, and decide about others.

use std::time::Instant;

use mcptt_codec::Release;
use mcptt_codec::floor::{
    FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionRequest, FloorRequest, FloorRevokeRequest,
    MediaFlowControlIndicator, QueuedFloorRequests, QueuedFloorRequestsPurpose, UnicastMediaFlowControl,
};
use mcptt_codec::id::McpttId;

use super::{
    Basic, DualFloor, FloorParticipant, HasPermission, Offer, PendingRelease, PendingRequest, Press, Queued,
    Trigger,
};
use crate::floor::participant::timer::Timer;
use crate::floor::participant::{Notification, ParticipantOutput};

impl FloorParticipant {
    // 'U: has no permission'

    pub(super) fn on_ptt_pressed(&mut self, press: Press, now: Instant) {
        self.press = Some(press);
        match &mut self.machine {
            Basic::StartStop(setup) if setup.is_awaited() => setup.on_button(true),
            //= 24.380-6.2.4.3.3:perm
            Basic::HasNoPermission if !self.may_request => self.notify(Notification::RequestNotAllowed),
            Basic::HasNoPermission => self.request(press, now),
            Basic::Queued(_) => self.on_grant_accepted(Trigger::PttPressed),
            _ => self.discard(Trigger::PttPressed.name()),
        }
    }

    pub(super) fn request(&mut self, press: Press, now: Instant) {
        //= 24.380-6.2.4.3.5
        let request = self.floor_request(press);
        let urgent = FloorIndicator::EMERGENCY | FloorIndicator::IMMINENT_PERIL;
        let pre_emptive = press.indicator.is_some_and(|indicator| indicator.0 & urgent.0 != 0)
            || request
                .priority
                .is_some_and(|asked| self.settings.pre_emptive_from.is_some_and(|from| asked.0 >= from.0));
        self.send(FloorMessage::Request(request.clone()));
        self.start(Timer::T101, now);
        let pending = PendingRequest { request, copies: 1, pre_emptive };
        self.transition(Trigger::PttPressed, Basic::PendingRequest(pending));
    }

    pub(super) fn floor_request(&self, press: Press) -> FloorRequest {
        // Nothing but the user's explicit wish makes a request pre-emptive.
        //= 24.380-6.2.1:note
        let cap = FloorPriority(self.settings.priority.unwrap_or(FloorPriority::NORMAL.0));
        let priority = press.priority.map(|asked| FloorPriority(asked.0.min(cap.0)));
        //= 24.380-6.2.4.3.5:1b
        let special = FloorIndicator::BROADCAST
            | FloorIndicator::SYSTEM
            | FloorIndicator::EMERGENCY
            | FloorIndicator::IMMINENT_PERIL;
        let kind = FloorIndicator(
            (self.settings.indicator | press.indicator.unwrap_or(FloorIndicator::NONE)).0 & special.0,
        );
        let release = self.settings.release;
        let alias = self.settings.functional_alias.clone();
        //= 24.380-6.2.4.3.5:1c
        let location = release.has(Release::R16).then(|| self.settings.location.clone().unwrap_or_default());
        FloorRequest {
            ssrc: self.settings.ssrc,
            priority: priority.filter(|priority| *priority != FloorPriority::NORMAL),
            indicator: (kind != FloorIndicator::NONE).then_some(kind),
            functional_alias: alias.filter(|_| release.has(Release::R15)),
            location,
            ..FloorRequest::default()
        }
    }

    // The user has finished, or waits

    pub(super) fn on_ptt_released(&mut self, now: Instant) {
        self.press = None;
        match &mut self.machine {
            Basic::StartStop(setup) => setup.on_button(false),
            //= 24.380-6.2.4.4.8
            //= 24.380-6.2.4.9.6
            Basic::PendingRequest(_) | Basic::Queued(_) => self.release(Trigger::PttReleased, false, now),
            //= 24.380-6.2.4.5.3
            //= 24.380-6.2.4.5.3:1c
            Basic::HasPermission(talk) => {
                let dual = talk.dual.is_some();
                self.release(Trigger::PttReleased, dual, now);
            }
            _ => {}
        }
    }

    /// Stops talking, asking or waiting, and says so; of which floor, if there are two.
    pub(super) fn release(&mut self, trigger: Trigger, dual: bool, now: Instant) {
        let (mut ssrc, mut shared) = (None, false);
        if let Basic::HasPermission(talk) = &self.machine {
            (ssrc, shared) = (talk.ssrc, talk.is_shared());
            if talk.dual.is_some() {
                self.notify(Notification::DualFloor(None));
            }
            self.output(ParticipantOutput::StopSending);
        }
        self.stop(&[Timer::T101, Timer::T104, Timer::T132]);
        let release = self.floor_release(dual);
        self.send(FloorMessage::Release(release.clone()));
        self.start(Timer::T100, now);
        self.transition(trigger, Basic::PendingRelease(PendingRelease { release, copies: 1, ssrc, shared }));
    }

    pub(super) fn on_grant_accepted(&mut self, trigger: Trigger) {
        //= 24.380-6.2.4.9.12
        match self.machine {
            Basic::Queued(Queued { offer: Some(offer), .. }) => {
                self.stop(&[Timer::T132, Timer::T103]);
                self.transition(trigger, Basic::HasPermission(HasPermission::default()));
                self.start_talking(offer);
            }
            // Held from now on, the button accepts the grant when it comes.
            Basic::Queued(_) if trigger == Trigger::PttPressed => {}
            _ => self.discard(trigger.name()),
        }
    }

    pub(super) fn start_talking(&mut self, offer: Offer) {
        let Basic::HasPermission(talk) = &mut self.machine else { return };
        let dual = offer.overriding.then_some(DualFloor::Overriding);
        *talk = HasPermission { ssrc: offer.ssrc, dual, multi_talker: offer.multi_talker };
        self.notify(Notification::Granted { duration: offer.duration });
        if dual.is_some() {
            self.notify(Notification::DualFloor(dual));
        }
        //= 24.380-6.2.4.4.2:7
        self.output(ParticipantOutput::StartSending { ssrc: offer.ssrc });
    }

    pub(super) fn on_queue_position_asked(&mut self, now: Instant) {
        match &mut self.machine {
            //= 24.380-6.2.4.9.9
            Basic::Queued(queued) if queued.offer.is_none() => {
                queued.questions = 1;
                self.ask_queue_position(now);
            }
            _ => self.discard(Trigger::QueuePositionAsked.name()),
        }
    }

    pub(super) fn ask_queue_position(&mut self, now: Instant) {
        let request =
            FloorQueuePositionRequest { ssrc: self.settings.ssrc, ..FloorQueuePositionRequest::default() };
        self.send(FloorMessage::QueuePositionRequest(request));
        self.start(Timer::T104, now);
    }

    // Deciding about others

    pub(super) fn on_revoke_other_asked(&mut self, user: McpttId) {
        let trigger = Trigger::RevokeOtherAsked;
        let permitted = self.settings.may_revoke && self.settings.release.has(Release::R19);
        if !(permitted && self.has_procedure(trigger)) {
            return self.discard_by(trigger.name(), "24.380-6.2.4.3.10");
        }
        //= 24.380-6.2.4.3.10
        let ssrc = self.settings.ssrc;
        self.send(FloorMessage::RevokeRequest(FloorRevokeRequest { ssrc, user_id: Some(user) }));
    }

    pub(super) fn on_cancel_queued_asked(&mut self, users: Vec<McpttId>) {
        let trigger = Trigger::CancelQueuedAsked;
        let permitted = self.settings.may_cancel_queued && self.settings.release.has(Release::R17);
        if !(permitted && self.has_procedure(trigger)) {
            return self.discard_by(trigger.name(), "24.380-6.2.4.7.4");
        }
        //= 24.380-6.2.4.7.4
        self.send(FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
            ssrc: self.settings.ssrc,
            purpose: Some(QueuedFloorRequestsPurpose::CANCEL_REQUEST),
            queued_users: users,
            ..QueuedFloorRequests::default()
        }));
    }

    pub(super) fn on_unicast_media_asked(&mut self, wanted: bool) {
        let trigger = Trigger::UnicastMediaAsked;
        if !(self.settings.release.has(Release::R17) && self.has_procedure(trigger)) {
            return self.discard(trigger.name());
        }
        let flow = if wanted { MediaFlowControlIndicator::RESUME } else { MediaFlowControlIndicator::STOP };
        self.send(FloorMessage::UnicastMediaFlowControl(UnicastMediaFlowControl {
            ssrc: self.settings.ssrc,
            flow: Some(flow),
            ..UnicastMediaFlowControl::default()
        }));
    }
}
