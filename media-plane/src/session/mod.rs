//! Call setup control over a pre-established session (TS 24.380 9): which call uses the session, and when that use ends.
//!
//! * [`ParticipatingSession`]: the participating function's side, one for each pre-established session.
//! * [`PreEstablishedClient`]: the client's side, for all sessions that a client holds.
//!
//! The messages (TS 24.380 8.3, `MCPC`) travel on the floor control path of the session. What floor control and media do
//! in a call is the same as without a pre-established session.

pub mod client;
pub mod participating;
pub mod timer;

#[cfg(test)]
mod tests;

pub use client::{Availability, ClientOutput, ClientSession, PreEstablishedClient};
pub use participating::{ParticipatingSession, SessionInput, SessionNotification, SessionOutput};
pub use timer::{Counter, Timer, TimerSettings};
