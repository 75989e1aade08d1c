//! Entries of lists: groups, users, servers, and what later releases hang on them.

use super::Label;
use crate::text::ByteStr;
use crate::xml::Element;
use crate::xml::namespaces::USER_PROFILE;
use crate::xml::record::{record, words};

record! {
    /// A list of entries.
    pub struct ListEntry {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `entry`: the entries in their order.
            many entries: Entry = USER_PROFILE "entry",
        }
    }
}

record! {
    /// A group, user or server.
    pub struct Entry {
        attributes {
            /// `entry-info`: how the entry is meant.
            optional entry_info: EntryInfo = "entry-info",
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `uri-entry`.
            optional uri_entry: ByteStr = USER_PROFILE "uri-entry",
            /// `display-name`.
            optional display_name: Label = USER_PROFILE "display-name",
            /// `anyExt`.
            many any_ext: EntryExt = USER_PROFILE "anyExt",
        }
    }
}

record! {
    /// `anyExt` of an entry.
    pub struct EntryExt {
        attributes {}
        elements {
            /// `PrivateCallKMSURI`: the key server of a user of another system.
            optional private_call_kms_uri: PrivateCallKmsUri = USER_PROFILE "PrivateCallKMSURI",
            /// `RelativePresentationPriority`, 0 to 255: the order in which groups are heard.
            optional relative_presentation_priority: u8 = USER_PROFILE "RelativePresentationPriority",
        }
    }
}

record! {
    /// `PrivateCallKMSURI`.
    pub struct PrivateCallKmsUri {
        attributes {}
        elements {
            /// `PrivateCallKMSURI` inside of it: the address.
            optional entry: PlainEntry = USER_PROFILE "PrivateCallKMSURI",
        }
    }
}

record! {
    /// An entry without `anyExt`.
    pub struct PlainEntry {
        attributes {
            /// `entry-info`.
            optional entry_info: EntryInfo = "entry-info",
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `uri-entry`.
            optional uri_entry: ByteStr = USER_PROFILE "uri-entry",
            /// `display-name`.
            optional display_name: Label = USER_PROFILE "display-name",
        }
    }
}

record! {
    /// A user that is reached without network.
    pub struct ProSeUser {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `DiscoveryGroupID`, hexadecimal.
            optional discovery_group_id: ByteStr = USER_PROFILE "DiscoveryGroupID",
            /// `User-Info-ID`, hexadecimal.
            optional user_info_id: ByteStr = USER_PROFILE "User-Info-ID",
        }
    }
}

record! {
    /// `anyExt`: what later releases added. Which `anyExt` holds what differs between them, so that each may
    /// hold everything.
    pub struct AnyExt {
        attributes {}
        elements {
            /// `RemoteGroupSelectionURIList`: users whose selected group the user may change.
            optional remote_group_selection_uri_list: ListEntry = USER_PROFILE "RemoteGroupSelectionURIList",
            /// `GroupServerInfo`: the servers of the groups.
            optional group_server_info: GroupServerInfo = USER_PROFILE "GroupServerInfo",
            /// `OffNetworkGroupServerInfo`.
            optional off_network_group_server_info: GroupServerInfo = USER_PROFILE "OffNetworkGroupServerInfo",
            /// `FunctionalAliasList`: the aliases that the user may activate.
            optional functional_alias_list: ListEntry = USER_PROFILE "FunctionalAliasList",
            /// `IncomingPrivateCallList`: users that may call the user. Name not certain.
            optional incoming_private_call_list: ListEntry = USER_PROFILE "IncomingPrivateCallList",
            /// `max-simultaneous-authorizations`: clients of the user that may be in service at a time.
            optional max_simultaneous_authorizations: u32 = USER_PROFILE "max-simultaneous-authorizations",
            /// `user-max-simultaneous-authorizations`: the same, as the profile of the user sets it.
            optional user_max_simultaneous_authorizations: u32 = USER_PROFILE "user-max-simultaneous-authorizations",
        }
    }
}

/// A list of those to whom private calls are forwarded (Release 17).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardingList {
    /// Local name of its element, which says for which calls it holds.
    pub name: ByteStr,
    /// The targets in their order.
    pub targets: Vec<ForwardingTarget>,
}

/// One to whom private calls are forwarded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardingTarget {
    /// `uri-entry`: an MCPTT ID or a functional alias.
    pub uri: ByteStr,
    /// `display-name`.
    pub display_name: Option<ByteStr>,
}

impl AnyExt {
    /// The forwarding lists. Releases and sources differ in what they call them, so that every element counts whose
    /// name holds "forwarding" and ends in "list", whatever its capitals; the elements themselves stay in `extra`, as
    /// they came. Entries without an address are left out.
    pub fn forwarding_lists(&self) -> impl Iterator<Item = ForwardingList> {
        let is_list = |element: &&Element| {
            let name = element.name.local.to_ascii_lowercase();
            name.contains("forwarding") && name.ends_with("list")
        };
        self.extra.children.iter().filter(is_list).map(|list| {
            let entries = list.elements().filter(|entry| entry.name.local.as_str() == "entry");
            ForwardingList { name: list.name.local.clone(), targets: entries.filter_map(target).collect() }
        })
    }
}

fn target(entry: &Element) -> Option<ForwardingTarget> {
    let child =
        |local| entry.elements().find(|child| child.name.local.as_str() == local).map(Element::own_text);
    let uri = child("uri-entry").filter(|uri| !uri.is_empty())?;
    Some(ForwardingTarget { uri, display_name: child("display-name") })
}

record! {
    /// `GroupServerInfo`.
    pub struct GroupServerInfo {
        attributes {}
        elements {
            /// `GMS-Serv-Id`: group management servers.
            optional gms_serv_id: ListEntry = USER_PROFILE "GMS-Serv-Id",
            /// `IDMS-token-endpoint`: identity management servers.
            optional idms_token_endpoint: ListEntry = USER_PROFILE "IDMS-token-endpoint",
            /// `KMS-URI`: key management servers.
            optional kms_uri: ListEntry = USER_PROFILE "KMS-URI",
        }
    }
}

words! {
    /// How the target of an emergency is found.
    EntryInfo {
        /// The group that the user has selected, if it is a group call; else the group of the entry.
        UseCurrentlySelectedGroup = "UseCurrentlySelectedGroup",
        /// Only the group of the entry.
        DedicatedGroup = "DedicatedGroup",
        /// The user of the entry.
        UsePreConfigured = "UsePreConfigured",
        /// A user that the client chooses.
        LocallyDetermined = "LocallyDetermined",
    }
}
