//! `run`: cases against the in-process node on virtual time, or against a remote target on the time that passes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::again::{self, Again};
use super::run_options::{Denied, Options};
use super::{Exit, Failure, pics};
use crate::bundle::{self, Inputs};
use crate::case::{self, Case, CaseResult};
use crate::catalogue::{Catalogue, Requirement};
use crate::judge::Counts;
use crate::outcome::{Demands, Expectations, RunOutcome};
use crate::remote::{Campaign, Limits};
use crate::report::{self, Wanted};
use crate::rig::remote::since_1970;
use crate::scenario;
use crate::select::{Selection, Subject};

/// Run cases, judged from the wire: against the in-process node on virtual time, or against a target
#[derive(clap::Args)]
#[command(after_help = "Examples:
  mcptt-conformance run                    every case, in this process
  mcptt-conformance run 'FC-*'             the floor control cases
  mcptt-conformance run 24.380-6.3.4.4.9   the cases that name this requirement
  mcptt-conformance run GC-05 --out DIR    with a capture of each case
  mcptt-conformance run --report junit=run.xml,html=run.html
  mcptt-conformance pics template > acme.toml
  mcptt-conformance run --target acme.toml --budget 15m
  mcptt-conformance run --target acme.toml --profile ci
  mcptt-conformance run --shard 2/4 --jobs 4
  mcptt-conformance run --target acme.toml --time-scale 0.2
  mcptt-conformance run --scenario evidence/FC-01-grant.scenario.toml
  mcptt-conformance run --seed random --report md
  mcptt-conformance run --target acme.toml --report json=first.jsonl; mcptt-conformance run --target acme.toml --failed-from first.jsonl
  mcptt-conformance run FC-12/limit --target acme.toml --repeat 50 --until-failure
  mcptt-conformance run --target acme.toml --profile certification --out evidence")]
