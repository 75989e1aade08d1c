//! How good a talk spurt was to hear, by what was received of it.

use std::time::Duration;

use crate::audio::Codec;
use crate::quality::{CodecModel, Impairment, mean_opinion_score};

/// What one talk spurt was like.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct SpurtQuality {
    /// Its codec.
    pub codec: Codec,
    /// Packets that were played.
    pub played: u32,
    /// Packets of them that others have restored.
    pub recovered: u32,
    /// Packets that were not there in time.
    pub lost: u32,
    /// Runs of lost packets.
    pub bursts: u32,
    /// Interarrival jitter at its end.
    pub jitter: Duration,
    /// How long its packets have waited on the average.
    pub waited: Duration,
    /// The mean opinion score that is to be expected, 1 to 4.5.
    pub score: f64,
}

/// Counts a talk spurt while it lasts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SpurtCount {
    pub played: u32,
    pub recovered: u32,
    lost: u32,
    bursts: u32,
    in_burst: bool,
    waited: Duration,
}

impl SpurtCount {
    pub fn played(&mut self, waited: Duration) {
        self.played = self.played.saturating_add(1);
        self.waited = self.waited.saturating_add(waited);
        self.in_burst = false;
    }

    pub fn lost(&mut self) {
        self.lost = self.lost.saturating_add(1);
        self.bursts = self.bursts.saturating_add(u32::from(!self.in_burst));
        self.in_burst = true;
    }

    /// `None`: nothing was played. `network`: the delay on the way here, as far as it is known.
    pub fn quality(&self, codec: Codec, jitter: Duration, network: Duration) -> Option<SpurtQuality> {
        let waited = self.waited.checked_div(self.played)?;
        let loss = f64::from(self.lost) / f64::from(self.lost.saturating_add(self.played));
        // Independent losses come in runs of 1 / (1 - loss) on the average.
        let mean_burst = if self.bursts > 0 { f64::from(self.lost) / f64::from(self.bursts) } else { 1.0 };
        let burst_ratio = mean_burst * (1.0 - loss);
        let delay = network.saturating_add(waited).saturating_add(crate::audio::FRAME);
        let model = CodecModel::named(codec.name(), codec.clock_rate());
        let score = mean_opinion_score(&Impairment { codec: model, delay, loss, burst_ratio });
        let Self { played, recovered, lost, bursts, .. } = *self;
        Some(SpurtQuality { codec, played, recovered, lost, bursts, jitter, waited, score })
    }
}
