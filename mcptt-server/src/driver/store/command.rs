//! `mcptt-server events`: what the event log says, as a table, JSON lines or CSV.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mcptt_codec::xml::date_time;

use super::chain;
use super::events::{Logged, Wanted, query};
use crate::config;

/// How events are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns that a person reads.
    #[default]
    Table,
    /// One JSON object a line, as in the log.
    Json,
    /// Comma separated values (RFC 4180) with a header line.
    Csv,
}

/// The arguments of `events`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Configuration file whose [store] data-dir is read.
    #[arg(long, required_unless_present = "data_dir")]
    config: Option<PathBuf>,
    /// The data folder itself.
    #[arg(long, conflicts_with = "config")]
    data_dir: Option<PathBuf>,
    /// Only events since then: how long ago, such as 30m, 24h or 7d, or a time such as 2026-12-01T08:00:00Z.
    #[arg(long)]
    since: Option<String>,
    /// Only events before then; as --since.
    #[arg(long)]
    until: Option<String>,
    /// Only events of this name, such as refused; may be repeated.
    #[arg(long = "event")]
    names: Vec<String>,
    /// Only events that mention this: a user, a group, a number of a call.
    #[arg(long)]
    about: Option<String>,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Look whether the log is as it was written instead: each record carries the digest of the one before it. Prints the
    /// digest of the last one; whoever keeps it elsewhere notices later that records are missing at the end.
    #[arg(long, conflicts_with_all = ["since", "until", "names", "about", "format"])]
    verify: bool,
}

impl Arguments {
    /// Prints what is wanted to `out`; `now` is what the wall clock shows.
    ///
    /// # Errors
    /// The text of what is wrong with an argument, the configuration or the log.
    pub fn run(self, now: SystemTime, out: &mut impl Write) -> Result<(), String> {
        let folder = match (self.data_dir, self.config) {
            (Some(folder), _) => folder,
            (None, file) => {
                let loaded = config::load(file.as_deref()).map_err(|error| error.to_string())?;
                let data = loaded.data.ok_or("the configuration has no store.data-dir: nothing is logged")?;
                data.folder
            }
        };
        if self.verify {
            return verify(&folder, out);
        }
        let time = |name: &str, text: Option<String>| {
            text.map(|text| moment(&text, now).ok_or_else(|| {
                format!("--{name} {text}: expected is a duration such as 30m, 24h or 7d, or a time such as 2026-12-01T08:00:00Z")
            }))
            .transpose()
        };
        let wanted = Wanted {
            since: time("since", self.since)?,
            until: time("until", self.until)?,
            names: self.names,
            about: self.about,
        };
        let format = self.format;
        let told = |error: io::Error| format!("{}: {error}", folder.display());
        if let Some(header) = header(format) {
            out.write_all(header.as_bytes()).map_err(told)?;
        }
        match query(&folder, &wanted, |event| out.write_all(line(format, event).as_bytes())) {
            // Somebody has read enough of it.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(told(error)),
            Ok(_) => out.flush().map_err(told),
        }
    }
}

/// Says whether the chain of the log holds.
fn verify(folder: &Path, out: &mut impl Write) -> Result<(), String> {
    let told = |error: io::Error| format!("{}: {error}", folder.display());
    let found = chain::verify(folder).map_err(told)?;
    match report(&found, out).map_err(told)? {
        0 => Ok(()),
        number => Err(format!("the event log was changed: its chain is broken in {number} places")),
    }
}

/// Prints what the chain of a log says; how often it is broken.
pub(in crate::driver) fn report(found: &chain::Verified, out: &mut impl Write) -> io::Result<usize> {
    let from = found.from.as_ref().map_or_else(|| "from the first".to_owned(), |day| format!("from {day}"));
    writeln!(out, "{} records {from}, {} lines unreadable", found.records, found.unreadable)?;
    writeln!(out, "last record: {}", found.last)?;
    for broken in &found.breaks {
        let (path, line) = (broken.path.display(), broken.line);
        writeln!(out, "{path}:{line}: does not follow from the record before it")?;
    }
    Ok(found.breaks.len())
}

/// A time, or how long ago, in seconds since 1970.
pub(in crate::driver) fn moment(text: &str, now: SystemTime) -> Option<i64> {
    if let Some(seconds) = date_time::to_unix(text) {
        return Some(seconds);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let ago = Duration::from_secs(number.checked_mul(unit)?);
    let then = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.saturating_sub(ago);
    i64::try_from(then.as_secs()).ok()
}

fn header(format: Format) -> Option<String> {
    match format {
        Format::Table => Some(format!("{:<24}  {:<26}  DETAILS\n", "TIME", "EVENT")),
        Format::Json => None,
        Format::Csv => Some("time,event,details\r\n".to_owned()),
    }
}

fn line(format: Format, event: &Logged) -> String {
    match format {
        Format::Table => format!("{}  {:<26}  {}\n", event.time(), event.name, event.details()),
        Format::Json => {
            format!("{}\n", serde_json::Value::Object(event.members.clone()))
        }
        Format::Csv => {
            let fields = [event.time(), event.name.clone(), event.details()];
            format!("{}\r\n", fields.map(|field| quoted(&field)).join(","))
        }
    }
}

/// A field as RFC 4180 has it.
pub(in crate::driver) fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let table = [
            ("30m", Some(998_200)),
            ("1d", Some(913_600)),
            ("2000000s", Some(0)),
            ("1970-01-02T00:00:00Z", Some(86_400)),
            ("yesterday", None),
            ("30", None),
            ("", None),
            ("9999999999999999999d", None),
        ];
        for (text, expected) in table {
            assert_eq!(moment(text, now), expected, "{text}");
        }
    }

    #[test]
    fn verify_tells_where_the_log_was_changed() {
        let folder = std::env::temp_dir().join(format!("mcptt-verify-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let arguments = || Arguments {
            config: None,
            data_dir: Some(folder.clone()),
            since: None,
            until: None,
            names: Vec::new(),
            about: None,
            format: Format::Table,
            verify: true,
        };
        let run = || {
            let mut out = Vec::new();
            let outcome = arguments().run(SystemTime::UNIX_EPOCH, &mut out);
            (outcome, String::from_utf8(out).unwrap())
        };
        let mut log = super::super::events::EventLog::new(folder.join("events"), Duration::from_secs(86_400));
        let record = |at: u8| format!(r#"{{"v":1,"at":{at},"plane":"call-control","event":"refused"}}"#);
        log.append([record(1).as_str(), record(2).as_str()].into_iter()).unwrap();
        let (outcome, said) = run();
        assert_eq!(outcome, Ok(()));
        assert!(said.starts_with("2 records from the first, 0 lines unreadable\nlast record: "), "{said}");
        let file = folder.join("events/1970-01-01.jsonl");
        let changed = std::fs::read_to_string(&file).unwrap().replace("\"at\":1,", "\"at\":9,");
        std::fs::write(&file, changed).unwrap();
        let (outcome, said) = run();
        assert!(outcome.unwrap_err().contains("broken in 1 places"));
        assert!(said.contains("1970-01-01.jsonl:2: does not follow"), "{said}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn fields_are_quoted_where_csv_asks_for_it() {
        assert_eq!(["a b", "a,b", "say \"x\""].map(quoted), ["a b", "\"a,b\"", "\"say \"\"x\"\"\""]);
    }
}
