//! `Configuration`: what a client has to report, and what makes it report.

use super::super::lexical::number;
use super::super::open_enum::open_enum;
use super::super::reader::Cursor;
use super::super::{Element, Extra, XmlError};
use super::{NAMESPACE, TriggeringCriteria, read_any_ext, with_any_ext};

/// `Configuration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `ConfigScope`.
    pub scope: Option<Scope>,
    /// `NonEmergencyLocationInformation`.
    pub non_emergency: Option<RequestedLocation>,
    /// `EmergencyLocationInformation`.
    pub emergency: Option<RequestedLocation>,
    /// `TriggeringCriteria`.
    pub triggering_criteria: Option<TriggeringCriteria>,
    /// `EmergencyTriggeringCriteria` of `anyExt`: what counts while an emergency lasts.
    pub emergency_triggering_criteria: Option<TriggeringCriteria>,
    /// What is not known.
    pub extra: Extra,
}

open_enum!(
    /// `ConfigScope`.
    Scope {
        /// `Full`: replaces what was configured before.
        Full = "Full",
        /// `Update`: changes it.
        Update = "Update",
    }
);

/// Which parts of a location are wanted, and how often at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedLocation {
    /// `ServingEcgi`.
    pub serving_ecgi: bool,
    /// `NeighbouringEcgi`.
    pub neighbouring_ecgi: bool,
    /// `MbmsSaId`.
    pub mbms_sa_id: bool,
    /// `MbsfnArea`.
    pub mbsfn_area: bool,
    /// `GeographicalCoordinate`.
    pub geographical_coordinate: bool,
    /// `minimumIntervalLength`: seconds between two reports.
    pub minimum_interval_seconds: Option<u64>,
    /// What is not known.
    pub extra: Extra,
}

impl Configuration {
    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut configuration = Self {
            scope: at.attribute("ConfigScope").as_ref().map(Scope::read),
            extra: at.extra(&["ConfigScope"]),
            ..Self::default()
        };
        let extra = &mut configuration.extra;
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "NonEmergencyLocationInformation" => {
                    child.first(&mut configuration.non_emergency, extra, |at, _| {
                        RequestedLocation::read(at)
                    })?;
                }
                "EmergencyLocationInformation" => {
                    child.first(&mut configuration.emergency, extra, |at, _| RequestedLocation::read(at))?;
                }
                "TriggeringCriteria" => {
                    let slot = &mut configuration.triggering_criteria;
                    child.first(slot, extra, |at, _| TriggeringCriteria::read(at))?;
                }
                "anyExt" => read_any_ext(&child, extra, |inner| {
                    let ours = inner.local_in(NAMESPACE) == "EmergencyTriggeringCriteria";
                    let slot = &mut configuration.emergency_triggering_criteria;
                    Ok(ours && inner.first_of(slot, TriggeringCriteria::read)?)
                })?,
                _ => child.keep(extra),
            }
        }
        Ok(configuration)
    }

    pub(super) fn write(&self) -> Element {
        let requested = |requested: &Option<RequestedLocation>, name| {
            requested.as_ref().map(|requested| requested.write(name))
        };
        let criteria = |criteria: &Option<TriggeringCriteria>, name| {
            criteria.as_ref().map(|criteria| criteria.write(name))
        };
        let element = NAMESPACE
            .element("Configuration")
            .with_some("ConfigScope", self.scope.as_ref())
            .children(requested(&self.non_emergency, "NonEmergencyLocationInformation"))
            .children(requested(&self.emergency, "EmergencyLocationInformation"))
            .children(criteria(&self.triggering_criteria, "TriggeringCriteria"));
        let emergency = criteria(&self.emergency_triggering_criteria, "EmergencyTriggeringCriteria");
        with_any_ext(element, emergency, &self.extra)
    }
}

impl RequestedLocation {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut requested = Self { extra: at.extra(&[]), ..Self::default() };
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "ServingEcgi" => wanted(&child, &mut requested.serving_ecgi, &mut requested.extra),
                "NeighbouringEcgi" => wanted(&child, &mut requested.neighbouring_ecgi, &mut requested.extra),
                "MbmsSaId" => wanted(&child, &mut requested.mbms_sa_id, &mut requested.extra),
                "MbsfnArea" => wanted(&child, &mut requested.mbsfn_area, &mut requested.extra),
                "GeographicalCoordinate" => {
                    wanted(&child, &mut requested.geographical_coordinate, &mut requested.extra)
                }
                "minimumIntervalLength" => {
                    child.first_sound(
                        &mut requested.minimum_interval_seconds,
                        &mut requested.extra,
                        positive,
                    );
                }
                _ => child.keep(&mut requested.extra),
            }
        }
        Ok(requested)
    }

    fn write(&self, name: &'static str) -> Element {
        let wanted = [
            (self.serving_ecgi, "ServingEcgi"),
            (self.neighbouring_ecgi, "NeighbouringEcgi"),
            (self.mbms_sa_id, "MbmsSaId"),
            (self.mbsfn_area, "MbsfnArea"),
            (self.geographical_coordinate, "GeographicalCoordinate"),
        ];
        let wanted =
            wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| NAMESPACE.element(name));
        let interval = self.minimum_interval_seconds;
        let interval =
            interval.map(|seconds| NAMESPACE.element("minimumIntervalLength").text(seconds.to_string()));
        NAMESPACE.element(name).children(wanted).children(interval).extra(&self.extra)
    }
}

/// Notes that a part is wanted; said once is said.
fn wanted(at: &Cursor<'_>, flag: &mut bool, extra: &mut Extra) {
    if !*flag {
        at.leaf(extra);
    }
    *flag = true;
}

fn positive(at: &Cursor<'_>) -> Result<u64, XmlError> {
    at.value("a number above 0", |text| number(text).filter(|number| *number > 0))
}
