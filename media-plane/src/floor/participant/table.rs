//! The states of the floor participant, what it reacts to, and its table of procedures.

use std::fmt;

use mcptt_codec::floor::{FloorIndicator, FloorMessage, QueuedFloorRequestsPurpose};

use super::timer::Timer;
use crate::floor::transition::Rule;

/// The states of the floor participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the call.
    StartStop,
    /// Idle or listening.
    HasNoPermission,
    /// A request is outstanding.
    PendingRequest,
    /// It may send media.
    HasPermission,
    /// A release is outstanding.
    PendingRelease,
    /// The request waits in the queue of the server.
    Queued,
    /// The call is being released.
    Releasing,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[
        Self::StartStop,
        Self::HasNoPermission,
        Self::PendingRequest,
        Self::HasPermission,
        Self::PendingRelease,
        Self::Queued,
        Self::Releasing,
    ];

    /// The name as the specification quotes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::HasNoPermission => "U: has no permission",
            Self::PendingRequest => "U: pending Request",
            Self::HasPermission => "U: has permission",
            Self::PendingRelease => "U: pending Release",
            Self::Queued => "U: queued",
            Self::Releasing => "Releasing",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the participant reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    SessionOriginated,
    SessionTerminating,
    PttPressed,
    PttReleased,
    GrantAccepted,
    QueuePositionAsked,
    RevokeOtherAsked,
    CancelQueuedAsked,
    UnicastMediaAsked,
    FloorIdle,
    /// With the dual floor bit: the floor of the overriding talker is idle.
    DualFloorIdle,
    FloorTaken,
    /// With the dual floor or the multi-talker bit: somebody talks beside others.
    SharedFloorTaken,
    FloorGranted,
    FloorDeny,
    FloorRevoke,
    FloorQueuePositionInfo,
    FloorReleaseMultiTalker,
    QueuedCancelResult,
    QueuedCancelNotification,
    RtpMedia,
    Expiry(Timer),
    CallReleaseStep1,
    CallReleaseStep2,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::SessionOriginated,
        Self::SessionTerminating,
        Self::PttPressed,
        Self::PttReleased,
        Self::GrantAccepted,
        Self::QueuePositionAsked,
        Self::RevokeOtherAsked,
        Self::CancelQueuedAsked,
        Self::UnicastMediaAsked,
        Self::FloorIdle,
        Self::DualFloorIdle,
        Self::FloorTaken,
        Self::SharedFloorTaken,
        Self::FloorGranted,
        Self::FloorDeny,
        Self::FloorRevoke,
        Self::FloorQueuePositionInfo,
        Self::FloorReleaseMultiTalker,
        Self::QueuedCancelResult,
        Self::QueuedCancelNotification,
        Self::RtpMedia,
        Self::Expiry(Timer::T100),
        Self::Expiry(Timer::T101),
        Self::Expiry(Timer::T103),
        Self::Expiry(Timer::T104),
        Self::Expiry(Timer::T132),
        Self::CallReleaseStep1,
        Self::CallReleaseStep2,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SessionOriginated => "originating session established",
            Self::SessionTerminating => "terminating session established",
            Self::PttPressed => "PTT pressed",
            Self::PttReleased => "PTT released",
            Self::GrantAccepted => "grant accepted",
            Self::QueuePositionAsked => "queue position asked",
            Self::RevokeOtherAsked => "revoke of another asked",
            Self::CancelQueuedAsked => "cancel of queued requests asked",
            Self::UnicastMediaAsked => "unicast media flow asked",
            Self::FloorIdle => "R: Floor Idle",
            Self::DualFloorIdle => "R: Floor Idle, dual floor",
            Self::FloorTaken => "R: Floor Taken",
            Self::SharedFloorTaken => "R: Floor Taken, shared floor",
            Self::FloorGranted => "R: Floor Granted",
            Self::FloorDeny => "R: Floor Deny",
            Self::FloorRevoke => "R: Floor Revoke",
            Self::FloorQueuePositionInfo => "R: Floor Queue Position Info",
            Self::FloorReleaseMultiTalker => "R: Floor Release Multi Talker",
            Self::QueuedCancelResult => "R: Queued Floor Requests, result",
            Self::QueuedCancelNotification => "R: Queued Floor Requests, notification",
            Self::RtpMedia => "R: RTP media",
            Self::Expiry(timer) => timer.expiry(),
            Self::CallReleaseStep1 => "call release step 1",
            Self::CallReleaseStep2 => "call release step 2",
        }
    }

    /// The trigger of a message that the server sends. The messages of participants have none, so they are discarded.
    pub(in crate::floor) fn of(message: &FloorMessage) -> Option<Self> {
        match message {
            FloorMessage::Idle(idle) if shares(idle.indicator, FloorIndicator::DUAL_FLOOR) => {
                Some(Self::DualFloorIdle)
            }
            FloorMessage::Idle(_) => Some(Self::FloorIdle),
            FloorMessage::Taken(taken)
                if shares(taken.indicator, FloorIndicator::DUAL_FLOOR)
                    || shares(taken.indicator, FloorIndicator::MULTI_TALKER) =>
            {
                Some(Self::SharedFloorTaken)
            }
            FloorMessage::Taken(_) => Some(Self::FloorTaken),
            FloorMessage::Granted(_) => Some(Self::FloorGranted),
            FloorMessage::Deny(_) => Some(Self::FloorDeny),
            FloorMessage::Revoke(_) => Some(Self::FloorRevoke),
            FloorMessage::QueuePositionInfo(_) => Some(Self::FloorQueuePositionInfo),
            FloorMessage::ReleaseMultiTalker(_) => Some(Self::FloorReleaseMultiTalker),
            FloorMessage::QueuedFloorRequests(message) => match message.purpose {
                Some(QueuedFloorRequestsPurpose::CANCEL_RESULT) => Some(Self::QueuedCancelResult),
                Some(QueuedFloorRequestsPurpose::CANCEL_NOTIFICATION) => Some(Self::QueuedCancelNotification),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a message states that the floor is shared in this way.
pub(super) fn shares(indicator: Option<FloorIndicator>, bit: FloorIndicator) -> bool {
    indicator.is_some_and(|indicator| indicator.contains(bit))
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded (6.2.4.1).
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{
        HasNoPermission as Listens, HasPermission as Talks, PendingRelease, PendingRequest, Queued,
        Releasing, StartStop,
    };
    use Trigger as T;
    &[
        Rule::new(StartStop, T::SessionOriginated, "6.2.4.2.2", &[Listens, PendingRequest, Talks]),
        Rule::new(StartStop, T::SessionTerminating, "6.2.4.2.3", &[Listens]),
        Rule::new(Listens, T::FloorIdle, "6.2.4.3.2", &[Listens]),
        Rule::new(Listens, T::DualFloorIdle, "6.2.4.3.2", &[Listens]),
        Rule::new(Listens, T::FloorTaken, "6.2.4.3.3", &[Listens]),
        Rule::new(Listens, T::SharedFloorTaken, "6.2.4.3.3", &[Listens]),
        Rule::new(Listens, T::RtpMedia, "6.2.4.3.4", &[Listens]),
        Rule::new(Listens, T::PttPressed, "6.2.4.3.5", &[Listens, PendingRequest]),
        Rule::new(Listens, T::Expiry(Timer::T103), "6.2.4.3.6", &[Listens]),
        Rule::new(Listens, T::FloorReleaseMultiTalker, "6.2.4.3.7", &[Listens]),
        Rule::new(Listens, T::RevokeOtherAsked, "6.2.4.3.10", &[Listens]),
        Rule::new(Listens, T::CallReleaseStep1, "6.2.4.7.2", &[Releasing]),
        Rule::new(Listens, T::CancelQueuedAsked, "6.2.4.7.4", &[Listens]),
        Rule::new(Listens, T::QueuedCancelResult, "6.2.4.7.4", &[Listens]),
        Rule::new(Listens, T::UnicastMediaAsked, "8.2.16", &[Listens]),
        Rule::new(PendingRequest, T::FloorGranted, "6.2.4.4.2", &[Talks]),
        Rule::new(PendingRequest, T::FloorDeny, "6.2.4.4.4", &[Listens]),
        Rule::new(PendingRequest, T::Expiry(Timer::T101), "6.2.4.4.5", &[PendingRequest, Listens]),
        Rule::new(PendingRequest, T::RtpMedia, "6.2.4.4.7", &[PendingRequest]),
        Rule::new(PendingRequest, T::PttReleased, "6.2.4.4.8", &[PendingRelease]),
        Rule::new(PendingRequest, T::FloorQueuePositionInfo, "6.2.4.4.9", &[Queued]),
        Rule::new(PendingRequest, T::FloorTaken, "6.2.4.4.11", &[PendingRequest, Listens]),
        Rule::new(PendingRequest, T::SharedFloorTaken, "6.2.4.4.11", &[PendingRequest, Listens]),
        Rule::new(PendingRequest, T::FloorReleaseMultiTalker, "6.2.4.3.7", &[PendingRequest]),
        // The grant was lost and has been revoked since.
        Rule::new(PendingRequest, T::FloorRevoke, "6.2.4.4", &[PendingRelease]),
        Rule::new(PendingRequest, T::Expiry(Timer::T103), "6.2.4.3.6", &[PendingRequest]),
        Rule::new(PendingRequest, T::CallReleaseStep1, "6.2.4.7.2", &[Releasing]),
        Rule::new(PendingRequest, T::CancelQueuedAsked, "6.2.4.7.4", &[PendingRequest]),
        Rule::new(PendingRequest, T::QueuedCancelResult, "6.2.4.7.4", &[PendingRequest]),
        Rule::new(PendingRequest, T::UnicastMediaAsked, "8.2.16", &[PendingRequest]),
        Rule::new(Talks, T::PttReleased, "6.2.4.5.3", &[PendingRelease]),
        Rule::new(Talks, T::FloorRevoke, "6.2.4.5.4", &[PendingRelease]),
        Rule::new(Talks, T::FloorGranted, "6.2.4.5.5", &[Talks]),
        Rule::new(Talks, T::RtpMedia, "6.2.4.5.6", &[Talks]),
        Rule::new(Talks, T::DualFloorIdle, "6.2.4.5.7", &[Talks]),
        Rule::new(Talks, T::SharedFloorTaken, "6.2.4.5.8", &[Talks]),
        Rule::new(Talks, T::FloorReleaseMultiTalker, "6.2.4.3.7", &[Talks]),
        Rule::new(Talks, T::CallReleaseStep1, "6.2.4.7.2", &[Releasing]),
        Rule::new(Talks, T::CancelQueuedAsked, "6.2.4.7.4", &[Talks]),
        Rule::new(Talks, T::QueuedCancelResult, "6.2.4.7.4", &[Talks]),
        Rule::new(Talks, T::UnicastMediaAsked, "8.2.16", &[Talks]),
        Rule::new(PendingRelease, T::Expiry(Timer::T100), "6.2.4.6.2", &[PendingRelease, Listens]),
        Rule::new(PendingRelease, T::FloorIdle, "6.2.4.6.4", &[Listens, Releasing]),
        Rule::new(PendingRelease, T::DualFloorIdle, "6.2.4.6.4", &[Listens]),
        Rule::new(PendingRelease, T::FloorTaken, "6.2.4.6.5", &[Listens]),
        Rule::new(PendingRelease, T::SharedFloorTaken, "6.2.4.6.5", &[PendingRelease, Listens]),
        Rule::new(PendingRelease, T::RtpMedia, "6.2.4.6.6", &[PendingRelease, Listens]),
        Rule::new(PendingRelease, T::FloorRevoke, "6.2.4.6.7", &[PendingRelease]),
        Rule::new(PendingRelease, T::FloorGranted, "6.2.4.6.8", &[PendingRelease]),
        Rule::new(PendingRelease, T::FloorReleaseMultiTalker, "6.2.4.6.9", &[PendingRelease, Listens]),
        Rule::new(PendingRelease, T::Expiry(Timer::T103), "6.2.4.3.6", &[PendingRelease]),
        Rule::new(PendingRelease, T::CallReleaseStep1, "6.2.4.7.2", &[Releasing]),
        Rule::new(PendingRelease, T::CancelQueuedAsked, "6.2.4.7.4", &[PendingRelease]),
        Rule::new(PendingRelease, T::QueuedCancelResult, "6.2.4.7.4", &[PendingRelease]),
        Rule::new(PendingRelease, T::UnicastMediaAsked, "8.2.16", &[PendingRelease]),
        Rule::new(Queued, T::RtpMedia, "6.2.4.9.2", &[Queued]),
        Rule::new(Queued, T::FloorTaken, "6.2.4.9.3", &[Queued]),
        Rule::new(Queued, T::SharedFloorTaken, "6.2.4.9.3", &[Queued]),
        Rule::new(Queued, T::FloorReleaseMultiTalker, "6.2.4.3.7", &[Queued]),
        Rule::new(Queued, T::FloorGranted, "6.2.4.9.4", &[Queued, Talks]),
        Rule::new(Queued, T::FloorDeny, "6.2.4.9.5", &[Listens]),
        Rule::new(Queued, T::PttReleased, "6.2.4.9.6", &[PendingRelease]),
        Rule::new(Queued, T::FloorQueuePositionInfo, "6.2.4.9.7", &[Queued]),
        Rule::new(Queued, T::FloorIdle, "6.2.4.9.8", &[Listens]),
        Rule::new(Queued, T::DualFloorIdle, "6.2.4.9.8", &[Queued]),
        Rule::new(Queued, T::QueuePositionAsked, "6.2.4.9.9", &[Queued]),
        Rule::new(Queued, T::Expiry(Timer::T104), "6.2.4.9.10", &[Queued, PendingRelease]),
        Rule::new(Queued, T::PttPressed, "6.2.4.9.12", &[Queued, Talks]),
        Rule::new(Queued, T::GrantAccepted, "6.2.4.9.12", &[Queued, Talks]),
        Rule::new(Queued, T::Expiry(Timer::T132), "6.2.4.9.13", &[Listens]),
        Rule::new(Queued, T::QueuedCancelNotification, "6.2.4.9.15", &[Listens]),
        Rule::new(Queued, T::Expiry(Timer::T103), "6.2.4.3.6", &[Queued]),
        Rule::new(Queued, T::CallReleaseStep1, "6.2.4.7.2", &[Releasing]),
        Rule::new(Queued, T::CancelQueuedAsked, "6.2.4.7.4", &[Queued]),
        Rule::new(Queued, T::QueuedCancelResult, "6.2.4.7.4", &[Queued]),
        Rule::new(Queued, T::UnicastMediaAsked, "8.2.16", &[Queued]),
        Rule::new(Releasing, T::CallReleaseStep2, "6.2.4.8.2", &[StartStop]),
    ]
};
