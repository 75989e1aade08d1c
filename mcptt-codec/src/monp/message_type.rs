//! The first octet of a message (15.2.2).

use crate::monp::rules;

/// Message type: which message the datagram holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct MessageType(pub u8);

impl MessageType {
    /// GROUP CALL PROBE.
    pub const GROUP_CALL_PROBE: Self = Self(1);
    /// GROUP CALL ANNOUNCEMENT.
    pub const GROUP_CALL_ANNOUNCEMENT: Self = Self(2);
    /// GROUP CALL ACCEPT.
    pub const GROUP_CALL_ACCEPT: Self = Self(3);
    /// GROUP CALL EMERGENCY END.
    pub const GROUP_CALL_EMERGENCY_END: Self = Self(4);
    /// GROUP CALL IMMINENT PERIL END.
    pub const GROUP_CALL_IMMINENT_PERIL_END: Self = Self(5);
    /// GROUP CALL BROADCAST.
    pub const GROUP_CALL_BROADCAST: Self = Self(6);
    /// GROUP CALL BROADCAST END.
    pub const GROUP_CALL_BROADCAST_END: Self = Self(7);
    /// PRIVATE CALL SETUP REQUEST.
    pub const PRIVATE_CALL_SETUP_REQUEST: Self = Self(8);
    /// PRIVATE CALL RINGING.
    pub const PRIVATE_CALL_RINGING: Self = Self(9);
    /// PRIVATE CALL ACCEPT.
    pub const PRIVATE_CALL_ACCEPT: Self = Self(10);
    /// PRIVATE CALL REJECT.
    pub const PRIVATE_CALL_REJECT: Self = Self(11);
    /// PRIVATE CALL RELEASE.
    pub const PRIVATE_CALL_RELEASE: Self = Self(12);
    /// PRIVATE CALL RELEASE ACK.
    pub const PRIVATE_CALL_RELEASE_ACK: Self = Self(13);
    /// PRIVATE CALL ACCEPT ACK.
    pub const PRIVATE_CALL_ACCEPT_ACK: Self = Self(14);
    /// PRIVATE CALL EMERGENCY CANCEL.
    pub const PRIVATE_CALL_EMERGENCY_CANCEL: Self = Self(15);
    /// PRIVATE CALL EMERGENCY CANCEL ACK.
    pub const PRIVATE_CALL_EMERGENCY_CANCEL_ACK: Self = Self(16);
    /// GROUP EMERGENCY ALERT.
    pub const GROUP_EMERGENCY_ALERT: Self = Self(17);
    /// GROUP EMERGENCY ALERT ACK.
    pub const GROUP_EMERGENCY_ALERT_ACK: Self = Self(18);
    /// GROUP EMERGENCY ALERT CANCEL.
    pub const GROUP_EMERGENCY_ALERT_CANCEL: Self = Self(19);
    /// GROUP EMERGENCY ALERT CANCEL ACK.
    pub const GROUP_EMERGENCY_ALERT_CANCEL_ACK: Self = Self(20);
    /// MCDATA MESSAGE CARRIER: wraps a message of TS 24.282. The code rests on one source.
    pub const MCDATA_MESSAGE_CARRIER: Self = Self(21);
    /// MCVIDEO MESSAGE CARRIER: wraps a message of TS 24.281. The code rests on one source.
    pub const MCVIDEO_MESSAGE_CARRIER: Self = Self(22);

    /// Name of the message, or `None` when no table known to this project assigns the type: the message is ignored.
    pub fn message_name(self) -> Option<&'static str> {
        rules::of(self).map(|rule| rule.name)
    }
}
