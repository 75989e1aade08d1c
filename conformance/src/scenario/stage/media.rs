//! The media plane of a server alone. Call control is played by the stage: it puts participants into the one call and takes
//! them out of it.
//!
//! Besides frames the stage keeps [`Moment`]s: what the server was given and what it sent in return, in order, with what the
//! stage itself did as call control. That is all an onlooker needs who wants to judge without asking the server.

mod peer;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::config as cc;
use mcptt_codec::Path;
use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{CallRef, GroupId, LegRef, McpttId, Ssrc};
use mcptt_server::node::NodeConfig;
use media_plane::floor::participant::ParticipantInput;
use media_plane::signalling::{CallSettings, Entry, FloorParameters, Hearing, MediaEndpoint, Participant};
use media_plane::{Indication, MediaPlane, Output, Signalling};

use super::scene::{Played, Scene};
use super::{VOICE_FORMAT, floor_octets};
use crate::rig::Unmet;
use crate::scenario::{Action, Call, Client, Kind, Message, Who, uri};
pub(super) use peer::{Peer, input_of};

const CALL: CallRef = CallRef(1);
const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// One thing that happened, and when.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// Since the beginning.
    pub(crate) at: Duration,
    /// Which input of the server it is, or has caused it.
    pub(crate) turn: u64,
    /// The frame, counted from 1, that shows it or came last before it.
    pub(crate) frame: u64,
    /// What happened.
    pub(crate) what: Happening,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// Call control began the call.
    Began(CallSettings),
    /// Call control put a participant into the call.
    Joined(Who, Entry, FloorParameters),
    /// Call control took a participant out of it.
    Left(Who),
    /// Call release step 1.
    ReleaseStarted,
    /// Call release step 2.
    ReleaseFinished,
    /// A datagram of floor control reached the server.
    FloorUp(Who, Bytes),
    /// The server sent one.
    FloorDown(Who, Bytes),
    /// A packet of voice reached the server.
    VoiceUp(Who, Bytes),
    /// The server sent one.
    VoiceDown(Who, Bytes),
    /// A client's own floor participant sent a datagram of floor control; whether it arrives is another matter.
    Sent(Who, Bytes),
    /// The user of a client pressed or released the button.
    Button(Who),
    /// The server sent something to nobody who was ever in the call.
    Astray,
}

/// Does something to what the server sends before anybody sees it, so that a test can see it found. `None`: nothing is
/// sent, several datagrams: in this order.
pub(crate) type Sabotage = Box<dyn FnMut(Duration, Who, Kind, &Bytes) -> Vec<Bytes>>;

pub(crate) struct MediaStage {
    scene: Scene,
    plane: MediaPlane,
    config: NodeConfig,
    peers: Vec<Peer>,
    /// The call is there.
    calling: bool,
    next_leg: u64,
    turn: u64,
    moments: Vec<Moment>,
    sabotage: Option<Sabotage>,
}

impl MediaStage {
    /// A media plane of this configuration and its clients, none of whom is in a call.
    ///
    /// # Errors
    /// [`Unmet`] when the configuration is refused.
    pub(crate) fn new(config: NodeConfig, clients: &[Client]) -> Result<Self, Unmet> {
        let scene = Scene::new();
        // Scenarios are about floor control; reports would only fill their captures.
        let settings = media_plane::Config { report_interval: None, ..config.media_plane.clone() };
        let plane = MediaPlane::new(settings, [7; 32], scene.now);
        let plane = plane.map_err(|_| Unmet("a configuration that the media plane takes"))?;
        Ok(Self {
            scene,
            plane,
            config,
            peers: clients.iter().enumerate().map(|(who, client)| Peer::new(who, client)).collect(),
            calling: false,
            next_leg: 1,
            turn: 0,
            moments: Vec::new(),
            sabotage: None,
        })
    }

    /// From now on something is done to what the server sends.
    pub(crate) fn sabotage(&mut self, sabotage: Sabotage) {
        self.sabotage = Some(sabotage);
    }

