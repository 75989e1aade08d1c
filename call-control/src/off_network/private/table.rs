//! States and procedures of basic call control of a private call (TS 24.379 11.2.2).

use mcptt_codec::machine::Rule;

use crate::off_network::names::named;

named! {
    /// The states of basic call control of a private call.
    pub enum State {
        /// There is no call.
        StartStop = "P0: start-stop",
        /// A call is over; what still comes of it is no new call.
        Ignoring = "P1: ignoring same call id",
        /// The callee is awaited.
        WaitingForResponse = "P2: waiting for call response",
        /// The answer to the release is awaited.
        WaitingForRelease = "P3: waiting for release response",
        /// There is a call.
        Ongoing = "P4: part of ongoing call",
        /// The user is asked, or the caller has not acknowledged the answer.
        Pending = "P5: pending",
    }
}

named! {
    /// What basic call control reacts to.
    pub(crate) enum Trigger {
        UserCalls = "user: call",
        UserAccepts = "user: accept",
        UserRejects = "user: reject",
        UserEnds = "user: end",
        SetupRequest = "R: PRIVATE CALL SETUP REQUEST",
        Ringing = "R: PRIVATE CALL RINGING",
        Accept = "R: PRIVATE CALL ACCEPT",
        AcceptAck = "R: PRIVATE CALL ACCEPT ACK",
        Reject = "R: PRIVATE CALL REJECT",
        Release = "R: PRIVATE CALL RELEASE",
        ReleaseAck = "R: PRIVATE CALL RELEASE ACK",
        Media = "R: media",
        Tfp1 = "TFP1 expired",
        Tfp2 = "TFP2 expired",
        Tfp3 = "TFP3 expired",
        Tfp4 = "TFP4 expired",
        Tfp5 = "TFP5 expired",
        Tfp7 = "TFP7 expired",
    }
}

/// What there is a procedure for, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{
        Ignoring as P1, Ongoing as P4, Pending as P5, StartStop as P0, WaitingForRelease as P3,
        WaitingForResponse as P2,
    };
    use Trigger as T;
    const CLAUSE: &str = "11.2.2";
    &[
        Rule::new(P0, T::UserCalls, CLAUSE, &[P2]),
        Rule::new(P0, T::SetupRequest, CLAUSE, &[P1, P5]),
        Rule::new(P1, T::UserCalls, CLAUSE, &[P2]),
        // That of the call that is over is a late copy; another one is a new call.
        Rule::new(P1, T::SetupRequest, CLAUSE, &[P1, P5]),
        Rule::new(P1, T::Release, CLAUSE, &[P1]),
        Rule::new(P1, T::Tfp7, CLAUSE, &[P0]),
        Rule::new(P2, T::UserEnds, CLAUSE, &[P3]),
        // Both have called each other: neither waits for the other.
        Rule::new(P2, T::SetupRequest, CLAUSE, &[P2]),
        Rule::new(P2, T::Ringing, CLAUSE, &[P2]),
        Rule::new(P2, T::Accept, CLAUSE, &[P2, P4]),
        Rule::new(P2, T::Reject, CLAUSE, &[P1]),
        Rule::new(P2, T::Tfp1, CLAUSE, &[P1, P2]),
        Rule::new(P2, T::Tfp2, CLAUSE, &[P1]),
        Rule::new(P3, T::Release, CLAUSE, &[P1]),
        Rule::new(P3, T::ReleaseAck, CLAUSE, &[P1]),
        Rule::new(P3, T::Tfp3, CLAUSE, &[P1, P3]),
        Rule::new(P4, T::UserEnds, CLAUSE, &[P3]),
        Rule::new(P4, T::SetupRequest, CLAUSE, &[P4]),
        // The acknowledgement was lost.
        Rule::new(P4, T::Accept, CLAUSE, &[P4]),
        Rule::new(P4, T::AcceptAck, CLAUSE, &[P4]),
        Rule::new(P4, T::Media, CLAUSE, &[P4]),
        Rule::new(P4, T::Release, CLAUSE, &[P1]),
        Rule::new(P4, T::Tfp5, CLAUSE, &[P1]),
        Rule::new(P5, T::UserAccepts, CLAUSE, &[P1, P5]),
        Rule::new(P5, T::UserRejects, CLAUSE, &[P1, P5]),
        Rule::new(P5, T::UserEnds, CLAUSE, &[P1, P3]),
        Rule::new(P5, T::SetupRequest, CLAUSE, &[P5]),
        Rule::new(P5, T::AcceptAck, CLAUSE, &[P4, P5]),
        Rule::new(P5, T::Media, CLAUSE, &[P4, P5]),
        Rule::new(P5, T::Release, CLAUSE, &[P1]),
        Rule::new(P5, T::Tfp2, CLAUSE, &[P1]),
        Rule::new(P5, T::Tfp4, CLAUSE, &[P1, P5]),
    ]
};
