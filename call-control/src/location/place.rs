//! Where a client is, in everything that a report can say about it.

use mcptt_codec::floor::{Location, Plmn};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::location_info::{CurrentLocation, LocationValue, RequestedLocation};

use super::Position;

/// Digits of the network in front of a cell or an area.
const PLMN_DIGITS: usize = 6;

/// What a UE knows about where it is. What it does not know is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The serving cell: 6 digits of the network and 28 binary digits.
    pub serving_ecgi: Option<ByteStr>,
    /// Its neighbours, as the serving cell.
    pub neighbouring_ecgi: Vec<ByteStr>,
    /// The tracking area: 6 digits of the network and 16 binary digits.
    pub tracking_area: Option<ByteStr>,
    /// The MBMS service area.
    pub mbms_sa_id: Option<u16>,
    /// The MBSFN area.
    pub mbsfn_area: Option<u8>,
    /// The coordinates.
    pub position: Option<Position>,
}

impl Place {
    /// Somewhere of which only the coordinates are known.
    pub fn at(position: Position) -> Self {
        Self { position: Some(position), ..Self::default() }
    }

    /// The network, as the cell or the tracking area names it.
    pub(crate) fn plmn(&self) -> Option<ByteStr> {
        let area = self.serving_ecgi.as_ref().or(self.tracking_area.as_ref())?;
        area.get(..PLMN_DIGITS).map(ByteStr::from)
    }

    /// As much of it as is asked for.
    pub(crate) fn current(&self, requested: &RequestedLocation) -> CurrentLocation {
        let normal = |text: &ByteStr| LocationValue::Normal(text.clone());
        let number = |number: u32| LocationValue::Normal(number.to_string().into());
        let neighbours = self.neighbouring_ecgi.iter().filter(|_| requested.neighbouring_ecgi);
        CurrentLocation {
            serving_ecgi: self.serving_ecgi.as_ref().filter(|_| requested.serving_ecgi).map(normal),
            neighbouring_ecgi: neighbours.map(normal).collect(),
            mbms_sa_id: self.mbms_sa_id.filter(|_| requested.mbms_sa_id).map(|area| number(area.into())),
            mbsfn_area: self.mbsfn_area.filter(|_| requested.mbsfn_area).map(|area| number(area.into())),
            coordinate: self
                .position
                .filter(|_| requested.geographical_coordinate)
                .and_then(Position::coordinate),
            ..CurrentLocation::default()
        }
    }
}

/// The coordinates of a report, if it has any in the clear.
pub(crate) fn position_of(current: &CurrentLocation) -> Option<Position> {
    current.coordinate.as_ref().and_then(Position::of)
}

/// What of a report floor control can show: coordinates, else the cell, else an area.
pub(crate) fn floor_location(current: &CurrentLocation) -> Option<Location> {
    if let Some(codes) = position_of(current).and_then(Position::codes) {
        return Some(Location::Geographic(codes));
    }
    let clear = |value: &Option<LocationValue>| value.as_ref()?.value().map(str::to_owned);
    if let Some(cell) = clear(&current.serving_ecgi).as_deref().and_then(ecgi) {
        return Some(cell);
    }
    if let Some(area) = clear(&current.mbms_sa_id).and_then(|area| area.parse().ok()) {
        return Some(Location::MbmsServiceArea(area));
    }
    clear(&current.mbsfn_area).and_then(|area| area.parse().ok()).map(Location::MbsfnArea)
}

fn ecgi(text: &str) -> Option<Location> {
    let (plmn, cell) = text.split_at_checked(PLMN_DIGITS)?;
    let eci = u32::from_str_radix(cell, 2).ok().filter(|_| cell.len() == 28)?;
    let (mcc, mnc) = plmn.split_at_checked(3)?;
    Some(Location::Ecgi { plmn: Plmn::new(mcc, mnc)?, eci })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_is_told() {
        let place = Place {
            serving_ecgi: Some("2620010000000000000000000000000001".into()),
            mbms_sa_id: Some(7),
            ..Place::at(Position::new(48.0, 16.0).unwrap())
        };
        assert_eq!(place.plmn().as_deref(), Some("262001"));
        let requested = RequestedLocation { serving_ecgi: true, ..RequestedLocation::default() };
        let current = place.current(&requested);
        assert!(
            current.serving_ecgi.is_some() && current.mbms_sa_id.is_none() && current.coordinate.is_none()
        );
        assert!(matches!(floor_location(&current), Some(Location::Ecgi { eci: 1, .. })));
        let requested = RequestedLocation { geographical_coordinate: true, ..RequestedLocation::default() };
        assert!(matches!(floor_location(&place.current(&requested)), Some(Location::Geographic(_))));
    }
}
