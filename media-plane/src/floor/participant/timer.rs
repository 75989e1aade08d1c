//! Timers and counters of the on-network floor participant (TS 24.380 11.1.1, 11.2.1).

use std::time::Duration;

use crate::floor::timer::{Check, CounterSpec, Name, Settings, TimerError, TimerSpec};

/// Timers of the floor participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timer {
    /// Floor Release: repeats Floor Release.
    T100,
    /// Floor Request: repeats Floor Request.
    T101,
    /// End of RTP media: the talker has fallen silent.
    T103,
    /// Floor Queue Position Request: repeats Floor Queue Position Request.
    T104,
    /// Queued granted user action: how long the user may take to accept a grant that had to be waited for.
    T132,
}

/// Counters of the floor participant; each counts transmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counter {
    /// Floor Release per release.
    C100,
    /// Floor Request per request.
    C101,
    /// Floor Queue Position Request per question.
    C104,
}

/// Configured values of the participant's timers and counters.
pub type TimerSettings = Settings<Timer, Counter>;

/// All copies of one message have to leave within this time (11.1.1).
const RETRANSMISSION_LIMIT: Duration = Duration::from_secs(6);

const SHORTEST_INTERVAL: Duration = Duration::from_millis(40);
const LONGEST: Duration = Duration::from_secs(255);

impl Check for TimerSettings {
    /// That the copies of a Floor Release and of a Floor Request leave in time.
    ///
    /// # Errors
    /// [`TimerError::Retransmission`] names the pair that takes too long.
    fn check(&self) -> Result<(), TimerError> {
        //= 24.380-11.1.1:t100
        for (timer, counter) in [(Timer::T100, Counter::C100), (Timer::T101, Counter::C101)] {
            let repetitions = u32::from(self.limit(counter).saturating_sub(1));
            let total = self.duration(timer).saturating_mul(repetitions);
            if total >= RETRANSMISSION_LIMIT {
                let (timer, counter) = (format!("{timer:?}"), format!("{counter:?}"));
                return Err(TimerError::Retransmission {
                    timer,
                    counter,
                    total,
                    limit: RETRANSMISSION_LIMIT,
                });
            }
        }
        Ok(())
    }
}

const fn row(
    timer: Timer,
    default: Duration,
    shortest: Duration,
    requirement: &'static str,
) -> TimerSpec<Timer> {
    TimerSpec { timer, default, range: shortest..=LONGEST, requirement }
}

impl Name for Timer {
    type Spec = TimerSpec<Self>;
    const TABLE: &'static [TimerSpec<Self>] = &[
        row(Self::T100, Duration::from_secs(1), SHORTEST_INTERVAL, "24.380-11.1.1:t100"),
        row(Self::T101, Duration::from_secs(1), SHORTEST_INTERVAL, "24.380-6.2.4.4.5"),
        // As long as T1 of the server.
        row(Self::T103, Duration::from_secs(4), SHORTEST_INTERVAL, "24.380-6.2.4.3.6"),
        row(Self::T104, Duration::from_secs(1), SHORTEST_INTERVAL, "24.380-6.2.4.9.10"),
        //= 24.380-11.1.1:t132
        row(Self::T132, Duration::from_secs(2), SHORTEST_INTERVAL, "24.380-11.1.1:t132"),
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
            Self::T100 => "T100 expired",
            Self::T101 => "T101 expired",
            Self::T103 => "T103 expired",
            Self::T104 => "T104 expired",
            Self::T132 => "T132 expired",
        }
    }
}

impl Name for Counter {
    type Spec = CounterSpec<Self>;
    const TABLE: &'static [CounterSpec<Self>] = &[
        CounterSpec { counter: Self::C100, default: 3, range: 1..=255, requirement: "24.380-6.2.4.6.3" },
        CounterSpec { counter: Self::C101, default: 3, range: 1..=255, requirement: "24.380-6.2.4.4.6" },
        CounterSpec { counter: Self::C104, default: 3, range: 1..=255, requirement: "24.380-6.2.4.9.11" },
    ];

    fn slot(self) -> usize {
        self as usize
    }
}
