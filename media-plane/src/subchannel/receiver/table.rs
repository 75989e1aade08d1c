//! The states of a group in the client, what it reacts to, and its table of procedures.

use std::fmt;

use crate::floor::transition::Rule;

/// The states of a group that a client is in a call of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The client is in no call of the group.
    StartStop,
    /// The group is heard by unicast.
    NotMapped,
    /// The group is heard on a subchannel.
    Mapped,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[Self::StartStop, Self::NotMapped, Self::Mapped];

    /// The name as it is logged.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::NotMapped => "M: group not mapped to bearer",
            Self::Mapped => "M: group mapped to bearer",
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
    CallJoined,
    MapGroupToBearer,
    UnmapGroupToBearer,
    BearerEnded,
    CallLeft,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::CallJoined,
        Self::MapGroupToBearer,
        Self::UnmapGroupToBearer,
        Self::BearerEnded,
        Self::CallLeft,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CallJoined => "call of the group joined",
            Self::MapGroupToBearer => "R: Map Group To Bearer",
            Self::UnmapGroupToBearer => "R: Unmap Group To Bearer",
            Self::BearerEnded => "bearer ended",
            Self::CallLeft => "call of the group left",
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{Mapped, NotMapped, StartStop};
    use Trigger as T;
    &[
        Rule::new(StartStop, T::CallJoined, "10.3", &[NotMapped]),
        Rule::new(NotMapped, T::MapGroupToBearer, "10.3", &[Mapped]),
        Rule::new(NotMapped, T::CallLeft, "10.3", &[StartStop]),
        // An unchanged copy means nothing; a changed one moves the group.
        Rule::new(Mapped, T::MapGroupToBearer, "10.3", &[Mapped]),
        Rule::new(Mapped, T::UnmapGroupToBearer, "10.3", &[NotMapped]),
        Rule::new(Mapped, T::BearerEnded, "10.3", &[NotMapped]),
        Rule::new(Mapped, T::CallLeft, "10.3", &[StartStop]),
    ]
};
