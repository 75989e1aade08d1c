//! Fields of the floor control protocol (TS 24.380 8.2.3): ids, typed values, reading and writing.

use std::time::Duration;

use bytes::Bytes;

use crate::Release;
use crate::cursor::Writer;
use crate::floor::cause::RejectCause;
use crate::floor::indicator::{FloorIndicator, MediaFlowControlIndicator};
use crate::floor::location::{self, Location};
use crate::floor::track_info::{self, TrackInfo};
use crate::floor::value::{
    FloorPriority, MessageSequenceNumber, MessageType, PermissionToRequest, QueueInfo,
    QueuedFloorRequestsPurpose, ResponseState, Source,
};
use crate::floor::{Subtype, lists, read, view};
use crate::id::{FunctionalAlias, McpttId, Ssrc};
use crate::rtcp::{Field, FieldError, FieldId, FieldRef, FieldValue, FirstReleases, Notes};
use crate::text::ByteStr;
use crate::value::{Keys, Value, ViewError};

/// Fields of MCPT, floor control (TS 24.380 8.2.3).
impl FieldId {
    /// Floor Priority.
    pub const FLOOR_PRIORITY: Self = Self(0);
    /// Duration.
    pub const DURATION: Self = Self(1);
    /// Reject Cause.
    pub const REJECT_CAUSE: Self = Self(2);
    /// Queue Info.
    pub const QUEUE_INFO: Self = Self(3);
    /// Granted Party's Identity.
    pub const GRANTED_PARTY: Self = Self(4);
    /// Permission to Request the Floor.
    pub const PERMISSION_TO_REQUEST: Self = Self(5);
    /// User ID.
    pub const USER_ID: Self = Self(6);
    /// Queue Size.
    pub const QUEUE_SIZE: Self = Self(7);
    /// Message Sequence Number.
    pub const MESSAGE_SEQUENCE_NUMBER: Self = Self(8);
    /// Queued User ID.
    pub const QUEUED_USER_ID: Self = Self(9);
    /// Source.
    pub const SOURCE: Self = Self(10);
    /// Track Info.
    pub const TRACK_INFO: Self = Self(11);
    /// Message Type.
    pub const MESSAGE_TYPE: Self = Self(12);
    /// Floor Indicator.
    pub const FLOOR_INDICATOR: Self = Self(13);
    /// SSRC; from Rel-18 Audio SSRC of Granted Participant.
    pub const SSRC: Self = Self(14);
    /// List of Granted Users (Rel-15).
    pub const LIST_OF_GRANTED_USERS: Self = Self(15);
    /// List of SSRCs (Rel-15).
    pub const LIST_OF_SSRCS: Self = Self(16);
    /// Functional Alias (Rel-15).
    pub const FUNCTIONAL_ALIAS: Self = Self(17);
    /// List of Functional Aliases (Rel-15).
    pub const LIST_OF_FUNCTIONAL_ALIASES: Self = Self(18);
    /// Location (Rel-15).
    pub const LOCATION: Self = Self(19);
    /// List of Locations (Rel-15).
    pub const LIST_OF_LOCATIONS: Self = Self(20);
    /// Queued Floor Requests Purpose (Rel-17).
    pub const QUEUED_FLOOR_REQUESTS_PURPOSE: Self = Self(21);
    /// List of Queued Users (Rel-17).
    pub const LIST_OF_QUEUED_USERS: Self = Self(22);
    /// Response State (Rel-17).
    pub const RESPONSE_STATE: Self = Self(23);
    /// Media Flow Control Indicator (Rel-17).
    pub const MEDIA_FLOW_CONTROL_INDICATOR: Self = Self(24);
    /// Floor Revoke Request User ID (Rel-19).
    pub const FLOOR_REVOKE_REQUEST_USER_ID: Self = Self(25);
}

