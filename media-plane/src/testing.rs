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

/// How many sequences a property test runs: `default`, unless `PROPTEST_CASES` says otherwise.
#[cfg(test)]
pub(crate) fn cases(default: u32) -> proptest::test_runner::Config {
    let config = proptest::test_runner::Config::default();
    let chosen = std::env::var_os("PROPTEST_CASES").is_some();
    proptest::test_runner::Config { cases: if chosen { config.cases } else { default }, ..config }
}
