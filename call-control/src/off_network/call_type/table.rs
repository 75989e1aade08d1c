//! States and procedures of call type control of a group call (TS 24.379 10.2.3).

use mcptt_codec::machine::Rule;

use crate::off_network::names::named;

named! {
    /// The states of call type control of a group call.
    pub enum State {
        /// There is no call.
        WaitingForCall = "T0: waiting for the call to be established",
        /// An emergency group call.
        Emergency = "T1: in-progress emergency group call",
        /// A basic group call.
        Basic = "T2: in-progress basic group call",
        /// An imminent peril group call.
        ImminentPeril = "T3: in-progress imminent peril group call",
    }
}

named! {
    /// What call type control reacts to.
    pub(crate) enum Trigger {
        CallEstablished = "call established",
        CallMerged = "call merged",
        CallReleased = "call released",
        UpgradeToEmergency = "user: emergency",
        UpgradeToImminentPeril = "user: imminent peril",
        Downgrade = "user: downgrade",
        Announcement = "R: GROUP CALL ANNOUNCEMENT",
        EmergencyEnd = "R: GROUP CALL EMERGENCY END",
        ImminentPerilEnd = "R: GROUP CALL IMMINENT PERIL END",
        Tfg11 = "TFG11 expired",
        Tfg12 = "TFG12 expired",
        Tfg13 = "TFG13 expired",
        Tfg14 = "TFG14 expired",
    }
}

/// What there is a procedure for, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{Basic as T2, Emergency as T1, ImminentPeril as T3, WaitingForCall as T0};
    use Trigger as T;
    const ANY: &[State] = &[T1, T2, T3];
    const CLAUSE: &str = "10.2.3";
    &[
        Rule::new(T0, T::CallEstablished, CLAUSE, ANY),
        Rule::new(T1, T::CallMerged, CLAUSE, ANY),
        Rule::new(T1, T::CallReleased, CLAUSE, &[T0]),
        Rule::new(T1, T::Downgrade, CLAUSE, &[T2]),
        Rule::new(T1, T::Announcement, CLAUSE, ANY),
        Rule::new(T1, T::EmergencyEnd, CLAUSE, &[T1, T2]),
        // The newest change counts, whatever it ended: that of an upgrade in between was lost.
        Rule::new(T1, T::ImminentPerilEnd, CLAUSE, &[T1, T2]),
        Rule::new(T1, T::Tfg13, CLAUSE, &[T2]),
        Rule::new(T2, T::CallMerged, CLAUSE, ANY),
        Rule::new(T2, T::CallReleased, CLAUSE, &[T0]),
        Rule::new(T2, T::UpgradeToEmergency, CLAUSE, &[T1]),
        Rule::new(T2, T::UpgradeToImminentPeril, CLAUSE, &[T3]),
        Rule::new(T2, T::Announcement, CLAUSE, ANY),
        // Copies, and ends of what was never heard of: the change is noted.
        Rule::new(T2, T::EmergencyEnd, CLAUSE, &[T2]),
        Rule::new(T2, T::ImminentPerilEnd, CLAUSE, &[T2]),
        Rule::new(T2, T::Tfg11, CLAUSE, &[T2]),
        Rule::new(T2, T::Tfg12, CLAUSE, &[T2]),
        Rule::new(T3, T::CallMerged, CLAUSE, ANY),
        Rule::new(T3, T::CallReleased, CLAUSE, &[T0]),
        Rule::new(T3, T::UpgradeToEmergency, CLAUSE, &[T1]),
        Rule::new(T3, T::Downgrade, CLAUSE, &[T2]),
        Rule::new(T3, T::Announcement, CLAUSE, ANY),
        Rule::new(T3, T::EmergencyEnd, CLAUSE, &[T2, T3]),
        Rule::new(T3, T::ImminentPerilEnd, CLAUSE, &[T2, T3]),
        Rule::new(T3, T::Tfg14, CLAUSE, &[T2]),
    ]
};
