//! Whether our users talk, for others who may know (TS 22.179 presence). The controlling functions of their groups are asked
//! while somebody watches; nobody is asked about a user whom nobody watches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::xml::affiliation::{AffiliationStatus, PresenceDocument, UserInput};

use super::Participating;
use super::affiliation_watch::Watch;
use super::subscription::Watched;
use crate::directory::Canonical;

/// The users that are watched, in the groups that have been asked about.
#[derive(Debug, Default)]
pub(super) struct Talking {
    /// The clients that a user talks on in a group.
    of: BTreeMap<(McpttId, GroupId), BTreeSet<ClientId>>,
    /// Users about whom more or less is to be asked.
    review: BTreeSet<McpttId>,
}

impl Talking {
    /// Who watches a user has changed, or the groups of the user have.
    pub fn note(&mut self, user: &McpttId) {
        self.review.insert(user.clone());
    }
}

impl Participating {
    /// Asks about the groups that the watched users are affiliated to, and about no others.
    pub(super) fn review_talking(&mut self, now: Instant) {
        for user in std::mem::take(&mut self.talking.review) {
            let wanted = match self.subscriptions.is_watched(&Watched::Presence(user.clone())) {
                true => self.affiliated_groups(&user),
                false => BTreeSet::new(),
            };
            let asked = self.watches.talking_of(&user);
            for group in asked.difference(&wanted) {
                self.talking.of.remove(&(user.clone(), group.clone()));
                self.unwatch(now, &Watch { user: user.clone(), group: group.clone(), talking: true });
            }
            for group in wanted.difference(&asked) {
                self.watch(now, Watch { user: user.clone(), group: group.clone(), talking: true });
            }
        }
    }

    /// A user whom somebody watches; after a restart the functions of its groups have to be asked again.
    pub(super) fn review_all_talking(&mut self) {
        let watched = self.subscriptions.resources().filter_map(|watched| match watched {
            Watched::Presence(user) => Some(user.clone()),
            _ => None,
        });
        self.talking.review.extend(watched);
    }

    fn affiliated_groups(&self, user: &McpttId) -> BTreeSet<GroupId> {
        let entries = self.affiliations.of_user(user).flat_map(|(_, groups)| groups);
        let affiliated = entries.filter(|(_, status, _)| *status == Some(AffiliationStatus::Affiliated));
        affiliated.map(|(group, ..)| group.clone()).collect()
    }

    /// A controlling function tells on which clients a user talks in one of its groups.
    pub(super) fn talking_told(&mut self, now: Instant, watch: &Watch, document: &PresenceDocument) {
        let user = Canonical::of(watch.user.as_str());
        let own = document.tuples.iter().filter(|tuple| Canonical::of(&tuple.id) == user);
        let entries = own.flat_map(|tuple| &tuple.affiliations);
        let talks = entries.filter(|entry| entry.user_input == Some(UserInput::Active));
        let clients: BTreeSet<ClientId> = talks.filter_map(|entry| entry.client.clone()).collect();
        let presence = Watched::Presence(watch.user.clone());
        if !self.subscriptions.is_watched(&presence) {
            // The last watcher has gone meanwhile.
            return self.talking.note(&watch.user);
        }
        let key = (watch.user.clone(), watch.group.clone());
        if self.talking.of.get(&key) != Some(&clients) {
            self.talking.of.insert(key, clients);
            self.subscriptions.changed_briefly(now, &presence);
        }
    }

    /// Adds to the document of a user in which of its groups it talks, as far as that is known and may be.
    pub(super) fn add_talking(&self, user: &McpttId, document: &mut PresenceDocument) {
        for tuple in &mut document.tuples {
            let client = ClientId(tuple.id.clone());
            //= 22.179-presence:talking
            if !self.directory.user_at(user, &client).is_some_and(|user| user.presence_status) {
                continue;
            }
            for entry in &mut tuple.affiliations {
                let Some(group) = entry.group.clone() else { continue };
                let clients = self.talking.of.get(&(user.clone(), group));
                entry.user_input = clients.map(|clients| match clients.contains(&client) {
                    true => UserInput::Active,
                    false => UserInput::Idle,
                });
            }
        }
    }
}
