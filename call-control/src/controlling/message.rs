//! MESSAGE requests to this function, told apart by what they hold (TS 24.379 6.3.1).

use std::time::Instant;

use mcptt_codec::xml::mcptt_info::extension_name;

use super::alert::Sender;
use super::{Controlling, Incoming};
use crate::adhoc;
use crate::bodies::{Bodies, InfoValues, clear};
use crate::discreet::Step;
use crate::policy::Refusal;
use crate::service;

impl Controlling {
    pub(super) fn message(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        self.admit_source(incoming)?;
        let headers = &incoming.request.headers;
        //= 24.379-6.3.1:message
        //= 24.379-12.1.3.1:2
        if !service::asks_for_mcptt(headers) {
            return Err(Refusal::NotMcpttMessage);
        }
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::NotMcpttMessage)?;
        let caller = self.known_spelling(info.caller()?.ok_or(Refusal::BodyUnreadable)?);
        if let Some(raises) = adhoc::flag(info, extension_name::ADHOC_ALERT_IND) {
            return self.adhoc_alert(now, incoming, (&caller, &bodies), raises);
        }
        if let Some(step) = Step::of(info) {
            return self.discreet_message(now, incoming, &caller, info, step);
        }
        if let Some(regroup) = bodies.regroup()? {
            return self.regroup(now, incoming, (&caller, info), regroup);
        }
        let sender = Sender::read(&bodies, caller)?;
        let alert = clear(info.alert_ind.as_ref())?.copied();
        let emergency = clear(info.emergency_ind.as_ref())?.copied();
        let peril = clear(info.imminentperil_ind.as_ref())?.copied();
        match (alert, emergency, peril) {
            (Some(true), None, None) => self.alert(now, incoming, &sender),
            (Some(false), None | Some(false), None) | (None, Some(false), None) => {
                self.cancellation(now, incoming, &sender)
            }
            (None, None, Some(false)) => self.peril_cancellation(now, incoming, &sender),
            (None, None, None) => Err(Refusal::NotMcpttMessage),
            _ => Err(Refusal::InvalidCombination),
        }
    }
}
