//! Location (TS 24.380 8.2.3.21, Rel-15) and the geographic coding of TS 23.032.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::Release;
use crate::cursor::{Reader, Writer};
use crate::rtcp::{FieldError, FieldId, FieldRef, FirstReleases, Notes, requirement};
use crate::value::{Place, Value, ViewError};

/// Which kind of location follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct LocationType(pub u8);

impl LocationType {
    /// The location is not known or may not be told.
    pub const NOT_PROVIDED: Self = Self(0);
    /// E-UTRAN cell global identifier.
    pub const ECGI: Self = Self(1);
    /// Tracking area of EPS.
    pub const TRACKING_AREA: Self = Self(2);
    /// Public land mobile network.
    pub const PLMN: Self = Self(3);
    /// MBMS service area.
    pub const MBMS_SERVICE_AREA: Self = Self(4);
    /// MBSFN area.
    pub const MBSFN_AREA: Self = Self(5);
    /// Geographic coordinates.
    pub const GEOGRAPHIC_COORDINATES: Self = Self(6);
    /// Altitude (Rel-18). Its coding is not known to this project, so it is carried as octets.
    pub const ALTITUDE: Self = Self(7);

    /// Octets of the value, or `None` when this project does not know.
    pub const fn value_len(self) -> Option<usize> {
        Some(match self {
            Self::NOT_PROVIDED => 0,
            Self::ECGI => 7,
            Self::TRACKING_AREA => 5,
            Self::PLMN => 3,
            Self::MBMS_SERVICE_AREA => 2,
            Self::MBSFN_AREA => 1,
            Self::GEOGRAPHIC_COORDINATES => 6,
            _ => return None,
        })
    }
}

/// Public land mobile network, three octets of binary coded decimal (TS 24.008 10.5.1.13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Plmn(pub [u8; 3]);

impl Plmn {
    /// Mobile country code and mobile network code: three digits, then two or three. `None` for anything else.
    pub fn new(mcc: &str, mnc: &str) -> Option<Self> {
        let [c1, c2, c3] = digits::<3>(mcc)?;
        let (n1, n2, n3) = match mnc.len() {
            2 => digits::<2>(mnc).map(|[n1, n2]| (n1, n2, 0x0f))?,
            3 => digits::<3>(mnc).map(|[n1, n2, n3]| (n1, n2, n3))?,
            _ => return None,
        };
        Some(Self([c2 << 4 | c1, n3 << 4 | c3, n2 << 4 | n1]))
    }
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let octets: [u8; N] = text.as_bytes().try_into().ok()?;
    octets.iter().all(u8::is_ascii_digit).then(|| octets.map(|octet| octet & 0x0f))
}

impl fmt::Display for Plmn {
    /// `240-10`, `310-260`; a nibble that is no digit is printed in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.0;
        write!(f, "{:x}{:x}{:x}-{:x}{:x}", a & 0x0f, a >> 4, b & 0x0f, c & 0x0f, c >> 4)?;
        match b >> 4 {
            0x0f => Ok(()),
            third => write!(f, "{third:x}"),
        }
    }
}

/// Text that is no network in the form that [`Plmn`] is printed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a network such as 240-10")]
pub struct PlmnError;

impl FromStr for Plmn {
    type Err = PlmnError;

    /// Takes what [`Display`](fmt::Display) prints, nibbles that are no digits included.
    fn from_str(text: &str) -> Result<Self, PlmnError> {
        let nibble = |digit: char| digit.to_digit(16).and_then(|value| u8::try_from(value).ok());
        let nibbles = |part: &str| part.chars().map(nibble).collect::<Option<Vec<u8>>>();
        let (mcc, mnc) = text.split_once('-').ok_or(PlmnError)?;
        match (nibbles(mcc).as_deref(), nibbles(mnc).as_deref()) {
            (Some([c1, c2, c3]), Some([n1, n2])) => Ok(Self([c2 << 4 | c1, 0xf0 | c3, n2 << 4 | n1])),
            (Some([c1, c2, c3]), Some([n1, n2, n3])) => Ok(Self([c2 << 4 | c1, n3 << 4 | c3, n2 << 4 | n1])),
            _ => Err(PlmnError),
        }
    }
}

impl serde::Serialize for Plmn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An ellipsoid point (TS 23.032 6.1), as it stands on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Coordinates {
    /// Sign and magnitude: bit 23 set in the south, then 23 bits.
    pub latitude_raw: u32,
    /// Two's complement of 24 bits, negative in the west.
    pub longitude_raw: u32,
}

/// Latitude steps of a quarter circle.
const LATITUDE_STEPS: f64 = 8_388_608.0;
/// Longitude steps of a full circle.
const LONGITUDE_STEPS: f64 = 16_777_216.0;

