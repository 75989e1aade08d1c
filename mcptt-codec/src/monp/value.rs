//! Values of information elements (15.2).

use std::fmt;

use bytes::Bytes;

/// Call identifier (15.2.3): names a call of a group, or between two users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct CallIdentifier(pub u16);

impl CallIdentifier {
    /// An identifier for a new call: the random number, or the next one that the group or the peer does not use yet.
    /// `None` when all 65536 are taken.
    //= 24.379-15.2.3
    pub fn unused(random: u16, is_used: impl Fn(Self) -> bool) -> Option<Self> {
        (0..=u16::MAX).map(|step| Self(random.wrapping_add(step))).find(|candidate| !is_used(*candidate))
    }
}

/// Refresh interval (15.2.4): milliseconds between two announcements of a call, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct RefreshInterval(pub u16);

impl Default for RefreshInterval {
    /// Ten seconds.
    fn default() -> Self {
        Self(10_000)
    }
}

/// Commencement mode (15.2.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct CommencementMode(pub u8);

impl CommencementMode {
    /// The callee's client answers by itself.
    pub const AUTOMATIC: Self = Self(0);
    /// The callee answers.
    pub const MANUAL: Self = Self(1);

    /// Whether the value is assigned.
    pub const fn is_assigned(self) -> bool {
        self.0 <= Self::MANUAL.0
    }
}

/// Reason (15.2.8) of PRIVATE CALL REJECT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Reason(pub u8);

//= 24.379-15.2.8
impl Reason {
    /// The callee rejects.
    pub const REJECT: Self = Self(0);
    /// The callee does not answer; a dissector calls the value "media failure".
    pub const NO_ANSWER: Self = Self(1);
    /// The callee is busy.
    pub const BUSY: Self = Self(2);
    /// The end-to-end security context could not be established.
    pub const SECURITY_CONTEXT_FAILURE: Self = Self(3);
    /// Anything else.
    pub const FAILED: Self = Self(4);

    /// Whether the value is assigned.
    pub const fn is_assigned(self) -> bool {
        self.0 <= Self::FAILED.0
    }
}

/// Call type (15.2.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct CallType(pub u8);

//= 24.379-15.2.11
impl CallType {
    /// Basic group call.
    pub const BASIC_GROUP: Self = Self(1);
    /// Broadcast group call.
    pub const BROADCAST_GROUP: Self = Self(2);
    /// Emergency group call.
    pub const EMERGENCY_GROUP: Self = Self(3);
    /// Imminent peril group call.
    pub const IMMINENT_PERIL_GROUP: Self = Self(4);
    /// Private call.
    pub const PRIVATE: Self = Self(5);
    /// Emergency private call.
    pub const EMERGENCY_PRIVATE: Self = Self(6);

    /// Whether the value is assigned.
    pub const fn is_assigned(self) -> bool {
        matches!(self.0, 1..=6)
    }
}

/// A moment in five octets (15.2.14, 15.2.15): UTC seconds since 1970, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct UtcSeconds(u64);

impl UtcSeconds {
    /// The last moment that five octets can say.
    pub const MAX: Self = Self((1 << 40) - 1);

    /// So many seconds since 1970, or `None` when five octets cannot say it.
    pub const fn new(seconds: u64) -> Option<Self> {
        if seconds <= Self::MAX.0 { Some(Self(seconds)) } else { None }
    }

    /// Seconds since 1970.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    //= 24.379-15.2.14
    pub(crate) const fn from_octets([a, b, c, d, e]: [u8; 5]) -> Self {
        Self(u64::from_be_bytes([0, 0, 0, a, b, c, d, e]))
    }

    pub(crate) const fn to_octets(self) -> [u8; 5] {
        let [_, _, _, a, b, c, d, e] = self.0.to_be_bytes();
        [a, b, c, d, e]
    }
}

/// User location (15.2.12): where the user is. Its content is not known for certain and kept as it is; never printed.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct UserLocation(pub Bytes);

impl fmt::Debug for UserLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserLocation({} octets)", self.0.len())
    }
}
