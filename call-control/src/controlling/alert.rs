//! Emergency alerts and the end of an emergency or imminent peril without a call (TS 24.379 12.1.3, 10.1.6, 6.3.3.1.12,
//! 6.3.3.1.20).

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sip::{Part, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, extension_name};
use mcptt_codec::xml::mime;

use super::group_document::{may_alert, may_cancel_alert, may_cancel_imminent_peril, member_of};
use super::inform::Notice;
use super::{Controlling, Incoming};
use crate::bodies::{Bodies, InfoValues, clear};
use crate::event::{Event, Tier};
use crate::policy::Refusal;

/// An alert that stands.
#[derive(Clone, Debug)]
pub(super) struct Alert {
    /// The organisation of its user.
    pub organisation: Option<ByteStr>,
    /// Where its user was.
    pub location: Option<Part>,
}

/// Who sends a MESSAGE to a group.
pub(super) struct Sender<'a> {
    pub mcptt_id: McpttId,
    pub client_id: ClientId,
    pub group_id: &'a str,
    pub bodies: &'a Bodies,
    pub info: &'a McpttInfo,
}

impl Controlling {
    /// The alert of a user that stands in a group.
    pub(super) fn alert_of(&self, group: &GroupId, user: &McpttId) -> Option<&Alert> {
        self.states.get(group)?.alerts.get(user)
    }

    /// Keeps an alert until it is cancelled.
    pub(super) fn store_alert(&mut self, group: &GroupId, user: &McpttId, location: Option<Part>) {
        //= 24.379-12.1.3.1:4biii
        //= 24.379-6.3.3.1.12:2
        let organisation = self.directory.user(user.as_str()).and_then(|user| user.organisation.clone());
        let alerts = &mut self.states.entry(group.clone()).or_default().alerts;
        alerts.insert(user.clone(), Alert { organisation, location });
        self.touched.groups.insert(group.clone());
        let (group, mcptt_id, by) = (group.clone(), user.clone(), user.clone());
        self.event(Event::EmergencyAlert { group, mcptt_id, stands: true, by });
    }

    /// Forgets the alert of `whose`. False if there was none.
    pub(super) fn drop_alert(&mut self, group: &GroupId, whose: &McpttId, by: &McpttId) -> bool {
        let known = self.states.get_mut(group).and_then(|state| state.alerts.remove(whose)).is_some();
        self.forget_if_calm(group);
        self.touched.groups.insert(group.clone());
        if known {
            let (group, mcptt_id, by) = (group.clone(), whose.clone(), by.clone());
            self.event(Event::EmergencyAlert { group, mcptt_id, stands: false, by });
        }
        known
    }

    /// An emergency alert. It starts no call and no emergency.
    pub(super) fn alert(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        sender: &Sender<'_>,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let group = directory.group(sender.group_id).ok_or(Refusal::GroupUnknown)?;
        let member = member_of(group, &sender.mcptt_id)?;
        //= 24.379-12.1.3.1:168
        if group.preconfigured_use_only {
            return Err(Refusal::AlertOnPreconfiguredGroup);
        }
        //= 24.379-12.1.3.1:4a
        if !may_alert(group, member, directory.user_at(&sender.mcptt_id, &sender.client_id)) {
            return Err(Refusal::AlertNotAuthorised);
        }
        //= 24.379-12.1.3.1:4bi
        self.affiliate_for(now, &group.group_id, &sender.mcptt_id, &sender.client_id)?;
        //= 24.379-6.3.3.1.12:loc
        let location = sender.bodies.part(mime::LOCATION_INFO).cloned();
        self.store_alert(&group.group_id, &sender.mcptt_id, location);
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        //= 24.379-12.1.3.1:nocall
        //= 24.379-12.1.3.1:fan
        let others: Vec<(McpttId, ClientId)> = self
            .affiliations
            .of_group(&group.group_id)
            .filter(|(user, client)| (*user, *client) != (&sender.mcptt_id, &sender.client_id))
            .map(|(user, client)| (user.clone(), client.clone()))
            .collect();
        for (user, client) in others {
            self.send_alert(now, &group.group_id, &sender.mcptt_id, (&user, &client));
        }
        //= 24.379-12.1.3.1:20
        let receipt = McpttInfo { alert_ind_rcvd: Some(Content::Normal(true)), ..McpttInfo::default() };
        self.send_receipt(now, &group.group_id, sender, receipt);
        Ok(())
    }

    /// Tells one client of an alert that stands.
    fn send_alert(
        &mut self,
        now: Instant,
        group: &GroupId,
        whose: &McpttId,
        (user, client): (&McpttId, &ClientId),
    ) {
        let Some(alert) = self.alert_of(group, whose).cloned() else { return };
        let notice = Notice { alert: Some(true), ..Notice::by(whose) };
        let info = McpttInfo { mc_org: alert.organisation, ..notice.info(group) };
        let further = alert.location.into_iter().collect();
        // An alert is urgent also in a group that is in no emergency.
        self.tell_in_turn(now, (user, client), info, further, Tier::Emergency);
    }

