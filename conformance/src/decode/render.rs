//! Decoded values as a tree with offsets for people and as flat lines for `grep` and `diff`.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::Decoded;

/// Keys that stand on the line of a frame or packet, not below it.
const IN_HEAD: [&str; 12] = [
    "frame",
    "time",
    "src",
    "dst",
    "protocol",
    "octets",
    "offset",
    "name",
    "message",
    "subtype",
    "ack_requested",
    "ssrc",
];

/// Keys of a SIP message whose content the start line, the header fields and the body parts show already.
const SHOWN_BY_HEADERS: [&str; 9] =
    ["call_id", "cseq", "from", "to", "warning", "content_type", "body_octets", "body", "body_hex"];

/// Digits of octets that a line of the tree shows; the other formats show all.
const DIGITS: usize = 64;

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

/// A tree with the offset of each part in front: a frame starts with its number, a packet with its name, a field with its
/// id.
pub fn tree(decoded: &Decoded, out: &mut dyn Write) -> io::Result<()> {
    let mut tree = Tree { out, base: 0 };
    let head = head(decoded);
    if !head.is_empty() {
        writeln!(tree.out, "{head}")?;
    }
    tree.members(decoded, 0)
}

struct Tree<'a> {
    out: &'a mut dyn Write,
    /// Where the offsets that are met count from.
    base: u64,
}

