//! Decoded values as an indented tree for people and as flat lines for `grep` and `diff`.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::Decoded;

/// Keys that stand on the line of a frame or packet, not below it.
const IN_HEAD: [&str; 11] = [
    "frame",
    "time",
    "src",
    "dst",
    "protocol",
    "octets",
    "name",
    "message",
    "subtype",
    "ack_requested",
    "ssrc",
];

/// One value per line: its path, a blank, the value.
pub fn fields(decoded: &Decoded, prefix: &str, out: &mut dyn Write) -> io::Result<()> {
    decoded.iter().try_for_each(|(key, value)| flat(&join(prefix, key), value, out))
}

fn flat(path: &str, value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Array(values) => values
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| flat(&join(path, &index.to_string()), value, out)),
        Value::Object(values) => {
            values.iter().try_for_each(|(key, value)| flat(&join(path, key), value, out))
        }
        value => writeln!(out, "{path} {}", scalar(value)),
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// An indented tree; each packet starts with its name, each field with its id.
pub fn tree(decoded: &Decoded, out: &mut dyn Write) -> io::Result<()> {
    let head = head(decoded);
    if !head.is_empty() {
        writeln!(out, "{head}")?;
    }
    let depth = usize::from(!head.is_empty());
    for (key, value) in rest(decoded) {
        match (key, value) {
            ("packets", Value::Array(packets)) => {
                packets.iter().try_for_each(|packet| branch(packet, depth, out))?
            }
            ("error", Value::Null) => {}
            ("trailing_octets", value) if value == 0 => {}
            (key, value) => entry(key, value, depth, out)?,
        }
    }
    Ok(())
}

/// A packet, or anything else that has a head line and parts below it.
fn branch(value: &Value, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let Value::Object(values) = value else { return writeln!(out, "{}{}", indent(depth), scalar(value)) };
    let head = head(values);
    if head.is_empty() {
        return writeln!(out, "{}{}", indent(depth), inline(values));
    }
    writeln!(out, "{}{head}", indent(depth))?;
    for (key, value) in rest(values) {
        match (key, value) {
            ("fields", Value::Array(fields)) => {
                fields.iter().try_for_each(|field| leaf(field, depth + 1, out))?
            }
            (key, value) => entry(key, value, depth + 1, out)?,
        }
    }
    Ok(())
}

fn entry(key: &str, value: &Value, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Array(values) if values.is_empty() => Ok(()),
        Value::Array(values) => {
            writeln!(out, "{}{}", indent(depth), spaced(key))?;
            values.iter().try_for_each(|value| leaf(value, depth + 1, out))
        }
        Value::Object(values) => writeln!(out, "{}{}: {}", indent(depth), spaced(key), inline(values)),
        value => writeln!(out, "{}{}: {}", indent(depth), spaced(key), scalar(value)),
    }
}

fn leaf(value: &Value, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Object(values) => writeln!(out, "{}{}", indent(depth), inline(values)),
        value => writeln!(out, "{}{}", indent(depth), scalar(value)),
    }
}

fn head(values: &Map<String, Value>) -> String {
    let find = |wanted: &str| values.get(wanted).filter(|value| !value.is_null()).map(scalar);
    let mut parts = Vec::new();
    parts.extend(find("frame").map(|number| format!("#{number}")));
    parts.extend(find("time"));
    if let (Some(source), Some(destination)) = (find("src"), find("dst")) {
        parts.push(format!("{source} -> {destination}"));
    }
    parts.extend(find("protocol"));
    parts.extend(find("octets").map(|octets| format!("{octets} octets")));
    parts.extend(find("name"));
    parts.extend(find("message"));
    parts.extend(find("subtype").map(|subtype| format!("subtype {subtype}")));
    if find("ack_requested").as_deref() == Some("true") {
        parts.push("acknowledgment requested".to_owned());
    }
    if let Some(ssrc) = values.get("ssrc").and_then(Value::as_u64) {
        parts.push(format!("SSRC {ssrc:08x}"));
    }
    parts.join("  ")
}

fn rest(values: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    values
        .iter()
        .filter(|(key, _)| !IN_HEAD.contains(&key.as_str()))
        .map(|(key, value)| (key.as_str(), value))
}

/// `8  sequence 1` for a field, `key value, key value` for anything else.
fn inline(values: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (index, (key, value)) in values.iter().enumerate() {
        match (key.as_str(), index) {
            ("id", 0) => text += &format!("{:<4}", scalar(value)),
            (key, index) => {
                if index > 0 && !text.ends_with(' ') {
                    text += ", ";
                }
                text += &match key.strip_suffix("_s") {
                    Some(key) => format!("{} {} s", spaced(key), scalar(value)),
                    None => format!("{} {}", spaced(key), scalar(value)),
                };
            }
        }
    }
    text.trim_end().to_owned()
}

/// A value on one line. What would move the cursor or end the line is escaped: it came from the network.
fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) if text.chars().any(char::is_control) => text.escape_debug().to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(scalar).collect::<Vec<_>>().join(", ")),
        Value::Object(values) => format!("({})", inline(values)),
    }
}

fn spaced(key: &str) -> String {
    key.replace('_', " ")
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}
