//! What is chosen about playout, with the ranges it is held to.

use std::time::Duration;

/// The settings of a playout buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayoutSettings {
    /// The delay that is kept even in the quietest network, 0 to 500 ms.
    pub least_delay: Duration,
    /// The delay that is not gone beyond, however much the network jitters: at least the least one, at most 2 s.
    pub most_delay: Duration,
    /// Packets of one source that may wait, 2 to 1 000. Of more the oldest are given up.
    pub packets: usize,
    /// Frames in a row that are concealed, 0 to 50; a longer gap is a pause.
    pub concealed: u32,
    /// Sources at a time, 1 to 64. The one that has been silent for longest makes room.
    pub sources: usize,
}

impl Default for PlayoutSettings {
    fn default() -> Self {
        Self {
            least_delay: Duration::from_millis(40),
            most_delay: Duration::from_millis(240),
            packets: 100,
            concealed: 5,
            sources: 8,
        }
    }
}

/// A setting is outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} = {value} is outside {range}")]
pub struct SettingsError {
    /// The setting.
    pub setting: &'static str,
    /// What it was set to.
    pub value: u128,
    /// What it may be set to.
    pub range: &'static str,
}

impl PlayoutSettings {
    /// Checks every setting against its range.
    ///
    /// # Errors
    /// The first setting that is outside.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let (least, most) = (self.least_delay.as_millis(), self.most_delay.as_millis());
        let (packets, sources) = (self.packets as u128, self.sources as u128);
        let checks = [
            ("least_delay in ms", least, least <= 500, "0 to 500"),
            ("most_delay in ms", most, (least..=2_000).contains(&most), "least_delay to 2000"),
            ("packets", packets, (2..=1_000).contains(&packets), "2 to 1000"),
            ("concealed", self.concealed.into(), self.concealed <= 50, "0 to 50"),
            ("sources", sources, (1..=64).contains(&sources), "1 to 64"),
        ];
        match checks.into_iter().find(|(_, _, within, _)| !within) {
            None => Ok(()),
            Some((setting, value, _, range)) => Err(SettingsError { setting, value, range }),
        }
    }
}
