//! Functional aliases as their user sees them (TS 24.379 9A.2.2.2).
//!
//! A client publishes the full set of aliases that it wants to be active. Every difference to what is known goes to the
//! controlling function of the aliases, which decides who may be active under which.

use std::collections::BTreeMap;
use std::time::Instant;

use mcptt_codec::id::{ClientId, FunctionalAlias, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation::{FunctionalAliasState, FunctionalAliasStatus, PresenceDocument, Tuple};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};

use super::subscription::Watched;
use super::{ClientKey, Incoming, Participating, Pending};
use crate::bodies::{Bodies, info_part, presence_part};
use crate::directory::Canonical;
use crate::event::Event;
use crate::policy::Refusal;
use crate::service::{self, FOR_EVER};

/// Most aliases that one client may want.
const MAX_ALIASES: usize = 64;

/// Every client's aliases with how far they are.
#[derive(Debug, Default)]
pub(super) struct FunctionalAliases {
    of_client: BTreeMap<ClientKey, BTreeMap<FunctionalAlias, FunctionalAliasStatus>>,
    /// The p-id-fa of the publication that the present state follows from.
    published: BTreeMap<McpttId, ByteStr>,
}

impl FunctionalAliases {
    /// The aliases of one client and their states.
    pub fn of(&self, user: &McpttId, client: &ClientId) -> Vec<FunctionalAliasState> {
        let key = ClientKey { mcptt_id: user.clone(), client_id: client.clone() };
        let own = self.of_client.get(&key).into_iter().flatten();
        own.map(|(alias, status)| FunctionalAliasState {
            functional_alias: alias.clone(),
            status: Some(status.clone()),
            ..FunctionalAliasState::default()
        })
        .collect()
    }

    /// The clients of a user that have aliases.
    pub fn clients_of(&self, user: &McpttId) -> impl Iterator<Item = &ClientId> {
        let own = self.of_client.iter().filter(move |(key, _)| key.mcptt_id == *user);
        own.filter(|(_, aliases)| !aliases.is_empty()).map(|(key, _)| &key.client_id)
    }

    pub fn publication_of(&self, user: &McpttId) -> Option<ByteStr> {
        self.published.get(user).cloned()
    }

    /// Whether a client is active under an alias.
    pub fn is_active(&self, key: &ClientKey, alias: &str) -> bool {
        let own = self.of_client.get(key).into_iter().flatten();
        own.filter(|(_, status)| **status == FunctionalAliasStatus::Activated)
            .any(|(own, _)| Canonical::of(own.as_str()) == Canonical::of(alias))
    }
}

/// Whether a publication is about functional aliases: the element is what tells it from one about affiliations.
pub(super) fn is_about_aliases(document: &PresenceDocument) -> bool {
    document.p_id_fa.is_some() || document.tuples.iter().any(|tuple| !tuple.functional_aliases.is_empty())
}

