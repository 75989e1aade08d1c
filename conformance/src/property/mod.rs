//! Random sequences of events against the whole media plane, judged from outside.
//!
//! A sequence is a [`crate::scenario`]: joins and leaves, requests and releases honest and otherwise, voice, damage,
//! loss, duplication, delay, with steps just before, at and just after the server's timers. What must hold whatever happens
//! is written down in [`INVARIANTS`]; the onlooker that judges it sees what reached the server and what it sent, and never
//! asks it. What it finds is made as small as possible and kept as scenario and capture.
//!
//! ```
//! use conformance::property::{Search, check};
//!
//! let search = Search { first_seed: 1, sequences: 3 };
//! assert!(check(search).is_ok_and(|armed| armed.sequences == 3));
//! ```

mod crossing;
mod generate;
mod onlooker;
mod shrink;
#[cfg(test)]
mod tests;
mod whole;

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capture::Frame;
use crate::scenario::{self, MediaStage, Sabotage, Scenario, Stage};
use onlooker::Onlooker;

pub use crossing::{Crossed, cross};
pub use onlooker::{INVARIANTS, Invariant};
pub use shrink::smallest;
pub use whole::{Watched, sequence, watch};

/// Frames of a counterexample's capture: what an engineer looks through at once.
pub const FRAMES: usize = 12;

/// Which sequences are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The seed of the first one; the others follow it.
    pub first_seed: u64,
    /// How many.
    pub sequences: u64,
}

/// How often the invariants were put to the test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Armed {
    /// Sequences.
    pub sequences: u64,
    /// Datagrams that reached or left the server.
    pub frames: u64,
    /// By invariant, how often there was something to judge.
    pub judged: BTreeMap<u8, u64>,
}

/// An invariant was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Number of the invariant, 0 for a panic.
    pub invariant: u8,
    /// When, from the beginning.
    pub at: Duration,
    /// The frame that shows it, from 1.
    pub frame: u64,
    /// What was seen.
    pub what: String,
}

/// A sequence that breaks an invariant, as small as it could be made.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The seed that led to it.
    pub seed: u64,
    /// The sequence.
    pub scenario: Scenario,
    /// What it breaks.
    pub breach: Breach,
    /// The last frames up to the breach, at most [`FRAMES`].
    pub frames: Vec<Frame>,
}

impl Counterexample {
    /// Writes `NAME.scenario` and `NAME.pcapng` into a folder; returns the path of the scenario.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("invariant-{}-seed-{}.scenario", self.breach.invariant, self.seed));
        std::fs::write(&path, self.scenario.to_string())?;
        let capture = std::fs::File::create(path.with_extension("pcapng"))?;
        scenario::record(&self.frames, io::BufWriter::new(capture)).map_err(io::Error::other)?;
        Ok(path)
    }
}

/// Tries sequences until one breaks an invariant.
///
/// # Errors
/// The [`Counterexample`], made small.
pub fn check(search: Search) -> Result<Armed, Box<Counterexample>> {
    check_sabotaged(search, &|| None)
}

/// As [`check`], with something done to what the server sends.
fn check_sabotaged(
    search: Search,
    sabotage: &dyn Fn() -> Option<Sabotage>,
) -> Result<Armed, Box<Counterexample>> {
    let mut armed = Armed::default();
    for seed in (search.first_seed..).take(usize::try_from(search.sequences).unwrap_or(usize::MAX)) {
        let scenario = generate::scenario(seed, sabotage());
        let run = play(&scenario, sabotage());
        if run.breach.is_some() {
            let scenario = shrink::shrink(scenario, sabotage);
            let Run { frames, breach, .. } = play(&scenario, sabotage());
            // Shrinking keeps what it was given when nothing smaller breaks the same invariant.
            let breach = breach.unwrap_or_else(|| Breach {
                invariant: 0,
                at: Duration::ZERO,
                frame: 0,
                what: "does not happen again".into(),
            });
            let end = usize::try_from(breach.frame).unwrap_or(usize::MAX).min(frames.len());
            let frames = frames[end.saturating_sub(FRAMES)..end].to_vec();
            return Err(Box::new(Counterexample { seed, scenario, breach, frames }));
        }
        armed.sequences += 1;
        armed.frames += run.frames.len() as u64;
        for (invariant, count) in run.judged {
            *armed.judged.entry(invariant).or_default() += count;
        }
    }
    Ok(armed)
}

/// One sequence that was carried out.
struct Run {
    frames: Vec<Frame>,
    judged: BTreeMap<u8, u64>,
    breach: Option<Breach>,
}

/// Carries out a sequence and judges it. Steps that make no sense are passed over: while a sequence is made smaller what
/// they counted on may be gone.
fn play(scenario: &Scenario, sabotage: Option<Sabotage>) -> Run {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let mut stage = stage(scenario, sabotage);
        for step in &scenario.steps {
            stage.advance(step.at);
            let _ = stage.act(&step.action);
        }
        stage.advance(scenario.end);
        stage
    }));
    let Ok(stage) = ran else {
        let what = "the server panics".to_owned();
        let breach = Breach { invariant: 0, at: scenario.end, frame: 0, what };
        return Run { frames: Vec::new(), judged: BTreeMap::new(), breach: Some(breach) };
    };
    let mut onlooker = Onlooker::new(&stage);
    let breach = onlooker.watch(stage.moments(), scenario.end).err();
    Run { frames: annotated(scenario, &stage, breach.as_ref()), judged: onlooker.judged, breach }
}

fn stage(scenario: &Scenario, sabotage: Option<Sabotage>) -> MediaStage {
    let config = scenario::configuration(scenario).expect("generated settings are within their ranges");
    let mut stage =
        MediaStage::new(config, &scenario.clients).expect("generated settings fit the media plane");
    if let Some(sabotage) = sabotage {
        stage.sabotage(sabotage);
    }
    stage
}

/// The frames with what they are, and at the breach what it breaks.
fn annotated(scenario: &Scenario, stage: &MediaStage, breach: Option<&Breach>) -> Vec<Frame> {
    let Some(breach) = breach else { return stage.frames().to_vec() };
    let mut frames = stage.frames().to_vec();
    for frame in &mut frames {
        frame.comments.extend(mcptt_server::capture::note::describe(&frame.payload));
        if frame.number == breach.frame {
            frame
                .comments
                .push(format!("{}: breaks invariant {}: {}", scenario.title, breach.invariant, breach.what));
        }
    }
    frames
}
