//! Hostile datagrams for a target that runs somewhere else: how they are made, and how the one is found that harmed it.

mod isolate;
mod mutate;
mod remote;

pub use isolate::{Found, Victim, isolate};
pub use mutate::{Mutator, torture};
pub use remote::{Budget, RemoteVictim, Report, attack};
