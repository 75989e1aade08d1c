//! Our reading of a frame as flat values, in the words of the table that relates them to those of tshark.

use std::collections::BTreeMap;
use std::ops::Range;

use mcptt_codec::rtcp::ItemKind;
use mcptt_codec::sip::CSeq;
use serde_json::{Map, Value};

use crate::capture::{Frame, Protocol, classify};
use crate::decode;

/// Octets of the head of an APP packet, name included.
const APP_HEAD: usize = 12;

/// One value of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The octet of the frame at which its field begins, or its packet where it is part of no field.
    pub(super) at: usize,
    pub(super) text: String,
}

/// Values by name, each name with its values in the order of the frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    values: BTreeMap<String, Vec<Found>>,
    /// Where each part ends that is read by itself: a packet of a compound, a header field of a SIP message.
    ends: Vec<usize>,
    /// Where the values that are pushed belong.
    at: usize,
    /// Octets of the messages before, where a frame completes several.
    before: usize,
}

impl Values {
    /// The values of a name.
    pub(super) fn named(&self, name: &str) -> &[Found] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Where a value is: `name`, or `name=value`.
    pub(super) fn places<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
        let (name, value) =
            wanted.split_once('=').map_or((wanted, None), |(name, value)| (name, Some(value)));
        let named =
            self.named(name).iter().filter(move |found| value.is_none_or(|value| found.text == value));
        named.map(|found| found.at)
    }

    /// From there to the end of the packet or header field, or of the frame where that is in neither.
    pub(super) fn rest_of_part(&self, at: usize) -> Range<usize> {
        at..self.ends.iter().copied().find(|end| *end > at).unwrap_or(usize::MAX)
    }

    /// A part that is read by itself ends there.
    fn end(&mut self, at: usize) {
        self.ends.push(self.before.saturating_add(at));
    }

    /// Adds a value.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        let found = Found { at: self.before.saturating_add(self.at), text: value.to_owned() };
        self.values.entry(name.to_owned()).or_default().push(found);
    }
}

/// Adds what our decoder reads in a frame, or gives `None` when it belongs to no protocol that is compared.
pub fn values(frame: &Frame, values: &mut Values) -> Option<()> {
    let protocol = classify(&frame.payload);
    let decoded = decode::frame(frame);
    values.at = 0;
    match protocol {
        protocol if protocol.is_rtcp() => {
            for packet in decoded["packets"].as_array()? {
                self::packet(packet, &frame.payload, values);
            }
            let trailing = number(&decoded["trailing_octets"]);
            if trailing > 0 {
                values.at = frame.payload.len().saturating_sub(trailing);
                values.push("rtcp.trailing_octets", &trailing.to_string());
            }
            values.at = number(&decoded["error"]["offset"]);
            flatten("rtcp.broken", &decoded["error"]["what"], values);
        }
        Protocol::Rtp => {
            for (key, value) in &decoded {
                flatten(&format!("rtp.{key}"), value, values);
            }
        }
        Protocol::Sip => sip(&decoded, values),
        _ => return None,
    }
    values.before = values.before.saturating_add(frame.payload.len());
    Some(())
}

/// Names that the first four characters of an APP packet stand for.
const APP_NAMES: [(&str, &str); 4] = [("MCPT", "mcpt"), ("MCPC", "mcpc"), ("MCMC", "mcmc"), ("MCNC", "mcnc")];

