//! `load`: many talks at a target, measured and judged.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::{Exit, Failure, pics};
use crate::load::{Load, Plan};

/// Many talks at a target: how long each step takes, while everything is judged
#[derive(clap::Args)]
#[command(after_help = "\
In every group that has at least two of the users, its members call each other and take turns: one asks, is granted, speaks
and lets go. Users and groups are those of the target file (table configuration) or, without it, of the embedded one.

Exit status: 0 nothing was violated and no limit passed, 1 otherwise, 3 nothing was measured.

Examples:
  mcptt-conformance load --target acme.toml --seconds 60
  mcptt-conformance load --target acme.toml --seconds 600 --talk 500 --limit grant=50 --limit voice=100")]
pub(super) struct Args {
    /// Target file
    #[arg(long)]
    target: PathBuf,
    /// How long
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Milliseconds of voice in each talk
    #[arg(long, default_value_t = 200)]
    talk: u64,
    /// STEP=MILLISECONDS that the 99th percentile must not pass; steps are join, grant, taken, voice and idle
    #[arg(long, value_parser = limit)]
    limit: Vec<(String, f64)>,
}

fn limit(text: &str) -> Result<(String, f64), String> {
    let (step, most) = text.split_once('=').unwrap_or((text, ""));
    let known = crate::load::STEPS.contains(&step);
    match most.parse::<f64>() {
        Ok(most) if known && most > 0.0 => Ok((step.to_owned(), most)),
        _ => Err(format!("STEP=MILLISECONDS, where STEP is one of {}", crate::load::STEPS.join(", "))),
    }
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let target = pics::read(&args.target)?;
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", args.target.display()));
    let plan = Plan { time: Duration::from_secs(args.seconds), talk: Duration::from_millis(args.talk) };
    let measured = Load::new(target).map_err(|error| usage(&error))?.run(plan).map_err(Failure::Harness)?;
    writeln!(out, "{} talks of {} clients in {} groups", measured.talks, measured.clients, measured.groups)?;
    writeln!(
        out,
        "{:<8} {:>8} {:>10} {:>10} {:>10} {:>10}  milliseconds",
        "step", "count", "p50", "p95", "p99", "max"
    )?;
    let mut passed = Vec::new();
    for (step, times) in &measured.steps {
        let at = |share: f64| times.percentile(share).as_secs_f64() * 1000.0;
        writeln!(
            out,
            "{step:<8} {:>8} {:>10.2} {:>10.2} {:>10.2} {:>10.2}",
            times.count(),
            at(0.50),
            at(0.95),
            at(0.99),
            at(1.0)
        )?;
        let beyond = args.limit.iter().filter(|(of, most)| of == step && at(0.99) > *most);
        passed.extend(beyond.map(|(of, most)| format!("{of}: the 99th percentile is above {most} ms")));
    }
    for (id, count, example) in &measured.violations {
        writeln!(out, "VIOLATED {id}  {count} times, such as {example}")?;
    }
    for line in &passed {
        writeln!(out, "LIMIT    {line}")?;
    }
    writeln!(out, "{} requirements armed, {} violated", measured.armed, measured.violations.len())?;
    Ok(match (measured.talks, measured.violations.is_empty() && passed.is_empty()) {
        (0, _) => Exit::TooFew,
        (_, true) => Exit::AsExpected,
        (_, false) => Exit::Unexpected,
    })
}
