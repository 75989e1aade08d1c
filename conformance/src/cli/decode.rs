//! `decode`: what is inside datagrams given as digits, or inside the frames of a capture.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use bytes::Bytes;
use clap::ValueEnum;

use super::{Exit, Failure};
use crate::capture::{Gaps, Reader};
use crate::decode::{self, Decoded, Kind};

/// Show what is inside datagrams or captures
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance decode --hex 80cc0002112233444d435054
  mcptt-conformance decode --hex '80 cc 00 02' --format json
  mcptt-conformance decode --hex 80600001000000a011223344ffff --as rtp
  mcptt-conformance decode call.pcapng
  mcptt-conformance decode --format fields call.pcap | grep floor_priority
  tcpdump -w - udp | mcptt-conformance decode -

A datagram given as digits is told by its first octets unless --as says what it is, and taken as RTCP when they say
nothing. Frames of a capture are told apart in the same way; what is no UDP datagram is counted on the error stream.
Protected media and floor control show their headers only. Offsets count octets from the start of the datagram; in JSON
those of fields and deviations count from the start of their packet. 'encode' makes octets of the JSON again.")]
pub(super) struct Args {
    /// Datagrams as hexadecimal digits; blanks and colons between them do not matter
    #[arg(long, value_name = "HEX", num_args = 1.., conflicts_with = "file")]
    hex: Vec<String>,
    /// Captures, pcap or pcapng; - reads from standard input
    #[arg(value_name = "FILE", required_unless_present = "hex")]
    file: Vec<String>,
    /// What the digits are
    #[arg(long = "as", value_enum, default_value_t = Kind::Auto, requires = "hex")]
    kind: Kind,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Form::Tree)]
    format: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Indented, for people
    Tree,
    /// One JSON object per datagram and line
    Json,
    /// One value per line, path and value
    Fields,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    // All digits are read before anything is written, so that a slip of the pen yields one message and no half output.
    let datagrams = args.hex.iter().map(|text| digits(text)).collect::<Result<Vec<_>, _>>()?;
    for (index, datagram) in datagrams.iter().enumerate() {
        show(&decode::datagram_as(datagram, args.kind), args.format, &(index + 1).to_string(), out)?;
    }
    let mut exit = Exit::AsExpected;
    for name in &args.file {
        exit = exit.and(capture(name, args.format, out, err)?);
    }
    Ok(exit)
}

fn capture(name: &str, format: Form, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::Usage(format!("{name}: {error}"));
    let input: Box<dyn Read> = match name {
        "-" => Box::new(io::stdin().lock()),
        name => Box::new(BufReader::new(File::open(name).map_err(|error| unusable(&error))?)),
    };
    let mut reader = Reader::new(input).map_err(|error| unusable(&error))?;
    let mut frames = 0_u64;
    for frame in reader.by_ref() {
        match frame {
            Ok(frame) => {
                frames += 1;
                show(&decode::frame(&frame), format, &frame.number.to_string(), out)?;
            }
            Err(error) => {
                // What was read before stays useful, and must not be torn apart by the complaint.
                out.flush()?;
                return Err(unusable(&error));
            }
        }
    }
    out.flush()?;
    writeln!(err, "{name}: {} packets, {frames} datagrams, {}", reader.packets(), reader.skipped())?;
    let gaps = reader.gaps();
    if gaps != Gaps::default() {
        writeln!(
            err,
            "{name}: SIP over TCP has {} gaps ({} octets are missing) and {} places that cannot be read",
            gaps.count, gaps.octets, gaps.broken
        )?;
    }
    Ok(Exit::AsExpected)
}

fn show(decoded: &Decoded, format: Form, number: &str, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Form::Tree => decode::tree(decoded, out),
        Form::Fields => decode::fields(decoded, number, out),
        Form::Json => {
            serde_json::to_writer(&mut *out, decoded)?;
            writeln!(out)
        }
    }
}

/// Hexadecimal digits to octets.
fn digits(text: &str) -> Result<Bytes, Failure> {
    let stripped = text.trim().trim_start_matches("0x").trim_start_matches("0X");
    let mut digits = Vec::new();
    for (place, c) in stripped.chars().enumerate().filter(|(_, c)| !c.is_whitespace() && *c != ':') {
        let digit = c.to_digit(16).ok_or_else(|| {
            Failure::Usage(format!(
                "--hex: character {} is '{}', not a hexadecimal digit",
                place + 1,
                c.escape_debug()
            ))
        })?;
        digits.push(digit as u8);
    }
    if !digits.len().is_multiple_of(2) {
        return Err(Failure::Usage(format!("--hex: {} digits do not make whole octets", digits.len())));
    }
    Ok(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
