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

/// A voice-like tone: harmonics of a pitch, swelling and fading, so that a piece of it is like no other one.
#[cfg(test)]
pub(crate) fn voice(rate: u32, pitch: f32, samples: usize) -> Vec<i16> {
    let sample = |at: usize| {
        let time = at as f32 / rate as f32;
        let turn = time * std::f32::consts::TAU;
        let drift = 0.8 * (turn * 1.7).sin();
        let harmonics: f32 =
            (1..=6).map(|n| (turn * pitch * n as f32 + drift * n as f32).sin() / n as f32).sum();
        let swell = 0.55 + 0.45 * (turn * 2.3 + pitch).sin();
        (harmonics * swell * 5_000.0) as i16
    };
    (0..samples).map(sample).collect()
}

/// The greatest normalised cross-correlation over all delays up to `most` samples, and that delay.
#[cfg(test)]
pub(crate) fn correlation(source: &[i16], heard: &[i16], most: usize) -> (f64, usize) {
    let energy = |samples: &[i16]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let at = |lag: usize| {
        let delayed = &heard[lag.min(heard.len())..];
        let common = source.len().min(delayed.len());
        let (source, delayed) = (&source[..common], &delayed[..common]);
        let product: f64 = source.iter().zip(delayed).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        product / (energy(source) * energy(delayed)).sqrt().max(1.0)
    };
    let lags = (0..=most).map(|lag| (at(lag), lag));
    lags.max_by(|(a, _), (b, _)| a.total_cmp(b)).unwrap_or_default()
}
