//! The index of recordings: a log like that of events, one line for each recording, each with the digest of the line before it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcptt_codec::xml::date_time;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::driver::store::events::EventLog;

/// Where it is in the folder of recordings.
pub(super) fn folder(recordings: &Path) -> PathBuf {
    recordings.join("index")
}

/// What appends.
pub(super) struct Index {
    log: EventLog,
    /// The time of the last line: days follow each other, whatever a clock that was set says.
    last: u64,
}

impl Index {
    pub fn new(recordings: &Path, retention: Duration) -> Self {
        Self { log: EventLog::new(folder(recordings), retention), last: 0 }
    }

    /// Adds a recording and waits until that is on the disk. `at`: milliseconds since 1970.
    pub fn append(&mut self, at: u64, recording: &Map<String, Value>) -> io::Result<()> {
        let at = self.last.max(at);
        let mut line = Map::new();
        line.insert("v".to_owned(), 1.into());
        line.insert("at".to_owned(), at.into());
        line.insert("event".to_owned(), "recorded".into());
        line.extend(recording.iter().map(|(name, value)| (name.clone(), value.clone())));
        let line = Value::Object(line).to_string();
        self.log.append([line.as_str()].into_iter())?;
        self.last = at;
        Ok(())
    }
}

/// Milliseconds since 1970 as a time with milliseconds.
pub(super) fn time(milliseconds: u64) -> String {
    let seconds = date_time::from_unix(i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX));
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), milliseconds % 1_000)
}

/// The digest of a file, 64 hexadecimal digits, and its length.
pub(super) fn digest(path: &Path) -> io::Result<(String, u64)> {
    let (mut file, mut digest, mut octets) = (File::open(path)?, Sha256::new(), 0_u64);
    let mut buffer = vec![0; 65_536];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        digest.update(&buffer[..length]);
        octets = octets.saturating_add(length as u64);
    }
    Ok((digest.finalize().iter().map(|octet| format!("{octet:02x}")).collect(), octets))
}
