//! Regroups with the settings of a preconfigured group (TS 24.379 16): making and ending them as the controlling function of
//! the preconfigured group (16.2.3), taking part in them as the function of a constituent group (16.2.4), and regroups of
//! users (16.3).

mod durable;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::regroup::{Regroup, RegroupAction};

use super::group_document::may_cancel_emergency;
use super::{Controlling, Deadline, Incoming, Pending};
use crate::bodies::{InfoValues, info_part, regroup_part};
use crate::config::{Group, Member};
use crate::directory::{Canonical, Directory};
use crate::event::{Event, Tier};
use crate::policy::{Refusal, RegroupRefusal, ReleaseCause};
use crate::service;
use crate::transaction::ServerTransactionId;

/// How long the functions of the constituent groups may take to answer: the requester waits for half as long again.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The regroups that this function knows.
#[derive(Debug, Default)]
pub(super) struct Regroups {
    /// Those that were made here.
    own: BTreeMap<GroupId, Own>,
    /// By the group that is served here: the regroup that it is part of.
    joined: BTreeMap<GroupId, Joined>,
}

/// A regroup that was made here.
#[derive(Debug)]
struct Own {
    body: Regroup,
    /// The group that it is, with the settings of the preconfigured one.
    group: Group,
    requester: McpttId,
    /// `None`: it stands.
    asking: Option<Asking>,
}

/// The functions of the constituent groups are asked.
#[derive(Debug)]
struct Asking {
    requester: ServerTransactionId,
    waits_for: BTreeSet<GroupId>,
    accepted: BTreeSet<GroupId>,
}

/// A regroup that a group of ours is part of.
#[derive(Clone, Debug)]
struct Joined {
    body: Regroup,
    requester: McpttId,
}

impl Regroups {
    /// Whether there is one, here or elsewhere, that concerns groups of ours.
    pub fn any(&self) -> bool {
        !self.own.is_empty() || !self.joined.is_empty()
    }

    /// Those that stand.
    fn formed(&self) -> impl Iterator<Item = &Group> {
        self.own.values().filter(|own| own.asking.is_none()).map(|own| &own.group)
    }
}

impl Controlling {
    /// A MESSAGE about a regroup: from a user to the function of the preconfigured group, from that to those of the
    /// constituent groups.
    pub(super) fn regroup(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        (requester, info): (&McpttId, &McpttInfo),
        regroup: Regroup,
    ) -> Result<(), Refusal> {
        let target = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let group = self.directory.configured_group(target).map(|group| group.group_id.clone());
        let names = |named: &GroupId| Canonical::of(named.as_str()) == Canonical::of(target);
        let as_constituent = match (&regroup.action, &group) {
            (RegroupAction::Create, _) => regroup.groups.iter().flatten().any(names),
            (_, Some(group)) => self.regroups.joined.contains_key(group),
            (_, None) => false,
        };
        if as_constituent && !self.directory.is_participating_function(incoming.path.remote) {
            let group = group.ok_or(Refusal::GroupUnknown)?;
            return self.regroup_constituent(now, incoming, requester, &group, regroup);
        }
        let client = info.client()?.unwrap_or_default();
        match regroup.action {
            RegroupAction::Create => self.create_regroup(now, incoming, (requester, &client), regroup),
            RegroupAction::Remove => self.remove_regroup(now, incoming, (requester, &client), &regroup),
            _ => Err(Refusal::BodyUnreadable),
        }
    }

    fn create_regroup(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        (requester, client): (&McpttId, &ClientId),
        body: Regroup,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        //= 24.379-16.2.3.1:2
        let preconfigured = body.preconfigured_group.as_ref();
        let preconfigured = preconfigured
            .and_then(|group| directory.configured_group(group.as_str()))
            .filter(|group| !group.disabled && !group.unavailable)
            .ok_or(RegroupRefusal::PreconfiguredGroupNotServed)?;
        if directory.user_at(requester, client).is_some_and(|user| !user.regroup) {
            return Err(RegroupRefusal::RegroupNotAllowed.into());
        }
        //= 24.379-16.2.3.1:3
        let id = &body.regroup_uri;
        if directory.group(id.as_str()).is_some() || self.own_regroup(id).is_some() {
            return Err(RegroupRefusal::RegroupIdInUse.into());
        }
        if Canonical::of(id.as_str()).is_none() {
            return Err(Refusal::BodyUnreadable);
        }
        if self.regroups.own.len() >= directory.config.limits.regroups {
            return Err(Refusal::ControllingOverload);
        }
        let (groups, users) = (named_groups(&directory, &body), self.named_users(&body));
        // Groups or users, as the body says, and not both.
        if groups.is_empty() == users.is_empty() {
            return Err(Refusal::BodyUnreadable);
        }
        let group = formed_group(preconfigured, id, &groups, &users);
        let asking =
            Asking { requester: incoming.transaction, waits_for: groups.clone(), accepted: BTreeSet::new() };
        let own = Own { body, group, requester: requester.clone(), asking: Some(asking) };
        let id = own.body.regroup_uri.clone();
        self.regroups.own.insert(id.clone(), own);
        if groups.is_empty() {
            //= 24.379-16.3
            self.regroup_made(now, &id);
            return Ok(());
        }
        self.deadlines.set(Deadline::Regroup(id.clone()), now.checked_add(ANSWER_WITHIN));
        //= 24.379-16.2.3.1:4
        for group in &groups {
            self.ask_constituent(now, &id, group, RegroupAction::Create);
        }
        Ok(())
    }

