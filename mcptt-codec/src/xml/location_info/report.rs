//! `Report`: where a client is.

use super::super::open_enum::open_enum;
use super::super::reader::Cursor;
use super::super::{Element, Extra, XmlError, XmlErrorKind};
use super::{LocationValue, NAMESPACE};
use crate::text::ByteStr;

/// Largest value of a coordinate, TS 23.032: 24 bits.
const MAX_COORDINATE: u32 = 0xff_ffff;

/// `Report`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// `ReportID`: the request that is answered.
    pub report_id: Option<ByteStr>,
    /// `ReportType`.
    pub report_type: Option<ReportType>,
    /// `TriggerId`: what caused the report.
    pub trigger_ids: Vec<ByteStr>,
    /// `mcptt-reporting-uri`: the user that reports.
    pub reporting_uri: Option<ByteStr>,
    /// `CurrentLocation`.
    pub current_location: Option<CurrentLocation>,
    /// What is not known.
    pub extra: Extra,
}

open_enum!(
    /// `ReportType`.
    ReportType {
        /// `Emergency`.
        Emergency = "Emergency",
        /// `NonEmergency`.
        NonEmergency = "NonEmergency",
    }
);

/// `CurrentLocation`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentLocation {
    /// `CurrentServingEcgi`: 3 digits MCC, 3 digits MNC, 28 binary digits.
    pub serving_ecgi: Option<LocationValue>,
    /// `NeighbouringEcgi`.
    pub neighbouring_ecgi: Vec<LocationValue>,
    /// `MbmsSaId`, 0 to 65535.
    pub mbms_sa_id: Option<LocationValue>,
    /// `MbsfnArea`, 0 to 255.
    pub mbsfn_area: Option<LocationValue>,
    /// `CurrentCoordinate`.
    pub coordinate: Option<Coordinate>,
    /// What is not known; `anyExt` with altitude, speed and time is here.
    pub extra: Extra,
}

/// `CurrentCoordinate`; each value is a 24-bit integer as in TS 23.032.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coordinate {
    /// `longitude`.
    pub longitude: Option<LocationValue>,
    /// `latitude`.
    pub latitude: Option<LocationValue>,
    /// What is not known.
    pub extra: Extra,
}

impl Report {
    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut report = Self {
            report_id: at.attribute("ReportID"),
            report_type: at.attribute("ReportType").as_ref().map(ReportType::read),
            extra: at.extra(&["ReportID", "ReportType"]),
            ..Self::default()
        };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "TriggerId" => {
                    let number = report.trigger_ids.len();
                    report.trigger_ids.push(child.leaf_at(number, &mut report.extra));
                }
                "mcptt-reporting-uri" => {
                    child.once(&mut report.reporting_uri, child.leaf(&mut report.extra))?
                }
                "CurrentLocation" => {
                    child.once(&mut report.current_location, CurrentLocation::read(&child)?)?;
                }
                _ => child.keep(&mut report.extra),
            }
        }
        Ok(report)
    }

    pub(super) fn write(&self) -> Element {
        let text = |name, value: &ByteStr| NAMESPACE.element(name).text(value.clone());
        NAMESPACE
            .element("Report")
            .with_some("ReportID", self.report_id.clone())
            .with_some("ReportType", self.report_type.as_ref().map(ReportType::as_str))
            .children(self.trigger_ids.iter().map(|id| text("TriggerId", id)))
            .children(self.reporting_uri.iter().map(|uri| text("mcptt-reporting-uri", uri)))
            .children(self.current_location.as_ref().map(CurrentLocation::write))
            .extra(&self.extra)
    }
}

impl CurrentLocation {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut location = Self { extra: at.extra(&[]), ..Self::default() };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "CurrentServingEcgi" => {
                    child.once(&mut location.serving_ecgi, LocationValue::read(&child)?)?
                }
                "NeighbouringEcgi" => location.neighbouring_ecgi.push(LocationValue::read(&child)?),
                "MbmsSaId" => child.once(&mut location.mbms_sa_id, LocationValue::read(&child)?)?,
                "MbsfnArea" => child.once(&mut location.mbsfn_area, LocationValue::read(&child)?)?,
                "CurrentCoordinate" => child.once(&mut location.coordinate, Coordinate::read(&child)?)?,
                _ => child.keep(&mut location.extra),
            }
        }
        Ok(location)
    }

    fn write(&self) -> Element {
        let value =
            |value: &Option<LocationValue>, name, kind| value.as_ref().map(|value| value.write(name, kind));
        NAMESPACE
            .element("CurrentLocation")
            .children(value(&self.serving_ecgi, "CurrentServingEcgi", "Ecgi"))
            .children(self.neighbouring_ecgi.iter().map(|ecgi| ecgi.write("NeighbouringEcgi", "Ecgi")))
            .children(value(&self.mbms_sa_id, "MbmsSaId", "SaId"))
            .children(value(&self.mbsfn_area, "MbsfnArea", "MbsfnAreaId"))
            .children(self.coordinate.as_ref().map(Coordinate::write))
            .extra(&self.extra)
    }
}

impl Coordinate {
    /// A coordinate in the clear; larger values than 24 bits do not exist and are cut to the largest.
    pub fn new(longitude: u32, latitude: u32) -> Self {
        let value = |number: u32| LocationValue::Normal(number.min(MAX_COORDINATE).to_string().into());
        let (longitude, latitude) = (Some(value(longitude)), Some(value(latitude)));
        Self { longitude, latitude, extra: Extra::default() }
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut coordinate = Self { extra: at.extra(&[]), ..Self::default() };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "longitude" => child.once(&mut coordinate.longitude, three_octets(&child)?)?,
                "latitude" => child.once(&mut coordinate.latitude, three_octets(&child)?)?,
                _ => child.keep(&mut coordinate.extra),
            }
        }
        Ok(coordinate)
    }

    fn write(&self) -> Element {
        let value =
            |value: &Option<LocationValue>, name| value.as_ref().map(|value| value.write(name, "threebytes"));
        NAMESPACE
            .element("CurrentCoordinate")
            .children(value(&self.longitude, "longitude"))
            .children(value(&self.latitude, "latitude"))
            .extra(&self.extra)
    }
}

fn three_octets(at: &Cursor<'_>) -> Result<LocationValue, XmlError> {
    let value = LocationValue::read(at)?;
    let in_range = |text: &str| text.parse::<u32>().is_ok_and(|number| number <= MAX_COORDINATE);
    match value.value() {
        Some(text) if !in_range(text) => Err(at.error(XmlErrorKind::Value("a number of 24 bits"))),
        _ => Ok(value),
    }
}
