//! Ad hoc emergency alerts (TS 24.379 12.1A): an alert to users that are named or found by criteria, not to a group.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sip::{Part, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, extension_name};
use mcptt_codec::xml::mime;

use super::super::{Controlling, Incoming};
use crate::adhoc;
use crate::bodies::{Bodies, InfoValues};
use crate::directory::Canonical;
use crate::event::{Event, Tier};
use crate::policy::{AdhocRefusal, Refusal};
use crate::private_call::is_same_user;
use crate::service;

/// The ad hoc alerts that stand, by the identity of their group.
#[derive(Debug, Default)]
pub(in crate::controlling) struct AdhocAlerts(BTreeMap<GroupId, AdhocAlert>);

#[derive(Clone, Debug)]
struct AdhocAlert {
    whose: McpttId,
    participants: BTreeSet<McpttId>,
    organisation: Option<ByteStr>,
    location: Option<Part>,
}

impl AdhocAlerts {
    /// Those who have got the alert of this identity, its user included.
    pub fn participants_of(&self, target: &str) -> BTreeSet<McpttId> {
        let Some((_, alert)) = self.find(target) else { return BTreeSet::new() };
        let mut all = alert.participants.clone();
        all.insert(alert.whose.clone());
        all
    }

    fn find(&self, target: &str) -> Option<(&GroupId, &AdhocAlert)> {
        let wanted = Canonical::of(target);
        self.0.iter().find(|(group, _)| wanted.is_some() && Canonical::of(group.as_str()) == wanted)
    }
}

impl Controlling {
    /// A MESSAGE with an ad hoc alert: raised, changed or cancelled.
    pub(in crate::controlling) fn adhoc_alert(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        (sender, bodies): (&McpttId, &Bodies),
        raises: bool,
    ) -> Result<(), Refusal> {
        let info = bodies.info.as_ref().ok_or(Refusal::NotMcpttMessage)?;
        let target = info.target()?;
        let standing = target.and_then(|target| self.adhoc_alerts.find(target));
        let standing = standing.map(|(group, alert)| (group.clone(), alert.clone()));
        match (raises, standing) {
            (true, None) => self.raise_adhoc_alert(now, incoming, sender, bodies),
            (true, Some((group, alert))) => {
                self.change_adhoc_alert(now, incoming, (sender, bodies), group, alert)
            }
            (false, Some((group, alert))) => {
                self.cancel_adhoc_alert(now, incoming, (sender, bodies), &group, &alert)
            }
            (false, None) => Err(Refusal::GroupUnknown),
        }
    }

    fn raise_adhoc_alert(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        sender: &McpttId,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        let user = self.rules_of(sender, bodies);
        //= 24.379-12.1A
        if !user.is_some_and(|user| user.adhoc.alert) {
            return Err(AdhocRefusal::AdhocAlertNotAuthorised.into());
        }
        let organisation = user.and_then(|user| user.organisation.clone());
        if !self.directory.config.adhoc.supported {
            return Err(AdhocRefusal::AdhocNotSupported.into());
        }
        let limits = &self.directory.config.limits;
        if self.adhoc_alerts.0.len() >= limits.calls {
            return Err(Refusal::ControllingOverload);
        }
        let participants = self.alert_participants(sender, bodies)?;
        let token = service::token(&mut self.rng);
        let group = GroupId::new(format!("sip:adhoc-{token}@{}", self.identity.host));
        let location = bodies.part(mime::LOCATION_INFO).cloned();
        let alert = AdhocAlert { whose: sender.clone(), participants, organisation, location };
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        for user in &alert.participants {
            self.tell_adhoc_alert(now, &group, &alert, user, true, None);
        }
        self.acknowledge_adhoc_alert(now, &group, sender, bodies);
        self.adhoc_alerts.0.insert(group.clone(), alert);
        self.event(Event::EmergencyAlert {
            group,
            mcptt_id: sender.clone(),
            stands: true,
            by: sender.clone(),
        });
        Ok(())
    }