impl Tree<'_> {
    /// A line with the offset that its values name, if any.
    fn line(&mut self, offset: Option<&Value>, depth: usize, text: &str) -> io::Result<()> {
        let offset = offset.and_then(Value::as_u64).map(|offset| (offset + self.base).to_string());
        writeln!(self.out, "{:>6}  {}{text}", offset.unwrap_or_default(), "  ".repeat(depth))
    }

    fn members(&mut self, values: &Map<String, Value>, depth: usize) -> io::Result<()> {
        let has_headers = values.contains_key("headers");
        for (key, value) in rest(values) {
            match (key, value) {
                // The lines of a session description stand for themselves; the other two say what is shown elsewhere.
                ("error", Value::Null) | ("field_offsets" | "element_offsets" | "description", _) => {}
                ("trailing_octets", value) if value == 0 => {}
                (key, _) if has_headers && SHOWN_BY_HEADERS.contains(&key) => {}
                ("body_offset", _) if has_headers => {}
                ("start_line", value) => self.line(Some(&0.into()), depth, &scalar(value))?,
                ("headers", Value::Array(headers)) => {
                    headers.iter().try_for_each(|header| self.header(header, depth))?;
                }
                ("packets", Value::Array(packets)) => {
                    packets.iter().try_for_each(|packet| self.packet(packet, depth))?;
                }
                ("parts", Value::Array(parts)) => {
                    parts.iter().try_for_each(|part| self.part(part, depth))?;
                }
                ("fields", Value::Array(fields)) => {
                    let offsets = values.get("field_offsets").and_then(Value::as_array);
                    for (index, field) in fields.iter().enumerate() {
                        let offset = offsets.and_then(|offsets| offsets.get(index));
                        self.field(offset, field, depth)?;
                    }
                }
                ("elements", Value::Array(elements)) => {
                    let offsets = values.get("element_offsets").and_then(Value::as_array);
                    for (index, element) in elements.iter().enumerate() {
                        let offset = offsets.and_then(|offsets| offsets.get(index));
                        self.field(offset, element, depth)?;
                    }
                }
                ("sdp", Value::Array(lines)) => {
                    for line in lines {
                        self.line(line.get("offset"), depth, &scalar(&line["line"]))?;
                    }
                }
                ("xml", Value::Object(element)) => self.element(element, depth)?,
                (key, value) => self.entry(key, value, depth)?,
            }
        }
        Ok(())
    }

    /// A packet of a datagram: offsets in it count from its start.
    fn packet(&mut self, value: &Value, depth: usize) -> io::Result<()> {
        let Value::Object(values) = value else { return self.line(None, depth, &scalar(value)) };
        self.line(values.get("offset"), depth, &head(values))?;
        let around = std::mem::replace(
            &mut self.base,
            values.get("offset").and_then(Value::as_u64).unwrap_or_default(),
        );
        self.members(values, depth + 1)?;
        self.base = around;
        Ok(())
    }

    fn field(&mut self, offset: Option<&Value>, value: &Value, depth: usize) -> io::Result<()> {
        match value {
            Value::Object(values) => self.line(offset, depth, &inline(values)),
            value => self.line(offset, depth, &scalar(value)),
        }
    }

    fn header(&mut self, header: &Value, depth: usize) -> io::Result<()> {
        let text = match header.get("line") {
            Some(line) => scalar(line),
            None => format!("{}: {}", scalar(&header["name"]), scalar(&header["value"])),
        };
        self.line(header.get("offset"), depth, &text)
    }

    /// A body part: offsets in it count from its start.
    fn part(&mut self, value: &Value, depth: usize) -> io::Result<()> {
        let Value::Object(values) = value else { return self.line(None, depth, &scalar(value)) };
        let size = values.get("octets").map(|octets| format!("  {} octets", scalar(octets)));
        let kind = values.get("content_type").map(scalar).unwrap_or_default();
        self.line(values.get("offset"), depth, &format!("body {kind}{}", size.unwrap_or_default()))?;
        let around = std::mem::replace(
            &mut self.base,
            values.get("offset").and_then(Value::as_u64).unwrap_or_default(),
        );
        let mut below = values.clone();
        below.shift_remove("content_type");
        self.members(&below, depth + 1)?;
        self.base = around;
        Ok(())
    }

    /// An XML element: name, attributes and text on one line, its children below.
    fn element(&mut self, element: &Map<String, Value>, depth: usize) -> io::Result<()> {
        let text = |key: &str| element.get(key).map(scalar);
        let mut line = text("name").unwrap_or_default();
        for attribute in element.get("attributes").and_then(Value::as_array).into_iter().flatten() {
            line += &format!("  {}=\"{}\"", scalar(&attribute["name"]), scalar(&attribute["value"]));
        }
        if let Some(namespace) = text("namespace").filter(|namespace| !namespace.is_empty()) {
            line += &format!("  ({namespace})");
        }
        if let Some(text) = text("text") {
            line += &format!("  {text}");
        }
        self.line(None, depth, &line)?;
        for child in element.get("children").and_then(Value::as_array).into_iter().flatten() {
            match child {
                Value::Object(child) => self.element(child, depth + 1)?,
                text => self.line(None, depth + 1, &scalar(text))?,
            }
        }
        Ok(())
    }

    /// Anything else: a value on one line, or a list below its name.
    fn entry(&mut self, key: &str, value: &Value, depth: usize) -> io::Result<()> {
        match value {
            Value::Array(values) if values.is_empty() => Ok(()),
            Value::Array(values) => {
                self.line(None, depth, &spaced(key))?;
                values.iter().try_for_each(|value| self.leaf(value, depth + 1))
            }
            Value::Object(values) => {
                let text = match values.get("message").filter(|_| key == "error") {
                    Some(message) => format!("error: {}", scalar(message)),
                    None => format!("{}: {}", spaced(key), inline(&without_offset(values))),
                };
                self.line(values.get("offset"), depth, &text)
            }
            value => self.line(None, depth, &format!("{}: {}", spaced(key), short(value))),
        }
    }

    fn leaf(&mut self, value: &Value, depth: usize) -> io::Result<()> {
        match value {
            Value::Object(values) => self.line(values.get("offset"), depth, &inline(&without_offset(values))),
            value => self.line(None, depth, &short(value)),
        }
    }
}

fn without_offset(values: &Map<String, Value>) -> Map<String, Value> {
    let mut values = values.clone();
    values.shift_remove("offset");
    values
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
    // A packet of a datagram has its size in its length word; the size of a datagram stands nowhere else.
    if values.contains_key("frame") || values.contains_key("protocol") {
        parts.extend(find("octets").map(|octets| format!("{octets} octets")));
    }
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
                    None => format!("{} {}", spaced(key), short(value)),
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

/// Like [`scalar`]; of many octets only the first.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() > DIGITS && text.bytes().all(|c| c.is_ascii_hexdigit()) => {
            format!("{}... ({} octets)", &text[..DIGITS], text.len() / 2)
        }
        value => scalar(value),
    }
}

fn spaced(key: &str) -> String {
    key.replace('_', " ")
}
