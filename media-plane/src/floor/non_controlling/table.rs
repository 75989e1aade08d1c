//! The states of the floor participant interface, what it reacts to, and its table of procedures (TS 24.380 6.5.5).

use std::fmt;

use mcptt_codec::floor::Subtype;

use crate::floor::transition::Rule;

/// The states of the machine of one local client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the client's part in the session.
    StartStop,
    /// It may not send media.
    HasNoPermission,
    /// It may send media.
    HasPermission,
    /// Its part in the session is ending.
    Releasing,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] =
        &[Self::StartStop, Self::HasNoPermission, Self::HasPermission, Self::Releasing];

    /// The name as the specification quotes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::HasNoPermission => "P: has no permission",
            Self::HasPermission => "P: has permission",
            Self::Releasing => "P: Releasing",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the machine reacts to: input of the client (R), what the controlling function sends it (S), others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    SessionInitiated,
    FloorRequest,
    FloorRelease,
    /// Floor Queue Position Request, Floor Ack and what later releases let a client ask.
    OtherOfClient,
    RtpMedia,
    SendFloorGranted,
    SendFloorDeny,
    SendFloorQueuePositionInfo,
    SendFloorRevoke,
    SendFloorTaken,
    SendFloorIdle,
    /// Floor Ack and what later releases let a server answer.
    SendOther,
    CallReleaseStep1,
    CallReleaseStep2,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::SessionInitiated,
        Self::FloorRequest,
        Self::FloorRelease,
        Self::OtherOfClient,
        Self::RtpMedia,
        Self::SendFloorGranted,
        Self::SendFloorDeny,
        Self::SendFloorQueuePositionInfo,
        Self::SendFloorRevoke,
        Self::SendFloorTaken,
        Self::SendFloorIdle,
        Self::SendOther,
        Self::CallReleaseStep1,
        Self::CallReleaseStep2,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SessionInitiated => "session initiated",
            Self::FloorRequest => "R: Floor Request",
            Self::FloorRelease => "R: Floor Release",
            Self::OtherOfClient => "R: other message",
            Self::RtpMedia => "R: RTP media",
            Self::SendFloorGranted => "S: Floor Granted",
            Self::SendFloorDeny => "S: Floor Deny",
            Self::SendFloorQueuePositionInfo => "S: Floor Queue Position Info",
            Self::SendFloorRevoke => "S: Floor Revoke",
            Self::SendFloorTaken => "S: Floor Taken",
            Self::SendFloorIdle => "S: Floor Idle",
            Self::SendOther => "S: other message",
            Self::CallReleaseStep1 => "call release step 1",
            Self::CallReleaseStep2 => "call release step 2",
        }
    }

    /// The trigger of a message that clients send. The messages of servers have none, so they are discarded.
    pub(in crate::floor) fn of_client(message: Subtype) -> Option<Self> {
        message.message_name()?;
        match message.number() {
            Subtype::FLOOR_REQUEST => Some(Self::FloorRequest),
            Subtype::FLOOR_RELEASE => Some(Self::FloorRelease),
            Subtype::FLOOR_QUEUE_POSITION_REQUEST
            | Subtype::FLOOR_ACK
            | Subtype::UNICAST_MEDIA_FLOW_CONTROL
            | Subtype::QUEUED_FLOOR_REQUESTS
            | Subtype::FLOOR_REVOKE_REQUEST => Some(Self::OtherOfClient),
            //= 24.380-8.1.4:dir
            _ => None,
        }
    }

    /// The trigger of a message that the controlling function sends. The messages of participants have none.
    pub(in crate::floor) fn of_controlling(message: Subtype) -> Option<Self> {
        message.message_name()?;
        match message.number() {
            Subtype::FLOOR_GRANTED => Some(Self::SendFloorGranted),
            Subtype::FLOOR_DENY => Some(Self::SendFloorDeny),
            Subtype::FLOOR_QUEUE_POSITION_INFO => Some(Self::SendFloorQueuePositionInfo),
            Subtype::FLOOR_REVOKE => Some(Self::SendFloorRevoke),
            Subtype::FLOOR_TAKEN => Some(Self::SendFloorTaken),
            Subtype::FLOOR_IDLE => Some(Self::SendFloorIdle),
            Subtype::FLOOR_ACK | Subtype::QUEUED_FLOOR_REQUESTS | Subtype::FLOOR_RELEASE_MULTI_TALKER => {
                Some(Self::SendOther)
            }
            //= 24.380-8.1.4:dir
            _ => None,
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{HasNoPermission as Listens, HasPermission as Talks, Releasing, StartStop};
    use Trigger as T;
    &[
        // A talker of the time when this function controlled the call still talks (6.5.2.3).
        Rule::new(StartStop, T::SessionInitiated, "6.5.5.2", &[Listens, Talks]),
        Rule::new(Listens, T::FloorRequest, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::FloorRelease, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::OtherOfClient, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::RtpMedia, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::SendFloorGranted, "6.5.5.3", &[Talks]),
        Rule::new(Listens, T::SendFloorDeny, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::SendFloorQueuePositionInfo, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::SendFloorRevoke, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::SendFloorTaken, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::SendFloorIdle, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::SendOther, "6.5.5.3", &[Listens]),
        Rule::new(Listens, T::CallReleaseStep1, "6.5.5.5", &[Releasing]),
        Rule::new(Talks, T::FloorRequest, "6.5.5.4", &[Talks]),
        Rule::new(Talks, T::FloorRelease, "6.5.5.4", &[Listens]),
        Rule::new(Talks, T::OtherOfClient, "6.5.5.4", &[Talks]),
        Rule::new(Talks, T::RtpMedia, "6.5.5.4", &[Talks]),
        Rule::new(Talks, T::SendFloorGranted, "6.5.5.4", &[Talks]),
        // The controlling function does not take over the talker of the time before (6.5.2.3).
        Rule::new(Talks, T::SendFloorDeny, "6.5.5.4", &[Talks, Listens]),
        Rule::new(Talks, T::SendFloorQueuePositionInfo, "6.5.5.4", &[Talks, Listens]),
        Rule::new(Talks, T::SendFloorRevoke, "6.5.5.4", &[Listens]),
        // With dual floor or several talkers the announcement of another takes nothing away.
        Rule::new(Talks, T::SendFloorTaken, "6.5.5.4", &[Talks, Listens]),
        Rule::new(Talks, T::SendFloorIdle, "6.5.5.4", &[Listens]),
        Rule::new(Talks, T::SendOther, "6.5.5.4", &[Talks]),
        Rule::new(Talks, T::CallReleaseStep1, "6.5.5.5", &[Releasing]),
        Rule::new(Releasing, T::CallReleaseStep2, "6.5.5.6", &[StartStop]),
    ]
};
