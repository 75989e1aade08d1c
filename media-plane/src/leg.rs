//! One participant's leg as the media plane keeps it: its addresses, its keys and what it may send.

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::id::{LegRef, Ssrc};
use mcptt_codec::rtp::RtpHeader;

use crate::audio::Codec;
use crate::config::Limits;
use crate::counters::{Discard, Misdeeds};
use crate::crypto::{Keying, Protection, ProtectionError, Succession, Unkeyed, begun, dtls};
use crate::distributor::{FanOut, MediaGate, Protocol};
use crate::elsewhere::signalling::PeerLeg;
use crate::event::Stream;
use crate::rtp::{Kind, KnownSsrcs, RateLimit, rtcp_sender};
use crate::signalling::{ExtensionIds, MediaEndpoint, Participant, RedundancyTypes};
use crate::unusable::Unusable;
use crate::web::WebLeg;

/// One participant's leg. What a fan-out asks of each listener lies together at the front, in this order: with thousands of
/// legs it is the way to memory that a packet costs.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Leg {
    pub(crate) reference: LegRef,
    /// It has not asked for its media to be stopped.
    pub(crate) wants_media: bool,
    /// The payload type that it knows the format of the call by. `None`: packets go to it as they are.
    pub(crate) payload_type: Option<u8>,
    /// What it knows, if that can be coded here.
    pub(crate) codec: Option<Codec>,
    /// The header extensions that it wants.
    pub(crate) extensions: ExtensionIds,
    /// The redundancy that it knows.
    pub(crate) redundancy: RedundancyTypes,
    pub(crate) audio_protection: Box<dyn Protection>,
    pub(crate) addresses: Addresses,
    pub(crate) floor_protection: Box<dyn Protection>,
    pub(crate) gate: MediaGate,
    pub(crate) floor_ssrcs: KnownSsrcs,
    /// The SSRC of its audio as Floor Granted and Floor Taken name it. `None`: of a call that is controlled elsewhere.
    pub(crate) announced_ssrc: Option<Ssrc>,
    /// The SSRC it wants in the header of our floor messages.
    pub(crate) floor_ssrc: Option<Ssrc>,
    pub(crate) media_rate: RateLimit,
    pub(crate) floor_rate: RateLimit,
    pub(crate) misdeeds: Misdeeds,
    /// Its keys come from a DTLS handshake with this other side.
    pub(crate) dtls: Option<Box<dtls::Peer>>,
    /// What protects its RTCP, where that has an association of its own.
    pub(crate) reports_protection: Option<Box<dyn Protection>>,
    /// It is a client's, whose media may come from another address than declared where the operator allows it.
    pub(crate) latches: bool,
    /// It is that of a browser.
    pub(crate) web: Option<Box<WebLeg>>,
}

impl Leg {
    pub(crate) fn new(
        reference: LegRef,
        participant: &Participant,
        limits: &Limits,
    ) -> Result<Self, ProtectionError> {
        let (ssrcs, media_rate, floor_rate) = match participant.floor_parameters.function {
            true => (limits.ssrcs_of_function(), limits.function_rate, limits.function_rate),
            false => (limits.ssrcs_per_leg, limits.media_rate, limits.floor_rate),
        };
        let redundancy = participant.voice.redundancy;
        let payload_types: Vec<u8> =
            participant.payload_types.iter().copied().chain(redundancy.all()).collect();
        Ok(Self {
            reference,
            addresses: Addresses::new(participant.audio, participant.floor),
            audio_protection: begun(participant.protection.as_ref())?,
            floor_protection: begun(participant.floor_protection.as_ref())?,
            gate: MediaGate::new(&payload_types, ssrcs),
            floor_ssrcs: KnownSsrcs::new(ssrcs),
            wants_media: true,
            payload_type: only(&participant.payload_types),
            codec: participant.voice.codec,
            extensions: participant.voice.extensions,
            redundancy,
            announced_ssrc: None,
            floor_ssrc: participant.floor_parameters.floor_ssrc,
            media_rate: RateLimit::per_second(media_rate),
            floor_rate: RateLimit::per_second(floor_rate),
            misdeeds: Misdeeds::default(),
            reports_protection: own_association(participant.protection.as_ref()),
            dtls: dtls_peer(participant.protection.as_ref()),
            latches: !participant.floor_parameters.function,
            web: web_leg(participant.protection.as_ref(), participant.audio),
        })
    }

    /// The leg of a client whose call is relayed.
    pub(crate) fn of_client(peer: &PeerLeg, limits: &Limits) -> Result<Self, ProtectionError> {
        let leg = Self::of_peer(peer, limits.ssrcs_per_leg, limits.media_rate, limits.floor_rate)?;
        Ok(Self { latches: true, ..leg })
    }

