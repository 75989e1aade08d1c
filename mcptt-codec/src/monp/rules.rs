//! The message tables of 15.1: what each message is called and which information elements it has, in order.

use crate::monp::{InformationElement as Ie, MessageType};

/// One message table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRule {
    /// The first octet.
    pub message_type: MessageType,
    /// Name of the message.
    pub name: &'static str,
    /// Clause of the table.
    pub clause: &'static str,
    /// Elements that must be there, in this order and without identifier.
    pub mandatory: &'static [Ie],
    /// Elements that may follow, with identifier, in any order.
    pub optional: &'static [Ie],
}

const fn rule(
    message_type: MessageType,
    name: &'static str,
    clause: &'static str,
    mandatory: &'static [Ie],
    optional: &'static [Ie],
) -> MessageRule {
    MessageRule { message_type, name, clause, mandatory, optional }
}

const PARTIES: &[Ie] = &[Ie::CallIdentifier, Ie::CallerUserId, Ie::CalleeUserId];
const ALERT_PARTIES: &[Ie] = &[Ie::GroupId, Ie::OriginatingUserId, Ie::SendingUserId];
const STATE_END: &[Ie] = &[
    Ie::CallIdentifier,
    Ie::LastCallTypeChangeTime,
    Ie::LastUserToChangeCallType,
    Ie::GroupId,
    Ie::SendingUserId,
];

