//! Fields of pre-established session call control (TS 24.380 8.3.3).

use std::fmt;

use bytes::Bytes;

use crate::Release;
use crate::cursor::Writer;
use crate::id::{GroupId, McpttId};
use crate::rtcp::{Field, FieldError, FieldId, FieldRef, FieldValue, FirstReleases, Notes, requirement};
use crate::session::Subtype;
use crate::text::ByteStr;
use crate::value::{Keys, Value, ViewError};

/// Fields of MCPC, pre-established session call control (TS 24.380 8.3.3).
impl FieldId {
    /// Media Streams.
    pub const MEDIA_STREAMS: Self = Self(0);
    /// MCPTT Session Identity.
    pub const SESSION_IDENTITY: Self = Self(1);
    /// Warning Text.
    pub const WARNING_TEXT: Self = Self(2);
    /// MCPTT Group Identity.
    pub const GROUP_IDENTITY: Self = Self(3);
    /// Answer State.
    pub const ANSWER_STATE: Self = Self(4);
    /// Inviting MCPTT User Identity.
    pub const INVITING_USER: Self = Self(5);
    /// Reason Code.
    pub const REASON_CODE: Self = Self(6);
    /// Reason Cause; its coding is not known to this project.
    pub const REASON_CAUSE: Self = Self(7);
    /// Invited MCPTT User Identity (Rel-18; taken to be a URI).
    pub const INVITED_USER: Self = Self(8);
    /// PCK I_MESSAGE: the one assigned field with a length of two octets.
    pub const PCK_I_MESSAGE: Self = Self(192);
}

/// Media Streams: which m-lines of the pre-established session are used, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct MediaStreams {
    /// Number of the audio m-line.
    pub audio: u8,
    /// Number of the floor control m-line; 0 means no floor control.
    pub floor_control: u8,
}

/// Kind of session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct SessionType(pub u8);

impl SessionType {
    /// No session type.
    pub const NONE: Self = Self(0);
    /// Private call.
    pub const PRIVATE: Self = Self(1);
    /// Prearranged group call.
    pub const PREARRANGED: Self = Self(3);
    /// Chat group call.
    pub const CHAT: Self = Self(4);

    /// Whether the value is one of the four.
    pub const fn is_assigned(self) -> bool {
        matches!(self, Self::NONE | Self::PRIVATE | Self::PREARRANGED | Self::CHAT)
    }
}

/// MCPTT Session Identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionIdentity {
    /// Kind of session.
    pub session_type: SessionType,
    /// SIP URI of the session, at most 254 octets.
    pub uri: ByteStr,
}

/// Answer State; absent means confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct AnswerState(pub u16);

impl AnswerState {
    /// The terminating side has not answered yet.
    pub const UNCONFIRMED: Self = Self(0);
    /// It has.
    pub const CONFIRMED: Self = Self(1);
}

/// Reason Code of an Acknowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ReasonCode(pub u16);

impl ReasonCode {
    /// Accepted.
    pub const ACCEPTED: Self = Self(0);
    /// Busy.
    pub const BUSY: Self = Self(1);
    /// Not accepted.
    pub const NOT_ACCEPTED: Self = Self(2);
    /// Authentication of the I_MESSAGE failed (Rel-17).
    pub const AUTHENTICATION_FAILED: Self = Self(3);
    /// Integrity check failed (Rel-17).
    pub const INTEGRITY_FAILED: Self = Self(4);
    /// XML decryption failed (Rel-17).
    pub const DECRYPTION_FAILED: Self = Self(5);
}

/// PCK I_MESSAGE: a MIKEY-SAKKE message, opaque here, never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PckIMessage(pub Bytes);

impl fmt::Debug for PckIMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PckIMessage({} octets)", self.0.len())
    }
}

/// What Inviting MCPTT User Identity says when privacy was asked for.
pub const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

/// The other way in which the specification spells it.
const ANONYMOUS_TOO: &str = "sip:anonymous@invalid.invalid";

/// Whether an identity is one of the two anonymous URIs.
pub fn is_anonymous(user: &McpttId) -> bool {
    [ANONYMOUS, ANONYMOUS_TOO].iter().any(|uri| user.as_str().eq_ignore_ascii_case(uri))
}

