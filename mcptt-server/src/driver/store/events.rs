//! The event log: one JSON object a line, one file a day, readable while the server runs.
//!
//! A line that was not written to its end, because power was lost, is left out when reading; it was not acknowledged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcptt_codec::xml::date_time;
use serde_json::Value;

use super::{chain, make_private};

const EXTENSION: &str = "jsonl";

/// What appends.
pub(in crate::driver) struct EventLog {
    folder: PathBuf,
    retention: Duration,
    /// The file of the present day, and which day that is.
    open: Option<(String, File)>,
    /// Digest of the last record, once it is known.
    last: Option<String>,
}

impl EventLog {
    pub const fn new(folder: PathBuf, retention: Duration) -> Self {
        Self { folder, retention, open: None, last: None }
    }

    /// Appends lines and waits until they are on the disk. What was written of them before an error is taken back.
    pub fn append<'a>(&mut self, lines: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let mut lines = lines.peekable();
        let Some(first) = lines.peek() else { return Ok(()) };
        let at = time_of(first).unwrap_or_default();
        let mut last = match self.last.take() {
            Some(last) => last,
            None => chain::end_of(&self.folder)?,
        };
        let mut text = Vec::new();
        for line in lines {
            let record = chain::chained(line, &last);
            last = chain::digest(record.as_bytes());
            text.extend_from_slice(record.as_bytes());
            text.push(b'\n');
        }
        let file = self.file_of(at)?;
        let before = file.metadata()?.len();
        let written = file.write_all(&text).and_then(|()| file.sync_data());
        if written.is_err() {
            // Nothing better can be done: a line that is not whole is left out when reading.
            let _ = file.set_len(before);
            self.open = None;
        } else {
            self.last = Some(last);
        }
        written
    }

    fn file_of(&mut self, at: i64) -> io::Result<&mut File> {
        let day = day_of(at);
        if self.open.as_ref().is_none_or(|(open, _)| *open != day) {
            make_private(&self.folder)?;
            let path = self.folder.join(format!("{day}.{EXTENSION}"));
            let mut file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path)?;
            // A line that was cut off by the end of an earlier run must not swallow the next one.
            if !ends_with_line(&path)? {
                file.write_all(b"\n")?;
            }
            File::open(&self.folder)?.sync_all()?;
            self.open = Some((day, file));
            self.remove_old(at);
        }
        match &mut self.open {
            Some((_, file)) => Ok(file),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn remove_old(&self, now: i64) {
        let kept = i64::try_from(self.retention.as_secs()).unwrap_or(i64::MAX);
        let oldest = day_of(now.saturating_sub(kept));
        for (day, path) in days(&self.folder).unwrap_or_default() {
            if day < oldest
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(path = %path.display(), %error, "an old event log stays");
            }
        }
    }
}

fn ends_with_line(path: &Path) -> io::Result<bool> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Seconds since 1970 of a line.
fn time_of(line: &str) -> Option<i64> {
    let value: Value = serde_json::from_str(line).ok()?;
    value.get("at")?.as_i64().map(|milliseconds| milliseconds.div_euclid(1000))
}

fn day_of(seconds: i64) -> String {
    date_time::from_unix(seconds).get(..10).unwrap_or_default().to_owned()
}

