//! What timers and counters are called and where they are provisioned (TS 24.380 11.1 and 11.2, TS 24.481, TS 24.484).

use mcptt_codec::machine::{Provision, Unit};

/// The purpose of a timer or counter and where it is provisioned.
pub(super) fn of(name: &str) -> (&'static str, &'static [Provision]) {
    ROWS.iter().find(|row| row.0 == name).map_or(("", &[]), |row| (row.1, row.2))
}

type Row = (&'static str, &'static str, &'static [Provision]);

/// The path below `fc-timers-counters` of the service configuration, after the setting of the server's own file.
macro_rules! server {
    ($setting:literal, $element:literal) => {
        &[
            Provision::ServiceConfiguration(concat!("on-network/fc-timers-counters/", $element)),
            Provision::ServerConfiguration(concat!("floor.", $setting)),
        ]
    };
}

macro_rules! on_network {
    ($element:literal) => {
        &[Provision::UeInitialConfiguration(concat!("on-network/Timers/", $element), Unit::Seconds)]
    };
}

macro_rules! off_network {
    ($element:literal, $unit:ident) => {
        &[Provision::UeInitialConfiguration(concat!("off-network/Timers/", $element), Unit::$unit)]
    };
    ($element:literal) => {
        &[Provision::UeInitialConfiguration(concat!("off-network/Counters/", $element), Unit::Transmissions)]
    };
}

/// All timers and counters of clause 11, and our own.
pub(super) const ROWS: &[Row] = &[
    ("T100", "Floor Release", on_network!("T100")),
    ("T101", "Floor Request", on_network!("T101")),
    ("T103", "End of RTP media", on_network!("T103")),
    ("T104", "Floor Queue Position Request", on_network!("T104")),
    ("T132", "Queued granted user action", on_network!("T132")),
    // The initial configuration has timers of the participant on the network but no counters.
    ("C100", "Floor Release", &[]),
    ("C101", "Floor Request", &[]),
    ("C104", "Floor Queue Position Request", &[]),
    ("T201", "Floor Request", off_network!("T201", Milliseconds)),
    ("T203", "End of RTP media", off_network!("T203", Seconds)),
    ("T204", "Floor Queue Position Request", off_network!("T204", Milliseconds)),
    ("T205", "Floor Granted", off_network!("T205", Milliseconds)),
    // The limit less the warning, and then the warning: together they are how long one may talk.
    (
        "T206",
        "Stop talking warning",
        &[Provision::ServiceConfiguration("off-network/transmit-time/time-limit")],
    ),
    ("T207", "Stop talking", &[Provision::ServiceConfiguration("off-network/transmit-time/time-warning")]),
    ("T230", "Inactivity", off_network!("T230", Seconds)),
    ("T233", "Pending user action", off_network!("T233", Seconds)),
    ("C201", "Floor Request", off_network!("C201")),
    ("C204", "Floor Queue Position Request", off_network!("C204")),
    ("C205", "Floor Granted", off_network!("C205")),
    ("T1", "End of RTP media", server!("T1", "T1-end-of-rtp-media")),
    (
        "T2",
        "Stop talking",
        &[
            Provision::ServiceConfiguration("on-network/transmit-time/time-limit"),
            Provision::ServerConfiguration("floor.T2"),
        ],
    ),
    ("T3", "Stop talking grace", server!("T3", "T3-stop-talking-grace")),
    (
        "T4",
        "Inactivity",
        &[
            Provision::GroupDocument("on-network-hang-timer"),
            Provision::ServiceConfiguration("on-network/private-call/hang-time"),
            Provision::ServiceConfiguration("on-network/anyExt/adhoc-group-call/hang-time"),
            Provision::ServerConfiguration("group.hang-timer"),
        ],
    ),
    ("T7", "Floor Idle", server!("T7", "T7-floor-idle")),
    ("T8", "Floor Revoke", server!("T8", "T8-floor-revoke")),
    ("T11", "End of RTP dual", server!("T11", "T11-end-of-RTP-dual")),
    ("T12", "Stop talking dual", server!("T12", "T12-stop-talking-dual")),
    ("T20", "Floor Granted", server!("T20", "T20-floor-granted")),
    ("C7", "Floor Idle", server!("C7", "C7-floor-idle")),
    ("C20", "Floor Granted", server!("C20", "C20-floor-granted")),
    ("XRevoke", "Floor Revoke", &[]),
    ("T15", "Conversation", server!("T15", "T15-conversation")),
    ("T16", "Map Group To Bearer", server!("T16", "T16-map-group-to-bearer")),
    ("T17", "Unmap Group To Bearer", server!("T17", "T17-unmap-group-to-bearer")),
    ("C17", "Unmap Group To Bearer", server!("C17", "C17-unmap-group-to-bearer")),
    ("T55", "Connect", server!("T55", "T55-connect")),
    ("T56", "Disconnect", server!("T56", "T56-disconnect")),
    ("C55", "Connect", server!("C55", "C55-connect")),
    ("C56", "Disconnect", server!("C56", "C56-disconnect")),
];
