//! `capture`: captures that are made from scenarios.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Exit, Failure};
use crate::replay::{Annotation, Target};
use crate::scenario::{self, Scenario};

/// Make captures from scenarios
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Build(Build),
}

/// Carry out scenarios and write what crossed the network beside them
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance capture build captures/
  mcptt-conformance capture build captures/queueing/served.scenario --draft
  mcptt-conformance capture build captures/ --check

A scenario NAME.scenario becomes the annotated capture NAME.pcapng. The same text gives the same octets, so --check can
compare; what has to be found in the capture stands in NAME.toml.")]
struct Build {
    /// Scenarios, or folders in which they are looked for
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Compare with what is there instead of writing
    #[arg(long)]
    check: bool,
    /// Write an annotation with what the judge finds where there is none; it has to be read before it is committed
    #[arg(long, conflicts_with = "check")]
    draft: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let Verb::Build(args) = &args.verb;
    let mut found = Vec::new();
    for path in &args.paths {
        find(path, &mut found)?;
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::Usage("no file there ends in .scenario".to_owned()));
    }
    let mut exit = Exit::AsExpected;
    for path in &found {
        let capture = path.with_extension("pcapng");
        let (octets, annotation) = build(path)?;
        let name = capture.display();
        if args.check {
            if std::fs::read(&capture).ok().as_deref() == Some(&octets[..]) {
                writeln!(out, "{name}: as committed")?;
            } else {
                writeln!(out, "{name}: differs from what its scenario gives")?;
                exit = exit.and(Exit::Unexpected);
            }
            continue;
        }
        std::fs::write(&capture, &octets)?;
        writeln!(out, "{name}: {} octets", octets.len())?;
        let beside = path.with_extension("toml");
        if args.draft && !beside.exists() {
            std::fs::write(&beside, annotation)?;
            writeln!(out, "{}: a draft, read it line by line", beside.display())?;
        }
    }
    Ok(exit)
}

/// The capture of a scenario and an annotation that expects what the judge finds in it.
fn build(path: &Path) -> Result<(Vec<u8>, String), Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    let scenario = Scenario::parse(&text).map_err(|error| Failure::Usage(format!("{name}:{error}")))?;
    let recording = scenario::run(&scenario).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    let mut octets = Vec::new();
    scenario::record(&recording.frames, &mut octets).map_err(|error| Failure::Harness(error.to_string()))?;
    // The annotation is judged as an outsider does who has the capture only, which ends with its last frame.
    let end = recording.frames.last().map_or(recording.end, |frame| frame.time);
    let target = Target::of(&recording.profile);
    let judgements = crate::case::judge(target.profile(), &recording.frames, end);
    let annotation = Annotation::draft(&scenario.title, &target, &judgements);
    Ok((octets, annotation))
}

fn find(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |error: std::io::Error| Failure::Usage(format!("{}: {error}", path.display()));
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "scenario") {
            find(&path, found)?;
        }
    }
    Ok(())
}
