//! What happens when a timer expires (TS 24.380 6.2.4, 11.1.1).

use std::time::Instant;

use mcptt_codec::floor::FloorMessage;

use super::{Basic, FloorParticipant, Trigger};
use crate::floor::participant::Notification;
use crate::floor::participant::timer::{Counter, Timer};

impl FloorParticipant {
    pub(super) fn on_t100_expired(&mut self, now: Instant) {
        let limit = self.settings.timers.limit(Counter::C100);
        let Basic::PendingRelease(pending) = &mut self.machine else { return };
        if pending.copies < limit {
            //= 24.380-6.2.4.6.2
            pending.copies = pending.copies.saturating_add(1);
            let release = pending.release.clone();
            self.send(FloorMessage::Release(release));
            self.start(Timer::T100, now);
        } else {
            //= 24.380-6.2.4.6.3
            self.transition(Trigger::Expiry(Timer::T100), Basic::HasNoPermission);
        }
    }

    pub(super) fn on_t101_expired(&mut self, now: Instant) {
        let limit = self.settings.timers.limit(Counter::C101);
        let Basic::PendingRequest(pending) = &mut self.machine else { return };
        if pending.copies < limit {
            //= 24.380-6.2.4.4.5
            pending.copies = pending.copies.saturating_add(1);
            let request = pending.request.clone();
            self.send(FloorMessage::Request(request));
            self.start(Timer::T101, now);
        } else {
            //= 24.380-6.2.4.4.6
            self.notify(Notification::RequestTimeout);
            self.transition(Trigger::Expiry(Timer::T101), Basic::HasNoPermission);
        }
    }

    pub(super) fn on_t103_expired(&mut self) {
        //= 24.380-6.2.4.3.6
        self.talkers.clear();
        self.notify(Notification::Idle);
    }

    pub(super) fn on_t104_expired(&mut self, now: Instant) {
        let limit = self.settings.timers.limit(Counter::C104);
        let Basic::Queued(queued) = &mut self.machine else { return };
        if queued.questions < limit {
            //= 24.380-6.2.4.9.10
            queued.questions = queued.questions.saturating_add(1);
            self.ask_queue_position(now);
        } else {
            //= 24.380-6.2.4.9.11
            self.notify(Notification::QueueTimeout);
            self.release(Trigger::Expiry(Timer::T104), false, now);
        }
    }

    pub(super) fn on_t132_expired(&mut self) {
        //= 24.380-6.2.4.9.13
        let release = self.floor_release(false);
        self.send(FloorMessage::Release(release));
        self.notify(Notification::GrantLapsed);
        self.transition(Trigger::Expiry(Timer::T132), Basic::HasNoPermission);
    }
}
