//! Several drivers that serve together: each runs one node on one thread, and what arrives at one and belongs to another is
//! handed over. Nothing is shared and nothing is locked.
//!
//! Every shard reads the UDP addresses of SIP, among which the kernel deals out the peers, and the media ports of its own calls.
//! Connections are kept by the first one: the others give it what they want sent, and hear from it who is connected.

use std::time::{Duration, Instant};

use call_control::event::Function;
use call_control::transport::{SipPath, StreamCommand, StreamEvent};
use mcptt_codec::sip::SipMessage;
use tokio::sync::mpsc;

use super::clock;
use crate::node::{Input, Node};

/// Messages that may wait for a shard; of more than that the further ones are lost, as in the network, and sent again.
const WAITING: usize = 4_096;

/// A wait that counts as load.
const WORTH_NOTING: Duration = Duration::from_millis(1);

/// The number of the shard that keeps the connections.
const FIRST: usize = 0;

/// What one shard gives another.
pub(super) enum Handover {
    /// A message that belongs there, and since when it waits.
    Message {
        /// The function that it is for.
        function: Function,
        /// Where it arrived and where it came from.
        path: SipPath,
        /// The message.
        message: Box<SipMessage>,
        /// When it was handed over.
        at: Instant,
    },
    /// Something to be done with a connection.
    Stream(StreamCommand),
    /// A connection is new, with the names that its peer has shown.
    Identified(SipPath, Vec<String>),
    /// A connection is gone.
    Closed(SipPath),
}

/// The ways from one shard to the others.
pub struct Links {
    own: usize,
    inbox: Option<mpsc::Receiver<Handover>>,
    shards: Vec<mpsc::Sender<Handover>>,
}

impl Links {
    /// A driver that serves by itself.
    pub const fn alone() -> Self {
        Self { own: FIRST, inbox: None, shards: Vec::new() }
    }

    /// The links of so many shards, in their order.
    pub fn between(shards: usize) -> Vec<Self> {
        if shards <= 1 {
            return vec![Self::alone()];
        }
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..shards).map(|_| mpsc::channel(WAITING)).unzip();
        let links = receivers.into_iter().enumerate();
        links.map(|(own, inbox)| Self { own, inbox: Some(inbox), shards: senders.clone() }).collect()
    }

    /// What another shard gives. Waits for ever where there is none.
    pub(super) async fn received(&mut self) -> Handover {
        match &mut self.inbox {
            Some(inbox) => match inbox.recv().await {
                Some(handover) => handover,
                // Everybody holds a way to everybody, so this does not end before we do.
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// What waits already.
    pub(super) fn waiting(&mut self) -> Option<Handover> {
        self.inbox.as_mut()?.try_recv().ok()
    }

    /// Whether connections are kept here.
    pub(super) const fn keeps_connections(&self) -> bool {
        self.own == FIRST
    }

    /// Gives something to a shard; lost when too much waits there.
    pub(super) fn hand(&self, shard: usize, handover: Handover) {
        let sent = self.shards.get(shard).map(|shard| shard.try_send(handover).is_ok());
        if sent != Some(true) {
            tracing::debug!(shard, "a message between shards is lost");
        }
    }

    /// Gives what is to be done with a connection to whoever keeps it.
    pub(super) fn hand_stream(&self, command: StreamCommand) {
        self.hand(FIRST, Handover::Stream(command));
    }

    /// Tells the others what has become of a connection.
    pub(super) fn tell(&self, path: SipPath, event: &StreamEvent<'_>) {
        for shard in (0..self.shards.len()).filter(|shard| *shard != self.own) {
            match event {
                StreamEvent::Identified(names) => {
                    self.hand(shard, Handover::Identified(path, names.to_vec()))
                }
                StreamEvent::Closed => self.hand(shard, Handover::Closed(path)),
                _ => {}
            }
        }
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("own", &self.own).field("shards", &self.shards.len()).finish()
    }
}

/// Lets the node take what was handed over; a command for a connection is given back.
pub(super) fn take(node: &mut Node, handover: Handover) -> Option<StreamCommand> {
    let now = clock::now();
    match handover {
        Handover::Stream(command) => return Some(command),
        Handover::Message { function, path, message, at } => {
            let waited = now.saturating_duration_since(at);
            // Beside the wait in the kernel, which the other shard has measured, this is next to nothing, unless we are busy.
            if waited > WORTH_NOTING {
                node.handle_input(now, Input::Waited(waited));
            }
            node.handle_input(now, Input::Handed { function, path, message: *message });
        }
        Handover::Identified(path, names) => {
            node.handle_input(now, Input::Stream { path, event: StreamEvent::Identified(&names) });
        }
        Handover::Closed(path) => node.handle_input(now, Input::Stream { path, event: StreamEvent::Closed }),
    }
    None
}
