//! [`Node`]: the whole server as one object without sockets, clock or threads.
//!
//! Sockets, captures, simulated peers and fuzzers all enter through [`Node::handle_input`]. It returns nothing: whatever the
//! network sends becomes an answer, an [`Event`], or both. After every call drain [`Node::poll_output`] to `None` and arm one
//! timer for [`Node::poll_timeout`].

pub(crate) mod bearer_keys;
mod channel;
mod collect;
mod config;
mod counters;
mod demux;
mod event;
pub(crate) mod keys;
mod record;
pub(crate) mod route;
mod server_keys;
mod store;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use call_control::event::Function;
use call_control::locate::{self, QueryId};
use call_control::shard::{Notice, Round};
use call_control::transport::{SipPath, StreamCommand, StreamEvent};
use call_control::{CallControl, DocumentChange, KeyUpload, SignallingKey, UploadedKey, WallClock};
use mcptt_codec::id::McpttId;
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sip::SipMessage;
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::{Path, Transmit};
use media_plane::MediaPlane;
use media_plane::crypto::mc::ServiceKey;
use media_plane::signalling::Signalling;

pub use bearer_keys::SealRequest;
pub use config::{ConfigError, NodeConfig};
pub use counters::Counters;
pub use event::{Event, Severity};
pub use record::{AboutSpurt, Place, Record, SpurtRef};
pub use server_keys::ServerKeys;
pub use store::{StoreError, StoreSettings, Write, WriteId};

use bearer_keys::BearerKeys;
use demux::{Demux, Role};
use keys::FloorKeys;
use record::Recorder;
use store::{Gate, Turn};

/// Messages that may loop between the node's own functions for one input; a routing loop ends here.
const MAX_LOOPED_PER_INPUT: usize = 100_000;

/// Everything that can happen to a node from outside.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// A datagram arrived.
    Datagram {
        /// Our address and the sender's.
        path: Path,
        /// The octets.
        bytes: &'a [u8],
    },
    /// Something became of a connection (SIP over TCP, TLS and WebSocket).
    Stream {
        /// Which connection. `local` is the address that the node serves on, whoever opened it.
        path: SipPath,
        /// What happened.
        event: StreamEvent<'a>,
    },
    /// Something became of a WebSocket that a browser uses for its floor control.
    FloorChannel {
        /// Which connection, as in [`Input::Stream`].
        path: SipPath,
        /// What happened.
        event: FloorChannelEvent<'a>,
    },
    /// Another shard has handed this message over ([`Output::Handed`]).
    Handed {
        /// The function that it is for.
        function: Function,
        /// Where it arrived and where it came from.
        path: SipPath,
        /// The message.
        message: SipMessage,
        /// Nobody knows yet whose it is.
        round: Option<Round>,
    },
    /// Another shard has told this ([`Output::Told`]).
    Told(Notice),
    /// The answer to an [`Output::Query`].
    Answer(Answer),
    /// What the wall clock shows. A node with a store is told before anything else, and again every few seconds; nothing that
    /// runs depends on it.
    WallClock(SystemTime),
    /// What comes next has waited for so long since it arrived. Where the driver can measure it, overload is answered by
    /// refusing new calls first.
    Waited(Duration),
    /// A document has come, changed or gone.
    Document(DocumentChange),
    /// The client-server key of a user is known: what protects bodies between the user's client and this node (TS 33.180).
    SignallingKey {
        /// Whose.
        user: &'a McpttId,
        /// The key.
        key: SignallingKey,
    },
    /// The operator wants something.
    Command(Command),
}

/// What becomes of a WebSocket for floor control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloorChannelEvent<'a> {
    /// It is open.
    Opened {
        /// The end of the path that it was opened with, which says for which leg.
        token: &'a str,
    },
    /// It has brought what would be a datagram elsewhere.
    Message(&'a [u8]),
    /// It has ended.
    Closed,
}

