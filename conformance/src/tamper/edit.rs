//! What a rule does to datagrams.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{Field, FieldId, FloorPacket, Subtype};

use super::rule::{Action, Expression, Octets};
use super::{Known, Passed, sip};

/// Does this to what is about to leave the relay. What cannot be changed in this way leaves as it is.
pub(super) fn apply(action: &Action, passed: Vec<Passed>, known: &[Known]) -> Vec<Passed> {
    match action {
        Action::Drop => Vec::new(),
        Action::Double => again(passed, Duration::ZERO),
        Action::AgainAfter(milliseconds) => again(passed, Duration::from_millis(*milliseconds)),
        Action::Delay(milliseconds) => {
            let by = Duration::from_millis(*milliseconds);
            passed.into_iter().map(|one| Passed { delay: one.delay + by, ..one }).collect()
        }
        Action::FromAnotherPort => passed.into_iter().map(from_another_port).collect(),
        Action::CopyTo(name) => {
            let copies: Vec<Passed> = passed.iter().filter_map(|one| for_another(one, name, known)).collect();
            passed.into_iter().chain(copies).collect()
        }
        Action::RedirectTo(name) => passed.iter().filter_map(|one| for_another(one, name, known)).collect(),
        Action::AlsoFloor(subtype, fields) => behind(passed, |one| also_floor(one, *subtype, fields)),
        Action::AlsoOctets(Octets(octets)) => behind(passed, |_| Some(Bytes::copy_from_slice(octets))),
        action => {
            let changed = |one: Passed| {
                let payload = change(action, &one.payload).unwrap_or_else(|| one.payload.clone());
                Passed { payload, ..one }
            };
            passed.into_iter().map(changed).collect()
        }
    }
}

fn from_another_port(mut one: Passed) -> Passed {
    one.path.local.set_port(one.path.local.port().saturating_add(2));
    one
}

fn again(passed: Vec<Passed>, after: Duration) -> Vec<Passed> {
    let copies: Vec<Passed> =
        passed.iter().map(|one| Passed { delay: one.delay + after, ..one.clone() }).collect();
    passed.into_iter().chain(copies).collect()
}

/// Each with something on the same path behind it.
fn behind(passed: Vec<Passed>, also: impl Fn(&Passed) -> Option<Bytes>) -> Vec<Passed> {
    let both = |one: Passed| {
        let second = also(&one).map(|payload| Passed { payload, ..one.clone() });
        [Some(one), second].into_iter().flatten()
    };
    passed.into_iter().flat_map(both).collect()
}

/// The same from the server to the client of this name, on the like ports.
fn for_another(one: &Passed, name: &str, known: &[Known]) -> Option<Passed> {
    let port = |address| known.iter().find_map(|client| client.port(address));
    let port = port(one.path.remote).or_else(|| port(one.path.local))?;
    let other = known.iter().find(|client| client.name == name)?;
    let (local, remote) = (other.server.get(port).copied().flatten()?, *other.client.get(port)?);
    Some(Passed { path: mcptt_codec::Path { local, remote }, ..one.clone() })
}

fn also_floor(one: &Passed, subtype: u8, fields: &[(u8, Octets)]) -> Option<Bytes> {
    let sender = FloorPacket::decode(&one.payload).ok()?.ssrc;
    let fields = fields.iter().map(|(id, Octets(value))| Field::new(FieldId(*id), value)).collect();
    encoded(&FloorPacket { fields, ..FloorPacket::new(Subtype(subtype), sender) })
}

fn change(action: &Action, payload: &Bytes) -> Option<Bytes> {
    match action {
        Action::Set(..) | Action::Without(_) | Action::Subtype(_) | Action::ReverseFields => {
            let mut packet = FloorPacket::decode(payload).ok()?;
            change_floor(action, &mut packet);
            encoded(&packet)
        }
        Action::Octets(at, Octets(octets)) => {
            let mut changed = payload.to_vec();
            changed.get_mut(*at..at.checked_add(octets.len())?)?.copy_from_slice(octets);
            Some(changed.into())
        }
        Action::Replace(Expression(expression), by) => {
            sip::rewrite(payload, |text| expression.replace_all(text, by.as_str()).into_owned())
        }
        Action::Header(line) => {
            sip::rewrite(payload, |text| text.replacen("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"), 1))
        }
        Action::ReverseHeaders => sip::reverse_headers(payload),
        Action::CompactHeaders => sip::compact_headers(payload),
        Action::LowerCaseHeaders => sip::lower_case_headers(payload),
        Action::ReverseParts => sip::reverse_parts(payload),
        _ => None,
    }
}

fn change_floor(action: &Action, packet: &mut FloorPacket) {
    match action {
        Action::Set(id, Octets(value)) => {
            let field = Field::new(FieldId(*id), value);
            match packet.fields.iter_mut().find(|field| field.id().0 == *id) {
                Some(own) => *own = field,
                None => packet.fields.push(field),
            }
        }
        Action::Without(id) => packet.fields.retain(|field| field.id().0 != *id),
        Action::Subtype(subtype) => packet.subtype = Subtype(*subtype),
        Action::ReverseFields => packet.fields.reverse(),
        _ => {}
    }
}

fn encoded(packet: &FloorPacket) -> Option<Bytes> {
    let mut out = BytesMut::new();
    packet.encode(&mut out).ok()?;
    Some(out.freeze())
}
