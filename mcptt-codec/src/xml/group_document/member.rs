//! The member list of a group.

use super::{Label, Present};
use crate::id::McpttId;
use crate::text::ByteStr;
use crate::xml::namespaces::{GROUP_INFO, LIST_SERVICE, RESOURCE_LISTS};
use crate::xml::record::record;

record! {
    /// `list`: the members.
    pub struct List {
        attributes {}
        elements {
            /// `entry`: the members in their order.
            many entries: Entry = LIST_SERVICE "entry",
        }
    }
}

record! {
    /// `entry`: a member.
    pub struct Entry {
        attributes {
            /// `uri`: the member.
            required uri: McpttId = "uri",
        }
        elements {
            /// `display-name`.
            optional display_name: Label = RESOURCE_LISTS "display-name" | LIST_SERVICE,
            /// `user-priority`: the highest floor priority that the member may ask for, 0 to 255.
            optional user_priority: u8 = GROUP_INFO "user-priority",
            /// `participant-type`: what the member is in the group, for instance a dispatcher.
            optional participant_type: ByteStr = GROUP_INFO "participant-type",
            /// `on-network-required`: an acknowledged call set-up waits for the member.
            optional on_network_required: Present = GROUP_INFO "on-network-required",
            /// `on-network-recvonly`: the member does not talk.
            optional on_network_recvonly: Present = GROUP_INFO "on-network-recvonly",
            /// `multi-talker-allowed`: the member may talk while others do, in a group with multi-talker
            /// control (Release 15).
            optional multi_talker_allowed: Present = GROUP_INFO "multi-talker-allowed",
        }
    }
}

impl Entry {
    /// A member without properties.
    pub fn of(uri: impl Into<McpttId>) -> Self {
        Self { uri: uri.into(), ..Self::default() }
    }

    /// The highest floor priority of the member; absent is the lowest.
    pub fn priority(&self) -> u8 {
        self.user_priority.unwrap_or(0)
    }

    /// Whether an acknowledged call set-up waits for the member; absent is no.
    pub fn is_required(&self) -> bool {
        self.on_network_required.is_some()
    }

    /// Whether the member only listens; absent is no.
    pub fn is_receive_only(&self) -> bool {
        self.on_network_recvonly.is_some()
    }

    /// Whether the member may talk while others do; absent is no.
    pub fn may_talk_with_others(&self) -> bool {
        self.multi_talker_allowed.is_some()
    }
}
