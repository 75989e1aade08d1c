//! UE initial configuration (TS 24.484 7.2): what user equipment needs before anybody has logged in.
//!
//! Elements are those of Release 13; later releases share the document between the mission critical services
//! and add to it, which is kept.

use super::namespaces::UE_INIT_CONFIG;
use super::record::{ElementValue, Label, document, record};
pub use super::ue_id::{ImeiRange, SnrRange, UeId};
use super::{XmlError, writer};
use crate::text::ByteStr;

mod network;
mod off_network;

pub use network::{
    AppServerInfo, Hplmn, OnNetwork, OnNetworkExt, OnNetworkTimers, PlmnService, ServiceDetails,
    TlsTunnelAuthMethod, Vplmn,
};
pub use off_network::{OffNetwork, OffNetworkCounters, OffNetworkTimers};

record! {
    /// The document.
    pub struct UeInitialConfiguration {
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
            many ue_ids: UeId = UE_INIT_CONFIG "mcptt-UE-id",
            /// `name`.
            many names: Label = UE_INIT_CONFIG "name",
            /// `Default-user-profile`: used when nobody has logged in.
            many default_user_profiles: DefaultUserProfile = UE_INIT_CONFIG "Default-user-profile",
            /// `on-network`.
            optional on_network: OnNetwork = UE_INIT_CONFIG "on-network",
            /// `off-network`.
            optional off_network: OffNetwork = UE_INIT_CONFIG "off-network",
        }
    }
}

record! {
    /// `Default-user-profile`.
    pub struct DefaultUserProfile {
        attributes {
            /// `User-ID`: the default user.
            required user_id: ByteStr = "User-ID",
            /// `user-profile-index`.
            required user_profile_index: u8 = "user-profile-index",
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
        }
    }
}

impl UeInitialConfiguration {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, `domain` missing, an element twice that may occur once, or a
    /// value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        document(body, UE_INIT_CONFIG, "mcptt-UE-initial-configuration")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(UE_INIT_CONFIG.name("mcptt-UE-initial-configuration")), &[UE_INIT_CONFIG])
    }
}
