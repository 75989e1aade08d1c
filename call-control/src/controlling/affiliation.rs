//! Affiliation to the groups of this function: the truth (TS 24.379 9.2.2.3, 10.1.1.4.4.3, 10.1.1.4.6).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mcptt_codec::id::{CallRef, ClientId, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Response, StatusCode};
use mcptt_codec::xml::regroup::RegroupAction;

use super::fan_out::has_room;
use super::group_document::member_of;
use super::{Controlling, Deadline, Incoming};
use crate::bodies::{Bodies, InfoValues, Kind};
use crate::config::Group;
use crate::directory::Canonical;
use crate::event::{AffiliationState, Event, Function, LeaveCause, Tier};
use crate::policy::{Refusal, ReleaseCause};
use crate::service::{self, FOR_EVER};

/// Who is affiliated, by user and client: two devices of one user are two affiliations.
#[derive(Debug, Default)]
pub(super) struct Affiliations {
    of_group: BTreeMap<GroupId, BTreeSet<(McpttId, ClientId)>>,
    count: usize,
}

impl Affiliations {
    pub fn is_affiliated(&self, group: &GroupId, user: &McpttId, client: &ClientId) -> bool {
        let key = (user.clone(), client.clone());
        self.of_group.get(group).is_some_and(|affiliated| affiliated.contains(&key))
    }

    pub fn of_group(&self, group: &GroupId) -> impl Iterator<Item = (&McpttId, &ClientId)> {
        self.of_group.get(group).into_iter().flatten().map(|(user, client)| (user, client))
    }

    pub fn users_of(&self, group: &GroupId) -> BTreeSet<McpttId> {
        self.of_group(group).map(|(user, _)| user.clone()).collect()
    }

    /// Every affiliation.
    pub fn all(&self) -> BTreeSet<(GroupId, McpttId, ClientId)> {
        let each = self.of_group.iter().flat_map(|(group, affiliated)| {
            affiliated.iter().map(|(user, client)| (group.clone(), user.clone(), client.clone()))
        });
        each.collect()
    }

    pub fn insert(&mut self, group: &GroupId, user: &McpttId, client: &ClientId) -> bool {
        let new = self.of_group.entry(group.clone()).or_default().insert((user.clone(), client.clone()));
        self.count = self.count.saturating_add(usize::from(new));
        new
    }

    /// The clients with which a user is affiliated, found without a look at the others.
    pub fn of_user<'a>(&'a self, group: &GroupId, user: &'a McpttId) -> impl Iterator<Item = &'a ClientId> {
        let first = (user.clone(), ClientId::default());
        let own = self.of_group.get(group).map(|all| all.range(first..)).into_iter().flatten();
        own.take_while(move |(other, _)| other == user).map(|(_, client)| client)
    }

    fn remove(&mut self, group: &GroupId, user: &McpttId, client: &ClientId) -> bool {
        let Some(affiliated) = self.of_group.get_mut(group) else { return false };
        let removed = affiliated.remove(&(user.clone(), client.clone()));
        if affiliated.is_empty() {
            self.of_group.remove(group);
        }
        self.count = self.count.saturating_sub(usize::from(removed));
        removed
    }
}