    /// A client that has become affiliated is told of the alerts that stand.
    pub(super) fn tell_alerts(&mut self, now: Instant, group: &GroupId, user: &McpttId, client: &ClientId) {
        //= 24.379-12.1.3.4
        //= 24.379-9.2.2.3.3:14
        let standing = self.states.get(group).into_iter().flat_map(|state| state.alerts.keys());
        let others: Vec<McpttId> = standing.filter(|whose| *whose != user).cloned().collect();
        for whose in others {
            self.send_alert(now, group, &whose, (user, client));
        }
    }

    /// The sender is told that its request has been received.
    fn send_receipt(&mut self, now: Instant, group: &GroupId, sender: &Sender<'_>, receipt: McpttInfo) {
        //= 24.379-6.3.3.1.20
        let info = McpttInfo { calling_group_id: Some(Content::Normal(group.clone())), ..receipt };
        let to = (&sender.mcptt_id, &sender.client_id);
        self.message_member(now, to, info, Vec::new(), self.tier_of(group));
    }

    /// The end of an alert, of an emergency, or of both.
    pub(super) fn cancellation(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        sender: &Sender<'_>,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let info = sender.info;
        let alert = clear(info.alert_ind.as_ref())?.is_some();
        let emergency = clear(info.emergency_ind.as_ref())?.is_some();
        let originated_by =
            clear(info.originated_by.as_ref())?.map(|whose| self.known_spelling(whose.clone()));
        //= 24.379-12.1.3.2:open
        let group = directory.group(sender.group_id).ok_or(Refusal::GroupUnknown)?.group_id.clone();
        let user = directory.user_at(&sender.mcptt_id, &sender.client_id);
        let may_alert = alert && may_cancel_alert(user);
        let may_emergency = emergency && self.may_end_emergency(&group, &sender.mcptt_id, user);
        match (may_alert, may_emergency) {
            //= 24.379-12.1.3.2:1a
            (false, false) if alert && emergency => {
                return Err(Refusal::EmergencyAndAlertCancelNotAuthorised);
            }
            (false, false) if alert => return Err(Refusal::AlertCancelNotAuthorised),
            //= 24.379-12.1.3.3:1a
            (false, false) => return Err(Refusal::EmergencyCancelNotAuthorised),
            _ => {}
        }
        let whose = originated_by.clone().unwrap_or_else(|| sender.mcptt_id.clone());
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        if may_alert {
            self.drop_alert(&group, &whose, &sender.mcptt_id);
        }
        //= 24.379-12.1.3.3
        //= 24.379-12.1.3.2:1b
        //= 24.379-12.1.3.2:2d
        let over = may_emergency && self.end_emergency(now, &group, &whose, &sender.mcptt_id);
        //= 24.379-12.1.3.2:2c
        let notice = Notice {
            emergency: over.then_some(false),
            alert: may_alert.then_some(false),
            originated_by,
            ..Notice::by(&sender.mcptt_id)
        };
        self.inform_others(now, &group, &notice, &sender.client_id);
        let mut receipt =
            McpttInfo { alert_ind_rcvd: may_alert.then_some(Content::Normal(true)), ..McpttInfo::default() };
        if may_emergency {
            receipt.any_ext.push_flag(extension_name::EMERGENCY_IND_RCVD, true);
        }
        self.send_receipt(now, &group, sender, receipt);
        Ok(())
    }

    /// The end of imminent peril without a call.
    pub(super) fn peril_cancellation(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        sender: &Sender<'_>,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        //= 24.379-10.1.6
        let group = directory.group(sender.group_id).ok_or(Refusal::GroupUnknown)?.group_id.clone();
        if !may_cancel_imminent_peril(directory.user_at(&sender.mcptt_id, &sender.client_id)) {
            return Err(Refusal::ImminentPerilCancelNotAuthorised);
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        let over = self.end_peril(now, &group, &sender.mcptt_id).then_some(false);
        let notice = Notice { emergency: over, imminent_peril: over, ..Notice::by(&sender.mcptt_id) };
        self.inform_others(now, &group, &notice, &sender.client_id);
        Ok(())
    }
}

impl<'a> Sender<'a> {
    /// Reads who sends and to which group.
    pub fn read(bodies: &'a Bodies, caller: McpttId) -> Result<Self, Refusal> {
        let info = bodies.info.as_ref().ok_or(Refusal::NotMcpttMessage)?;
        let group_id = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let client_id = info.client()?.unwrap_or_default();
        Ok(Self { mcptt_id: caller, client_id, group_id, bodies, info })
    }
}
