//! Timers and counters of the floor control server (TS 24.380 11.1.3, 11.2.3).

use std::time::Duration;

use crate::floor::timer::{CounterSpec, Name, Settings, TimerSpec};

/// Timers of the floor control server. T1, T2, T3 and T20 run once per talk, T8 once per participant, the others once per
/// call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timer {
    /// End of RTP media: the talker has fallen silent.
    T1,
    /// Stop talking: the talker has talked for too long.
    T2,
    /// Stop talking grace: how long a revoked talker may go on.
    T3,
    /// Inactivity: nobody has wanted the floor for too long.
    T4,
    /// Floor Idle: repeats Floor Idle.
    T7,
    /// Floor Revoke: repeats Floor Revoke.
    T8,
    /// End of RTP media: the overriding talker has fallen silent.
    T11,
    /// Stop talking: the overriding talker has talked for too long.
    T12,
    /// Floor Granted: repeats the Floor Granted that serves a queued request.
    T20,
}

/// Counters of the floor control server; each counts transmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counter {
    /// Floor Idle per idle period.
    C7,
    /// Floor Granted per grant of a queued request.
    C20,
    /// Floor Revoke per revocation. Not in the specification, which leaves the number to the implementation.
    XRevoke,
}

/// Configured values of the server's timers and counters.
pub type TimerSettings = Settings<Timer, Counter>;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The shortest interval between two copies of a message.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

impl Name for Timer {
    type Spec = TimerSpec<Self>;
    const TABLE: &'static [TimerSpec<Self>] = &[
        //= 24.380-11.1.3:t1
        TimerSpec {
            timer: Self::T1,
            default: secs(4),
            range: SHORTEST_INTERVAL..=secs(6),
            requirement: "24.380-11.1.3:t1",
        },
        //= 24.380-11.1.3:t2
        TimerSpec {
            timer: Self::T2,
            default: secs(30),
            range: secs(1)..=secs(30),
            requirement: "24.380-11.1.3:t2",
        },
        //= 24.380-11.1.3:t3
        TimerSpec {
            timer: Self::T3,
            default: secs(3),
            range: secs(0)..=secs(60),
            requirement: "24.380-11.1.3:t3",
        },
        //= 24.380-11.1.3:t4
        TimerSpec {
            timer: Self::T4,
            default: secs(30),
            range: secs(1)..=secs(86_400),
            requirement: "24.380-11.1.3:t4",
        },
        TimerSpec {
            timer: Self::T7,
            default: secs(1),
            range: SHORTEST_INTERVAL..=secs(60),
            requirement: "24.380-6.3.4.3.4:below",
        },
        //= 24.380-11.1.3:t8
        TimerSpec {
            timer: Self::T8,
            default: secs(1),
            range: SHORTEST_INTERVAL..=secs(60),
            requirement: "24.380-11.1.3:t8",
        },
        TimerSpec {
            timer: Self::T11,
            default: secs(4),
            range: SHORTEST_INTERVAL..=secs(6),
            requirement: "24.380-6.3.6.3.3",
        },
        TimerSpec {
            timer: Self::T12,
            default: secs(30),
            range: secs(1)..=secs(600),
            requirement: "24.380-6.3.6.3.4",
        },
        //= 24.380-11.1.3:t20
        TimerSpec {
            timer: Self::T20,
            default: secs(1),
            range: SHORTEST_INTERVAL..=secs(60),
            requirement: "24.380-11.1.3:t20",
        },
    ];

    fn slot(self) -> usize {
        self as usize
    }
}

impl Timer {
    /// What is logged as the cause when it expires.
    pub(super) const fn expiry(self) -> &'static str {
        match self {
            Self::T1 => "T1 expired",
            Self::T2 => "T2 expired",
            Self::T3 => "T3 expired",
            Self::T4 => "T4 expired",
            Self::T7 => "T7 expired",
            Self::T8 => "T8 expired",
            Self::T11 => "T11 expired",
            Self::T12 => "T12 expired",
            Self::T20 => "T20 expired",
        }
    }
}

impl Name for Counter {
    type Spec = CounterSpec<Self>;
    const TABLE: &'static [CounterSpec<Self>] = &[
        //= 24.380-11.2.3:c7
        CounterSpec { counter: Self::C7, default: 10, range: 1..=255, requirement: "24.380-11.2.3:c7" },
        //= 24.380-11.2.3:c20
        CounterSpec { counter: Self::C20, default: 3, range: 1..=255, requirement: "24.380-11.2.3:c20" },
        CounterSpec { counter: Self::XRevoke, default: 5, range: 1..=255, requirement: "24.380-6.3.5.6.3" },
    ];

    fn slot(self) -> usize {
        self as usize
    }
}
