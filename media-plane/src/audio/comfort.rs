//! Comfort noise: what is heard while a talker who may talk says nothing (RFC 3389).

/// A source of noise of a certain level, the same for the same seed.
#[derive(Clone, Debug)]
pub struct ComfortNoise {
    state: u32,
    /// dBov; `None`: real silence.
    level: Option<f32>,
}

/// Louder noise than this is nobody's comfort.
const LOUDEST: f32 = -40.0;

impl ComfortNoise {
    /// Silence, until a level is known.
    pub const fn new(seed: u32) -> Self {
        // Zero is the one state that the generator does not leave.
        Self { state: seed | 1, level: None }
    }

    /// Takes the level over that a comfort noise payload announces: its first octet, in -dBov.
    pub fn announced(&mut self, payload: &[u8]) {
        //= RFC3389-3.1
        self.level = payload.first().map(|octet| -f32::from(octet & 0x7f)).map(|level| level.min(LOUDEST));
    }

    /// Takes the level of the background that was heard.
    pub fn background(&mut self, level: f32) {
        self.level = Some(level.min(LOUDEST));
    }

    /// Appends noise.
    pub fn render(&mut self, samples: usize, out: &mut Vec<i16>) {
        // Evenly spread values have an effective value of their largest one divided by the root of three.
        let peak = self.level.map_or(0.0, |level| 10_f32.powf(level / 20.0) * 32_768.0 * 3_f32.sqrt());
        out.extend((0..samples).map(|_| {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 17;
            self.state ^= self.state << 5;
            let even = self.state as f32 / u32::MAX as f32 * 2.0 - 1.0;
            (even * peak) as i16
        }));
    }
}
