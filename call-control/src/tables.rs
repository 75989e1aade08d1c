//! The off-network state machines as tables, with their timers and counters: what diagrams and reports read here is what
//! runs.
//!
//! ```
//! let basic = call_control::tables::machine("off-network-group-call").expect("basic call control is registered");
//! let waiting = basic.states.iter().position(|state| state.starts_with("S2")).expect("it has that state");
//! let on_tfg1 = basic.procedures.iter().find(|one| one.state == waiting && one.trigger == "TFG1 expired");
//! assert_eq!(on_tfg1.map(|one| one.clause), Some("10.2.2"));
//! ```

use mcptt_codec::machine::{Machine, Setting};
use mcptt_codec::machines;

use crate::off_network::{
    Counter, Timer, alert, broadcast, call_type, group, private, private_type, purpose_of,
};

machines! {
    "TS 24.379":
    group, "off-network-group-call", 'S', "off-network group call, basic call control", "10.2.2";
    call_type, "off-network-group-call-type", 'T', "off-network group call, call type control", "10.2.3";
    broadcast, "off-network-broadcast", 'B', "off-network broadcast group call control", "10.2.4";
    private, "off-network-private-call", 'P', "off-network private call, basic call control", "11.2.2";
    private_type, "off-network-private-call-type", 'Q', "off-network private call, call type control", "11.2.3";
    alert, "off-network-alert", 'E', "off-network emergency alert", "12.2";
}

/// All timers and counters of off-network call control.
pub fn settings() -> Vec<Setting> {
    const OWNER: &str = "off-network client";
    [Setting::timers::<Timer>(OWNER, purpose_of), Setting::counters::<Counter>(OWNER, purpose_of)].concat()
}

/// The machine of this name.
pub fn machine(id: &str) -> Option<Machine> {
    machines().into_iter().find(|machine| machine.id == id)
}
