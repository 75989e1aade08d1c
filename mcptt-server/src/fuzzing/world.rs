//! A node and honest clients on virtual time, joined by a network that delivers at once; anybody may send anything into it.
//!
//! It asserts what holds whatever comes in: no defect is caught inside the node, one input yields a bounded number of outputs, and
//! timers come to rest.

use std::collections::{HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::client::{AudioFormat, ClientCommand, ClientConfig};
use call_control::transport::{SipPath, StreamEvent, Transport};
use mcptt_codec::Path;
use mcptt_codec::id::{ClientId, McpttId, Ssrc};
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sdp::{CryptoSuite, Fingerprint};
use mcptt_codec::xml::poc_settings::AnswerMode;
use media_plane::crypto::dtls::Identity;
use media_plane::crypto::mc::i_message::Opener;
use media_plane::crypto::mc::{Sealer, ServiceKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::node::bearer_keys::sealed;
use crate::node::keys::opened;
use crate::node::{Answer, Command, Event, Input, KeyOutcome, Node, NodeConfig, Output, Query, Record};
use crate::ue::{FloorRights, UeCommand, UeConfig, UeEvent, UeOutput, UserEquipment};

/// Outputs that one input of the node may yield, at least; more is a defect.
const MAX_OUTPUTS: usize = 1_000;
/// Datagrams that may follow from one step before everybody is silent.
const MAX_MOVED: usize = 10_000;
/// Times that somebody may wake up in one stretch of time; more means a timer that does not come to rest.
const MAX_WAKES: usize = 20_000;
/// Stands for 20 ms of encoded voice.
const VOICE: [u8; 33] = [0x5a; 33];

/// A datagram under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Who sends it.
    pub source: SocketAddr,
    /// Whom it is for.
    pub destination: SocketAddr,
    /// The octets.
    pub payload: Bytes,
}

/// What happens on the way to the next datagram of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tampering {
    /// It is lost.
    Lose,
    /// It arrives twice.
    Repeat,
    /// It ends after so many octets.
    Cut(u16),
    /// One octet becomes another.
    Change(u16, u8),
    /// One octet is added.
    Insert(u16, u8),
    /// It seems to come from elsewhere.
    Redirect(SocketAddr),
}

struct Client {
    equipment: UserEquipment,
    addresses: [SocketAddr; 3],
    events: Vec<UeEvent>,
    last_sent: Option<Datagram>,
    muted: bool,
}

impl Client {
    /// Whether it takes what goes there; RTCP one port above audio.
    fn is_at(&self, destination: SocketAddr) -> bool {
        let [_, mut control, _] = self.addresses;
        control.set_port(control.port().saturating_add(1));
        self.addresses.contains(&destination) || control == destination
    }
}

/// Whether a datagram is lost.
pub type Loss = Box<dyn FnMut(&Datagram) -> bool>;

/// A node and honest clients.
pub struct World {
    node: Node,
    now: Instant,
    node_addresses: HashSet<SocketAddr>,
    /// Another server, with its addresses.
    other: Option<(Node, HashSet<SocketAddr>)>,
    participating: SocketAddr,
    participating_identity: mcptt_codec::text::ByteStr,
    clients: Vec<Client>,
    under_way: VecDeque<Datagram>,
    tampering: Option<Tampering>,
    /// Decides what is lost: sees every datagram before it is under way.
    loss: Option<Loss>,
    events: Vec<Event>,
    records: Vec<Record>,
    to_strangers: Vec<Datagram>,
    /// Who takes keys out of messages, and the moment in seconds since 1900.
    opener: Option<(Opener, u64)>,
    /// Who puts keys into messages, and the moment in seconds since 1900.
    sealer: Option<(Sealer, u64, ChaCha20Rng)>,
}

