//! The one place that reads the clock of the machine.

use std::time::{Instant, SystemTime};

/// Monotonic time, handed to the protocol code with every input.
#[expect(clippy::disallowed_methods, reason = "the driver is where time enters; everything below is told")]
pub fn now() -> Instant {
    Instant::now()
}

/// Wall clock time, for log lines, capture files and certificates only.
#[expect(clippy::disallowed_methods, reason = "the driver is where time enters; everything below is told")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}
