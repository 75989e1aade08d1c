//! Timers and counters of call setup control over a pre-established session (TS 24.380 11.1.4, 11.2.4).

use std::time::Duration;

use crate::floor::timer::{CounterSpec, Name, Settings, TimerSpec};

/// Timers of the participating function, once per pre-established session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timer {
    /// Connect: repeats Connect until it is acknowledged.
    T55,
    /// Disconnect: repeats Disconnect until it is acknowledged.
    T56,
}

/// Counters of the participating function; each counts transmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counter {
    /// Connect per use of the session.
    C55,
    /// Disconnect per end of a use.
    C56,
}

/// Configured values of these timers and counters.
pub type TimerSettings = Settings<Timer, Counter>;

const DEFAULT: Duration = Duration::from_secs(2);
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(4);

const fn row(timer: Timer, requirement: &'static str) -> TimerSpec<Timer> {
    TimerSpec { timer, default: DEFAULT, range: SHORTEST..=LONGEST, requirement }
}

impl Name for Timer {
    type Spec = TimerSpec<Self>;
    const TABLE: &'static [TimerSpec<Self>] =
        &[row(Self::T55, "24.380-9.3:t55"), row(Self::T56, "24.380-9.3:t56")];

    fn slot(self) -> usize {
        self as usize
    }
}

impl Timer {
    /// How many names there are.
    pub(super) const COUNT: usize = Self::TABLE.len();

    /// What is logged as the cause when it expires.
    pub(super) const fn expiry(self) -> &'static str {
        match self {
            Self::T55 => "T55 expired",
            Self::T56 => "T56 expired",
        }
    }
}

impl Name for Counter {
    type Spec = CounterSpec<Self>;
    const TABLE: &'static [CounterSpec<Self>] = &[
        CounterSpec { counter: Self::C55, default: 3, range: 1..=255, requirement: "24.380-9.3:t55" },
        CounterSpec { counter: Self::C56, default: 3, range: 1..=255, requirement: "24.380-9.3:t56" },
    ];

    fn slot(self) -> usize {
        self as usize
    }
}
