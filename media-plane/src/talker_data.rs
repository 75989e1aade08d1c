//! Who talks and where, in the header of the forwarded packets: for listeners that have agreed on it with `a=extmap`.
//!
//! Source description items in header extensions (RFC 7941), so that any receiver which knows those can read them:
//!
//! | URI | Value |
//! |---|---|
//! | [`TALKER`] | NAME: the MCPTT ID of the talker, as Floor Taken shows it |
//! | [`LOCATION`] | LOC: a geo URI (RFC 5870), where locations are shown and the talker has coordinates |
//!
//! Floor Taken stays what says so in MCPTT. Nothing is added for a talker that has asked for privacy, and nothing to packets
//! that have an extension already.

use std::fmt::Write as _;

use mcptt_codec::floor::Location;
use mcptt_codec::id::LegRef;

use crate::distributor::{FanOut, Opened};
use crate::floor::FloorControlServer;
use crate::signalling::ExtensionIds;

/// The item NAME of RFC 7941.
pub const TALKER: &str = "urn:ietf:params:rtp-hdrext:sdes:name";
/// The item LOC of RFC 7941.
pub const LOCATION: &str = "urn:ietf:params:rtp-hdrext:sdes:loc";

/// Sets of numbers that listeners of one call use at a time without the packet being made again.
const KEPT: usize = 3;

/// The packet of a talker, made once for each set of numbers that its listeners have agreed on.
pub(crate) struct Variants<'a> {
    floor: &'a FloorControlServer,
    talker: LegRef,
    made: [Option<(ExtensionIds, Opened)>; KEPT],
}

impl<'a> Variants<'a> {
    pub(crate) fn new(floor: &'a FloorControlServer, talker: LegRef) -> Self {
        Self { floor, talker, made: [None, None, None] }
    }

    /// The packet for a listener that wants this.
    //= RFC7941-4.1
    pub(crate) fn of<'b>(
        &'b mut self,
        ids: ExtensionIds,
        packet: &'b mut Opened,
        fan_out: &mut FanOut,
    ) -> &'b mut Opened {
        if ids == ExtensionIds::default() {
            return packet;
        }
        let made = self.made.iter().position(|made| made.as_ref().is_some_and(|(own, _)| *own == ids));
        let place = made.or_else(|| {
            let place = self.made.iter().position(Option::is_none).unwrap_or(KEPT - 1);
            let new = self.extended(ids, packet, fan_out)?;
            self.made[place] = Some((ids, new));
            Some(place)
        });
        let Some(place) = place else { return packet };
        match &mut self.made[place] {
            Some((_, made)) => made,
            None => packet,
        }
    }

    fn extended(&self, ids: ExtensionIds, packet: &Opened, fan_out: &mut FanOut) -> Option<Opened> {
        let (talker, location) = self.floor.shown(self.talker)?;
        let location = location.filter(|_| ids.location != 0).and_then(geo_uri);
        let elements = [
            (ids.talker, Some(talker.as_str().as_bytes())),
            (ids.location, location.as_ref().map(|uri| uri.as_bytes())),
        ];
        let wanted = elements
            .map(|(id, value)| value.filter(|value| id != 0 && value.len() <= 255).map(|value| (id, value)));
        fan_out.extended(packet, &wanted)
    }
}

/// Coordinates as text. Other places have no form that everybody knows.
fn geo_uri(location: &Location) -> Option<GeoUri> {
    let Location::Geographic(coordinates) = location else { return None };
    let mut uri = GeoUri::default();
    write!(uri, "geo:{:.5},{:.5}", coordinates.latitude(), coordinates.longitude()).ok()?;
    Some(uri)
}

/// A short text without allocation.
#[derive(Default)]
struct GeoUri {
    octets: [u8; 32],
    len: usize,
}

impl GeoUri {
    fn as_bytes(&self) -> &[u8] {
        &self.octets[..self.len]
    }
}

impl std::fmt::Write for GeoUri {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len.saturating_add(text.len());
        self.octets.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
