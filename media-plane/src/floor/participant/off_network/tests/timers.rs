//! The values of timers and counters (11.1.2, 11.2.2).

use super::rig::{millis, secs};
use crate::floor::participant::off_network::timer::{Counter, Timer, TimerSettings};
use crate::floor::timer::{Check, Name, TimerError};

//= 24.380-11.1.2:t233 test
#[test]
fn timers_and_counters_have_their_defaults() {
    let settings = TimerSettings::default();
    let timers = [
        (Timer::T201, millis(40)),
        (Timer::T203, secs(4)),
        (Timer::T204, millis(80)),
        (Timer::T205, millis(80)),
        (Timer::T206, secs(27)),
        (Timer::T207, secs(3)),
        (Timer::T230, secs(600)),
        (Timer::T233, secs(3)),
    ];
    for (timer, value) in timers {
        assert_eq!(settings.duration(timer), value, "{timer:?}");
    }
    let counters = [Counter::C201, Counter::C204, Counter::C205].map(|counter| settings.limit(counter));
    assert_eq!(counters, [3, 3, 4]);
    assert_eq!(settings.check(), Ok(()));
}

#[test]
fn every_name_stands_at_its_place_in_the_table() {
    for (slot, spec) in Timer::TABLE.iter().enumerate() {
        assert_eq!(spec.timer.slot(), slot);
        assert!(spec.range.contains(&spec.default), "{:?}", spec.timer);
    }
    for (slot, spec) in Counter::TABLE.iter().enumerate() {
        assert_eq!(spec.counter.slot(), slot);
        assert!(spec.range.contains(&spec.default), "{:?}", spec.counter);
    }
}

//= 24.380-11.1.2:t233 test
#[test]
fn what_is_outside_the_range_is_refused() {
    let too_long = |timer, value| {
        let error = TimerSettings::default().with_timer(timer, value).unwrap_err();
        assert!(matches!(error, TimerError::Timer { .. }), "{error}");
    };
    too_long(Timer::T203, millis(6_001));
    too_long(Timer::T233, millis(5_001));
    too_long(Timer::T201, millis(0));
    assert!(TimerSettings::default().with_counter(Counter::C205, 0).is_err());
}

//= 24.380-11.1.2:t233 test
#[test]
fn waiting_for_a_talker_must_not_look_like_silence() {
    let settings = TimerSettings::default().with_timer(Timer::T233, millis(3_679)).unwrap();
    assert_eq!(settings.check(), Ok(()));
    let settings = TimerSettings::default().with_timer(Timer::T233, millis(3_680)).unwrap();
    let error = settings.check().unwrap_err();
    assert_eq!(error, TimerError::Wait { total: secs(4), limit: secs(4) });
    assert_eq!(
        error.to_string(),
        "all copies by T205 and C205 and then T233 last 4s, which must stay below T203 of 4s"
    );
}
