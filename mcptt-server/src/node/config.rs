//! What a node is told about itself before it starts.

use std::net::SocketAddr;

use thiserror::Error;

use super::demux::Demux;

/// The settings of both planes, fitting together.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Functions, users, groups, media ports.
    pub call_control: call_control::Config,
    /// Timers, limits and marking of floor control and media.
    pub media_plane: media_plane::Config,
    /// Differentiated services code point of SIP, 0 to 63.
    pub sip_dscp: u8,
}

/// Why a node cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting of call control.
    #[error(transparent)]
    CallControl(#[from] call_control::ConfigError),
    /// A setting of the media plane.
    #[error(transparent)]
    MediaPlane(#[from] media_plane::ConfigError),
    /// Two things would listen on one address.
    #[error(
        "{address} is configured for two purposes; sip.participating, sip.controlling, media.audio-ports and media.floor-ports must not overlap"
    )]
    AddressUsedTwice {
        /// The address.
        address: SocketAddr,
    },
    /// An originator is answered before any member although nothing that it says would be kept.
    #[error("call control answers on unconfirmed indications, which needs floor.buffer of the media plane")]
    NothingIsBuffered,
}

impl NodeConfig {
    /// Checks every setting and that the parts fit together.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, its value and the allowed range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.call_control.validate()?;
        self.media_plane.validate()?;
        if self.call_control.policy.answer_on_unconfirmed && self.media_plane.floor.buffer.is_none() {
            return Err(ConfigError::NothingIsBuffered);
        }
        self.demux().map(|_| ())
    }

    /// Which plane each address belongs to.
    pub(super) fn demux(&self) -> Result<Demux, ConfigError> {
        Demux::new(self.sip_addresses(), self.audio_addresses().into_iter().chain(self.floor_addresses()))
            .map_err(|address| ConfigError::AddressUsedTwice { address })
    }

    /// Addresses on which SIP is spoken.
    pub fn sip_addresses(&self) -> Vec<SocketAddr> {
        vec![self.call_control.participating.address, self.call_control.controlling.address]
    }

    /// Addresses of RTP and RTCP: each even port of the range and the odd one after it.
    pub fn audio_addresses(&self) -> Vec<SocketAddr> {
        let media = &self.call_control.media;
        media
            .audio_ports
            .clone()
            .filter(|port| port % 2 == 0)
            .flat_map(|port| [port, port.saturating_add(1)])
            .map(|port| SocketAddr::new(media.address, port))
            .collect()
    }

    /// Addresses of floor control.
    pub fn floor_addresses(&self) -> Vec<SocketAddr> {
        let media = &self.call_control.media;
        media.floor_ports.clone().map(|port| SocketAddr::new(media.address, port)).collect()
    }

    /// Everything a driver has to bind, with the code point of its traffic.
    pub fn addresses_with_dscp(&self) -> Vec<(SocketAddr, u8)> {
        let dscp = self.media_plane.dscp;
        let mark =
            |addresses: Vec<SocketAddr>, dscp: u8| addresses.into_iter().map(move |address| (address, dscp));
        mark(self.sip_addresses(), self.sip_dscp)
            .chain(mark(self.audio_addresses(), dscp.voice))
            .chain(mark(self.floor_addresses(), dscp.floor))
            .collect()
    }
}
