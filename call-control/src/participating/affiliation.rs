//! Affiliation as its user sees it (TS 24.379 9.2.2.2).
//!
//! A client publishes the full set of groups it wants. Every difference to what is known goes to the controlling
//! function of the group, which holds the truth; one request per client and group is under way at a time, so that
//! changes of mind can not overtake each other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation::{Affiliation as Entry, AffiliationStatus, PresenceDocument, Tuple};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};

use super::functional_alias::is_about_aliases;
use super::settings::Published;
use super::subscription::Watched;
use super::{ClientKey, Deadline, Incoming, Participating, Pending};
use crate::bodies::{Bodies, InfoValues, info_part, presence_part};
use crate::directory::Canonical;
use crate::event::{AffiliationState, Event, Function};
use crate::event_package;
use crate::policy::Refusal;
use crate::service::{self, FOR_EVER};
use crate::subscription::Lifetimes;

/// Most groups that one publication may name.
const MAX_GROUPS: usize = 512;

/// When the first affiliation is renewed after a restart, and how long after it the next one.
const RENEWED_FIRST: Duration = Duration::from_secs(1);
const RENEWED_NEXT: Duration = Duration::from_millis(5);

/// The affiliation of one client to one group.
#[derive(Clone, Debug)]
struct Affiliation {
    state: AffiliationState,
    wanted: bool,
    /// A request to the controlling function has no answer yet.
    asked: bool,
    /// Until when the controlling function keeps it. `None`: it has not said, or for ever.
    until: Option<Instant>,
}

/// Every client's affiliations.
#[derive(Debug, Default)]
pub(super) struct Affiliations {
    of_client: BTreeMap<ClientKey, BTreeMap<GroupId, Affiliation>>,
    count: usize,
    /// The p-id of the publication that the present state follows from.
    published: BTreeMap<McpttId, ByteStr>,
}

impl Affiliations {
    /// The clients of a user with their groups and what is told about them.
    pub fn of_user(
        &self,
        user: &McpttId,
    ) -> impl Iterator<
        Item = (&ClientId, impl Iterator<Item = (&GroupId, Option<AffiliationStatus>, Option<Instant>)>),
    > {
        // The clients of one user stand together.
        let first = ClientKey { mcptt_id: user.clone(), client_id: ClientId::default() };
        let own = self.of_client.range(first..).take_while(move |(key, _)| key.mcptt_id == *user);
        own.map(|(key, groups)| {
            (&key.client_id, groups.iter().map(|(group, own)| (group, on_the_wire(own.state), own.until)))
        })
    }

    /// The p-id of the publication that the present state of the user follows from.
    pub fn publication_of(&self, user: &McpttId) -> Option<ByteStr> {
        self.published.get(user).cloned()
    }

    fn of(&self, key: &ClientKey) -> impl Iterator<Item = (&GroupId, &Affiliation)> {
        self.of_client.get(key).into_iter().flatten()
    }

    fn get_mut(&mut self, key: &ClientKey, group: &GroupId) -> Option<&mut Affiliation> {
        self.of_client.get_mut(key)?.get_mut(group)
    }

    fn remove(&mut self, key: &ClientKey, group: &GroupId) {
        if let Some(groups) = self.of_client.get_mut(key) {
            if groups.remove(group).is_some() {
                self.count = self.count.saturating_sub(1);
            }
            if groups.is_empty() {
                self.of_client.remove(key);
            }
        }
    }

    /// Whether any client of a user has to do with the group.
    pub fn concerns(&self, user: &McpttId, group: &GroupId) -> bool {
        self.of_client.iter().any(|(key, groups)| key.mcptt_id == *user && groups.contains_key(group))
    }

    /// Whether the user wants to be affiliated to the group on this client.
    pub fn is_wanted(&self, key: &ClientKey, group: &GroupId) -> bool {
        self.of(key).any(|(own, affiliation)| own == group && affiliation.wanted)
    }

    /// The groups that the other clients of the user want.
    fn of_other_clients(&self, key: &ClientKey) -> BTreeSet<GroupId> {
        // The clients of one user stand together.
        let first = ClientKey { mcptt_id: key.mcptt_id.clone(), client_id: ClientId::default() };
        let own = self.of_client.range(first..).take_while(|(other, _)| other.mcptt_id == key.mcptt_id);
        let others = own.filter(|(other, _)| *other != key);
        let wanted =
            others.flat_map(|(_, groups)| groups.iter().filter(|(_, affiliation)| affiliation.wanted));
        wanted.map(|(group, _)| group.clone()).collect()
    }
}

