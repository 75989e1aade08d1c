//! TS 24.379 call control and the SIP core below it, sans-IO.
//!
//! [`CallControl`] holds the participating and the controlling MCPTT function of one node. Each is a SIP user agent with
//! an address of its own, and what they say to each other is SIP: a [`Transmit`] to the other's address, which the node
//! hands back to [`CallControl::handle_datagram`]. So the seam between the two can be seen, and either may be elsewhere.
//!
//! Nothing here reads a clock, opens a socket or draws randomness: time is an argument, datagrams go in and out, the
//! seed comes with the configuration. [`Client`] is the other side, an honest UE, built the same way.
//!
//! ```
//! use std::time::Instant;
//!
//! use bytes::Bytes;
//! use call_control::config::{Config, ControllingFunction, Group, MediaConfig, Member, ParticipatingFunction, User};
//! use call_control::{CallControl, Output};
//! use mcptt_codec::Path;
//!
//! fn answers_options(start: Instant) -> Result<(), call_control::ConfigError> {
//!     let mut config = Config::new(
//!         ParticipatingFunction {
//!             address: ([192, 0, 2, 1], 5060).into(),
//!             identity: "sip:pf@pf.mc.example.org".into(),
//!             terminating_identity: "sip:pf-terminating@pf.mc.example.org".into(),
//!         },
//!         ControllingFunction {
//!             address: ([192, 0, 2, 1], 5062).into(),
//!             identity: "sip:groups@cf.mc.example.org".into(),
//!         },
//!         MediaConfig::new([192, 0, 2, 1].into()),
//!     );
//!     config.users.push(User::new("sip:alice@mc.example.org", "sip:alice-ue@ims.example.org"));
//!     let members = vec![Member::new("sip:alice@mc.example.org")];
//!     config.groups.push(Group::prearranged("sip:rescue-1@mc.example.org", members));
//!     let mut call_control = CallControl::new(config, [7; 32], start)?;
//!
//!     let path = Path { local: ([192, 0, 2, 1], 5060).into(), remote: ([192, 0, 2, 9], 5060).into() };
//!     let options = Bytes::from_static(
//!         b"OPTIONS sip:pf@pf.mc.example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n\
//!           From: <sip:alice-ue@ims.example.org>;tag=1\r\nTo: <sip:pf@pf.mc.example.org>\r\n\
//!           Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
//!     );
//!     call_control.handle_datagram(start, path, &options);
//!     let Some(Output::Transmit(answer)) = call_control.poll_output() else { panic!("an answer") };
//!     assert!(answer.payload.starts_with(b"SIP/2.0 200 OK\r\n"));
//!
//!     // The driver sleeps until then, unless a datagram comes first; late calls are harmless.
//!     if let Some(wake_up) = call_control.poll_timeout() {
//!         call_control.handle_timeout(wake_up);
//!     }
//!     Ok(())
//! }
//! # #[expect(clippy::disallowed_methods)]
//! # fn main() { answers_options(Instant::now()).unwrap() }
//! ```

pub mod access_token;
mod adhoc;
mod association;
mod bodies;
pub mod client;
pub mod config;
mod controlling;
pub mod counters;
pub mod dialog;
mod digest;
mod directory;
mod discreet;
mod documents;
mod durable;
pub mod event;
mod event_package;
mod function;
mod held;
pub mod locate;
pub mod location;
pub mod media;
pub mod off_network;
mod offer_answer;
pub mod overload;
mod pace;
mod participating;
pub mod policy;
mod ports;
mod private_call;
mod protection;
mod publication;
pub mod refer;
mod salted;
mod service;
mod session_timer;
pub mod shard;
mod subscription;
pub mod tables;
#[doc(hidden)]
pub mod testing;
pub mod transaction;
pub mod transport;
pub mod user_agent;
mod wall_clock;
mod web;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::SipMessage;
use mcptt_codec::{Path, Transmit};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub use client::Client;
pub use config::{Config, ConfigError};
pub use counters::Counters;
pub use documents::DocumentChange;
pub use durable::Change;
pub use event::Event;
pub use held::Held;
pub use media::{
    CallSettings, Command, ConstituentRequest, DtlsAgreement, Entry, FloorParameters, FunctionLeg,
    MediaCommand, MediaEndpoint, MediaIndication, MediaProtection, NonControllingSettings, Participant,
    PeerMedia, SessionCommand,
};
pub use participating::bearer_keys::{BearerKeyRequest, BearerKeys};
pub use participating::keying::{KeyUpload, UploadedKey};
pub use policy::{
    AdhocRefusal, DiscreetRefusal, PrivateRefusal, Refusal, RegroupRefusal, ReleaseCause, SessionRefusal,
};
pub use private_call::{Listening, PrivateCallKind};
pub use protection::SignallingKey;
pub use wall_clock::WallClock;

