//! Messages of pre-established session call control (TS 24.380 8.3.2, 8.3.4 to 8.3.6), typed.

use bytes::Bytes;

use crate::id::{GroupId, McpttId, Ssrc};
use crate::rtcp::{fields, messages, subtype};
use crate::session::releases::FIRST_RELEASES;
use crate::session::{
    AnswerState, MediaStreams, PckIMessage, ReasonCode, SessionField, SessionIdentity, SessionPacket,
};
use crate::text::ByteStr;

/// The five subtype bits of an MCPC packet: the acknowledgment bit and the message number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Subtype(pub u8);

impl Subtype {
    /// Connect, participating function to client; may ask for an acknowledgment.
    pub const CONNECT: Self = Self(0);
    /// Disconnect, participating function to client; may ask for an acknowledgment.
    pub const DISCONNECT: Self = Self(1);
    /// Acknowledge, client to participating function.
    pub const ACKNOWLEDGE: Self = Self(2);

    /// Name of the message, or `None` when the message table does not list these five bits: then 8.1.4 tells the
    /// receiver to ignore the message.
    pub const fn message_name(self) -> Option<&'static str> {
        match (self.number(), self.ack_requested()) {
            (Self::CONNECT, _) => Some("Connect"),
            (Self::DISCONNECT, _) => Some("Disconnect"),
            (Self::ACKNOWLEDGE, false) => Some("Acknowledge"),
            _ => None,
        }
    }
}

subtype! {
    acknowledged Subtype = b"MCPC" {}
}

/// Connect (8.3.4): a call uses the pre-established session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// The participating function.
    pub ssrc: Ssrc,
    /// Whether an Acknowledge is asked for.
    pub ack_requested: bool,
    /// Kind and URI of the session.
    pub session_identity: Option<SessionIdentity>,
    /// The group of a group call.
    pub group_identity: Option<GroupId>,
    /// Sent when fewer media streams are used than were negotiated.
    pub media_streams: Option<MediaStreams>,
    /// Warning of the application server.
    pub warning_text: Option<ByteStr>,
    /// Absent: confirmed.
    pub answer_state: Option<AnswerState>,
    /// Who calls, in a terminating call.
    pub inviting_user: Option<McpttId>,
    /// Who is called (Rel-18).
    pub invited_user: Option<McpttId>,
    /// Key of a private call with end-to-end protection.
    pub pck_i_message: Option<PckIMessage>,
}

/// Disconnect (8.3.5): the call ends, the pre-established session stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disconnect {
    /// The participating function.
    pub ssrc: Ssrc,
    /// Whether an Acknowledge is asked for.
    pub ack_requested: bool,
    /// Kind and URI of the session.
    pub session_identity: Option<SessionIdentity>,
}

/// Acknowledge (8.3.6): answers the one Connect or Disconnect that is outstanding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledge {
    /// The client.
    pub ssrc: Ssrc,
    /// Accepted, busy, or why not.
    pub reason_code: Option<ReasonCode>,
    /// Belongs to the reason code; coding not known to this project.
    pub reason_cause: Option<Bytes>,
}

messages! {
    /// A session control message.
    SessionMessage: Subtype, SessionField, SessionPacket, FIRST_RELEASES;
    /// Connect.
    Connect(Connect) = CONNECT ack,
    /// Disconnect.
    Disconnect(Disconnect) = DISCONNECT ack,
    /// Acknowledge.
    Acknowledge(Acknowledge) = ACKNOWLEDGE,
}

fields! {
    Connect: SessionField {
        SessionIdentity => session_identity,
        GroupIdentity => group_identity,
        MediaStreams => media_streams,
        WarningText => warning_text,
        AnswerState => answer_state,
        InvitingUser => inviting_user,
        InvitedUser => invited_user,
        PckIMessage => pck_i_message,
    }
}

fields! {
    Disconnect: SessionField {
        SessionIdentity => session_identity,
    }
}

fields! {
    Acknowledge: SessionField {
        ReasonCode => reason_code,
        ReasonCause => reason_cause,
    }
}
