//! Locations (TS 24.379 13), for the participating function and the client alike: the geometry of areas (TS 23.032), the
//! triggers of a configuration, and what makes a configuration usable.

mod check;
mod geometry;
mod place;
mod triggers;

pub(crate) use check::check;
pub use check::{LocationFault, MAX_INTERVAL, MAX_TRIGGERS};
pub use geometry::{AreaError, Position};
pub use place::Place;
pub(crate) use place::{floor_location, position_of};
pub(crate) use triggers::{Triggers, signalling_event};
