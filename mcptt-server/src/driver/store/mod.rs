//! The store of a node on a disk: records in an embedded database, events in a log beside it.
//!
//! A thread of its own writes, so that neither signalling nor media waits for the disk: it takes all writes that have come
//! meanwhile into one commit (the database is synchronised once for all of them), in their order, and then says so. What
//! was committed survives the end of the process and the loss of power.
//!
//! The database ([`redb`]) is locked by its server; the event log is plain files that may be read at any time.

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
}

/// Something that takes records and lines and keeps them.
pub trait Disk: Send + 'static {
    /// Writes all of it down, so that it survives the loss of power, or nothing that counts.
    ///
    /// # Errors
    /// Why it is not written. The next call tries afresh.
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError>;
}

/// A store that is open, with what was found in it.
pub struct Store {
    loaded: Vec<(String, Bytes)>,
    writes: std_mpsc::Sender<Write>,
    answers: mpsc::UnboundedReceiver<(WriteId, Result<(), StoreError>)>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("loaded", &self.loaded.len()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store of a folder and reads all records.
    ///
    /// # Errors
    /// [`OpenError`] names the folder or the file.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        make_private(&settings.folder)
            .map_err(|error| OpenError::Folder { folder: settings.folder.display().to_string(), error })?;
        let path = settings.folder.join("records.redb");
        let (database, loaded) = Database::open(&path).map_err(|error| OpenError::Database {
            path: path.display().to_string(),
            error: error.to_string(),
        })?;
        let log = EventLog::new(settings.folder.join("events"), settings.event_retention);
        Ok(Self::with_disk(loaded, Files { database, log }))
    }

    /// A store on any disk, with what is on it.
    pub fn with_disk(loaded: Vec<(String, Bytes)>, disk: impl Disk) -> Self {
        let (writes, given) = std_mpsc::channel();
        let (reporter, answers) = mpsc::unbounded_channel();
        // The thread ends with the sender: at the end of the process everything that was given to it is written.
        std::thread::spawn(move || serve(disk, &given, &reporter));
        Self { loaded, writes, answers }
    }

    /// Every record that was found; asked for once.
    pub(super) fn take_loaded(&mut self) -> Answer {
        Answer::Loaded(std::mem::take(&mut self.loaded))
    }

    /// Writes; the answer comes from [`Store::answered`].
    pub(super) fn write(&mut self, write: Write) {
        // Without its thread there is no answer, and the node finds that the store does not answer.
        let _ = self.writes.send(write);
    }

    /// The next answer.
    pub(super) async fn answered(&mut self) -> Option<Answer> {
        let (id, outcome) = self.answers.recv().await?;
        Some(Answer::Stored { id, outcome })
    }
}

fn serve(
    mut disk: impl Disk,
    given: &std_mpsc::Receiver<Write>,
    reporter: &mpsc::UnboundedSender<(WriteId, Result<(), StoreError>)>,
) {
    while let Ok(first) = given.recv() {
        let writes: Vec<Write> = std::iter::once(first).chain(given.try_iter()).collect();
        let outcome = disk.commit(&writes);
        if let Err(error) = outcome {
            tracing::debug!(%error, writes = writes.len(), "not written");
        }
        for write in &writes {
            if reporter.send((write.id, outcome)).is_err() {
                return;
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
