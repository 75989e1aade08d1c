//! A readable view of a MONP message: what a conforming receiver sees in it, for people and for tools.

use bytes::Bytes;

use crate::Deviation;
use crate::monp::element::{Element, InformationElement as Ie};
use crate::monp::packet::{DecodeOptions, MonpPacket};
use crate::monp::{Iei, MessageType};
use crate::monp::{MonpMessage, UtcSeconds};
use crate::value::{Keys, Place, Value, ViewError};

/// Views a datagram as a MONP message.
///
/// * A message: `name` ("MONP"), `message_type`, `message`, `elements`, `deviations`; with `rest` in hexadecimal digits
///   when there are octets that could not be told apart.
/// * A message that a receiver ignores: the same with `ignored` true and a `reason`. `message` is null when the type is
///   not assigned.
pub fn monp(datagram: &Bytes) -> Value {
    monp_with(datagram, DecodeOptions::default())
}

/// Views a datagram as a MONP message, tolerating what the options say.
pub fn monp_with(datagram: &Bytes, options: DecodeOptions) -> Value {
    let mut shown = vec![("name", Value::text("MONP"))];
    let read = MonpPacket::decode_with(datagram, options).map(|packet| {
        let name = packet.message_type.message_name();
        shown.push(("message_type", packet.message_type.0.into()));
        shown.push(("message", name.map_or(Value::Null, Value::text)));
        shown.push(("elements", Value::list(&packet.elements, |element| Value::Object(element.describe()))));
        if !packet.rest.is_empty() {
            shown.push(("rest", Value::hex(&packet.rest)));
        }
        (name, MonpMessage::from_packet(&packet))
    });
    let (ignored, deviations) = match read {
        Ok((Some(_), Ok(decoded))) => (None, decoded.deviations),
        Ok((None, decoded)) => {
            let deviations = decoded.map(|decoded| decoded.deviations).unwrap_or_default();
            (Some(Value::text("unknown message type")), deviations)
        }
        Ok((Some(_), Err(error))) | Err(error) => (Some(Value::text(error)), Vec::new()),
    };
    if let Some(reason) = ignored {
        shown.extend([("ignored", Value::Bool(true)), ("reason", reason)]);
    }
    shown.push(("deviations", Value::list(&deviations, describe_deviation)));
    Value::Object(shown)
}

fn describe_deviation(deviation: &Deviation) -> Value {
    let offset = u64::try_from(deviation.offset).unwrap_or(u64::MAX);
    Value::Object(vec![
        ("offset", Value::Number(offset)),
        ("requirement", Value::text(deviation.requirement)),
    ])
}

impl Element {
    /// Keys and values of the readable view: the identifier where there is one, then the value under a name of its own.
    pub fn describe(&self) -> Vec<(&'static str, Value)> {
        let mut shown = Vec::new();
        shown.extend(self.iei().map(|iei| ("iei", iei.0.into())));
        shown.push(match self.kind() {
            Some(kind) => (key(kind), describe_value(kind, self.value())),
            None => ("unknown", Value::hex(self.value())),
        });
        shown
    }
}

/// The message that the keys describe: the inverse of [`monp`], as far as the octets of a value follow from what is
/// shown.
pub(crate) fn from_view(keys: &mut Keys<'_>) -> Result<MonpPacket, ViewError> {
    keys.ignore(&["name", "message", "deviations", "ignored", "reason"]);
    Ok(MonpPacket {
        message_type: MessageType(keys.need(&["message_type"])?.u8()?),
        elements: keys.or_default(&["elements"], |place| place.list(|place| element_from_view(&place)))?,
        rest: keys.or_default(&["rest"], |place| place.octets())?,
    })
}

fn element_from_view(place: &Place<'_>) -> Result<Element, ViewError> {
    let mut keys = place.keys()?;
    let element = match KINDS.iter().find(|kind| keys.has(&[key(**kind)])) {
        Some(kind) => {
            // The identifier of an element that is known follows from the element.
            keys.ignore(&["iei"]);
            let value = keys.need(&[key(*kind)])?;
            Element::new(*kind, octets_from_view(*kind, &value)?)
        }
        None => {
            let iei = Iei(keys.need(&["iei"])?.u8()?);
            Element::unknown(iei, keys.need(&["unknown"])?.octets()?)
        }
    };
    keys.finish()?;
    Ok(element)
}

