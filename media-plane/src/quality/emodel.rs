//! From loss and delay to a mean opinion score: the E-model (ITU-T G.107), simplified.
//!
//! Everything that is about rooms, telephones and analogue lines has its default value, so that `R0 - Is` is 93.2. Left are
//! the delay and the codec with its loss. For wideband codecs the result is on the narrowband scale, too: it compares calls
//! of one system with each other, and says nothing about one codec against another.

use std::time::Duration;

use super::rounded;

/// What the E-model has to know about a codec, and its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecModel {
    /// Clock rate of its RTP timestamps, hertz.
    pub clock_rate: u32,
    /// Equipment impairment factor `Ie` without loss.
    pub impairment: u8,
    /// Packet loss robustness `Bpl`.
    pub robustness: u8,
}

impl CodecModel {
    /// What is known about an encoding (ITU-T G.113 appendix I; Opus, which is not in it, as good as its concealment is in
    /// practice). Of others nothing is assumed but their clock.
    pub fn named(encoding: &str, clock_rate: u32) -> Self {
        let (impairment, robustness) = match encoding.to_ascii_uppercase().as_str() {
            "PCMU" | "PCMA" => (0, 25),
            "AMR" => (5, 10),
            "AMR-WB" => (1, 13),
            "OPUS" => (0, 20),
            _ => (0, 10),
        };
        Self { clock_rate: clock_rate.max(1), impairment, robustness }
    }
}

impl Default for CodecModel {
    fn default() -> Self {
        Self::named("", 8_000)
    }
}

/// What impairs what is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Its codec.
    pub codec: CodecModel,
    /// From mouth to ear, as far as it is known.
    pub delay: Duration,
    /// The part of packets that is lost, 0 to 1, after everything that could be recovered.
    pub loss: f64,
    /// How much longer losses last than they would if they were independent, 1 or more.
    pub burst_ratio: f64,
}

/// The mean opinion score, 1 to 4.5.
pub fn mean_opinion_score(of: &Impairment) -> f64 {
    let Impairment { codec, delay, loss, burst_ratio } = *of;
    let delay = delay.as_secs_f64() * 1_000.0;
    let of_delay = 0.024 * delay + if delay > 177.3 { 0.11 * (delay - 177.3) } else { 0.0 };
    let percent = loss.clamp(0.0, 1.0) * 100.0;
    let (impairment, robustness) = (f64::from(codec.impairment), f64::from(codec.robustness));
    let of_loss =
        impairment + (95.0 - impairment) * percent / (percent / burst_ratio.max(1.0) + robustness.max(1.0));
    rounded(score(93.2 - of_delay - of_loss))
}

/// From the rating factor to the score (ITU-T G.107 annex B).
fn score(rating: f64) -> f64 {
    match rating {
        low if low <= 0.0 => 1.0,
        high if high >= 100.0 => 4.5,
        // The cubic is below 1 for ratings that nobody would listen to.
        rating => (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6).max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score_of(codec: CodecModel, loss: f64, burst_ratio: f64, delay: Duration) -> f64 {
        mean_opinion_score(&Impairment { codec, delay, loss, burst_ratio })
    }

    #[test]
    fn the_score_falls_with_loss_and_delay() {
        let g711 = CodecModel::named("pcmu", 8_000);
        let of = |loss: f64, delay: u64| score_of(g711, loss, 1.0, Duration::from_millis(delay));
        // R = 93.2: the best that the model knows. 4.41 is what annex B says of it.
        assert_eq!(of(0.0, 0), 4.41);
        // R = 93.2 - 2.4 = 90.8 and R = 93.2 - 9.6 - 0.11 * 222.7 = 59.1.
        assert_eq!((of(0.0, 100), of(0.0, 400)), (4.36, 3.05));
        // Ie,eff = 95 * 5 / 30 = 15.83, R = 77.37.
        assert_eq!(of(0.05, 0), 3.92);
        assert_eq!(of(1.0, 0), 1.18);
        assert_eq!(of(1.0, 2_000), 1.0);
        // The same loss is worse where it comes in runs.
        assert!(score_of(g711, 0.05, 2.0, Duration::ZERO) < of(0.05, 0));
    }

    #[test]
    fn nothing_that_is_told_leaves_the_scale() {
        let codec = CodecModel { clock_rate: 1, impairment: 255, robustness: 0 };
        let loss = [f64::NAN, -1.0, 0.0, 0.5, 7.0, f64::INFINITY];
        let bursts = [f64::NAN, -1.0, 0.0, 1.0, f64::INFINITY];
        let delays = [Duration::ZERO, Duration::from_secs(1), Duration::MAX];
        for (loss, burst_ratio) in loss.into_iter().flat_map(|loss| bursts.map(|ratio| (loss, ratio))) {
            for delay in delays {
                let score = score_of(codec, loss, burst_ratio, delay);
                assert!((1.0..=4.5).contains(&score), "{loss} {burst_ratio} {delay:?}: {score}");
            }
        }
    }
}
