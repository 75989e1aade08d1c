//! The same voice at another sampling rate.

use rubato::{FftFixedInOut, Resampler as _};

use super::{AudioError, checked_rate};

/// Pieces are as long as this, in parts of a second: the shortest packets of G.711 that are usual.
const PIECES_PER_SECOND: u32 = 100;

/// Changes a sampling rate, with some milliseconds of delay. Equal rates pass as they are.
pub struct Resampler(Option<Box<Change>>);

struct Change {
    inner: FftFixedInOut<f32>,
    /// Samples that make no whole piece yet.
    waiting: Vec<i16>,
    input: Vec<f32>,
    output: Vec<f32>,
}

impl Resampler {
    /// From one rate to another, both of [`RATES`](super::RATES).
    ///
    /// # Errors
    /// A rate is another one.
    pub fn new(from: u32, to: u32) -> Result<Self, AudioError> {
        let (from, to) = (checked_rate(from)?, checked_rate(to)?);
        if from == to {
            return Ok(Self(None));
        }
        let piece = (from / PIECES_PER_SECOND) as usize;
        let inner =
            FftFixedInOut::new(from as usize, to as usize, piece, 1).map_err(|_| AudioError::Rate(from))?;
        let (input, output) = (vec![0.0; inner.input_frames_next()], vec![0.0; inner.output_frames_next()]);
        let waiting = Vec::with_capacity(input.len());
        Ok(Self(Some(Box::new(Change { inner, waiting, input, output }))))
    }

    /// Appends what becomes of these samples; the end of a piece that is not whole waits for the next ones.
    pub fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        let Some(change) = &mut self.0 else { return out.extend_from_slice(samples) };
        for sample in samples {
            change.waiting.push(*sample);
            if change.waiting.len() == change.input.len() {
                change.piece(out);
            }
        }
    }
}

impl Change {
    fn piece(&mut self, out: &mut Vec<i16>) {
        for (input, sample) in self.input.iter_mut().zip(&self.waiting) {
            *input = f32::from(*sample);
        }
        self.waiting.clear();
        // Fails only where the buffers do not fit, which are made by what it asks for.
        if self.inner.process_into_buffer(&[&self.input], &mut [&mut self.output], None).is_ok() {
            // Casts of floating-point numbers saturate.
            out.extend(self.output.iter().map(|sample| *sample as i16));
        }
    }
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("passes", &self.0.is_none()).finish()
    }
}
