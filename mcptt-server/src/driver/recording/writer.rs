//! The thread that writes recordings.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::archive::Archive;
use super::format::Kind;
use super::index::{self, Index};
use super::medium::Medium;
use super::spurt::Spurt;
use super::{Counts, count, recover};
use crate::config::RecordingFolder;
use crate::driver::clock;
use crate::driver::store::events::{Wanted, query_log};
use crate::driver::store::make_private;
use crate::node::{AboutSpurt, Record, SpurtRef};

/// How often everything is brought to the disk. Together with half a second that a page may wait this is less than a second.
const TICK: Duration = Duration::from_millis(400);
/// A talk spurt of which nothing is heard for this long has ended, although nobody has said so.
const FORGOTTEN: Duration = Duration::from_secs(120);
/// How often what could not be completed is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// Names that are tried for a file before it is given up.
const NAMES: u32 = 100;

/// What is appended to the name of a file whose recording is open, and to that of one that has to be copied.
const OPEN: &str = "open";
pub(super) const TO_COPY: &str = "copy";

/// What writes.
pub(super) struct Writer<M> {
    folder: PathBuf,
    retention: Duration,
    medium: M,
    archive: Option<Archive>,
    counts: Arc<Counts>,
    index: Index,
    open: HashMap<(usize, SpurtRef), Spurt>,
    /// Notes of files that could not be completed, and when that is tried again.
    torn: Vec<PathBuf>,
    again: Instant,
    /// The day whose folder is there.
    day: String,
    /// Folders that have new files.
    fresh: HashSet<PathBuf>,
    /// Whether the last thing that was written is on the disk: the log says when that changes.
    works: bool,
}

impl<M: Medium> Writer<M> {
    pub fn new(settings: &RecordingFolder, medium: M, archive: Option<Archive>, counts: Arc<Counts>) -> Self {
        Self {
            folder: settings.folder.clone(),
            retention: settings.retention,
            medium,
            archive,
            counts,
            index: Index::new(&settings.folder, settings.retention),
            open: HashMap::new(),
            torn: Vec::new(),
            again: clock::now(),
            day: String::new(),
            fresh: HashSet::new(),
            works: true,
        }
    }

    /// Completes and indexes what an earlier run has left open, and copies what it has not.
    pub fn take_up(&mut self) -> io::Result<()> {
        make_private(&index::folder(&self.folder))?;
        for day in fs::read_dir(&self.folder)? {
            let day = day?.path();
            if !day.is_dir() {
                continue;
            }
            for file in fs::read_dir(&day)? {
                let path = file?.path();
                match path.extension().and_then(|extension| extension.to_str()) {
                    Some(OPEN) => self.torn.push(path),
                    Some(TO_COPY) => self.copy(path),
                    // It was to take the place of one that is still there.
                    Some(recover::NEW) => gone(&path)?,
                    _ => {}
                }
            }
        }
        self.torn.sort();
        self.mend();
        Ok(())
    }

