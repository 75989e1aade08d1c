//! `diff`: our decoding against that of tshark.

use std::io::Write;
use std::path::Path;

use super::{Exit, Failure, Format};
use crate::diff::{DiffError, Differ, Report, tshark};

/// Compare our decoding with tshark, field value by field value
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance diff captures/group-call/four-members.pcapng
  mcptt-conformance generate frames.pcapng && mcptt-conformance diff --complete frames.pcapng
  mcptt-conformance diff --format json call.pcapng

Ports are taken as what our decoder finds on them. Known differences are listed with the reason in
conformance/src/diff/known.toml; they are counted by id.

Exit status: 0 no difference that is not known, 1 differences, known ones that did not occur (--complete) or nothing
to compare, 2 tshark or a capture is missing.")]
pub(super) struct Args {
    /// Captures, pcap or pcapng
    #[arg(value_name = "CAPTURE", required = true)]
    captures: Vec<String>,
    /// The tshark to run
    #[arg(long, value_name = "PROGRAM", default_value = "tshark")]
    tshark: String,
    /// The captures hold every kind of generated frame: report known differences that did not occur
    #[arg(long)]
    complete: bool,
    /// Differences that are printed
    #[arg(long, value_name = "NUMBER", default_value_t = 40)]
    limit: usize,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let unusable = |name: &str, error: DiffError| match error {
        DiffError::Table(_) => Failure::Harness(error.to_string()),
        error => Failure::Usage(format!("{name}: {error}")),
    };
    let version = tshark::version(&args.tshark).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut differ = Differ::new(&args.tshark).map_err(|error| unusable("tables", error))?;
    for name in &args.captures {
        differ.capture(Path::new(name)).map_err(|error| unusable(name, error))?;
    }
    let report = differ.finish(args.complete);
    match args.format {
        Format::Json => {
            serde_json::to_writer(&mut *out, &report).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Table | Format::Md => table(&version, &report, args.limit, out)?,
    }
    let clean = report.unexplained.is_empty() && report.unmatched.is_empty() && report.equal > 0;
    Ok(if clean { Exit::AsExpected } else { Exit::Unexpected })
}

fn table(version: &str, report: &Report, limit: usize, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{version}")?;
    for (row, count) in &report.rows {
        writeln!(out, "  {row:<32} {count:>8} equal")?;
    }
    for (id, count) in &report.explained {
        writeln!(out, "  known {id:<26} {count:>8}")?;
    }
    for difference in report.unexplained.iter().take(limit) {
        writeln!(
            out,
            "frame {}  {}: ours {:?}, tshark {:?}",
            difference.frame, difference.row, difference.ours, difference.theirs
        )?;
    }
    if report.unexplained.len() > limit {
        writeln!(out, "... and {} more", report.unexplained.len() - limit)?;
    }
    for entry in &report.unmatched {
        writeln!(out, "known difference that did not occur: {entry}")?;
    }
    if report.equal == 0 {
        writeln!(out, "nothing was compared")?;
    }
    writeln!(
        out,
        "frames {}  compared {}  refused by both {}  protected {}  values equal {}  explained {}  unexplained {}",
        report.frames,
        report.compared,
        report.both_refuse,
        report.protected,
        report.equal,
        report.explained.values().sum::<u64>(),
        report.unexplained.len()
    )
}