/// The inverse of [`describe_value`].
fn octets_from_view(kind: Ie, value: &Place<'_>) -> Result<Bytes, ViewError> {
    Ok(match kind {
        Ie::ConfirmModeIndication | Ie::ProbeResponse => value.bool().map(|_| Bytes::new())?,
        Ie::CallIdentifier | Ie::RefreshInterval => Bytes::copy_from_slice(&value.u16()?.to_be_bytes()),
        Ie::CommencementMode | Ie::Reason | Ie::CallType => Bytes::copy_from_slice(&[value.u8()?]),
        Ie::CallStartTime | Ie::LastCallTypeChangeTime => {
            let seconds = value.integer(0, UtcSeconds::MAX.seconds().into())?;
            Bytes::copy_from_slice(&UtcSeconds::new(seconds).unwrap_or(UtcSeconds::MAX).to_octets())
        }
        Ie::CarriedMessage => value.octets()?,
        Ie::GroupId
        | Ie::Sdp
        | Ie::OriginatingUserId
        | Ie::SendingUserId
        | Ie::LastUserToChangeCallType
        | Ie::CallerUserId
        | Ie::CalleeUserId
        | Ie::UserLocation
        | Ie::OrganizationName => value.byte_str()?.to_octets(),
    })
}

const KINDS: [Ie; 19] = [
    Ie::CallIdentifier,
    Ie::RefreshInterval,
    Ie::GroupId,
    Ie::Sdp,
    Ie::CommencementMode,
    Ie::Reason,
    Ie::ConfirmModeIndication,
    Ie::OriginatingUserId,
    Ie::SendingUserId,
    Ie::LastUserToChangeCallType,
    Ie::CallerUserId,
    Ie::CalleeUserId,
    Ie::CallType,
    Ie::UserLocation,
    Ie::OrganizationName,
    Ie::CallStartTime,
    Ie::LastCallTypeChangeTime,
    Ie::ProbeResponse,
    Ie::CarriedMessage,
];

const fn key(kind: Ie) -> &'static str {
    match kind {
        Ie::CallIdentifier => "call_identifier",
        Ie::RefreshInterval => "refresh_interval_ms",
        Ie::GroupId => "group_id",
        Ie::Sdp => "sdp",
        Ie::CommencementMode => "commencement_mode",
        Ie::Reason => "reason",
        Ie::ConfirmModeIndication => "confirm_mode_indication",
        Ie::OriginatingUserId => "originating_user_id",
        Ie::SendingUserId => "sending_user_id",
        Ie::LastUserToChangeCallType => "last_user_to_change_call_type",
        Ie::CallerUserId => "caller_user_id",
        Ie::CalleeUserId => "callee_user_id",
        Ie::CallType => "call_type",
        Ie::UserLocation => "user_location",
        Ie::OrganizationName => "organization_name",
        Ie::CallStartTime => "call_start_time_s",
        Ie::LastCallTypeChangeTime => "last_call_type_change_time_s",
        Ie::ProbeResponse => "probe_response",
        Ie::CarriedMessage => "carried_message",
    }
}

/// The value in the form of its element; octets that do not have that form are shown as they are.
fn describe_value(kind: Ie, value: &[u8]) -> Value {
    match kind {
        Ie::ConfirmModeIndication | Ie::ProbeResponse => Value::Bool(true),
        Ie::CallIdentifier | Ie::RefreshInterval => number(value, u16::from_be_bytes),
        Ie::CommencementMode | Ie::Reason | Ie::CallType => number(value, |[octet]| octet),
        Ie::CallStartTime | Ie::LastCallTypeChangeTime => <[u8; 5]>::try_from(value).map_or_else(
            |_| Value::hex(value),
            |octets| Value::Number(UtcSeconds::from_octets(octets).seconds()),
        ),
        Ie::CarriedMessage => Value::hex(value),
        Ie::GroupId
        | Ie::Sdp
        | Ie::OriginatingUserId
        | Ie::SendingUserId
        | Ie::LastUserToChangeCallType
        | Ie::CallerUserId
        | Ie::CalleeUserId
        | Ie::UserLocation
        | Ie::OrganizationName => std::str::from_utf8(value).map_or_else(|_| Value::hex(value), Value::text),
    }
}

fn number<const N: usize, T: Into<Value>>(value: &[u8], read: impl Fn([u8; N]) -> T) -> Value {
    <[u8; N]>::try_from(value).map_or_else(|_| Value::hex(value), |octets| read(octets).into())
}
