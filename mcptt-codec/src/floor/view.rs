//! The readable view of floor control fields, both ways.

use std::time::Duration;

use crate::floor::field::{FloorField, whole_seconds};
use crate::floor::indicator::{FloorIndicator, MediaFlowControlIndicator};
use crate::floor::location::Location;
use crate::floor::subtype::Subtype;
use crate::floor::track_info::{QueueingCapability, TrackInfo};
use crate::floor::value::{
    FloorPriority, MessageSequenceNumber, MessageType, PermissionToRequest, QueueInfo, QueuePosition,
    QueuedFloorRequestsPurpose, ResponseState, Source,
};
use crate::id::{FunctionalAlias, McpttId, Ssrc};
use crate::rtcp::FieldId;
use crate::text::ByteStr;
use crate::value::{Keys, Place, Value, ViewError};

/// Keys and values of the readable view.
pub(super) fn describe(field: &FloorField) -> Vec<(&'static str, Value)> {
    match field {
        FloorField::FloorPriority(priority) => vec![("floor_priority", priority.0.into())],
        FloorField::Duration(duration) => vec![("duration_s", whole_seconds(*duration).into())],
        FloorField::RejectCause { cause, phrase } => {
            let phrase = phrase.as_ref().map_or(Value::Null, Value::text);
            vec![("cause", (*cause).into()), ("phrase", phrase)]
        }
        FloorField::QueueInfo(info) => {
            vec![("queue_position", info.position.0.into()), ("queue_priority", info.priority.0.into())]
        }
        FloorField::GrantedParty(user) => vec![("granted_party", Value::text(user))],
        FloorField::PermissionToRequest(permission) => vec![("permission", permission.0.into())],
        FloorField::UserId(user) => vec![("user_id", Value::text(user))],
        FloorField::QueueSize(size) => vec![("queue_size", (*size).into())],
        FloorField::MessageSequenceNumber(number) => vec![("sequence", number.0.into())],
        FloorField::QueuedUserId(user) => vec![("queued_user_id", Value::text(user))],
        FloorField::Source(source) => vec![("source", source.0.into())],
        FloorField::TrackInfo(track) => vec![("track_info", describe_track(track))],
        FloorField::MessageType(acked) => {
            vec![("acked_subtype", acked.number().0.into()), ("acked_bit", Value::Bool(acked.has_ack_bit()))]
        }
        FloorField::FloorIndicator(indicator) => vec![("floor_indicator", indicator.0.into())],
        FloorField::Ssrc(ssrc) => vec![("ssrc", ssrc.0.into())],
        FloorField::GrantedUsers(users) => vec![("granted_users", Value::list(users, Value::text))],
        FloorField::Ssrcs(ssrcs) => vec![("ssrcs", Value::list(ssrcs, |ssrc| ssrc.0.into()))],
        FloorField::FunctionalAlias(alias) => vec![("functional_alias", Value::text(alias))],
        FloorField::FunctionalAliases(aliases) => {
            vec![("functional_aliases", Value::list(aliases, Value::text))]
        }
        FloorField::Location(location) => vec![("location", location.describe())],
        FloorField::Locations(locations) => vec![("locations", Value::list(locations, Location::describe))],
        FloorField::QueuedFloorRequestsPurpose(purpose) => vec![("purpose", purpose.0.into())],
        FloorField::QueuedUsers(users) => vec![("queued_users", Value::list(users, Value::text))],
        FloorField::ResponseState(state) => vec![("response_state", state.0.into())],
        FloorField::MediaFlowControlIndicator(indicator) => vec![("media_flow", indicator.0.into())],
        FloorField::RevokeRequestUserId(user) => vec![("revoke_request_user_id", Value::text(user))],
        FloorField::Unknown { value, .. } => vec![("unknown", Value::hex(value))],
    }
}

