//! Where clients are: `[location]`, the short form of a location configuration document.

use std::time::Duration;

use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::location_info::{
    Configuration, RequestedLocation, Scope, Trigger, TriggeringCriteria, trigger_name,
};
use serde::Deserialize;

use super::duration::Span;
use super::{FileError, value};

/// `[location]`. Without a trigger clients are told nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Location {
    period: Option<Span>,
    /// Metres.
    distance: Option<u32>,
    cell_change: bool,
    signalling_events: bool,
    minimum_interval: Span,
    emergency_interval: Span,
    /// The coordinates are reported outside of emergencies, too.
    coordinates: bool,
    pub(super) pending_requests: Option<usize>,
}

impl Default for Location {
    fn default() -> Self {
        Self {
            period: None,
            distance: None,
            cell_change: false,
            signalling_events: false,
            minimum_interval: Span(Duration::from_secs(60)),
            emergency_interval: Span(Duration::from_secs(5)),
            coordinates: true,
            pending_requests: None,
        }
    }
}

impl Location {
    /// The document that it stands for.
    ///
    /// # Errors
    /// [`FileError`]: a time that is no whole number of seconds, or a distance of nothing.
    pub(super) fn translate(&self) -> Result<Option<Configuration>, FileError> {
        let seconds = |setting: &str, span: Span| match span.0.subsec_nanos() {
            0 if span.0.as_secs() > 0 => Ok(span.0.as_secs()),
            _ => Err(value(setting, format!("{:?}", span.0), "a whole number of seconds, 1s or more")),
        };
        let mut triggers = Vec::new();
        if let Some(period) = self.period {
            let period = seconds("location.period", period)?.to_string();
            triggers.push(trigger(trigger_name::PERIODIC_REPORT, "period", Some(period)));
        }
        if let Some(metres) = self.distance {
            if metres == 0 {
                return Err(value("location.distance", metres, "1 metre or more"));
            }
            let metres = Some(metres.to_string());
            triggers.push(trigger(trigger_name::TRAVELLED_DISTANCE, "distance", metres));
        }
        if self.cell_change {
            let inner = vec![trigger("AnyCellChange", "cell", None)];
            triggers.push(group(trigger_name::CELL_CHANGE, inner));
        }
        if self.signalling_events {
            let names = ["InitialLogOn", "GroupCallNonEmergency", "PrivateCallNonEmergency"];
            let inner = names.into_iter().map(|name| trigger(name, name, None)).collect();
            triggers.push(group(trigger_name::MCPTT_SIGNALLING_EVENT, inner));
        }
        if triggers.is_empty() {
            return Ok(None);
        }
        let requested = |geographical_coordinate, interval| RequestedLocation {
            serving_ecgi: true,
            geographical_coordinate,
            minimum_interval_seconds: Some(interval),
            ..RequestedLocation::default()
        };
        let normal = seconds("location.minimum-interval", self.minimum_interval)?;
        let urgent = seconds("location.emergency-interval", self.emergency_interval)?;
        Ok(Some(Configuration {
            scope: Some(Scope::Full),
            non_emergency: Some(requested(self.coordinates, normal)),
            emergency: Some(requested(true, urgent)),
            triggering_criteria: Some(TriggeringCriteria { triggers, ..TriggeringCriteria::default() }),
            ..Configuration::default()
        }))
    }
}

fn trigger(name: &'static str, id: &'static str, said: Option<String>) -> Trigger {
    let value = said.map(|said| ByteStr::from(said.as_str()));
    Trigger { name: name.into(), trigger_id: Some(id.into()), value, ..Trigger::default() }
}

fn group(name: &'static str, triggers: Vec<Trigger>) -> Trigger {
    Trigger { name: name.into(), triggers, ..Trigger::default() }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::xml::location_info::LocationInfo;

    use super::super::parse;

    #[test]
    fn the_short_form_stands_for_a_document_that_clients_can_keep_to() {
        let config = parse(
            "[location]\nperiod = \"5m\"\ndistance = 100\ncell-change = true\nsignalling-events = true\n\
             minimum-interval = \"30s\"\n",
        )
        .unwrap()
        .call_control;
        let configuration = config.location.configuration.unwrap();
        let criteria = configuration.triggering_criteria.as_ref().unwrap();
        assert_eq!(criteria.trigger_ids().len(), 6);
        assert_eq!(configuration.non_emergency.as_ref().unwrap().minimum_interval_seconds, Some(30));
        // What is sent can be read, every value of it.
        let text = LocationInfo::configuration(configuration.clone()).to_xml();
        let examined = LocationInfo::examine(text.as_bytes()).unwrap();
        assert!(examined.deviations.is_empty(), "{:?}", examined.deviations);
        assert_eq!(examined.value, LocationInfo::configuration(configuration));
        assert_eq!(parse("").unwrap().call_control.location.configuration, None);
        assert!(parse("[location]\nperiod = \"300ms\"\n").is_err());
        assert!(parse("[location]\ndistance = 0\n").is_err());
        // A day is the longest interval.
        assert!(parse("[location]\ncell-change = true\nminimum-interval = \"90000s\"\n").is_err());
    }
}
