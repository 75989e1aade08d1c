//! Ad hoc group calls (TS 24.379 17.4): a group that exists for one call.
//!
//! The controlling function makes a document for it, out of what the caller, the service configuration and the profiles of the
//! participants say; from then on the call is a group call like any other.

mod alert;
mod change;
mod criteria;
mod set_up;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mcptt_codec::id::{CallRef, ClientId, GroupId, McpttId};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::McpttInfo;

use super::Controlling;
use super::session::Call;
use crate::adhoc;
use crate::bodies::Kind;
use crate::config::{Group, Member, User};
use crate::directory::{Canonical, Directory};

pub(super) use self::alert::AdhocAlerts;
pub(super) use self::criteria::Affiliated;
pub(super) use self::set_up::adhoc_form;

/// The groups that exist for one call each.
#[derive(Debug, Default)]
pub(super) struct AdhocGroups(BTreeMap<GroupId, AdhocGroup>);

#[derive(Clone, Debug)]
struct AdhocGroup {
    document: Arc<Group>,
    /// What finds participants beside those that were named.
    criteria: Option<ByteStr>,
    /// Those that were named.
    named: BTreeSet<McpttId>,
}

/// The document of a group, held for as long as it is looked at.
pub(super) struct Document {
    directory: Arc<Directory>,
    adhoc: Option<Arc<Group>>,
    group: GroupId,
}

impl Document {
    /// As [`Controlling::document`], where a call is being changed meanwhile.
    pub fn of(directory: &Arc<Directory>, adhoc: &AdhocGroups, group: &GroupId) -> Self {
        Self {
            directory: Arc::clone(directory),
            adhoc: adhoc.0.get(group).map(|known| Arc::clone(&known.document)),
            group: group.clone(),
        }
    }

    /// The document. `None`: there is none.
    pub fn get(&self) -> Option<&Group> {
        self.adhoc.as_deref().or_else(|| self.directory.group(self.group.as_str()))
    }
}

impl Controlling {
    /// The document of a group, also of one that exists for a call only.
    pub(super) fn document(&self, group: &GroupId) -> Document {
        Document::of(&self.directory, &self.adhoc_groups, group)
    }

    /// Whether a client counts as affiliated to a group: participants of an ad hoc group call do.
    pub(super) fn counts_as_affiliated(&self, group: &GroupId, user: &McpttId, client: &ClientId) -> bool {
        //= 24.379-17.4.2.2:16
        match self.adhoc_groups.0.get(group) {
            Some(adhoc) => adhoc.document.member(user).is_some(),
            None => self.is_affiliated(group, user, client),
        }
    }

    /// A body in the form of the group that it is about.
    pub(super) fn in_form_of(&self, group: &GroupId, info: McpttInfo) -> McpttInfo {
        if self.adhoc_groups.0.contains_key(group) { adhoc::own(info) } else { info }
    }

    /// The group that an ad hoc identity names.
    pub(super) fn adhoc_group_called(&self, target: &str) -> Option<GroupId> {
        let wanted = Canonical::of(target)?;
        self.adhoc_groups
            .0
            .keys()
            .find(|known| Canonical::of(known.as_str()).as_ref() == Some(&wanted))
            .cloned()
    }

    /// Nothing of the call is left, and of its group neither.
    pub(super) fn adhoc_over(&mut self, ended: &Call) {
        if ended.kind == Kind::Adhoc {
            self.adhoc_groups.0.remove(&ended.group);
            self.states.remove(&ended.group);
        }
    }

    /// The ad hoc group calls whose participants are found by criteria.
    fn calls_by_criteria(&self) -> Vec<(CallRef, GroupId, ByteStr)> {
        let groups = self.adhoc_groups.0.iter();
        let by_criteria = groups.filter_map(|(group, own)| {
            Some((self.running_call_of(group)?, group.clone(), own.criteria.clone()?))
        });
        by_criteria.collect()
    }
}

/// The entry of a participant.
fn entry(mcptt_id: &McpttId, user: Option<&User>) -> Member {
    Member {
        participant_type: user.and_then(|user| user.participant_type.clone()),
        emergency_call: true,
        imminent_peril_call: true,
        emergency_alert: true,
        conference_state: true,
        ..Member::new(mcptt_id.clone())
    }
}
