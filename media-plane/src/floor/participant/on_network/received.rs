//! What the server and the other participants send.

use std::time::Instant;

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIdle, FloorIndicator, FloorQueuePositionInfo, FloorReleaseMultiTalker,
    FloorRevoke, FloorTaken, MessageSequenceNumber, QueuedFloorRequests, Subtype,
};
use mcptt_codec::id::Ssrc;

use super::super::table::{State, Trigger, shares};
use super::talkers::Talkers;
use super::{Basic, FloorParticipant, HasPermission, Offer, Queued};
use crate::floor::participant::timer::Timer;
use crate::floor::participant::{DualFloor, MediaTreatment, Notification, ParticipantOutput};

/// How far back a number is taken for that of an overtaken message, and not for the first one of a server that counts
/// anew.
const REORDERING: u16 = 16;

/// Whether a message with this number was overtaken by the one with the `last` number. Equal numbers are copies: they do
/// no harm, and a server that does not count is understood.
fn overtaken(number: Option<MessageSequenceNumber>, last: &mut Option<MessageSequenceNumber>) -> bool {
    let Some(number) = number else { return false };
    //= 24.380-8.2.3.10
    if last.is_some_and(|last| last.newer_than(number) && last.0.wrapping_sub(number.0) <= REORDERING) {
        return true;
    }
    *last = Some(number);
    false
}

