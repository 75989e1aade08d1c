//! [`TransactionLayer`]: which transaction a message belongs to, and when each of them wants to be woken.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Request, Response};

use super::client::{self, Client};
use super::client_invite::{self, ClientInvite};
use super::key::{self, Key};
use super::server::{self, Server};
use super::server_invite::{self, ServerInvite};
use super::{ClientTransactionId, Context, Deadlines, Limits, Output, ServerTransactionId, TimerSettings};
use crate::salted::Salted;
use crate::transport::{SipPath, StreamCommand, Transport};

/// What the layer tells the transaction user.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TransactionEvent {
    /// A new request other than ACK and CANCEL.
    Request {
        /// Its transaction.
        transaction: ServerTransactionId,
        /// The request, its top Via completed.
        request: Request,
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// A new CANCEL.
    Cancel {
        /// Its own transaction.
        transaction: ServerTransactionId,
        /// The INVITE that it names, if we know one.
        invite: Option<ServerTransactionId>,
        /// The CANCEL.
        request: Request,
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// An ACK that is not the affair of an INVITE transaction.
    Ack {
        /// The ACK.
        request: Request,
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// A request that would have been one transaction too many; nothing is kept of it.
    Overload {
        /// The request, its top Via completed.
        request: Request,
        /// Where it arrived and where it came from.
        path: SipPath,
        /// Where an answer goes.
        way_back: SipPath,
    },
    /// A response that the transaction user has to see.
    Response {
        /// The transaction.
        transaction: ClientTransactionId,
        /// The response.
        response: Response,
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// A response that belongs to no transaction.
    Unmatched {
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// Nobody answered (timer B or F), or the request could not be sent.
    TimedOut {
        /// The transaction.
        transaction: ClientTransactionId,
    },
    /// A non-2xx answer to an INVITE was never acknowledged (timer H).
    NotAcknowledged {
        /// The transaction.
        transaction: ServerTransactionId,
    },
    /// A client transaction is gone.
    ClientTerminated {
        /// The transaction.
        transaction: ClientTransactionId,
    },
    /// A server transaction is gone.
    ServerTerminated {
        /// The transaction.
        transaction: ServerTransactionId,
    },
}

/// All transactions of one user agent.
#[derive(Debug)]
pub struct TransactionLayer {
    timers: TimerSettings,
    limits: Limits,
    drawn: u64,
    clients: Table<ClientTransactionId, ClientMachine>,
    servers: Table<ServerTransactionId, ServerMachine>,
    deadlines: Deadlines<Owner>,
    transmits: VecDeque<(SipPath, Bytes)>,
    streams: VecDeque<StreamCommand>,
    events: VecDeque<TransactionEvent>,
}

impl TransactionLayer {
    /// A layer without transactions. `salt` is random: it keeps the network from choosing what falls together in our tables.
    pub const fn new(timers: TimerSettings, limits: Limits, salt: u64) -> Self {
        Self {
            timers,
            limits,
            drawn: 0,
            clients: Table::new(salt),
            servers: Table::new(salt),
            deadlines: Deadlines::new(),
            transmits: VecDeque::new(),
            streams: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Draws the id of a request that is going to be sent.
    pub const fn draw(&mut self) -> ClientTransactionId {
        ClientTransactionId(self.number())
    }

    /// Sends a request whose top Via carries a branch of our own. A request that cannot be sent, one transaction too
    /// many or one whose Via cannot be read, times out at once.
    pub fn send_request(&mut self, now: Instant, id: ClientTransactionId, request: Request, path: SipPath) {
        let key = Key::of_own(&request).filter(|key| !self.clients.ids.contains_key(key));
        let Some(key) = key.filter(|_| self.clients.entries.len() < self.limits.client) else {
            self.events.push_back(TransactionEvent::TimedOut { transaction: id });
            self.events.push_back(TransactionEvent::ClientTerminated { transaction: id });
            return;
        };
        let mut out = Vec::new();
        let reliable = path.transport.is_reliable();
        let mut cx = Context { now, timers: &self.timers, reliable, out: &mut out };
        let machine = match request.method {
            Method::Invite => ClientMachine::Invite(Box::new(ClientInvite::new(request, &mut cx))),
            _ => ClientMachine::Other(Client::new(&request, &mut cx)),
        };
        self.clients.insert(id, Entry { key, way: path, machine });
        self.client_done(id, path, path, out);
    }

    /// Takes a response from the network.
    pub fn handle_response(&mut self, now: Instant, path: SipPath, response: Response) {
        let id = Key::of_response(&response).and_then(|key| self.clients.ids.get(&key).copied());
        let Some((id, entry)) = id.and_then(|id| Some((id, self.clients.entries.get_mut(&id)?))) else {
            self.events.push_back(TransactionEvent::Unmatched { path });
            return;
        };
        let mut out = Vec::new();
        let reliable = entry.way.transport.is_reliable();
        let mut cx = Context { now, timers: &self.timers, reliable, out: &mut out };
        match &mut entry.machine {
            ClientMachine::Invite(machine) => machine.handle_response(response, &mut cx),
            ClientMachine::Other(machine) => machine.handle_response(response, &mut cx),
        }
        let way = entry.way;
        self.client_done(id, way, path, out);
    }

    /// Takes a request from the network. One without a Via that can be read must not come here.
    pub fn handle_request(&mut self, now: Instant, path: SipPath, mut request: Request) {
        let Ok(via) = request.headers.top_via() else { return };
        let key = Key::of_received(&request, &via);
        let way = key::way_back_over(&mut request, via, path);
        let invite = match request.method {
            Method::Cancel => self.servers.ids.get(&key.clone().of_cancelled()).copied(),
            _ => None,
        };
        let free = match self.servers.ids.entry(key) {
            MapEntry::Occupied(known) => {
                let id = *known.get();
                return self.again(now, id, path, request);
            }
            MapEntry::Vacant(free) => free,
        };
        if request.method == Method::Ack {
            self.events.push_back(TransactionEvent::Ack { request, path });
            return;
        }
        // There is at most one CANCEL for each INVITE that we hold, so those need no bound of their own.
        let count = self.servers.entries.len();
        if invite.is_none() && count >= self.limits.server && count >= room_for(&self.limits, &request) {
            self.events.push_back(TransactionEvent::Overload { request, path, way_back: way });
            return;
        }
        self.drawn = self.drawn.wrapping_add(1);
        let id = ServerTransactionId(self.drawn);
        let key = free.key().clone();
        free.insert(id);
        let mut out = Vec::new();
        let reliable = way.transport.is_reliable();
        let mut cx = Context { now, timers: &self.timers, reliable, out: &mut out };
        let machine = match request.method {
            Method::Invite => ServerMachine::Invite(ServerInvite::new(&request, &mut cx)),
            _ => ServerMachine::Other(Server::new(&mut cx)),
        };
        self.servers.place(id, Entry { key, way, machine });
        self.events.push_back(match request.method {
            Method::Cancel => TransactionEvent::Cancel { transaction: id, invite, request, path },
            _ => TransactionEvent::Request { transaction: id, request, path },
        });
        self.server_done(id, way, path, out);
    }

    /// Whether a request is one that is known already: a retransmission, or an ACK of one.
    pub fn knows(&self, request: &Request) -> bool {
        Key::of_request(request).is_some_and(|key| self.servers.ids.contains_key(&key))
    }

    /// Whether the INVITE that a CANCEL names is known.
    pub fn knows_cancelled(&self, cancel: &Request) -> bool {
        Key::of_request(cancel).is_some_and(|key| self.servers.ids.contains_key(&key.of_cancelled()))
    }

    /// Sends a response; `false` when the transaction is gone or has had its final response.
    pub fn respond(&mut self, now: Instant, id: ServerTransactionId, response: &Response) -> bool {
        let Some(entry) = self.servers.entries.get_mut(&id) else { return false };
        let mut out = Vec::new();
        let reliable = entry.way.transport.is_reliable();
        let mut cx = Context { now, timers: &self.timers, reliable, out: &mut out };
        let fits = match &mut entry.machine {
            ServerMachine::Invite(machine) => machine.respond(response, &mut cx),
            ServerMachine::Other(machine) => machine.respond(response, &mut cx),
        };
        let way = entry.way;
        self.server_done(id, way, way, out);
        fits
    }

    /// Takes back a final answer, which has not left this node, and gives another one instead. False: there is no
    /// transaction with a final answer to which this one belongs.
    pub fn replace_answer(&mut self, now: Instant, withdrawn: &Response, instead: &Response) -> bool {
        let id = Key::of_response(withdrawn).and_then(|key| self.servers.ids.get(&key).copied());
        let Some((id, entry)) = id.and_then(|id| Some((id, self.servers.entries.get_mut(&id)?))) else {
            return false;
        };
        let mut out = Vec::new();
        let reliable = entry.way.transport.is_reliable();
        let mut cx = Context { now, timers: &self.timers, reliable, out: &mut out };
        let fits = match &mut entry.machine {
            ServerMachine::Invite(_) => false,
            ServerMachine::Other(machine) => machine.replace(instead, &mut cx),
        };
        let way = entry.way;
        self.server_done(id, way, way, out);
        fits
    }

    /// Gives up a client transaction without waiting for its timers.
    pub fn abandon(&mut self, id: ClientTransactionId) {
        if self.clients.remove(id) {
            self.deadlines.set(Owner::Client(id), None);
            self.events.push_back(TransactionEvent::TimedOut { transaction: id });
            self.events.push_back(TransactionEvent::ClientTerminated { transaction: id });
        }
    }

    /// Sends octets that belong to no transaction.
    pub fn send(&mut self, path: SipPath, octets: Bytes) {
        match path.transport {
            Transport::Udp => self.transmits.push_back((path, octets)),
            _ => self.streams.push_back(StreamCommand::Send { path, payload: octets }),
        }
    }

    /// Gives up a connection that is of no use any more.
    pub fn close(&mut self, path: SipPath) {
        self.streams.push_back(StreamCommand::Close { path });
    }

    /// A connection is gone or could not be opened. What still waits for an answer over it has failed
    /// (RFC 3261 17.1.4); answers that are still owed go to where the peer says that it listens (RFC 3261 18.2.2).
    pub fn handle_closed(&mut self, path: SipPath) {
        //= RFC3261-17.1.4:error
        for id in self.clients.over(path) {
            let waits = self.clients.entries.get(&id).is_some_and(|entry| match &entry.machine {
                ClientMachine::Invite(machine) => machine.state() == client_invite::State::Calling,
                ClientMachine::Other(machine) => {
                    matches!(machine.state(), client::State::Trying | client::State::Proceeding)
                }
            });
            if waits {
                self.abandon(id);
            }
        }
        //= RFC3261-18.2.2:reopen
        for id in self.servers.over(path) {
            let Some(port) = self.servers.entries.get(&id).map(|entry| entry.key.port()) else { continue };
            let remote = SocketAddr::new(path.remote.ip(), port);
            if path.transport.can_be_opened() && remote != path.remote {
                self.servers.move_to(id, SipPath { remote, ..path });
            }
        }
    }

    /// Takes a client transaction out without a word: its request is going to be sent elsewhere.
    pub fn forget_client(&mut self, id: ClientTransactionId) {
        if self.clients.remove(id) {
            self.deadlines.set(Owner::Client(id), None);
        }
    }

    /// Lets everything happen that is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(owner) = self.deadlines.take_due(now) {
            let mut out = Vec::new();
            let timers = &self.timers;
            match owner {
                Owner::Client(id) => {
                    let Some(entry) = self.clients.entries.get_mut(&id) else { continue };
                    let reliable = entry.way.transport.is_reliable();
                    let mut cx = Context { now, timers, reliable, out: &mut out };
                    match &mut entry.machine {
                        ClientMachine::Invite(machine) => machine.handle_timeout(&mut cx),
                        ClientMachine::Other(machine) => machine.handle_timeout(&mut cx),
                    }
                    let way = entry.way;
                    self.client_done(id, way, way, out);
                }
                Owner::Server(id) => {
                    let Some(entry) = self.servers.entries.get_mut(&id) else { continue };
                    let reliable = entry.way.transport.is_reliable();
                    let mut cx = Context { now, timers, reliable, out: &mut out };
                    match &mut entry.machine {
                        ServerMachine::Invite(machine) => machine.handle_timeout(&mut cx),
                        ServerMachine::Other(machine) => machine.handle_timeout(&mut cx),
                    }
                    let way = entry.way;
                    self.server_done(id, way, way, out);
                }
            }
        }
    }

    /// When [`TransactionLayer::handle_timeout`] is needed next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<TransactionEvent> {
        self.events.pop_front()
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<(SipPath, Bytes)> {
        self.transmits.pop_front()
    }

    /// The next thing to do with a stream.
    pub fn poll_stream(&mut self) -> Option<StreamCommand> {
        self.streams.pop_front()
    }

    /// The INVITE of a client transaction in the state given, with where it was sent; `None` when there is no such
    /// INVITE or no longer.
    pub fn client_invite(&self, id: ClientTransactionId) -> Option<(&ClientInvite, SipPath)> {
        match self.clients.entries.get(&id) {
            Some(entry) => match &entry.machine {
                ClientMachine::Invite(machine) => Some((machine, entry.way)),
                ClientMachine::Other(_) => None,
            },
            None => None,
        }
    }

    /// Where the answers of a server transaction go; `None` when it is gone.
    pub fn way_back(&self, id: ServerTransactionId) -> Option<SipPath> {
        self.servers.entries.get(&id).map(|entry| entry.way)
    }

    /// How many client and server transactions there are.
    pub fn len(&self) -> (usize, usize) {
        (self.clients.entries.len(), self.servers.entries.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }

    /// A request that matches a server transaction: a retransmission or an ACK.
    fn again(&mut self, now: Instant, id: ServerTransactionId, path: SipPath, request: Request) {
        let Some(entry) = self.servers.entries.get_mut(&id) else { return };
        let mut out = Vec::new();
        let reliable = entry.way.transport.is_reliable();
        let mut cx = Context { now, timers: &self.timers, reliable, out: &mut out };
        match &mut entry.machine {
            ServerMachine::Invite(machine) if request.method == Method::Ack => {
                machine.handle_ack(request, &mut cx)
            }
            ServerMachine::Invite(machine) => machine.handle_retransmission(&mut cx),
            ServerMachine::Other(machine) => machine.handle_retransmission(&mut cx),
        }
        let way = entry.way;
        self.server_done(id, way, path, out);
    }

    fn client_done(&mut self, id: ClientTransactionId, way: SipPath, from: SipPath, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Send(octets) => self.send(way, octets),
                Output::Response(response) => {
                    self.events.push_back(TransactionEvent::Response {
                        transaction: id,
                        response,
                        path: from,
                    });
                }
                Output::TimedOut => self.events.push_back(TransactionEvent::TimedOut { transaction: id }),
                Output::Ack(_) | Output::NotAcknowledged => {}
            }
        }
        let Some(entry) = self.clients.entries.get(&id) else { return };
        let (over, next) = match &entry.machine {
            ClientMachine::Invite(machine) => {
                (machine.state() == client_invite::State::Terminated, machine.poll_timeout())
            }
            ClientMachine::Other(machine) => {
                (machine.state() == client::State::Terminated, machine.poll_timeout())
            }
        };
        self.deadlines.set(Owner::Client(id), next);
        if over {
            self.clients.remove(id);
            self.events.push_back(TransactionEvent::ClientTerminated { transaction: id });
        }
    }

    fn server_done(&mut self, id: ServerTransactionId, way: SipPath, from: SipPath, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Send(octets) => self.send(way, octets),
                Output::Ack(request) => {
                    self.events.push_back(TransactionEvent::Ack { request, path: from });
                }
                Output::NotAcknowledged => {
                    self.events.push_back(TransactionEvent::NotAcknowledged { transaction: id });
                }
                Output::Response(_) | Output::TimedOut => {}
            }
        }
        let Some(entry) = self.servers.entries.get(&id) else { return };
        let (over, next) = match &entry.machine {
            ServerMachine::Invite(machine) => {
                (machine.state() == server_invite::State::Terminated, machine.poll_timeout())
            }
            ServerMachine::Other(machine) => {
                (machine.state() == server::State::Terminated, machine.poll_timeout())
            }
        };
        self.deadlines.set(Owner::Server(id), next);
        if over {
            self.servers.remove(id);
            self.events.push_back(TransactionEvent::ServerTerminated { transaction: id });
        }
    }

    const fn number(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        self.drawn
    }
}

/// How many server transactions there may be for this request to become one.
fn room_for(limits: &Limits, request: &Request) -> usize {
    let in_dialog = request.headers.has_tag(&HeaderName::To);
    let reserve = if in_dialog { limits.reserve } else { 0 };
    limits.server.saturating_add(reserve)
}

#[derive(Debug)]
enum ClientMachine {
    /// Boxed: it keeps its request, and most transactions are of the other kind.
    Invite(Box<ClientInvite>),
    Other(Client),
}

#[derive(Debug)]
enum ServerMachine {
    Invite(ServerInvite),
    Other(Server),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Client(ClientTransactionId),
    Server(ServerTransactionId),
}

#[derive(Debug)]
struct Entry<M> {
    key: Key,
    /// Where its messages go.
    way: SipPath,
    machine: M,
}

/// Transactions by id and by key.
#[derive(Debug)]
struct Table<I, M> {
    /// Boxed: the table moves its entries when it grows.
    entries: BTreeMap<I, Box<Entry<M>>>,
    ids: HashMap<Key, I, Salted>,
    /// Those that go over a stream.
    streams: BTreeMap<SipPath, BTreeSet<I>>,
}

impl<I: Ord + Copy, M> Table<I, M> {
    const fn new(salt: u64) -> Self {
        let ids = HashMap::with_hasher(Salted::new(salt));
        Self { entries: BTreeMap::new(), ids, streams: BTreeMap::new() }
    }

    fn insert(&mut self, id: I, entry: Entry<M>) {
        self.ids.insert(entry.key.clone(), id);
        self.place(id, entry);
    }

    /// The same for one whose key has been entered.
    fn place(&mut self, id: I, entry: Entry<M>) {
        self.note_stream(entry.way, id);
        self.entries.insert(id, Box::new(entry));
    }

    fn note_stream(&mut self, way: SipPath, id: I) {
        if way.transport.is_reliable() {
            self.streams.entry(way).or_default().insert(id);
        }
    }

    fn forget_stream(&mut self, way: SipPath, id: I) {
        if let Some(ids) = self.streams.get_mut(&way) {
            ids.remove(&id);
            if ids.is_empty() {
                self.streams.remove(&way);
            }
        }
    }

    /// Those that go over a stream.
    fn over(&self, way: SipPath) -> Vec<I> {
        self.streams.get(&way).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }

    fn move_to(&mut self, id: I, way: SipPath) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let before = std::mem::replace(&mut entry.way, way);
        self.forget_stream(before, id);
        self.note_stream(way, id);
    }

    fn remove(&mut self, id: I) -> bool {
        let Some(entry) = self.entries.remove(&id) else { return false };
        self.ids.remove(&entry.key);
        self.forget_stream(entry.way, id);
        true
    }
}
