//! The floor participant on a virtual clock: exact ordered outputs, by state.

mod listening;
mod others;
mod properties;
mod queued;
mod releasing;
mod requesting;
mod rig;
mod set_up;
mod shared;
mod talking;
mod timers;
mod transitions;
