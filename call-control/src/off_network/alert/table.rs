//! States and procedures of the emergency alert (TS 24.379 12.2).

use mcptt_codec::machine::Rule;

use crate::off_network::names::named;

named! {
    /// The states of the user as far as alerts to one group are concerned.
    pub enum State {
        /// The user is in no emergency.
        NotInEmergency = "E1: not in emergency state",
        /// The user has raised an alert.
        Emergency = "E2: emergency state",
    }
}

named! {
    /// What the machine reacts to.
    pub(crate) enum Trigger {
        UserAlerts = "user: alert",
        UserCancels = "user: cancel own alert",
        UserCancelsOther = "user: cancel alert of another",
        Alert = "R: GROUP EMERGENCY ALERT",
        AlertAck = "R: GROUP EMERGENCY ALERT ACK",
        Cancel = "R: GROUP EMERGENCY ALERT CANCEL",
        CancelOwn = "R: GROUP EMERGENCY ALERT CANCEL of own alert",
        CancelAck = "R: GROUP EMERGENCY ALERT CANCEL ACK",
        Tfe1 = "TFE1 expired",
        Tfe2 = "TFE2 expired",
    }
}

/// What there is a procedure for, and where it may lead. Whatever is not listed is discarded.
pub(crate) const PROCEDURES: &[Rule<State, Trigger>] = {
    use State::{Emergency as E2, NotInEmergency as E1};
    use Trigger as T;
    const CLAUSE: &str = "12.2";
    &[
        Rule::new(E1, T::UserAlerts, CLAUSE, &[E2]),
        Rule::new(E1, T::UserCancelsOther, CLAUSE, &[E1]),
        Rule::new(E1, T::Alert, CLAUSE, &[E1]),
        Rule::new(E1, T::Cancel, CLAUSE, &[E1]),
        // Whoever has cancelled it has not heard that this client knows.
        Rule::new(E1, T::CancelOwn, CLAUSE, &[E1]),
        Rule::new(E1, T::CancelAck, CLAUSE, &[E1]),
        Rule::new(E1, T::Tfe1, CLAUSE, &[E1]),
        Rule::new(E2, T::UserCancels, CLAUSE, &[E1]),
        Rule::new(E2, T::UserCancelsOther, CLAUSE, &[E2]),
        Rule::new(E2, T::Alert, CLAUSE, &[E2]),
        Rule::new(E2, T::AlertAck, CLAUSE, &[E2]),
        Rule::new(E2, T::Cancel, CLAUSE, &[E2]),
        Rule::new(E2, T::CancelOwn, CLAUSE, &[E1]),
        Rule::new(E2, T::CancelAck, CLAUSE, &[E2]),
        Rule::new(E2, T::Tfe1, CLAUSE, &[E2]),
        Rule::new(E2, T::Tfe2, CLAUSE, &[E2]),
    ]
};
