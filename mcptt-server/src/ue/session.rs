//! The media side of one call: floor participant, RTP stream, protection.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use bytes::Bytes;
use call_control::client::{CallId, EstablishedCall, Indicators};
use mcptt_codec::floor::{FloorIndicator, FloorMessage};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp;
use mcptt_codec::rtp::RtpPacket;
use mcptt_codec::{Path, Transmit};
use media_plane::crypto::dtls::{Association, Identity, Progress};
use media_plane::crypto::{self, Null, Protection, ServiceProtection, Unkeyed};
use media_plane::floor::participant::{
    FloorParticipant, MediaTreatment, Notification, ParticipantInput, ParticipantOutput, ParticipantSettings,
};
use media_plane::receive::Redundancy;
use media_plane::signalling::Keying;

use super::mbms::Cast;
use super::stream::{DSCP_FLOOR, DSCP_VOICE, Stream};
use super::voice::{Hearing, control_port};
use super::{UeCommand, UeConfig, UeEvent, UeOutput};

/// Datagrams kept while the final SIP response is awaited.
const SETUP_BUFFER: usize = 16;

pub(super) struct Session {
    call: CallId,
    participant: FloorParticipant,
    protection: Box<dyn Protection>,
    /// Of floor control.
    floor_protection: Box<dyn Protection>,
    identity: Option<Identity>,
    /// Where the keys of the audio come from, if a handshake gives them.
    association: Option<Association>,
    audio_local: std::net::SocketAddr,
    floor_local: std::net::SocketAddr,
    /// Known once the call is established.
    peer: Option<Peer>,
    early: VecDeque<(Path, Bytes)>,
    sending: bool,
    /// What the call is, and whether it is a broadcast that this client has called for.
    kind: FloorIndicator,
    broadcast_initiator: bool,
    /// The broadcast that this client has called for is over.
    media_complete: bool,
    stream: Stream,
    hearing: Hearing,
    /// Older voice goes along with newer one: how much, and under which payload type once that is agreed on.
    redundancy: (usize, Option<(u8, Redundancy)>),
    /// The microphone has been opened and nobody has looked whether somebody speaks.
    opened: bool,
    outputs: VecDeque<UeOutput>,
}

/// Where media and floor control go.
#[derive(Clone, Copy, Debug)]
struct Peer {
    audio: std::net::SocketAddr,
    floor: Option<std::net::SocketAddr>,
    payload_type: u8,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("call", &self.call).field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(
        config: &UeConfig,
        call: CallId,
        floor_keys: Option<&ServiceProtection>,
        now: Instant,
    ) -> Self {
        let mut settings = ParticipantSettings::new(config.ssrc);
        settings.queueing = config.client.queueing;
        settings.priority = config.client.floor_priority;
        settings.release = config.floor.release;
        settings.timers = config.timers.clone();
        settings.may_revoke = config.floor.may_revoke;
        settings.may_cancel_queued = config.floor.may_cancel_queued;
        Self {
            call,
            participant: FloorParticipant::new(settings, now),
            protection: Box::new(Null),
            // Keys that cannot be used let nothing pass.
            floor_protection: match floor_keys.map(ServiceProtection::context) {
                None => Box::new(Null),
                Some(Ok(protection)) => protection,
                Some(Err(_)) => Box::new(Unkeyed),
            },
            identity: config.dtls.clone(),
            association: None,
            audio_local: config.client.audio,
            floor_local: config.client.floor,
            peer: None,
            early: VecDeque::new(),
            sending: false,
            kind: FloorIndicator::NONE,
            broadcast_initiator: false,
            media_complete: false,
            stream: Stream::new(config.ssrc, config.ticks_per_packet),
            hearing: Hearing::new(config, now),
            redundancy: (config.voice.redundancy, None),
            opened: false,
            outputs: VecDeque::new(),
        }
    }

    pub(super) const fn call(&self) -> CallId {
        self.call
    }

    pub(super) const fn may_send(&self) -> bool {
        self.sending
    }

