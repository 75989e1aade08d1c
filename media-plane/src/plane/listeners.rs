//! Listeners come to calls and go, unnoticed by the participants.

use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef};

use super::MediaPlane;
use crate::event::Event;
use crate::leg::Leg;
use crate::output::Output;
use crate::routes;
use crate::signalling::{Participant, Refusal};

/// Listeners of one call.
const LISTENERS_PER_CALL: usize = 16;

impl MediaPlane {
    pub(super) fn listener_connected(
        &mut self,
        now: Instant,
        call: CallRef,
        leg: LegRef,
        listener: &Participant,
    ) -> Result<(), Refusal> {
        let at = self.calls.get(call).ok_or(Refusal::UnknownCall)?;
        if at.has_leg(leg) || at.listeners().iter().any(|other| other.reference == leg) {
            return Err(Refusal::ReferenceInUse);
        }
        if at.listeners().len() >= LISTENERS_PER_CALL {
            return Err(Refusal::TooManyLegs);
        }
        let bound = Leg::new(leg, listener, &self.config.limits).map_err(Refusal::Protection)?;
        routes::bind(&mut self.routes, call, &bound, now, &self.config, &mut self.outputs)?;
        self.outputs.push_back(Output::Event(Event::LegBound {
            call,
            leg,
            audio: bound.addresses.audio,
            floor: bound.addresses.floor,
            audio_protected: listener.protection.is_some(),
            floor_protected: listener.floor_protection.is_some(),
        }));
        //= 22.179-discreet:unnoticed
        self.with_call(now, call, |call, cx| call.add_listener(bound, cx));
        Ok(())
    }

    pub(super) fn listener_left(&mut self, call: CallRef, leg: LegRef) {
        if let Some(left) = self.calls.get_mut(call).and_then(|call| call.remove_listener(leg)) {
            self.unbind(call, &left);
        }
    }
}
