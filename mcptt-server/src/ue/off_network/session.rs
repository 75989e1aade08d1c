//! The media side of one off-network call: floor participant and RTP stream.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use call_control::off_network::OffNetworkMedia;
use mcptt_codec::floor::{FloorIndicator, FloorMessage};
use mcptt_codec::id::Ssrc;
use mcptt_codec::monp::TIME_TO_LIVE;
use mcptt_codec::rtcp;
use mcptt_codec::rtp::RtpPacket;
use mcptt_codec::{Path, Transmit};
use media_plane::floor::participant::off_network::{CallKind, FloorParticipant, Input, Settings};
use media_plane::floor::participant::{MediaTreatment, Notification, ParticipantOutput};

use super::super::stream::{DSCP_FLOOR, DSCP_VOICE, Stream};
use super::{OffNetworkUeCommand, OffNetworkUeConfig, OffNetworkUeEvent, OffNetworkUeOutput, at};

pub(super) struct Session {
    participant: FloorParticipant,
    media: OffNetworkMedia,
    audio_local: SocketAddr,
    floor_local: Option<SocketAddr>,
    /// The only address that media may come from: that of the other user of a private call.
    peer: Option<IpAddr>,
    stream: Stream,
    sending: bool,
    inactive: bool,
    outputs: VecDeque<OffNetworkUeOutput>,
}

impl Session {
    pub(super) fn new(
        config: &OffNetworkUeConfig,
        call: CallKind,
        kind: FloorIndicator,
        media: OffNetworkMedia,
        originated: bool,
        now: Instant,
    ) -> Self {
        let settings = Settings {
            ssrc: config.ssrc,
            user: config.client.user.clone(),
            call,
            priority: config.floor_priority,
            indicator: kind,
            queueing: config.queueing,
            queue_limit: Settings::DEFAULT_QUEUE_LIMIT,
            timers: config.floor_timers.clone(),
        };
        let private = call == CallKind::Private;
        let mut new = Self {
            participant: FloorParticipant::new(settings, now),
            audio_local: at(config, media.audio_port),
            floor_local: media.floor_port.map(|port| at(config, port)),
            peer: media.audio.first().filter(|_| private).map(SocketAddr::ip),
            media,
            stream: Stream::new(config.ssrc, config.ticks_per_packet),
            sending: false,
            inactive: false,
            outputs: VecDeque::new(),
        };
        if new.floor_local.is_none() {
            // Without floor control everybody may talk as long as the call lasts.
            new.microphone(true);
            return new;
        }
        let began = if originated { Input::CallOriginated } else { Input::CallTerminating };
        new.participant.handle_input(now, began);
        new.carry_out();
        new
    }

    pub(super) const fn may_send(&self) -> bool {
        self.sending
    }

    /// The call has become an emergency call, or is none any longer.
    pub(super) fn call_is(&mut self, now: Instant, indicator: FloorIndicator) {
        self.participant.handle_input(now, Input::CallIs { indicator });
    }

    pub(super) fn release(&mut self, now: Instant) {
        if self.floor_local.is_none() {
            self.microphone(false);
            return;
        }
        self.participant.handle_input(now, Input::CallReleased);
        self.carry_out();
    }

