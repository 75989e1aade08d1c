//! [`UserEquipment`]: an honest MCPTT client as one object without sockets or clock.
//!
//! It joins the client procedures of TS 24.379 (`call_control::client`), the floor participant of TS 24.380 (`media_plane::floor`) and an
//! RTP stream. The demonstration runs several of them on real sockets, the conformance toolkit on virtual time. It serves one call
//! at a time; media of a second one is not set up.

pub mod documents;
mod keyring;
mod mbms;
pub mod off_network;
mod pre_established;
mod session;
mod stream;
pub mod voice;

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use call_control::client::{
    CallId, Client, ClientCommand, ClientConfig, ClientEvent, ClientOutput, EstablishedCall, SessionCall,
    Urgency,
};
use call_control::transport::{SipPath, StreamCommand, StreamEvent};
use mcptt_codec::floor::{FloorIndicator, FloorPriority};
use mcptt_codec::id::{McpttId, Ssrc};
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::{Path, Release, Transmit};
use media_plane::crypto::ServiceProtection;
use media_plane::crypto::dtls::Identity;
use media_plane::crypto::mc::i_message::Opener;
use media_plane::crypto::mc::{ServiceKey, derivation};
use media_plane::floor::participant::{Notification, TimerSettings};
use media_plane::receive::SpurtQuality;

use crate::node::keys::of_signalling;
use keyring::Keyring;
use mbms::Reception;
use pre_established::PreEstablished;
use session::Session;
pub use voice::VoiceSettings;

/// What the user or the scenario wants.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum UeCommand {
    /// Something of the signalling plane.
    Client(ClientCommand),
    /// Press the push-to-talk button.
    PressToTalk {
        /// The floor priority asked for; `None`: the default.
        priority: Option<FloorPriority>,
        /// The kind of request, such as [`FloorIndicator::EMERGENCY`]; `None`: as the call.
        indicator: Option<FloorIndicator>,
    },
    /// Let the button go.
    ReleaseToTalk,
    /// Take the floor that was granted while the request was queued.
    AcceptGrant,
    /// Ask for the position in the queue.
    AskQueuePosition,
    /// Have the floor taken from somebody (Rel-19).
    RevokeOther {
        /// From whom.
        user: McpttId,
    },
    /// Have queued requests of others removed (Rel-17).
    CancelQueued {
        /// Whose; nobody in particular stands for everybody's.
        users: Vec<McpttId>,
    },
    /// Be where MBMS bearers can be received, or no longer: whoever announces one is told that it is listened to.
    ReceiveBearers {
        /// Whether they can be received.
        on: bool,
    },
    /// Render the voice of others from now on, or no longer; it has to be [set up](VoiceSettings::playout).
    Listen {
        /// Whether it is rendered.
        on: bool,
    },
    /// Have the voice of others stopped, because it comes by multicast, or resumed (Rel-17).
    UnicastMedia {
        /// Whether it is wanted.
        wanted: bool,
    },
}

/// What the user equipment wants done or reports, in order.
#[expect(
    clippy::large_enum_variant,
    reason = "drained at once, never kept in bulk; a box for each would cost more"
)]
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum UeOutput {
    /// Send this datagram.
    Transmit(Transmit),
    /// Do this with a connection; only when its client speaks SIP over TCP.
    Stream(StreamCommand),
    /// Something happened.
    Event(UeEvent),
}

/// What the user equipment reports.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "one is made for each thing that a user is told, and moved once"
)]
pub enum UeEvent {
    /// From the signalling plane.
    Client(ClientEvent),
    /// From floor control.
    Floor(Notification),
    /// The microphone may be open, or must be shut.
    Microphone {
        /// Whether voice may be sent.
        open: bool,
    },
    /// Voice of another participant.
    Voice {
        /// Whose stream.
        ssrc: Ssrc,
        /// RTP sequence number.
        sequence: u16,
        /// RTP timestamp.
        timestamp: u32,
        /// The encoded voice.
        payload: Bytes,
    },
    /// 20 ms of the voice of another participant.
    Heard {
        /// Whose stream.
        ssrc: Ssrc,
        /// When it is to be played.
        at: Instant,
        /// RTP timestamps of the packets that begin with it.
        timestamps: Vec<u32>,
        /// The samples.
        samples: Vec<i16>,
    },
    /// A talk spurt of another participant is over.
    SpurtHeard {
        /// Whose stream.
        ssrc: Ssrc,
        /// What it was like.
        quality: SpurtQuality,
    },
    /// Nobody has spoken for so long that the floor was given back.
    SilenceNoticed,
    /// A datagram that is not what its port is for, or fails its protection, was dropped.
    Dropped {
        /// Its addresses.
        path: Path,
        /// Why.
        reason: &'static str,
    },
}

