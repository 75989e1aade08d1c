//! Our decoding against that of tshark, value by value. A difference is a bug of ours, a bug of theirs, or a clause that
//! can be read in two ways; what is known stands in `known.toml` with its reason.

pub mod known;
mod ours;
pub mod tshark;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::capture::{CaptureError, Frame, Protocol, Reader, Transport, classify};
use known::{Known, Relation};
pub use ours::Values;

/// Why there is nothing to compare.
#[derive(Debug, Error)]
pub enum DiffError {
    /// The capture cannot be opened.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The capture is damaged.
    #[error("{0}")]
    Capture(#[from] CaptureError),
    /// tshark failed.
    #[error(transparent)]
    Tshark(#[from] tshark::TsharkError),
    /// A table that is part of this program is broken.
    #[error("a table of this program is broken: {0}")]
    Table(#[from] toml::de::Error),
}

/// How tshark prints the values of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    /// Decimal, or hexadecimal after 0x.
    #[default]
    Number,
    /// As it is; white space counts once.
    Text,
    /// Hexadecimal digits, perhaps with colons.
    Octets,
    /// A start tag.
    Element,
}

impl Form {
    fn plain(self, value: &str) -> String {
        match self {
            Form::Number => match value.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).map_or(value.to_owned(), |n| n.to_string()),
                None => value.trim().parse::<i128>().map_or(value.to_owned(), |n| n.to_string()),
            },
            Form::Text => unescaped(value).split_whitespace().collect::<Vec<_>>().join(" "),
            Form::Octets => value.replace(':', "").to_ascii_lowercase(),
            Form::Element => {
                let name = value.trim_start_matches('<').split_whitespace().next().unwrap_or_default();
                name.trim_end_matches(['>', '/']).rsplit(':').next().unwrap_or_default().to_owned()
            }
        }
    }
}

/// tshark writes control characters as C does.
fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.clone().next() } else { None };
        let control = match escaped {
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('t') => '\t',
            Some('n') => '\n',
            Some('v') => '\u{b}',
            Some('f') => '\u{c}',
            Some('r') => '\r',
            Some('\\') => '\\',
            _ => {
                plain.push(c);
                continue;
            }
        };
        rest.next();
        plain.push(control);
    }
    plain
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    theirs: Vec<String>,
    ours: Vec<String>,
    #[serde(default)]
    form: Form,
}

#[derive(Deserialize)]
struct Rows {
    row: Vec<Row>,
}

impl Row {
    /// Our values, and where they are.
    fn ours(&self, values: &Values) -> Vec<(String, usize)> {
        let found = self.ours.iter().flat_map(|name| values.named(name));
        let mut all: Vec<_> = found
            .map(|found| (self.form.plain(&found.text), found.at))
            // tshark shows no text where there is none, and so do we not.
            .filter(|(value, _)| !value.is_empty())
            .collect();
        all.sort_unstable();
        all
    }

    fn theirs(&self, values: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let found = self.theirs.iter().filter_map(|name| values.get(name)).flatten();
        let mut all: Vec<_> =
            found.map(|value| self.form.plain(value)).filter(|value| !value.is_empty()).collect();
        all.sort_unstable();
        all
    }

    /// Where our values are that break into pieces in the output of tshark.
    fn cut(&self, values: &Values) -> Vec<Range<usize>> {
        let found = self.ours.iter().flat_map(|name| values.named(name));
        let cut = found.filter(|found| found.text.contains(['\0', tshark::AGGREGATOR]));
        cut.map(|found| found.at..found.at.saturating_add(1)).collect()
    }
}

/// Whether the other decoder reads all our values, but for those of the excused octets.
fn reads(theirs: &[String], ours: &[(String, usize)], excused: &[Range<usize>]) -> bool {
    let mut left: Vec<&String> = theirs.iter().collect();
    let mut needed = ours.iter().filter(|(_, at)| !excused.iter().any(|range| range.contains(at)));
    needed.all(|(value, _)| match left.iter().position(|other| *other == value) {
        Some(place) => {
            left.swap_remove(place);
            true
        }
        None => false,
    })
}

/// One row of one frame in which the two decoders differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The frame.
    pub frame: u64,
    /// Name of the row.
    pub row: String,
    /// What we read, sorted.
    pub ours: Vec<String>,
    /// What tshark reads, sorted.
    pub theirs: Vec<String>,
    /// Id of the known difference, if it is one.
    pub known: Option<String>,
}

/// The outcome of one or several comparisons.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Frames in the captures.
    pub frames: u64,
    /// Frames of which at least one value was compared.
    pub compared: u64,
    /// Values that are the same.
    pub equal: u64,
    /// Frames that both decoders refuse.
    pub both_refuse: u64,
    /// Frames of protected RTCP, which neither decoder can read.
    pub protected: u64,
    /// Equal values by row.
    pub rows: BTreeMap<String, u64>,
    /// Explained differences by id.
    pub explained: BTreeMap<String, u64>,
    /// Differences without explanation.
    pub unexplained: Vec<Difference>,
    /// Known differences that are expected in generated frames and did not occur.
    pub unmatched: Vec<String>,
}

/// The tables and the program.
pub struct Differ {
    program: String,
    rows: Vec<Row>,
    known: Vec<Known>,
    matched: BTreeSet<usize>,
    report: Report,
}

impl Differ {
    /// With the tables of this program.
    ///
    /// # Errors
    /// [`DiffError::Table`]; a test makes sure that it does not happen.
    pub fn new(program: &str) -> Result<Self, DiffError> {
        let rows = toml::from_str::<Rows>(include_str!("fields.toml"))?.row;
        let known = known::embedded()?;
        let report = Report::default();
        Ok(Self { program: program.to_owned(), rows, known, matched: BTreeSet::new(), report })
    }