impl Coordinates {
    /// Codes degrees: latitude -90 to 90, longitude -180 to 180. `None` outside of that.
    pub fn from_degrees(latitude: f64, longitude: f64) -> Option<Self> {
        if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            return None;
        }
        let south = if latitude < 0.0 { 0x80_0000 } else { 0 };
        // Both casts take a finite number of the checked range; the pole itself has no code of its own.
        let magnitude = ((latitude.abs() * LATITUDE_STEPS / 90.0).floor() as u32).min(0x7f_ffff);
        let steps = (longitude * LONGITUDE_STEPS / 360.0).floor() as i32;
        let longitude_raw = steps.clamp(-0x80_0000, 0x7f_ffff).cast_unsigned() & 0xff_ffff;
        Some(Self { latitude_raw: south | magnitude, longitude_raw })
    }

    /// Degrees, positive in the north; the lower bound of the step that the code stands for.
    pub fn latitude(self) -> f64 {
        let degrees = f64::from(self.latitude_raw & 0x7f_ffff) * 90.0 / LATITUDE_STEPS;
        if self.latitude_raw & 0x80_0000 != 0 { -degrees } else { degrees }
    }

    /// Degrees, positive in the east; the lower bound of the step that the code stands for.
    pub fn longitude(self) -> f64 {
        let sign = if self.longitude_raw & 0x80_0000 != 0 { 0xff00_0000 } else { 0 };
        let steps = (self.longitude_raw & 0xff_ffff | sign).cast_signed();
        f64::from(steps) * 360.0 / LONGITUDE_STEPS
    }
}

/// Where a talker is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// Not known or not told.
    #[default]
    NotProvided,
    /// E-UTRAN cell.
    Ecgi {
        /// Network of the cell.
        plmn: Plmn,
        /// E-UTRAN cell identity: 28 bits, right-aligned.
        eci: u32,
    },
    /// Tracking area of EPS.
    TrackingArea {
        /// Network of the area.
        plmn: Plmn,
        /// Tracking area code.
        tac: u16,
    },
    /// Network.
    Plmn(Plmn),
    /// MBMS service area identity.
    MbmsServiceArea(u16),
    /// MBSFN area identity.
    MbsfnArea(u8),
    /// Geographic coordinates.
    Geographic(Coordinates),
    /// A type that this project cannot read, among them altitude.
    Unknown {
        /// The type.
        kind: LocationType,
        /// Its octets.
        value: Bytes,
    },
}

