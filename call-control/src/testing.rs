//! The origin of virtual time in tests.

use std::time::Instant;

/// Some instant to count from. Tests take the time from here and only ever add to it.
#[expect(clippy::disallowed_methods, reason = "virtual time needs one origin, and `Instant` has no constant")]
pub fn t0() -> Instant {
    Instant::now()
}
