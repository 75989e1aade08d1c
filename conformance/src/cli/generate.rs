//! `generate`: frames for comparing decoders.

use std::fs::File;
use std::io::{BufWriter, Write};

use super::{Exit, Failure};
use crate::capture::{Link, Writer};
use crate::generate;

/// Write a capture of generated frames, valid and damaged ones
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance generate frames.pcapng
  mcptt-conformance generate --count 100000 --seed 7 frames.pcapng
  mcptt-conformance diff frames.pcapng

The same seed and count give the same file. Floor control and its sister protocols, RTP, RTCP, and SIP with its bodies over
UDP and over TCP are in it; a message over TCP is several packets.")]
pub(super) struct Args {
    /// The capture to write (pcapng)
    #[arg(value_name = "FILE")]
    file: String,
    /// Number of frames
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    count: u64,
    /// Where chance starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", args.file));
    let file = BufWriter::new(File::create(&args.file).map_err(|error| unusable(&error))?);
    let mut writer = Writer::new(file, Link::Ethernet, "mcptt-conformance generate")?;
    for packet in generate::packets(args.seed, args.count) {
        packet.write(&mut writer).map_err(|error| unusable(&error))?;
    }
    writer.finish()?;
    writeln!(out, "{}: {} frames of seed {}", args.file, args.count, args.seed)?;
    Ok(Exit::AsExpected)
}
