//! A starting point for virtual clocks.

use std::time::Instant;

/// Some instant. `Instant` cannot be made from nothing; everything after it is computed.
#[expect(clippy::disallowed_methods, reason = "the one place where tests obtain an Instant to count from")]
pub fn t0() -> Instant {
    Instant::now()
}