    /// The leg towards another MCPTT function, which sends what many participants say.
    pub(crate) fn of_function(peer: &PeerLeg, limits: &Limits) -> Result<Self, ProtectionError> {
        Self::of_peer(peer, limits.ssrcs_of_function(), limits.function_rate, limits.function_rate)
    }

    fn of_peer(
        peer: &PeerLeg,
        ssrcs: usize,
        media_rate: u32,
        floor_rate: u32,
    ) -> Result<Self, ProtectionError> {
        Ok(Self {
            reference: peer.leg,
            addresses: Addresses::new(peer.audio, peer.floor),
            audio_protection: begun(peer.protection.as_ref())?,
            floor_protection: begun(peer.floor_protection.as_ref())?,
            gate: MediaGate::transparent(ssrcs),
            floor_ssrcs: KnownSsrcs::new(ssrcs),
            announced_ssrc: None,
            floor_ssrc: None,
            media_rate: RateLimit::per_second(media_rate),
            floor_rate: RateLimit::per_second(floor_rate),
            wants_media: true,
            payload_type: None,
            codec: None,
            extensions: ExtensionIds::default(),
            redundancy: RedundancyTypes::default(),
            misdeeds: Misdeeds::default(),
            reports_protection: own_association(peer.protection.as_ref()),
            dtls: dtls_peer(peer.protection.as_ref()),
            latches: false,
            web: web_leg(peer.protection.as_ref(), peer.audio),
        })
    }

    /// Whether what came in where this leg sends its audio is RTP to be looked at: all that can be said before it is
    /// opened. `protected`: whether it is going to be opened or closed for anybody, which costs a context per SSRC.
    pub(crate) fn admit_rtp(
        &mut self,
        now: Instant,
        datagram: &[u8],
        protected: bool,
    ) -> Result<RtpHeader, Unusable> {
        if !self.media_rate.allows(now) {
            return Err(Discard::RateExceeded.into());
        }
        match Kind::of(datagram) {
            Kind::Rtp => {}
            Kind::Rtcp => return Err(Discard::ControlOnMediaPort.into()),
            Kind::Stun => return Err(Discard::Stun.into()),
            Kind::Dtls => return Err(Discard::Dtls.into()),
            Kind::Other => return Err(Discard::NotRtp.into()),
        }
        let (header, _) = RtpHeader::decode(datagram)?;
        if !self.gate.admits(header.payload_type) {
            return Err(Discard::PayloadType.into());
        }
        if protected && !self.gate.ssrcs.admits(header.ssrc) {
            return Err(Discard::TooManySsrcs.into());
        }
        Ok(header)
    }

    /// Whether a packet is this leg's for sure, wherever it has come from: it is authentic. `None`: it is not protected.
    pub(crate) fn recognises(&self, stream: Stream, datagram: &[u8]) -> Option<bool> {
        let (protection, is_rtp) = match stream {
            Stream::Audio => (&self.audio_protection, true),
            Stream::AudioControl => (&self.audio_protection, false),
            Stream::Floor => (&self.floor_protection, false),
        };
        if protection.is_transparent() {
            return None;
        }
        Some(if is_rtp { protection.recognises_rtp(datagram) } else { protection.recognises_rtcp(datagram) })
    }

    /// Opens what came in where this leg sends the RTCP of its audio.
    pub(crate) fn open_reports(
        &mut self,
        now: Instant,
        datagram: &[u8],
        protected: bool,
        fan_out: &mut FanOut,
    ) -> Result<Bytes, Unusable> {
        if !self.media_rate.allows(now) {
            return Err(Discard::RateExceeded.into());
        }
        let sender = control_sender(datagram, Discard::NotRtcp)?;
        if protected && !self.gate.ssrcs.admits(sender) {
            return Err(Discard::TooManySsrcs.into());
        }
        let mut opened = fan_out.open(self.reports_protection(), Protocol::Rtcp, datagram)?;
        self.gate.ssrcs.learn(sender);
        Ok(fan_out.share(&mut opened))
    }

    /// Where the RTCP of its audio goes: one port above it, or the same port (RFC 5761).
    pub(crate) fn reports_path(&self) -> Option<Path> {
        match &self.dtls {
            Some(peer) if peer.rtcp_mux => self.addresses.audio,
            Some(_) => self.addresses.audio_control(),
            // Some clients have their floor control there, and state no other port.
            None => self
                .addresses
                .audio_control()
                .filter(|control| self.addresses.floor.is_none_or(|floor| floor.remote != control.remote)),
        }
    }

    /// What protects the RTCP of its audio.
    pub(crate) fn reports_protection(&mut self) -> &mut dyn Protection {
        &mut **self.reports_protection.as_mut().unwrap_or(&mut self.audio_protection)
    }