use crate::config::Group;
use crate::controlling::Controlling;
use crate::directory::Directory;
use crate::event::Function;
use crate::function::McpttFunction;
use crate::locate::{Answer, Query, QueryId};
use crate::participating::Participating;
use crate::shard::{Notice, Round};
use crate::transport::{SipPath, StreamCommand, StreamEvent};

/// What [`CallControl`] wants done, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a value is made, moved and consumed one at a time")]
pub enum Output {
    /// Send this datagram; to one of our own SIP addresses it is handed back to [`CallControl::handle_datagram`].
    Transmit(Transmit),
    /// Send over a connection, or close it.
    Stream(StreamCommand),
    /// Ask the domain name system, and bring the answer to [`CallControl::handle_answer`].
    Query {
        /// Who asks.
        function: Function,
        /// What.
        query: Query,
    },
    /// Write this down, so that it can be handed to [`CallControl::restore`]. Only once that was called. It comes
    /// behind the answers of the same input that rest on it: see [`Change::before_answer`].
    Change(Change),
    /// This message is for another shard: bring it to its [`CallControl::handle_handed`].
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
    /// All other shards have to know this: bring it to the [`CallControl::handle_notice`] of each.
    Told(Notice),
    /// Tell the media plane.
    Media(MediaCommand),
    /// Take a key out of its message, and bring it to [`CallControl::handle_key`].
    Key(KeyUpload),
    /// Put the keys of a bearer into messages for a user, and bring them to [`CallControl::handle_bearer_keys`].
    BearerKeys(BearerKeyRequest),
    /// Something happened.
    Event(Event),
}

/// The participating and the controlling MCPTT function of one node. See the [crate documentation](crate).
pub struct CallControl {
    directory: Arc<Directory>,
    participating: Participating,
    controlling: Controlling,
    /// What changes is reported.
    keeps: bool,
    out: VecDeque<Output>,
}

impl CallControl {
    /// Both functions, without registrations and calls.
    ///
    /// # Errors
    /// The first setting of the configuration that can not be used.
    pub fn new(config: Config, seed: [u8; 32], now: Instant) -> Result<Self, ConfigError> {
        config.validate()?;
        let directory = Arc::new(Directory::new(config));
        let mut rng = ChaCha20Rng::from_seed(seed);
        let (mut participating_rng, controlling_rng) = (service::fork(&mut rng), service::fork(&mut rng));
        let participating =
            Participating::new(Arc::clone(&directory), service::fork(&mut participating_rng), now);
        let mut new = Self {
            participating,
            controlling: Controlling::new(Arc::clone(&directory), controlling_rng),
            keeps: false,
            out: VecDeque::new(),
            directory,
        };
        new.handle_timeout(now);
        Ok(new)
    }

