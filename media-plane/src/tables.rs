//! Every state machine of the media plane as a table, every timer and every counter with what clause 11 says about it.
//!
//! A machine declares its procedures once, as a table that its dispatcher checks every step against. This module is the
//! register of those tables: diagrams, reports and the toolkit read them here, so that what they show is what runs.
//!
//! ```
//! let general = media_plane::tables::machine("general").expect("the general machine is registered");
//! let taken = general.states.iter().position(|state| *state == "G: Floor Taken").expect("it has that state");
//! let on_t2 = general.procedures.iter().find(|one| one.state == taken && one.trigger == "T2 expired");
//! assert_eq!(on_t2.map(|one| one.clause), Some("6.3.4.4.4"));
//! ```

mod rows;

use mcptt_codec::machines;

use crate::floor::participant::off_network;
use crate::floor::{non_controlling, participant, server};
use crate::{session, subchannel};

pub use mcptt_codec::machine::{Machine, Procedure, Provision, Setting, Unit, Value};

machines! {
    "TS 24.380":
    participant::table, "participant", 'U', "floor participant, basic operation", "6.2.4";
    server::general, "general", 'G', "general floor control operation", "6.3.4";
    server::towards, "towards", 'U', "basic floor control operation towards the floor participant", "6.3.5";
    server::dual, "dual", 'D', "dual floor control operation", "6.3.6";
    non_controlling, "non-controlling", 'P', "floor participant interface of the non-controlling function", "6.5.5";
    participant::off_network, "off-network", 'O', "off-network floor participant", "7.2.3";
    session::client, "session-client", 'U', "call setup control over a pre-established session, client", "9.2";
    session::participating, "session-server", 'P', "call setup control over a pre-established session, participating function", "9.3";
    subchannel::sender, "subchannel-sender", 'M', "MBMS subchannel control, participating function", "10.2";
    subchannel::receiver, "subchannel-receiver", 'M', "MBMS subchannel control, client", "10.3";
}

/// All timers and counters, by owner in the order of clause 11.
pub fn settings() -> Vec<Setting> {
    [
        Setting::timers::<participant::Timer>("floor participant", rows::of),
        Setting::counters::<participant::Counter>("floor participant", rows::of),
        Setting::timers::<off_network::Timer>("off-network floor participant", rows::of),
        Setting::counters::<off_network::Counter>("off-network floor participant", rows::of),
        Setting::timers::<server::Timer>("floor control server", rows::of),
        Setting::counters::<server::Counter>("floor control server", rows::of),
        Setting::timers::<session::Timer>("participating function", rows::of),
        Setting::counters::<session::Counter>("participating function", rows::of),
        Setting::timers::<subchannel::Timer>("participating function", rows::of),
        Setting::counters::<subchannel::Counter>("participating function", rows::of),
    ]
    .concat()
}

/// The machine of this name.
pub fn machine(id: &str) -> Option<Machine> {
    machines().into_iter().find(|machine| machine.id == id)
}

#[cfg(test)]
mod tests;
