//! The timers of RFC 3261 (annex A) and RFC 6026: names, derivation, ranges.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use thiserror::Error;

/// A named timer of the transaction layer. Names with an `X` are ours and stand in no RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum Timer {
    /// INVITE request retransmission, doubling.
    A,
    /// INVITE client transaction timeout.
    B,
    /// Wait for retransmissions of a non-2xx answer to an INVITE.
    D,
    /// Retransmission of another request, doubling up to T2.
    E,
    /// Timeout of another client transaction.
    F,
    /// Retransmission of a non-2xx answer to an INVITE, doubling up to T2.
    G,
    /// Wait for the ACK of a non-2xx answer.
    H,
    /// Wait for retransmissions of that ACK.
    I,
    /// Wait for retransmissions of another request.
    J,
    /// Wait for retransmissions of the answer to another request.
    K,
    /// Wait for retransmissions of an INVITE that was accepted (RFC 6026).
    L,
    /// Wait for retransmissions of the 2xx to an INVITE, or for one from another fork (RFC 6026).
    M,
    /// The 200 ms of RFC 3261 17.2.1 after which an INVITE without an answer is told 100 Trying.
    XTrying,
    /// The transaction user never answered another request: its sender has given up by then.
    XAbandoned,
}

impl Timer {
    /// All of them, in the order of the enumeration.
    pub const ALL: [Self; 14] = [
        Self::A,
        Self::B,
        Self::D,
        Self::E,
        Self::F,
        Self::G,
        Self::H,
        Self::I,
        Self::J,
        Self::K,
        Self::L,
        Self::M,
        Self::XTrying,
        Self::XAbandoned,
    ];
}

/// One line of [`TIMERS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerSpec {
    /// The name in the RFC.
    pub name: &'static str,
    /// The value without configuration.
    pub default: Duration,
    /// The unit in which it is configured and printed.
    pub unit: &'static str,
    /// What may be configured; for a derived timer, what can follow from it.
    pub range: RangeInclusive<Duration>,
    /// The derivation, for people.
    pub derivation: &'static str,
    /// Where it is specified.
    pub clause: &'static str,
}

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

const fn line(
    name: &'static str,
    [default, min, max]: [u64; 3],
    unit: &'static str,
    derivation: &'static str,
    clause: &'static str,
) -> TimerSpec {
    TimerSpec {
        name,
        default: ms(default),
        unit,
        range: RangeInclusive::new(ms(min), ms(max)),
        derivation,
        clause,
    }
}

const T1: TimerSpec = line("T1", [500, 10, 10_000], "ms", "configured", "RFC 3261 17.1.1.1");
const T2: TimerSpec = line("T2", [4_000, 10, 64_000], "ms", "configured", "RFC 3261 17.1.2.2");
const T4: TimerSpec = line("T4", [5_000, 10, 60_000], "ms", "configured", "RFC 3261 17.1.2.2");
const TRYING: TimerSpec = line("XTrying", [200, 0, 200], "ms", "configured", "RFC 3261 17.2.1");

/// Every timer with its default, unit and range. T1, T2, T4 and XTrying are configured, the others follow from them.
pub const TIMERS: [TimerSpec; 17] = [
    T1,
    T2,
    T4,
    line("A", [500, 10, 10_000], "ms", "T1, doubles", "RFC 3261 17.1.1.2"),
    line("B", [32_000, 640, 640_000], "ms", "64*T1", "RFC 3261 17.1.1.2"),
    line("D", [32_000, 32_000, 640_000], "ms", "64*T1, at least 32 s", "RFC 3261 17.1.1.2"),
    line("E", [500, 10, 10_000], "ms", "T1, doubles up to T2", "RFC 3261 17.1.2.2"),
    line("F", [32_000, 640, 640_000], "ms", "64*T1", "RFC 3261 17.1.2.2"),
    line("G", [500, 10, 10_000], "ms", "T1, doubles up to T2", "RFC 3261 17.2.1"),
    line("H", [32_000, 640, 640_000], "ms", "64*T1", "RFC 3261 17.2.1"),
    line("I", [5_000, 10, 60_000], "ms", "T4", "RFC 3261 17.2.1"),
    line("J", [32_000, 640, 640_000], "ms", "64*T1", "RFC 3261 17.2.2"),
    line("K", [5_000, 10, 60_000], "ms", "T4", "RFC 3261 17.1.2.2"),
    line("L", [32_000, 640, 640_000], "ms", "64*T1", "RFC 6026 8.7"),
    line("M", [32_000, 640, 640_000], "ms", "64*T1", "RFC 6026 8.4"),
    TRYING,
    line("XAbandoned", [32_000, 640, 640_000], "ms", "64*T1", "ours"),
];

/// T1, T2 and T4 with the delay of the automatic 100: everything else is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerSettings {
    t1: Duration,
    t2: Duration,
    t4: Duration,
    trying: Duration,
}

/// A timer value out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{name} is {value:?}, allowed are {min:?} to {max:?}")]
pub struct TimerError {
    /// The setting.
    pub name: &'static str,
    /// What was asked for.
    pub value: Duration,
    /// The smallest value allowed.
    pub min: Duration,
    /// The largest value allowed.
    pub max: Duration,
}

impl Default for TimerSettings {
    fn default() -> Self {
        Self { t1: T1.default, t2: T2.default, t4: T4.default, trying: TRYING.default }
    }
}