    pub(super) fn establish(&mut self, now: Instant, established: &EstablishedCall, called: FloorIndicator) {
        if !self.protect(now, established) {
            return self.drop_datagram(self.audio_path(established.remote_audio), "keys cannot be used");
        }
        self.peer = Some(Peer {
            audio: established.remote_audio,
            floor: established.remote_floor,
            payload_type: established.payload_type,
        });
        let (generations, agreed) = &mut self.redundancy;
        let number = established.redundancy.redundant.filter(|_| *generations > 0);
        *agreed = number.map(|number| (number, Redundancy::new(*generations)));
        if established.remote_floor.is_none() {
            // Without floor control everybody may talk as long as the call lasts.
            self.microphone(true);
            for (path, bytes) in std::mem::take(&mut self.early) {
                self.handle_datagram(now, path, &bytes);
            }
            return;
        }
        (self.kind, self.broadcast_initiator) = kind_of(established, called);
        let (indicator, broadcast_initiator) = (self.kind, self.broadcast_initiator);
        self.participant.handle_input(now, ParticipantInput::CallIs { indicator, broadcast_initiator });
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

    /// Sets the protection up, or begins the handshake that does; says whether it could.
    fn protect(&mut self, now: Instant, established: &EstablishedCall) -> bool {
        let keying = established.protection.clone().map(crate::node::route::protection);
        let protection = match &keying {
            None => crypto::protection(None),
            Some(Keying::Described(keys)) => crypto::protection(Some(keys)),
            // This equipment is no browser.
            Some(Keying::Web(_)) => return false,
            Some(Keying::Service(service)) => crypto::protection(Some(&service.keys)),
            Some(Keying::Dtls(peer)) => {
                let Some(identity) = &self.identity else { return false };
                let Ok(association) = Association::new(identity, peer.clone(), established.remote_audio, now)
                else {
                    return false;
                };
                self.association = Some(association);
                self.send_handshake(established.remote_audio);
                Ok(Box::new(Unkeyed) as Box<dyn Protection>)
            }
        };
        protection.map(|protection| self.protection = protection).is_ok()
    }

    fn send_handshake(&mut self, remote: std::net::SocketAddr) {
        let path = self.audio_path(remote);
        while let Some(payload) = self.association.as_mut().and_then(Association::poll_transmit) {
            let transmit = Transmit { path, payload, dscp: DSCP_VOICE };
            self.outputs.push_back(UeOutput::Transmit(transmit));
        }
    }

    fn handshake(&mut self, remote: std::net::SocketAddr, progress: Progress) {
        match progress {
            Progress::Keyed(keys) => {
                if let Ok(protection) = crypto::protection(Some(&keys)) {
                    self.protection = protection;
                }
            }
            Progress::Failed(_) => self.drop_datagram(self.audio_path(remote), "the handshake failed"),
            Progress::Nothing | Progress::Closed => {}
        }
        self.send_handshake(remote);
    }

    /// The server says how urgent the call is; what it does not mention stays as it is.
    pub(super) fn priority_told(&mut self, now: Instant, told: &Indicators) {
        let bits = [
            (told.emergency, FloorIndicator::EMERGENCY),
            (told.imminent_peril, FloorIndicator::IMMINENT_PERIL),
        ];
        for (said, bit) in bits {
            match said {
                Some(true) => self.kind |= bit,
                Some(false) => self.kind = FloorIndicator(self.kind.0 & !bit.0),
                None => {}
            }
        }
        let (indicator, broadcast_initiator) = (self.kind, self.broadcast_initiator);
        self.participant.handle_input(now, ParticipantInput::CallIs { indicator, broadcast_initiator });
    }

    pub(super) fn release(&mut self, now: Instant) {
        if self.sending && self.peer.is_some_and(|peer| peer.floor.is_none()) {
            self.microphone(false);
        }
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
            UeCommand::RevokeOther { user } => ParticipantInput::RevokeOther { user },
            UeCommand::CancelQueued { users } => ParticipantInput::CancelQueued { users },
            UeCommand::UnicastMedia { wanted } => ParticipantInput::UnicastMedia { wanted },
            UeCommand::Client(_) | UeCommand::ReceiveBearers { .. } | UeCommand::Listen { .. } => return,
        };
        self.participant.handle_input(now, input);
        self.carry_out();
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let (Some(association), Some(peer)) = (&mut self.association, self.peer) {
            let progress = association.handle_timeout(now);
            self.handshake(peer.audio, progress);
        }
        self.participant.handle_timeout(now);
        if let Some(report) = self.hearing.handle_timeout(now, &mut self.outputs) {
            self.send_report(&report);
        }
        self.release_stuck(now);
        self.carry_out();
    }

