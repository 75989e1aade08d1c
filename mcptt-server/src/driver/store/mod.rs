//! The store of a node on a disk: records in an embedded database, events in a log beside it.
//!
//! A thread of its own writes, so that neither signalling nor media waits for the disk: it takes all writes that have come
//! meanwhile into one commit (the database is synchronised once for all of them), in their order, and then says so. What
//! was committed survives the end of the process and the loss of power.
//!
//! The database ([`redb`]) is locked by its server; the event log is plain files that may be read at any time.
//!
//! Nodes that serve together share one: each of them sees records of its own, which carry its number in their keys, and all
//! events are one log. Whose a user, a group or a dialog is depends on how many nodes there are, so their number is kept, too.

pub(in crate::driver) mod chain;
pub mod command;
mod database;
pub mod events;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::mpsc;

use self::database::Database;
use self::events::EventLog;
use crate::node::{Answer, StoreError, Write, WriteId};

/// Where the store is and how long events are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder; made if it is missing.
    pub folder: PathBuf,
    /// Events older than this are removed.
    pub event_retention: Duration,
}

/// Why a store cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder cannot be made or used.
    #[error("store.data-dir {folder}: {error}")]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        error: io::Error,
    },
    /// The database is damaged, of another version, or used by another server.
    #[error("{path}: {error}")]
    Database {
        /// Its file.
        path: String,
        /// Why.
        error: String,
    },
    /// What is kept belongs to another number of nodes.
    #[error("server.shards = {wanted}: allowed is {kept}, with which the records of {path} were made")]
    Shards {
        /// The file.
        path: String,
        /// How many nodes there are.
        wanted: usize,
        /// How many there were.
        kept: usize,
    },
}

/// Something that takes records and lines and keeps them.
pub trait Disk: Send + 'static {
    /// Writes all of it down, so that it survives the loss of power, or nothing that counts.
    ///
    /// # Errors
    /// Why it is not written. The next call tries afresh.
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError>;
}

/// What a node is told about a write.
type Outcome = (WriteId, Result<(), StoreError>);

/// A store that is open, as one node has it, with what was found in it.
pub struct Store {
    /// Which of the nodes that share it.
    own: usize,
    /// What its keys begin with.
    prefix: String,
    loaded: Vec<(String, Bytes)>,
    writes: std_mpsc::Sender<(usize, Write)>,
    answers: mpsc::UnboundedReceiver<Outcome>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("own", &self.own)
            .field("loaded", &self.loaded.len())
            .finish_non_exhaustive()
    }
}

/// The record that says how many nodes share the store, where there are several.
const SHARDS: &str = "shards";

impl Store {
    /// Opens the store of a folder for so many nodes and reads all records.
    ///
    /// # Errors
    /// [`OpenError`] names the folder, the file or the setting.
    pub fn open(settings: &Settings, shards: usize) -> Result<Vec<Self>, OpenError> {
        make_private(&settings.folder)
            .map_err(|error| OpenError::Folder { folder: settings.folder.display().to_string(), error })?;
        let path = settings.folder.join("records.redb");
        let named = || path.display().to_string();
        let (database, loaded) = Database::open(&path)
            .map_err(|error| OpenError::Database { path: named(), error: error.to_string() })?;
        let kept = loaded.iter().find(|(key, _)| key == SHARDS);
        let kept = kept.and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok()).unwrap_or(1);
        if kept != shards && !loaded.is_empty() {
            return Err(OpenError::Shards { path: named(), wanted: shards, kept });
        }
        let log = EventLog::new(settings.folder.join("events"), settings.event_retention);
        Ok(Self::with_disk(loaded, Files { database, log }, shards))
    }

    /// A store on any disk, with what is on it, for so many nodes.
    pub fn with_disk(loaded: Vec<(String, Bytes)>, disk: impl Disk, shards: usize) -> Vec<Self> {
        let (writes, given) = std_mpsc::channel();
        let (reporters, answers): (Vec<_>, Vec<_>) = (0..shards).map(|_| mpsc::unbounded_channel()).unzip();
        if shards > 1 {
            // In front of everything else, and of no interest to anybody but this module.
            let records = vec![(SHARDS.to_owned(), Some(shards.to_string().into()))];
            let _ = writes.send((shards, Write { id: WriteId(0), records, events: Vec::new() }));
        }
        // The thread ends with the senders: at the end of the process everything that was given to it is written.
        std::thread::spawn(move || serve(disk, &given, &reporters));
        let of_node = |(own, answers)| {
            let prefix = if shards > 1 { format!("{own}:") } else { String::new() };
            let known = |(key, value): &(String, Bytes)| {
                let key = key.strip_prefix(&prefix).filter(|_| key != SHARDS)?;
                Some((key.to_owned(), value.clone()))
            };
            let loaded = loaded.iter().filter_map(known).collect();
            Self { own, prefix, loaded, writes: writes.clone(), answers }
        };
        answers.into_iter().enumerate().map(of_node).collect()
    }

    /// Every record that was found; asked for once.
    pub(super) fn take_loaded(&mut self) -> Answer {
        Answer::Loaded(std::mem::take(&mut self.loaded))
    }

    /// Writes; the answer comes from [`Store::answered`].
    pub(super) fn write(&mut self, mut write: Write) {
        if !self.prefix.is_empty() {
            write.records.iter_mut().for_each(|(key, _)| key.insert_str(0, &self.prefix));
        }
        // Without its thread there is no answer, and the node finds that the store does not answer.
        let _ = self.writes.send((self.own, write));
    }

    /// The next answer.
    pub(super) async fn answered(&mut self) -> Option<Answer> {
        let (id, outcome) = self.answers.recv().await?;
        Some(Answer::Stored { id, outcome })
    }
}

fn serve(
    mut disk: impl Disk,
    given: &std_mpsc::Receiver<(usize, Write)>,
    reporters: &[mpsc::UnboundedSender<Outcome>],
) {
    while let Ok(first) = given.recv() {
        let (whose, writes): (Vec<usize>, Vec<Write>) =
            std::iter::once(first).chain(given.try_iter()).unzip();
        let outcome = disk.commit(&writes);
        if let Err(error) = outcome {
            tracing::debug!(%error, writes = writes.len(), "not written");
        }
        for (node, write) in whose.into_iter().zip(&writes) {
            // A node that has gone waits for nothing; the others go on.
            if let Some(reporter) = reporters.get(node) {
                let _ = reporter.send((write.id, outcome));
            }
        }
    }
}

/// The files of a data folder.
struct Files {
    database: Database,
    log: EventLog,
}

impl Disk for Files {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.database.commit(writes)?;
        let lines = writes.iter().flat_map(|write| write.events.iter().map(String::as_str));
        self.log.append(lines).map_err(|error| {
            tracing::debug!(%error, "event log");
            of_io(&error)
        })
    }
}

/// What an error of the operating system means for the store.
fn of_io(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StoreError::Full
        }
        _ => StoreError::Unavailable,
    }
}

/// A folder that only its owner may look into: it has identities, and what was published.
pub(in crate::driver) fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
