//! [`Rig`]: a node and simulated peers on one virtual clock and one virtual network.
//!
//! Every datagram that crosses the network becomes a [`Frame`], and the frames are all the judge gets to see. Scenarios stimulate, they
//! do not judge.

mod about;
mod network;
mod passing;
mod provision;
mod raw_sip;
mod relayed;
pub mod remote;
mod stream;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::client::{AudioFormat, CallId, ClientCommand, ClientConfig, ClientEvent, GroupCall};
use call_control::transport::{Hop, SipPath, StreamCommand, StreamEvent, Transport};
use mcptt_codec::Path;
use mcptt_codec::floor::{FloorIndicator, FloorPriority};
use mcptt_codec::id::{ClientId, GroupId, McpttId, Ssrc};
use mcptt_codec::sdp::CryptoSuite;
use mcptt_codec::xml::poc_settings::AnswerMode;
use mcptt_server::node::{Command, Event, Input, Node, NodeConfig, Output};
use mcptt_server::ue::{FloorRights, UeCommand, UeConfig, UeEvent, UeOutput, UserEquipment};

use crate::capture::Frame;
use crate::tamper::Relay;
pub use network::{Disturbance, Effect, Impairment, Network};
use passing::Onlooker;
pub use provision::configuration;
pub(crate) use provision::merge;
use remote::Remote;

/// Frames carry times since 1970; a simulated run begins here (2026-01-01 UTC), so that two runs give the same capture.
pub(crate) const EPOCH: Duration = Duration::from_secs(1_767_225_600);
/// One packet of voice.
const PACKET_TIME: Duration = Duration::from_millis(20);

/// A peer in the rig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Actor(usize);

/// Something a scenario counted on did not happen, so that the rest would prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmet(pub &'static str);

struct Peer {
    user: McpttId,
    client_id: ClientId,
    equipment: UserEquipment,
    addresses: [SocketAddr; 3],
    ssrc: Ssrc,
    /// Speaks one packet every 20 ms until then.
    speaks_until: Option<Instant>,
    next_packet: Instant,
    events: Vec<UeEvent>,
    /// Where voice goes in the present call.
    remote_audio: Option<SocketAddr>,
    /// And floor control.
    remote_floor: Option<SocketAddr>,
    /// Media and floor control towards it are dropped.
    deaf: bool,
    /// Media and floor control from it are dropped.
    mute: bool,
}

/// What the peers talk to.
enum Target {
    /// A node in this process, on virtual time.
    Own(Box<Node>),
    /// A system behind real sockets, on the time that passes.
    Remote(Box<Remote>),
}

impl Target {
    /// Whether SIP goes over connections.
    fn speaks_tcp(&self) -> bool {
        matches!(self, Self::Remote(remote) if remote.transport() == Transport::Tcp)
    }
}

/// A target and the peers that talk to it.
pub struct Rig {
    now: Instant,
    began: Instant,
    /// Time of the frames when it began.
    epoch: Duration,
    target: Target,
    participating: SocketAddr,
    participating_identity: mcptt_codec::text::ByteStr,
    peers: Vec<Peer>,
    network: Network,
    /// Changes what crosses between clients and server.
    relay: Option<Relay>,
    frames: Vec<Frame>,
    defects: Vec<Event>,
    /// What clients send becomes a frame where it arrives, not where it is sent.
    at_node: bool,
    /// What the node sends becomes a frame where it arrives at a client, not where it is sent.
    from_afar: bool,
    /// What the functions of the node say to each other is seen.
    inside: bool,
    /// Pauses of scenarios are multiplied by this.
    time_scale: f64,
    /// Makes identifiers of this rig differ from those that a remote target remembers of others. Zero on virtual time.
    salt: u64,
    /// The clients' ends of connections.
    streams: Vec<SocketAddr>,
    /// Says when everything that was caused at a remote target has come to its end.
    onlooker: Option<Box<Onlooker>>,
}