impl World {
    /// A node of this configuration, and nobody else.
    ///
    /// # Panics
    /// When the configuration does not fit together.
    pub fn new(config: NodeConfig) -> Self {
        let now = crate::testing::t0();
        let node_addresses = config.addresses_with_dscp().into_iter().map(|(address, _)| address).collect();
        let participating = config.call_control.participating.address;
        let participating_identity = config.call_control.participating.identity.clone();
        let node = Node::new(config, [1; 32], now).expect("the configuration fits together");
        Self {
            node,
            now,
            node_addresses,
            other: None,
            participating,
            participating_identity,
            clients: Vec::new(),
            under_way: VecDeque::new(),
            tampering: None,
            loss: None,
            events: Vec::new(),
            records: Vec::new(),
            to_strangers: Vec::new(),
            opener: None,
            sealer: None,
        }
    }

    /// The same, with another server of this configuration beside it. Clients are those of the first one.
    ///
    /// # Panics
    /// When a configuration does not fit together.
    pub fn with_other(config: NodeConfig, other: NodeConfig) -> Self {
        let mut world = Self::new(config);
        let addresses = other.addresses_with_dscp().into_iter().map(|(address, _)| address).collect();
        let node = Node::new(other, [2; 32], world.now).expect("the configuration fits together");
        world.other = Some((node, addresses));
        world
    }

    /// From now on keys are taken out of messages, at this moment in seconds since 1900.
    pub fn open_keys(&mut self, opener: Opener, ntp: u64) {
        self.opener = Some((opener, ntp));
    }

    /// From now on keys are put into messages, at this moment in seconds since 1900.
    pub fn seal_keys(&mut self, sealer: Sealer, ntp: u64) {
        self.sealer = Some((sealer, ntp, ChaCha20Rng::from_seed([9; 32])));
    }

    /// Lets a client take the keys of multicast with what it has from its key management server.
    pub fn take_multicast_keys(&mut self, client: usize, opener: Opener, ntp: u64) {
        self.clients[client].equipment.take_multicast_keys(opener, ntp);
    }

    /// Lets a client give the node a key, by this message.
    pub fn give_key(&mut self, client: usize, key: &ServiceKey, message: KeyMaterial) {
        self.clients[client].equipment.set_service_key(key, message);
    }

    /// The addresses of the client that is added as number `index`: SIP, audio and floor control. None of them is trusted.
    pub fn addresses(index: u8) -> [SocketAddr; 3] {
        let host = IpAddr::V4(Ipv4Addr::new(192, 0, 2, index.saturating_add(1)));
        [5060, 40_000, 40_002].map(|port| SocketAddr::new(host, port))
    }

    /// Adds an honest client of a user and returns its number. It offers SRTP, or plain RTP only.
    pub fn client(&mut self, mcptt_id: &str, protected: bool) -> usize {
        let suites = if protected { vec![CryptoSuite::AeadAes128Gcm] } else { Vec::new() };
        self.equipped(mcptt_id, suites, None)
    }

    /// Adds an honest client of a user that offers DTLS-SRTP with this certificate, and returns its number.
    pub fn dtls_client(&mut self, mcptt_id: &str, certificate: Identity) -> usize {
        self.equipped(mcptt_id, Vec::new(), Some(certificate))
    }

    /// The same, but its descriptions speak of another certificate than the one that it shows.
    pub fn impostor(&mut self, mcptt_id: &str, described: &Identity, shown: Identity) -> usize {
        let fingerprint = Some(described.fingerprint().clone());
        self.with(mcptt_id, Vec::new(), fingerprint, Some(shown))
    }

    /// Adds an honest client of a user that offers plain RTP and has something else than others, and returns its number.
    pub fn special(&mut self, mcptt_id: &str, change: impl FnOnce(&mut UeConfig)) -> usize {
        let mut config = self.config(mcptt_id, Vec::new(), None, None);
        change(&mut config);
        self.add(config)
    }

    fn equipped(&mut self, mcptt_id: &str, suites: Vec<CryptoSuite>, dtls: Option<Identity>) -> usize {
        self.with(mcptt_id, suites, dtls.as_ref().map(|own| own.fingerprint().clone()), dtls)
    }