/// The field of this id that the keys describe: the inverse of [`describe`], with short names for people who write by
/// hand.
pub(super) fn from_view(id: FieldId, keys: &mut Keys<'_>) -> Result<FloorField, ViewError> {
    Ok(match id {
        FieldId::FLOOR_PRIORITY => {
            FloorField::FloorPriority(FloorPriority(keys.need(&["floor_priority", "priority"])?.u8()?))
        }
        FieldId::DURATION => {
            let seconds = keys.need(&["duration_s", "duration"])?.u16()?;
            FloorField::Duration(Duration::from_secs(seconds.into()))
        }
        FieldId::REJECT_CAUSE => FloorField::RejectCause {
            cause: keys.need(&["cause"])?.u16()?,
            phrase: keys.find(&["phrase"]).map(|place| place.byte_str()).transpose()?,
        },
        FieldId::QUEUE_INFO => FloorField::QueueInfo(QueueInfo {
            position: QueuePosition(keys.need(&["queue_position", "position"])?.u8()?),
            priority: FloorPriority(keys.need(&["queue_priority", "priority"])?.u8()?),
        }),
        FieldId::GRANTED_PARTY => FloorField::GrantedParty(user(&keys.need(&["granted_party", "user"])?)?),
        FieldId::PERMISSION_TO_REQUEST => {
            FloorField::PermissionToRequest(PermissionToRequest(keys.need(&["permission"])?.u16()?))
        }
        FieldId::USER_ID => FloorField::UserId(user(&keys.need(&["user_id", "user"])?)?),
        FieldId::QUEUE_SIZE => FloorField::QueueSize(keys.need(&["queue_size", "size"])?.u16()?),
        FieldId::MESSAGE_SEQUENCE_NUMBER => {
            FloorField::MessageSequenceNumber(MessageSequenceNumber(keys.need(&["sequence"])?.u16()?))
        }
        FieldId::QUEUED_USER_ID => FloorField::QueuedUserId(user(&keys.need(&["queued_user_id", "user"])?)?),
        FieldId::SOURCE => FloorField::Source(Source(keys.need(&["source"])?.u16()?)),
        FieldId::TRACK_INFO => FloorField::TrackInfo(track_from_view(&keys.need(&["track_info"])?)?),
        FieldId::MESSAGE_TYPE => {
            let number: u8 = keys.need(&["acked_subtype"])?.integer(0, 15)?;
            let bit = keys.or_default(&["acked_bit"], |place| place.bool())?;
            FloorField::MessageType(MessageType(number | if bit { Subtype::ACK_BIT } else { 0 }))
        }
        FieldId::FLOOR_INDICATOR => {
            FloorField::FloorIndicator(FloorIndicator(keys.need(&["floor_indicator", "indicator"])?.u16()?))
        }
        FieldId::SSRC => FloorField::Ssrc(Ssrc(keys.need(&["ssrc"])?.u32()?)),
        FieldId::LIST_OF_GRANTED_USERS => {
            FloorField::GrantedUsers(keys.need(&["granted_users", "users"])?.list(|place| user(&place))?)
        }
        FieldId::LIST_OF_SSRCS => {
            FloorField::Ssrcs(keys.need(&["ssrcs"])?.list(|place| place.u32().map(Ssrc))?)
        }
        FieldId::FUNCTIONAL_ALIAS => {
            FloorField::FunctionalAlias(alias(&keys.need(&["functional_alias", "alias"])?)?)
        }
        FieldId::LIST_OF_FUNCTIONAL_ALIASES => FloorField::FunctionalAliases(
            keys.need(&["functional_aliases", "aliases"])?.list(|place| alias(&place))?,
        ),
        FieldId::LOCATION => FloorField::Location(Location::from_view(&keys.need(&["location"])?)?),
        FieldId::LIST_OF_LOCATIONS => {
            FloorField::Locations(keys.need(&["locations"])?.list(|place| Location::from_view(&place))?)
        }
        FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE => FloorField::QueuedFloorRequestsPurpose(
            QueuedFloorRequestsPurpose(keys.need(&["purpose"])?.u16()?),
        ),
        FieldId::LIST_OF_QUEUED_USERS => {
            FloorField::QueuedUsers(keys.need(&["queued_users", "users"])?.list(|place| user(&place))?)
        }
        FieldId::RESPONSE_STATE => {
            FloorField::ResponseState(ResponseState(keys.need(&["response_state", "state"])?.u16()?))
        }
        FieldId::MEDIA_FLOW_CONTROL_INDICATOR => FloorField::MediaFlowControlIndicator(
            MediaFlowControlIndicator(keys.need(&["media_flow", "indicator"])?.u16()?),
        ),
        FieldId::FLOOR_REVOKE_REQUEST_USER_ID => {
            FloorField::RevokeRequestUserId(user(&keys.need(&["revoke_request_user_id", "user"])?)?)
        }
        id => FloorField::Unknown { id, value: keys.need(&["unknown"])?.octets()? },
    })
}

fn user(place: &Place<'_>) -> Result<McpttId, ViewError> {
    place.byte_str().map(McpttId)
}

fn alias(place: &Place<'_>) -> Result<FunctionalAlias, ViewError> {
    place.byte_str().map(FunctionalAlias)
}

fn describe_track(track: &TrackInfo) -> Value {
    Value::Object(vec![
        ("queueing_capability", track.queueing_capability.0.into()),
        ("participant_type", Value::text(&track.participant_type)),
        ("references", Value::list(&track.references, |reference| (*reference).into())),
    ])
}

fn track_from_view(place: &Place<'_>) -> Result<TrackInfo, ViewError> {
    let mut keys = place.keys()?;
    let track = TrackInfo {
        queueing_capability: QueueingCapability(
            keys.or_default(&["queueing_capability"], |place| place.u8())?,
        ),
        participant_type: keys.or_default::<ByteStr>(&["participant_type"], |place| place.byte_str())?,
        references: keys.or_default(&["references"], |place| place.list(|place| place.u32()))?,
    };
    keys.finish()?;
    Ok(track)
}
