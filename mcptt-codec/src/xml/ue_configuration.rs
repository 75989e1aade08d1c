//! UE configuration (TS 24.484 8.2): what the user equipment of a user may do.

use super::namespaces::UE_CONFIG;
use super::record::{ElementValue, Label, document, record};
pub use super::ue_id::{ImeiRange, SnrRange, UeId};
use super::{XmlError, writer};
use crate::id::GroupId;
use crate::text::ByteStr;

record! {
    /// The document.
    pub struct UeConfiguration {
        attributes {
            /// `domain` of the organisation.
            required domain: ByteStr = "domain",
            /// `XUI-URI`: whose document it is.
            optional xui_uri: ByteStr = "XUI-URI",
            /// `Instance-ID-URN` of the user equipment.
            optional instance_id_urn: ByteStr = "Instance-ID-URN",
        }
        elements {
            /// `mcptt-UE-id`. None: for all user equipment of the organisation.
            many ue_ids: UeId = UE_CONFIG "mcptt-UE-id",
            /// `name`.
            many names: Label = UE_CONFIG "name",
            /// `common`.
            optional common: Common = UE_CONFIG "common",
            /// `on-network`.
            optional on_network: OnNetwork = UE_CONFIG "on-network",
        }
    }
}

record! {
    /// `common`.
    pub struct Common {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `private-call`.
            optional private_call: PrivateCall = UE_CONFIG "private-call",
            /// `MCPTT-Group-Call`.
            optional group_call: GroupCall = UE_CONFIG "MCPTT-Group-Call",
        }
    }
}

record! {
    /// `private-call`.
    pub struct PrivateCall {
        attributes {}
        elements {
            /// `Max-Simul-Call-N10`: private calls at a time.
            optional max_simul_call_n10: u32 = UE_CONFIG "Max-Simul-Call-N10",
        }
    }
}

record! {
    /// `MCPTT-Group-Call`.
    pub struct GroupCall {
        attributes {}
        elements {
            /// `Max-Simul-Call-N4`: group calls at a time.
            optional max_simul_call_n4: u32 = UE_CONFIG "Max-Simul-Call-N4",
            /// `Max-Simul-Trans-N5`: talkers heard at a time.
            optional max_simul_trans_n5: u32 = UE_CONFIG "Max-Simul-Trans-N5",
            /// `Prioritized-MCPTT-Group`.
            optional prioritized_groups: PrioritizedGroups = UE_CONFIG "Prioritized-MCPTT-Group",
        }
    }
}

record! {
    /// `Prioritized-MCPTT-Group`.
    pub struct PrioritizedGroups {
        attributes {}
        elements {
            /// `MCPTT-Group-Priority`.
            many group_priorities: GroupPriority = UE_CONFIG "MCPTT-Group-Priority",
        }
    }
}

record! {
    /// `MCPTT-Group-Priority`.
    pub struct GroupPriority {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `MCPTT-Group-ID`.
            required group_id: GroupId = UE_CONFIG "MCPTT-Group-ID",
            /// `group-priority-hierarchy`: the rank of the group.
            optional group_priority_hierarchy: u32 = UE_CONFIG "group-priority-hierarchy",
        }
    }
}

record! {
    /// `on-network`.
    pub struct OnNetwork {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `IPv6Preferred`.
            optional ipv6_preferred: bool = UE_CONFIG "IPv6Preferred",
            /// `Relay-Service`: whether others are reached through this user equipment.
            optional relay_service: bool = UE_CONFIG "Relay-Service",
            /// `Relayed-MCPTT-Group`.
            many relayed_groups: RelayedGroup = UE_CONFIG "Relayed-MCPTT-Group",
        }
    }
}

record! {
    /// `Relayed-MCPTT-Group`.
    pub struct RelayedGroup {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `MCPTT-Group-ID`.
            required group_id: GroupId = UE_CONFIG "MCPTT-Group-ID",
            /// `Relay-Service-Code`.
            optional relay_service_code: ByteStr = UE_CONFIG "Relay-Service-Code",
        }
    }
}

impl UeConfiguration {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, `domain` or a group identity missing, an element twice that may
    /// occur once, or a value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        document(body, UE_CONFIG, "mcptt-UE-configuration")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(UE_CONFIG.name("mcptt-UE-configuration")), &[UE_CONFIG])
    }
}
