//! The floor control server on a virtual clock: exact ordered outputs, by topic.

mod arbitration;
mod broadcast;
mod discard;
mod grant;
mod idle;
mod media;
mod pre_emption;
mod properties;
mod queue;
mod release;
mod revoke;
mod rig;
mod set_up;
mod several;
mod timers;
mod transitions;