    fn with(
        &mut self,
        mcptt_id: &str,
        suites: Vec<CryptoSuite>,
        fingerprint: Option<Fingerprint>,
        dtls: Option<Identity>,
    ) -> usize {
        let config = self.config(mcptt_id, suites, fingerprint, dtls);
        self.add(config)
    }

    fn add(&mut self, config: UeConfig) -> usize {
        let index = u8::try_from(self.clients.len()).unwrap_or(u8::MAX);
        let addresses = Self::addresses(index);
        let equipment = UserEquipment::new(config, [index.wrapping_add(2); 32], self.now);
        self.clients.push(Client { equipment, addresses, events: Vec::new(), last_sent: None, muted: false });
        usize::from(index)
    }

    fn config(
        &self,
        mcptt_id: &str,
        suites: Vec<CryptoSuite>,
        fingerprint: Option<Fingerprint>,
        dtls: Option<Identity>,
    ) -> UeConfig {
        let index = u8::try_from(self.clients.len()).unwrap_or(u8::MAX);
        let addresses = Self::addresses(index);
        let client = ClientConfig {
            transport: Transport::Udp,
            public_user_id: mcptt_id.into(),
            mcptt_id: McpttId::from(mcptt_id),
            client_id: ClientId::new(format!("urn:uuid:00000000-0000-4000-8000-{index:012x}")),
            access_token: None,
            address: addresses[0],
            participating_address: self.participating,
            participating_identity: self.participating_identity.clone(),
            audio: addresses[1],
            floor: addresses[2],
            codecs: vec![AudioFormat::amr_wb()],
            dtls: fingerprint,
            suites,
            answer_mode: AnswerMode::Automatic,
            queueing: true,
            floor_priority: Some(5),
            registration_expires: 3_600,
            session_expires: ClientConfig::SESSION_EXPIRES,
            profile: Default::default(),
        };
        UeConfig {
            dtls,
            client,
            ssrc: Ssrc(0xa000_0000 + u32::from(index)),
            ticks_per_packet: 320,
            floor: FloorRights::default(),
            timers: Default::default(),
            voice: Default::default(),
        }
    }

    /// Hands a client a command.
    pub fn command(&mut self, client: usize, command: UeCommand) {
        let now = self.now;
        self.clients[client].equipment.command(now, command);
        self.settle();
    }

    /// Hands a client a command of the signalling plane.
    pub fn signal(&mut self, client: usize, command: ClientCommand) {
        self.command(client, UeCommand::Client(command));
    }

    /// Lets a client send one packet of voice, if it has the floor; returns whether it has.
    pub fn speak(&mut self, client: usize) -> bool {
        self.say(client, &VOICE)
    }

    /// The same with a payload of its own.
    pub fn say(&mut self, client: usize, payload: &[u8]) -> bool {
        let now = self.now;
        let sent = self.clients[client].equipment.send_voice(now, payload).is_some();
        self.settle();
        sent
    }

    /// Tells a client what its microphone has picked up.
    pub fn microphone(&mut self, client: usize, samples: &[i16]) {
        let now = self.now;
        self.clients[client].equipment.microphone(now, samples);
        self.settle();
    }

    /// Somebody sends a datagram: from any address, to any address.
    pub fn inject(&mut self, source: SocketAddr, destination: SocketAddr, payload: impl Into<Bytes>) {
        self.under_way.push_back(Datagram { source, destination, payload: payload.into() });
        self.settle();
    }

    /// Something becomes of a connection to the node.
    pub fn stream(&mut self, path: SipPath, event: StreamEvent<'_>) {
        self.node.handle_input(self.now, Input::Stream { path, event });
        self.settle();
    }

    /// Messages to the node have waited for so long.
    pub fn wait(&mut self, waited: Duration) {
        self.node.handle_input(self.now, Input::Waited(waited));
        self.settle();
    }

    /// What happens to the next datagram a client sends.
    pub fn tamper(&mut self, tampering: Tampering) {
        self.tampering = Some(tampering);
    }

    /// From now on this decides which datagrams are lost, whoever sends them.
    pub fn lose(&mut self, loss: Loss) {
        self.loss = Some(loss);
    }

