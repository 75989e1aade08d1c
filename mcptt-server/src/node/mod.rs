//! [`Node`]: the whole server as one object without sockets, clock or threads.
//!
//! Sockets, captures, simulated peers and fuzzers all enter through [`Node::handle_input`]. It returns nothing: whatever the
//! network sends becomes an answer, an [`Event`], or both. After every call drain [`Node::poll_output`] to `None` and arm one
//! timer for [`Node::poll_timeout`].

mod config;
mod demux;
mod event;
mod route;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use bytes::Bytes;
use call_control::CallControl;
use call_control::transport::{SipPath, StreamCommand, StreamEvent};
use mcptt_codec::{Path, Transmit};
use media_plane::MediaPlane;
use media_plane::signalling::Signalling;

pub use config::{ConfigError, NodeConfig};
pub use event::{Event, Severity};

use demux::{Demux, Role};

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
    /// The operator wants something.
    Command(Command),
}

/// What an operator can ask of a running node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Release every call with BYE and admit no new one; precedes a graceful end.
    ReleaseAll,
}

/// Everything a node wants from its surroundings.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// Send this datagram.
    Transmit(Transmit),
    /// Send over a connection, which is opened if there is none, or close it.
    Stream(StreamCommand),
    /// A SIP message between this node's own functions. It has been delivered already; captures and monitors want to see it.
    Looped(Transmit),
    /// Something worth knowing: for logs, metrics, reports.
    Event(Event),
}

/// The MCPTT server: participating function, controlling function, floor control and media distribution.
pub struct Node {
    demux: Demux,
    call_control: CallControl,
    media_plane: MediaPlane,
    outputs: VecDeque<Output>,
    looped: VecDeque<Transmit>,
    /// Indications for the media plane, held back until the signalling that caused them has been sent.
    held: VecDeque<Signalling>,
}

impl Node {
    /// A node with nothing registered and no call. `seed` feeds every tag, key and identifier it draws.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, its value and the allowed range.
    pub fn new(config: NodeConfig, seed: [u8; 32], now: Instant) -> Result<Self, ConfigError> {
        let demux = config.demux()?;
        let call_control = CallControl::new(config.call_control, derive_seed(seed, 1), now)?;
        let media_plane = MediaPlane::new(config.media_plane, derive_seed(seed, 2), now)?;
        Ok(Self {
            demux,
            call_control,
            media_plane,
            outputs: VecDeque::new(),
            looped: VecDeque::new(),
            held: VecDeque::new(),
        })
    }

    /// Takes one input. Never fails and never panics: a defect inside is caught, reported as [`Event::Defect`], and the input that
    /// met it is dropped.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Datagram { path, bytes } => self.deliver(now, path, bytes),
            Input::Stream { path, event } => {
                self.guarded(Some(path.addresses()), |node| {
                    node.call_control.handle_stream(now, path, event)
                });
            }
            Input::Command(Command::ReleaseAll) => {
                self.guarded(None, |node| {
                    node.call_control.handle_command(now, call_control::Command::ReleaseAll)
                });
            }
        }
        self.settle(now);
    }

    /// Advances time. Calling it late or early is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.guarded(None, |node| {
            node.call_control.handle_timeout(now);
            node.media_plane.handle_timeout(now);
        });
        self.settle(now);
    }

    /// The next thing to do; drain to `None` after every `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Node::handle_timeout`] wants to be called next; `None` when nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.call_control.poll_timeout(), self.media_plane.poll_timeout()].into_iter().flatten().min()
    }

    /// Calls that are being set up, running or being released.
    pub fn call_count(&self) -> usize {
        self.call_control.call_count()
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
            self.collect_call_control();
            if let Some(transmit) = self.looped.pop_front() {
                let path = Path { local: transmit.path.remote, remote: transmit.path.local };
                let payload = transmit.payload.clone();
                self.outputs.push_back(Output::Looped(transmit));
                self.deliver_sip(now, path, &payload);
            } else if let Some(signalling) = self.held.pop_front() {
                self.guarded(None, |node| node.media_plane.handle_signalling(now, signalling));
            } else if !self.collect_media_plane(now) {
                return;
            }
        }
        self.looped.clear();
        self.outputs.push_back(Output::Event(Event::Defect { path: None }));
    }

    fn collect_call_control(&mut self) {
        while let Some(output) = self.call_control.poll_output() {
            match output {
                call_control::Output::Transmit(transmit) if self.demux.is_own_sip(transmit.path.remote) => {
                    self.looped.push_back(transmit);
                }
                call_control::Output::Transmit(transmit) => {
                    self.outputs.push_back(Output::Transmit(transmit))
                }
                call_control::Output::Stream(command) => self.outputs.push_back(Output::Stream(command)),
                call_control::Output::Media(command) => self.held.extend(route::signalling(command)),
                call_control::Output::Event(event) => {
                    self.outputs.push_back(Output::Event(Event::CallControl(event)));
                }
                // Both enums may grow; what the node has no use for stays here.
                _ => {}
            }
        }
    }

    /// Whether call control heard something it may react to.
    fn collect_media_plane(&mut self, now: Instant) -> bool {
        let mut told = false;
        while let Some(output) = self.media_plane.poll_output() {
            match output {
                media_plane::Output::Transmit(transmit) => self.outputs.push_back(Output::Transmit(transmit)),
                media_plane::Output::Indication(indication) => {
                    if let Some(indication) = route::media_indication(indication) {
                        told = true;
                        self.guarded(None, |node| node.call_control.handle_media(now, indication));
                    }
                }
                media_plane::Output::Event(event) => {
                    self.outputs.push_back(Output::Event(Event::MediaPlane(event)));
                }
                // Recording taps are off: nobody here takes them.
                media_plane::Output::Tap(_) => {}
            }
        }
        told
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
