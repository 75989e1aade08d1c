//! Session descriptions of off-network calls: voice and floor control, at the multicast address of the group or at the own
//! one (TS 24.379 10.2.2, 11.2.2, 6.2.1).

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use mcptt_codec::sdp::{Attribute, Connection, McpttFmtp, MediaDescription, Origin, SessionDescription};

use super::types::{OffNetworkConfig, OffNetworkGroup, OffNetworkMedia, Reach};
use crate::client::AudioFormat;

/// Time to live of multicast media, as that of MONP.
const MULTICAST_SUFFIX: &str = "255";

/// What a session description says about where the media is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Described {
    audio: SocketAddr,
    floor: Option<SocketAddr>,
    payload_type: u8,
}

/// Why a session description cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Its media is protected by keys that we do not have.
    Protected,
    /// There is no voice in it that could be sent or received.
    NoVoice,
}

impl Described {
    /// Reads a description.
    pub fn read(sdp: &Bytes) -> Result<Self, Unusable> {
        let description = SessionDescription::decode(sdp).map_err(|_| Unusable::NoVoice)?;
        let audio = description.audio().ok_or(Unusable::NoVoice)?;
        if audio.is_protected() || crate::offer_answer::is_end_to_end(&description) {
            return Err(Unusable::Protected);
        }
        let usable = |address: &SocketAddr| !address.ip().is_unspecified() && address.port() != 0;
        let address = description.address_of(audio).filter(usable).ok_or(Unusable::NoVoice)?;
        let format = audio.rtp_formats().into_iter().next().ok_or(Unusable::NoVoice)?;
        let floor = description.floor_control();
        let floor = floor.and_then(|floor| description.address_of(floor)).filter(usable);
        Ok(Self { audio: address, floor, payload_type: format.payload_type })
    }

    /// The media of a call of a group.
    pub fn of_group(self, group: &OffNetworkGroup, own: IpAddr) -> OffNetworkMedia {
        let to = |described: SocketAddr| match &group.reach {
            Reach::Multicast => vec![described],
            Reach::Direct(members) => {
                let others = members.iter().filter(|member| **member != own);
                others.map(|member| SocketAddr::new(*member, described.port())).collect()
            }
        };
        OffNetworkMedia {
            audio_port: self.audio.port(),
            floor_port: self.floor.map(|floor| floor.port()),
            audio: to(self.audio),
            floor: self.floor.map(to).unwrap_or_default(),
            payload_type: self.payload_type,
        }
    }

    /// The media of a private call with whoever has sent the description.
    pub fn of_peer(self, config: &OffNetworkConfig) -> OffNetworkMedia {
        OffNetworkMedia {
            audio_port: config.audio_port,
            floor_port: self.floor.map(|_| config.floor_port),
            audio: vec![self.audio],
            floor: self.floor.into_iter().collect(),
            payload_type: self.payload_type,
        }
    }
}

/// The description of a call of the group.
pub(super) fn of_group(session_id: u64, config: &OffNetworkConfig, group: &OffNetworkGroup) -> Bytes {
    let mut connection = Connection::new(group.address);
    if group.address.is_multicast() && group.address.is_ipv4() {
        connection.suffix = Some(MULTICAST_SUFFIX.into());
    }
    described(session_id, config, &connection, group.audio_port, group.floor_port, &config.codec)
}

/// The description of a private call, at our own address.
pub(super) fn of_user(session_id: u64, config: &OffNetworkConfig) -> Bytes {
    let connection = Connection::new(config.address);
    described(session_id, config, &connection, config.audio_port, config.floor_port, &config.codec)
}

fn described(
    session_id: u64,
    config: &OffNetworkConfig,
    connection: &Connection,
    audio_port: u16,
    floor_port: u16,
    codec: &AudioFormat,
) -> Bytes {
    let payload_type = codec.payload_type;
    let mut audio = MediaDescription::speech(audio_port, "RTP/AVP", [payload_type.to_string()]);
    audio.push_attribute(&Attribute::new("rtpmap", format!("{payload_type} {}", codec.rtpmap)));
    if let Some(fmtp) = &codec.fmtp {
        audio.push_attribute(&Attribute::new("fmtp", format!("{payload_type} {fmtp}")));
    }
    let origin = Origin::new(session_id, session_id, config.address);
    let floor = MediaDescription::floor_control(floor_port, &McpttFmtp::default());
    let description = SessionDescription::new(&origin, Some(connection)).with_media(audio).with_media(floor);
    Bytes::from(description.encode())
}
