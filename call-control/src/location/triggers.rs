//! What makes a client report (TS 24.379 13.3.2, F.3 `TriggeringCriteria`).

use std::time::Duration;

use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::location_info::{GeographicalArea, Trigger, TriggeringCriteria, trigger_name};

use super::{MAX_INTERVAL, MAX_TRIGGERS, Place, Position};

/// The events of `McpttSignallingEvent` that the client knows.
pub(crate) mod signalling_event {
    /// The user has logged on.
    pub const INITIAL_LOG_ON: &str = "InitialLogOn";
    /// A group call without urgency stands.
    pub const GROUP_CALL: &str = "GroupCallNonEmergency";
    /// A private call without urgency stands.
    pub const PRIVATE_CALL: &str = "PrivateCallNonEmergency";
    /// This configuration has come.
    pub const CONFIGURATION: &str = "LocationConfigurationReceived";
}

/// What a trigger looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Cell,
    TrackingArea,
    Plmn,
    MbmsSa,
    MbsfnArea,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Periodic(Duration),
    /// Metres since the last report.
    Distance(f64),
    AnyChange(Subject),
    Enter(Subject, ByteStr),
    Exit(Subject, ByteStr),
    EnterArea(GeographicalArea),
    ExitArea(GeographicalArea),
    /// Into or out of any of the areas of the configuration.
    AnyAreaChange,
    Event(ByteStr),
}

/// The triggers of a configuration that a client can watch, with their identifiers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Triggers {
    armed: Vec<(ByteStr, What)>,
    /// Where the last report was made, for the distance.
    reported_at: Option<Position>,
}

impl Triggers {
    /// Those of the criteria that can be meant; of more than [`MAX_TRIGGERS`] the rest is not looked at.
    pub fn of(criteria: Option<&TriggeringCriteria>) -> Self {
        let mut armed = Vec::new();
        for trigger in criteria.into_iter().flat_map(|criteria| &criteria.triggers) {
            arm(trigger, &mut armed);
        }
        armed.truncate(MAX_TRIGGERS);
        Self { armed, reported_at: None }
    }

    pub fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    /// The periods, each with the number of its trigger.
    pub fn periods(&self) -> impl Iterator<Item = (usize, Duration)> {
        self.armed.iter().enumerate().filter_map(|(at, (_, what))| match what {
            What::Periodic(period) => Some((at, *period)),
            _ => None,
        })
    }

    /// The identifier of a trigger.
    pub fn id(&self, at: usize) -> Option<ByteStr> {
        self.armed.get(at).map(|(id, _)| id.clone())
    }

    /// Those that a signalling event fires.
    pub fn event(&self, name: &str) -> Vec<ByteStr> {
        let fired = self.armed.iter().filter(|(_, what)| matches!(what, What::Event(own) if own == name));
        fired.map(|(id, _)| id.clone()).collect()
    }

    /// A report has been made here.
    pub fn reported(&mut self, place: Option<&Place>) {
        self.reported_at = place.and_then(|place| place.position);
    }

    /// Those that a move fires.
    pub fn moved(&mut self, before: Option<&Place>, after: &Place) -> Vec<ByteStr> {
        // The first place is where the way begins.
        if self.reported_at.is_none() {
            self.reported_at = before.and_then(|place| place.position).or(after.position);
        }
        let areas: Vec<&GeographicalArea> = self
            .armed
            .iter()
            .filter_map(|(_, what)| match what {
                What::EnterArea(area) | What::ExitArea(area) => Some(area),
                _ => None,
            })
            .collect();
        let entered = |area: &GeographicalArea| !is_in(before, area) && is_in(Some(after), area);
        let left = |area: &GeographicalArea| is_in(before, area) && !is_in(Some(after), area);
        let fires = |what: &What| match what {
            What::Periodic(_) | What::Event(_) => false,
            What::Distance(metres) => {
                let way = self.reported_at.zip(after.position);
                way.is_some_and(|(from, to)| from.distance_to(to) >= *metres)
            }
            What::AnyChange(subject) => {
                let (was, is) = (before.and_then(|place| value(place, *subject)), value(after, *subject));
                was.is_some() && is.is_some() && was != is
            }
            What::Enter(subject, wanted) => {
                let was = before.and_then(|place| value(place, *subject));
                was.as_ref() != Some(wanted) && value(after, *subject).as_ref() == Some(wanted)
            }
            What::Exit(subject, wanted) => {
                let was = before.and_then(|place| value(place, *subject));
                was.as_ref() == Some(wanted) && value(after, *subject).as_ref() != Some(wanted)
            }
            What::EnterArea(area) => entered(area),
            What::ExitArea(area) => left(area),
            What::AnyAreaChange => areas.iter().any(|area| entered(area) || left(area)),
        };
        self.armed.iter().filter(|(_, what)| fires(what)).map(|(id, _)| id.clone()).collect()
    }
}

