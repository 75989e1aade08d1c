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

mod bodies;
pub mod client;
pub mod config;
mod controlling;
pub mod dialog;
mod digest;
mod directory;
pub mod event;
pub mod media;
mod offer_answer;
mod participating;
pub mod policy;
mod service;
mod session_timer;
mod subscription;
#[doc(hidden)]
pub mod testing;
pub mod transaction;
pub mod transport;
pub mod user_agent;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::{Path, Transmit};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub use client::Client;
pub use config::{Config, ConfigError};
pub use event::Event;
pub use media::{
    CallSettings, Command, Entry, FloorParameters, MediaCommand, MediaEndpoint, MediaIndication,
    MediaProtection, Participant,
};
pub use policy::{Refusal, ReleaseCause};

use crate::controlling::Controlling;
use crate::directory::Directory;
use crate::participating::Participating;
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
    /// Tell the media plane.
    Media(MediaCommand),
    /// Something happened.
    Event(Event),
}

/// The participating and the controlling MCPTT function of one node. See the [crate documentation](crate).
pub struct CallControl {
    directory: Arc<Directory>,
    participating: Participating,
    controlling: Controlling,
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
        } else if path.local == self.directory.config.controlling.address {
            self.controlling.handle_datagram(now, path, bytes);
        } else {
            self.out.push_back(Output::Event(Event::NotOurs { path: path.into() }));
        }
        self.collect();
    }

    /// What becomes of a connection to the address of either function.
    pub fn handle_stream(&mut self, now: Instant, path: SipPath, event: StreamEvent<'_>) {
        if path.local == self.directory.config.participating.address {
            self.participating.handle_stream(now, path, event);
        } else if path.local == self.directory.config.controlling.address {
            self.controlling.handle_stream(now, path, event);
        } else {
            self.out.push_back(Output::Event(Event::NotOurs { path }));
        }
        self.collect();
    }

    /// What the media plane reports.
    pub fn handle_media(&mut self, now: Instant, indication: MediaIndication) {
        self.controlling.handle_media(now, indication);
        self.collect();
    }

    /// What an operator asks for.
    pub fn handle_command(&mut self, now: Instant, command: Command) {
        if command == Command::ReleaseAll {
            self.participating.shut_down();
        }
        self.controlling.handle_command(now, command);
        self.collect();
    }

    /// Lets everything happen that is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.participating.handle_timeout(now);
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

    fn collect(&mut self) {
        self.out.extend(std::iter::from_fn(|| self.participating.poll_output()));
        self.out.extend(std::iter::from_fn(|| self.controlling.poll_output()));
    }
}
