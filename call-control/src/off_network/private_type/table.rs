//! States and procedures of call type control of a private call (TS 24.379 11.2.3).

use mcptt_codec::machine::Rule;

use crate::off_network::names::named;

named! {
    /// The states of call type control of a private call.
    pub enum State {
        /// There is no call.
        WaitingForCall = "Q0: waiting for the call to be established",
        /// An ordinary private call.
        Private = "Q1: in-progress private call",
        /// An emergency private call.
        Emergency = "Q2: in-progress emergency private call",
    }
}

named! {
    /// What call type control reacts to.
    pub(crate) enum Trigger {
        CallEstablished = "call established",
        CallReleased = "call released",
        Upgrade = "user: emergency",
        Downgrade = "user: downgrade",
        SetupRequest = "R: PRIVATE CALL SETUP REQUEST (emergency)",
        Accept = "R: PRIVATE CALL ACCEPT",
        EmergencyCancel = "R: PRIVATE CALL EMERGENCY CANCEL",
        EmergencyCancelAck = "R: PRIVATE CALL EMERGENCY CANCEL ACK",
        Tfp1 = "TFP1 expired",
        Tfp6 = "TFP6 expired",
        Tfp8 = "TFP8 expired",
    }
}

/// What there is a procedure for, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{Emergency as Q2, Private as Q1, WaitingForCall as Q0};
    use Trigger as T;
    const CLAUSE: &str = "11.2.3";
    &[
        Rule::new(Q0, T::CallEstablished, CLAUSE, &[Q1, Q2]),
        Rule::new(Q1, T::CallReleased, CLAUSE, &[Q0]),
        Rule::new(Q1, T::Upgrade, CLAUSE, &[Q1]),
        Rule::new(Q1, T::SetupRequest, CLAUSE, &[Q2]),
        Rule::new(Q1, T::Accept, CLAUSE, &[Q1, Q2]),
        // A copy: what was said first is in force.
        Rule::new(Q1, T::EmergencyCancel, CLAUSE, &[Q1]),
        Rule::new(Q1, T::EmergencyCancelAck, CLAUSE, &[Q1]),
        Rule::new(Q1, T::Tfp1, CLAUSE, &[Q1]),
        Rule::new(Q1, T::Tfp6, CLAUSE, &[Q1]),
        Rule::new(Q2, T::CallReleased, CLAUSE, &[Q0]),
        Rule::new(Q2, T::Downgrade, CLAUSE, &[Q1]),
        Rule::new(Q2, T::SetupRequest, CLAUSE, &[Q2]),
        Rule::new(Q2, T::Accept, CLAUSE, &[Q2]),
        Rule::new(Q2, T::EmergencyCancel, CLAUSE, &[Q1]),
        Rule::new(Q2, T::Tfp8, CLAUSE, &[Q1]),
    ]
};
