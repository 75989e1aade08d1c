//! What is kept at present: so that somebody can see that it is bounded and goes away.

/// How much of everything that the network can make a node keep there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Held {
    /// Requests of ours that wait for an answer or for its retransmissions.
    pub client_transactions: usize,
    /// Requests of others whose answer is repeated when it is asked for.
    pub server_transactions: usize,
    /// Dialogs, those that are early or being ended among them.
    pub dialogs: usize,
    /// Whatever else a user agent keeps of requests: their keys, what waits for a name, for an alarm, for a referral.
    pub notes: usize,
    /// Connections that have brought something.
    pub streams: usize,
    /// Registered contacts.
    pub bindings: usize,
    /// Calls that pass through the participating function.
    pub relayed_calls: usize,
    /// Calls of the controlling function.
    pub calls: usize,
    /// Subscriptions of others, at both functions.
    pub subscriptions: usize,
}

impl std::ops::Add for Held {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            client_transactions: self.client_transactions.saturating_add(other.client_transactions),
            server_transactions: self.server_transactions.saturating_add(other.server_transactions),
            dialogs: self.dialogs.saturating_add(other.dialogs),
            notes: self.notes.saturating_add(other.notes),
            streams: self.streams.saturating_add(other.streams),
            bindings: self.bindings.saturating_add(other.bindings),
            relayed_calls: self.relayed_calls.saturating_add(other.relayed_calls),
            calls: self.calls.saturating_add(other.calls),
            subscriptions: self.subscriptions.saturating_add(other.subscriptions),
        }
    }
}
