//! How voice reaches the listeners: `distribution` and what goes with it in `[media]` and `[[group]]`, and `[multicast]`.

use std::net::{IpAddr, SocketAddr};

use call_control::config as cc;
use media_plane::config::Multicast as Settings;
use serde::Deserialize;

use super::file::Media;
use super::{FileError, value};

/// The ways by the names that the file has for them.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// The best that is possible.
    #[default]
    Auto,
    /// Selective forwarding.
    Sfu,
    /// Mixing.
    Mcu,
    /// Multicast beside unicast.
    Multicast,
}

/// Where the participants are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Anywhere.
    #[default]
    Wide,
    /// In one local network.
    Local,
}

/// `[multicast]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Multicast {
    ttl: u8,
    interface: Option<IpAddr>,
    interface_index: u32,
}

impl Default for Multicast {
    fn default() -> Self {
        let Settings { ttl, interface, interface_index } = Settings::default();
        Self { ttl, interface: interface.map(IpAddr::V4), interface_index }
    }
}

impl Distribution {
    pub(super) const fn translate(self) -> cc::DistributionMode {
        match self {
            Self::Auto => cc::DistributionMode::Auto,
            Self::Sfu => cc::DistributionMode::Forwarding,
            Self::Mcu => cc::DistributionMode::Mixing,
            Self::Multicast => cc::DistributionMode::Multicast,
        }
    }
}

impl Media {
    pub(super) fn distribution(&self) -> cc::DistributionConfig {
        cc::DistributionConfig {
            mode: self.distribution.translate(),
            local_network: self.network == Network::Local,
            peer_to_peer_members: self.peer_to_peer_members,
            header_extensions: self.header_extensions,
        }
    }
}

impl Multicast {
    pub(super) fn translate(self) -> Result<Settings, FileError> {
        let interface = match self.interface {
            None => None,
            Some(IpAddr::V4(address)) => Some(address),
            Some(address) => {
                let allowed = "an IPv4 address of this machine; IPv6 takes interface-index";
                return Err(value("multicast.interface", address, allowed));
            }
        };
        if self.ttl == 0 {
            return Err(value("multicast.ttl", 0, "1 to 255"));
        }
        Ok(Settings { ttl: self.ttl, interface, interface_index: self.interface_index })
    }
}

/// The multicast address of a group. `protected`: its media is.
pub(super) fn group_address(
    index: usize,
    address: Option<SocketAddr>,
    protected: bool,
) -> Result<Option<SocketAddr>, FileError> {
    let Some(multicast) = address else { return Ok(None) };
    let setting = format!("group[{index}].multicast");
    if !multicast.ip().is_multicast() || multicast.port() == 0 {
        return Err(value(setting, multicast, "a multicast address with a port, such as 239.1.1.1:40000"));
    }
    if protected {
        let allowed = "set together with protect-media = false only: keys are for one participant each";
        return Err(value(setting, multicast, allowed));
    }
    Ok(address)
}
