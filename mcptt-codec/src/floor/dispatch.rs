//! From the subtype to the message and back.

use crate::floor::Subtype;
use crate::floor::body::Sink;
use crate::floor::field::FloorField;
use crate::floor::message::*;
use crate::id::Ssrc;
use crate::rtcp::message::{self, Body, Message, fill};
use crate::rtcp::{Notes, Step};

impl Message for FloorMessage {
    type Protocol = Subtype;
    type Field = FloorField;

    fn read<'a>(
        subtype: Subtype,
        ssrc: Ssrc,
        steps: impl Iterator<Item = Step<'a>>,
        notes: &mut Notes,
    ) -> Self {
        let ack_requested = subtype.ack_requested();
        match subtype.number() {
            Subtype::FLOOR_REQUEST if !ack_requested => {
                Self::Request(fill(FloorRequest { ssrc, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_GRANTED => {
                Self::Granted(fill(FloorGranted { ssrc, ack_requested, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_TAKEN => {
                Self::Taken(fill(FloorTaken { ssrc, ack_requested, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_DENY => {
                Self::Deny(fill(FloorDeny { ssrc, ack_requested, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_RELEASE => {
                Self::Release(fill(FloorRelease { ssrc, ack_requested, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_IDLE => {
                Self::Idle(fill(FloorIdle { ssrc, ack_requested, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_REVOKE if !ack_requested => {
                Self::Revoke(fill(FloorRevoke { ssrc, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_REVOKE_REQUEST if !ack_requested => {
                Self::RevokeRequest(fill(FloorRevokeRequest { ssrc, ..Default::default() }, steps, notes))
            }
            Subtype::FLOOR_QUEUE_POSITION_REQUEST if !ack_requested => Self::QueuePositionRequest(fill(
                FloorQueuePositionRequest { ssrc, ..Default::default() },
                steps,
                notes,
            )),
            Subtype::FLOOR_QUEUE_POSITION_INFO => Self::QueuePositionInfo(fill(
                FloorQueuePositionInfo { ssrc, ack_requested, ..Default::default() },
                steps,
                notes,
            )),
            Subtype::FLOOR_ACK if !ack_requested => {
                Self::Ack(fill(FloorAck { ssrc, ..Default::default() }, steps, notes))
            }
            Subtype::UNICAST_MEDIA_FLOW_CONTROL => Self::UnicastMediaFlowControl(fill(
                UnicastMediaFlowControl { ssrc, ack_requested, ..Default::default() },
                steps,
                notes,
            )),
            Subtype::QUEUED_FLOOR_REQUESTS => Self::QueuedFloorRequests(fill(
                QueuedFloorRequests { ssrc, ack_requested, ..Default::default() },
                steps,
                notes,
            )),
            Subtype::FLOOR_RELEASE_MULTI_TALKER if !ack_requested => Self::ReleaseMultiTalker(fill(
                FloorReleaseMultiTalker { ssrc, ..Default::default() },
                steps,
                notes,
            )),
            _ => {
                notes.add(message::unknown_subtype(subtype));
                Self::Unknown { subtype, ssrc }
            }
        }
    }

    fn subtype(&self) -> Subtype {
        let number = match self {
            Self::Request(_) => Subtype::FLOOR_REQUEST,
            Self::Granted(_) => Subtype::FLOOR_GRANTED,
            Self::Taken(_) => Subtype::FLOOR_TAKEN,
            Self::Deny(_) => Subtype::FLOOR_DENY,
            Self::Release(_) => Subtype::FLOOR_RELEASE,
            Self::Idle(_) => Subtype::FLOOR_IDLE,
            Self::Revoke(_) => Subtype::FLOOR_REVOKE,
            Self::RevokeRequest(_) => Subtype::FLOOR_REVOKE_REQUEST,
            Self::QueuePositionRequest(_) => Subtype::FLOOR_QUEUE_POSITION_REQUEST,
            Self::QueuePositionInfo(_) => Subtype::FLOOR_QUEUE_POSITION_INFO,
            Self::Ack(_) => Subtype::FLOOR_ACK,
            Self::UnicastMediaFlowControl(_) => Subtype::UNICAST_MEDIA_FLOW_CONTROL,
            Self::QueuedFloorRequests(_) => Subtype::QUEUED_FLOOR_REQUESTS,
            Self::ReleaseMultiTalker(_) => Subtype::FLOOR_RELEASE_MULTI_TALKER,
            Self::Unknown { subtype, .. } => return *subtype,
        };
        number.with_ack(self.ack_requested())
    }

    fn ssrc(&self) -> Ssrc {
        Self::ssrc(self)
    }

    fn each_field(&self, sink: Sink<'_>) {
        match self {
            Self::Request(m) => m.each_field(sink),
            Self::Granted(m) => m.each_field(sink),
            Self::Taken(m) => m.each_field(sink),
            Self::Deny(m) => m.each_field(sink),
            Self::Release(m) => m.each_field(sink),
            Self::Idle(m) => m.each_field(sink),
            Self::Revoke(m) => m.each_field(sink),
            Self::RevokeRequest(m) => m.each_field(sink),
            Self::QueuePositionRequest(m) => m.each_field(sink),
            Self::QueuePositionInfo(m) => m.each_field(sink),
            Self::Ack(m) => m.each_field(sink),
            Self::UnicastMediaFlowControl(m) => m.each_field(sink),
            Self::QueuedFloorRequests(m) => m.each_field(sink),
            Self::ReleaseMultiTalker(m) => m.each_field(sink),
            Self::Unknown { .. } => {}
        }
    }
}