    /// Writes until nobody is left to give anything.
    pub fn run(mut self, waiting: &Receiver<(usize, Record)>) {
        let mut tick = clock::now() + TICK;
        loop {
            match waiting.recv_timeout(tick.saturating_duration_since(clock::now())) {
                Ok((shard, record)) => self.take(shard, record),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = clock::now();
            if now >= tick {
                tick = now + TICK;
                self.tick(now);
            }
        }
        let open: Vec<_> = self.open.keys().copied().collect();
        open.into_iter().for_each(|key| self.end(key, None));
        self.mend();
        if let Some(archive) = self.archive {
            archive.finish();
        }
    }

    fn take(&mut self, shard: usize, record: Record) {
        match record {
            Record::Begun { spurt, about } => {
                count(&self.counts.begun);
                match self.begin(&about) {
                    Ok(begun) => {
                        self.open.insert((shard, spurt), begun);
                    }
                    Err(error) => self.failed("a recording cannot be begun", &error),
                }
            }
            Record::Packet { spurt, at, packet } => {
                let Some(open) = self.open.get_mut(&(shard, spurt)) else {
                    return count(&self.counts.dropped);
                };
                match open.take(at, clock::now(), &packet) {
                    Ok(()) => count(&self.counts.packets),
                    Err(error) => self.tear((shard, spurt), &error),
                }
            }
            Record::Ended { spurt, at } => self.end((shard, spurt), Some(at)),
        }
    }

    fn begin(&mut self, about: &AboutSpurt) -> io::Result<Spurt> {
        let time = index::time(about.at);
        let (day, time) = (time.get(..10).unwrap_or("1970-01-01"), time.get(11..23).unwrap_or_default());
        if self.day != day {
            make_private(&self.folder.join(day))?;
            day.clone_into(&mut self.day);
            self.fresh.insert(self.folder.clone());
            self.remove_old(about.at);
        }
        let kind = Kind::of(about);
        let stem = format!("{}-{}-{}", time.replace(':', ""), about.call.0, about.leg.0);
        for number in 0..NAMES {
            let number = if number == 0 { String::new() } else { format!("-{number}") };
            let file = Path::new(day).join(format!("{stem}{number}.{}", kind.extension()));
            let path = self.folder.join(&file);
            // Nothing else has this name: the file of another moment is another file.
            let opened = match self.medium.create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                opened => opened?,
            };
            let about_it = described(about, &file);
            let note = noted(&path, OPEN);
            if let Err(error) = write_note(&note, &about_it) {
                let _ = (fs::remove_file(&note), fs::remove_file(&path));
                return Err(error);
            }
            self.fresh.insert(self.folder.join(day));
            return Spurt::begin((file, opened), kind, about, about_it, clock::now())
                .inspect_err(|_| self.torn.push(note));
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// A talk spurt is over. `at`: when, if somebody has said so.
    fn end(&mut self, key: (usize, SpurtRef), at: Option<u64>) {
        let Some(spurt) = self.open.remove(&key) else { return };
        let path = self.folder.join(&spurt.file);
        let (begun, packets) = (spurt.begun, spurt.packets);
        let end = at.unwrap_or(spurt.last).max(begun);
        let finished = spurt.finish().and_then(|(mut about, lost)| {
            about.insert("packets".to_owned(), packets.into());
            about.insert("lost".to_owned(), lost.into());
            about.insert("end".to_owned(), index::time(end).into());
            about.insert("seconds".to_owned(), (end.saturating_sub(begun) as f64 / 1_000.0).into());
            about.insert("complete".to_owned(), true.into());
            self.enter(&path, end, about)
        });
        match finished {
            Ok(()) => {
                count(&self.counts.finished);
                self.works();
            }
            Err(error) => {
                self.torn.push(noted(&path, OPEN));
                self.failed("a recording cannot be completed", &error);
            }
        }
    }

    /// Puts a file that is complete into the index.
    fn enter(&mut self, path: &Path, at: u64, mut about: Map<String, Value>) -> io::Result<()> {
        let (digest, octets) = index::digest(path)?;
        about.insert("sha256".to_owned(), digest.into());
        about.insert("octets".to_owned(), octets.into());
        if let (Some(archive), Some(Value::String(file))) = (&self.archive, about.get("file")) {
            let object = archive.address_of(file);
            about.insert("object".to_owned(), object.into());
        }
        self.index.append(at, &about)?;
        let note = noted(path, OPEN);
        if self.archive.is_some() {
            let to_copy = noted(path, TO_COPY);
            write_note(&to_copy, &about)?;
            self.copy(to_copy);
        }
        match fs::remove_file(&note) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn copy(&self, note: PathBuf) {
        if let Some(archive) = &self.archive {
            archive.copy(note);
        }
    }

    /// A recording cannot go on: what there is of it is completed later.
    fn tear(&mut self, key: (usize, SpurtRef), error: &io::Error) {
        if let Some(spurt) = self.open.remove(&key) {
            self.torn.push(noted(&self.folder.join(&spurt.file), OPEN));
        }
        self.failed("a recording cannot go on", error);
    }

    fn tick(&mut self, now: Instant) {
        let mut failed = Vec::new();
        for (key, spurt) in &mut self.open {
            if let Err(error) = spurt.sync() {
                failed.push((*key, error));
            }
        }
        failed.iter().for_each(|(key, error)| self.tear(*key, error));
        for folder in std::mem::take(&mut self.fresh) {
            // Names of new files have to survive, too.
            if let Err(error) = File::open(&folder).and_then(|folder| folder.sync_all()) {
                tracing::debug!(%error, folder = %folder.display(), "not synchronised");
            }
        }
        let forgotten = |spurt: &Spurt| now.saturating_duration_since(spurt.touched) >= FORGOTTEN;
        let over: Vec<_> =
            self.open.iter().filter(|(_, spurt)| forgotten(spurt)).map(|(key, _)| *key).collect();
        over.into_iter().for_each(|key| self.end(key, None));
        if self.again <= now {
            self.again = now + AGAIN;
            self.mend();
        }
    }

    /// Completes what was torn, as far as that is possible now.
    fn mend(&mut self) {
        for note in std::mem::take(&mut self.torn) {
            if let Err(error) = self.mend_one(&note) {
                tracing::debug!(%error, note = %note.display(), "a recording that was cut off cannot be completed yet");
                self.torn.push(note);
            }
        }
    }

    fn mend_one(&mut self, note: &Path) -> io::Result<()> {
        let path = note.with_extension("");
        let about = match fs::read(note) {
            Ok(octets) => serde_json::from_slice(&octets).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(Value::Object(mut about)) = about else {
            // The note was not written to its end, so there is nothing in the file yet.
            return gone(note).and_then(|()| gone(&path));
        };
        let Some(length) = recover::complete(&path)? else {
            return gone(note).and_then(|()| gone(&path));
        };
        if self.is_indexed(&about) {
            return gone(note);
        }
        let begun = about.get("begun_ms").and_then(Value::as_u64).unwrap_or_default();
        let end = begun.saturating_add(u64::try_from(length.as_millis()).unwrap_or_default());
        about.insert("end".to_owned(), index::time(end).into());
        about.insert("seconds".to_owned(), length.as_secs_f64().into());
        about.insert("complete".to_owned(), false.into());
        self.enter(&path, end, about)?;
        count(&self.counts.recovered);
        self.works();
        Ok(())
    }

    /// Whether the index has heard of this file: its end came between that and the end of the note.
    fn is_indexed(&self, about: &Map<String, Value>) -> bool {
        let mut found = false;
        let log = index::folder(&self.folder);
        let _ = query_log(&log, &Wanted::default(), |line| {
            found |= line.members.get("file") == about.get("file");
            Ok(())
        });
        found
    }

    fn remove_old(&self, now: u64) {
        let kept = u64::try_from(self.retention.as_millis()).unwrap_or(u64::MAX);
        let oldest = index::time(now.saturating_sub(kept));
        let oldest = oldest.get(..10).unwrap_or_default();
        let Ok(folders) = fs::read_dir(&self.folder) else { return };
        for folder in folders.filter_map(Result::ok) {
            let name = folder.file_name();
            let is_day = |name: &str| {
                name.len() == oldest.len() && name.starts_with(|first: char| first.is_ascii_digit())
            };
            if name.to_str().is_some_and(|name| is_day(name) && name < oldest)
                && let Err(error) = fs::remove_dir_all(folder.path())
            {
                tracing::warn!(%error, folder = %folder.path().display(), "old recordings stay");
            }
        }
    }

    fn failed(&mut self, what: &str, error: &io::Error) {
        count(&self.counts.failed);
        if std::mem::replace(&mut self.works, false) {
            tracing::error!(%error, "{what}");
        } else {
            tracing::debug!(%error, "{what}");
        }
    }

    fn works(&mut self) {
        if !std::mem::replace(&mut self.works, true) {
            tracing::info!("recordings are written again");
        }
    }
}

/// What the index says of a recording from its beginning on.
fn described(about: &AboutSpurt, file: &Path) -> Map<String, Value> {
    let described = serde_json::to_value(about);
    let mut members = match described {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.insert("start".to_owned(), index::time(about.at).into());
    members.insert("begun_ms".to_owned(), about.at.into());
    members.insert("file".to_owned(), file.to_string_lossy().into_owned().into());
    members
}

/// The note beside a file.
fn noted(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    name.into()
}

fn write_note(path: &Path, about: &Map<String, Value>) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(serde_json::to_string(about).unwrap_or_default().as_bytes())?;
    file.sync_data()
}

fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
