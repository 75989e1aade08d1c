//! The messages of the floor control protocol (TS 24.380 8.2.4 to 8.2.17), typed.
//!
//! Every field is optional: no table says which one is compulsory, so the state machine decides what it cannot live
//! without. Which fields belong into a message is in [`rules`](crate::floor::rules).

use std::time::Duration;

use crate::floor::releases::FIRST_RELEASES;
use crate::floor::{
    FloorField, FloorIndicator, FloorPacket, FloorPriority, Location, MediaFlowControlIndicator,
    MessageSequenceNumber, MessageType, QueueInfo, QueuedFloorRequestsPurpose, RejectCause, ResponseState,
    RevokeCause, Source, Subtype, TrackInfo,
};
use crate::id::{FunctionalAlias, McpttId, Ssrc};
use crate::rtcp::messages;
use crate::text::ByteStr;

/// Floor Request (8.2.4): a participant asks for the floor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorRequest {
    /// The participant.
    pub ssrc: Ssrc,
    /// Absent: normal priority.
    pub priority: Option<FloorPriority>,
    /// Off-network: the participant.
    pub user_id: Option<McpttId>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call.
    pub indicator: Option<FloorIndicator>,
    /// The alias that the user has activated for this group.
    pub functional_alias: Option<FunctionalAlias>,
    /// Where the user is; from Rel-15 always sent.
    pub location: Option<Location>,
}

/// A queued request as Floor Granted tells it off-network: three fields that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedUser {
    /// SSRC of the queued user.
    pub ssrc: Ssrc,
    /// The queued user.
    pub user_id: McpttId,
    /// Position and priority.
    pub info: QueueInfo,
}

/// Floor Granted (8.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorGranted {
    /// The server or arbitrator.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// How long the talker may transmit. Sent in whole seconds, rounded down, at least one while any time is left, at
    /// most 65535. A received zero states nothing and is `None`.
    pub duration: Option<Duration>,
    /// SSRC that the talker's audio has.
    pub granted_ssrc: Option<Ssrc>,
    /// Priority of the request that was granted.
    pub priority: Option<FloorPriority>,
    /// Off-network: the user that was granted.
    pub user_id: Option<McpttId>,
    /// Off-network: number of [`queued`](Self::queued).
    pub queue_size: Option<u16>,
    /// Off-network: the queue that the arbitrator hands over.
    pub queued: Vec<QueuedUser>,
    /// Echo of the request's.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call.
    pub indicator: Option<FloorIndicator>,
}

/// Floor Taken (8.2.9): somebody else talks. With one talker the single fields are used, with several the lists,
/// all in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorTaken {
    /// The server or arbitrator.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// The talker; absent when privacy was asked for.
    pub granted_party: Option<McpttId>,
    /// Whether the receiver may request the floor; absent counts as yes.
    pub permission_to_request: Option<bool>,
    /// Off-network: the addressee.
    pub user_id: Option<McpttId>,
    /// Number of the message.
    pub sequence: Option<MessageSequenceNumber>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call.
    pub indicator: Option<FloorIndicator>,
    /// SSRC of the talker's audio.
    pub talker_ssrc: Option<Ssrc>,
    /// Alias of the talker.
    pub functional_alias: Option<FunctionalAlias>,
    /// Several talkers.
    pub granted_users: Vec<McpttId>,
    /// Their SSRCs.
    pub ssrcs: Vec<Ssrc>,
    /// Their aliases; an empty one stands for none.
    pub functional_aliases: Vec<FunctionalAlias>,
    /// Where the talker is.
    pub location: Option<Location>,
    /// Where the talkers are.
    pub locations: Vec<Location>,
}

/// Floor Deny (8.2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorDeny {
    /// The server or arbitrator.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// Why; absent counts as "other".
    pub cause: Option<RejectCause>,
    /// Text for the user, at most 253 octets. Sent together with the cause.
    pub phrase: Option<ByteStr>,
    /// Off-network: the addressee.
    pub user_id: Option<McpttId>,
    /// Echo of the request's.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call.
    pub indicator: Option<FloorIndicator>,
}

/// Floor Release (8.2.7): the talker stops, or gives its place in the queue back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorRelease {
    /// The participant.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// Off-network: the participant.
    pub user_id: Option<McpttId>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
    /// Bit A when a normal group call is run as a broadcast call.
    pub indicator: Option<FloorIndicator>,
}

/// Floor Idle (8.2.8): nobody talks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorIdle {
    /// The server.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// Number of the message.
    pub sequence: Option<MessageSequenceNumber>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call.
    pub indicator: Option<FloorIndicator>,
}

/// Floor Revoke (8.2.10): the talker has to stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorRevoke {
    /// The server.
    pub ssrc: Ssrc,
    /// Why; absent counts as "other".
    pub cause: Option<RevokeCause>,
    /// Text for the user, at most 253 octets. Sent together with the cause.
    pub phrase: Option<ByteStr>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call.
    pub indicator: Option<FloorIndicator>,
}

