//! How well what is said arrives here: loss and jitter of each talk spurt, what they mean for the ear, and the sum of a call.
//!
//! Measured on the way in, for talkers only. What listeners tell about the way out, in the report blocks of their RTCP, goes
//! into the sum of the call.

mod emodel;
mod reception;
mod spurts;

use std::time::Duration;

pub use emodel::{CodecModel, Impairment, mean_opinion_score};
pub use reception::Reception;

pub(crate) use spurts::Spurts;

/// How one talk spurt has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct SpurtQuality {
    /// From its first packet to its last one, in milliseconds.
    pub duration_ms: u64,
    /// Packets that have come.
    pub packets: u64,
    /// Packets that have not, by the gaps in their numbers.
    pub lost: u64,
    /// Interarrival jitter, the largest there was, in milliseconds.
    pub jitter_ms: f64,
    /// What a listener beside this server would have said of it, 1 to 4.5.
    pub mos: f64,
}

/// How a call went.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct CallQuality {
    /// From its beginning to its release, in milliseconds.
    pub duration_ms: u64,
    /// Talk spurts.
    pub spurts: u64,
    /// How long somebody has talked, in milliseconds.
    pub talk_ms: u64,
    /// Packets that have come.
    pub packets: u64,
    /// Packets that have not.
    pub lost: u64,
    /// The largest jitter of any talk spurt, in milliseconds.
    pub jitter_ms: f64,
    /// Mean of the talk spurts, each as much as it has packets; 1 to 4.5.
    pub mos: f64,
    /// Report blocks that came with the RTCP of participants.
    pub reports: u64,
    /// The largest part of packets, in percent, that one of them tells to have lost on its side.
    pub reported_loss_percent: f64,
    /// The largest jitter that one of them tells, in milliseconds.
    pub reported_jitter_ms: f64,
    /// Report blocks that have answered a sender report of ours.
    pub round_trips: u64,
    /// To a participant and back, by these: the mean, in milliseconds.
    pub round_trip_ms: f64,
    /// The longest of them.
    pub longest_round_trip_ms: f64,
}

/// Milliseconds with two digits behind the point: more would be noise.
fn milliseconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1_000.0)
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
