//! Whole call flows: a node, its clients and strangers on virtual time.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod affiliation;
mod answering;
mod direct;
mod hostile;
mod joining;
mod media;
mod prearranged;
mod refusals;
mod registration;
mod release;
mod rig;
mod settings;
mod subscriptions;
mod timers;
mod urgency;
