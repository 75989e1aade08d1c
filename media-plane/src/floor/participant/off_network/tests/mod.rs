//! Tests of the off-network floor participant on a virtual clock: alone, and several of them over a simulated radio.

mod convergence;
mod granting;
mod listening;
mod loss;
mod properties;
mod queued;
mod radio;
mod requesting;
mod rig;
mod set_up;
mod silence;
mod talking;
mod timers;
mod transitions;
