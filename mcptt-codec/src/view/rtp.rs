//! The view of RTP packets, both ways.

use bytes::Bytes;

use super::{Shown, encode, secured, show_error, written};
use crate::id::Ssrc;
use crate::rtp::{CsrcList, Extension, MAX_CONTRIBUTING_SOURCES, RtpHeader, RtpPacket};
use crate::value::{Keys, Place, Value, ViewError, ViewErrorKind};

/// An RTP packet in the clear. Of a protected one only the header means something.
pub fn rtp(octets: &Bytes) -> Value {
    secured(show(octets), octets, encode)
}

fn show(octets: &Bytes) -> Shown {
    let (packet, error) = match RtpPacket::decode(octets) {
        Ok(packet) => (packet, None),
        // Under SRTP the padding count is not where it seems to be; the header can be read all the same.
        Err(error) => match RtpHeader::decode(octets) {
            Ok((header, len)) => {
                (RtpPacket { header, payload: octets.slice(len..), padding: Bytes::new() }, Some(error))
            }
            Err(error) => return vec![("error", show_error(&error))],
        },
    };
    let header = &packet.header;
    let mut shown = vec![
        ("payload_type", header.payload_type.into()),
        ("sequence", header.sequence.into()),
        ("timestamp", header.timestamp.into()),
        ("ssrc", header.ssrc.0.into()),
        ("marker", header.marker.into()),
    ];
    if !header.csrc.as_slice().is_empty() {
        shown.push(("csrc", Value::list(header.csrc.as_slice(), |source| source.0.into())));
    }
    shown.extend(header.extension.as_ref().map(|extension| ("extension", show_extension(extension))));
    shown.push(("payload_offset", Value::size(header.encoded_len())));
    shown.push(("payload_octets", Value::size(packet.payload.len())));
    shown.push(("payload", Value::hex(&packet.payload)));
    if !packet.padding.is_empty() {
        shown.push(("padding", Value::hex(&packet.padding)));
    }
    shown.extend(error.map(|error| ("error", show_error(&error))));
    shown
}

/// The octets are what counts; the elements are for people.
fn show_extension(extension: &Extension) -> Value {
    let mut shown = vec![
        ("profile", Value::from(extension.profile)),
        ("octets", Value::size(extension.data.len())),
        ("data", Value::hex(&extension.data)),
    ];
    // RFC 8285; other profiles have no elements.
    let elements: Vec<_> = extension.elements().collect();
    if !elements.is_empty() {
        shown.push((
            "elements",
            Value::list(&elements, |element| {
                Value::Object(vec![("id", element.id.into()), ("value", Value::hex(element.value))])
            }),
        ));
    }
    Value::Object(shown)
}

/// The octets of the packet that the keys describe: the inverse of [`rtp`].
pub(super) fn encode_keys(place: &Place<'_>, keys: &mut Keys<'_>) -> Result<Bytes, ViewError> {
    keys.ignore(&["payload_offset", "payload_octets", "error"]);
    let sources = match keys.find(&["csrc"]) {
        None => CsrcList::default(),
        Some(place) => {
            let sources = place.list(|place| place.u32().map(Ssrc))?;
            let most = i128::try_from(MAX_CONTRIBUTING_SOURCES).unwrap_or_default();
            let got = i128::try_from(sources.len()).unwrap_or(i128::MAX);
            CsrcList::new(&sources)
                .ok_or_else(|| place.error(ViewErrorKind::Range { least: 0, most, got }))?
        }
    };
    let padding = keys.or_default(&["padding"], |place| place.octets())?;
    let packet = RtpPacket {
        header: RtpHeader {
            padding: !padding.is_empty(),
            marker: keys.or_default(&["marker"], |place| place.bool())?,
            payload_type: keys.need(&["payload_type"])?.integer(0, 127)?,
            sequence: keys.or_default(&["sequence"], |place| place.u16())?,
            timestamp: keys.or_default(&["timestamp"], |place| place.u32())?,
            ssrc: Ssrc(keys.or_default(&["ssrc"], |place| place.u32())?),
            csrc: sources,
            extension: keys.find(&["extension"]).map(|place| extension(&place)).transpose()?,
        },
        payload: keys.or_default(&["payload"], |place| place.octets())?,
        padding,
    };
    written(|out| packet.encode(out)).map_err(|error| place.error(error))
}

fn extension(place: &Place<'_>) -> Result<Extension, ViewError> {
    let mut keys = place.keys()?;
    keys.ignore(&["octets", "elements"]);
    let extension = Extension {
        profile: keys.need(&["profile"])?.u16()?,
        data: keys.or_default(&["data"], |place| place.octets())?,
    };
    keys.finish()?;
    Ok(extension)
}