    /// What is configured.
    pub(crate) const fn config(&self) -> &NodeConfig {
        &self.config
    }

    /// Everything that happened so far.
    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// When the server's next timer expires, from the beginning.
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        self.plane.poll_timeout().map(|at| at.saturating_duration_since(self.scene.began))
    }

    fn note(&mut self, what: Happening) {
        let frame = u64::try_from(self.scene.frames.len()).unwrap_or(u64::MAX);
        self.moments.push(Moment { at: self.scene.passed(), turn: self.turn, frame, what });
    }

    /// One input of the server.
    fn turn(&mut self, what: Happening, input: impl FnOnce(&mut MediaPlane, Instant)) {
        self.turn += 1;
        self.note(what);
        input(&mut self.plane, self.scene.now);
        self.collect();
    }

    /// Sends what the server wants sent and does what call control does about its indications.
    fn collect(&mut self) {
        let mut unresponsive = Vec::new();
        while let Some(output) = self.plane.poll_output() {
            match output {
                Output::Transmit(transmit) => self.sent(transmit.path, &transmit.payload),
                Output::Indication(Indication::LegUnresponsive { leg, .. }) => unresponsive.push(leg),
                _ => {}
            }
        }
        for leg in unresponsive {
            if let Some(who) = self.peers.iter().position(|peer| peer.leg == Some(leg)) {
                self.leave(who);
            }
        }
    }

    fn sent(&mut self, path: Path, payload: &Bytes) {
        let to = self.peers.iter().position(|peer| peer.audio == path.remote || peer.floor == path.remote);
        let Some(who) = to else { return self.note(Happening::Astray) };
        let kind = if self.peers[who].floor == path.remote { Kind::Floor } else { Kind::Voice };
        let now = self.scene.passed();
        let payloads = match &mut self.sabotage {
            Some(sabotage) => sabotage(now, who, kind, payload),
            None => vec![payload.clone()],
        };
        for payload in payloads {
            self.scene.frame(path.local, path.remote, &payload);
            self.note(match kind {
                Kind::Floor => Happening::FloorDown(who, payload.clone()),
                _ => Happening::VoiceDown(who, payload.clone()),
            });
            self.scene.send(path.local, path.remote, payload);
        }
    }

    fn call(&mut self, who: Who, call: &Call) -> Result<(), Unmet> {
        if self.peers[who].leg.is_some() {
            return Err(Unmet("a client that is not in the call yet"));
        }
        if self.calling {
            self.join(who, &call.group, Entry::Joining { implicit_request: call.with_request })?;
            return Ok(());
        }
        let group = uri(&call.group);
        let document = self.config.call_control.groups.iter().find(|one| one.group_id.as_str() == group);
        let document = document.ok_or(Unmet("a group that the configuration has"))?;
        let kind = if call.emergency { FloorIndicator::EMERGENCY } else { FloorIndicator::NORMAL };
        let leg = LegRef(self.next_leg);
        let settings = CallSettings {
            group: Some(GroupId::from(group.as_str())),
            floor_control: true,
            broadcast_initiator: call.broadcast.then_some(leg),
            indicator: if call.broadcast { kind | FloorIndicator::BROADCAST } else { kind },
            queueing: document.queueing,
            audio_cut_in: document.audio_cut_in,
            max_talkers: document.max_talkers,
            dual_floor: document.dual_floor.map(|hearing| match hearing {
                cc::Hearing::Overriding => Hearing::Overriding,
                cc::Hearing::Overridden => Hearing::Overridden,
                cc::Hearing::Both => Hearing::Both,
            }),
            hang_timer: document.hang_timer,
            talk_limit: self.config.call_control.service.talk_limit,
            ..CallSettings::normal("")
        };
        self.calling = true;
        self.turn(Happening::Began(settings.clone()), |plane, now| {
            plane.handle_signalling(now, Signalling::CallInitiated { call: CALL, settings });
        });
        self.join(who, &call.group, Entry::Originator { implicit_request: call.with_request })?;
        for other in 0..self.peers.len() {
            let peer = &self.peers[other];
            if other != who && !peer.client.absent && peer.client.groups.contains(&call.group) {
                self.join(other, &call.group, Entry::Invited)?;
            }
        }
        Ok(())
    }

    fn join(&mut self, who: Who, group: &str, entry: Entry) -> Result<(), Unmet> {
        let parameters = self.parameters(who, group)?;
        let leg = LegRef(self.next_leg);
        self.next_leg += 1;
        let peer = &mut self.peers[who];
        peer.join(leg, entry, &parameters, self.scene.now);
        let endpoint = |local, remote| MediaEndpoint { local, remote };
        let participant = Participant {
            mcptt_id: McpttId::from(uri(&peer.client.name).as_str()),
            entry,
            audio: endpoint(peer.server_audio, peer.audio),
            floor: endpoint(peer.server_floor, peer.floor),
            floor_parameters: parameters.clone(),
            protection: None,
            floor_protection: None,
            payload_types: vec![VOICE_FORMAT],
            voice: Default::default(),
            audio_ssrc: Some(peer.talk.ssrc),
        };
        self.turn(Happening::Joined(who, entry, parameters), |plane, now| {
            let participant = Box::new(participant);
            plane.handle_signalling(now, Signalling::LegConnected { call: CALL, leg, participant });
        });
        Ok(())
    }

    /// What offer, answer and documents say about a participant.
    fn parameters(&self, who: Who, group: &str) -> Result<FloorParameters, Unmet> {
        let (client, config) = (&self.peers[who].client, &self.config.call_control);
        let (user, group) = (McpttId::from(uri(&client.name).as_str()), uri(group));
        let document = config.groups.iter().find(|one| one.group_id.as_str() == group);
        let document = document.ok_or(Unmet("a group that the configuration has"))?;
        let member = document.member(&user).ok_or(Unmet("a member of the group"))?;
        let profile = config.users.iter().find(|one| one.mcptt_id == user);
        Ok(FloorParameters {
            queueing: client.queueing && document.queueing,
            priority: client.priority.map(|wanted| wanted.min(member.user_priority)),
            receive_only: member.receive_only,
            multi_talker_allowed: member.multi_talker_allowed,
            emergency_allowed: member.emergency_call && profile.is_some_and(|user| user.emergency_group_call),
            ..FloorParameters::default()
        })
    }

    fn leave(&mut self, who: Who) {
        let Some(leg) = self.peers[who].leg.take() else { return };
        self.peers[who].end(self.scene.now);
        self.turn(Happening::Left(who), |plane, now| {
            plane.handle_signalling(now, Signalling::LegLeft { call: CALL, leg });
        });
    }

    fn user(&mut self, who: Who, input: ParticipantInput) {
        if matches!(input, ParticipantInput::PttPressed { .. } | ParticipantInput::PttReleased) {
            self.note(Happening::Button(who));
        }
        self.peers[who].input(self.scene.now, input);
    }

    fn send(&mut self, who: Who, message: &Message) -> Result<(), Unmet> {
        let peer = &mut self.peers[who];
        let (audio, floor) = (peer.audio, peer.floor);
        let (to_audio, to_floor) = (peer.server_audio, peer.server_floor);
        match message {
            Message::Voice(count) => {
                for _ in 0..*count {
                    let octets = peer.talk.packet().ok_or(Unmet("a packet that can be encoded"))?;
                    self.scene.send(audio, to_audio, octets);
                }
            }
            Message::VoiceOctets(octets) => {
                self.scene.send(audio, to_audio, Bytes::copy_from_slice(octets));
            }
            message => {
                let octets = floor_octets(message, peer.talk.ssrc);
                let octets = octets.ok_or(Unmet("a message that can be encoded"))?;
                self.scene.send(floor, to_floor, octets);
            }
        }
        Ok(())
    }

    fn deliver_up(&mut self, source: SocketAddr, destination: SocketAddr, payload: Bytes) {
        let Some(who) = self.peers.iter().position(|peer| peer.is_at(source)) else { return };
        let floor = self.peers[who].floor == source;
        self.scene.frame(source, destination, &payload);
        let up = if floor { Happening::FloorUp } else { Happening::VoiceUp };
        let path = Path { local: destination, remote: source };
        self.turn(up(who, payload.clone()), |plane, now| plane.handle_datagram(now, path, &payload));
    }
}

