//! Floor messages as the traces need them.

use std::time::Duration;

use mcptt_codec::floor::{
    FloorAck, FloorDeny, FloorGranted, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionInfo,
    FloorQueuePositionRequest, FloorRelease, FloorRequest, FloorRevoke, MessageType, QueueInfo,
    QueuePosition, RejectCause, RevokeCause, Source,
};

pub(super) fn request() -> FloorMessage {
    FloorMessage::Request(FloorRequest::default())
}

pub(super) fn emergency() -> FloorMessage {
    FloorMessage::Request(FloorRequest {
        priority: Some(FloorPriority(5)),
        indicator: Some(FloorIndicator::EMERGENCY),
        ..FloorRequest::default()
    })
}

pub(super) fn release(ack_requested: bool) -> FloorMessage {
    FloorMessage::Release(FloorRelease { ack_requested, ..FloorRelease::default() })
}

pub(super) fn position_request() -> FloorMessage {
    FloorMessage::QueuePositionRequest(FloorQueuePositionRequest::default())
}

pub(super) fn granted(seconds: u64) -> FloorMessage {
    FloorMessage::Granted(FloorGranted {
        duration: Some(Duration::from_secs(seconds)),
        priority: Some(FloorPriority(0)),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorGranted::default()
    })
}

pub(super) fn deny(cause: RejectCause) -> FloorMessage {
    FloorMessage::Deny(FloorDeny {
        cause: Some(cause),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorDeny::default()
    })
}

pub(super) fn revoke(cause: RevokeCause) -> FloorMessage {
    FloorMessage::Revoke(FloorRevoke {
        cause: Some(cause),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorRevoke::default()
    })
}

pub(super) fn position(place: u8) -> FloorMessage {
    FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
        info: Some(QueueInfo { position: QueuePosition(place), priority: FloorPriority(0) }),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorQueuePositionInfo::default()
    })
}

pub(super) fn ack(kind: u8, source: Source) -> FloorMessage {
    FloorMessage::Ack(FloorAck {
        source: Some(source),
        message_type: Some(MessageType(kind)),
        ..FloorAck::default()
    })
}
