//! Whom criteria find (TS 24.379 17.4): users and holders of aliases that they name, and who is affiliated to groups. Where the
//! node is one of several shards the groups are spread over them: each tells the others who is affiliated to those of its groups
//! that criteria name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};

use super::super::Controlling;
use crate::Output;
use crate::shard::Notice;

/// Who is affiliated to groups that criteria name.
#[derive(Debug, Default)]
pub(in crate::controlling) struct Affiliated {
    /// As other shards have told.
    elsewhere: BTreeMap<GroupId, BTreeSet<McpttId>>,
    /// Something has changed here since running calls have followed.
    moved: bool,
}

impl Controlling {
    /// The users that criteria name now.
    pub(super) fn found_by(&self, criteria: &str) -> BTreeSet<McpttId> {
        let config = &self.directory.config;
        let mut found = BTreeSet::new();
        for criterion in config.adhoc.criteria.iter().filter(|own| own.name.as_str() == criteria) {
            found.extend(criterion.users.iter().map(|user| self.known_spelling(user.clone())));
            for group in &criterion.groups {
                found.extend(self.affiliations.users_of(group));
                found.extend(self.affiliated.elsewhere.get(group).into_iter().flatten().cloned());
            }
            for alias in &criterion.functional_aliases {
                found.extend(self.aliases.holders(alias));
            }
        }
        found
    }

    /// A user is affiliated to a group, or perhaps no longer: calls whose participants criteria find follow, here and elsewhere.
    pub(in crate::controlling) fn affiliation_noted(&mut self, group: &GroupId, user: &McpttId) {
        let mut criteria = self.directory.config.adhoc.criteria.iter();
        if !criteria.any(|criterion| criterion.groups.contains(group)) {
            return;
        }
        self.affiliated.moved = true;
        if self.steering.is_some() {
            let affiliated = self.affiliations.of_user(group, user).next().is_some();
            let (group, mcptt_id) = (group.clone(), user.clone());
            self.out.push_back(Output::Told(Notice::Affiliated { group, mcptt_id, affiliated }));
        }
    }

    /// What another shard has told about a group of its own.
    pub fn note_affiliated(&mut self, now: Instant, group: GroupId, user: McpttId, affiliated: bool) {
        let known = self.affiliated.elsewhere.entry(group).or_default();
        let changed = if affiliated { known.insert(user) } else { known.remove(&user) };
        self.affiliated.elsewhere.retain(|_, users| !users.is_empty());
        self.affiliated.moved |= changed;
        self.drain(now);
    }

    /// Running calls follow what has changed.
    pub(in crate::controlling) fn review_criteria(&mut self, now: Instant) {
        if std::mem::take(&mut self.affiliated.moved) {
            self.follow_criteria(now);
        }
    }
}
