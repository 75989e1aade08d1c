//! The event log is a chain: each record carries the SHA-256 digest of the one before it, as `prev`. A record that was changed,
//! removed, put in between or moved breaks the chain behind it.
//!
//! What a chain alone cannot show: that records are missing at its end, or that all of it was written anew. Whoever needs
//! that keeps the digest that [`verify`] tells elsewhere, and looks for it later.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::events::{Logged, days};

/// What the first record of all carries.
pub(super) const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The digest of a record, without the end of its line.
pub(super) fn digest(record: &[u8]) -> String {
    Sha256::digest(record).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A record, which is a JSON object with members, as it stands behind the one with this digest.
pub(super) fn chained(record: &str, before: &str) -> String {
    let open = record.strip_suffix('}').unwrap_or(record);
    format!("{open},\"prev\":\"{before}\"}}")
}

/// The digest of the last record that can be read.
pub(super) fn end_of(folder: &Path) -> io::Result<String> {
    if !folder.is_dir() {
        return Ok(BEGINNING.to_owned());
    }
    for (_, path) in days(folder)?.into_iter().rev() {
        let mut last = None;
        for line in BufReader::new(File::open(&path)?).split(b'\n') {
            let line = line?;
            if read(&line).is_some() {
                last = Some(line);
            }
        }
        if let Some(last) = last {
            return Ok(digest(&last));
        }
    }
    Ok(BEGINNING.to_owned())
}

/// A record that does not follow from the one before it: one of the two was changed, or something between them is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

/// What the chain says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Records that were looked at.
    pub records: usize,
    /// Lines that cannot be read: cut off when power was lost, which harms the chain only if they had been whole.
    pub unreadable: usize,
    /// The day of the first record, unless it is the first of all: what was before is kept no longer.
    pub from: Option<String>,
    /// Digest of the last record, 64 hexadecimal digits.
    pub last: String,
    /// Where the chain is broken.
    pub breaks: Vec<Break>,
}

/// Follows the chain of the event log in a data folder from its first record to its last.
///
/// # Errors
/// The error of the operating system for a folder or file that cannot be read.
pub fn verify(data_folder: &Path) -> io::Result<Verified> {
    verify_log(&data_folder.join("events"))
}

/// The same for any log of this kind.
pub(in crate::driver) fn verify_log(log: &Path) -> io::Result<Verified> {
    let mut verified = Verified { last: BEGINNING.to_owned(), ..Verified::default() };
    for (day, path) in days(log)? {
        for (line, number) in BufReader::new(File::open(&path)?).split(b'\n').zip(1..) {
            let line = line?;
            let Some(record) = read(&line) else {
                verified.unreadable += usize::from(!line.is_empty());
                continue;
            };
            let before = record.members.get("prev").and_then(Value::as_str);
            let first = verified.records == 0;
            match before {
                Some(before) if before == verified.last => {}
                Some(_) if first => verified.from = Some(day.clone()),
                _ => verified.breaks.push(Break { path: path.clone(), line: number }),
            }
            verified.records += 1;
            verified.last = digest(&line);
        }
    }
    Ok(verified)
}

fn read(line: &[u8]) -> Option<Logged> {
    Logged::read(std::str::from_utf8(line).ok()?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::super::events::EventLog;
    use super::*;

    const DAY: i64 = 86_400_000;

    fn record(at: i64) -> String {
        format!(r#"{{"v":1,"at":{at},"plane":"call-control","event":"refused","number":{at}}}"#)
    }

    fn append(folder: &Path, times: &[i64]) {
        let mut log = EventLog::new(folder.join("events"), Duration::from_secs(5 * 86_400));
        let lines: Vec<String> = times.iter().map(|at| record(*at)).collect();
        log.append(lines.iter().map(String::as_str)).unwrap();
    }

    /// Two days, written by two runs of the server.
    fn log(name: &str) -> (PathBuf, PathBuf) {
        let folder = std::env::temp_dir().join(format!("mcptt-chain-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        append(&folder, &[1, 2, 3]);
        append(&folder, &[4]);
        append(&folder, &[DAY, DAY + 1]);
        let first = folder.join("events/1970-01-01.jsonl");
        (folder, first)
    }

    fn breaks(folder: &Path) -> Vec<usize> {
        let found = verify(folder).unwrap().breaks.into_iter().map(|found| found.line).collect();
        fs::remove_dir_all(folder).unwrap();
        found
    }

    fn edit(path: &Path, edit: impl Fn(&mut Vec<String>)) {
        let mut lines: Vec<String> = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
        edit(&mut lines);
        fs::write(path, lines.join("\n") + "\n").unwrap();
    }

    #[test]
    fn the_chain_goes_on_over_days_and_runs_of_the_server() {
        let (folder, first) = log("whole");
        let whole = verify(&folder).unwrap();
        let last = fs::read_to_string(folder.join("events/1970-01-02.jsonl")).unwrap();
        let last = digest(last.lines().last().unwrap().as_bytes());
        let expected = Verified { records: 6, unreadable: 0, from: None, last, breaks: Vec::new() };
        assert_eq!(whole, expected);
        // What is too old goes, and the rest is still a chain.
        fs::remove_file(first).unwrap();
        let rest = verify(&folder).unwrap();
        assert_eq!((rest.records, rest.from.as_deref(), rest.breaks.len()), (2, Some("1970-01-02"), 0));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_changed_removed_put_in_or_moved_is_found() {
        let (folder, first) = log("changed");
        edit(&first, |lines| lines[1] = lines[1].replace("\"number\":2", "\"number\":7"));
        assert_eq!(breaks(&folder), [3]);
        let (folder, first) = log("removed");
        edit(&first, |lines| drop(lines.remove(1)));
        assert_eq!(breaks(&folder), [2]);
        let (folder, first) = log("put-in");
        edit(&first, |lines| lines.insert(1, record(2)));
        assert_eq!(breaks(&folder), [2, 3]);
        let (folder, first) = log("moved");
        edit(&first, |lines| lines.swap(1, 2));
        assert_eq!(breaks(&folder), [2, 3, 4]);
        let (folder, first) = log("made-unreadable");
        edit(&first, |lines| lines[1].truncate(20));
        assert_eq!(breaks(&folder), [3]);
        let (folder, first) = log("last-of-a-day");
        edit(&first, |lines| drop(lines.pop()));
        assert_eq!(breaks(&folder), [1]);
    }

    #[test]
    fn a_line_that_the_loss_of_power_cut_off_breaks_nothing() {
        let (folder, _) = log("torn");
        let second = folder.join("events/1970-01-02.jsonl");
        let torn = fs::read_to_string(&second).unwrap() + "{\"v\":1,\"at\":864";
        fs::write(&second, torn).unwrap();
        append(&folder, &[DAY + 2]);
        let verified = verify(&folder).unwrap();
        assert_eq!((verified.records, verified.unreadable, verified.breaks.len()), (7, 1, 0));
        fs::remove_dir_all(&folder).unwrap();
    }
}
