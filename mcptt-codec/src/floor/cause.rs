//! Reject Cause (TS 24.380 8.2.3.4): one field, two number spaces.

use std::fmt;

use crate::rtcp::{Notes, requirement};

/// Why a Floor Deny was sent (8.2.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct RejectCause(pub u16);

//= 24.380-8.2.6.2
impl RejectCause {
    /// Another client has the floor.
    pub const ANOTHER_CLIENT_HAS_PERMISSION: Self = Self(1);
    /// Internal error of the floor control server.
    pub const INTERNAL_ERROR: Self = Self(2);
    /// Nobody else is in the call.
    pub const ONLY_ONE_PARTICIPANT: Self = Self(3);
    /// The retry-after time T9 is still running.
    pub const RETRY_AFTER: Self = Self(4);
    /// The participant may only listen.
    pub const RECEIVE_ONLY: Self = Self(5);
    /// No resources.
    pub const NO_RESOURCES: Self = Self(6);
    /// The queue is full.
    pub const QUEUE_FULL: Self = Self(7);
    /// Any other reason.
    pub const OTHER: Self = Self(255);

    /// What the cause means, or `None` when it is not assigned and therefore counts as "other".
    pub const fn meaning(self) -> Option<&'static str> {
        Some(match self {
            Self::ANOTHER_CLIENT_HAS_PERMISSION => "another client has the floor",
            Self::INTERNAL_ERROR => "internal error of the floor control server",
            Self::ONLY_ONE_PARTICIPANT => "only one participant",
            Self::RETRY_AFTER => "retry-after time still running",
            Self::RECEIVE_ONLY => "participant is receive-only",
            Self::NO_RESOURCES => "no resources",
            Self::QUEUE_FULL => "queue full",
            Self::OTHER => "other",
            _ => return None,
        })
    }

    /// Notes a number outside of the list of Floor Deny.
    pub(super) fn note(self, notes: &mut Notes) {
        notes.add_if(self.meaning().is_none(), requirement::DENY_CAUSE);
    }
}

impl fmt::Display for RejectCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.meaning().unwrap_or("other"))
    }
}

/// Why a Floor Revoke was sent (8.2.10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct RevokeCause(pub u16);

//= 24.380-8.2.10.2
impl RevokeCause {
    /// Only one client is left in the call.
    pub const ONLY_ONE_CLIENT: Self = Self(1);
    /// The talk time is used up.
    pub const MEDIA_BURST_TOO_LONG: Self = Self(2);
    /// Media was sent without permission.
    pub const NO_PERMISSION: Self = Self(3);
    /// Somebody else took precedence.
    pub const PRE_EMPTED: Self = Self(4);
    /// No resources.
    pub const NO_RESOURCES: Self = Self(6);
    /// Another client asked for the revocation (Rel-19).
    pub const REVOKED_BY_ANOTHER_CLIENT: Self = Self(7);
    /// The number that a Rel-19 procedure prints for [`REVOKED_BY_ANOTHER_CLIENT`](Self::REVOKED_BY_ANOTHER_CLIENT);
    /// accepted, never sent.
    pub const REVOKED_BY_ANOTHER_CLIENT_IN_PROCEDURE: Self = Self(8);
    /// Any other reason.
    pub const OTHER: Self = Self(255);

    /// What the cause means, or `None` when it is not assigned and therefore counts as "other".
    pub const fn meaning(self) -> Option<&'static str> {
        Some(match self {
            Self::ONLY_ONE_CLIENT => "only one client left",
            Self::MEDIA_BURST_TOO_LONG => "talk time used up",
            Self::NO_PERMISSION => "media sent without permission",
            Self::PRE_EMPTED => "pre-empted",
            Self::NO_RESOURCES => "no resources",
            Self::REVOKED_BY_ANOTHER_CLIENT | Self::REVOKED_BY_ANOTHER_CLIENT_IN_PROCEDURE => {
                "revoked at the request of another client"
            }
            Self::OTHER => "other",
            _ => return None,
        })
    }

    /// Notes a number outside of the list of Floor Revoke, and the one that only a procedure prints.
    pub(super) fn note(self, notes: &mut Notes) {
        notes.add_if(self.meaning().is_none(), requirement::REVOKE_CAUSE);
        //= 24.380-8.2.10.2:eight
        let printed_by_procedure = self == Self::REVOKED_BY_ANOTHER_CLIENT_IN_PROCEDURE;
        notes.add_if(printed_by_procedure, requirement::REVOKE_CAUSE_EIGHT);
    }
}

impl fmt::Display for RevokeCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.meaning().unwrap_or("other"))
    }
}
