//! Participants behind a non-controlling function share one leg. Their messages name them by Track Info, so that none of
//! them speaks for another (TS 24.380 6.5.4).

use mcptt_codec::floor::TrackInfo;

use super::general::Talk;

/// Whether a message on the talker's leg comes from another participant behind it.
pub(super) fn is_another(talk: &Talk, of_message: Option<&TrackInfo>) -> bool {
    match (&talk.track_info, of_message) {
        (Some(talker), Some(sender)) => {
            let known = !(talker.references.is_empty() || sender.references.is_empty());
            known && talker.references != sender.references
        }
        // Without references there is nobody to tell apart.
        _ => false,
    }
}
