//! [`OffNetworkUe`]: an honest MCPTT client without a network, as one object without sockets or clock.
//!
//! It joins off-network call control (`call_control::off_network`), the off-network floor participant (TS 24.380 7) and an RTP
//! stream: when a call begins for the client, floor control and media begin with it. It serves the media of one call at a
//! time; a call that begins meanwhile has none.

mod session;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use call_control::ConfigError;
use call_control::off_network::{
    OffNetwork, OffNetworkCommand, OffNetworkConfig, OffNetworkEvent, OffNetworkMedia, OffNetworkOutput,
};
use mcptt_codec::floor::{FloorIndicator, FloorPriority};
use mcptt_codec::id::{GroupId, McpttId, Ssrc};
use mcptt_codec::monp::{self, CallType};
use mcptt_codec::{Path, Transmit};
use media_plane::floor::participant::Notification;
use media_plane::floor::participant::off_network::{CallKind, TimerSettings};

use session::Session;

/// Who the client is and what its media is like.
#[derive(Clone, Debug)]
pub struct OffNetworkUeConfig {
    /// Identities, addresses, groups, timers of call control.
    pub client: OffNetworkConfig,
    /// The SSRC of its voice and of its floor messages.
    pub ssrc: Ssrc,
    /// RTP clock ticks per packet of voice, for example 320 for 20 ms of AMR-WB.
    pub ticks_per_packet: u32,
    /// The priority with which the user asks for the floor when nothing else is said.
    pub floor_priority: FloorPriority,
    /// It can queue requests and can wait in a queue.
    pub queueing: bool,
    /// Timers and counters of floor control.
    pub floor_timers: TimerSettings,
}

/// What the user or the scenario wants.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OffNetworkUeCommand {
    /// Something of call control.
    Call(OffNetworkCommand),
    /// Press the push-to-talk button.
    PressToTalk {
        /// The floor priority asked for; `None`: that of the configuration.
        priority: Option<FloorPriority>,
    },
    /// Let the button go.
    ReleaseToTalk,
    /// Take the floor that was granted while the request was queued.
    AcceptGrant,
    /// Withdraw the request that is queued.
    CancelRequest,
    /// Ask for the position in the queue.
    AskQueuePosition,
}

/// What the client wants done or reports, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OffNetworkUeOutput {
    /// Send this datagram.
    Transmit {
        /// From where to where.
        transmit: Transmit,
        /// How far it goes.
        time_to_live: u8,
    },
    /// Something happened.
    Event(OffNetworkUeEvent),
}

/// What the client reports.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OffNetworkUeEvent {
    /// From call control.
    Call(OffNetworkEvent),
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
    /// A datagram that is not what its port is for was dropped.
    Dropped {
        /// Its addresses.
        path: Path,
        /// Why.
        reason: &'static str,
    },
}

/// The call that has the media.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Call {
    Group(GroupId),
    Broadcast(GroupId),
    Private(McpttId),
}

/// An honest MCPTT client without a network.
pub struct OffNetworkUe {
    config: OffNetworkUeConfig,
    client: OffNetwork,
    session: Option<(Call, Session)>,
    outputs: VecDeque<OffNetworkUeOutput>,
}

impl OffNetworkUe {
    /// A client in no call. `seed` feeds call identifiers and random waits.
    ///
    /// # Errors
    /// The first setting of the configuration that cannot be used.
    pub fn new(config: OffNetworkUeConfig, seed: [u8; 32], now: Instant) -> Result<Self, ConfigError> {
        let client = OffNetwork::new(config.client.clone(), seed, now)?;
        Ok(Self { config, client, session: None, outputs: VecDeque::new() })
    }

    /// Carries out what the user wants; what makes no sense now is ignored.
    pub fn command(&mut self, now: Instant, command: OffNetworkUeCommand) {
        match (command, &mut self.session) {
            (OffNetworkUeCommand::Call(command), _) => self.client.command(now, command),
            (command, Some((_, session))) => session.user(now, &command),
            (_, None) => {}
        }
        self.settle(now);
    }

    /// Sends one packet of encoded voice, if the floor is ours. Returns the SSRC and RTP timestamp it was sent with.
    pub fn send_voice(&mut self, now: Instant, payload: &[u8]) -> Option<(Ssrc, u32)> {
        let sent = self.session.as_mut().and_then(|(_, session)| session.send_voice(now, payload));
        self.settle(now);
        sent
    }