/// The values of one packet of a compound.
pub(super) fn packet(packet: &Value, datagram: &[u8], values: &mut Values) {
    let Some(object) = packet.as_object() else { return };
    let (start, octets) = (number(&packet["offset"]), number(&packet["octets"]));
    values.at = start;
    values.end(start + octets);
    values.push("rtcp.length", &(octets / 4).saturating_sub(1).to_string());
    let name = object.get("name").and_then(Value::as_str);
    let ours = name.and_then(|name| APP_NAMES.iter().find(|(wire, _)| *wire == name));
    match (name, ours) {
        (Some(name), Some((_, protocol))) => {
            values.push("rtcp.packet_type", "204");
            values.push("app.name", name);
            app_subtype(object, values);
            // The field SSRC of MCPT has the same key as the header.
            flatten("app.ssrc", &object["ssrc"], values);
            values.at = start + APP_HEAD;
            let data = datagram.get(start + APP_HEAD..start + octets).unwrap_or_default();
            if protocol != &"mcpt" {
                app_data(data, values);
            }
            // What looks like text from its first octet on, which else is the id of a field that nobody assigns.
            if data.first().is_some_and(|octet| octet.is_ascii_graphic() || *octet == b' ') {
                values.push("mcpt.printable", "1");
            }
            for key in ["ignored", "reason", "raw"] {
                flatten(&format!("{protocol}.{key}"), object.get(key).unwrap_or(&Value::Null), values);
            }
            for deviation in object["deviations"].as_array().into_iter().flatten() {
                flatten(&format!("{protocol}.deviation"), &deviation["requirement"], values);
            }
            let fields = object.get("fields").and_then(Value::as_array).into_iter().flatten();
            for (place, field) in fields.enumerate() {
                values.at = start + number(&packet["field_offsets"][place]);
                flatten(protocol, field, values);
                counts(protocol, field, values);
                if field.get("raw").is_some() {
                    flatten(&format!("{protocol}.uncanonical"), &field["id"], values);
                }
                acknowledged(protocol, field, values);
                coordinates(field, values);
                if field["track_info"]["participant_type"].as_str().is_some_and(|text| text.len() % 4 == 0) {
                    values.push("mcpt.track_info.whole_words", "1");
                }
            }
        }
        (Some(name), None) => {
            values.push("rtcp.packet_type", "204");
            values.push("app.name", name);
            if name.len() != 4 {
                values.push("app.unprintable", "1");
            }
            if object.get("data").and_then(Value::as_str).is_some_and(is_printable) {
                values.push("app.printable", "1");
            }
            for key in ["subtype", "ssrc", "data"] {
                flatten(&format!("app.{key}"), object.get(key).unwrap_or(&Value::Null), values);
            }
        }
        (None, _) => {
            let packet = &with_prefixes(packet);
            flatten("rtcp", packet, values);
            // The null octet that ends the items of a chunk is an item of kind 0 for tshark.
            for _ in packet["chunks"].as_array().into_iter().flatten() {
                values.push("rtcp.chunks.end", "0");
            }
            let items =
                packet["chunks"].as_array().into_iter().flatten().flat_map(|chunk| chunk["items"].as_array());
            let private = usize::from(ItemKind::PRIV.0);
            let odd = |item: &Value| match number(&item["kind"]) {
                kind if kind == private => item["prefix"].is_null(),
                kind => kind > private,
            };
            if items.flatten().any(odd) {
                values.push("rtcp.chunks.odd", "1");
            }
            if !PACKET_TYPES.contains(&number(&packet["packet_type"])) {
                values.push("rtcp.foreign_type", "1");
            }
            if object.contains_key("error") {
                values.push("rtcp.unsound", "1");
            }
        }
    }
}

/// Packet types that tshark takes for RTCP.
const PACKET_TYPES: std::ops::RangeInclusive<usize> = 200..=207;

/// A private item is a prefix and a value, which tshark shows apart.
fn with_prefixes(packet: &Value) -> Value {
    let mut packet = packet.clone();
    let chunks = packet.get_mut("chunks").and_then(Value::as_array_mut).into_iter().flatten();
    let items = chunks.filter_map(|chunk| chunk.get_mut("items")?.as_array_mut()).flatten();
    for item in items.filter(|item| item["kind"] == ItemKind::PRIV.0) {
        let split = item["text"].as_str().and_then(|text| {
            let prefix = 1 + usize::from(*text.as_bytes().first()?);
            Some((text.get(1..prefix)?.to_owned(), text.get(prefix..)?.to_owned()))
        });
        if let Some((prefix, value)) = split {
            item["prefix"] = prefix.into();
            item["text"] = value.into();
        }
    }
    packet
}

