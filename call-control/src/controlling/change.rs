//! A participant asks for another priority of its call (TS 24.379 10.1.1.4.7, 10.1.1.4.8, 10.1.2.4.1.2, 6.3.3.1.18).

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId};
use mcptt_codec::sip::{HeaderName, Headers, Method, Request};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, IndicatorCombination, McpttInfo, extension_name};

use super::answer::Caller;
use super::group_document::{
    may_alert, may_call_emergency, may_call_imminent_peril, may_cancel_alert, may_cancel_emergency,
    may_cancel_imminent_peril, member_of,
};
use super::inform::Notice;
use super::prearranged::check_resource_priority;
use super::session::LegState;
use super::{Controlling, Pending};
use crate::bodies::info_part;
use crate::config::{Group, Member, User};
use crate::dialog::DialogId;
use crate::event::Tier;
use crate::policy::Refusal;
use crate::service;

/// The info package of corrections.
pub(crate) const INFO_PACKAGE: ByteStr = ByteStr::from_static("g.3gpp.mcptt-info");

/// What became of a request.
#[derive(Debug)]
pub(super) struct Changed {
    /// What the others have to be told.
    pub notice: Notice,
    /// What the requester has to be told after the answer, because it did not get all that it asked for.
    pub correction: Option<McpttInfo>,
    /// The request makes the call more urgent: it may be a floor request too.
    pub upgrade: bool,
}

/// Who asks, with the rules that apply.
struct Asker<'a> {
    mcptt_id: &'a McpttId,
    group: &'a Group,
    /// `None`: not a member, such as a dispatcher.
    member: Option<&'a Member>,
    user: Option<&'a User>,
}

impl Controlling {
    /// Checks what a participant asks for and does it. Nothing is changed when it is refused. `by`: the user, if it is not the
    /// participant itself.
    ///
    /// # Errors
    /// The first check that fails, in the order of the clause.
    pub(super) fn change_priority(
        &mut self,
        now: Instant,
        (call, at): (CallRef, LegRef),
        wish: &IndicatorCombination,
        by: Option<McpttId>,
        headers: &Headers,
    ) -> Result<Option<Changed>, Refusal> {
        let directory = Arc::clone(&self.directory);
        let Some(running) = self.calls.get(&call) else { return Ok(None) };
        let Some(leg) = running.legs.get(&at) else { return Ok(None) };
        let mcptt_id = by.map_or_else(|| leg.mcptt_id.clone(), |by| self.known_spelling(by));
        let document = self.document(&running.group);
        let group = document.get().ok_or(Refusal::GroupUnknown)?;
        let asker = Asker {
            mcptt_id: &mcptt_id,
            group,
            member: member_of(group, &mcptt_id).ok(),
            user: directory.user_at(&mcptt_id, &leg.client_id),
        };
        //= 24.379-10.1.2.4.1.2
        self.check_authorisation(&asker, wish)?;
        //= 24.379-10.1.1.4.7:5
        let wanted = match wish {
            IndicatorCombination::Emergency { .. } => Tier::Emergency,
            IndicatorCombination::ImminentPeril => Tier::ImminentPeril,
            _ => Tier::Normal,
        };
        check_resource_priority(
            headers,
            &directory.config.service,
            wanted.max(self.tier_of(&group.group_id)),
        )?;
        Ok(match wish {
            IndicatorCombination::None => None,
            IndicatorCombination::Emergency { alert } => Some(self.emergency_declared(now, &asker, *alert)),
            IndicatorCombination::ImminentPeril => Some(self.peril_declared(now, &asker)),
            IndicatorCombination::EmergencyCancel { alert, originated_by } => {
                Some(self.emergency_cancelled(now, &asker, *alert, originated_by.as_ref()))
            }
            IndicatorCombination::ImminentPerilCancel => {
                //= 24.379-10.1.1.4.8:cancel
                let over = self.end_peril(now, &group.group_id, &mcptt_id).then_some(false);
                let notice = Notice { emergency: over, imminent_peril: over, ..Notice::by(&mcptt_id) };
                Some(Changed { notice, correction: None, upgrade: false })
            }
        })
    }

