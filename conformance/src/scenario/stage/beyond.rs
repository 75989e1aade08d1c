//! The media plane of a function whose calls are controlled elsewhere: the participating function, with pre-established
//! sessions and MBMS bearers, and the non-controlling function of a group. The scenario speaks for the controlling
//! function.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::floor::{FloorIndicator, FloorMessage, TrackInfo};
use mcptt_codec::id::{CallRef, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::session::{Connect, ReasonCode, SessionIdentity, SessionMessage, SessionType};
use mcptt_codec::subchannel::{MbmsSubchannel, MediaLine, Tmgi};
use mcptt_server::node::NodeConfig;
use media_plane::floor::non_controlling::NonControllingSettings;
use media_plane::session::{Availability, ClientOutput, ClientSession, PreEstablishedClient};
use media_plane::signalling::{
    Bearer, BearerSubchannel, Entry, FloorParameters, MbmsSignalling, MediaEndpoint,
    NonControllingSignalling, Participant, PeerLeg, RelaySignalling, SessionSignalling,
};
use media_plane::{MediaPlane, Output, Signalling};

use super::media::{Peer, input_of};
use super::scene::{Played, Scene};
use super::{VOICE_FORMAT, floor_octets, voice};
use crate::judge::{Function, KnownPath, Side};
use crate::rig::Unmet;
use crate::scenario::{Action, Call, Client, Message, Who, uri};

const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Ports of the function towards the controlling function, four for each call.
const PORTS: u16 = 30_000;
/// The call of a non-controlling function.
const GROUP_CALL: CallRef = CallRef(1);
const CONTROLLING: Ssrc = Ssrc(0xc0c0_0001);
/// The pre-established session of a client; the scenarios give each client one.
const SESSION: ClientSession = ClientSession(1);

const TMGI: Tmgi = Tmgi { service_id: [0, 0, 1], plmn: None };
const CAST: Ipv4Addr = Ipv4Addr::new(232, 1, 2, 1);
const CAST_FLOOR: u16 = 20_000;
const CAST_VOICE: u16 = 20_002;

pub(crate) struct BeyondStage {
    scene: Scene,
    plane: MediaPlane,
    config: NodeConfig,
    function: Function,
    peers: Vec<Peer>,
    sessions: Vec<PreEstablishedClient>,
    /// Who listens to the bearer.
    listening: Vec<bool>,
    group: Option<String>,
    /// Whose datagram the function works on.
    at_work: Option<Who>,
    /// Track Info of the last request of each client, as the controlling function has seen it.
    tracks: BTreeMap<Who, TrackInfo>,
    sequence: u16,
}

impl BeyondStage {
    /// A media plane of this configuration and its clients, those with a pre-established session ready for a call.
    ///
    /// # Errors
    /// [`Unmet`] when the configuration is refused.
    pub(crate) fn new(config: NodeConfig, clients: &[Client], function: Function) -> Result<Self, Unmet> {
        let scene = Scene::new();
        // Scenarios are about floor control; reports would only fill their captures.
        let settings = media_plane::Config { report_interval: None, ..config.media_plane.clone() };
        let plane = MediaPlane::new(settings, [7; 32], scene.now);
        let plane = plane.map_err(|_| Unmet("a configuration that the media plane takes"))?;
        let peers: Vec<Peer> =
            clients.iter().enumerate().map(|(who, client)| Peer::new(who, client)).collect();
        let sessions = peers.iter().map(|peer| PreEstablishedClient::new(peer.talk.ssrc)).collect();
        let mut stage = Self {
            scene,
            plane,
            config,
            function,
            listening: vec![false; peers.len()],
            peers,
            sessions,
            group: None,
            at_work: None,
            tracks: BTreeMap::new(),
            sequence: 0,
        };
        for who in (0..clients.len()).filter(|who| clients[*who].pre_established) {
            stage.sessions[who].established(SESSION);
            let client = Box::new(stage.client_leg(who));
            stage.signal(Signalling::Session(SessionSignalling::Established {
                session: call_of(who),
                musik: true,
                client,
            }));
        }
        Ok(stage)
    }

    /// The paths that a judge has to be told, as there is no signalling.
    pub(crate) fn paths(clients: &[Client], function: Function) -> Vec<KnownPath> {
        let path = |side, number, (ours, theirs)| KnownPath { function, side, number, ours, theirs };
        let mut paths = Vec::new();
        for (who, client) in clients.iter().enumerate() {
            let (peer, number) = (Peer::new(who, client), u8::try_from(who).unwrap_or(u8::MAX));
            paths.push(path(Side::Client, number, (peer.server_audio, peer.audio)));
            if function == Function::Participating || who == 0 {
                let [ours, theirs] = controlling(who);
                paths.push(path(Side::Controlling, number, (ours, theirs)));
            }
        }
        paths
    }

    fn signal(&mut self, signalling: Signalling) {
        self.plane.handle_signalling(self.scene.now, signalling);
        self.collect();
    }

    fn client_leg(&self, who: Who) -> PeerLeg {
        let peer = &self.peers[who];
        leg(2 * who as u64 + 1, (peer.server_audio, peer.audio))
    }

    fn controlling_leg(&self, who: Who) -> PeerLeg {
        let [ours, theirs] = controlling(who);
        leg(2 * who as u64 + 2, (ours, theirs))
    }

    fn collect(&mut self) {
        while let Some(output) = self.plane.poll_output() {
            if let Output::Transmit(transmit) = output {
                self.sent(transmit.path, &transmit.payload);
            }
        }
    }

    fn sent(&mut self, path: Path, payload: &Bytes) {
        self.scene.frame(path.local, path.remote, payload);
        if path.remote.ip() == IpAddr::V4(CAST) {
            let floor = path.remote.port() == CAST_FLOOR;
            for who in (0..self.peers.len()).filter(|who| self.listening[*who]) {
                let peer = &mut self.peers[who];
                let at = if floor { peer.floor } else { peer.audio };
                peer.receive(self.scene.now, at, payload);
            }
        } else if self.peers.iter().any(|peer| peer.is_at(path.remote)) {
            self.scene.send(path.local, path.remote, payload.clone());
        } else if let (Some(who), Ok(decoded)) = (self.at_work, FloorMessage::decode(payload))
            && let FloorMessage::Request(request) = decoded.value
            && let Some(track_info) = request.track_info
        {
            self.tracks.insert(who, track_info);
        }
    }

    fn deliver(&mut self, source: SocketAddr, destination: SocketAddr, payload: &Bytes) {
        if destination.ip() == IpAddr::V4(SERVER) {
            self.scene.frame(source, destination, payload);
            self.at_work = self.peers.iter().position(|peer| peer.is_at(source));
            self.plane.handle_datagram(self.scene.now, Path { local: destination, remote: source }, payload);
            self.collect();
        } else if let Some(who) = self.peers.iter().position(|peer| peer.is_at(destination)) {
            self.receive(who, destination, payload);
        }
    }

    fn receive(&mut self, who: Who, at: SocketAddr, payload: &Bytes) {
        if self.peers[who].deaf {
            return;
        }
        let Ok(decoded) = SessionMessage::decode(payload) else {
            return self.peers[who].receive(self.scene.now, at, payload);
        };
        self.sessions[who].handle_message(SESSION, &decoded.value);
        while let Some(output) = self.sessions[who].poll_output() {
            let peer = &mut self.peers[who];
            match output {
                ClientOutput::Send { message, .. } => {
                    if let Ok(octets) = message.encode() {
                        self.scene.send(peer.floor, peer.server_floor, octets);
                    }
                }
                ClientOutput::Connected { .. } => {
                    peer.join(LegRef(0), Entry::Invited, &FloorParameters::default(), self.scene.now);
                }
                ClientOutput::Disconnected { .. } => {
                    peer.leg = None;
                    peer.end(self.scene.now);
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, who: Who, call: &Call) -> Result<(), Unmet> {
        let group = uri(&call.group);
        if self.group.is_some() {
            return Err(Unmet("no call yet"));
        }
        self.group = Some(group.clone());
        if self.function == Function::NonControlling {
            let controlling = Box::new(self.controlling_leg(0));
            let settings = NonControllingSettings {
                participant_type: NonControllingSettings::UNKNOWN_TYPE,
                indicator: FloorIndicator::NORMAL,
            };
            self.signal(Signalling::NonControlling(NonControllingSignalling::Initiated {
                call: GROUP_CALL,
                settings,
                controlling,
            }));
        }
        for other in 0..self.peers.len() {
            let client = &self.peers[other].client;
            if client.absent || client.pre_established || !client.groups.contains(&call.group) {
                continue;
            }
            let entry = match other == who {
                true => Entry::Originator { implicit_request: false },
                false => Entry::Invited,
            };
            self.join(other, &group, entry);
        }
        Ok(())
    }

    fn join(&mut self, who: Who, group: &str, entry: Entry) {
        let client = &self.peers[who].client;
        let user = McpttId::from(uri(&client.name).as_str());
        let document = self.config.call_control.groups.iter().find(|one| one.group_id.as_str() == group);
        let queueing = client.queueing && document.is_some_and(|document| document.queueing);
        let parameters =
            FloorParameters { queueing, priority: client.priority, ..FloorParameters::default() };
        self.peers[who].join(LegRef(1), entry, &parameters, self.scene.now);
        let leg = self.client_leg(who);
        match self.function {
            Function::Participating => {
                let (client, controlling) = (Box::new(leg), Box::new(self.controlling_leg(who)));
                self.signal(Signalling::Relay(RelaySignalling::Started {
                    call: call_of(who),
                    group: Some(GroupId::from(group)),
                    musik: true,
                    client,
                    controlling,
                }));
            }
            Function::NonControlling => {
                let participant = Participant {
                    mcptt_id: user,
                    entry,
                    audio: leg.audio,
                    floor: leg.floor,
                    floor_parameters: parameters,
                    protection: None,
                    floor_protection: None,
                    payload_types: vec![VOICE_FORMAT],
                    voice: Default::default(),
                    audio_ssrc: Some(self.peers[who].talk.ssrc),
                };
                self.signal(Signalling::LegConnected {
                    call: GROUP_CALL,
                    leg: leg.leg,
                    participant: Box::new(participant),
                });
            }
        }
    }

    fn connect(&mut self, who: Who) {
        let group = self.peers[who].client.groups.first().map(|group| GroupId::from(uri(group).as_str()));
        let connect = Connect {
            ack_requested: true,
            session_identity: Some(SessionIdentity {
                session_type: SessionType::PREARRANGED,
                uri: "sip:s1@cf.example.org".into(),
            }),
            group_identity: group.clone(),
            ..Connect::default()
        };
        let controlling = Box::new(self.controlling_leg(who));
        self.signal(Signalling::Session(SessionSignalling::Connect {
            session: call_of(who),
            group,
            controlling,
            connect: Box::new(connect),
        }));
    }

    fn bearer(&mut self, active: bool) {
        let signalling = match active {
            true => MbmsSignalling::BearerActivated { tmgi: TMGI, bearer: Box::new(bearer()) },
            false => MbmsSignalling::BearerDeactivated { tmgi: TMGI },
        };
        self.signal(Signalling::Mbms(signalling));
    }

    /// The controlling function sends something: to everybody, or for one client.
    fn deliver_from_above(&mut self, to: Option<Who>, message: &Message) -> Result<(), Unmet> {
        let unmet = Unmet("a message that can be encoded");
        let count = if let Message::Voice(count) = message { *count } else { 1 };
        for _ in 0..count {
            let (octets, floor) = match message {
                Message::Voice(_) => {
                    self.sequence = self.sequence.wrapping_add(1);
                    (voice(CONTROLLING, self.sequence).ok_or(unmet)?, false)
                }
                Message::VoiceOctets(octets) => (Bytes::copy_from_slice(octets), false),
                message => (floor_octets(message, CONTROLLING).ok_or(unmet)?, true),
            };
            let relays = self.function == Function::Participating;
            let calls: Vec<Who> = match (relays, to) {
                (true, Some(who)) => vec![who],
                (true, None) => (0..self.peers.len()).collect(),
                (false, _) => vec![0],
            };
            let track_info = to.filter(|_| !relays && floor).and_then(|who| self.tracks.get(&who)).cloned();
            let octets = match track_info {
                Some(track_info) => tracked(&octets, track_info).ok_or(unmet)?,
                None => octets,
            };
            for call in calls {
                let [ours, theirs] = controlling(call);
                let up = |at: SocketAddr| SocketAddr::new(at.ip(), at.port() + if floor { 2 } else { 0 });
                self.scene.send(up(theirs), up(ours), octets.clone());
            }
        }
        Ok(())
    }

    fn send(&mut self, who: Who, message: &Message) -> Result<(), Unmet> {
        let Peer { talk, audio, floor, server_audio, server_floor, .. } = &mut self.peers[who];
        let count = if let Message::Voice(count) = message { *count } else { 1 };
        for _ in 0..count {
            let (octets, from, to) = match message {
                Message::Voice(_) => {
                    talk.sequence = talk.sequence.wrapping_add(1);
                    (voice(talk.ssrc, talk.sequence), *audio, *server_audio)
                }
                Message::VoiceOctets(octets) => (Some(Bytes::copy_from_slice(octets)), *audio, *server_audio),
                message => (floor_octets(message, talk.ssrc), *floor, *server_floor),
            };
            let octets = octets.ok_or(Unmet("a message that can be encoded"))?;
            self.scene.send(from, to, octets);
        }
        Ok(())
    }
}

impl Played for BeyondStage {
    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn scene_mut(&mut self) -> &mut Scene {
        &mut self.scene
    }

    fn perform(&mut self, action: &Action) -> Result<(), Unmet> {
        if let Some((who, input)) = input_of(action) {
            self.peers[who].input(self.scene.now, input);
        }
        match action {
            Action::Call(who, call) => self.call(*who, call)?,
            Action::Press(..) | Action::AskPosition(_) | Action::Accept(_) => {}
            Action::Release(who) => self.peers[*who].talk.stop(),
            Action::Speak(who, duration) => self.peers[*who].talk.start(self.scene.now, *duration),
            Action::Deafen(who) => self.peers[*who].deaf = true,
            Action::Send(who, message) => self.send(*who, message)?,
            Action::Above(to, message) => self.deliver_from_above(*to, message)?,
            Action::Connect(who) => self.connect(*who),
            Action::Disconnect(who) => {
                let session = call_of(*who);
                self.signal(Signalling::Session(SessionSignalling::Disconnect {
                    session,
                    acknowledged: true,
                }));
            }
            Action::Refuse(who) => {
                self.sessions[*who].set_availability(Availability::Refusing(ReasonCode::BUSY));
            }
            Action::Bearer(active) => self.bearer(*active),
            Action::Listen(who, listening) => {
                self.listening[*who] = *listening;
                let (call, listening) = (call_of(*who), *listening);
                let status = MbmsSignalling::ListeningStatus { call, tmgi: TMGI, listening };
                self.signal(Signalling::Mbms(status));
            }
            Action::Disturb(one) => {
                let Peer { audio, floor, .. } = self.peers[one.client];
                self.scene.disturb(one, audio, floor);
            }
            _ => return Err(Unmet("a network 'on' or 'media'")),
        }
        Ok(())
    }

    fn settle(&mut self) {
        loop {
            for peer in &mut self.peers {
                for octets in peer.drain() {
                    self.scene.send(peer.floor, peer.server_floor, octets);
                }
            }
            let Some((source, destination, payload)) = self.scene.deliver() else { return };
            self.deliver(source, destination, &payload);
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let peers = self.peers.iter().map(Peer::next_wake);
        peers.chain([self.plane.poll_timeout(), self.scene.network.next_delivery()]).flatten().min()
    }

    fn wake(&mut self) {
        let now = self.scene.now;
        if self.plane.poll_timeout().is_some_and(|at| at <= now) {
            self.at_work = None;
            self.plane.handle_timeout(now);
            self.collect();
        }
        self.peers.iter_mut().for_each(|peer| peer.wake(&mut self.scene));
    }
}

/// The relayed call or the session of a client.
const fn call_of(who: Who) -> CallRef {
    CallRef(who as u64 + 1)
}

/// Voice at the function and at the controlling function.
fn controlling(who: Who) -> [SocketAddr; 2] {
    let number = u8::try_from(who + 1).unwrap_or(u8::MAX);
    let ours = SocketAddr::new(SERVER.into(), PORTS + 4 * u16::from(number));
    [ours, SocketAddr::new(Ipv4Addr::new(127, 0, 3, number).into(), 50_000)]
}

/// A leg whose floor control is two ports above its voice on both sides.
fn leg(number: u64, (local, remote): (SocketAddr, SocketAddr)) -> PeerLeg {
    let above = |at: SocketAddr| SocketAddr::new(at.ip(), at.port() + 2);
    PeerLeg {
        leg: LegRef(number),
        audio: MediaEndpoint { local, remote },
        floor: MediaEndpoint { local: above(local), remote: above(remote) },
        protection: None,
        floor_protection: None,
    }
}

fn bearer() -> Bearer {
    let local = |port| SocketAddr::new(SERVER.into(), port);
    let line = |number| MediaLine::new(number).expect("lines are counted from 1");
    let subchannel = BearerSubchannel {
        addresses: MbmsSubchannel {
            audio: line(1),
            floor_control: Some((line(2), CAST_FLOOR.into())),
            media_port: CAST_VOICE.into(),
            address: CAST.into(),
        },
        local_audio: local(39_002),
        local_floor: local(39_000),
        floor_protection: None,
    };
    let remote = SocketAddr::new(Ipv4Addr::new(232, 1, 2, 200).into(), 19_000);
    Bearer {
        general_purpose: MediaEndpoint { local: local(38_000), remote },
        protection: None,
        subchannels: vec![subchannel],
    }
}

/// The same message with this Track Info.
fn tracked(octets: &Bytes, track_info: TrackInfo) -> Option<Bytes> {
    let mut message = FloorMessage::decode(octets).ok()?.value;
    let place = match &mut message {
        FloorMessage::Granted(message) => &mut message.track_info,
        FloorMessage::Deny(message) => &mut message.track_info,
        FloorMessage::Revoke(message) => &mut message.track_info,
        FloorMessage::QueuePositionInfo(message) => &mut message.track_info,
        FloorMessage::Idle(message) => &mut message.track_info,
        FloorMessage::Taken(message) => &mut message.track_info,
        _ => return Some(octets.clone()),
    };
    *place = Some(track_info);
    message.encode().ok()
}
