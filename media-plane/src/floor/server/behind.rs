//! Participants behind a non-controlling function share one leg. Their messages name them by Track Info, so that none of
//! them speaks for another (TS 24.380 6.5.4).

use mcptt_codec::floor::{QueueingCapability, TrackInfo};

use crate::floor::settings::FloorParameters;

/// Whether two messages on one leg come from the same participant. Where one of them has no references there is nobody to
/// tell apart.
pub(super) fn is_same(one: Option<&TrackInfo>, other: Option<&TrackInfo>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.references.is_empty() || other.references.is_empty() || one.references == other.references
        }
        _ => true,
    }
}

/// Whether requests can be queued that name their sender so: behind a function its own capability counts, otherwise what
/// was negotiated on the leg.
pub(super) fn queueing(parameters: &FloorParameters, track_info: Option<&TrackInfo>) -> bool {
    match track_info {
        Some(track) if !track.references.is_empty() => {
            track.queueing_capability == QueueingCapability::SUPPORTED
        }
        _ => parameters.queueing,
    }
}