pub(super) struct Args {
    /// Case ids, purposes or requirement ids, as in `list`; every case if absent
    selectors: Vec<String>,
    /// Target file; without it the node of this process is tested.
    #[arg(long)]
    target: Option<PathBuf>,
    /// Seed of the run; a case's own seed follows from it and the case id. A number, 0x and hexadecimal digits, or 'random'.
    #[arg(long, default_value = "1", value_parser = super::run_options::seed)]
    seed: u64,
    /// What is known to fail, with reasons; expected.toml of the current folder if there is one.
    #[arg(long)]
    expected: Option<PathBuf>,
    /// How results are written.
    #[arg(long, value_enum, default_value_t = Report::Text)]
    format: Report,
    /// Folder for a capture of every case, judgements as packet comments, and what runs it once more.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Reports: FORM=FILE, several with commas; FORM alone instead of the summary; forms are junit, json, html, md, csv, sarif.
    #[arg(long, value_delimiter = ',')]
    report: Vec<Wanted>,
    /// File for a bundle of evidence; see 'bundle verify'.
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// Key file that signs the bundle; see 'bundle key'.
    #[arg(long, requires = "bundle")]
    sign: Option<PathBuf>,
    /// Fewest cases that have to run.
    #[arg(long, default_value_t = 1)]
    min_executed: usize,
    /// Treat inconclusive cases as an error (exit status 5); the same as --deny inconclusive.
    #[arg(long)]
    deny_inconclusive: bool,
    #[command(flatten)]
    more: Options,
    /// Longest time of a run against a target, such as 15m; what does not fit is inconclusive.
    #[arg(long, value_parser = span)]
    budget: Option<Duration>,
    /// Cases that take longer than this are not begun at a target.
    #[arg(long, value_parser = span)]
    case_budget: Option<Duration>,
    /// Say each result of a run against a target as it comes, on standard error.
    #[arg(short, long)]
    verbose: bool,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Report {
    /// A line for each clause and details of what did not pass.
    Text,
    /// One JSON object for each case.
    Json,
}

fn span(text: &str) -> Result<Duration, String> {
    let minutes = text.strip_suffix('m').and_then(|minutes| minutes.parse::<u32>().ok());
    let minutes = minutes.map(|minutes| Duration::from_secs(60) * minutes);
    minutes
        .or_else(|| crate::scenario::duration(text))
        .ok_or_else(|| "a duration such as 90s or 15m".to_owned())
}

/// Why a case that measures is not run in this process.
pub(super) const VIRTUAL_TIME: &str = "it measures time that passes: run --target";

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let more = &args.more;
    if more.time_scale.is_some() && args.target.is_none() {
        return Err(Failure::Usage(
            "--time-scale needs --target: on virtual time nothing takes any time".to_owned(),
        ));
    }
    if more.scenario.is_some() && !args.selectors.is_empty() {
        return Err(Failure::Usage("--scenario says what is run: leave the selectors out".to_owned()));
    }
    let again = more.scenario.as_ref().map(|file| again::read(file, args.target.is_some())).transpose()?;
    let (chosen, seed, played) = match again {
        None => (more.narrow(choose(&args.selectors)?)?, args.seed, None),
        Some(Again::Case(case, seed)) => (vec![case], seed, None),
        Some(Again::Played(result)) => (Vec::new(), args.seed, Some(*result)),
    };
    let expected = expectations(args.expected.as_deref())?;
    let mut once = |cases: &[&'static Case], seed: u64| match &args.target {
        None => {
            let (measuring, others): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.measures());
            let not_applicable = measuring.into_iter().map(|case| (case, VIRTUAL_TIME.to_owned())).collect();
            Ok(RunOutcome { not_applicable, ..RunOutcome::own(seed, more.in_process(&others, seed)) })
        }
        Some(file) => live(args, file, cases, seed, err),
    };
    let mut outcome = match played {
        Some(result) => RunOutcome::own(seed, vec![result]),
        None => once(&chosen, seed)?,
    };
    outcome.expected = expected;
    more.again(seed, &chosen, &mut outcome, &mut once)?;
    let elsewhere: Vec<_> = match args.target {
        None => Vec::new(),
        Some(_) => outcome.not_applicable.iter().map(|(case, _)| *case).collect(),
    };
    outcome.sides = more.sides(seed, &elsewhere);
    if more.no_keys {
        outcome.results.iter_mut().for_each(CaseResult::forget_keys);
    }
    for result in outcome.results.iter().filter(|result| result.executed()) {
        if let Some(folder) = args.out.as_ref().filter(|_| more.keeps(result)) {
            capture(folder, result, seed)?;
        }
    }
    let mut said = false;
    for Wanted { form, file } in &args.report {
        let text = report::render(*form, &outcome);
        match file {
            None => {
                out.write_all(text.as_bytes())?;
                said = true;
            }
            Some(file) => fs::write(file, text)
                .map_err(|error| Failure::Harness(format!("{}: {error}", file.display())))?,
        }
    }
    if let Some(file) = &args.bundle {
        let key = args.sign.as_deref().map(super::bundle::signing_key).transpose()?;
        let text = |file: &Option<PathBuf>| file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        let inputs = Inputs { target: text(&args.target), expected: text(&args.expected) };
        let unwritable =
            |error: &dyn std::fmt::Display| Failure::Harness(format!("{}: {error}", file.display()));
        let archive = bundle::create(&outcome, &inputs, key.as_ref()).map_err(|error| unwritable(&error))?;
        fs::write(file, archive).map_err(|error| unwritable(&error))?;
    }
    match args.format {
        _ if said => {}
        Report::Json => {
            for result in &outcome.results {
                writeln!(out, "{}", json(result))?;
            }
            for (case, why) in &outcome.not_applicable {
                let line = serde_json::json!({"case": case.id, "verdict": "not-applicable", "reason": why});
                writeln!(out, "{line}")?;
            }
            if let Some(unhealthy) = &outcome.unhealthy {
                writeln!(out, "{}", serde_json::json!({"target": "unhealthy", "reason": unhealthy}))?;
            }
            for (path, what) in outcome.wrong() {
                writeln!(out, "{}", serde_json::json!({"path": path, "wrong": what}))?;
            }
            let paths: BTreeMap<_, _> = outcome.armed_by_path().into_iter().collect();
            let sum = serde_json::json!({
                "executed": outcome.executed(),
                "pass": outcome.count("pass"),
                "armed": outcome.armed().len(),
                "armed_by_path": paths,
            });
            writeln!(out, "{sum}")?;
        }
        Report::Text => {
            let again = args.target.as_ref().map(|file| format!(" --target {}", file.display()));
            match more.quiet {
                true => outcome.print_remarkable(&again.unwrap_or_default(), out)?,
                false => outcome.print(&again.unwrap_or_default(), out)?,
            }
            for id in &outcome.flaky {
                writeln!(out, "FLAKY            {id}  failed, and passed when it was run again")?;
            }
        }
    }
    let deny_inconclusive = args.deny_inconclusive || more.denies(Denied::Inconclusive);
    let demands = Demands { min_executed: args.min_executed, deny_inconclusive };
    Ok(outcome.exit(demands).and(more.further(&outcome)))
}

