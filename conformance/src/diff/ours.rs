//! Our reading of a frame as flat values, in the words of the table that relates them to those of tshark.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::capture::{Frame, Protocol, classify};
use crate::decode;

/// Values by name, each name with its values in the order of the frame.
pub type Values = BTreeMap<String, Vec<String>>;

/// What our decoder reads in a frame, or `None` when it belongs to no protocol that is compared.
pub fn values(frame: &Frame) -> Option<Values> {
    let protocol = classify(&frame.payload);
    let decoded = decode::frame(frame);
    let mut values = Values::new();
    match protocol {
        protocol if protocol.is_rtcp() => {
            for packet in decoded["packets"].as_array()? {
                packet_values(packet, &frame.payload, &mut values);
            }
            if decoded["trailing_octets"] != 0 {
                flatten("rtcp.trailing_octets", &decoded["trailing_octets"], &mut values);
            }
            flatten("rtcp.broken", &decoded["error"]["what"], &mut values);
            // The first octet behind the name looks like text: the id of a field that nobody assigns.
            if frame.payload.get(12).is_some_and(|octet| octet.is_ascii_graphic() || *octet == b' ') {
                push(&mut values, "mcpt.printable", "1");
            }
        }
        Protocol::Rtp => {
            for (key, value) in &decoded {
                flatten(&format!("rtp.{key}"), value, &mut values);
            }
        }
        Protocol::Sip => sip(&decoded, &mut values),
        _ => return None,
    }
    Some(values)
}

/// Names that the first four characters of an APP packet stand for.
const APP_NAMES: [(&str, &str); 4] = [("MCPT", "mcpt"), ("MCPC", "mcpc"), ("MCMC", "mcmc"), ("MCNC", "mcnc")];

fn packet_values(packet: &Value, datagram: &[u8], values: &mut Values) {
    let Some(object) = packet.as_object() else { return };
    push(
        values,
        "rtcp.length",
        &(object["octets"].as_u64().unwrap_or_default() / 4).saturating_sub(1).to_string(),
    );
    let name = object.get("name").and_then(Value::as_str);
    let ours = name.and_then(|name| APP_NAMES.iter().find(|(wire, _)| *wire == name));
    match (name, ours) {
        (Some(name), Some((_, protocol))) => {
            push(values, "rtcp.packet_type", "204");
            push(values, "app.name", name);
            app_subtype(object, values);
            // The field SSRC of MCPT has the same key as the header.
            flatten("app.ssrc", &object["ssrc"], values);
            if protocol != &"mcpt" {
                app_data(object, datagram, values);
            }
            for key in ["ignored", "reason", "raw"] {
                flatten(&format!("{protocol}.{key}"), object.get(key).unwrap_or(&Value::Null), values);
            }
            for deviation in object["deviations"].as_array().into_iter().flatten() {
                flatten(&format!("{protocol}.deviation"), &deviation["requirement"], values);
            }
            for field in object.get("fields").and_then(Value::as_array).into_iter().flatten() {
                flatten(protocol, field, values);
                counts(protocol, field, values);
                if field.get("raw").is_some() {
                    flatten(&format!("{protocol}.uncanonical"), &field["id"], values);
                }
                acknowledged(protocol, field, values);
                longitudes(field, values);
                if field["track_info"]["participant_type"].as_str().is_some_and(|text| text.len() % 4 == 0) {
                    push(values, "mcpt.track_info.whole_words", "1");
                }
            }
        }
        (Some(name), None) => {
            push(values, "rtcp.packet_type", "204");
            push(values, "app.name", name);
            if name.len() != 4 {
                push(values, "app.unprintable", "1");
            }
            for key in ["subtype", "ssrc", "data"] {
                flatten(&format!("app.{key}"), object.get(key).unwrap_or(&Value::Null), values);
            }
        }
        (None, _) => {
            flatten("rtcp", packet, values);
            if object.contains_key("error") {
                push(values, "rtcp.unsound", "1");
            }
        }
    }
}

/// All five bits.
fn app_subtype(packet: &serde_json::Map<String, Value>, values: &mut Values) {
    let number = packet["subtype"].as_u64().unwrap_or_default();
    let bit = packet.get("ack_requested").is_some_and(|bit| bit == true);
    push(values, "app.subtype", &(number + if bit { 16 } else { 0 }).to_string());
}

/// Lists have a count on the wire.
fn counts(protocol: &str, field: &Value, values: &mut Values) {
    for (key, value) in field.as_object().into_iter().flatten() {
        if let Value::Array(list) = value {
            push(values, &format!("{protocol}.{key}.count"), &list.len().to_string());
        }
    }
}

