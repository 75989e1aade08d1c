//! The states of a conversation, what it reacts to, and its table of procedures.

use std::fmt;

use crate::floor::transition::Rule;
use crate::subchannel::timer::Timer;

/// The states of a conversation of one group on one bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the conversation.
    StartStop,
    /// The group is mapped to a subchannel.
    Mapped,
    /// The subchannel is free again; clients are being told.
    Unmapping,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[Self::StartStop, Self::Mapped, Self::Unmapping];

    /// The name as it is logged.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::Mapped => "M: group mapped to bearer",
            Self::Unmapping => "M: group being unmapped",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the machine reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    FloorTaken,
    FloorIdle,
    FloorReleaseMultiTalker,
    RtpMedia,
    Expiry(Timer),
    SessionEnded,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::FloorTaken,
        Self::FloorIdle,
        Self::FloorReleaseMultiTalker,
        Self::RtpMedia,
        Self::Expiry(Timer::T15),
        Self::Expiry(Timer::T16),
        Self::Expiry(Timer::T17),
        Self::SessionEnded,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FloorTaken => "R: Floor Taken",
            Self::FloorIdle => "R: Floor Idle",
            Self::FloorReleaseMultiTalker => "R: Floor Release Multi Talker",
            Self::RtpMedia => "R: RTP media",
            Self::Expiry(timer) => timer.expiry(),
            Self::SessionEnded => "session ended",
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded (10.2.1).
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{Mapped, StartStop, Unmapping};
    use Trigger as T;
    &[
        // Without a free subchannel the conversation stays on unicast.
        Rule::new(StartStop, T::FloorTaken, "10.2", &[StartStop, Mapped]),
        Rule::new(Mapped, T::FloorTaken, "10.2", &[Mapped]),
        Rule::new(Mapped, T::FloorIdle, "10.2", &[Mapped]),
        Rule::new(Mapped, T::FloorReleaseMultiTalker, "10.2", &[Mapped]),
        Rule::new(Mapped, T::RtpMedia, "10.2", &[Mapped]),
        Rule::new(Mapped, T::Expiry(Timer::T15), "10.2", &[Unmapping]),
        Rule::new(Mapped, T::Expiry(Timer::T16), "10.2", &[Mapped]),
        Rule::new(Mapped, T::SessionEnded, "10.2", &[Unmapping]),
        Rule::new(Unmapping, T::FloorTaken, "10.2", &[Unmapping, Mapped]),
        Rule::new(Unmapping, T::Expiry(Timer::T17), "10.2", &[Unmapping, StartStop]),
    ]
};
