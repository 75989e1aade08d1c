//! First releases of floor control: messages, fields, causes, indicator bits and other values (TS 24.380 8.2).

use crate::floor::{
    FloorIndicator as Bit, LocationType, MediaFlowControlIndicator, PermissionToRequest,
    QueuedFloorRequestsPurpose as Purpose, RejectCause, ResponseState, RevokeCause, Source, Subtype,
};
use crate::release::Release;
use crate::rtcp::FieldId;
use crate::rtcp::first_releases::{FirstReleases, ValueRelease, value, value_in};

/// What a floor participant or a floor control server of which release may send. Subtype 14 was called Floor Queued
/// Cancel in Release 17.
pub const FIRST_RELEASES: FirstReleases =
    FirstReleases { messages: &MESSAGES, fields: &FIELDS, values: &VALUES };

const fn deny(cause: RejectCause, release: Release) -> ValueRelease {
    value_in(Subtype::FLOOR_DENY.0, FieldId::REJECT_CAUSE, cause.0, release)
}

const fn revoke(cause: RevokeCause, release: Release) -> ValueRelease {
    value_in(Subtype::FLOOR_REVOKE.0, FieldId::REJECT_CAUSE, cause.0, release)
}

const fn bit(bit: Bit, release: Release) -> ValueRelease {
    value(FieldId::FLOOR_INDICATOR, bit.0, release)
}

const fn location(kind: LocationType, release: Release) -> ValueRelease {
    value(FieldId::LOCATION, kind.0 as u16, release)
}

const MESSAGES: [(u8, Release); 14] = [
    (Subtype::FLOOR_REQUEST.0, Release::R13),
    (Subtype::FLOOR_GRANTED.0, Release::R13),
    (Subtype::FLOOR_TAKEN.0, Release::R13),
    (Subtype::FLOOR_DENY.0, Release::R13),
    (Subtype::FLOOR_RELEASE.0, Release::R13),
    (Subtype::FLOOR_IDLE.0, Release::R13),
    (Subtype::FLOOR_REVOKE.0, Release::R13),
    (Subtype::FLOOR_REVOKE_REQUEST.0, Release::R19),
    (Subtype::FLOOR_QUEUE_POSITION_REQUEST.0, Release::R13),
    (Subtype::FLOOR_QUEUE_POSITION_INFO.0, Release::R13),
    (Subtype::FLOOR_ACK.0, Release::R13),
    (Subtype::UNICAST_MEDIA_FLOW_CONTROL.0, Release::R17),
    (Subtype::QUEUED_FLOOR_REQUESTS.0, Release::R17),
    (Subtype::FLOOR_RELEASE_MULTI_TALKER.0, Release::R15),
];

const FIELDS: [(FieldId, Release); 26] = [
    (FieldId::FLOOR_PRIORITY, Release::R13),
    (FieldId::DURATION, Release::R13),
    (FieldId::REJECT_CAUSE, Release::R13),
    (FieldId::QUEUE_INFO, Release::R13),
    (FieldId::GRANTED_PARTY, Release::R13),
    (FieldId::PERMISSION_TO_REQUEST, Release::R13),
    (FieldId::USER_ID, Release::R13),
    (FieldId::QUEUE_SIZE, Release::R13),
    (FieldId::MESSAGE_SEQUENCE_NUMBER, Release::R13),
    (FieldId::QUEUED_USER_ID, Release::R13),
    (FieldId::SOURCE, Release::R13),
    (FieldId::TRACK_INFO, Release::R13),
    (FieldId::MESSAGE_TYPE, Release::R13),
    (FieldId::FLOOR_INDICATOR, Release::R13),
    (FieldId::SSRC, Release::R13),
    (FieldId::LIST_OF_GRANTED_USERS, Release::R15),
    (FieldId::LIST_OF_SSRCS, Release::R15),
    (FieldId::FUNCTIONAL_ALIAS, Release::R15),
    (FieldId::LIST_OF_FUNCTIONAL_ALIASES, Release::R15),
    (FieldId::LOCATION, Release::R15),
    (FieldId::LIST_OF_LOCATIONS, Release::R15),
    (FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE, Release::R17),
    (FieldId::LIST_OF_QUEUED_USERS, Release::R17),
    (FieldId::RESPONSE_STATE, Release::R17),
    (FieldId::MEDIA_FLOW_CONTROL_INDICATOR, Release::R17),
    (FieldId::FLOOR_REVOKE_REQUEST_USER_ID, Release::R19),
];

