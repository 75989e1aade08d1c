//! The media side of one call: floor participant, RTP stream, protection.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use call_control::client::{CallId, EstablishedCall};
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp;
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use mcptt_codec::{Path, Transmit};
use media_plane::crypto::{self, Null, Protection};
use media_plane::floor::participant::{
    FloorParticipant, MediaTreatment, ParticipantInput, ParticipantOutput, ParticipantSettings,
};
use media_plane::signalling::MediaProtection;

use super::{UeCommand, UeConfig, UeEvent, UeOutput};

/// Datagrams kept while the final SIP response is awaited.
const SETUP_BUFFER: usize = 16;
/// Expedited forwarding for voice, class selector 5 for floor control.
const DSCP_VOICE: u8 = 46;
const DSCP_FLOOR: u8 = 40;

pub(super) struct Session {
    call: CallId,
    participant: FloorParticipant,
    protection: Box<dyn Protection>,
    audio_local: std::net::SocketAddr,
    floor_local: std::net::SocketAddr,
    /// Known once the call is established.
    peer: Option<Peer>,
    early: VecDeque<(Path, Bytes)>,
    sending: bool,
    stream: Stream,
    outputs: VecDeque<UeOutput>,
}

/// Where media and floor control go.
#[derive(Clone, Copy, Debug)]
struct Peer {
    audio: std::net::SocketAddr,
    floor: Option<std::net::SocketAddr>,
    payload_type: u8,
}

/// Our own RTP stream.
#[derive(Clone, Copy, Debug)]
struct Stream {
    ssrc: Ssrc,
    sequence: u16,
    timestamp: u32,
    ticks_per_packet: u32,
    /// The next packet opens a talk spurt (RFC 3551 4.1).
    marker: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("call", &self.call).field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(config: &UeConfig, call: CallId, now: Instant) -> Self {
        let mut settings = ParticipantSettings::new(config.ssrc);
        settings.queueing = config.client.queueing;
        settings.priority = config.client.floor_priority;
        Self {
            call,
            participant: FloorParticipant::new(settings, now),
            protection: Box::new(Null),
            audio_local: config.client.audio,
            floor_local: config.client.floor,
            peer: None,
            early: VecDeque::new(),
            sending: false,
            stream: Stream {
                ssrc: config.ssrc,
                sequence: 0,
                timestamp: 0,
                ticks_per_packet: config.ticks_per_packet,
                marker: true,
            },
            outputs: VecDeque::new(),
        }
    }

    pub(super) const fn call(&self) -> CallId {
        self.call
    }

    pub(super) const fn may_send(&self) -> bool {
        self.sending
    }

    pub(super) fn establish(&mut self, now: Instant, established: &EstablishedCall) {
        let keys = established
            .protection
            .as_ref()
            .map(|keys| MediaProtection { send: keys.send.clone(), receive: keys.receive.clone() });
        match crypto::protection(keys.as_ref()) {
            Ok(protection) => self.protection = protection,
            Err(_) => {
                return self.drop_datagram(self.audio_path(established.remote_audio), "keys cannot be used");
            }
        }
        self.peer = Some(Peer {
            audio: established.remote_audio,
            floor: established.remote_floor,
            payload_type: established.payload_type,
        });
        let input = if established.incoming {
            ParticipantInput::SessionTerminating
        } else {
            ParticipantInput::SessionOriginated {
                implicit_request: established.floor_parameters.implicit_request,
                granted: established.floor_parameters.granted,
                ssrc: established.floor_parameters.ssrc,
            }
        };
        self.participant.handle_input(now, input);
        for (path, bytes) in std::mem::take(&mut self.early) {
            self.handle_datagram(now, path, &bytes);
        }
        self.carry_out();
    }

    pub(super) fn release(&mut self, now: Instant) {
        self.participant.handle_input(now, ParticipantInput::ReleaseStarted);
        self.participant.handle_input(now, ParticipantInput::ReleaseFinished);
        self.carry_out();
    }

    pub(super) fn user(&mut self, now: Instant, command: UeCommand) {
        let input = match command {
            UeCommand::PressToTalk { priority, indicator } => {
                ParticipantInput::PttPressed { priority, indicator }
            }
            UeCommand::ReleaseToTalk => ParticipantInput::PttReleased,
            UeCommand::AcceptGrant => ParticipantInput::AcceptGrant,
            UeCommand::AskQueuePosition => ParticipantInput::AskQueuePosition,
            UeCommand::Client(_) => return,
        };
        self.participant.handle_input(now, input);
        self.carry_out();
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.participant.handle_timeout(now);
        self.carry_out();
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.participant.poll_timeout()
    }

