//! `TriggeringCriteria`: what makes a client report.

use super::super::reader::Cursor;
use super::super::{Element, Extra, XmlError, XmlErrorKind};
use super::encoding::Encoding;
use super::{GeographicalArea, NAMESPACE, read_any_ext, with_any_ext};
use crate::text::ByteStr;

/// Names of the triggers that stand in `TriggeringCriteria` itself.
pub mod trigger_name {
    /// Holds `AnyCellChange`, `EnterSpecificCell`, `ExitSpecificCell`.
    pub const CELL_CHANGE: &str = "CellChange";
    /// Holds `AnyTrackingAreaChange`, `EnterSpecificTrackingArea`, `ExitSpecificTrackingArea`.
    pub const TRACKING_AREA_CHANGE: &str = "TrackingAreaChange";
    /// Holds `AnyPlmnChange`, `EnterSpecificPlmn`, `ExitSpecificPlmn`.
    pub const PLMN_CHANGE: &str = "PlmnChange";
    /// Holds `AnyMbmsSaChange`, `EnterSpecificMbmsSa`, `ExitSpecificMbmsSa`.
    pub const MBMS_SA_CHANGE: &str = "MbmsSaChange";
    /// Holds `AnyMbsfnAreaChange`, `EnterSpecificMbsfnArea`, `ExitSpecificMbsfnArea`.
    pub const MBSFN_AREA_CHANGE: &str = "MbsfnAreaChange";
    /// Every so many seconds.
    pub const PERIODIC_REPORT: &str = "PeriodicReport";
    /// Every so many metres.
    pub const TRAVELLED_DISTANCE: &str = "TravelledDistance";
    /// Holds the events: logging on, calls, configuration.
    pub const MCPTT_SIGNALLING_EVENT: &str = "McpttSignallingEvent";
    /// Holds `AnyAreaChange`, `EnterSpecificArea`, `ExitSpecificArea`.
    pub const GEOGRAPHICAL_AREA_CHANGE: &str = "GeographicalAreaChange";
    /// Holds the changes of the radio access; in `anyExt`.
    pub const RAT_TYPE_CHANGE: &str = "RatTypeChange";
}

/// Triggers that hold triggers, and how the cells and areas in them are written.
const GROUPS: [(&str, Encoding); 6] = [
    (trigger_name::CELL_CHANGE, Encoding::Ecgi),
    (trigger_name::TRACKING_AREA_CHANGE, Encoding::Tai),
    (trigger_name::PLMN_CHANGE, Encoding::Plmn),
    (trigger_name::MBMS_SA_CHANGE, Encoding::SaId),
    (trigger_name::MBSFN_AREA_CHANGE, Encoding::MbsfnArea),
    (trigger_name::GEOGRAPHICAL_AREA_CHANGE, Encoding::Text),
];

/// `TriggeringCriteria`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriggeringCriteria {
    /// The triggers in their order. Without one the client stops to report; one that cannot be meant is in
    /// `extra`, so that [`super::LocationInfo::examine`] has to be asked whether there was none.
    pub triggers: Vec<Trigger>,
    /// The triggers of `anyExt`: `RatTypeChange`, areas of 5G, adaptive reports.
    pub extensions: Vec<Trigger>,
    /// What is not known.
    pub extra: Extra,
}

/// A trigger. Some are one (`PeriodicReport`, `TravelledDistance`), some hold several (`CellChange` with
/// `AnyCellChange`, `EnterSpecificCell`, ...), so that a trigger is a small tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// Local name of the element, see [`trigger_name`].
    pub name: ByteStr,
    /// `TriggerId`, which a report repeats.
    pub trigger_id: Option<ByteStr>,
    /// The value: seconds of a period, metres of a distance, a cell or an area.
    pub value: Option<ByteStr>,
    /// The area to enter or to leave.
    pub area: Option<Box<GeographicalArea>>,
    /// The triggers in it.
    pub triggers: Vec<Trigger>,
    /// What is not known.
    pub extra: Extra,
}

