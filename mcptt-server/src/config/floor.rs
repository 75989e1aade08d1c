//! Timers and counters of floor control, wherever they are provisioned (TS 24.380 11).

use media_plane::floor::TimerError;
use media_plane::tables::Value;

use super::{FileError, duration::Span, file, value};

/// A value for a timer or counter of clause 11, and where it is said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Provisioned {
    /// The setting as a path, or document and element.
    pub(super) setting: String,
    /// The name in clause 11.
    pub(super) name: &'static str,
    /// What it is set to.
    pub(super) value: Value,
}

/// What the table `[floor]` of the file sets.
pub(super) fn of_file(floor: &file::Floor) -> Vec<Provisioned> {
    let times = [
        ("T1", floor.t1),
        ("T2", floor.t2),
        ("T3", floor.t3),
        ("T7", floor.t7),
        ("T8", floor.t8),
        ("T11", floor.t11),
        ("T12", floor.t12),
        ("T15", floor.t15),
        ("T16", floor.t16),
        ("T17", floor.t17),
        ("T20", floor.t20),
        ("T55", floor.t55),
        ("T56", floor.t56),
    ];
    let counts =
        [("C7", floor.c7), ("C17", floor.c17), ("C20", floor.c20), ("C55", floor.c55), ("C56", floor.c56)];
    let times =
        times.into_iter().filter_map(|(name, span)| Some((name, Value::Time(span.map(|Span(time)| time)?))));
    let counts = counts.into_iter().filter_map(|(name, count)| Some((name, Value::Count(count?))));
    times
        .chain(counts)
        .map(|(name, value)| Provisioned { setting: format!("floor.{name}"), name, value })
        .collect()
}

/// Gives a timer or counter its value in whichever machine has it.
///
/// # Errors
/// [`FileError::Value`] names the setting, its value and the range.
pub(super) fn apply(config: &mut media_plane::Config, one: &Provisioned) -> Result<(), FileError> {
    let mut done = false;
    let machines = [
        config.timers.set(one.name, one.value),
        config.sessions.set(one.name, one.value),
        config.subchannels.set(one.name, one.value),
    ];
    for outcome in machines.into_iter().flatten() {
        outcome.map_err(|error| refused(one, &error))?;
        done = true;
    }
    debug_assert!(done, "{} belongs to no machine", one.name);
    Ok(())
}

/// Checks a value that is kept elsewhere.
///
/// # Errors
/// As [`apply`].
pub(super) fn check(one: &Provisioned) -> Result<(), FileError> {
    apply(&mut media_plane::Config::default(), one)
}

fn refused(one: &Provisioned, error: &TimerError) -> FileError {
    let allowed = match error {
        TimerError::Timer { from, to, .. } => format!("{from:?} to {to:?}"),
        TimerError::Counter { from, to, .. } => format!("{from} to {to}"),
        other => other.to_string(),
    };
    let shown = match one.value {
        Value::Time(time) => format!("{time:?}"),
        Value::Count(count) => count.to_string(),
    };
    value(one.setting.clone(), shown, allowed)
}
