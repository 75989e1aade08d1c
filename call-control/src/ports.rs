//! Local ports for the media of the legs, of the controlling function and of the participating function where it relays.
//!
//! Many legs share one local port: the media plane tells them apart by the address they come from. So a leg may use a
//! local port unless its remote address is already bound there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use mcptt_codec::id::McpttId;

use crate::offer_answer::LocalMedia;

/// The ports of one function on one address.
#[derive(Debug)]
pub(crate) struct Ports {
    address: IpAddr,
    audio: Vec<u16>,
    floor: Vec<u16>,
    /// Local port and remote address of every stream.
    taken: BTreeSet<(u16, SocketAddr)>,
    /// What the legs of a user use: the next offer to the same device goes elsewhere, so that its answer can not
    /// collide.
    of_user: BTreeMap<McpttId, Vec<LocalMedia>>,
    turn: usize,
}

impl Ports {
    /// Of the audio ports the even ones are used that have a next one.
    pub fn new(address: IpAddr, audio: &RangeInclusive<u16>, floor: &RangeInclusive<u16>) -> Self {
        let last = *audio.end();
        Self {
            address,
            audio: audio.clone().filter(|port| port % 2 == 0 && *port < last).collect(),
            floor: floor.clone().collect(),
            taken: BTreeSet::new(),
            of_user: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Ports for an answer to a description whose addresses are known. `None`: they are bound everywhere.
    pub fn for_answer(&mut self, user: &McpttId, audio: SocketAddr, floor: SocketAddr) -> Option<LocalMedia> {
        self.turn = self.turn.wrapping_add(1);
        let free = |ports: &[u16], remote: SocketAddr| {
            let turn = self.turn.checked_rem(ports.len())?;
            let mut turned = ports.iter().cycle().skip(turn).take(ports.len());
            // Where the other side is a function of this node, its packets come from a port of ours and ours go there: the pair
            // must be free in both directions.
            let free = |port: u16| {
                let mirrored = remote.ip() == self.address
                    && (port == remote.port()
                        || self.taken.contains(&(remote.port(), SocketAddr::new(self.address, port))));
                !mirrored && !self.taken.contains(&(port, remote))
            };
            turned.find(|port| free(**port)).copied()
        };
        let local = self.local(free(&self.audio, audio)?, free(&self.floor, floor)?);
        self.of_user.entry(user.clone()).or_default().push(local);
        self.bind(local, audio, floor);
        Some(local)
    }

    /// Ports for an offer: ones that no other leg of the user has, as long as there are such.
    pub fn for_offer(&mut self, user: &McpttId) -> Option<LocalMedia> {
        self.turn = self.turn.wrapping_add(1);
        let used = self.of_user.entry(user.clone()).or_default();
        let pick = |ports: &[u16], own: fn(&LocalMedia) -> u16| {
            let turn = self.turn.checked_rem(ports.len())?;
            let turned = ports.iter().cycle().skip(turn).take(ports.len());
            turned.min_by_key(|port| used.iter().filter(|local| own(local) == **port).count()).copied()
        };
        let audio = pick(&self.audio, |local| local.audio.port())?;
        let floor = pick(&self.floor, |local| local.floor.port())?;
        let local = LocalMedia {
            audio: SocketAddr::new(self.address, audio),
            floor: SocketAddr::new(self.address, floor),
        };
        used.push(local);
        Some(local)
    }

    /// The same for somebody whom nobody is to notice: the next legs get the ports that they would get anyway.
    pub fn for_unnoticed_offer(&mut self, user: &McpttId) -> Option<LocalMedia> {
        let turn = self.turn;
        let local = self.for_offer(user);
        self.turn = turn;
        local
    }

    /// Notes where the other side of an offer is. False: another leg has that address on the same local port.
    pub fn bind(&mut self, local: LocalMedia, audio: SocketAddr, floor: SocketAddr) -> bool {
        let streams = bound(local, audio, floor);
        if streams.clone().any(|stream| self.taken.contains(&stream)) {
            return false;
        }
        self.taken.extend(streams);
        true
    }

    /// Gives back what a leg had; `remote` if it was bound.
    pub fn release(&mut self, user: &McpttId, local: LocalMedia, remote: Option<(SocketAddr, SocketAddr)>) {
        if let Some((audio, floor)) = remote {
            bound(local, audio, floor).for_each(|stream| {
                self.taken.remove(&stream);
            });
        }
        if let Some(used) = self.of_user.get_mut(user) {
            if let Some(at) = used.iter().position(|other| *other == local) {
                used.swap_remove(at);
            }
            if used.is_empty() {
                self.of_user.remove(user);
            }
        }
    }

    const fn local(&self, audio: u16, floor: u16) -> LocalMedia {
        LocalMedia {
            audio: SocketAddr::new(self.address, audio),
            floor: SocketAddr::new(self.address, floor),
        }
    }
}

/// The streams that occupy a local port; one without remote port is switched off and occupies none.
fn bound(
    local: LocalMedia,
    audio: SocketAddr,
    floor: SocketAddr,
) -> impl Iterator<Item = (u16, SocketAddr)> + Clone {
    let streams = [(local.audio.port(), audio), (local.floor.port(), floor)];
    streams.into_iter().filter(|(_, remote)| remote.port() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> Ports {
        Ports::new("192.0.2.1".parse().unwrap(), &(20000..=20003), &(20010..=20011))
    }

    fn remote(port: u16) -> SocketAddr {
        SocketAddr::new("192.0.2.9".parse().unwrap(), port)
    }

    #[test]
    fn one_remote_address_is_never_bound_twice_to_a_local_port() {
        let mut ports = ports();
        let user = McpttId::new("sip:alice@mc.example.org");
        let mut take = || ports.for_answer(&user, remote(4000), remote(4002));
        let (first, second) = (take().unwrap(), take().unwrap());
        assert_ne!(first.audio, second.audio);
        assert_ne!(first.floor, second.floor);
        assert_eq!(take(), None);
        ports.release(&user, first, Some((remote(4000), remote(4002))));
        assert_eq!(ports.for_answer(&user, remote(4000), remote(4002)), Some(first));
    }

    #[test]
    fn two_offers_to_one_user_leave_from_different_ports() {
        let mut ports = ports();
        let user = McpttId::new("sip:alice@mc.example.org");
        let (first, second) = (ports.for_offer(&user).unwrap(), ports.for_offer(&user).unwrap());
        assert_ne!(first.audio, second.audio);
        assert_ne!(first.floor, second.floor);
        assert!(ports.bind(first, remote(4000), remote(4002)));
        assert!(ports.bind(second, remote(4000), remote(4002)));
        assert!(!ports.bind(second, remote(4000), remote(4006)));
    }

    #[test]
    fn what_is_released_leaves_nothing_behind() {
        let mut ports = ports();
        let user = McpttId::new("sip:alice@mc.example.org");
        let local = ports.for_offer(&user).unwrap();
        assert!(ports.bind(local, remote(4000), remote(4002)));
        ports.release(&user, local, Some((remote(4000), remote(4002))));
        assert!(ports.taken.is_empty() && ports.of_user.is_empty());
    }
}
