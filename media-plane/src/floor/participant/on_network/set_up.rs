//! 'Start-stop' (TS 24.380 6.2.4.2): what happens before the final SIP response is kept until there is a state for it.

use std::collections::VecDeque;
use std::time::Instant;

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::Ssrc;

use super::{Basic, FloorParticipant, Offer, PendingRequest, Press, Trigger};
use crate::floor::participant::timer::Timer;

/// Most messages and packets kept while the final SIP response is awaited; the oldest go first.
const CAPACITY: usize = 16;

/// 'Start-stop': before or after the call.
#[derive(Debug)]
pub(super) enum Setup {
    /// The final SIP response is awaited.
    Awaited {
        /// What has come already, in order.
        early: VecDeque<Early>,
        /// The user has let the button go: an implicit request is no longer wanted.
        let_go: bool,
    },
    /// The call is over.
    Over,
}

/// Something that came before the final SIP response.
#[derive(Debug)]
pub(super) enum Early {
    Message(Box<FloorMessage>),
    Media(Ssrc),
}

impl Setup {
    pub(super) const fn awaited() -> Self {
        Self::Awaited { early: VecDeque::new(), let_go: false }
    }

    pub(super) const fn is_awaited(&self) -> bool {
        matches!(self, Self::Awaited { .. })
    }

    /// Keeps something for later; returns what had to make room for it.
    pub(super) fn keep(&mut self, something: Early) -> Option<Early> {
        let Self::Awaited { early, .. } = self else { return Some(something) };
        early.push_back(something);
        if early.len() > CAPACITY { early.pop_front() } else { None }
    }

    /// The user has pressed the button or let it go.
    pub(super) const fn on_button(&mut self, held: bool) {
        if let Self::Awaited { let_go, .. } = self {
            *let_go = !held;
        }
    }
}

impl FloorParticipant {
    pub(super) fn on_session_originated(
        &mut self,
        implicit_request: bool,
        grant: Option<Offer>,
        now: Instant,
    ) {
        let trigger = Trigger::SessionOriginated;
        let Basic::StartStop(Setup::Awaited { early, let_go }) = &mut self.machine else {
            return self.discard(trigger.name());
        };
        let (early, let_go) = (std::mem::take(early), *let_go);
        if let Some(offer) = grant {
            //= 24.380-6.2.4.2.2:granted
            self.transition(trigger, Basic::HasPermission(super::HasPermission::default()));
            self.start_talking(offer);
        } else if implicit_request {
            //= 24.380-6.2.4.2.2:4
            let request = self.floor_request(Press { priority: None, indicator: None });
            self.start(Timer::T101, now);
            let pending = PendingRequest { request, copies: 1, pre_emptive: false };
            self.transition(trigger, Basic::PendingRequest(pending));
        } else {
            // What the server has said so far was not meant for a participant of the call.
            //= 24.380-6.2.4.2.2:noimp
            //= 24.380-6.2.1:implicit
            self.discard_early(early);
            self.transition(trigger, Basic::HasNoPermission);
            // The offer may have been a request, but the server has not taken it as one.
            //= 24.380-6.2.4.2.2:fallback
            if let Some(press) = self.press {
                self.request(press, now);
            }
            return;
        }
        self.replay(early, now);
        // A request that was withdrawn before it was known to be one.
        if let_go {
            self.on_ptt_released(now);
        }
    }

    pub(super) fn on_session_terminating(&mut self, now: Instant) {
        let trigger = Trigger::SessionTerminating;
        let Basic::StartStop(Setup::Awaited { early, .. }) = &mut self.machine else {
            return self.discard(trigger.name());
        };
        //= 24.380-6.2.4.2.3
        let early = std::mem::take(early);
        self.transition(trigger, Basic::HasNoPermission);
        self.replay(early, now);
    }

    fn replay(&mut self, early: VecDeque<Early>, now: Instant) {
        //= 24.380-6.2.4.2.2:buf
        for something in early {
            match something {
                Early::Message(message) => self.handle_message(now, &message),
                Early::Media(ssrc) => {
                    self.handle_media(now, ssrc);
                }
            }
        }
    }

    /// Packets go silently, as everywhere.
    pub(super) fn discard_early(&mut self, early: impl IntoIterator<Item = Early>) {
        for something in early {
            if let Early::Message(message) = something {
                self.discard(message.name());
            }
        }
    }
}
