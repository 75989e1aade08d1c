//! The states of the general machine, what it reacts to, and its table of procedures.

use std::fmt;

use crate::floor::server::timer::Timer;
use crate::floor::transition::Rule;

/// The states of the general machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the call.
    StartStop,
    /// Nobody may send media.
    FloorIdle,
    /// One participant may send media, or several.
    FloorTaken,
    /// Every talker was told to stop and has not yet done so.
    PendingFloorRevoke,
    /// The call is being released.
    Releasing,
    /// The constituent groups of a temporary group have not all answered yet.
    FloorInitialising,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[
        Self::StartStop,
        Self::FloorIdle,
        Self::FloorTaken,
        Self::PendingFloorRevoke,
        Self::Releasing,
        Self::FloorInitialising,
    ];

    /// The name as the specification quotes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::FloorIdle => "G: Floor Idle",
            Self::FloorTaken => "G: Floor Taken",
            Self::PendingFloorRevoke => "G: pending Floor Revoke",
            Self::Releasing => "Releasing",
            Self::FloorInitialising => "G: Floor Initialising",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the general machine reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    CallInitiated,
    FloorRequest,
    FloorRequestBesideTalkers,
    FloorRequestOfTalker,
    FloorRelease,
    FloorAck,
    RtpMedia,
    CancelRequest,
    UnicastMediaStop,
    UnicastMediaResume,
    RevokeRequest,
    ConstituentRequest,
    FinalResponsesReceived,
    Expiry(Timer),
    TalkerLeft,
    CallReleaseStep1,
    CallReleaseStep2,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::CallInitiated,
        Self::FloorRequest,
        Self::FloorRequestBesideTalkers,
        Self::FloorRequestOfTalker,
        Self::FloorRelease,
        Self::FloorAck,
        Self::RtpMedia,
        Self::CancelRequest,
        Self::UnicastMediaStop,
        Self::UnicastMediaResume,
        Self::RevokeRequest,
        Self::ConstituentRequest,
        Self::FinalResponsesReceived,
        Self::Expiry(Timer::T1),
        Self::Expiry(Timer::T2),
        Self::Expiry(Timer::T3),
        Self::Expiry(Timer::T4),
        Self::Expiry(Timer::T7),
        Self::Expiry(Timer::T20),
        Self::TalkerLeft,
        Self::CallReleaseStep1,
        Self::CallReleaseStep2,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CallInitiated => "call initiated",
            Self::FloorRequest => "Floor Request",
            Self::FloorRequestBesideTalkers => "Floor Request beside talkers",
            Self::FloorRequestOfTalker => "Floor Request of the talker",
            Self::FloorRelease => "Floor Release",
            Self::FloorAck => "Floor Ack",
            Self::RtpMedia => "RTP media",
            Self::CancelRequest => "Queued Floor Requests: cancel",
            Self::UnicastMediaStop => "Unicast Media Flow Control: stop",
            Self::UnicastMediaResume => "Unicast Media Flow Control: resume",
            Self::RevokeRequest => "Floor Revoke Request",
            Self::ConstituentRequest => "floor request of a constituent group",
            Self::FinalResponsesReceived => "all final SIP responses received",
            Self::Expiry(timer) => timer.expiry(),
            Self::TalkerLeft => "talker left",
            Self::CallReleaseStep1 => "call release step 1",
            Self::CallReleaseStep2 => "call release step 2",
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded (6.3.4.1).
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{FloorIdle, FloorInitialising, FloorTaken, PendingFloorRevoke, Releasing, StartStop};
    use Trigger as T;
    &[
        Rule::new(StartStop, T::CallInitiated, "6.3.4.2.2", &[FloorIdle, FloorTaken, FloorInitialising]),
        Rule::new(StartStop, T::CallReleaseStep1, "6.3.4.6.2", &[Releasing]),
        Rule::new(FloorIdle, T::FloorRequest, "6.3.4.3.3", &[FloorIdle, FloorTaken]),
        Rule::new(FloorIdle, T::Expiry(Timer::T7), "6.3.4.3.4", &[FloorIdle]),
        Rule::new(FloorIdle, T::Expiry(Timer::T4), "6.3.4.3.5", &[FloorIdle]),
        // The clauses have these procedures while the floor is taken; a participant may change its mind at any time.
        Rule::new(FloorIdle, T::UnicastMediaStop, "6.3.4.4.14", &[FloorIdle]),
        Rule::new(FloorIdle, T::UnicastMediaResume, "6.3.4.4.15", &[FloorIdle]),
        Rule::new(FloorIdle, T::CallReleaseStep1, "6.3.4.6.2", &[Releasing]),
        Rule::new(
            FloorTaken,
            T::Expiry(Timer::T1),
            "6.3.4.4.3",
            &[FloorIdle, FloorTaken, PendingFloorRevoke],
        ),
        Rule::new(FloorTaken, T::Expiry(Timer::T2), "6.3.4.4.4", &[PendingFloorRevoke, FloorTaken]),
        // Of several talkers one may be in its grace period.
        Rule::new(FloorTaken, T::Expiry(Timer::T3), "6.3.4.5.5", &[FloorTaken, PendingFloorRevoke]),
        Rule::new(FloorTaken, T::RtpMedia, "6.3.4.4.5", &[FloorTaken]),
        Rule::new(FloorTaken, T::FloorRelease, "6.3.4.4.6", &[FloorIdle, FloorTaken, PendingFloorRevoke]),
        Rule::new(FloorTaken, T::FloorRequest, "6.3.4.4.7", &[PendingFloorRevoke, FloorTaken]),
        Rule::new(FloorTaken, T::FloorRequestBesideTalkers, "6.3.4.4.7a", &[FloorTaken]),
        Rule::new(FloorTaken, T::FloorRequestOfTalker, "6.3.4.4.8", &[FloorTaken]),
        Rule::new(FloorTaken, T::Expiry(Timer::T20), "6.3.4.4.9", &[FloorTaken]),
        Rule::new(FloorTaken, T::TalkerLeft, "6.3.4.4.11", &[FloorIdle, FloorTaken, PendingFloorRevoke]),
        Rule::new(FloorTaken, T::CancelRequest, "6.3.4.4.13", &[FloorTaken]),
        Rule::new(FloorTaken, T::UnicastMediaStop, "6.3.4.4.14", &[FloorTaken]),
        Rule::new(FloorTaken, T::UnicastMediaResume, "6.3.4.4.15", &[FloorTaken]),
        Rule::new(FloorTaken, T::RevokeRequest, "6.3.4.4.16", &[FloorTaken, PendingFloorRevoke]),
        Rule::new(FloorTaken, T::FloorAck, "6.3.5.3.5", &[FloorTaken]),
        Rule::new(FloorTaken, T::CallReleaseStep1, "6.3.4.6.2", &[Releasing]),
        Rule::new(PendingFloorRevoke, T::RtpMedia, "6.3.4.5.3", &[PendingFloorRevoke]),
        Rule::new(
            PendingFloorRevoke,
            T::FloorRelease,
            "6.3.4.5.4",
            &[FloorIdle, FloorTaken, PendingFloorRevoke],
        ),
        Rule::new(
            PendingFloorRevoke,
            T::TalkerLeft,
            "6.3.4.5.4",
            &[FloorIdle, FloorTaken, PendingFloorRevoke],
        ),
        Rule::new(
            PendingFloorRevoke,
            T::Expiry(Timer::T3),
            "6.3.4.5.5",
            &[FloorIdle, FloorTaken, PendingFloorRevoke],
        ),
        Rule::new(
            PendingFloorRevoke,
            T::Expiry(Timer::T1),
            "6.3.4.5.6",
            &[FloorIdle, FloorTaken, PendingFloorRevoke],
        ),
        // The clause has no procedure for it, but 6.3.5.4.4 hands it on: the pre-emptor waits with the first one.
        Rule::new(PendingFloorRevoke, T::FloorRequest, "6.3.4.4.7", &[PendingFloorRevoke]),
        Rule::new(PendingFloorRevoke, T::FloorRequestBesideTalkers, "6.3.4.4.7a", &[FloorTaken]),
        Rule::new(PendingFloorRevoke, T::UnicastMediaStop, "6.3.4.4.14", &[PendingFloorRevoke]),
        Rule::new(PendingFloorRevoke, T::UnicastMediaResume, "6.3.4.4.15", &[PendingFloorRevoke]),
        Rule::new(PendingFloorRevoke, T::CallReleaseStep1, "6.3.4.6.2", &[Releasing]),
        Rule::new(Releasing, T::CallReleaseStep2, "6.3.4.7.2", &[StartStop]),
        Rule::new(FloorInitialising, T::ConstituentRequest, "6.3.4.8.3", &[FloorInitialising]),
        Rule::new(FloorInitialising, T::FinalResponsesReceived, "6.3.4.8.4", &[FloorIdle, FloorTaken]),
        Rule::new(FloorInitialising, T::CallReleaseStep1, "6.3.4.6.2", &[Releasing]),
    ]
};