    /// The alert stands, and its user says who gets it from now on.
    fn change_adhoc_alert(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        (sender, bodies): (&McpttId, &Bodies),
        group: GroupId,
        mut alert: AdhocAlert,
    ) -> Result<(), Refusal> {
        let allowed = self.rules_of(sender, bodies).is_some_and(|user| user.adhoc.change);
        if !is_same_user(sender, &alert.whose) || !allowed {
            return Err(AdhocRefusal::AdhocChangeNotAllowed.into());
        }
        let named = adhoc::named(bodies)?.ok_or(AdhocRefusal::AdhocNoParticipants)?;
        let spelt = |users: Vec<McpttId>| -> BTreeSet<McpttId> {
            users.into_iter().map(|user| self.known_spelling(user)).collect()
        };
        let (called, removed) = (spelt(named.called), spelt(named.removed));
        let before = alert.participants.clone();
        alert.participants.extend(called.into_iter().filter(|user| !is_same_user(user, sender)));
        alert.participants.retain(|user| !removed.contains(user));
        if alert.participants.len() > self.directory.config.adhoc.max_participants {
            return Err(AdhocRefusal::AdhocTooManyAfterChange.into());
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        for user in alert.participants.difference(&before) {
            self.tell_adhoc_alert(now, &group, &alert, user, true, None);
        }
        for user in before.difference(&alert.participants) {
            self.tell_adhoc_alert(now, &group, &alert, user, false, None);
        }
        self.acknowledge_adhoc_alert(now, &group, sender, bodies);
        self.adhoc_alerts.0.insert(group, alert);
        Ok(())
    }

    fn cancel_adhoc_alert(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        (sender, bodies): (&McpttId, &Bodies),
        group: &GroupId,
        alert: &AdhocAlert,
    ) -> Result<(), Refusal> {
        let own = is_same_user(sender, &alert.whose);
        let others = self.rules_of(sender, bodies).is_some_and(|user| user.cancel_emergency_alert);
        if !own && !others {
            return Err(AdhocRefusal::AdhocAlertCancelNotAuthorised.into());
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        self.adhoc_alerts.0.remove(group);
        let mut told = alert.participants.clone();
        told.insert(alert.whose.clone());
        told.remove(sender);
        let by = (!own).then_some(sender);
        for user in &told {
            self.tell_adhoc_alert(now, group, alert, user, false, by);
        }
        self.acknowledge_adhoc_alert(now, group, sender, bodies);
        let (group, mcptt_id, by) = (group.clone(), alert.whose.clone(), sender.clone());
        self.event(Event::EmergencyAlert { group, mcptt_id, stands: false, by });
        Ok(())
    }

    fn alert_participants(&self, sender: &McpttId, bodies: &Bodies) -> Result<BTreeSet<McpttId>, Refusal> {
        let info = bodies.info.as_ref().ok_or(Refusal::NotMcpttMessage)?;
        let listed = adhoc::named(bodies)?.unwrap_or_default().called;
        let mut all: BTreeSet<McpttId> = listed.into_iter().map(|user| self.known_spelling(user)).collect();
        let in_body = info.root_any_ext.uris(extension_name::ADHOC_ALERT_PARTICIPANT_LIST);
        all.extend(in_body.into_iter().map(|uri| self.known_spelling(McpttId(uri))));
        if let Some(criteria) = adhoc::criteria(info) {
            all.extend(self.found_by(&criteria));
        }
        all.retain(|user| !is_same_user(user, sender));
        if all.len() > self.directory.config.adhoc.max_participants {
            return Err(AdhocRefusal::AdhocTooManyParticipants.into());
        }
        if all.is_empty() { Err(AdhocRefusal::AdhocNoParticipants.into()) } else { Ok(all) }
    }

    fn tell_adhoc_alert(
        &mut self,
        now: Instant,
        group: &GroupId,
        alert: &AdhocAlert,
        user: &McpttId,
        stands: bool,
        by: Option<&McpttId>,
    ) {
        let mut info = McpttInfo {
            calling_user_id: Some(Content::Normal(by.unwrap_or(&alert.whose).clone())),
            calling_group_id: Some(Content::Normal(group.clone())),
            originated_by: by.map(|_| Content::Normal(alert.whose.clone())),
            mc_org: alert.organisation.clone().filter(|_| stands),
            ..McpttInfo::default()
        };
        info.root_any_ext.push_flag(extension_name::ADHOC_ALERT_IND, stands);
        let further = alert.location.clone().filter(|_| stands).into_iter().collect();
        self.message_user(now, user, info, further);
    }

    fn acknowledge_adhoc_alert(&mut self, now: Instant, group: &GroupId, sender: &McpttId, bodies: &Bodies) {
        let client = bodies.info.as_ref().and_then(|info| info.client().ok().flatten());
        let mut info =
            McpttInfo { calling_group_id: Some(Content::Normal(group.clone())), ..McpttInfo::default() };
        info.root_any_ext.push_flag(extension_name::ADHOC_ALERT_IND_RCVD, true);
        match client {
            Some(client) => self.message_member(now, (sender, &client), info, Vec::new(), Tier::Normal),
            None => self.message_user(now, sender, info, Vec::new()),
        }
    }

    /// A MESSAGE to a user whose participating function chooses the client.
    fn message_user(&mut self, now: Instant, user: &McpttId, info: McpttInfo, further: Vec<Part>) {
        self.message_member(now, (user, &ClientId::default()), info, further, Tier::Emergency);
    }
}
