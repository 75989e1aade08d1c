//! The states of the client's side, what it reacts to, and its table of procedures.

use std::fmt;

use mcptt_codec::session::SessionMessage;

use crate::floor::transition::Rule;

/// The states of a pre-established session in the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the session.
    StartStop,
    /// No call uses the session.
    NotInUse,
    /// A call uses the session.
    InUse,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] = &[Self::StartStop, Self::NotInUse, Self::InUse];

    /// The name as it is logged.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::NotInUse => "U: Pre-established session not in use",
            Self::InUse => "U: Pre-established session in use",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.name())
    }
}

/// What the machine reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    SessionEstablished,
    Connect,
    Disconnect,
    SessionReleased,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] =
        &[Self::SessionEstablished, Self::Connect, Self::Disconnect, Self::SessionReleased];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SessionEstablished => "session established",
            Self::Connect => "R: Connect",
            Self::Disconnect => "R: Disconnect",
            Self::SessionReleased => "session released",
        }
    }

    /// The trigger of a message that the participating function sends. The message of clients has none.
    pub(in crate::session) const fn of(message: &SessionMessage) -> Option<Self> {
        match message {
            SessionMessage::Connect(_) => Some(Self::Connect),
            SessionMessage::Disconnect(_) => Some(Self::Disconnect),
            _ => None,
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{InUse, NotInUse, StartStop};
    use Trigger as T;
    &[
        Rule::new(StartStop, T::SessionEstablished, "9.2.2", &[NotInUse]),
        Rule::new(NotInUse, T::Connect, "9.2.2", &[InUse, NotInUse]),
        // A copy: our Acknowledge was lost.
        Rule::new(NotInUse, T::Disconnect, "9.2.2", &[NotInUse]),
        Rule::new(NotInUse, T::SessionReleased, "9.2.2", &[StartStop]),
        Rule::new(InUse, T::Connect, "9.2.2", &[InUse]),
        Rule::new(InUse, T::Disconnect, "9.2.2", &[NotInUse]),
        Rule::new(InUse, T::SessionReleased, "9.2.2", &[StartStop]),
    ]
};