    /// What an INVITE that opens or joins a call declares, its right to do so being checked.
    pub(super) fn declared(
        &mut self,
        now: Instant,
        caller: &Caller<'_>,
        (group, member, user): (&Group, &Member, Option<&User>),
    ) -> Option<Changed> {
        let asker = Asker { mcptt_id: &caller.mcptt_id, group, member: Some(member), user };
        match caller.info.indicator_combination() {
            Ok(IndicatorCombination::Emergency { alert }) => {
                Some(self.emergency_declared(now, &asker, alert))
            }
            Ok(IndicatorCombination::ImminentPeril) => Some(self.peril_declared(now, &asker)),
            _ => None,
        }
    }

    fn check_authorisation(&self, asker: &Asker<'_>, wish: &IndicatorCombination) -> Result<(), Refusal> {
        let (group, user) = (asker.group, asker.user);
        let may = |check: &dyn Fn(&Member) -> bool| asker.member.is_some_and(check);
        match wish {
            IndicatorCombination::Emergency { .. } if !may(&|own| may_call_emergency(group, own, user)) => {
                Err(Refusal::EmergencyNotAuthorised)
            }
            //= 24.379-10.1.1.4.7:4
            IndicatorCombination::ImminentPeril if !may(&|own| may_call_imminent_peril(group, own, user)) => {
                Err(Refusal::ImminentPerilNotAuthorised)
            }
            //= 24.379-10.1.1.4.7:7
            IndicatorCombination::EmergencyCancel { alert, originated_by }
                if !self.may_end_emergency(&group.group_id, asker.mcptt_id, user) =>
            {
                let whose = originated_by.as_ref().unwrap_or(asker.mcptt_id);
                let stands = self.alert_of(&group.group_id, whose).is_some();
                Err(match *alert && stands {
                    true => Refusal::EmergencyAndAlertCancelNotAuthorised,
                    false => Refusal::EmergencyCancelNotAuthorised,
                })
            }
            //= 24.379-10.1.1.4.8:conflict
            IndicatorCombination::ImminentPerilCancel if !may_cancel_imminent_peril(user) => {
                Err(Refusal::ImminentPerilCancelNotAuthorised)
            }
            _ => Ok(()),
        }
    }

    /// Whoever has declared the emergency may take it back, others need the right.
    pub(super) fn may_end_emergency(&self, group: &GroupId, asker: &McpttId, user: Option<&User>) -> bool {
        //= 24.379-6.3.3.1.13.4
        let own = self.states.get(group).is_some_and(|state| state.emergency.contains(asker));
        own || may_cancel_emergency(user)
    }

    fn emergency_declared(&mut self, now: Instant, asker: &Asker<'_>, alert: bool) -> Changed {
        let group = &asker.group.group_id;
        let authorised = alert && asker.member.is_some_and(|own| may_alert(asker.group, own, asker.user));
        //= 24.379-10.1.1.4.7:up
        let superseded = self.raise(now, group, asker.mcptt_id, Tier::Emergency);
        if authorised {
            self.store_alert(group, asker.mcptt_id, None);
        }
        //= 24.379-10.1.1.4.7:149
        let correction = (alert && !authorised)
            .then(|| McpttInfo { alert_ind: Some(Content::Normal(false)), ..McpttInfo::default() });
        let notice = Notice {
            emergency: Some(true),
            alert: Some(authorised),
            imminent_peril: superseded.then_some(false),
            ..Notice::by(asker.mcptt_id)
        };
        Changed { notice, correction, upgrade: true }
    }

    fn peril_declared(&mut self, now: Instant, asker: &Asker<'_>) -> Changed {
        let group = &asker.group.group_id;
        if self.tier_of(group) == Tier::Emergency {
            //= 24.379-10.1.1.4.8:emerg
            //= 24.379-6.3.3.1.18:imm
            let correction = McpttInfo {
                emergency_ind: Some(Content::Normal(true)),
                imminentperil_ind: Some(Content::Normal(false)),
                ..McpttInfo::default()
            };
            let notice = Notice::by(asker.mcptt_id);
            return Changed { notice, correction: Some(correction), upgrade: true };
        }
        //= 24.379-10.1.1.4.8:up
        self.raise(now, group, asker.mcptt_id, Tier::ImminentPeril);
        let notice = Notice { imminent_peril: Some(true), ..Notice::by(asker.mcptt_id) };
        Changed { notice, correction: None, upgrade: true }
    }

