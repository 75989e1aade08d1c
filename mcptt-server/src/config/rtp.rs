//! `[rtcp]`: reports of our own about media; `[latching]`: media from other addresses than declared.

use std::time::Duration;

use media_plane::config::SHORTEST_REPORT_INTERVAL;
use serde::Deserialize;

use super::duration::Span;
use super::{FileError, value};

/// `[rtcp]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rtcp {
    interval: Span,
}

impl Default for Rtcp {
    fn default() -> Self {
        Self { interval: Span(SHORTEST_REPORT_INTERVAL) }
    }
}

/// `[latching]`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Latching {
    audio: bool,
    floor: bool,
}

impl Latching {
    pub(super) const fn translate(self) -> media_plane::config::Latching {
        media_plane::config::Latching { audio: self.audio, floor: self.floor }
    }
}

impl Rtcp {
    /// How far apart reports are. `None`: there are none.
    pub(super) fn interval(self) -> Result<Option<Duration>, FileError> {
        match self.interval.0 {
            Duration::ZERO => Ok(None),
            interval if (SHORTEST_REPORT_INTERVAL..=Duration::from_secs(60)).contains(&interval) => {
                Ok(Some(interval))
            }
            interval => Err(value("rtcp.interval", format!("{interval:?}"), "5s to 60s, or 0s: no reports")),
        }
    }
}