/// Floor Revoke Request (8.2.17, Rel-19): a participant asks to take the floor from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorRevokeRequest {
    /// The participant that asks.
    pub ssrc: Ssrc,
    /// User whose floor is to be revoked.
    pub user_id: Option<McpttId>,
}

/// Floor Queue Position Request (8.2.11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorQueuePositionRequest {
    /// The participant.
    pub ssrc: Ssrc,
    /// Off-network: the participant.
    pub user_id: Option<McpttId>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
}

/// Floor Queue Position Info (8.2.12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorQueuePositionInfo {
    /// The server or arbitrator.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// Off-network: the addressee.
    pub user_id: Option<McpttId>,
    /// Off-network: SSRC of the queued user.
    pub queued_ssrc: Option<Ssrc>,
    /// Off-network: the queued user.
    pub queued_user_id: Option<McpttId>,
    /// Position and priority.
    pub info: Option<QueueInfo>,
    /// Echo of the request's.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call.
    pub indicator: Option<FloorIndicator>,
}

/// Floor Ack (8.2.13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorAck {
    /// Whoever acknowledges.
    pub ssrc: Ssrc,
    /// Role of the sender.
    pub source: Option<Source>,
    /// Which message is acknowledged.
    pub message_type: Option<MessageType>,
    /// Echo of the acknowledged message's.
    pub track_info: Option<TrackInfo>,
    /// Where the user is, when the grant of remotely initiated ambient listening is acknowledged.
    pub location: Option<Location>,
}

/// Unicast Media Flow Control (8.2.16, Rel-17): a participant that receives by multicast stops its unicast media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnicastMediaFlowControl {
    /// The participant.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// Stop or resume.
    pub flow: Option<MediaFlowControlIndicator>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
}

/// Queued Floor Requests (8.2.15; in Rel-17 Floor Queued Cancel): removes requests from the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuedFloorRequests {
    /// The sender.
    pub ssrc: Ssrc,
    /// Whether a Floor Ack is asked for.
    pub ack_requested: bool,
    /// Request, result or notification.
    pub purpose: Option<QueuedFloorRequestsPurpose>,
    /// Users whose requests are meant.
    pub queued_users: Vec<McpttId>,
    /// The result.
    pub response_state: Option<ResponseState>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
}

/// Floor Release Multi Talker (8.2.14, Rel-15): one of several talkers stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorReleaseMultiTalker {
    /// The server.
    pub ssrc: Ssrc,
    /// Who stopped.
    pub user_id: Option<McpttId>,
    /// Non-controlling functions on the way.
    pub track_info: Option<TrackInfo>,
    /// Kind of the call, with the multi-talker bit.
    pub indicator: Option<FloorIndicator>,
    /// SSRC of who stopped: prefer it to [`user_id`](Self::user_id).
    pub talker_ssrc: Option<Ssrc>,
}

messages! {
    /// A floor control message.
    FloorMessage: Subtype, FloorField, FloorPacket, FIRST_RELEASES;
    /// Floor Request.
    Request(FloorRequest) = FLOOR_REQUEST,
    /// Floor Granted.
    Granted(FloorGranted) = FLOOR_GRANTED ack,
    /// Floor Taken.
    Taken(FloorTaken) = FLOOR_TAKEN ack,
    /// Floor Deny.
    Deny(FloorDeny) = FLOOR_DENY ack,
    /// Floor Release.
    Release(FloorRelease) = FLOOR_RELEASE ack,
    /// Floor Idle.
    Idle(FloorIdle) = FLOOR_IDLE ack,
    /// Floor Revoke.
    Revoke(FloorRevoke) = FLOOR_REVOKE,
    /// Floor Revoke Request.
    RevokeRequest(FloorRevokeRequest) = FLOOR_REVOKE_REQUEST,
    /// Floor Queue Position Request.
    QueuePositionRequest(FloorQueuePositionRequest) = FLOOR_QUEUE_POSITION_REQUEST,
    /// Floor Queue Position Info.
    QueuePositionInfo(FloorQueuePositionInfo) = FLOOR_QUEUE_POSITION_INFO ack,
    /// Floor Ack.
    Ack(FloorAck) = FLOOR_ACK,
    /// Unicast Media Flow Control.
    UnicastMediaFlowControl(UnicastMediaFlowControl) = UNICAST_MEDIA_FLOW_CONTROL ack,
    /// Queued Floor Requests.
    QueuedFloorRequests(QueuedFloorRequests) = QUEUED_FLOOR_REQUESTS ack,
    /// Floor Release Multi Talker.
    ReleaseMultiTalker(FloorReleaseMultiTalker) = FLOOR_RELEASE_MULTI_TALKER,
}
