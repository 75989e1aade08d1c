//! Geographical areas of triggers: polygon and ellipsoid arc (TS 23.032 5.2, 5.7).

use super::super::reader::Cursor;
use super::super::{Element, Extra, XmlError, XmlErrorKind};
use super::{Coordinate, NAMESPACE};

/// Fewest corners of a polygon.
pub const MIN_CORNERS: usize = 3;
/// Most corners of a polygon.
pub const MAX_CORNERS: usize = 15;

/// `GeographicalArea`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeographicalArea {
    /// `PolygonArea`: its corners, [`MIN_CORNERS`] to [`MAX_CORNERS`].
    pub polygon: Option<Vec<Coordinate>>,
    /// `EllipsoidArcArea`.
    pub ellipsoid_arc: Option<EllipsoidArc>,
    /// What is not known.
    pub extra: Extra,
}

/// `EllipsoidArcArea`: a sector of a circle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EllipsoidArc {
    /// `Center`.
    pub center: Coordinate,
    /// `Radius` in units of 5 metres.
    pub radius: u64,
    /// `OffsetAngle` from north in units of 2 degrees.
    pub offset_angle: u8,
    /// `IncludedAngle` in units of 2 degrees.
    pub included_angle: u8,
    /// What is not known.
    pub extra: Extra,
}

impl GeographicalArea {
    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut area = Self { extra: at.extra(&[]), ..Self::default() };
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "PolygonArea" => child.first(&mut area.polygon, &mut area.extra, |at, extra| {
                    let corners = corners(at)?;
                    at.keep_beside(0, &[], |inner| inner.local_in(NAMESPACE) == "Corner", extra);
                    Ok(corners)
                })?,
                "EllipsoidArcArea" => {
                    child.first(&mut area.ellipsoid_arc, &mut area.extra, |at, _| EllipsoidArc::read(at))?;
                }
                _ => child.keep(&mut area.extra),
            }
        }
        Ok(area)
    }

    pub(super) fn write(&self) -> Element {
        let polygon = self.polygon.as_ref().map(|corners| {
            let corners = corners.iter().map(|corner| corner.write("Corner"));
            NAMESPACE.element("PolygonArea").children(corners)
        });
        NAMESPACE
            .element("GeographicalArea")
            .children(polygon)
            .children(self.ellipsoid_arc.as_ref().map(EllipsoidArc::write))
            .extra(&self.extra)
    }
}

fn corners(at: &Cursor<'_>) -> Result<Vec<Coordinate>, XmlError> {
    let corners = at.elements_beside_text().filter(|child| child.local_in(NAMESPACE) == "Corner");
    let corners: Vec<_> = corners.map(|corner| Coordinate::read(&corner)).collect::<Result<_, _>>()?;
    if (MIN_CORNERS..=MAX_CORNERS).contains(&corners.len()) {
        Ok(corners)
    } else {
        Err(at.error(XmlErrorKind::Value("a polygon of 3 to 15 corners")))
    }
}

impl EllipsoidArc {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut extra = at.extra(&[]);
        let (mut center, mut radius, mut offset_angle, mut included_angle) = (None, None, None, None);
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "Center" => child.once(&mut center, Coordinate::read(&child)?)?,
                "Radius" => {
                    child.once(&mut radius, child.number()?)?;
                    child.leaf(&mut extra);
                }
                "OffsetAngle" => {
                    child.once(&mut offset_angle, angle(&child)?)?;
                    child.leaf(&mut extra);
                }
                "IncludedAngle" => {
                    child.once(&mut included_angle, angle(&child)?)?;
                    child.leaf(&mut extra);
                }
                _ => child.keep(&mut extra),
            }
        }
        let missing = |what| at.error(XmlErrorKind::Missing(what));
        Ok(Self {
            center: center.ok_or_else(|| missing("Center"))?,
            radius: radius.ok_or_else(|| missing("Radius"))?,
            offset_angle: offset_angle.ok_or_else(|| missing("OffsetAngle"))?,
            included_angle: included_angle.ok_or_else(|| missing("IncludedAngle"))?,
            extra,
        })
    }

    fn write(&self) -> Element {
        let number = |name, number: u64| NAMESPACE.element(name).text(number.to_string());
        NAMESPACE
            .element("EllipsoidArcArea")
            .child(self.center.write("Center"))
            .child(number("Radius", self.radius))
            .child(number("OffsetAngle", self.offset_angle.into()))
            .child(number("IncludedAngle", self.included_angle.into()))
            .extra(&self.extra)
    }
}

fn angle(at: &Cursor<'_>) -> Result<u8, XmlError> {
    at.small_number("an angle from 0 to 255")
}
