//! The states of the off-network floor participant, what it reacts to, and its table of procedures.

use std::fmt;

use super::timer::Timer;
use crate::floor::transition::Rule;

/// The states of the off-network floor participant (TS 24.380 7.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the call.
    StartStop,
    /// Nobody talks.
    Silence,
    /// Somebody else talks and arbitrates.
    HasNoPermission,
    /// A request is outstanding.
    PendingRequest,
    /// This client talks and arbitrates.
    HasPermission,
    /// This client has granted the floor to somebody who is not heard yet.
    PendingGranted,
    /// The request waits in the queue of the arbitrator.
    Queued,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[
        Self::StartStop,
        Self::Silence,
        Self::HasNoPermission,
        Self::PendingRequest,
        Self::HasPermission,
        Self::PendingGranted,
        Self::Queued,
    ];

    /// The name as the specification quotes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::Silence => "O: silence",
            Self::HasNoPermission => "O: has no permission",
            Self::PendingRequest => "O: pending request",
            Self::HasPermission => "O: has permission",
            Self::PendingGranted => "O: pending granted",
            Self::Queued => "O: queued",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the participant reacts to. Everybody hears everything: who is meant is part of the trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    CallOriginated,
    CallTerminating,
    PttPressed,
    PttReleased,
    GrantAccepted,
    RequestCancelled,
    QueuePositionAsked,
    MediaSent,
    FloorGrantedToMe,
    FloorGrantedToOther,
    FloorTaken,
    FloorDenyToMe,
    FloorQueuePositionInfoToMe,
    FloorRelease,
    FloorRequest,
    FloorQueuePositionRequest,
    RtpMedia,
    Expiry(Timer),
    CallRelease,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::CallOriginated,
        Self::CallTerminating,
        Self::PttPressed,
        Self::PttReleased,
        Self::GrantAccepted,
        Self::RequestCancelled,
        Self::QueuePositionAsked,
        Self::MediaSent,
        Self::FloorGrantedToMe,
        Self::FloorGrantedToOther,
        Self::FloorTaken,
        Self::FloorDenyToMe,
        Self::FloorQueuePositionInfoToMe,
        Self::FloorRelease,
        Self::FloorRequest,
        Self::FloorQueuePositionRequest,
        Self::RtpMedia,
        Self::Expiry(Timer::T201),
        Self::Expiry(Timer::T203),
        Self::Expiry(Timer::T204),
        Self::Expiry(Timer::T205),
        Self::Expiry(Timer::T206),
        Self::Expiry(Timer::T207),
        Self::Expiry(Timer::T230),
        Self::Expiry(Timer::T233),
        Self::CallRelease,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CallOriginated => "call originated",
            Self::CallTerminating => "call entered",
            Self::PttPressed => "PTT pressed",
            Self::PttReleased => "PTT released",
            Self::GrantAccepted => "grant accepted",
            Self::RequestCancelled => "request cancelled",
            Self::QueuePositionAsked => "queue position asked",
            Self::MediaSent => "S: RTP media",
            Self::FloorGrantedToMe => "R: Floor Granted to me",
            Self::FloorGrantedToOther => "R: Floor Granted to other",
            Self::FloorTaken => "R: Floor Taken",
            Self::FloorDenyToMe => "R: Floor Deny to me",
            Self::FloorQueuePositionInfoToMe => "R: Floor Queue Position Info to me",
            Self::FloorRelease => "R: Floor Release",
            Self::FloorRequest => "R: Floor Request",
            Self::FloorQueuePositionRequest => "R: Floor Queue Position Request",
            Self::RtpMedia => "R: RTP media",
            Self::Expiry(timer) => timer.expiry(),
            Self::CallRelease => "call release",
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{
        HasNoPermission as Listens, HasPermission as Talks, PendingGranted, PendingRequest, Queued, Silence,
        StartStop,
    };
    use Timer::{T201, T203, T204, T205, T206, T207, T230, T233};
    use Trigger as T;
    const RELEASE: &str = "7.2.3.9";
    &[
        Rule::new(StartStop, T::CallOriginated, "7.2.3.2", &[Talks]),
        Rule::new(StartStop, T::CallTerminating, "7.2.3.2", &[Silence, Listens]),
        Rule::new(StartStop, T::FloorGrantedToOther, "7.2.3.2", &[Listens]),
        Rule::new(StartStop, T::FloorTaken, "7.2.3.2", &[Listens]),
        Rule::new(StartStop, T::RtpMedia, "7.2.3.2", &[Listens]),
        Rule::new(StartStop, T::PttPressed, "7.2.3.2", &[StartStop, PendingRequest]),
        Rule::new(StartStop, T::CallRelease, RELEASE, &[StartStop]),
        Rule::new(Silence, T::FloorGrantedToOther, "7.2.3.3", &[Listens]),
        Rule::new(Silence, T::RtpMedia, "7.2.3.3", &[Listens]),
        Rule::new(Silence, T::PttPressed, "7.2.3.3", &[Silence, PendingRequest]),
        // The rest of a group call says nothing to a request: whoever wants the floor takes it.
        Rule::new(Silence, T::FloorRequest, "7.2.3.3", &[Silence, PendingGranted]),
        Rule::new(Silence, T::FloorTaken, "7.2.3.3", &[Listens]),
        Rule::new(Silence, T::Expiry(T230), "7.2.3.3", &[StartStop]),
        Rule::new(Silence, T::CallRelease, RELEASE, &[StartStop]),
        Rule::new(Listens, T::FloorGrantedToOther, "7.2.3.4", &[Listens]),
        // Not in the table of annex C.2: see `HasNoPermission::on_floor_taken`.
        Rule::new(Listens, T::FloorTaken, "7.2.3.4", &[Listens]),
        Rule::new(Listens, T::RtpMedia, "7.2.3.4", &[Listens]),
        Rule::new(Listens, T::PttPressed, "7.2.3.4", &[Listens, PendingRequest]),
        Rule::new(Listens, T::FloorRelease, "7.2.3.4", &[Listens, Silence]),
        Rule::new(Listens, T::Expiry(T203), "7.2.3.4", &[Silence]),
        Rule::new(Listens, T::CallRelease, RELEASE, &[StartStop]),
        Rule::new(Talks, T::MediaSent, "7.2.3.5", &[Talks]),
        Rule::new(Talks, T::PttReleased, "7.2.3.5", &[PendingGranted, Silence]),
        Rule::new(Talks, T::FloorRequest, "7.2.3.5", &[Talks, PendingGranted]),
        Rule::new(Talks, T::FloorRelease, "7.2.3.5", &[Talks]),
        Rule::new(Talks, T::FloorQueuePositionRequest, "7.2.3.5", &[Talks]),
        Rule::new(Talks, T::Expiry(T206), "7.2.3.5", &[Talks]),
        Rule::new(Talks, T::Expiry(T207), "7.2.3.5", &[PendingGranted, Silence]),
        Rule::new(Talks, T::CallRelease, RELEASE, &[StartStop]),
        Rule::new(PendingRequest, T::PttPressed, "7.2.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::PttReleased, "7.2.3.6", &[Silence]),
        Rule::new(PendingRequest, T::FloorGrantedToMe, "7.2.3.6", &[PendingRequest, Talks, Queued]),
        Rule::new(PendingRequest, T::FloorGrantedToOther, "7.2.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::FloorTaken, "7.2.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::FloorDenyToMe, "7.2.3.6", &[PendingRequest, Listens]),
        Rule::new(PendingRequest, T::FloorQueuePositionInfoToMe, "7.2.3.6", &[PendingRequest, Queued]),
        // Not in the specification: see `PendingRequest::on_floor_release`.
        Rule::new(PendingRequest, T::FloorRelease, "7.2.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::FloorRequest, "7.2.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::RtpMedia, "7.2.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::Expiry(T201), "7.2.3.6", &[PendingRequest, Talks, Silence]),
        Rule::new(PendingRequest, T::Expiry(T203), "7.2.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::CallRelease, RELEASE, &[StartStop]),
        Rule::new(PendingGranted, T::PttPressed, "7.2.3.7", &[PendingGranted]),
        Rule::new(PendingGranted, T::FloorRequest, "7.2.3.7", &[PendingGranted]),
        Rule::new(PendingGranted, T::FloorRelease, "7.2.3.7", &[PendingGranted, Silence]),
        // Not in the specification: see `PendingGranted::on_floor_granted`.
        Rule::new(PendingGranted, T::FloorGrantedToOther, "7.2.3.7", &[PendingGranted, Listens]),
        Rule::new(PendingGranted, T::RtpMedia, "7.2.3.7", &[PendingGranted, Listens]),
        Rule::new(PendingGranted, T::Expiry(T205), "7.2.3.7", &[PendingGranted, Silence]),
        Rule::new(PendingGranted, T::Expiry(T233), "7.2.3.7", &[PendingGranted, Silence]),
        Rule::new(PendingGranted, T::CallRelease, RELEASE, &[StartStop]),
        Rule::new(Queued, T::PttPressed, "7.2.3.8", &[Queued, Talks]),
        Rule::new(Queued, T::PttReleased, "7.2.3.8", &[Queued]),
        Rule::new(Queued, T::GrantAccepted, "7.2.3.8", &[Queued, Talks]),
        Rule::new(Queued, T::RequestCancelled, "7.2.3.8", &[Listens]),
        Rule::new(Queued, T::QueuePositionAsked, "7.2.3.8", &[Queued]),
        Rule::new(Queued, T::FloorGrantedToMe, "7.2.3.8", &[Queued, Talks]),
        Rule::new(Queued, T::FloorGrantedToOther, "7.2.3.8", &[Queued]),
        // Not in the specification: see `Queued::on_floor_taken`.
        Rule::new(Queued, T::FloorTaken, "7.2.3.8", &[Queued, PendingRequest]),
        Rule::new(Queued, T::FloorDenyToMe, "7.2.3.8", &[Queued, Listens]),
        Rule::new(Queued, T::FloorQueuePositionInfoToMe, "7.2.3.8", &[Queued]),
        Rule::new(Queued, T::RtpMedia, "7.2.3.8", &[Queued]),
        Rule::new(Queued, T::Expiry(T203), "7.2.3.8", &[PendingRequest]),
        Rule::new(Queued, T::Expiry(T204), "7.2.3.8", &[Queued, Silence]),
        Rule::new(Queued, T::Expiry(T233), "7.2.3.8", &[Silence]),
        Rule::new(Queued, T::CallRelease, RELEASE, &[StartStop]),
    ]
};
