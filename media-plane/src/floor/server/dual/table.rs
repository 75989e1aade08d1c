//! The states of the dual floor machine, what it reacts to, and its table of procedures.

use std::fmt;

use crate::floor::server::timer::Timer;
use crate::floor::transition::Rule;

/// The states of the dual floor machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Nobody overrides the talker.
    StartStop,
    /// Somebody does.
    FloorTaken,
    /// The call is being released.
    Releasing,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[Self::StartStop, Self::FloorTaken, Self::Releasing];

    /// The name as the specification quotes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::FloorTaken => "D: Floor Taken",
            Self::Releasing => "Releasing",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the dual floor machine reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    FloorRequest,
    FloorRequestOfOverriding,
    FloorRelease,
    RtpMedia,
    RevokeRequest,
    Expiry(Timer),
    OverridingLeft,
    OverriddenEnded,
    CallReleaseStep1,
    CallReleaseStep2,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::FloorRequest,
        Self::FloorRequestOfOverriding,
        Self::FloorRelease,
        Self::RtpMedia,
        Self::RevokeRequest,
        Self::Expiry(Timer::T11),
        Self::Expiry(Timer::T12),
        Self::OverridingLeft,
        Self::OverriddenEnded,
        Self::CallReleaseStep1,
        Self::CallReleaseStep2,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FloorRequest => "pre-emptive Floor Request",
            Self::FloorRequestOfOverriding => "Floor Request of the overriding",
            Self::FloorRelease => "Floor Release",
            Self::RtpMedia => "RTP media",
            Self::RevokeRequest => "Floor Revoke Request",
            Self::Expiry(timer) => timer.expiry(),
            Self::OverridingLeft => "overriding talker left",
            Self::OverriddenEnded => "overridden talker ended",
            Self::CallReleaseStep1 => "call release step 1",
            Self::CallReleaseStep2 => "call release step 2",
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded (6.3.6.1).
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{FloorTaken, Releasing, StartStop};
    use Trigger as T;
    &[
        Rule::new(StartStop, T::FloorRequest, "6.3.6.2.2", &[FloorTaken]),
        Rule::new(FloorTaken, T::Expiry(Timer::T11), "6.3.6.3.3", &[StartStop]),
        Rule::new(FloorTaken, T::Expiry(Timer::T12), "6.3.6.3.4", &[StartStop]),
        Rule::new(FloorTaken, T::RtpMedia, "6.3.6.3.5", &[FloorTaken]),
        Rule::new(FloorTaken, T::FloorRelease, "6.3.6.3.6", &[StartStop]),
        Rule::new(FloorTaken, T::FloorRequestOfOverriding, "6.3.6.3.7", &[FloorTaken]),
        Rule::new(FloorTaken, T::OverridingLeft, "6.3.6.3.8", &[StartStop]),
        Rule::new(FloorTaken, T::OverriddenEnded, "6.3.6.3.9", &[StartStop]),
        // The clause has no procedure for it: an overriding talker is a talker as well.
        Rule::new(FloorTaken, T::RevokeRequest, "6.3.4.4.16", &[StartStop]),
        Rule::new(FloorTaken, T::CallReleaseStep1, "6.3.6.4", &[Releasing]),
        Rule::new(Releasing, T::CallReleaseStep2, "6.3.6.5", &[StartStop]),
    ]
};
