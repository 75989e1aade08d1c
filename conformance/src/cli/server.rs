//! `server`: our server for tests of clients, honest or with one fault, and what it saw.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::{Exit, Failure};
use crate::capture::{Link, Writer};
use crate::case;
use crate::judge::{Outcome, Profile, Subjects};
use crate::rig::remote::{Stopwatch, own_jitter};
use crate::serve::Serving;
use crate::tamper::{Relay, Rule, faults};

/// Frames that are kept for judgement.
const MOST_FRAMES: usize = 500_000;

/// A server for tests of clients: honest, or faulty in one respect; at its end the clients are judged
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance server --seconds 60                     judges the clients that came within a minute
  mcptt-conformance server --list-faults
  mcptt-conformance server --fault t7-off --seconds 60      as a server that never repeats Floor Idle
  mcptt-conformance server --rules lost.toml --capture seen.pcapng --seconds 60")]
pub(super) struct Args {
    /// First port on 127.0.0.1: SIP there, the controlling function two above it, media behind them, a hundred in all
    #[arg(long, default_value_t = 5060)]
    port: u16,
    /// How long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// One of the faults of 'server --list-faults'
    #[arg(long)]
    fault: Option<String>,
    /// File with rules of a relay: tables 'rule', as in conformance/src/tamper/*.toml
    #[arg(long, conflicts_with = "fault")]
    rules: Option<PathBuf>,
    /// File with changes of the configuration, as 'mcptt-server config' prints it
    #[arg(long)]
    config: Option<PathBuf>,
    /// File for a capture of what crossed its sockets
    #[arg(long)]
    capture: Option<PathBuf>,
    /// List the faults and end
    #[arg(long)]
    list_faults: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let known = faults().map_err(|error| Failure::Harness(error.to_string()))?;
    if args.list_faults {
        for fault in &known {
            writeln!(out, "{:<36} {:<28} {}", fault.name, fault.condemned.join(" "), fault.what)?;
        }
        return Ok(Exit::AsExpected);
    }
    let read = |file: &PathBuf| {
        std::fs::read_to_string(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
    };
    let rules = match (&args.fault, &args.rules) {
        (Some(name), _) => {
            let fault = known.into_iter().find(|fault| fault.name == *name);
            let fault = fault
                .ok_or_else(|| Failure::Usage(format!("no fault '{name}': see server --list-faults")))?;
            fault.rules
        }
        (None, Some(file)) => Rule::parse(&read(file)?)
            .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?,
        (None, None) => Vec::new(),
    };
    let change = args.config.as_ref().map(read).transpose()?.unwrap_or_default();
    let config = Serving::configuration(&change, args.port).map_err(Failure::Usage)?;
    let jitter = own_jitter(300).max(Duration::from_millis(5));
    let subjects = Subjects { server: false, participants: true };
    let profile = Profile { subjects, jitter, path: jitter, ..case::profile(&config) };
    let address = config.call_control.participating.address;
    let serving = Serving::start(config, Relay::new(rules), 1).map_err(Failure::Harness)?;
    writeln!(out, "serving at {address} for {} s", args.seconds)?;
    out.flush()?;
    let mut background = serving.keeping(MOST_FRAMES).in_background();
    let since = Stopwatch::start();
    let (whole, look) = (Duration::from_secs(args.seconds), Duration::from_millis(50));
    while since.passed() < whole {
        std::thread::sleep(look.min(whole.saturating_sub(since.passed())));
    }
    let (frames, end) = background.stop();
    if let Some(file) = &args.capture {
        let unwritable =
            |error: &dyn std::fmt::Display| Failure::Harness(format!("{}: {error}", file.display()));
        let sink = BufWriter::new(File::create(file).map_err(|error| unwritable(&error))?);
        let mut writer =
            Writer::new(sink, Link::Ethernet, "mcptt-conformance").map_err(|error| unwritable(&error))?;
        for frame in &frames {
            writer
                .datagram::<&str>(frame.time, frame.source, frame.destination, &frame.payload, &[])
                .map_err(|error| unwritable(&error))?;
        }
        writer.finish().map_err(|error| unwritable(&error))?;
    }
    let judgements = case::judge(profile, &frames, end);
    let counts = judgements.counts();
    for one in judgements.0.iter().filter(|one| one.outcome == Outcome::Violated) {
        writeln!(
            out,
            "VIOLATED {}  frame {}: expected {}; actual {}",
            one.requirement, one.armed_by, one.expected, one.actual
        )?;
    }
    let violated: u64 = counts.values().map(|count| count.violated).sum();
    writeln!(
        out,
        "{} datagrams, {} requirements for clients armed, {violated} violations",
        frames.len(),
        counts.len()
    )?;
    Ok(match (counts.is_empty(), violated) {
        (true, _) => Exit::TooFew,
        (false, 0) => Exit::AsExpected,
        (false, _) => Exit::Unexpected,
    })
}
