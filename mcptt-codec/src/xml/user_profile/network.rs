//! `OnNetwork` and `OffNetwork`.

use super::{AnyExt, EmergencyAlert, ListEntry};
use crate::text::ByteStr;
use crate::xml::namespaces::USER_PROFILE;
use crate::xml::record::record;

record! {
    /// `OnNetwork`.
    pub struct OnNetwork {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `MCPTTGroupInfo`: groups that the user may be affiliated to.
            many group_info: ListEntry = USER_PROFILE "MCPTTGroupInfo",
            /// `MaxAffiliationsN2`: groups that the user may be affiliated to at a time.
            optional max_affiliations_n2: u32 = USER_PROFILE "MaxAffiliationsN2",
            /// `MaxSimultaneousTransmissionsN7`: talkers that the user may hear at a time.
            optional max_simultaneous_transmissions_n7: u32 = USER_PROFILE "MaxSimultaneousTransmissionsN7",
            /// `ImplicitAffiliations`: groups that the user is affiliated to at service authorisation.
            many implicit_affiliations: ListEntry = USER_PROFILE "ImplicitAffiliations",
            /// `PrivateEmergencyAlert`: the user that an emergency alert goes to.
            optional private_emergency_alert: EmergencyAlert = USER_PROFILE "PrivateEmergencyAlert",
            /// `anyExt`.
            many any_ext: AnyExt = USER_PROFILE "anyExt",
        }
    }
}

record! {
    /// `OffNetwork`.
    pub struct OffNetwork {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `MCPTTGroupInfo`: groups of the user.
            many group_info: ListEntry = USER_PROFILE "MCPTTGroupInfo",
            /// `User-Info-ID` of the user, hexadecimal.
            optional user_info_id: ByteStr = USER_PROFILE "User-Info-ID",
            /// `anyExt`.
            many any_ext: AnyExt = USER_PROFILE "anyExt",
        }
    }
}
