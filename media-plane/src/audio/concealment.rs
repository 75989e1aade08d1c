//! Concealment of lost G.711: the last pitch period goes on, ever softer. In the manner of G.711 Appendix I, without its look ahead.

/// Samples a second of G.711.
const RATE: usize = 8_000;
/// What is remembered: the longest period three times and a little.
const HISTORY: usize = 400;
/// Pitch of voices, 66 to 200 Hz, in samples.
const PERIODS: std::ops::RangeInclusive<usize> = 40..=120;
/// Over so many samples periods are compared.
const COMPARED: usize = 160;
/// After this long it becomes softer.
const FULL: usize = RATE / 100;
/// After this long there is silence.
const SILENT: usize = RATE * 6 / 100;
/// Over so many samples what is concealed goes over into what is heard again.
const CROSSED: usize = 32;

/// What was heard last, and how far it has been continued.
#[derive(Debug)]
pub(super) struct Concealment {
    history: [i16; HISTORY],
    /// Samples concealed in a row.
    concealed: usize,
    period: usize,
}

impl Concealment {
    pub(super) const fn new() -> Self {
        Self { history: [0; HISTORY], concealed: 0, period: *PERIODS.end() }
    }

    /// Samples were received: their beginning is joined to what was concealed before.
    pub(super) fn heard(&mut self, samples: &mut [i16]) {
        if self.concealed > 0 {
            let crossed = CROSSED.min(samples.len());
            for (at, sample) in samples.iter_mut().take(crossed).enumerate() {
                let (own, rest) = (at as f32 / crossed as f32, self.continued(self.concealed + at));
                *sample = (f32::from(*sample) * own + rest * (1.0 - own)) as i16;
            }
            self.concealed = 0;
        }
        self.remember(samples);
    }

    /// Samples were lost: appends others.
    pub(super) fn conceal(&mut self, samples: usize, out: &mut Vec<i16>) {
        if self.concealed == 0 {
            self.period = self.find_period();
        }
        out.extend((0..samples).map(|at| self.continued(self.concealed.saturating_add(at)) as i16));
        self.concealed = self.concealed.saturating_add(samples);
    }

    /// The sample so far behind the last one that was heard.
    fn continued(&self, at: usize) -> f32 {
        if at >= SILENT {
            return 0.0;
        }
        let loudness = match at.checked_sub(FULL) {
            None => 1.0,
            Some(over) => 1.0 - over as f32 / (SILENT - FULL) as f32,
        };
        let place = HISTORY - self.period + at % self.period;
        f32::from(self.history[place]) * loudness
    }

    fn remember(&mut self, samples: &[i16]) {
        let new = &samples[samples.len().saturating_sub(HISTORY)..];
        self.history.rotate_left(new.len());
        self.history[HISTORY - new.len()..].copy_from_slice(new);
    }

    /// The lag at which the end of what was heard is most like what was before.
    fn find_period(&self) -> usize {
        let end = &self.history[HISTORY - COMPARED..];
        let likeness = |lag: usize| {
            let before = &self.history[HISTORY - COMPARED - lag..HISTORY - lag];
            let product: f32 = end.iter().zip(before).map(|(a, b)| f32::from(*a) * f32::from(*b)).sum();
            let energy: f32 = before.iter().map(|sample| f32::from(*sample).powi(2)).sum();
            product / energy.max(1.0).sqrt()
        };
        PERIODS.max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap_or(*PERIODS.end())
    }
}