impl Rig {
    /// A rig around a node of this configuration.
    ///
    /// # Panics
    /// When the configuration does not fit together: a scenario of ours is wrong then.
    pub fn new(mut config: NodeConfig, seed: u64) -> Self {
        // Cases are about floor control and signalling; reports would only fill their captures.
        config.media_plane.report_interval = None;
        let now = mcptt_server::testing::t0();
        let participating = config.call_control.participating.address;
        let participating_identity = config.call_control.participating.identity.clone();
        let node =
            Node::new(config, seed_of(seed, 0), now).expect("a scenario's configuration fits together");
        Self {
            now,
            began: now,
            epoch: EPOCH,
            target: Target::Own(Box::new(node)),
            participating,
            participating_identity,
            peers: Vec::new(),
            network: Network::new(seed),
            relay: None,
            frames: Vec::new(),
            defects: Vec::new(),
            at_node: false,
            from_afar: false,
            inside: true,
            time_scale: 1.0,
            salt: 0,
            streams: Vec::new(),
            onlooker: None,
        }
    }

    /// A rig around a system that somebody else has started. Time passes by itself, and what is seen is what reaches and
    /// leaves the tester's sockets.
    pub fn remote(remote: Remote, seed: u64) -> Self {
        let (now, epoch) = remote.begin();
        let (participating, participating_identity) = remote.participating();
        let salt = seed ^ u64::try_from(epoch.as_nanos()).unwrap_or(u64::MAX);
        Self {
            now,
            began: now,
            epoch,
            target: Target::Remote(Box::new(remote)),
            participating,
            participating_identity,
            peers: Vec::new(),
            network: Network::new(seed),
            relay: None,
            frames: Vec::new(),
            defects: Vec::new(),
            at_node: false,
            from_afar: false,
            inside: false,
            time_scale: 1.0,
            salt,
            streams: Vec::new(),
            onlooker: None,
        }
    }

    /// Frames are what the clients see from now on: what the functions of the node say to each other is not among them.
    pub fn observe_at_clients(&mut self) {
        self.inside = false;
    }

    /// Frames are what leaves and reaches the clients from now on, who may be [far away](Rig::stretch).
    pub fn observe_from_afar(&mut self) {
        self.inside = false;
        self.from_afar = true;
    }

    /// From now on everything on one way of a client takes that long.
    pub fn stretch(&mut self, actor: Actor, inbound: bool, way: Duration) {
        for address in self.peers[actor.0].addresses {
            self.network.stretch(address, inbound, way);
        }
    }

    /// An honest client of this user, on addresses of its own, not registered yet.
    pub fn client(&mut self, mcptt_id: &str) -> Actor {
        self.client_with(mcptt_id, |_| {})
    }

    /// As [`Rig::client`], with changes to what the client is.
    pub fn client_with(&mut self, mcptt_id: &str, change: impl FnOnce(&mut ClientConfig)) -> Actor {
        self.client_that_may(mcptt_id, FloorRights::default(), change)
    }