    pub(super) fn user(&mut self, now: Instant, command: &OffNetworkUeCommand) {
        let input = match command {
            OffNetworkUeCommand::PressToTalk { priority } => {
                Input::PttPressed { priority: *priority, indicator: None }
            }
            OffNetworkUeCommand::ReleaseToTalk => Input::PttReleased,
            OffNetworkUeCommand::AcceptGrant => Input::AcceptGrant,
            OffNetworkUeCommand::CancelRequest => Input::CancelRequest,
            OffNetworkUeCommand::AskQueuePosition => Input::AskQueuePosition,
            OffNetworkUeCommand::Call(_) => return,
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

    pub(super) fn send_voice(&mut self, now: Instant, payload: &[u8]) -> Option<(Ssrc, u32)> {
        if !self.sending {
            return None;
        }
        let (octets, ssrc, timestamp) = self.stream.packet(self.media.payload_type, payload)?;
        let payload = Bytes::from(octets);
        for remote in &self.media.audio {
            let path = Path { local: self.audio_local, remote: *remote };
            let transmit = Transmit { path, payload: payload.clone(), dscp: DSCP_VOICE };
            self.outputs.push_back(OffNetworkUeOutput::Transmit { transmit, time_to_live: TIME_TO_LIVE });
        }
        if self.floor_local.is_some() {
            self.participant.handle_input(now, Input::MediaSent);
            self.carry_out();
        }
        Some((ssrc, timestamp))
    }

    /// Takes a datagram of the media. Whether it was one of somebody in the call.
    pub(super) fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) -> bool {
        if self.peer.is_some_and(|peer| peer != path.remote.ip()) {
            self.drop_datagram(path, "not from the peer of this call");
            return false;
        }
        let port = path.local.port();
        let taken = if self.floor_local.is_some_and(|floor| floor.port() == port) {
            self.floor_control(now, path, bytes)
        } else if self.audio_local.port() == port {
            self.voice(now, path, bytes)
        } else {
            self.drop_datagram(path, "not a port of this call");
            false
        };
        self.carry_out();
        taken
    }

    /// Hands over what is to be done. Whether the call is inactive.
    pub(super) fn drain(&mut self, outputs: &mut VecDeque<OffNetworkUeOutput>) -> bool {
        outputs.append(&mut self.outputs);
        std::mem::replace(&mut self.inactive, false)
    }

    fn floor_control(&mut self, now: Instant, path: Path, bytes: &Bytes) -> bool {
        let mut taken = false;
        for packet in rtcp::split(bytes) {
            match packet.and_then(|packet| FloorMessage::decode(&packet)) {
                Ok(decoded) => {
                    self.participant.handle_message(now, &decoded.value);
                    taken = true;
                }
                Err(_) => self.drop_datagram(path, "not a floor control message"),
            }
        }
        taken
    }

    fn voice(&mut self, now: Instant, path: Path, bytes: &Bytes) -> bool {
        let Ok(packet) = RtpPacket::decode(bytes) else {
            self.drop_datagram(path, "not an RTP packet");
            return false;
        };
        let header = &packet.header;
        let free = self.floor_local.is_none();
        if free || self.participant.handle_media(now, header.ssrc) == MediaTreatment::Render {
            self.outputs.push_back(OffNetworkUeOutput::Event(OffNetworkUeEvent::Voice {
                ssrc: header.ssrc,
                sequence: header.sequence,
                timestamp: header.timestamp,
                payload: packet.payload.clone(),
            }));
        }
        true
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.participant.poll_output() {
            match output {
                ParticipantOutput::Send(message) => self.send_floor(&message),
                ParticipantOutput::StartSending { .. } => self.microphone(true),
                ParticipantOutput::StopSending => self.microphone(false),
                ParticipantOutput::Notify(notification) => {
                    self.inactive |= notification == Notification::Inactive;
                    self.report(OffNetworkUeEvent::Floor(notification));
                }
                _ => {}
            }
        }
    }

    fn microphone(&mut self, open: bool) {
        self.stream.pause_over(open);
        self.sending = open;
        self.report(OffNetworkUeEvent::Microphone { open });
    }

    fn send_floor(&mut self, message: &FloorMessage) {
        // What the participant builds from negotiated values always fits; a defect must not end the call.
        let (Some(local), Ok(payload)) = (self.floor_local, message.encode()) else { return };
        for remote in &self.media.floor {
            let path = Path { local, remote: *remote };
            let transmit = Transmit { path, payload: payload.clone(), dscp: DSCP_FLOOR };
            self.outputs.push_back(OffNetworkUeOutput::Transmit { transmit, time_to_live: TIME_TO_LIVE });
        }
    }

    fn report(&mut self, event: OffNetworkUeEvent) {
        self.outputs.push_back(OffNetworkUeOutput::Event(event));
    }

    fn drop_datagram(&mut self, path: Path, reason: &'static str) {
        self.report(OffNetworkUeEvent::Dropped { path, reason });
    }
}
