//! Where a position lies: polygons and ellipsoid arcs of TS 23.032 5.2 and 5.7.
//!
//! Areas are small against the earth, so that a sphere and straight edges in degrees are exact enough: within an area of
//! 100 km the error stays below the step of a 24-bit coordinate.

use mcptt_codec::floor::Coordinates;
use mcptt_codec::xml::location_info::{
    Coordinate, EllipsoidArc, GeographicalArea, LocationValue, MAX_CORNERS, MIN_CORNERS,
};
use thiserror::Error;

/// Mean radius of the earth in metres.
const EARTH_RADIUS: f64 = 6_371_008.8;
/// Metres that one unit of a radius stands for (TS 23.032 6.6 as F.3 uses it).
const RADIUS_UNIT: f64 = 5.0;
/// Degrees that one unit of an angle stands for.
const ANGLE_UNIT: f64 = 2.0;
/// Largest code of an angle.
const MAX_ANGLE: u8 = 179;

/// A point on the earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

/// An area in which nobody can be, or of which nobody can say what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AreaError {
    /// It is neither of the two.
    #[error("an area is a polygon or an ellipsoid arc")]
    NoShape,
    /// A coordinate is encrypted, missing or not one.
    #[error("a coordinate is a longitude and a latitude of 24 bits in the clear")]
    Coordinate,
    /// A polygon with too few or too many corners.
    #[error("a polygon has 3 to 15 corners")]
    Corners,
    /// A polygon without an inside.
    #[error("the corners of a polygon are apart and not all on one line")]
    Flat,
    /// A polygon whose edges cross.
    #[error("the edges of a polygon do not cross")]
    Crossing,
    /// An arc of no size.
    #[error("an arc has a radius of 1 or more units of 5 metres and angles of 0 to 179 units of 2 degrees")]
    Arc,
}

impl Position {
    /// Degrees, north and east positive. `None` outside of -90 to 90 and -180 to 180.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let sound = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        sound.then_some(Self { latitude, longitude })
    }

    /// Degrees north.
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    /// Reads a coordinate that is in the clear.
    pub(crate) fn of(coordinate: &Coordinate) -> Option<Self> {
        let code = |value: &Option<LocationValue>| value.as_ref()?.value()?.trim().parse::<u32>().ok();
        let code = |value| code(value).filter(|code| *code <= 0xff_ffff);
        let codes = Coordinates {
            latitude_raw: code(&coordinate.latitude)?,
            longitude_raw: code(&coordinate.longitude)?,
        };
        Some(Self { latitude: codes.latitude(), longitude: codes.longitude() })
    }

    /// The 24-bit codes.
    pub(crate) fn codes(self) -> Option<Coordinates> {
        Coordinates::from_degrees(self.latitude, self.longitude)
    }

    /// As a document writes it.
    pub(crate) fn coordinate(self) -> Option<Coordinate> {
        self.codes().map(|codes| Coordinate::new(codes.longitude_raw, codes.latitude_raw))
    }

    /// Metres along the surface.
    pub fn distance_to(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_latitude = ((to - from) / 2.0).sin();
        let half_longitude = ((other.longitude - self.longitude).to_radians() / 2.0).sin();
        let chord = half_latitude.powi(2) + from.cos() * to.cos() * half_longitude.powi(2);
        2.0 * EARTH_RADIUS * chord.clamp(0.0, 1.0).sqrt().asin()
    }

    /// Degrees from north, clockwise, in which the other one lies.
    fn bearing_to(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let turn = (other.longitude - self.longitude).to_radians();
        let east = turn.sin() * to.cos();
        let north = from.cos() * to.sin() - from.sin() * to.cos() * turn.cos();
        east.atan2(north).to_degrees().rem_euclid(360.0)
    }

    /// Where another position lies as seen from this one, in degrees; the date line does not matter.
    fn offset_of(self, other: Self) -> (f64, f64) {
        let east = (other.longitude - self.longitude + 180.0).rem_euclid(360.0) - 180.0;
        (east, other.latitude - self.latitude)
    }

    /// Whether the position is inside. An area with several shapes holds what any of them holds.
    ///
    /// # Errors
    /// The area can not be used.
    pub(crate) fn is_inside(self, area: &GeographicalArea) -> Result<bool, AreaError> {
        check_area(area)?;
        let polygon = area.polygon.as_deref().map(corners).transpose()?;
        let in_polygon = polygon.is_some_and(|corners| self.is_in_polygon(&corners));
        let in_arc = match &area.ellipsoid_arc {
            Some(arc) => self.is_in_arc(arc)?,
            None => false,
        };
        Ok(in_polygon || in_arc)
    }

    /// Counts the edges that a ray to the east crosses.
    fn is_in_polygon(self, corners: &[Self]) -> bool {
        let seen: Vec<(f64, f64)> = corners.iter().map(|corner| self.offset_of(*corner)).collect();
        let mut inside = false;
        for ((x1, y1), (x2, y2)) in edges(&seen) {
            let crosses = (y1 > 0.0) != (y2 > 0.0);
            if crosses && x1 + (0.0 - y1) * (x2 - x1) / (y2 - y1) > 0.0 {
                inside = !inside;
            }
        }
        inside
    }

    fn is_in_arc(self, arc: &EllipsoidArc) -> Result<bool, AreaError> {
        let center = Self::of(&arc.center).ok_or(AreaError::Coordinate)?;
        // A radius beyond half the earth is the whole earth.
        let radius = u32::try_from(arc.radius).map_or(f64::INFINITY, |units| f64::from(units) * RADIUS_UNIT);
        let distance = center.distance_to(self);
        if distance > radius {
            return Ok(false);
        }
        let from = f64::from(arc.offset_angle) * ANGLE_UNIT;
        let opening = (f64::from(arc.included_angle) + 1.0) * ANGLE_UNIT;
        let turned = (center.bearing_to(self) - from).rem_euclid(360.0);
        // The centre itself has no bearing.
        Ok(distance < 1.0 || turned <= opening)
    }
}

