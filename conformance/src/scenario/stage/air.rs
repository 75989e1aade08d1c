//! No network: clients that hear each other, each with the off-network floor participant (TS 24.380 7).
//!
//! What a client sends goes to the multicast address of the group, where every other client hears it, or does not: each
//! copy may be lost on its own.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::{McpttId, Ssrc};
use mcptt_codec::rtp::RtpHeader;
use media_plane::floor::participant::ParticipantOutput;
use media_plane::floor::participant::off_network::{FloorParticipant, Input, Settings};

use super::media::{PACKET_TIME, ssrc_of};
use super::{Stage, asked, floor_octets, voice};
use crate::capture::Frame;
use crate::rig::{Disturbance, EPOCH, Network, Unmet};
use crate::scenario::{Action, Client, Kind, Message, Who, uri};

/// Voice of the group; floor control is two ports higher.
const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(239, 1, 1, 1)), 40_000);

struct Member {
    client: Client,
    ssrc: Ssrc,
    audio: SocketAddr,
    floor: SocketAddr,
    participant: Option<FloorParticipant>,
    sequence: u16,
    speaks_until: Option<Instant>,
    next_packet: Instant,
    outbox: VecDeque<Bytes>,
}

pub(crate) struct AirStage {
    began: Instant,
    now: Instant,
    network: Network,
    members: Vec<Member>,
    frames: Vec<Frame>,
}

impl AirStage {
    /// Clients of which none is in a call.
    pub(crate) fn new(clients: &[Client]) -> Self {
        let now = mcptt_server::testing::t0();
        let member = |(who, client): (usize, &Client)| {
            let host = IpAddr::V4(Ipv4Addr::new(127, 0, 1, u8::try_from(who + 1).unwrap_or(u8::MAX)));
            Member {
                client: client.clone(),
                ssrc: ssrc_of(who),
                audio: SocketAddr::new(host, 40_000),
                floor: SocketAddr::new(host, 40_002),
                participant: None,
                sequence: 0,
                speaks_until: None,
                next_packet: now,
                outbox: VecDeque::new(),
            }
        };
        let members = clients.iter().enumerate().map(member).collect();
        Self { began: now, now, network: Network::new(0), members, frames: Vec::new() }
    }

    fn begin(&mut self, who: Who, input: Input) {
        let user = McpttId::from(uri(&self.members[who].client.name).as_str());
        let settings =
            Settings { queueing: self.members[who].client.queueing, ..Settings::new(ssrc_of(who), user) };
        self.members[who].participant = Some(FloorParticipant::new(settings, self.now));
        self.input(who, input);
    }

    fn input(&mut self, who: Who, input: Input) {
        let now = self.now;
        if let Some(participant) = &mut self.members[who].participant {
            participant.handle_input(now, input);
        }
        self.members[who].carry_out();
    }

    /// One frame on the air, and a copy for each of the others.
    fn broadcast(&mut self, who: Who, floor: bool, octets: &Bytes) {
        let member = &self.members[who];
        let (source, port) = if floor { (member.floor, 2) } else { (member.audio, 0) };
        let number = u64::try_from(self.frames.len()).unwrap_or(u64::MAX).saturating_add(1);
        self.frames.push(Frame {
            number,
            time: EPOCH + self.now.saturating_duration_since(self.began),
            source,
            destination: SocketAddr::new(GROUP.ip(), GROUP.port() + port),
            transport: Default::default(),
            payload: octets.clone(),
            truncated: false,
            comments: Vec::new(),
        });
        for other in (0..self.members.len()).filter(|other| *other != who) {
            let to = &self.members[other];
            let destination = if floor { to.floor } else { to.audio };
            self.network.send(self.now, source, destination, octets.clone());
        }
    }

    fn settle(&mut self) {
        loop {
            for who in 0..self.members.len() {
                for octets in std::mem::take(&mut self.members[who].outbox) {
                    self.broadcast(who, true, &octets);
                }
            }
            let Some((_, destination, payload)) = self.network.deliver(self.now) else { return };
            let now = self.now;
            let to = self.members.iter_mut().find(|one| one.floor == destination || one.audio == destination);
            if let Some(member) = to {
                member.receive(now, destination, &payload);
            }
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let members = self.members.iter().flat_map(|member| {
            let timer = member.participant.as_ref().and_then(FloorParticipant::poll_timeout);
            [timer, member.next_voice()]
        });
        members.chain([self.network.next_delivery()]).flatten().min()
    }

    fn wake(&mut self) {
        let now = self.now;
        for who in 0..self.members.len() {
            let member = &mut self.members[who];
            if let Some(participant) = &mut member.participant
                && participant.poll_timeout().is_some_and(|at| at <= now)
            {
                participant.handle_timeout(now);
            }
            member.carry_out();
            if let Some(octets) = member.speak(now) {
                self.input(who, Input::MediaSent);
                self.broadcast(who, false, &octets);
            }
        }
        self.settle();
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

    fn carry_out(&mut self) {
        let Some(participant) = &mut self.participant else { return };
        while let Some(output) = participant.poll_output() {
            if let ParticipantOutput::Send(message) = output {
                self.outbox.extend(message.encode().ok());
            }
        }
    }

    fn next_voice(&self) -> Option<Instant> {
        self.speaks_until.filter(|until| self.next_packet < *until).map(|_| self.next_packet)
    }

    /// The packet of voice that is due, if the floor is held.
    fn speak(&mut self, now: Instant) -> Option<Bytes> {
        self.next_voice().filter(|at| *at <= now)?;
        self.next_packet += PACKET_TIME;
        let participant = self.participant.as_ref()?;
        if !participant.may_send() {
            return None;
        }
        let octets = voice(self.ssrc, self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        octets
    }
}

impl Stage for AirStage {
    fn act(&mut self, action: &Action) -> Result<(), Unmet> {
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
                self.members[*who].speaks_until = None;
                self.input(*who, Input::PttReleased);
            }
            Action::Speak(who, duration) => {
                let member = &mut self.members[*who];
                member.speaks_until = Some(self.now + *duration);
                member.next_packet = self.now;
            }
            Action::AskPosition(who) => self.input(*who, Input::AskQueuePosition),
            Action::Accept(who) => self.input(*who, Input::AcceptGrant),
            Action::Send(who, Message::Voice(count)) => {
                for _ in 0..*count {
                    let octets = voice(ssrc_of(*who), self.members[*who].sequence);
                    self.members[*who].sequence = self.members[*who].sequence.wrapping_add(1);
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
                let member = &self.members[one.client];
                let port = if one.kind == Kind::Floor { member.floor } else { member.audio };
                let (effect, count, inbound) = (one.effect, one.count, one.to_client);
                self.network.disturb(Disturbance { effect, count, port, inbound });
            }
            _ => return Err(Unmet("a network with a server")),
        }
        self.settle();
        Ok(())
    }

    fn advance(&mut self, to: Duration) {
        let end = self.began + to;
        self.settle();
        while let Some(next) = self.next_wake().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.wake();
        }
        self.now = self.now.max(end);
        self.settle();
    }

    fn frames(&self) -> &[Frame] {
        &self.frames
    }
}
