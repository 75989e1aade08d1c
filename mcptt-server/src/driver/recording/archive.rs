//! Finished recordings in an object store that speaks S3: each file, and beside it what the index says of it.
//!
//! A note beside the file (`.copy`) stays until both are there, over restarts, too; meanwhile and afterwards the file is on
//! the local disk, unless it is to be kept in the object store only.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{ClientOptions, ObjectStore, PutPayload, RetryConfig};

use super::{Counts, count};
use crate::config::RecordingBucket;
use crate::driver::clock;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long is waited after a failure; after each further one twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

fn store_of(bucket: &RecordingBucket) -> Result<AmazonS3, object_store::Error> {
    let plain = bucket.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let options = ClientOptions::new().with_timeout(PATIENCE).with_allow_http(plain);
    // We repeat ourselves, over restarts, too.
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(&bucket.access_key_id)
        .with_secret_access_key(&bucket.secret_access_key)
        .with_client_options(options)
        .with_retry(retry);
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    builder.build()
}

fn key_of(bucket: &RecordingBucket, file: &str) -> Key {
    match bucket.prefix.trim_matches('/') {
        "" => Key::from(file),
        prefix => Key::from(format!("{prefix}/{file}")),
    }
}

/// The way to the thread that copies.
pub(super) struct Archive {
    bucket: RecordingBucket,
    notes: Sender<PathBuf>,
    thread: JoinHandle<()>,
}

impl Archive {
    pub fn start(bucket: RecordingBucket, folder: PathBuf, counts: Arc<Counts>) -> Result<Self, String> {
        let store =
            store_of(&bucket).map_err(|error| format!("recording.bucket {}: {error}", bucket.name))?;
        let (notes, given) = channel();
        let copying = Copying { store, bucket: bucket.clone(), folder, counts };
        let thread = std::thread::Builder::new().name("archive".to_owned());
        let thread = thread.spawn(move || copying.run(&given)).map_err(|error| error.to_string())?;
        Ok(Self { bucket, notes, thread })
    }

    /// Copies the file of a note as soon as possible.
    pub fn copy(&self, note: PathBuf) {
        // Without its thread the note stays for the next start.
        let _ = self.notes.send(note);
    }

    /// Where a file is going to be.
    pub fn address_of(&self, file: &str) -> String {
        format!("s3://{}/{}", self.bucket.name, key_of(&self.bucket, file))
    }

    /// Waits until everything is copied, or until that fails: it goes on at the next start.
    pub fn finish(self) {
        drop(self.notes);
        let _ = self.thread.join();
    }
}

struct Copying {
    store: AmazonS3,
    bucket: RecordingBucket,
    folder: PathBuf,
    counts: Arc<Counts>,
}

impl Copying {
    fn run(self, given: &Receiver<PathBuf>) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "recordings are not copied to the object store"),
        };
        let mut waiting = VecDeque::new();
        let mut wait = FIRST_WAIT;
        loop {
            waiting.extend(given.try_iter());
            let Some(note) = waiting.front().cloned() else {
                match given.recv() {
                    Ok(note) => waiting.push_back(note),
                    Err(_) => return,
                }
                continue;
            };
            match runtime.block_on(self.copy(&note)) {
                Ok(()) => {
                    waiting.pop_front();
                    wait = FIRST_WAIT;
                }
                Err(error) => {
                    count(&self.counts.archive_failures);
                    tracing::warn!(%error, note = %note.display(), "a recording is not in the object store yet");
                    if !pause(given, &mut waiting, wait) {
                        return;
                    }
                    wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                }
            }
        }
    }

    async fn copy(&self, note: &Path) -> Result<(), String> {
        let path = note.with_extension("");
        let about = match fs::read(note) {
            Ok(about) => about,
            // It was done, or it is too old.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let octets = fs::read(&path).map_err(|error| error.to_string())?;
        let file = path.strip_prefix(&self.folder).unwrap_or(&path).to_string_lossy().into_owned();
        for (name, content) in [(file.clone(), octets), (format!("{file}.json"), about)] {
            let key = key_of(&self.bucket, &name);
            self.store.put(&key, PutPayload::from(content)).await.map_err(|error| error.to_string())?;
        }
        count(&self.counts.archived);
        if !self.bucket.keep_local {
            fs::remove_file(&path).map_err(|error| error.to_string())?;
        }
        fs::remove_file(note).map_err(|error| error.to_string())
    }
}

/// Waits, and takes meanwhile what is to be copied next. False: nothing more comes, and nobody waits for us.
fn pause(given: &Receiver<PathBuf>, waiting: &mut VecDeque<PathBuf>, wait: Duration) -> bool {
    let end = clock::now() + wait;
    loop {
        match given.recv_timeout(end.saturating_duration_since(clock::now())) {
            Ok(note) => waiting.push_back(note),
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}
