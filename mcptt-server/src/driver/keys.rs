//! Takes the keys of clients out of their messages and puts those of bearers into others, on a thread of its own: each costs milliseconds, and packets do not wait.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::SystemTime;

use call_control::KeyUpload;
use media_plane::crypto::mc::i_message::Opener;
use media_plane::crypto::mc::{NTP_TO_UNIX, Sealer};
use rand_chacha::ChaCha20Rng;
use tokio::sync::mpsc;

use crate::node::bearer_keys::sealed;
use crate::node::keys::opened;
use crate::node::{Answer, KeyOutcome, SealRequest};

/// Messages that wait; with more the clients are told to come back.
const QUEUE: usize = 256;

/// Work for the thread, each at a moment in seconds since 1900.
#[derive(Debug)]
enum Work {
    /// A message to take a key out of.
    Open(KeyUpload, u64),
    /// Keys to put into messages.
    Seal(SealRequest, u64),
}

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
    pub fn open(mut opener: Opener, mut sealer: Sealer, mut rng: ChaCha20Rng) -> std::io::Result<Self> {
        let (work, waiting) = sync_channel::<Work>(QUEUE);
        let (answer, answers) = mpsc::channel(QUEUE);
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            for work in waiting {
                let done = match work {
                    Work::Open(upload, ntp) => {
                        Answer::Key { id: upload.id, outcome: opened(&mut opener, &upload, ntp) }
                    }
                    Work::Seal(request, ntp) => {
                        let messages = sealed(&mut sealer, &request, ntp, &mut rng);
                        Answer::Sealed { id: request.id, messages }
                    }
                };
                if answer.blocking_send(done).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { work, answers })
    }

    /// Hands a message in. What is returned is the answer where there was no room for it.
    pub fn ask(&mut self, upload: KeyUpload, wall: SystemTime) -> Option<Answer> {
        let id = upload.id;
        let refused = self.work.try_send(Work::Open(upload, ntp(wall))).is_err();
        refused.then_some(Answer::Key { id, outcome: KeyOutcome::Busy })
    }

    /// Asks for messages with keys. What is returned is the answer where there was no room for it.
    pub fn seal(&mut self, request: SealRequest, wall: SystemTime) -> Option<Answer> {
        let id = request.id;
        let refused = self.work.try_send(Work::Seal(request, ntp(wall))).is_err();
        refused.then_some(Answer::Sealed { id, messages: None })
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
