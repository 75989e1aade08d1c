//! `tap`: judge traffic as it is recorded, without sending anything.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::{Exit, Failure};
use crate::capture::Reader;
use crate::judge::{Counts, Judge, Outcome};
use crate::replay::Target;

/// Judge traffic as it is recorded, silently: violations are said as they are decided
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tcpdump -i any -U -w - udp | mcptt-conformance tap -
  mcptt-conformance tap mirror.pcapng --participating 192.0.2.7:5060")]
pub(super) struct Args {
    /// Capture file or pipe, pcap or pcapng; - is standard input
    file: PathBuf,
    /// SIP address of the participating function; learned from REGISTER if absent
    #[arg(long)]
    participating: Option<std::net::SocketAddr>,
    /// SIP address of the controlling function
    #[arg(long)]
    controlling: Option<std::net::SocketAddr>,
    /// How late the recording clock may be, in milliseconds
    #[arg(long, default_value_t = 50)]
    jitter_ms: u64,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", args.file.display()));
    let source: Box<dyn Read> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.file).map_err(|error| usage(&error))?)
    };
    let target = Target {
        participating: args.participating,
        controlling: args.controlling,
        jitter_ms: args.jitter_ms,
        ..Target::default()
    };
    let mut judge = Judge::new(target.profile());
    let (mut frames, mut end, mut said) = (0_u64, Duration::ZERO, 0);
    for frame in Reader::new(BufReader::new(source)).map_err(|error| usage(&error))? {
        let frame = frame.map_err(|error| usage(&error))?;
        frames += 1;
        end = end.max(frame.time);
        judge.observe(&frame);
        let decided = &judge.decided().0;
        for one in decided.iter().skip(said).filter(|one| one.outcome == Outcome::Violated) {
            writeln!(
                out,
                "VIOLATED {}  frame {}: expected {}; actual {}",
                one.requirement, one.armed_by, one.expected, one.actual
            )?;
            out.flush()?;
        }
        said = decided.len();
    }
    let judgements = judge.finish(end);
    for one in judgements.0.iter().skip(said).filter(|one| one.outcome == Outcome::Violated) {
        writeln!(
            out,
            "VIOLATED {}  frame {}: expected {}; actual {}",
            one.requirement, one.armed_by, one.expected, one.actual
        )?;
    }
    let counts = judgements.counts();
    let total = counts.values().fold(Counts::default(), |mut total, count| {
        total.add(*count);
        total
    });
    writeln!(
        out,
        "{frames} datagrams, {} requirements armed: held {} violated {} open {}",
        counts.len(),
        total.held,
        total.violated,
        total.open
    )?;
    // What was not armed proves nothing.
    Ok(match (counts.is_empty(), total.violated) {
        (true, _) => Exit::TooFew,
        (false, 0) => Exit::AsExpected,
        (false, _) => Exit::Unexpected,
    })
}