/// One floor control field, typed. An empty URI is kept here; messages take it as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FloorField {
    /// Priority of a request or of a grant.
    FloorPriority(FloorPriority),
    /// How long the talker may still transmit, whole seconds, 0 to 65535.
    Duration(Duration),
    /// Why a Floor Deny or a Floor Revoke was sent; which number space applies depends on the message.
    RejectCause {
        /// The number.
        cause: u16,
        /// Text for the user, at most 253 octets.
        phrase: Option<ByteStr>,
    },
    /// Position and priority of a queued request.
    QueueInfo(QueueInfo),
    /// The talker.
    GrantedParty(McpttId),
    /// Whether the receiver may request the floor.
    PermissionToRequest(PermissionToRequest),
    /// Off-network: the user the message is about.
    UserId(McpttId),
    /// Off-network: how many requests are queued.
    QueueSize(u16),
    /// Number of a Floor Taken or a Floor Idle.
    MessageSequenceNumber(MessageSequenceNumber),
    /// Off-network: a user whose request is queued.
    QueuedUserId(McpttId),
    /// Role of the sender of a Floor Ack.
    Source(Source),
    /// Through which non-controlling functions the message came.
    TrackInfo(TrackInfo),
    /// Subtype of the acknowledged message.
    MessageType(MessageType),
    /// Kind of the call.
    FloorIndicator(FloorIndicator),
    /// SSRC of a talker's audio or of a queued user.
    Ssrc(Ssrc),
    /// Several talkers.
    GrantedUsers(Vec<McpttId>),
    /// Their SSRCs, in the same order.
    Ssrcs(Vec<Ssrc>),
    /// Functional alias of the talker.
    FunctionalAlias(FunctionalAlias),
    /// Functional aliases of several talkers, in the same order; an empty one stands for none.
    FunctionalAliases(Vec<FunctionalAlias>),
    /// Location of the talker.
    Location(Location),
    /// Locations of several talkers, in the same order.
    Locations(Vec<Location>),
    /// What a Queued Floor Requests message is for.
    QueuedFloorRequestsPurpose(QueuedFloorRequestsPurpose),
    /// Users whose queued requests are meant.
    QueuedUsers(Vec<McpttId>),
    /// Result of removing queued requests.
    ResponseState(ResponseState),
    /// Whether unicast media stops or resumes.
    MediaFlowControlIndicator(MediaFlowControlIndicator),
    /// User whose floor is to be revoked.
    RevokeRequestUserId(McpttId),
    /// A field that no release known to this project assigns.
    Unknown {
        /// Its id.
        id: FieldId,
        /// Its value, without padding.
        value: Bytes,
    },
}

impl FloorField {
    /// Reads a field of an MCPT packet. Spare bits and padding are not looked at.
    ///
    /// # Errors
    /// [`FieldError`] when the field has to be dropped (TS 24.380 8.1.4).
    pub fn decode(field: &Field) -> Result<Self, FieldError> {
        FieldValue::decode(&field.as_ref::<Subtype>(0), &mut Notes::default())
    }

    /// The field as it is sent: canonical padding, spare bits zero.
    pub fn to_field(&self) -> Field {
        FieldValue::to_field(self)
    }
}

impl FieldValue for FloorField {
    fn is_assigned(id: FieldId) -> bool {
        id <= FieldId::FLOOR_REVOKE_REQUEST_USER_ID
    }

    fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Self, FieldError> {
        Ok(match field.id() {
            FieldId::FLOOR_PRIORITY => Self::FloorPriority(read::priority(field, notes)?),
            FieldId::DURATION => Self::Duration(read::duration(field, notes)?),
            FieldId::REJECT_CAUSE => {
                let (cause, phrase) = read::cause(field, notes)?;
                Self::RejectCause { cause, phrase }
            }
            FieldId::QUEUE_INFO => Self::QueueInfo(read::queue_info(field, notes)?),
            FieldId::GRANTED_PARTY => Self::GrantedParty(McpttId(read::uri(field, notes))),
            FieldId::PERMISSION_TO_REQUEST => Self::PermissionToRequest(PermissionToRequest(field.u16()?)),
            FieldId::USER_ID => Self::UserId(McpttId(read::uri(field, notes))),
            FieldId::QUEUE_SIZE => Self::QueueSize(field.u16()?),
            FieldId::MESSAGE_SEQUENCE_NUMBER => Self::MessageSequenceNumber(read::sequence(field, notes)?),
            FieldId::QUEUED_USER_ID => Self::QueuedUserId(McpttId(read::uri(field, notes))),
            FieldId::SOURCE => Self::Source(read::source(field, notes)?),
            FieldId::TRACK_INFO => Self::TrackInfo(track_info::decode(field, notes)?),
            FieldId::MESSAGE_TYPE => Self::MessageType(read::message_type(field, notes)?),
            FieldId::FLOOR_INDICATOR => Self::FloorIndicator(read::indicator(field, notes)?),
            FieldId::SSRC => Self::Ssrc(read::ssrc(field, notes)?),
            FieldId::LIST_OF_GRANTED_USERS => Self::GrantedUsers(lists::decode_users(field, notes)?),
            FieldId::LIST_OF_SSRCS => Self::Ssrcs(lists::decode_ssrcs(field, notes)?),
            FieldId::FUNCTIONAL_ALIAS => Self::FunctionalAlias(FunctionalAlias(read::uri(field, notes))),
            FieldId::LIST_OF_FUNCTIONAL_ALIASES => {
                Self::FunctionalAliases(lists::decode_aliases(field, notes)?)
            }
            FieldId::LOCATION => Self::Location(location::decode(field, notes)?),
            FieldId::LIST_OF_LOCATIONS => Self::Locations(lists::decode_locations(field, notes)?),
            FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE => {
                Self::QueuedFloorRequestsPurpose(read::purpose(field, notes)?)
            }
            FieldId::LIST_OF_QUEUED_USERS => Self::QueuedUsers(lists::decode_users(field, notes)?),
            FieldId::RESPONSE_STATE => Self::ResponseState(read::response_state(field, notes)?),
            FieldId::MEDIA_FLOW_CONTROL_INDICATOR => {
                Self::MediaFlowControlIndicator(read::media_flow(field, notes)?)
            }
            FieldId::FLOOR_REVOKE_REQUEST_USER_ID => {
                Self::RevokeRequestUserId(McpttId(read::uri(field, notes)))
            }
            id => Self::Unknown { id, value: field.share(field.value()) },
        })
    }

