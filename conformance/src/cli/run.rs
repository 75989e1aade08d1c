//! `run`: cases against the in-process node on virtual time.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Exit, Failure};
use crate::capture::{Link, Writer};
use crate::case::{self, Case, CaseResult, Verdict};
use crate::catalogue::Catalogue;
use crate::judge::Counts;
use crate::select::{Selection, Subject};

/// Run cases against the in-process node, on virtual time, judged from the wire
#[derive(clap::Args)]
#[command(after_help = "Examples:
  mcptt-conformance run                    every case
  mcptt-conformance run 'FC-*'             the floor control cases
  mcptt-conformance run 24.380-6.3.4.4.9   the cases that name this requirement
  mcptt-conformance run GC-05 --out DIR    with a capture of each case")]
pub(super) struct Args {
    /// Case ids, purposes or requirement ids, as in `list`; every case if absent
    selectors: Vec<String>,
    /// Seed of the run; a case's own seed follows from it and the case id.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How results are written.
    #[arg(long, value_enum, default_value_t = Report::Text)]
    format: Report,
    /// Folder for a capture of every case, judgements as packet comments.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Fewest cases that have to run.
    #[arg(long, default_value_t = 1)]
    min_executed: usize,
    /// Treat inconclusive cases as an error (exit status 5).
    #[arg(long)]
    deny_inconclusive: bool,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Report {
    /// A line for each clause and details of what did not pass.
    Text,
    /// One JSON object for each case.
    Json,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let chosen = choose(&args.selectors)?;
    let mut results = Vec::with_capacity(chosen.len());
    for case in chosen {
        let result = case::run(case, args.seed);
        if let Some(folder) = &args.out {
            capture(folder, &result)?;
        }
        if args.format == Report::Json {
            writeln!(out, "{}", json(&result))?;
        }
        results.push(result);
    }
    if args.format == Report::Text {
        print(&results, args.seed, out)?;
    }
    Ok(exit(&results, args))
}

/// The selected cases. A selector that matches nothing is a mistake, not an empty run.
pub(super) fn choose(selectors: &[String]) -> Result<Vec<&'static Case>, Failure> {
    let catalogue = Catalogue::embedded()?;
    let selection = Selection::parse(selectors)?;
    let all = case::all();
    let subjects: Vec<Subject<'_>> = all.iter().map(|case| subject(case, &catalogue)).collect();
    selection.check(subjects.iter().cloned())?;
    Ok(all
        .into_iter()
        .zip(&subjects)
        .filter(|(_, subject)| selection.matches(subject))
        .map(|(case, _)| case)
        .collect())
}

/// A case goes by its id, its purpose and the requirements it names; level and release are theirs.
fn subject(case: &Case, catalogue: &Catalogue) -> Subject<'static> {
    let requirements: Vec<_> = case.requirements.iter().filter_map(|id| catalogue.get(id)).collect();
    let purpose = case.id.split('/').next().unwrap_or(case.id);
    Subject {
        ids: [case.id, purpose].into_iter().chain(case.requirements.iter().copied()).collect(),
        levels: requirements.iter().map(|requirement| requirement.level).collect(),
        roles: requirements.iter().map(|requirement| requirement.role).collect(),
        confidences: requirements.iter().map(|requirement| requirement.confidence).collect(),
        release: requirements.iter().map(|requirement| requirement.release).max().unwrap_or_default(),
        tags: Vec::new(),
    }
}

fn exit(results: &[CaseResult], args: &Args) -> Exit {
    let worst = results.iter().map(|result| result.verdict.clone()).max();
    match worst {
        Some(Verdict::Error(_)) => Exit::Harness,
        _ if results.len() < args.min_executed => Exit::TooFew,
        Some(Verdict::Fail(_)) => Exit::Unexpected,
        Some(Verdict::Inconclusive(_)) if args.deny_inconclusive => Exit::Denied,
        _ => Exit::AsExpected,
    }
}

fn print(results: &[CaseResult], seed: u64, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "cases {}  in-process node, virtual time  seed {seed}\n", results.len())?;
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for result in results {
        let entry = groups.entry(result.case.id.split('/').next().unwrap_or_default()).or_default();
        entry.1 += 1;
        entry.0 += usize::from(result.verdict == Verdict::Pass);
    }
    for (group, (passed, all)) in &groups {
        writeln!(out, "  {group:<8} {passed:>3}/{all}")?;
    }
    for result in results.iter().filter(|result| result.verdict != Verdict::Pass) {
        writeln!(out, "\n{} {}  {}", result.verdict.word(), result.case.id, result.case.title)?;
        writeln!(out, "   {}", result.verdict.reason())?;
        writeln!(out, "   again: mcptt-conformance run {} --seed {seed} --out DIR", result.case.id)?;
    }
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for result in results {
        for (requirement, count) in result.counts() {
            counts.entry(requirement).or_default().add(count);
        }
    }
    let total = counts.values().fold(Counts::default(), |mut total, count| {
        total.add(*count);
        total
    });
    let passed = results.iter().filter(|result| result.verdict == Verdict::Pass).count();
    writeln!(
        out,
        "\nexecuted {}  pass {passed}  requirements armed {}  instances {}: held {} violated {} tolerated {} open {}",
        results.len(),
        counts.len(),
        total.armed,
        total.held,
        total.violated,
        total.tolerated,
        total.open
    )?;
    Ok(())
}

fn json(result: &CaseResult) -> serde_json::Value {
    let counts: BTreeMap<&str, Counts> = result.counts();
    serde_json::json!({
        "case": result.case.id,
        "title": result.case.title,
        "requirements": result.case.requirements,
        "verdict": result.verdict.word().to_lowercase(),
        "reason": result.verdict.reason(),
        "counts": counts,
        "violations": result.violations().collect::<Vec<_>>(),
        "frames": result.frames.len(),
    })
}

/// Writes the frames of a case with the judgements as comments on the frames that decided them.
fn capture(folder: &Path, result: &CaseResult) -> Result<(), Failure> {
    let unwritable =
        |error: &dyn std::fmt::Display| Failure::Harness(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
    let file = folder.join(format!("{}.pcapng", result.case.id.replace('/', "-")));
    let sink = fs::File::create(&file).map_err(|error| unwritable(&error))?;
    let mut writer = Writer::new(std::io::BufWriter::new(sink), Link::Ethernet, "mcptt-conformance")
        .map_err(|error| unwritable(&error))?;
    for frame in &result.frames {
        let comments: Vec<String> = result
            .judgements
            .0
            .iter()
            .filter(|judgement| judgement.decided_by.unwrap_or(judgement.armed_by) == frame.number)
            .map(|judgement| {
                format!("{:?} {}: {}", judgement.outcome, judgement.requirement, judgement.expected)
            })
            .collect();
        writer
            .datagram(frame.time, frame.source, frame.destination, &frame.payload, &comments)
            .map_err(|error| unwritable(&error))?;
    }
    writer.finish().map_err(|error| unwritable(&error))?;
    Ok(())
}
