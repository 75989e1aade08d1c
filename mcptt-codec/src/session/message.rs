//! Messages of pre-established session call control (TS 24.380 8.3.2, 8.3.4 to 8.3.6), typed.

use bytes::Bytes;

use crate::id::{GroupId, McpttId, Ssrc};
use crate::rtcp::message::{self, Body, Message, Put, emit, fill, put};
use crate::rtcp::{FieldError, FieldRef, FieldValue, Notes, Protocol, Step};
use crate::session::{
    AnswerState, MediaStreams, PckIMessage, ReasonCode, SessionField as F, SessionIdentity, SessionPacket,
};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, EncodeError};

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

    /// The bit that asks the receiver for an Acknowledge.
    pub const ACK_BIT: u8 = 0x10;

    /// The message number: the subtype without the acknowledgment bit.
    pub const fn number(self) -> Self {
        Self(self.0 & 0x0f)
    }

    /// Whether the acknowledgment bit is set.
    pub const fn ack_requested(self) -> bool {
        self.0 & Self::ACK_BIT != 0
    }

    /// The same message with the acknowledgment bit set or cleared.
    pub const fn with_ack(self, requested: bool) -> Self {
        if requested { Self(self.number().0 | Self::ACK_BIT) } else { self.number() }
    }

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

impl Protocol for Subtype {
    const NAME: [u8; 4] = *b"MCPC";

    fn from_bits(bits: u8) -> Self {
        Self(bits & 0x1f)
    }

    fn bits(self) -> u8 {
        self.0
    }

    fn message_name(self) -> Option<&'static str> {
        Self::message_name(self)
    }

    fn number_and_ack(self) -> (u8, Option<bool>) {
        (self.number().0, Some(self.ack_requested()))
    }
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

/// A session control message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionMessage {
    /// Connect.
    Connect(Connect),
    /// Disconnect.
    Disconnect(Disconnect),
    /// Acknowledge.
    Acknowledge(Acknowledge),
    /// A subtype that the message table does not list: to be ignored.
    Unknown {
        /// All five subtype bits.
        subtype: Subtype,
        /// The sender.
        ssrc: Ssrc,
    },
}

impl SessionMessage {
    /// Reads the message straight from the octets of one packet.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet, when this is no MCPC packet, when its padding bit is
    /// set or when it is cut short.
    pub fn decode(packet: &Bytes) -> Result<Decoded<Self>, DecodeError> {
        message::decode(packet)
    }

    /// Reads the message from a lossless packet.
    pub fn from_packet(packet: &SessionPacket) -> Decoded<Self> {
        message::from_packet(packet)
    }

    /// The lossless packet of this message.
    pub fn to_packet(&self) -> SessionPacket {
        message::to_packet(self)
    }

    /// The octets of this message.
    ///
    /// # Errors
    /// [`EncodeError`] when a field is longer than its length can say.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        message::encode(self)
    }

    /// All five subtype bits.
    pub fn subtype(&self) -> Subtype {
        match self {
            Self::Connect(m) => Subtype::CONNECT.with_ack(m.ack_requested),
            Self::Disconnect(m) => Subtype::DISCONNECT.with_ack(m.ack_requested),
            Self::Acknowledge(_) => Subtype::ACKNOWLEDGE,
            Self::Unknown { subtype, .. } => *subtype,
        }
    }

    /// SSRC of the header: the sender of the message.
    pub fn ssrc(&self) -> Ssrc {
        match self {
            Self::Connect(m) => m.ssrc,
            Self::Disconnect(m) => m.ssrc,
            Self::Acknowledge(m) => m.ssrc,
            Self::Unknown { ssrc, .. } => *ssrc,
        }
    }

    /// Whether the sender asks for an Acknowledge. Never true of a message that has to be ignored.
    pub fn ack_requested(&self) -> bool {
        match self {
            Self::Connect(m) => m.ack_requested,
            Self::Disconnect(m) => m.ack_requested,
            Self::Acknowledge(_) | Self::Unknown { .. } => false,
        }
    }

    /// Name of the message in the words of the message table.
    pub fn name(&self) -> &'static str {
        self.subtype().message_name().unwrap_or("unknown message")
    }
}

impl Message for SessionMessage {
    type Protocol = Subtype;
    type Field = F;

    fn read<'a>(
        subtype: Subtype,
        ssrc: Ssrc,
        steps: impl Iterator<Item = Step<'a>>,
        notes: &mut Notes,
    ) -> Self {
        let ack_requested = subtype.ack_requested();
        match subtype.number() {
            Subtype::CONNECT => {
                Self::Connect(fill(Connect { ssrc, ack_requested, ..Default::default() }, steps, notes))
            }
            Subtype::DISCONNECT => {
                Self::Disconnect(fill(Disconnect { ssrc, ack_requested, ..Default::default() }, steps, notes))
            }
            Subtype::ACKNOWLEDGE if !ack_requested => {
                Self::Acknowledge(fill(Acknowledge { ssrc, ..Default::default() }, steps, notes))
            }
            _ => {
                notes.add(message::unknown_subtype(subtype));
                Self::Unknown { subtype, ssrc }
            }
        }
    }

    fn subtype(&self) -> Subtype {
        Self::subtype(self)
    }

    fn ssrc(&self) -> Ssrc {
        Self::ssrc(self)
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        match self {
            Self::Connect(m) => m.each_field(sink),
            Self::Disconnect(m) => m.each_field(sink),
            Self::Acknowledge(m) => m.each_field(sink),
            Self::Unknown { .. } => {}
        }
    }
}

impl Body for Connect {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        Ok(match <F as FieldValue>::decode(field, notes)? {
            F::SessionIdentity(identity) => put(&mut self.session_identity, identity),
            F::GroupIdentity(group) => put(&mut self.group_identity, group),
            F::MediaStreams(streams) => put(&mut self.media_streams, streams),
            F::WarningText(text) => put(&mut self.warning_text, text),
            F::AnswerState(state) => put(&mut self.answer_state, state),
            F::InvitingUser(user) => put(&mut self.inviting_user, user),
            F::InvitedUser(user) => put(&mut self.invited_user, user),
            F::PckIMessage(message) => put(&mut self.pck_i_message, message),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        emit(sink, &self.session_identity, F::SessionIdentity);
        emit(sink, &self.group_identity, F::GroupIdentity);
        emit(sink, &self.media_streams, F::MediaStreams);
        emit(sink, &self.warning_text, F::WarningText);
        emit(sink, &self.answer_state, F::AnswerState);
        emit(sink, &self.inviting_user, F::InvitingUser);
        emit(sink, &self.invited_user, F::InvitedUser);
        emit(sink, &self.pck_i_message, F::PckIMessage);
    }
}

impl Body for Disconnect {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        Ok(match <F as FieldValue>::decode(field, notes)? {
            F::SessionIdentity(identity) => put(&mut self.session_identity, identity),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        emit(sink, &self.session_identity, F::SessionIdentity);
    }
}

impl Body for Acknowledge {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        Ok(match <F as FieldValue>::decode(field, notes)? {
            F::ReasonCode(code) => put(&mut self.reason_code, code),
            F::ReasonCause(cause) => put(&mut self.reason_cause, cause),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        emit(sink, &self.reason_code, F::ReasonCode);
        emit(sink, &self.reason_cause, F::ReasonCause);
    }
}