/// What is known to fail. A file that is there under the usual name counts without being asked for.
fn expectations(file: Option<&Path>) -> Result<Expectations, Failure> {
    let usual = Path::new(EXPECTED);
    match file.or_else(|| usual.exists().then_some(usual)) {
        None => Ok(Expectations::default()),
        Some(file) => {
            Expectations::read(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
        }
    }
}

/// The usual name of a file of expectations.
const EXPECTED: &str = "expected.toml";

fn live(
    args: &Args,
    file: &Path,
    chosen: &[&'static Case],
    seed: u64,
    err: &mut dyn Write,
) -> Result<RunOutcome, Failure> {
    let mut target = pics::read(file)?;
    if let Some(factor) = args.more.time_scale {
        target
            .scale_time(factor)
            .map_err(|error| Failure::Usage(format!("--time-scale {factor}: {}: {error}", file.display())))?;
    }
    let catalogue = Catalogue::embedded()?;
    let limits = Limits {
        run: args.budget.or(args.more.budget()),
        case: args.case_budget,
        attempts: args.more.attempts(),
    };
    let about = target.target.clone();
    let campaign = Campaign::new(target, chosen, &catalogue, seed, limits)
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    let (cases, takes) = campaign
        .applicable()
        .fold((0_usize, Duration::ZERO), |(cases, sum), (_, takes)| (cases + 1, sum + takes));
    if args.verbose {
        writeln!(err, "{cases} cases against {}, about {} s of calls", about.name, takes.as_secs())?;
    }
    let began = since_1970();
    let mut done = 0_usize;
    let live = campaign.run(&mut |result| {
        done += 1;
        if args.verbose {
            // Progress that nobody takes is no reason to stop.
            let _ = writeln!(
                err,
                "{done:>4}/{cases} {:<12} {} {} {}",
                result.verdict.word(),
                result.case.id,
                result.verdict.reason(),
                result.attempt().unwrap_or_default()
            );
        }
    });
    Ok(RunOutcome {
        time_scale: args.more.time_scale.unwrap_or(1.0),
        ..RunOutcome::live(seed, about, began, live)
    })
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
fn subject<'a>(case: &Case, catalogue: &'a Catalogue) -> Subject<'a> {
    let requirements: Vec<_> = case.requirements.iter().filter_map(|id| catalogue.get(id)).collect();
    let purpose = case.purpose();
    Subject {
        ids: [case.id, purpose]
            .into_iter()
            .chain(case.requirements.iter().copied())
            .chain(case::nearest(purpose).iter().copied())
            .collect(),
        levels: requirements.iter().map(|requirement| requirement.level).collect(),
        roles: requirements.iter().map(|requirement| requirement.role).collect(),
        confidences: requirements.iter().map(|requirement| requirement.confidence).collect(),
        release: requirements.iter().map(|requirement| requirement.release).max().unwrap_or_default(),
        tags: tags(case, &requirements),
    }
}

/// The timers and counters it is about, whether it measures, whether it needs a target that is provisioned for it.
fn tags<'a>(case: &Case, requirements: &[&'a Requirement]) -> Vec<&'a str> {
    let timers = requirements.iter().flat_map(|requirement| requirement.timers.iter().map(String::as_str));
    let own = [(case.measures(), "measures"), (!case.configuration.is_empty(), "provisioned")];
    timers.chain(own.into_iter().filter(|(is_so, _)| *is_so).map(|(_, tag)| tag)).collect()
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
        "before": result.before,
    })
}

/// Writes the frames of a case with the judgements as comments on the frames that decided them, and what runs it once more.
fn capture(folder: &Path, result: &CaseResult, seed: u64) -> Result<(), Failure> {
    let unwritable =
        |error: &dyn std::fmt::Display| Failure::Harness(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
    let name = result.case.id.replace('/', "-");
    fs::write(folder.join(format!("{name}.scenario.toml")), result.scenario(seed).to_string())
        .map_err(|error| unwritable(&error))?;
    let file = folder.join(format!("{name}.pcapng"));
    let sink = fs::File::create(&file).map_err(|error| unwritable(&error))?;
    let frames = bundle::annotated(&result.frames, &result.judgements);
    scenario::record(&frames, std::io::BufWriter::new(sink)).map_err(|error| unwritable(&error))?;
    Ok(())
}
