//! Cases against a server that runs somewhere else: the same scenarios and the same judge as in this process, over real sockets and
//! on the time that passes.
//!
//! * [`TargetFile`]: what the vendor claims (PICS) and what the tester needs (IXIT)
//! * [`applies`]: which cases make sense at this target, and why not the others
//! * [`Campaign`]: the run, with a simple exchange before and after each group

mod applies;
mod campaign;
mod excuse;
mod health;
mod pics;
mod process;
mod target;
#[cfg(test)]
mod tests;
mod time_scale;

pub use applies::{Rehearsed, applies};
pub use campaign::{Calibration, Campaign, Limits, Live};
pub use health::Health;
pub use pics::{FEATURES, Feature};
pub use target::{About, Control, Ixit, TargetError, TargetFile, User};
