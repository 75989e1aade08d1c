//! Local ports for the media of the legs.
//!
//! Many legs share one local port: the media plane tells them apart by the address they come from. So a leg may use a
//! local port unless its remote address is already bound there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use mcptt_codec::id::McpttId;

use crate::config::MediaConfig;
use crate::offer_answer::LocalMedia;

#[derive(Debug)]
pub(super) struct Ports {
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
    pub fn new(config: &MediaConfig) -> Self {
        let last = *config.audio_ports.end();
        Self {
            address: config.address,
            audio: config.audio_ports.clone().filter(|port| port % 2 == 0 && *port < last).collect(),
            floor: config.floor_ports.clone().collect(),
            taken: BTreeSet::new(),
            of_user: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Ports for an answer to a description whose addresses are known. `None`: they are bound everywhere.
    pub fn for_answer(&mut self, user: &McpttId, audio: SocketAddr, floor: SocketAddr) -> Option<LocalMedia> {
        self.turn = self.turn.wrapping_add(1);
        let free = |ports: &[u16], remote| {
            let turn = self.turn.checked_rem(ports.len())?;
            let mut turned = ports.iter().cycle().skip(turn).take(ports.len());
            turned.find(|port| !self.taken.contains(&(**port, remote))).copied()
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

    /// Notes where the other side of an offer is. False: another leg has that address on the same local port.
    pub fn bind(&mut self, local: LocalMedia, audio: SocketAddr, floor: SocketAddr) -> bool {
        let (audio, floor) = ((local.audio.port(), audio), (local.floor.port(), floor));
        if self.taken.contains(&audio) || self.taken.contains(&floor) {
            return false;
        }
        self.taken.insert(audio);
        self.taken.insert(floor);
        true
    }

    /// Gives back what a leg had; `remote` if it was bound.
    pub fn release(&mut self, user: &McpttId, local: LocalMedia, remote: Option<(SocketAddr, SocketAddr)>) {
        if let Some((audio, floor)) = remote {
            self.taken.remove(&(local.audio.port(), audio));
            self.taken.remove(&(local.floor.port(), floor));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> Ports {
        let mut config = MediaConfig::new("192.0.2.1".parse().unwrap());
        config.audio_ports = 20000..=20003;
        config.floor_ports = 20010..=20011;
        Ports::new(&config)
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
