//! `expect`: the file of known failures.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use super::{Exit, Failure};
use crate::outcome::{Expectations, proposal};

/// Known failures: check the file, or propose entries for what failed
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance run --target acme.toml --report json=run.jsonl
  mcptt-conformance expect update expected.toml run.jsonl      proposals without reasons, which do not load yet
  mcptt-conformance expect lint expected.toml
  mcptt-conformance run --target acme.toml --expected expected.toml")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Say what is wrong with the file: entries without reason, for no case, or for too many
    Lint {
        /// The file
        file: PathBuf,
    },
    /// Append a proposal for each unexpected failure of a JSON report; somebody has to write the reasons
    Update {
        /// The file
        file: PathBuf,
        /// A report of 'run --report json=FILE'
        report: PathBuf,
    },
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let usage = |file: &PathBuf, error: &dyn std::fmt::Display| {
        Failure::Usage(format!("{}: {error}", file.display()))
    };
    match &args.what {
        What::Lint { file } => {
            let expectations = Expectations::read(file).map_err(|error| usage(file, &error))?;
            writeln!(
                out,
                "{} entries, each with a reason and for a case that exists",
                expectations.entries.len()
            )?;
        }
        What::Update { file, report } => {
            let text = fs::read_to_string(report).map_err(|error| usage(report, &error))?;
            let (mut proposals, mut count) = (String::new(), 0);
            for line in text.lines() {
                let line: Value = serde_json::from_str(line).map_err(|error| usage(report, &error))?;
                if let (Some("case"), Some("fail"), Some(case), Some(reason)) = (
                    line["kind"].as_str(),
                    line["verdict"].as_str(),
                    line["case"].as_str(),
                    line["reason"].as_str(),
                ) {
                    proposals += &proposal(case, reason);
                    count += 1;
                }
            }
            let mut sink = fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(file)
                .map_err(|error| usage(file, &error))?;
            sink.write_all(proposals.as_bytes())?;
            writeln!(out, "{count} proposals; the file loads when each has a reason")?;
        }
    }
    Ok(Exit::AsExpected)
}
