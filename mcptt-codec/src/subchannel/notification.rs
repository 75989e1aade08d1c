//! MBMS notifications control (TS 24.380 8.5, seen in Rel-16).
//!
//! The message table also lists an MCPTT Group ID, but the field table gives it no id; it cannot be carried.

use bytes::Bytes;

use crate::cursor::Writer;
use crate::id::{McpttId, Ssrc};
use crate::rtcp::{
    Field, FieldError, FieldId, FieldRef, FieldValue, Notes, fields, messages, requirement, subtype,
};
use crate::subchannel::NotificationPacket;
use crate::subchannel::releases::NOTIFICATION;
use crate::text::ByteStr;
use crate::value::{Keys, Value, ViewError};

/// Fields of MCNC, MBMS notifications control (TS 24.380 8.5.3).
impl FieldId {
    /// Status.
    pub const STATUS: Self = Self(0);
    /// Status changing MCPTT User Identity.
    pub const STATUS_CHANGING_USER: Self = Self(1);
    /// Group call ongoing.
    pub const GROUP_CALL_ONGOING: Self = Self(2);
    /// Group broadcast alias.
    pub const GROUP_BROADCAST_ALIAS: Self = Self(3);
    /// Group regroup alias.
    pub const GROUP_REGROUP_ALIAS: Self = Self(4);
}

/// The five subtype bits of an MCNC packet: the message number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct NotificationSubtype(pub u8);

impl NotificationSubtype {
    /// Group Dynamic Data Notify.
    pub const GROUP_DYNAMIC_DATA_NOTIFY: Self = Self(0);

    /// Name of the message, or `None` when the message table does not list it: then 8.1.4 tells the receiver to
    /// ignore the message.
    pub const fn message_name(self) -> Option<&'static str> {
        match self {
            Self::GROUP_DYNAMIC_DATA_NOTIFY => Some("Group Dynamic Data Notify"),
            _ => None,
        }
    }
}

subtype!(plain NotificationSubtype = b"MCNC");

/// Status of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Status(pub u16);

impl Status {
    /// Emergency.
    pub const EMERGENCY: Self = Self(0);
    /// Imminent peril.
    pub const IMMINENT_PERIL: Self = Self(1);
}

/// Whether a call of the group is ongoing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct GroupCallOngoing(pub u8);

impl GroupCallOngoing {
    /// No call.
    pub const NO: Self = Self(0);
    /// A call is ongoing.
    pub const YES: Self = Self(1);
}

/// One notification field, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotificationField {
    /// Status of the group.
    Status(Status),
    /// Who changed it.
    StatusChangingUser(McpttId),
    /// Whether a call is ongoing.
    GroupCallOngoing(GroupCallOngoing),
    /// Alias of a broadcast group.
    BroadcastAlias(ByteStr),
    /// Alias of a regroup.
    RegroupAlias(ByteStr),
    /// A field that no release known to this project assigns.
    Unknown {
        /// Its id.
        id: FieldId,
        /// Its value, without padding.
        value: Bytes,
    },
}

impl NotificationField {
    /// Reads a field of an MCNC packet. Spare bits and padding are not looked at.
    ///
    /// # Errors
    /// [`FieldError`] when the field has to be dropped (TS 24.380 8.1.4).
    pub fn decode(field: &Field) -> Result<Self, FieldError> {
        FieldValue::decode(&field.as_ref::<NotificationSubtype>(0), &mut Notes::default())
    }

    /// The field as it is sent.
    pub fn to_field(&self) -> Field {
        FieldValue::to_field(self)
    }
}

impl FieldValue for NotificationField {
    fn is_assigned(id: FieldId) -> bool {
        id <= FieldId::GROUP_REGROUP_ALIAS
    }

    fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Self, FieldError> {
        let value = field.value();
        Ok(match field.id() {
            FieldId::STATUS => {
                let status = Status(field.u16()?);
                notes.add_if(status.0 > Status::IMMINENT_PERIL.0, requirement::ENUMERATION);
                Self::Status(status)
            }
            FieldId::STATUS_CHANGING_USER => Self::StatusChangingUser(McpttId(field.text(value, notes))),
            FieldId::GROUP_CALL_ONGOING => {
                let [ongoing] = field.array()?;
                notes.add_if(ongoing > GroupCallOngoing::YES.0, requirement::ENUMERATION);
                Self::GroupCallOngoing(GroupCallOngoing(ongoing))
            }
            FieldId::GROUP_BROADCAST_ALIAS => Self::BroadcastAlias(field.text(value, notes)),
            FieldId::GROUP_REGROUP_ALIAS => Self::RegroupAlias(field.text(value, notes)),
            id => Self::Unknown { id, value: field.share(value) },
        })
    }

