//! The floor participant of an MCPTT client (TS 24.380 6.2).

mod on_network;
mod table;
pub mod timer;

#[cfg(test)]
mod tests;

use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorPriority, QueueInfo, RejectCause, RevokeCause};
use mcptt_codec::id::{McpttId, Ssrc};

use super::event::Event;

pub use on_network::FloorParticipant;
pub use table::State;
pub use timer::{Counter, Timer, TimerSettings};

/// What is known about the call when its floor participant is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantSettings {
    /// SSRC of the participant, in the header of its floor messages.
    pub ssrc: Ssrc,
    /// The highest priority it may ask with, as negotiated (`mc_priority`). `None`: the default priority only.
    pub priority: Option<u8>,
    /// Queueing was negotiated (`mc_queueing`).
    pub queueing: bool,
    /// The priority from which on a request of this user pre-empts. `None`: no number does.
    pub pre_emptive_from: Option<FloorPriority>,
    /// The kind of call; requests in a broadcast, system, emergency or imminent peril call say so.
    pub indicator: FloorIndicator,
    /// This client started the call as a broadcast group call.
    pub broadcast_initiator: bool,
    /// Timers and counters.
    pub timers: TimerSettings,
}

impl ParticipantSettings {
    /// A normal call with default timers, no negotiated priority and no queueing.
    pub fn new(ssrc: Ssrc) -> Self {
        Self {
            ssrc,
            priority: None,
            queueing: false,
            pre_emptive_from: None,
            indicator: FloorIndicator::NORMAL,
            broadcast_initiator: false,
            timers: TimerSettings::default(),
        }
    }
}

/// What the user and call control tell the floor participant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParticipantInput {
    /// The call this client started, or joined, is set up: the final SIP response has arrived.
    SessionOriginated {
        /// The answer accepts the implicit request of the offer (`mc_implicit_request`).
        implicit_request: bool,
        /// The answer grants the floor to the implicit request of the offer (`mc_granted`).
        granted: bool,
    },
    /// The call this client was invited to is set up.
    SessionTerminating,
    /// The user wants to talk.
    PttPressed {
        /// The priority to ask with, at most the negotiated one. `None`: the default, which does not pre-empt.
        priority: Option<FloorPriority>,
        /// The kind of request, where the user asks for more than the call is.
        indicator: Option<FloorIndicator>,
    },
    /// The user has finished, or no longer wants to talk.
    PttReleased,
    /// The user accepts the grant that had to be waited for.
    AcceptGrant,
    /// The user wants to know the place in the queue.
    AskQueuePosition,
    /// Call release step 1.
    ReleaseStarted,
    /// Call release step 2.
    ReleaseFinished,
    /// An RTP packet has arrived.
    MediaReceived {
        /// Its SSRC.
        ssrc: Ssrc,
    },
}

/// What the floor participant wants done.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "handed over one at a time; a box would cost an allocation per message"
)]
#[non_exhaustive]
pub enum ParticipantOutput {
    /// Send a message to the floor control server.
    Send(FloorMessage),
    /// From now on RTP may be sent.
    StartSending {
        /// The SSRC it has to carry, if the server has allocated one.
        ssrc: Option<Ssrc>,
    },
    /// From now on RTP may not be sent; what is buffered is to be thrown away.
    StopSending,
    /// Tell the user, or in case of [`Notification::MediaComplete`] call control.
    Notify(Notification),
    /// Log, count or report.
    Event(Event),
}

/// What a user is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notification {
    /// The user may talk.
    Granted {
        /// For how long, if the server has said so.
        duration: Option<Duration>,
    },
    /// It is the user's turn in the queue; it lapses unless accepted in time.
    GrantOffered {
        /// For how long the user could talk, if the server has said so.
        duration: Option<Duration>,
    },
    /// The turn was not accepted in time.
    GrantLapsed,
    /// The request was denied.
    Denied {
        /// Why, if the server has said so.
        cause: Option<RejectCause>,
    },
    /// The request was given up because the server does not answer.
    RequestTimeout,
    /// Requests are not allowed as long as this talker talks.
    RequestNotAllowed,
    /// The request waits.
    Queued {
        /// Where, if the server has said so.
        info: Option<QueueInfo>,
    },
    /// The question for the place in the queue was not answered; the request was withdrawn.
    QueueTimeout,
    /// Somebody else talks.
    Taken {
        /// Who, unless privacy was requested.
        by: Option<McpttId>,
        /// With which SSRC, if the server has said so.
        ssrc: Option<Ssrc>,
        /// Whether the user may request the floor meanwhile.
        may_request: bool,
    },
    /// Nobody talks.
    Idle,
    /// The user has to stop talking.
    Revoked {
        /// Why, if the server has said so.
        cause: Option<RevokeCause>,
    },
    /// The broadcast is over: the client that started the broadcast group call ends it.
    MediaComplete,
}
