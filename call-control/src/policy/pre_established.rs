//! The refusals of pre-established sessions and of calls over them.

use super::{RefusalRow, bare, function_not_allowed, local, row};

/// Why a request about a pre-established session was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SessionRefusal {
    /// There is no room for another session.
    SessionOverload,
    /// The user may not have pre-established sessions.
    SessionNotAllowed,
    /// The client holds as many sessions as it may.
    TooManySessions,
    /// Nobody says that the access of the client shares resources between its sessions.
    ResourcesNotShared,
    /// The offer of a session, or its modification, lacks an audio or a floor control stream that can be used.
    SessionMediaMissing,
    /// A REFER names a session that is none of the client's.
    SessionUnknown,
    /// A REFER for a call over a session that a call uses already.
    SessionInUse,
    /// A REFER with several entries has no callee.
    SeveralEntries,
    /// A REFER asks for the end of a call that does not use the session.
    NoSuchCall,
    /// A REFER asks for a request that this function does not send.
    MethodNotServed,
}

impl SessionRefusal {
    /// Every refusal, in the order of the enumeration.
    pub const ALL: [Self; 10] = [
        Self::SessionOverload,
        Self::SessionNotAllowed,
        Self::TooManySessions,
        Self::ResourcesNotShared,
        Self::SessionMediaMissing,
        Self::SessionUnknown,
        Self::SessionInUse,
        Self::SeveralEntries,
        Self::NoSuchCall,
        Self::MethodNotServed,
    ];

    /// The answer and the requirement behind it.
    pub const fn row(self) -> RefusalRow {
        match self {
            Self::SessionOverload => bare(500, "24.379-8.2.2:1"),
            Self::SessionNotAllowed => {
                function_not_allowed("pre-established session not supported", Some("24.379-8.2.2:2"))
            }
            Self::TooManySessions => function_not_allowed("local policy", Some("24.379-8.2.2:2")),
            Self::ResourcesNotShared => {
                function_not_allowed("pre-established session not supported", Some("24.379-8.1A"))
            }
            Self::SessionMediaMissing => bare(488, "24.379-8.2.2:6"),
            Self::SessionUnknown => bare(481, "RFC3261-481"),
            // The client sees the Connect of the other call, or has seen it: it may ask again when that has ended.
            Self::SessionInUse => local(491),
            Self::SeveralEntries => row(403, 145, "24.379-10.1.1.3.1.2:multi"),
            Self::NoSuchCall => bare(404, "24.379-11.1.3.2.1.2:server"),
            Self::MethodNotServed => local(501),
        }
    }
}
