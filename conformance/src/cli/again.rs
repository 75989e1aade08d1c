//! `run --scenario`: what a bundle or a search has kept, once more.

use std::path::Path;

use serde::Deserialize;

use super::Failure;
use crate::case::{self, Case, CaseResult, Reason, Verdict};
use crate::scenario::{self, Scenario};

/// A `scenario.toml` as bundles and `--out` write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    case: String,
    seed: Seed,
    configuration: String,
}

/// Large numbers do not fit into TOML.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seed {
    Number(u64),
    Text(String),
}

/// Something to be run once more.
pub(super) enum Again {
    /// A case, from this seed.
    Case(&'static Case, u64),
    /// A scenario in words, which was played and judged.
    Played(Box<CaseResult>),
}

/// Reads a scenario: `NAME.scenario` is played at once, in this process; everything else is a case.
pub(super) fn read(file: &Path, live: bool) -> Result<Again, Failure> {
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| usage(&error))?;
    if file.extension().is_some_and(|ending| ending == "scenario") {
        if live {
            return Err(usage(&"it is played in this process: leave --target out"));
        }
        let scenario = Scenario::parse(&text).map_err(|error| usage(&error))?;
        return play(file, &scenario)
            .map(|result| Again::Played(Box::new(result)))
            .map_err(|error| usage(&error));
    }
    let kept: Kept = toml::from_str(&text).map_err(|error| usage(&error))?;
    let case = case::all().into_iter().find(|case| case.id == kept.case);
    let case = case.ok_or_else(|| usage(&format!("there is no case '{}'; see 'list --cases'", kept.case)))?;
    if case.configuration != kept.configuration {
        return Err(usage(&format!(
            "{} needs another configuration now than when this was written",
            case.id
        )));
    }
    let seed = match kept.seed {
        Seed::Number(seed) => seed,
        Seed::Text(text) => {
            text.parse().map_err(|_| usage(&format!("seed = \"{text}\": a number up to 2^64-1")))?
        }
    };
    Ok(Again::Case(case, seed))
}

/// Plays a scenario and judges it as if it were a case of that name.
fn play(file: &Path, scenario: &Scenario) -> Result<CaseResult, scenario::RunError> {
    let recording = scenario::run(scenario)?;
    let judgements = case::judge(recording.profile.clone(), &recording.frames, recording.end);
    let verdict = match judgements.counts().is_empty() {
        true => Verdict::Inconclusive(Reason::Unarmed, "nothing was armed".to_owned()),
        false => case::verdict(&[] as &[&str], None, &judgements),
    };
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // Cases live as long as the program; so do the few that are read.
    let case: &'static Case = Box::leak(Box::new(Case {
        id: name.leak(),
        title: scenario.title.clone().leak(),
        requirements: &[],
        configuration: "",
        scenario: |_| Ok(()),
    }));
    Ok(CaseResult {
        case,
        verdict,
        judgements,
        unmet: None,
        frames: recording.frames,
        profile: recording.profile,
        end: recording.end,
        took: scenario.end,
        before: Vec::new(),
    })
}
