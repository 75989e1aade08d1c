//! A participant comes to a call that is running (TS 24.379 10.1.1.4.2 15, 10.1.1.4.5.1).

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef};
use mcptt_codec::sip::{HeaderName, Response, StatusCode};

use super::answer::{Caller, offered};
use super::group_document::member_of;
use super::member_info::tier_info;
use super::prearranged::wants_privacy;
use super::{Controlling, Incoming};
use crate::bodies::{description_part, info_part};
use crate::config::Member;
use crate::event::{CallState, Event, LeaveCause, Tier};
use crate::offer_answer::formats;
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
        let affiliated = self.counts_as_affiliated(&group, &caller.mcptt_id, &caller.client_id);
        if !affiliated && tier == Tier::Normal {
            return Err(Refusal::NotAffiliated);
        }
        //= 24.379-10.1.1.4.2:15d
        if self.is_full(call, caller) {
            return Err(Refusal::SessionFull);
        }
        //= 24.379-10.1.1.4.2:15j
        self.admit_to(now, incoming, caller, call, Some(123))
    }

    /// A participant comes back by the session identity.
    pub(super) fn rejoin(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
    ) -> Result<(), Refusal> {
        let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
        //= 24.379-10.1.1.4.5.1:6
        let document = self.document(&group);
        let document = document.get().ok_or(Refusal::RejoinUnknown)?;
        let member = member_of(document, &caller.mcptt_id).ok().filter(|member| member.may_join);
        if member.is_none() {
            return Err(Refusal::RejoinNotAuthorised);
        }
        //= 24.379-10.1.1.4.5.1:8
        if !self.counts_as_affiliated(&group, &caller.mcptt_id, &caller.client_id) {
            return Err(Refusal::RejoinNotAffiliated);
        }
        //= 24.379-10.1.1.4.5.1:10
        if self.is_full(call, caller) {
            return Err(Refusal::RejoinFull);
        }
        self.admit_to(now, incoming, caller, call, None)
    }

    /// Whether one more participant is too many. A client that takes its own old place is not one more.
    pub(super) fn is_full(&self, call: CallRef, caller: &Caller<'_>) -> bool {
        let Some(running) = self.calls.get(&call) else { return true };
        if running.leg_of(&caller.mcptt_id, &caller.client_id).is_some() {
            return false;
        }
        let document = self.document(&running.group);
        let group_limit = document.get().and_then(|group| group.max_participants);
        let limit = group_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        running.connected() >= limit || running.legs.len() >= self.directory.config.limits.legs_per_call
    }

    /// Lets a participant in that may come in. Without affiliation it becomes affiliated.
    pub(super) fn admit_to(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
        warning: Option<u16>,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let Some(running) = self.calls.get(&call) else { return Err(Refusal::RejoinUnknown) };
        let document = self.document(&running.group);
        let group = document.get().ok_or(Refusal::GroupUnknown)?;
        let member = member_of(group, &caller.mcptt_id)?;
        let user = directory.user_at(&caller.mcptt_id, &caller.client_id);
        let offered = match (offered(caller.bodies, &self.directory.config)?, running.floor_control) {
            (offered, false) => offered.without_floor_control(),
            // Who cannot ask for the floor has no place where it is given.
            (offered, true) if offered.remote.floor.is_none() => return Err(Refusal::NoAcceptableAudio),
            (offered, true) => offered,
        };
        // A device that can not hear the others, not even transcoded, has no place in the call.
        let transcodes = self.distribution_mode(group).transcodes();
        let format = offered.remote.usable_format(&running.format, transcodes);
        let format = format.ok_or(Refusal::NoAcceptableAudio)?.clone();
        let session_id = running.session_id;
        let old = running.leg_of(&caller.mcptt_id, &caller.client_id);
        let protection = self.protection(&offered.remote, group, user)?;
        self.affiliate_for(now, &group.group_id, &caller.mcptt_id, &caller.client_id)?;
        if let Some(old) = old {
            // The client has lost its dialog, or our INVITE crosses its own: one place per client.
            self.replace(now, call, old);
        }
        //= 24.379-6.4:new
        let fmtp = self.answer_parameters(&offered.remote.parameters, group, member, false);
        let (mut leg, _) = self.answering_leg(
            caller,
            &offered,
            (group, member, user),
            &fmtp,
            session_id,
            protection.as_ref(),
        )?;
        leg.voice.encoding = formats::coded(&format);
        leg.floor.privacy = wants_privacy(&incoming.request.headers);
        leg.lacks_priority = !incoming.request.headers.contains(&HeaderName::ResourcePriority);
        //= 24.379-10.1.1.4.2:15g
        let changed = self.declared(now, caller, (group, member, user));
        let mut parts = vec![description_part(&leg.description)];
        //= 24.379-6.3.3.2.3.2:info
        let told = tier_info(self.tier_of(&group.group_id));
        parts.extend(told.map(|info| info_part(&self.in_form_of(&group.group_id, info))));
        let mut answer = Response::new(StatusCode::OK);
        answer.set_parts(&parts);
        let supports_timer = incoming.request.headers.lists(&HeaderName::Supported, "timer");
        self.complete_success(call, &mut answer, &caller.interval, supports_timer);
        if let Some(code) = warning {
            answer.headers.push(HeaderName::Warning, self.identity.warning(code));
        }
        let (notice, correction) = match changed {
            Some(changed) => (Some(changed.notice), changed.correction),
            None => (None, None),
        };
        if correction.is_some() {
            answer.headers.push(HeaderName::Warning, self.identity.warning(149));
        }
        //= 24.379-6.2.8.2:noupgrade
        let at = self.new_leg();
        if let Some(running) = self.calls.get_mut(&call) {
            running.legs.insert(at, leg);
        }
        match self.agent.respond(now, incoming.transaction, answer) {
            //= 24.379-10.1.1.4.2:15r
            Some(dialog) => {
                if let Some(correction) = correction {
                    self.corrections.insert(dialog.clone(), correction);
                }
                self.connect(call, at, dialog, format.payload_type, protection);
            }
            None => self.drop_leg(now, call, at, LeaveCause::SignallingLost, false),
        }
        if let Some(notice) = notice {
            self.inform_others(now, &group.group_id, &notice, &caller.client_id);
        }
        self.evaluate(now, call);
        Ok(())
    }

    fn replace(&mut self, now: Instant, call: CallRef, old: LegRef) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.originator == old {
            // The place of the originator can not be waited for any more; the call goes on with the others.
            let group = running.group.clone();
            let from = std::mem::replace(&mut running.state, CallState::Established);
            if from != CallState::Established {
                self.event(Event::CallStateChanged {
                    call,
                    group: Some(group),
                    from,
                    to: CallState::Established,
                });
            }
        }
        self.drop_leg(now, call, old, LeaveCause::SignallingLost, true);
    }
}
