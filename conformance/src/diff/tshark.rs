//! Runs tshark and takes its field values, never its summary column.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use thiserror::Error;

/// Why tshark gave no values.
#[derive(Debug, Error)]
pub enum TsharkError {
    /// It is not installed, or not where it was said to be.
    #[error("{program} cannot be started ({error}); install tshark or name it with --tshark")]
    Missing {
        /// What was to be started.
        program: String,
        /// Why it was not.
        error: std::io::Error,
    },
    /// It ended with an error.
    #[error("tshark refuses: {0}")]
    Refused(String),
    /// Its output broke off.
    #[error("cannot read what tshark writes: {0}")]
    Output(#[from] std::io::Error),
}

/// Separates columns.
const SEPARATOR: char = '\t';
/// Separates the values of one column; hardly ever part of a text.
pub(super) const AGGREGATOR: char = '\u{1f}';
/// Shown by tshark when it stopped reading a frame.
const MALFORMED: &str = "_ws.malformed";
/// Shown by tshark where the session description says that RTCP is protected.
const PROTECTED: &str = "srtcp";

/// What tshark reads in one frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Values by display field, in the order of the frame.
    pub values: BTreeMap<String, Vec<String>>,
    /// Whether it stopped with "malformed packet".
    pub malformed: bool,
    /// Whether it is RTCP under keys that nobody here has: whatever stands behind its first eight octets says nothing.
    pub protected: bool,
}

/// Its first line of `--version`.
pub fn version(program: &str) -> Result<String, TsharkError> {
    let missing = |error| TsharkError::Missing { program: program.to_owned(), error };
    let output = Command::new(program).arg("--version").output().map_err(missing)?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

/// Which protocol a port of a transport (`udp` or `tcp`) carries.
pub type Ports = BTreeMap<(&'static str, u16), &'static str>;

/// What is done where a TCP segment is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateSegments {
    /// Those behind it wait for it, in case it comes out of order.
    Wait,
    /// Those behind it are read at once.
    PassOver,
}

/// Reads a capture; `ports` says which port carries which protocol. Frames are keyed by their number.
pub fn read(
    program: &str,
    capture: &Path,
    ports: &Ports,
    fields: &[&str],
    late: LateSegments,
) -> Result<BTreeMap<u64, Frame>, TsharkError> {
    let mut command = Command::new(program);
    command.arg("-n").arg("-r").arg(capture).args([
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "occurrence=a",
    ]);
    command.args(["-E", &format!("aggregator={AGGREGATOR}")]);
    // Payload type 99 would be taken for redundant audio, which takes the payload apart.
    command.args(["-d", "rtp.pt==99,data"]);
    if late == LateSegments::Wait {
        command.args(["-o", "tcp.reassemble_out_of_order:TRUE"]);
    }
    for ((transport, port), protocol) in ports {
        command.args(["-d", &format!("{transport}.port=={port},{protocol}")]);
    }
    for field in ["frame.number", MALFORMED, PROTECTED].iter().chain(fields) {
        command.args(["-e", field]);
    }
    let missing = |error| TsharkError::Missing { program: program.to_owned(), error };
    let mut child = command
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(missing)?;
    // Both pipes are emptied at once: tshark says little on the second, but it might.
    let mut errors = child.stderr.take();
    let complaints = std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = errors.as_mut().map(|errors| errors.read_to_end(&mut text));
        drop(read);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut frames = BTreeMap::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            frames.extend(frame(&line, fields));
        }
    }
    let status = child.wait()?;
    let complaints = complaints.join().unwrap_or_default();
    if status.success() { Ok(frames) } else { Err(TsharkError::Refused(complaints.trim().to_owned())) }
}

fn frame(line: &str, fields: &[&str]) -> Option<(u64, Frame)> {
    let mut columns = line.split(SEPARATOR);
    let number = columns.next()?.parse().ok()?;
    let malformed = columns.next().is_some_and(|text| !text.is_empty());
    let protected = columns.next().is_some_and(|text| !text.is_empty());
    let values = fields
        .iter()
        .zip(columns)
        .filter(|(_, column)| !column.is_empty())
        .map(|(field, column)| ((*field).to_owned(), column.split(AGGREGATOR).map(str::to_owned).collect()))
        .collect();
    Some((number, Frame { values, malformed, protected }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_columns_becomes_values() {
        let (number, frame) = frame("7\t\t\t1\u{1f}2\t\tx", &["a", "b", "c"]).unwrap();
        assert_eq!((number, frame.malformed, frame.protected), (7, false, false));
        assert_eq!(frame.values["a"], ["1", "2"]);
        assert_eq!(frame.values.get("b"), None);
        assert_eq!(frame.values["c"], ["x"]);
        assert!(super::frame("8\t\tSecure\t", &[]).unwrap().1.protected);
        assert_eq!(super::frame("", &[]), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = version("/nowhere/tshark").unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/tshark cannot be started"), "{error}");
    }
}