/// All five bits.
fn app_subtype(packet: &Map<String, Value>, values: &mut Values) {
    let number = packet["subtype"].as_u64().unwrap_or_default();
    let bit = packet.get("ack_requested").is_some_and(|bit| bit == true);
    values.push("app.subtype", &(number + if bit { 16 } else { 0 }).to_string());
}

/// Lists have a count on the wire.
fn counts(protocol: &str, field: &Value, values: &mut Values) {
    for (key, value) in field.as_object().into_iter().flatten() {
        if let Value::Array(list) = value {
            values.push(&format!("{protocol}.{key}.count"), &list.len().to_string());
        }
    }
}

/// What follows the name, for protocols that tshark does not know.
fn app_data(data: &[u8], values: &mut Values) {
    if !data.is_empty() {
        values.push("app.data", &data.iter().map(|octet| format!("{octet:02x}")).collect::<String>());
    }
}

/// Two's complement of 24 bits, as tshark prints it; and whether it would be wrong to print the latitude so.
fn coordinates(field: &Value, values: &mut Values) {
    let several = field["locations"].as_array().into_iter().flatten();
    for location in std::iter::once(&field["location"]).chain(several) {
        if let Some(raw) = location["longitude_raw"].as_i64() {
            let signed = if raw & 0x80_0000 == 0 { raw } else { raw - 0x100_0000 };
            values.push("mcpt.longitude", &signed.to_string());
        }
        if location["latitude_raw"].as_u64().is_some_and(|raw| raw & 0x80_0000 != 0) {
            values.push("mcpt.south", "1");
        }
    }
}

/// The octet of Message Type, whose parts the view shows.
fn acknowledged(protocol: &str, field: &Value, values: &mut Values) {
    if let Some(number) = field.get("acked_subtype").and_then(Value::as_u64) {
        let bit = if field["acked_bit"] == true { 16 } else { 0 };
        values.push(&format!("{protocol}.acked"), &(number + bit).to_string());
    }
}

fn sip(decoded: &decode::Decoded, values: &mut Values) {
    let text = |key: &str| decoded.get(key).and_then(Value::as_str);
    let Some(start_line) = text("start_line") else {
        values.push("sip.unreadable", "true");
        return;
    };
    let mut words = start_line.split(' ');
    match (words.next(), words.next()) {
        (Some(version), Some(status)) if version.starts_with("SIP/") => values.push("sip.status", status),
        (Some(method), Some(_)) => {
            values.push("sip.method", method);
            let uri = start_line.split_once(' ').and_then(|(_, rest)| rest.rsplit_once(' '));
            values.push("sip.request_uri", uri.map_or("", |(uri, _)| uri));
        }
        _ => {}
    }
    for header in decoded["headers"].as_array().into_iter().flatten() {
        self::header(header, values);
    }
    values.at = number(&decoded.get("body_offset").cloned().unwrap_or_default());
    values.end(values.at);
    let parts = decoded.get("parts").and_then(Value::as_array);
    let multipart = text("content_type").is_some_and(|kind| kind.starts_with("multipart/"));
    for part in parts.into_iter().flatten() {
        values.at = number(&part["offset"]);
        if multipart && let Some(kind) = part["content_type"].as_str() {
            values.push("sip.part", kind);
        }
        for line in part["sdp"].as_array().into_iter().flatten() {
            if let Some((kind, value)) = line["line"].as_str().and_then(|line| line.split_once('=')) {
                values.push(&format!("sdp.{kind}"), value);
                if value.contains('\r') {
                    values.push("sdp.carriage_return", value);
                }
                if line["line"].as_str().is_some_and(|line| line.contains('"')) {
                    values.push("sdp.quote", value);
                }
            }
        }
        oddities(part, values);
        if let Some(root) = part["xml"].as_object() {
            let name = root["name"].as_str().unwrap_or_default();
            values.push("xml.root", name);
            elements(root, KNOWN_DOCUMENTS.contains(&name), true, values);
        }
    }
}

