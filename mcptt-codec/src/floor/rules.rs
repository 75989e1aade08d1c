//! The message tables of TS 24.380 8.2.2 and 8.2.4 to 8.2.17: what each message is called and which fields it lists.

use crate::floor::Subtype;
use crate::rtcp::FieldId;
use Direction::{Both, ToParticipant, ToServer};

/// Who sends a message on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the floor participant to the floor control server.
    ToServer,
    /// From the floor control server (off-network: the floor arbitrator) to floor participants.
    ToParticipant,
    /// Both ways.
    Both,
}

/// One row of the message table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRule {
    /// The message number, acknowledgment bit cleared.
    pub subtype: Subtype,
    /// Name of the message, of Rel-18 where releases differ.
    pub name: &'static str,
    /// Whether the variant with the acknowledgment bit is defined.
    pub ack_bit: bool,
    /// Who sends it on the network.
    pub direction: Direction,
    /// The fields that the message lists, in the order in which this project sends them. Floor Granted repeats SSRC,
    /// Queued User ID and Queue Info once per queued user.
    pub fields: &'static [FieldId],
}

const fn rule(
    subtype: Subtype,
    name: &'static str,
    ack_bit: bool,
    direction: Direction,
    fields: &'static [FieldId],
) -> MessageRule {
    MessageRule { subtype, name, ack_bit, direction, fields }
}

/// All messages in the order of their numbers.
//= 24.380-8.2.2:noack
pub const MESSAGES: [MessageRule; 14] = [
    rule(
        Subtype::FLOOR_REQUEST,
        "Floor Request",
        false,
        ToServer,
        &[
            FieldId::FLOOR_PRIORITY,
            FieldId::USER_ID,
            FieldId::TRACK_INFO,
            FieldId::FLOOR_INDICATOR,
            FieldId::FUNCTIONAL_ALIAS,
            FieldId::LOCATION,
        ],
    ),
    rule(
        Subtype::FLOOR_GRANTED,
        "Floor Granted",
        true,
        ToParticipant,
        &[
            FieldId::DURATION,
            FieldId::SSRC,
            FieldId::FLOOR_PRIORITY,
            FieldId::USER_ID,
            FieldId::QUEUE_SIZE,
            FieldId::QUEUED_USER_ID,
            FieldId::QUEUE_INFO,
            FieldId::TRACK_INFO,
            FieldId::FLOOR_INDICATOR,
        ],
    ),
    rule(
        Subtype::FLOOR_TAKEN,
        "Floor Taken",
        true,
        ToParticipant,
        &[
            FieldId::GRANTED_PARTY,
            FieldId::PERMISSION_TO_REQUEST,
            FieldId::USER_ID,
            FieldId::MESSAGE_SEQUENCE_NUMBER,
            FieldId::TRACK_INFO,
            FieldId::FLOOR_INDICATOR,
            FieldId::SSRC,
            FieldId::FUNCTIONAL_ALIAS,
            FieldId::LIST_OF_GRANTED_USERS,
            FieldId::LIST_OF_SSRCS,
            FieldId::LIST_OF_FUNCTIONAL_ALIASES,
            FieldId::LOCATION,
            FieldId::LIST_OF_LOCATIONS,
        ],
    ),
    rule(
        Subtype::FLOOR_DENY,
        "Floor Deny",
        true,
        ToParticipant,
        &[FieldId::REJECT_CAUSE, FieldId::USER_ID, FieldId::TRACK_INFO, FieldId::FLOOR_INDICATOR],
    ),
    rule(
        Subtype::FLOOR_RELEASE,
        "Floor Release",
        true,
        ToServer,
        &[FieldId::USER_ID, FieldId::TRACK_INFO, FieldId::FLOOR_INDICATOR],
    ),
    rule(
        Subtype::FLOOR_IDLE,
        "Floor Idle",
        true,
        ToParticipant,
        &[FieldId::MESSAGE_SEQUENCE_NUMBER, FieldId::TRACK_INFO, FieldId::FLOOR_INDICATOR],
    ),
    rule(
        Subtype::FLOOR_REVOKE,
        "Floor Revoke",
        false,
        ToParticipant,
        &[FieldId::REJECT_CAUSE, FieldId::TRACK_INFO, FieldId::FLOOR_INDICATOR],
    ),
    rule(
        Subtype::FLOOR_REVOKE_REQUEST,
        "Floor Revoke Request",
        false,
        ToServer,
        &[FieldId::FLOOR_REVOKE_REQUEST_USER_ID],
    ),
    rule(
        Subtype::FLOOR_QUEUE_POSITION_REQUEST,
        "Floor Queue Position Request",
        false,
        ToServer,
        &[FieldId::USER_ID, FieldId::TRACK_INFO],
    ),
    rule(
        Subtype::FLOOR_QUEUE_POSITION_INFO,
        "Floor Queue Position Info",
        true,
        ToParticipant,
        &[
            FieldId::USER_ID,
            FieldId::SSRC,
            FieldId::QUEUED_USER_ID,
            FieldId::QUEUE_INFO,
            FieldId::TRACK_INFO,
            FieldId::FLOOR_INDICATOR,
        ],
    ),
    rule(
        Subtype::FLOOR_ACK,
        "Floor Ack",
        false,
        Both,
        &[FieldId::SOURCE, FieldId::MESSAGE_TYPE, FieldId::TRACK_INFO, FieldId::LOCATION],
    ),
    rule(
        Subtype::UNICAST_MEDIA_FLOW_CONTROL,
        "Unicast Media Flow Control",
        true,
        ToServer,
        &[FieldId::MEDIA_FLOW_CONTROL_INDICATOR, FieldId::TRACK_INFO],
    ),
    rule(
        Subtype::QUEUED_FLOOR_REQUESTS,
        "Queued Floor Requests",
        true,
        Both,
        &[
            FieldId::QUEUED_FLOOR_REQUESTS_PURPOSE,
            FieldId::LIST_OF_QUEUED_USERS,
            FieldId::RESPONSE_STATE,
            FieldId::TRACK_INFO,
        ],
    ),
    rule(
        Subtype::FLOOR_RELEASE_MULTI_TALKER,
        "Floor Release Multi Talker",
        false,
        //= 24.380-8.2.14
        ToParticipant,
        // SSRC is not in the table of 8.2.14, but the procedures ask for it.
        &[FieldId::USER_ID, FieldId::TRACK_INFO, FieldId::FLOOR_INDICATOR, FieldId::SSRC],
    ),
];

/// The rule of a message number; the acknowledgment bit must be cleared.
pub fn of(number: Subtype) -> Option<&'static MessageRule> {
    MESSAGES.iter().find(|rule| rule.subtype == number)
}