    fn id(&self) -> FieldId {
        match self {
            Self::FloorPriority(_) => FieldId::FLOOR_PRIORITY,
            Self::Duration(_) => FieldId::DURATION,
            Self::RejectCause { .. } => FieldId::REJECT_CAUSE,
            Self::QueueInfo(_) => FieldId::QUEUE_INFO,
            Self::GrantedParty(_) => FieldId::GRANTED_PARTY,
            Self::PermissionToRequest(_) => FieldId::PERMISSION_TO_REQUEST,
            Self::UserId(_) => FieldId::USER_ID,
            Self::QueueSize(_) => FieldId::QUEUE_SIZE,
            Self::MessageSequenceNumber(_) => FieldId::MESSAGE_SEQUENCE_NUMBER,
            Self::QueuedUserId(_) => FieldId::QUEUED_USER_ID,
            Self::Source(_) => FieldId::SOURCE,
            Self::TrackInfo(_) => FieldId::TRACK_INFO,
            Self::MessageType(_) => FieldId::MESSAGE_TYPE,
            Self::FloorIndicator(_) => FieldId::FLOOR_INDICATOR,
            Self::Ssrc(_) => FieldId::SSRC,
            Self::GrantedUsers(_) => FieldId::LIST_OF_GRANTED_USERS,
            Self::Ssrcs(_) => FieldId::LIST_OF_SSRCS,
            Self::FunctionalAlias(_) => FieldId::FUNCTIONAL_ALIAS,
            Self::FunctionalAliases(_) => FieldId::LIST_OF_FUNCTIONAL_ALIASES,
            Self::Location(_) => FieldId::LOCATION,
            Self::Locations(_) => FieldId::LIST_OF_LOCATIONS,
            Self::QueuedFloorRequestsPurpose(_) => FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE,
            Self::QueuedUsers(_) => FieldId::LIST_OF_QUEUED_USERS,
            Self::ResponseState(_) => FieldId::RESPONSE_STATE,
            Self::MediaFlowControlIndicator(_) => FieldId::MEDIA_FLOW_CONTROL_INDICATOR,
            Self::RevokeRequestUserId(_) => FieldId::FLOOR_REVOKE_REQUEST_USER_ID,
            Self::Unknown { id, .. } => *id,
        }
    }

    fn value_len(&self) -> usize {
        match self {
            Self::FloorPriority(_)
            | Self::Duration(_)
            | Self::QueueInfo(_)
            | Self::PermissionToRequest(_)
            | Self::QueueSize(_)
            | Self::MessageSequenceNumber(_)
            | Self::Source(_)
            | Self::MessageType(_)
            | Self::FloorIndicator(_)
            | Self::QueuedFloorRequestsPurpose(_)
            | Self::ResponseState(_)
            | Self::MediaFlowControlIndicator(_) => 2,
            Self::RejectCause { phrase, .. } => phrase_octets(phrase).len().saturating_add(2),
            Self::Ssrc(_) => 6,
            Self::GrantedParty(McpttId(uri))
            | Self::UserId(McpttId(uri))
            | Self::QueuedUserId(McpttId(uri))
            | Self::RevokeRequestUserId(McpttId(uri))
            | Self::FunctionalAlias(FunctionalAlias(uri)) => uri.as_bytes().len(),
            Self::TrackInfo(track) => track_info::value_len(track),
            Self::GrantedUsers(users) | Self::QueuedUsers(users) => lists::uris_len(user_texts(users)),
            Self::Ssrcs(ssrcs) => lists::ssrcs_len(ssrcs),
            Self::FunctionalAliases(aliases) => lists::uris_len(alias_texts(aliases)),
            Self::Location(location) => location.wire_len(),
            Self::Locations(locations) => lists::locations_len(locations),
            Self::Unknown { value, .. } => value.len(),
        }
    }

