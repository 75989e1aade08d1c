//! Which field goes where: the one place that knows the fields of every floor control message, in both directions.

use crate::floor::cause::{RejectCause, RevokeCause};
use crate::floor::field::FloorField as F;
use crate::floor::message::*;
use crate::floor::value::PermissionToRequest;
use crate::floor::{lists, location, read, track_info};
use crate::id::{FunctionalAlias, McpttId};
use crate::rtcp::message::{Body, Met, Put, emit, put, put_uri};
use crate::rtcp::{FieldError, FieldId, FieldRef, Notes};

/// Where fields are handed to.
pub(super) type Sink<'a> = &'a mut dyn FnMut(F);

/// What became of a field.
pub(super) type Read = Result<Put, FieldError>;

fn emit_list<T: Clone>(sink: Sink<'_>, list: &[T], make: fn(Vec<T>) -> F) {
    if !list.is_empty() {
        sink(make(list.to_vec()));
    }
}

/// Says which field goes where in a message, in the order of the message table. A line is the place, the id, the typed
/// field and how it is read: a `value` by a function, a `uri` into an identity, a `list` by a function, a `flag` by a
/// function that may find neither yes nor no, a `cause` with its phrase into one of the two number spaces.
///
/// Fields are read straight into their places by their id: this is the path of every received message.
macro_rules! floor_fields {
    ($body:ident { $($kind:ident $place:ident = $id:ident, $variant:ident, $($read:ident)::+;)+ }) => {
        impl Body for $body {
            type Field = F;
            type Pending = Met;

            #[allow(unused_variables, reason = "most messages have no list and no flag")]
            fn put(&mut self, met: &mut Met, field: &FieldRef<'_>, notes: &mut Notes) -> Read {
                Ok(match field.id() {
                    $(FieldId::$id => {
                        floor_fields!(@put $kind self.$place, self, met, field, notes, $($read)::+)
                    })+
                    _ => Put::NotListed,
                })
            }

            fn each_field(&self, sink: Sink<'_>) {
                $(floor_fields!(@emit $kind sink, self, $place, $variant, $($read)::+);)+
            }
        }
    };
    (@put value $place:expr, $message:ident, $met:ident, $field:ident, $notes:ident, $($read:ident)::+) => {
        put(&mut $place, $($read)::+($field, $notes)?)
    };
    (@put uri $place:expr, $message:ident, $met:ident, $field:ident, $notes:ident, $make:ident) => {
        put_uri(&mut $place, read::uri($field, $notes), $make)
    };
    (@put list $place:expr, $message:ident, $met:ident, $field:ident, $notes:ident, $($read:ident)::+) => {
        $met.put($field.id(), &mut $place, $($read)::+($field, $notes)?)
    };
    (@put flag $place:expr, $message:ident, $met:ident, $field:ident, $notes:ident, $($read:ident)::+) => {
        // A value that is not assigned counts as absent, and is the first one all the same.
        $met.put($field.id(), &mut $place, $($read)::+($field, $notes)?)
    };
    (@put cause $place:expr, $message:ident, $met:ident, $field:ident, $notes:ident, $cause:ident) => {
        if $place.is_some() {
            Put::Duplicate
        } else {
            let (cause, phrase) = read::cause($field, $notes)?;
            let cause = $cause(cause);
            cause.note($notes);
            $message.phrase = phrase;
            put(&mut $place, cause)
        }
    };
    (@emit value $sink:ident, $message:ident, $place:ident, $variant:ident, $($read:ident)::+) => {
        emit($sink, &$message.$place, F::$variant)
    };
    (@emit uri $sink:ident, $message:ident, $place:ident, $variant:ident, $make:ident) => {
        emit($sink, &$message.$place, F::$variant)
    };
    (@emit list $sink:ident, $message:ident, $place:ident, $variant:ident, $($read:ident)::+) => {
        emit_list($sink, &$message.$place, F::$variant)
    };
    (@emit flag $sink:ident, $message:ident, $place:ident, $variant:ident, $($read:ident)::+) => {
        emit($sink, &$message.$place.map($variant::from), F::$variant)
    };
    (@emit cause $sink:ident, $message:ident, $place:ident, $variant:ident, $cause:ident) => {
        // A phrase cannot travel without a cause.
        if $message.$place.is_some() || $message.phrase.is_some() {
            let cause = $message.$place.unwrap_or($cause::OTHER).0;
            $sink(F::$variant { cause, phrase: $message.phrase.clone() });
        }
    };
}

