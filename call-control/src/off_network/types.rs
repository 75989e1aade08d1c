//! What an off-network client is told, what it can be asked to do and what it reports.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::monp::{CallIdentifier, CallType, Reason, RefreshInterval, UserLocation, UtcSeconds};
use mcptt_codec::text::ByteStr;
use mcptt_codec::{DecodeError, Path, Transmit};

use super::timer::TimerSettings;
use crate::client::AudioFormat;

/// Who the client is, whom it can reach and how.
#[derive(Clone, Debug)]
pub struct OffNetworkConfig {
    /// The service identity of the user.
    pub user: McpttId,
    /// Organization of the user, as alerts tell it.
    pub organization: ByteStr,
    /// Our address; MONP uses its port 8809.
    pub address: IpAddr,
    /// Port of the voice of private calls.
    pub audio_port: u16,
    /// Port of the floor control of private calls.
    pub floor_port: u16,
    /// The audio format of calls that this client starts.
    pub codec: AudioFormat,
    /// The groups of the user, each once.
    pub groups: Vec<OffNetworkGroup>,
    /// Whom the user can call, each once.
    pub users: Vec<OffNetworkUser>,
    /// Most group calls that the client takes part in at the same time (N4).
    pub max_group_calls: usize,
    /// Most private calls at the same time (N10).
    pub max_private_calls: usize,
    /// A private call with automatic commencement is answered without the user.
    pub automatic_answer: bool,
    /// The wall clock when the client is created, UTC.
    pub utc: UtcSeconds,
    /// Timers and counters.
    pub timers: TimerSettings,
}

/// A group as the documents of the user describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffNetworkGroup {
    /// The group.
    pub group_id: GroupId,
    /// Its IP multicast address, for MONP and media.
    pub address: IpAddr,
    /// Port of its voice, in calls that this client starts.
    pub audio_port: u16,
    /// Port of its floor control, in calls that this client starts.
    pub floor_port: u16,
    /// How its members are reached.
    pub reach: Reach,
    /// How long its calls last at most. `None`: TFG6 of the timers.
    pub maximum_duration: Option<Duration>,
    /// How long a call is an emergency call at most. `None`: TFG13 of the timers.
    pub emergency_limit: Option<Duration>,
    /// How long a call is an imminent peril call at most. `None`: TFG14 of the timers.
    pub imminent_peril_limit: Option<Duration>,
    /// Time between announcements of calls that this client starts.
    pub refresh_interval: RefreshInterval,
    /// Calls that this client starts ask those who join to say so.
    pub confirm_mode: bool,
    /// The user is asked before a call is joined.
    pub user_action: bool,
}

impl OffNetworkGroup {
    /// A group with default behaviour: multicast, no confirmation, calls are joined without asking.
    pub fn new(group_id: impl Into<GroupId>, address: IpAddr, audio_port: u16, floor_port: u16) -> Self {
        Self {
            group_id: group_id.into(),
            address,
            audio_port,
            floor_port,
            reach: Reach::Multicast,
            maximum_duration: None,
            emergency_limit: None,
            imminent_peril_limit: None,
            refresh_interval: RefreshInterval::default(),
            confirm_mode: false,
            user_action: false,
        }
    }
}

/// How the members of a group are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By the multicast address of the group.
    Multicast,
    /// One by one at these addresses, where the link carries no multicast; ports as by multicast.
    Direct(Vec<IpAddr>),
}

/// A user who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffNetworkUser {
    /// Who.
    pub user: McpttId,
    /// Where; MONP uses its port 8809.
    pub address: IpAddr,
}