/// One session control field, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionField {
    /// Which m-lines are used.
    MediaStreams(MediaStreams),
    /// Kind and URI of the session.
    SessionIdentity(SessionIdentity),
    /// Text of a SIP Warning header field with its code, without agent: `122 too many participants`.
    WarningText(ByteStr),
    /// The group.
    GroupIdentity(GroupId),
    /// Whether the terminating side has answered.
    AnswerState(AnswerState),
    /// Who calls, or an anonymous URI.
    InvitingUser(McpttId),
    /// Answer of the client.
    ReasonCode(ReasonCode),
    /// Belongs to Reason Code; coding not known to this project.
    ReasonCause(Bytes),
    /// Who is called.
    InvitedUser(McpttId),
    /// Key of a private call.
    PckIMessage(PckIMessage),
    /// A field that no release known to this project assigns.
    Unknown {
        /// Its id.
        id: FieldId,
        /// Its value, without padding.
        value: Bytes,
    },
}

impl SessionField {
    /// Reads a field of an MCPC packet. Spare bits and padding are not looked at.
    ///
    /// # Errors
    /// [`FieldError`] when the field has to be dropped (TS 24.380 8.1.4).
    pub fn decode(field: &Field) -> Result<Self, FieldError> {
        FieldValue::decode(&field.as_ref::<Subtype>(0), &mut Notes::default())
    }

    /// The field as it is sent.
    pub fn to_field(&self) -> Field {
        FieldValue::to_field(self)
    }
}

impl FieldValue for SessionField {
    fn is_assigned(id: FieldId) -> bool {
        id <= FieldId::INVITED_USER || id == FieldId::PCK_I_MESSAGE
    }

    fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Self, FieldError> {
        let value = field.value();
        Ok(match field.id() {
            FieldId::MEDIA_STREAMS => {
                let [audio, floor_control] = field.array()?;
                Self::MediaStreams(MediaStreams { audio, floor_control })
            }
            FieldId::SESSION_IDENTITY => {
                let (session_type, uri) = value.split_first().ok_or(FieldError::Length)?;
                let session_type = SessionType(*session_type);
                notes.add_if(!session_type.is_assigned(), requirement::ENUMERATION);
                Self::SessionIdentity(SessionIdentity { session_type, uri: field.text(uri, notes) })
            }
            FieldId::WARNING_TEXT => Self::WarningText(field.text(value, notes)),
            FieldId::GROUP_IDENTITY => Self::GroupIdentity(GroupId(field.text(value, notes))),
            FieldId::ANSWER_STATE => {
                let state = AnswerState(field.u16()?);
                notes.add_if(state.0 > AnswerState::CONFIRMED.0, requirement::ENUMERATION);
                Self::AnswerState(state)
            }
            FieldId::INVITING_USER => Self::InvitingUser(McpttId(field.text(value, notes))),
            FieldId::REASON_CODE => {
                let code = ReasonCode(field.u16()?);
                notes.add_if(code.0 > ReasonCode::DECRYPTION_FAILED.0, requirement::ENUMERATION);
                Self::ReasonCode(code)
            }
            FieldId::REASON_CAUSE => Self::ReasonCause(field.share(value)),
            FieldId::INVITED_USER => Self::InvitedUser(McpttId(field.text(value, notes))),
            FieldId::PCK_I_MESSAGE => Self::PckIMessage(PckIMessage(field.share(value))),
            id => Self::Unknown { id, value: field.share(value) },
        })
    }

    fn id(&self) -> FieldId {
        match self {
            Self::MediaStreams(_) => FieldId::MEDIA_STREAMS,
            Self::SessionIdentity(_) => FieldId::SESSION_IDENTITY,
            Self::WarningText(_) => FieldId::WARNING_TEXT,
            Self::GroupIdentity(_) => FieldId::GROUP_IDENTITY,
            Self::AnswerState(_) => FieldId::ANSWER_STATE,
            Self::InvitingUser(_) => FieldId::INVITING_USER,
            Self::ReasonCode(_) => FieldId::REASON_CODE,
            Self::ReasonCause(_) => FieldId::REASON_CAUSE,
            Self::InvitedUser(_) => FieldId::INVITED_USER,
            Self::PckIMessage(_) => FieldId::PCK_I_MESSAGE,
            Self::Unknown { id, .. } => *id,
        }
    }

    fn value_len(&self) -> usize {
        match self {
            Self::MediaStreams(_) | Self::AnswerState(_) | Self::ReasonCode(_) => 2,
            Self::SessionIdentity(identity) => identity.uri.as_bytes().len().saturating_add(1),
            Self::WarningText(text)
            | Self::GroupIdentity(GroupId(text))
            | Self::InvitingUser(McpttId(text))
            | Self::InvitedUser(McpttId(text)) => text.as_bytes().len(),
            Self::ReasonCause(octets)
            | Self::PckIMessage(PckIMessage(octets))
            | Self::Unknown { value: octets, .. } => octets.len(),
        }
    }