    fn id(&self) -> FieldId {
        match self {
            Self::Status(_) => FieldId::STATUS,
            Self::StatusChangingUser(_) => FieldId::STATUS_CHANGING_USER,
            Self::GroupCallOngoing(_) => FieldId::GROUP_CALL_ONGOING,
            Self::BroadcastAlias(_) => FieldId::GROUP_BROADCAST_ALIAS,
            Self::RegroupAlias(_) => FieldId::GROUP_REGROUP_ALIAS,
            Self::Unknown { id, .. } => *id,
        }
    }

    fn value_len(&self) -> usize {
        match self {
            Self::Status(_) => 2,
            Self::GroupCallOngoing(_) => 1,
            Self::StatusChangingUser(McpttId(text))
            | Self::BroadcastAlias(text)
            | Self::RegroupAlias(text) => text.as_bytes().len(),
            Self::Unknown { value, .. } => value.len(),
        }
    }

    fn write_value(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Status(status) => writer.u16(status.0),
            Self::GroupCallOngoing(ongoing) => writer.u8(ongoing.0),
            Self::StatusChangingUser(McpttId(text))
            | Self::BroadcastAlias(text)
            | Self::RegroupAlias(text) => {
                writer.slice(text.as_bytes());
            }
            Self::Unknown { value, .. } => writer.slice(value),
        }
    }

    fn describe(&self) -> Vec<(&'static str, Value)> {
        vec![match self {
            Self::Status(status) => ("status", status.0.into()),
            Self::StatusChangingUser(user) => ("status_changing_user", Value::text(user)),
            Self::GroupCallOngoing(ongoing) => ("call_ongoing", ongoing.0.into()),
            Self::BroadcastAlias(alias) => ("group_broadcast_alias", Value::text(alias)),
            Self::RegroupAlias(alias) => ("group_regroup_alias", Value::text(alias)),
            Self::Unknown { value, .. } => ("unknown", Value::hex(value)),
        }]
    }

    fn from_view(id: FieldId, keys: &mut Keys<'_>) -> Result<Self, ViewError> {
        Ok(match id {
            FieldId::STATUS => Self::Status(Status(keys.need(&["status"])?.u16()?)),
            FieldId::STATUS_CHANGING_USER => {
                Self::StatusChangingUser(McpttId(keys.need(&["status_changing_user", "user"])?.byte_str()?))
            }
            FieldId::GROUP_CALL_ONGOING => {
                Self::GroupCallOngoing(GroupCallOngoing(keys.need(&["call_ongoing"])?.u8()?))
            }
            FieldId::GROUP_BROADCAST_ALIAS => {
                Self::BroadcastAlias(keys.need(&["group_broadcast_alias", "alias"])?.byte_str()?)
            }
            FieldId::GROUP_REGROUP_ALIAS => {
                Self::RegroupAlias(keys.need(&["group_regroup_alias", "alias"])?.byte_str()?)
            }
            id => Self::Unknown { id, value: keys.need(&["unknown"])?.octets()? },
        })
    }
}

/// Group Dynamic Data Notify.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupDynamicDataNotify {
    /// The participating function.
    pub ssrc: Ssrc,
    /// Status of the group.
    pub status: Option<Status>,
    /// Who changed it.
    pub status_changing_user: Option<McpttId>,
    /// Whether a call is ongoing.
    pub call_ongoing: Option<GroupCallOngoing>,
    /// Alias of a broadcast group.
    pub broadcast_alias: Option<ByteStr>,
    /// Alias of a regroup.
    pub regroup_alias: Option<ByteStr>,
}

messages! {
    /// A notification.
    NotificationMessage: NotificationSubtype, NotificationField, NotificationPacket, NOTIFICATION;
    /// Group Dynamic Data Notify.
    GroupDynamicDataNotify(GroupDynamicDataNotify) = GROUP_DYNAMIC_DATA_NOTIFY,
}

fields! {
    GroupDynamicDataNotify: NotificationField {
        Status => status,
        StatusChangingUser => status_changing_user,
        GroupCallOngoing => call_ongoing,
        BroadcastAlias => broadcast_alias,
        RegroupAlias => regroup_alias,
    }
}
