//! Timers and counters of the off-network floor participant (TS 24.380 11.1.2, 11.2.2).

use std::time::Duration;

use crate::floor::timer::{Check, CounterSpec, Name, Settings, TimerError, TimerSpec};

/// Timers of the off-network floor participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timer {
    /// Floor Request: repeats Floor Request.
    T201,
    /// End of RTP media: the talker has fallen silent or is out of reach.
    T203,
    /// Floor Queue Position Request: repeats Floor Queue Position Request.
    T204,
    /// Floor Granted: repeats Floor Granted until the new talker is heard.
    T205,
    /// Stop talking warning: how long the user may talk before the warning.
    T206,
    /// Stop talking: how long the user may talk after the warning.
    T207,
    /// Inactivity: how long nobody may talk before floor control ends.
    T230,
    /// Pending user action: how long a user may take to accept a grant that had to be waited for.
    T233,
}

/// Counters of the off-network floor participant; each counts transmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counter {
    /// Floor Request per request.
    C201,
    /// Floor Queue Position Request per question.
    C204,
    /// Floor Granted per grant.
    C205,
}

/// Configured values of the timers and counters.
pub type TimerSettings = Settings<Timer, Counter>;

impl Check for TimerSettings {
    /// That whoever waits for the floor does not take the wait for a silence.
    ///
    /// # Errors
    /// [`TimerError::Wait`] when all copies of a Floor Granted and the time to accept it last as long as T203.
    fn check(&self) -> Result<(), TimerError> {
        //= 24.380-11.1.2:t233
        let copies = self.duration(Timer::T205).saturating_mul(u32::from(self.limit(Counter::C205)));
        let total = copies.saturating_add(self.duration(Timer::T233));
        let limit = self.duration(Timer::T203);
        if total >= limit { Err(TimerError::Wait { total, limit }) } else { Ok(()) }
    }
}

/// How long it takes to find out that nobody arbitrates: all copies of a Floor Request with their intervals.
pub(super) fn contention(settings: &TimerSettings) -> Duration {
    settings.duration(Timer::T201).saturating_mul(u32::from(settings.limit(Counter::C201)))
}

const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(3_600);

const fn row(
    timer: Timer,
    default: Duration,
    longest: Duration,
    requirement: &'static str,
) -> TimerSpec<Timer> {
    TimerSpec { timer, default, range: SHORTEST..=longest, requirement }
}

impl Name for Timer {
    type Spec = TimerSpec<Self>;
    const TABLE: &'static [TimerSpec<Self>] = &[
        row(Self::T201, Duration::from_millis(40), Duration::from_secs(6), "24.380-7.2.3.6:rep"),
        row(Self::T203, Duration::from_secs(4), Duration::from_secs(6), "24.380-7.2.3.4:t203"),
        row(Self::T204, Duration::from_millis(80), Duration::from_secs(6), "24.380-7.2.3.8:t204"),
        row(Self::T205, Duration::from_millis(80), Duration::from_secs(6), "24.380-7.2.3.7:t205"),
        row(Self::T206, Duration::from_secs(27), LONGEST, "24.380-7.2.3.5:t206"),
        row(Self::T207, Duration::from_secs(3), LONGEST, "24.380-7.2.3.5:t206"),
        row(Self::T230, Duration::from_secs(600), LONGEST, "24.380-7.2.3.3:t230"),
        //= 24.380-11.1.2:t233
        row(Self::T233, Duration::from_secs(3), Duration::from_secs(5), "24.380-11.1.2:t233"),
    ];

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
            Self::T201 => "T201 expired",
            Self::T203 => "T203 expired",
            Self::T204 => "T204 expired",
            Self::T205 => "T205 expired",
            Self::T206 => "T206 expired",
            Self::T207 => "T207 expired",
            Self::T230 => "T230 expired",
            Self::T233 => "T233 expired",
        }
    }
}

impl Name for Counter {
    type Spec = CounterSpec<Self>;
    const TABLE: &'static [CounterSpec<Self>] = &[
        CounterSpec { counter: Self::C201, default: 3, range: 1..=255, requirement: "24.380-7.2.3.6:self" },
        CounterSpec { counter: Self::C204, default: 3, range: 1..=255, requirement: "24.380-7.2.3.8:t204" },
        CounterSpec { counter: Self::C205, default: 4, range: 1..=255, requirement: "24.380-7.2.3.7:t205" },
    ];

    fn slot(self) -> usize {
        self as usize
    }
}
