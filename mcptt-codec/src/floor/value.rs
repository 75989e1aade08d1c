//! The small numbers of floor control fields. Every value that a peer can send survives, named or not.

use std::fmt;

use crate::floor::Subtype;

/// Floor Priority (8.2.3.2): 0 is the lowest and the default, 255 the highest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct FloorPriority(pub u8);

impl FloorPriority {
    /// The priority of a request that states none.
    pub const NORMAL: Self = Self(0);
    /// The highest priority there is.
    pub const HIGHEST: Self = Self(255);
}

impl fmt::Display for FloorPriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Position in the queue (8.2.3.5): 1 is next in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct QueuePosition(pub u8);

impl QueuePosition {
    /// First in the queue.
    pub const NEXT: Self = Self(1);
    /// The participant is not queued.
    //= 24.380-8.2.3.5:254
    pub const NOT_QUEUED: Self = Self(254);
    /// Queued, but the position is not known or not told.
    pub const UNKNOWN: Self = Self(255);

    /// Whether this says that the participant is not queued; some servers say so with 0.
    pub const fn is_not_queued(self) -> bool {
        self.0 == Self::NOT_QUEUED.0 || self.0 == 0
    }
}

impl fmt::Display for QueuePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UNKNOWN => f.write_str("queued"),
            position if position.is_not_queued() => f.write_str("not queued"),
            Self(position) => write!(f, "{position}"),
        }
    }
}

/// Queue Info (8.2.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct QueueInfo {
    /// Where the request stands.
    pub position: QueuePosition,
    /// Priority of the queued request, same scale as [`FloorPriority`].
    pub priority: FloorPriority,
}

/// Permission to Request the Floor (8.2.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct PermissionToRequest(pub u16);

impl PermissionToRequest {
    /// The receiver may not request the floor.
    pub const NO: Self = Self(0);
    /// The receiver may request the floor.
    pub const YES: Self = Self(1);

    /// What the value says, or `None` when it is not assigned.
    pub const fn as_bool(self) -> Option<bool> {
        match self {
            Self::NO => Some(false),
            Self::YES => Some(true),
            _ => None,
        }
    }
}

impl From<bool> for PermissionToRequest {
    fn from(permitted: bool) -> Self {
        if permitted { Self::YES } else { Self::NO }
    }
}

/// Message Sequence Number (8.2.3.10): grows by one per originated message, 65535 is followed by 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct MessageSequenceNumber(pub u16);

impl MessageSequenceNumber {
    /// The number of the next message.
    //= 24.380-8.2.3.10
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Whether this number was given out after `other`: less than half the circle ahead of it.
    pub const fn newer_than(self, other: Self) -> bool {
        let ahead = self.0.wrapping_sub(other.0);
        ahead != 0 && ahead < 0x8000
    }
}

impl fmt::Display for MessageSequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Source of a Floor Ack (8.2.3.12): the role of its sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Source(pub u16);

//= 24.380-8.2.3.12
impl Source {
    /// Floor participant.
    pub const FLOOR_PARTICIPANT: Self = Self(0);
    /// Participating MCPTT function.
    pub const PARTICIPATING: Self = Self(1);
    /// Controlling MCPTT function.
    pub const CONTROLLING: Self = Self(2);
    /// Non-controlling MCPTT function.
    pub const NON_CONTROLLING: Self = Self(3);

    /// Whether the value is one of the four roles.
    pub const fn is_assigned(self) -> bool {
        self.0 <= Self::NON_CONTROLLING.0
    }
}

/// Message Type of a Floor Ack (8.2.3.14): the subtype of the message that is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct MessageType(pub u8);

impl MessageType {
    /// What a Floor Ack for a message of this subtype says: the acknowledgment bit is cleared.
    //= 24.380-8.2.3.14
    pub const fn acknowledging(subtype: Subtype) -> Self {
        Self(subtype.number().0)
    }

    /// Number of the acknowledged message. Peers disagree on whether the acknowledgment bit stays, so only the low
    /// four bits count.
    pub const fn number(self) -> Subtype {
        Subtype(self.0).number()
    }

    /// Whether the sender kept the acknowledgment bit.
    pub const fn has_ack_bit(self) -> bool {
        self.0 & Subtype::ACK_BIT != 0
    }
}

/// Queued Floor Requests Purpose (Rel-17; the values rest on one implementation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct QueuedFloorRequestsPurpose(pub u16);

impl QueuedFloorRequestsPurpose {
    /// Queued requests are to be removed.
    pub const CANCEL_REQUEST: Self = Self(0);
    /// Answer to a cancel request.
    pub const CANCEL_RESULT: Self = Self(1);
    /// Tells a user that its queued request was removed.
    pub const CANCEL_NOTIFICATION: Self = Self(2);

    /// Whether the value is one of the three.
    pub const fn is_assigned(self) -> bool {
        self.0 <= Self::CANCEL_NOTIFICATION.0
    }
}

/// Response State (Rel-17; the values rest on one implementation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ResponseState(pub u16);

impl ResponseState {
    /// All requests that were named have been removed.
    pub const ALL_REMOVED: Self = Self(0);
    /// The user that asked may not cancel requests of others.
    pub const NOT_AUTHORISED: Self = Self(1);
    /// There was nothing to remove.
    pub const QUEUE_EMPTY: Self = Self(2);
    /// The users that were named are not queued.
    pub const NOT_QUEUED: Self = Self(3);
    /// Some of the requests that were named have been removed.
    pub const PARTLY_REMOVED: Self = Self(5);

    /// Whether the value is known to be assigned; the meaning of 4 and 255 is not known.
    pub const fn is_assigned(self) -> bool {
        matches!(self.0, 0..=5 | 255)
    }
}
