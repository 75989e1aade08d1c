//! Timers and counters of MBMS subchannel control (TS 24.380 11.1.4, 11.2.4).

use std::time::Duration;

use crate::floor::timer::{CounterSpec, Name, Settings, TimerSpec};

/// Timers of the participating function, once per conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timer {
    /// Conversation: how long the floor may be idle before the conversation is over.
    T15,
    /// Map Group To Bearer: repeats Map Group To Bearer.
    T16,
    /// Unmap Group To Bearer: repeats Unmap Group To Bearer.
    T17,
}

/// Counters of the participating function; each counts transmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counter {
    /// Unmap Group To Bearer per end of a conversation.
    C17,
}

/// Configured values of these timers and counters.
pub type TimerSettings = Settings<Timer, Counter>;

impl Name for Timer {
    type Spec = TimerSpec<Self>;
    const TABLE: &'static [TimerSpec<Self>] = &[
        TimerSpec {
            timer: Self::T15,
            default: Duration::from_secs(30),
            range: Duration::from_secs(1)..=Duration::from_secs(3_600),
            requirement: "24.380-10.2:idle",
        },
        TimerSpec {
            timer: Self::T16,
            default: Duration::from_millis(500),
            range: Duration::from_millis(100)..=Duration::from_secs(10),
            requirement: "24.380-10.2:map",
        },
        TimerSpec {
            timer: Self::T17,
            default: Duration::from_millis(200),
            range: Duration::from_millis(20)..=Duration::from_secs(10),
            requirement: "24.380-10.2:unmap",
        },
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
            Self::T15 => "T15 expired",
            Self::T16 => "T16 expired",
            Self::T17 => "T17 expired",
        }
    }
}

impl Name for Counter {
    type Spec = CounterSpec<Self>;
    const TABLE: &'static [CounterSpec<Self>] =
        &[CounterSpec { counter: Self::C17, default: 3, range: 1..=255, requirement: "24.380-10.2:unmap" }];

    fn slot(self) -> usize {
        self as usize
    }
}
