//! What the server and the other participants send.

use std::time::Instant;

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIdle, FloorQueuePositionInfo, FloorRevoke, FloorTaken, Subtype,
};
use mcptt_codec::id::Ssrc;

use super::{Basic, FloorParticipant, Offer, Queued};
use crate::floor::participant::Notification;
use crate::floor::participant::table::{State, Trigger};
use crate::floor::participant::timer::Timer;

impl FloorParticipant {
    pub(super) fn on_floor_granted(&mut self, granted: &FloorGranted, now: Instant) {
        self.acknowledge(granted.ack_requested, Subtype::FLOOR_GRANTED, granted.track_info.as_ref());
        let offer = Offer { duration: granted.duration, ssrc: granted.granted_ssrc };
        match &mut self.machine {
            Basic::PendingRequest(_) => {
                //= 24.380-6.2.4.4.2
                self.stop(&[Timer::T101, Timer::T103]);
                self.transition(Trigger::FloorGranted, Basic::HasPermission);
                self.start_talking(offer);
            }
            //= 24.380-6.2.4.5.5
            Basic::HasPermission => self.notify(Notification::Granted { duration: offer.duration }),
            //= 24.380-6.2.4.9.4
            Basic::Queued(queued) if queued.offer.is_none() => {
                queued.offer = Some(offer);
                self.stop(&[Timer::T104]);
                self.start(Timer::T132, now);
                self.notify(Notification::GrantOffered { duration: offer.duration });
                // A button that is held says that the user is waiting for nothing else.
                if self.press.is_some() {
                    self.on_grant_accepted(Trigger::FloorGranted);
                }
            }
            // In 'U: queued' a copy of the grant that is on offer; in 'U: pending Release' the user has changed his mind.
            //= 24.380-6.2.4.6.8
            _ => {}
        }
    }

    pub(super) fn on_floor_taken(&mut self, taken: &FloorTaken, now: Instant) {
        self.acknowledge(taken.ack_requested, Subtype::FLOOR_TAKEN, taken.track_info.as_ref());
        let may_request = taken.permission_to_request.unwrap_or(true);
        self.may_request = may_request;
        let (by, ssrc) = (taken.granted_party.clone(), taken.talker_ssrc);
        self.notify(Notification::Taken { by, ssrc, may_request });
        self.start(Timer::T103, now);
        match &self.machine {
            // A client that queues is about to be told its place: the server has crossed our request with its Floor Taken.
            //= 24.380-6.2.4.4.11
            Basic::PendingRequest(pending) if !pending.pre_emptive && !self.settings.queueing => {
                self.stop(&[Timer::T101]);
                self.transition(Trigger::FloorTaken, Basic::HasNoPermission);
            }
            //= 24.380-6.2.4.6.5
            Basic::PendingRelease { .. } => {
                self.stop(&[Timer::T100]);
                self.transition(Trigger::FloorTaken, Basic::HasNoPermission);
            }
            //= 24.380-6.2.4.3.3
            //= 24.380-6.2.4.9.3
            _ => {}
        }
    }

    pub(super) fn on_floor_deny(&mut self, deny: &FloorDeny) {
        //= 24.380-6.2.4.4.4
        //= 24.380-6.2.4.9.5
        self.acknowledge(deny.ack_requested, Subtype::FLOOR_DENY, deny.track_info.as_ref());
        self.notify(Notification::Denied { cause: deny.cause });
        self.stop(&[Timer::T101, Timer::T104, Timer::T132]);
        self.transition(Trigger::FloorDeny, Basic::HasNoPermission);
    }

    pub(super) fn on_floor_idle(&mut self, idle: &FloorIdle) {
        self.acknowledge(idle.ack_requested, Subtype::FLOOR_IDLE, idle.track_info.as_ref());
        self.may_request = true;
        self.stop(&[Timer::T103]);
        self.notify(Notification::Idle);
        match self.machine {
            //= 24.380-6.2.4.6.4
            //= 24.380-6.2.4.6.4:6
            Basic::PendingRelease { .. } if self.settings.broadcast_initiator => {
                self.stop(&[Timer::T100]);
                self.notify(Notification::MediaComplete);
                self.transition(Trigger::FloorIdle, Basic::Releasing);
            }
            Basic::PendingRelease { .. } => {
                self.stop(&[Timer::T100]);
                self.transition(Trigger::FloorIdle, Basic::HasNoPermission);
            }
            //= 24.380-6.2.4.9.8
            Basic::Queued(_) => {
                self.stop(&[Timer::T104, Timer::T132]);
                self.transition(Trigger::FloorIdle, Basic::HasNoPermission);
            }
            //= 24.380-6.2.4.3.2
            _ => {}
        }
    }

    pub(super) fn on_floor_revoke(&mut self, revoke: &FloorRevoke, now: Instant) {
        self.notify(Notification::Revoked { cause: revoke.cause });
        match self.machine {
            //= 24.380-6.2.4.5.4
            Basic::HasPermission => self.release(Trigger::FloorRevoke, now),
            // The grant was lost on the way.
            Basic::PendingRequest(_) => {
                self.stop(&[Timer::T103]);
                self.release(Trigger::FloorRevoke, now);
            }
            //= 24.380-6.2.4.6.7
            _ => {}
        }
    }

    pub(super) fn on_queue_position_info(&mut self, message: &FloorQueuePositionInfo) {
        let track_info = message.track_info.as_ref();
        self.acknowledge(message.ack_requested, Subtype::FLOOR_QUEUE_POSITION_INFO, track_info);
        //= 24.380-6.2.4.4.9
        //= 24.380-6.2.4.9.7
        self.stop(&[Timer::T101, Timer::T104]);
        self.notify(Notification::Queued { info: message.info });
        if self.state() == State::PendingRequest {
            self.transition(Trigger::FloorQueuePositionInfo, Basic::Queued(Queued::default()));
        }
    }

    pub(super) fn on_rtp_media(&mut self, ssrc: Ssrc, now: Instant) {
        // One's own voice coming back says nothing about others. A packet without procedure is no event: there are many.
        if ssrc == self.settings.ssrc || !self.has_procedure(Trigger::RtpMedia) {
            return;
        }
        //= 24.380-6.2.4.3.4
        //= 24.380-6.2.4.4.7
        //= 24.380-6.2.4.9.2
        self.start(Timer::T103, now);
        //= 24.380-6.2.4.6.6
        if self.state() == State::PendingRelease {
            self.stop(&[Timer::T100]);
            self.transition(Trigger::RtpMedia, Basic::HasNoPermission);
        }
    }
}