/// What a node asks its surroundings.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Query {
    /// The domain name system; without an answer the node goes on after a while.
    Names {
        /// Who asks.
        function: Function,
        /// What.
        query: locate::Query,
    },
    /// The store: all records that it has. The first thing that a node with a store asks.
    Load,
    /// Whoever has the keys of this server: to take a client's key out of its message. Milliseconds of work, so not on this
    /// thread; without an answer the client is told to come back.
    Key(KeyUpload),
    /// The same: to put keys into messages for a user. Without an answer the user is not told of a bearer.
    Seal(SealRequest),
    /// The store: to write this down, in the order of the numbers, and to say when it would survive the loss of power.
    Store(Write),
}

/// What a node is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// By the domain name system.
    Names {
        /// Who has asked.
        function: Function,
        /// Which question.
        id: QueryId,
        /// What is known.
        answer: locate::Answer,
    },
    /// By whoever has the keys of this server.
    Key {
        /// Which message.
        id: u64,
        /// What came out of it.
        outcome: KeyOutcome,
    },
    /// By whoever has the keys of this server: the messages with the keys of an [`SealRequest`]. `None`: the user cannot be given
    /// any.
    Sealed {
        /// Which request.
        id: u64,
        /// The messages, in the order of the keys.
        messages: Option<Vec<KeyMaterial>>,
    },
    /// By the store: every record with its key. It comes before the first message, and after the wall clock.
    Loaded(Vec<(String, Bytes)>),
    /// By the store: this write is on the disk, or is not.
    Stored {
        /// Which write.
        id: WriteId,
        /// What became of it.
        outcome: Result<(), StoreError>,
    },
}

/// What came out of a message with a client's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOutcome {
    /// The key of this user.
    Key {
        /// Who has made it.
        user: McpttId,
        /// The key: of signalling and of floor control.
        key: ServiceKey,
    },
    /// Nothing: the message is not what it should be.
    Refused,
    /// Nothing: it is under a key management server that is not known.
    UnknownAuthority {
        /// Its name.
        uri: String,
    },
    /// Nothing: there was too much to do.
    Busy,
}

/// What an operator can ask of a running node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Release every call with BYE and admit no new one; precedes a graceful end.
    ReleaseAll,
    /// Take an MBMS bearer of the configuration into use, or out of it; clients are told.
    UseBearer {
        /// The bearer; an unknown one is ignored.
        tmgi: Tmgi,
        /// Whether it is used.
        used: bool,
    },
}

/// Everything a node wants from its surroundings.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// Send this datagram.
    Transmit(Transmit),
    /// Send over a connection, which is opened if there is none, or close it.
    Stream(StreamCommand),
    /// A SIP message that belongs to another shard of these addresses: bring it there as [`Input::Handed`]. Only where
    /// [`call_control::Config::shard`] is set.
    Handed {
        /// Which one.
        shard: usize,
        /// The function that it is for.
        function: Function,
        /// Where it arrived and where it came from.
        path: SipPath,
        /// The message.
        message: Box<SipMessage>,
        /// Nobody knows yet whose it is.
        round: Option<Round>,
    },
    /// All other shards of these addresses have to know this: bring it to each as [`Input::Told`].
    Told(Notice),
    /// Ask and bring an [`Input::Answer`].
    Query(Query),
    /// A SIP message or a media packet between this node's own functions. It has been delivered already; captures and monitors want to see it.
    Looped(Transmit),
    /// What is said in a call that is recorded ([`call_control::config::RecordingPolicy`]).
    Record(Record),
    /// Something worth knowing: for logs, metrics, reports.
    Event(Event),
}

