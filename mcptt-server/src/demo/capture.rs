//! What the server saw and sent, as an annotated capture.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path as FilePath;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use mcptt_codec::Path;

use super::timeline::{CurrentStep, Step};
use crate::capture::{Link, Writer, note};
use crate::driver::{Direction, Observer};
use crate::node::Event;

/// A datagram that passed the driver.
pub struct Captured {
    time: Duration,
    step: Step,
    direction: Direction,
    path: Path,
    payload: Bytes,
}

/// Collects what passes the server's driver.
pub struct Recorder {
    step: CurrentStep,
    began: Instant,
    epoch: Duration,
    captured: Vec<Captured>,
}

impl Recorder {
    /// Time stamps count from `wall` at the moment `began`.
    pub fn new(step: CurrentStep, began: Instant, wall: SystemTime) -> Self {
        let epoch = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { step, began, epoch, captured: Vec::new() }
    }

    /// What was collected.
    pub fn into_captured(self) -> Vec<Captured> {
        self.captured
    }
}

impl Observer for Recorder {
    fn datagram(&mut self, at: Instant, direction: Direction, path: Path, payload: &Bytes) {
        let time = self.epoch + at.saturating_duration_since(self.began);
        self.captured.push(Captured {
            time,
            step: self.step.get(),
            direction,
            path,
            payload: payload.clone(),
        });
    }

    fn event(&mut self, _at: Instant, _event: &Event) {}

    fn send_failed(&mut self, _path: Path, _error: &io::Error) {}
}

/// Writes a pcapng file in which each packet carries a comment with the step and what the packet is by which clause. Returns the
/// number of frames.
pub fn write(file: &FilePath, captured: &[Captured]) -> io::Result<usize> {
    let out = BufWriter::new(File::create(file)?);
    let mut writer = Writer::new(out, Link::Ethernet, "mcptt-server demo")?;
    for one in captured {
        let Path { local, remote } = one.path;
        let (source, destination) = match one.direction {
            Direction::Received => (remote, local),
            Direction::Sent | Direction::Looped => (local, remote),
        };
        let comment = match note::describe(&one.payload) {
            Some(what) => format!("step: {}; {what}", one.step),
            None => format!("step: {}", one.step),
        };
        writer.datagram(one.time, source, destination, &one.payload, &[comment]).map_err(io::Error::other)?;
    }
    writer.finish()?;
    Ok(captured.len())
}
