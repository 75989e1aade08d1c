//! A group call as announcements describe it, and which of two calls of a group goes on.

use bytes::Bytes;
use mcptt_codec::id::McpttId;
use mcptt_codec::monp::{
    CallIdentifier, CallType, GroupCallAccept, GroupCallAnnouncement, GroupCallStateEnd, MonpMessage,
    RefreshInterval, UtcSeconds,
};

use super::super::call_type::{self, Change, State as TypeState, urgency};
use super::super::context::Context;
use super::super::description::{Described, Unusable};
use super::super::types::{GroupCallInfo, OffNetworkGroup};

/// A call that has been announced, or that this client announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub identifier: CallIdentifier,
    pub originator: McpttId,
    pub start: UtcSeconds,
    pub refresh_interval: RefreshInterval,
    pub confirm_mode: bool,
    sdp: Bytes,
    described: Described,
}

impl Call {
    /// A call of our own.
    pub fn new(
        identifier: CallIdentifier,
        sdp: Bytes,
        group: &OffNetworkGroup,
        cx: &Context<'_>,
    ) -> Option<Self> {
        Some(Self {
            identifier,
            originator: cx.config.user.clone(),
            start: cx.utc,
            refresh_interval: group.refresh_interval,
            confirm_mode: group.confirm_mode,
            described: Described::read(&sdp).ok()?,
            sdp,
        })
    }

    /// The call of an announcement.
    pub fn announced(announcement: &GroupCallAnnouncement) -> Result<Self, Unusable> {
        Ok(Self {
            identifier: announcement.call_identifier,
            originator: announcement.originating_user.clone(),
            start: announcement.call_start_time,
            refresh_interval: announcement.refresh_interval,
            confirm_mode: announcement.confirm_mode,
            described: Described::read(&announcement.sdp)?,
            sdp: announcement.sdp.clone(),
        })
    }

    /// Whether both are one call.
    pub fn is(&self, other: &Self) -> bool {
        self.identifier == other.identifier && self.originator == other.originator
    }

    /// Whether this call goes on rather than the other one when both are heard: the more urgent one, then the older one,
    /// then that of the lower identifier. The originator decides between two that have all that in common.
    pub fn prevails(&self, own: &Change, other: &Self, others: &Change) -> bool {
        //= 24.379-10.2.2:merge
        let (own, others) = (urgency(own.call_type), urgency(others.call_type));
        let key = |call: &Self| (call.start, call.identifier);
        let older = (key(self), &self.originator) < (key(other), &other.originator);
        own > others || (own == others && older)
    }

    pub fn announcement(
        &self,
        group: &OffNetworkGroup,
        change: &Change,
        probe_response: bool,
    ) -> MonpMessage {
        MonpMessage::GroupCallAnnouncement(GroupCallAnnouncement {
            call_identifier: self.identifier,
            call_type: change.call_type,
            refresh_interval: self.refresh_interval,
            call_start_time: self.start,
            last_call_type_change_time: change.at,
            group_id: group.group_id.clone(),
            sdp: self.sdp.clone(),
            originating_user: self.originator.clone(),
            last_user_to_change_call_type: change.by.clone(),
            confirm_mode: self.confirm_mode,
            probe_response,
        })
    }

    pub fn accept(&self, group: &OffNetworkGroup, call_type: CallType, user: &McpttId) -> MonpMessage {
        MonpMessage::GroupCallAccept(GroupCallAccept {
            call_identifier: self.identifier,
            call_type,
            group_id: group.group_id.clone(),
            sending_user: user.clone(),
        })
    }

    /// What says that the call is a basic one again.
    pub fn end_of(&self, from: TypeState, change: &Change, group: &OffNetworkGroup) -> MonpMessage {
        let end = GroupCallStateEnd {
            call_identifier: self.identifier,
            last_call_type_change_time: change.at,
            last_user_to_change_call_type: change.by.clone(),
            group_id: group.group_id.clone(),
            sending_user: change.by.clone(),
        };
        match from {
            call_type::State::Emergency => MonpMessage::GroupCallEmergencyEnd(end),
            _ => MonpMessage::GroupCallImminentPerilEnd(end),
        }
    }

    pub fn info(&self, group: &OffNetworkGroup, change: &Change, cx: &Context<'_>) -> GroupCallInfo {
        GroupCallInfo {
            group: group.group_id.clone(),
            call_identifier: self.identifier,
            call_type: change.call_type,
            originator: self.originator.clone(),
            media: self.described.of_group(group, cx.config.address),
        }
    }
}
