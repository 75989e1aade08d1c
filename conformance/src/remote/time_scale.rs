//! Timers of a target that the tester provisions, made shorter or longer.

use std::ops::RangeInclusive;
use std::time::Duration;

use media_plane::floor::server::Timer;
use media_plane::floor::timer::Name;

use crate::scenario::duration;

/// Multiplies the timers of floor control and the hang timers of groups in a configuration. Each stays within its range.
pub(super) fn apply(table: &mut toml::Table, factor: f64) {
    if factor == 1.0 {
        return;
    }
    if let Some(floor) = table.get_mut("floor").and_then(toml::Value::as_table_mut) {
        for (name, value) in floor.iter_mut() {
            if let Some(range) = range(name) {
                multiply(value, factor, range);
            }
        }
    }
    let groups = table.get_mut("group").and_then(toml::Value::as_array_mut);
    for group in groups.into_iter().flatten().filter_map(toml::Value::as_table_mut) {
        if let (Some(value), Some(range)) = (group.get_mut("hang-timer"), range("T4")) {
            multiply(value, factor, range);
        }
    }
}

/// What a timer of the floor control server may be set to.
fn range(name: &str) -> Option<&'static RangeInclusive<Duration>> {
    let spec = Timer::TABLE.iter().find(|spec| format!("{:?}", spec.timer) == name);
    spec.map(|spec| &spec.range)
}

fn multiply(value: &mut toml::Value, factor: f64, range: &RangeInclusive<Duration>) {
    // What is no duration is complained about by whoever reads the configuration.
    let Some(time) = value.as_str().and_then(duration) else { return };
    let scaled = Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(time);
    let scaled = scaled.clamp(*range.start(), *range.end());
    *value = toml::Value::String(format!("{}ms", scaled.as_millis()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_multiplied_and_stay_within_their_ranges() {
        let mut table: toml::Table = mcptt_server::config::DEFAULT.parse().unwrap();
        apply(&mut table, 0.25);
        let floor = table["floor"].as_table().unwrap();
        let timer = |name: &str| duration(floor[name].as_str().unwrap()).unwrap();
        assert_eq!(timer("T1"), Duration::from_secs(1));
        assert_eq!(timer("T2"), Duration::from_millis(7500));
        assert_eq!(timer("T7"), Duration::from_millis(250));
        assert_eq!(floor["C7"].as_integer(), Some(10), "counters are as they were");
        let group = table["group"][0].as_table().unwrap();
        assert_eq!(duration(group["hang-timer"].as_str().unwrap()), Some(Duration::from_millis(7500)));
        mcptt_server::config::parse(&table.to_string()).unwrap();
        apply(&mut table, 0.001);
        mcptt_server::config::parse(&table.to_string()).expect("no timer is too short");
    }
}
