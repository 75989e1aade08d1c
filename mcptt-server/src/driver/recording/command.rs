//! `mcptt-server recordings`: what was recorded, and whether it is as it was written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use super::index;
use crate::config;
use crate::driver::store::chain::verify_log;
use crate::driver::store::command::{Format, moment, quoted, report};
use crate::driver::store::events::{Logged, Wanted, query_log};

/// What is printed of each recording, as a heading and as the index names it.
const COLUMNS: [(&str, &str); 7] = [
    ("START", "start"),
    ("SECONDS", "seconds"),
    ("GROUP", "group"),
    ("TALKER", "mcptt_id"),
    ("TIER", "tier"),
    ("SEALED", "sealed"),
    ("FILE", "file"),
];

/// The arguments of `recordings`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Configuration file whose [recording] directory is read.
    #[arg(long, required_unless_present = "directory")]
    config: Option<PathBuf>,
    /// The folder of recordings itself.
    #[arg(long, conflicts_with = "config")]
    directory: Option<PathBuf>,
    /// Only recordings that have ended since then: how long ago, such as 30m, 24h or 7d, or a time such as
    /// 2026-12-01T08:00:00Z.
    #[arg(long)]
    since: Option<String>,
    /// Only recordings that had ended before then; as --since.
    #[arg(long)]
    until: Option<String>,
    /// Only recordings of this group.
    #[arg(long)]
    group: Option<String>,
    /// Only recordings of this talker.
    #[arg(long)]
    talker: Option<String>,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Look whether index and files are as they were written instead: each line of the index carries the digest of the line
    /// before it and that of its file. Prints the digest of the last line; whoever keeps it elsewhere notices later that lines are
    /// missing at the end.
    #[arg(long, conflicts_with_all = ["since", "until", "group", "talker", "format"])]
    verify: bool,
}

impl Arguments {
    /// Prints what is wanted to `out`; `now` is what the wall clock shows.
    ///
    /// # Errors
    /// The text of what is wrong with an argument, the configuration or the recordings.
    pub fn run(self, now: SystemTime, out: &mut impl Write) -> Result<(), String> {
        let folder = match (self.directory, self.config) {
            (Some(folder), _) => folder,
            (None, file) => {
                let loaded = config::load(file.as_deref()).map_err(|error| error.to_string())?;
                loaded
                    .recording
                    .ok_or("the configuration has no recording.directory: nothing is recorded")?
                    .folder
            }
        };
        if self.verify {
            return verify(&folder, out);
        }
        let time = |name: &str, text: Option<String>| {
            let wrong = |text: &str| {
                format!(
                    "--{name} {text}: expected is a duration such as 30m, 24h or 7d, or a time such as 2026-12-01T08:00:00Z"
                )
            };
            text.map(|text| moment(&text, now).ok_or_else(|| wrong(&text))).transpose()
        };
        let wanted = Wanted {
            since: time("since", self.since)?,
            until: time("until", self.until)?,
            names: vec!["recorded".to_owned()],
            about: None,
        };
        let is = |recording: &Logged, name: &str, text: &Option<String>| {
            text.as_ref().is_none_or(|text| recording.members.get(name).and_then(Value::as_str) == Some(text))
        };
        let told = |error: io::Error| format!("{}: {error}", folder.display());
        if let Some(header) = header(self.format) {
            out.write_all(header.as_bytes()).map_err(told)?;
        }
        let printed = query_log(&index::folder(&folder), &wanted, |recording| {
            match is(recording, "group", &self.group) && is(recording, "mcptt_id", &self.talker) {
                true => out.write_all(line(self.format, recording).as_bytes()),
                false => Ok(()),
            }
        });
        match printed {
            // Somebody has read enough of it.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(told(error)),
            Ok(_) => out.flush().map_err(told),
        }
    }
}

/// Says whether the chain of the index holds, and whether every file is as the index says.
fn verify(folder: &Path, out: &mut impl Write) -> Result<(), String> {
    let told = |error: io::Error| format!("{}: {error}", folder.display());
    let log = index::folder(folder);
    let chain = verify_log(&log).map_err(told)?;
    let broken = report(&chain, out).map_err(told)?;
    let (mut here, mut elsewhere, mut wrong) = (0_usize, 0_usize, Vec::new());
    let looked = query_log(&log, &Wanted::default(), |recording| {
        let text = |name: &str| recording.members.get(name).and_then(Value::as_str).unwrap_or_default();
        // The name comes from a file that somebody may have changed: it leads nowhere else.
        let file = Path::new(text("file"));
        let inside = file.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        match index::digest(&folder.join(file)) {
            _ if !inside => wrong.push(format!("{}: no name of a recording", file.display())),
            Ok((digest, _)) if digest == text("sha256") => here += 1,
            Ok(_) => wrong.push(format!("{}: was changed", file.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !text("object").is_empty() => {
                elsewhere += 1
            }
            Err(error) => wrong.push(format!("{}: {error}", file.display())),
        }
        Ok(())
    });
    looked.map_err(told)?;
    writeln!(out, "{here} files as they were written, {elsewhere} in the object store only").map_err(told)?;
    for line in &wrong {
        writeln!(out, "{line}").map_err(told)?;
    }
    match (broken, wrong.len()) {
        (0, 0) => Ok(()),
        (broken, wrong) => Err(format!(
            "the recordings were changed: the chain of their index is broken in {broken} places, {wrong} files are not what was recorded"
        )),
    }
}

fn shown(recording: &Logged, name: &str) -> String {
    match recording.members.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn header(format: Format) -> Option<String> {
    let headings = COLUMNS.map(|(heading, _)| heading.to_owned());
    match format {
        Format::Table => Some(table(&headings)),
        Format::Json => None,
        Format::Csv => Some(format!("{}\r\n", headings.join(",").to_ascii_lowercase())),
    }
}

fn line(format: Format, recording: &Logged) -> String {
    let values = COLUMNS.map(|(_, name)| shown(recording, name));
    match format {
        Format::Table => table(&values),
        Format::Json => format!("{}\n", Value::Object(recording.members.clone())),
        Format::Csv => format!("{}\r\n", values.map(|value| quoted(&value)).join(",")),
    }
}

fn table(values: &[String; COLUMNS.len()]) -> String {
    let [start, seconds, group, talker, tier, sealed, file] = values;
    format!("{start:<24}  {seconds:>8}  {group:<32}  {talker:<32}  {tier:<14}  {sealed:<6}  {file}\n")
}
