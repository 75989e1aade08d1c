//! Who is active under which functional alias: the truth (TS 24.379 9A.2.2.3).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{ClientId, FunctionalAlias, McpttId};
use mcptt_codec::sip::{HeaderName, Response, StatusCode};
use mcptt_codec::xml::affiliation::PresenceDocument;

use super::{Controlling, Incoming};
use crate::Output;
use crate::directory::Canonical;
use crate::durable::AliasRecord;
use crate::policy::Refusal;
use crate::service::{self, FOR_EVER};
use crate::shard::Notice;

/// The active aliases.
#[derive(Debug, Default)]
pub(super) struct ActiveAliases(BTreeMap<FunctionalAlias, BTreeSet<(McpttId, ClientId)>>);

impl ActiveAliases {
    /// How many users are active under an alias, `except` aside.
    fn others(&self, alias: &FunctionalAlias, except: &McpttId) -> usize {
        let users = self.0.get(alias).into_iter().flatten().map(|(user, _)| user);
        users.filter(|user| *user != except).collect::<BTreeSet<_>>().len()
    }

    /// The users that are active under the alias that a text names.
    pub fn holders_of(&self, text: &str) -> BTreeSet<McpttId> {
        let wanted = Canonical::of(text);
        let named = self.0.iter().filter(|(alias, _)| Canonical::of(alias.as_str()) == wanted);
        named.flat_map(|(_, active)| active.iter().map(|(user, _)| user.clone())).collect()
    }

    /// The users that are active under an alias.
    pub fn holders(&self, alias: &FunctionalAlias) -> BTreeSet<McpttId> {
        self.0.get(alias).into_iter().flatten().map(|(user, _)| user.clone()).collect()
    }

    /// Who is active under an alias.
    pub fn active(&self, alias: &FunctionalAlias) -> Option<&BTreeSet<(McpttId, ClientId)>> {
        self.0.get(alias)
    }

    /// The aliases under which a client is active.
    pub fn of_client(&self, user: &McpttId, client: &ClientId) -> Vec<FunctionalAlias> {
        let key = (user.clone(), client.clone());
        let own = self.0.iter().filter(|(_, active)| active.contains(&key));
        own.map(|(alias, _)| alias.clone()).collect()
    }
}

impl Controlling {
    /// PUBLISH of a participating function for one user, client and alias.
    pub(super) fn publish_functional_alias(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        (user, client): (&McpttId, &ClientId),
        document: &PresenceDocument,
    ) -> Result<(), Refusal> {
        let states = document.tuples.iter().flat_map(|tuple| &tuple.functional_aliases);
        let alias = states.map(|state| &state.functional_alias).next().ok_or(Refusal::BodyUnreadable)?;
        let config = &self.directory.config;
        let expires = incoming.request.headers.number(&HeaderName::Expires).ok().flatten();
        let expires =
            expires.filter(|expires| matches!(*expires, 0 | FOR_EVER)).ok_or(Refusal::AffiliationExpires)?;
        // Given back is also what no profile knows any more.
        //= 24.379-9A.2.2.3
        if expires != 0 && !self.is_known_alias(alias) {
            return Err(Refusal::FunctionalAliasNotAllowed);
        }
        let limit = config.service.shared_functional_aliases.get(alias).copied().unwrap_or(1);
        if expires != 0 && self.aliases.others(alias, user) >= limit {
            return Err(Refusal::FunctionalAliasInUse);
        }
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::SipEtag, service::token(&mut self.rng));
        response.headers.push(HeaderName::Expires, expires.to_string());
        self.agent.respond(now, incoming.transaction, response);
        let key = (user.clone(), client.clone());
        self.touched.aliases.insert(alias.clone());
        let mut active = self.aliases.0.remove(alias).unwrap_or_default();
        match expires {
            0 => active.remove(&key),
            _ => active.insert(key),
        };
        self.tell_alias(alias.clone(), active.clone());
        self.set_alias(now, alias.clone(), active);
        Ok(())
    }

    /// Whether any profile has an alias.
    fn is_known_alias(&self, alias: &FunctionalAlias) -> bool {
        self.directory.config.users.iter().any(|user| user.functional_aliases.contains(alias))
    }

    /// Takes a stored alias up again, unless the documents have changed meanwhile.
    pub(super) fn restore_alias(&mut self, record: AliasRecord) {
        let AliasRecord { alias, active } = record;
        if !self.is_known_alias(&alias) {
            self.touched.aliases.insert(alias);
            return;
        }
        self.tell_alias(alias.clone(), active.clone());
        self.aliases.0.insert(alias, active);
    }

    fn set_alias(&mut self, now: Instant, alias: FunctionalAlias, active: BTreeSet<(McpttId, ClientId)>) {
        match active.is_empty() {
            true => self.aliases.0.remove(&alias),
            false => self.aliases.0.insert(alias, active),
        };
        self.follow_criteria(now);
    }

    /// Other shards know about the alias, too: their calls may be to it, or made under it.
    fn tell_alias(&mut self, alias: FunctionalAlias, active: BTreeSet<(McpttId, ClientId)>) {
        if self.steering.is_some() {
            self.out.push_back(Output::Told(Notice::Alias { alias, active }));
        }
    }

    /// What another shard knows about an alias, which is its own.
    pub fn note_alias(
        &mut self,
        now: Instant,
        alias: FunctionalAlias,
        active: BTreeSet<(McpttId, ClientId)>,
    ) {
        self.set_alias(now, alias, active);
        self.drain(now);
    }
}