/// What cannot be said to be inside is outside.
fn is_in(place: Option<&Place>, area: &GeographicalArea) -> bool {
    place.and_then(|place| place.position).is_some_and(|position| position.is_inside(area) == Ok(true))
}

fn value(place: &Place, subject: Subject) -> Option<ByteStr> {
    match subject {
        Subject::Cell => place.serving_ecgi.clone(),
        Subject::TrackingArea => place.tracking_area.clone(),
        Subject::Plmn => place.plmn(),
        Subject::MbmsSa => place.mbms_sa_id.map(|area| area.to_string().into()),
        Subject::MbsfnArea => place.mbsfn_area.map(|area| area.to_string().into()),
    }
}

fn arm(trigger: &Trigger, armed: &mut Vec<(ByteStr, What)>) {
    let number = || trigger.value.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
    let one = match trigger.name.as_str() {
        trigger_name::PERIODIC_REPORT => {
            let period = number().map(|seconds| Duration::from_secs(seconds.into()));
            period.filter(|period| !period.is_zero()).map(|period| What::Periodic(period.min(MAX_INTERVAL)))
        }
        trigger_name::TRAVELLED_DISTANCE => number().map(|metres| What::Distance(metres.into())),
        group => return arm_group(group, trigger, armed),
    };
    armed.extend(trigger.trigger_id.clone().zip(one));
}

fn arm_group(group: &str, trigger: &Trigger, armed: &mut Vec<(ByteStr, What)>) {
    let subject = match group {
        trigger_name::CELL_CHANGE => Some(Subject::Cell),
        trigger_name::TRACKING_AREA_CHANGE => Some(Subject::TrackingArea),
        trigger_name::PLMN_CHANGE => Some(Subject::Plmn),
        trigger_name::MBMS_SA_CHANGE => Some(Subject::MbmsSa),
        trigger_name::MBSFN_AREA_CHANGE => Some(Subject::MbsfnArea),
        _ => None,
    };
    for inner in &trigger.triggers {
        let (enters, exits) = (inner.name.starts_with("Enter"), inner.name.starts_with("Exit"));
        let any = inner.name.starts_with("Any");
        let what = match (group, subject) {
            (trigger_name::MCPTT_SIGNALLING_EVENT, _) => Some(What::Event(inner.name.clone())),
            (trigger_name::GEOGRAPHICAL_AREA_CHANGE, _) if any => Some(What::AnyAreaChange),
            (trigger_name::GEOGRAPHICAL_AREA_CHANGE, _) => match &inner.area {
                Some(area) if enters => Some(What::EnterArea(area.as_ref().clone())),
                Some(area) if exits => Some(What::ExitArea(area.as_ref().clone())),
                _ => None,
            },
            (_, Some(subject)) if any => Some(What::AnyChange(subject)),
            (_, Some(subject)) if enters => inner.value.clone().map(|value| What::Enter(subject, value)),
            (_, Some(subject)) if exits => inner.value.clone().map(|value| What::Exit(subject, value)),
            _ => None,
        };
        armed.extend(inner.trigger_id.clone().zip(what));
    }
}
