//! States and procedures of basic call control of a group call (TS 24.379 10.2.2).

use mcptt_codec::machine::Rule;

use crate::off_network::names::named;

named! {
    /// The states of basic call control of a group call.
    pub enum State {
        /// There is no call.
        StartStop = "S1: start-stop",
        /// A call is looked for.
        WaitingForAnnouncement = "S2: waiting for call announcement",
        /// The client takes part in a call.
        Ongoing = "S3: part of ongoing call",
        /// The user is asked whether to join.
        PendingWithoutConfirm = "S4: pending user action without confirm indication",
        /// The user is asked whether to join a call in which those who join say so.
        PendingWithConfirm = "S5: pending user action with confirm indication",
        /// The call has been left and goes on without this client.
        Ignoring = "S6: ignoring incoming call announcements",
        /// The user has given up while the call was looked for.
        WaitingAfterRelease = "S7: waiting for call announcement after call release",
    }
}

named! {
    /// What basic call control reacts to.
    pub(crate) enum Trigger {
        UserCalls = "user: call",
        UserLeaves = "user: leave",
        UserAccepts = "user: accept",
        UserRejects = "user: reject",
        Announcement = "R: GROUP CALL ANNOUNCEMENT",
        Probe = "R: GROUP CALL PROBE",
        Accept = "R: GROUP CALL ACCEPT",
        Tfg1 = "TFG1 expired",
        Tfg2 = "TFG2 expired",
        Tfg3 = "TFG3 expired",
        Tfg4 = "TFG4 expired",
        Tfg5 = "TFG5 expired",
        Tfg6 = "TFG6 expired",
    }
}

/// What there is a procedure for, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{
        Ignoring as S6, Ongoing as S3, PendingWithConfirm as S5, PendingWithoutConfirm as S4,
        StartStop as S1, WaitingAfterRelease as S7, WaitingForAnnouncement as S2,
    };
    use Trigger as T;
    const CLAUSE: &str = "10.2.2";
    &[
        Rule::new(S1, T::UserCalls, CLAUSE, &[S2]),
        Rule::new(S1, T::Announcement, CLAUSE, &[S3, S4, S5]),
        Rule::new(S2, T::UserLeaves, CLAUSE, &[S7]),
        Rule::new(S2, T::Announcement, CLAUSE, &[S3]),
        Rule::new(S2, T::Tfg1, CLAUSE, &[S3]),
        Rule::new(S2, T::Tfg3, CLAUSE, &[S2]),
        Rule::new(S3, T::UserLeaves, CLAUSE, &[S6]),
        Rule::new(S3, T::Announcement, CLAUSE, &[S3]),
        Rule::new(S3, T::Probe, CLAUSE, &[S3]),
        Rule::new(S3, T::Accept, CLAUSE, &[S3]),
        Rule::new(S3, T::Tfg2, CLAUSE, &[S3]),
        Rule::new(S3, T::Tfg6, CLAUSE, &[S6]),
        Rule::new(S4, T::UserAccepts, CLAUSE, &[S3]),
        Rule::new(S4, T::UserRejects, CLAUSE, &[S6]),
        // Not in the sources: what the user is asked about follows what is announced.
        Rule::new(S4, T::Announcement, CLAUSE, &[S4, S5]),
        Rule::new(S4, T::Tfg4, CLAUSE, &[S6]),
        Rule::new(S5, T::UserAccepts, CLAUSE, &[S3]),
        Rule::new(S5, T::UserRejects, CLAUSE, &[S6]),
        Rule::new(S5, T::Announcement, CLAUSE, &[S4, S5]),
        Rule::new(S5, T::Tfg4, CLAUSE, &[S6]),
        Rule::new(S6, T::UserCalls, CLAUSE, &[S3]),
        Rule::new(S6, T::Announcement, CLAUSE, &[S6]),
        Rule::new(S6, T::Tfg5, CLAUSE, &[S1]),
        Rule::new(S7, T::UserCalls, CLAUSE, &[S2]),
        Rule::new(S7, T::Announcement, CLAUSE, &[S6]),
        Rule::new(S7, T::Tfg1, CLAUSE, &[S1]),
    ]
};
