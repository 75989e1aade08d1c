//! Clients under test: the contract of a shim, and the scenarios in which a client is judged.
//!
//! A shim is a program that the vendor of a client supplies. It is started with the place of the server and of the client (see
//! [`Place`]), reads key presses as lines and writes what the client reports as lines:
//!
//! | it reads | the client is to |
//! |---|---|
//! | `register`, `deregister` | register and publish its settings, deregister |
//! | `affiliate GROUP..`, `deaffiliate` | be affiliated to these groups, to none |
//! | `call GROUP [implicit] [emergency] [broadcast]` | call a group |
//! | `leave` | leave the call |
//! | `ptt-down [N] [emergency]`, `ptt-up` | ask for the floor with priority N, let go |
//! | `accept` | take the floor that was granted while it waited |
//! | `queue-position` | ask where it stands |
//! | `speak MILLISECONDS` | send voice for so long, as long as it may |
//! | `quit` | end |
//!
//! | it writes | meaning |
//! |---|---|
//! | `ready` | once, before anything else |
//! | `registered`, `deregistered`, `affiliated`, `in-call GROUP`, `call-ended`, `failed WHAT STATUS` | signalling |
//! | `floor granted`, `floor denied N`, `floor taken USER`, `floor idle`, `floor revoked N`, `floor queued N`, `floor offered` | floor control |
//! | `audio from SSRC` | voice of somebody, once for each talk |
//! | `unsupported` | the line before is something this client cannot do |
//!
//! Exit status [`UNSUPPORTED`] means the same as the line `unsupported`. Each shim is first asked for a verb that does not exist and
//! has to say `unsupported`, so that one that says yes to everything is found out.

mod live;
mod process;
mod scenario;
#[cfg(test)]
mod tests;
mod virtual_time;
mod words;

pub use live::{Judged, Ports, run_live};
pub use process::{Place, ShimError, ShimProcess};
pub use scenario::{Scenario, ScenarioError, Step, scenarios};
pub use virtual_time::run_virtual;
pub use words::{Unsupported, obey, tell};

/// Exit status of a shim that cannot do what it was asked for.
pub const UNSUPPORTED: i32 = 89;
/// A verb that no shim knows.
pub const NO_VERB: &str = "whistle";

/// Somebody who is told lines and says lines.
pub trait Shim {
    /// Hands a line over.
    ///
    /// # Errors
    /// When nobody takes it.
    fn say(&mut self, line: &str) -> Result<(), ShimError>;
    /// The next line that is there already.
    fn hear(&mut self) -> Option<String>;
}
