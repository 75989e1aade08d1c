//! Many durations and what is typical and extreme about them.

use std::time::{Duration, Instant};

use super::super::figures::nearest_rank;

/// Durations in microseconds; negative where something was early.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<i32>);

/// The statistics of [`Samples`], in milliseconds; nearest-rank percentiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Statistics {
    /// How many samples.
    pub count: usize,
    /// The least one.
    pub min_ms: f64,
    /// Half of them are at most this.
    pub p50_ms: f64,
    /// 95 of 100 are at most this.
    pub p95_ms: f64,
    /// 99 of 100 are at most this.
    pub p99_ms: f64,
    /// The greatest one.
    pub max_ms: f64,
}

impl Samples {
    /// From one time to another, which may be the earlier one.
    pub fn add(&mut self, from: Instant, to: Instant) {
        let microseconds = |span: Duration| i32::try_from(span.as_micros()).unwrap_or(i32::MAX);
        self.0.push(match to.checked_duration_since(from) {
            Some(late) => microseconds(late),
            None => -microseconds(from.saturating_duration_since(to)),
        });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What they say.
    pub fn statistics(mut self) -> Statistics {
        self.0.sort_unstable();
        let rank = |percent| f64::from(nearest_rank(&self.0, percent)) / 1e3;
        Statistics {
            count: self.0.len(),
            min_ms: rank(0),
            p50_ms: rank(50),
            p95_ms: rank(95),
            p99_ms: rank(99),
            max_ms: rank(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    #[test]
    fn percentiles_are_nearest_rank_and_what_is_early_is_negative() {
        let t0 = t0() + Duration::from_secs(1);
        let mut samples = Samples::default();
        for ms in 1..=199 {
            samples.add(t0, t0 + Duration::from_millis(ms));
        }
        samples.add(t0, t0 - Duration::from_micros(1_500));
        let expected = Statistics {
            count: 200,
            min_ms: -1.5,
            p50_ms: 99.0,
            p95_ms: 189.0,
            p99_ms: 197.0,
            max_ms: 199.0,
        };
        assert_eq!(samples.statistics(), expected);
        assert_eq!(Samples::default().statistics(), Statistics::default());
    }
}
