//! Named timers and counters: their tables, their configured values, and the ones that run.
//!
//! A machine declares an enum with the specification's timer names and one table with default, range and requirement
//! (TS 24.379 annexes B and C, TS 24.380 clause 11). Running timers are plain deadlines in a small array: restarting one with every RTP packet
//! costs a store.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::Value;

/// The name of a timer or counter of one machine.
pub trait Name: Copy + Eq + fmt::Debug + 'static {
    /// What is declared about one of these names.
    type Spec: 'static;
    /// One row for each name, in the order of [`Name::slot`].
    const TABLE: &'static [Self::Spec];
    /// The row of this name.
    fn slot(self) -> usize;
}

/// What the specification says about a timer.
#[derive(Clone, Debug)]
pub struct TimerSpec<T> {
    /// Its name.
    pub timer: T,
    /// How long it runs when nothing else is configured.
    pub default: Duration,
    /// What it may be set to.
    pub range: RangeInclusive<Duration>,
    /// The requirement it serves.
    pub requirement: &'static str,
}

/// What the specification says about a counter. A counter of floor control counts transmissions, the first one sets it
/// to 1; one of off-network call control counts repetitions.
#[derive(Clone, Debug)]
pub struct CounterSpec<C> {
    /// Its name.
    pub counter: C,
    /// The limit when nothing else is configured.
    pub default: u8,
    /// What it may be set to.
    pub range: RangeInclusive<u8>,
    /// The requirement it serves.
    pub requirement: &'static str,
}

/// A timer or counter was configured to what it must not be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimerError {
    /// A timer outside its range.
    #[error("{timer} of {value:?} is not within {from:?} to {to:?}")]
    Timer {
        /// The timer.
        timer: String,
        /// The configured value.
        value: Duration,
        /// Least allowed value.
        from: Duration,
        /// Greatest allowed value.
        to: Duration,
    },
    /// A counter outside its range.
    #[error("{counter} of {value} is not within {from} to {to}")]
    Counter {
        /// The counter.
        counter: String,
        /// The configured value.
        value: u8,
        /// Least allowed value.
        from: u8,
        /// Greatest allowed value.
        to: u8,
    },
    /// A timer and the limit of its counter do not go together.
    #[error("{counter} copies at intervals of {timer} last {total:?}, which must stay below {limit:?}")]
    Retransmission {
        /// The timer between two copies.
        timer: String,
        /// The counter of the copies.
        counter: String,
        /// Time from the first to the last copy.
        total: Duration,
        /// What it must stay below.
        limit: Duration,
    },
    /// Off-network, waiting for a talker takes as long as the silence after which there is none.
    #[error(
        "all copies by T205 and C205 and then T233 last {total:?}, which must stay below T203 of {limit:?}"
    )]
    Wait {
        /// Time from the first copy to the end of T233.
        total: Duration,
        /// T203.
        limit: Duration,
    },
}

/// Configured values of the timers `T` and counters `C` of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings<T, C> {
    durations: Vec<Duration>,
    limits: Vec<u8>,
    names: PhantomData<(T, C)>,
}

impl<T, C> Default for Settings<T, C>
where
    T: Name<Spec = TimerSpec<T>>,
    C: Name<Spec = CounterSpec<C>>,
{
    fn default() -> Self {
        Self {
            durations: T::TABLE.iter().map(|spec| spec.default).collect(),
            limits: C::TABLE.iter().map(|spec| spec.default).collect(),
            names: PhantomData,
        }
    }
}

