//! The refusals of ad hoc group calls and alerts.

use super::{RefusalRow, bare, row};

/// Why a request for an ad hoc group call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AdhocRefusal {
    /// The participating function does not pass on ad hoc group calls of its users.
    AdhocNotRelayed,
    /// The profile of the user does not allow ad hoc group calls.
    AdhocNotAllowed,
    /// The called user does not take part in ad hoc group calls.
    AdhocParticipationNotAllowed,
    /// The priority indicators contradict each other.
    AdhocInvalidCombination,
    /// The user may not make an ad hoc group call an emergency.
    AdhocEmergencyNotAuthorised,
    /// The user may not end the emergency of the ad hoc group call.
    AdhocEmergencyCancelNotAuthorised,
    /// The controlling function knows no right of the user to ad hoc group calls.
    AdhocNotAuthorised,
    /// The service configuration does not allow ad hoc group calls.
    AdhocNotSupported,
    /// More participants are named than there may be.
    AdhocTooManyParticipants,
    /// Neither list nor criteria name anybody.
    AdhocNoParticipants,
    /// The user may not change who takes part.
    AdhocChangeNotAllowed,
    /// There would be more participants than there may be.
    AdhocTooManyAfterChange,
    /// The user may not send ad hoc emergency alerts.
    AdhocAlertNotAuthorised,
    /// The user may not cancel the ad hoc emergency alert.
    AdhocAlertCancelNotAuthorised,
}

impl AdhocRefusal {
    /// Every refusal, in the order of the enumeration.
    pub const ALL: [Self; 14] = [
        Self::AdhocNotRelayed,
        Self::AdhocNotAllowed,
        Self::AdhocParticipationNotAllowed,
        Self::AdhocInvalidCombination,
        Self::AdhocEmergencyNotAuthorised,
        Self::AdhocEmergencyCancelNotAuthorised,
        Self::AdhocNotAuthorised,
        Self::AdhocNotSupported,
        Self::AdhocTooManyParticipants,
        Self::AdhocNoParticipants,
        Self::AdhocChangeNotAllowed,
        Self::AdhocTooManyAfterChange,
        Self::AdhocAlertNotAuthorised,
        Self::AdhocAlertCancelNotAuthorised,
    ];

    /// The answer and the requirement behind it.
    pub const fn row(self) -> RefusalRow {
        match self {
            Self::AdhocNotRelayed => row(403, 184, "24.379-17.3.2.1.1:184"),
            Self::AdhocNotAllowed => row(403, 185, "24.379-17.3.2.1.1:185"),
            Self::AdhocParticipationNotAllowed => row(403, 188, "24.379-17.3.2.1.2:6"),
            Self::AdhocInvalidCombination => row(403, 150, "24.379-17.4.2.2:3A"),
            // These are told by the mcptt-info body, not by a warning.
            Self::AdhocEmergencyNotAuthorised | Self::AdhocEmergencyCancelNotAuthorised => {
                bare(403, "24.379-6.3.3.1.14")
            }
            Self::AdhocAlertNotAuthorised | Self::AdhocAlertCancelNotAuthorised => bare(403, "24.379-12.1A"),
            Self::AdhocNotAuthorised => row(403, 185, "24.379-17.4.2.2:4"),
            Self::AdhocNotSupported => row(403, 186, "24.379-17.4.2.2:5"),
            Self::AdhocTooManyParticipants => row(403, 189, "24.379-17.4.2.2:6"),
            Self::AdhocNoParticipants => row(403, 187, "24.379-17.4.2.2:7"),
            Self::AdhocChangeNotAllowed => row(403, 190, "24.379-17.4.5.1.1:190"),
            Self::AdhocTooManyAfterChange => row(403, 189, "24.379-17.4.5.1.1:4"),
        }
    }
}
