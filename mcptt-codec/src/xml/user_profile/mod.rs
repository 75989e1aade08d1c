//! User profiles (TS 24.484 8.3): what a user is, may do, and is affiliated to.
//!
//! A field is what the document says. A permission that no rule gives is not there. The permissions are listed
//! in [`user_action`].

use super::namespaces::{COMMON_POLICY, USER_PROFILE};
use super::record::{ElementValue, document, record};
use super::{XmlError, writer};
use crate::id::McpttId;
use crate::xml::common_policy::Ruleset;

mod common;
mod entry;
mod meaning;
mod network;
#[cfg(test)]
mod tests;

pub use super::common_policy::action::user as user_action;
pub use super::record::{Label, Present};
pub use common::{
    Common, EmergencyAlert, EmergencyCall, GroupCall, GroupInitiation, ImminentPerilCall, PrivateCall,
    PrivateCallList, PrivateRecipient, UserAlias,
};
pub use entry::{
    AnyExt, Entry, EntryExt, EntryInfo, ForwardingList, ForwardingTarget, GroupServerInfo, ListEntry,
    PlainEntry, PrivateCallKmsUri, ProSeUser,
};
pub use meaning::Target;
pub use network::{OffNetwork, OnNetwork};

record! {
    /// The document.
    pub struct UserProfile {
        attributes {
            /// `XUI-URI`: whose profile it is.
            required xui_uri: McpttId = "XUI-URI",
            /// `user-profile-index`: which of the profiles of the user.
            required user_profile_index: u8 = "user-profile-index",
        }
        elements {
            /// `Name` of the user.
            many names: Label = USER_PROFILE "Name",
            /// `Status`: whether the profile is enabled. It has to be there; no meaning of its absence is known.
            optional status: bool = USER_PROFILE "Status",
            /// `ProfileName`.
            many profile_names: Label = USER_PROFILE "ProfileName",
            /// `Pre-selected-indication`: the profile that is used when none is selected.
            optional pre_selected_indication: Present = USER_PROFILE "Pre-selected-indication",
            /// `Common`: what holds on and off the network. The schema allows several.
            many common: Common = USER_PROFILE "Common",
            /// `OffNetwork`. The schema allows several.
            many off_network: OffNetwork = USER_PROFILE "OffNetwork",
            /// `OnNetwork`. The schema allows several.
            many on_network: OnNetwork = USER_PROFILE "OnNetwork",
            /// `ruleset`: what the user may do.
            optional ruleset: Ruleset = COMMON_POLICY "ruleset",
            /// `anyExt`: what later releases added.
            many any_ext: AnyExt = USER_PROFILE "anyExt",
        }
    }
}

impl UserProfile {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, `XUI-URI` or `user-profile-index` missing, an element twice
    /// that may occur once, or a value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        document(body, USER_PROFILE, "mcptt-user-profile")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let root = self.write(USER_PROFILE.name("mcptt-user-profile"));
        writer::write(&root, &[USER_PROFILE, COMMON_POLICY])
    }
}
