//! Bit maps: Floor Indicator (TS 24.380 8.2.3.15) and Media Flow Control Indicator (Rel-17).

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// Floor Indicator: what kind of call this is. Bits combine; unknown ones survive and mean nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct FloorIndicator(pub u16);

//= 24.380-8.2.3.15
impl FloorIndicator {
    /// No bit at all.
    pub const NONE: Self = Self(0);
    /// A: normal call.
    pub const NORMAL: Self = Self(0x8000);
    /// B: broadcast group call.
    pub const BROADCAST: Self = Self(0x4000);
    /// C: system call.
    pub const SYSTEM: Self = Self(0x2000);
    /// D: emergency call.
    pub const EMERGENCY: Self = Self(0x1000);
    /// E: imminent peril call.
    pub const IMMINENT_PERIL: Self = Self(0x0800);
    /// F: queueing supported.
    pub const QUEUEING: Self = Self(0x0400);
    /// G: dual floor.
    pub const DUAL_FLOOR: Self = Self(0x0200);
    /// H: temporary group call.
    pub const TEMPORARY_GROUP: Self = Self(0x0100);
    /// I: multi-talker (Rel-15).
    pub const MULTI_TALKER: Self = Self(0x0080);
    /// J to P: not assigned.
    pub const UNASSIGNED: Self = Self(0x007f);

    /// Whether all bits of `other` are set here.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits without those of `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for FloorIndicator {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for FloorIndicator {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

const LETTERS: [(FloorIndicator, char); 9] = [
    (FloorIndicator::NORMAL, 'A'),
    (FloorIndicator::BROADCAST, 'B'),
    (FloorIndicator::SYSTEM, 'C'),
    (FloorIndicator::EMERGENCY, 'D'),
    (FloorIndicator::IMMINENT_PERIL, 'E'),
    (FloorIndicator::QUEUEING, 'F'),
    (FloorIndicator::DUAL_FLOOR, 'G'),
    (FloorIndicator::TEMPORARY_GROUP, 'H'),
    (FloorIndicator::MULTI_TALKER, 'I'),
];

impl fmt::Debug for FloorIndicator {
    /// The letters of the clause, then the number: `FloorIndicator(AI 0x8080)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FloorIndicator(")?;
        for (_, letter) in LETTERS.iter().filter(|(bit, _)| self.contains(*bit)) {
            write!(f, "{letter}")?;
        }
        write!(f, " {:#06x})", self.0)
    }
}

/// Media Flow Control Indicator (Rel-17; the meaning of its bit rests on one implementation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct MediaFlowControlIndicator(pub u16);

impl MediaFlowControlIndicator {
    /// Stop sending media by unicast.
    pub const STOP: Self = Self(0);
    /// Resume sending media by unicast.
    pub const RESUME: Self = Self(0x8000);

    /// Whether media is to be sent again.
    pub const fn is_resume(self) -> bool {
        self.0 & Self::RESUME.0 != 0
    }
}
