//! A readable view of a session description, for people and for tools: no key, no password.

use super::line::is_secret;
use super::{
    Attribute, Candidate, Crypto, Fingerprint, Group, KeyManagement, Line, McpttFmtp, MediaDescription,
    RtcpPort, RtpMap, SessionDescription, SourceAttribute, TypedAttribute,
};
use crate::Deviation;
use crate::value::Value;

const HIDDEN: &str = "(hidden)";

/// The description as an object: `session` and `media` with their lines in order, `deviations` from what a strict
/// sender writes. Attributes that this project understands show their parts beside the value; of keys and passwords
/// only what is no secret is shown.
pub fn view(description: &SessionDescription) -> Value {
    Value::Object(vec![
        ("session", Value::list(&description.lines, line)),
        ("media", Value::list(&description.media, |media| media_description(description, media))),
        ("deviations", Value::list(&description.deviations(), deviation)),
    ])
}

fn media_description(description: &SessionDescription, media: &MediaDescription) -> Value {
    let mut shown = vec![
        ("kind", Value::text(&media.kind)),
        ("port", media.port.into()),
        ("protocol", Value::text(&media.protocol)),
        ("formats", Value::list(&media.formats, Value::text)),
        ("refused", Value::Bool(media.is_refused() && !media.is_bundle_only())),
        ("direction", Value::text(description.direction_of(media).as_str())),
    ];
    shown.extend(media.port_count.map(|count| ("port_count", count.into())));
    shown.extend(description.address_of(media).map(|address| ("address", Value::text(address))));
    if media.is_rtp() {
        shown
            .extend(description.rtcp_address_of(media).map(|address| ("rtcp_address", Value::text(address))));
    }
    if media.is_floor_control() {
        shown.push(match media.mcptt_fmtp() {
            Ok(parameters) => ("floor_control", floor_control(&parameters.unwrap_or_default())),
            Err(error) => ("floor_control_error", Value::text(error)),
        });
    }
    shown.push(("lines", Value::list(&media.lines, line)));
    Value::Object(shown)
}

fn floor_control(parameters: &McpttFmtp) -> Value {
    let McpttFmtp {
        queueing,
        priority,
        granted,
        implicit_request,
        ssrc,
        no_floor_control,
        floor_ssrc,
        unknown,
    } = parameters;
    let mut shown = vec![
        ("mc_queueing", Value::Bool(*queueing)),
        ("mc_granted", Value::Bool(*granted)),
        ("mc_implicit_request", Value::Bool(*implicit_request)),
        ("mc_no_floor_ctrl", Value::Bool(*no_floor_control)),
    ];
    shown.extend(priority.map(|priority| ("mc_priority", priority.into())));
    shown.extend(ssrc.map(|ssrc| ("mc_ssrc", ssrc.0.into())));
    shown.extend(floor_ssrc.map(|ssrc| ("mc_floor_ssrc", ssrc.0.into())));
    if !unknown.is_empty() {
        shown.push(("unknown", Value::list(unknown, |parameter| Value::text(&parameter.name))));
    }
    Value::Object(shown)
}

fn line(line: &Line) -> Value {
    let mut shown = vec![("type", Value::text(line.kind))];
    match line.attribute() {
        Some(attribute) => {
            shown.push(("attribute", Value::text(&attribute.name)));
            if let Some(value) = &attribute.value {
                let value = if is_secret(&attribute.name) { HIDDEN } else { value.as_str() };
                shown.push(("value", Value::text(value)));
            }
            shown.extend(parts(&attribute).map(|parts| ("parts", Value::Object(parts))));
        }
        None if line.kind == 'k' => shown.push(("value", Value::text(HIDDEN))),
        None => shown.push(("value", Value::text(&line.value))),
    }
    Value::Object(shown)
}

type Parts = Vec<(&'static str, Value)>;

/// The parts of an attribute whose value does not speak for itself; `None` for any other, and for one that cannot be read.
fn parts(attribute: &Attribute) -> Option<Parts> {
    fn read<T: TypedAttribute>(attribute: &Attribute, show: impl FnOnce(T) -> Parts) -> Option<Parts> {
        T::read(attribute.value.as_deref()?).ok().map(show)
    }
    match attribute.name.as_str() {
        RtpMap::NAME => read(attribute, |map: RtpMap| {
            vec![
                ("payload_type", map.payload_type.into()),
                ("encoding", Value::text(map.encoding)),
                ("clock_rate", map.clock_rate.into()),
            ]
        }),
        Crypto::NAME => read(attribute, crypto),
        KeyManagement::NAME => read(attribute, |message: KeyManagement| {
            vec![("protocol", Value::text(&message.protocol)), ("octets", Value::size(message.data().len()))]
        }),
        Candidate::NAME => read(attribute, candidate),
        Fingerprint::NAME => read(attribute, |fingerprint: Fingerprint| {
            vec![("hash", Value::text(&fingerprint.hash.0)), ("octets", Value::hex(&fingerprint.octets))]
        }),
        Group::NAME => read(attribute, |group: Group| {
            vec![
                ("semantics", Value::text(&group.semantics.0)),
                ("mids", Value::list(&group.mids, Value::text)),
            ]
        }),
        RtcpPort::NAME => read(attribute, |rtcp: RtcpPort| {
            let address = rtcp.connection.map(|connection| ("address", Value::text(connection.address)));
            std::iter::once(("port", rtcp.port.into())).chain(address).collect()
        }),
        SourceAttribute::NAME => read(attribute, |source: SourceAttribute| {
            let cname = source.cname().map(|cname| ("cname", Value::text(cname)));
            std::iter::once(("ssrc", source.ssrc.0.into())).chain(cname).collect()
        }),
        _ => None,
    }
}

fn crypto(crypto: Crypto) -> Parts {
    let keys: Vec<_> = crypto.keys().collect();
    vec![
        ("tag", crypto.tag.into()),
        ("suite", Value::text(crypto.suite.as_str())),
        (
            "keys",
            Value::list(&keys, |key| {
                let mut shown = vec![("octets", Value::size(key.key_salt.as_bytes().len()))];
                shown.extend(key.lifetime.map(|lifetime| ("lifetime", Value::text(lifetime))));
                if let Some(mki) = key.mki {
                    shown.extend([("mki", Value::Number(mki.value)), ("mki_octets", mki.octets.into())]);
                }
                Value::Object(shown)
            }),
        ),
        (
            "session_parameters",
            Value::list(&crypto.session_parameters, |shown| Value::Text(format!("{shown:?}"))),
        ),
    ]
}

fn candidate(candidate: Candidate) -> Parts {
    let Candidate { foundation, component, transport, priority, address, port, kind, related, extensions } =
        candidate;
    let mut shown = vec![
        ("foundation", Value::text(foundation)),
        ("component", component.into()),
        ("transport", Value::text(transport)),
        ("priority", priority.into()),
        ("address", Value::text(address)),
        ("port", port.into()),
        ("kind", Value::text(kind.0)),
    ];
    if let Some(related) = related {
        shown.push(("related_address", Value::text(related.address)));
        shown.push(("related_port", related.port.into()));
    }
    if !extensions.is_empty() {
        shown.push((
            "extensions",
            Value::list(&extensions, |(name, value)| Value::text(format!("{name} {value}"))),
        ));
    }
    shown
}

fn deviation(deviation: &Deviation) -> Value {
    Value::Object(vec![
        ("offset", Value::size(deviation.offset)),
        ("requirement", Value::text(deviation.requirement)),
    ])
}
