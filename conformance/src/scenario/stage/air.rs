//! No network: clients that hear each other, each with the off-network floor participant (TS 24.380 7).
//!
//! What a client sends goes to the multicast address of the group, where every other client hears it, or does not: each
//! copy may be lost on its own.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::McpttId;
use mcptt_codec::rtp::RtpHeader;
use media_plane::floor::participant::ParticipantOutput;
use media_plane::floor::participant::off_network::{FloorParticipant, Input, Settings};

use super::media::ssrc_of;
use super::scene::{Played, Scene, Talk};
use super::{asked, floor_octets};
use crate::rig::Unmet;
use crate::scenario::{Action, Client, Message, Who, uri};

/// Voice of the group; floor control is two ports higher.
const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(239, 1, 1, 1)), 40_000);

struct Member {
    client: Client,
    audio: SocketAddr,
    floor: SocketAddr,
    participant: Option<FloorParticipant>,
    talk: Talk,
    outbox: VecDeque<Bytes>,
}

pub(crate) struct AirStage {
    scene: Scene,
    members: Vec<Member>,
}

impl AirStage {
    /// Clients of which none is in a call.
    pub(crate) fn new(clients: &[Client]) -> Self {
        let member = |(who, client): (usize, &Client)| {
            let host = IpAddr::V4(Ipv4Addr::new(127, 0, 1, u8::try_from(who + 1).unwrap_or(u8::MAX)));
            Member {
                client: client.clone(),
                audio: SocketAddr::new(host, 40_000),
                floor: SocketAddr::new(host, 40_002),
                participant: None,
                talk: Talk::new(ssrc_of(who)),
                outbox: VecDeque::new(),
            }
        };
        let members = clients.iter().enumerate().map(member).collect();
        Self { scene: Scene::new(), members }
    }

    fn begin(&mut self, who: Who, input: Input) {
        let user = McpttId::from(uri(&self.members[who].client.name).as_str());
        let settings =
            Settings { queueing: self.members[who].client.queueing, ..Settings::new(ssrc_of(who), user) };
        self.members[who].participant = Some(FloorParticipant::new(settings, self.scene.now));
        self.input(who, input);
    }

    fn input(&mut self, who: Who, input: Input) {
        let now = self.scene.now;
        if let Some(participant) = &mut self.members[who].participant {
            participant.handle_input(now, input);
        }
        self.members[who].carry_out();
    }

    /// One frame on the air, and a copy for each of the others.
    fn broadcast(&mut self, who: Who, floor: bool, octets: &Bytes) {
        let member = &self.members[who];
        let (source, port) = if floor { (member.floor, 2) } else { (member.audio, 0) };
        let group = SocketAddr::new(GROUP.ip(), GROUP.port() + port);
        self.scene.frame(source, group, octets);
        for other in (0..self.members.len()).filter(|other| *other != who) {
            let to = &self.members[other];
            let destination = if floor { to.floor } else { to.audio };
            self.scene.send(source, destination, octets.clone());
        }
    }
}

impl Member {
    fn receive(&mut self, now: Instant, at: SocketAddr, payload: &Bytes) {
        let Some(participant) = &mut self.participant else { return };
        if at == self.floor {
            if let Ok(decoded) = FloorMessage::decode(payload) {
                participant.handle_message(now, &decoded.value);
            }
        } else if let Ok((header, _)) = RtpHeader::decode(payload) {
            participant.handle_media(now, header.ssrc);
        }
        self.carry_out();
    }

    fn may_send(&self) -> bool {
        self.participant.as_ref().is_some_and(FloorParticipant::may_send)
    }

    fn carry_out(&mut self) {
        let Some(participant) = &mut self.participant else { return };
        while let Some(output) = participant.poll_output() {
            if let ParticipantOutput::Send(message) = output {
                self.outbox.extend(message.encode().ok());
            }
        }
    }
}

impl Played for AirStage {
    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn scene_mut(&mut self) -> &mut Scene {
        &mut self.scene
    }

    fn perform(&mut self, action: &Action) -> Result<(), Unmet> {
        match action {
            Action::Call(who, call) => {
                if self.members[*who].participant.is_some() {
                    return Err(Unmet("a client that is not in the call yet"));
                }
                if self.members.iter().any(|member| member.participant.is_some()) {
                    self.begin(*who, Input::CallTerminating);
                } else {
                    self.begin(*who, Input::CallOriginated);
                    for other in (0..self.members.len()).filter(|other| other != who) {
                        let client = &self.members[other].client;
                        if !client.absent && client.groups.contains(&call.group) {
                            self.begin(other, Input::CallTerminating);
                        }
                    }
                }
            }
            Action::Leave(who) => {
                self.input(*who, Input::CallReleased);
                self.members[*who].participant = None;
            }
            Action::Press(who, request) => {
                let (priority, indicator) = asked(*request);
                self.input(*who, Input::PttPressed { priority, indicator });
            }
            Action::Release(who) => {
                self.members[*who].talk.stop();
                self.input(*who, Input::PttReleased);
            }
            Action::Speak(who, duration) => self.members[*who].talk.start(self.scene.now, *duration),
            Action::AskPosition(who) => self.input(*who, Input::AskQueuePosition),
            Action::Accept(who) => self.input(*who, Input::AcceptGrant),
            Action::Send(who, Message::Voice(count)) => {
                for _ in 0..*count {
                    let octets = self.members[*who].talk.packet();
                    let octets = octets.ok_or(Unmet("a packet that can be encoded"))?;
                    self.broadcast(*who, false, &octets);
                }
            }
            Action::Send(who, Message::VoiceOctets(octets)) => {
                self.broadcast(*who, false, &Bytes::copy_from_slice(octets));
            }
            Action::Send(who, message) => {
                let octets = floor_octets(message, ssrc_of(*who));
                let octets = octets.ok_or(Unmet("a message that can be encoded"))?;
                self.broadcast(*who, true, &octets);
            }
            Action::Disturb(one) => {
                let Member { audio, floor, .. } = self.members[one.client];
                self.scene.disturb(one, audio, floor);
            }
            _ => return Err(Unmet("a network with a server")),
        }
        Ok(())
    }

    fn settle(&mut self) {
        loop {
            for who in 0..self.members.len() {
                for octets in std::mem::take(&mut self.members[who].outbox) {
                    self.broadcast(who, true, &octets);
                }
            }
            let Some((_, destination, payload)) = self.scene.deliver() else { return };
            let to = self.members.iter_mut().find(|one| one.floor == destination || one.audio == destination);
            if let Some(member) = to {
                member.receive(self.scene.now, destination, &payload);
            }
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let members = self.members.iter().flat_map(|member| {
            let timer = member.participant.as_ref().and_then(FloorParticipant::poll_timeout);
            [timer, member.talk.next()]
        });
        members.chain([self.scene.network.next_delivery()]).flatten().min()
    }

    fn wake(&mut self) {
        let now = self.scene.now;
        for who in 0..self.members.len() {
            let member = &mut self.members[who];
            if let Some(participant) = &mut member.participant
                && participant.poll_timeout().is_some_and(|at| at <= now)
            {
                participant.handle_timeout(now);
            }
            member.carry_out();
            let may_send = member.may_send();
            if let Some(octets) = member.talk.due(now, may_send) {
                self.input(who, Input::MediaSent);
                self.broadcast(who, false, &octets);
            }
        }
    }
}
