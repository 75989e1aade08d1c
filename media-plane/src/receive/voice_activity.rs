//! Whether somebody speaks, by energy above the background, and whether a button is stuck.

use std::time::{Duration, Instant};

use crate::audio::level;

/// When samples are taken for speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceActivitySettings {
    /// Nothing softer is speech, dBov, -90 to -20.
    pub threshold: f32,
    /// Speech is so much louder than the background, dB, 1 to 40.
    pub above_background: f32,
    /// Pauses of this length belong to speech.
    pub hangover: Duration,
    /// After so much silence the floor is given back; `None`: never.
    pub release_after: Option<Duration>,
}

impl Default for VoiceActivitySettings {
    fn default() -> Self {
        Self {
            threshold: -55.0,
            above_background: 9.0,
            hangover: Duration::from_millis(400),
            release_after: None,
        }
    }
}

/// Watches the samples of one microphone or of one talker.
#[derive(Clone, Debug)]
pub struct VoiceActivity {
    settings: VoiceActivitySettings,
    /// dBov; `None`: nothing was heard yet.
    background: Option<f32>,
    /// When speech was heard last, or listening began.
    spoke: Instant,
    active: bool,
}

/// The background is followed downwards at once and upwards by so many dB a frame.
const RISE: f32 = 0.05;

impl VoiceActivity {
    /// Listening begins.
    pub const fn new(settings: VoiceActivitySettings, now: Instant) -> Self {
        Self { settings, background: None, spoke: now, active: false }
    }

    /// A talk spurt begins: what was before does not count.
    pub fn restart(&mut self, now: Instant) {
        (self.spoke, self.active) = (now, false);
    }

    /// Takes a frame; says whether it belongs to speech, hangover included.
    pub fn frame(&mut self, now: Instant, samples: &[i16]) -> bool {
        let level = level(samples);
        let background = self.background.map_or(level, |background| level.min(background + RISE));
        // The first frame may be speech already: what is loud is no background.
        let background = background.min(self.settings.threshold + self.settings.above_background);
        self.background = Some(background);
        if level >= self.settings.threshold && level >= background + self.settings.above_background {
            (self.spoke, self.active) = (now, true);
        } else if now.saturating_duration_since(self.spoke) > self.settings.hangover {
            self.active = false;
        }
        self.active
    }

    /// The level of the background, dBov.
    pub const fn background(&self) -> Option<f32> {
        self.background
    }

    /// When the floor is to be given back unless somebody speaks before.
    pub fn release_at(&self) -> Option<Instant> {
        self.spoke.checked_add(self.settings.release_after?)
    }

    /// Whether it is time to give the floor back.
    pub fn is_stuck(&self, now: Instant) -> bool {
        self.release_at().is_some_and(|at| at <= now)
    }
}