    /// Its keys are going to come from a new association with this other side. Whether RTCP has a port of its own stays as it is.
    pub(crate) fn renew(&mut self, peer: dtls::Peer) -> dtls::Peer {
        let peer = dtls::Peer { rtcp_mux: self.reports_protection.is_none(), ..peer };
        self.dtls = Some(Box::new(peer.clone()));
        peer
    }

    /// A handshake has given keys for one of its streams; those that were in use before open what is still under way.
    pub(crate) fn keyed(&mut self, stream: Stream, keys: Box<dyn Protection>) {
        let place = match (stream, &mut self.reports_protection) {
            (Stream::AudioControl, Some(reports)) => reports,
            _ => &mut self.audio_protection,
        };
        //= RFC8842-5.1:overlap
        let old = std::mem::replace(place, Box::new(Unkeyed));
        *place = if old.has_keys() { Box::new(Succession::new(keys, old)) } else { keys };
    }

    /// Opens what came in where this leg sends its floor messages.
    pub(crate) fn open_floor(
        &mut self,
        now: Instant,
        datagram: &[u8],
        fan_out: &mut FanOut,
    ) -> Result<Bytes, Unusable> {
        if !self.floor_rate.allows(now) {
            return Err(Discard::RateExceeded.into());
        }
        let sender = control_sender(datagram, Discard::MediaOnFloorPort)?;
        if !self.floor_protection.is_transparent() && !self.floor_ssrcs.admits(sender) {
            return Err(Discard::TooManySsrcs.into());
        }
        let opened = fan_out.open(&mut *self.floor_protection, Protocol::Rtcp, datagram)?;
        self.floor_ssrcs.learn(sender);
        // In memory of its own: what floor control keeps of a message must not keep a block of the pool.
        Ok(Bytes::copy_from_slice(fan_out.octets(&opened)))
    }
}

fn dtls_peer(keying: Option<&Keying>) -> Option<Box<dtls::Peer>> {
    match keying {
        Some(Keying::Dtls(peer)) => Some(Box::new(peer.clone())),
        Some(Keying::Web(browser)) => Some(Box::new(browser.dtls.clone())),
        _ => None,
    }
}

/// Of RTCP that has an association of its own: until that is done nothing passes.
fn own_association(keying: Option<&Keying>) -> Option<Box<dyn Protection>> {
    match keying {
        Some(Keying::Dtls(peer)) if !peer.rtcp_mux => Some(Box::new(Unkeyed)),
        _ => None,
    }
}

fn web_leg(keying: Option<&Keying>, audio: MediaEndpoint) -> Option<Box<WebLeg>> {
    match keying {
        Some(Keying::Web(browser)) => Some(Box::new(WebLeg::new(browser, audio.local))),
        _ => None,
    }
}

/// The payload type where there is one only.
fn only(payload_types: &[u8]) -> Option<u8> {
    match payload_types {
        [payload_type] => Some(*payload_type),
        _ => None,
    }
}

/// The sender of what must be RTCP; `media` is the reason for refusing RTP there.
fn control_sender(datagram: &[u8], media: Discard) -> Result<Ssrc, Discard> {
    match Kind::of(datagram) {
        Kind::Rtcp => rtcp_sender(datagram).ok_or(Discard::NotRtcp),
        Kind::Rtp => Err(media),
        Kind::Stun => Err(Discard::Stun),
        Kind::Dtls => Err(Discard::Dtls),
        Kind::Other => Err(Discard::NotRtcp),
    }
}

/// The pairs of addresses of a leg, one for each stream. A stream whose port was declared 0 is switched off (RFC 3264 6)
/// and has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) audio: Option<Path>,
    pub(crate) floor: Option<Path>,
}

impl Addresses {
    fn new(audio: MediaEndpoint, floor: MediaEndpoint) -> Self {
        Self { audio: path(audio), floor: path(floor) }
    }

    /// The RTCP pair of the audio: one port above it on both sides (RFC 3550 11), as far as there is one.
    pub(crate) fn audio_control(&self) -> Option<Path> {
        let mut path = self.audio?;
        path.local.set_port(path.local.port().checked_add(1)?);
        path.remote.set_port(path.remote.port().checked_add(1)?);
        Some(path)
    }

    /// The pairs that were declared.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (Path, Stream)> + use<> {
        let pairs = [(self.audio, Stream::Audio), (self.floor, Stream::Floor)];
        pairs.into_iter().filter_map(|(path, stream)| Some((path?, stream)))
    }
}

fn path(MediaEndpoint { local, remote }: MediaEndpoint) -> Option<Path> {
    //= RFC4961-4
    (local.port() != 0 && remote.port() != 0).then_some(Path { local, remote })
}
