//! `pics`: what a target claims, and what follows for the cases.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Failure};
use crate::case;
use crate::catalogue::Catalogue;
use crate::remote::{TargetFile, applies};

/// The target file: a template, and what is right and wrong with one
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance pics template > acme.toml
  mcptt-conformance pics check acme.toml
  mcptt-conformance pics probe acme.toml             one exchange for each claim
  mcptt-conformance pics infer trace.pcapng > draft.toml")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Print a target file to start from, every setting explained
    Template,
    /// Check a target file and say which cases apply, and why not the others
    Check {
        /// The target file
        file: PathBuf,
    },
    /// Ask the target: one exchange for each claim, and where claim and wire contradict each other
    Probe {
        /// The target file
        file: PathBuf,
    },
    /// A draft of the claims from what a capture shows
    Infer {
        /// The capture, pcap or pcapng
        capture: PathBuf,
    },
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let file = match &args.what {
        What::Template => {
            write!(out, "{}", TargetFile::template())?;
            return Ok(Exit::AsExpected);
        }
        What::Probe { file } => return super::claims::probe(file, out),
        What::Infer { capture } => return super::claims::infer(capture, out),
        What::Check { file } => file,
    };
    let target = read(file)?;
    let catalogue = Catalogue::embedded()?;
    let (mut count, mut takes) = (0_usize, std::time::Duration::ZERO);
    for case in case::all() {
        match applies(case, &target, &catalogue, 1) {
            Ok(rehearsed) => {
                count += 1;
                takes += rehearsed.takes;
            }
            Err(why) => writeln!(out, "{:<28} not applicable: {why}", case.id)?,
        }
    }
    let all = case::all().len();
    writeln!(
        out,
        "{count} of {all} cases apply to {}, about {} s of calls",
        target.target.name,
        takes.as_secs()
    )?;
    // A file to which nothing applies tests nothing.
    Ok(if count == 0 { Exit::TooFew } else { Exit::AsExpected })
}

/// Reads a target file.
pub(super) fn read(file: &std::path::Path) -> Result<TargetFile, Failure> {
    TargetFile::read(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}
