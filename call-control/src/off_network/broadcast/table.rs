//! States and procedures of broadcast group call control (TS 24.379 10.2.4).

use mcptt_codec::machine::Rule;

use crate::off_network::names::named;

named! {
    /// The states of broadcast group call control.
    pub enum State {
        /// There is no broadcast.
        StartStop = "B1: start-stop",
        /// The client takes part in a broadcast.
        InProgress = "B2: in-progress broadcast group call",
        /// The user is asked whether to listen.
        Pending = "B3: pending user action",
        /// The broadcast goes on without this client.
        Ignoring = "B4: ignoring same call id",
    }
}

named! {
    /// What broadcast group call control reacts to.
    pub(crate) enum Trigger {
        UserCalls = "user: broadcast",
        UserAccepts = "user: accept",
        UserRejects = "user: reject",
        UserEnds = "user: end",
        Broadcast = "R: GROUP CALL BROADCAST",
        BroadcastEnd = "R: GROUP CALL BROADCAST END",
        Tfb1 = "TFB1 expired",
        Tfb2 = "TFB2 expired",
        Tfb3 = "TFB3 expired",
    }
}

/// What there is a procedure for, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{Ignoring as B4, InProgress as B2, Pending as B3, StartStop as B1};
    use Trigger as T;
    const CLAUSE: &str = "10.2.4";
    &[
        Rule::new(B1, T::UserCalls, CLAUSE, &[B2]),
        Rule::new(B1, T::Broadcast, CLAUSE, &[B2, B3]),
        Rule::new(B2, T::UserEnds, CLAUSE, &[B1, B4]),
        Rule::new(B2, T::Broadcast, CLAUSE, &[B2]),
        Rule::new(B2, T::BroadcastEnd, CLAUSE, &[B1, B2]),
        Rule::new(B2, T::Tfb1, CLAUSE, &[B1]),
        Rule::new(B2, T::Tfb2, CLAUSE, &[B2]),
        Rule::new(B3, T::UserAccepts, CLAUSE, &[B2]),
        Rule::new(B3, T::UserRejects, CLAUSE, &[B4]),
        Rule::new(B3, T::Broadcast, CLAUSE, &[B3]),
        Rule::new(B3, T::BroadcastEnd, CLAUSE, &[B1, B3]),
        Rule::new(B3, T::Tfb1, CLAUSE, &[B1]),
        Rule::new(B3, T::Tfb3, CLAUSE, &[B4]),
        // Another broadcast than the one that was left.
        Rule::new(B4, T::Broadcast, CLAUSE, &[B2, B3, B4]),
        Rule::new(B4, T::BroadcastEnd, CLAUSE, &[B1, B4]),
        Rule::new(B4, T::Tfb1, CLAUSE, &[B1]),
    ]
};
