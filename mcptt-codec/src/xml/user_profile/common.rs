//! `Common`: what holds on and off the network.

use super::{AnyExt, Entry, Label, ProSeUser};
use crate::text::ByteStr;
use crate::xml::namespaces::USER_PROFILE;
use crate::xml::record::record;

record! {
    /// `Common`.
    pub struct Common {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `UserAlias`.
            many user_alias: UserAlias = USER_PROFILE "UserAlias",
            /// `MCPTTUserID`: the MCPTT ID.
            optional mcptt_user_id: Entry = USER_PROFILE "MCPTTUserID",
            /// `PrivateCall`.
            optional private_call: PrivateCall = USER_PROFILE "PrivateCall",
            /// `MCPTT-group-call`.
            optional group_call: GroupCall = USER_PROFILE "MCPTT-group-call",
            /// `MissionCriticalOrganization`: the organisation, sent as `mc-org`.
            optional mission_critical_organization: ByteStr = USER_PROFILE "MissionCriticalOrganization",
            /// `ParticipantType`: what the user is, for instance a dispatcher.
            optional participant_type: ByteStr = USER_PROFILE "ParticipantType",
            /// `anyExt`.
            many any_ext: AnyExt = USER_PROFILE "anyExt",
        }
    }
}

record! {
    /// `UserAlias`.
    pub struct UserAlias {
        attributes {}
        elements {
            /// `alias-entry`.
            many alias_entries: Label = USER_PROFILE "alias-entry",
        }
    }
}

record! {
    /// `PrivateCall`.
    pub struct PrivateCall {
        attributes {}
        elements {
            /// `PrivateCallList`: whom the user may call.
            optional private_call_list: PrivateCallList = USER_PROFILE "PrivateCallList",
            /// `EmergencyCall`: whom an emergency private call goes to.
            optional emergency_call: EmergencyCall = USER_PROFILE "EmergencyCall",
            /// `anyExt`.
            many any_ext: AnyExt = USER_PROFILE "anyExt",
        }
    }
}

record! {
    /// `PrivateCallList`.
    pub struct PrivateCallList {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `PrivateCallURI`: users.
            many private_call_uris: Entry = USER_PROFILE "PrivateCallURI",
            /// `PrivateCallProSeUser`: users that are reached without network.
            many private_call_pro_se_users: ProSeUser = USER_PROFILE "PrivateCallProSeUser",
        }
    }
}

record! {
    /// `MCPTT-group-call`.
    pub struct GroupCall {
        attributes {}
        elements {
            /// `MaxSimultaneousCallsN6`: group calls at a time.
            optional max_simultaneous_calls_n6: u32 = USER_PROFILE "MaxSimultaneousCallsN6",
            /// `EmergencyCall`: which group an emergency call goes to.
            optional emergency_call: EmergencyCall = USER_PROFILE "EmergencyCall",
            /// `ImminentPerilCall`: which group an imminent peril call goes to.
            optional imminent_peril_call: ImminentPerilCall = USER_PROFILE "ImminentPerilCall",
            /// `EmergencyAlert`: which group an emergency alert goes to.
            optional emergency_alert: EmergencyAlert = USER_PROFILE "EmergencyAlert",
            /// `Priority` of the user.
            optional priority: u16 = USER_PROFILE "Priority",
            /// `anyExt`.
            many any_ext: AnyExt = USER_PROFILE "anyExt",
        }
    }
}

record! {
    /// `EmergencyCall`: a group or a user.
    pub struct EmergencyCall {
        attributes {}
        elements {
            /// `MCPTTGroupInitiation`: the group, in `MCPTT-group-call`.
            optional group_initiation: GroupInitiation = USER_PROFILE "MCPTTGroupInitiation",
            /// `MCPTTPrivateRecipient`: the user, in `PrivateCall`.
            optional private_recipient: PrivateRecipient = USER_PROFILE "MCPTTPrivateRecipient",
        }
    }
}

record! {
    /// `ImminentPerilCall`.
    pub struct ImminentPerilCall {
        attributes {}
        elements {
            /// `MCPTTGroupInitiation`: the group.
            optional group_initiation: GroupInitiation = USER_PROFILE "MCPTTGroupInitiation",
        }
    }
}

record! {
    /// `EmergencyAlert`.
    pub struct EmergencyAlert {
        attributes {}
        elements {
            /// `entry`: the group, or the user for `PrivateEmergencyAlert`.
            optional entry: Entry = USER_PROFILE "entry",
        }
    }
}

record! {
    /// `MCPTTGroupInitiation`.
    pub struct GroupInitiation {
        attributes {}
        elements {
            /// `entry`.
            optional entry: Entry = USER_PROFILE "entry",
        }
    }
}

record! {
    /// `MCPTTPrivateRecipient`.
    pub struct PrivateRecipient {
        attributes {}
        elements {
            /// `entry`.
            optional entry: Entry = USER_PROFILE "entry",
            /// `ProSeUserID-entry`: the same user without network.
            optional pro_se_user: ProSeUser = USER_PROFILE "ProSeUserID-entry",
        }
    }
}
