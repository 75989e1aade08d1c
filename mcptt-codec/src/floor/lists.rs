//! Lists with a count octet: users and aliases (TS 24.380 8.2.3.17, 8.2.3.20), SSRCs (8.2.3.18), locations (8.2.3.22).
//!
//! A list whose count does not fit its length is dropped as a whole: half a list would pair users with the SSRC of
//! somebody else.

use crate::cursor::{Reader, Writer};
use crate::floor::location::{self, Location, LocationType};
use crate::id::{FunctionalAlias, McpttId, Ssrc};
use crate::rtcp::{FieldError, FieldRef, Notes, requirement};
use crate::text::ByteStr;

/// Octets of an SSRC.
const SSRC: usize = 4;

/// Reads a list of users.
pub(super) fn decode_users(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Vec<McpttId>, FieldError> {
    decode_uris(field, notes, McpttId)
}

/// Reads a list of aliases.
pub(super) fn decode_aliases(
    field: &FieldRef<'_>,
    notes: &mut Notes,
) -> Result<Vec<FunctionalAlias>, FieldError> {
    decode_uris(field, notes, FunctionalAlias)
}

/// Reads a list of URIs; `make` turns each into its identity type. An entry may be empty.
fn decode_uris<T>(
    field: &FieldRef<'_>,
    notes: &mut Notes,
    make: fn(ByteStr) -> T,
) -> Result<Vec<T>, FieldError> {
    let mut reader = Reader::new(field.value());
    let count = reader.u8("count").map_err(|_| FieldError::Length)?;
    let list = (0..count)
        .map(|_| {
            let len = reader.u8("URI length").map_err(|_| FieldError::Count)?;
            let uri = reader.take(usize::from(len), "URI").map_err(|_| FieldError::Count)?;
            Ok(make(field.text(uri, notes)))
        })
        .collect::<Result<Vec<T>, FieldError>>()?;
    if reader.is_empty() { Ok(list) } else { Err(FieldError::Count) }
}

pub(super) fn uris_len<'a>(uris: impl Iterator<Item = &'a ByteStr>) -> usize {
    uris.fold(1, |len, uri| len.saturating_add(1).saturating_add(uri.as_bytes().len()))
}

/// Writes count and entries. What does not fit into an octet does not fit into the field either, which is refused.
pub(super) fn write_uris<'a>(uris: impl ExactSizeIterator<Item = &'a ByteStr>, writer: &mut Writer<'_>) {
    writer.u8(count(uris.len()));
    for uri in uris {
        writer.u8(count(uri.as_bytes().len()));
        writer.slice(uri.as_bytes());
    }
}

/// Reads a list of SSRCs: count, a spare octet, then four octets each.
pub(super) fn decode_ssrcs(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Vec<Ssrc>, FieldError> {
    let mut reader = Reader::new(field.value());
    let [count, spare] = reader.array("count").map_err(|_| FieldError::Length)?;
    if reader.left() != usize::from(count).saturating_mul(SSRC) {
        return Err(FieldError::Count);
    }
    notes.add_if(spare != 0, requirement::SPARE);
    (0..count).map(|_| reader.u32("SSRC").map(Ssrc).map_err(|_| FieldError::Count)).collect()
}

pub(super) fn ssrcs_len(ssrcs: &[Ssrc]) -> usize {
    ssrcs.len().saturating_mul(SSRC).saturating_add(2)
}

pub(super) fn write_ssrcs(ssrcs: &[Ssrc], writer: &mut Writer<'_>) {
    writer.u8(count(ssrcs.len()));
    writer.u8(0);
    for ssrc in ssrcs {
        writer.u32(ssrc.0);
    }
}

/// Reads a list of locations. A length that leaves the count octet out is accepted.
pub(super) fn decode_locations(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Vec<Location>, FieldError> {
    if field.value().is_empty() {
        return Err(FieldError::Length);
    }
    //= 24.380-8.2.3.22
    notes.add_if(field.has_uncounted_octets(), requirement::LOCATIONS_LENGTH);
    let mut reader = Reader::new(field.content());
    let count = reader.u8("count").map_err(|_| FieldError::Length)?;
    let list =
        (0..count).map(|_| location::decode_entry(&mut reader, notes)).collect::<Result<Vec<_>, _>>()?;
    if reader.is_empty() { Ok(list) } else { Err(FieldError::Count) }
}

/// 1 when the last entry of a list of locations ends one octet behind the field, else 0.
pub(super) fn uncounted_location_octets(value: &[u8], following: &[u8]) -> usize {
    let announced = locations_content(value, following).unwrap_or_default();
    usize::from(announced == value.len().saturating_add(1))
}

/// Octets of a list of locations as its count and its types announce them.
fn locations_content(value: &[u8], following: &[u8]) -> Option<usize> {
    let mut octets = value.iter().chain(following.first());
    let count = *octets.next()?;
    let mut content = 1usize;
    for _ in 0..count {
        let len = LocationType(*octets.next()?).value_len()?;
        content = content.saturating_add(1).saturating_add(len);
        match len {
            0 => {}
            // The last entry may need the one octet that the length does not count, but no more.
            _ => drop(octets.nth(len.saturating_sub(1))?),
        }
    }
    Some(content)
}

pub(super) fn locations_len(locations: &[Location]) -> usize {
    locations.iter().fold(1, |len, location| len.saturating_add(location.wire_len()))
}

pub(super) fn write_locations(locations: &[Location], writer: &mut Writer<'_>) {
    writer.u8(count(locations.len()));
    for location in locations {
        location.write(writer);
    }
}

fn count(entries: usize) -> u8 {
    u8::try_from(entries).unwrap_or(u8::MAX)
}
