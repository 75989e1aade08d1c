//! How long packets wait before they are played.

use std::time::Duration;

use super::PlayoutSettings;
use crate::audio::FRAME;

/// Jitter is a mean: so many times as much is waited for.
const TIMES_JITTER: u32 = 4;

/// The delay that the next talk spurt begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetDelay {
    least: Duration,
    most: Duration,
    /// What late packets have shown to be missing; it wears off from spurt to spurt.
    margin: Duration,
}

impl TargetDelay {
    pub(super) const fn new(settings: &PlayoutSettings) -> Self {
        Self { least: settings.least_delay, most: settings.most_delay, margin: Duration::ZERO }
    }

    /// A packet came too late to be played.
    pub(super) fn late(&mut self) {
        self.margin = self.margin.saturating_add(FRAME).min(self.most);
    }

    /// A talk spurt is over.
    pub(super) fn spurt_over(&mut self) {
        self.margin = self.margin / 4 * 3;
    }

    /// With this jitter.
    pub(super) fn of(&self, jitter: Duration) -> Duration {
        let wanted = jitter.saturating_mul(TIMES_JITTER).saturating_add(self.margin);
        wanted.max(self.least).min(self.most)
    }
}