/// What follows the name, for protocols that tshark does not know.
fn app_data(packet: &serde_json::Map<String, Value>, datagram: &[u8], values: &mut Values) {
    let number =
        |key: &str| packet[key].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
    let (start, octets) = (number("offset"), number("octets"));
    let data = datagram.get(start + 12..start + octets).unwrap_or_default();
    if !data.is_empty() {
        push(values, "app.data", &data.iter().map(|octet| format!("{octet:02x}")).collect::<String>());
    }
}

/// Two's complement of 24 bits, as tshark prints it.
fn longitudes(field: &Value, values: &mut Values) {
    let several = field["locations"].as_array().into_iter().flatten();
    for location in std::iter::once(&field["location"]).chain(several) {
        if let Some(raw) = location["longitude_raw"].as_i64() {
            let signed = if raw & 0x80_0000 == 0 { raw } else { raw - 0x100_0000 };
            push(values, "mcpt.longitude", &signed.to_string());
        }
    }
}

/// The octet of Message Type, whose parts the view shows.
fn acknowledged(protocol: &str, field: &Value, values: &mut Values) {
    if let Some(number) = field.get("acked_subtype").and_then(Value::as_u64) {
        let bit = if field["acked_bit"] == true { 16 } else { 0 };
        push(values, &format!("{protocol}.acked"), &(number + bit).to_string());
    }
}

fn sip(decoded: &decode::Decoded, values: &mut Values) {
    let text = |key: &str| decoded.get(key).and_then(Value::as_str);
    let Some(start_line) = text("start_line") else {
        push(values, "sip.unreadable", "true");
        return;
    };
    let mut words = start_line.split(' ');
    match (words.next(), words.next()) {
        (Some(version), Some(status)) if version.starts_with("SIP/") => push(values, "sip.status", status),
        (Some(method), Some(_)) => {
            push(values, "sip.method", method);
            let uri = start_line.split_once(' ').and_then(|(_, rest)| rest.rsplit_once(' '));
            push(values, "sip.request_uri", uri.map_or("", |(uri, _)| uri));
        }
        _ => {}
    }
    for header in decoded["headers"].as_array().into_iter().flatten() {
        let line = header["line"].as_str().unwrap_or_default();
        if line.split_once(':').is_some_and(|(name, _)| name.ends_with([' ', '\t'])) {
            push(values, "sip.blank_before_colon", "1");
        }
        if let (Some(name), Some(value)) = (header["name"].as_str(), header["value"].as_str()) {
            push(values, &format!("sip.{}", name.to_ascii_lowercase()), value);
        }
    }
    if let Some((number, method)) = text("cseq").and_then(|cseq| cseq.split_once(' ')) {
        push(values, "sip.cseq.number", number);
        push(values, "sip.cseq.method", method.trim());
    }
    let parts = decoded.get("parts").and_then(Value::as_array);
    let multipart = text("content_type").is_some_and(|kind| kind.starts_with("multipart/"));
    for part in parts.into_iter().flatten() {
        if multipart && let Some(kind) = part["content_type"].as_str() {
            push(values, "sip.part", kind);
        }
        for line in part["sdp"].as_array().into_iter().flatten() {
            if let Some((kind, value)) = line["line"].as_str().and_then(|line| line.split_once('=')) {
                push(values, &format!("sdp.{kind}"), value);
            }
        }
        if let Some(root) = part["xml"].as_object() {
            let name = root["name"].as_str().unwrap_or_default();
            push(values, "xml.root", name);
            elements(root, KNOWN_DOCUMENTS.contains(&name), true, values);
        }
    }
}

/// Documents whose elements have fields of their own in tshark, so that it lists no tags.
const KNOWN_DOCUMENTS: [&str; 5] =
    ["presence", "poc-settings", "resource-lists", "conference-info", "location-info"];

/// Names of elements; of a known document only those of another namespace.
fn elements(element: &serde_json::Map<String, Value>, known: bool, root: bool, values: &mut Values) {
    let known = known && (root || !element.contains_key("namespace"));
    if !known {
        push(values, "xml.element", element["name"].as_str().unwrap_or_default());
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
        Value::String(text) => push(values, name, text),
        Value::Bool(flag) => push(values, name, if *flag { "1" } else { "0" }),
        Value::Number(number) => push(values, name, &number.to_string()),
    }
}

fn push(values: &mut Values, name: &str, value: &str) {
    if value.contains(['\0', super::tshark::AGGREGATOR]) {
        values.insert("text.cut".to_owned(), vec!["1".to_owned()]);
    }
    values.entry(name.to_owned()).or_default().push(value.to_owned());
}
