//! First releases of pre-established session call control (TS 24.380 8.3).

use crate::release::Release;
use crate::rtcp::FieldId;
use crate::rtcp::first_releases::{FirstReleases, ValueRelease, value};
use crate::session::{AnswerState, ReasonCode, SessionType, Subtype};

/// What a participating function or a client of which release may send.
pub const FIRST_RELEASES: FirstReleases =
    FirstReleases { messages: &MESSAGES, fields: &FIELDS, values: &VALUES };

const MESSAGES: [(u8, Release); 3] = [
    (Subtype::CONNECT.0, Release::R13),
    (Subtype::DISCONNECT.0, Release::R13),
    (Subtype::ACKNOWLEDGE.0, Release::R13),
];

const FIELDS: [(FieldId, Release); 10] = [
    (FieldId::MEDIA_STREAMS, Release::R13),
    (FieldId::SESSION_IDENTITY, Release::R13),
    (FieldId::WARNING_TEXT, Release::R13),
    (FieldId::GROUP_IDENTITY, Release::R13),
    (FieldId::ANSWER_STATE, Release::R13),
    (FieldId::INVITING_USER, Release::R13),
    (FieldId::REASON_CODE, Release::R13),
    (FieldId::REASON_CAUSE, Release::R13),
    (FieldId::INVITED_USER, Release::R18),
    (FieldId::PCK_I_MESSAGE, Release::R13),
];

const VALUES: [ValueRelease; 12] = [
    value(FieldId::SESSION_IDENTITY, SessionType::NONE.0 as u16, Release::R13),
    value(FieldId::SESSION_IDENTITY, SessionType::PRIVATE.0 as u16, Release::R13),
    value(FieldId::SESSION_IDENTITY, SessionType::PREARRANGED.0 as u16, Release::R13),
    value(FieldId::SESSION_IDENTITY, SessionType::CHAT.0 as u16, Release::R13),
    value(FieldId::ANSWER_STATE, AnswerState::UNCONFIRMED.0, Release::R13),
    value(FieldId::ANSWER_STATE, AnswerState::CONFIRMED.0, Release::R13),
    value(FieldId::REASON_CODE, ReasonCode::ACCEPTED.0, Release::R13),
    value(FieldId::REASON_CODE, ReasonCode::BUSY.0, Release::R13),
    value(FieldId::REASON_CODE, ReasonCode::NOT_ACCEPTED.0, Release::R13),
    value(FieldId::REASON_CODE, ReasonCode::AUTHENTICATION_FAILED.0, Release::R17),
    value(FieldId::REASON_CODE, ReasonCode::INTEGRITY_FAILED.0, Release::R17),
    value(FieldId::REASON_CODE, ReasonCode::DECRYPTION_FAILED.0, Release::R17),
];
