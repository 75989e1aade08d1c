//! A client without signalling: its ports, its floor participant, its voice.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::LegRef;
use mcptt_codec::rtcp;
use mcptt_codec::rtp::RtpHeader;
use media_plane::floor::participant::{
    FloorParticipant, ParticipantInput, ParticipantOutput, ParticipantSettings,
};
use media_plane::signalling::{Entry, FloorParameters};

use super::{SERVER, ssrc_of};
use crate::scenario::stage::asked;
use crate::scenario::stage::scene::{Scene, Talk};
use crate::scenario::{Action, Client, Who};

/// The first port of the server, four for each client.
pub(in crate::scenario::stage) const SERVER_PORTS: u16 = 20_000;

pub(in crate::scenario::stage) struct Peer {
    pub(in crate::scenario::stage) client: Client,
    pub(in crate::scenario::stage) audio: SocketAddr,
    pub(in crate::scenario::stage) floor: SocketAddr,
    pub(in crate::scenario::stage) server_audio: SocketAddr,
    pub(in crate::scenario::stage) server_floor: SocketAddr,
    pub(in crate::scenario::stage) leg: Option<LegRef>,
    pub(in crate::scenario::stage) talk: Talk,
    pub(in crate::scenario::stage) deaf: bool,
    participant: Option<FloorParticipant>,
    may_send: bool,
    outbox: VecDeque<Bytes>,
}

impl Peer {
    pub(in crate::scenario::stage) fn new(who: Who, client: &Client) -> Self {
        let host = IpAddr::V4(Ipv4Addr::new(127, 0, 1, u8::try_from(who + 1).unwrap_or(u8::MAX)));
        let first = SERVER_PORTS + 4 * u16::try_from(who).unwrap_or_default();
        Self {
            client: client.clone(),
            audio: SocketAddr::new(host, 40_000),
            floor: SocketAddr::new(host, 40_002),
            server_audio: SocketAddr::new(SERVER.into(), first),
            server_floor: SocketAddr::new(SERVER.into(), first + 2),
            leg: None,
            talk: Talk::new(ssrc_of(who)),
            deaf: false,
            participant: None,
            may_send: false,
            outbox: VecDeque::new(),
        }
    }

    pub(in crate::scenario::stage) fn is_at(&self, address: SocketAddr) -> bool {
        address == self.audio || address == self.floor
    }

    pub(in crate::scenario::stage) fn join(
        &mut self,
        leg: LegRef,
        entry: Entry,
        parameters: &FloorParameters,
        now: Instant,
    ) {
        let mut settings = ParticipantSettings::new(self.talk.ssrc);
        settings.queueing = parameters.queueing;
        settings.priority = parameters.priority;
        self.leg = Some(leg);
        self.may_send = false;
        self.participant = Some(FloorParticipant::new(settings, now));
        self.input(
            now,
            match entry {
                Entry::Invited => ParticipantInput::SessionTerminating,
                Entry::Originator { implicit_request } | Entry::Joining { implicit_request } => {
                    ParticipantInput::SessionOriginated { implicit_request, granted: false, ssrc: None }
                }
            },
        );
    }

    /// Its part in the call is over.
    pub(in crate::scenario::stage) fn end(&mut self, now: Instant) {
        self.input(now, ParticipantInput::ReleaseStarted);
        self.input(now, ParticipantInput::ReleaseFinished);
        self.participant = None;
        self.may_send = false;
    }

    pub(in crate::scenario::stage) fn input(&mut self, now: Instant, input: ParticipantInput) {
        if let Some(participant) = &mut self.participant {
            participant.handle_input(now, input);
        }
        self.carry_out();
    }

    pub(in crate::scenario::stage) fn receive(&mut self, now: Instant, at: SocketAddr, payload: &Bytes) {
        let Some(participant) = self.participant.as_mut().filter(|_| !self.deaf) else { return };
        if at == self.audio {
            if let Ok((header, _)) = RtpHeader::decode(payload) {
                participant.handle_input(now, ParticipantInput::MediaReceived { ssrc: header.ssrc });
            }
        } else {
            let packets = rtcp::split(payload).map_while(Result::ok);
            for decoded in packets.filter_map(|packet| FloorMessage::decode(&packet).ok()) {
                participant.handle_message(now, &decoded.value);
            }
        }
        self.carry_out();
    }

    /// Lets happen what is due.
    pub(in crate::scenario::stage) fn wake(&mut self, scene: &mut Scene) {
        if let Some(participant) = &mut self.participant
            && participant.poll_timeout().is_some_and(|at| at <= scene.now)
        {
            participant.handle_timeout(scene.now);
        }
        self.carry_out();
        if let Some(octets) = self.talk.due(scene.now, self.may_send) {
            scene.send(self.audio, self.server_audio, octets);
        }
    }

    /// When something happens by itself next.
    pub(in crate::scenario::stage) fn next_wake(&self) -> Option<Instant> {
        let timer = self.participant.as_ref().and_then(FloorParticipant::poll_timeout);
        [timer, self.talk.next()].into_iter().flatten().min()
    }

    /// What its floor participant wants sent.
    pub(in crate::scenario::stage) fn drain(&mut self) -> VecDeque<Bytes> {
        std::mem::take(&mut self.outbox)
    }

    fn carry_out(&mut self) {
        let Some(participant) = &mut self.participant else { return };
        while let Some(output) = participant.poll_output() {
            match output {
                // What it builds from negotiated values always fits.
                ParticipantOutput::Send(message) => self.outbox.extend(message.encode().ok()),
                ParticipantOutput::StartSending { .. } => self.may_send = true,
                ParticipantOutput::StopSending => self.may_send = false,
                _ => {}
            }
        }
    }
}

/// What a user does that the floor participant of its client is told of.
pub(in crate::scenario::stage) fn input_of(action: &Action) -> Option<(Who, ParticipantInput)> {
    Some(match action {
        Action::Press(who, request) => {
            let (priority, indicator) = asked(*request);
            (*who, ParticipantInput::PttPressed { priority, indicator })
        }
        Action::Release(who) => (*who, ParticipantInput::PttReleased),
        Action::AskPosition(who) => (*who, ParticipantInput::AskQueuePosition),
        Action::Accept(who) => (*who, ParticipantInput::AcceptGrant),
        _ => return None,
    })
}