impl Participating {
    pub(super) fn publish_functional_aliases(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        own: &ClientKey,
        served: &str,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        //= 24.379-9A.2.2.2.3:4
        if Canonical::of(served) != Canonical::of(own.mcptt_id.as_str()) {
            return Err(Refusal::FunctionalAliasOfAnotherUser);
        }
        let document = bodies.presence()?.ok_or(Refusal::BodyUnreadable)?;
        let tuple = document.tuples.iter().find(|tuple| tuple.id == own.client_id.0);
        let user = self.rules_of(own).ok_or(Refusal::UserUnknown)?;
        let mut wanted = Vec::new();
        for entry in tuple.into_iter().flat_map(|tuple| &tuple.functional_aliases).take(MAX_ALIASES) {
            let named = Canonical::of(entry.functional_alias.as_str());
            let listed = user.functional_aliases.iter().find(|own| Canonical::of(own.as_str()) == named);
            //= 24.379-9A.2.2.2.3:4A
            wanted.push(listed.ok_or(Refusal::FunctionalAliasNotAllowed)?.clone());
        }
        //= 24.379-9A.2.2.2.3:5
        let expires = incoming.request.headers.number(&HeaderName::Expires).ok().flatten();
        let expires =
            expires.filter(|expires| matches!(*expires, 0 | FOR_EVER)).ok_or(Refusal::AffiliationExpires)?;
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::SipEtag, self.token());
        response.headers.push(HeaderName::Expires, expires.to_string());
        self.agent.respond(now, incoming.transaction, response);
        if expires == 0 {
            wanted.clear();
        }
        //= 24.379-9A.2.2.2:notify
        match document.p_id_fa {
            Some(p_id) => self.aliases.published.insert(own.mcptt_id.clone(), p_id),
            None => self.aliases.published.remove(&own.mcptt_id),
        };
        self.changed.insert(Watched::Affiliations(own.mcptt_id.clone()));
        self.want_aliases(now, own, &wanted);
        Ok(())
    }

    /// The aliases that a client wants, and its publication, for the store.
    pub(super) fn wanted_aliases(&self, key: &ClientKey) -> Vec<FunctionalAlias> {
        let own = self.aliases.of_client.get(key).into_iter().flatten();
        own.filter(|(_, status)| **status != FunctionalAliasStatus::Deactivating)
            .map(|(alias, _)| alias.clone())
            .collect()
    }

    /// Takes stored aliases up again.
    pub(super) fn restore_aliases(
        &mut self,
        key: &ClientKey,
        aliases: Vec<FunctionalAlias>,
        published: Option<ByteStr>,
    ) {
        if !aliases.is_empty() {
            let active = aliases.into_iter().map(|alias| (alias, FunctionalAliasStatus::Activated));
            self.aliases.of_client.insert(key.clone(), active.collect());
        }
        if let Some(published) = published {
            self.aliases.published.insert(key.mcptt_id.clone(), published);
        }
    }

    /// The service has ended for a client, and with it its aliases.
    pub(super) fn end_aliases(&mut self, now: Instant, key: &ClientKey) {
        self.want_aliases(now, key, &[]);
        self.aliases.published.remove(&key.mcptt_id);
    }

    /// Ends the aliases of a client that are not among these.
    pub(super) fn keep_aliases(&mut self, now: Instant, key: &ClientKey, allowed: &[FunctionalAlias]) {
        let mut wanted = self.wanted_aliases(key);
        let before = wanted.len();
        wanted.retain(|alias| allowed.contains(alias));
        if wanted.len() < before {
            self.want_aliases(now, key, &wanted);
        }
    }

    fn want_aliases(&mut self, now: Instant, key: &ClientKey, wanted: &[FunctionalAlias]) {
        let known = self.aliases.of_client.get(key).cloned().unwrap_or_default();
        for alias in known.keys().filter(|alias| !wanted.contains(alias)) {
            self.alias_moved(key, alias, Some(FunctionalAliasStatus::Deactivating));
            self.ask_for_alias(now, key, alias, false);
        }
        for alias in wanted.iter().filter(|alias| !known.contains_key(*alias)) {
            self.alias_moved(key, alias, Some(FunctionalAliasStatus::Activating));
            self.ask_for_alias(now, key, alias, true);
        }
    }

    fn ask_for_alias(&mut self, now: Instant, key: &ClientKey, alias: &FunctionalAlias, wanted: bool) {
        let controlling = self.directory.own_controlling();
        let own = self.identity.uri.clone();
        let mut request =
            service::request(Method::Publish, &controlling.identity, &own, &controlling.identity);
        service::assert_function(&mut request.headers, &own);
        request.headers.push(HeaderName::Event, "presence");
        let expires = if wanted { FOR_EVER } else { 0 };
        request.headers.push(HeaderName::Expires, expires.to_string());
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri(alias.0.clone()))),
            calling_user_id: Some(Content::Normal(key.mcptt_id.clone())),
            client_id: Some(Content::Normal(key.client_id.clone())),
            ..McpttInfo::default()
        };
        let state =
            FunctionalAliasState { functional_alias: alias.clone(), ..FunctionalAliasState::default() };
        let tuple = Tuple { functional_aliases: vec![state], ..Tuple::of_user(&key.mcptt_id) };
        let document = PresenceDocument {
            entity: alias.0.clone(),
            tuples: vec![tuple],
            p_id_fa: Some(self.token().into()),
            ..PresenceDocument::default()
        };
        request.set_parts(&[info_part(&info), presence_part(&document)]);
        let transaction = self.agent.request(now, request, controlling.address);
        let pending = Pending::FunctionalAlias { client: key.clone(), alias: alias.clone(), wanted };
        self.pending.insert(transaction, pending);
    }

    pub(super) fn alias_answered(
        &mut self,
        key: &ClientKey,
        alias: &FunctionalAlias,
        wanted: bool,
        response: &Response,
    ) {
        let activated = wanted && response.status.is_success();
        self.alias_moved(key, alias, activated.then_some(FunctionalAliasStatus::Activated));
    }

    /// `None`: the alias is no longer active.
    fn alias_moved(&mut self, key: &ClientKey, alias: &FunctionalAlias, to: Option<FunctionalAliasStatus>) {
        let own = self.aliases.of_client.entry(key.clone()).or_default();
        let active = |status: &FunctionalAliasStatus| *status == FunctionalAliasStatus::Activated;
        let is = to.as_ref().is_some_and(active);
        let was = match to {
            Some(to) => own.insert(alias.clone(), to),
            None => own.remove(alias),
        };
        if own.is_empty() {
            self.aliases.of_client.remove(key);
        }
        self.clients.touch(key);
        self.changed.insert(Watched::Affiliations(key.mcptt_id.clone()));
        if is != was.as_ref().is_some_and(active) {
            self.event(Event::FunctionalAliasChanged {
                functional_alias: alias.clone(),
                mcptt_id: key.mcptt_id.clone(),
                client_id: key.client_id.clone(),
                active: is,
            });
        }
    }
}
