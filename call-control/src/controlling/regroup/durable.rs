//! Regroups outlive the node: those that were made here, and those that groups of ours are part of.

use mcptt_codec::id::GroupId;
use mcptt_codec::xml::regroup::Regroup;

use super::super::Controlling;
use super::{Joined, Own, formed_group, named_groups};
use crate::durable::{Change, RegroupRecord, gone, put};

impl Controlling {
    /// The record of a regroup that was made here, once it stands.
    pub(in crate::controlling) fn regroup_change(&self, id: &GroupId) -> Option<Change> {
        let key = format!("regroup/{id}");
        let own = self.regroups.own.get(id).filter(|own| own.asking.is_none());
        let Some(own) = own else { return Some(gone(key, true)) };
        let (body, requester) = (own.body.to_xml(), own.requester.clone());
        put(key, &RegroupRecord { group: id.clone(), body, requester }, true)
    }

    /// The record of the regroup that a group of ours is part of.
    pub(in crate::controlling) fn joined_change(&self, group: &GroupId) -> Option<Change> {
        let key = format!("joined/{group}");
        let Some(joined) = self.regroups.joined.get(group) else { return Some(gone(key, true)) };
        let (body, requester) = (joined.body.to_xml(), joined.requester.clone());
        put(key, &RegroupRecord { group: group.clone(), body, requester }, true)
    }

    /// `None`: it cannot be read.
    pub(in crate::controlling) fn restore_regroup(&mut self, record: RegroupRecord) -> Option<()> {
        let body = Regroup::parse(record.body.as_bytes()).ok()?;
        let preconfigured = body.preconfigured_group.as_ref();
        let preconfigured = preconfigured.and_then(|group| self.directory.configured_group(group.as_str()));
        let Some(preconfigured) = preconfigured else {
            // The documents have changed meanwhile.
            self.touched.regroups.insert(record.group);
            return Some(());
        };
        let (groups, users) = (named_groups(&self.directory, &body), self.named_users(&body));
        let group = formed_group(preconfigured, &record.group, &groups, &users);
        let own = Own { body, group, requester: record.requester, asking: None };
        self.regroups.own.insert(record.group, own);
        Some(())
    }

    /// `None`: it cannot be read.
    pub(in crate::controlling) fn restore_joined(&mut self, record: RegroupRecord) -> Option<()> {
        let body = Regroup::parse(record.body.as_bytes()).ok()?;
        match self.directory.configured_group(record.group.as_str()) {
            Some(_) => {
                let joined = Joined { body, requester: record.requester };
                self.regroups.joined.insert(record.group, joined);
            }
            None => {
                self.touched.joined.insert(record.group);
            }
        }
        Some(())
    }
}
