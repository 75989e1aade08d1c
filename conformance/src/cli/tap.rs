//! `tap`: judge traffic as it is recorded, or as it crosses a proxy, without sending anything of our own.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Exit, Failure};
use crate::capture::{Frame, Reader};
use crate::judge::{Counts, Judge, Judgement, Outcome};
use crate::proxy::{Between, Proxy};
use crate::replay::Target;
use crate::rig::remote::Stopwatch;

/// Judge traffic as it is recorded, silently: violations are said as they are decided
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tcpdump -i any -U -w - udp | mcptt-conformance tap -
  mcptt-conformance tap mirror.pcapng --participating 192.0.2.7:5060
  mcptt-conformance tap --proxy 192.0.2.9:5060=192.0.2.7:5060 --seconds 600
      clients are told that the server is at 192.0.2.9:5060; voice and floor control take the same way")]
pub(super) struct Args {
    /// Capture file or pipe, pcap or pcapng; - is standard input
    #[arg(required_unless_present = "proxy")]
    file: Option<PathBuf>,
    /// Stand between clients and a server: LISTEN=SERVER, SIP addresses over UDP
    #[arg(long, conflicts_with = "file", value_parser = between)]
    proxy: Option<(SocketAddr, SocketAddr)>,
    /// First UDP port that a proxy opens for clients and streams
    #[arg(long, default_value_t = 44_000, requires = "proxy")]
    first_port: u16,
    /// How long a proxy stands between
    #[arg(long, default_value_t = 60, requires = "proxy")]
    seconds: u64,
    /// End as soon as standard input does, for programs that start a proxy
    #[arg(long, requires = "proxy")]
    until_end_of_input: bool,
    /// SIP address of the participating function; learned from REGISTER if absent
    #[arg(long)]
    participating: Option<SocketAddr>,
    /// SIP address of the controlling function
    #[arg(long)]
    controlling: Option<SocketAddr>,
    /// How late the recording clock may be, in milliseconds
    #[arg(long, default_value_t = 50)]
    jitter_ms: u64,
}

fn between(text: &str) -> Result<(SocketAddr, SocketAddr), String> {
    let addresses = text.split_once('=').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    addresses.ok_or_else(|| "LISTEN=SERVER, such as 192.0.2.9:5060=192.0.2.7:5060".to_owned())
}

/// Says violations as they are decided.
struct Onlooker {
    judge: Judge,
    frames: u64,
    end: Duration,
    said: usize,
}

impl Onlooker {
    fn see(&mut self, frame: &Frame, out: &mut dyn Write) -> Result<(), Failure> {
        self.frames += 1;
        self.end = self.end.max(frame.time);
        self.judge.observe(frame);
        let decided = self.judge.decided();
        say(decided.0.iter().skip(self.said), out)?;
        self.said = decided.0.len();
        Ok(())
    }

    fn finish(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let judgements = self.judge.finish(self.end);
        say(judgements.0.iter().skip(self.said), out)?;
        let counts = judgements.counts();
        let total = counts.values().fold(Counts::default(), |mut total, count| {
            total.add(*count);
            total
        });
        writeln!(
            out,
            "{} datagrams, {} requirements armed: held {} violated {} open {}",
            self.frames,
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
}

fn say<'a>(judgements: impl Iterator<Item = &'a Judgement>, out: &mut dyn Write) -> Result<(), Failure> {
    for one in judgements.filter(|one| one.outcome == Outcome::Violated) {
        writeln!(
            out,
            "VIOLATED {}  frame {}: expected {}; actual {}",
            one.requirement, one.armed_by, one.expected, one.actual
        )?;
        out.flush()?;
    }
    Ok(())
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let listen = args.proxy.map(|(listen, _)| listen);
    let target = Target {
        participating: args.participating.or(listen),
        controlling: args.controlling,
        jitter_ms: args.jitter_ms,
        ..Target::default()
    };
    let judge = Judge::new(target.profile());
    let mut onlooker = Onlooker { judge, frames: 0, end: Duration::ZERO, said: 0 };
    if let Some((listen, server)) = args.proxy {
        let between = Between { listen, server, first_port: args.first_port };
        let mut proxy = Proxy::new(between).map_err(Failure::Usage)?;
        writeln!(out, "between clients at {listen} and {server} for {} s", args.seconds)?;
        out.flush()?;
        let (since, whole) = (Stopwatch::start(), Duration::from_secs(args.seconds));
        let over = Arc::new(AtomicBool::new(false));
        if args.until_end_of_input {
            let told = Arc::clone(&over);
            std::thread::spawn(move || {
                // An input that breaks has ended as well.
                let _ = io::copy(&mut io::stdin(), &mut io::sink());
                told.store(true, Ordering::Relaxed);
            });
        }
        while since.passed() < whole && !over.load(Ordering::Relaxed) {
            for frame in proxy.turn() {
                onlooker.see(&frame, out)?;
            }
        }
        onlooker.end = onlooker.end.max(proxy.time());
        return onlooker.finish(out);
    }
    let file = args.file.clone().unwrap_or_else(|| "-".into());
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", file.display()));
    let source: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&file).map_err(|error| usage(&error))?)
    };
    for frame in Reader::new(BufReader::new(source)).map_err(|error| usage(&error))? {
        onlooker.see(&frame.map_err(|error| usage(&error))?, out)?;
    }
    onlooker.finish(out)
}
