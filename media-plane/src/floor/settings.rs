//! What the application and signalling plane decides about a call and about each participant before floor control
//! begins (TS 24.380 6.3.2.2), and what the operator decides for all calls.

use std::time::Duration;

use mcptt_codec::Release;
use mcptt_codec::floor::{FloorIndicator, Location};
use mcptt_codec::id::{FunctionalAlias, GroupId, LegRef, McpttId, Ssrc};

use crate::distribution::DistributionSettings;
use crate::quality::CodecModel;

/// What is fixed for the life of a call (TS 24.380 6.3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSettings {
    /// The group; none in a call between users.
    pub group: Option<GroupId>,
    /// There is floor control. Without it everybody may talk at any time and no floor message is sent or read (a private
    /// call without floor control, TS 24.379 11.1.2).
    pub floor_control: bool,
    /// In a broadcast group call the only leg that may talk; `None` in every other call.
    pub broadcast_initiator: Option<LegRef>,
    /// The kind of call, sent in every floor message that can carry it.
    pub indicator: FloorIndicator,
    /// Whether floor requests can be queued at all.
    pub queueing: bool,
    /// Whether every floor request of a participant interrupts the talker (audio cut-in policy).
    pub audio_cut_in: bool,
    /// How many may talk at once in a multi-talker group (Release 16 on). `None`, 0 or 1: one. Without effect together
    /// with audio cut-in, which has one talker by its nature.
    pub max_talkers: Option<u8>,
    /// Dual floor control: a pre-emptive request is granted beside the talker instead of revoking it. What listeners hear
    /// of the two; `None`: no dual floor control. Without effect together with audio cut-in or several talkers.
    pub dual_floor: Option<Hearing>,
    /// T4 of this call: the hang timer of the group document. `None`: the configured default.
    pub hang_timer: Option<Duration>,
    /// T2 of this call, where the service configuration sets it. `None`: the configured default.
    pub talk_limit: Option<Duration>,
    /// The codec of the call.
    pub codec: CodecModel,
    /// Whether what is distributed is handed out for recording ([`Output::Tap`](crate::Output::Tap)).
    pub record: bool,
    /// How voice reaches the listeners.
    pub distribution: DistributionSettings,
    /// The voice is protected with keys that only participants have: RTCP of our own would be taken for forged.
    pub sealed: bool,
}

impl CallSettings {
    /// A normal call of a group with one talker at a time, without queueing and with the configured timers.
    pub fn normal(group: impl Into<GroupId>) -> Self {
        Self {
            group: Some(group.into()),
            floor_control: true,
            broadcast_initiator: None,
            indicator: FloorIndicator::NORMAL,
            queueing: false,
            audio_cut_in: false,
            max_talkers: None,
            dual_floor: None,
            hang_timer: None,
            talk_limit: None,
            codec: CodecModel::default(),
            record: false,
            distribution: DistributionSettings::default(),
            sealed: false,
        }
    }

    /// Whether this is a session of a temporary group, whose floor waits for the constituent groups.
    pub fn is_temporary_group(&self) -> bool {
        self.indicator.contains(FloorIndicator::TEMPORARY_GROUP)
    }
}

/// What the listeners hear while one talker overrides another (TS 24.380 6.3.6.1). The two hear each other in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hearing {
    /// The overriding talker only.
    Overriding,
    /// The overridden talker only.
    Overridden,
    /// Both.
    #[default]
    Both,
}

/// How a participant came into the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It started the call.
    Originator {
        /// Starting it was a floor request as well.
        implicit_request: bool,
    },
    /// It was invited and has accepted.
    Invited,
    /// It joined a chat group call, or a call that was going on.
    Joining {
        /// Joining was explicitly a floor request as well.
        implicit_request: bool,
    },
}

/// What offer and answer and the group document say about one participant's floor control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorParameters {
    /// Queueing was negotiated (`mc_queueing`).
    pub queueing: bool,
    /// The highest priority the participant may use (`mc_priority`), 1 to 255. `None`: the default priority.
    pub priority: Option<u8>,
    /// The participant may listen only.
    pub receive_only: bool,
    /// The participant may ask with the emergency or imminent peril indicator.
    pub emergency_allowed: bool,
    /// The participant may talk while others do, in a multi-talker group.
    pub multi_talker_allowed: bool,
    /// The participant's identity is not shown to others.
    pub privacy: bool,
    /// The participant may cancel floor requests of others that wait (Release 17 on).
    pub cancels_queued: bool,
    /// The participant may have the floor revoked from others (Release 19 on).
    pub revokes_others: bool,
    /// It is another MCPTT function, which sends what many participants say: the limits of functions hold for it.
    pub function: bool,
    /// The functional aliases the participant may talk under; another one that it states is not shown.
    pub functional_aliases: Vec<FunctionalAlias>,
    /// Where the user is, as far as it is known without its client saying so in a Floor Request.
    pub location: Option<Box<Location>>,
    /// The SSRC the participant wants in the header of floor messages sent to it (`mc_floor_ssrc`, Release 15 on).
    pub floor_ssrc: Option<Ssrc>,
}

/// A participant as floor control knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantProfile {
    /// Who it is.
    pub mcptt_id: McpttId,
    /// The SSRC of its audio, named in Floor Granted and Floor Taken.
    pub ssrc: Ssrc,
    /// What was negotiated for it.
    pub parameters: FloorParameters,
}

/// What an operator chooses for all calls of a floor control server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorPolicy {
    /// Which messages ask for a Floor Ack.
    pub acknowledge: AcknowledgePolicy,
    /// Most requests that wait in one queue; a pre-emptive request is inserted even beyond it.
    pub queue_limit: usize,
    /// The release that is kept to in what is sent; what it does not have is neither sent nor served.
    pub release: Release,
    /// Listeners are shown where a talker is, if it says so and has not asked for privacy.
    pub share_location: bool,
    /// How much RTP of an inviting client is kept until the first invited client has accepted. With it an implicit
    /// request is granted as soon as a client is going to accept; `None`: when one has (TS 24.380 6.3.2.2).
    pub buffer: Option<BufferLimits>,
}

/// How much of a talk spurt is kept for a listener that is not there yet. Of more than that the oldest is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLimits {
    /// Its length, 100 ms to 60 s: also how far behind the talker the first listener hears it.
    pub time: Duration,
    /// RTP packets, 1 to 10 000.
    pub packets: usize,
    /// Octets of the RTP packets without protection, 1 000 to 10 000 000.
    pub octets: usize,
}

impl Default for BufferLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), packets: 1_000, octets: 250_000 }
    }
}

impl FloorPolicy {
    /// Queue size that holds when nothing else is configured.
    pub const DEFAULT_QUEUE_LIMIT: usize = 16;
}

impl Default for FloorPolicy {
    fn default() -> Self {
        Self {
            acknowledge: AcknowledgePolicy::default(),
            queue_limit: Self::DEFAULT_QUEUE_LIMIT,
            release: Release::default(),
            share_location: false,
            buffer: None,
        }
    }
}

/// Which messages of the server ask for a Floor Ack: an implementation option, by default none (TS 24.380 6.3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AcknowledgePolicy {
    /// Floor Granted.
    pub granted: bool,
    /// Floor Taken.
    pub taken: bool,
    /// Floor Deny.
    pub deny: bool,
    /// Floor Idle.
    pub idle: bool,
    /// Floor Queue Position Info.
    pub queue_position_info: bool,
    /// Queued Floor Requests: results and notifications of a cancellation.
    pub queued_floor_requests: bool,
}
