//! Information elements (15.2): which there are, and one as it stands in a message.

use bytes::Bytes;

use crate::EncodeError;
use crate::cursor::Writer;
use crate::monp::format::{Format, Iei};

/// The information elements by the part that they play in a message. Several of them are of one type: five are MCPTT
/// user IDs (15.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InformationElement {
    /// Call identifier (15.2.3).
    CallIdentifier,
    /// Refresh interval (15.2.4).
    RefreshInterval,
    /// MCPTT group ID (15.2.5).
    GroupId,
    /// SDP (15.2.6).
    Sdp,
    /// Commencement mode (15.2.7).
    CommencementMode,
    /// Reason (15.2.8).
    Reason,
    /// Confirm mode indication (15.2.9).
    ConfirmModeIndication,
    /// MCPTT user ID (15.2.10) of the originating user.
    OriginatingUserId,
    /// MCPTT user ID (15.2.10) of the user that sends the message.
    SendingUserId,
    /// MCPTT user ID (15.2.10) of the last user to change the call type.
    LastUserToChangeCallType,
    /// MCPTT user ID (15.2.10) of the caller.
    CallerUserId,
    /// MCPTT user ID (15.2.10) of the callee.
    CalleeUserId,
    /// Call type (15.2.11).
    CallType,
    /// User location (15.2.12).
    UserLocation,
    /// Organization name (15.2.13).
    OrganizationName,
    /// Call start time (15.2.14).
    CallStartTime,
    /// Last call type change time (15.2.15).
    LastCallTypeChangeTime,
    /// Probe response (15.2.16).
    ProbeResponse,
    /// The message that a carrier wraps: everything behind the message type.
    CarriedMessage,
}

impl InformationElement {
    /// How the element is laid out.
    pub const fn format(self) -> Format {
        match self {
            //= 24.379-15.2.3
            Self::CallIdentifier | Self::RefreshInterval => Format::V(2),
            //= 24.379-15.2.8
            //= 24.379-15.2.11
            Self::CommencementMode | Self::Reason | Self::CallType => Format::V(1),
            //= 24.379-15.2.14
            Self::CallStartTime | Self::LastCallTypeChangeTime => Format::V(5),
            Self::GroupId
            | Self::Sdp
            | Self::OriginatingUserId
            | Self::SendingUserId
            | Self::LastUserToChangeCallType
            | Self::CallerUserId
            | Self::CalleeUserId
            | Self::OrganizationName => Format::LvE,
            Self::ConfirmModeIndication | Self::ProbeResponse => Format::T,
            Self::UserLocation => Format::TlvE,
            Self::CarriedMessage => Format::Rest,
        }
    }

    /// The identifier of an optional element.
    pub const fn iei(self) -> Option<Iei> {
        match self {
            Self::UserLocation => Some(Iei::USER_LOCATION),
            Self::ConfirmModeIndication => Some(Iei::CONFIRM_MODE_INDICATION),
            Self::ProbeResponse => Some(Iei::PROBE_RESPONSE),
            _ => None,
        }
    }

    /// What the element is called in the message tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallIdentifier => "Call identifier",
            Self::RefreshInterval => "Refresh interval",
            Self::GroupId => "MCPTT group ID",
            Self::Sdp => "SDP",
            Self::CommencementMode => "Commencement mode",
            Self::Reason => "Reason",
            Self::ConfirmModeIndication => "Confirm mode indication",
            Self::OriginatingUserId => "Originating MCPTT user ID",
            Self::SendingUserId => "Sending MCPTT user ID",
            Self::LastUserToChangeCallType => "Last user to change call type",
            Self::CallerUserId => "MCPTT user ID of the caller",
            Self::CalleeUserId => "MCPTT user ID of the callee",
            Self::CallType => "Call type",
            Self::UserLocation => "User location",
            Self::OrganizationName => "Organization name",
            Self::CallStartTime => "Call start time",
            Self::LastCallTypeChangeTime => "Last call type change time",
            Self::ProbeResponse => "Probe response",
            Self::CarriedMessage => "carried message",
        }
    }
}

/// One information element as it stands in a message, octet for octet.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Element {
    kind: Option<InformationElement>,
    iei: Option<Iei>,
    format: Format,
    value: Bytes,
}

impl Element {
    /// An element that the tables know. A value that its format cannot carry is refused when the message is encoded.
    pub fn new(kind: InformationElement, value: impl Into<Bytes>) -> Self {
        Self { kind: Some(kind), iei: kind.iei(), format: kind.format(), value: value.into() }
    }

    /// An element that they do not know: to see what a peer does with it. Its format follows from the identifier.
    pub fn unknown(iei: Iei, value: impl Into<Bytes>) -> Self {
        Self { kind: None, iei: Some(iei), format: iei.format_if_unknown(), value: value.into() }
    }

    /// An element as it was received under this identifier.
    pub(crate) const fn received(
        kind: Option<InformationElement>,
        iei: Option<Iei>,
        format: Format,
        value: Bytes,
    ) -> Self {
        Self { kind, iei, format, value }
    }

    /// Which element this is; `None` when the message does not list its identifier.
    pub const fn kind(&self) -> Option<InformationElement> {
        self.kind
    }

    /// The identifier that stands on the wire; elements that must be there have none.
    pub const fn iei(&self) -> Option<Iei> {
        self.iei
    }

    /// Which parts the element has.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The value, without identifier and length.
    pub const fn value(&self) -> &Bytes {
        &self.value
    }

    /// Octets that the element takes in a message.
    pub fn encoded_len(&self) -> usize {
        self.format.header_len().saturating_add(self.value.len())
    }

    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        if let Some(iei) = self.iei {
            writer.u8(iei.0);
        }
        self.format.write(writer, &self.value, self.kind.map_or("unknown element", InformationElement::name))
    }
}

impl std::fmt::Debug for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Element");
        shown.field("kind", &self.kind).field("iei", &self.iei);
        // Where a user is has no place in a log.
        if self.kind == Some(InformationElement::UserLocation) {
            return shown.finish_non_exhaustive();
        }
        shown.field("value", &self.value).finish()
    }
}