    /// Compares one capture.
    ///
    /// # Errors
    /// [`DiffError`] when the capture cannot be read or tshark does not run.
    pub fn capture(&mut self, path: &Path) -> Result<(), DiffError> {
        let file = std::io::BufReader::new(std::fs::File::open(path)?);
        let mut reader = Reader::new(file)?;
        let mut frames = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
        // A message that waited behind a gap comes after frames that were recorded later.
        frames.sort_by_key(|frame| frame.number);
        let fields: BTreeSet<&str> =
            self.rows.iter().flat_map(|row| &row.theirs).map(String::as_str).collect();
        let fields: Vec<&str> = fields.into_iter().collect();
        let ports = ports(&frames);
        let mut theirs = tshark::read(&self.program, path, &ports, &fields, tshark::LateSegments::Wait)?;
        // Told to wait, it shows nothing behind a segment that never comes.
        if reader.gaps().count > 0 {
            let hasty = tshark::read(&self.program, path, &ports, &fields, tshark::LateSegments::PassOver)?;
            for (number, frame) in hasty {
                let waited = theirs.entry(number).or_default();
                if waited.values.is_empty() {
                    *waited = frame;
                }
            }
        }
        let nothing = tshark::Frame::default();
        self.report.frames += frames.len() as u64;
        // One segment may complete several messages, which tshark shows as one frame.
        for together in frames.chunk_by(|one, next| one.number == next.number) {
            let mut ours = Values::default();
            let compared = together.iter().filter(|frame| ours::values(frame, &mut ours).is_some()).count();
            if compared > 0 {
                let number = together[0].number;
                self.frame(number, compared, &ours, theirs.get(&number).unwrap_or(&nothing));
            }
        }
        Ok(())
    }

    /// Compares what a frame holds, which is one datagram or so many messages.
    fn frame(&mut self, number: u64, messages: usize, ours: &Values, theirs: &tshark::Frame) {
        if theirs.protected {
            self.report.protected += 1;
            return;
        }
        let mut compared = false;
        for row in &self.rows {
            let placed = row.ours(ours);
            let own: Vec<String> = placed.iter().map(|(value, _)| value.clone()).collect();
            let other = row.theirs(&theirs.values);
            if own.is_empty() && other.is_empty() {
                continue;
            }
            compared = true;
            if own == other {
                let count = own.len() as u64;
                self.report.equal += count;
                *self.report.rows.entry(row.name.clone()).or_default() += count;
                continue;
            }
            let relation = match (own.is_empty(), other.is_empty()) {
                (false, true) => Relation::OursOnly,
                (true, false) => Relation::TheirsOnly,
                _ => Relation::Differ,
            };
            let excuses = self.known.iter().enumerate().filter_map(|(index, known)| {
                if !known.applies(&row.name, relation, ours, theirs.malformed) {
                    return None;
                }
                let excused = if known.cut { row.cut(ours) } else { known.excuses(ours, theirs.malformed) };
                (!excused.is_empty()).then_some((index, excused))
            });
            let excuses: Vec<_> = excuses.collect();
            let one = excuses.iter().find(|(_, excused)| reads(&other, &placed, excused));
            let all: Vec<_> = excuses.iter().flat_map(|(_, excused)| excused.clone()).collect();
            // Two packets, or two fields, may each have something that tshark reads differently.
            let found = match one {
                Some((index, _)) => vec![*index],
                None if reads(&other, &placed, &all) => excuses.iter().map(|(index, _)| *index).collect(),
                None => Vec::new(),
            };
            match found.first() {
                Some(index) => {
                    *self.report.explained.entry(self.known[*index].id.clone()).or_default() += 1;
                    self.matched.extend(found);
                }
                None => self.report.unexplained.push(Difference {
                    frame: number,
                    row: row.name.clone(),
                    ours: own,
                    theirs: other,
                    known: None,
                }),
            }
        }
        self.report.compared += if compared { messages as u64 } else { 0 };
        self.report.both_refuse += u64::from(!compared && theirs.malformed);
    }

    /// What came out. `complete` says that all kinds of generated frames have been compared, so that a known difference
    /// that never occurred is out of date.
    pub fn finish(mut self, complete: bool) -> Report {
        if complete {
            let unmatched = self.known.iter().enumerate();
            let unmatched = unmatched.filter(|(index, known)| !known.rare && !self.matched.contains(index));
            self.report.unmatched =
                unmatched.map(|(_, known)| format!("{} ({})", known.id, known.rows.join(", "))).collect();
        }
        self.report
    }
}

/// Which protocol the ports of these frames carry, by transport. Where RTP and RTCP share a port, RTP is named: its
/// dissector hands RTCP on.
fn ports(frames: &[Frame]) -> tshark::Ports {
    let mut ports = BTreeMap::new();
    for frame in frames {
        let protocol = match classify(&frame.payload) {
            protocol if protocol.is_rtcp() => "rtcp",
            Protocol::Rtp => "rtp",
            Protocol::Sip => "sip",
            _ => continue,
        };
        let transport = match frame.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        let both = [frame.source.port(), frame.destination.port()];
        // One port is enough to know a stream by, and every connection has another one at its far end.
        if frame.transport == Transport::Tcp
            && both.iter().any(|port| ports.contains_key(&(transport, *port)))
        {
            continue;
        }
        for port in both {
            let known = ports.entry((transport, port)).or_insert(protocol);
            if *known == "rtcp" && protocol == "rtp" {
                *known = protocol;
            }
        }
    }
    ports
}

#[cfg(test)]
mod tests;
