//! The view of documents: session descriptions and XML bodies, alone or as parts of a message.

use bytes::Bytes;

use super::{Shown, encode, hex, secured, show_error};
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
    keys.need(&["text"])?.byte_str().map(|text| text.as_bytes().clone())
}
