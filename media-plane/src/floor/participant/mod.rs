//! The floor participant of an MCPTT client: on-network (TS 24.380 6.2) and, in [`off_network`], without a server
//! (TS 24.380 7).

pub mod off_network;
mod on_network;
pub(crate) mod table;
pub mod timer;

#[cfg(test)]
mod tests;

use std::time::Duration;

use mcptt_codec::Release;
use mcptt_codec::floor::{
    FloorIndicator, FloorMessage, FloorPriority, Location, QueueInfo, RejectCause, ResponseState, RevokeCause,
};
use mcptt_codec::id::{FunctionalAlias, McpttId, Ssrc};

use super::event::Event;

pub use on_network::FloorParticipant;
pub use table::State;
pub use timer::{Counter, Timer, TimerSettings};

/// What is known about the call when its floor participant is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantSettings {
    /// SSRC of the participant, in the header of its floor messages.
    pub ssrc: Ssrc,
    /// The MCPTT ID of the user, to be found in lists of talkers. `None`: the SSRC alone tells.
    pub user: Option<McpttId>,
    /// The release to which messages keep: what it does not have is not sent.
    pub release: Release,
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
    /// Where the user is, as far as it may be told (Rel-16).
    pub location: Option<Location>,
    /// The functional alias that the user has activated for the group (Rel-15).
    pub functional_alias: Option<FunctionalAlias>,
    /// What a user who overrides the talker hears of it.
    pub overridden_media: MediaTreatment,
    /// The user is authorised to have the floor taken from others (Rel-19).
    pub may_revoke: bool,
    /// The user is authorised to have queued requests of others removed (Rel-17).
    pub may_cancel_queued: bool,
    /// Timers and counters.
    pub timers: TimerSettings,
}

impl ParticipantSettings {
    /// A normal call with default timers, no negotiated priority, no queueing and no special rights.
    pub fn new(ssrc: Ssrc) -> Self {
        Self {
            ssrc,
            user: None,
            release: Release::default(),
            priority: None,
            queueing: false,
            pre_emptive_from: None,
            indicator: FloorIndicator::NORMAL,
            broadcast_initiator: false,
            location: None,
            functional_alias: None,
            overridden_media: MediaTreatment::Render,
            may_revoke: false,
            may_cancel_queued: false,
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
        /// The SSRC that the answer allocates for the audio of this client (`mc_ssrc`).
        ssrc: Option<Ssrc>,
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
    /// The user wants the floor to be taken from somebody (Rel-19).
    RevokeOther {
        /// From whom.
        user: McpttId,
    },
    /// The user wants queued requests of others to be removed (Rel-17).
    CancelQueued {
        /// Whose; nobody in particular stands for everybody's.
        users: Vec<McpttId>,
    },
    /// The media comes by multicast, so the server need not send it by unicast; or it has to again (Rel-17).
    UnicastMedia {
        /// Whether unicast media is wanted.
        wanted: bool,
    },
    /// The user is somewhere else now, or may no longer tell where.
    LocationChanged {
        /// Where, as far as it may be told.
        location: Option<Location>,
    },
    /// The user has activated or deactivated a functional alias for the group.
    FunctionalAliasChanged {
        /// The one that is active now.
        alias: Option<FunctionalAlias>,
    },
    /// What the call is is known now, or has changed: an emergency began or ended.
    CallIs {
        /// The kind of call, as in [`ParticipantSettings::indicator`].
        indicator: FloorIndicator,
        /// This client started it as a broadcast group call.
        broadcast_initiator: bool,
    },
    /// Call release step 1.
    ReleaseStarted,
    /// Call release step 2.
    ReleaseFinished,
    /// An RTP packet has arrived. [`FloorParticipant::handle_media`] also says what to do with it.
    MediaReceived {
        /// Its SSRC.
        ssrc: Ssrc,
    },
}

/// What is to be done with a received RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaTreatment {
    /// Let the user hear it.
    Render,
    /// Keep it: the final SIP response is awaited, or the user who overrides its talker hears it later.
    Store,
    /// Throw it away.
    Discard,
}

/// Somebody who talks, as far as the server has said who.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Talker {
    /// Who, unless privacy was requested.
    pub user: Option<McpttId>,
    /// With which SSRC.
    pub ssrc: Option<Ssrc>,
    /// Under which functional alias.
    pub functional_alias: Option<FunctionalAlias>,
    /// Where.
    pub location: Option<Location>,
}

/// This client's part in a dual floor (TS 24.380 6.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DualFloor {
    /// It talks over somebody who keeps the floor.
    Overriding,
    /// Somebody talks over it; it keeps the floor.
    Overridden,
}

/// What the floor participant wants done.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "handed over one at a time; a box would cost an allocation per message"
)]
#[non_exhaustive]
pub enum ParticipantOutput {
    /// Send a message to the floor control server; off-network to all other participants.
    Send(FloorMessage),
    /// From now on RTP may be sent.
    StartSending {
        /// The SSRC it has to carry, if the server has allocated one.
        ssrc: Option<Ssrc>,
    },
    /// RTP goes on, but has to carry this SSRC from now on: a later grant of the same talk has allocated it.
    ChangeSsrc {
        /// The SSRC.
        ssrc: Ssrc,
    },
    /// From now on RTP may not be sent; what is buffered is to be thrown away.
    StopSending,
    /// Tell the user, or in case of [`Notification::MediaComplete`] and [`Notification::Inactive`] call control.
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
    /// The user with the right to do so has had the queued request removed.
    RequestCancelled,
    /// How the removal of queued requests of others ended.
    QueuedCancelled {
        /// The result, if the server has said so.
        response: Option<ResponseState>,
        /// Whose requests are still queued.
        queued: Vec<McpttId>,
    },
    /// Somebody talks: everybody who does, one's own talk in a multi-talker call included.
    Taken {
        /// Who. With more than one they talk at the same time.
        talkers: Vec<Talker>,
        /// The kind of call as the message states it.
        indicator: FloorIndicator,
        /// Whether the user may request the floor meanwhile.
        may_request: bool,
    },
    /// One of several talkers has finished.
    TalkerFinished {
        /// Who.
        talker: Talker,
        /// Who still talks.
        talkers: Vec<Talker>,
    },
    /// Nobody talks.
    Idle,
    /// The user overrides a talker, or is overridden; `None`: no longer.
    DualFloor(Option<DualFloor>),
    /// The user has to stop talking.
    Revoked {
        /// Why, if the server has said so.
        cause: Option<RevokeCause>,
    },
    /// Off-network: the time to talk is almost used up.
    TalkTimeEnds {
        /// How much is left.
        within: Duration,
    },
    /// The broadcast is over: the client that started the broadcast group call ends it.
    MediaComplete,
    /// Off-network: nobody has talked for so long that floor control has ended; call control ends the call.
    Inactive,
}