/// Whether an area can be used at all.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_area(area: &GeographicalArea) -> Result<(), AreaError> {
    if area.polygon.is_none() && area.ellipsoid_arc.is_none() {
        return Err(AreaError::NoShape);
    }
    if let Some(arc) = &area.ellipsoid_arc {
        Position::of(&arc.center).ok_or(AreaError::Coordinate)?;
        if arc.radius == 0 || arc.offset_angle > MAX_ANGLE || arc.included_angle > MAX_ANGLE {
            return Err(AreaError::Arc);
        }
    }
    let Some(polygon) = &area.polygon else { return Ok(()) };
    if !(MIN_CORNERS..=MAX_CORNERS).contains(&polygon.len()) {
        return Err(AreaError::Corners);
    }
    let corners = corners(polygon)?;
    let Some(first) = corners.first() else { return Err(AreaError::Corners) };
    let seen: Vec<(f64, f64)> = corners.iter().map(|corner| first.offset_of(*corner)).collect();
    let twice_area: f64 = edges(&seen).map(|((x1, y1), (x2, y2))| x1 * y2 - x2 * y1).sum();
    let apart = edges(&seen).all(|(one, other)| one != other);
    if !apart || twice_area.abs() < 1e-12 {
        return Err(AreaError::Flat);
    }
    let lines: Vec<_> = edges(&seen).collect();
    for (at, one) in lines.iter().enumerate() {
        for (other_at, other) in lines.iter().enumerate().skip(at + 2) {
            // The first and the last edge share a corner, as neighbours do.
            let neighbours = at == 0 && other_at + 1 == lines.len();
            if !neighbours && cross(*one, *other) {
                return Err(AreaError::Crossing);
            }
        }
    }
    Ok(())
}

type Point = (f64, f64);

fn corners(polygon: &[Coordinate]) -> Result<Vec<Position>, AreaError> {
    polygon.iter().map(|corner| Position::of(corner).ok_or(AreaError::Coordinate)).collect()
}

fn edges(corners: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    corners.iter().copied().zip(corners.iter().copied().cycle().skip(1))
}

