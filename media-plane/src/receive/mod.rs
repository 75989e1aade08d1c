//! The receive side of a voice stream: what a user equipment, a mixer or a recorder makes of the packets of a network.
//!
//! ```text
//! RTP -> SourceStatistics -> repair (RFC 5109, RFC 8627), redundancy (RFC 2198) -> JitterBuffer -> Receiver: samples
//!             |                                                                        every 20 ms, with concealment,
//!             +-> Reports: RTCP sender and receiver reports, round trip                in-band correction, comfort noise
//!             +-> SpurtQuality: loss, jitter, delay and an estimated opinion score of each talk spurt
//! ```
//!
//! Sans-IO like everything here: told the time, never asks. Nothing that arrives makes it fail or grow: what it keeps of a
//! source has a limit in [`PlayoutSettings`] or in a constant. The server forwards without any of this: playout buffers
//! belong to listeners.

mod delay;
mod history;
mod jitter_buffer;
mod quality;
mod receiver;
mod redundancy;
mod repair;
mod reports;
mod sequence;
mod settings;
mod sources;
mod statistics;
#[cfg(test)]
mod tests;
mod voice_activity;

pub use jitter_buffer::{Arrival, JitterBuffer, Played, VoicePacket};
pub use quality::SpurtQuality;
pub use receiver::{Formats, Heard, Receiver};
pub use redundancy::{Redundancy, recovered};
pub use repair::{Parity, ParityForm, Repair};
pub(crate) use reports::{LastReport, Report, SentStream, compound, round_trip, spread};
pub use reports::{NtpClock, Reports};
pub use settings::{PlayoutSettings, SettingsError};
pub use sources::Sources;
pub use statistics::SourceStatistics;
pub use voice_activity::{VoiceActivity, VoiceActivitySettings};