    /// From now on everything that a client sends is lost, or nothing more.
    pub fn mute(&mut self, client: usize, muted: bool) {
        self.clients[client].muted = muted;
    }

    /// The operator gives a command.
    pub fn operate(&mut self, command: Command) {
        self.node.handle_input(self.now, Input::Command(command));
        self.settle();
    }

    /// A document comes, changes or goes.
    pub fn document(&mut self, change: call_control::DocumentChange) {
        self.node.handle_input(self.now, Input::Document(change));
        self.settle();
    }

    /// Lets time pass with everything that is due in it.
    ///
    /// # Panics
    /// When timers do not come to rest.
    pub fn advance(&mut self, duration: Duration) {
        let end = self.now + duration;
        let mut wakes = 0;
        while let Some(next) = self.next_wake().filter(|next| *next <= end) {
            wakes += 1;
            assert!(wakes <= MAX_WAKES, "more than {MAX_WAKES} wake-ups in {duration:?}");
            self.now = self.now.max(next);
            self.wake();
        }
        self.now = end;
    }

    /// What the node reported since this was asked last.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// What the node wanted to be recorded since this was asked last.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// What a client reported since this was asked last.
    pub fn take_client_events(&mut self, client: usize) -> Vec<UeEvent> {
        std::mem::take(&mut self.clients[client].events)
    }

    /// What was sent to addresses that no client has, since this was asked last.
    pub fn take_to_strangers(&mut self) -> Vec<Datagram> {
        std::mem::take(&mut self.to_strangers)
    }

    /// The last datagram a client sent.
    pub fn last_sent(&self, client: usize) -> Option<&Datagram> {
        self.clients[client].last_sent.as_ref()
    }

    /// The equipment of a client, to look at.
    pub fn equipment(&self, client: usize) -> &UserEquipment {
        &self.clients[client].equipment
    }

    /// The node, to look at.
    pub fn node(&self) -> &Node {
        &self.node
    }

    fn next_wake(&self) -> Option<Instant> {
        let clients = self.clients.iter().filter_map(|client| client.equipment.poll_timeout());
        let other = self.other.as_ref().and_then(|(node, _)| node.poll_timeout());
        clients.chain(self.node.poll_timeout()).chain(other).min()
    }

    fn wake(&mut self) {
        let now = self.now;
        if self.node.poll_timeout().is_some_and(|at| at <= now) {
            self.node.handle_timeout(now);
        }
        if let Some((other, _)) =
            self.other.as_mut().filter(|(node, _)| node.poll_timeout().is_some_and(|at| at <= now))
        {
            other.handle_timeout(now);
        }
        for client in &mut self.clients {
            if client.equipment.poll_timeout().is_some_and(|at| at <= now) {
                client.equipment.handle_timeout(now);
            }
        }
        self.settle();
    }

    /// Delivers until nobody has anything to say.
    fn settle(&mut self) {
        let mut moved = 0;
        loop {
            self.collect_node();
            self.collect_clients();
            let Some(Datagram { source, destination, payload }) = self.under_way.pop_front() else { return };
            let datagram = Datagram { source, destination, payload };
            if self.loss.as_mut().is_some_and(|loss| loss(&datagram)) {
                continue;
            }
            let Datagram { source, destination, payload } = datagram;
            moved += 1;
            assert!(moved <= MAX_MOVED, "more than {MAX_MOVED} datagrams follow from one step");
            let path = Path { local: destination, remote: source };
            let now = self.now;
            if let Some(client) = self.clients.iter_mut().find(|client| client.is_at(destination)) {
                client.equipment.handle_datagram(now, path, &payload);
            } else if self.node_addresses.contains(&destination) {
                self.node.handle_input(now, Input::Datagram { path, bytes: &payload });
            } else if let Some((other, _)) =
                self.other.as_mut().filter(|(_, addresses)| addresses.contains(&destination))
            {
                other.handle_input(now, Input::Datagram { path, bytes: &payload });
            } else {
                // Everybody is where multicast can be received; whether it is listened to is a client's affair.
                if destination.ip().is_multicast() {
                    for client in &mut self.clients {
                        client.equipment.handle_datagram(now, path, &payload);
                    }
                }
                self.to_strangers.push(Datagram { source, destination, payload });
            }
        }
    }

