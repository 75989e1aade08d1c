//! Whose calls are recorded: a choice of the operator, which no document can take back.

use std::collections::BTreeSet;

use mcptt_codec::id::{GroupId, McpttId};

use super::Group;
use crate::directory::Canonical;

/// Whose calls are recorded. Empty: nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingPolicy {
    /// The groups; a temporary group is recorded with any of the groups that it was formed of.
    pub groups: BTreeSet<GroupId>,
    /// Users whose calls with other users are recorded, whoever of the two has called.
    pub users: BTreeSet<McpttId>,
}

impl RecordingPolicy {
    /// Whether anything is recorded at all.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.users.is_empty()
    }

    /// Whether the calls of this group are.
    pub(crate) fn is_group_recorded(&self, group: &Group) -> bool {
        std::iter::once(&group.group_id).chain(&group.constituents).any(|id| self.groups.contains(id))
    }

    /// Whether the calls between these users are.
    pub(crate) fn is_user_recorded<'a>(&self, users: impl IntoIterator<Item = &'a McpttId>) -> bool {
        if self.users.is_empty() {
            return false;
        }
        let recorded: Vec<_> = self.users.iter().map(|user| Canonical::of(user.as_str())).collect();
        users.into_iter().map(|user| Canonical::of(user.as_str())).any(|user| recorded.contains(&user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_their_temporary_groups_and_users_are_recorded_and_nobody_else() {
        let policy = RecordingPolicy {
            groups: [GroupId::from("sip:fire@mc.example.org")].into(),
            users: [McpttId::from("sip:alice@mc.example.org")].into(),
        };
        let mut temporary = Group::prearranged("sip:tmp@mc.example.org", Vec::new());
        assert!(!policy.is_group_recorded(&temporary));
        temporary.constituents = vec!["sip:police@mc.example.org".into(), "sip:fire@mc.example.org".into()];
        assert!(policy.is_group_recorded(&temporary));
        assert!(policy.is_group_recorded(&Group::prearranged("sip:fire@mc.example.org", Vec::new())));
        let users = |names: [&str; 2]| names.map(McpttId::from);
        assert!(policy.is_user_recorded(&users(["sip:bob@mc.example.org", "sip:alice@MC.example.org"])));
        assert!(!policy.is_user_recorded(&users(["sip:bob@mc.example.org", "sip:carol@mc.example.org"])));
        assert!(RecordingPolicy::default().is_empty() && !policy.is_empty());
    }
}
