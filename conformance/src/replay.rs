//! Judging captures: what a recorded system did, without a target and without time passing.

mod target;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use crate::capture::{CaptureError, Frame, Reader, Skipped};
use crate::judge::{Judge, Judgements, Profile};

pub use target::{Target, Timers};

/// What lies beside a capture: where it comes from, what the tester knows about the target, and what the judge has to say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Annotation {
    /// How the capture came about.
    pub origin: String,
    /// Under which licence it may be used.
    pub licence: String,
    /// The 3GPP release the system claims.
    pub release: u8,
    /// Addresses and timers of the target.
    #[serde(default)]
    pub target: Target,
    /// Requirements that must have been armed and must hold throughout.
    #[serde(default)]
    pub held: Vec<String>,
    /// Requirements that must be found violated.
    #[serde(default)]
    pub violated: Vec<String>,
}

/// Why a capture could not be judged.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The capture is damaged.
    #[error("{path}: {error}")]
    Capture {
        /// The file.
        path: PathBuf,
        /// Where and how.
        error: CaptureError,
    },
    /// The annotation is not what it should be.
    #[error("{path}: {error}")]
    Annotation {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        error: Box<toml::de::Error>,
    },
}

/// A capture that was judged.
#[derive(Debug)]
pub struct Replayed {
    /// Datagrams judged.
    pub frames: u64,
    /// Packets that are no UDP datagrams.
    pub skipped: Skipped,
    /// What the judge said.
    pub judgements: Judgements,
}

impl Annotation {
    /// Reads the annotation of a capture: the file of the same name that ends in `.toml`. `None`: there is none.
    ///
    /// # Errors
    /// [`ReplayError`] names file, line and reason.
    pub fn beside(capture: &Path) -> Result<Option<Self>, ReplayError> {
        let path = capture.with_extension("toml");
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ReplayError::File { path: path.clone(), error })?;
        toml::from_str(&text)
            .map(Some)
            .map_err(|error| ReplayError::Annotation { path, error: Box::new(error) })
    }

    /// An annotation for frames that a scenario has left: what the judge finds in them, for somebody to read line by line.
    pub fn draft(title: &str, target: &Target, judgements: &Judgements) -> String {
        let counts = judgements.counts();
        let list = |wanted: fn(&crate::judge::Counts) -> bool| -> String {
            let ids = counts.iter().filter(|(_, count)| wanted(count));
            ids.map(|(id, _)| format!("    \"{id}\",\n")).collect()
        };
        let held = list(|count| count.held > 0 && count.violated == 0);
        let violated = list(|count| count.violated > 0);
        let quoted = toml::Value::from(format!("generated from the scenario beside it: {title}"));
        let mut text =
            format!("origin = {quoted}\nlicence = \"MIT OR Apache-2.0\"\nrelease = 18\nheld = [\n{held}]\n");
        if !violated.is_empty() {
            text += &format!("violated = [\n{violated}]\n");
        }
        text + &target.to_toml()
    }

    /// What differs between these judgements and what the annotation expects; empty if nothing does.
    pub fn differences(&self, judgements: &Judgements) -> Vec<String> {
        let counts = judgements.counts();
        let count = |id: &String| counts.get(id.as_str()).copied().unwrap_or_default();
        let mut differences = Vec::new();
        for id in &self.held {
            let count = count(id);
            if count.held == 0 || count.violated > 0 {
                differences
                    .push(format!("{id} was to hold: held {} violated {}", count.held, count.violated));
            }
        }
        for id in &self.violated {
            if count(id).violated == 0 {
                differences.push(format!("{id} was to be violated: armed {}", count(id).armed));
            }
        }
        let unexpected =
            judgements.violations().filter(|one| !self.violated.iter().any(|id| id == one.requirement));
        differences.extend(unexpected.map(|one| {
            format!(
                "{} is violated at frame {}: {} instead of {}",
                one.requirement, one.armed_by, one.actual, one.expected
            )
        }));
        differences
    }
}

/// Judges a capture file, frame by frame.
///
/// # Errors
/// [`ReplayError`] when the file cannot be read to its end.
pub fn replay(path: &Path, profile: Profile) -> Result<Replayed, ReplayError> {
    let file = File::open(path).map_err(|error| ReplayError::File { path: path.to_owned(), error })?;
    let damaged = |error| ReplayError::Capture { path: path.to_owned(), error };
    let mut reader = Reader::new(BufReader::new(file)).map_err(damaged)?;
    let mut judge = Judge::new(profile);
    let (mut frames, mut end) = (0, Duration::ZERO);
    for frame in reader.by_ref() {
        let frame = frame.map_err(damaged)?;
        let Frame { time, .. } = &frame;
        end = end.max(*time);
        frames += 1;
        judge.observe(&frame);
    }
    Ok(Replayed { frames, skipped: *reader.skipped(), judgements: judge.finish(end) })
}