    fn emergency_cancelled(
        &mut self,
        now: Instant,
        asker: &Asker<'_>,
        alert: bool,
        originated_by: Option<&McpttId>,
    ) -> Changed {
        let group = &asker.group.group_id;
        let whose = originated_by.unwrap_or(asker.mcptt_id);
        let authorised = alert && may_cancel_alert(asker.user);
        if authorised {
            self.drop_alert(group, whose, asker.mcptt_id);
        }
        let over = self.end_emergency(now, group, whose, asker.mcptt_id);
        //= 24.379-6.3.3.1.13.3
        let correction = (alert && !authorised)
            .then(|| McpttInfo { alert_ind: Some(Content::Normal(true)), ..McpttInfo::default() });
        let notice = Notice {
            emergency: over.then_some(false),
            alert: authorised.then_some(false),
            originated_by: originated_by.cloned(),
            ..Notice::by(asker.mcptt_id)
        };
        Changed { notice, correction, upgrade: false }
    }

    /// Sends what was owed until the ACK: the correction of what the participant asked for, a Resource-Priority that its
    /// INVITE lacked.
    pub(super) fn acknowledged(&mut self, now: Instant, dialog: &DialogId) {
        if let Some(info) = self.corrections.remove(dialog) {
            //= 24.379-6.3.3.1.18
            let mut request = Request::new(Method::Info, ByteStr::EMPTY);
            request.headers.push(HeaderName::InfoPackage, INFO_PACKAGE);
            let part = info_part(&info).with(HeaderName::ContentDisposition, "Info-Package");
            request.set_parts(&[part]);
            // A participant that is gone needs no correction.
            let _ = self.agent.request_in_dialog(now, dialog, request);
        }
        self.tell_talker(now, dialog);
        if let Some((call, at)) = self.by_dialog.get(dialog).copied() {
            self.supply_resource_priority(now, call, at);
            self.tell_owed(now, call, at);
        }
    }

    /// Gives a leg the Resource-Priority of its call when its INVITE lacked it.
    fn supply_resource_priority(&mut self, now: Instant, call: CallRef, at: LegRef) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let tier = running.tier;
        let Some(leg) = running.legs.get_mut(&at) else { return };
        let lacked = std::mem::take(&mut leg.lacks_priority);
        let (LegState::Connected(dialog), true) = (&leg.state, lacked && tier != Tier::Normal) else {
            return;
        };
        //= 24.379-6.3.3.1.8
        let dialog = dialog.clone();
        let mut update = Request::new(Method::Update, ByteStr::EMPTY);
        update.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        self.push_resource_priority(&mut update, tier);
        if let Ok(transaction) = self.agent.request_in_dialog(now, &dialog, update) {
            self.pending.insert(transaction, Pending::Refresh(call, at));
        }
    }

    /// Adds the required members that have not acknowledged, for an originator that may know them.
    pub(super) fn with_absentees(
        &self,
        call: CallRef,
        missing: bool,
        correction: Option<McpttInfo>,
    ) -> Option<McpttInfo> {
        if !missing {
            return correction;
        }
        let running = self.calls.get(&call)?;
        let client = running.legs.get(&running.originator).map(|leg| leg.client_id.clone());
        let user = self.directory.user_at(&running.initiator, &client.unwrap_or_default());
        let document = self.document(&running.group);
        let (Some(group), true) = (document.get(), user.is_some_and(|user| user.non_acknowledged_users))
        else {
            return correction;
        };
        //= 24.379-6.3.3.3:nonack
        let mut info = correction.unwrap_or_default();
        let present = |member: &Member| {
            let mut own = running.legs.values().filter(|leg| leg.mcptt_id == member.mcptt_id);
            own.any(|leg| leg.dialog().is_some() || leg.mcptt_id == running.initiator)
        };
        for member in group.members.iter().filter(|member| member.required && !present(member)) {
            info.any_ext.push_text(extension_name::NON_ACKNOWLEDGED_USER, member.mcptt_id.0.clone());
        }
        Some(info)
    }

    /// The clients that a change comes from are not told about it.
    pub(super) fn inform_others(
        &mut self,
        now: Instant,
        group: &GroupId,
        notice: &Notice,
        client: &ClientId,
    ) {
        let by = notice.by.clone();
        self.inform(now, group, notice, Some((&by, client)));
    }
}
