//! `encode`: from the JSON of `decode`, or from JSON written by hand, back to octets.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::view::{self, Input};

use super::{Exit, Failure};
use crate::capture::{Link, Writer, classify};

/// Turn JSON into the octets of datagrams
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance decode --hex 80cc0002112233444d435054 --format json | mcptt-conformance encode
  mcptt-conformance encode --json '{\"name\":\"MCPT\",\"subtype\":1,\"ssrc\":287454020,\"fields\":[{\"id\":0,\"priority\":5}]}'
  mcptt-conformance decode call.pcapng --format json > call.jsonl
  mcptt-conformance encode call.jsonl --to-pcap again.pcapng

Takes what 'decode --format json' writes, one JSON value after another or in lists, and writes one line of hexadecimal
digits per datagram. The octets are those that were decoded: what the values do not say stands beside them under the key
'raw', and wins. JSON written by hand needs no such key: an object with 'packets' is a datagram of RTCP, one with 'name'
or 'packet_type' a single RTCP packet, one with 'payload_type' an RTP packet, one with 'start_line' a SIP message. A field
of TS 24.380 may also be given as {\"id\":99,\"value\":\"0102\"}.")]
pub(super) struct Args {
    /// Files with JSON; - or none reads from standard input
    #[arg(value_name = "FILE")]
    file: Vec<String>,
    /// JSON given right here
    #[arg(long, value_name = "JSON", num_args = 1.., conflicts_with = "file")]
    json: Vec<String>,
    /// Write the datagrams into a capture (pcapng) instead of digits
    #[arg(long, value_name = "FILE")]
    to_pcap: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let mut sink = Sink::new(args.to_pcap.as_deref(), out)?;
    for text in &args.json {
        encode("--json", text.as_bytes(), &mut sink)?;
    }
    let from_input = ["-".to_owned()];
    let files = if args.file.is_empty() && args.json.is_empty() { &from_input[..] } else { &args.file };
    for name in files {
        match name.as_str() {
            "-" => encode("standard input", io::stdin().lock(), &mut sink)?,
            name => {
                let file = File::open(name).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
                encode(name, BufReader::new(file), &mut sink)?;
            }
        }
    }
    if let Some((name, frames)) = sink.finish()? {
        writeln!(err, "{name}: {frames} datagrams")?;
    }
    Ok(Exit::AsExpected)
}

fn encode(name: &str, input: impl Read, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let values = serde_json::Deserializer::from_reader(input).into_iter::<Input>();
    let mut count = 0_u64;
    for value in values {
        let value = value.map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
        let list = match value {
            Input::List(values) => values,
            value => vec![value],
        };
        for value in list {
            count += 1;
            let unusable =
                |error: &dyn std::fmt::Display| Failure::Usage(format!("{name}: datagram {count}: {error}"));
            let octets = view::encode(&value).map_err(|error| unusable(&error))?;
            sink.take(&value, &octets).map_err(|error| match error {
                Failure::Usage(error) => unusable(&error),
                other => other,
            })?;
        }
    }
    Ok(())
}

/// Where the datagrams go.
enum Sink<'a> {
    Digits(&'a mut dyn Write),
    Capture { name: String, writer: Box<Writer<File>>, frames: u64 },
}

impl<'a> Sink<'a> {
    fn new(capture: Option<&str>, out: &'a mut dyn Write) -> Result<Self, Failure> {
        let Some(name) = capture else { return Ok(Sink::Digits(out)) };
        let unusable = |error: io::Error| Failure::Usage(format!("{name}: {error}"));
        let file = File::create(name).map_err(unusable)?;
        let writer = Writer::new(file, Link::Ethernet, "mcptt-conformance encode").map_err(unusable)?;
        Ok(Sink::Capture { name: name.to_owned(), writer: Box::new(writer), frames: 0 })
    }

    fn take(&mut self, value: &Input, octets: &Bytes) -> Result<(), Failure> {
        match self {
            Sink::Digits(out) => {
                let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
                writeln!(out, "{digits}")?;
            }
            Sink::Capture { writer, frames, .. } => {
                let (source, destination) = addresses(value, octets)?;
                let time = time(value, *frames)?;
                writer
                    .datagram(time, source, destination, octets, &comments(value))
                    .map_err(|error| Failure::Usage(error.to_string()))?;
                *frames += 1;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Option<(String, u64)>, Failure> {
        match self {
            Sink::Digits(out) => {
                out.flush()?;
                Ok(None)
            }
            Sink::Capture { name, writer, frames } => {
                writer.finish()?;
                Ok(Some((name, frames)))
            }
        }
    }
}

fn key<'a>(value: &'a Input, wanted: &str) -> Option<&'a Input> {
    let Input::Object(values) = value else { return None };
    values.iter().find(|(key, _)| key == wanted).map(|(_, value)| value)
}

/// As the JSON says, or addresses for documentation and the port that Wireshark knows the protocol by.
fn addresses(value: &Input, octets: &Bytes) -> Result<(SocketAddr, SocketAddr), Failure> {
    use crate::capture::Protocol;
    let port = match classify(octets) {
        Protocol::Sip => 5060,
        Protocol::Rtp => 5004,
        _ => 5005,
    };
    let address = |wanted: &str, host: u8| match key(value, wanted) {
        None => Ok(SocketAddr::from(([192, 0, 2, host], port))),
        Some(Input::Text(text)) => {
            text.parse().map_err(|_| Failure::Usage(format!("{wanted}: not an address with port")))
        }
        Some(_) => Err(Failure::Usage(format!("{wanted}: not an address with port"))),
    };
    Ok((address("src", 1)?, address("dst", 2)?))
}

/// As the JSON says, or one millisecond after the other.
fn time(value: &Input, frames: u64) -> Result<Duration, Failure> {
    let Some(given) = key(value, "time") else { return Ok(Duration::from_millis(frames)) };
    let parsed = match given {
        Input::Text(text) => seconds(text),
        _ => None,
    };
    parsed.ok_or_else(|| Failure::Usage("time: not seconds with up to nine decimals, as text".to_owned()))
}

fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = fraction.len() <= 9 && fraction.bytes().all(|octet| octet.is_ascii_digit());
    let nanos = digits.then(|| format!("{fraction:0<9}"))?.parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, nanos))
}

fn comments(value: &Input) -> Vec<String> {
    match key(value, "comments") {
        Some(Input::List(comments)) => {
            let text = |comment: &Input| match comment {
                Input::Text(text) => Some(text.clone()),
                _ => None,
            };
            comments.iter().filter_map(text).collect()
        }
        _ => Vec::new(),
    }
}
