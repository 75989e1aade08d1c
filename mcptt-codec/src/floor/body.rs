//! Which field goes where: the one place that knows the fields of every floor control message, in both directions.

use crate::floor::cause::{RejectCause, RevokeCause};
use crate::floor::field::FloorField as F;
use crate::floor::message::*;
use crate::floor::value::PermissionToRequest;
use crate::floor::{lists, location, read, track_info};
use crate::id::{FunctionalAlias, McpttId};
use crate::rtcp::message::{Body, Put, emit, put, put_list, put_uri};
use crate::rtcp::{FieldError, FieldId, FieldRef, Notes, requirement};
use crate::text::ByteStr;

/// Where fields are handed to.
pub(super) type Sink<'a> = &'a mut dyn FnMut(F);

/// What became of a field.
pub(super) type Read = Result<Put, FieldError>;

fn emit_list<T: Clone>(sink: Sink<'_>, list: &[T], make: fn(Vec<T>) -> F) {
    if !list.is_empty() {
        sink(make(list.to_vec()));
    }
}

fn emit_cause(sink: Sink<'_>, cause: Option<u16>, other: u16, phrase: &Option<ByteStr>) {
    // A phrase cannot travel without a cause.
    if cause.is_some() || phrase.is_some() {
        sink(F::RejectCause { cause: cause.unwrap_or(other), phrase: phrase.clone() });
    }
}

impl Body for FloorRequest {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::FLOOR_PRIORITY => put(&mut self.priority, read::priority(field, notes)?),
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            FieldId::FUNCTIONAL_ALIAS => {
                put_uri(&mut self.functional_alias, read::uri(field)?, FunctionalAlias)
            }
            FieldId::LOCATION => put(&mut self.location, location::decode(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.priority, F::FloorPriority);
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
        emit(sink, &self.functional_alias, F::FunctionalAlias);
        emit(sink, &self.location, F::Location);
    }
}

impl Body for FloorTaken {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::GRANTED_PARTY => put_uri(&mut self.granted_party, read::uri(field)?, McpttId),
            FieldId::PERMISSION_TO_REQUEST => match PermissionToRequest(field.u16()?).as_bool() {
                Some(permitted) => put(&mut self.permission_to_request, permitted),
                None => {
                    notes.add(requirement::ENUMERATION);
                    Put::Taken
                }
            },
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            FieldId::MESSAGE_SEQUENCE_NUMBER => put(&mut self.sequence, read::sequence(field)?),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            FieldId::SSRC => put(&mut self.talker_ssrc, read::ssrc(field, notes)?),
            FieldId::FUNCTIONAL_ALIAS => {
                put_uri(&mut self.functional_alias, read::uri(field)?, FunctionalAlias)
            }
            FieldId::LIST_OF_GRANTED_USERS => {
                put_list(&mut self.granted_users, lists::decode_uris(field, McpttId)?)
            }
            FieldId::LIST_OF_SSRCS => put_list(&mut self.ssrcs, lists::decode_ssrcs(field, notes)?),
            FieldId::LIST_OF_FUNCTIONAL_ALIASES => {
                put_list(&mut self.functional_aliases, lists::decode_uris(field, FunctionalAlias)?)
            }
            FieldId::LOCATION => put(&mut self.location, location::decode(field, notes)?),
            FieldId::LIST_OF_LOCATIONS => {
                put_list(&mut self.locations, lists::decode_locations(field, notes)?)
            }
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.granted_party, F::GrantedParty);
        emit(sink, &self.permission_to_request.map(PermissionToRequest::from), F::PermissionToRequest);
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.sequence, F::MessageSequenceNumber);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
        emit(sink, &self.talker_ssrc, F::Ssrc);
        emit(sink, &self.functional_alias, F::FunctionalAlias);
        emit_list(sink, &self.granted_users, F::GrantedUsers);
        emit_list(sink, &self.ssrcs, F::Ssrcs);
        emit_list(sink, &self.functional_aliases, F::FunctionalAliases);
        emit(sink, &self.location, F::Location);
        emit_list(sink, &self.locations, F::Locations);
    }
}