impl TimerSettings {
    /// Own values for the round trip estimate T1, the retransmission cap T2 and the network memory T4.
    ///
    /// # Errors
    /// [`TimerError`] when a value is outside the range of [`TIMERS`] or T2 is smaller than T1.
    pub fn new(t1: Duration, t2: Duration, t4: Duration) -> Result<Self, TimerError> {
        within(&T1, t1)?;
        within(&T2, t2)?;
        within(&T4, t4)?;
        if t2 < t1 {
            return Err(TimerError { name: T2.name, value: t2, min: t1, max: *T2.range.end() });
        }
        Ok(Self { t1, t2, t4, ..Self::default() })
    }

    /// How long an INVITE may stay without an answer before 100 Trying is sent; zero sends it at once.
    ///
    /// # Errors
    /// [`TimerError`] above 200 ms.
    pub fn with_trying_after(self, delay: Duration) -> Result<Self, TimerError> {
        within(&TRYING, delay)?;
        Ok(Self { trying: delay, ..self })
    }

    /// The estimate of the round trip time.
    pub const fn t1(&self) -> Duration {
        self.t1
    }

    /// The longest pause between two retransmissions.
    pub const fn t2(&self) -> Duration {
        self.t2
    }

    /// The longest time a message stays in the network.
    pub const fn t4(&self) -> Duration {
        self.t4
    }

    /// 64*T1: how long anyone waits for anything.
    pub fn transaction_timeout(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// The value a timer is first started with.
    pub fn duration(&self, timer: Timer) -> Duration {
        match timer {
            Timer::A | Timer::E | Timer::G => self.t1,
            Timer::B | Timer::F | Timer::H | Timer::J | Timer::L | Timer::M | Timer::XAbandoned => {
                self.transaction_timeout()
            }
            Timer::D => self.transaction_timeout().max(Duration::from_secs(32)),
            Timer::I | Timer::K => self.t4,
            Timer::XTrying => self.trying,
        }
    }

    /// The pause after the one that has just ended, for the timers that double up to T2 (E, G and the 2xx).
    pub fn backed_off(&self, interval: Duration) -> Duration {
        interval.saturating_mul(2).min(self.t2)
    }
}

fn within(spec: &TimerSpec, value: Duration) -> Result<(), TimerError> {
    if spec.range.contains(&value) {
        return Ok(());
    }
    Err(TimerError { name: spec.name, value, min: *spec.range.start(), max: *spec.range.end() })
}

/// The running timers of one transaction: never more than two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TimerTable {
    running: Vec<(Timer, Instant)>,
}

impl TimerTable {
    pub(super) fn start(&mut self, timer: Timer, now: Instant, after: Duration) {
        self.stop(timer);
        self.running.push((timer, later(now, after)));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.running.retain(|(running, _)| *running != timer);
    }

    pub(super) fn stop_all(&mut self) {
        self.running.clear();
    }

    /// Stops and reports `timer` when it is due. The caller asks in the order that matters to it.
    pub(super) fn take_due(&mut self, timer: Timer, now: Instant) -> bool {
        let due = self.running.iter().any(|(running, deadline)| *running == timer && *deadline <= now);
        if due {
            self.stop(timer);
        }
        due
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.running.iter().map(|(_, deadline)| *deadline).min()
    }
}

/// `now + after`; the clock of this machine ends before the sum does, so the sum is only ever capped in theory.
pub(crate) fn later(now: Instant, after: Duration) -> Instant {
    now.checked_add(after).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_settings_agree() {
        let settings = TimerSettings::default();
        for timer in Timer::ALL {
            let name = format!("{timer:?}");
            let spec = TIMERS.iter().find(|spec| spec.name == name).expect("every timer has a line");
            assert_eq!(settings.duration(timer), spec.default, "{name}");
            assert!(spec.range.contains(&spec.default), "{name}");
        }
        for (spec, value) in TIMERS.iter().zip([settings.t1(), settings.t2(), settings.t4()]) {
            assert_eq!(spec.default, value, "{}", spec.name);
        }
    }

    #[test]
    fn values_out_of_range_are_refused_by_name() {
        for (t1, t2, t4, name) in [
            (9, 4000, 5000, "T1"),
            (10_001, 20_000, 5000, "T1"),
            (500, 499, 5000, "T2"),
            (500, 64_001, 5000, "T2"),
            (500, 4000, 9, "T4"),
            (500, 4000, 60_001, "T4"),
        ] {
            let error = TimerSettings::new(ms(t1), ms(t2), ms(t4)).unwrap_err();
            assert_eq!(error.name, name, "{t1} {t2} {t4}");
        }
        assert_eq!(TimerSettings::default().with_trying_after(ms(201)).unwrap_err().name, "XTrying");
        assert_eq!(TimerSettings::new(ms(500), ms(4000), ms(5000)), Ok(TimerSettings::default()));
    }

    #[test]
    fn derived_values_follow_t1_and_t4() {
        let settings = TimerSettings::new(ms(100), ms(400), ms(700)).unwrap();
        for (timer, expected) in [
            (Timer::A, 100),
            (Timer::B, 6_400),
            (Timer::D, 32_000),
            (Timer::E, 100),
            (Timer::F, 6_400),
            (Timer::G, 100),
            (Timer::H, 6_400),
            (Timer::I, 700),
            (Timer::J, 6_400),
            (Timer::K, 700),
            (Timer::L, 6_400),
            (Timer::M, 6_400),
            (Timer::XTrying, 200),
            (Timer::XAbandoned, 6_400),
        ] {
            assert_eq!(settings.duration(timer), ms(expected), "{timer:?}");
        }
        assert_eq!(settings.backed_off(ms(100)), ms(200));
        assert_eq!(settings.backed_off(ms(300)), ms(400));
    }
}
