//! Floor control (TS 24.380 6): the server side of a call and the floor participant.
//!
//! * [`server::FloorControlServer`]: one per call; the 'general floor control operation' (G) and one 'basic operation
//!   towards the floor participant' (U) for every participant.
//! * [`participant::FloorParticipant`]: the on-network floor participant of an MCPTT client.
//! * [`participating`]: how the participating function relays what these two say to each other.
//! * [`non_controlling::NonControllingFunction`]: local clients of a call that another function controls.
//!
//! The machines are told the time, never fail on what a peer sends and hand out everything they want done through
//! `poll_output`.

pub mod event;
pub mod non_controlling;
pub mod participant;
pub mod participating;
pub mod server;
pub mod settings;
pub mod timer;
pub(crate) mod transition;

pub use event::{Event, Machine};
pub use server::{FloorControlServer, FloorIndication, FloorOutput, FloorSignalling, MediaVerdict};
pub use settings::{
    AcknowledgePolicy, BufferLimits, CallSettings, Entry, FloorParameters, FloorPolicy, ParticipantProfile,
};
pub use timer::{Check, TimerError};
