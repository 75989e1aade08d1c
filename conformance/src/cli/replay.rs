//! `replay`: judge captures.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Failure};
use crate::judge::{Counts, Outcome};
use crate::replay::{Annotation, ReplayError, Replayed, Target, replay};

/// Judge captures: what a recorded system did against the requirements
#[derive(clap::Args)]
#[command(after_help = "\
A capture with an annotation beside it (same name, .toml) is held against what the annotation expects.

Examples:
  mcptt-conformance replay demo-out/demo.pcapng
  mcptt-conformance replay captures/*/*.pcapng --format json
  mcptt-conformance replay ticket.pcap --participating 192.0.2.7:5060 --controlling 192.0.2.8:5060")]
pub(super) struct Args {
    /// Capture files, pcap or pcapng
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// SIP address of the participating function; learned from REGISTER if absent
    #[arg(long)]
    participating: Option<std::net::SocketAddr>,
    /// SIP address of the controlling function
    #[arg(long)]
    controlling: Option<std::net::SocketAddr>,
    /// How late the recording clock may be, in milliseconds
    #[arg(long, default_value_t = 50)]
    jitter_ms: u64,
    /// How results are written
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Violations, then a table of what was armed
    Text,
    /// One JSON object for each judgement
    Json,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut exit = Exit::AsExpected;
    for file in &args.files {
        let annotation = Annotation::beside(file).map_err(usage)?;
        let own = Target {
            participating: args.participating,
            controlling: args.controlling,
            jitter_ms: args.jitter_ms,
            ..Target::default()
        };
        let target = annotation.as_ref().map_or(own, |annotation| annotation.target.clone());
        let replayed = replay(file, target.profile()).map_err(usage)?;
        exit = exit.and(match args.format {
            Form::Text => print(file, &replayed, annotation.as_ref(), out)?,
            Form::Json => json(file, &replayed, annotation.as_ref(), out)?,
        });
    }
    Ok(exit)
}

fn usage(error: ReplayError) -> Failure {
    Failure::Usage(error.to_string())
}

/// Nothing armed is no verdict; with an annotation every difference from it counts, without one every violation does.
fn verdict(replayed: &Replayed, annotation: Option<&Annotation>) -> (Exit, Vec<String>) {
    match annotation {
        Some(annotation) => {
            let differences = annotation.differences(&replayed.judgements);
            (if differences.is_empty() { Exit::AsExpected } else { Exit::Unexpected }, differences)
        }
        None if replayed.judgements.0.is_empty() => (Exit::TooFew, vec!["nothing was armed".to_owned()]),
        None if replayed.judgements.violations().next().is_some() => (Exit::Unexpected, Vec::new()),
        None => (Exit::AsExpected, Vec::new()),
    }
}

fn print(
    file: &std::path::Path,
    replayed: &Replayed,
    annotation: Option<&Annotation>,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    writeln!(out, "{}: {} datagrams, {}", file.display(), replayed.frames, replayed.skipped)?;
    for one in replayed.judgements.violations() {
        let decided = one.decided_by.map_or_else(String::new, |frame| format!(", decided by frame {frame}"));
        writeln!(out, "VIOLATED {}  frame {}{decided}", one.requirement, one.armed_by)?;
        writeln!(out, "   expected {}\n   actual   {}", one.expected, one.actual)?;
    }
    for one in replayed.judgements.readings() {
        writeln!(out, "READING  {}  frame {}: {}", one.requirement, one.armed_by, one.actual)?;
    }
    let (exit, notes) = verdict(replayed, annotation);
    for note in &notes {
        writeln!(out, "NOT AS EXPECTED: {note}")?;
    }
    writeln!(
        out,
        "  {:<28} {:>6} {:>6} {:>8} {:>9} {:>6}",
        "requirement", "armed", "held", "violated", "tolerated", "open"
    )?;
    for (requirement, Counts { armed, held, violated, tolerated, open }) in replayed.judgements.counts() {
        writeln!(out, "  {requirement:<28} {armed:>6} {held:>6} {violated:>8} {tolerated:>9} {open:>6}")?;
    }
    Ok(exit)
}

fn json(
    file: &std::path::Path,
    replayed: &Replayed,
    annotation: Option<&Annotation>,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    for one in replayed.judgements.0.iter().filter(|one| one.outcome != Outcome::Open) {
        let line = serde_json::json!({ "capture": file.display().to_string(), "judgement": one });
        writeln!(out, "{line}")?;
    }
    let (exit, notes) = verdict(replayed, annotation);
    let counts = replayed.judgements.counts();
    let line = serde_json::json!({
        "capture": file.display().to_string(),
        "frames": replayed.frames,
        "not_as_expected": notes,
        "counts": counts,
    });
    writeln!(out, "{line}")?;
    Ok(exit)
}
