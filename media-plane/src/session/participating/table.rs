//! The states of the participating function's side, what it reacts to, and its table of procedures.

use std::fmt;

use crate::floor::transition::Rule;
use crate::session::timer::Timer;

/// The states of a pre-established session in the participating function. Waiting for an Acknowledge is a state here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Before and after the session.
    StartStop,
    /// No call uses the session.
    NotInUse,
    /// A Connect is to be acknowledged before the call uses the session.
    ConnectPending,
    /// A call uses the session.
    InUse,
    /// A Disconnect is to be acknowledged before another call can use the session.
    DisconnectPending,
}

impl State {
    /// All of them, the initial one first.
    pub const ALL: &'static [Self] =
        &[Self::StartStop, Self::NotInUse, Self::ConnectPending, Self::InUse, Self::DisconnectPending];

    /// The name as it is logged.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartStop => "Start-stop",
            Self::NotInUse => "G: Pre-established session not in use",
            Self::ConnectPending => "G: Connect pending",
            Self::InUse => "G: Pre-established session in use",
            Self::DisconnectPending => "G: Disconnect pending",
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
    Accepted,
    Refused,
    Expiry(Timer),
    SessionReleased,
}

impl Trigger {
    pub(crate) const ALL: &'static [Self] = &[
        Self::SessionEstablished,
        Self::Connect,
        Self::Disconnect,
        Self::Accepted,
        Self::Refused,
        Self::Expiry(Timer::T55),
        Self::Expiry(Timer::T56),
        Self::SessionReleased,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SessionEstablished => "session established",
            Self::Connect => "call uses the session",
            Self::Disconnect => "use of the session ends",
            Self::Accepted => "R: Acknowledge, accepted",
            Self::Refused => "R: Acknowledge, refused",
            Self::Expiry(timer) => timer.expiry(),
            Self::SessionReleased => "session released",
        }
    }
}

/// What there is a procedure for, in which clause, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{ConnectPending, DisconnectPending, InUse, NotInUse, StartStop};
    use Trigger as T;
    &[
        Rule::new(StartStop, T::SessionEstablished, "9.3", &[NotInUse]),
        // Without acknowledgment bit nothing is waited for.
        Rule::new(NotInUse, T::Connect, "9.3", &[ConnectPending, InUse]),
        // The call that the client has asked for by REFER has come to nothing: it waits to hear of it.
        Rule::new(NotInUse, T::Disconnect, "9.3", &[DisconnectPending, NotInUse]),
        Rule::new(NotInUse, T::SessionReleased, "9.3", &[StartStop]),
        Rule::new(ConnectPending, T::Accepted, "9.3", &[InUse]),
        Rule::new(ConnectPending, T::Refused, "9.3", &[NotInUse]),
        Rule::new(ConnectPending, T::Expiry(Timer::T55), "9.3", &[ConnectPending, NotInUse]),
        // The client may have accepted what nobody wants any more.
        Rule::new(ConnectPending, T::Disconnect, "9.3", &[DisconnectPending, NotInUse]),
        Rule::new(ConnectPending, T::SessionReleased, "9.3", &[StartStop]),
        // The answer state or the call has changed.
        Rule::new(InUse, T::Connect, "9.3", &[InUse]),
        Rule::new(InUse, T::Accepted, "9.3", &[InUse]),
        // A refusal that answers no change is a late copy.
        Rule::new(InUse, T::Refused, "9.3", &[InUse, NotInUse]),
        Rule::new(InUse, T::Expiry(Timer::T55), "9.3", &[InUse]),
        Rule::new(InUse, T::Disconnect, "9.3", &[DisconnectPending, NotInUse]),
        Rule::new(InUse, T::SessionReleased, "9.3", &[StartStop]),
        // An Acknowledge does not say what it acknowledges, so that one message at most is outstanding.
        Rule::new(DisconnectPending, T::Connect, "9.3", &[DisconnectPending]),
        Rule::new(DisconnectPending, T::Disconnect, "9.3", &[DisconnectPending]),
        Rule::new(DisconnectPending, T::Accepted, "9.3", &[NotInUse, ConnectPending, InUse]),
        Rule::new(DisconnectPending, T::Refused, "9.3", &[NotInUse, ConnectPending, InUse]),
        Rule::new(
            DisconnectPending,
            T::Expiry(Timer::T56),
            "9.3",
            &[DisconnectPending, NotInUse, ConnectPending, InUse],
        ),
        Rule::new(DisconnectPending, T::SessionReleased, "9.3", &[StartStop]),
    ]
};
