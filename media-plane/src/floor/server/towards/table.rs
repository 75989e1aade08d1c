//! The states of the machine towards a participant, what it reacts to, and its table of procedures.

use std::fmt;

use mcptt_codec::floor::{FloorMessage, QueuedFloorRequestsPurpose};

use crate::floor::transition::Rule;

/// The states of the machine towards a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the participant's part in the call.
    StartStop,
    /// It may not send media, and nobody else may.
    NotPermittedFloorIdle,
    /// It may not send media, somebody else may.
    NotPermittedFloorTaken,
    /// It may send media.
    Permitted,
    /// It was told to stop sending media.
    PendingFloorRevoke,
    /// It sends media although it may not.
    NotPermittedButSendsMedia,
    /// Its part in the call is ending.
    Releasing,
    /// It may not send media: the temporary group's floor is not decided yet.
    NotPermittedInitiating,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[
        Self::StartStop,
        Self::NotPermittedFloorIdle,
        Self::NotPermittedFloorTaken,
        Self::Permitted,
        Self::PendingFloorRevoke,
        Self::NotPermittedButSendsMedia,
        Self::Releasing,
        Self::NotPermittedInitiating,
    ];

    /// The name as the specification quotes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::NotPermittedFloorIdle => "U: not permitted and Floor Idle",
            Self::NotPermittedFloorTaken => "U: not permitted and Floor Taken",
            Self::Permitted => "U: permitted",
            Self::PendingFloorRevoke => "U: pending Floor Revoke",
            Self::NotPermittedButSendsMedia => "U: not permitted but sends media",
            Self::Releasing => "Releasing",
            Self::NotPermittedInitiating => "U: not permitted and initiating",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the machine reacts to: input of the participant (R), messages that the general machine hands it (S), others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    SipSessionInitiated,
    FloorRequest,
    FloorRelease,
    FloorQueuePositionRequest,
    FloorAck,
    CancelRequest,
    UnicastMediaStop,
    UnicastMediaResume,
    FloorRevokeRequest,
    ImplicitRequest,
    RtpMedia,
    SendFloorGranted,
    SendFloorTaken,
    SendFloorIdle,
    SendFloorRevoke,
    SendFloorReleaseMultiTalker,
    T8Expired,
    CallReleaseStep1,
    CallReleaseStep2,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::SipSessionInitiated,
        Self::FloorRequest,
        Self::FloorRelease,
        Self::FloorQueuePositionRequest,
        Self::FloorAck,
        Self::CancelRequest,
        Self::UnicastMediaStop,
        Self::UnicastMediaResume,
        Self::FloorRevokeRequest,
        Self::ImplicitRequest,
        Self::RtpMedia,
        Self::SendFloorGranted,
        Self::SendFloorTaken,
        Self::SendFloorIdle,
        Self::SendFloorRevoke,
        Self::SendFloorReleaseMultiTalker,
        Self::T8Expired,
        Self::CallReleaseStep1,
        Self::CallReleaseStep2,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SipSessionInitiated => "SIP session initiated",
            Self::FloorRequest => "R: Floor Request",
            Self::FloorRelease => "R: Floor Release",
            Self::FloorQueuePositionRequest => "R: Floor Queue Position Request",
            Self::FloorAck => "R: Floor Ack",
            Self::CancelRequest => "R: Queued Floor Requests: cancel",
            Self::UnicastMediaStop => "R: Unicast Media Flow Control: stop",
            Self::UnicastMediaResume => "R: Unicast Media Flow Control: resume",
            Self::FloorRevokeRequest => "R: Floor Revoke Request",
            Self::ImplicitRequest => "implicit floor request",
            Self::RtpMedia => "R: RTP media",
            Self::SendFloorGranted => "S: Floor Granted",
            Self::SendFloorTaken => "S: Floor Taken",
            Self::SendFloorIdle => "S: Floor Idle",
            Self::SendFloorRevoke => "S: Floor Revoke",
            Self::SendFloorReleaseMultiTalker => "S: Floor Release Multi Talker",
            Self::T8Expired => "T8 expired",
            Self::CallReleaseStep1 => "call release step 1",
            Self::CallReleaseStep2 => "call release step 2",
        }
    }

    /// The trigger of a message that participants send. The messages of the server have none, so they are discarded.
    pub(in crate::floor) fn of(message: &FloorMessage) -> Option<Self> {
        match message {
            FloorMessage::Request(_) => Some(Self::FloorRequest),
            FloorMessage::Release(_) => Some(Self::FloorRelease),
            FloorMessage::QueuePositionRequest(_) => Some(Self::FloorQueuePositionRequest),
            FloorMessage::Ack(_) => Some(Self::FloorAck),
            FloorMessage::QueuedFloorRequests(message) => match message.purpose {
                Some(QueuedFloorRequestsPurpose::CANCEL_REQUEST) => Some(Self::CancelRequest),
                _ => None,
            },
            FloorMessage::UnicastMediaFlowControl(message) => match message.flow {
                Some(flow) if flow.is_resume() => Some(Self::UnicastMediaResume),
                Some(_) => Some(Self::UnicastMediaStop),
                None => None,
            },
            FloorMessage::RevokeRequest(_) => Some(Self::FloorRevokeRequest),
            //= 24.380-8.1.4:dir
            _ => None,
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded (6.3.5.1).
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{
        NotPermittedButSendsMedia as Sends, NotPermittedFloorIdle as Idle, NotPermittedFloorTaken as Taken,
        NotPermittedInitiating as Initiating, PendingFloorRevoke as Revoke, Permitted, Releasing, StartStop,
    };
    use Trigger as T;
    &[
        Rule::new(StartStop, T::SipSessionInitiated, "6.3.5.2.2", &[Idle, Taken, Initiating]),
        Rule::new(StartStop, T::CallReleaseStep1, "6.3.5.8.2", &[Releasing]),
        Rule::new(Idle, T::SendFloorTaken, "6.3.5.3.3", &[Taken]),
        Rule::new(Idle, T::FloorRequest, "6.3.5.3.4", &[Idle]),
        Rule::new(Idle, T::SendFloorGranted, "6.3.5.3.5", &[Permitted]),
        Rule::new(Idle, T::FloorAck, "6.3.5.3.5", &[Idle]),
        Rule::new(Idle, T::FloorRelease, "6.3.5.3.7", &[Idle]),
        Rule::new(Idle, T::RtpMedia, "6.3.5.3.8", &[Sends]),
        Rule::new(Idle, T::ImplicitRequest, "6.3.5.3.9", &[Idle]),
        Rule::new(Idle, T::SendFloorIdle, "6.3.5.3.10", &[Idle]),
        // The clauses have these two while the floor is taken; a participant may change its mind at any time.
        Rule::new(Idle, T::UnicastMediaStop, "6.3.5.4.13", &[Idle]),
        Rule::new(Idle, T::UnicastMediaResume, "6.3.5.4.14", &[Idle]),
        Rule::new(Idle, T::CallReleaseStep1, "6.3.5.8.2", &[Releasing]),
        // With bit G it is about the overriding talker only.
        Rule::new(Taken, T::SendFloorIdle, "6.3.5.4.3", &[Idle, Taken]),
        Rule::new(Taken, T::FloorRequest, "6.3.5.4.4", &[Taken]),
        Rule::new(Taken, T::FloorAck, "6.3.5.4.4", &[Taken]),
        Rule::new(Taken, T::FloorRelease, "6.3.5.4.5", &[Taken]),
        Rule::new(Taken, T::RtpMedia, "6.3.5.4.6", &[Sends]),
        Rule::new(Taken, T::FloorQueuePositionRequest, "6.3.5.4.7", &[Taken]),
        Rule::new(Taken, T::ImplicitRequest, "6.3.5.4.8", &[Taken]),
        Rule::new(Taken, T::SendFloorGranted, "6.3.5.4.9", &[Permitted]),
        Rule::new(Taken, T::CancelRequest, "6.3.5.4.12", &[Taken]),
        Rule::new(Taken, T::UnicastMediaStop, "6.3.5.4.13", &[Taken]),
        Rule::new(Taken, T::UnicastMediaResume, "6.3.5.4.14", &[Taken]),
        Rule::new(Taken, T::FloorRevokeRequest, "6.3.5.4.15", &[Taken]),
        // The queue was served: the floor passes from one talker to the next without an idle period.
        Rule::new(Taken, T::SendFloorTaken, "6.3.4.4.2", &[Taken]),
        Rule::new(Taken, T::SendFloorReleaseMultiTalker, "6.3.5.4.11", &[Taken]),
        Rule::new(Taken, T::CallReleaseStep1, "6.3.5.8.2", &[Releasing]),
        Rule::new(Permitted, T::FloorRelease, "6.3.5.5.3", &[Permitted]),
        // Somebody else behind the same leg, whose turn in the queue has come.
        Rule::new(Permitted, T::SendFloorGranted, "6.3.4.4.2", &[Permitted]),
        Rule::new(Permitted, T::SendFloorIdle, "6.3.5.5.4", &[Permitted, Idle]),
        Rule::new(Permitted, T::SendFloorRevoke, "6.3.5.5.5", &[Revoke]),
        Rule::new(Permitted, T::RtpMedia, "6.3.5.5.6", &[Permitted]),
        Rule::new(Permitted, T::FloorRequest, "6.3.5.5.7", &[Permitted]),
        Rule::new(Permitted, T::FloorAck, "6.3.5.3.5", &[Permitted]),
        // Another one talks as well, or the talk is over and somebody else has the floor.
        Rule::new(Permitted, T::SendFloorTaken, "6.3.5.5.9", &[Permitted, Taken]),
        Rule::new(Permitted, T::SendFloorReleaseMultiTalker, "6.3.4.4.6", &[Permitted, Taken]),
        Rule::new(Permitted, T::UnicastMediaStop, "6.3.5.4.13", &[Permitted]),
        Rule::new(Permitted, T::UnicastMediaResume, "6.3.5.4.14", &[Permitted]),
        Rule::new(Permitted, T::CallReleaseStep1, "6.3.5.8.2", &[Releasing]),
        Rule::new(Revoke, T::T8Expired, "6.3.5.6.3", &[Revoke]),
        Rule::new(Revoke, T::RtpMedia, "6.3.5.6.4", &[Revoke]),
        Rule::new(Revoke, T::FloorRelease, "6.3.5.6.5", &[Revoke]),
        Rule::new(Revoke, T::FloorAck, "6.3.5.6.5", &[Revoke]),
        Rule::new(Revoke, T::SendFloorGranted, "6.3.4.4.2", &[Permitted]),
        Rule::new(Revoke, T::SendFloorIdle, "6.3.5.6.6", &[Idle, Revoke]),
        Rule::new(Revoke, T::SendFloorTaken, "6.3.5.6.7", &[Taken, Revoke]),
        Rule::new(Revoke, T::SendFloorReleaseMultiTalker, "6.3.4.4.6", &[Revoke, Taken]),
        Rule::new(Revoke, T::CallReleaseStep1, "6.3.5.8.2", &[Releasing]),
        Rule::new(Sends, T::RtpMedia, "6.3.5.7.2", &[Sends]),
        // Giving up the repetition is an implementation option; a participant that has fallen silent is let out.
        Rule::new(Sends, T::T8Expired, "6.3.5.7.3", &[Sends, Idle, Taken]),
        Rule::new(Sends, T::FloorRelease, "6.3.5.7.4", &[Idle, Taken]),
        Rule::new(Sends, T::FloorAck, "6.3.5.7.4", &[Sends]),
        // Its turn in the queue has come.
        Rule::new(Sends, T::SendFloorGranted, "6.3.4.4.2", &[Permitted]),
        Rule::new(Sends, T::CallReleaseStep1, "6.3.5.8.2", &[Releasing]),
        Rule::new(Releasing, T::CallReleaseStep2, "6.3.5.9.2", &[StartStop]),
        Rule::new(Initiating, T::SendFloorTaken, "6.3.5.10.3", &[Taken]),
        Rule::new(Initiating, T::SendFloorIdle, "6.3.5.10.4", &[Idle]),
        Rule::new(Initiating, T::FloorRequest, "6.3.5.10.5", &[Initiating]),
        Rule::new(Initiating, T::ImplicitRequest, "6.3.5.10.5", &[Initiating]),
        Rule::new(Initiating, T::SendFloorGranted, "6.3.5.10.6", &[Permitted]),
        Rule::new(Initiating, T::FloorRelease, "6.3.5.10.7", &[Initiating]),
        Rule::new(Initiating, T::FloorAck, "6.3.5.10.5", &[Initiating]),
        Rule::new(Initiating, T::CallReleaseStep1, "6.3.5.8.2", &[Releasing]),
    ]
};