/// Whether two edges have a point in common.
fn cross((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let side = |p: Point, q: Point, r: Point| (q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0);
    let (one, two, three, four) = (side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b));
    one * two < 0.0 && three * four < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        Position::new(latitude, longitude).unwrap()
    }

    fn polygon(corners: &[(f64, f64)]) -> GeographicalArea {
        let corners = corners.iter().map(|(lat, lon)| at(*lat, *lon).coordinate().unwrap());
        GeographicalArea { polygon: Some(corners.collect()), ..GeographicalArea::default() }
    }

    fn arc(radius: u64, offset_angle: u8, included_angle: u8) -> GeographicalArea {
        let center = at(48.0, 16.0).coordinate().unwrap();
        let arc = EllipsoidArc { center, radius, offset_angle, included_angle, ..EllipsoidArc::default() };
        GeographicalArea { ellipsoid_arc: Some(arc), ..GeographicalArea::default() }
    }

    #[test]
    fn distances_are_those_of_the_earth() {
        // One degree of a great circle.
        let degree = EARTH_RADIUS.to_radians();
        for (from, to, expected) in [
            (at(0.0, 0.0), at(0.0, 1.0), degree),
            (at(0.0, 179.5), at(0.0, -179.5), degree),
            (at(60.0, 10.0), at(61.0, 10.0), degree),
            (at(48.2, 16.4), at(48.2, 16.4), 0.0),
        ] {
            let distance = from.distance_to(to);
            assert!((distance - expected).abs() < 1.0, "{from:?} {to:?}: {distance}");
        }
    }

    #[test]
    fn a_polygon_holds_what_is_between_its_edges() {
        // An L: its notch is outside.
        let shape =
            polygon(&[(48.0, 16.0), (48.0, 16.3), (48.1, 16.3), (48.1, 16.1), (48.3, 16.1), (48.3, 16.0)]);
        for (latitude, longitude, inside) in [
            (48.05, 16.2, true),
            (48.2, 16.05, true),
            (48.2, 16.2, false),
            (47.9, 16.05, false),
            (48.05, 16.4, false),
        ] {
            assert_eq!(at(latitude, longitude).is_inside(&shape), Ok(inside), "{latitude} {longitude}");
        }
        // Over the date line.
        let pacific = polygon(&[(-10.0, 179.0), (-10.0, -179.0), (10.0, -179.0), (10.0, 179.0)]);
        let found =
            [180.0, -179.5, 179.5, 178.0, -178.0].map(|lon| at(0.0, lon).is_inside(&pacific).unwrap());
        assert_eq!(found, [true, true, true, false, false]);
    }

    #[test]
    fn an_arc_holds_what_is_near_enough_and_in_its_opening() {
        // 5 km towards the east, opening of 90 degrees around it.
        let east = arc(1000, 22, 44);
        let north = 1.0 / EARTH_RADIUS.to_radians();
        for (metres_north, metres_east, inside) in [
            (0.0, 0.0, true),
            (0.0, 4_900.0, true),
            (0.0, 5_100.0, false),
            (3_000.0, 0.0, false),
            (2_000.0, 3_000.0, true),
            (-3_000.0, -100.0, false),
        ] {
            let longitude = 16.0 + metres_east * north / 48f64.to_radians().cos();
            let point = at(48.0 + metres_north * north, longitude);
            assert_eq!(point.is_inside(&east), Ok(inside), "{metres_north} {metres_east}");
        }
        let circle = arc(1000, 0, 179);
        assert_eq!(at(47.97, 15.98).is_inside(&circle), Ok(true));
    }

    #[test]
    fn an_area_without_inside_is_refused() {
        let point = at(48.0, 16.0);
        let cases = [
            (GeographicalArea::default(), AreaError::NoShape),
            (polygon(&[(48.0, 16.0), (48.0, 16.1)]), AreaError::Corners),
            (polygon(&[(48.0, 16.0), (48.1, 16.0), (48.2, 16.0)]), AreaError::Flat),
            (polygon(&[(48.0, 16.0), (48.2, 16.2), (48.0, 16.2), (48.25, 16.0)]), AreaError::Crossing),
            (arc(0, 0, 10), AreaError::Arc),
            (arc(10, 180, 10), AreaError::Arc),
        ];
        for (area, error) in cases {
            assert_eq!(point.is_inside(&area), Err(error));
        }
        let mut encrypted = arc(10, 0, 10);
        encrypted.ellipsoid_arc.as_mut().unwrap().center.latitude = None;
        assert_eq!(point.is_inside(&encrypted), Err(AreaError::Coordinate));
    }
}
