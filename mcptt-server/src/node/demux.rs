//! Which plane a local address belongs to.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// What is spoken on a local address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// SIP, to the participating or the controlling function.
    Sip,
    /// RTP, RTCP or floor control.
    Media,
}

#[derive(Debug)]
pub(super) struct Demux {
    roles: HashMap<SocketAddr, Role>,
    /// Where our media is, without the ports: asked for every packet that is sent, and few.
    media: Vec<IpAddr>,
}

impl Demux {
    /// Every address with its role; an address given twice is the error.
    pub(super) fn new(
        sip: impl IntoIterator<Item = SocketAddr>,
        media: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Self, SocketAddr> {
        let mut roles = HashMap::new();
        let sip = sip.into_iter().map(|address| (address, Role::Sip));
        let media = media.into_iter().map(|address| (address, Role::Media));
        for (address, role) in sip.chain(media) {
            if roles.insert(address, role).is_some() {
                return Err(address);
            }
        }
        let mut own: Vec<IpAddr> =
            roles.iter().filter(|(_, role)| **role == Role::Media).map(|(address, _)| address.ip()).collect();
        own.sort_unstable();
        own.dedup();
        Ok(Self { roles, media: own })
    }

    pub(super) fn role(&self, local: SocketAddr) -> Option<Role> {
        self.roles.get(&local).copied()
    }

    /// Whether media that is sent there comes back to the media plane: two functions of this node talk to each other.
    pub(super) fn is_own_media(&self, address: SocketAddr) -> bool {
        self.media.contains(&address.ip()) && self.role(address) == Some(Role::Media)
    }

    pub(super) fn is_own_sip(&self, address: SocketAddr) -> bool {
        self.role(address) == Some(Role::Sip)
    }
}
