//! Discreet listening in the client: asking for it, agreeing to it, ending it.

use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::text::ByteStr;

use super::Client;
use crate::discreet::Step;

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListeningRequest {
    /// To listen to the calls of a group or of a user. Somebody else has to agree.
    Ask {
        /// The group or the user.
        target: ByteStr,
    },
    /// To agree that somebody else listens.
    Approve {
        /// Who listens.
        listener: McpttId,
        /// To the calls of this group or user.
        target: ByteStr,
    },
    /// That it ends, or is not asked for any more.
    End {
        /// Who listens.
        listener: McpttId,
        /// To the calls of this group or user.
        target: ByteStr,
    },
}

impl Client {
    pub(super) fn about_listening(&mut self, now: Instant, wanted: ListeningRequest) {
        let (step, listener, target) = match wanted {
            ListeningRequest::Ask { target } => (Step::Request, self.config.mcptt_id.clone(), target),
            ListeningRequest::Approve { listener, target } => (Step::Approval, listener, target),
            ListeningRequest::End { listener, target } => (Step::End, listener, target),
        };
        self.tell_user(now, &McpttId(target), step.info(&listener), Vec::new());
    }
}