    fn write_value(&self, writer: &mut Writer<'_>) {
        match self {
            Self::MediaStreams(streams) => {
                writer.u8(streams.audio);
                writer.u8(streams.floor_control);
            }
            Self::AnswerState(AnswerState(number)) | Self::ReasonCode(ReasonCode(number)) => {
                writer.u16(*number);
            }
            Self::SessionIdentity(identity) => {
                writer.u8(identity.session_type.0);
                writer.slice(identity.uri.as_bytes());
            }
            Self::WarningText(text)
            | Self::GroupIdentity(GroupId(text))
            | Self::InvitingUser(McpttId(text))
            | Self::InvitedUser(McpttId(text)) => writer.slice(text.as_bytes()),
            Self::ReasonCause(octets)
            | Self::PckIMessage(PckIMessage(octets))
            | Self::Unknown { value: octets, .. } => writer.slice(octets),
        }
    }

    fn restricted(self, message: u8, release: Release, table: &FirstReleases) -> Self {
        match self {
            Self::ReasonCode(code) if !table.has_value(message, FieldId::REASON_CODE, code.0, release) => {
                Self::ReasonCode(ReasonCode::NOT_ACCEPTED)
            }
            other => other,
        }
    }

    fn describe(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::MediaStreams(streams) => {
                vec![
                    ("media_stream", streams.audio.into()),
                    ("control_channel", streams.floor_control.into()),
                ]
            }
            Self::SessionIdentity(identity) => vec![
                ("session_type", identity.session_type.0.into()),
                ("session_identity", Value::text(&identity.uri)),
            ],
            Self::WarningText(text) => vec![("warning_text", Value::text(text))],
            Self::GroupIdentity(group) => vec![("group_identity", Value::text(group))],
            Self::AnswerState(state) => vec![("answer_state", state.0.into())],
            Self::InvitingUser(user) => vec![("inviting_user", Value::text(user))],
            Self::ReasonCode(code) => vec![("reason_code", code.0.into())],
            Self::ReasonCause(octets) => vec![("reason_cause", Value::hex(octets))],
            Self::InvitedUser(user) => vec![("invited_user", Value::text(user))],
            Self::PckIMessage(message) => vec![("pck_i_message", Value::hex(&message.0))],
            Self::Unknown { value, .. } => vec![("unknown", Value::hex(value))],
        }
    }

    fn from_view(id: FieldId, keys: &mut Keys<'_>) -> Result<Self, ViewError> {
        let mut user = |name| Ok(McpttId(keys.need(&[name, "user"])?.byte_str()?));
        Ok(match id {
            FieldId::MEDIA_STREAMS => Self::MediaStreams(MediaStreams {
                audio: keys.need(&["media_stream"])?.u8()?,
                floor_control: keys.or_default(&["control_channel"], |place| place.u8())?,
            }),
            FieldId::SESSION_IDENTITY => Self::SessionIdentity(SessionIdentity {
                session_type: SessionType(keys.need(&["session_type"])?.u8()?),
                uri: keys.need(&["session_identity"])?.byte_str()?,
            }),
            FieldId::WARNING_TEXT => Self::WarningText(keys.need(&["warning_text"])?.byte_str()?),
            FieldId::GROUP_IDENTITY => {
                Self::GroupIdentity(GroupId(keys.need(&["group_identity"])?.byte_str()?))
            }
            FieldId::ANSWER_STATE => Self::AnswerState(AnswerState(keys.need(&["answer_state"])?.u16()?)),
            FieldId::INVITING_USER => Self::InvitingUser(user("inviting_user")?),
            FieldId::REASON_CODE => Self::ReasonCode(ReasonCode(keys.need(&["reason_code"])?.u16()?)),
            FieldId::REASON_CAUSE => Self::ReasonCause(keys.need(&["reason_cause"])?.octets()?),
            FieldId::INVITED_USER => Self::InvitedUser(user("invited_user")?),
            FieldId::PCK_I_MESSAGE => {
                Self::PckIMessage(PckIMessage(keys.need(&["pck_i_message"])?.octets()?))
            }
            id => Self::Unknown { id, value: keys.need(&["unknown"])?.octets()? },
        })
    }
}
