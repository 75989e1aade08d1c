//! The values of timers and counters (11.1.3, 11.2.3).

use std::time::Duration;

use super::rig::{millis, secs};
use crate::floor::server::{Counter, Timer, TimerSettings};
use crate::floor::timer::{Name, TimerError};

//= 24.380-11.1.3:t1 test
//= 24.380-11.1.3:t2 test
//= 24.380-11.1.3:t3 test
//= 24.380-11.1.3:t4 test
//= 24.380-11.1.3:t8 test
//= 24.380-11.1.3:t20 test
#[test]
fn timers_have_their_defaults_and_ranges() {
    let table: Vec<(Timer, Duration, Duration, Duration)> = Timer::TABLE
        .iter()
        .map(|spec| (spec.timer, spec.default, *spec.range.start(), *spec.range.end()))
        .collect();
    let expected = [
        (Timer::T1, secs(4), millis(100), secs(6)),
        (Timer::T2, secs(30), secs(1), secs(30)),
        (Timer::T3, secs(3), secs(0), secs(60)),
        (Timer::T4, secs(30), secs(1), secs(86_400)),
        (Timer::T7, secs(1), millis(100), secs(60)),
        (Timer::T8, secs(1), millis(100), secs(60)),
        (Timer::T11, secs(4), millis(100), secs(6)),
        (Timer::T12, secs(30), secs(1), secs(600)),
        (Timer::T20, secs(1), millis(100), secs(60)),
    ];
    assert_eq!(table, expected);
}

//= 24.380-11.2.3:c7 test
//= 24.380-11.2.3:c20 test
#[test]
fn counters_have_their_defaults() {
    let settings = TimerSettings::default();
    assert_eq!(
        [Counter::C7, Counter::C20, Counter::XRevoke].map(|counter| settings.limit(counter)),
        [10, 3, 5]
    );
}

#[test]
fn every_name_stands_at_its_place_in_the_table() {
    for (slot, spec) in Timer::TABLE.iter().enumerate() {
        assert_eq!(spec.timer.slot(), slot);
    }
    for (slot, spec) in Counter::TABLE.iter().enumerate() {
        assert_eq!(spec.counter.slot(), slot);
    }
}

#[test]
fn values_outside_the_range_are_refused_by_name() {
    let error = TimerSettings::default().with_timer(Timer::T1, secs(7)).unwrap_err();
    let expected = TimerError::Timer { timer: "T1".into(), value: secs(7), from: millis(100), to: secs(6) };
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), "T1 of 7s is not within 100ms to 6s");
    let error = TimerSettings::default().with_counter(Counter::C7, 0).unwrap_err();
    assert_eq!(error.to_string(), "C7 of 0 is not within 1 to 255");
    let settings = TimerSettings::default().with_timer(Timer::T3, secs(0)).unwrap();
    assert_eq!(settings.duration(Timer::T3), secs(0));
}
