//! A readable form of a message, without keys, for people and for tools.

use super::content::{Identity, Rand, SecurityPolicy, TicketPolicy, Timestamp};
use super::header::{CommonHeader, CsIdMap};
use super::key::KeyValidity;
use super::number::PayloadType;
use super::payload::Payload;
use super::secret::KeyMaterial;
use super::{Mikey, Rest};
use crate::value::Value;

type Members = Vec<(&'static str, Value)>;

/// What a message says: `data_type`, `verify`, `prf`, `csb_id`, `cs_id_map`, and `payloads` in wire order, each with its
/// `payload` name. Keys, encrypted or not, are shown as their number of octets. `rest` is there when a part could not
/// be read.
pub fn view(message: &Mikey) -> Value {
    let CommonHeader { data_type, verify, prf, csb_id, cs_map } = &message.header;
    let mut shown = vec![
        ("data_type", data_type.0.into()),
        ("verify", Value::Bool(*verify)),
        ("prf", prf.0.into()),
        ("csb_id", Value::text(format_args!("{csb_id:08x}"))),
        ("cs_id_map", map(cs_map)),
        ("payloads", Value::list(message.payloads(), payload)),
    ];
    if let Some(Rest { payload_type: PayloadType(number), octets }) = &message.chain.rest {
        let rest = vec![("payload_type", Value::from(*number)), ("octets", secret(octets))];
        shown.push(("rest", Value::Object(rest)));
    }
    Value::Object(shown)
}

fn map(map: &CsIdMap) -> Value {
    let mut shown = vec![("type", map.map_type().0.into())];
    match map {
        CsIdMap::Srtp(streams) => shown.push((
            "streams",
            Value::list(streams, |stream| {
                Value::Object(vec![
                    ("policy", stream.policy.into()),
                    ("ssrc", Value::text(stream.ssrc)),
                    ("roc", stream.roll_over_counter.into()),
                ])
            }),
        )),
        CsIdMap::Generic(sessions) => shown.push((
            "sessions",
            Value::list(sessions, |session| {
                Value::Object(vec![
                    ("cs_id", session.cs_id.into()),
                    ("protocol", session.protocol.0.into()),
                    ("flag", Value::Bool(session.session_flag)),
                    ("policies", Value::list(&session.policies, |policy| Value::from(*policy))),
                    ("session_data", Value::hex(&session.session_data)),
                    ("spi", Value::hex(&session.spi)),
                ])
            }),
        )),
        CsIdMap::Empty { count } | CsIdMap::Other { count, .. } => shown.push(("count", (*count).into())),
    }
    Value::Object(shown)
}

fn payload(payload: &Payload) -> Value {
    let mut shown = vec![("payload", Value::text(payload.name()))];
    shown.extend(members(payload));
    Value::Object(shown)
}

fn members(payload: &Payload) -> Members {
    match payload {
        Payload::KeyTransport(transport) => vec![
            ("encryption", transport.encryption.0.into()),
            ("data_octets", secret(&transport.data)),
            ("mac_algorithm", transport.mac_algorithm.0.into()),
            ("mac", Value::hex(&transport.mac)),
        ],
        Payload::EnvelopeData(envelope) => {
            vec![("cache", envelope.cache.into()), ("data_octets", secret(&envelope.data))]
        }
        Payload::DhData(dh) => {
            vec![
                ("group", dh.group.0.into()),
                ("value", Value::hex(&dh.value)),
                ("validity", validity(&dh.validity)),
            ]
        }
        Payload::Signature(sign) => {
            vec![("type", sign.signature_type.0.into()), ("signature", Value::hex(&sign.signature))]
        }
        Payload::Timestamp(value) => timestamp(*value),
        Payload::Identity(value) => identity(value),
        Payload::Certificate(certificate) => {
            vec![("type", certificate.certificate_type.0.into()), ("value", Value::hex(&certificate.value))]
        }
        Payload::CertificateHash(hash) => {
            vec![("function", hash.function.0.into()), ("value", Value::hex(&hash.value))]
        }
        Payload::Verification(verification) => {
            vec![("algorithm", verification.algorithm.0.into()), ("code", Value::hex(&verification.code))]
        }
        Payload::SecurityPolicy(value) => policy(value),
        Payload::Rand(value) => rand(value),
        Payload::Error(error) => vec![("error", error.number.0.into())],
        Payload::TimestampWithRole(value) => with_role(value.role.0, timestamp(value.value)),
        Payload::IdentityWithRole(value) => with_role(value.role.0, identity(&value.value)),
        Payload::RandWithRole(value) => with_role(value.role.0, rand(&value.value)),
        Payload::TicketPolicy(value) => ticket_policy(value),
        Payload::Ticket(ticket) => {
            let mut shown = ticket_policy(&ticket.policy);
            shown.push(("data_octets", secret(&ticket.data)));
            shown
        }
        Payload::KeyData(key) => vec![
            ("type", key.key_type.0.into()),
            ("key_octets", secret(&key.key)),
            ("salt_octets", key.salt.as_ref().map_or(Value::Null, secret)),
            ("validity", validity(&key.validity)),
        ],
        Payload::GeneralExtension(extension) => {
            // What an extension of TS 33.180 holds may be as secret as a key.
            vec![("type", extension.extension_type.0.into()), ("data_octets", count(extension.data.len()))]
        }
        Payload::Sakke(sakke) => vec![
            ("parameters", sakke.parameters.0.into()),
            ("identifier_scheme", sakke.identifier_scheme.0.into()),
            ("data_octets", secret(&sakke.data)),
        ],
    }
}

fn count(octets: usize) -> Value {
    Value::Number(u64::try_from(octets).unwrap_or(u64::MAX))
}

fn secret(material: &KeyMaterial) -> Value {
    count(material.as_bytes().len())
}

fn with_role(role: u8, members: Members) -> Members {
    let mut shown = vec![("role", role.into())];
    shown.extend(members);
    shown
}

fn timestamp(timestamp: Timestamp) -> Members {
    let value = match timestamp {
        Timestamp::NtpUtc(value) | Timestamp::Ntp(value) => value,
        Timestamp::Counter(value) | Timestamp::NtpUtc32(value) => value.into(),
    };
    vec![("type", timestamp.timestamp_type().0.into()), ("value", Value::Number(value))]
}

fn identity(identity: &Identity) -> Members {
    let value = identity.as_uri().map_or_else(|| Value::hex(&identity.value), Value::text);
    vec![("type", identity.id_type.0.into()), ("value", value)]
}

fn rand(Rand(value): &Rand) -> Members {
    vec![("value", Value::hex(value))]
}

fn policy(policy: &SecurityPolicy) -> Members {
    let parameters = Value::list(&policy.parameters, |parameter| {
        Value::Object(vec![
            ("type", parameter.parameter_type.0.into()),
            ("value", Value::hex(&parameter.value)),
        ])
    });
    vec![("policy", policy.policy.into()), ("protocol", policy.protocol.0.into()), ("parameters", parameters)]
}

fn ticket_policy(policy: &TicketPolicy) -> Members {
    vec![
        ("type", policy.ticket_type.0.into()),
        ("subtype", policy.subtype.into()),
        ("version", policy.version.into()),
        ("policy", Value::hex(&policy.data)),
    ]
}

fn validity(validity: &KeyValidity) -> Value {
    match validity {
        KeyValidity::Null => Value::Null,
        KeyValidity::Spi(spi) => Value::Object(vec![("spi", Value::hex(spi))]),
        KeyValidity::Interval { from, to } => {
            Value::Object(vec![("from", Value::hex(from)), ("to", Value::hex(to))])
        }
    }
}
