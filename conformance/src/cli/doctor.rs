//! `doctor`: whether this machine can test, and whether the target can be reached.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::{Exit, Failure, pics};
use crate::catalogue::Catalogue;
use crate::remote::{Campaign, Limits};
use crate::rig::remote::own_jitter;

/// Above this the shortest timers cannot be judged: a tenth of a second.
const MOST_JITTER: Duration = Duration::from_millis(100);

/// Whether this machine can test: clock, tshark, and with a target file the target
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance doctor
  mcptt-conformance doctor --target acme.toml")]
pub(super) struct Args {
    /// Target file: its tokens, the tester's ports and whether the target answers are looked at as well
    #[arg(long)]
    target: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut exit = Exit::AsExpected;
    let jitter = own_jitter(500);
    let good = jitter <= MOST_JITTER;
    writeln!(
        out,
        "{}  clock     wakes up {:.1} ms late at worst",
        mark(good),
        jitter.as_secs_f64() * 1000.0
    )?;
    if !good {
        exit = exit.and(Exit::Denied);
    }
    let tshark = Command::new("tshark").arg("--version").output().ok();
    let version = tshark.as_ref().and_then(|output| std::str::from_utf8(&output.stdout).ok()?.lines().next());
    writeln!(
        out,
        "{}  tshark    {}",
        mark(version.is_some()),
        version.unwrap_or("missing: 'diff' needs it, nothing else does")
    )?;
    if let Some(file) = &args.target {
        let target = pics::read(file)?;
        let name = target.target.name.clone();
        let campaign = Campaign::new(target, &[], &Catalogue::embedded()?, 1, Limits::default())
            .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
        writeln!(out, "{}  tokens    those of the target file can be had", mark(true))?;
        let live = campaign.run(&mut |_| {});
        match (live.calibration, live.unhealthy) {
            (Some(measured), None) => {
                let milliseconds = measured.median.as_secs_f64() * 1000.0;
                writeln!(out, "{}  target    {name} answers OPTIONS in {milliseconds:.1} ms", mark(true))?;
            }
            (_, unhealthy) => {
                writeln!(out, "{}  target    {name}: {}", mark(false), unhealthy.unwrap_or_default())?;
                exit = exit.and(Exit::Unexpected);
            }
        }
    }
    Ok(exit)
}

const fn mark(good: bool) -> &'static str {
    if good { "ok " } else { "BAD" }
}