    /// A SIP datagram that was received on the address of either function.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        //= 24.379-5.3:roles
        if path.local == self.directory.config.participating.address {
            self.participating.handle_datagram(now, path, bytes);
            self.switch_profiles(now);
        } else if path.local == self.directory.config.controlling.address {
            self.controlling.handle_datagram(now, path, bytes);
        } else {
            self.out.push_back(Output::Event(Event::NotOurs { path: path.into() }));
        }
        self.collect();
    }

    /// A message that another shard has handed over ([`Output::Handed`]). It is not handed on again, unless it is on its round.
    pub fn handle_handed(
        &mut self,
        now: Instant,
        function: Function,
        path: SipPath,
        message: SipMessage,
        round: Option<Round>,
    ) {
        match function {
            Function::Participating => self.participating.handle_handed(now, path, message, round),
            Function::Controlling => self.controlling.handle_handed(now, path, message, round),
        }
        self.switch_profiles(now);
        self.collect();
    }

    /// What another shard has told ([`Output::Told`]).
    pub fn handle_notice(&mut self, now: Instant, notice: Notice) {
        match notice {
            Notice::Alias { alias, active } => self.controlling.note_alias(now, alias, active),
            Notice::Affiliated { group, mcptt_id, affiliated } => {
                self.controlling.note_affiliated(now, group, mcptt_id, affiliated);
            }
            Notice::Profile { mcptt_id, client_id, profile } => {
                self.note_profile((mcptt_id, client_id, profile));
            }
        }
        self.collect();
    }

    /// What becomes of a connection to the address of either function.
    pub fn handle_stream(&mut self, now: Instant, path: SipPath, event: StreamEvent<'_>) {
        if path.local == self.directory.config.participating.address {
            self.participating.handle_stream(now, path, event);
            self.switch_profiles(now);
        } else if path.local == self.directory.config.controlling.address {
            self.controlling.handle_stream(now, path, event);
        } else {
            self.out.push_back(Output::Event(Event::NotOurs { path }));
        }
        self.collect();
    }

    /// The answer to an [`Output::Query`].
    pub fn handle_answer(&mut self, now: Instant, function: Function, id: QueryId, answer: Answer) {
        match function {
            Function::Participating => self.participating.handle_answer(now, id, answer),
            Function::Controlling => self.controlling.handle_answer(now, id, answer),
        }
        self.collect();
    }

    /// A message has waited for this long before it was handed over: the measure of overload.
    pub fn handle_wait(&mut self, now: Instant, waited: Duration) {
        self.participating.handle_wait(now, waited);
        self.controlling.handle_wait(now, waited);
    }

    /// What the wall clock shows: before the first message, and again from time to time. Tokens and what is written down go by
    /// it. What has been set meanwhile is noticed ([`Event::ClockSet`]); nothing that runs is shortened or prolonged by it.
    pub fn handle_wall_clock(&mut self, now: Instant, wall: SystemTime) {
        let stepped = self.participating.tell_clock(now, wall);
        if self.controlling.tell_clock(now, wall) || stepped {
            self.out.push_back(Output::Event(Event::ClockSet));
        }
        self.collect();
    }

    /// Takes up what an earlier node has left, before the first message: the records that its [`Output::Change`] made, none
    /// for the first node. From now on changes are reported. The wall clock was told before.
    pub fn restore<'a>(&mut self, now: Instant, records: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
        self.keeps = true;
        self.participating.keep_changes();
        let (mut taken, mut unreadable) = (0_u64, 0_u64);
        for (key, value) in records {
            let done =
                self.participating.restore(now, key, value) || self.controlling.restore(now, key, value);
            *(if done { &mut taken } else { &mut unreadable }) += 1;
        }
        self.out.push_back(Output::Event(Event::StateRestored { records: taken, unreadable }));
        self.participating.restored(now);
        self.switch_profiles(now);
        self.controlling.restored(now);
        self.collect();
    }

    /// Whether what has to be kept can be written down: if not, who asks for it is told to come back after so many seconds.
    /// Calls go on.
    pub fn handle_store(&mut self, fails: Option<u32>) {
        self.participating.store_fails(fails);
        self.controlling.store_fails(fails);
    }

    /// An answer to REGISTER, PUBLISH or SUBSCRIBE that has not left, because what it promises could not be written down, is
    /// taken back: 503 instead, with Retry-After in seconds. False: it is no such answer.
    pub fn withdraw(&mut self, now: Instant, path: SipPath, octets: &Bytes, retry_after: u32) -> bool {
        let taken = match path.local == self.directory.config.participating.address {
            true => self.participating.withdraw(now, path, octets, retry_after),
            false => self.controlling.withdraw(now, path, octets, retry_after),
        };
        self.collect();
        taken
    }

    /// The client-server key of a user is known from now on: bodies of the user's messages are verified and deciphered, those
    /// to the user protected. It takes the place of an earlier one and ends when the user's last client logs off.
    pub fn store_key(&mut self, user: &McpttId, key: SignallingKey) {
        self.participating.store_key(user, key);
    }

    /// What came out of a message with a key, the answer to an [`Output::Key`]: the request that has brought it goes on.
    pub fn handle_key(&mut self, now: Instant, id: u64, outcome: UploadedKey) {
        self.participating.handle_key(now, id, outcome);
        self.switch_profiles(now);
        self.collect();
    }

    /// The answer to an [`Output::BearerKeys`]; `None`: the user cannot be given the keys.
    pub fn handle_bearer_keys(&mut self, now: Instant, request: BearerKeyRequest, keys: Option<BearerKeys>) {
        self.participating.handle_bearer_keys(now, request, keys);
        self.collect();
    }

    /// What the media plane reports.
    pub fn handle_media(&mut self, now: Instant, indication: MediaIndication) {
        match Participating::concerns(&indication) {
            true => self.participating.handle_media(now, indication),
            false => self.controlling.handle_media(now, indication),
        }
        self.collect();
    }

    /// What an operator asks for.
    pub fn handle_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::ReleaseAll => self.participating.shut_down(now),
            Command::UseBearer { tmgi, used } => self.participating.use_bearer(now, tmgi, used),
            Command::ReleaseCall { .. } => {}
        }
        self.controlling.handle_command(now, command);
        self.collect();
    }

    /// A group document has come or changed: what is running and what is affiliated follows it at once.
    ///
    /// # Errors
    /// The first setting that can not be used; then the document stays what it was.
    pub fn change_group(&mut self, now: Instant, group: Group) -> Result<(), ConfigError> {
        let mut config = Config::clone(&self.directory.config);
        let group_id = group.group_id.clone();
        match config.groups.iter_mut().find(|known| known.group_id == group_id) {
            Some(known) => *known = group,
            None => config.groups.push(group),
        }
        self.documents_changed(now, config, &group_id)
    }

    /// A group document is gone, and with it every call and affiliation of the group.
    ///
    /// # Errors
    /// None that a configuration without the group could have.
    pub fn remove_group(&mut self, now: Instant, group_id: &GroupId) -> Result<(), ConfigError> {
        let mut config = Config::clone(&self.directory.config);
        config.groups.retain(|known| known.group_id != *group_id);
        self.documents_changed(now, config, group_id)
    }

    /// A document that clients may watch has another entity tag now, or with `None` is gone. `selector`: where it is below the
    /// XCAP root.
    pub fn document_changed(&mut self, now: Instant, selector: &str, tag: Option<&str>) {
        self.participating.document_changed(now, selector, tag);
        self.collect();
    }

    fn documents_changed(
        &mut self,
        now: Instant,
        config: Config,
        group_id: &GroupId,
    ) -> Result<(), ConfigError> {
        config.validate()?;
        let directory = Directory::new(config).with_selection_of(&self.directory);
        self.controlling.group_changed(now, Arc::new(directory), group_id);
        self.collect();
        Ok(())
    }

    /// Lets everything happen that is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.participating.handle_timeout(now);
        self.switch_profiles(now);
        self.controlling.handle_timeout(now);
        self.collect();
    }

    /// The next output; drained to `None` after each of the methods above.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`CallControl::handle_timeout`] is needed next. `None`: nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.participating.poll_timeout(), self.controlling.poll_timeout()].into_iter().flatten().min()
    }

    /// Calls at the controlling function, those being set up or released included.
    pub fn call_count(&self) -> usize {
        self.controlling.call_count()
    }

    /// Whether no call is left, and nobody still has to hear or answer that one has ended.
    pub fn is_released(&self) -> bool {
        let sessions = [self.participating.session_count(), self.controlling.session_count()];
        let told = !self.participating.has_notices() && !self.controlling.has_notices();
        self.call_count() == 0 && sessions == [0, 0] && told
    }

    /// How much is kept at present.
    pub fn held(&self) -> Held {
        self.participating.held() + self.controlling.held()
    }

    /// How many SIP messages each function has received and sent.
    pub fn counters(&self) -> [(Function, &Counters); 2] {
        let (participating, controlling) = (self.participating.counters(), self.controlling.counters());
        [(Function::Participating, participating), (Function::Controlling, controlling)]
    }

    fn collect(&mut self) {
        // Groups come and go with the regroups that the controlling function makes.
        if !Arc::ptr_eq(&self.directory, self.controlling.directory()) {
            self.directory = Arc::clone(self.controlling.directory());
            self.participating.documents_changed(Arc::clone(&self.directory));
        }
        self.out.extend(std::iter::from_fn(|| self.participating.poll_output()));
        self.out.extend(std::iter::from_fn(|| self.controlling.poll_output()));
        if self.keeps {
            let changes = self.participating.changes().into_iter().chain(self.controlling.changes());
            self.out.extend(changes.map(Output::Change));
        } else {
            self.participating.forget_changes();
            self.controlling.forget_changes();
        }
    }
}
