//! Whether a configuration for clients can be meant.

use std::collections::BTreeSet;
use std::time::Duration;

use mcptt_codec::xml::location_info::{Configuration, RequestedLocation, Trigger, TriggeringCriteria};
use thiserror::Error;

use super::geometry::{AreaError, check_area};

/// Most triggers that one configuration may hold.
pub const MAX_TRIGGERS: usize = 64;
/// Longest interval between two reports, one day.
pub const MAX_INTERVAL: Duration = Duration::from_secs(86_400);

/// What is wrong with a location configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LocationFault {
    /// Neither set says what is to be reported.
    #[error("it asks for no location information")]
    NothingRequested,
    /// `minimumIntervalLength` is missing or too long.
    #[error("minimumIntervalLength is 1 to 86400 seconds")]
    Interval,
    /// Too many triggers.
    #[error("it has more than {MAX_TRIGGERS} triggers")]
    TooManyTriggers,
    /// Two triggers with one identifier.
    #[error("two triggers have the TriggerId {0}")]
    TriggerTwice(String),
    /// An area that can not be used.
    #[error("the area of trigger {trigger}: {error}")]
    Area {
        /// The identifier of the trigger.
        trigger: String,
        /// What is wrong.
        error: AreaError,
    },
}

/// Whether clients can keep to a configuration.
///
/// # Errors
/// The first thing that is wrong with it.
pub(crate) fn check(configuration: &Configuration) -> Result<(), LocationFault> {
    let sets = [&configuration.non_emergency, &configuration.emergency];
    if sets.iter().all(|set| set.is_none()) {
        return Err(LocationFault::NothingRequested);
    }
    for set in sets.into_iter().flatten() {
        check_interval(set)?;
    }
    let criteria = [&configuration.triggering_criteria, &configuration.emergency_triggering_criteria];
    criteria.into_iter().flatten().try_for_each(check_criteria)
}

fn check_interval(requested: &RequestedLocation) -> Result<(), LocationFault> {
    let seconds = requested.minimum_interval_seconds.unwrap_or_default();
    let sound = (1..=MAX_INTERVAL.as_secs()).contains(&seconds);
    if sound { Ok(()) } else { Err(LocationFault::Interval) }
}

fn check_criteria(criteria: &TriggeringCriteria) -> Result<(), LocationFault> {
    let ids = criteria.trigger_ids();
    if ids.len() > MAX_TRIGGERS {
        return Err(LocationFault::TooManyTriggers);
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = ids.into_iter().find(|id| !seen.insert(id.as_str())) {
        return Err(LocationFault::TriggerTwice(twice.to_string()));
    }
    criteria.triggers.iter().chain(&criteria.extensions).try_for_each(check_trigger)
}

fn check_trigger(trigger: &Trigger) -> Result<(), LocationFault> {
    if let Some(area) = &trigger.area {
        let id = || trigger.trigger_id.as_ref().map(ToString::to_string).unwrap_or_default();
        check_area(area).map_err(|error| LocationFault::Area { trigger: id(), error })?;
    }
    // The codec lets triggers nest as deep as its reader does, which is bounded.
    trigger.triggers.iter().try_for_each(check_trigger)
}
