//! Recordings on the disk: one file for each talk spurt, and an index that says what they are.
//!
//! The node hands out what is said ([`Record`]); a bounded queue leads to a thread that writes. When the queue is full, what
//! would wait is given up and counted: media never waits for a disk. Opus goes into Ogg files (RFC 7845), G.711 into WAV
//! files, every other encoding and what is sealed by keys of the users into files of packets, as `rtpdump` has them.
//!
//! Everything is on the disk within a second. While a file is open, a note beside it (`.open`) says what it is: at the next
//! start whatever was left that way is put in order and indexed. The index is a chain of digests, as the event log is, and has the digest of
//! each file: what was changed or taken away is found ([`command`]).

mod archive;
pub mod command;
mod format;
mod index;
mod medium;
mod recover;
mod spurt;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

pub use medium::{Files, Medium, Opened, Target};

use crate::config::RecordingFolder;
use crate::node::Record;
use writer::Writer;

/// What has become of recordings since the start.
#[derive(Debug, Default)]
pub struct Counts {
    begun: AtomicU64,
    finished: AtomicU64,
    failed: AtomicU64,
    packets: AtomicU64,
    dropped: AtomicU64,
    recovered: AtomicU64,
    archived: AtomicU64,
    archive_failures: AtomicU64,
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        impl Counts {
            $($(#[$doc])* pub fn $name(&self) -> u64 {
                self.$name.load(Ordering::Relaxed)
            })*
        }
    };
}

counts! {
    /// Recordings that were begun.
    begun,
    /// Recordings that are complete and indexed.
    finished,
    /// Recordings that could not be written, or not to their end.
    failed,
    /// RTP packets that were taken into recordings.
    packets,
    /// Records given up because too many waited, or because their recording has failed.
    dropped,
    /// Recordings that an earlier run had left open, and that were put in order.
    recovered,
    /// Recordings that were copied to the object store.
    archived,
    /// Attempts to do so that have failed; they are repeated.
    archive_failures,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A way to the thread that writes, for one shard. The thread ends when there is no way left.
#[derive(Clone, Debug)]
pub struct Recorder {
    shard: usize,
    queue: SyncSender<(usize, Record)>,
    counts: Arc<Counts>,
}

impl Recorder {
    /// Starts to write with these settings; what an earlier run has left is put in order first.
    ///
    /// # Errors
    /// What cannot be used, and why.
    pub fn start(settings: &RecordingFolder) -> Result<(Self, Finishing), String> {
        Self::start_on(settings, Files)
    }

    /// The same on any medium.
    ///
    /// # Errors
    /// As [`Recorder::start`].
    pub fn start_on(settings: &RecordingFolder, medium: impl Medium) -> Result<(Self, Finishing), String> {
        let counts = Arc::new(Counts::default());
        let (queue, waiting) = sync_channel(settings.queue.max(1));
        let archive = settings
            .bucket
            .as_ref()
            .map(|bucket| {
                archive::Archive::start(bucket.clone(), settings.folder.clone(), Arc::clone(&counts))
            })
            .transpose()?;
        let mut writer = Writer::new(settings, medium, archive, Arc::clone(&counts));
        writer
            .take_up()
            .map_err(|error| format!("recording.directory {}: {error}", settings.folder.display()))?;
        let thread = std::thread::Builder::new().name("recording".to_owned());
        let thread = thread.spawn(move || writer.run(&waiting)).map_err(|error| error.to_string())?;
        Ok((Self { shard: 0, queue, counts }, Finishing(thread)))
    }

    /// The way for another shard.
    #[must_use]
    pub fn for_shard(&self, shard: usize) -> Self {
        Self { shard, ..self.clone() }
    }

    /// Gives something to be written; given up if too much waits.
    pub fn take(&self, record: Record) {
        match self.queue.try_send((self.shard, record)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => count(&self.counts.dropped),
        }
    }

    /// What has become of recordings.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }
}

/// The end of the thread that writes.
#[derive(Debug)]
pub struct Finishing(JoinHandle<()>);

impl Finishing {
    /// Waits until everything that was given is written and indexed. Every [`Recorder`] has to be gone.
    pub fn wait(self) {
        let _ = self.0.join();
    }
}

#[cfg(test)]
mod tests;
