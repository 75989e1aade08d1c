//! The view of the APP messages of TS 24.380, both ways.

use bytes::{Bytes, BytesMut};

use super::{Shown, secured, written};
use crate::cursor::Writer;
use crate::id::Ssrc;
use crate::rtcp::message::{self, FieldValue, Message, Piece};
use crate::rtcp::{Field, FieldError, FieldId, Frame, Notes, Protocol, Step, requirement};
use crate::value::{Keys, Place, Value, ViewError};
use crate::{Deviation, EncodeError};

/// A packet whose name says that it belongs to the protocol.
pub(super) fn show<M: Message>(packet: &Bytes) -> Shown {
    let (bits, ssrc) = super::report::head(packet);
    let subtype = M::Protocol::from_bits(bits);
    let (number, ack_requested) = subtype.number_and_ack();
    let mut shown = vec![
        ("name", Value::text(M::Protocol::NAME.escape_ascii())),
        ("subtype", number.into()),
        ("message", subtype.message_name().map_or(Value::Null, Value::text)),
    ];
    shown.extend(ack_requested.map(|requested| ("ack_requested", Value::Bool(requested))));
    shown.push(("ssrc", ssrc.into()));
    let mut offsets = None;
    let ignored = match (Frame::<M::Protocol>::decode(packet), subtype.message_name()) {
        // Length and name have been checked, so what is left is the padding bit.
        (Err(_), _) => Some(("padding bit set", requirement::PADDING_BIT)),
        (Ok(_), None) => match message::unknown_subtype(subtype) {
            requirement::NO_ACK_BIT => {
                Some(("acknowledgment bit not defined for this subtype", requirement::NO_ACK_BIT))
            }
            other => Some(("unknown subtype", other)),
        },
        (Ok(frame), Some(_)) => {
            shown.push(("fields", Value::List(frame.walk().map(show_field::<M::Field>).collect())));
            offsets = Some(Value::List(frame.walk().map(|step| Value::size(step.offset())).collect()));
            None
        }
    };
    let deviations = match ignored {
        Some((reason, requirement)) => {
            shown.extend([("ignored", Value::Bool(true)), ("reason", Value::text(reason))]);
            vec![Deviation { offset: 0, requirement }]
        }
        None => message::decode::<M>(packet).map(|decoded| decoded.deviations).unwrap_or_default(),
    };
    shown.push(("deviations", Value::list(&deviations, show_deviation)));
    shown.extend(offsets.map(|offsets| ("field_offsets", offsets)));
    shown
}

fn show_field<F: FieldValue>(step: Step<'_>) -> Value {
    let (id, read, octets) = match step {
        Step::Field(field) => {
            // Written as it was received, a field always fits.
            let octets = written(|out| field.to_field().write(&mut Writer::new(out))).unwrap_or_default();
            (field.id(), F::decode(&field, &mut Notes::default()), octets)
        }
        Step::Overrun { id, octets, .. } => (id, Err(FieldError::Overrun), Bytes::copy_from_slice(octets)),
    };
    let mut shown = vec![("id", id.0.into())];
    match read {
        Ok(value) => shown.extend(value.describe()),
        Err(error) => shown.push(("field_error", Value::text(error.name()))),
    }
    secured(shown, &octets, |view| {
        let place = Place::root(view);
        let piece = piece::<F>(&place)?;
        octets_of(&piece).map_err(|error| place.error(error))
    })
}

fn octets_of<F: FieldValue>(piece: &Piece<F>) -> Result<Bytes, EncodeError> {
    match piece {
        Piece::Raw(octets) => Ok(octets.clone()),
        Piece::Typed(value) => {
            let mut out = BytesMut::new();
            message::write_field(&mut Writer::new(&mut out), value)?;
            Ok(out.freeze())
        }
    }
}

pub(super) fn show_deviation(deviation: &Deviation) -> Value {
    Value::Object(vec![
        ("offset", Value::size(deviation.offset)),
        ("requirement", Value::text(deviation.requirement)),
    ])
}

/// The octets of the message that the keys describe: the inverse of [`show`].
pub(super) fn encode<M: Message>(place: &Place<'_>, keys: &mut Keys<'_>) -> Result<Bytes, ViewError> {
    let subtype = subtype::<M::Protocol>(keys)?;
    let ssrc = Ssrc(keys.or_default(&["ssrc"], |place| place.u32())?);
    let pieces = keys.or_default(&["fields"], |place| place.list(|field| piece::<M::Field>(&field)))?;
    keys.ignore(&["ignored", "reason", "deviations", "field_offsets"]);
    message::assemble(subtype, ssrc, &pieces).map_err(|error| place.error(error))
}

/// Most message numbers that five bits hold.
const NUMBERS: u8 = 32;

fn subtype<P: Protocol>(keys: &mut Keys<'_>) -> Result<P, ViewError> {
    let has_ack_bit = P::from_bits(0).number_and_ack().1.is_some();
    let most = if has_ack_bit { NUMBERS / 2 } else { NUMBERS }.saturating_sub(1);
    let given = keys.find(&["subtype"]);
    let name = keys.find(&["message"]);
    let number = match (given, name) {
        (Some(number), _) => number.integer(0, most.into())?,
        (None, Some(name)) => {
            let wanted = name.text()?;
            let named = |number: &u8| {
                P::from_bits(*number).message_name().is_some_and(|own| own.eq_ignore_ascii_case(wanted))
            };
            (0..=most).find(named).ok_or_else(|| name.invalid("the name of a message of this protocol"))?
        }
        (None, None) => return keys.need(&["subtype"]).map(|_| P::from_bits(0)),
    };
    if !has_ack_bit {
        return Ok(P::from_bits(number));
    }
    let requested = keys.or_default(&["ack_requested"], |place| place.bool())?;
    Ok(P::from_bits(number | if requested { NUMBERS / 2 } else { 0 }))
}

/// One field: raw octets, an id with the octets of its value, or an id with typed values.
fn piece<F: FieldValue>(place: &Place<'_>) -> Result<Piece<F>, ViewError> {
    let mut keys = place.keys()?;
    if let Some(raw) = keys.find(&["raw"]) {
        return raw.octets().map(Piece::Raw);
    }
    let id = FieldId(keys.need(&["id"])?.u8()?);
    if let Some(value) = keys.find(&["value"]) {
        let field = Field::new(id, &value.octets()?);
        keys.finish()?;
        let octets = written(|out| field.write(&mut Writer::new(out)));
        return octets.map(Piece::Raw).map_err(|error| place.error(error));
    }
    let value = F::from_view(id, &mut keys)?;
    keys.finish()?;
    // Refused here and not with the whole message, so that the path names the field.
    let piece = Piece::Typed(value);
    octets_of(&piece).map_err(|error| place.error(error))?;
    Ok(piece)
}
