//! A client without signalling: its ports, its floor participant, its voice.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::{LegRef, Ssrc};
use mcptt_codec::rtcp;
use mcptt_codec::rtp::RtpHeader;
use media_plane::floor::participant::{
    FloorParticipant, ParticipantInput, ParticipantOutput, ParticipantSettings,
};
use media_plane::signalling::{Entry, FloorParameters};

use super::{PACKET_TIME, SERVER, ssrc_of, voice};
use crate::scenario::{Client, Who};

/// The first port of the server, four for each client.
pub(in crate::scenario::stage) const SERVER_PORTS: u16 = 20_000;

pub(in crate::scenario::stage) struct Peer {
    pub(in crate::scenario::stage) client: Client,
    pub(in crate::scenario::stage) audio: SocketAddr,
    pub(in crate::scenario::stage) floor: SocketAddr,
    pub(in crate::scenario::stage) server_audio: SocketAddr,
    pub(in crate::scenario::stage) server_floor: SocketAddr,
    pub(in crate::scenario::stage) ssrc: Ssrc,
    pub(in crate::scenario::stage) leg: Option<LegRef>,
    /// Sequence number of its next packet of voice.
    pub(in crate::scenario::stage) sequence: u16,
    pub(in crate::scenario::stage) speaks_until: Option<Instant>,
    pub(in crate::scenario::stage) next_packet: Instant,
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
            ssrc: ssrc_of(who),
            leg: None,
            sequence: 0,
            speaks_until: None,
            next_packet: mcptt_server::testing::t0(),
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
        let mut settings = ParticipantSettings::new(self.ssrc);
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

    pub(in crate::scenario::stage) fn timeout(&mut self, now: Instant) {
        if let Some(participant) = &mut self.participant
            && participant.poll_timeout().is_some_and(|at| at <= now)
        {
            participant.handle_timeout(now);
        }
        self.carry_out();
    }

    pub(in crate::scenario::stage) fn next_timer(&self) -> Option<Instant> {
        self.participant.as_ref().and_then(FloorParticipant::poll_timeout)
    }

    pub(in crate::scenario::stage) fn next_voice(&self) -> Option<Instant> {
        self.speaks_until.filter(|until| self.next_packet < *until).map(|_| self.next_packet)
    }

    /// The packet of voice that is due, if the floor is held.
    pub(in crate::scenario::stage) fn speak(&mut self, now: Instant) -> Option<Bytes> {
        self.next_voice().filter(|at| *at <= now)?;
        self.next_packet += PACKET_TIME;
        if !self.may_send {
            return None;
        }
        let octets = voice(self.ssrc, self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        octets
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