    fn write_value(&self, writer: &mut Writer<'_>) {
        match self {
            Self::FloorPriority(FloorPriority(octet)) | Self::MessageType(MessageType(octet)) => {
                writer.u8(*octet);
                writer.u8(0);
            }
            Self::Duration(duration) => writer.u16(whole_seconds(*duration)),
            Self::RejectCause { cause, phrase } => {
                writer.u16(*cause);
                writer.slice(phrase_octets(phrase));
            }
            Self::QueueInfo(info) => {
                writer.u8(info.position.0);
                writer.u8(info.priority.0);
            }
            Self::PermissionToRequest(PermissionToRequest(number))
            | Self::QueueSize(number)
            | Self::MessageSequenceNumber(MessageSequenceNumber(number))
            | Self::Source(Source(number))
            | Self::FloorIndicator(FloorIndicator(number))
            | Self::QueuedFloorRequestsPurpose(QueuedFloorRequestsPurpose(number))
            | Self::ResponseState(ResponseState(number))
            | Self::MediaFlowControlIndicator(MediaFlowControlIndicator(number)) => writer.u16(*number),
            Self::Ssrc(ssrc) => {
                writer.u32(ssrc.0);
                writer.u16(0);
            }
            Self::GrantedParty(McpttId(uri))
            | Self::UserId(McpttId(uri))
            | Self::QueuedUserId(McpttId(uri))
            | Self::RevokeRequestUserId(McpttId(uri))
            | Self::FunctionalAlias(FunctionalAlias(uri)) => writer.slice(uri.as_bytes()),
            Self::TrackInfo(track) => track_info::write(track, writer),
            Self::GrantedUsers(users) | Self::QueuedUsers(users) => {
                lists::write_uris(user_texts(users), writer);
            }
            Self::Ssrcs(ssrcs) => lists::write_ssrcs(ssrcs, writer),
            Self::FunctionalAliases(aliases) => lists::write_uris(alias_texts(aliases), writer),
            Self::Location(location) => location.write(writer),
            Self::Locations(locations) => lists::write_locations(locations, writer),
            Self::Unknown { value, .. } => writer.slice(value),
        }
    }

    fn restricted(self, message: u8, release: Release, table: &FirstReleases) -> Self {
        let id = self.id();
        match self {
            // "Other" has the same number in both messages.
            Self::RejectCause { cause, phrase } if !table.has_value(message, id, cause, release) => {
                Self::RejectCause { cause: RejectCause::OTHER.0, phrase }
            }
            Self::FloorIndicator(FloorIndicator(bits)) => {
                Self::FloorIndicator(FloorIndicator(bits & table.bits(message, id, release)))
            }
            Self::Location(location) => Self::Location(location.restricted(release, table)),
            Self::Locations(locations) => {
                let restrict = |location: Location| location.restricted(release, table);
                Self::Locations(locations.into_iter().map(restrict).collect())
            }
            other => other,
        }
    }

    fn describe(&self) -> Vec<(&'static str, Value)> {
        view::describe(self)
    }

    fn from_view(id: FieldId, keys: &mut Keys<'_>) -> Result<Self, ViewError> {
        view::from_view(id, keys)
    }
}

/// Whole seconds, rounded down, but at least one while there is any time left; what does not fit counts as the most
/// that does.
//= 24.380-8.2.3.3
pub(super) fn whole_seconds(duration: Duration) -> u16 {
    let seconds = if duration.is_zero() { 0 } else { duration.as_secs().max(1) };
    u16::try_from(seconds).unwrap_or(u16::MAX)
}

fn phrase_octets(phrase: &Option<ByteStr>) -> &[u8] {
    phrase.as_ref().map(|phrase| phrase.as_bytes()).unwrap_or_default()
}

fn user_texts(users: &[McpttId]) -> impl ExactSizeIterator<Item = &ByteStr> {
    users.iter().map(|user| &user.0)
}

fn alias_texts(aliases: &[FunctionalAlias]) -> impl ExactSizeIterator<Item = &ByteStr> {
    aliases.iter().map(|alias| &alias.0)
}
