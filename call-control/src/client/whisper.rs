//! Whispering: a private call out of a group call, after which the client comes back to the group by itself.

use std::time::Instant;

use mcptt_codec::id::McpttId;

use super::{CallId, Client, PrivateCall};

impl Client {
    /// Leaves a group call for a private one. Nothing happens while the group call does not stand.
    pub(super) fn whisper(&mut self, now: Instant, group_call: CallId, to: &McpttId) {
        let stands = self.established_dialog(group_call).is_some() && self.group_of(group_call).is_some();
        let Some(session_identity) = self.session_identity_of(group_call).filter(|_| stands) else { return };
        self.leave(now, group_call);
        let private = self.call_user(now, PrivateCall::new(to.clone()));
        self.whispers.insert(private, session_identity);
    }

    /// A call is over, or has come to nothing: was it whispered?
    pub(super) fn whispered(&mut self, call: CallId) {
        self.returning.extend(self.whispers.remove(&call));
    }

    /// Comes back to the group calls that were left for a whispered word.
    pub(super) fn come_back(&mut self, now: Instant) {
        for session_identity in std::mem::take(&mut self.returning) {
            self.rejoin(now, session_identity, false);
        }
    }
}
