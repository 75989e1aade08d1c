//! The floor participant on a virtual clock: exact ordered outputs, by state.

mod listening;
mod properties;
mod queued;
mod releasing;
mod requesting;
mod rig;
mod set_up;
mod talking;
mod timers;
mod transitions;
