//! What a node is told about itself before it starts.

use std::net::SocketAddr;

use thiserror::Error;

use super::demux::Demux;
use super::server_keys::ServerKeys;
use super::store::StoreSettings;

/// The settings of both planes, fitting together.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Functions, users, groups, media ports.
    pub call_control: call_control::Config,
    /// Timers, limits and marking of floor control and media.
    pub media_plane: media_plane::Config,
    /// Differentiated services code point of SIP, 0 to 63.
    pub sip_dscp: u8,
    /// There is a store that survives restarts, and how to deal with it. `None`: everything ends with the node.
    pub store: Option<StoreSettings>,
    /// What floor control with other servers is protected with. Their signalling has the same keys:
    /// [`call_control::Config::server_keys`].
    pub server_keys: Vec<ServerKeys>,
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
        "{address} is configured for two purposes; sip.participating, sip.controlling, media.audio-ports, media.floor-ports and the ports of pre-established must not overlap"
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

    /// The configurations of the nodes that serve together, one for each shard
    /// ([`call_control::Config::shards`]).
    #[must_use]
    pub fn of_shards(&self) -> Vec<Self> {
        let number = self.call_control.shards.max(1);
        (0..number)
            .map(|shard| Self { call_control: self.call_control.of_shard(shard), ..self.clone() })
            .collect()
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

    /// Addresses of RTP and RTCP: each even port of the ranges and the odd one after it.
    pub fn audio_addresses(&self) -> Vec<SocketAddr> {
        let (call_control, pair) = (&self.call_control, |port: u16| [port, port.saturating_add(1)]);
        let sessions = &call_control.pre_established;
        let sessions = sessions.identity.as_ref().map(|_| sessions.audio_ports.clone());
        let bearers = call_control.mbms.is_used().then(|| call_control.mbms.audio_ports.clone());
        let ports =
            [Some(call_control.media.audio_ports.clone()), sessions, bearers].into_iter().flatten().flatten();
        let pairs = ports.filter(|port| port % 2 == 0).flat_map(pair);
        pairs.map(|port| SocketAddr::new(call_control.media.address, port)).collect()
    }

    /// Addresses of floor control.
    pub fn floor_addresses(&self) -> Vec<SocketAddr> {
        let (media, sessions) = (&self.call_control.media, &self.call_control.pre_established);
        let sessions = sessions.identity.as_ref().map(|_| sessions.floor_ports.clone());
        let bearers = self.call_control.mbms.is_used().then(|| self.call_control.mbms.floor_ports.clone());
        let ports = [Some(media.floor_ports.clone()), sessions, bearers].into_iter().flatten().flatten();
        ports.map(|port| SocketAddr::new(media.address, port)).collect()
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
