//! What tests of a sans-IO crate need from the outside world.

use std::time::Instant;

/// The instant at which a test's virtual clock starts.
#[expect(
    clippy::disallowed_methods,
    reason = "an Instant cannot be made up; tests take this one and never look again"
)]
pub fn t0() -> Instant {
    Instant::now()
}
