//! Takes the keys of clients out of their messages, on a thread of its own: each costs milliseconds, and packets do not wait.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::SystemTime;

use call_control::KeyUpload;
use media_plane::crypto::mc::NTP_TO_UNIX;
use media_plane::crypto::mc::i_message::Opener;
use tokio::sync::mpsc;

use crate::node::keys::opened;
use crate::node::{Answer, KeyOutcome};

/// Messages that wait; with more the clients are told to come back.
const QUEUE: usize = 256;

/// Work for the thread: a message, and the moment in seconds since 1900.
type Work = (KeyUpload, u64);

/// Where messages with keys are handed in.
#[derive(Debug)]
pub struct KeyDesk {
    work: SyncSender<Work>,
    answers: mpsc::Receiver<Answer>,
}

impl KeyDesk {
    /// Starts the thread; it ends with the desk.
    ///
    /// # Errors
    /// The operating system has no thread.
    pub fn open(mut opener: Opener) -> std::io::Result<Self> {
        let (work, waiting) = sync_channel::<Work>(QUEUE);
        let (answer, answers) = mpsc::channel(QUEUE);
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            for (upload, ntp) in waiting {
                let id = upload.id;
                let outcome = opened(&mut opener, &upload, ntp);
                if answer.blocking_send(Answer::Key { id, outcome }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { work, answers })
    }

    /// Hands a message in. What is returned is the answer where there was no room for it.
    pub fn ask(&mut self, upload: KeyUpload, wall: SystemTime) -> Option<Answer> {
        let id = upload.id;
        let refused = self.work.try_send((upload, ntp(wall))).is_err();
        refused.then_some(Answer::Key { id, outcome: KeyOutcome::Busy })
    }

    /// The next answer. `None`: the thread is gone.
    pub async fn answered(&mut self) -> Option<Answer> {
        match self.answers.recv().await {
            Some(answer) => Some(answer),
            // Nothing comes any more; whoever asks is told that there is no room.
            None => std::future::pending().await,
        }
    }
}

/// A moment in seconds since 1900.
pub fn ntp(wall: SystemTime) -> u64 {
    let unix = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    unix.saturating_add(NTP_TO_UNIX)
}
