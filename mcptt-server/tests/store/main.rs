//! What survives: a node and its store, and the real server that is killed.
#![cfg(all(feature = "driver", feature = "demo"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod documents;
mod faults;
mod gate;
mod gate_of_shards;
mod identity;
mod killed;
#[path = "../ports/mod.rs"]
mod ports;
mod shards;
mod ue;