/// Who the user equipment is and what its media is like.
#[derive(Clone, Debug)]
pub struct UeConfig {
    /// Identities, addresses, codecs, keys.
    pub client: ClientConfig,
    /// The SSRC of its voice and of its floor messages.
    pub ssrc: Ssrc,
    /// RTP clock ticks per packet of voice, for example 960 for 20 ms of Opus.
    pub ticks_per_packet: u32,
    /// The certificate for DTLS-SRTP, whose fingerprint the client has to know too. `None`: there is none.
    pub dtls: Option<Identity>,
    /// What its floor participant may do.
    pub floor: FloorRights,
    /// The timers of its floor participant: the default, or what [`documents::on_network`] finds.
    pub timers: TimerSettings,
    /// What it does with voice.
    pub voice: VoiceSettings,
}

/// What the documents let a user do with the floor of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FloorRights {
    /// The release to which its messages keep.
    pub release: Release,
    /// It may have the floor taken from others (Rel-19).
    pub may_revoke: bool,
    /// It may have queued requests of others removed (Rel-17).
    pub may_cancel_queued: bool,
}

/// An honest MCPTT client.
pub struct UserEquipment {
    config: UeConfig,
    client: Client,
    session: Option<Session>,
    /// The sessions that it has established for calls to come.
    pre_established: PreEstablished,
    reception: Reception,
    /// What the user has last called for: an emergency, a broadcast.
    called: FloorIndicator,
    /// What its floor control is protected with from now on. `None`: it is plain.
    floor_keys: Option<ServiceProtection>,
    outputs: VecDeque<UeOutput>,
}

impl UserEquipment {
    /// A client that has not registered yet. `seed` feeds tags and keys.
    pub fn new(config: UeConfig, seed: [u8; 32], now: Instant) -> Self {
        let client = Client::new(config.client.clone(), seed, now);
        let pre_established = PreEstablished::new(config.ssrc, config.client.floor);
        let (called, outputs) = (FloorIndicator::NONE, VecDeque::new());
        let reception = Reception::default();
        let floor_keys = None;
        Self { config, client, session: None, reception, pre_established, called, floor_keys, outputs }
    }

    /// Gives the participating function a key, by this MIKEY message in base64, when the client registers or publishes its settings
    /// the next time: bodies and the floor control of calls to come are protected with it.
    pub fn set_service_key(&mut self, key: &ServiceKey, message: KeyMaterial) {
        self.client.set_signalling_key(Some(of_signalling(key)));
        self.client.set_key_message(Some(message));
        let keys = derivation::floor_control(key);
        self.floor_keys = Some(ServiceProtection { keys, sent: Default::default() });
    }

    /// Takes the keys of multicast that the participating function sends with what a key management server has given the user;
    /// at this moment in seconds since 1900. Without it what is protected there is not heard.
    pub fn take_multicast_keys(&mut self, opener: Opener, ntp: u64) {
        let server = self.config.client.participating_identity.to_string();
        self.reception.take_keys(Keyring::new(opener, server, ntp));
    }

    /// Carries out what the user wants; what makes no sense now is ignored.
    pub fn command(&mut self, now: Instant, command: UeCommand) {
        if let UeCommand::Client(
            ClientCommand::CallGroup(call)
            | ClientCommand::CallOverSession { call: SessionCall::Group(call), .. },
        ) = &command
        {
            let emergency = matches!(call.urgency, Urgency::Emergency { .. });
            self.called = kind(call.broadcast, emergency);
        }
        match (command, &mut self.session) {
            (UeCommand::Client(command), _) => self.client.handle_command(now, command),
            (UeCommand::ReceiveBearers { on }, _) => {
                for report in self.reception.switch(on) {
                    self.client.handle_command(now, report);
                }
            }
            (UeCommand::Listen { on }, session) => {
                self.config.voice.listening = on;
                if let Some(session) = session {
                    session.listen(on);
                }
            }
            (command, Some(session)) => session.user(now, command),
            (_, None) => {}
        }
        self.settle(now);
    }

    /// Sends one packet of encoded voice, if the floor is ours. Returns the SSRC and RTP timestamp it was sent with.
    pub fn send_voice(&mut self, now: Instant, payload: &[u8]) -> Option<(Ssrc, u32)> {
        let sent = self.session.as_mut().and_then(|session| session.send_voice(now, payload));
        self.settle(now);
        sent
    }

    /// Tells what the microphone has picked up, whether it is open or not, if silence is to be
    /// [noticed](VoiceSettings::activity).
    pub fn microphone(&mut self, now: Instant, samples: &[i16]) {
        if let Some(session) = &mut self.session {
            session.picked_up(now, samples);
        }
        self.settle(now);
    }

