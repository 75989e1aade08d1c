//! Users whose documents change, and the profiles that their clients select (TS 24.379 7.3.4).

use std::time::Instant;

use mcptt_codec::id::{ClientId, GroupId, McpttId};

use super::{ClientKey, Participating};
use crate::config::User;
use crate::event::EndCause;

impl Participating {
    /// The profile of a user is another one. What is no longer allowed ends, what is new with it begins.
    pub fn user_changed(&mut self, now: Instant, user: &McpttId) {
        for key in self.clients_of(user) {
            self.follow_rules(now, &key);
        }
        self.drain(now);
    }

    /// A user is ours no longer.
    pub fn user_gone(&mut self, now: Instant, user: &McpttId) {
        for key in self.clients_of(user) {
            self.end_service(now, &key, EndCause::Removed);
        }
        self.drain(now);
    }

    fn clients_of(&self, user: &McpttId) -> Vec<ClientKey> {
        self.clients.of_user(user).map(|(key, _)| key.clone()).collect()
    }

    /// The rules for a client: those of the profile that it has selected.
    pub(super) fn rules_of(&self, key: &ClientKey) -> Option<&User> {
        self.directory.user_at(&key.mcptt_id, &key.client_id)
    }

    /// A client wants to be served by this profile of its user. True if the rules will change with it.
    pub(super) fn select_profile(&mut self, key: &ClientKey, profile: u8) -> bool {
        //= 24.484-profile
        let known = self.directory.user(key.mcptt_id.as_str()).and_then(|user| user.profile_of(profile));
        if known.is_none() || self.rules_of(key).is_some_and(|present| present.profile == profile) {
            return false;
        }
        if let Some(client) = self.clients.get_mut(key) {
            client.profile = Some(profile);
        }
        self.selected_profiles.push((key.mcptt_id.clone(), key.client_id.clone(), Some(profile)));
        true
    }

    /// A client that is served no longer has selected nothing.
    pub(super) fn forget_profile(&mut self, key: &ClientKey) {
        self.selected_profiles.push((key.mcptt_id.clone(), key.client_id.clone(), None));
    }

    /// The rules for a client are other ones: what they do not allow ends, what is new with them begins.
    pub fn profile_selected(&mut self, now: Instant, user: &McpttId, client: &ClientId) {
        let key = ClientKey { mcptt_id: user.clone(), client_id: client.clone() };
        if self.clients.get(&key).is_some() {
            self.follow_rules(now, &key);
            self.drain(now);
        }
    }

    fn follow_rules(&mut self, now: Instant, key: &ClientKey) {
        self.keep_allowed(now, key);
        //= 24.379-7.3.4:profile
        self.affiliate_implicitly(now, key);
    }

    /// The profiles that are to be used from now on.
    pub fn take_selected(&mut self) -> Vec<(McpttId, ClientId, Option<u8>)> {
        std::mem::take(&mut self.selected_profiles)
    }

    /// Ends affiliations and aliases that the profile does not allow.
    fn keep_allowed(&mut self, now: Instant, key: &ClientKey) {
        let Some(user) = self.rules_of(key) else { return };
        let (aliases, allowed) = (user.functional_aliases.clone(), user.affiliation_groups.clone());
        self.keep_aliases(now, key, &aliases);
        let wanted = self.wanted_groups(key);
        let Some(allowed) = allowed else { return };
        let gone: Vec<GroupId> = wanted.into_iter().filter(|group| !allowed.contains(group)).collect();
        for group in gone {
            self.end_affiliation_to(now, key, &group);
        }
    }
}
