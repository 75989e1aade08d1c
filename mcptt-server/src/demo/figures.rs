//! Measured durations against their targets.

use std::time::Duration;

/// One thing that is measured: its name, what counts as good, and what was seen.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Figure {
    /// What was measured, from which event to which.
    pub name: &'static str,
    /// The 95th percentile must not exceed this, ms.
    #[serde(rename = "target_ms", serialize_with = "milliseconds")]
    pub target: Duration,
    /// Fewest samples that make the figure believable.
    pub least_samples: usize,
    #[serde(skip)]
    samples: Vec<Duration>,
}

/// The statistics of a [`Figure`].
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Statistics {
    /// How many samples.
    pub count: usize,
    /// Half of the samples are at most this, ms.
    pub median_ms: f64,
    /// 95 of 100 samples are at most this, ms.
    pub p95_ms: f64,
    /// The largest sample, ms.
    pub max_ms: f64,
    /// Enough samples, and the 95th percentile is within the target.
    pub ok: bool,
}

impl Figure {
    /// A figure without samples.
    pub const fn new(name: &'static str, target: Duration, least_samples: usize) -> Self {
        Self { name, target, least_samples, samples: Vec::new() }
    }

    /// Adds one measurement.
    pub fn add(&mut self, sample: Duration) {
        self.samples.push(sample);
    }

    /// Adds the samples of the same figure of another call.
    pub fn merge(&mut self, other: &Self) {
        self.samples.extend_from_slice(&other.samples);
    }

    /// Nearest-rank percentiles over all samples; nothing measured is not ok.
    pub fn statistics(&self) -> Statistics {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        let rank = |percent| nearest_rank(&sorted, percent);
        let p95 = rank(95);
        let ms = |duration: Duration| (duration.as_secs_f64() * 1e6).round() / 1e3;
        Statistics {
            count: sorted.len(),
            median_ms: ms(rank(50)),
            p95_ms: ms(p95),
            max_ms: ms(rank(100)),
            ok: !sorted.is_empty() && sorted.len() >= self.least_samples && p95 <= self.target,
        }
    }
}

/// The nearest-rank percentile of sorted values; 0 where there are none.
pub fn nearest_rank<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

fn milliseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(milliseconds: impl IntoIterator<Item = u64>) -> Figure {
        let mut figure = Figure::new("floor grant", Duration::from_millis(50), 3);
        for sample in milliseconds {
            figure.add(Duration::from_millis(sample));
        }
        figure
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let statistics = figure(1..=100).statistics();
        assert_eq!(
            statistics,
            Statistics { count: 100, median_ms: 50.0, p95_ms: 95.0, max_ms: 100.0, ok: false }
        );
    }

    #[test]
    fn too_few_samples_are_not_ok_however_good_they_are() {
        assert!(!figure([]).statistics().ok);
        assert!(!figure([1, 1]).statistics().ok);
        assert!(figure([1, 1, 1]).statistics().ok);
        assert!(!figure([1, 1, 51]).statistics().ok);
    }
}