/// The MCPTT server: participating function, controlling function, floor control and media distribution.
pub struct Node {
    demux: Demux,
    call_control: CallControl,
    media_plane: MediaPlane,
    outputs: VecDeque<Output>,
    /// SIP between the node's own functions.
    looped: VecDeque<Transmit>,
    /// The same between the media functions: what the participating function relays, a call of a temporary group and those of
    /// its constituents.
    looped_media: VecDeque<Transmit>,
    /// The WebSockets for floor control, by the name that the media plane knows them under.
    channels: HashMap<Path, SipPath>,
    /// Indications for the media plane, held back until the signalling that caused them has been sent.
    held: VecDeque<Signalling>,
    /// Of a node with a store.
    gate: Option<Gate>,
    recorder: Recorder,
    wall: WallClock,
    floor_keys: FloorKeys,
    bearer_keys: BearerKeys,
}

impl Node {
    /// A node with nothing registered and no call. `seed` feeds every tag, key and identifier it draws.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, its value and the allowed range.
    pub fn new(config: NodeConfig, seed: [u8; 32], now: Instant) -> Result<Self, ConfigError> {
        let demux = config.demux()?;
        let gate = config.store.map(|settings| Gate::new(settings, config.sip_addresses()));
        let outputs = gate.iter().map(|_| Output::Query(Query::Load)).collect();
        let recorder = Recorder::new(!config.call_control.recording.is_empty());
        let (mbms, release) = (&config.call_control.mbms, config.call_control.service.release);
        let bearer_keys = BearerKeys::new(mbms.protected, release, derive_seed(seed, 3));
        let call_control = CallControl::new(config.call_control, derive_seed(seed, 1), now)?;
        let media_plane = MediaPlane::new(config.media_plane, derive_seed(seed, 2), now)?;
        Ok(Self {
            demux,
            call_control,
            media_plane,
            outputs,
            looped: VecDeque::new(),
            looped_media: VecDeque::new(),
            channels: HashMap::new(),
            held: VecDeque::new(),
            gate,
            recorder,
            wall: WallClock::default(),
            floor_keys: FloorKeys::new(config.server_keys),
            bearer_keys,
        })
    }

