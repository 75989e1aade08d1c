//! Timers and counters of off-network call control (TS 24.379 annexes B.3 and C).

use std::time::Duration;

use mcptt_codec::machine::{CounterSpec, Name, Provision, Settings, TimerSpec, Unit};

/// Configured values of the timers and counters.
pub type TimerSettings = Settings<Timer, Counter>;

const SHORTEST: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Declares the timers: default, greatest value, requirement, what it is called, where it is provisioned.
macro_rules! timers {
    ($($(#[$doc:meta])* $name:ident = $default:expr, $longest:expr, $requirement:literal, $purpose:literal, $provisioned:expr;)*) => {
        /// Timers of off-network call control.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Timer {
            $($(#[$doc])* $name,)*
        }

        impl Name for Timer {
            type Spec = TimerSpec<Self>;
            const TABLE: &'static [TimerSpec<Self>] = &[$(TimerSpec {
                timer: Self::$name,
                default: $default,
                range: SHORTEST..=$longest,
                requirement: $requirement,
            },)*];

            fn slot(self) -> usize {
                self as usize
            }
        }

        const TIMER_ROWS: &[Row] = &[$((stringify!($name), $purpose, $provisioned),)*];
    };
}

type Row = (&'static str, &'static str, &'static [Provision]);

/// A timer of the initial configuration of the user equipment.
macro_rules! ue {
    ($element:literal, $unit:ident) => {
        &[Provision::UeInitialConfiguration(concat!("off-network/Timers/", $element), Unit::$unit)]
    };
    ($element:literal) => {
        &[Provision::UeInitialConfiguration(concat!("off-network/Counters/", $element), Unit::Transmissions)]
    };
}

timers! {
    /// How long a call is looked for before it is announced.
    TFG1 = ms(150), MINUTE, "24.379-10.2.2:tfg1", "Wait for call announcement", ue!("TFG1", Milliseconds);
    /// Time to the next announcement: computed from the refresh interval of the call, or at random after a probe.
    TFG2 = secs(10), ms(65_535), "24.379-10.2.2:probe", "Call announcement", ue!("TFG2", Milliseconds);
    /// Repeats GROUP CALL PROBE.
    TFG3 = ms(40), MINUTE, "24.379-10.2.2:tfg1", "Call probe retransmission", ue!("TFG3", Milliseconds);
    /// How long the user may take to accept or reject a group call.
    TFG4 = secs(30), MINUTE, "24.379-10.2.2:pending", "Waiting for the user", ue!("TFG4", Seconds);
    /// How long announcements of a call are not followed after it has been left.
    TFG5 = secs(30), HOUR, "24.379-10.2.2:leave", "Not present incoming call announcements", ue!("TFG5", Seconds);
    /// How long a group call lasts at most, from its start.
    TFG6 = secs(600), DAY, "24.379-10.2.2:tfg6", "Maximum duration", &[Provision::GroupDocument("off-network-maximum-duration")];
    /// Repeats GROUP CALL EMERGENCY END.
    TFG11 = secs(1), MINUTE, "24.379-10.2.3:emergend", "Emergency end retransmission", ue!("TFG11", Seconds);
    /// Repeats GROUP CALL IMMINENT PERIL END.
    TFG12 = secs(1), MINUTE, "24.379-10.2.3:perilend", "Imminent peril end retransmission", ue!("TFG12", Seconds);
    /// How long a call is an emergency call at most, from the change.
    TFG13 = secs(300), DAY, "24.379-10.2.3:limit", "Implicit downgrade (emergency)",
        &[
            Provision::GroupDocument("off-network-in-progress-emergency-state-cancellation-timeout"),
            Provision::UeInitialConfiguration("off-network/Timers/TFG13", Unit::Seconds),
        ];
    /// How long a call is an imminent peril call at most, from the change.
    TFG14 = secs(300), DAY, "24.379-10.2.3:limit", "Implicit downgrade (imminent peril)",
        &[
            Provision::GroupDocument("off-network-in-progress-imminent-peril-state-cancellation-timeout"),
            Provision::UeInitialConfiguration("off-network/Timers/TFG14", Unit::Seconds),
        ];
    /// How long a broadcast group call lasts at most.
    TFB1 = secs(300), DAY, "24.379-10.2.4:broadcast", "Maximum duration (broadcast)", ue!("TFB1", Seconds);
    /// Repeats GROUP CALL BROADCAST.
    TFB2 = secs(3), MINUTE, "24.379-10.2.4:broadcast", "Broadcast retransmission", ue!("TFB2", Seconds);
    /// How long the user may take to accept or reject a broadcast group call.
    TFB3 = secs(30), MINUTE, "24.379-10.2.4:pending", "Waiting for the user (broadcast)", ue!("TFB3", Seconds);
    /// Repeats PRIVATE CALL SETUP REQUEST.
    TFP1 = ms(40), MINUTE, "24.379-11.2.2:retry", "Private call request retransmission", ue!("TFP1", Milliseconds);
    /// How long the callee may take to answer.
    TFP2 = secs(30), MINUTE, "24.379-11.2.2:manual", "Waiting for call response", ue!("TFP2", Seconds);
    /// Repeats PRIVATE CALL RELEASE.
    TFP3 = ms(40), MINUTE, "24.379-11.2.2:release", "Private call release retransmission", ue!("TFP3", Milliseconds);
    /// Repeats PRIVATE CALL ACCEPT.
    TFP4 = ms(40), MINUTE, "24.379-11.2.2:ack", "Private call accept retransmission", ue!("TFP4", Milliseconds);
    /// How long a private call lasts at most.
    TFP5 = secs(600), DAY, "24.379-11.2.2:duration", "Maximum duration (private)", ue!("TFP5", Seconds);
    /// Repeats PRIVATE CALL EMERGENCY CANCEL.
    TFP6 = ms(40), MINUTE, "24.379-11.2.3:cancel", "Emergency private call cancel retransmission", ue!("TFP6", Milliseconds);
    /// How long messages of a call that is over are not taken for a new call.
    TFP7 = secs(1), MINUTE, "24.379-11.2.2:release", "Waiting for any message with the same call identifier", ue!("TFP7", Seconds);
    /// How long a private call is an emergency call at most.
    TFP8 = secs(180), DAY, "24.379-11.2.3:limit", "Implicit downgrade (private)",
        &[Provision::ServiceConfiguration("off-network/emergency-call/private-cancel-timeout")];
    /// How long an alert is remembered that is not repeated.
    TFE1 = secs(30), HOUR, "24.379-12.2:repeat", "Emergency alert", ue!("TFE1", Seconds);
    /// Repeats GROUP EMERGENCY ALERT.
    TFE2 = secs(5), HOUR, "24.379-12.2:repeat", "Emergency alert retransmission", ue!("TFE2", Seconds);
}

/// Declares the counters: default, requirement, what it is called.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident = $default:literal, $requirement:literal, $purpose:literal, $element:literal;)*) => {
        /// Counters of off-network call control; each counts repetitions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Counter {
            $($(#[$doc])* $name,)*
        }

        impl Name for Counter {
            type Spec = CounterSpec<Self>;
            const TABLE: &'static [CounterSpec<Self>] = &[$(CounterSpec {
                counter: Self::$name,
                default: $default,
                range: 0..=255,
                requirement: $requirement,
            },)*];

            fn slot(self) -> usize {
                self as usize
            }
        }

        const COUNTER_ROWS: &[Row] = &[$((stringify!($name), $purpose, ue!($element)),)*];
    };
}

