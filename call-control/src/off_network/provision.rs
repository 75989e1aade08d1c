//! What documents provision for off-network calls: the initial configuration of the user equipment (TS 24.484) and group
//! documents (TS 24.481).

use std::net::IpAddr;
use std::time::Duration;

use mcptt_codec::machine::TimerError;
use mcptt_codec::xml::group_document::ListService;
use mcptt_codec::xml::ue_initial_configuration::OffNetwork;

use super::timer::{Counter, Timer, TimerSettings};
use super::types::OffNetworkGroup;

/// The timers and counters that the initial configuration sets, and the defaults of those that it does not.
///
/// # Errors
/// [`TimerError`]: the first value outside its range.
pub fn timers_of(document: &OffNetwork) -> Result<TimerSettings, TimerError> {
    let mut settings = TimerSettings::default();
    if let Some(timers) = &document.timers {
        let ms = |value: Option<u16>| value.map(|value| Duration::from_millis(value.into()));
        let secs = |value: Option<u16>| value.map(|value| Duration::from_secs(value.into()));
        for (timer, value) in [
            (Timer::TFG1, ms(timers.tfg1)),
            (Timer::TFG2, ms(timers.tfg2)),
            (Timer::TFG3, ms(timers.tfg3)),
            (Timer::TFG4, secs(timers.tfg4)),
            (Timer::TFG5, secs(timers.tfg5)),
            (Timer::TFG11, secs(timers.tfg11)),
            (Timer::TFG12, secs(timers.tfg12)),
            (Timer::TFG13, secs(timers.tfg13)),
            (Timer::TFG14, secs(timers.tfg14)),
            (Timer::TFP1, ms(timers.tfp1)),
            (Timer::TFP2, secs(timers.tfp2)),
            (Timer::TFP3, ms(timers.tfp3)),
            (Timer::TFP4, ms(timers.tfp4)),
            (Timer::TFP5, secs(timers.tfp5)),
            (Timer::TFP6, ms(timers.tfp6)),
            (Timer::TFP7, secs(timers.tfp7)),
            (Timer::TFB1, secs(timers.tfb1)),
            (Timer::TFB2, secs(timers.tfb2)),
            (Timer::TFB3, secs(timers.tfb3)),
            (Timer::TFE1, secs(timers.tfe1)),
            (Timer::TFE2, secs(timers.tfe2)),
        ] {
            if let Some(value) = value {
                settings = settings.with_timer(timer, value)?;
            }
        }
    }
    if let Some(counters) = &document.counters {
        for (counter, value) in [
            (Counter::CFG11, counters.cfg11),
            (Counter::CFG12, counters.cfg12),
            (Counter::CFP1, counters.cfp1),
            (Counter::CFP3, counters.cfp3),
            (Counter::CFP4, counters.cfp4),
            (Counter::CFP6, counters.cfp6),
        ] {
            if let Some(value) = value {
                settings = settings.with_counter(counter, value)?;
            }
        }
    }
    Ok(settings)
}

impl OffNetworkGroup {
    /// The group as its document describes it, with the ports of calls that this client starts. `None`: the document
    /// names no address to reach it by.
    pub fn of_document(document: &ListService, audio_port: u16, floor_port: u16) -> Option<Self> {
        let address: IpAddr = document.off_network_ip_multicast_address.as_ref()?.trim().parse().ok()?;
        let mut group = Self::new(document.uri.as_str(), address, audio_port, floor_port);
        group.maximum_duration = document.off_network_maximum_duration;
        group.emergency_limit = document.off_network_in_progress_emergency_state_cancellation_timeout;
        group.imminent_peril_limit =
            document.off_network_in_progress_imminent_peril_state_cancellation_timeout;
        Some(group)
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::machine::{Provision, Value};
    use mcptt_codec::xml::ue_initial_configuration::{OffNetworkCounters, OffNetworkTimers};

    use super::*;
    use crate::tables::settings;

    #[test]
    fn the_initial_configuration_sets_what_the_register_says_it_sets_in_the_unit_it_says() {
        let timers = OffNetworkTimers {
            tfg1: Some(21),
            tfg2: Some(21),
            tfg3: Some(21),
            tfg4: Some(21),
            tfg5: Some(21),
            tfg11: Some(21),
            tfg12: Some(21),
            tfg13: Some(21),
            tfg14: Some(21),
            tfp1: Some(21),
            tfp2: Some(21),
            tfp3: Some(21),
            tfp4: Some(21),
            tfp5: Some(21),
            tfp6: Some(21),
            tfp7: Some(21),
            tfb1: Some(21),
            tfb2: Some(21),
            tfb3: Some(21),
            tfe1: Some(21),
            tfe2: Some(21),
            ..OffNetworkTimers::default()
        };
        let counters = OffNetworkCounters {
            cfp1: Some(21),
            cfp3: Some(21),
            cfp4: Some(21),
            cfp6: Some(21),
            cfg11: Some(21),
            cfg12: Some(21),
            ..OffNetworkCounters::default()
        };
        let document = OffNetwork { timers: Some(timers), counters: Some(counters), ..OffNetwork::default() };
        let provisioned = timers_of(&document).unwrap();
        let mut seen = 0;
        for one in settings() {
            let text = one.provisioned.iter().map(ToString::to_string).collect::<String>();
            let expected = match &text {
                text if text.ends_with("(ms)") => Value::Time(Duration::from_millis(21)),
                text if text.ends_with("(s)") => Value::Time(Duration::from_secs(21)),
                text if text.ends_with("(transmissions)") => Value::Count(21),
                _ => one.default,
            };
            seen += usize::from(
                one.provisioned.iter().any(|place| matches!(place, Provision::UeInitialConfiguration(..))),
            );
            let mut same = provisioned.clone();
            assert_eq!(same.set(&one.name, expected), Some(Ok(())));
            assert_eq!(same, provisioned, "{} {text}", one.name);
        }
        assert_eq!(seen, 27);
    }

    #[test]
    fn a_value_beyond_its_range_is_refused_by_name() {
        let timers = OffNetworkTimers { tfg4: Some(61), ..OffNetworkTimers::default() };
        let document = OffNetwork { timers: Some(timers), ..OffNetwork::default() };
        let error = timers_of(&document).unwrap_err().to_string();
        assert!(error.starts_with("TFG4 of 61s is not within "), "{error}");
    }

    #[test]
    fn a_group_document_says_how_the_group_is_reached_and_how_long_its_calls_last() {
        let document = ListService {
            uri: "sip:rescue-1@mc.example.org".into(),
            off_network_ip_multicast_address: Some("239.1.1.1".into()),
            off_network_maximum_duration: Some(Duration::from_secs(77)),
            off_network_in_progress_emergency_state_cancellation_timeout: Some(Duration::from_secs(55)),
            ..ListService::default()
        };
        let group = OffNetworkGroup::of_document(&document, 40_000, 40_002).unwrap();
        assert_eq!(group.address, IpAddr::from([239, 1, 1, 1]));
        assert_eq!(group.maximum_duration, Some(Duration::from_secs(77)));
        assert_eq!(group.emergency_limit, Some(Duration::from_secs(55)));
        assert_eq!(group.imminent_peril_limit, None);
        assert_eq!(OffNetworkGroup::of_document(&ListService::default(), 40_000, 40_002), None);
    }
}
