//! What the messages hold (15.1.2 to 15.1.22): one type for all messages that have the same elements.

use bytes::Bytes;

use crate::DecodeError;
use crate::id::{GroupId, McpttId};
use crate::monp::content::{Place, Source};
use crate::monp::element::{Element, InformationElement};
use crate::monp::value::{
    CallIdentifier, CallType, CommencementMode, Reason, RefreshInterval, UserLocation, UtcSeconds,
};
use crate::text::ByteStr;

/// The elements of one kind of message.
pub(crate) trait Body: Sized {
    fn read(source: &mut Source<'_>) -> Result<Self, DecodeError>;

    /// Appends the elements in the order of the message table.
    fn write(&self, elements: &mut Vec<Element>);
}

/// Declares what a message holds: its fields in the order of the message table, each with its information element.
macro_rules! body {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $element:ident,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Body for $name {
            fn read(source: &mut Source<'_>) -> Result<Self, DecodeError> {
                Ok(Self { $($field: Place::read(source, InformationElement::$element)?,)+ })
            }

            fn write(&self, elements: &mut Vec<Element>) {
                $(Place::write(&self.$field, InformationElement::$element, elements);)+
            }
        }
    };
}

body! {
    /// GROUP CALL PROBE (15.1.2): is there a call of this group?
    GroupCallProbe {
        /// The group.
        group_id: GroupId = GroupId,
    }
}

body! {
    /// GROUP CALL ANNOUNCEMENT (15.1.3): there is a call, or its type has changed.
    GroupCallAnnouncement {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// Its type at present.
        call_type: CallType = CallType,
        /// Time between two announcements.
        refresh_interval: RefreshInterval = RefreshInterval,
        /// When the call was started.
        call_start_time: UtcSeconds = CallStartTime,
        /// When its type was changed last.
        last_call_type_change_time: UtcSeconds = LastCallTypeChangeTime,
        /// The group.
        group_id: GroupId = GroupId,
        /// Session description of the call.
        sdp: Bytes = Sdp,
        /// Who started the call.
        originating_user: McpttId = OriginatingUserId,
        /// Who changed its type last.
        last_user_to_change_call_type: McpttId = LastUserToChangeCallType,
        /// Whether those who join have to say so.
        confirm_mode: bool = ConfirmModeIndication,
        /// Whether a probe asked for this announcement.
        probe_response: bool = ProbeResponse,
    }
}

body! {
    /// GROUP CALL ACCEPT (15.1.4): the sender has joined.
    GroupCallAccept {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// Its type at present.
        call_type: CallType = CallType,
        /// The group.
        group_id: GroupId = GroupId,
        /// Who has joined.
        sending_user: McpttId = SendingUserId,
    }
}

body! {
    /// GROUP CALL EMERGENCY END (15.1.5) and GROUP CALL IMMINENT PERIL END (15.1.6): the call goes on as a basic one.
    GroupCallStateEnd {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// When its type was changed.
        last_call_type_change_time: UtcSeconds = LastCallTypeChangeTime,
        /// Who changed its type.
        last_user_to_change_call_type: McpttId = LastUserToChangeCallType,
        /// The group.
        group_id: GroupId = GroupId,
        /// Who says so.
        sending_user: McpttId = SendingUserId,
    }
}

body! {
    /// GROUP CALL BROADCAST (15.1.20): there is a broadcast call.
    GroupCallBroadcast {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// Its type.
        call_type: CallType = CallType,
        /// Who started the call.
        originating_user: McpttId = OriginatingUserId,
        /// The group.
        group_id: GroupId = GroupId,
        /// Session description of the call.
        sdp: Bytes = Sdp,
    }
}

body! {
    /// GROUP CALL BROADCAST END (15.1.21): the originator ends the broadcast call.
    GroupCallBroadcastEnd {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// The group.
        group_id: GroupId = GroupId,
        /// Who started the call.
        originating_user: McpttId = OriginatingUserId,
    }
}

body! {
    /// PRIVATE CALL SETUP REQUEST (15.1.7).
    PrivateCallSetupRequest {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// Who answers: the client or the user.
        commencement_mode: CommencementMode = CommencementMode,
        /// Private or emergency private.
        call_type: CallType = CallType,
        /// Who calls.
        caller: McpttId = CallerUserId,
        /// Who is called.
        callee: McpttId = CalleeUserId,
        /// The offer.
        sdp: Bytes = Sdp,
        /// Where the caller is.
        user_location: Option<UserLocation> = UserLocation,
    }
}

body! {
    /// The messages of a private call that hold nothing but its parties: PRIVATE CALL RINGING (15.1.8), RELEASE
    /// (15.1.11), RELEASE ACK (15.1.12), ACCEPT ACK (15.1.13), EMERGENCY CANCEL (15.1.14) and EMERGENCY CANCEL ACK
    /// (15.1.15).
    PrivateCallParties {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// Who called.
        caller: McpttId = CallerUserId,
        /// Who was called.
        callee: McpttId = CalleeUserId,
    }
}

body! {
    /// PRIVATE CALL ACCEPT (15.1.9).
    PrivateCallAccept {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// Who calls.
        caller: McpttId = CallerUserId,
        /// Who is called.
        callee: McpttId = CalleeUserId,
        /// The answer.
        sdp: Bytes = Sdp,
    }
}

body! {
    /// PRIVATE CALL REJECT (15.1.10).
    PrivateCallReject {
        /// The call.
        call_identifier: CallIdentifier = CallIdentifier,
        /// Why.
        reason: Reason = Reason,
        /// Who calls.
        caller: McpttId = CallerUserId,
        /// Who is called.
        callee: McpttId = CalleeUserId,
    }
}

body! {
    /// GROUP EMERGENCY ALERT (15.1.16).
    GroupEmergencyAlert {
        /// The group.
        group_id: GroupId = GroupId,
        /// Who is in an emergency.
        originating_user: McpttId = OriginatingUserId,
        /// Organization of that user.
        organization_name: ByteStr = OrganizationName,
        /// Where that user is.
        user_location: Option<UserLocation> = UserLocation,
    }
}

body! {
    /// GROUP EMERGENCY ALERT ACK (15.1.17), CANCEL (15.1.18) and CANCEL ACK (15.1.19).
    GroupEmergencyAlertParties {
        /// The group.
        group_id: GroupId = GroupId,
        /// Who is or was in an emergency.
        originating_user: McpttId = OriginatingUserId,
        /// Who sends the message.
        sending_user: McpttId = SendingUserId,
    }
}

body! {
    /// MCDATA MESSAGE CARRIER and MCVIDEO MESSAGE CARRIER (15.1.22).
    MessageCarrier {
        /// The whole message of the other service, its own message type first.
        message: Bytes = CarriedMessage,
    }
}
