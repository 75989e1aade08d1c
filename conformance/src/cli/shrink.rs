//! `shrink`: the smallest scenario that still shows what a scenario shows.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::{Exit, Failure};
use crate::case;
use crate::judge::{Judgements, Outcome};
use crate::property::smallest;
use crate::scenario::{self, Scenario};

/// Make a scenario as small as it can be while it still breaks, or still shows, a requirement; leaves scenario and capture
#[derive(clap::Args)]
#[command(after_help = "\
NAME.scenario becomes NAME-small.scenario and NAME-small.pcapng beside it. Without --shows it has to go on violating the
first requirement that it violates.

Examples:
  mcptt-conformance shrink invariant-3-seed-77.scenario
  mcptt-conformance shrink long.scenario --shows 24.380-6.3.4.3.3:2")]
pub(super) struct Args {
    /// The scenario
    file: PathBuf,
    /// A requirement that has to be armed and to hold, instead of one that is violated
    #[arg(long, value_name = "REQUIREMENT")]
    shows: Option<String>,
}

/// What is judged in a scenario, and the moment at which frames begin to count time.
fn judged(scenario: &Scenario) -> Option<(Judgements, Vec<Duration>)> {
    let recording = scenario::run(scenario).ok()?;
    let judgements = case::judge(recording.profile, &recording.frames, recording.end);
    let times = recording.frames.iter().map(|frame| frame.time.saturating_sub(crate::rig::EPOCH)).collect();
    Some((judgements, times))
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", args.file.display()));
    let text = fs::read_to_string(&args.file).map_err(|error| usage(&error))?;
    let scenario = Scenario::parse(&text).map_err(|error| usage(&error))?;
    let (judgements, _) =
        judged(&scenario).ok_or_else(|| usage(&"it cannot be carried out; see 'capture build'"))?;
    let (outcome, requirement) = match &args.shows {
        Some(requirement) => (Outcome::Held, requirement.clone()),
        None => {
            let first =
                judgements.violations().next().ok_or_else(|| usage(&"it violates nothing; see --shows"))?;
            (Outcome::Violated, first.requirement.to_owned())
        }
    };
    let shows = |candidate: &Scenario| {
        let (judgements, times) = judged(candidate)?;
        let one = judgements.0.iter().find(|one| one.outcome == outcome && one.requirement == requirement)?;
        let decided = one.decided_by.and_then(|number| usize::try_from(number.saturating_sub(1)).ok());
        Some(decided.and_then(|index| times.get(index).copied()).unwrap_or(candidate.end))
    };
    if shows(&scenario).is_none() {
        return Err(usage(&format!("it does not show {requirement}")));
    }
    let (before, small) = (scenario.steps.len(), smallest(scenario, &shows));
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let path = args.file.with_file_name(format!("{stem}-small.scenario"));
    fs::write(&path, small.to_string()).map_err(|error| usage(&error))?;
    let recording = scenario::run(&small).map_err(|error| usage(&error))?;
    let capture = path.with_extension("pcapng");
    let sink = fs::File::create(&capture).map_err(|error| usage(&error))?;
    scenario::record(&recording.frames, std::io::BufWriter::new(sink)).map_err(|error| usage(&error))?;
    writeln!(
        out,
        "{}: {} of {before} steps, {} clients, {} frames still show {requirement}",
        path.display(),
        small.steps.len(),
        small.clients.len(),
        recording.frames.len()
    )?;
    Ok(Exit::AsExpected)
}
