//! The refusals of discreet listening.

use super::{RefusalRow, function_not_allowed, local};

/// Why a request about discreet listening was refused. The answer does not tell those who may not ask what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DiscreetRefusal {
    /// The user may not listen to this group or user.
    DiscreetListeningNotAllowed,
    /// The user may not agree that this other one listens.
    DiscreetApprovalNotAllowed,
    /// Nobody agrees to what he has asked for himself.
    DiscreetApprovalByListener,
    /// There is no such request, or it has waited for too long.
    DiscreetListeningUnknown,
    /// As many requests and agreements are kept as there is room for.
    TooManyListenings,
}

impl DiscreetRefusal {
    /// Every refusal, in the order of the enumeration.
    pub const ALL: [Self; 5] = [
        Self::DiscreetListeningNotAllowed,
        Self::DiscreetApprovalNotAllowed,
        Self::DiscreetApprovalByListener,
        Self::DiscreetListeningUnknown,
        Self::TooManyListenings,
    ];

    /// The answer and the requirement behind it.
    pub const fn row(self) -> RefusalRow {
        match self {
            Self::DiscreetListeningNotAllowed | Self::DiscreetApprovalNotAllowed => {
                function_not_allowed("user authorisation", Some("22.179-discreet:authorised"))
            }
            Self::DiscreetApprovalByListener => {
                function_not_allowed("user authorisation", Some("22.179-discreet:dual"))
            }
            Self::DiscreetListeningUnknown => local(404),
            Self::TooManyListenings => local(480),
        }
    }
}
