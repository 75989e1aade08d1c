//! Whole call flows: a node, its clients and strangers on virtual time.

mod affiliation;
mod answering;
mod hostile;
mod joining;
mod media;
mod prearranged;
mod refusals;
mod registration;
mod release;
mod rig;
mod settings;
mod timers;
mod urgency;
