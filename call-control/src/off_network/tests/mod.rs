//! The machines alone: several clients over a simulated radio, without media.

mod alert;
mod broadcast;
mod call_type;
mod group;
mod limits;
mod private;
mod properties;
mod radio;
mod transitions;