    /// Takes one input. Never fails and never panics: a defect inside is caught, reported as [`Event::Defect`], and the input that
    /// met it is dropped.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        let mut before = self.outputs.len();
        match input {
            Input::Datagram { path, bytes } => self.deliver(now, path, bytes),
            Input::Stream { path, event } => {
                self.guarded(Some(path.addresses()), |node| {
                    node.call_control.handle_stream(now, path, event)
                });
            }
            Input::FloorChannel { path, event } => {
                self.guarded(Some(path.addresses()), |node| node.floor_channel(now, path, event));
            }
            Input::Handed { function, path, message, round } => {
                self.guarded(Some(path.addresses()), |node| {
                    node.call_control.handle_handed(now, function, path, message, round)
                });
            }
            Input::Told(notice) => self.guarded(None, |node| node.call_control.handle_notice(now, notice)),
            Input::Answer(Answer::Stored { id, outcome }) => {
                if let Some(gate) = &mut self.gate {
                    let answered = gate.answered(now, id, outcome);
                    before = self.store_turned(now, answered);
                }
            }
            Input::Answer(answer) => self.take_answer(now, answer),
            Input::WallClock(wall) => {
                self.wall.tell(now, wall);
                self.floor_keys.tell_wall(self.wall.milliseconds(now));
                let since_1970 = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                self.media_plane.tell_wall_clock(now, since_1970);
                self.guarded(None, |node| node.call_control.handle_wall_clock(now, wall));
            }
            Input::Waited(waited) => {
                self.guarded(None, |node| node.call_control.handle_wait(now, waited));
            }
            Input::Document(change) => self.guarded(None, |node| {
                if let Err(error) = node.call_control.handle_document(now, change) {
                    let error = error.to_string();
                    node.outputs.push_back(Output::Event(Event::DocumentRefused { error }));
                }
            }),
            Input::SignallingKey { user, key } => {
                self.guarded(None, |node| node.call_control.store_key(user, key));
            }
            Input::Command(Command::ReleaseAll) => {
                self.guarded(None, |node| {
                    node.call_control.handle_command(now, call_control::Command::ReleaseAll)
                });
            }
            Input::Command(Command::UseBearer { tmgi, used }) => {
                let command = call_control::Command::UseBearer { tmgi, used };
                self.guarded(None, |node| node.call_control.handle_command(now, command));
            }
        }
        self.settle(now);
        self.pass(now, before);
    }

    fn take_answer(&mut self, now: Instant, answer: Answer) {
        match answer {
            Answer::Names { function, id, answer } => {
                self.guarded(None, |node| node.call_control.handle_answer(now, function, id, answer));
            }
            Answer::Loaded(records) => {
                self.guarded(None, |node| {
                    let each = records.iter().map(|(key, value)| (key.as_str(), value.as_ref()));
                    node.call_control.restore(now, each);
                });
            }
            Answer::Key { id, outcome } => {
                let outcome = match outcome {
                    KeyOutcome::Key { user, key } => {
                        self.floor_keys.store(&user, &key, self.wall.milliseconds(now));
                        UploadedKey::Key { user, key: keys::of_signalling(&key) }
                    }
                    KeyOutcome::Refused => UploadedKey::Refused,
                    KeyOutcome::UnknownAuthority { uri } => UploadedKey::UnknownAuthority { uri: uri.into() },
                    KeyOutcome::Busy => UploadedKey::Busy,
                };
                self.guarded(None, |node| node.call_control.handle_key(now, id, outcome));
            }
            Answer::Sealed { id, messages } => {
                if let Some((request, keys)) = self.bearer_keys.answered(id, messages) {
                    self.guarded(None, |node| node.call_control.handle_bearer_keys(now, request, keys));
                }
            }
            Answer::Stored { .. } => {}
        }
    }

    /// What waited for the store leaves. If the store has failed, nothing is promised any more: such answers are taken back.
    /// Returns where the outputs begin that are not released but new.
    fn store_turned(&mut self, now: Instant, (released, turn): (Vec<Output>, Option<Turn>)) -> usize {
        let retry_after = self.gate.as_ref().map(Gate::retry_after).unwrap_or_default();
        let event = match turn {
            Some(Turn::Failed(error)) => {
                self.call_control.handle_store(Some(retry_after));
                Some(Event::StoreFailed { error })
            }
            Some(Turn::Works) => {
                self.call_control.handle_store(None);
                Some(Event::StoreWorks)
            }
            None => None,
        };
        let failed = matches!(event, Some(Event::StoreFailed { .. }));
        for output in released {
            let message = match &output {
                Output::Transmit(transmit) => Some((SipPath::from(transmit.path), transmit.payload.clone())),
                Output::Stream(StreamCommand::Send { path, payload }) => Some((*path, payload.clone())),
                // To whom it is handed the path has the other direction.
                Output::Handed { path, message, .. } => {
                    Some((SipPath { local: path.remote, remote: path.local, ..*path }, message.encode()))
                }
                _ => None,
            };
            let mut withdrawn = false;
            if let Some((path, octets)) = message.filter(|_| failed) {
                self.guarded(Some(path.addresses()), |node| {
                    withdrawn = node.call_control.withdraw(now, path, &octets, retry_after);
                });
            }
            if !withdrawn {
                self.outputs.push_back(output);
            }
        }
        let before = self.outputs.len();
        self.outputs.extend(event.map(Output::Event));
        before
    }

    /// Lets out what may leave of what an input has caused, which begins at `before`.
    fn pass(&mut self, now: Instant, before: usize) {
        let Some(gate) = &mut self.gate else { return };
        for output in self.outputs.range(before..) {
            if let Output::Event(event) = output
                && let Some(line) = event.log_line(self.wall.milliseconds(now))
            {
                gate.log(line);
            }
        }
        if gate.concerns(self.outputs.range(before..)) {
            let caused = self.outputs.split_off(before);
            gate.pass(now, caused.into_iter(), &mut self.outputs);
        }
    }

    /// Advances time. Calling it late or early is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        let mut before = self.outputs.len();
        if let Some(gate) = &mut self.gate {
            let turned = gate.handle_timeout(now, &mut self.outputs);
            before = self.store_turned(now, turned);
        }
        // Apart: a defect in the one leaves the other its time.
        self.guarded(None, |node| node.call_control.handle_timeout(now));
        self.guarded(None, |node| node.media_plane.handle_timeout(now));
        self.settle(now);
        self.pass(now, before);
    }

    /// The next thing to do; drain to `None` after every `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Node::handle_timeout`] wants to be called next; `None` when nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let store = self.gate.as_ref().and_then(Gate::poll_timeout);
        let planes = [self.call_control.poll_timeout(), self.media_plane.poll_timeout()];
        planes.into_iter().chain([store]).flatten().min()
    }

    /// Calls that are being set up, running or being released.
    pub fn call_count(&self) -> usize {
        self.call_control.call_count()
    }

    /// Whether no call is left, and nobody still has to hear or answer that one has ended.
    pub fn is_released(&self) -> bool {
        self.call_control.is_released()
    }

    /// How much signalling is kept at present.
    pub fn held(&self) -> call_control::Held {
        self.call_control.held()
    }

    /// What has been done so far, and what is held.
    pub fn counters(&self) -> Counters<'_> {
        Counters {
            media: self.media_plane.counters(),
            sip: self.call_control.counters(),
            held: self.call_control.held(),
            media_calls: self.media_plane.calls(),
        }
    }

    fn deliver(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        match self.demux.role(path.local) {
            // What is kept of a SIP message shares its memory; the media plane copies what it keeps.
            Some(Role::Sip) => self.deliver_sip(now, path, &Bytes::copy_from_slice(bytes)),
            Some(Role::Media) => {
                self.guarded(Some(path), |node| node.media_plane.handle_datagram(now, path, bytes));
            }
            None => self.outputs.push_back(Output::Event(Event::UnknownPort { path })),
        }
    }

    fn deliver_sip(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        self.guarded(Some(path), |node| node.call_control.handle_datagram(now, path, bytes));
    }

    /// Moves what the planes produced until both are quiet. SIP goes first: a participant hears that it is in the call before its
    /// floor control begins.
    fn settle(&mut self, now: Instant) {
        for _ in 0..MAX_LOOPED_PER_INPUT {
            self.collect_call_control(now);
            if let Some(transmit) = self.looped.pop_front() {
                let path = Path { local: transmit.path.remote, remote: transmit.path.local };
                let payload = transmit.payload.clone();
                self.outputs.push_back(Output::Looped(transmit));
                self.deliver_sip(now, path, &payload);
            } else if let Some(signalling) = self.held.pop_front() {
                self.guarded(None, |node| node.media_plane.handle_signalling(now, signalling));
            } else if let Some(transmit) = self.looped_media.pop_front() {
                let path = Path { local: transmit.path.remote, remote: transmit.path.local };
                self.guarded(Some(path), |node| {
                    node.media_plane.handle_datagram(now, path, &transmit.payload);
                });
                self.outputs.push_back(Output::Looped(transmit));
            } else if !self.collect_media_plane(now) {
                return;
            }
        }
        self.looped.clear();
        self.looped_media.clear();
        self.outputs.push_back(Output::Event(Event::Defect { path: None }));
    }

    /// Runs `step`; a panic inside is a defect of ours that must not take the other calls down.
    fn guarded(&mut self, path: Option<Path>, step: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| step(self))).is_err() {
            self.outputs.push_back(Output::Event(Event::Defect { path }));
        }
    }
}

/// Independent generators for the two planes from one seed.
fn derive_seed(seed: [u8; 32], plane: u8) -> [u8; 32] {
    use rand_core::{RngCore, SeedableRng};
    let mut generator = rand_chacha::ChaCha20Rng::from_seed(seed);
    generator.set_stream(u64::from(plane));
    let mut derived = [0; 32];
    generator.fill_bytes(&mut derived);
    derived
}
