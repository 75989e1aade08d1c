//! Several drivers that serve together: each runs one node on one thread, and what arrives at one and belongs to another is
//! handed over. Nothing is shared and nothing is locked.
//!
//! Every shard reads the UDP addresses of SIP, among which the kernel deals out the peers, and the media ports of its own calls.
//! The first one takes connections; those with one host are kept by one of them, which all can tell by the address: the others
//! give it what they want sent, and hear from it who is connected.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use call_control::event::Function;
use call_control::shard::{Notice, Ring, Round};
use call_control::transport::{SipPath, StreamCommand, StreamEvent};
use mcptt_codec::sip::SipMessage;
use tokio::sync::mpsc;

use super::clock;
use super::streams::Listen;
use crate::node::{Input, Node};

/// Messages that may wait for a shard; of more than that the further ones are lost, as in the network, and sent again.
const WAITING: usize = 4_096;

/// A wait that counts as load.
const WORTH_NOTING: Duration = Duration::from_millis(1);

/// The number of the shard that takes connections.
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
        /// Nobody knows yet whose it is.
        round: Option<Round>,
        /// When it was handed over.
        at: Instant,
    },
    /// What all shards have to know.
    Notice(Notice),
    /// For the connections that are kept there.
    Stream(ForStreams),
    /// A connection is new, with the names that its peer has shown.
    Identified(SipPath, Vec<String>),
    /// A connection is gone.
    Closed(SipPath),
}

/// What is for connections.
pub(super) enum ForStreams {
    /// Something to be done.
    Command(StreamCommand),
    /// A new one, which nobody has spoken over yet.
    Accepted(Listen, TcpStream, SocketAddr),
}

/// The ways from one shard to the others.
pub struct Links {
    placing: Placing,
    inbox: Option<mpsc::Receiver<Handover>>,
}

/// Where connections are kept.
#[derive(Clone)]
pub(super) struct Placing {
    own: usize,
    shards: Vec<mpsc::Sender<Handover>>,
    /// Of several shards.
    ring: Option<Ring>,
}

impl Placing {
    /// Everything is kept here.
    const fn here() -> Self {
        Self { own: FIRST, shards: Vec::new(), ring: None }
    }

    /// Which shard keeps the connections with a host. All of them: how many a host may have is counted there.
    fn keeper(&self, host: IpAddr) -> usize {
        self.ring.as_ref().map_or(self.own, |ring| ring.owner(&host.to_string()))
    }

    /// What is kept here stays; the rest is given to whoever keeps it.
    pub(super) fn place(&self, host: IpAddr, what: ForStreams) -> Option<ForStreams> {
        let keeper = self.keeper(host);
        if keeper == self.own {
            return Some(what);
        }
        self.hand(keeper, Handover::Stream(what));
        None
    }

    /// Gives something to a shard; lost when too much waits there.
    fn hand(&self, shard: usize, handover: Handover) {
        let sent = self.shards.get(shard).map(|shard| shard.try_send(handover).is_ok());
        if sent != Some(true) {
            tracing::debug!(shard, "a message between shards is lost");
        }
    }

    fn others(&self) -> impl Iterator<Item = usize> {
        let own = self.own;
        (0..self.shards.len()).filter(move |shard| *shard != own)
    }
}

impl Links {
    /// A driver that serves by itself.
    pub const fn alone() -> Self {
        Self { placing: Placing::here(), inbox: None }
    }

    /// The links of so many shards, in their order.
    pub fn between(shards: usize) -> Vec<Self> {
        if shards <= 1 {
            return vec![Self::alone()];
        }
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..shards).map(|_| mpsc::channel(WAITING)).unzip();
        let ring = Some(Ring::new(shards));
        let placing = |own| Placing { own, shards: senders.clone(), ring: ring.clone() };
        let links = receivers.into_iter().enumerate();
        links.map(|(own, inbox)| Self { placing: placing(own), inbox: Some(inbox) }).collect()
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

    /// Whether connections are taken here.
    pub(super) const fn takes_connections(&self) -> bool {
        self.placing.own == FIRST
    }

    /// Gives something to a shard; lost when too much waits there.
    pub(super) fn hand(&self, shard: usize, handover: Handover) {
        self.placing.hand(shard, handover);
    }

    /// Tells all others what they have to know.
    pub(super) fn notice(&self, notice: &Notice) {
        for shard in self.placing.others() {
            self.hand(shard, Handover::Notice(notice.clone()));
        }
    }

    /// Where connections are kept.
    pub(super) const fn placing(&self) -> &Placing {
        &self.placing
    }

    /// Tells the others what has become of a connection.
    pub(super) fn tell(&self, path: SipPath, event: &StreamEvent<'_>) {
        for shard in self.placing.others() {
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
        let Placing { own, shards, .. } = &self.placing;
        f.debug_struct("Links").field("own", own).field("shards", &shards.len()).finish()
    }
}

/// Lets the node take what was handed over; what is for connections is given back.
pub(super) fn take(node: &mut Node, handover: Handover) -> Option<ForStreams> {
    let now = clock::now();
    match handover {
        Handover::Stream(what) => return Some(what),
        Handover::Notice(notice) => node.handle_input(now, Input::Told(notice)),
        Handover::Message { function, path, message, round, at } => {
            let waited = now.saturating_duration_since(at);
            // Beside the wait in the kernel, which the other shard has measured, this is next to nothing, unless we are busy.
            if waited > WORTH_NOTING {
                node.handle_input(now, Input::Waited(waited));
            }
            node.handle_input(now, Input::Handed { function, path, message: *message, round });
        }
        Handover::Identified(path, names) => {
            node.handle_input(now, Input::Stream { path, event: StreamEvent::Identified(&names) });
        }
        Handover::Closed(path) => node.handle_input(now, Input::Stream { path, event: StreamEvent::Closed }),
    }
    None
}