const VALUES: [ValueRelease; 47] = [
    deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION, Release::R13),
    deny(RejectCause::INTERNAL_ERROR, Release::R13),
    deny(RejectCause::ONLY_ONE_PARTICIPANT, Release::R13),
    deny(RejectCause::RETRY_AFTER, Release::R13),
    deny(RejectCause::RECEIVE_ONLY, Release::R13),
    deny(RejectCause::NO_RESOURCES, Release::R13),
    deny(RejectCause::QUEUE_FULL, Release::R13),
    deny(RejectCause::OTHER, Release::R13),
    revoke(RevokeCause::ONLY_ONE_CLIENT, Release::R13),
    revoke(RevokeCause::MEDIA_BURST_TOO_LONG, Release::R13),
    revoke(RevokeCause::NO_PERMISSION, Release::R13),
    revoke(RevokeCause::PRE_EMPTED, Release::R13),
    revoke(RevokeCause::NO_RESOURCES, Release::R13),
    revoke(RevokeCause::REVOKED_BY_ANOTHER_CLIENT, Release::R19),
    revoke(RevokeCause::OTHER, Release::R13),
    bit(Bit::NORMAL, Release::R13),
    bit(Bit::BROADCAST, Release::R13),
    bit(Bit::SYSTEM, Release::R13),
    bit(Bit::EMERGENCY, Release::R13),
    bit(Bit::IMMINENT_PERIL, Release::R13),
    bit(Bit::QUEUEING, Release::R13),
    bit(Bit::DUAL_FLOOR, Release::R13),
    bit(Bit::TEMPORARY_GROUP, Release::R13),
    bit(Bit::MULTI_TALKER, Release::R15),
    value(FieldId::MEDIA_FLOW_CONTROL_INDICATOR, MediaFlowControlIndicator::RESUME.0, Release::R17),
    location(LocationType::NOT_PROVIDED, Release::R15),
    location(LocationType::ECGI, Release::R15),
    location(LocationType::TRACKING_AREA, Release::R15),
    location(LocationType::PLMN, Release::R15),
    location(LocationType::MBMS_SERVICE_AREA, Release::R15),
    location(LocationType::MBSFN_AREA, Release::R15),
    location(LocationType::GEOGRAPHIC_COORDINATES, Release::R15),
    location(LocationType::ALTITUDE, Release::R18),
    value(FieldId::PERMISSION_TO_REQUEST, PermissionToRequest::NO.0, Release::R13),
    value(FieldId::PERMISSION_TO_REQUEST, PermissionToRequest::YES.0, Release::R13),
    value(FieldId::SOURCE, Source::FLOOR_PARTICIPANT.0, Release::R13),
    value(FieldId::SOURCE, Source::PARTICIPATING.0, Release::R13),
    value(FieldId::SOURCE, Source::CONTROLLING.0, Release::R13),
    value(FieldId::SOURCE, Source::NON_CONTROLLING.0, Release::R13),
    value(FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE, Purpose::CANCEL_REQUEST.0, Release::R17),
    value(FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE, Purpose::CANCEL_RESULT.0, Release::R17),
    value(FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE, Purpose::CANCEL_NOTIFICATION.0, Release::R17),
    value(FieldId::RESPONSE_STATE, ResponseState::ALL_REMOVED.0, Release::R17),
    value(FieldId::RESPONSE_STATE, ResponseState::NOT_AUTHORISED.0, Release::R17),
    value(FieldId::RESPONSE_STATE, ResponseState::QUEUE_EMPTY.0, Release::R17),
    value(FieldId::RESPONSE_STATE, ResponseState::NOT_QUEUED.0, Release::R17),
    value(FieldId::RESPONSE_STATE, ResponseState::PARTLY_REMOVED.0, Release::R17),
];
