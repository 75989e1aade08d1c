//! The view of SIP messages, both ways.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Shown, encode, secured, show_error};
use crate::sip::{HeaderName, Headers, Limits, Line, Part, SipMessage, multipart};
use crate::value::{Keys, Place, Value, ViewError};

/// Header fields that are shown at the top as well.
const SUMMARY: [(&str, HeaderName); 6] = [
    ("call_id", HeaderName::CallId),
    ("cseq", HeaderName::CSeq),
    ("from", HeaderName::From),
    ("to", HeaderName::To),
    ("warning", HeaderName::Warning),
    ("content_type", HeaderName::ContentType),
];

/// A SIP message: start line, every header field in order, body and body parts. Offsets count from the start of the
/// datagram.
pub fn sip(octets: &Bytes) -> Value {
    secured(show(octets), octets, encode)
}

fn show(octets: &Bytes) -> Shown {
    let limits = Limits::default();
    let decoded = match SipMessage::examine(octets, &limits) {
        Ok(decoded) => decoded,
        Err(error) => return vec![("error", show_error(&error))],
    };
    let (message, start_line) = match &decoded.value {
        SipMessage::Request(request) => {
            let summary = format!("{} {}", request.method.as_str(), request.uri);
            (summary.clone(), format!("{summary} {}", request.version))
        }
        SipMessage::Response(response) => {
            let summary = format!("{} {}", response.status.0, response.reason);
            (summary, format!("{} {} {}", response.version, response.status, response.reason))
        }
    };
    let headers = decoded.value.headers();
    let mut shown = vec![("message", Value::text(message))];
    shown.extend(SUMMARY.iter().filter_map(|(key, name)| Some((*key, Value::text(headers.get(name)?)))));
    let body = decoded.value.body();
    shown.push(("body_octets", Value::size(body.len())));
    shown.push(("start_line", Value::text(start_line)));
    let base = octets.as_ptr() as usize;
    shown.push(("headers", show_headers(headers, base)));
    if !body.is_empty() {
        shown.push(("body_offset", Value::size(offset(base, body))));
        shown.push(show_body(body));
        shown.push((
            "parts",
            match multipart::body_parts(headers, body, &limits) {
                Ok(parts) => Value::list(&parts, |part| show_part(part, base)),
                Err(error) => Value::List(vec![Value::Object(vec![("error", show_error(&error))])]),
            },
        ));
    }
    shown.push(("deviations", Value::list(&decoded.deviations, super::message::show_deviation)));
    shown
}

/// Where a slice of the datagram starts in it.
fn offset(base: usize, part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(base)
}

fn show_headers(headers: &Headers, base: usize) -> Value {
    let lines: Vec<Line<'_>> = headers.lines().collect();
    Value::list(&lines, |line| {
        let (name, value) = (line.name.as_str(), line.value.as_str());
        let mut shown = vec![("name", Value::text(name)), ("value", Value::text(value))];
        if let Some(received) = line.received {
            shown.push(("offset", Value::size(offset(base, received.as_bytes()))));
            if received != format!("{name}: {value}\r\n") {
                shown.push(("line", Value::text(received.strip_suffix("\r\n").unwrap_or(received))));
            }
        }
        Value::Object(shown)
    })
}

fn show_body(body: &Bytes) -> (&'static str, Value) {
    match std::str::from_utf8(body) {
        Ok(text) => ("body", Value::text(text)),
        Err(_) => ("body_hex", Value::hex(body)),
    }
}

fn show_part(part: &Part, base: usize) -> Value {
    let content_type = part.headers.get(&HeaderName::ContentType);
    let mut shown = vec![
        ("content_type", content_type.map_or(Value::Null, Value::text)),
        ("offset", Value::size(offset(base, &part.body))),
        ("octets", Value::size(part.body.len())),
    ];
    for (key, name) in [
        ("content_id", HeaderName::ContentId),
        ("content_disposition", HeaderName::ContentDisposition),
        ("content_transfer_encoding", HeaderName::ContentTransferEncoding),
    ] {
        shown.extend(part.headers.get(&name).map(|value| (key, Value::text(value))));
    }
    shown.extend(super::document::show_part(part));
    Value::Object(shown)
}

/// The octets of the message that the keys describe: the inverse of [`sip`]. Content-Length is added when no header
/// field gives it.
pub(super) fn encode_keys(place: &Place<'_>, keys: &mut Keys<'_>) -> Result<Bytes, ViewError> {
    keys.ignore(&SUMMARY.map(|(key, _)| key));
    keys.ignore(&["message", "body_octets", "body_offset", "parts", "deviations", "error"]);
    let body = match (keys.find(&["body"]), keys.find(&["body_hex"])) {
        (Some(text), _) => text.byte_str()?.to_octets(),
        (None, Some(octets)) => octets.octets()?,
        (None, None) => Bytes::new(),
    };
    let mut out = BytesMut::new();
    let start_line = keys.need(&["start_line"])?;
    put_line(&mut out, &start_line, start_line.text()?)?;
    let mut announced = false;
    for (length, lines) in keys.or_default(&["headers"], |place| place.list(|place| header(&place)))? {
        announced |= length;
        out.put_slice(&lines);
    }
    if !announced {
        out.put_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    out.put_slice(b"\r\n");
    out.put_slice(&body);
    let octets = out.freeze();
    SipMessage::decode(&octets, &Limits::default())
        .map(|_| octets)
        .map_err(|_| place.invalid("a SIP message with these header fields and this body"))
}

/// Whether this is Content-Length, and the line.
fn header(place: &Place<'_>) -> Result<(bool, BytesMut), ViewError> {
    let mut keys = place.keys()?;
    keys.ignore(&["offset"]);
    let (name, value) = (keys.need(&["name"])?, keys.find(&["value"]));
    let mut out = BytesMut::new();
    match keys.find(&["line"]) {
        // Folds are part of a line.
        Some(line) => out.put_slice(format!("{}\r\n", line.text()?).as_bytes()),
        None => {
            let text = value.map(|value| value.text().map(str::to_owned)).transpose()?.unwrap_or_default();
            put_line(&mut out, place, &format!("{}: {text}", name.text()?))?;
        }
    }
    let length = HeaderName::from(name.text()?) == HeaderName::ContentLength;
    keys.finish()?;
    Ok((length, out))
}

fn put_line(out: &mut BytesMut, place: &Place<'_>, line: &str) -> Result<(), ViewError> {
    if line.contains(['\r', '\n']) {
        return Err(place.invalid("one line"));
    }
    out.put_slice(line.as_bytes());
    out.put_slice(b"\r\n");
    Ok(())
}