floor_fields! {
    FloorRequest {
        value priority = FLOOR_PRIORITY, FloorPriority, read::priority;
        uri user_id = USER_ID, UserId, McpttId;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
        uri functional_alias = FUNCTIONAL_ALIAS, FunctionalAlias, FunctionalAlias;
        value location = LOCATION, Location, location::decode;
    }
}

floor_fields! {
    FloorTaken {
        uri granted_party = GRANTED_PARTY, GrantedParty, McpttId;
        flag permission_to_request = PERMISSION_TO_REQUEST, PermissionToRequest, read::permission;
        uri user_id = USER_ID, UserId, McpttId;
        value sequence = MESSAGE_SEQUENCE_NUMBER, MessageSequenceNumber, read::sequence;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
        value talker_ssrc = SSRC, Ssrc, read::ssrc;
        uri functional_alias = FUNCTIONAL_ALIAS, FunctionalAlias, FunctionalAlias;
        list granted_users = LIST_OF_GRANTED_USERS, GrantedUsers, lists::decode_users;
        list ssrcs = LIST_OF_SSRCS, Ssrcs, lists::decode_ssrcs;
        list functional_aliases = LIST_OF_FUNCTIONAL_ALIASES, FunctionalAliases, lists::decode_aliases;
        value location = LOCATION, Location, location::decode;
        list locations = LIST_OF_LOCATIONS, Locations, lists::decode_locations;
    }
}

floor_fields! {
    FloorDeny {
        cause cause = REJECT_CAUSE, RejectCause, RejectCause;
        uri user_id = USER_ID, UserId, McpttId;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
    }
}

floor_fields! {
    FloorRelease {
        uri user_id = USER_ID, UserId, McpttId;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
    }
}

floor_fields! {
    FloorIdle {
        value sequence = MESSAGE_SEQUENCE_NUMBER, MessageSequenceNumber, read::sequence;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
    }
}

floor_fields! {
    FloorRevoke {
        cause cause = REJECT_CAUSE, RejectCause, RevokeCause;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
    }
}

floor_fields! {
    FloorRevokeRequest {
        uri user_id = FLOOR_REVOKE_REQUEST_USER_ID, RevokeRequestUserId, McpttId;
    }
}

floor_fields! {
    FloorQueuePositionRequest {
        uri user_id = USER_ID, UserId, McpttId;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
    }
}

floor_fields! {
    FloorQueuePositionInfo {
        uri user_id = USER_ID, UserId, McpttId;
        value queued_ssrc = SSRC, Ssrc, read::ssrc;
        uri queued_user_id = QUEUED_USER_ID, QueuedUserId, McpttId;
        value info = QUEUE_INFO, QueueInfo, read::queue_info;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
    }
}

//= 24.380-8.2.13
floor_fields! {
    FloorAck {
        value source = SOURCE, Source, read::source;
        value message_type = MESSAGE_TYPE, MessageType, read::message_type;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value location = LOCATION, Location, location::decode;
    }
}

floor_fields! {
    UnicastMediaFlowControl {
        value flow = MEDIA_FLOW_CONTROL_INDICATOR, MediaFlowControlIndicator, read::media_flow;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
    }
}

floor_fields! {
    QueuedFloorRequests {
        value purpose = QUEUED_FLOOR_REQUESTS_PURPOSE, QueuedFloorRequestsPurpose, read::purpose;
        list queued_users = LIST_OF_QUEUED_USERS, QueuedUsers, lists::decode_users;
        value response_state = RESPONSE_STATE, ResponseState, read::response_state;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
    }
}

floor_fields! {
    FloorReleaseMultiTalker {
        uri user_id = USER_ID, UserId, McpttId;
        value track_info = TRACK_INFO, TrackInfo, track_info::decode;
        value indicator = FLOOR_INDICATOR, FloorIndicator, read::indicator;
        value talker_ssrc = SSRC, Ssrc, read::ssrc;
    }
}