impl Body for FloorDeny {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::REJECT_CAUSE if self.cause.is_some() => Put::Duplicate,
            FieldId::REJECT_CAUSE => {
                let (number, phrase) = read::cause(field, notes)?;
                let cause = RejectCause(number);
                notes.add_if(cause.meaning().is_none(), requirement::DENY_CAUSE);
                self.phrase = phrase;
                put(&mut self.cause, cause)
            }
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit_cause(sink, self.cause.map(|cause| cause.0), RejectCause::OTHER.0, &self.phrase);
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
    }
}

impl Body for FloorRelease {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
    }
}

impl Body for FloorIdle {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::MESSAGE_SEQUENCE_NUMBER => put(&mut self.sequence, read::sequence(field)?),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.sequence, F::MessageSequenceNumber);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
    }
}

impl Body for FloorRevoke {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::REJECT_CAUSE if self.cause.is_some() => Put::Duplicate,
            FieldId::REJECT_CAUSE => {
                let (number, phrase) = read::cause(field, notes)?;
                let cause = RevokeCause(number);
                notes.add_if(cause.meaning().is_none(), requirement::REVOKE_CAUSE);
                let printed_by_procedure = cause == RevokeCause::REVOKED_BY_ANOTHER_CLIENT_IN_PROCEDURE;
                notes.add_if(printed_by_procedure, requirement::REVOKE_CAUSE_EIGHT);
                self.phrase = phrase;
                put(&mut self.cause, cause)
            }
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit_cause(sink, self.cause.map(|cause| cause.0), RevokeCause::OTHER.0, &self.phrase);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
    }
}

impl Body for FloorRevokeRequest {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, _: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::FLOOR_REVOKE_REQUEST_USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.user_id, F::RevokeRequestUserId);
    }
}

impl Body for FloorQueuePositionRequest {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.track_info, F::TrackInfo);
    }
}

impl Body for FloorQueuePositionInfo {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            FieldId::SSRC => put(&mut self.queued_ssrc, read::ssrc(field, notes)?),
            FieldId::QUEUED_USER_ID => put_uri(&mut self.queued_user_id, read::uri(field)?, McpttId),
            FieldId::QUEUE_INFO => put(&mut self.info, read::queue_info(field, notes)?),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.queued_ssrc, F::Ssrc);
        emit(sink, &self.queued_user_id, F::QueuedUserId);
        emit(sink, &self.info, F::QueueInfo);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
    }
}

//= 24.380-8.2.13
impl Body for FloorAck {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::SOURCE => put(&mut self.source, read::source(field, notes)?),
            FieldId::MESSAGE_TYPE => put(&mut self.message_type, read::message_type(field, notes)?),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::LOCATION => put(&mut self.location, location::decode(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.source, F::Source);
        emit(sink, &self.message_type, F::MessageType);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.location, F::Location);
    }
}

impl Body for UnicastMediaFlowControl {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::MEDIA_FLOW_CONTROL_INDICATOR => put(&mut self.flow, read::media_flow(field)?),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.flow, F::MediaFlowControlIndicator);
        emit(sink, &self.track_info, F::TrackInfo);
    }
}

impl Body for QueuedFloorRequests {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE => put(&mut self.purpose, read::purpose(field)?),
            FieldId::LIST_OF_QUEUED_USERS => {
                put_list(&mut self.queued_users, lists::decode_uris(field, McpttId)?)
            }
            FieldId::RESPONSE_STATE => put(&mut self.response_state, read::response_state(field)?),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.purpose, F::QueuedFloorRequestsPurpose);
        emit_list(sink, &self.queued_users, F::QueuedUsers);
        emit(sink, &self.response_state, F::ResponseState);
        emit(sink, &self.track_info, F::TrackInfo);
    }
}

impl Body for FloorReleaseMultiTalker {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        Ok(match field.id() {
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field)?, McpttId),
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            FieldId::SSRC => put(&mut self.talker_ssrc, read::ssrc(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
        emit(sink, &self.talker_ssrc, F::Ssrc);
    }
}