impl FloorParticipant {
    pub(super) fn on_floor_granted(&mut self, granted: &FloorGranted, now: Instant) {
        self.acknowledge(granted.ack_requested, Subtype::FLOOR_GRANTED, granted.track_info.as_ref());
        let offer = Offer {
            duration: granted.duration,
            ssrc: granted.granted_ssrc,
            overriding: shares(granted.indicator, FloorIndicator::DUAL_FLOOR),
            multi_talker: shares(granted.indicator, FloorIndicator::MULTI_TALKER),
        };
        match &mut self.machine {
            Basic::PendingRequest(_) => {
                //= 24.380-6.2.4.4.2
                self.stop(&[Timer::T101, Timer::T103]);
                self.transition(Trigger::FloorGranted, Basic::HasPermission(HasPermission::default()));
                self.start_talking(offer);
            }
            //= 24.380-6.2.4.5.5
            Basic::HasPermission(_) => self.on_grant_repeated(offer),
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

    /// The time that is left, and what an earlier grant or the SIP response has not said.
    fn on_grant_repeated(&mut self, offer: Offer) {
        let Basic::HasPermission(talk) = &mut self.machine else { return };
        let new_ssrc = offer.ssrc.filter(|ssrc| talk.ssrc != Some(*ssrc));
        talk.ssrc = offer.ssrc.or(talk.ssrc);
        talk.multi_talker |= offer.multi_talker;
        let overrides = offer.overriding && talk.dual.is_none();
        if overrides {
            talk.dual = Some(DualFloor::Overriding);
        }
        self.notify(Notification::Granted { duration: offer.duration });
        if overrides {
            self.notify(Notification::DualFloor(Some(DualFloor::Overriding)));
        }
        //= 24.380-6.2.4.4.2:7
        if let Some(ssrc) = new_ssrc {
            self.output(ParticipantOutput::ChangeSsrc { ssrc });
        }
    }

    pub(super) fn on_floor_taken(&mut self, taken: &FloorTaken, trigger: Trigger, now: Instant) {
        self.acknowledge(taken.ack_requested, Subtype::FLOOR_TAKEN, taken.track_info.as_ref());
        if overtaken(taken.sequence, &mut self.last_taken) {
            return self.discard_by(trigger.name(), "24.380-8.2.3.10");
        }
        let may_request = taken.permission_to_request.unwrap_or(true);
        self.may_request = may_request;
        self.talkers.on_floor_taken(taken);
        self.notify(Notification::Taken {
            talkers: self.talkers.all(),
            indicator: taken.indicator.unwrap_or_default(),
            may_request,
        });
        let own_ssrc = self.settings.ssrc;
        // One of several talkers: whether this user becomes one, or has stopped being one, is another question.
        let multi_talker = shares(taken.indicator, FloorIndicator::MULTI_TALKER);
        let own = self.settings.user.as_ref();
        let still_talks =
            |ssrc: Option<Ssrc>| multi_talker && Talkers::includes(taken, own, ssrc.unwrap_or(own_ssrc));
        match &mut self.machine {
            //= 24.380-6.2.4.5.8
            Basic::HasPermission(talk) => {
                talk.multi_talker |= multi_talker;
                if shares(taken.indicator, FloorIndicator::DUAL_FLOOR) && talk.dual.is_none() {
                    talk.dual = Some(DualFloor::Overridden);
                    self.notify(Notification::DualFloor(Some(DualFloor::Overridden)));
                }
                return;
            }
            // A client that queues is about to be told its place: the server has crossed our request with its Floor Taken.
            //= 24.380-6.2.4.4.11
            Basic::PendingRequest(pending)
                if !pending.pre_emptive && !self.settings.queueing && !multi_talker =>
            {
                self.stop(&[Timer::T101]);
                self.transition(trigger, Basic::HasNoPermission);
            }
            //= 24.380-6.2.4.6.5
            Basic::PendingRelease(pending) if !still_talks(pending.ssrc) => {
                self.stop(&[Timer::T100]);
                self.transition(trigger, Basic::HasNoPermission);
            }
            //= 24.380-6.2.4.3.3
            //= 24.380-6.2.4.9.3
            _ => {}
        }
        self.start(Timer::T103, now);
    }

    pub(super) fn on_floor_deny(&mut self, deny: &FloorDeny) {
        //= 24.380-6.2.4.4.4
        //= 24.380-6.2.4.9.5
        self.acknowledge(deny.ack_requested, Subtype::FLOOR_DENY, deny.track_info.as_ref());
        self.notify(Notification::Denied { cause: deny.cause });
        self.stop(&[Timer::T101, Timer::T104, Timer::T132]);
        self.transition(Trigger::FloorDeny, Basic::HasNoPermission);
    }

    pub(super) fn on_floor_idle(&mut self, idle: &FloorIdle, trigger: Trigger) {
        self.acknowledge(idle.ack_requested, Subtype::FLOOR_IDLE, idle.track_info.as_ref());
        if overtaken(idle.sequence, &mut self.last_idle) {
            return self.discard_by(trigger.name(), "24.380-8.2.3.10");
        }
        if trigger == Trigger::DualFloorIdle {
            return self.on_dual_floor_idle();
        }
        self.may_request = true;
        self.talkers.clear();
        self.stop(&[Timer::T103]);
        self.notify(Notification::Idle);
        match self.machine {
            //= 24.380-6.2.4.6.4
            //= 24.380-6.2.4.6.4:6
            Basic::PendingRelease(_) if self.settings.broadcast_initiator => {
                self.stop(&[Timer::T100]);
                self.notify(Notification::MediaComplete);
                self.transition(Trigger::FloorIdle, Basic::Releasing);
            }
            Basic::PendingRelease(_) => {
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

    /// Only the floor of the overriding talker is idle: the server goes on to say whether somebody still talks.
    fn on_dual_floor_idle(&mut self) {
        self.talkers.end_of_override();
        self.notify(Notification::DualFloor(None));
        match &mut self.machine {
            //= 24.380-6.2.4.5.7
            Basic::HasPermission(talk) => talk.dual = None,
            Basic::PendingRelease(_) => {
                self.stop(&[Timer::T100]);
                self.transition(Trigger::DualFloorIdle, Basic::HasNoPermission);
            }
            // The request in the queue waits for the other floor.
            _ => {}
        }
    }

    pub(super) fn on_floor_revoke(&mut self, revoke: &FloorRevoke, now: Instant) {
        self.notify(Notification::Revoked { cause: revoke.cause });
        let dual = shares(revoke.indicator, FloorIndicator::DUAL_FLOOR);
        match self.machine {
            //= 24.380-6.2.4.5.4
            Basic::HasPermission(_) => self.release(Trigger::FloorRevoke, dual, now),
            // The grant was lost on the way.
            Basic::PendingRequest(_) => {
                self.stop(&[Timer::T103]);
                self.release(Trigger::FloorRevoke, dual, now);
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

    pub(super) fn on_floor_release_multi_talker(&mut self, release: &FloorReleaseMultiTalker) {
        let own = |talk: Option<Ssrc>| match release.talker_ssrc {
            Some(ssrc) => ssrc == talk.unwrap_or(self.settings.ssrc),
            None => release.user_id.is_some() && release.user_id == self.settings.user,
        };
        let finished = matches!(&self.machine, Basic::PendingRelease(pending) if own(pending.ssrc));
        let talker = self.talkers.finished(release);
        self.notify(Notification::TalkerFinished { talker, talkers: self.talkers.all() });
        //= 24.380-6.2.4.6.9
        if finished {
            self.stop(&[Timer::T100]);
            self.transition(Trigger::FloorReleaseMultiTalker, Basic::HasNoPermission);
        }
    }

    pub(super) fn on_queued_floor_requests(&mut self, message: &QueuedFloorRequests, trigger: Trigger) {
        let track_info = message.track_info.as_ref();
        self.acknowledge(message.ack_requested, Subtype::QUEUED_FLOOR_REQUESTS, track_info);
        if trigger == Trigger::QueuedCancelNotification {
            //= 24.380-6.2.4.9.15
            self.stop(&[Timer::T104, Timer::T132]);
            self.notify(Notification::RequestCancelled);
            self.transition(trigger, Basic::HasNoPermission);
        } else {
            //= 24.380-6.2.4.7.4
            let (response, queued) = (message.response_state, message.queued_users.clone());
            self.notify(Notification::QueuedCancelled { response, queued });
        }
    }

    pub(super) fn on_rtp_media(&mut self, ssrc: Ssrc, now: Instant) -> MediaTreatment {
        // One's own voice coming back says nothing about others. A packet without procedure is no event: there are many.
        if ssrc == self.settings.ssrc || !self.has_procedure(Trigger::RtpMedia) {
            return MediaTreatment::Discard;
        }
        match &self.machine {
            //= 24.380-6.2.4.5.6
            Basic::HasPermission(talk) => {
                return match talk.dual {
                    _ if talk.ssrc == Some(ssrc) => MediaTreatment::Discard,
                    Some(DualFloor::Overriding) => self.settings.overridden_media,
                    Some(DualFloor::Overridden) => MediaTreatment::Render,
                    None if talk.multi_talker => MediaTreatment::Render,
                    None => MediaTreatment::Discard,
                };
            }
            //= 24.380-6.2.4.6.6
            Basic::PendingRelease(pending) if !pending.shared => {
                self.stop(&[Timer::T100]);
                self.transition(Trigger::RtpMedia, Basic::HasNoPermission);
            }
            _ => {}
        }
        //= 24.380-6.2.4.3.4
        //= 24.380-6.2.4.4.7
        //= 24.380-6.2.4.9.2
        self.start(Timer::T103, now);
        MediaTreatment::Render
    }
}
