//! The view of documents: session descriptions and XML bodies, alone or as parts of a message.

use bytes::Bytes;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Shown, encode, hex, secured, show_error, written};
use crate::mikey::{self, Mikey};
use crate::monp::{self, MonpPacket};
use crate::sdp::SessionDescription;
use crate::sip::Part;
use crate::value::{Value, ViewError};
use crate::xml;

/// A session description.
pub fn sdp(octets: &Bytes) -> Value {
    alone(octets, show_sdp)
}

/// An XML document of any type.
pub fn xml(octets: &Bytes) -> Value {
    alone(octets, show_xml)
}

/// A MONP message: off-network call control.
pub fn monp(octets: &Bytes) -> Value {
    let Value::Object(mut shown) = monp::view::monp(octets) else { return super::other(octets) };
    if let Ok(packet) = MonpPacket::decode(octets) {
        let offsets: Vec<usize> = packet.placed().map(|(offset, _)| offset).collect();
        shown.push(("element_offsets", Value::list(&offsets, |offset| Value::size(*offset))));
    }
    secured(shown, octets, encode)
}

/// The octets of the MONP message that the keys describe.
pub(super) fn encode_monp(
    place: &crate::value::Place<'_>,
    keys: &mut crate::value::Keys<'_>,
) -> Result<Bytes, ViewError> {
    keys.ignore(&["element_offsets"]);
    let packet = monp::view::from_view(keys)?;
    written(|out| packet.encode(out)).map_err(|error| place.error(error))
}

/// A MIKEY message, as octets or as base64. Its keys are in it, so the octets are shown as well.
pub fn mikey(octets: &Bytes) -> Value {
    let mut shown = show_mikey(octets);
    shown.push(("raw", Value::hex(octets)));
    Value::Object(shown)
}

fn show_mikey(octets: &[u8]) -> Shown {
    // The first octet is the version, 1; base64 has no such character.
    let text: Vec<u8> = octets.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let message = match octets.first() {
        Some(1) => octets.to_vec(),
        _ => STANDARD.decode(text).unwrap_or_else(|_| octets.to_vec()),
    };
    match Mikey::decode(&message) {
        Ok(decoded) => vec![
            ("mikey", mikey::view(&decoded.value)),
            ("deviations", Value::list(&decoded.deviations, super::message::show_deviation)),
        ],
        Err(error) => vec![("error", show_error(&error))],
    }
}

fn alone(octets: &Bytes, show: fn(&[u8]) -> Shown) -> Value {
    let mut shown = show(octets);
    shown.extend(std::str::from_utf8(octets).ok().map(|text| ("text", Value::text(text))));
    secured(shown, octets, encode)
}

/// The document in a body part, when its type is one that we read.
pub(super) fn show_part(part: &Part) -> Shown {
    let Ok(Some(content_type)) = part.headers.content_type() else { return Vec::new() };
    if content_type.is("application/sdp") {
        return show_sdp(&part.body);
    }
    if content_type.is("application/mikey") {
        return show_mikey(&part.body);
    }
    let subtype = content_type.subtype.to_ascii_lowercase();
    if subtype == "xml" || subtype.ends_with("+xml") {
        return show_xml(&part.body);
    }
    match std::str::from_utf8(&part.body) {
        Ok(text) => vec![("content", Value::text(text))],
        Err(_) => vec![("content_hex", Value::text(hex(&part.body)))],
    }
}

/// The lines with their offsets, and what they say.
fn show_sdp(octets: &[u8]) -> Shown {
    let mut shown = Vec::new();
    if let Ok(text) = std::str::from_utf8(octets) {
        let mut offset = 0_usize;
        let lines = text.split_inclusive('\n').map(|line| {
            let at = offset;
            offset = offset.saturating_add(line.len());
            Value::Object(vec![
                ("offset", Value::size(at)),
                ("line", Value::text(line.trim_end_matches(['\r', '\n']))),
            ])
        });
        shown.push(("sdp", Value::List(lines.collect())));
    }
    shown.push(match SessionDescription::decode(octets) {
        Ok(description) => ("description", crate::sdp::view(&description)),
        Err(error) => ("error", show_error(&error)),
    });
    shown
}

fn show_xml(octets: &[u8]) -> Shown {
    match xml::view(octets) {
        Ok(tree) => vec![("xml", tree)],
        Err(error) => vec![("error", Value::Object(vec![("message", Value::text(error))]))],
    }
}

/// The octets of a document that stands in a view as text.
pub(super) fn encode_keys(keys: &mut crate::value::Keys<'_>) -> Result<Bytes, ViewError> {
    keys.ignore(&["sdp", "description", "xml", "error"]);
    keys.need(&["text"])?.byte_str().map(|text| text.to_octets())
}