impl TriggeringCriteria {
    /// Every `TriggerId`, those of `anyExt` included.
    pub fn trigger_ids(&self) -> Vec<&ByteStr> {
        let mut found = Vec::new();
        self.triggers.iter().chain(&self.extensions).for_each(|trigger| trigger.collect_ids(&mut found));
        found
    }

    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut criteria = Self { extra: at.extra(&[]), ..Self::default() };
        //= 24.379-13.2.2:schema
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "" => child.keep(&mut criteria.extra),
                "anyExt" => read_any_ext(&child, &mut criteria.extra, |inner| {
                    let ours = !matches!(inner.local_in(NAMESPACE), "" | "anyExt");
                    match ours.then(|| Trigger::sound(inner, None)).flatten() {
                        Some(trigger) => criteria.extensions.push(trigger),
                        None => return Ok(false),
                    }
                    Ok(true)
                })?,
                _ => match Trigger::sound(&child, None) {
                    Some(trigger) => criteria.triggers.push(trigger),
                    None => child.keep(&mut criteria.extra),
                },
            }
        }
        Ok(criteria)
    }

    pub(super) fn write(&self, name: &'static str) -> Element {
        let element = NAMESPACE.element(name).children(self.triggers.iter().map(Trigger::write));
        with_any_ext(element, self.extensions.iter().map(Trigger::write), &self.extra)
    }
}

impl Trigger {
    /// A trigger of this name.
    pub fn new(name: &'static str, trigger_id: &str, value: Option<&str>) -> Self {
        Self {
            name: ByteStr::from_static(name),
            trigger_id: Some(trigger_id.into()),
            value: value.map(Into::into),
            ..Self::default()
        }
    }

    fn collect_ids<'a>(&'a self, found: &mut Vec<&'a ByteStr>) {
        found.extend(&self.trigger_id);
        self.triggers.iter().for_each(|trigger| trigger.collect_ids(found));
    }

    /// The trigger when it can be meant, otherwise a note.
    fn sound(at: &Cursor<'_>, group: Option<&str>) -> Option<Self> {
        Self::read(at, group).map_err(|error| at.note(error)).ok()
    }

    /// `group` is the trigger around it.
    fn read(at: &Cursor<'_>, group: Option<&str>) -> Result<Self, XmlError> {
        let name = at.element().name.local.clone();
        let mut trigger = Self {
            value: Some(at.text()).filter(|text| !text.is_empty()),
            trigger_id: at.attribute("TriggerId"),
            extra: at.extra(&["TriggerId"]),
            ..Self::default()
        };
        for child in at.elements() {
            match child.local_in(NAMESPACE) {
                // What is below an extension is not a trigger.
                "" | "anyExt" => child.keep(&mut trigger.extra),
                "GeographicalArea" => {
                    let read = |at: &Cursor<'_>, _: &mut Extra| GeographicalArea::read(at).map(Box::new);
                    child.first(&mut trigger.area, &mut trigger.extra, read)?;
                }
                _ => match Self::sound(&child, Some(&name)) {
                    Some(inner) => trigger.triggers.push(inner),
                    None => child.keep(&mut trigger.extra),
                },
            }
        }
        trigger.name = name;
        trigger.check(at, group)?;
        Ok(trigger)
    }

    /// Known triggers need their identifier and a value that can be meant.
    fn check(&self, at: &Cursor<'_>, group: Option<&str>) -> Result<(), XmlError> {
        let is_one =
            |name: &str| matches!(name, trigger_name::PERIODIC_REPORT | trigger_name::TRAVELLED_DISTANCE);
        let encoding = group.and_then(|group| GROUPS.iter().find(|(known, _)| *known == group));
        if self.trigger_id.is_none() && (encoding.is_some() || (group.is_none() && is_one(&self.name))) {
            return Err(at.error(XmlErrorKind::Missing("TriggerId")));
        }
        if group.is_none() && is_one(&self.name) {
            at.number()?;
        }
        let Some((_, encoding)) = encoding.filter(|_| self.name.contains("Specific")) else { return Ok(()) };
        match (encoding, &self.value) {
            (Encoding::Text, _) if self.area.is_none() => {
                Err(at.error(XmlErrorKind::Missing("GeographicalArea")))
            }
            (Encoding::Text, _) => Ok(()),
            (encoding, value) if encoding.accepts(value.as_deref().unwrap_or_default()) => Ok(()),
            (encoding, _) => Err(at.error(XmlErrorKind::Value(encoding.expected()))),
        }
    }

    fn write(&self) -> Element {
        let mut name = NAMESPACE.name("");
        name.local = self.name.clone();
        let mut element = Element::new(name).with_some("TriggerId", self.trigger_id.clone());
        if let Some(value) = &self.value {
            element = element.text(value.clone());
        }
        element
            .children(self.area.as_ref().map(|area| area.write()))
            .children(self.triggers.iter().map(Self::write))
            .extra(&self.extra)
    }
}