    pub(super) fn drain(&mut self, outputs: &mut VecDeque<UeOutput>) {
        outputs.append(&mut self.outputs);
    }

    pub(super) fn send_voice(&mut self, payload: &[u8]) -> Option<(Ssrc, u32)> {
        let peer = self.peer.filter(|_| self.sending)?;
        let Stream { ssrc, sequence, timestamp, ticks_per_packet, marker } = self.stream;
        let header = RtpHeader {
            marker,
            payload_type: peer.payload_type,
            sequence,
            timestamp,
            ssrc,
            ..RtpHeader::default()
        };
        let mut octets = BytesMut::with_capacity(header.encoded_len() + payload.len());
        header.encode(&mut octets).ok()?;
        octets.extend_from_slice(payload);
        let mut octets = Vec::from(octets);
        self.stream.sequence = sequence.wrapping_add(1);
        self.stream.timestamp = timestamp.wrapping_add(ticks_per_packet);
        self.stream.marker = false;
        self.protection.protect_rtp(&mut octets).ok()?;
        let path = self.audio_path(peer.audio);
        self.outputs.push_back(UeOutput::Transmit(Transmit {
            path,
            payload: octets.into(),
            dscp: DSCP_VOICE,
        }));
        Some((ssrc, timestamp))
    }

    pub(super) fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        let Some(peer) = self.peer else {
            if self.early.len() < SETUP_BUFFER {
                self.early.push_back((path, bytes.clone()));
            }
            return;
        };
        if path.local == self.floor_local && Some(path.remote) == peer.floor {
            self.floor_control(now, path, bytes);
        } else if path.local == self.audio_local && path.remote == peer.audio {
            self.voice(now, path, bytes);
        } else {
            self.drop_datagram(path, "not from the peer of this call");
        }
        self.carry_out();
    }

    fn floor_control(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        for packet in rtcp::split(bytes) {
            match packet.and_then(|packet| FloorMessage::decode(&packet)) {
                Ok(decoded) => self.participant.handle_message(now, &decoded.value),
                Err(_) => self.drop_datagram(path, "not a floor control message"),
            }
        }
    }

    fn voice(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        let mut octets = bytes.to_vec();
        if self.protection.unprotect_rtp(&mut octets).is_err() {
            return self.drop_datagram(path, "voice fails its protection");
        }
        let Ok(packet) = RtpPacket::decode(&Bytes::from(octets)) else {
            return self.drop_datagram(path, "not an RTP packet");
        };
        let header = &packet.header;
        if self.participant.handle_media(now, header.ssrc) != MediaTreatment::Render {
            return;
        }
        self.outputs.push_back(UeOutput::Event(UeEvent::Voice {
            ssrc: header.ssrc,
            sequence: header.sequence,
            timestamp: header.timestamp,
            payload: packet.payload.clone(),
        }));
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.participant.poll_output() {
            match output {
                ParticipantOutput::Send(message) => self.send_floor(&message),
                ParticipantOutput::StartSending { ssrc } => {
                    self.stream.ssrc = ssrc.unwrap_or(self.stream.ssrc);
                    self.microphone(true);
                }
                ParticipantOutput::ChangeSsrc { ssrc } => self.stream.ssrc = ssrc,
                ParticipantOutput::StopSending => self.microphone(false),
                ParticipantOutput::Notify(notification) => {
                    self.outputs.push_back(UeOutput::Event(UeEvent::Floor(notification)));
                }
                _ => {}
            }
        }
    }

    fn microphone(&mut self, open: bool) {
        self.stream.marker |= open;
        self.sending = open;
        self.outputs.push_back(UeOutput::Event(UeEvent::Microphone { open }));
    }

    fn send_floor(&mut self, message: &FloorMessage) {
        let Some(remote) = self.peer.and_then(|peer| peer.floor) else { return };
        // What the participant builds from negotiated values always fits; a defect must not end the call.
        if let Ok(payload) = message.encode() {
            let path = Path { local: self.floor_local, remote };
            self.outputs.push_back(UeOutput::Transmit(Transmit { path, payload, dscp: DSCP_FLOOR }));
        }
    }

    const fn audio_path(&self, remote: std::net::SocketAddr) -> Path {
        Path { local: self.audio_local, remote }
    }

    fn drop_datagram(&mut self, path: Path, reason: &'static str) {
        self.outputs.push_back(UeOutput::Event(UeEvent::Dropped { path, reason }));
    }
}