    /// A MESSAGE to the function of a constituent group.
    fn ask_constituent(&mut self, now: Instant, id: &GroupId, group: &GroupId, action: RegroupAction) {
        let Some(own) = self.regroups.own.get(id) else { return };
        let body = Regroup { action, ..own.body.clone() };
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(group))),
            calling_user_id: Some(Content::Normal(own.requester.clone())),
            calling_group_id: Some(Content::Normal(id.clone())),
            ..McpttInfo::default()
        };
        let Some(peer) = self.directory.controlling_function_of(group.as_str()) else {
            self.constituent_answered(now, id, group, &Response::new(StatusCode::NOT_FOUND));
            return;
        };
        let message = self.regroup_message(&peer.identity, group.as_str(), &info, &body);
        let transaction = self.agent.request(now, message, peer.address);
        if body.action == RegroupAction::Create {
            self.pending.insert(transaction, Pending::Regroup(id.clone(), group.clone()));
        }
    }

    fn regroup_message(&self, uri: &str, to: &str, info: &McpttInfo, body: &Regroup) -> Request {
        let own = &self.identity.uri;
        let mut message = service::request(Method::Message, uri, own, to);
        service::assert_function(&mut message.headers, own);
        message.set_parts(&[info_part(info), regroup_part(body)]);
        message
    }

    /// The function of a constituent group takes part, or does not.
    pub(super) fn constituent_answered(
        &mut self,
        now: Instant,
        id: &GroupId,
        group: &GroupId,
        response: &Response,
    ) {
        let asking = self.regroups.own.get_mut(id).and_then(|own| own.asking.as_mut());
        let asking = asking.filter(|asking| asking.waits_for.contains(group));
        let Some(asking) = asking else {
            // The regroup was given up meanwhile: whoever has joined it now is to leave it.
            if response.status.is_success() {
                self.tell_undone(now, id, group);
            }
            return;
        };
        if !response.status.is_success() {
            return self.give_up(now, id, response);
        }
        asking.waits_for.remove(group);
        asking.accepted.insert(group.clone());
        //= 24.379-16.2.3.1:6
        if asking.waits_for.is_empty() {
            self.regroup_made(now, id);
        }
    }

    pub(super) fn constituents_late(&mut self, now: Instant, id: &GroupId) {
        let late = Response::new(StatusCode::TEMPORARILY_UNAVAILABLE);
        if self.regroups.own.get(id).is_some_and(|own| own.asking.is_some()) {
            self.give_up(now, id, &late);
        }
    }

    /// One function does not take part, so there is no regroup.
    fn give_up(&mut self, now: Instant, id: &GroupId, response: &Response) {
        self.deadlines.set(Deadline::Regroup(id.clone()), None);
        let asking = self.regroups.own.get_mut(id).and_then(|own| own.asking.take());
        let Some(asking) = asking else { return };
        for group in &asking.accepted {
            self.ask_constituent(now, id, group, RegroupAction::Remove);
        }
        self.regroups.own.remove(id);
        let status = match response.status {
            status if status.is_redirection() => StatusCode::TEMPORARILY_UNAVAILABLE,
            status => status,
        };
        let mut answer = Response::new(status);
        answer.headers.copy_from(&response.headers, &HeaderName::Warning);
        self.agent.respond(now, asking.requester, answer);
    }

    fn tell_undone(&mut self, now: Instant, id: &GroupId, group: &GroupId) {
        if self.regroups.own.contains_key(id) {
            return;
        }
        let Some(peer) = self.directory.controlling_function_of(group.as_str()) else { return };
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(group))),
            calling_user_id: Some(Content::Normal(McpttId::new(id.0.clone()))),
            calling_group_id: Some(Content::Normal(id.clone())),
            ..McpttInfo::default()
        };
        let message =
            self.regroup_message(&peer.identity, group.as_str(), &info, &Regroup::remove(id.clone()));
        self.agent.request(now, message, peer.address);
    }

    /// Everybody takes part: the regroup stands, and its users are told.
    fn regroup_made(&mut self, now: Instant, id: &GroupId) {
        self.deadlines.set(Deadline::Regroup(id.clone()), None);
        let Some(own) = self.regroups.own.get_mut(id) else { return };
        let Some(asking) = own.asking.take() else { return };
        let (body, requester) = (own.body.clone(), own.requester.clone());
        let users: Vec<McpttId> = match own.group.constituents.is_empty() {
            true => own.group.members.iter().map(|member| member.mcptt_id.clone()).collect(),
            false => Vec::new(),
        };
        let preconfigured = body.preconfigured_group.clone().unwrap_or_default();
        self.touched.regroups.insert(id.clone());
        self.renew_directory();
        self.event(Event::RegroupMade { regroup: id.clone(), preconfigured, by: requester.clone() });
        self.agent.respond(now, asking.requester, Response::new(StatusCode::OK));
        for user in users {
            // Whoever is named is part of it with whatever client it has.
            self.affiliate(now, id, &user, &ClientId::default());
            self.tell_user(now, (&user, &ClientId::default()), id, &requester, &body);
        }
    }

    fn remove_regroup(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        (requester, client): (&McpttId, &ClientId),
        body: &Regroup,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let user = directory.user_at(requester, client);
        let known = self.own_regroup(&body.regroup_uri).cloned();
        if user.is_some_and(|user| !user.regroup) {
            return Err(RegroupRefusal::RegroupNotAllowed.into());
        }
        //= 24.379-16.2.3.2:2
        let emergency = known.as_ref().is_some_and(|id| self.tier_of(id) == Tier::Emergency);
        if emergency && !may_cancel_emergency(user) {
            return Err(RegroupRefusal::RegroupInEmergency.into());
        }
        //= 24.379-16.2.3.2:3
        let id = known.ok_or(RegroupRefusal::RegroupUnknown)?;
        if self.regroups.own.get(&id).is_some_and(|own| own.asking.is_some()) {
            let late = Response::new(StatusCode::TEMPORARILY_UNAVAILABLE);
            self.give_up(now, &id, &late);
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        self.end_regroup(now, &id, requester);
        Ok(())
    }

    /// The regroup is no more: its call ends, and everybody who is part of it is told.
    fn end_regroup(&mut self, now: Instant, id: &GroupId, by: &McpttId) {
        if let Some(call) = self.running_call_of(id) {
            self.release(now, call, ReleaseCause::RegroupEnded, None);
        }
        let Some(own) = self.regroups.own.get(id) else { return };
        let (groups, body) = (own.group.constituents.clone(), own.body.clone());
        let users: Vec<McpttId> = own
            .group
            .members
            .iter()
            .filter(|_| groups.is_empty())
            .map(|user| user.mcptt_id.clone())
            .collect();
        for group in &groups {
            self.ask_constituent(now, id, group, RegroupAction::Remove);
        }
        self.regroups.own.remove(id);
        self.touched.regroups.insert(id.clone());
        let body = Regroup { action: RegroupAction::Remove, ..body };
        for user in &users {
            self.tell_user(now, (user, &ClientId::default()), id, by, &body);
            self.end_affiliation(now, id, user, &ClientId::default());
        }
        let clients: Vec<_> = self
            .affiliated_clients(id)
            .into_iter()
            .filter(|(_, client)| *client != ClientId::default())
            .collect();
        for (user, client) in clients {
            self.end_affiliation(now, id, &user, &client);
        }
        self.states.remove(id);
        self.deadlines.set(Deadline::Tng2(id.clone()), None);
        self.renew_directory();
        self.event(Event::RegroupEnded { regroup: id.clone(), by: by.clone() });
    }

    /// A group of ours is made part of a regroup, or is no longer.
    fn regroup_constituent(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        requester: &McpttId,
        group: &GroupId,
        body: Regroup,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        //= 24.379-16.2.4
        let document = directory.configured_group(group.as_str()).ok_or(Refusal::GroupUnknown)?;
        let known = self.regroups.joined.get(group);
        let same = |joined: &Joined| joined.body.regroup_uri == body.regroup_uri;
        if body.action == RegroupAction::Remove {
            if !known.is_some_and(same) {
                return Err(RegroupRefusal::RegroupUnknown.into());
            }
            self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
            self.leave_regroup(now, group, requester);
            return Ok(());
        }
        if document.unavailable {
            return Err(Refusal::GroupUnavailable);
        }
        if document.disabled {
            return Err(Refusal::GroupDisabled);
        }
        // A repetition of what is so already changes nothing.
        if !known.is_some_and(same) {
            let into = directory.temporary_group_of(group.as_str());
            if document.regrouped || document.temporary || into.is_some() {
                return Err(Refusal::GroupRegrouped);
            }
            if self.tier_of(group) == Tier::Emergency {
                return Err(RegroupRefusal::GroupInEmergency.into());
            }
            if self.regroups.joined.len() >= directory.config.limits.regroups {
                return Err(Refusal::ControllingOverload);
            }
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        let joined = Joined { body, requester: requester.clone() };
        self.regroups.joined.insert(group.clone(), joined);
        self.touched.joined.insert(group.clone());
        self.renew_directory();
        for (user, client) in self.affiliated_clients(group) {
            self.tell_regroup(now, group, (&user, &client), RegroupAction::Create);
        }
        Ok(())
    }

    fn leave_regroup(&mut self, now: Instant, group: &GroupId, by: &McpttId) {
        if let Some(joined) = self.regroups.joined.get_mut(group) {
            joined.requester = by.clone();
        }
        for (user, client) in self.affiliated_clients(group) {
            self.tell_regroup(now, group, (&user, &client), RegroupAction::Remove);
        }
        self.regroups.joined.remove(group);
        self.touched.joined.insert(group.clone());
        self.renew_directory();
    }

    /// The users that a regroup is made of.
    fn named_users(&self, body: &Regroup) -> BTreeSet<McpttId> {
        body.users.iter().flatten().map(|user| self.known_spelling(user.clone())).collect()
    }

    fn affiliated_clients(&self, group: &GroupId) -> Vec<(McpttId, ClientId)> {
        let clients = self.affiliations.of_group(group);
        clients.map(|(user, client)| (user.clone(), client.clone())).collect()
    }

    /// Tells a client about the regroup that its group is part of, if there is one.
    pub(super) fn tell_regroup(
        &mut self,
        now: Instant,
        group: &GroupId,
        (user, client): (&McpttId, &ClientId),
        action: RegroupAction,
    ) {
        let Some(joined) = self.regroups.joined.get(group).cloned() else { return };
        let body = Regroup { action, ..joined.body };
        let id = body.regroup_uri.clone();
        self.tell_user(now, (user, client), &id, &joined.requester, &body);
    }

    /// A MESSAGE about a regroup to a user, through its participating function; many are told in turns.
    fn tell_user(
        &mut self,
        now: Instant,
        to: (&McpttId, &ClientId),
        id: &GroupId,
        by: &McpttId,
        body: &Regroup,
    ) {
        let info = McpttInfo {
            calling_user_id: Some(Content::Normal(by.clone())),
            calling_group_id: Some(Content::Normal(id.clone())),
            ..McpttInfo::default()
        };
        self.tell_in_turn(now, to, info, vec![regroup_part(body)], Tier::Normal);
    }

    /// The regroup of ours with this identity, in our spelling.
    fn own_regroup(&self, id: &GroupId) -> Option<&GroupId> {
        let canonical = Canonical::of(id.as_str());
        self.regroups.own.keys().find(|own| Canonical::of(own.as_str()) == canonical)
    }

    /// Puts the groups that exist for a time only into the directory.
    pub(super) fn renew_directory(&mut self) {
        let joined = self.regroups.joined.iter();
        let part_of = joined.map(|(group, joined)| (group.clone(), joined.body.regroup_uri.clone()));
        let renewed = self.directory.with_regroups(self.regroups.formed().cloned(), part_of);
        self.directory = Arc::new(renewed);
    }
}

/// The groups that a regroup is made of.
fn named_groups(directory: &Directory, body: &Regroup) -> BTreeSet<GroupId> {
    body.groups.iter().flatten().map(|group| directory.group_id(group.as_str())).collect()
}

/// The group that a regroup is: everything but members and identity comes from the preconfigured group.
fn formed_group(
    preconfigured: &Group,
    id: &GroupId,
    groups: &BTreeSet<GroupId>,
    users: &BTreeSet<McpttId>,
) -> Group {
    let known = |user: &McpttId| preconfigured.member(user).cloned();
    Group {
        group_id: id.clone(),
        members: users.iter().map(|user| known(user).unwrap_or_else(|| Member::new(user.clone()))).collect(),
        invite_members: true,
        preconfigured_use_only: false,
        temporary: !groups.is_empty(),
        regrouped: false,
        regrouped_into: None,
        constituents: groups.iter().cloned().collect(),
        // Its own listeners are there.
        multicast: None,
        ..preconfigured.clone()
    }
}