impl Played for MediaStage {
    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn scene_mut(&mut self) -> &mut Scene {
        &mut self.scene
    }

    fn perform(&mut self, action: &Action) -> Result<(), Unmet> {
        if let Some((who, input)) = input_of(action) {
            self.user(who, input);
        }
        match action {
            Action::LogIn(_) => return Err(Unmet("a network 'on': here nobody registers")),
            Action::Above(..)
            | Action::Connect(_)
            | Action::Disconnect(_)
            | Action::Refuse(_)
            | Action::Bearer(_)
            | Action::Listen(..) => return Err(Unmet("a network 'relay' or 'group'")),
            Action::Call(who, call) => self.call(*who, call)?,
            Action::Leave(who) => self.leave(*who),
            Action::Press(..) | Action::AskPosition(_) | Action::Accept(_) => {}
            Action::Release(who) => self.peers[*who].talk.stop(),
            Action::Speak(who, duration) => self.peers[*who].talk.start(self.scene.now, *duration),
            Action::Deafen(who) => self.peers[*who].deaf = true,
            Action::Send(who, message) => self.send(*who, message)?,
            Action::Disturb(one) => {
                let Peer { audio, floor, .. } = self.peers[one.client];
                self.scene.disturb(one, audio, floor);
            }
            Action::StartRelease => self.turn(Happening::ReleaseStarted, |plane, now| {
                plane.handle_signalling(now, Signalling::ReleaseStarted { call: CALL });
            }),
            Action::FinishRelease => {
                for peer in &mut self.peers {
                    if peer.leg.take().is_some() {
                        peer.end(self.scene.now);
                    }
                }
                self.calling = false;
                self.turn(Happening::ReleaseFinished, |plane, now| {
                    plane.handle_signalling(now, Signalling::ReleaseFinished { call: CALL });
                });
            }
        }
        Ok(())
    }

