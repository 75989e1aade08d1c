//! From a view back to octets: which kind of view it is, and what surrounds the packets in it.

use bytes::{Bytes, BytesMut};

use super::{document, message, report, rtp, sip};
use crate::floor::{self, FloorMessage};
use crate::rtcp::Protocol;
use crate::session::{self, SessionMessage};
use crate::subchannel::{self, NotificationMessage, NotificationSubtype, SubchannelMessage};
use crate::value::{Input, Keys, Place, ViewError};

/// Keys that place a datagram in a capture; they say nothing about its octets.
const SURROUNDINGS: [&str; 10] =
    ["frame", "time", "src", "dst", "transport", "protocol", "octets", "offset", "truncated", "comments"];

/// The octets that a view shows.
///
/// Takes what the functions of this module show, one packet without its datagram, and what people write by hand; keys that describe a captured frame are passed over.
///
/// # Errors
/// [`ViewError`] with the path of the value and what would be right there: a key that is missing or unknown, a value of
/// the wrong type or outside of its range, or more than the wire format can carry.
pub fn encode(view: &Input) -> Result<Bytes, ViewError> {
    at(&Place::root(view), |place, keys| {
        keys.ignore(&SURROUNDINGS);
        if keys.has(&["packets"]) {
            return packets(keys);
        }
        if keys.has(&["start_line"]) {
            return sip::encode_keys(place, keys);
        }
        if keys.has(&["payload_type"]) {
            return rtp::encode_keys(place, keys);
        }
        if keys.has(&["message_type"]) {
            return document::encode_monp(place, keys);
        }
        if keys.has(&["text"]) {
            return document::encode_keys(keys);
        }
        parts(place, keys)
    })
}

/// The octets of one RTCP packet.
pub(super) fn packet(view: &Input) -> Result<Bytes, ViewError> {
    one(&Place::root(view))
}

fn one(place: &Place<'_>) -> Result<Bytes, ViewError> {
    at(place, |place, keys| {
        keys.ignore(&["offset", "octets"]);
        parts(place, keys)
    })
}

/// The packets of a datagram and what follows them.
fn packets(keys: &mut Keys<'_>) -> Result<Bytes, ViewError> {
    let mut out = BytesMut::new();
    for packet in keys.or_default(&["packets"], |place| place.list(|place| one(&place)))? {
        out.extend_from_slice(&packet);
    }
    out.extend_from_slice(&keys.or_default(&["trailing"], |place| place.octets())?);
    keys.ignore(&["trailing_octets", "error", "deviations"]);
    Ok(out.freeze())
}

fn parts(place: &Place<'_>, keys: &mut Keys<'_>) -> Result<Bytes, ViewError> {
    if !keys.has(&["name"]) {
        return report::encode(place, keys);
    }
    let name = keys.need(&["name"])?;
    match name.text()?.as_bytes().first_chunk::<4>().filter(|_| name.text().is_ok_and(|text| text.len() == 4))
    {
        Some(&floor::Subtype::NAME) => message::encode::<FloorMessage>(place, keys),
        Some(&session::Subtype::NAME) => message::encode::<SessionMessage>(place, keys),
        Some(&subchannel::Subtype::NAME) => message::encode::<SubchannelMessage>(place, keys),
        Some(&NotificationSubtype::NAME) => message::encode::<NotificationMessage>(place, keys),
        Some(other) => report::encode_app(*other, place, keys),
        None => Err(name.invalid("a name of four ASCII characters")),
    }
}

/// Octets under `raw` if there are any, else what `encode` makes of the keys, all of which must mean something.
pub(super) fn at(
    place: &Place<'_>,
    encode: impl FnOnce(&Place<'_>, &mut Keys<'_>) -> Result<Bytes, ViewError>,
) -> Result<Bytes, ViewError> {
    let mut keys = place.keys()?;
    if let Some(raw) = keys.find(&["raw"]) {
        return raw.octets();
    }
    let octets = encode(place, &mut keys)?;
    keys.finish()?;
    Ok(octets)
}