    /// What one of the servers wants, and whether it is the other one.
    fn next_output(&mut self) -> Option<(bool, Output)> {
        let own = self.node.poll_output().map(|output| (false, output));
        own.or_else(|| Some((true, self.other.as_mut()?.0.poll_output()?)))
    }

    fn collect_node(&mut self) {
        let mut outputs = 0;
        while let Some((of_other, output)) = self.next_output() {
            outputs += 1;
            assert!(outputs <= MAX_OUTPUTS, "one input yields more than {MAX_OUTPUTS} outputs");
            match output {
                Output::Transmit(transmit) => {
                    let Path { local, remote } = transmit.path;
                    let other = self.other.as_ref().filter(|_| of_other).map(|(_, addresses)| addresses);
                    let addresses = other.unwrap_or(&self.node_addresses);
                    assert!(addresses.contains(&local), "{local} is no address of the node");
                    let payload = transmit.payload;
                    self.under_way.push_back(Datagram { source: local, destination: remote, payload });
                }
                Output::Event(event @ Event::Defect { .. }) => {
                    panic!("a defect was caught inside: {event:?}")
                }
                Output::Event(event) => self.events.push(event),
                Output::Query(Query::Key(upload)) => {
                    let outcome = match &mut self.opener {
                        Some((opener, ntp)) => opened(opener, &upload, *ntp),
                        None => KeyOutcome::Busy,
                    };
                    let answer = Answer::Key { id: upload.id, outcome };
                    self.node.handle_input(self.now, Input::Answer(answer));
                }
                Output::Query(Query::Seal(request)) => {
                    let messages = self.sealer.as_mut();
                    let messages =
                        messages.and_then(|(sealer, ntp, rng)| sealed(sealer, &request, *ntp, rng));
                    let answer = Answer::Sealed { id: request.id, messages };
                    self.node.handle_input(self.now, Input::Answer(answer));
                }
                // Its clients speak UDP, and nobody knows names.
                Output::Stream(_)
                | Output::Query(_)
                | Output::Looped(_)
                | Output::Handed { .. }
                | Output::Told(_) => {}
                Output::Record(record) => self.records.push(record),
            }
        }
    }

    fn collect_clients(&mut self) {
        for client in &mut self.clients {
            while let Some(output) = client.equipment.poll_output() {
                match output {
                    UeOutput::Transmit(transmit) => {
                        let Path { local, remote } = transmit.path;
                        let sent = Datagram { source: local, destination: remote, payload: transmit.payload };
                        client.last_sent = Some(sent.clone());
                        if client.muted {
                            continue;
                        }
                        match self.tampering.take() {
                            Some(tampering) => self.under_way.extend(tampering.applied(sent)),
                            None => self.under_way.push_back(sent),
                        }
                    }
                    UeOutput::Event(event) => client.events.push(event),
                    // Its clients speak UDP.
                    UeOutput::Stream(_) => {}
                }
            }
        }
    }
}

impl Tampering {
    fn applied(self, datagram: Datagram) -> Vec<Datagram> {
        let mut octets = datagram.payload.to_vec();
        match self {
            Self::Lose => return Vec::new(),
            Self::Repeat => return vec![datagram.clone(), datagram],
            Self::Redirect(source) => return vec![Datagram { source, ..datagram }],
            Self::Cut(at) => octets.truncate(usize::from(at)),
            Self::Change(at, to) => {
                let at = usize::from(at) % octets.len().max(1);
                if let Some(octet) = octets.get_mut(at) {
                    *octet = to;
                }
            }
            Self::Insert(at, octet) => octets.insert(usize::from(at) % octets.len().max(1), octet),
        }
        vec![Datagram { payload: octets.into(), ..datagram }]
    }
}