    /// The voice of others is rendered from now on, or no longer.
    pub(super) fn listen(&mut self, on: bool) {
        self.hearing.listen(on);
    }

    /// Silence counts from when the microphone is open.
    pub(super) fn look_at_microphone(&mut self, now: Instant) {
        if std::mem::take(&mut self.opened) {
            self.hearing.microphone(now);
        }
    }

    /// What the microphone has picked up.
    pub(super) fn picked_up(&mut self, now: Instant, samples: &[i16]) {
        self.hearing.picked_up(now, samples);
        self.release_stuck(now);
        self.carry_out();
    }

    /// Gives the floor back that nobody uses: the button is stuck.
    fn release_stuck(&mut self, now: Instant) {
        if self.sending && self.hearing.is_stuck(now) {
            self.hearing.microphone(now);
            self.outputs.push_back(UeOutput::Event(UeEvent::SilenceNoticed));
            self.participant.handle_input(now, ParticipantInput::PttReleased);
        }
    }

    fn send_report(&mut self, report: &[u8]) {
        // Beside DTLS nobody has offered an association for it.
        let Some(peer) = self.peer.filter(|_| self.association.is_none()) else { return };
        let (local, remote) = (control_port(self.audio_local), control_port(peer.audio));
        let (Some(local), Some(remote)) = (local, remote) else { return };
        let mut octets = report.to_vec();
        if self.protection.protect_rtcp(&mut octets).is_ok() {
            let (path, payload) = (Path { local, remote }, octets.into());
            self.outputs.push_back(UeOutput::Transmit(Transmit { path, payload, dscp: DSCP_VOICE }));
        }
    }

    fn control(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        let mut octets = bytes.to_vec();
        match self.protection.unprotect_rtcp(&mut octets) {
            Ok(()) => self.hearing.control(now, &octets.into()),
            Err(_) => self.drop_datagram(path, "a report fails its protection"),
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let association = self.association.as_ref().and_then(Association::poll_timeout);
        let hearing = self.peer.and_then(|_| self.hearing.poll_timeout(self.sending));
        self.participant.poll_timeout().into_iter().chain(association).chain(hearing).min()
    }

    /// Whether the broadcast that this client has called for has ended, and nobody has taken note.
    pub(super) const fn is_media_complete(&self) -> bool {
        self.media_complete
    }

    /// Takes note of it.
    pub(super) const fn take_media_complete(&mut self) -> bool {
        std::mem::replace(&mut self.media_complete, false)
    }

    pub(super) fn drain(&mut self, outputs: &mut VecDeque<UeOutput>) {
        outputs.append(&mut self.outputs);
    }

    pub(super) fn send_voice(&mut self, now: Instant, payload: &[u8]) -> Option<(Ssrc, u32)> {
        let peer = self.peer.filter(|_| self.sending)?;
        let own = Bytes::copy_from_slice(payload);
        let (number, whole) = match &mut self.redundancy.1 {
            Some((number, older)) => {
                (*number, older.payload(self.stream.timestamp(), peer.payload_type, &own)?)
            }
            None => (peer.payload_type, own),
        };
        let (mut octets, ssrc, timestamp) = self.stream.packet(number, &whole)?;
        self.hearing.sent(now, ssrc, timestamp, payload.len());
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
            self.protected_floor_control(now, path, bytes);
        } else if path.local == self.audio_local && path.remote == peer.audio {
            self.voice(now, path, bytes);
        } else if Some(path.local) == control_port(self.audio_local)
            && Some(path.remote) == control_port(peer.audio)
        {
            self.control(now, path, bytes);
        } else {
            self.drop_datagram(path, "not from the peer of this call");
        }
        self.carry_out();
    }

