//! The values of timers and counters (11.1.1, 11.2.1).

use super::rig::{millis, secs};
use crate::floor::participant::{Counter, Timer, TimerSettings};
use crate::floor::timer::{Check, Name, TimerError};

//= 24.380-11.1.1:t132 test
#[test]
fn timers_and_counters_have_their_defaults() {
    let settings = TimerSettings::default();
    let timers = [Timer::T100, Timer::T101, Timer::T103, Timer::T104, Timer::T132];
    assert_eq!(timers.map(|timer| settings.duration(timer)), [secs(1), secs(1), secs(4), secs(1), secs(2)]);
    assert_eq!(
        [Counter::C100, Counter::C101, Counter::C104].map(|counter| settings.limit(counter)),
        [3, 3, 3]
    );
    assert_eq!(settings.check(), Ok(()));
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

//= 24.380-11.1.1:t100 test
#[test]
fn copies_that_take_too_long_are_refused() {
    let settings = TimerSettings::default().with_timer(Timer::T100, secs(3)).unwrap();
    let (timer, counter) = ("T100".into(), "C100".into());
    let expected = TimerError::Retransmission { timer, counter, total: secs(6), limit: secs(6) };
    assert_eq!(settings.check(), Err(expected));
    let settings = TimerSettings::default().with_timer(Timer::T100, millis(2_999)).unwrap();
    assert_eq!(settings.check(), Ok(()));
    let settings = TimerSettings::default().with_counter(Counter::C101, 7).unwrap();
    assert_eq!(
        settings.check().unwrap_err().to_string(),
        "C101 copies at intervals of T101 last 6s, which must stay below 6s"
    );
}
