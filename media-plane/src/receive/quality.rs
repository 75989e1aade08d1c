//! How good a talk spurt was to hear: the E-model (ITU-T G.107) on what was received.
//!
//! An estimate: the equipment factors of Opus are planning values of our own, as no recommendation has any; echo, noise of
//! the rooms and the loudness of the terminals are taken to be as the model's defaults have them.

use std::time::Duration;

use crate::audio::Codec;

/// What impairs a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Its codec.
    pub codec: Codec,
    /// One way, mouth to ear, as far as it is known.
    pub delay: Duration,
    /// Packets lost of those that were sent, 0 to 1, after everything that could be recovered.
    pub loss: f64,
    /// How much longer losses last than they would if they were independent, 1 or more.
    pub burst_ratio: f64,
}

/// The quality rating without any impairment but those that are always there.
const BEST: f64 = 93.2;
/// Delay from which on it disturbs a conversation, ms.
const DISTURBING: f64 = 177.3;

/// The mean opinion score, 1 (bad) to 4.5 (as good as narrow-band voice gets).
pub fn opinion_score(of: &Impairment) -> f32 {
    // Equipment impairment without loss, and robustness against loss, both with concealment.
    let (equipment, robustness) = match of.codec {
        Codec::Opus => (0.0, 20.0),
        Codec::Pcmu | Codec::Pcma => (0.0, 25.1),
    };
    let delay = of.delay.as_secs_f64() * 1_000.0;
    let of_delay = 0.024 * delay + 0.11 * (delay - DISTURBING).max(0.0);
    let percent = of.loss.clamp(0.0, 1.0) * 100.0;
    let of_loss = equipment + (95.0 - equipment) * percent / (percent / of.burst_ratio.max(1.0) + robustness);
    let rating = (BEST - of_delay - of_loss).clamp(0.0, 100.0);
    let score = 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6;
    score.clamp(1.0, 4.5) as f32
}

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
    pub score: f32,
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
        let score = opinion_score(&Impairment { codec, delay, loss, burst_ratio });
        let Self { played, recovered, lost, bursts, .. } = *self;
        Some(SpurtQuality { codec, played, recovered, lost, bursts, jitter, waited, score })
    }
}