    fn settle(&mut self) {
        loop {
            for who in 0..self.peers.len() {
                let (from, to) = (self.peers[who].floor, self.peers[who].server_floor);
                for octets in self.peers[who].drain() {
                    self.note(Happening::Sent(who, octets.clone()));
                    self.scene.send(from, to, octets);
                }
            }
            let Some((source, destination, payload)) = self.scene.deliver() else { return };
            if destination.ip() == SERVER && destination.port() >= peer::SERVER_PORTS {
                self.deliver_up(source, destination, payload);
            } else if let Some(peer) = self.peers.iter_mut().find(|peer| peer.is_at(destination)) {
                peer.receive(self.scene.now, destination, &payload);
            }
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let peers = self.peers.iter().map(Peer::next_wake);
        peers.chain([self.plane.poll_timeout(), self.scene.network.next_delivery()]).flatten().min()
    }

    fn wake(&mut self) {
        let now = self.scene.now;
        if self.plane.poll_timeout().is_some_and(|at| at <= now) {
            self.turn += 1;
            self.plane.handle_timeout(now);
            self.collect();
        }
        self.peers.iter_mut().for_each(|peer| peer.wake(&mut self.scene));
    }
}

/// The SSRC of a client.
pub(crate) const fn ssrc_of(who: Who) -> Ssrc {
    Ssrc(0xa000_0001_u32.wrapping_add(who as u32))
}
