//! A participant comes to a call that is running (TS 24.379 10.1.1.4.2 15, 10.1.1.4.5.1).

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef};
use mcptt_codec::sip::{HeaderName, Response, StatusCode};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo};

use super::answer::{Caller, offered};
use super::group_document::member_of;
use super::prearranged::wants_privacy;
use super::{Controlling, Incoming};
use crate::bodies::{description_part, info_part};
use crate::config::Member;
use crate::event::{CallState, Event, LeaveCause, Tier};
use crate::policy::Refusal;

impl Controlling {
    /// The call is running: one more participant, no new invitations.
    pub(super) fn join(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
        member: &Member,
        tier: Tier,
    ) -> Result<(), Refusal> {
        //= 24.379-6.3.5.4
        if !member.may_join {
            return Err(Refusal::NotAuthorisedToJoin);
        }
        let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
        //= 24.379-10.1.1.4.2:15a
        let affiliated = self.affiliations.is_affiliated(&group, &caller.mcptt_id, &caller.client_id);
        if !affiliated && tier == Tier::Normal {
            return Err(Refusal::NotAffiliated);
        }
        //= 24.379-10.1.1.4.2:15d
        if self.is_full(call, caller) {
            return Err(Refusal::SessionFull);
        }
        //= 24.379-10.1.1.4.2:15j
        self.admit_to(now, incoming, caller, call, Some(123), !affiliated)
    }

    /// A participant comes back by the session identity.
    pub(super) fn rejoin(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
        //= 24.379-10.1.1.4.5.1:6
        let document = directory.group(group.as_str()).ok_or(Refusal::RejoinUnknown)?;
        let member = member_of(document, &caller.mcptt_id).ok().filter(|member| member.may_join);
        if member.is_none() {
            return Err(Refusal::RejoinNotAuthorised);
        }
        //= 24.379-10.1.1.4.5.1:8
        if !self.affiliations.is_affiliated(&group, &caller.mcptt_id, &caller.client_id) {
            return Err(Refusal::RejoinNotAffiliated);
        }
        //= 24.379-10.1.1.4.5.1:10
        if self.is_full(call, caller) {
            return Err(Refusal::RejoinFull);
        }
        self.admit_to(now, incoming, caller, call, None, false)
    }

    /// Whether one more participant is too many. A client that takes its own old place is not one more.
    fn is_full(&self, call: CallRef, caller: &Caller<'_>) -> bool {
        let Some(running) = self.calls.get(&call) else { return true };
        if running.leg_of(&caller.mcptt_id, &caller.client_id).is_some() {
            return false;
        }
        let group = self.directory.group(running.group.as_str());
        let group_limit = group.and_then(|group| group.max_participants);
        let limit = group_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        running.connected() >= limit || running.legs.len() >= self.directory.config.limits.legs_per_call
    }

    fn admit_to(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
        warning: Option<u16>,
        affiliate: bool,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let Some(running) = self.calls.get(&call) else { return Err(Refusal::RejoinUnknown) };
        let group = directory.group(running.group.as_str()).ok_or(Refusal::GroupUnknown)?;
        let member = member_of(group, &caller.mcptt_id)?;
        let user = directory.user(caller.mcptt_id.as_str());
        let offered = offered(caller.bodies, &self.directory.config)?;
        // Nothing is transcoded: a device that can not hear the others has no place in the call.
        let payload_type =
            offered.remote.payload_type_of(&running.format).ok_or(Refusal::NoAcceptableAudio)?;
        let (session_id, tier) = (running.session_id, running.tier);
        let old = running.leg_of(&caller.mcptt_id, &caller.client_id);
        let protection = self.protection(&offered.remote, group, user)?;
        if let Some(old) = old {
            // The client has lost its dialog, or our INVITE crosses its own: one place per client.
            self.replace(now, call, old);
        }
        //= 24.379-6.4:new
        let fmtp = self.answer_parameters(&offered.remote.parameters, group, member, false);
        let (mut leg, _) = self.answering_leg(
            now,
            caller,
            &offered,
            (group, member, user),
            &fmtp,
            session_id,
            protection.as_ref(),
        )?;
        leg.floor.privacy = wants_privacy(&incoming.request.headers);
        if affiliate {
            self.affiliate(now, &group.group_id, &caller.mcptt_id, &caller.client_id);
        }
        let mut parts = vec![description_part(&leg.description)];
        parts.extend(self.tier_for_joiner(caller.info, tier).map(|info| info_part(&info)));
        let mut answer = Response::new(StatusCode::OK);
        answer.set_parts(&parts);
        let supports_timer = incoming.request.headers.lists(&HeaderName::Supported, "timer");
        self.complete_success(call, &mut answer, &caller.timer, supports_timer);
        if let Some(code) = warning {
            answer.headers.push(HeaderName::Warning, self.identity.warning(code));
        }
        //= 24.379-6.2.8.2:noupgrade
        let at = self.new_leg();
        if let Some(running) = self.calls.get_mut(&call) {
            running.legs.insert(at, leg);
        }
        match self.agent.respond(now, incoming.transaction, answer) {
            //= 24.379-10.1.1.4.2:15r
            Some(dialog) => self.connect(call, at, dialog, payload_type, protection),
            None => self.drop_leg(now, call, at, LeaveCause::SignallingLost, false),
        }
        self.evaluate(now, call);
        Ok(())
    }

    /// What a joiner has to know about the tier: the one of the call, and that its own wish did not change it.
    fn tier_for_joiner(&self, wish: &McpttInfo, tier: Tier) -> Option<McpttInfo> {
        //= 24.379-6.3.3.2.3.2:info
        let wished = wish.emergency_ind.is_some() || wish.imminentperil_ind.is_some();
        match tier {
            Tier::Emergency => {
                Some(McpttInfo { emergency_ind: Some(Content::Normal(true)), ..McpttInfo::default() })
            }
            Tier::ImminentPeril => {
                Some(McpttInfo { imminentperil_ind: Some(Content::Normal(true)), ..McpttInfo::default() })
            }
            Tier::Normal if wished && wish.emergency_ind.is_some() => {
                Some(McpttInfo::emergency_not_authorised())
            }
            Tier::Normal if wished => {
                Some(McpttInfo { imminentperil_ind: Some(Content::Normal(false)), ..McpttInfo::default() })
            }
            Tier::Normal => None,
        }
    }

    fn replace(&mut self, now: Instant, call: CallRef, old: LegRef) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.originator == old {
            // The place of the originator can not be waited for any more; the call goes on with the others.
            let group = running.group.clone();
            let from = std::mem::replace(&mut running.state, CallState::Established);
            if from != CallState::Established {
                self.event(Event::CallStateChanged { call, group, from, to: CallState::Established });
            }
        }
        self.drop_leg(now, call, old, LeaveCause::SignallingLost, true);
    }
}