impl Controlling {
    /// PUBLISH of a participating function for one user, client and group.
    pub(super) fn publish(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        self.admit_source(incoming)?;
        let headers = &incoming.request.headers;
        let event = headers.get(&HeaderName::Event).and_then(|value| value.split(';').next());
        if !event.is_some_and(|event| event.trim().eq_ignore_ascii_case("presence")) {
            return Err(Refusal::UnknownEvent);
        }
        let expires = headers.number(&HeaderName::Expires).ok().flatten();
        let expires =
            expires.filter(|expires| matches!(*expires, 0 | FOR_EVER)).ok_or(Refusal::AffiliationExpires)?;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let target = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let user = self.known_spelling(info.caller()?.ok_or(Refusal::BodyUnreadable)?);
        let document = bodies.presence()?.ok_or(Refusal::BodyUnreadable)?;
        if Canonical::of(&document.entity) != Canonical::of(target) {
            return Err(Refusal::BodyUnreadable);
        }
        if document.tuples.iter().any(|tuple| !tuple.functional_aliases.is_empty()) {
            let client = info.client()?.ok_or(Refusal::BodyUnreadable)?;
            return self.publish_functional_alias(now, incoming, (&user, &client), &document);
        }
        let named = Canonical::of(user.as_str());
        let tuple = document.tuples.iter().find(|tuple| Canonical::of(&tuple.id) == named);
        let entry = tuple.and_then(|tuple| tuple.affiliations.first());
        let client = entry.and_then(|entry| entry.client.clone()).ok_or(Refusal::BodyUnreadable)?;

        let group = self.directory.group(target).ok_or(Refusal::GroupUnknown)?;
        let group_id = group.group_id.clone();
        let lifetime = self.directory.config.policy.affiliation_lifetime;
        if expires != 0 {
            //= 24.379-9.2.2.3.3:5
            member_of(group, &user).map_err(|refusal| match refusal {
                Refusal::NotAMember => Refusal::AffiliationOfNonMember,
                other => other,
            })?;
            let known = self.affiliations.is_affiliated(&group_id, &user, &client);
            if !known && self.affiliations.count >= self.directory.config.limits.affiliations {
                return Err(Refusal::ControllingOverload);
            }
        }
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::SipEtag, service::token(&mut self.rng));
        let granted = if expires == 0 { Duration::ZERO } else { lifetime };
        response.headers.push(HeaderName::Expires, granted.as_secs().to_string());
        self.agent.respond(now, incoming.transaction, response);
        if expires == 0 {
            self.end_affiliation(now, &group_id, &user, &client);
        } else if self.affiliate(now, &group_id, &user, &client) {
            //= 24.379-16:late
            self.tell_regroup(now, &group_id, (&user, &client), RegroupAction::Create);
            self.tell_alerts(now, &group_id, &user, &client);
            self.late_entry(now, &group_id, &user, &client);
        }
        Ok(())
    }

    /// Makes sure that a client is affiliated: it becomes so with a request that implies it.
    ///
    /// # Errors
    /// [`Refusal::NotAffiliated`] when there is no room for another affiliation.
    pub(super) fn affiliate_for(
        &mut self,
        now: Instant,
        group: &GroupId,
        user: &McpttId,
        client: &ClientId,
    ) -> Result<(), Refusal> {
        //= 24.379-9.2.2.3.6
        if self.counts_as_affiliated(group, user, client) {
            return Ok(());
        }
        match self.affiliate(now, group, user, client) {
            true => {
                self.tell_alerts(now, group, user, client);
                Ok(())
            }
            false => Err(Refusal::NotAffiliated),
        }
    }

    /// Whether a client is affiliated to a group. Whoever is affiliated to a constituent of a temporary group or regroup is
    /// affiliated to that too, and whoever was made part of a regroup by name is so with every client.
    pub(super) fn is_affiliated(&self, group: &GroupId, user: &McpttId, client: &ClientId) -> bool {
        let own = |group: &GroupId| self.affiliations.is_affiliated(group, user, client);
        let document = self.directory.group(group.as_str());
        let mut constituents = document.into_iter().flat_map(|document| &document.constituents);
        own(group)
            || constituents.any(own)
            || self.affiliations.is_affiliated(group, user, &ClientId::default())
    }

    /// The users that are affiliated to a group or to what it was formed of.
    pub(super) fn affiliated_users(&self, group: &Group) -> BTreeSet<McpttId> {
        let groups = std::iter::once(&group.group_id).chain(&group.constituents);
        groups.flat_map(|group| self.affiliations.users_of(group)).collect()
    }

    /// Stores or renews an affiliation; true if it is new.
    pub(super) fn affiliate(
        &mut self,
        now: Instant,
        group: &GroupId,
        user: &McpttId,
        client: &ClientId,
    ) -> bool {
        let known = self.affiliations.is_affiliated(group, user, client);
        if !known && self.affiliations.count >= self.directory.config.limits.affiliations {
            return false;
        }
        let until = now.checked_add(self.directory.config.policy.affiliation_lifetime);
        self.deadlines.set(Deadline::Affiliation(group.clone(), user.clone(), client.clone()), until);
        let new = self.affiliations.insert(group, user, client);
        self.touched.affiliations.insert((group.clone(), user.clone(), client.clone()));
        self.affiliation_noted(group, user);
        if new {
            let (from, to) = (AffiliationState::NotAffiliated, AffiliationState::Affiliated);
            self.affiliation_moved(group, user, client, from, to);
        }
        new
    }

    /// Ends an affiliation, and with it the place in a running call.
    pub(super) fn end_affiliation(
        &mut self,
        now: Instant,
        group: &GroupId,
        user: &McpttId,
        client: &ClientId,
    ) {
        self.deadlines.set(Deadline::Affiliation(group.clone(), user.clone(), client.clone()), None);
        if !self.affiliations.remove(group, user, client) {
            return;
        }
        self.touched.affiliations.insert((group.clone(), user.clone(), client.clone()));
        self.affiliation_noted(group, user);
        let (from, to) = (AffiliationState::Affiliated, AffiliationState::NotAffiliated);
        self.affiliation_moved(group, user, client, from, to);
        self.tell_regroup(now, group, (user, client), RegroupAction::Remove);
        let temporary = self.directory.temporary_group_of(group.as_str()).cloned();
        if let Some(temporary) = temporary.filter(|temporary| !self.is_affiliated(temporary, user, client)) {
            self.leave_call_of(now, &temporary, user, client);
        }
        self.leave_call_of(now, group, user, client);
    }

    /// Takes a client out of the call of a group that it is no longer affiliated to.
    fn leave_call_of(&mut self, now: Instant, group: &GroupId, user: &McpttId, client: &ClientId) {
        //= 24.379-10.1.1.4.4.3
        let Some(call) = self.running_call_of(group) else { return };
        let leg = self.calls.get(&call).and_then(|running| running.leg_of(user, client));
        if let Some(leg) = leg {
            self.leave(now, call, leg, LeaveCause::Deaffiliated, true);
        }
        self.enough_affiliated(now, call);
    }

    /// A prearranged call ends when fewer members are affiliated than its group demands.
    fn enough_affiliated(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get(&call).filter(|call| call.kind == Kind::Prearranged) else {
            return;
        };
        let Some(document) = self.directory.group(running.group.as_str()) else { return };
        let (minimum, present) = (document.minimum_affiliated, self.affiliated_users(document).len());
        if u64::try_from(present).is_ok_and(|present| present < minimum.into()) {
            self.release(now, call, ReleaseCause::TooFewAffiliated, None);
        }
    }

    /// A client that affiliates while a call of the group runs is invited to it.
    fn late_entry(&mut self, now: Instant, group: &GroupId, user: &McpttId, client: &ClientId) {
        //= 24.379-10.1.1.4.6
        //= 24.379-9.2.2.3.3:late
        let Some(call) = self.running_call_of(group) else { return };
        let (Some(running), Some(document)) = (self.calls.get(&call), self.directory.group(group.as_str()))
        else {
            return;
        };
        // Nobody is asked to a chat, unless it is urgent.
        if running.kind == Kind::Chat && running.tier == Tier::Normal {
            return;
        }
        let room = has_room(running, document, self.participant_limit(document));
        if room && running.leg_of(user, client).is_none() {
            self.invite_member(now, call, user, client);
        }
    }

    fn affiliation_moved(
        &mut self,
        group: &GroupId,
        user: &McpttId,
        client: &ClientId,
        from: AffiliationState,
        to: AffiliationState,
    ) {
        self.watchers.note_affiliation(group, user);
        self.event(Event::AffiliationChanged {
            function: Function::Controlling,
            group: group.clone(),
            mcptt_id: user.clone(),
            client_id: client.clone(),
            from,
            to,
        });
    }
}