impl Location {
    /// The type octet.
    pub const fn kind(&self) -> LocationType {
        match self {
            Self::NotProvided => LocationType::NOT_PROVIDED,
            Self::Ecgi { .. } => LocationType::ECGI,
            Self::TrackingArea { .. } => LocationType::TRACKING_AREA,
            Self::Plmn(_) => LocationType::PLMN,
            Self::MbmsServiceArea(_) => LocationType::MBMS_SERVICE_AREA,
            Self::MbsfnArea(_) => LocationType::MBSFN_AREA,
            Self::Geographic(_) => LocationType::GEOGRAPHIC_COORDINATES,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// The location as this release can say it: a type that it does not have is not provided.
    pub(super) fn restricted(self, release: Release, table: &FirstReleases) -> Self {
        // The types have the same meaning in all messages and in lists.
        match table.has_value(0, FieldId::LOCATION, self.kind().0.into(), release) {
            true => self,
            false => Self::NotProvided,
        }
    }

    /// Octets on the wire: the type octet and the value.
    pub(super) fn wire_len(&self) -> usize {
        let value = match self {
            Self::Unknown { value, .. } => value.len(),
            known => known.kind().value_len().unwrap_or_default(),
        };
        value.saturating_add(1)
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.kind().0);
        match self {
            Self::NotProvided => {}
            Self::Ecgi { plmn, eci } => {
                writer.slice(&plmn.0);
                writer.u32(*eci);
            }
            Self::TrackingArea { plmn, tac } => {
                writer.slice(&plmn.0);
                writer.u16(*tac);
            }
            Self::Plmn(plmn) => writer.slice(&plmn.0),
            Self::MbmsServiceArea(area) => writer.u16(*area),
            Self::MbsfnArea(area) => writer.u8(*area),
            Self::Geographic(point) => {
                writer.u24(point.latitude_raw);
                writer.u24(point.longitude_raw);
            }
            Self::Unknown { value, .. } => writer.slice(value),
        }
    }

    pub(super) fn describe(&self) -> Value {
        let mut shown = vec![("type", Value::from(self.kind().0))];
        match self {
            Self::NotProvided => {}
            Self::Ecgi { plmn, eci } => {
                shown.extend([("plmn", Value::text(plmn)), ("eci", Value::from(*eci))]);
            }
            Self::TrackingArea { plmn, tac } => {
                shown.extend([("plmn", Value::text(plmn)), ("tac", Value::from(*tac))]);
            }
            Self::Plmn(plmn) => shown.push(("plmn", Value::text(plmn))),
            Self::MbmsServiceArea(area) => shown.push(("mbms_sa", Value::from(*area))),
            Self::MbsfnArea(area) => shown.push(("mbsfn_area", Value::from(*area))),
            Self::Geographic(point) => shown.extend([
                ("latitude_raw", Value::from(point.latitude_raw)),
                ("longitude_raw", Value::from(point.longitude_raw)),
            ]),
            Self::Unknown { value, .. } => shown.push(("unknown", Value::hex(value))),
        }
        Value::Object(shown)
    }

    /// The location that an object describes: the inverse of [`describe`](Self::describe).
    pub(super) fn from_view(place: &Place<'_>) -> Result<Self, ViewError> {
        let mut keys = place.keys()?;
        let plmn = |place: Place<'_>| place.parsed("a network such as 240-10");
        let location = match LocationType(keys.need(&["type"])?.u8()?) {
            LocationType::NOT_PROVIDED => Self::NotProvided,
            LocationType::ECGI => {
                Self::Ecgi { plmn: plmn(keys.need(&["plmn"])?)?, eci: keys.need(&["eci"])?.u32()? }
            }
            LocationType::TRACKING_AREA => {
                Self::TrackingArea { plmn: plmn(keys.need(&["plmn"])?)?, tac: keys.need(&["tac"])?.u16()? }
            }
            LocationType::PLMN => Self::Plmn(plmn(keys.need(&["plmn"])?)?),
            LocationType::MBMS_SERVICE_AREA => Self::MbmsServiceArea(keys.need(&["mbms_sa"])?.u16()?),
            LocationType::MBSFN_AREA => Self::MbsfnArea(keys.need(&["mbsfn_area"])?.u8()?),
            LocationType::GEOGRAPHIC_COORDINATES => Self::Geographic(Coordinates {
                latitude_raw: keys.need(&["latitude_raw"])?.integer(0, COORDINATE_MAX)?,
                longitude_raw: keys.need(&["longitude_raw"])?.integer(0, COORDINATE_MAX)?,
            }),
            kind => Self::Unknown { kind, value: keys.need(&["unknown"])?.octets()? },
        };
        keys.finish()?;
        Ok(location)
    }
}

/// Largest number that the three octets of a coordinate hold.
const COORDINATE_MAX: i128 = 0xff_ffff;

/// Reads a Location field.
pub(super) fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Location, FieldError> {
    let (kind, value) = field.value().split_first().ok_or(FieldError::Length)?;
    let kind = LocationType(*kind);
    match kind.value_len() {
        Some(len) if len == value.len() => known(kind, value, notes).ok_or(FieldError::Length),
        Some(_) => Err(FieldError::Length),
        None => {
            //= 24.380-8.2.3.21
            notes.add(requirement::LOCATION_TYPE);
            Ok(Location::Unknown { kind, value: field.share(value) })
        }
    }
}

/// Reads one entry of a list of locations: the size follows from the type.
pub(super) fn decode_entry(reader: &mut Reader<'_>, notes: &mut Notes) -> Result<Location, FieldError> {
    let kind = LocationType(reader.u8("location type").map_err(|_| FieldError::Count)?);
    let len = kind.value_len().ok_or(FieldError::LocationType)?;
    let value = reader.take(len, "location").map_err(|_| FieldError::Count)?;
    known(kind, value, notes).ok_or(FieldError::Count)
}

/// A location whose type and size have been checked.
fn known(kind: LocationType, value: &[u8], notes: &mut Notes) -> Option<Location> {
    let mut reader = Reader::new(value);
    Some(match kind {
        LocationType::NOT_PROVIDED => Location::NotProvided,
        LocationType::ECGI => {
            let plmn = Plmn(reader.array("PLMN").ok()?);
            let eci = reader.u32("ECI").ok()?;
            notes.add_if(eci >> 28 != 0, requirement::SPARE);
            Location::Ecgi { plmn, eci }
        }
        LocationType::TRACKING_AREA => Location::TrackingArea {
            plmn: Plmn(reader.array("PLMN").ok()?),
            tac: reader.u16("tracking area code").ok()?,
        },
        LocationType::PLMN => Location::Plmn(Plmn(reader.array("PLMN").ok()?)),
        LocationType::MBMS_SERVICE_AREA => Location::MbmsServiceArea(reader.u16("MBMS service area").ok()?),
        LocationType::MBSFN_AREA => Location::MbsfnArea(reader.u8("MBSFN area").ok()?),
        LocationType::GEOGRAPHIC_COORDINATES => Location::Geographic(Coordinates {
            latitude_raw: reader.u24("latitude").ok()?,
            longitude_raw: reader.u24("longitude").ok()?,
        }),
        _ => return None,
    })
}