/// The files of the log by day, the oldest first.
pub(super) fn days(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let (Some(day), true) = (
            path.file_stem().and_then(|name| name.to_str()),
            path.extension().is_some_and(|extension| extension == EXTENSION),
        ) {
            found.push((day.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}

/// What of the log is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Not before this, seconds since 1970.
    pub since: Option<i64>,
    /// Before this, seconds since 1970.
    pub until: Option<i64>,
    /// Events of this name, such as `refused`. Empty: of every name.
    pub names: Vec<String>,
    /// Events that mention this, in any of their members: a user, a group, a call.
    pub about: Option<String>,
}

/// One event of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// Milliseconds since 1970.
    pub at: i64,
    /// Its name.
    pub name: String,
    /// Its members, as they are in the log.
    pub members: serde_json::Map<String, Value>,
}

impl Logged {
    pub(super) fn read(line: &str) -> Option<Self> {
        let Ok(Value::Object(members)) = serde_json::from_str(line) else { return None };
        let at = members.get("at")?.as_i64()?;
        let name = members.get("event").and_then(Value::as_str);
        // What a node says about itself has its name where the events of the planes have their plane.
        let name = name.or_else(|| members.get("plane").and_then(Value::as_str))?.to_owned();
        Some(Self { at, name, members })
    }

    fn is(&self, wanted: &Wanted) -> bool {
        let seconds = self.at.div_euclid(1000);
        wanted.since.is_none_or(|since| seconds >= since)
            && wanted.until.is_none_or(|until| seconds < until)
            && (wanted.names.is_empty() || wanted.names.contains(&self.name))
            && wanted.about.as_ref().is_none_or(|about| {
                self.members.values().any(|value| match value {
                    Value::String(text) => text == about,
                    other => {
                        let shown = other.to_string();
                        shown == *about
                    }
                })
            })
    }

    /// Everything that is not time, name or envelope, as `name=value`.
    pub fn details(&self) -> String {
        let envelope = ["v", "at", "plane", "event", "prev"];
        let rest = self
            .members
            .iter()
            .filter(|(name, value)| !envelope.contains(&name.as_str()) && !value.is_null());
        let mut shown: Vec<String> = rest
            .map(|(name, value)| match value {
                Value::String(text) => format!("{name}={text}"),
                other => format!("{name}={other}"),
            })
            .collect();
        shown.sort();
        shown.join(" ")
    }

    /// The time as `xs:dateTime` with milliseconds.
    pub fn time(&self) -> String {
        let seconds = date_time::from_unix(self.at.div_euclid(1000));
        format!("{}.{:03}Z", seconds.trim_end_matches('Z'), self.at.rem_euclid(1000))
    }
}

/// Hands every event that is wanted to `take`, the oldest first. Lines that cannot be read are counted, not an error.
///
/// # Errors
/// The error of the operating system for a folder or file that cannot be read, or that of `take`.
pub fn query(
    data_folder: &Path,
    wanted: &Wanted,
    take: impl FnMut(&Logged) -> io::Result<()>,
) -> io::Result<usize> {
    query_log(&data_folder.join("events"), wanted, take)
}

/// The same of any log of this kind.
pub(in crate::driver) fn query_log(
    log: &Path,
    wanted: &Wanted,
    mut take: impl FnMut(&Logged) -> io::Result<()>,
) -> io::Result<usize> {
    let mut unreadable = 0;
    for (day, path) in days(log)? {
        let outside = wanted.since.is_some_and(|since| day < day_of(since))
            || wanted.until.is_some_and(|until| day > day_of(until));
        if outside {
            continue;
        }
        for line in BufReader::new(File::open(&path)?).lines() {
            let line = line?;
            match Logged::read(&line) {
                Some(event) if event.is(wanted) => take(&event)?,
                Some(_) => {}
                None => unreadable += usize::from(!line.is_empty()),
            }
        }
    }
    Ok(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mcptt-events-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn line(at: i64, event: &str, further: &str) -> String {
        format!(r#"{{"v":1,"at":{at},"plane":"call-control","event":"{event}"{further}}}"#)
    }

    fn found(folder: &Path, wanted: &Wanted) -> (Vec<String>, usize) {
        let mut all = Vec::new();
        let unreadable = query(folder, wanted, |event| {
            all.push(format!("{} {} {}", event.time(), event.name, event.details()));
            Ok(())
        })
        .unwrap();
        (all, unreadable)
    }

    #[test]
    fn events_are_found_by_time_name_and_what_they_are_about() {
        let folder = folder("found");
        let mut log = EventLog::new(folder.join("events"), Duration::from_secs(1_000_000_000));
        let day = 86_400_000;
        let lines = [
            line(1_500, "registered", r#","public_user_id":"sip:a@x","expires":60"#),
            line(2_000, "refused", r#","mcptt_id":"sip:b@x","group":null"#),
        ];
        log.append(lines.iter().map(String::as_str)).unwrap();
        log.append([line(day + 1, "refused", "").as_str()].into_iter()).unwrap();
        assert_eq!(
            found(&folder, &Wanted::default()),
            (
                vec![
                    "1970-01-01T00:00:01.500Z registered expires=60 public_user_id=sip:a@x".to_owned(),
                    "1970-01-01T00:00:02.000Z refused mcptt_id=sip:b@x".to_owned(),
                    "1970-01-02T00:00:00.001Z refused ".to_owned(),
                ],
                0
            )
        );
        let count = |wanted: Wanted| found(&folder, &wanted).0.len();
        assert_eq!(count(Wanted { since: Some(2), ..Wanted::default() }), 2);
        assert_eq!(count(Wanted { until: Some(2), ..Wanted::default() }), 1);
        assert_eq!(count(Wanted { names: vec!["refused".into()], ..Wanted::default() }), 2);
        assert_eq!(count(Wanted { about: Some("sip:b@x".into()), ..Wanted::default() }), 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_line_that_was_cut_off_harms_no_other_and_old_days_go() {
        let folder = folder("torn");
        let path = folder.join("events");
        make_private(&path).unwrap();
        fs::write(path.join("1970-01-11.jsonl"), "{\"v\":1,\"at\":86400").unwrap();
        fs::write(path.join("1970-01-01.jsonl"), line(1, "old", "")).unwrap();
        let mut log = EventLog::new(path.clone(), Duration::from_secs(5 * 86_400));
        log.append([line(10 * 86_400_000, "new", "").as_str()].into_iter()).unwrap();
        assert_eq!(found(&folder, &Wanted::default()), (vec!["1970-01-11T00:00:00.000Z new ".to_owned()], 1));
        assert!(!path.join("1970-01-01.jsonl").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
