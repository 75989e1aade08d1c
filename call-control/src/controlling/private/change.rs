//! A private call becomes an emergency, and stops being one (TS 24.379 11.1.1.4.3 to 11.1.1.4.6).
//!
//! What one user asks for is told the other one, and answered when that one has.

use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, IndicatorCombination, McpttInfo};

use super::super::priority::floor_indicator;
use super::super::session::LegState;
use super::super::{Controlling, Incoming, Pending};
use crate::bodies::{Bodies, description_part, info_part};
use crate::event::{CallState, Event, Tier};
use crate::media::MediaCommand;
use crate::offer_answer::RemoteMedia;
use crate::policy::{PrivateRefusal, Refusal};
use crate::service;
use crate::transaction::ServerTransactionId;

/// A change that the other user has been told.
#[derive(Debug)]
pub(in crate::controlling) struct Change {
    /// The request that asks for it.
    transaction: ServerTransactionId,
    from: LegRef,
    by: McpttId,
    tier: Tier,
    /// What our answer to it says of the session interval.
    interval: String,
    supports_timer: bool,
}

impl Controlling {
    /// A re-INVITE or UPDATE of a user in a private call.
    pub(in crate::controlling) fn private_changed(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        call: CallRef,
        at: LegRef,
    ) -> Result<(), Refusal> {
        let request = incoming.request;
        let bodies = Bodies::read(&request.headers, &request.body)?;
        let Some(info) = &bodies.info else { return self.refreshed(now, incoming, call, at) };
        //= 24.379-11.1.1.4:imm
        if info.imminentperil_ind.is_some() {
            return Err(PrivateRefusal::ImminentPerilInPrivateCall.into());
        }
        let combination = info.indicator_combination()?;
        if combination == IndicatorCombination::None {
            return self.refreshed(now, incoming, call, at);
        }
        let policy = &self.directory.config.policy;
        let interval = service::interval(now, &request.headers, policy, Refresher::Uac)?;
        let description = bodies.description()?;
        let Some(running) = self.calls.get(&call) else { return Ok(()) };
        let Some(private) = running.private.as_deref() else { return Ok(()) };
        let Some(leg) = running.legs.get(&at) else { return Ok(()) };
        if let Some(offered) = &description {
            let addresses = RemoteMedia::read(offered).map(|remote| (remote.audio, remote.floor_or_off()));
            if addresses.is_none() || addresses != leg.remote {
                return Err(Refusal::NoAcceptableAudio);
            }
        }
        let other = running.legs.iter().find(|(other, _)| **other != at);
        let Some((other, peer)) = other.map(|(other, leg)| (*other, leg)) else {
            return Err(Refusal::PriorityChangeNotServed);
        };
        let by = leg.mcptt_id.clone();
        let user = self.directory.user_at(&by, &leg.client_id);
        let (tier, alert) = match combination {
            //= 24.379-11.1.1.4.3
            IndicatorCombination::Emergency { alert } => {
                let allowed =
                    user.is_some_and(|user| user.private_calls.may_call_in_emergency(&peer.mcptt_id));
                if !allowed {
                    return Err(PrivateRefusal::PrivateEmergencyNotAuthorised.into());
                }
                (Tier::Emergency, alert && user.is_some_and(|user| user.emergency_alert))
            }
            //= 24.379-11.1.1.4.5
            _ => {
                let own = private.emergency_by.as_ref() == Some(&by);
                if !own && !user.is_some_and(|user| user.private_calls.cancel_emergency) {
                    return Err(PrivateRefusal::PrivateEmergencyCancelNotAuthorised.into());
                }
                (Tier::Normal, false)
            }
        };
        let busy = running.state != CallState::Established || private.change.is_some();
        let told = (!busy).then(|| self.tell_change(now, call, other, Some(&by), tier, alert)).flatten();
        let Some(transaction) = told else {
            self.agent.respond(now, incoming.transaction, Response::new(StatusCode::REQUEST_PENDING));
            return Ok(());
        };
        self.pending.insert(transaction, Pending::Change(call));
        let supports_timer = request.headers.lists(&HeaderName::Supported, "timer");
        let change =
            Change { transaction: incoming.transaction, from: at, by, tier, interval, supports_timer };
        if let Some(private) = self.calls.get_mut(&call).and_then(|running| running.private.as_mut()) {
            private.change = Some(change);
        }
        Ok(())
    }