/// How long affiliations hold.
const AFFILIATIONS: Lifetimes = match event_package::PRESENCE.published {
    Some(lifetimes) => lifetimes,
    None => event_package::PRESENCE.watched,
};

/// What a presence document says of a state.
fn on_the_wire(state: AffiliationState) -> Option<AffiliationStatus> {
    match state {
        AffiliationState::NotAffiliated => None,
        AffiliationState::Affiliating => Some(AffiliationStatus::Affiliating),
        AffiliationState::Affiliated => Some(AffiliationStatus::Affiliated),
        AffiliationState::Deaffiliating => Some(AffiliationStatus::Deaffiliating),
    }
}

/// The client a presence document is about, where mcptt-info does not name it.
fn first_client(bodies: &Bodies) -> Option<ClientId> {
    let document = bodies.presence().ok().flatten()?;
    document.tuples.first().map(|tuple| ClientId(tuple.id.clone()))
}

impl Participating {
    pub(super) fn publish_affiliation(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
    ) -> Result<(), Refusal> {
        let originator = self.originator(incoming)?;
        let headers = &incoming.request.headers;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let named = info.client()?.or_else(|| first_client(&bodies));
        let own = self.served_client(now, &originator, incoming, named.as_ref())?;
        let served = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let changes_alias = bodies.presence()?.is_some_and(|document| is_about_aliases(&document));
        if changes_alias {
            return self.publish_functional_aliases(now, incoming, &own, served, &bodies);
        }
        //= 24.379-9.2.2.2.3:4
        if Canonical::of(served) != Canonical::of(own.mcptt_id.as_str()) {
            return self.affiliate_another(now, incoming, &own, served, &bodies);
        }
        //= 24.379-9.2.2.2.3:5
        //= 24.379-9.2.2.2.3:5b
        let expires = headers.number(&HeaderName::Expires).ok().flatten();
        let expires =
            expires.filter(|expires| matches!(*expires, 0 | FOR_EVER)).ok_or(Refusal::AffiliationExpires)?;
        let document = bodies.presence()?;
        if document.is_none() && expires != 0 {
            return Err(Refusal::BodyUnreadable);
        }
        let publication = (own.clone(), Published::Affiliations);
        let wish = self.publications.check(&publication, AFFILIATIONS, headers, document.is_some())?;
        //= 24.379-9.2.2.2.3:8
        let tag = self.token();
        let granted = self.publications.commit(now, &publication, wish, tag);
        self.clients.touch(&own);
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::SipEtag, granted.tag);
        response.headers.push(HeaderName::Expires, expires.to_string());
        self.agent.respond(now, incoming.transaction, response);
        //= 24.379-9.2.2.2.3:13
        if expires == 0 {
            self.end_affiliations(now, &own);
            return Ok(());
        }
        let Some(document) = document else { return Ok(()) };
        //= 24.379-9.2.2.2.3:9
        if Canonical::of(&document.entity) != Canonical::of(own.mcptt_id.as_str()) {
            self.event(Event::Discarded {
                function: Function::Participating,
                state: "served user",
                got: "presence of another entity".into(),
                requirement: Some("24.379-9.2.2.2.3:9"),
            });
            return Ok(());
        }
        self.want_exactly(now, &own, &document);
        //= 24.379-9.2.2.2.5:pid
        match document.p_id {
            Some(p_id) => self.affiliations.published.insert(own.mcptt_id.clone(), p_id),
            None => self.affiliations.published.remove(&own.mcptt_id),
        };
        self.changed.insert(Watched::Affiliations(own.mcptt_id));
        Ok(())
    }

    /// Mandatory mode: an authorised user changes the affiliations of another one.
    fn affiliate_another(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        own: &ClientKey,
        served: &str,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        let may = self.rules_of(own).is_some_and(|user| user.affiliate_others);
        if !may {
            return Err(Refusal::AffiliationOfAnotherUser);
        }
        let other = self.directory.user(served).filter(|other| other.participating.is_none());
        let other = other.ok_or(Refusal::CalledUserNotBound)?.mcptt_id.clone();
        let expires = incoming.request.headers.number(&HeaderName::Expires).ok().flatten();
        let expires =
            expires.filter(|expires| matches!(*expires, 0 | FOR_EVER)).ok_or(Refusal::AffiliationExpires)?;
        let document = bodies.presence()?.ok_or(Refusal::BodyUnreadable)?;
        if Canonical::of(&document.entity) != Canonical::of(other.as_str()) {
            return Err(Refusal::BodyUnreadable);
        }
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::SipEtag, self.token());
        response.headers.push(HeaderName::Expires, expires.to_string());
        self.agent.respond(now, incoming.transaction, response);
        for tuple in &document.tuples {
            let key = ClientKey { mcptt_id: other.clone(), client_id: ClientId(tuple.id.clone()) };
            if self.clients.get(&key).is_none() {
                continue;
            }
            match expires {
                0 => self.end_affiliations(now, &key),
                _ => self.want_exactly(now, &key, &document),
            }
        }
        Ok(())
    }

    /// Makes the published set the wanted one for the client that the document names.
    fn want_exactly(&mut self, now: Instant, own: &ClientKey, document: &PresenceDocument) {
        //= 24.379-9.2.2.2.3:10
        let Some(tuple) = document.tuples.iter().find(|tuple| tuple.id == own.client_id.0) else { return };
        let groups = tuple.affiliations.iter().filter_map(|entry| entry.group.as_ref());
        let candidates =
            groups.take(MAX_GROUPS).map(|group| self.directory.group_id(group.as_str())).collect();
        let wanted = self.cut_down(own, candidates);
        //= 24.379-9.2.2.2.3:14
        let dropped: Vec<GroupId> = self
            .affiliations
            .of(own)
            .filter(|(group, affiliation)| affiliation.wanted && !wanted.contains(group))
            .map(|(group, _)| group.clone())
            .collect();
        for group in dropped {
            self.want(now, own, &group, false);
        }
        for group in wanted {
            self.want(now, own, &group, true);
        }
    }

    /// The groups that may be affiliated to: those of the user's list, no more than N2 of them. A group that another
    /// client of the user is affiliated to costs nothing, as N2 counts groups.
    fn cut_down(&self, key: &ClientKey, candidates: Vec<GroupId>) -> Vec<GroupId> {
        let Some(user) = self.rules_of(key) else { return Vec::new() };
        //= 24.379-9.2.2.2.3:n2
        let mut counted = self.affiliations.of_other_clients(key);
        let limit = user.max_affiliations.map_or(usize::MAX, |n2| usize::try_from(n2).unwrap_or(usize::MAX));
        let mut kept = Vec::new();
        for group in candidates {
            let listed = user.affiliation_groups.as_ref().is_none_or(|list| list.contains(&group));
            let fits = counted.contains(&group) || counted.len() < limit;
            if listed && fits && !kept.contains(&group) {
                counted.insert(group.clone());
                kept.push(group);
            }
        }
        kept
    }

    /// The groups of the user profile, when the service is authorised.
    pub(super) fn affiliate_implicitly(&mut self, now: Instant, key: &ClientKey) {
        let Some(user) = self.rules_of(key) else { return };
        //= 24.379-9.2.2.2.15
        //= 24.379-9.2.2.2.15:8b
        let new = user.implicit_affiliations.iter().filter(|group| !self.affiliations.is_wanted(key, group));
        let present = self.affiliations.of(key).filter(|(_, own)| own.wanted).map(|(group, _)| group.clone());
        let candidates: Vec<GroupId> = present.chain(new.cloned()).collect();
        //= 24.379-9.2.2.2.15:9c
        for group in self.cut_down(key, candidates) {
            self.want(now, key, &group, true);
        }
    }

    /// Whether an emergency call may affiliate its caller to the group.
    ///
    /// # Errors
    /// [`Refusal::TooManyAffiliations`] when N2 is reached.
    pub(super) fn eligible_for_implicit(&self, key: &ClientKey, group: &GroupId) -> Result<(), Refusal> {
        //= 24.379-9.2.2.2.11
        let Some(user) = self.rules_of(key) else { return Err(Refusal::UserUnknown) };
        let mut counted = self.affiliations.of_other_clients(key);
        counted
            .extend(self.affiliations.of(key).filter(|(_, own)| own.wanted).map(|(group, _)| group.clone()));
        let limit = user.max_affiliations.map_or(usize::MAX, |n2| usize::try_from(n2).unwrap_or(usize::MAX));
        match counted.contains(group) || counted.len() < limit {
            true => Ok(()),
            false => Err(Refusal::TooManyAffiliations),
        }
    }

    /// The controlling function has affiliated the caller with its call: from now on it is kept like any other.
    pub(super) fn implicitly_affiliated(&mut self, now: Instant, key: &ClientKey, group: &GroupId) {
        self.want(now, key, group, true);
    }

    /// The groups that a client wants to be affiliated to, for the store.
    pub(super) fn wanted_groups(&self, key: &ClientKey) -> Vec<GroupId> {
        self.affiliations.of(key).filter(|(_, own)| own.wanted).map(|(group, _)| group.clone()).collect()
    }

    /// Takes stored affiliations up again. The controlling functions, which have the truth, are asked for each, one after
    /// the other so that a restart is no storm.
    pub(super) fn restore_affiliations(
        &mut self,
        now: Instant,
        key: &ClientKey,
        groups: Vec<GroupId>,
        published: Option<ByteStr>,
    ) {
        for group in groups {
            let own =
                Affiliation { state: AffiliationState::Affiliated, wanted: true, asked: false, until: None };
            let known = self.affiliations.of_client.entry(key.clone()).or_default();
            if known.insert(group.clone(), own).is_none() {
                self.affiliations.count = self.affiliations.count.saturating_add(1);
            }
            let turn = u32::try_from(self.affiliations.count).unwrap_or(u32::MAX);
            let wait = RENEWED_FIRST.saturating_add(RENEWED_NEXT.saturating_mul(turn));
            self.deadlines.set(Deadline::Affiliation(key.clone(), group), now.checked_add(wait));
        }
        if let Some(published) = published {
            self.affiliations.published.insert(key.mcptt_id.clone(), published);
        }
    }

    /// Ends one affiliation of a client.
    pub(super) fn end_affiliation_to(&mut self, now: Instant, key: &ClientKey, group: &GroupId) {
        self.want(now, key, group, false);
    }

    pub(super) fn end_affiliations(&mut self, now: Instant, key: &ClientKey) {
        let groups: Vec<GroupId> = self.affiliations.of(key).map(|(group, _)| group.clone()).collect();
        self.affiliations.published.remove(&key.mcptt_id);
        for group in groups {
            self.want(now, key, &group, false);
        }
    }

    fn want(&mut self, now: Instant, key: &ClientKey, group: &GroupId, wanted: bool) {
        let full = self.affiliations.count >= self.directory.config.limits.affiliations;
        match self.affiliations.get_mut(key, group) {
            Some(affiliation) if affiliation.wanted == wanted => return,
            Some(affiliation) => affiliation.wanted = wanted,
            None if !wanted || full => return,
            None => {
                let new =
                    Affiliation { state: AffiliationState::NotAffiliated, wanted, asked: false, until: None };
                self.affiliations.of_client.entry(key.clone()).or_default().insert(group.clone(), new);
                self.affiliations.count = self.affiliations.count.saturating_add(1);
            }
        }
        let to = if wanted { AffiliationState::Affiliating } else { AffiliationState::Deaffiliating };
        self.moved(key, group, to);
        self.ask(now, key, group);
    }

    /// Tells the controlling function what is wanted, unless an answer of it is outstanding.
    fn ask(&mut self, now: Instant, key: &ClientKey, group: &GroupId) {
        let Some(affiliation) = self.affiliations.get_mut(key, group) else { return };
        if affiliation.asked {
            return;
        }
        affiliation.asked = true;
        let wanted = affiliation.wanted;
        let Some(controlling) = self.directory.controlling_function_of(group.as_str()) else {
            self.affiliation_answered(now, key, group, wanted, &Response::new(StatusCode::NOT_FOUND));
            return;
        };
        //= 24.379-9.2.2.2.6
        let own = self.identity.uri.clone();
        let mut request =
            service::request(Method::Publish, &controlling.identity, &own, &controlling.identity);
        service::assert_function(&mut request.headers, &own);
        request.headers.push(HeaderName::Event, "presence");
        let expires = if wanted { FOR_EVER } else { 0 };
        request.headers.push(HeaderName::Expires, expires.to_string());
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(group))),
            calling_user_id: Some(Content::Normal(key.mcptt_id.clone())),
            client_id: Some(Content::Normal(key.client_id.clone())),
            ..McpttInfo::default()
        };
        let tuple =
            Tuple { affiliations: vec![Entry::of_client(&key.client_id)], ..Tuple::of_user(&key.mcptt_id) };
        let mut document = PresenceDocument::of_group(group);
        document.tuples.push(tuple);
        document.p_id = Some(self.token().into());
        request.set_parts(&[info_part(&info), presence_part(&document)]);
        let transaction = self.agent.request(now, request, controlling.address);
        self.deadlines.set(Deadline::Affiliation(key.clone(), group.clone()), None);
        self.pending
            .insert(transaction, Pending::Affiliation { client: key.clone(), group: group.clone(), wanted });
    }

    pub(super) fn affiliation_answered(
        &mut self,
        now: Instant,
        key: &ClientKey,
        group: &GroupId,
        asked_for: bool,
        response: &Response,
    ) {
        let Some(affiliation) = self.affiliations.get_mut(key, group) else { return };
        affiliation.asked = false;
        if affiliation.wanted != asked_for {
            self.ask(now, key, group);
            return;
        }
        if asked_for && response.status.is_success() {
            self.moved(key, group, AffiliationState::Affiliated);
            // The controlling function says how long it keeps the affiliation; half of it is early enough.
            let granted = response.headers.number(&HeaderName::Expires).ok().flatten();
            let granted = granted.filter(|granted| *granted != FOR_EVER);
            let lasts = granted.map(|granted| Duration::from_secs(u64::from(granted).max(2)));
            let until = lasts.and_then(|lasts| now.checked_add(lasts));
            let refresh = lasts.and_then(|lasts| now.checked_add(lasts / 2));
            if let Some(affiliation) = self.affiliations.get_mut(key, group) {
                affiliation.until = until;
            }
            self.deadlines.set(Deadline::Affiliation(key.clone(), group.clone()), refresh);
            self.watch_affiliation(now, &key.mcptt_id, group);
            return;
        }
        self.deadlines.set(Deadline::Affiliation(key.clone(), group.clone()), None);
        self.drop_affiliation(now, key, group);
    }

    fn drop_affiliation(&mut self, now: Instant, key: &ClientKey, group: &GroupId) {
        self.moved(key, group, AffiliationState::NotAffiliated);
        self.affiliations.remove(key, group);
        if !self.affiliations.concerns(&key.mcptt_id, group) {
            self.unwatch_affiliation(now, &key.mcptt_id, group);
        }
    }

    /// The controlling function knows these clients of a user and no others: what it has ended is over here too.
    pub(super) fn keep_only(&mut self, now: Instant, user: &McpttId, group: &GroupId, kept: &[ClientId]) {
        let own = self.affiliations.of_client.iter().filter(|(key, groups)| {
            let affiliated =
                groups.get(group).is_some_and(|own| own.state == AffiliationState::Affiliated && !own.asked);
            key.mcptt_id == *user && affiliated && !kept.contains(&key.client_id)
        });
        let lost: Vec<ClientKey> = own.map(|(key, _)| key.clone()).collect();
        for key in lost {
            self.deadlines.set(Deadline::Affiliation(key.clone(), group.clone()), None);
            self.drop_affiliation(now, &key, group);
        }
    }

    pub(super) fn refresh_affiliation(&mut self, now: Instant, key: ClientKey, group: GroupId) {
        self.ask(now, &key, &group);
    }

    fn moved(&mut self, key: &ClientKey, group: &GroupId, to: AffiliationState) {
        let Some(affiliation) = self.affiliations.get_mut(key, group) else { return };
        let from = std::mem::replace(&mut affiliation.state, to);
        if from != to {
            self.clients.touch(key);
            self.changed.insert(Watched::Affiliations(key.mcptt_id.clone()));
            self.event(Event::AffiliationChanged {
                function: Function::Participating,
                group: group.clone(),
                mcptt_id: key.mcptt_id.clone(),
                client_id: key.client_id.clone(),
                from,
                to,
            });
        }
    }
}
