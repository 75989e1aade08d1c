//! `fuzz`: hostile datagrams for a target, and the one that harmed it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use super::{Exit, Failure, pics};
use crate::capture::{Link, Writer};
use crate::remote::Health;
use crate::rig::remote::since_1970;
use crate::robust::{Budget, Found, RemoteVictim, attack};

/// Octets of a guilty datagram that are shown.
const SHOWN: usize = 64;

/// Send a target hostile datagrams, with an honest exchange before and after each batch; find the one that harms it
#[derive(clap::Args)]
#[command(after_help = "\
What is sent: the torture messages of RFC 4475 and RFC 5118, then messages of every protocol changed in one to eight
places. When the honest exchange fails, smaller and smaller parts of the last batch are sent to a fresh target
(control.start or control.reset of the target file) until one datagram is left.

Exit status: 0 nothing broke, 1 something did, 2 the target file cannot be used, 3 nothing was sent, 4 the harness failed.

Examples:
  mcptt-conformance fuzz --target acme.toml --seconds 60
  mcptt-conformance fuzz --target acme.toml --seconds 3600 --seed 7 --rate 500 --capture guilty.pcapng
  mcptt-conformance ue --server 127.0.0.1:5060 --user sip:mallory@mc.example.org    then 'raw HEX' sends one again")]
pub(super) struct Args {
    /// Target file
    #[arg(long)]
    target: PathBuf,
    /// How long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Most datagrams
    #[arg(long, default_value_t = 1_000_000)]
    count: usize,
    /// Datagrams in a second, 1 to 100000
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Where chance starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File for a capture of what did the harm
    #[arg(long)]
    capture: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let target = pics::read(&args.target)?;
    let destination = target.ixit.participating;
    let health =
        Health::new(target).map_err(|error| Failure::Usage(format!("{}: {error}", args.target.display())))?;
    let budget =
        Budget { time: Duration::from_secs(args.seconds), datagrams: args.count, per_second: args.rate };
    let mut victim = RemoteVictim::new(health, args.rate);
    let report = match attack(&mut victim, args.seed, budget) {
        Ok(report) => report,
        Err(why) => {
            writeln!(out, "unhealthy before anything was sent: {why}")?;
            return Ok(Exit::Unexpected.and(Exit::TooFew));
        }
    };
    writeln!(out, "{} datagrams sent, seed {}", report.sent, args.seed)?;
    let Some((why, found)) = report.harm else {
        return Ok(if report.sent == 0 { Exit::TooFew } else { Exit::AsExpected });
    };
    writeln!(out, "UNHEALTHY  {why}")?;
    let guilty = match found {
        Found::Guilty(one) => {
            writeln!(out, "guilty: one datagram of {} octets", one.len())?;
            vec![one]
        }
        Found::Together(several) => {
            writeln!(out, "guilty: {} datagrams together", several.len())?;
            several
        }
        Found::NotAgain => {
            writeln!(out, "the same batch does not do it again; it is captured whole")?;
            report.batch
        }
        Found::Unknown => {
            writeln!(out, "no fresh target could be had to search the batch; it is captured whole")?;
            report.batch
        }
    };
    for one in guilty.iter().take(3) {
        writeln!(out, "  {}", hex(one.get(..SHOWN).unwrap_or(one)))?;
    }
    if let Some(file) = &args.capture {
        write(file, &guilty, destination)
            .map_err(|error| Failure::Harness(format!("{}: {error}", file.display())))?;
    }
    Ok(Exit::Unexpected)
}

fn write(file: &Path, guilty: &[Bytes], destination: std::net::SocketAddr) -> std::io::Result<()> {
    let mut writer =
        Writer::new(BufWriter::new(File::create(file)?), Link::Ethernet, "mcptt-conformance fuzz")?;
    let source = std::net::SocketAddr::new(destination.ip(), 9);
    for one in guilty {
        let comments = ["does harm, see 'mcptt-conformance fuzz'"];
        writer
            .datagram(since_1970(), source, destination, one, &comments)
            .map_err(|error| std::io::Error::other(error.to_string()))?;
    }
    writer.finish()?;
    Ok(())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Octets written in hexadecimal.
pub(super) fn octets(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(pair).collect::<Option<Vec<u8>>>().filter(|_| digits.len().is_multiple_of(2))
}