    /// What was heard of the group by multicast goes the way of what comes by unicast.
    //= 24.380-10.1
    pub(super) fn handle_cast(&mut self, now: Instant, cast: Cast, path: Path, bytes: &Bytes) {
        if self.peer.is_none() {
            return;
        }
        match cast {
            Cast::Floor => self.floor_control(now, path, bytes),
            Cast::Voice => self.voice(now, path, bytes),
        }
        self.carry_out();
    }

    fn protected_floor_control(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        let mut octets = bytes.to_vec();
        match self.floor_protection.unprotect_rtcp(&mut octets) {
            Ok(()) => self.floor_control(now, path, &octets.into()),
            Err(_) => self.drop_datagram(path, "floor control fails its protection"),
        }
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
        //= RFC7983-7
        if let (Some(association), Some(20..=63), Some(peer)) =
            (&mut self.association, bytes.first(), self.peer)
        {
            let progress = association.handle_datagram(now, bytes);
            return self.handshake(peer.audio, progress);
        }
        let mut octets = bytes.to_vec();
        if self.protection.unprotect_rtp(&mut octets).is_err() {
            return self.drop_datagram(path, "voice fails its protection");
        }
        let octets = Bytes::from(octets);
        let Ok(packet) = RtpPacket::decode(&octets) else {
            return self.drop_datagram(path, "not an RTP packet");
        };
        let header = &packet.header;
        let free = self.peer.is_some_and(|peer| peer.floor.is_none());
        if !free && self.participant.handle_media(now, header.ssrc) != MediaTreatment::Render {
            return;
        }
        self.hearing.packet(now, &packet, &octets);
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
                    if let Some(ssrc) = ssrc {
                        self.stream.set_ssrc(ssrc);
                    }
                    self.microphone(true);
                }
                ParticipantOutput::ChangeSsrc { ssrc } => self.stream.set_ssrc(ssrc),
                ParticipantOutput::StopSending => self.microphone(false),
                ParticipantOutput::Notify(notification) => {
                    self.media_complete |= notification == Notification::MediaComplete;
                    if notification == Notification::Idle {
                        self.hearing.nobody_talks();
                    }
                    self.outputs.push_back(UeOutput::Event(UeEvent::Floor(notification)));
                }
                _ => {}
            }
        }
    }

    fn microphone(&mut self, open: bool) {
        self.stream.pause_over(open);
        self.opened |= open;
        self.sending = open;
        self.outputs.push_back(UeOutput::Event(UeEvent::Microphone { open }));
    }

    fn send_floor(&mut self, message: &FloorMessage) {
        let Some(remote) = self.peer.and_then(|peer| peer.floor) else { return };
        // What the participant builds from negotiated values always fits; a defect must not end the call.
        let Ok(payload) = message.encode() else { return };
        let mut payload = payload.to_vec();
        if self.floor_protection.protect_rtcp(&mut payload).is_ok() {
            let payload = payload.into();
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

/// `MCPTT session already exists`: the caller has joined a running call.
const ALREADY_EXISTS: u16 = 123;

/// What the signalling says the call is, where the user has called for something special.
fn kind_of(established: &EstablishedCall, called: FloorIndicator) -> (FloorIndicator, bool) {
    let said = super::kind(established.broadcast, established.emergency);
    let own = !established.incoming && !established.warnings.contains(&ALREADY_EXISTS);
    let indicator = if own { said | called } else { said };
    let broadcast_initiator = own && called.contains(FloorIndicator::BROADCAST);
    (indicator, broadcast_initiator)
}
