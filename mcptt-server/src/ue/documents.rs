//! Timers and counters of floor control that documents give to user equipment (TS 24.380 11, TS 24.484 7.2 and 8.4).
//!
//! What a document leaves open stays as clause 11 has it.

use std::time::Duration;

use mcptt_codec::xml::service_configuration::ServiceConfiguration;
use mcptt_codec::xml::ue_initial_configuration::UeInitialConfiguration;
use media_plane::floor::participant::{self, off_network};
use media_plane::floor::{Check as _, TimerError};
use media_plane::tables::Value;
use thiserror::Error;

/// A document sets a timer or counter to what it cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{element}: {error}")]
pub struct ProvisionError {
    /// The element, or the part of the document whose values do not go together.
    pub element: String,
    /// Its value and what it may be.
    pub error: TimerError,
}

/// A value: the element below the document, the name in clause 11, what it is set to.
type Told = (String, &'static str, Value);

/// The timers of the floor participant on the network, from `on-network/Timers` in seconds.
///
/// # Errors
/// [`ProvisionError`] names the element, its value and its range, or the values that do not go together.
//= 24.380-11.1.1:t100
pub fn on_network(document: &UeInitialConfiguration) -> Result<participant::TimerSettings, ProvisionError> {
    let timers = document.on_network.as_ref().and_then(|on_network| on_network.timers.as_ref());
    let told = timers.into_iter().flat_map(|timers| {
        [
            ("T100", timers.t100),
            ("T101", timers.t101),
            ("T103", timers.t103),
            ("T104", timers.t104),
            ("T132", timers.t132),
        ]
    });
    let told = told.filter_map(|(name, seconds)| {
        let value = Value::Time(Duration::from_secs(seconds?.into()));
        Some((format!("on-network/Timers/{name}"), name, value))
    });
    let mut settings = participant::TimerSettings::default();
    apply(told, |name, value| settings.set(name, value))?;
    let together = |error| ProvisionError { element: "on-network/Timers".to_owned(), error };
    settings.check().map_err(together)?;
    Ok(settings)
}

/// The timers and counters of the floor participant without network: from `off-network` of the initial configuration, each
/// in the unit of its leaf in TS 24.483, and from `transmit-time` of `off-network` of the service configuration, whose
/// limit less its warning is T206 and whose warning is T207.
///
/// # Errors
/// As [`on_network`].
pub fn off_network(
    document: &UeInitialConfiguration,
    service: Option<&ServiceConfiguration>,
) -> Result<off_network::TimerSettings, ProvisionError> {
    let off_network = document.off_network.as_ref();
    let timers = off_network.and_then(|off_network| off_network.timers.as_ref());
    let counters = off_network.and_then(|off_network| off_network.counters.as_ref());
    let milliseconds = |value: Option<u16>| value.map(|value| Duration::from_millis(value.into()));
    let seconds = |value: Option<u16>| value.map(|value| Duration::from_secs(value.into()));
    let timers = timers.into_iter().flat_map(|timers| {
        [
            ("T201", milliseconds(timers.t201)),
            ("T203", seconds(timers.t203)),
            ("T204", milliseconds(timers.t204)),
            ("T205", milliseconds(timers.t205)),
            ("T230", seconds(timers.t230)),
            ("T233", seconds(timers.t233)),
        ]
    });
    let timers = timers
        .filter_map(|(name, time)| Some((format!("off-network/Timers/{name}"), name, Value::Time(time?))));
    let counters = counters
        .into_iter()
        .flat_map(|counters| [("C201", counters.c201), ("C204", counters.c204), ("C205", counters.c205)]);
    let counters = counters.filter_map(|(name, count)| {
        Some((format!("off-network/Counters/{name}"), name, Value::Count(count?)))
    });
    let talking = service.into_iter().flat_map(transmit_time);
    let mut settings = off_network::TimerSettings::default();
    apply(timers.chain(counters).chain(talking), |name, value| settings.set(name, value))?;
    let together = |error| ProvisionError { element: "off-network".to_owned(), error };
    settings.check().map_err(together)?;
    Ok(settings)
}

/// T206 and T207: how long one may talk before the warning, and after it.
fn transmit_time(service: &ServiceConfiguration) -> impl Iterator<Item = Told> {
    let told = service.off_network().and_then(|off_network| off_network.transmit_time.as_ref());
    let limit = told.and_then(|told| told.time_limit);
    let warning = told.and_then(|told| told.time_warning);
    let default = off_network::TimerSettings::default();
    let before = limit
        .map(|limit| limit.saturating_sub(warning.unwrap_or(default.duration(off_network::Timer::T207))));
    let place = |element: &str| format!("off-network/transmit-time/{element}");
    let before = before.map(|time| (place("time-limit"), "T206", Value::Time(time)));
    let after = warning.map(|time| (place("time-warning"), "T207", Value::Time(time)));
    before.into_iter().chain(after)
}

fn apply(
    told: impl Iterator<Item = Told>,
    mut set: impl FnMut(&str, Value) -> Option<Result<(), TimerError>>,
) -> Result<(), ProvisionError> {
    for (element, name, value) in told {
        let outcome = set(name, value);
        debug_assert!(outcome.is_some(), "{name} belongs to no machine");
        outcome.unwrap_or(Ok(())).map_err(|error| ProvisionError { element, error })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use media_plane::tables::{Provision, settings};

    use super::*;

    fn initial(timers: &str, off_network: &str) -> UeInitialConfiguration {
        let text = format!(
            "<mcptt-UE-initial-configuration xmlns=\"urn:3gpp:mcptt:mcpttUEinitConfig:1.0\" domain=\"example.org\">\
             <on-network><Timers>{timers}</Timers></on-network><off-network>{off_network}</off-network>\
             </mcptt-UE-initial-configuration>"
        );
        UeInitialConfiguration::parse(text.as_bytes()).unwrap()
    }

    fn service(transmit_time: &str) -> ServiceConfiguration {
        let text = format!(
            "<service-configuration-info xmlns=\"urn:3gpp:ns:mcpttServiceConfig:1.0\"><service-configuration-params \
             domain=\"example.org\"><off-network><transmit-time>{transmit_time}</transmit-time></off-network>\
             </service-configuration-params></service-configuration-info>"
        );
        ServiceConfiguration::parse(text.as_bytes()).unwrap()
    }

    fn value(of: &str) -> (Value, bool) {
        let one = settings().into_iter().find(|one| one.name == of).unwrap();
        let here = one.provisioned.iter().any(|place| matches!(place, Provision::UeInitialConfiguration(..)));
        (one.default, here)
    }

    //= 24.380-11.1.1:t100 test
    #[test]
    fn every_timer_that_the_register_places_in_the_initial_configuration_is_taken_from_there() {
        let document = initial(
            "<T100>2</T100><T101>2</T101><T103>5</T103><T104>3</T104><T132>4</T132>",
            "<Timers><T201>50</T201><T203>6</T203><T204>90</T204><T205>70</T205><T230>300</T230><T233>4</T233></Timers>\
             <Counters><C201>2</C201><C204>4</C204><C205>5</C205></Counters>",
        );
        let on_network = on_network(&document).unwrap();
        let off_network = off_network(&document, None).unwrap();
        let mut taken = 0;
        for one in settings() {
            let (default, here) = value(&one.name);
            if !here {
                continue;
            }
            let timer = participant::Timer::T100;
            let mut probe = (on_network.clone(), off_network.clone());
            // Set to its default, either machine differs from what the document says.
            let changed = [probe.0.set(&one.name, default), probe.1.set(&one.name, default)];
            assert!(changed.into_iter().flatten().all(|set| set.is_ok()), "{}", one.name);
            assert!(probe.0 != on_network || probe.1 != off_network, "{} is not taken", one.name);
            assert_eq!(on_network.duration(timer), Duration::from_secs(2));
            taken += 1;
        }
        assert_eq!(taken, 14, "T100 to T132, T201 to T233 without T206 and T207, C201 to C205");
        assert_eq!(off_network.duration(off_network::Timer::T205), Duration::from_millis(70));
    }

    #[test]
    fn what_is_not_said_stays_as_clause_11_has_it() {
        let document = initial("", "");
        assert_eq!(on_network(&document), Ok(participant::TimerSettings::default()));
        assert_eq!(off_network(&document, None), Ok(off_network::TimerSettings::default()));
        let limit = off_network(&document, Some(&service("<time-limit>PT20S</time-limit>"))).unwrap();
        assert_eq!(
            limit.duration(off_network::Timer::T206),
            Duration::from_secs(17),
            "less the warning of 3 s"
        );
    }

    #[test]
    fn the_limit_of_talking_is_divided_by_its_warning() {
        let times = "<time-limit>PT40S</time-limit><time-warning>PT5S</time-warning>";
        let told = off_network(&initial("", ""), Some(&service(times))).unwrap();
        let (before, after) =
            (told.duration(off_network::Timer::T206), told.duration(off_network::Timer::T207));
        assert_eq!((before, after), (Duration::from_secs(35), Duration::from_secs(5)));
    }

    #[test]
    fn what_cannot_be_is_refused_with_element_value_and_range() {
        let refused = |timers: &str, off: &str| {
            let document = initial(timers, off);
            on_network(&document).err().or(off_network(&document, None).err()).map(|error| error.to_string())
        };
        assert_eq!(
            refused("<T132>0</T132>", "").as_deref(),
            Some("on-network/Timers/T132: T132 of 0ns is not within 40ms to 255s")
        );
        assert_eq!(
            refused("<T101>3</T101>", "").as_deref(),
            Some("on-network/Timers: C101 copies at intervals of T101 last 6s, which must stay below 6s")
        );
        assert_eq!(
            refused("", "<Timers><T203>7</T203></Timers>").as_deref(),
            Some("off-network/Timers/T203: T203 of 7s is not within 10ms to 6s")
        );
        let waiting = refused("", "<Timers><T203>3</T203></Timers>").unwrap();
        assert!(waiting.starts_with("off-network: all copies by T205 and C205"), "{waiting}");
    }
}
