//! What the services beside a call want to know about calls.

use mcptt_codec::id::McpttId;

use super::call::{Call, State};
use super::{CallId, Client};
use crate::private_call::is_same_user;

impl Client {
    /// Whether an emergency or imminent peril of ours goes on in a call.
    pub(super) fn has_urgent_call(&self) -> bool {
        self.calls.values().any(|call| call.urgent)
    }

    /// Whom a call was made to.
    pub(super) fn note_peers(&mut self, call: CallId, peers: Vec<McpttId>) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.peers = peers;
        }
    }

    /// The call between users that stands with this other one.
    pub(super) fn call_with(&self, user: &McpttId) -> Option<CallId> {
        let is = |call: &Call| {
            let mut others = call.caller.iter().chain(&call.peers);
            matches!(call.state, State::Established(_))
                && call.group.is_none()
                && others.any(|other| is_same_user(other, user))
        };
        self.calls.iter().find(|(_, call)| is(call)).map(|(id, _)| *id)
    }

    /// Who waits for our answer to a call between users, and how often it has been forwarded.
    pub(super) fn ringing_caller(&self, call: CallId) -> Option<(McpttId, u64)> {
        let call = self.calls.get(&call)?;
        let ringing = matches!(call.state, State::Ringing(_)) && call.group.is_none();
        call.caller.clone().filter(|_| ringing).map(|caller| (caller, call.forwardings))
    }

    pub(super) fn is_adhoc(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(|call| call.adhoc)
    }

    pub(super) fn note_urgency(&mut self, call: CallId, urgent: bool) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.urgent = urgent;
        }
    }
}
