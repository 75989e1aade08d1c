//! The refusals of regroups.

use super::{RefusalRow, bare, function_not_allowed, row};

/// Why a request for a regroup was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RegroupRefusal {
    /// The user may not make or end regroups.
    RegroupNotAllowed,
    /// The preconfigured group is not served here.
    PreconfiguredGroupNotServed,
    /// There is a group or a regroup of this identity already.
    RegroupIdInUse,
    /// The regroup is in an emergency, and the user may not end it.
    RegroupInEmergency,
    /// There is no such regroup.
    RegroupUnknown,
    /// The group has an emergency of its own in progress: it is not made part of a regroup.
    GroupInEmergency,
}

impl RegroupRefusal {
    /// Every refusal, in the order of the enumeration.
    pub const ALL: [Self; 6] = [
        Self::RegroupNotAllowed,
        Self::PreconfiguredGroupNotServed,
        Self::RegroupIdInUse,
        Self::RegroupInEmergency,
        Self::RegroupUnknown,
        Self::GroupInEmergency,
    ];

    /// The answer and the requirement behind it.
    pub const fn row(self) -> RefusalRow {
        match self {
            Self::RegroupNotAllowed => function_not_allowed("user authorisation", Some("24.379-16.2.2.1")),
            Self::PreconfiguredGroupNotServed => bare(480, "24.379-16.2.3.1:2"),
            Self::RegroupIdInUse => row(403, 165, "24.379-16.2.3.1:3"),
            Self::RegroupInEmergency => row(403, 169, "24.379-16.2.3.2:2"),
            Self::RegroupUnknown => row(403, 163, "24.379-16.2.3.2:3"),
            Self::GroupInEmergency => function_not_allowed("local policy", Some("24.379-16.2.4")),
        }
    }
}