    /// Takes a datagram that arrived on port 8809 or on a port of the media of the call.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        if path.local.port() == monp::PORT {
            self.client.handle_datagram(now, path, bytes);
        } else if path.remote.ip() == self.config.client.address {
            // Multicast brings one's own packets back.
            return;
        } else if let Some((call, session)) = &mut self.session {
            let heard = session.handle_datagram(now, path, bytes);
            if let (true, Call::Private(user)) = (heard, &call) {
                let user = user.clone();
                self.client.command(now, OffNetworkCommand::MediaReceived { user });
            }
        } else {
            let reason = "no call";
            self.outputs.push_back(OffNetworkUeOutput::Event(OffNetworkUeEvent::Dropped { path, reason }));
        }
        self.settle(now);
    }

    /// Advances time.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.client.handle_timeout(now);
        if let Some((_, session)) = &mut self.session {
            session.handle_timeout(now);
        }
        self.settle(now);
    }

    /// The next thing to do; drain to `None` after every call above.
    pub fn poll_output(&mut self) -> Option<OffNetworkUeOutput> {
        self.outputs.pop_front()
    }

    /// When [`OffNetworkUe::handle_timeout`] wants to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let session = self.session.as_ref().and_then(|(_, session)| session.poll_timeout());
        [self.client.poll_timeout(), session].into_iter().flatten().min()
    }

    /// Whether voice may be sent now.
    pub fn may_send(&self) -> bool {
        self.session.as_ref().is_some_and(|(_, session)| session.may_send())
    }

    /// Call control, to look at.
    pub const fn client(&self) -> &OffNetwork {
        &self.client
    }

    fn settle(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.client.poll_output() {
                match output {
                    OffNetworkOutput::Transmit { transmit, time_to_live } => {
                        self.outputs.push_back(OffNetworkUeOutput::Transmit { transmit, time_to_live });
                    }
                    OffNetworkOutput::Event(event) => {
                        self.follow(now, &event);
                        self.outputs.push_back(OffNetworkUeOutput::Event(OffNetworkUeEvent::Call(event)));
                    }
                    _ => {}
                }
            }
            let Some((call, session)) = &mut self.session else { return };
            let inactive = session.drain(&mut self.outputs);
            let Some(group) = inactive.then_some(call).and_then(|call| call.group()) else { return };
            // Nobody has talked for as long as T230: the call is over for this client.
            self.client.command(now, OffNetworkCommand::LeaveGroupCall { group });
        }
    }

    /// Starts and ends floor control and media as call control goes.
    fn follow(&mut self, now: Instant, event: &OffNetworkEvent) {
        use OffNetworkEvent as E;
        match event {
            E::GroupCallJoined { call, originated } => {
                let kind = indicator(call.call_type);
                self.start(
                    now,
                    Call::Group(call.group.clone()),
                    CallKind::Group,
                    kind,
                    &call.media,
                    *originated,
                );
            }
            E::GroupCallMerged { call } => {
                let merged = Call::Group(call.group.clone());
                if self.end(now, &merged) {
                    let kind = indicator(call.call_type);
                    self.start(now, merged, CallKind::Group, kind, &call.media, false);
                }
            }
            E::GroupCallTypeChanged { group, call_type, .. } => {
                self.call_is(now, &Call::Group(group.clone()), indicator(*call_type));
            }
            E::GroupCallLeft { group, .. } => {
                self.end(now, &Call::Group(group.clone()));
            }
            E::BroadcastStarted { call, originated } => {
                let (of, initiator) = (Call::Broadcast(call.group.clone()), *originated);
                let kind = FloorIndicator::BROADCAST;
                self.start(now, of, CallKind::Broadcast { initiator }, kind, &call.media, initiator);
            }
            E::BroadcastEnded { group, .. } => {
                self.end(now, &Call::Broadcast(group.clone()));
            }
            E::PrivateCallMedia { user, originated, media } => {
                let kind = FloorIndicator::NORMAL;
                self.start(now, Call::Private(user.clone()), CallKind::Private, kind, media, *originated);
            }
            E::PrivateCallEstablished { user, emergency, .. }
            | E::PrivateCallTypeChanged { user, emergency } => {
                let kind = if *emergency { FloorIndicator::EMERGENCY } else { FloorIndicator::NORMAL };
                self.call_is(now, &Call::Private(user.clone()), kind);
            }
            E::PrivateCallEnded { user, .. } => {
                self.end(now, &Call::Private(user.clone()));
            }
            _ => {}
        }
    }

    fn start(
        &mut self,
        now: Instant,
        call: Call,
        call_kind: CallKind,
        kind: FloorIndicator,
        media: &OffNetworkMedia,
        originated: bool,
    ) {
        if self.session.is_some() {
            return;
        }
        let session = Session::new(&self.config, call_kind, kind, media.clone(), originated, now);
        self.session = Some((call, session));
    }

    fn call_is(&mut self, now: Instant, call: &Call, kind: FloorIndicator) {
        if let Some((_, session)) = self.session.as_mut().filter(|(of, _)| of == call) {
            session.call_is(now, kind);
        }
    }

    /// Whether the call had the media.
    fn end(&mut self, now: Instant, call: &Call) -> bool {
        let Some((_, mut session)) = self.session.take_if(|(of, _)| of == call) else { return false };
        session.release(now);
        session.drain(&mut self.outputs);
        true
    }
}

impl Call {
    fn group(&self) -> Option<GroupId> {
        match self {
            Self::Group(group) => Some(group.clone()),
            Self::Broadcast(_) | Self::Private(_) => None,
        }
    }
}

/// The kind of a group call as Floor Indicators say it.
const fn indicator(call_type: CallType) -> FloorIndicator {
    match call_type {
        CallType::EMERGENCY_GROUP => FloorIndicator::EMERGENCY,
        CallType::IMMINENT_PERIL_GROUP => FloorIndicator::IMMINENT_PERIL,
        _ => FloorIndicator::NORMAL,
    }
}

/// Where something is sent from.
const fn at(config: &OffNetworkUeConfig, port: u16) -> SocketAddr {
    SocketAddr::new(config.client.address, port)
}

#[cfg(test)]
mod tests;
