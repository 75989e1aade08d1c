//! Targets that the tester starts and resets.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use super::TargetFile;

/// Lines that are kept of what the target says.
const LINES: usize = 200;

/// A process of the target, ended when dropped.
pub(super) struct Process {
    child: Child,
    said: Receiver<String>,
    config: PathBuf,
}

impl Process {
    /// Starts the target for a case. The file with its configuration carries `name`.
    pub(super) fn start(target: &TargetFile, change: &str, name: &str) -> Result<Self, String> {
        let control = target.control.as_ref().ok_or("there is no table control")?;
        let (program, arguments) = control.start.split_first().ok_or("control.start names no program")?;
        let mut table = target.table(change).map_err(|error| error.to_string())?;
        let ixit = &target.ixit;
        let place = |table: &mut toml::Table, section: &str, key: &str, value: String| {
            let section =
                table.entry(section.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(section) = section.as_table_mut() {
                section.insert(key.to_owned(), toml::Value::String(value));
            }
        };
        place(&mut table, "sip", "participating", ixit.participating.to_string());
        if let Some(controlling) = ixit.controlling {
            place(&mut table, "sip", "controlling", controlling.to_string());
        }
        let folder = std::env::temp_dir().join(format!("mcptt-conformance-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let config = folder.join(format!("{name}.toml"));
        std::fs::write(&config, table.to_string())
            .map_err(|error| format!("{}: {error}", config.display()))?;
        let arguments = arguments.iter().map(|one| one.replace("{config}", &config.to_string_lossy()));
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("control.start: {program}: {error}"))?;
        let (sender, said) = sync_channel(LINES);
        if let Some(log) = child.stderr.take() {
            // Keeps the pipe empty, or the target would block on its log. What does not fit any more is not kept.
            std::thread::spawn(move || {
                for line in BufReader::new(log).split(b'\n').map_while(Result::ok) {
                    let _ = sender.try_send(String::from_utf8_lossy(&line).into_owned());
                }
            });
        }
        Ok(Self { child, said, config })
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        let last = self.said.try_iter().last().unwrap_or_default();
        Some(format!("the target has ended by itself: {status} {last}").trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.config);
    }
}

/// Runs the program that makes the target forget everything.
pub(super) fn reset(arguments: &[String]) -> Result<(), String> {
    let Some((program, arguments)) = arguments.split_first() else { return Ok(()) };
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("control.reset: {program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("control.reset: {program}: {status}")) }
}
