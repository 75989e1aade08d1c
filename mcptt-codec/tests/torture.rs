//! The torture messages of RFC 4475 and RFC 5118, in messages of our own, and what becomes of each.
//!
//! `torture/fates.json` says for each message whether it is parsed, tolerated with deviations, refused by validation,
//! dropped as a response that finds no request, or unreadable; what a typed view must show; and why.

#![allow(clippy::unwrap_used, reason = "what these tests read is written beside them")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{
    HeaderName, Limits, NameAddr, Params, Request, SipMessage, Uri, multipart, percent, require_only,
    validate, validate_response,
};
use serde_json::Value;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    source: String,
    fate: String,
    reason: String,
    status: Option<u16>,
    what: Option<String>,
    #[serde(default)]
    deviations: Vec<String>,
    #[serde(default)]
    views: BTreeMap<String, Value>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture")
}

fn table() -> Vec<Entry> {
    serde_json::from_str(&fs::read_to_string(folder().join("fates.json")).unwrap()).unwrap()
}

/// The octets of a message file: line feeds stand for whole line ends, `{xHH}` for an octet, `{repeat N text}` for
/// repeated text and `{length}` for the length of the body.
fn octets(name: &str) -> Bytes {
    let mut rest = fs::read_to_string(folder().join(format!("{name}.sip"))).unwrap();
    let mut octets = Vec::new();
    let mut length_at = None;
    while let Some(at) = rest.find(['{', '\n']) {
        octets.extend_from_slice(&rest.as_bytes()[..at]);
        if rest[at..].starts_with('\n') {
            octets.extend_from_slice(b"\r\n");
            rest = rest[at + 1..].to_owned();
            continue;
        }
        let end = at + rest[at..].find('}').expect("a brace is closed");
        let mark = rest[at + 1..end].to_owned();
        rest = rest[end + 1..].to_owned();
        if let Some(digits) = mark.strip_prefix('x') {
            octets.push(u8::from_str_radix(digits, 16).unwrap());
        } else if let Some(repeat) = mark.strip_prefix("repeat ") {
            let (times, text) = repeat.split_once(' ').unwrap();
            octets.extend_from_slice(text.repeat(times.parse().unwrap()).as_bytes());
        } else {
            assert_eq!(mark, "length");
            length_at = length_at.or(Some(octets.len()));
            octets.extend_from_slice(LENGTH);
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    fill_lengths(octets)
}

/// Stands for a length until all octets are known; of the width that every length is written with.
const LENGTH: &[u8] = b"@@@@";

/// Each length is that of what follows the next empty line, up to the next request line when there is one.
fn fill_lengths(mut octets: Vec<u8>) -> Bytes {
    let find = |octets: &[u8], what: &[u8]| octets.windows(what.len()).position(|window| window == what);
    while let Some(at) = find(&octets, LENGTH) {
        let body = at + find(&octets[at..], b"\r\n\r\n").expect("a header section ends") + 4;
        let end = find(&octets[body..], b"INVITE sip:").map_or(octets.len(), |next| body + next);
        octets[at..at + LENGTH.len()].copy_from_slice(format!("{:04}", end - body).as_bytes());
    }
    octets.into()
}

#[test]
fn every_message_meets_its_fate() {
    let limits = Limits::default();
    for Entry { name, source, fate, reason, status, what, deviations, views } in table() {
        let datagram = octets(&name);
        let context = format!("{name} ({source}): {reason}");
        assert!(!reason.is_empty());
        let examined = SipMessage::examine(&datagram, &limits);
        if fate == "unreadable" {
            assert_eq!(examined.unwrap_err().what, what.unwrap(), "{context}");
            continue;
        }
        let examined = examined.unwrap_or_else(|error| panic!("{context}: {error}"));
        let noted: Vec<_> = examined.deviations.iter().map(|deviation| deviation.requirement).collect();
        assert_eq!(noted, deviations, "{context}");
        let message = examined.value;
        let written = message.encode();
        assert_eq!(written, datagram[..written.len()], "{context}");
        assert!(written.len() == datagram.len() || !deviations.is_empty(), "{context}");
        assert_eq!(SipMessage::decode(&written, &limits).as_ref(), Ok(&message), "{context}");

        let verdict = match &message {
            SipMessage::Request(request) => {
                validate(request).map_err(|refusal| ("refused", Some(refusal.status.0), refusal.what))
            }
            SipMessage::Response(response) => {
                validate_response(response).map_err(|what| ("dropped", None, what))
            }
        };
        match verdict {
            Ok(()) if deviations.is_empty() => assert_eq!(fate, "parsed", "{context}"),
            Ok(()) => assert_eq!(fate, "tolerated", "{context}"),
            Err((got, code, wrong)) => {
                assert_eq!((got, code, Some(wrong)), (fate.as_str(), status, what.as_deref()), "{context}");
            }
        }
        for (view, expected) in &views {
            assert_eq!(&show(&message, view, expected), expected, "{view} of {context}");
        }
    }
}

#[test]
fn every_message_file_has_a_fate() {
    let mut files: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|file| file.unwrap().file_name().to_str()?.strip_suffix(".sip").map(str::to_owned))
        .collect();
    let mut named: Vec<_> = table().into_iter().map(|entry| entry.name).collect();
    files.sort();
    named.sort();
    assert_eq!(files, named);
}

#[test]
fn no_prefix_and_no_changed_octet_of_a_message_does_harm() {
    for Entry { name, .. } in table() {
        let octets = octets(&name);
        let step = octets.len() / 50 + 1;
        for end in (0..octets.len()).step_by(step) {
            mcptt_codec::fuzzing::sip::sip_message(&octets[..end]);
        }
        for (at, octet) in (0..octets.len()).step_by(step).zip((0..=u8::MAX).cycle()) {
            let mut changed = octets.to_vec();
            changed[at] = octet;
            mcptt_codec::fuzzing::sip::sip_message(&changed);
        }
    }
}

fn uri_of(request: &Request) -> Uri {
    Uri::parse(&request.uri).unwrap()
}

/// What a typed view of the message shows; `expected` parametrises the views that compare.
fn show(message: &SipMessage, view: &str, expected: &Value) -> Value {
    let headers = message.headers();
    let request = || match message {
        SipMessage::Request(request) => request,
        SipMessage::Response(_) => panic!("{view} of a response"),
    };
    let response = || match message {
        SipMessage::Response(response) => response,
        SipMessage::Request(_) => panic!("{view} of a request"),
    };
    let display = |address: NameAddr| address.display.map(|name| name.to_string()).into();
    let vias =
        || headers.shared_values(&HeaderName::Via).map(|via| mcptt_codec::sip::Via::read(&via).unwrap());
    let parts = || multipart::body_parts(headers, message.body(), &Limits::default()).unwrap();
    let same_to = |other: &Value| {
        let other = Uri::parse(other.as_str().unwrap()).unwrap();
        headers.to_address().unwrap().uri.equivalent(&other)
    };
    match view {
        "method" => request().method.as_str().into(),
        "user" => uri_of(request()).user.map(|user| percent::decode(&user).into_owned()).into(),
        "host" => uri_of(request()).host.as_str().into(),
        "port" => uri_of(request()).port.into(),
        "status" => response().status.0.into(),
        "reason" => response().reason.as_str().into(),
        "from" => headers.from_address().unwrap().uri.to_string().into(),
        "to" => headers.to_address().unwrap().uri.to_string().into(),
        "same_to" if same_to(expected) => expected.clone(),
        "differs" => {
            let pair: Vec<_> = expected.as_array().unwrap().iter().map(|uri| uri.as_str().unwrap()).collect();
            let differ = !Uri::parse(pair[0]).unwrap().equivalent(&Uri::parse(pair[1]).unwrap());
            if differ { expected.clone() } else { Value::Null }
        }
        "from_display" => display(headers.from_address().unwrap()),
        "to_display" => display(headers.to_address().unwrap()),
        "contact" => headers.contact().unwrap().uri.to_string().into(),
        "contacts" => headers.values(&HeaderName::Contact).count().into(),
        "contact_params" => params(&headers.contact().unwrap().params),
        "vias" => vias().map(|via| format!("{} {}", via.transport, via.host)).collect(),
        "vias_count" => vias().count().into(),
        "unique_branch" => headers.top_via().unwrap().has_rfc3261_branch().into(),
        "response_target" => headers.top_via().unwrap().response_target().unwrap().to_string().into(),
        "unsupported" => {
            let refusal = require_only(request(), &["timer"]).unwrap_err();
            assert_eq!(refusal.status.0, 420);
            refusal.unsupported.iter().map(|tag| tag.as_str()).collect()
        }
        "fields" => expected
            .as_object()
            .unwrap()
            .keys()
            .map(|name| {
                (name.clone(), Value::from(headers.get(&name.as_str().into()).map(|value| value.as_str())))
            })
            .collect(),
        "parts" => parts()
            .iter()
            .map(|part| part.headers.content_type().unwrap().map(|media| media.to_string()))
            .collect(),
        "part_lengths" => parts().iter().map(|part| part.body.len()).collect(),
        "sdp_addresses" => {
            let description = SessionDescription::decode(message.body()).unwrap();
            description
                .media
                .iter()
                .map(|media| description.address_of(media).map(|address| address.ip().to_string()))
                .collect()
        }
        _ => Value::Null,
    }
}

fn params(params: &Params) -> Value {
    params.to_string().into()
}