    /// Sends a re-INVITE that says how urgent the call is from now on.
    fn tell_change(
        &mut self,
        now: Instant,
        call: CallRef,
        to: LegRef,
        by: Option<&McpttId>,
        tier: Tier,
        alert: bool,
    ) -> Option<crate::transaction::ClientTransactionId> {
        let running = self.calls.get(&call)?;
        let leg = running.legs.get(&to)?;
        let LegState::Connected(dialog) = &leg.state else { return None };
        let dialog = dialog.clone();
        let emergency = tier == Tier::Emergency;
        let info = McpttInfo {
            calling_user_id: by.cloned().map(Content::Normal),
            emergency_ind: Some(Content::Normal(emergency)),
            alert_ind: emergency.then_some(Content::Normal(alert)),
            ..McpttInfo::default()
        };
        let mut invite = Request::new(Method::Invite, ByteStr::EMPTY);
        self.push_any_resource_priority(&mut invite, tier);
        invite.set_parts(&[description_part(&leg.description), info_part(&info)]);
        self.agent.request_in_dialog(now, &dialog, invite).ok()
    }

    /// The other user has answered: so is the one that asked.
    pub(in crate::controlling) fn change_answered(
        &mut self,
        now: Instant,
        call: CallRef,
        response: &Response,
    ) {
        let private = self.calls.get_mut(&call).and_then(|running| running.private.as_mut());
        let Some(change) = private.and_then(|private| private.change.take()) else { return };
        if !response.status.is_success() {
            self.agent.respond(now, change.transaction, Response::new(response.status));
            return;
        }
        let mut answer = Response::new(StatusCode::OK);
        self.complete_success(call, &mut answer, &change.interval, change.supports_timer);
        let leg = self.calls.get(&call).and_then(|running| running.legs.get(&change.from));
        if let Some(leg) = leg {
            answer.set_parts(&[description_part(&leg.description)]);
        }
        self.agent.respond(now, change.transaction, answer);
        self.urgency_changed(now, call, change.tier, Some(change.by));
    }

    fn urgency_changed(&mut self, now: Instant, call: CallRef, to: Tier, by: Option<McpttId>) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let from = std::mem::replace(&mut running.tier, to);
        if let Some(private) = running.private.as_mut() {
            private.emergency_by = by.clone().filter(|_| to == Tier::Emergency);
        }
        self.supervise_emergency(now, call);
        if from != to {
            self.media(MediaCommand::TierChanged { call, indicator: floor_indicator(to, false, false) });
            self.event(Event::TierChanged { call, group: None, from, to, mcptt_id: by });
        }
    }

    /// The emergency has lasted long enough: both users are told.
    pub(in crate::controlling) fn emergency_over(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get(&call) else { return };
        let legs: Vec<LegRef> = running.legs.keys().copied().collect();
        for at in legs {
            if let Some(transaction) = self.tell_change(now, call, at, None, Tier::Normal, false) {
                self.pending.insert(transaction, Pending::Refresh(call, at));
            }
        }
        self.urgency_changed(now, call, Tier::Normal, None);
    }

    /// The call ends while a change waits for its answer.
    pub(in crate::controlling) fn abandon_change(&mut self, now: Instant, call: CallRef) {
        self.deadlines.set(super::super::Deadline::PrivateEmergency(call), None);
        let private = self.calls.get_mut(&call).and_then(|running| running.private.as_mut());
        if let Some(change) = private.and_then(|private| private.change.take()) {
            self.agent.respond(now, change.transaction, Response::new(StatusCode::REQUEST_TERMINATED));
        }
    }
}