/// What the user or a test wants. What makes no sense in the present state is discarded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OffNetworkCommand {
    /// Call a group: a running call is looked for and joined, otherwise one is started.
    CallGroup {
        /// The group.
        group: GroupId,
        /// Basic, emergency or imminent peril.
        call_type: CallType,
    },
    /// Join the call that was offered.
    AcceptGroupCall {
        /// The group.
        group: GroupId,
    },
    /// Do not join the call that was offered.
    RejectGroupCall {
        /// The group.
        group: GroupId,
    },
    /// Leave the call, or give up looking for one.
    LeaveGroupCall {
        /// The group.
        group: GroupId,
    },
    /// Change the type of the call: emergency, imminent peril, or basic to end either.
    ChangeGroupCall {
        /// The group.
        group: GroupId,
        /// The type wanted.
        call_type: CallType,
    },
    /// Start a broadcast group call.
    Broadcast {
        /// The group.
        group: GroupId,
    },
    /// Listen to the broadcast that was offered.
    AcceptBroadcast {
        /// The group.
        group: GroupId,
    },
    /// Do not listen to the broadcast that was offered.
    RejectBroadcast {
        /// The group.
        group: GroupId,
    },
    /// End the own broadcast, or leave somebody else's.
    EndBroadcast {
        /// The group.
        group: GroupId,
    },
    /// Call a user.
    CallUser {
        /// Whom.
        user: McpttId,
        /// The callee answers, not the callee's client.
        manual: bool,
        /// As an emergency call.
        emergency: bool,
        /// Where the caller is, if it is to be told.
        location: Option<UserLocation>,
    },
    /// Answer a private call.
    AcceptPrivateCall {
        /// Who calls.
        user: McpttId,
    },
    /// Refuse a private call.
    RejectPrivateCall {
        /// Who calls.
        user: McpttId,
    },
    /// End a private call, or give up calling.
    EndPrivateCall {
        /// The other user.
        user: McpttId,
    },
    /// Make a private call an emergency call, or an ordinary one again.
    ChangePrivateCall {
        /// The other user.
        user: McpttId,
        /// What it is to be.
        emergency: bool,
    },
    /// The first media of the caller was received: it has the answer.
    MediaReceived {
        /// The caller.
        user: McpttId,
    },
    /// Raise an emergency alert.
    Alert {
        /// To which group.
        group: GroupId,
        /// Where the user is, if it is to be told.
        location: Option<UserLocation>,
    },
    /// End an emergency alert.
    CancelAlert {
        /// Of which group.
        group: GroupId,
        /// Whose, the own one or that of somebody else.
        user: McpttId,
    },
}

/// What the client wants done or reports, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OffNetworkOutput {
    /// Send this datagram.
    Transmit {
        /// From where to where.
        transmit: Transmit,
        /// How far it goes.
        time_to_live: u8,
    },
    /// Something happened.
    Event(OffNetworkEvent),
}

/// Where the media of a call goes and comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffNetworkMedia {
    /// The port on which voice is received.
    pub audio_port: u16,
    /// The port on which floor control is received. `None`: the call has none.
    pub floor_port: Option<u16>,
    /// Where voice is to be sent.
    pub audio: Vec<SocketAddr>,
    /// Where floor control is to be sent.
    pub floor: Vec<SocketAddr>,
    /// The payload type of the voice.
    pub payload_type: u8,
}

/// A group call or broadcast as its messages describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCallInfo {
    /// The group.
    pub group: GroupId,
    /// The call.
    pub call_identifier: CallIdentifier,
    /// Its type.
    pub call_type: CallType,
    /// Who has started it.
    pub originator: McpttId,
    /// Its media.
    pub media: OffNetworkMedia,
}

/// Why a call is over for this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndCause {
    /// The user has ended or left it.
    User,
    /// The other user, or the originator of the broadcast, has ended it.
    Peer,
    /// It has lasted as long as it may.
    MaximumDuration,
    /// Nobody has answered.
    NoAnswer,
    /// The other user has refused it.
    Rejected(Reason),
    /// The user has refused it, or has not answered in time.
    NotTaken,
}

