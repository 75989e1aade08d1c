//! `Configuration`: what a client has to report, and what makes it report.

use super::super::reader::Cursor;
use super::super::{Element, Extra, XmlError};
use super::NAMESPACE;
use crate::text::ByteStr;

/// `Configuration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `ConfigScope`: `Full` or `Update`.
    pub scope: Option<ByteStr>,
    /// `NonEmergencyLocationInformation`.
    pub non_emergency: Option<RequestedLocation>,
    /// `EmergencyLocationInformation`.
    pub emergency: Option<RequestedLocation>,
    /// `TriggeringCriteria`.
    pub triggering_criteria: Option<TriggeringCriteria>,
    /// What is not known; `anyExt` with the emergency criteria is here.
    pub extra: Extra,
}

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

/// `TriggeringCriteria`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriggeringCriteria {
    /// The triggers in their order.
    pub triggers: Vec<Trigger>,
    /// Attributes that are not known.
    pub extra: Extra,
}

/// A trigger. Some are one (`PeriodicReport`, `TravelledDistance`), some hold several (`CellChange` with
/// `AnyCellChange`, `EnterSpecificCell`, ...), so that a trigger is a small tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// Local name of the element: `CellChange`, `TrackingAreaChange`, `PlmnChange`, `MbmsSaChange`,
    /// `MbsfnAreaChange`, `PeriodicReport`, `TravelledDistance`, `McpttSignallingEvent`,
    /// `GeographicalAreaChange`, or what is in them.
    pub name: ByteStr,
    /// `TriggerId`, which a report repeats.
    pub trigger_id: Option<ByteStr>,
    /// The value: seconds of a period, metres of a distance, a cell.
    pub value: Option<ByteStr>,
    /// The triggers in it.
    pub triggers: Vec<Trigger>,
    /// What is not known.
    pub extra: Extra,
}

impl Configuration {
    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut configuration =
            Self { scope: at.attribute("ConfigScope"), extra: at.extra(&["ConfigScope"]), ..Self::default() };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "NonEmergencyLocationInformation" => {
                    child.once(&mut configuration.non_emergency, RequestedLocation::read(&child)?)?;
                }
                "EmergencyLocationInformation" => {
                    child.once(&mut configuration.emergency, RequestedLocation::read(&child)?)?;
                }
                "TriggeringCriteria" => {
                    child.once(&mut configuration.triggering_criteria, TriggeringCriteria::read(&child)?)?;
                }
                _ => child.keep(&mut configuration.extra),
            }
        }
        Ok(configuration)
    }

    pub(super) fn write(&self) -> Element {
        let requested = |requested: &Option<RequestedLocation>, name| {
            requested.as_ref().map(|requested| requested.write(name))
        };
        NAMESPACE
            .element("Configuration")
            .with_some("ConfigScope", self.scope.clone())
            .children(requested(&self.non_emergency, "NonEmergencyLocationInformation"))
            .children(requested(&self.emergency, "EmergencyLocationInformation"))
            .children(self.triggering_criteria.as_ref().map(TriggeringCriteria::write))
            .extra(&self.extra)
    }
}

impl RequestedLocation {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut requested = Self { extra: at.extra(&[]), ..Self::default() };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "ServingEcgi" => requested.serving_ecgi = true,
                "NeighbouringEcgi" => requested.neighbouring_ecgi = true,
                "MbmsSaId" => requested.mbms_sa_id = true,
                "MbsfnArea" => requested.mbsfn_area = true,
                "GeographicalCoordinate" => requested.geographical_coordinate = true,
                "minimumIntervalLength" => {
                    child.once(&mut requested.minimum_interval_seconds, child.number()?)?;
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

impl TriggeringCriteria {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut criteria = Self { triggers: Vec::new(), extra: at.extra(&[]) };
        //= 24.379-13.2.2:schema
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "" | "anyExt" => child.keep(&mut criteria.extra),
                _ => criteria.triggers.push(Trigger::read(&child)),
            }
        }
        Ok(criteria)
    }

    fn write(&self) -> Element {
        NAMESPACE
            .element("TriggeringCriteria")
            .children(self.triggers.iter().map(Trigger::write))
            .extra(&self.extra)
    }
}

impl Trigger {
    fn read(at: &Cursor<'_>) -> Self {
        let value = Some(at.text()).filter(|text| !text.is_empty());
        let mut trigger = Self {
            name: at.element().name.local.clone(),
            trigger_id: at.attribute("TriggerId"),
            value,
            triggers: Vec::new(),
            extra: at.extra(&["TriggerId"]),
        };
        for child in at.elements() {
            // What is below an area or an extension is not a trigger.
            match child.local_in(NAMESPACE) {
                "" | "anyExt" | "GeographicalArea" => child.keep(&mut trigger.extra),
                _ => trigger.triggers.push(Self::read(&child)),
            }
        }
        trigger
    }

    fn write(&self) -> Element {
        let mut name = NAMESPACE.name("");
        name.local = self.name.clone();
        let mut element = Element::new(name).with_some("TriggerId", self.trigger_id.clone());
        if let Some(value) = &self.value {
            element = element.text(value.clone());
        }
        element.children(self.triggers.iter().map(Self::write)).extra(&self.extra)
    }
}
