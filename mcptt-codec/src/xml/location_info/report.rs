//! `Report`: where a client is.

use super::super::open_enum::open_enum;
use super::super::reader::Cursor;
use super::super::{Element, Extra, XmlError};
use super::encoding::{Encoding, is_value};
use super::{LocationExtensions, LocationValue, NAMESPACE};
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
    /// `anyExt`.
    pub extensions: LocationExtensions,
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
    /// `anyExt`: NR cells, movement and time.
    pub extensions: LocationExtensions,
    /// What is not known.
    pub extra: Extra,
}

/// `CurrentCoordinate`; each value is a 24-bit integer as in TS 23.032.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coordinate {
    /// `longitude`.
    pub longitude: Option<LocationValue>,
    /// `latitude`.
    pub latitude: Option<LocationValue>,
    /// `anyExt`: altitude and accuracy.
    pub extensions: LocationExtensions,
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
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "TriggerId" => {
                    let number = report.trigger_ids.len();
                    report.trigger_ids.push(child.leaf_at(number, &mut report.extra));
                }
                "mcptt-reporting-uri" => {
                    child.first_sound(&mut report.reporting_uri, &mut report.extra, |at| Ok(at.text()));
                }
                "CurrentLocation" => {
                    let read = |at: &Cursor<'_>, _: &mut Extra| CurrentLocation::read(at);
                    child.first(&mut report.current_location, &mut report.extra, read)?;
                }
                "anyExt" => report.extensions.read(&child)?,
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
            .with_some("ReportType", self.report_type.as_ref())
            .children(self.trigger_ids.iter().map(|id| text("TriggerId", id)))
            .children(self.reporting_uri.iter().map(|uri| text("mcptt-reporting-uri", uri)))
            .children(self.current_location.as_ref().map(CurrentLocation::write))
            .children(self.extensions.write())
            .extra(&self.extra)
    }
}

impl CurrentLocation {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut location = Self { extra: at.extra(&[]), ..Self::default() };
        let extra = &mut location.extra;
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "CurrentServingEcgi" => {
                    read_value(&child, Encoding::Ecgi, &mut location.serving_ecgi, extra)?
                }
                "NeighbouringEcgi" => {
                    let number = location.neighbouring_ecgi.len();
                    let value = LocationValue::read(&child, Encoding::Ecgi);
                    keep_beside(&child, &value, number, extra);
                    location.neighbouring_ecgi.push(value);
                }
                "MbmsSaId" => read_value(&child, Encoding::SaId, &mut location.mbms_sa_id, extra)?,
                "MbsfnArea" => read_value(&child, Encoding::MbsfnArea, &mut location.mbsfn_area, extra)?,
                "CurrentCoordinate" => {
                    child.first(&mut location.coordinate, extra, |at, _| Coordinate::read(at))?;
                }
                "anyExt" => location.extensions.read(&child)?,
                _ => child.keep(extra),
            }
        }
        Ok(location)
    }

    fn write(&self) -> Element {
        NAMESPACE
            .element("CurrentLocation")
            .children(write_value(&self.serving_ecgi, "CurrentServingEcgi", Encoding::Ecgi))
            .children(
                self.neighbouring_ecgi.iter().map(|ecgi| ecgi.write("NeighbouringEcgi", Encoding::Ecgi)),
            )
            .children(write_value(&self.mbms_sa_id, "MbmsSaId", Encoding::SaId))
            .children(write_value(&self.mbsfn_area, "MbsfnArea", Encoding::MbsfnArea))
            .children(self.coordinate.as_ref().map(|coordinate| coordinate.write("CurrentCoordinate")))
            .children(self.extensions.write())
            .extra(&self.extra)
    }
}

impl Coordinate {
    /// A coordinate in the clear; larger values than 24 bits do not exist and are cut to the largest.
    pub fn new(longitude: u32, latitude: u32) -> Self {
        let value = |number: u32| LocationValue::Normal(number.min(MAX_COORDINATE).to_string().into());
        Self { longitude: Some(value(longitude)), latitude: Some(value(latitude)), ..Self::default() }
    }

    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut coordinate = Self { extra: at.extra(&[]), ..Self::default() };
        let extra = &mut coordinate.extra;
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "longitude" => read_value(&child, Encoding::ThreeOctets, &mut coordinate.longitude, extra)?,
                "latitude" => read_value(&child, Encoding::ThreeOctets, &mut coordinate.latitude, extra)?,
                "anyExt" => coordinate.extensions.read(&child)?,
                _ => child.keep(extra),
            }
        }
        Ok(coordinate)
    }

    pub(super) fn write(&self, name: &'static str) -> Element {
        NAMESPACE
            .element(name)
            .children(write_value(&self.longitude, "longitude", Encoding::ThreeOctets))
            .children(write_value(&self.latitude, "latitude", Encoding::ThreeOctets))
            .children(self.extensions.write())
            .extra(&self.extra)
    }
}

fn read_value(
    at: &Cursor<'_>,
    encoding: Encoding,
    slot: &mut Option<LocationValue>,
    extra: &mut Extra,
) -> Result<(), XmlError> {
    at.first(slot, extra, |at, extra| {
        let value = LocationValue::read(at, encoding);
        keep_beside(at, &value, 0, extra);
        Ok(value)
    })
}

/// What is beside a value in the clear; any other is kept whole.
fn keep_beside(at: &Cursor<'_>, value: &LocationValue, number: usize, extra: &mut Extra) {
    if matches!(value, LocationValue::Normal(_)) {
        at.keep_beside(number, &["type"], is_value, extra);
    }
}

fn write_value(value: &Option<LocationValue>, name: &'static str, encoding: Encoding) -> Option<Element> {
    value.as_ref().map(|value| value.write(name, encoding))
}