/// A header field: where it stands, and what is in it.
fn header(header: &Value, values: &mut Values) {
    let (Some(name), Some(value)) = (header["name"].as_str(), header["value"].as_str()) else { return };
    let name = name.to_ascii_lowercase();
    values.at = number(&header["offset"]);
    values.end(values.at);
    let line = header["line"].as_str().unwrap_or_default();
    if line.split_once(':').is_some_and(|(name, _)| name.ends_with([' ', '\t'])) {
        values.push("sip.blank_before_colon", &name);
    }
    if name == "cseq" {
        match CSeq::parse(value) {
            Ok(cseq) => {
                values.push("sip.cseq.number", &cseq.number.to_string());
                values.push("sip.cseq.method", cseq.method.as_str());
                if !cseq.method.as_str().starts_with(|c: char| c.is_ascii_alphabetic()) {
                    values.push("sip.cseq.no_letter", value);
                }
            }
            Err(_) => values.push("sip.cseq.unsound", value),
        }
    }
    let is_number = NUMBERS.contains(&name.as_str());
    let sound = !is_number || value.parse::<u32>().is_ok();
    if !sound || is_number && line.ends_with(' ') {
        values.push("sip.number.unsound", value);
    }
    if sound {
        values.push(&format!("sip.{name}"), value);
    }
}

/// Header fields that hold a number and nothing else.
const NUMBERS: [&str; 3] = ["content-length", "expires", "max-forwards"];

/// Media types of bodies of MCPTT that tshark hands to its XML dissector.
const XML_TYPES: [&str; 8] = [
    "application/vnd.3gpp.mcptt-info+xml",
    "application/vnd.3gpp.mcptt-location-info+xml",
    "application/vnd.3gpp.mcptt-affiliation-command+xml",
    "application/vnd.3gpp.mcptt-mbms-usage-info+xml",
    "application/pidf+xml",
    "application/poc-settings+xml",
    "application/resource-lists+xml",
    "application/conference-info+xml",
];

/// What is wrong with a part of a body, or only read by us.
fn oddities(part: &Value, values: &mut Values) {
    if part["octets"].is_null() {
        values.push("sip.multipart.unsound", "1");
    }
    let kind = part["content_type"].as_str().unwrap_or_default();
    if kind.ends_with("+xml") && !part["xml"].is_object() {
        values.push("xml.unsound", kind);
    }
    if part["xml"].is_object() && !XML_TYPES.contains(&kind.split(';').next().unwrap_or_default().trim_end())
    {
        values.push("xml.foreign_type", kind);
    }
    if part["sdp"].is_array() && part["error"].is_object() {
        values.push("sdp.unsound", kind);
    }
}

/// Documents whose elements have fields of their own in tshark, so that it lists no tags.
const KNOWN_DOCUMENTS: [&str; 5] =
    ["presence", "poc-settings", "resource-lists", "conference-info", "location-info"];

/// Names of elements; of a known document only those of another namespace.
fn elements(element: &Map<String, Value>, known: bool, root: bool, values: &mut Values) {
    let known = known && (root || !element.contains_key("namespace"));
    if !known {
        values.push("xml.element", element["name"].as_str().unwrap_or_default());
    }
    for child in element.get("children").and_then(Value::as_array).into_iter().flatten() {
        if let Value::Object(child) = child {
            elements(child, known, false, values);
        }
    }
}

/// Every scalar below a value; places in lists are no part of the name.
fn flatten(name: &str, value: &Value, values: &mut Values) {
    match value {
        Value::Null => {}
        Value::Array(list) => list.iter().for_each(|value| flatten(name, value, values)),
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, values));
        }
        Value::String(text) => values.push(name, text),
        Value::Bool(flag) => values.push(name, if *flag { "1" } else { "0" }),
        Value::Number(number) => values.push(name, &number.to_string()),
    }
}

/// A count or a place; 0 where there is none.
fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// Whether octets written in hex are all graphic characters, so that tshark takes them for text.
fn is_printable(hex: &str) -> bool {
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    !hex.is_empty() && hex.as_bytes().chunks(2).all(|pair| matches!(octet(pair), Some(0x20..=0x7e)))
}