    /// Takes a datagram that arrived on one of its three ports (SIP, audio, floor control).
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        if path.local == self.config.client.address {
            self.client.handle_datagram(now, path, bytes);
        } else if self.pre_established.handle_datagram(path, bytes, self.session.as_ref().map(Session::call))
        {
            // It was about a session; what it says about floor control goes on below.
            if let Some(session) = self.session.as_mut().filter(|_| !pre_established::is_only_about(bytes)) {
                session.handle_datagram(now, path, bytes);
            }
        } else if path.local.ip().is_multicast() {
            let cast = self.reception.heard(path.local, bytes);
            if let (Some((cast, octets)), Some(session)) = (cast, &mut self.session) {
                session.handle_cast(now, cast, path, &octets);
            }
        } else if let Some(session) = &mut self.session {
            // Media does not reach the signalling: nothing of the client is to be looked at for each packet of voice.
            session.handle_datagram(now, path, bytes);
            session.look_at_microphone(now);
            session.drain(&mut self.outputs);
            if !session.is_media_complete() {
                return;
            }
        } else {
            self.outputs.push_back(UeOutput::Event(UeEvent::Dropped { path, reason: "no call" }));
        }
        self.settle(now);
    }

    /// What becomes of a SIP connection of its client.
    pub fn handle_stream(&mut self, now: Instant, path: SipPath, event: StreamEvent<'_>) {
        self.client.handle_stream(now, path, event);
        self.settle(now);
    }

    /// Advances time.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.client.handle_timeout(now);
        if let Some(session) = &mut self.session {
            session.handle_timeout(now);
        }
        self.settle(now);
    }

    /// The next thing to do; drain to `None` after every call above.
    pub fn poll_output(&mut self) -> Option<UeOutput> {
        self.outputs.pop_front()
    }

    /// When [`UserEquipment::handle_timeout`] wants to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let session = self.session.as_ref().and_then(Session::poll_timeout);
        [self.client.poll_timeout(), session].into_iter().flatten().min()
    }

    /// Whether voice may be sent now.
    pub fn may_send(&self) -> bool {
        self.session.as_ref().is_some_and(Session::may_send)
    }

    /// The call it is in or is setting up.
    pub fn call(&self) -> Option<CallId> {
        self.session.as_ref().map(Session::call)
    }

    fn settle(&mut self, now: Instant) {
        self.drain_client(now);
        while let Some(command) = self.pre_established.drain(&mut self.outputs) {
            self.client.handle_command(now, command);
            self.drain_client(now);
        }
        let Some(session) = &mut self.session else { return };
        session.look_at_microphone(now);
        session.drain(&mut self.outputs);
        //= 24.379-6.2.8.2
        if session.take_media_complete() {
            // The broadcast is over, and with it the call.
            let call = session.call();
            self.client.handle_command(now, ClientCommand::Leave { call });
            self.drain_client(now);
        }
    }

    fn drain_client(&mut self, now: Instant) {
        while let Some(output) = self.client.poll_output() {
            match output {
                ClientOutput::Transmit(transmit) => self.outputs.push_back(UeOutput::Transmit(transmit)),
                ClientOutput::Stream(command) => self.outputs.push_back(UeOutput::Stream(command)),
                ClientOutput::Event(event) => {
                    self.follow(now, &event);
                    self.outputs.push_back(UeOutput::Event(UeEvent::Client(event)));
                }
                _ => {}
            }
        }
    }

    /// Starts, establishes and ends the media session as the signalling goes.
    fn follow(&mut self, now: Instant, event: &ClientEvent) {
        self.pre_established.follow(event);
        match event {
            ClientEvent::CallStarted { call, .. } | ClientEvent::CallReceived { call, .. }
                if self.session.is_none() =>
            {
                self.session = Some(Session::new(&self.config, *call, self.floor_keys.as_ref(), now));
            }
            ClientEvent::CallEstablished(established) => {
                self.establish(now, established);
                if self.call() == Some(established.call) {
                    self.reception.call_is(established.group.as_ref());
                }
            }
            ClientEvent::KeySent(message) => self.reception.key_sent(message),
            ClientEvent::BearerAnnounced(bearer) => {
                for report in self.reception.announced(bearer) {
                    self.client.handle_command(now, report);
                }
            }
            ClientEvent::PriorityTold { call, told } if self.call() == Some(*call) => {
                if let Some(session) = &mut self.session {
                    session.priority_told(now, told);
                }
            }
            ClientEvent::PriorityAnswered { call, status: 200, told, .. } if self.call() == Some(*call) => {
                if let Some(session) = &mut self.session {
                    session.priority_told(now, told);
                }
            }
            ClientEvent::CallFailed { call, .. } | ClientEvent::CallEnded { call, .. }
                if self.call() == Some(*call) =>
            {
                self.reception.call_is(None);
                if let Some(mut session) = self.session.take() {
                    session.release(now);
                    session.drain(&mut self.outputs);
                }
            }
            _ => {}
        }
    }

    fn establish(&mut self, now: Instant, established: &EstablishedCall) {
        if self.session.is_none() {
            let keys = self.floor_keys.as_ref();
            self.session = Some(Session::new(&self.config, established.call, keys, now));
        }
        if let Some(session) = self.session.as_mut().filter(|session| session.call() == established.call) {
            session.establish(now, established, self.called);
        }
    }
}

/// The kind of a call as Floor Indicators say it.
fn kind(broadcast: bool, emergency: bool) -> FloorIndicator {
    let bits = [(broadcast, FloorIndicator::BROADCAST), (emergency, FloorIndicator::EMERGENCY)];
    let set = bits.into_iter().filter(|(set, _)| *set);
    set.fold(FloorIndicator::NONE, |kind, (_, bit)| kind | bit)
}