/// Which machine says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MachineName {
    /// Basic call control of a group call (10.2.2).
    GroupCall,
    /// Call type control of a group call (10.2.3).
    GroupCallType,
    /// Broadcast group call control (10.2.4).
    Broadcast,
    /// Basic call control of a private call (11.2.2).
    PrivateCall,
    /// Call type control of a private call (11.2.3).
    PrivateCallType,
    /// Emergency alert (12.2).
    Alert,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OffNetworkEvent {
    /// The client takes part in a group call from now on.
    GroupCallJoined {
        /// The call.
        call: GroupCallInfo,
        /// This client has started it.
        originated: bool,
    },
    /// The call has been merged into another one of the group, which the client takes part in instead.
    GroupCallMerged {
        /// The other call.
        call: GroupCallInfo,
    },
    /// There is a group call that the user may join.
    GroupCallOffered {
        /// The call.
        call: GroupCallInfo,
    },
    /// Somebody says that it has joined.
    GroupCallAccepted {
        /// The group.
        group: GroupId,
        /// Who.
        user: McpttId,
    },
    /// The type of the call has changed.
    GroupCallTypeChanged {
        /// The group.
        group: GroupId,
        /// What it is now.
        call_type: CallType,
        /// Who has changed it last.
        by: McpttId,
    },
    /// The client takes part in the group call no longer.
    GroupCallLeft {
        /// The group.
        group: GroupId,
        /// Why.
        cause: EndCause,
    },
    /// A broadcast has begun for this client.
    BroadcastStarted {
        /// The call.
        call: GroupCallInfo,
        /// This client has started it.
        originated: bool,
    },
    /// There is a broadcast that the user may listen to.
    BroadcastOffered {
        /// The call.
        call: GroupCallInfo,
    },
    /// The broadcast is over for this client.
    BroadcastEnded {
        /// The group.
        group: GroupId,
        /// Why.
        cause: EndCause,
    },
    /// A private call is offered to the user.
    PrivateCallOffered {
        /// Who calls.
        user: McpttId,
        /// As an emergency call.
        emergency: bool,
        /// Where the caller is, if told.
        location: Option<UserLocation>,
    },
    /// The callee is being asked.
    PrivateCallRinging {
        /// The callee.
        user: McpttId,
    },
    /// The media of a private call is open; the client of a callee may still wait for the acknowledgement.
    PrivateCallMedia {
        /// The other user.
        user: McpttId,
        /// This client has called.
        originated: bool,
        /// The media.
        media: OffNetworkMedia,
    },
    /// A private call is established.
    PrivateCallEstablished {
        /// The other user.
        user: McpttId,
        /// The call.
        call_identifier: CallIdentifier,
        /// As an emergency call.
        emergency: bool,
    },
    /// A private call has become an emergency call, or is none any longer.
    PrivateCallTypeChanged {
        /// The other user.
        user: McpttId,
        /// What it is now.
        emergency: bool,
    },
    /// The other side has not answered the wish to change the type.
    PrivateCallTypeUnanswered {
        /// The other user.
        user: McpttId,
    },
    /// A private call is over, or has not come about.
    PrivateCallEnded {
        /// The other user.
        user: McpttId,
        /// Why.
        cause: EndCause,
    },
    /// Somebody is in an emergency.
    AlertReceived {
        /// Of which group.
        group: GroupId,
        /// Who.
        user: McpttId,
        /// Organization of that user.
        organization: ByteStr,
        /// Where that user is, if told.
        location: Option<UserLocation>,
    },
    /// Somebody has received the own alert; told once for each.
    AlertAcknowledged {
        /// Of which group.
        group: GroupId,
        /// Who.
        user: McpttId,
    },
    /// An alert is over: cancelled, or not repeated for too long.
    AlertEnded {
        /// Of which group.
        group: GroupId,
        /// Whose it was.
        user: McpttId,
        /// Who has cancelled it. `None`: it was not repeated.
        by: Option<McpttId>,
    },
    /// A limit of the configuration does not admit something.
    LimitReached {
        /// The setting.
        setting: &'static str,
        /// Its value.
        limit: usize,
    },
    /// A command names a group or user that the configuration does not have.
    Unknown {
        /// What is not known.
        what: ByteStr,
    },
    /// A datagram is no message that can be used.
    Undecodable {
        /// From where to where.
        path: Path,
        /// What is wrong, and at which octet.
        error: DecodeError,
    },
    /// A message describes media that this client cannot use.
    UnusableMedia {
        /// Name of the message.
        message: &'static str,
    },
    /// A message is not for this client, or of a kind that no machine of this client takes.
    NotForUs {
        /// Name of the message.
        message: &'static str,
    },
    /// Something has happened for which the state has no procedure.
    Discarded {
        /// In which machine.
        machine: MachineName,
        /// The state.
        state: &'static str,
        /// What.
        got: &'static str,
    },
    /// A machine has changed its state.
    StateChanged {
        /// Which.
        machine: MachineName,
        /// From which state.
        from: &'static str,
        /// To which.
        to: &'static str,
        /// What has led to it.
        cause: &'static str,
        /// The clause of TS 24.379.
        clause: &'static str,
    },
}