    /// As [`Rig::client_with`], of a user who may do something about the floor of others.
    pub fn client_that_may(
        &mut self,
        mcptt_id: &str,
        floor: FloorRights,
        change: impl FnOnce(&mut ClientConfig),
    ) -> Actor {
        let index = self.peers.len();
        let addresses = match &mut self.target {
            Target::Own(_) => {
                let host = IpAddr::V4(Ipv4Addr::new(127, 0, 1, u8::try_from(index + 1).unwrap_or(u8::MAX)));
                [5060, 40_000, 40_002].map(|port| SocketAddr::new(host, port))
            }
            Target::Remote(remote) => remote.open(index),
        };
        let access_token = match &self.target {
            Target::Own(_) => None,
            Target::Remote(remote) => remote.token(mcptt_id),
        };
        let mut client = ClientConfig {
            transport: self.transport(),
            public_user_id: mcptt_id.into(),
            mcptt_id: McpttId::from(mcptt_id),
            client_id: ClientId::new(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", index + 1)),
            access_token,
            address: addresses[0],
            participating_address: self.participating,
            participating_identity: self.participating_identity.clone(),
            audio: addresses[1],
            floor: addresses[2],
            codecs: vec![AudioFormat::amr_wb()],
            dtls: None,
            suites: vec![CryptoSuite::AeadAes128Gcm],
            answer_mode: AnswerMode::Automatic,
            queueing: true,
            floor_priority: Some(5),
            registration_expires: 3600,
            session_expires: ClientConfig::SESSION_EXPIRES,
            profile: Default::default(),
        };
        change(&mut client);
        let ssrc = Ssrc(0xa000_0001 + u32::try_from(index).unwrap_or_default());
        let config = UeConfig {
            dtls: None,
            client,
            ssrc,
            ticks_per_packet: 320,
            floor,
            timers: Default::default(),
            voice: Default::default(),
        };
        let seed = seed_of(self.salt.wrapping_add(u64::try_from(index).unwrap_or_default()), 1);
        let (user, client_id) = (config.client.mcptt_id.clone(), config.client.client_id.clone());
        let equipment = UserEquipment::new(config, seed, self.now);
        self.peers.push(Peer {
            user,
            client_id,
            equipment,
            addresses,
            ssrc,
            speaks_until: None,
            next_packet: self.now,
            events: Vec::new(),
            remote_audio: None,
            remote_floor: None,
            deaf: false,
            mute: false,
        });
        Actor(index)
    }

    /// Registers, publishes settings and affiliates.
    ///
    /// # Errors
    /// [`Unmet`] when one of them is refused.
    pub fn log_in(&mut self, actor: Actor, groups: &[&str]) -> Result<(), Unmet> {
        self.signal(actor, ClientCommand::Register);
        self.expect(actor, "registration", |e| matches!(e, UeEvent::Client(ClientEvent::Registered { .. })))?;
        self.signal(actor, ClientCommand::PublishSettings);
        self.expect(actor, "settings", |e| matches!(e, UeEvent::Client(ClientEvent::SettingsPublished)))?;
        if !groups.is_empty() {
            self.affiliate(actor, groups)?;
        }
        Ok(())
    }

    /// Makes these groups the full set the client is affiliated to.
    ///
    /// # Errors
    /// [`Unmet`] when it is refused.
    pub fn affiliate(&mut self, actor: Actor, groups: &[&str]) -> Result<(), Unmet> {
        let groups = groups.iter().map(|group| GroupId::from(*group)).collect();
        self.signal(actor, ClientCommand::Affiliate { groups });
        self.expect(actor, "affiliation", |e| matches!(e, UeEvent::Client(ClientEvent::Affiliated { .. })))
    }

    /// Calls a group and waits until the call is established.
    ///
    /// # Errors
    /// [`Unmet`] when it is not.
    pub fn call(&mut self, actor: Actor, group: &str, implicit_request: bool) -> Result<(), Unmet> {
        self.signal(actor, ClientCommand::CallGroup(GroupCall { implicit_request, ..GroupCall::new(group) }));
        self.expect(actor, "call", |e| matches!(e, UeEvent::Client(ClientEvent::CallEstablished(_))))
    }

    /// Whether the client is in a call or sets one up.
    pub fn in_call(&self, actor: Actor) -> bool {
        self.peers[actor.0].equipment.call().is_some()
    }

    /// The call of the client.
    pub fn call_of(&self, actor: Actor) -> Option<CallId> {
        self.peers[actor.0].equipment.call()
    }

    /// Leaves the call.
    pub fn leave(&mut self, actor: Actor) {
        if let Some(call) = self.peers[actor.0].equipment.call() {
            self.signal(actor, ClientCommand::Leave { call });
        }
    }

    /// Hands the client a command of the signalling plane.
    pub fn signal(&mut self, actor: Actor, command: ClientCommand) {
        self.command(actor, UeCommand::Client(command));
    }

    /// Presses to talk with the default priority.
    pub fn press(&mut self, actor: Actor) {
        self.command(actor, UeCommand::PressToTalk { priority: None, indicator: None });
    }

    /// Presses to talk with a priority and, in an emergency, its indicator.
    pub fn press_with(&mut self, actor: Actor, priority: u8, emergency: bool) {
        let indicator = emergency.then_some(FloorIndicator::EMERGENCY);
        self.command(actor, UeCommand::PressToTalk { priority: Some(FloorPriority(priority)), indicator });
    }

    /// Lets the button go.
    pub fn release(&mut self, actor: Actor) {
        self.peers[actor.0].speaks_until = None;
        self.command(actor, UeCommand::ReleaseToTalk);
    }

    /// Hands the client a command.
    pub fn command(&mut self, actor: Actor, command: UeCommand) {
        let now = self.now;
        self.peers[actor.0].equipment.command(now, command);
        self.settle();
    }

    /// Speaks for as long as the floor is held, at most `duration`; time goes on with [`Rig::advance`].
    pub fn speak(&mut self, actor: Actor, duration: Duration) {
        let until = self.now + self.scaled(duration);
        let peer = &mut self.peers[actor.0];
        peer.speaks_until = Some(until);
        peer.next_packet = self.now;
    }

    /// Sends octets from one of a client's own ports to wherever, as a client that does not follow the rules.
    pub fn inject(&mut self, path: Path, payload: &[u8]) {
        self.transmit(path, Bytes::copy_from_slice(payload));
        self.settle();
    }

    /// From now on the client hears nothing on its media ports, so that its own machine keeps quiet while a scenario misbehaves for it.
    pub fn deafen(&mut self, actor: Actor) {
        self.peers[actor.0].deaf = true;
    }

    /// From now on nothing that the client sends from its media ports arrives, so that a scenario can answer it.
    pub fn mute(&mut self, actor: Actor) {
        self.peers[actor.0].mute = true;
    }

    /// Loss and delay from now on.
    pub fn impair(&mut self, impairment: Impairment) {
        self.network.impair(impairment);
    }

    /// What happens to the next datagrams of a port.
    pub fn disturb(&mut self, disturbance: Disturbance) {
        self.network.disturb(disturbance);
    }

    /// The operator of the node wants something.
    pub fn order(&mut self, command: Command) {
        match &mut self.target {
            Target::Own(node) => node.handle_input(self.now, Input::Command(command)),
            Target::Remote(remote) => remote.cannot("give an order of the operator"),
        }
        self.settle();
    }

    /// What the client reported since this was asked last.
    pub fn events(&mut self, actor: Actor) -> Vec<UeEvent> {
        std::mem::take(&mut self.peers[actor.0].events)
    }

    /// Everything that crossed the network so far, in order.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Time of the frames at this moment.
    pub fn time(&self) -> Duration {
        self.epoch + self.passed()
    }

    /// Time since the beginning.
    pub fn passed(&self) -> Duration {
        self.now.saturating_duration_since(self.began)
    }

    /// Defects the node caught inside; a run with one is a harness error, not a verdict.
    pub fn defects(&self) -> &[Event] {
        &self.defects
    }

    fn wake(&mut self) {
        self.release_held();
        let now = self.now;
        if let Target::Own(node) = &mut self.target
            && node.poll_timeout().is_some_and(|at| at <= now)
        {
            node.handle_timeout(now);
        }
        for peer in &mut self.peers {
            if peer.equipment.poll_timeout().is_some_and(|at| at <= now) {
                peer.equipment.handle_timeout(now);
            }
            if peer.speaks_until.is_some_and(|until| peer.next_packet < until) && peer.next_packet <= now {
                peer.equipment.send_voice(now, &VOICE);
                peer.next_packet += PACKET_TIME;
            }
        }
        self.settle();
    }

    /// Moves datagrams until nothing is due at this instant.
    fn settle(&mut self) {
        self.take_arrivals();
        loop {
            self.collect();
            let Some((source, destination, payload)) = self.network.deliver(self.now) else { return };
            let path = Path { local: destination, remote: source };
            let now = self.now;
            if self.peers.iter().any(|peer| peer.mute && peer.addresses[1..].contains(&source)) {
                continue;
            }
            let reached = self.peers.iter().any(|peer| peer.addresses.contains(&destination));
            if self.from_afar && reached {
                self.capture(source, destination, payload.clone());
            }
            match self.peers.iter_mut().find(|peer| peer.addresses.contains(&destination)) {
                Some(peer) if peer.deaf && destination != peer.addresses[0] => {}
                Some(peer) if destination == peer.addresses[0] && self.target.speaks_tcp() => {
                    let path = SipPath::to(path.local, Hop::new(Transport::Tcp, path.remote));
                    peer.equipment.handle_stream(now, path, StreamEvent::Octets(&payload));
                }
                Some(peer) => peer.equipment.handle_datagram(now, path, &payload),
                None => {
                    let leaves = match &mut self.target {
                        Target::Own(_) => self.at_node.then_some(now),
                        Target::Remote(remote) => Some(remote.about_to_send()),
                    };
                    if let Some(at) = leaves {
                        self.capture_at(at, source, destination, payload.clone());
                    }
                    match &mut self.target {
                        Target::Own(node) => {
                            node.handle_input(now, Input::Datagram { path, bytes: &payload })
                        }
                        Target::Remote(remote) => remote.send(source, destination, &payload),
                    }
                }
            }
        }
    }

    fn collect(&mut self) {
        while let Target::Own(node) = &mut self.target
            && let Some(output) = node.poll_output()
        {
            match output {
                Output::Transmit(transmit) => self.transmit(transmit.path, transmit.payload),
                Output::Looped(_) if !self.inside => {}
                Output::Looped(transmit) => self.seen_inside(transmit.path, transmit.payload),
                Output::Stream(command) => self.stream(command),
                Output::Event(event @ Event::Defect { .. }) => self.defects.push(event),
                _ => {}
            }
        }
        for index in 0..self.peers.len() {
            while let Some(output) = self.peers[index].equipment.poll_output() {
                match output {
                    UeOutput::Transmit(transmit) => self.transmit(transmit.path, transmit.payload),
                    UeOutput::Stream(StreamCommand::Send { path, payload }) => {
                        self.transmit(path.addresses(), payload);
                    }
                    UeOutput::Stream(StreamCommand::Close { path }) => {
                        if let Target::Remote(remote) = &mut self.target {
                            remote.close(path.local, path.remote);
                        }
                    }
                    UeOutput::Event(event) => {
                        if let UeEvent::Client(ClientEvent::CallEstablished(call)) = &event {
                            self.peers[index].remote_audio = Some(call.remote_audio);
                            self.peers[index].remote_floor = call.remote_floor;
                        }
                        self.peers[index].events.push(event);
                    }
                    _ => {}
                }
            }
        }
    }

    fn transmit(&mut self, path: Path, payload: Bytes) {
        if self.relay.is_some() {
            return self.relay(path, payload);
        }
        self.network.send(self.now, path.local, path.remote, payload.clone());
        // What goes to a remote target becomes a frame when it leaves: what our own network loses was never on the wire.
        let of_client = self.peers.iter().any(|peer| peer.addresses.contains(&path.local));
        let seen_later = if of_client { self.at_node } else { self.from_afar };
        if !matches!(self.target, Target::Remote(_)) && !seen_later {
            self.capture(path.local, path.remote, payload);
        }
    }

    fn capture(&mut self, source: SocketAddr, destination: SocketAddr, payload: Bytes) {
        self.capture_at(self.now, source, destination, payload);
    }
}

/// Stands for 20 ms of encoded voice; nobody decodes it here.
const VOICE: [u8; 33] = [0x5a; 33];

/// Seeds of node and clients differ and follow from one number.
fn seed_of(seed: u64, part: u8) -> [u8; 32] {
    let mut octets = [part; 32];
    octets[..8].copy_from_slice(&seed.to_be_bytes());
    octets
}
