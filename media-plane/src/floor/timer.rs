//! Named timers and counters of the machines of this crate (TS 24.380 11.1, 11.2).

pub use mcptt_codec::machine::{CounterSpec, Name, Settings, TimerError, TimerSpec, Value};

pub(crate) use mcptt_codec::machine::TimerTable;

/// What no single value of the settings can show.
pub trait Check {
    /// Checks that the values go together.
    ///
    /// # Errors
    /// [`TimerError`] names those that do not.
    fn check(&self) -> Result<(), TimerError>;
}