impl<T, C> Settings<T, C>
where
    T: Name<Spec = TimerSpec<T>>,
    C: Name<Spec = CounterSpec<C>>,
{
    /// How long `timer` runs.
    pub fn duration(&self, timer: T) -> Duration {
        self.durations.get(timer.slot()).copied().unwrap_or_default()
    }

    /// How much `counter` allows.
    pub fn limit(&self, counter: C) -> u8 {
        self.limits.get(counter.slot()).copied().unwrap_or_default()
    }

    /// Sets how long `timer` runs.
    ///
    /// # Errors
    /// [`TimerError::Timer`] when `value` is outside the range of its [`TimerSpec`].
    pub fn with_timer(mut self, timer: T, value: Duration) -> Result<Self, TimerError> {
        let Some(spec) = T::TABLE.get(timer.slot()) else { return Ok(self) };
        if !spec.range.contains(&value) {
            let (from, to) = (*spec.range.start(), *spec.range.end());
            return Err(TimerError::Timer { timer: format!("{timer:?}"), value, from, to });
        }
        self.set_duration(timer, value);
        Ok(self)
    }

    /// Sets how much `counter` allows.
    ///
    /// # Errors
    /// [`TimerError::Counter`] when `value` is outside the range of its [`CounterSpec`].
    pub fn with_counter(mut self, counter: C, value: u8) -> Result<Self, TimerError> {
        let Some(spec) = C::TABLE.get(counter.slot()) else { return Ok(self) };
        if !spec.range.contains(&value) {
            let (from, to) = (*spec.range.start(), *spec.range.end());
            return Err(TimerError::Counter { counter: format!("{counter:?}"), value, from, to });
        }
        if let Some(limit) = self.limits.get_mut(counter.slot()) {
            *limit = value;
        }
        Ok(self)
    }

    /// Sets the timer or counter of this name, which may be one of another machine. `None`: this machine has none of it.
    pub fn set(&mut self, name: &str, value: Value) -> Option<Result<(), TimerError>> {
        let changed = match value {
            Value::Time(time) => {
                let spec = T::TABLE.iter().find(|spec| format!("{:?}", spec.timer) == name)?;
                self.clone().with_timer(spec.timer, time)
            }
            Value::Count(count) => {
                let spec = C::TABLE.iter().find(|spec| format!("{:?}", spec.counter) == name)?;
                self.clone().with_counter(spec.counter, count)
            }
        };
        Some(changed.map(|changed| *self = changed))
    }

    /// Sets `timer` to `value`, or to the nearest value of its range.
    pub fn clamp_timer(&mut self, timer: T, value: Duration) {
        if let Some(TimerSpec { range, .. }) = T::TABLE.get(timer.slot()) {
            self.set_duration(timer, value.clamp(*range.start(), *range.end()));
        }
    }

    fn set_duration(&mut self, timer: T, value: Duration) {
        if let Some(duration) = self.durations.get_mut(timer.slot()) {
            *duration = value;
        }
    }
}

/// The running timers of one machine, or those of its timers of which there is a set for each talk.
#[derive(Clone, Debug)]
pub struct TimerTable<T, const N: usize> {
    names: [T; N],
    deadlines: [Option<Instant>; N],
}

impl<T: Name<Spec = TimerSpec<T>>, const N: usize> TimerTable<T, N> {
    /// A table of all timers of the machine. `N` is their number.
    #[expect(
        clippy::indexing_slicing,
        reason = "a number that is wrong is a defect that the first use shows"
    )]
    pub fn new() -> Self {
        debug_assert_eq!(T::TABLE.len(), N);
        Self::of(std::array::from_fn(|slot| T::TABLE[slot].timer))
    }

    /// A table of these timers, none of which runs, in the order in which they act when several expire at once.
    pub fn of(names: [T; N]) -> Self {
        Self { names, deadlines: [None; N] }
    }

    /// Starts or restarts `timer`. A deadline beyond the reach of the clock never comes.
    pub fn start(&mut self, timer: T, now: Instant, duration: Duration) {
        self.set(timer, now.checked_add(duration));
    }

    /// Lets `timer` expire at `deadline`, which another timer had; `None` stops it.
    pub fn resume(&mut self, timer: T, deadline: Option<Instant>) {
        self.set(timer, deadline);
    }

    /// Stops `timer`.
    pub fn stop(&mut self, timer: T) {
        self.set(timer, None);
    }

    /// Stops every timer.
    pub fn stop_all(&mut self) {
        self.deadlines = [None; N];
    }

    /// When `timer` expires; `None` when it does not run.
    pub fn deadline(&self, timer: T) -> Option<Instant> {
        let place = self.names.iter().position(|name| *name == timer)?;
        self.deadlines.get(place).copied().flatten()
    }

    /// Whether `timer` runs.
    pub fn is_running(&self, timer: T) -> bool {
        self.deadline(timer).is_some()
    }

    /// When the next timer expires.
    pub fn next(&self) -> Option<Instant> {
        self.deadlines.iter().flatten().min().copied()
    }

    /// Stops and names the timer that expired first, in the order of the table where several did at once.
    pub fn take_expired(&mut self, now: Instant) -> Option<T> {
        let next = self.next().filter(|deadline| *deadline <= now)?;
        let mut rows = self.names.iter().zip(&mut self.deadlines);
        let (name, deadline) = rows.find(|(_, deadline)| **deadline == Some(next))?;
        *deadline = None;
        Some(*name)
    }

    fn set(&mut self, timer: T, to: Option<Instant>) {
        let place = self.names.iter().position(|name| *name == timer);
        match place.and_then(|place| self.deadlines.get_mut(place)) {
            Some(deadline) => *deadline = to,
            None => debug_assert!(false, "{timer:?} does not run here"),
        }
    }
}

impl<T: Name<Spec = TimerSpec<T>>, const N: usize> Default for TimerTable<T, N> {
    fn default() -> Self {
        Self::new()
    }
}