counters! {
    /// GROUP CALL EMERGENCY END.
    CFG11 = 5, "24.379-10.2.3:emergend", "Emergency end retransmissions", "CFG11";
    /// GROUP CALL IMMINENT PERIL END.
    CFG12 = 5, "24.379-10.2.3:perilend", "Imminent peril end retransmissions", "CFG12";
    /// PRIVATE CALL SETUP REQUEST.
    CFP1 = 3, "24.379-11.2.2:retry", "Private call request retransmissions", "CFP1";
    /// PRIVATE CALL RELEASE.
    CFP3 = 3, "24.379-11.2.2:release", "Private call release retransmissions", "CFP3";
    /// PRIVATE CALL ACCEPT.
    CFP4 = 3, "24.379-11.2.2:ack", "Private call accept retransmissions", "CFP4";
    /// PRIVATE CALL EMERGENCY CANCEL.
    CFP6 = 3, "24.379-11.2.3:cancel", "Emergency private call cancel retransmissions", "CFP6";
}

/// The purpose of a timer or counter and where it is provisioned.
pub(crate) fn purpose_of(name: &str) -> (&'static str, &'static [Provision]) {
    let mut rows = TIMER_ROWS.iter().chain(COUNTER_ROWS);
    rows.find(|row| row.0 == name).map_or(("", &[]), |row| (row.1, row.2))
}