/// All messages in the order of their types.
//= 24.379-15.1:type
pub const MESSAGES: [MessageRule; 22] = [
    //= 24.379-15.1.2
    rule(MessageType::GROUP_CALL_PROBE, "GROUP CALL PROBE", "15.1.2", &[Ie::GroupId], &[]),
    //= 24.379-15.1.3
    rule(
        MessageType::GROUP_CALL_ANNOUNCEMENT,
        "GROUP CALL ANNOUNCEMENT",
        "15.1.3",
        &[
            Ie::CallIdentifier,
            Ie::CallType,
            Ie::RefreshInterval,
            Ie::CallStartTime,
            Ie::LastCallTypeChangeTime,
            Ie::GroupId,
            Ie::Sdp,
            Ie::OriginatingUserId,
            Ie::LastUserToChangeCallType,
        ],
        &[Ie::ConfirmModeIndication, Ie::ProbeResponse],
    ),
    //= 24.379-15.1.4
    rule(
        MessageType::GROUP_CALL_ACCEPT,
        "GROUP CALL ACCEPT",
        "15.1.4",
        &[Ie::CallIdentifier, Ie::CallType, Ie::GroupId, Ie::SendingUserId],
        &[],
    ),
    //= 24.379-15.1.5
    rule(MessageType::GROUP_CALL_EMERGENCY_END, "GROUP CALL EMERGENCY END", "15.1.5", STATE_END, &[]),
    //= 24.379-15.1.6
    rule(
        MessageType::GROUP_CALL_IMMINENT_PERIL_END,
        "GROUP CALL IMMINENT PERIL END",
        "15.1.6",
        STATE_END,
        &[],
    ),
    //= 24.379-15.1.20
    rule(
        MessageType::GROUP_CALL_BROADCAST,
        "GROUP CALL BROADCAST",
        "15.1.20",
        &[Ie::CallIdentifier, Ie::CallType, Ie::OriginatingUserId, Ie::GroupId, Ie::Sdp],
        &[],
    ),
    //= 24.379-15.1.21
    rule(
        MessageType::GROUP_CALL_BROADCAST_END,
        "GROUP CALL BROADCAST END",
        "15.1.21",
        &[Ie::CallIdentifier, Ie::GroupId, Ie::OriginatingUserId],
        &[],
    ),
    //= 24.379-15.1.7
    rule(
        MessageType::PRIVATE_CALL_SETUP_REQUEST,
        "PRIVATE CALL SETUP REQUEST",
        "15.1.7",
        &[
            Ie::CallIdentifier,
            Ie::CommencementMode,
            Ie::CallType,
            Ie::CallerUserId,
            Ie::CalleeUserId,
            Ie::Sdp,
        ],
        &[Ie::UserLocation],
    ),
    //= 24.379-15.1.8
    rule(MessageType::PRIVATE_CALL_RINGING, "PRIVATE CALL RINGING", "15.1.8", PARTIES, &[]),
    //= 24.379-15.1.9
    rule(
        MessageType::PRIVATE_CALL_ACCEPT,
        "PRIVATE CALL ACCEPT",
        "15.1.9",
        &[Ie::CallIdentifier, Ie::CallerUserId, Ie::CalleeUserId, Ie::Sdp],
        &[],
    ),
    //= 24.379-15.1.10
    rule(
        MessageType::PRIVATE_CALL_REJECT,
        "PRIVATE CALL REJECT",
        "15.1.10",
        &[Ie::CallIdentifier, Ie::Reason, Ie::CallerUserId, Ie::CalleeUserId],
        &[],
    ),
    //= 24.379-15.1.11
    rule(MessageType::PRIVATE_CALL_RELEASE, "PRIVATE CALL RELEASE", "15.1.11", PARTIES, &[]),
    //= 24.379-15.1.12
    rule(MessageType::PRIVATE_CALL_RELEASE_ACK, "PRIVATE CALL RELEASE ACK", "15.1.12", PARTIES, &[]),
    //= 24.379-15.1.13
    rule(MessageType::PRIVATE_CALL_ACCEPT_ACK, "PRIVATE CALL ACCEPT ACK", "15.1.13", PARTIES, &[]),
    //= 24.379-15.1.14
    rule(
        MessageType::PRIVATE_CALL_EMERGENCY_CANCEL,
        "PRIVATE CALL EMERGENCY CANCEL",
        "15.1.14",
        PARTIES,
        &[],
    ),
    //= 24.379-15.1.15
    rule(
        MessageType::PRIVATE_CALL_EMERGENCY_CANCEL_ACK,
        "PRIVATE CALL EMERGENCY CANCEL ACK",
        "15.1.15",
        PARTIES,
        &[],
    ),
    //= 24.379-15.1.16
    rule(
        MessageType::GROUP_EMERGENCY_ALERT,
        "GROUP EMERGENCY ALERT",
        "15.1.16",
        &[Ie::GroupId, Ie::OriginatingUserId, Ie::OrganizationName],
        &[Ie::UserLocation],
    ),
    //= 24.379-15.1.17
    rule(MessageType::GROUP_EMERGENCY_ALERT_ACK, "GROUP EMERGENCY ALERT ACK", "15.1.17", ALERT_PARTIES, &[]),
    //= 24.379-15.1.18
    rule(
        MessageType::GROUP_EMERGENCY_ALERT_CANCEL,
        "GROUP EMERGENCY ALERT CANCEL",
        "15.1.18",
        ALERT_PARTIES,
        &[],
    ),
    //= 24.379-15.1.19
    rule(
        MessageType::GROUP_EMERGENCY_ALERT_CANCEL_ACK,
        "GROUP EMERGENCY ALERT CANCEL ACK",
        "15.1.19",
        ALERT_PARTIES,
        &[],
    ),
    // No clause is known for the first of the carriers.
    rule(MessageType::MCDATA_MESSAGE_CARRIER, "MCDATA MESSAGE CARRIER", "15.1", &[Ie::CarriedMessage], &[]),
    //= 24.379-15.1.22
    rule(
        MessageType::MCVIDEO_MESSAGE_CARRIER,
        "MCVIDEO MESSAGE CARRIER",
        "15.1.22",
        &[Ie::CarriedMessage],
        &[],
    ),
];

/// The table of a message type.
pub fn of(message_type: MessageType) -> Option<&'static MessageRule> {
    MESSAGES.iter().find(|rule| rule.message_type == message_type)
}
